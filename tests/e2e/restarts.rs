//! One migration whose operator is killed in each of its phases: it ends well all the same, by one Job, and what the status
//! says in between is true.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, is_true};
use schema_audit::api::migration_status::MigrationPhase;
use serde_json::{Value, json};

use crate::jobs;
use crate::postgres;
use crate::shop::{
    KEPT, approve, assert_kept, audit, checksums, job, jobs_of, last, look_again, migration, nowhere, phase,
    place, required, until_blocked, until_blocked_in,
};
use crate::support::{Database, unique};
use crate::world::{OPERATOR, World, is_ready, wait_for};

/// A second operator, in pods as the deployed one, for audits with the label `own-operator` of its name. It goes with this
/// value.
struct OwnOperator<'a> {
    world: &'a World,
    name: String,
}

impl<'a> OwnOperator<'a> {
    async fn deploy(world: &'a World) -> Self {
        let name = unique("operator").replace('_', "-");
        let text = world.cluster.kubectl(&["-n", OPERATOR, "get", "deployment/schema-audit", "-o=json"]);
        let mut deployed: Value = serde_json::from_str(&text).expect("JSON");
        let labels = json!({"own-operator": name});
        deployed["metadata"] = json!({"name": name, "namespace": OPERATOR, "labels": labels});
        deployed["status"] = Value::Null;
        let spec = &mut deployed["spec"];
        spec["selector"]["matchLabels"] = labels.clone();
        spec["template"]["metadata"]["labels"] = labels;
        let container = &mut spec["template"]["spec"]["containers"][0];
        // Its end is not waited for in vain.
        container["readinessProbe"]["periodSeconds"] = json!(1);
        let selector = format!("--watch-label-selector=own-operator={name}");
        let arguments = container["args"].as_array_mut().expect("arguments");
        arguments.retain(|argument| !argument.to_string().contains("label-selector"));
        arguments.push(json!(selector));
        world.cluster.apply(&deployed.to_string());
        let this = Self { world, name };
        this.scale(1).await;
        this
    }

    async fn pods(&self) -> Vec<Pod> {
        let pods: Api<Pod> = Api::namespaced(self.world.client.clone(), OPERATOR);
        let mine = ListParams::default().labels(&format!("own-operator={}", self.name));
        pods.list(&mine).await.expect("a list of pods").items
    }

    /// Runs it, or has it not run, and waits until that is so.
    async fn scale(&self, replicas: i32) {
        let wanted = format!("--replicas={replicas}");
        self.world.cluster.kubectl(&["-n", OPERATOR, "scale", "deployment", &self.name, &wanted]);
        let deployments: Api<Deployment> = Api::namespaced(self.world.client.clone(), OPERATOR);
        let is_so = |deployment: &Deployment| {
            let status = deployment.status.clone().unwrap_or_default();
            status.observed_generation == deployment.metadata.generation
                && status.replicas.unwrap_or(0) == replicas
                && status.ready_replicas.unwrap_or(0) == replicas
        };
        wait_for(self.world.cluster, deployments, &self.name, is_so).await;
    }

    /// Kills it without a word.
    fn kill(&self) {
        let pods = format!("own-operator={}", self.name);
        let delete = ["delete", "pods", "--selector", &pods, "--grace-period=0", "--force"];
        self.world.cluster.kubectl(&[&["-n", OPERATOR], &delete[..]].concat());
    }

    /// Kills it, and waits for the next one.
    async fn restart(&self) {
        let before: Vec<_> = self.pods().await.iter().filter_map(ResourceExt::uid).collect();
        self.kill();
        let start = std::time::Instant::now();
        let is_next = |pod: &Pod| is_ready(pod) && pod.uid().is_some_and(|uid| !before.contains(&uid));
        while !self.pods().await.iter().any(is_next) {
            assert!(
                start.elapsed() < crate::cluster::PATIENCE,
                "the operator does not come back\n{}",
                self.world.cluster.tell()
            );
        }
    }
}

impl Drop for OwnOperator<'_> {
    fn drop(&mut self) {
        // Also after a failure, where another panic would hide the first.
        let delete = ["-n", OPERATOR, "delete", "deployment", &self.name, "--wait=false"];
        let _ = self.world.cluster.try_kubectl(&delete, "");
    }
}

/// Two segments: a new label of an enum is committed before it is used. Each waits for a lock on a table of its own.
const SQL: &str = "create table kept (id int primary key, text text);\n\
    create table later (id int primary key);\n\
    create type mood as enum ('a');\n\
    create table badges (name text primary key);\n\
    insert into badges (name) values ('first');\n\
    create table orders (id int primary key, kept_id int references kept (id));\n\
    alter type mood add value 'b';\n\
    create table invoices (id int primary key, later_id int references later (id));\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_is_killed_in_each_phase_of_a_migration_ends_it_once_and_tells_the_truth() {
    let database = Database::on(postgres::shared());
    database.execute(KEPT);
    database.execute(
        "create table later (id int primary key); insert into later values (1); create type mood as enum ('a'); \
         create table saved (id int primary key)",
    );
    let before = checksums(&database);
    let world = World::new().await;
    let operator = OwnOperator::deploy(&world).await;
    world.secret_of("db", &database);
    world.claim("backups");
    required(&world, SQL);
    let (spot, pod) = nowhere();
    let backup = json!({"persistentVolumeClaim": "backups"});
    let wanted = json!({"mode": "Manual", "lockTimeout": "5m", "pod": pod, "backup": backup});
    audit(&world, &json!({"own-operator": operator.name}), &wanted);
    let [dump, first, second] = [(); 3].map(|()| database.session());
    dump.execute("begin; lock table saved in access exclusive mode");
    first.execute("begin; lock table kept in row exclusive mode");
    second.execute("begin; lock table later in row exclusive mode");
    // What holds after each kill: the new operator looked, and says this.
    let still = async |wanted: MigrationPhase, words: &str, jobs: usize| {
        look_again(&world).await;
        let told = |audit: &SchemaAudit| {
            let migration = migration(audit);
            migration.phase == wanted && migration.message.contains(words)
        };
        world.wait_for::<SchemaAudit>("shop", told).await;
        assert_eq!(jobs_of(&world).await.len(), jobs);
    };

    // Nobody approved yet.
    phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    operator.restart().await;
    still(MigrationPhase::AwaitingApproval, "awaits approval", 0).await;

    // The pod of the Job waits for a node.
    approve(&world, "shop").await;
    let name = job(&world, "shop").await.name_any();
    operator.restart().await;
    still(MigrationPhase::Running, "no node takes its pod", 1).await;

    // The backup runs.
    place(&world, &spot);
    until_blocked(&world, &dump);
    operator.restart().await;
    still(MigrationPhase::Running, "runs the plan", 1).await;

    // The Job runs, in the middle of a transaction.
    dump.execute("rollback");
    until_blocked_in(&world, &dump, "create table orders");
    operator.restart().await;
    still(MigrationPhase::Running, "runs the plan", 1).await;
    assert!(database.query("select 1 from pg_tables where tablename = 'badges'").is_empty());

    // The first segment is committed, the second is not.
    first.execute("rollback");
    until_blocked_in(&world, &first, "create table invoices");
    operator.restart().await;
    still(MigrationPhase::Running, "runs the plan", 1).await;
    assert_eq!(database.query("select count(*) from badges"), ["1"]);

    // The Job ends while nobody is there to record it; and when somebody is, the database cannot be looked at.
    operator.scale(0).await;
    second.execute("rollback");
    world.wait_for::<Job>(&name, jobs::ended).await;
    let server = postgres::shared().session("postgres");
    server.execute(&format!("alter database {} allow_connections false", database.name()));
    operator.scale(1).await;
    let verifying = phase(&world, "shop", MigrationPhase::Verifying).await;
    assert!(!is_true(&verifying.status.unwrap().conditions, ConditionType::Ready));

    // It ended, and no look said yet what came of it.
    operator.restart().await;
    server.execute(&format!("alter database {} allow_connections true", database.name()));
    look_again(&world).await;
    let done = phase(&world, "shop", MigrationPhase::Succeeded).await;
    assert!(is_true(&done.status.as_ref().unwrap().conditions, ConditionType::Ready));
    assert_eq!(migration(&done).history.len(), 1);
    let last = last(&done);
    assert_eq!((last.name.as_str(), last.outcome.as_deref()), (name.as_str(), Some("Applied")));
    assert_eq!(jobs_of(&world).await.len(), 1);
    assert_eq!(database.query("select count(*) from badges"), ["1"]);
    assert_kept(&before, &database);
}
