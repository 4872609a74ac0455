//! What goes wrong while a migration runs: locks that stay, a disk that is full, processes that are killed. Each ends in
//! what is true, within its deadline, and nothing is tried again in a storm.

use std::path::PathBuf;

use kube::ResourceExt;
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, find, is_true};
use schema_audit::api::migration_status::{JobStatus, MigrationPhase};
use serde_json::{Value, json};

use crate::cluster;
use crate::postgres;
use crate::shop::{
    KEPT, approve, assert_kept, audit, checksums, job, jobs_of, kill, last, look_again, migration, nowhere,
    patch_approval, phase, place, process_of, required, shop, until_blocked,
};
use crate::support::Database;
use crate::world::World;

/// A foreign key needs a lock on `kept`, when something stands in the transaction already.
const SQL: &str = "create table badges (name text primary key);\n\
    insert into badges (name) values ('first');\n\
    create table kept (id int primary key, text text);\n\
    create table orders (id int primary key, kept_id int references kept (id));\n";

/// The tables of the schema `public`.
fn tables(database: &Database) -> Vec<String> {
    database.query("select tablename from pg_tables where schemaname = 'public' order by 1")
}

fn reason_of_ready(audit: &SchemaAudit) -> String {
    let conditions = audit.status.as_ref().map(|status| &status.conditions[..]).unwrap_or_default();
    find(conditions, ConditionType::Ready).map(|ready| ready.reason.clone()).unwrap_or_default()
}

fn seconds_between(earlier: &JobStatus, later: &JobStatus) -> i64 {
    later.started_at.0.as_second() - earlier.finished_at.as_ref().expect("an end").0.as_second()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_outlasts_the_tries_of_a_job_is_told_and_tried_again_after_a_pause() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    let before = checksums(&database);
    let (spot, pod) = nowhere();
    let world = shop(&database, SQL, &json!({"mode": "Manual", "lockTimeout": "100ms", "pod": pod})).await;
    approve(&world, "shop").await;
    job(&world, "shop").await;
    // Nobody can even read the table.
    let lock = database.session();
    lock.execute("begin; lock table kept in access exclusive mode");
    place(&world, &spot);

    let retrying = phase(&world, "shop", MigrationPhase::Retrying).await;
    let first = last(&retrying);
    assert_eq!((first.outcome.as_deref(), first.verdict.as_deref()), (Some("Transient"), Some("Transient")));
    let failure = first.failure.clone().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("55P03"), "{failure:#?}");
    assert!(failure.position.as_deref().is_some_and(|position| position.ends_with(":4")), "{failure:#?}");
    assert!(migration(&retrying).message.contains("attempt 2 begins at"), "{}", migration(&retrying).message);
    assert_eq!(reason_of_ready(&retrying), "MigrationRetrying");
    assert_eq!(tables(&database), ["kept"], "nothing stands");
    // Not even for those who ask.
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);

    drop(lock);
    let done = phase(&world, "shop", MigrationPhase::Succeeded).await;
    let history = migration(&done).history;
    assert_eq!(history.len(), 2);
    let pause = seconds_between(&history[1], &history[0]);
    assert!(pause >= 59, "the second Job came {pause} s after the end of the first");
    assert_eq!(jobs_of(&world).await.len(), 2);
    assert_eq!(database.query("select count(*) from badges"), ["1"]);
    assert_kept(&before, &database);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_for_a_lock_ends_at_its_deadline_and_leaves_nothing_behind() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    let before = checksums(&database);
    let lock = database.session();
    lock.execute("begin; lock table kept in row exclusive mode");
    let wanted = json!({"mode": "Manual", "lockTimeout": "10m", "deadline": "1m"});
    let world = shop(&database, SQL, &wanted).await;
    approve(&world, "shop").await;
    until_blocked(&world, &lock);
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    let last = last(&failed);
    assert_eq!(last.outcome.as_deref(), Some("Failed"));
    assert!(migration(&failed).message.contains("spec.migration.deadline"), "{}", migration(&failed).message);
    let took = last.finished_at.unwrap().0.as_second() - last.started_at.0.as_second();
    assert!((59..80).contains(&took), "it took {took} s");
    assert_eq!(tables(&database), ["kept"], "nothing stands");
    // The session of the Job is gone with it, and so is its lock.
    let others = "select count(*) from pg_stat_activity \
         where datname = current_database() and wait_event_type = 'Lock'";
    database.session().wait_until(others, "0");
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    assert_kept(&before, &database);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_told_and_nothing_is_tried_again() {
    let database = Database::on(postgres::shared());
    database.execute(
        "create table orders (id int primary key, text text); \
         insert into orders select n, md5(n::text) || md5((-n)::text) from generate_series(1, 100000) n",
    );
    let before = checksums(&database);
    // A tmpfs of 4 MiB.
    let tablespace = database.name();
    let directory = format!("/small/{tablespace}");
    cluster::shared().kubectl(&["--namespace", "postgres", "exec", "postgres", "--", "mkdir", &directory]);
    database.execute(&format!("create tablespace {tablespace} location '{directory}'"));
    let sql = format!(
        "create table first (id int primary key);\n\
         create table orders (id int primary key, text text);\n\
         create index orders_text on orders (text) tablespace {tablespace};\n"
    );
    let world = shop(&database, &sql, &json!({"mode": "Manual"})).await;
    approve(&world, "shop").await;
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    let last = last(&failed);
    assert_eq!((last.outcome.as_deref(), last.verdict.as_deref()), (Some("Failed"), Some("Failed")));
    let failure = last.failure.unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("53100"), "{failure:#?}");
    assert!(failure.message.unwrap().contains("No space left on device"));
    assert!(failure.position.as_deref().is_some_and(|position| position.ends_with(":3")));
    assert_eq!(tables(&database), ["orders"], "nothing stands");
    assert_kept(&before, &database);
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    // A database of the shared server cannot go before what it has elsewhere.
    world.kubectl(&["delete", "schemaaudit", "shop"]);
    database.execute(&format!("drop tablespace {tablespace}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_whose_concurrent_build_was_killed_is_told_and_the_next_plan_builds_it_again() {
    let database = Database::on(postgres::shared());
    database.execute(
        "create table orders (id int primary key, number int); insert into orders select n, n from generate_series(1, 100) n",
    );
    let before = checksums(&database);
    let sql = "create table orders (id int primary key, number int);\n\
        create table first (id int primary key);\n\
        create index concurrently orders_number on orders (number);\n";
    let world = shop(&database, sql, &json!({"mode": "Manual"})).await;
    let waiting = phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    let plan = migration(&waiting).plan.unwrap().digest;
    // The build waits for whoever may write to the table.
    let writer = database.session();
    writer.execute("begin; lock table orders in row exclusive mode");
    approve(&world, "shop").await;
    until_blocked(&world, &writer);
    let pod = world.pods_of(&job(&world, "shop").await.name_any()).await[0].name_any();
    kill(&world, &pod, "apply").await;

    let told = |audit: &SchemaAudit| {
        let migration = migration(audit);
        !migration.history.is_empty() && migration.plan.is_some_and(|next| next.digest != plan)
    };
    let failed = world.wait_for::<SchemaAudit>("shop", told).await;
    let last_one = last(&failed);
    assert_eq!((last_one.outcome.as_deref(), last_one.verdict.as_deref()), (Some("Failed"), Some("Failed")));
    assert!(last_one.message.unwrap().contains("exit code 137"));
    assert!(!is_true(&failed.status.as_ref().unwrap().conditions, ConditionType::Ready));
    let valid = "select indisvalid from pg_index where indexrelid = to_regclass('orders_number')";
    assert_eq!(database.query(valid), ["f"]);
    assert_eq!(tables(&database), ["first", "orders"], "what was committed before stands");
    // Nobody approved that.
    assert_eq!(migration(&failed).phase, MigrationPhase::ApprovalVoid, "{}", migration(&failed).message);
    let next = migration(&failed).plan.unwrap();
    assert!(next.summary.iter().any(|text| text.contains("orders_number")), "{next:#?}");
    let text = world.kubectl(&["get", "configmap", &next.config_map, "--output=yaml"]).to_lowercase();
    assert!(text.contains("drop index concurrently") && text.contains("create index concurrently"), "{text}");

    drop(writer);
    patch_approval(&world, "shop", &Value::Null);
    approve(&world, "shop").await;
    phase(&world, "shop", MigrationPhase::Succeeded).await;
    assert_eq!(database.query(valid), ["t"]);
    assert_kept(&before, &database);
    assert_eq!(jobs_of(&world).await.len(), 2);
}

/// The backups of a claim.
fn backups(world: &World, claim: &str) -> Vec<PathBuf> {
    let directory = world.cluster.volume(&format!("{}-{claim}", world.namespace));
    let files = std::fs::read_dir(directory).expect("a volume").map(|file| file.expect("a file").path());
    files.filter(|path| path.extension().is_some_and(|it| it == "dump")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_changed_nothing_left_no_backup_and_showed_no_password() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    let before = checksums(&database);
    let world = World::new().await;
    world.secret_of("db", &database);
    world.claim("backups");
    required(&world, SQL);
    audit(&world, &json!({}), &json!({"mode": "Manual", "backup": {"persistentVolumeClaim": "backups"}}));
    phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    let lock = database.session();
    lock.execute("begin; lock table kept in access exclusive mode");
    approve(&world, "shop").await;
    until_blocked(&world, &lock);
    let pod = world.pods_of(&job(&world, "shop").await.name_any()).await[0].name_any();

    let (_, processes) = process_of(&world, &pod, "backup").await;
    let lines: Vec<String> = processes
        .iter()
        .map(|process| std::fs::read(process.join("cmdline")).unwrap_or_default())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect();
    assert!(lines.iter().any(|line| line.starts_with("pg_dump ")), "{lines:?}");
    assert!(!lines.concat().contains("password-of-postgres"), "{lines:?}");
    kill(&world, &pod, "backup").await;

    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    assert_eq!(last(&failed).outcome.as_deref(), Some("Failed"));
    let message = migration(&failed).message;
    assert!(message.contains("the backup failed, and nothing was changed: exit code 137"), "{message}");
    assert_eq!(tables(&database), ["kept"]);
    assert!(backups(&world, "backups").is_empty(), "half a backup is none");
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);

    drop(lock);
    patch_approval(&world, "shop", &Value::Null);
    approve(&world, "shop").await;
    phase(&world, "shop", MigrationPhase::Succeeded).await;
    assert_eq!(backups(&world, "backups").len(), 1);
    assert_kept(&before, &database);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_migrations_that_another_session_keeps_is_told_and_waited_for() {
    let database = Database::on(postgres::shared());
    let other = database.session();
    other.execute(
        "select pg_advisory_lock((x'53417564'::int8 << 32) | oid::int8) \
         from pg_database where datname = current_database()",
    );
    let world =
        shop(&database, "create table orders (id int primary key);", &json!({"mode": "Manual"})).await;
    approve(&world, "shop").await;
    let retrying = phase(&world, "shop", MigrationPhase::Retrying).await;
    let message = migration(&retrying).message;
    assert!(message.contains("another migration of this database is under way"), "{message}");
    assert_eq!(last(&retrying).outcome.as_deref(), Some("Transient"));
    assert!(tables(&database).is_empty());
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
}
