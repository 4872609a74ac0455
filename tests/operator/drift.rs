//! `compare: Drift`: what changed since it was accepted is told until somebody accepts it.

use std::path::Path;
use std::process::Command;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use schema_audit::api::SchemaAuditStatus;
use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::{Value, json};

use crate::cluster;
use crate::operator::{self, OWN_OPERATOR, Operator};
use crate::support::{Database, unique};
use crate::world::{World, condition, eventually, findings, message};

const SQL: &str = "\
    create table users (id bigint primary key);
    create function total(a int) returns int language sql as 'select a';
    create view names as select id from users;";

const REPLACED: &str = "create or replace function total(a int) returns int language sql as 'select a + 1'";

const FUNCTION: &str = "function/public.total Drifted";

/// All of it by name only, so that the SQL says nothing about the body.
fn by_name(functions: &[&str], views: &[&str]) -> Value {
    json!([{"name": "core", "requires": {"tables": ["users"], "functions": functions, "views": views}}])
}

fn is_ready(status: &SchemaAuditStatus) -> bool {
    is_true(&status.conditions, ConditionType::Ready)
}

/// A world whose audit accepted what is there.
async fn accepted(database: &Database) -> World {
    let world = World::new().await;
    prepare(&world, database, json!({})).await;
    let status = world.status(is_ready).await;
    let reference = status.baseline.expect("a baseline");
    assert_eq!((reference.config_map.as_str(), reference.components), ("shop-baseline", Some(3)));
    world
}

async fn prepare(world: &World, database: &Database, metadata: Value) {
    world.secret_of(database).await;
    world.feature_set("crm", by_name(&["total"], &["names"])).await;
    world.audit_with(metadata, json!({"compare": "Drift"})).await;
}

async fn annotate(world: &World, annotation: &str, value: &str) {
    world.patch_audit(json!({"metadata": {"annotations": {annotation: value}}})).await;
}

/// The status after an audit that is asked for.
async fn look(world: &World) -> SchemaAuditStatus {
    let token = unique("look");
    annotate(world, "schemaaudit.dev/requestedAt", &token).await;
    world.status(|status| status.last_handled_reconcile_at.as_deref() == Some(&*token)).await
}

/// The status after an audit that accepts what is there.
async fn accept(world: &World) -> SchemaAuditStatus {
    let token = unique("accept");
    annotate(world, "schemaaudit.dev/acceptDrift", &token).await;
    world.status(|status| status.last_handled_accept_drift.as_deref() == Some(&*token)).await
}

async fn map(world: &World) -> ConfigMap {
    world.api::<ConfigMap>().get("shop-baseline").await.expect("the baseline")
}

/// The components that are accepted.
fn components(map: &ConfigMap) -> Vec<String> {
    let text = &map.data.as_ref().expect("data")["baseline.json"];
    let baseline: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(baseline["format"], "schemaaudit.dev/baseline/v1");
    baseline["components"].as_object().expect("components").keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_a_replaced_body_is_drifted_until_it_is_accepted() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    world.event("BaselineAccepted").await;
    let first = map(&world).await;
    assert_eq!(
        components(&first),
        ["function/public.total(integer)", "table/public.users", "view/public.names"]
    );
    assert_eq!(first.owner_references()[0].name, "shop");

    database.execute(REPLACED);
    let status = look(&world).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "ComponentsDrifted"));
    assert_eq!(condition(&status, ConditionType::Compliant), ("False", "ComponentsDrifted"));
    assert_eq!(findings(&status), [FUNCTION]);
    let reason = status.findings[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("it changed since it was accepted at 20"), "{reason}");
    assert_eq!(status.summary.unwrap().drifted, Some(1));
    let kind = status.kinds.iter().find(|kind| kind.kind == "Function").unwrap();
    assert_eq!((kind.counts.drifted, status.features[0].drifted), (Some(1), Some(1)));
    world.event("ComponentsDrifted").await;
    let operator = operator::shared().await;
    let of = format!("name=\"shop\",namespace=\"{}\"", world.namespace);
    for (kind, value) in [("Function", 1.0), ("View", 0.0)] {
        let series = format!("schemaaudit_drifted_components{{component_kind=\"{kind}\",{of}}}");
        eventually(|| operator.metric(&series), |drifted| *drifted == Some(value)).await;
    }
    // It stays so, and nothing is accepted meanwhile.
    assert_eq!(findings(&look(&world).await), [FUNCTION]);
    assert_eq!(map(&world).await, first);

    let status = accept(&world).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("True", "AuditSucceeded"));
    assert!(status.findings.is_empty() && status.summary.unwrap().drifted == Some(0));
    assert_eq!(components(&map(&world).await), components(&first));
    // The accepted one is what counts from now on, and the request is over.
    database.execute("create or replace function total(a int) returns int language sql as 'select a'");
    assert_eq!(findings(&look(&world).await), [FUNCTION]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_operator_compares_with_what_was_accepted_before() {
    operator::shared().await;
    let database = Database::with(SQL);
    let world = World::on(cluster::shared()).await;
    let label = unique("own").replace('_', "-");
    let selector = format!("{OWN_OPERATOR}={label}");
    let start = async || {
        let arguments = ["--watch-label-selector", &selector, "--watch-namespaces", &world.namespace];
        let operator = Operator::start(cluster::shared(), &arguments).await;
        operator.wait_until_ready().await;
        operator
    };
    prepare(&world, &database, json!({"labels": {OWN_OPERATOR: label}})).await;
    let first = start().await;
    world.status(is_ready).await;
    let before = map(&world).await;
    first.terminate();
    database.execute(REPLACED);
    let second = start().await;
    assert_eq!(findings(&look(&world).await), [FUNCTION]);
    assert_eq!(map(&world).await, before);
    accept(&world).await;
    second.terminate();
    // A request that was handled is not handled again.
    database.execute("create or replace view names as select id, 1 as one from users");
    let _third = start().await;
    assert_eq!(findings(&look(&world).await), ["view/public.names Drifted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_required_joins_the_baseline_and_what_is_no_more_required_leaves_it() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    database.execute(REPLACED);
    database.execute("create view more as select 1 as one");
    assert_eq!(findings(&look(&world).await), [FUNCTION]);

    let follows = await_condition(world.api::<ConfigMap>(), "shop-baseline", |map: Option<&ConfigMap>| {
        map.is_some_and(|map| {
            components(map) == ["function/public.total(integer)", "table/public.users", "view/public.more"]
        })
    });
    let change = world.feature_set("crm", by_name(&["total"], &["more"]));
    let (followed, ()) = tokio::join!(tokio::time::timeout(operator::PATIENCE, follows), change);
    followed.expect("the baseline follows the requirements").unwrap();
    // What drifted was not accepted on the way; what joined is watched.
    database.execute("create or replace view more as select 1 as one, 2 as two");
    let status = look(&world).await;
    assert_eq!(findings(&status), ["view/public.more Drifted", FUNCTION]);
    assert_eq!(status.baseline.unwrap().components, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_accepted_before_an_audit_is_compliant() {
    let database = Database::with("create table users (id bigint primary key)");
    let world = World::new().await;
    prepare(&world, &database, json!({})).await;
    let status = world.reason("ComponentsMissing").await;
    assert_eq!(status.baseline, None);
    assert!(world.api::<ConfigMap>().get_opt("shop-baseline").await.unwrap().is_none());
    database.execute(SQL.split_once(';').unwrap().1);
    assert!(is_ready(&look(&world).await));
    assert_eq!(components(&map(&world).await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_baseline_is_made_again_by_a_compliant_audit_only_and_an_event_says_so() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    database.execute("drop view names");
    world.api::<ConfigMap>().delete("shop-baseline", &DeleteParams::default()).await.unwrap();
    let status = look(&world).await;
    assert_eq!(findings(&status), ["view/public.names Missing"]);
    assert_eq!(status.baseline.unwrap().components, None);
    assert!(world.api::<ConfigMap>().get_opt("shop-baseline").await.unwrap().is_none());

    database.execute("create view names as select id from users");
    let status = look(&world).await;
    assert!(is_ready(&status));
    assert_eq!(status.baseline.unwrap().components, Some(3));
    assert_eq!(components(&map(&world).await).len(), 3);
    let event = world.event("BaselineRecreated").await;
    assert!(event.note.unwrap().contains("was gone"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_that_cannot_be_read_is_told_with_the_remedy_and_not_accepted_anew() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    let maps = world.api::<ConfigMap>();
    let good = map(&world).await.data.unwrap();
    let replace = async |text: &str| {
        let patch = json!({"data": {"baseline.json": text}});
        maps.patch("shop-baseline", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    };
    replace("{}").await;
    database.execute(REPLACED);
    let status = look(&world).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "BaselineUnreadable"));
    assert_eq!(condition(&status, ConditionType::Compliant), ("Unknown", "BaselineUnreadable"));
    let told = message(&status);
    assert!(
        told.contains("ConfigMap shop-baseline") && told.contains("schemaaudit.dev/acceptDrift"),
        "{told}"
    );
    assert_eq!(map(&world).await.data.unwrap()["baseline.json"], "{}");

    replace(&good["baseline.json"]).await;
    assert_eq!(findings(&look(&world).await), [FUNCTION]);
    replace("{}").await;
    assert!(is_ready(&accept(&world).await));
    assert_eq!(components(&map(&world).await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_that_somebody_made_immutable_accepts_nothing_and_says_so() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    let maps = world.api::<ConfigMap>();
    let frozen = Patch::Merge(json!({"immutable": true}));
    maps.patch("shop-baseline", &PatchParams::default(), &frozen).await.unwrap();
    let before = map(&world).await.data;
    assert!(is_ready(&look(&world).await), "nothing is to be written");
    database.execute(REPLACED);

    annotate(&world, "schemaaudit.dev/acceptDrift", "once").await;
    let status = look(&world).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "ConfigMapUnwritable"));
    assert_eq!(condition(&status, ConditionType::Stalled), ("True", "ConfigMapUnwritable"));
    assert_eq!(findings(&status), [FUNCTION], "it is not accepted");
    assert_eq!(status.last_handled_accept_drift, None);
    assert!(
        message(&status).contains("remedy: kubectl delete configmap shop-baseline"),
        "{}",
        message(&status)
    );
    assert_eq!(map(&world).await.data, before);
    world.event("ConfigMapUnwritable").await;

    maps.delete("shop-baseline", &DeleteParams::default()).await.unwrap();
    let status = look(&world).await;
    assert!(is_ready(&status), "{status:?}");
    assert_eq!(status.last_handled_accept_drift.as_deref(), Some("once"));
    assert_ne!(map(&world).await.data, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_that_is_only_reported_leaves_an_audit_ready() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    database.execute(REPLACED);
    world.patch_audit(json!({"spec": {"enforcement": "Report"}})).await;
    let status = world.status(|status| !status.findings.is_empty()).await;
    assert_eq!(findings(&status), [FUNCTION]);
    assert_eq!(condition(&status, ConditionType::Ready), ("True", "AuditSucceeded"));
    assert_eq!(condition(&status, ConditionType::Compliant), ("False", "ComponentsDrifted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_kept_until_an_audit_can_read_the_database() {
    let database = Database::with(SQL);
    let world = accepted(&database).await;
    database.execute(REPLACED);
    world.secret("db", &[("uri", "")]).await;
    annotate(&world, "schemaaudit.dev/acceptDrift", "one").await;
    let status = world.reason("InvalidConnection").await;
    assert_eq!(status.last_handled_accept_drift, None);
    world.secret_of(&database).await;
    let status = look(&world).await;
    assert_eq!(status.last_handled_accept_drift.as_deref(), Some("one"));
    assert!(is_ready(&status) && status.findings.is_empty());
}

/// The exit code of the command line's audit with this baseline, which it may write.
fn audit_by_hand(database: &Database, baseline: &Path) -> Option<i32> {
    let documents = baseline.with_extension("yaml");
    let spec = json!({"features": by_name(&["total"], &["names"])});
    let set = json!({
        "apiVersion": "schemaaudit.dev/v1alpha1", "kind": "FeatureSet", "metadata": {"name": "crm"}, "spec": spec,
    });
    std::fs::write(&documents, set.to_string()).expect("a file");
    let audit = Command::new(env!("CARGO_BIN_EXE_schema-audit"))
        .args(["audit", "--compare", "drift", "--database-url", &database.url()])
        .arg("--features")
        .arg(&documents)
        .arg("--baseline")
        .arg(baseline)
        .output()
        .expect("the binary");
    std::fs::remove_file(documents).expect("the file");
    audit.status.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_and_the_operator_read_each_other_s_baselines() {
    let database = Database::with(SQL);
    let file = std::env::temp_dir().join(unique("schema-audit-baseline")).with_extension("json");
    assert_eq!(audit_by_hand(&database, &file), Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    database.execute(REPLACED);
    // A person brings what was accepted elsewhere: the first audit compares with it.
    let world = World::new().await;
    world.config_map("shop-baseline", &[("baseline.json", &text)]).await;
    prepare(&world, &database, json!({})).await;
    assert_eq!(findings(&world.reason("ComponentsDrifted").await), [FUNCTION]);
    assert_eq!(map(&world).await.data.unwrap()["baseline.json"], text);
    assert_eq!(audit_by_hand(&database, &file), Some(1));

    accept(&world).await;
    std::fs::write(&file, &map(&world).await.data.unwrap()["baseline.json"]).unwrap();
    assert_eq!(audit_by_hand(&database, &file), Some(0));
    std::fs::remove_file(file).unwrap();
}

/// More components than one `ConfigMap` has room for.
#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_of_thousands_of_components_is_in_several_config_maps() {
    const TABLES: [&str; 2] = ["a", "b"];
    let columns: Vec<String> = (0..1500).map(|number| format!("c{number:04}")).collect();
    let database = Database::new();
    for table in TABLES {
        database.execute(&format!("create table {table} ({} int)", columns.join(" int, ")));
    }
    let required: Vec<String> = TABLES
        .iter()
        .flat_map(|table| columns.iter().map(move |column| format!("{table}.{column}")))
        .collect();
    let world = World::new().await;
    world.secret_of(&database).await;
    world.feature_set("crm", json!([{"name": "core", "requires": {"columns": required}}])).await;
    world.audit(json!({"compare": "Drift"})).await;
    let accepted = i64::try_from(required.len()).unwrap();
    let whole = |status: &SchemaAuditStatus| {
        let components = status.baseline.as_ref().and_then(|baseline| baseline.components);
        is_ready(status) && components == Some(accepted)
    };
    assert!(whole(&world.status(is_ready).await));
    let parts = async || map(&world).await.annotations()["schemaaudit.dev/furtherParts"].clone();
    assert_eq!(parts().await, "shop-baseline-2");

    database.execute("alter table b alter c1499 type bigint");
    assert_eq!(findings(&look(&world).await), ["column/public.b.c1499 Drifted"]);
    assert!(whole(&accept(&world).await));
    assert_eq!(parts().await, "shop-baseline-2b", "what was in use is not written over");
    assert!(whole(&look(&world).await));

    world.api::<ConfigMap>().delete("shop-baseline-2b", &DeleteParams::default()).await.unwrap();
    let status = look(&world).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "BaselineUnreadable"));
    assert!(message(&status).contains("shop-baseline-2b"), "{}", message(&status));
}
