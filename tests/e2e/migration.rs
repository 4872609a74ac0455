//! Migrations on real pods: from a finding to a database that was changed, and everything that can go wrong on the way.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::ListParams;
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, is_true};
use schema_audit::api::migration_status::{JobStatus, MigrationPhase, MigrationStatus};
use serde_json::{Value, json};

use crate::cluster::{self, PATIENCE, path};
use crate::jobs;
use crate::postgres;
use crate::support::{Database, Session, unique};
use crate::world::World;

/// Rows that must survive whatever happens.
const KEPT: &str = "create table kept (id int primary key, text text); \
    insert into kept select n, md5(n::text) from generate_series(1, 1000) n";

/// A world with an audit `shop` of a database, in which this SQL is required.
async fn shop(database: &Database, sql: &str, migration: &Value) -> World {
    let world = World::new().await;
    world.secret_of("db", database);
    required(&world, sql);
    audit(&world, &json!({}), migration);
    world
}

fn required(world: &World, sql: &str) {
    world.apply_json(&json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "FeatureSet",
        "metadata": {"name": "crm"},
        "spec": {"features": [{"name": "core", "sql": [{"inline": sql}]}]},
    }));
}

fn audit(world: &World, labels: &Value, migration: &Value) {
    let spec = json!({
        "database": {"secretRef": {"name": "db"}},
        "featureSets": [{"name": "crm"}],
        "interval": "1h",
        "migration": migration,
    });
    world.apply_json(&json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "SchemaAudit",
        "metadata": {"name": "shop", "labels": labels},
        "spec": spec,
    }));
}

fn migration(audit: &SchemaAudit) -> MigrationStatus {
    audit.status.as_ref().and_then(|status| status.migration.clone()).unwrap_or_default()
}

/// The last migration of the history.
fn last(audit: &SchemaAudit) -> JobStatus {
    migration(audit).history.first().cloned().expect("a migration that is over")
}

async fn phase(world: &World, name: &str, phase: MigrationPhase) -> SchemaAudit {
    world.wait_for::<SchemaAudit>(name, |audit| migration(audit).phase == phase).await
}

/// Approves the plan that waits, by kubectl.
async fn approve(world: &World, name: &str) {
    let waiting = phase(world, name, MigrationPhase::AwaitingApproval).await;
    patch_approval(world, name, &json!({"plan": migration(&waiting).plan.unwrap().digest, "by": "admin"}));
}

fn patch_approval(world: &World, name: &str, approval: &Value) {
    let patch = json!({"spec": {"migration": {"approval": approval}}}).to_string();
    world.kubectl(&["patch", "schemaaudit", name, "--type=merge", "--patch", &patch]);
}

/// Has the audit look again, and waits until it did.
async fn look_again(world: &World) {
    let asked = unique("at");
    let annotation = format!("schemaaudit.dev/requestedAt={asked}");
    world.kubectl(&["annotate", "--overwrite", "schemaaudit", "shop", &annotation]);
    let handled = |audit: &SchemaAudit| {
        let status = audit.status.as_ref();
        status.and_then(|status| status.last_handled_reconcile_at.as_ref()) == Some(&asked)
    };
    world.wait_for::<SchemaAudit>("shop", handled).await;
}

async fn jobs_of(world: &World) -> Vec<Job> {
    world.api::<Job>().list(&ListParams::default()).await.unwrap().items
}

/// The Job that was launched last, when it is there.
async fn job(world: &World, name: &str) -> Job {
    let launched = |audit: &SchemaAudit| migration(audit).job.is_some();
    let job = migration(&world.wait_for::<SchemaAudit>(name, launched).await).job.unwrap().name;
    world.wait_for::<Job>(&job, |_| true).await
}

/// The checksums of the rows of all tables.
fn checksums(database: &Database) -> BTreeMap<String, String> {
    let session = database.session();
    let tables = session.query(
        "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where relkind = 'r' and nspname = 'public'",
    );
    let sum = |table: &String| {
        session
            .query(&format!("select md5(string_agg(t::text, '|' order by t::text)) from {table} t"))
            .concat()
    };
    tables.iter().map(|table| (table.clone(), sum(table))).collect()
}

/// Fails unless all that was there still is, as it was.
fn assert_kept(before: &BTreeMap<String, String>, database: &Database) {
    let after = checksums(database);
    for (table, sum) in before {
        assert_eq!(after.get(table), Some(sum), "the rows of {table}");
    }
}

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
    let wanted =
        json!({"spec": {"migration": {"mode": "Manual", "backup": {"persistentVolumeClaim": "backups"}}}});
    world.kubectl(&["patch", "schemaaudit", "sales-flow", "--type=merge", "--patch", &wanted.to_string()]);

    let waiting = phase(&world, "sales-flow", MigrationPhase::AwaitingApproval).await;
    let status = waiting.status.as_ref().unwrap();
    let tables = status.kinds.iter().find(|kind| kind.kind == "Table").unwrap();
    assert_eq!((tables.counts.missing, tables.counts.required), (44, 59), "{:#?}", status.kinds);
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
    let (command, _where) =
        restore.split_once(" (in the PersistentVolumeClaim backups)").expect("where the file is");
    let other = Database::on(postgres::shared());
    world.secret_of("db", &other);
    let line = format!("cd /work && export DATABASE_URL=\"$PGURL\" && {command}");
    let mut pod = jobs::job("restore", "true", &line);
    pod["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = json!("backups");
    world.apply_json(&pod);
    jobs::message_of(&world, "restore").await;
    assert_eq!(checksums(&other), before, "the backup is of the database before the migration");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_approved_is_there_within_ten_seconds() {
    let database = Database::on(postgres::shared());
    let sql = "create table orders (id bigint primary key);";
    let world = shop(&database, sql, &json!({"mode": "Manual"})).await;
    let waiting = phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    let digest = migration(&waiting).plan.unwrap().digest;
    let start = Instant::now();
    patch_approval(&world, "shop", &json!({"plan": digest, "by": "admin"}));
    let job = job(&world, "shop").await.name_any();
    let launched = start.elapsed();
    world.wait_for::<Job>(&job, jobs::ended).await;
    let finished = start.elapsed();
    phase(&world, "shop", MigrationPhase::Succeeded).await;
    let verified = start.elapsed();
    assert_eq!(database.query("select count(*) from orders"), ["0"]);
    // What the Job does itself, without its pod.
    let directory = std::env::temp_dir().join(unique("schema-audit-budget"));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("core.sql"), sql).unwrap();
    let other = Database::on(postgres::shared());
    let start = Instant::now();
    let applied = Command::new(env!("CARGO_BIN_EXE_schema-audit"))
        .args(["apply", "--yes", "--features"])
        .arg(&directory)
        .env("DATABASE_URL", other.url())
        .output()
        .unwrap();
    let ours = launched + start.elapsed();
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    println!(
        "from approval to the Job: {launched:?}, to its end: {finished:?} (without its pod: {ours:?}), to the audit: \
         {verified:?}"
    );
    assert!(finished < Duration::from_secs(10), "{finished:?}\n{}", world.cluster.tell());
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
    let place = unique("place").replace('_', "-");
    let pod = json!({"nodeSelector": {"schema-audit-tests/place": place}});
    let world = shop(&database, sql, &json!({"mode": "Manual", "pod": pod})).await;
    approve(&world, "shop").await;
    job(&world, "shop").await;
    database.execute("create table badges (id bigint primary key)");
    let before = checksums(&database);
    world.cluster.kubectl(&[
        "label",
        "--overwrite",
        "node",
        "node",
        &format!("schema-audit-tests/place={place}"),
    ]);
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
        let child = Command::new(env!("CARGO_BIN_EXE_schema-audit"))
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
    world.wait_for::<SchemaAudit>("shop", |audit| migration(audit).message.contains(words)).await;
    let failed = phase(&world, "shop", MigrationPhase::Failed).await;
    assert_eq!(last(&failed).outcome.as_deref(), Some("Failed"));
    assert!(migration(&failed).message.contains("spec.migration.deadline"), "{:#?}", migration(&failed));
    look_again(&world).await;
    assert_eq!(jobs_of(&world).await.len(), 1);
    assert!(database.query("select 1 from pg_tables where schemaname = 'public'").is_empty());
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

/// Waits until a statement waits for a lock in the database of the session.
fn until_blocked(world: &World, session: &Session) {
    let waiting = "select 1 from pg_locks where not granted and database = \
         (select oid from pg_database where datname = current_database())";
    let start = Instant::now();
    while session.query(waiting).is_empty() {
        assert!(start.elapsed() < PATIENCE, "no statement waits for the lock\n{}", world.cluster.tell());
    }
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
    kill(&world, &pod).await;
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
        kill(&world, &pod).await;
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

/// Kills the process of the container that applies the plan; the node's processes are seen from here.
async fn kill(world: &World, pod: &str) {
    let container = |pod: &Pod| {
        let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
        let id = statuses.iter().find(|it| it.name == "apply")?.container_id.clone()?;
        Some(id.trim_start_matches("containerd://").to_owned())
    };
    let id = container(&world.wait_for::<Pod>(pod, |pod| container(pod).is_some()).await).unwrap();
    let is_there = |entry: &std::fs::DirEntry| {
        std::fs::read_to_string(entry.path().join("cgroup")).is_ok_and(|cgroups| cgroups.contains(&id))
    };
    let processes = std::fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
    let found: Vec<_> = processes.filter(is_there).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    let killed = Command::new("kill").arg("-9").arg(found[0].file_name()).status().expect("kill");
    assert!(killed.success());
}
