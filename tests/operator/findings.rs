//! What an audit finds is in the status, soon, by name.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::json;

use crate::support::Database;
use crate::world::{World, condition, findings, message};

const SQL: &str = "\
    create table users (id bigint primary key, email text not null unique);
    create table badges (name text primary key);
    insert into badges (name) values ('first') on conflict do nothing;";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_in_the_status_by_name_and_ready_is_false() {
    let (world, database) =
        (World::new().await, Database::with("create table badges (name text primary key)"));
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    let status = world.reason("ComponentsMissing").await;
    let found = findings(&status);
    assert!(found.contains(&"table/public.users Missing".into()), "{found:?}");
    assert!(found.contains(&"seed_row/public.badges(name='first') Missing".into()), "{found:?}");
    assert!(!found.iter().any(|finding| finding.starts_with("table/public.badges")), "{found:?}");
    assert_eq!(condition(&status, ConditionType::Compliant), ("False", "ComponentsMissing"));
    let table = status.kinds.iter().find(|kind| kind.kind == "Table").unwrap();
    assert_eq!((table.counts.required, table.counts.present, table.counts.missing), (2, Some(1), Some(1)));
    assert!(status.server.unwrap().version.starts_with(|c: char| c.is_ascii_digit()));
    world.event("ComponentsMissing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_dropped_by_hand_is_told_within_an_interval_and_gone_when_it_is_back() {
    let (world, database) = (World::new().await, Database::with(SQL));
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({"interval": "1s"})).await;
    world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;

    let dropped = Timestamp::now();
    database.execute("drop table users");
    let status = world.status(|status| !is_true(&status.conditions, ConditionType::Ready)).await;
    let took = Timestamp::now().duration_since(dropped);
    assert!(findings(&status).contains(&"table/public.users Missing".into()));
    assert!(took.as_secs_f64() < 5.0, "it took {took:?} to see it with an interval of 1s");
    let looked = status.last_audit_time.unwrap().0;
    assert!(looked.as_second() >= dropped.as_second(), "the time of the last look is older than the change");

    database.execute("create table users (id bigint primary key, email text not null unique)");
    let status = world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;
    assert_eq!(findings(&status), Vec::<String>::new());
    assert_eq!(status.summary.unwrap().missing, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_report_is_in_a_config_map_that_the_audit_owns() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    let status = world.reason("ComponentsMissing").await;
    let name = status.report.unwrap().config_map;
    assert_eq!(name, "shop-report");
    let map = await_condition(world.api::<ConfigMap>(), &name, |map: Option<&ConfigMap>| map.is_some());
    let map = map.await.unwrap().unwrap();
    let report: serde_json::Value = serde_json::from_str(&map.data.as_ref().unwrap()["report.json"]).unwrap();
    assert_eq!(report["summary"]["missing"], status.summary.unwrap().missing.unwrap());
    assert_eq!(report["missing"]["tables"], json!(["badges", "users"]));
    let owner = &map.owner_references()[0];
    assert_eq!(
        (owner.kind.as_str(), owner.name.as_str(), owner.controller),
        ("SchemaAudit", "shop", Some(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_somebody_deleted_is_there_again_after_the_next_audit() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    let name = world.reason("ComponentsMissing").await.report.unwrap().config_map;
    let api = world.api::<ConfigMap>();
    let there = || {
        let there = await_condition(api.clone(), &name, |map: Option<&ConfigMap>| map.is_some());
        tokio::time::timeout(Duration::from_secs(30), there)
    };
    there().await.expect("a report").unwrap();
    api.delete(&name, &DeleteParams::default()).await.unwrap();
    world.patch_audit(json!({"metadata": {"annotations": {"schemaaudit.dev/requestedAt": "now"}}})).await;
    there().await.expect("the report again").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_somebody_made_immutable_is_told_with_the_remedy() {
    let (world, database) = (World::new().await, Database::with(SQL));
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    world.reason("AuditSucceeded").await;
    let maps = world.api::<ConfigMap>();
    let frozen = Patch::Merge(json!({"immutable": true}));
    maps.patch("shop-report", &PatchParams::default(), &frozen).await.unwrap();
    let look = async |at: &str| {
        world.patch_audit(json!({"metadata": {"annotations": {"schemaaudit.dev/requestedAt": at}}})).await;
        world.status(|status| status.last_handled_reconcile_at.as_deref() == Some(at)).await
    };
    // The same report need not be written.
    assert_eq!(condition(&look("1").await, ConditionType::Ready), ("True", "AuditSucceeded"));

    database.execute("drop table users");
    let status = look("2").await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "ConfigMapUnwritable"));
    assert_eq!(condition(&status, ConditionType::Stalled), ("True", "ConfigMapUnwritable"));
    assert_eq!(condition(&status, ConditionType::Reconciling), ("", ""), "nothing is tried again soon");
    assert_eq!(condition(&status, ConditionType::Compliant), ("False", "ComponentsMissing"));
    let words = "(remedy: kubectl delete configmap shop-report; the next audit makes it anew)";
    assert!(message(&status).contains(words), "{}", message(&status));
    assert!(status.report.is_none() && !findings(&status).is_empty(), "{status:?}");
    world.event("ConfigMapUnwritable").await;

    maps.delete("shop-report", &DeleteParams::default()).await.unwrap();
    let status = look("3").await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "ComponentsMissing"));
    let map = maps.get(&status.report.unwrap().config_map).await.unwrap();
    assert!(map.data.unwrap()["report.json"].contains("users"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_privileges_sees_all_but_the_rows() {
    let (world, database) = (World::new().await, Database::with(SQL));
    let role = database.role();
    world.secret("db", &[("uri", &database.url_as(&role.name, &role.password))]).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    let status = world.reason("ComponentsUnknown").await;
    assert_eq!(findings(&status), ["seed_row/public.badges(name='first') Unknown"]);
    let reason = status.findings[0].reason.as_deref().unwrap();
    assert!(reason.to_lowercase().contains("grant select"), "{reason}");
    assert_eq!(status.summary.unwrap().missing, Some(0));
    world.tells_nobody(&[&role.password]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_session_locks_is_unknown_and_the_rest_is_told() {
    let (world, database) = (World::new().await, Database::with(SQL));
    database.execute("drop table users");
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    let lock = database.lock("badges");
    world.audit(json!({})).await;
    let status = world.reason("ComponentsMissing").await;
    let found = findings(&status);
    assert!(found.contains(&"table/public.users Missing".into()), "{found:?}");
    assert!(found.contains(&"seed_row/public.badges(name='first') Unknown".into()), "{found:?}");
    assert!(!found.iter().any(|finding| finding.starts_with("table/public.badges")), "{found:?}");
    drop(lock);
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_report_only_audits_stay_ready() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({"enforcement": "Report"})).await;
    let status = world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;
    assert_eq!(condition(&status, ConditionType::Compliant), ("False", "ComponentsMissing"));
    world.event("ComponentsMissing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_the_status_holds_100_findings_and_exact_counts() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    let tables: Vec<_> = (0..150).map(|number| format!("t{number:03}")).collect();
    world.feature_set("crm", json!([{"name": "many", "requires": {"tables": tables}}])).await;
    world.audit(json!({})).await;
    let status = world.reason("ComponentsMissing").await;
    assert_eq!((status.findings.len(), status.findings_truncated), (100, true));
    assert_eq!(status.summary.unwrap().missing, Some(150));
}
