//! Databases that cannot be looked at: each tells its own reason, no secret, and the operator goes on.

use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::json;

use crate::operator;
use crate::support::{Database, Server, postgres, unique};
use crate::world::{World, condition, message};

const SQL: &str = "create table users (id bigint primary key);";

/// A world with an audit of one table, whose Secret `db` holds these keys.
async fn world_with_secret(data: &[(&str, &str)]) -> World {
    let world = World::new().await;
    world.secret("db", data).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    world
}

/// The audit tells this reason in condition and event, nothing of what is required is called missing, and what must
/// stay secret does.
async fn is_told(world: &World, reason: &str, secrets: &[&str]) -> String {
    let status = world.reason(reason).await;
    assert_eq!(condition(&status, ConditionType::Connected), ("False", reason));
    assert_eq!(condition(&status, ConditionType::Ready), ("False", reason));
    let summary = status.summary.expect("counts");
    assert_eq!((summary.missing, summary.unknown), (None, summary.required), "what was not seen is unknown");
    assert!(summary.required > 0);
    let event = world.event(reason).await;
    assert_eq!(event.type_.as_deref(), Some("Warning"));
    world.tells_nobody(secrets).await;
    message(&status).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_named_and_awaited() {
    let world = World::new().await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    let message = is_told(&world, "SecretNotFound", &[]).await;
    assert!(message.contains("Secret db"), "{message}");

    let database = Database::with(SQL);
    world.secret_of(&database).await;
    let status = world.reason("AuditSucceeded").await;
    assert!(is_true(&status.conditions, ConditionType::Ready));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_key_is_named_beside_those_that_are_there() {
    let world =
        world_with_secret(&[("host", "db.example"), ("username", "app"), ("pass", "hunter2-key")]).await;
    let message = is_told(&world, "SecretKeyMissing", &["hunter2-key", "db.example"]).await;
    assert!(message.contains("no key password; it has host, pass, username"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_url_is_refused_without_a_word_of_it() {
    let world = world_with_secret(&[("uri", "postgres://app:hunter2-url@db.example:notaport/app")]).await;
    is_told(&world, "InvalidConnection", &["hunter2-url", "db.example", "notaport"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_down_is_unreachable() {
    // Bound and released: nobody listens there, and nobody else is given it soon.
    let port = std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://app:hunter2-down@127.0.0.2:{port}/app?sslmode=disable");
    let world = world_with_secret(&[("uri", &url)]).await;
    is_told(&world, "HostUnreachable", &["hunter2-down", "127.0.0.2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_a_wrong_password_is_read_again_and_tried_once_more() {
    let database = Database::new();
    let role = database.role();
    let url = database.url_as(&role.name, "hunter2-wrong");
    let before = operator::shared().await.metric("schemaaudit_credential_retries_total").await.unwrap();
    let world = world_with_secret(&[("uri", &url)]).await;
    is_told(&world, "AuthenticationFailed", &["hunter2-wrong", &role.name, database.name()]).await;
    let after = operator::shared().await.metric("schemaaudit_credential_retries_total").await.unwrap();
    assert!(after > before, "the Secret was not read again");
    if std::env::var_os("TEST_DATABASE_URL").is_none() {
        let log = std::fs::read_to_string(postgres().directory().join("log")).unwrap();
        let refusal = format!("password authentication failed for user \"{}\"", role.name);
        assert_eq!(log.matches(&refusal).count(), 2, "one look and one more, no lock-out");
    }

    world.secret("db", &[("uri", &database.url_as(&role.name, &role.password))]).await;
    world.patch_audit(json!({"metadata": {"annotations": {"schemaaudit.dev/requestedAt": "now"}}})).await;
    let status = world.status(|status| is_true(&status.conditions, ConditionType::Connected)).await;
    assert_eq!(status.summary.unwrap().missing, Some(status.summary.unwrap().required));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_database_is_told() {
    let mut url: url::Url = postgres().url_of(&unique("no_such_database")).parse().unwrap();
    url.set_host(Some("localhost")).unwrap();
    let world = world_with_secret(&[("uri", url.as_str())]).await;
    is_told(&world, "DatabaseNotFound", &[postgres().password(), "no_such_database", "localhost"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_connect_is_told() {
    let database = Database::new();
    database.execute(&format!("revoke connect on database {} from public", database.name()));
    let role = database.role();
    let world = world_with_secret(&[("uri", &database.url_as(&role.name, &role.password))]).await;
    is_told(&world, "PermissionDenied", &[&role.password, &role.name]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r66_a_server_without_tls_is_refused_unless_the_secret_allows_it() {
    let database = Database::new();
    let mut url: url::Url = database.url().parse().unwrap();
    url.set_query(None);
    url.set_host(Some("localhost")).unwrap();
    let world = world_with_secret(&[("uri", url.as_str())]).await;
    is_told(&world, "TlsFailed", &[postgres().password(), database.name(), "localhost"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r65_a_certificate_authority_of_the_spec_is_trusted() {
    let server = Server::start(&["--tls"]);
    let database = Database::on(&server);
    let authority = std::fs::read_to_string(server.directory().join("ca.crt")).unwrap();
    let mut url: url::Url = database.url().parse().unwrap();
    url.set_query(None);
    let world = world_with_secret(&[("uri", url.as_str())]).await;
    is_told(&world, "TlsFailed", &[server.password()]).await;

    world.secret("authority", &[("ca.crt", &authority)]).await;
    let database = json!({"secretRef": {"name": "db"}, "caSecretRef": {"name": "authority"}});
    world.audit(json!({"database": database})).await;
    world.reason("ComponentsMissing").await;
}
