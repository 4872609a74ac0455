//! Migrations on real pods: from a finding to a database that was changed, and everything that can go wrong on the way.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kube::ResourceExt;
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, is_true};
use schema_audit::api::migration_status::MigrationPhase;
use serde_json::{Value, json};

use crate::cluster::{self, PATIENCE, path};
use crate::jobs;
use crate::postgres;
use crate::shop::{
    KEPT, approve, assert_kept, audit, checksums, job, jobs_of, kill, last, look_again, migration, nowhere,
    patch_approval, phase, place, required, shop, until_blocked,
};
use crate::support::{Database, Session};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_example_comes_from_44_missing_tables_to_none_with_a_backup_that_restores() {
    let world = World::new().await;
    let database = Database::on(postgres::shared());
    for file in ["sql/core.sql", "demo-existing.sql"] {
        let sql = std::fs::read_to_string(path("examples/sales-flow").join(file)).unwrap();
        database.execute(&sql);
    }
    database.execute(
        "insert into users (email, full_name) values ('ada@example.com', 'Ada'), ('bob@example.com', 'Bob')",
    );
    let before = checksums(&database);
    world.secret_of("sales-flow-db", &database);
    world.claim("backups");
    world.kubectl(&["label", "namespace", &world.namespace, "pod-security.kubernetes.io/enforce=restricted"]);
    world.kubectl(&["apply", "--server-side", "-k", &path("examples/sales-flow").display().to_string()]);
    // The image has no files of time zones.
    let window = json!({"schedule": "* * * * *", "duration": "1h", "timeZone": "Europe/Berlin"});
    let backup = json!({"persistentVolumeClaim": "backups"});
    let wanted = json!({"spec": {"migration": {"mode": "Manual", "backup": backup, "window": window}}});
    world.kubectl(&["patch", "schemaaudit", "sales-flow", "--type=merge", "--patch", &wanted.to_string()]);

    let waiting = phase(&world, "sales-flow", MigrationPhase::AwaitingApproval).await;
    let status = waiting.status.as_ref().unwrap();
    let tables = status.kinds.iter().find(|kind| kind.kind == "Table").unwrap();
    assert_eq!((tables.counts.missing, tables.counts.required), (Some(44), 59), "{:#?}", status.kinds);
    let plan = migration(&waiting).plan.unwrap();
    assert_eq!(plan.blockers, 0, "{plan:#?}");
    let shown = world.kubectl(&["get", "configmap", &plan.config_map, "--output=yaml"]);
    assert!(shown.to_lowercase().contains("create table"), "{shown}");

    approve(&world, "sales-flow").await;
    let done = phase(&world, "sales-flow", MigrationPhase::Succeeded).await;
    let status = done.status.as_ref().unwrap();
    assert!(is_true(&status.conditions, ConditionType::Ready), "{status:#?}");
    let last = last(&done);
    assert_eq!(last.outcome.as_deref(), Some("Applied"));
    assert_eq!(last.statements.map(|it| (it.run, it.of)), Some((plan.statements, plan.statements)));
    assert_eq!(last.approved_by.as_deref(), Some("admin"));
    assert_kept(&before, &database);

    // The command is as the status gives it, run where the claim is.
    let restore = migration(&done).last_applied.unwrap().restore.unwrap();
    let (command, _where) = restore
        .split_once(" (in the PersistentVolumeClaim backups; into a new, empty database)")
        .expect("where the file is");
    let other = Database::on(postgres::shared());
    world.secret_of("db", &other);
    let line = format!("cd /work && export NEW_DATABASE_URL=\"$PGURL\" && {command}");
    let mut pod = jobs::job("restore", "true", &line);
    pod["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = json!("backups");
    world.apply_json(&pod);
    jobs::message_of(&world, "restore").await;
    assert_eq!(checksums(&other), before, "the backup is of the database before the migration");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_is_told_with_its_code_and_line_and_nothing_is_tried_again() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    database.execute(
        "create table orders (id int primary key, number int); insert into orders values (1, 7), (2, 7)",
    );
    let before = checksums(&database);
    let sql = "create table first (id int primary key);\n\
        create table orders (id int primary key, number int);\n\
        create unique index orders_number on orders (number);\n\
        create table last (id int primary key);\n";
    let world = shop(&database, sql, &json!({"mode": "Manual"})).await;
    approve(&world, "shop").await;
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    let last = last(&failed);
    assert_eq!((last.outcome.as_deref(), last.verdict.as_deref()), (Some("Failed"), Some("Failed")));
    let failure = last.failure.unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("23505"), "{failure:#?}");
    assert!(failure.position.as_deref().is_some_and(|position| position.ends_with(":3")), "{failure:#?}");
    assert!(!is_true(&failed.status.unwrap().conditions, ConditionType::Ready));
    assert_kept(&before, &database);
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_changes_between_approval_and_job_makes_the_plan_outdated() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    let sql = "create table orders (id bigint primary key); create table badges (id bigint primary key);";
    let (spot, pod) = nowhere();
    let world = shop(&database, sql, &json!({"mode": "Manual", "pod": pod})).await;
    approve(&world, "shop").await;
    job(&world, "shop").await;
    database.execute("create table badges (id bigint primary key)");
    let before = checksums(&database);
    place(&world, &spot);
    let void = phase(&world, "shop", MigrationPhase::ApprovalVoid).await;
    assert_eq!(last(&void).outcome.as_deref(), Some("Outdated"));
    assert_eq!(checksums(&database), before, "nothing was touched");
    assert_eq!(jobs_of(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_the_owner_is_told_and_not_tried_again() {
    let database = Database::on(postgres::shared());
    let wanted = json!({"mode": "Manual", "secretRef": {"name": "owner"}});
    let world = shop(&database, "create table orders (id bigint primary key);", &wanted).await;
    let wrong = database.url_as("postgres", "not-the-password");
    world.apply_json(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "owner"}, "stringData": {"uri": wrong},
    }));
    approve(&world, "shop").await;
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    let message = migration(&failed).message;
    assert!(message.contains("password"), "{message}");
    assert!(!serde_json::to_string(&failed.status).unwrap().contains("not-the-password"));
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    assert!(database.query("select 1 from pg_tables where schemaname = 'public'").is_empty());
}

/// An operator beside the deployed one, for audits with this value of the label `own-operator`. It ends with this value.
struct OwnOperator(Child);

impl OwnOperator {
    fn start(label: &str, migration_image: &str) -> Self {
        let child = Command::new(cluster::program())
            .args([
                "run",
                "--metrics-address=127.0.0.1:0",
                "--health-address=127.0.0.1:0",
                "--allow-migrations",
            ])
            .args(["--migration-image", migration_image])
            .args(["--watch-label-selector", &format!("own-operator={label}")])
            .env("KUBECONFIG", cluster::shared().kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("an operator");
        Self(child)
    }
}

impl Drop for OwnOperator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_pulled_is_told_and_fails_at_the_deadline() {
    let world = World::new().await;
    let database = Database::on(postgres::shared());
    let _operator = OwnOperator::start(&world.namespace, "127.0.0.1:1/nowhere:test");
    world.secret_of("db", &database);
    required(&world, "create table orders (id bigint primary key);");
    let wanted = json!({"mode": "Automatic", "deadline": "1m"});
    audit(&world, &json!({"own-operator": world.namespace}), &wanted);
    let words = "the image 127.0.0.1:1/nowhere:test of container apply cannot be pulled";
    let job = job(&world, "shop").await.name_any();
    let pod = until_it_waits_for_its_image(&world, &job).await;
    let seen = Instant::now();
    world.wait_for::<SchemaAudit>("shop", |audit| migration(audit).message.contains(words)).await;
    assert!(seen.elapsed() < Duration::from_secs(5), "{pod} has said so for {:?}", seen.elapsed());
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    assert_eq!(last(&failed).outcome.as_deref(), Some("Failed"));
    assert!(migration(&failed).message.contains("spec.migration.deadline"), "{:#?}", migration(&failed));
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    assert!(database.query("select 1 from pg_tables where schemaname = 'public'").is_empty());
}

/// Waits until the only pod of a Job says that an image cannot be had, and gives its name.
async fn until_it_waits_for_its_image(world: &World, job: &str) -> String {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < PATIENCE, "no pod waits for its image\n{}", world.cluster.tell());
        let pods = world.pods_of(job).await;
        let Some(pod) = pods.first() else { continue };
        let status = serde_json::to_string(&pod.status).unwrap();
        if status.contains("ErrImagePull") || status.contains("ImagePullBackOff") {
            return pod.name_any();
        }
    }
}

/// What the tests of killed pods want: rows that come with the plan, and a statement that waits for a lock on `kept`
/// when something stands in the transaction already.
const INTERRUPTED: &str = "create table badges (name text primary key);\n\
    insert into badges (name) values ('first');\n\
    create table kept (id int primary key, text text);\n\
    create table orders (id int primary key, kept_id int references kept (id));\n\
    create table last (id int primary key);\n";

/// A world whose Job waits in the middle of its transaction for a lock that the session holds.
async fn interrupted(database: &Database) -> (World, Session) {
    database.execute(KEPT);
    let world = shop(database, INTERRUPTED, &json!({"mode": "Manual", "lockTimeout": "60s"})).await;
    phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    let lock = database.session();
    lock.execute("begin; lock table kept in row exclusive mode");
    approve(&world, "shop").await;
    until_blocked(&world, &lock);
    (world, lock)
}

/// The plan of the killed Job is approved anew, and ends well; everything is there once.
async fn ends_compliant(world: &World, database: &Database, before: &BTreeMap<String, String>) {
    patch_approval(world, "shop", &Value::Null);
    approve(world, "shop").await;
    phase(world, "shop", MigrationPhase::Succeeded).await;
    assert_eq!(database.query("select count(*) from badges"), ["1"]);
    assert_kept(before, database);
    assert_eq!(jobs_of(world).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_pod_is_deleted_failed_and_left_nothing_behind() {
    let database = Database::on(postgres::shared());
    let (world, lock) = interrupted(&database).await;
    let before = checksums(&database);
    let pod = world.pods_of(&job(&world, "shop").await.name_any()).await[0].name_any();
    world.kubectl(&["delete", "pod", &pod, "--grace-period=0", "--force"]);
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    assert_eq!(last(&failed).outcome.as_deref(), Some("Failed"));
    assert!(migration(&failed).message.contains("its pod is gone"), "{:#?}", migration(&failed));
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    drop(lock);
    ends_compliant(&world, &database, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_process_is_killed_failed_and_left_nothing_behind() {
    let database = Database::on(postgres::shared());
    let (world, lock) = interrupted(&database).await;
    let before = checksums(&database);
    let pod = world.pods_of(&job(&world, "shop").await.name_any()).await[0].name_any();
    kill(&world, &pod, "apply").await;
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    assert_eq!(last(&failed).outcome.as_deref(), Some("Failed"));
    let message = migration(&failed).message;
    assert!(message.contains("exit code 137"), "{message}");
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    drop(lock);
    ends_compliant(&world, &database, &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_pod_is_evicted_goes_on_in_another_pod() {
    let database = Database::on(postgres::shared());
    let (world, lock) = interrupted(&database).await;
    let before = checksums(&database);
    let job = job(&world, "shop").await.name_any();
    let pod = world.pods_of(&job).await[0].name_any();
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": pod, "namespace": world.namespace}});
    let address = format!("/api/v1/namespaces/{}/pods/{pod}/eviction", world.namespace);
    world.cluster.kubectl_with(&["create", "--raw", &address, "-f", "-"], &eviction.to_string());
    let start = Instant::now();
    while world.pods_of(&job).await.iter().all(|other| other.name_any() == pod) {
        assert!(
            start.elapsed() < PATIENCE,
            "no other pod comes
{}",
            world.cluster.tell()
        );
    }
    drop(lock);
    let done = phase(&world, "shop", MigrationPhase::Succeeded).await;
    assert_eq!(last(&done).outcome.as_deref(), Some("Applied"));
    assert_eq!(database.query("select count(*) from badges"), ["1"]);
    assert_kept(&before, &database);
    assert_eq!(jobs_of(&world).await.len(), 1);
}

/// How often the Job is killed.
const KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_job_is_killed_ten_times_goes_on_where_it_was_and_makes_nothing_twice() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    let mut sql =
        "create table badges (name text primary key);\ninsert into badges values ('first');\n".to_owned();
    for at in 1..=KILLS {
        let there = format!("create table k{at} (id int primary key); create type mood{at} as enum ('a');\n");
        database.execute(&format!("{there} insert into k{at} select generate_series(1, 100)"));
        // A new label is committed before what follows: each kill is in a transaction of its own, after one that stands.
        let new = format!(
            "create table s{at} (id int primary key);\n\
             insert into s{at} values ({at});\n\
             create table t{at} (id int primary key, k_id int references k{at} (id));\n\
             alter type mood{at} add value 'b';\n"
        );
        sql += &(there + &new);
    }
    let before = checksums(&database);
    let world = shop(&database, &sql, &json!({"mode": "Manual", "lockTimeout": "60s"})).await;
    for at in 1..=KILLS {
        let lock = database.session();
        lock.execute(&format!("begin; lock table k{at} in row exclusive mode"));
        approve(&world, "shop").await;
        until_blocked(&world, &lock);
        let pod = world.pods_of(&job(&world, "shop").await.name_any()).await[0].name_any();
        kill(&world, &pod, "apply").await;
        let number = i64::try_from(at).unwrap();
        let told =
            |audit: &SchemaAudit| migration(audit).history.first().is_some_and(|last| last.number == number);
        let failed = world.wait_for::<SchemaAudit>("shop", told).await;
        assert_eq!(last(&failed).outcome.as_deref(), Some("Failed"));
        let stands = database.query("select 1 from pg_tables where tablename ~ '^s[0-9]'").len();
        assert_eq!(stands, at - 1, "what is committed stands, and nothing of what was under way");
        patch_approval(&world, "shop", &Value::Null);
    }
    approve(&world, "shop").await;
    phase(&world, "shop", MigrationPhase::Succeeded).await;
    assert_eq!(jobs_of(&world).await.len(), KILLS + 1);
    assert_eq!(database.query("select count(*) from badges"), ["1"]);
    for at in 1..=KILLS {
        assert_eq!(database.query(&format!("select count(*) from s{at}")), ["1"]);
    }
    assert_kept(&before, &database);
}
