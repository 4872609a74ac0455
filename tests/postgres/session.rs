//! Sessions and poolers: a look leaves nothing behind.

use std::net::TcpListener;
use std::time::Duration;

use schema_audit::core::audit::observation::Observation;
use schema_audit::core::audit::requirement::Requirements;
use schema_audit::postgres::{Error, Failure, Limits, Origin, Target, observe};

use crate::support::{Database, Session, pgbouncer, postgres};

const LIMITS: Limits = Limits { total: Duration::from_secs(10), lock: Duration::from_millis(300) };

async fn look(url: &str) -> Result<Observation, Error> {
    let target = Target::parse(url, None, Origin::CommandLine)?;
    observe(&target, &Requirements::default(), &LIMITS).await
}

#[tokio::test]
async fn s7_f6_the_connection_is_closed_when_the_look_is_over() {
    let database = Database::new();
    let session = database.session();
    look(&database.url()).await.unwrap();
    session.wait_until(
        "select count(*) from pg_stat_activity where application_name = 'schema-audit' and datname = current_database()",
        "0",
    );
}

#[tokio::test]
async fn the_next_host_is_tried_when_the_first_does_not_answer() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = postgres().url().replace("@127.0.0.1:", &format!("@127.0.0.1:{closed},127.0.0.1:"));
    look(&url).await.unwrap();
}

#[tokio::test]
async fn v1_v2_v3_v4_a_look_works_through_a_pooler_and_leaves_no_setting_behind() {
    let database = Database::new();
    let url = pgbouncer().url_of(database.name());
    let observation = look(&url).await.unwrap();
    assert_eq!(observation.server.database, database.name());
    let pooled = Session::open(&url);
    for setting in
        ["search_path", "lock_timeout", "statement_timeout", "row_security", "jit", "transaction_isolation"]
    {
        let show = format!("show {setting}");
        assert_eq!(pooled.query(&show), database.query(&show), "{setting}");
    }
    // The session of the look is the one that was asked: the pool has no other.
    database.session().wait_until(
        "select count(*) from pg_stat_activity \
         where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
        "1",
    );
}

#[tokio::test]
async fn a_pooler_that_refuses_the_login_is_understood() {
    let wrong = pgbouncer().url_of("postgres").replace(postgres().password(), "not-the-Password");
    assert_eq!(look(&wrong).await.unwrap_err().failure, Failure::AuthenticationFailed);
    let missing = look(&pgbouncer().url_of("no_such_thing")).await.unwrap_err();
    assert_eq!(missing.failure, Failure::DatabaseNotFound, "{missing}");
    let console = look(&pgbouncer().url_of("pgbouncer")).await.unwrap_err();
    assert_eq!(console.failure, Failure::UnsupportedServer, "{console}");
}
