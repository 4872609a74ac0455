//! A live scrape.

use std::io::Write;
use std::process::{Command, Stdio};

use kube::api::DeleteParams;
use schema_audit::api::SchemaAudit;
use schema_audit::metrics::table;
use serde_json::json;

use crate::operator;
use crate::support::Database;
use crate::world::{World, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn r112_an_audit_has_its_gauges_until_it_is_deleted() {
    let (world, database) =
        (World::new().await, Database::with("create table users (id bigint primary key)"));
    world.secret_of(&database).await;
    let tables = json!({"tables": ["users", "gone"]});
    world.feature_set("crm", json!([{"name": "core", "requires": tables}])).await;
    world.audit(json!({"interval": "30m"})).await;
    world.reason("ComponentsMissing").await;
    let operator = operator::shared().await;
    let of = format!("name=\"shop\",namespace=\"{}\"", world.namespace);
    let missing = format!("schemaaudit_missing_components{{component_kind=\"Table\",{of}}}");
    // The store learns of the status by its watch, a moment after whoever else watches.
    eventually(|| operator.metric(&missing), |value| *value == Some(1.0)).await;
    for (series, value) in [
        (format!("schemaaudit_required_components{{component_kind=\"Table\",{of}}}"), 2.0),
        (format!("schemaaudit_different_components{{component_kind=\"Table\",{of}}}"), 0.0),
        (format!("schemaaudit_unknown_components{{component_kind=\"Table\",{of}}}"), 0.0),
        (format!("schemaaudit_feature_missing_components{{feature=\"core\",feature_set=\"crm\",{of}}}"), 1.0),
        (format!("schemaaudit_target_up{{{of}}}"), 1.0),
        (format!("schemaaudit_interval_seconds{{{of}}}"), 1800.0),
        (format!("schemaaudit_status_condition{{condition=\"Ready\",{of},status=\"False\"}}"), 1.0),
        (format!("schemaaudit_status_condition{{condition=\"Ready\",{of},status=\"True\"}}"), 0.0),
    ] {
        assert_eq!(operator.metric(&series).await, Some(value), "{series}");
    }
    let last = operator.metric(&format!("schemaaudit_last_success_timestamp_seconds{{{of}}}")).await.unwrap();
    let now = jiff::Timestamp::now().as_duration().as_secs_f64();
    assert!(now - last < 60.0, "{now} {last}");

    world.api::<SchemaAudit>().delete("shop", &DeleteParams::default()).await.unwrap();
    let gone = |text: &String| !text.contains(&of);
    eventually(|| operator.metrics(), gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r119_promtool_has_nothing_to_say_about_a_live_scrape() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", "create table users (id bigint primary key);").await;
    world.audit(json!({})).await;
    world.reason("ComponentsMissing").await;
    let text = operator::shared().await.metrics().await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, of Debian's package prometheus");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}\n{text}", String::from_utf8_lossy(&said));

    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        let declared = table::ALL.iter().any(|metric| metric.name == name);
        assert!(declared || name.starts_with("process_"), "{name} is not in the table of metrics");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_by_reason() {
    let operator = operator::shared().await;
    let series = "schemaaudit_audit_failures_total{reason=\"SecretKeyMissing\"}";
    let before = operator.metric(series).await.expect("every reason starts at zero");
    let world = World::new().await;
    world.secret("db", &[("nothing", "here")]).await;
    world.feature_set_of("crm", "create table users (id bigint);").await;
    world.audit(json!({})).await;
    world.reason("SecretKeyMissing").await;
    assert!(operator.metric(series).await.unwrap() > before);
    let of = format!("name=\"shop\",namespace=\"{}\"", world.namespace);
    let target_up = format!("schemaaudit_target_up{{{of}}}");
    eventually(|| operator.metric(&target_up), |up| *up == Some(0.0)).await;
}
