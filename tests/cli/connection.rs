//! How the database is named, and what is said when it cannot be reached.

use crate::command::{Documents, audit, audit_of};
use crate::support::{self, Database, Server};

fn one_table() -> Documents {
    Documents::new(&[("core.sql", "create table leads (id int)")])
}

/// Fails to connect with this URL, given as `DATABASE_URL` and as an argument: the same message.
fn fail(url: &str, secret: &str) -> String {
    let documents = one_table();
    let by_environment =
        audit().features(documents.path()).environment("DATABASE_URL", url).secret(secret).fail();
    let by_argument =
        audit().features(documents.path()).arguments(&["--database-url", url]).secret(secret).fail();
    assert_eq!(by_environment, by_argument);
    by_environment
}

#[test]
fn a_database_is_found_by_flag_by_url_and_by_the_variables_of_libpq() {
    let database = Database::with("create table leads (id int)");
    let documents = one_table();
    let compliant = |call: crate::command::Call| {
        let outcome = call.features(documents.path()).run();
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    };
    compliant(audit().arguments(&["--database-url", &database.url()]));
    compliant(audit().environment("DATABASE_URL", &database.url()));
    let server = support::postgres();
    let by_variables = || {
        audit()
            .environment("PGHOST", "127.0.0.1")
            .environment("PGPORT", &server.port().to_string())
            .environment("PGUSER", "postgres")
            .environment("PGDATABASE", database.name())
    };
    compliant(by_variables().environment("PGPASSWORD", server.password()));
    // The URL leaves the database and the password open.
    let url = format!("postgres://postgres@127.0.0.1:{}", server.port());
    compliant(by_variables().environment("PGPASSWORD", server.password()).environment("DATABASE_URL", &url));

    let passwords = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(passwords.path(), format!("*:*:*:postgres:{}\n", server.password())).unwrap();
    compliant(by_variables().environment("PGPASSFILE", passwords.path().to_str().unwrap()));
}

#[test]
fn the_flag_wins_over_the_variable() {
    let database = Database::with("create table leads (id int)");
    let documents = one_table();
    let call =
        audit().features(documents.path()).environment("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    assert_eq!(call.arguments(&["--database-url", &database.url()]).run().code, 0);
}

#[test]
fn without_a_database_the_message_says_what_to_set() {
    assert_eq!(
        audit().features(one_table().path()).fail(),
        "error: no database is named: set DATABASE_URL (postgres://user:password@host:5432/database), or PGHOST, \
         PGDATABASE, PGUSER and PGPASSWORD\n"
    );
}

#[test]
fn a_service_file_is_refused() {
    let message = audit().features(one_table().path()).environment("PGSERVICE", "shop").fail();
    assert!(message.starts_with("error: PGSERVICE is not supported"), "{message}");
}

#[test]
fn a_malformed_url_is_told_without_quoting_it() {
    let message = fail("postgres://jane:s3cret@127.0.0.1:port/shop", "s3cret");
    assert!(message.contains("the port is not a number from 1 to 65535"), "{message}");
    let message = fail("s3cret", "s3cret");
    assert!(message.contains("neither a postgres:// URL nor key=value pairs"), "{message}");
}

#[test]
fn a_host_that_is_down_is_told() {
    assert_eq!(
        fail("postgres://jane:s3cret@127.0.0.1:1/shop", "s3cret"),
        "error: the database could not be audited: nothing listens at the host and port of the connection\n"
    );
}

#[test]
fn a_host_that_does_not_resolve_is_told_without_its_name() {
    let message = fail("postgres://jane:s3cret@db.invalid/shop", "db.invalid");
    assert!(message.contains("the host name of the connection does not resolve"), "{message}");
}

#[test]
fn a_wrong_password_is_told() {
    let server = support::postgres();
    let url = format!("postgres://postgres:s3cret@127.0.0.1:{}/postgres", server.port());
    assert_eq!(
        fail(&url, "s3cret"),
        "error: the database could not be audited: the user or the password is wrong (SQLSTATE 28P01)\n"
    );
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_name() {
    let message = fail(&support::postgres().url_of("nosuchdatabase"), "nosuchdatabase");
    assert!(message.contains("there is no database of the name in the connection settings"), "{message}");
    assert!(message.contains("3D000"), "{message}");
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let message = fail(&support::postgres().url_with("sslmode=require"), "never printed");
    assert!(message.contains("the server does not offer TLS"), "{message}");
}

#[test]
fn a_certificate_is_verified_where_that_is_asked_for() {
    let server = Server::start(&["--tls"]);
    let database = Database::on(&server);
    database.execute("create table leads (id int)");
    let documents = one_table();
    let authority = server.directory().join("ca.crt");
    let call = || audit_of(&database).features(documents.path()).secret(server.password());
    let verified = call()
        .environment("PGSSLMODE", "verify-full")
        .environment("PGSSLROOTCERT", authority.to_str().unwrap())
        .environment("DATABASE_URL", &without_query(&database.url()))
        .run();
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let message = call()
        .environment("PGSSLMODE", "verify-full")
        .environment("DATABASE_URL", &without_query(&database.url()))
        .fail();
    assert!(message.contains("not signed by a trusted authority"), "{message}");
}

fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

/// A server that takes the connection and says nothing.
#[test]
fn a_server_that_never_answers_ends_the_audit_in_time() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://jane:s3cret@127.0.0.1:{}/shop", listener.local_addr().unwrap().port());
    let message = audit()
        .features(one_table().path())
        .arguments(&["--timeout", "200ms", "--database-url", &url])
        .secret("s3cret")
        .fail();
    assert!(message.starts_with("error: the database could not be audited: "), "{message}");
}
