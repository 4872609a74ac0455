//! Audits of one database against another.

use crate::command::{audit_of, findings};
use crate::support::Database;

const SQL: &str = "create table users (id bigserial primary key, name text not null);
                   create index users_name on users (name);
                   create view names as select name from users";

#[test]
fn what_one_database_has_and_the_other_lacks_is_reported() {
    let (complete, partial) = (Database::with(SQL), Database::with(SQL));
    let audit = || audit_of(&partial).arguments(&["--features-from-url", &complete.url()]);
    let (code, report) = audit().report();
    assert_eq!((code, findings(&report)), (0, vec![]));
    partial.execute("drop index users_name; alter table users alter name drop not null");
    let (code, report) = audit().report();
    assert_eq!(
        (code, findings(&report)),
        (
            1,
            vec![
                "Missing index/public.users_name".to_owned(),
                "Different column/public.users.name".to_owned()
            ]
        )
    );
}

#[test]
fn the_url_may_come_from_a_variable_and_the_schema_be_one_of_many() {
    let database = Database::with(
        "create schema a; create table a.t (id int); create schema b; create table b.t (id int)",
    );
    let other = Database::with("create schema a; create table a.t (id int)");
    let audit = || {
        audit_of(&other)
            .environment("COMPLETE", &database.url())
            .arguments(&["--features-from-url", "$COMPLETE"])
    };
    let (code, report) = audit().arguments(&["--features-from-schema", "a"]).report();
    assert_eq!((code, findings(&report)), (0, vec![]));
    let (code, _) = audit().report();
    assert_eq!(code, 1);
    let message = audit().arguments(&["--features-from-schema", "c"]).fail();
    assert!(
        message.contains(
            "database of --features-from-url: it holds no objects that can be required in schema c"
        ),
        "{message}"
    );
}

#[test]
fn owners_are_compared_where_they_are_asked_for() {
    let database = Database::with(SQL);
    let other = Database::with(SQL);
    let role = other.role();
    other.execute(&format!("alter table users owner to \"{}\"", role.name));
    let audit = || audit_of(&other).arguments(&["--features-from-url", &database.url()]);
    let (code, report) = audit().report();
    assert_eq!((code, findings(&report)), (0, vec![]));
    let (code, report) = audit().arguments(&["--owners"]).report();
    assert_eq!(code, 1);
    assert!(
        findings(&report).contains(&"Different owner/table/public.users".to_owned()),
        "{:?}",
        findings(&report)
    );
}

#[test]
fn an_error_says_which_of_the_two_databases_failed() {
    let database = Database::with(SQL);
    let wrong = database.url_as("nobody", "hunter2");
    let message = audit_of(&database).arguments(&["--features-from-url", &wrong]).secret("hunter2").fail();
    assert!(message.contains("the database of --features-from-url: "), "{message}");
    let message = crate::command::audit()
        .environment("DATABASE_URL", &wrong)
        .arguments(&["--features-from-url", &database.url()])
        .secret("hunter2")
        .fail();
    assert!(message.contains("the database could not be audited: "), "{message}");
    let message = audit_of(&database).arguments(&["--features-from-url", "$NOT_SET"]).fail();
    assert!(message.contains("the environment variable NOT_SET is not set"), "{message}");
}

#[test]
fn the_password_of_one_database_never_goes_to_the_other() {
    let database = Database::with(SQL);
    let mut url: url::Url = database.url().parse().unwrap();
    let password = url.password().unwrap().to_owned();
    url.set_password(None).unwrap();
    let message = audit_of(&database)
        .environment("PGPASSWORD", &password)
        .arguments(&["--features-from-url", url.as_str()])
        .fail();
    assert!(message.contains("the database of --features-from-url: "), "{message}");
}

#[test]
fn documents_and_another_database_exclude_each_other() {
    let database = Database::with(SQL);
    let message = audit_of(&database)
        .features(std::path::Path::new("examples/sales-flow"))
        .arguments(&["--features-from-url", &database.url()])
        .fail();
    assert!(message.contains("cannot be used with"), "{message}");
    let message = audit_of(&database).fail();
    assert!(message.contains("--features <PATH>"), "{message}");
}
