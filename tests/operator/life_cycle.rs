//! An operator starts, restarts and ends.

use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::ResourceExt;
use kube::api::PostParams;
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::json;

use crate::cluster;
use crate::operator::{self, OWN_OPERATOR, Operator};
use crate::support::{Database, unique};
use crate::world::{World, eventually, findings, from_json};

const SQL: &str = "create table users (id bigint primary key);";

/// A world whose audit has an operator of its own, which is not started yet.
async fn own(database: &Database) -> (World, String) {
    // Our definitions come with the shared operator.
    operator::shared().await;
    let world = World::on(cluster::shared()).await;
    let label = unique("own").replace('_', "-");
    world.secret_of(database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit_with(json!({"labels": {OWN_OPERATOR: label}}), json!({})).await;
    (world, format!("{OWN_OPERATOR}={label}"))
}

async fn start(world: &World, selector: &str) -> Operator {
    let arguments = ["--watch-label-selector", selector, "--watch-namespaces", &world.namespace];
    let operator = Operator::start(cluster::shared(), &arguments).await;
    operator.wait_until_ready().await;
    operator
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_restarted_operator_looks_at_nothing_at_once() {
    let database = Database::with(SQL);
    let (world, selector) = own(&database).await;
    let first = start(&world, &selector).await;
    world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;
    first.terminate();
    let version = world.api::<SchemaAudit>().get("shop").await.unwrap().resource_version();

    database.execute("drop table users");
    let second = start(&world, &selector).await;
    let settled = "controller_runtime_reconcile_total{controller=\"schemaaudit\",result=\"requeue_after\"}";
    eventually(|| second.metric(settled), |count| *count >= Some(1.0)).await;
    assert_eq!(second.metric("schemaaudit_audits_total").await, Some(0.0));
    assert_eq!(world.api::<SchemaAudit>().get("shop").await.unwrap().resource_version(), version);

    // Asked to, it looks.
    world.patch_audit(json!({"metadata": {"annotations": {"schemaaudit.dev/requestedAt": "one"}}})).await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/public.users Missing".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_sigterm_ends_it_soon_and_well_even_in_the_middle_of_a_look() {
    let database = Database::with(SQL);
    let (world, selector) = own(&database).await;
    // Nobody answers there, but connections are taken: the look hangs until its time limit.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://a:b@{}/c?sslmode=disable", silent.local_addr().unwrap());
    world.secret("db", &[("uri", &url)]).await;
    let operator = start(&world, &selector).await;
    let active = "controller_runtime_active_workers{controller=\"schemaaudit\"}";
    eventually(|| operator.metric(active), |count| *count == Some(1.0)).await;
    let (status, took) = operator.terminate();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_rights_it_is_alive_and_not_ready_and_ends_soon_all_the_same() {
    let database = Database::with(SQL);
    let (world, _selector) = own(&database).await;
    let nobody = json!({"metadata": {"name": "nobody"}});
    let accounts: kube::Api<ServiceAccount> = world.api();
    accounts.create(&PostParams::default(), &from_json(nobody)).await.unwrap();
    let nobody = cluster::shared().as_service_account(&world.namespace, "nobody").await;
    let operator = Operator::start(&nobody, &["--watch-namespaces", &world.namespace]).await;
    let lists = |(code, text): &(u16, String)| *code == 503 && text.contains("listing SchemaAudits");
    eventually(|| operator.readyz(), lists).await;
    assert_eq!(operator.healthz().await.0, 200);
    let (status, took) = operator.terminate();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r37_an_operator_leaves_other_shards_alone() {
    let database = Database::with(SQL);
    let (world, selector) = own(&database).await;
    let other = start(&world, "own-operator=somebody-else").await;
    let mine = start(&world, &selector).await;
    world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;
    assert_eq!(mine.metric("schemaaudit_audits_total").await, Some(1.0));
    assert_eq!(other.metric("schemaaudit_audits_total").await, Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn r40_health_is_told() {
    let operator = operator::shared().await;
    assert_eq!(operator.healthz().await, (200, "ok\n".into()));
    assert_eq!(operator.readyz().await, (200, "ok\n".into()));
}
