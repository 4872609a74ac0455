//! The operator as a Deployment: what it finds, what it tells, and that it comes back.

use std::process::Command;

use k8s_openapi::api::core::v1::Pod;
use kube::api::DeleteParams;
use kube::{Api, ResourceExt};
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, find};
use serde_json::{Value, json};

use crate::cluster::path;
use crate::linter;
use crate::postgres;
use crate::support::Database;
use crate::world::{OPERATOR, World};

/// A world with an audit `shop` of a database that lacks the table `orders`.
async fn shop(interval: &str) -> (World, Database) {
    let world = World::new().await;
    let database = Database::on(postgres::shared());
    world.secret_of("db", &database);
    world.apply_json(&json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "FeatureSet",
        "metadata": {"name": "crm"},
        "spec": {"features": [{"name": "core", "sql": [{"inline": "create table orders (id bigint primary key);"}]}]},
    }));
    world.apply_json(&json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "SchemaAudit",
        "metadata": {"name": "shop"},
        "spec": {"database": {"secretRef": {"name": "db"}}, "featureSets": [{"name": "crm"}], "interval": interval},
    }));
    (world, database)
}

fn reason_of_ready(audit: &SchemaAudit) -> &str {
    let conditions = audit.status.as_ref().map(|status| &status.conditions[..]).unwrap_or_default();
    find(conditions, ConditionType::Ready).map(|ready| ready.reason.as_str()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_lacks_44_of_its_59_tables_until_its_plan_is_run() {
    let world = World::new().await;
    let database = Database::on(postgres::shared());
    for file in ["sql/core.sql", "demo-existing.sql"] {
        let sql = std::fs::read_to_string(path("examples/sales-flow").join(file)).unwrap();
        database.execute(&sql);
    }
    world.secret_of("sales-flow-db", &database);
    world.kubectl(&["apply", "--server-side", "-k", &path("examples/sales-flow").display().to_string()]);
    let audit = world
        .wait_for::<SchemaAudit>("sales-flow", |audit| reason_of_ready(audit) == "ComponentsMissing")
        .await;
    let status = audit.status.unwrap();
    let tables = status.kinds.iter().find(|kind| kind.kind == "Table").unwrap();
    assert_eq!((tables.counts.missing, tables.counts.required), (Some(44), 59), "{:#?}", status.kinds);

    let plan = Command::new(env!("CARGO_BIN_EXE_schema-audit"))
        .args(["plan", "--features"])
        .arg(path("examples/sales-flow"))
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap();
    assert_eq!(plan.status.code(), Some(1), "{}", String::from_utf8_lossy(&plan.stderr));
    let plan = String::from_utf8(plan.stdout).unwrap();
    linter::accept(&plan, postgres::MAJOR);
    postgres::psql(&database, &plan);
    world.kubectl(&["annotate", "schemaaudit", "sales-flow", "schemaaudit.dev/requestedAt=now"]);
    world.wait_for::<SchemaAudit>("sales-flow", |audit| reason_of_ready(audit) == "AuditSucceeded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_log_is_json_without_secrets() {
    let (world, _database) = shop("1h").await;
    world.wait_for::<SchemaAudit>("shop", |audit| reason_of_ready(audit) == "ComponentsMissing").await;
    let pod = world.operator_pod(None).await.name_any();
    let log = world.cluster.kubectl(&["--namespace", OPERATOR, "logs", &pod]);
    assert!(!log.is_empty());
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    assert!(!log.contains("password-of-postgres"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_metrics_come_through_the_service() {
    let (world, _database) = shop("1h").await;
    world.wait_for::<SchemaAudit>("shop", |audit| reason_of_ready(audit) == "ComponentsMissing").await;
    let service =
        ["--namespace", OPERATOR, "get", "service/schema-audit-metrics", "-o=jsonpath={.spec.clusterIP}"];
    let address = world.cluster.kubectl(&service);
    let series = format!(
        "schemaaudit_missing_components{{component_kind=\"Table\",name=\"shop\",namespace=\"{}\"}} 1",
        world.namespace
    );
    let start = std::time::Instant::now();
    loop {
        // Another test may have ended the operator's pod just now.
        let metrics = world.get(&format!("{address}:8080"), "/metrics").await.unwrap_or_default();
        if metrics.lines().any(|line| line == series) {
            return;
        }
        assert!(
            start.elapsed() < crate::cluster::PATIENCE,
            "no {series} in {metrics}\n{}",
            world.cluster.tell()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_whose_pod_is_deleted_comes_back_and_goes_on() {
    let (world, database) = shop("1s").await;
    world.wait_for::<SchemaAudit>("shop", |audit| reason_of_ready(audit) == "ComponentsMissing").await;
    let pod = world.operator_pod(None).await;
    let pods: Api<Pod> = Api::namespaced(world.client.clone(), OPERATOR);
    pods.delete(&pod.name_any(), &DeleteParams::default()).await.unwrap();
    world.operator_pod(pod.uid().as_deref()).await;
    database.execute("create table orders (id bigint primary key)");
    world.wait_for::<SchemaAudit>("shop", |audit| reason_of_ready(audit) == "AuditSucceeded").await;
}
