//! A quiet loop: what does not change is not written. Counted by an API server of its own, which has no other client
//! but the operator and, seldom, this test.

use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::json;

use crate::cluster::Cluster;
use crate::operator::Operator;
use crate::support::Database;
use crate::world::{World, eventually};

const AUDITS: usize = 10;
const LOOKS: usize = 110;

#[tokio::test(flavor = "multi_thread")]
async fn r32_a_hundred_idle_intervals_make_no_write_and_r41_definitions_are_awaited() {
    let cluster = Cluster::start();
    let operator = Operator::start(&cluster, &[]).await;

    // Without our definitions it waits, says so, and is alive.
    let waits = |(code, text): &(u16, String)| *code == 503 && text.contains("schemaaudits");
    eventually(|| operator.readyz(), waits).await;
    assert_eq!(operator.healthz().await.0, 200);
    assert_eq!(operator.metric("schemaaudit_crd_missing").await, Some(1.0));
    cluster.install_definitions().await;
    operator.wait_until_ready().await;
    assert_eq!(operator.metric("schemaaudit_crd_missing").await, Some(0.0));

    let sql = "create table users (id bigint primary key); create table gone (id bigint);";
    let database = Database::with("create table users (id bigint primary key)");
    let world = World::on(&cluster).await;
    world.secret_of(&database).await;
    world.feature_set_of("crm", sql).await;
    let there = "create table users (id bigint primary key);";
    world.feature_set_of("whole", there).await;
    for number in 0..AUDITS {
        // One watches a whole database for drift: its baseline is written once.
        let spec = match number {
            0 => json!({"interval": "1s", "compare": "Drift", "featureSets": [{"name": "whole"}]}),
            _ => json!({"interval": "1s"}),
        };
        world.audit_named(&format!("shop-{number}"), spec).await;
    }
    for number in 0..AUDITS {
        let name = format!("shop-{number}");
        world.status_of(&name, |status| is_true(&status.conditions, ConditionType::Connected)).await;
    }
    world.status_of("shop-0", |status| status.baseline.is_some()).await;
    // The first looks tell; wait until each audit had one more, so that nothing of them is under way.
    let audits = || operator.metric("schemaaudit_audits_total");
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let more = |from: f64, looks: usize| move |count: &Option<f64>| *count >= Some(from + looks as f64);
    let from = audits().await.unwrap();
    let from = eventually(audits, more(from, 2 * AUDITS)).await.unwrap();
    let before = cluster.writes().await;
    let counted = before.iter().any(|line| line.contains("resource=\"schemaaudits\""));
    assert!(counted, "the API server counts in another form: {before:#?}");
    eventually(audits, more(from, LOOKS)).await;
    assert_eq!(cluster.writes().await, before);
}
