//! What fails as a whole: each failure has its reason, and no message holds a secret.

use std::net::TcpListener;
use std::time::Duration;

use schema_audit::core::audit::requirement::Requirements;
use schema_audit::postgres::{Error, Failure, Limits, Origin, Target, observe};

use crate::support::{Database, postgres};

const LIMITS: Limits = Limits { total: Duration::from_secs(10), lock: Duration::from_millis(300) };

async fn look(url: &str) -> Result<(), Error> {
    let target = Target::parse(url, None, Origin::CommandLine)?;
    observe(&target, &Requirements::default(), &LIMITS).await.map(drop)
}

/// Fails unless the look fails in this way, without naming anything secret.
async fn fails(url: &str, failure: Failure, words: &str) {
    let error = look(url).await.expect_err("the look succeeds");
    assert_eq!(error.failure, failure, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    let url: url::Url = url.parse().unwrap();
    for shown in [error.to_string(), format!("{error:?}")] {
        for secret in [url.password(), Some(url.username()), url.host_str(), url.path().strip_prefix('/')] {
            let secret = secret.unwrap_or_default();
            assert!(secret.is_empty() || !shown.contains(secret), "{shown} shows {secret}");
        }
    }
}

#[tokio::test]
async fn an_empty_look_names_the_server_and_the_database() {
    let database = Database::new();
    let target = Target::parse(&database.url(), None, Origin::CommandLine).unwrap();
    let observation = observe(&target, &Requirements::default(), &LIMITS).await.unwrap();
    assert_eq!(observation.server.database, database.name());
    assert!(!observation.server.in_recovery);
    assert!(database.query("show server_version")[0].starts_with(&observation.server.version));
}

#[tokio::test]
async fn a_wrong_password_is_an_authentication_failure() {
    let database = Database::new();
    let role = database.role();
    look(&database.url_as(&role.name, &role.password)).await.unwrap();
    let url = database.url_as(&role.name, "not-the-Password");
    fails(&url, Failure::AuthenticationFailed, "(SQLSTATE 28P01)").await;
}

#[tokio::test]
async fn a_missing_password_is_an_authentication_failure() {
    let database = Database::new();
    let role = database.role();
    fails(&database.url_as(&role.name, ""), Failure::AuthenticationFailed, "hold none").await;
}

#[tokio::test]
async fn an_unknown_role_is_an_authentication_failure() {
    let url = Database::new().url_as("nobody_at_all", "a-Password");
    fails(&url, Failure::AuthenticationFailed, "(SQLSTATE 28P01)").await;
}

#[tokio::test]
async fn a_missing_database_is_said_to_be_missing() {
    fails(&postgres().url_of("no_such_thing"), Failure::DatabaseNotFound, "(SQLSTATE 3D000)").await;
}

#[tokio::test]
async fn a_role_without_connect_is_denied() {
    let database = Database::new();
    let role = database.role();
    database.execute(&format!("revoke connect on database {} from public", database.name()));
    let url = database.url_as(&role.name, &role.password);
    fails(&url, Failure::PermissionDenied, "GRANT CONNECT").await;
}

#[tokio::test]
async fn a_closed_port_is_an_unreachable_host() {
    // Bound and let go, so that nothing listens there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://app:a-Password@127.0.0.1:{port}/shop");
    fails(&url, Failure::HostUnreachable, "nothing listens").await;
}

#[tokio::test]
async fn a_host_name_that_does_not_resolve_is_an_unreachable_host() {
    let url = "postgres://app:a-Password@no-such-thing.invalid/shop";
    fails(url, Failure::HostUnreachable, "does not resolve").await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_in_time() {
    // The kernel accepts the connection; nobody reads from it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://app:a-Password@127.0.0.1:{port}/shop");
    let target = Target::parse(&url, None, Origin::CommandLine).unwrap();
    let limits = Limits { total: Duration::from_millis(200), ..LIMITS };
    let error = observe(&target, &Requirements::default(), &limits).await.unwrap_err();
    assert_eq!(error.failure, Failure::TimedOut);
    assert_eq!(error.message, "the server did not let the connection in within the time limit of 200 ms");
}

#[tokio::test]
async fn what_is_not_postgresql_is_no_panic() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let url = format!("postgres://app:a-Password@127.0.0.1:{port}/shop?sslmode=disable");
    fails(&url, Failure::Interrupted, "check that the port").await;
}

#[tokio::test]
async fn tls_refused_by_the_server_says_what_to_set() {
    fails(&postgres().url_with("sslmode=require"), Failure::TlsFailed, "does not offer TLS").await;
    look(&postgres().url_with("sslmode=prefer")).await.unwrap();
}
