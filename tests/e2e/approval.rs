//! Who may approve, on the cluster with the manifests of `deploy/`: what the API server refuses, and in which words.

use std::time::Instant;

use schema_audit::api::migration_status::MigrationPhase;
use serde_json::{Value, json};

use crate::cluster::PATIENCE;
use crate::postgres;
use crate::shop::{jobs_of, last, look_again, migration, patch_approval, phase, shop};
use crate::support::Database;
use crate::world::World;

/// What kubectl says when this user approves a plan; `Err` when it is refused.
fn approval(world: &World, user: &str, approval: &Value) -> Result<String, String> {
    let patch = json!({"spec": {"migration": {"approval": approval}}}).to_string();
    let mut namespace = vec!["--namespace", &world.namespace];
    if user != "admin" {
        namespace.extend(["--as", user]);
    }
    let patch = ["patch", "schemaaudit", "shop", "--type=merge", "--patch", &patch];
    world.cluster.try_kubectl(&[&namespace[..], &patch].concat(), "")
}

fn bind(world: &World, user: &str, role: &str) {
    world.kubectl(&["create", "rolebinding", user, "--clusterrole", role, "--user", user]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_refuses_approvals_by_those_who_may_not_and_in_the_names_of_others() {
    let database = Database::on(postgres::shared());
    let world =
        shop(&database, "create table orders (id int primary key);", &json!({"mode": "Manual"})).await;
    bind(&world, "eve", "schema-audit-editor");
    bind(&world, "ann", "schema-audit-approver");
    let waiting = phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    let plan = migration(&waiting).plan.unwrap().digest;
    let other = format!("sha256:{}", "0".repeat(64));
    let of_other = format!("spec.migration.approval.plan is not the digest of the plan as it is now, {plan}");

    for (user, plan, by, words) in [
        ("eve", &plan, "eve", "user eve may not approve plans: the verb approve on schemaaudits is needed"),
        ("eve", &plan, "ann", "user eve may not approve plans"),
        ("eve", &other, "eve", "user eve may not approve plans"),
        ("ann", &other, "ann", of_other.as_str()),
        // Not even the administrator.
        ("admin", &other, "admin", of_other.as_str()),
        ("ann", &plan, "eve", "spec.migration.approval.by must be your own name, ann"),
        ("ann", &other, "eve", "spec.migration.approval.by must be your own name, ann"),
        ("bob", &plan, "bob", "cannot get resource"),
    ] {
        // A policy and a role are in force a moment after they were made.
        let start = Instant::now();
        loop {
            let refused = approval(&world, user, &json!({"plan": plan, "by": by}));
            if refused.as_ref().is_err_and(|said| said.contains(words)) {
                break;
            }
            assert!(start.elapsed() < PATIENCE / 3, "{user} by {by}: {refused:?}");
            patch_approval(&world, "shop", &Value::Null);
        }
    }
    look_again(&world).await;
    phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    assert!(jobs_of(&world).await.is_empty());

    approval(&world, "ann", &json!({"plan": plan, "by": "ann"})).unwrap();
    let done = phase(&world, "shop", MigrationPhase::Succeeded).await;
    assert_eq!(last(&done).approved_by.as_deref(), Some("ann"));
    // What stays as it is is nobody's approval: others may go on editing.
    world.kubectl(&[
        "--as",
        "eve",
        "patch",
        "schemaaudit",
        "shop",
        "--type=merge",
        "-p",
        r#"{"spec":{"suspend":true}}"#,
    ]);
}
