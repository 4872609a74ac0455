//! Who may approve: `deploy/migrations/approval.yaml` and the roles of `deploy/roles.yaml`, tried by users of their own.

use std::sync::OnceLock;

use k8s_openapi::api::rbac::v1::{ClusterRole, RoleBinding};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use schema_audit::api::SchemaAudit;
use serde_json::{Value, json};

use crate::cluster;
use crate::operator::{self, OWN_OPERATOR};
use crate::support::unique;
use crate::world::{World, eventually, from_json};

/// A world whose audit nobody looks at, under the policy. Its status says that there is the plan `a`.
async fn world() -> World {
    let world = unplanned().await;
    planned(&world, Some('a')).await;
    world
}

/// The same without a plan.
async fn unplanned() -> World {
    operator::shared().await;
    let world = World::on(cluster::shared()).await;
    policy(&world).await;
    let metadata = json!({"labels": {OWN_OPERATOR: "nobody"}});
    world.audit_with(metadata, json!({"migration": {"mode": "Manual"}})).await;
    world
}

/// Writes into the status, as the operator would, that this is the plan now.
async fn planned(world: &World, plan: Option<char>) {
    let plan = plan.map(|digit| {
        json!({"digest": digest(digit), "statements": 1, "hazards": 0, "blockers": 0, "unplannable": 0,
            "configMap": "shop-plan"})
    });
    let patch = json!({"status": {"migration": {"plan": plan}}});
    let audits = world.api::<SchemaAudit>();
    audits.patch_status("shop", &PatchParams::default(), &Patch::Merge(&patch)).await.expect("a status");
}

/// Installs the policy and the roles, and waits until the policy is in force: the API server takes a moment.
async fn policy(world: &World) {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    static INSTALLING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _installing = INSTALLING.lock().await;
    if INSTALLED.get().is_some() {
        return;
    }
    let cluster = cluster::shared();
    cluster.deploy("deploy/roles.yaml", |_: &mut DynamicObject| {}).await;
    cluster.deploy("deploy/migrations/approval.yaml", |_: &mut DynamicObject| {}).await;
    world
        .audit_with(json!({"labels": {OWN_OPERATOR: "nobody"}}), json!({"migration": {"mode": "Manual"}}))
        .await;
    // The administrator has every verb, approve-for too: it takes somebody without to see it work. Each try is of
    // another plan: what stays as it is needs no approval.
    let (name, client) = user(world, "edit").await;
    let turn = std::cell::Cell::new(false);
    let refused = async || {
        turn.set(!turn.get());
        approve(&client, world, &digest(if turn.get() { 'e' } else { 'f' }), &name).await.is_err()
    };
    eventually(refused, |refused| *refused).await;
    INSTALLED.get_or_init(|| ());
}

fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// A new user with a cluster role in the namespace; name and client.
async fn user(world: &World, role: &str) -> (String, Client) {
    let name = unique("user");
    let binding = json!({
        "metadata": {"name": name.replace('_', "-")},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
    });
    world.api::<RoleBinding>().create(&PostParams::default(), &from_json(binding)).await.expect("a binding");
    let client = cluster::shared().client_of(&name).await;
    // The aggregation of roles, too, takes a moment.
    let audits: Api<SchemaAudit> = Api::namespaced(client.clone(), &world.namespace);
    eventually(|| async { audits.get_opt("shop").await.is_ok() }, |may| *may).await;
    (name, client)
}

async fn patch(client: &Client, world: &World, patch: Value) -> Result<SchemaAudit, String> {
    let audits: Api<SchemaAudit> = Api::namespaced(client.clone(), &world.namespace);
    let patched = audits.patch("shop", &PatchParams::default(), &Patch::Merge(&patch)).await;
    patched.map_err(|error| error.to_string())
}

async fn approve(client: &Client, world: &World, plan: &str, by: &str) -> Result<SchemaAudit, String> {
    let approval = json!({"plan": plan, "by": by});
    patch(client, world, json!({"spec": {"migration": {"approval": approval}}})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_an_approver_approves_in_their_own_name_and_in_no_other() {
    let world = world().await;
    let (name, client) = user(&world, "schema-audit-approver").await;
    let refused = approve(&client, &world, &digest('a'), "jane").await.unwrap_err();
    assert!(refused.contains("must be your own name") && refused.contains(&name), "{refused}");
    let approved = approve(&client, &world, &digest('a'), &name).await.unwrap();
    assert_eq!(approved.spec.migration.unwrap().approval.unwrap().by, name);
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_who_may_edit_may_not_approve_and_edits_all_the_same() {
    let world = world().await;
    let (editor, client) = user(&world, "edit").await;
    let refused = approve(&client, &world, &digest('a'), &editor).await.unwrap_err();
    assert!(refused.contains("the verb approve on schemaaudits is needed"), "{refused}");
    let automatic = json!({"spec": {"migration": {"mode": "Automatic"}}});
    let refused = patch(&client, &world, automatic).await.unwrap_err();
    assert!(refused.contains("may not set spec.migration.mode to Automatic"), "{refused}");

    // An approval of somebody else's is no obstacle to other edits, and may be taken back, but not changed.
    let (approver, approving) = user(&world, "schema-audit-approver").await;
    approve(&approving, &world, &digest('a'), &approver).await.unwrap();
    patch(&client, &world, json!({"spec": {"interval": "20m"}})).await.unwrap();
    assert!(approve(&client, &world, &digest('b'), &approver).await.is_err());
    patch(&client, &world, json!({"spec": {"migration": {"approval": null}}})).await.unwrap();
    assert!(approve(&client, &world, &digest('a'), &approver).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_where_when_and_as_whom_plans_run_by_themselves_is_for_approvers_to_say() {
    let world = world().await;
    let (_editor, client) = user(&world, "edit").await;
    let (_approver, approving) = user(&world, "schema-audit-approver").await;
    let fields = [
        json!({"database": {"secretRef": {"name": "other"}}}),
        json!({"database": {"secretRef": {"key": "url"}}}),
        json!({"database": {"caSecretRef": {"name": "other"}}}),
        json!({"database": {"schema": "other"}}),
        json!({"migration": {"secretRef": {"name": "owner"}}}),
        json!({"migration": {"window": {"schedule": "0 2 * * *", "duration": "1h"}}}),
        json!({"migration": {"backup": {"mode": "None"}}}),
    ];
    // With mode Manual such an edit voids what was approved, and needs no verb.
    for field in &fields {
        patch(&client, &world, json!({"spec": field})).await.unwrap();
    }
    let back = json!({"spec": {"database": {"secretRef": {"name": "db", "key": null}, "caSecretRef": null, "schema": null},
        "migration": {"mode": "Automatic", "secretRef": null, "window": null, "backup": null}}});
    patch(&approving, &world, back).await.unwrap();
    for field in &fields {
        let refused = patch(&client, &world, json!({"spec": field})).await.expect_err(&field.to_string());
        assert!(refused.contains("may not change where, when, as whom"), "{field}: {refused}");
    }
    patch(&client, &world, json!({"spec": {"interval": "20m", "migration": {"deadline": "2h"}}}))
        .await
        .unwrap();
    for field in &fields {
        patch(&approving, &world, json!({"spec": field})).await.unwrap();
    }
    let taken = json!({"spec": {"migration": {"backup": null}}});
    assert!(patch(&client, &world, taken).await.is_err(), "a backup is not taken away either");
    patch(&client, &world, json!({"spec": {"migration": {"mode": "Manual", "backup": null}}})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_the_verb_approve_for_permits_another_name() {
    let world = world().await;
    let role = json!({
        "metadata": {"name": unique("gitops").replace('_', "-")},
        "rules": [{"apiGroups": ["schemaaudit.dev"], "resources": ["schemaaudits"],
            "verbs": ["get", "patch", "approve-for"]}],
    });
    let role: ClusterRole = from_json(role);
    let roles: Api<ClusterRole> = Api::all(world.client.clone());
    let role = roles.create(&PostParams::default(), &role).await.unwrap().metadata.name.unwrap();
    let (_name, client) = user(&world, &role).await;
    approve(&client, &world, &digest('a'), "jane@example.com").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r77_no_plan_can_be_approved_but_the_one_that_is_there() {
    let world = unplanned().await;
    let (name, client) = user(&world, "schema-audit-approver").await;
    let refused = approve(&client, &world, &digest('a'), &name).await.unwrap_err();
    assert!(refused.contains("there is no plan to approve"), "{refused}");

    planned(&world, Some('a')).await;
    let is_other = |refused: Result<SchemaAudit, String>, now: char| {
        let refused = refused.expect_err("it is another plan");
        let words = format!("is not the digest of the plan as it is now, {}: read that plan", digest(now));
        assert!(refused.contains(&words) && refused.contains("ConfigMap shop-plan"), "{refused}");
    };
    is_other(approve(&client, &world, &digest('b'), &name).await, 'a');
    // An update of the spec brings no status along.
    let forged = json!({"status": {"migration": {"plan": {"digest": digest('b')}}},
        "spec": {"migration": {"approval": {"plan": digest('b'), "by": name}}}});
    is_other(patch(&client, &world, forged).await, 'a');
    let audits: Api<SchemaAudit> = Api::namespaced(client.clone(), &world.namespace);
    let mut replaced = audits.get("shop").await.unwrap();
    let given = json!({"plan": digest('b'), "by": name});
    replaced.spec.migration.as_mut().unwrap().approval = Some(from_json(given));
    let refused = audits.replace("shop", &PostParams::default(), &replaced).await;
    is_other(refused.map_err(|error| error.to_string()), 'a');
    approve(&client, &world, &digest('a'), &name).await.unwrap();

    // What was approved stays approved, and void, while the plan and other fields go on.
    planned(&world, Some('c')).await;
    patch(&client, &world, json!({"spec": {"interval": "20m"}})).await.unwrap();
    patch(&client, &world, json!({"spec": {"migration": {"approval": {"plan": digest('a'), "by": name}}}}))
        .await
        .unwrap();
    let anew = json!({"spec": {"migration": {"approval": {"at": "2026-11-23T10:00:00Z"}}}});
    is_other(patch(&client, &world, anew.clone()).await, 'c');
    planned(&world, None).await;
    patch(&client, &world, json!({"spec": {"interval": "30m"}})).await.unwrap();
    assert!(patch(&client, &world, anew.clone()).await.unwrap_err().contains("there is no plan to approve"));
    planned(&world, Some('a')).await;
    patch(&client, &world, anew).await.unwrap();
    planned(&world, None).await;
    patch(&client, &world, json!({"spec": {"migration": {"approval": null}}})).await.unwrap();
}

/// A GitOps controller applies its manifests again and again, whatever became of the plan.
#[tokio::test(flavor = "multi_thread")]
async fn r77_a_manifest_with_an_approval_that_was_in_force_can_be_applied_again() {
    let world = world().await;
    let audits = world.api::<SchemaAudit>();
    let apply = async |digit: char, interval: &str| {
        let manifest = json!({
            "apiVersion": "schemaaudit.dev/v1alpha1", "kind": "SchemaAudit", "metadata": {"name": "shop"},
            "spec": {"database": {"secretRef": {"name": "db"}}, "featureSets": [{"name": "crm"}], "interval": interval,
                "migration": {"mode": "Manual", "approval": {"plan": digest(digit), "by": "jane"}}},
        });
        let parameters = PatchParams::apply("gitops").force();
        audits.patch("shop", &parameters, &Patch::Apply(&manifest)).await.map_err(|error| error.to_string())
    };
    assert!(apply('b', "1h").await.unwrap_err().contains("is not the digest of the plan"));
    apply('a', "1h").await.unwrap();
    for plan in [Some('b'), None] {
        planned(&world, plan).await;
        apply('a', "1h").await.unwrap();
        apply('a', "2h").await.unwrap();
    }
    // In a cluster that is made anew, what is applied is there before any plan is.
    audits.delete("shop", &DeleteParams::default()).await.unwrap();
    apply('a', "1h").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_cannot_be_created_with_an_approval_either() {
    let world = world().await;
    let (editor, client) = user(&world, "edit").await;
    let audits: Api<SchemaAudit> = Api::namespaced(client, &world.namespace);
    let audit = json!({
        "apiVersion": "schemaaudit.dev/v1alpha1", "kind": "SchemaAudit", "metadata": {"name": "other"},
        "spec": {"database": {"secretRef": {"name": "db"}}, "featureSets": [{"name": "crm"}],
            "migration": {"mode": "Manual", "approval": {"plan": digest('a'), "by": editor}}},
    });
    let refused = audits.create(&PostParams::default(), &from_json(audit)).await.unwrap_err().to_string();
    assert!(refused.contains("may not approve plans"), "{refused}");
}
