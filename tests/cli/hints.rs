//! Hints of an audit, from real catalogs.

use crate::command::{Documents, audit, audit_of};
use crate::support::Database;

/// `COMPONENT: HINT` of each finding that has one.
fn hints(required: &str, there: &str) -> Vec<String> {
    let documents = Documents::new(&[("core.sql", required)]);
    let database = Database::with(there);
    let (code, report) = audit_of(&database).features(documents.path()).report();
    assert_eq!(code, 1, "{report}");
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.filter_map(|finding| {
        Some(format!("{}: {}", finding["component"].as_str()?, finding["hint"].as_str()?))
    });
    told.collect()
}

#[test]
fn a_name_elsewhere_is_found_in_the_catalog() {
    let users = "create table users (id int, mail text, age int);";
    for (there, hint) in [
        ("create schema crm; create table crm.users (id int)", "table/crm.users is there: in another schema"),
        ("create view users as select 1 as id", "view/public.users is there: another kind of object"),
        (
            "create table \"Users\" (id int)",
            "table/public.\"Users\" is there: only in double quotes does a name keep its capitals",
        ),
        (
            "create table accounts (mail text, age int, id int); create table others (id int, mail text, old int)",
            "table/public.accounts, which nothing requires, has the same columns: renamed?",
        ),
    ] {
        assert_eq!(hints(users, there), [format!("table/public.users: {hint}")]);
    }
    assert_eq!(
        hints(
            "create type mood as enum ('fine')",
            "create schema crm; create type crm.mood as enum ('fine')"
        ),
        ["type/public.mood: type/crm.mood is there: in another schema"]
    );
    let function = |name: &str| format!("create function {name}() returns int language sql as 'select 1'");
    assert_eq!(
        hints(&function("f"), &format!("create schema crm; {}", function("crm.f"))),
        ["function/public.f(): function/crm.f is there: in another schema"]
    );
    // Another session's temporary table is no answer.
    assert_eq!(
        hints(users, "create temporary table users (id int, mail text, age int)"),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_renamed_within_a_table_is_found_in_the_catalog() {
    let table = "create table t (id int primary key, a int, b text);";
    let function = "create function f() returns trigger language plpgsql as 'begin return new; end';";
    assert_eq!(
        hints(
            &format!(
                "{table} {function} create index one on t (a);
                create trigger first before insert on t for each row execute function f()"
            ),
            &format!(
                "create table t (id int primary key, a int, c text); {function} create index two on t (a);
                create trigger second before insert on t for each row execute function f()"
            ),
        ),
        [
            "column/public.t.b: column/public.t.c, which nothing requires, has the same type: renamed?",
            "index/public.one: index/public.two, which nothing requires, is the same under another name: renamed?",
            "trigger/public.t.first: trigger/public.t.second, which nothing requires, is the same under another name: \
             renamed?",
        ]
    );
}

#[test]
fn what_one_statement_puts_right_comes_with_it() {
    let sql = "create table t (a int); create index i on t (a);
        create function f() returns trigger language plpgsql as 'begin return new; end';
        create trigger x before insert on t for each row execute function f();
        create materialized view v as select 1 as a;";
    let documents = Documents::new(&[("core.sql", sql)]);
    let database = Database::with(sql);
    database.execute("alter table t disable trigger x; refresh materialized view v with no data");
    database.execute("update pg_index set indisvalid = false where indexrelid = 'i'::regclass");
    let run = || audit_of(&database).features(documents.path()).arguments(&["--include-present"]).report().1;
    let report = run();
    let hints: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["hint"].as_str())
        .collect();
    assert_eq!(hints.len(), 3, "{report}");
    for hint in hints {
        database.execute(hint.rsplit(": ").next().unwrap());
    }
    assert!(run()["findings"].as_array().unwrap().iter().all(|finding| finding["hint"].is_null()));
    let (code, report) = audit_of(&database).features(documents.path()).report();
    assert_eq!(code, 0, "{report}");
}

#[test]
fn c8_a_role_without_privileges_gets_the_same_hints_and_people_read_them() {
    let database = Database::with("create schema hidden; create table hidden.users (id int)");
    let role = database.role();
    let documents = Documents::new(&[("core.sql", "create table users (id int)")]);
    let call = audit().environment("DATABASE_URL", &database.url_as(&role.name, &role.password));
    let outcome = call.secret(&role.password).features(documents.path()).run();
    assert!(
        outcome.stdout.contains("hint: table/hidden.users is there: in another schema"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn v15_of_a_missing_extension_it_is_said_when_the_server_does_not_offer_it() {
    assert_eq!(
        hints("create extension \"no-such-thing\"; create extension plpgsql", "drop extension plpgsql"),
        [
            "extension/no-such-thing: the server does not offer it (pg_available_extensions): install its package, \
             or see what the provider allows"
        ]
    );
}
