//! A namespace with an operator that watches it, and what tests put there and wait for.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use k8s_openapi::api::events::v1::Event;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::await_condition;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};
use schema_audit::api::condition::{ConditionType, find};
use schema_audit::api::{FeatureSet, FeatureSetStatus, SchemaAudit, SchemaAuditStatus};
use serde_json::{Value, json};

use crate::cluster::{self, Cluster};
use crate::linter;
use crate::operator::{self, Operator, PATIENCE};
use crate::plans::Plans;
use crate::support::{Database, unique};

/// A namespace of its own for one test.
pub struct World {
    /// The administrator.
    pub client: Client,
    /// The name of the namespace.
    pub namespace: String,
    /// The operator that all tests share, if this test uses it.
    pub operator: Option<&'static Operator>,
    /// What operators publish in it.
    pub _plans: Plans,
}

impl World {
    /// A namespace that the shared operator watches.
    pub async fn new() -> Self {
        let operator = operator::shared().await;
        Self { operator: Some(operator), ..Self::on(cluster::shared()).await }
    }

    /// A namespace on a cluster whose operator is the test's own.
    pub async fn on(cluster: &Cluster) -> Self {
        let client = cluster.client().await;
        let name = unique("test").replace('_', "-");
        let namespace: Namespace = from_json(json!({"metadata": {"name": name}}));
        let api: Api<Namespace> = Api::all(client.clone());
        api.create(&PostParams::default(), &namespace).await.expect("a namespace");
        let plans = Plans::of(&client, &name, linter::major).await;
        Self { client, namespace: name, operator: None, _plans: plans }
    }

    /// The objects of a kind in the namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    async fn apply<K>(&self, name: &str, object: &Value)
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug,
    {
        let mut object = object.clone();
        object["apiVersion"] = K::api_version(&()).into();
        object["kind"] = K::kind(&()).into();
        object["metadata"]["name"] = name.into();
        let parameters = PatchParams::apply("schema-audit-tests").force();
        let applied = self.api::<K>().patch(name, &parameters, &Patch::Apply(&object)).await;
        applied.unwrap_or_else(|error| panic!("{} {name} was refused: {error}", K::kind(&())));
    }

    /// A Secret with these keys.
    pub async fn secret(&self, name: &str, data: &[(&str, &str)]) {
        let data: BTreeMap<_, _> = data.iter().copied().collect();
        self.apply::<Secret>(name, &json!({"stringData": data})).await;
    }

    /// The Secret `db` with a superuser's URL of a database.
    pub async fn secret_of(&self, database: &Database) {
        self.secret("db", &[("uri", &database.url())]).await;
    }

    /// A ConfigMap with these keys.
    pub async fn config_map(&self, name: &str, data: &[(&str, &str)]) {
        let data: BTreeMap<_, _> = data.iter().copied().collect();
        self.apply::<ConfigMap>(name, &json!({"data": data})).await;
    }

    /// A FeatureSet with these features.
    pub async fn feature_set(&self, name: &str, features: Value) {
        self.apply::<FeatureSet>(name, &json!({"spec": {"features": features}})).await;
    }

    /// A FeatureSet with one feature, `core`, made by this SQL.
    pub async fn feature_set_of(&self, name: &str, sql: &str) {
        self.feature_set(name, json!([{"name": "core", "sql": [{"inline": sql}]}])).await;
    }

    /// The SchemaAudit `shop` of the Secret `db` and the FeatureSet `crm`, looked at once an hour, with these fields of
    /// its spec instead.
    pub async fn audit(&self, spec: Value) {
        self.audit_with(json!({}), spec).await;
    }

    /// The same under another name.
    pub async fn audit_named(&self, name: &str, spec: Value) {
        self.audit_of(name, json!({}), spec).await;
    }

    /// The same with metadata.
    pub async fn audit_named_with(&self, name: &str, metadata: Value, spec: Value) {
        self.audit_of(name, metadata, spec).await;
    }

    /// The audit `shop` with metadata.
    pub async fn audit_with(&self, metadata: Value, spec: Value) {
        self.audit_of("shop", metadata, spec).await;
    }

    async fn audit_of(&self, name: &str, metadata: Value, spec: Value) {
        let mut whole = json!({
            "database": {"secretRef": {"name": "db"}},
            "featureSets": [{"name": "crm"}],
            "interval": "1h",
        });
        for (field, value) in spec.as_object().expect("an object") {
            whole[field] = value.clone();
        }
        self.apply::<SchemaAudit>(name, &json!({"metadata": metadata, "spec": whole})).await;
    }

    /// Changes the SchemaAudit `shop` by a merge patch.
    pub async fn patch_audit(&self, patch: Value) {
        let api: Api<SchemaAudit> = self.api();
        api.patch("shop", &PatchParams::default(), &Patch::Merge(&patch)).await.expect("a valid change");
    }

    /// The status of `shop` when it is as wanted; fails with what it is when that takes too long.
    pub async fn status(&self, wanted: impl Fn(&SchemaAuditStatus) -> bool) -> SchemaAuditStatus {
        self.status_of("shop", wanted).await
    }

    /// The status of an audit when it is as wanted.
    pub async fn status_of(
        &self,
        name: &str,
        wanted: impl Fn(&SchemaAuditStatus) -> bool,
    ) -> SchemaAuditStatus {
        let is_there =
            |audit: Option<&SchemaAudit>| audit.and_then(|audit| audit.status.as_ref()).is_some_and(&wanted);
        let waiting = Box::pin(await_condition(self.api::<SchemaAudit>(), name, is_there));
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(audit) => audit.expect("a working watch").and_then(|audit| audit.status).expect("a status"),
            Err(_elapsed) => {
                let status = self.api::<SchemaAudit>().get(name).await.map(|audit| audit.status);
                panic!("waited in vain; the status is {status:#?}\n{}", self.log());
            }
        }
    }

    /// The status of `shop` when Ready has this reason for its current generation.
    pub async fn reason(&self, reason: &str) -> SchemaAuditStatus {
        let generation = self.api::<SchemaAudit>().get("shop").await.expect("an audit").metadata.generation;
        self.status(|status| {
            status.observed_generation == generation && condition(status, ConditionType::Ready).1 == reason
        })
        .await
    }

    /// The status of a FeatureSet when it is as wanted.
    pub async fn feature_set_status(
        &self,
        name: &str,
        wanted: impl Fn(&FeatureSetStatus) -> bool,
    ) -> FeatureSetStatus {
        let is_there =
            |set: Option<&FeatureSet>| set.and_then(|set| set.status.as_ref()).is_some_and(&wanted);
        let waiting = await_condition(self.api::<FeatureSet>(), name, is_there);
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(set) => set.expect("a working watch").and_then(|set| set.status).expect("a status"),
            Err(_elapsed) => {
                let status = self.api::<FeatureSet>().get(name).await.map(|set| set.status);
                panic!("waited in vain; the status is {status:#?}\n{}", self.log());
            }
        }
    }

    /// The first event with this reason about an object of the namespace.
    pub async fn event(&self, reason: &str) -> Event {
        let events = watcher(self.api::<Event>(), watcher::Config::default()).applied_objects();
        let found = events.filter_map(|event| async { event.ok() });
        let mut found = Box::pin(found.filter(|event| {
            let is_it = event.reason.as_deref() == Some(reason);
            async move { is_it }
        }));
        match tokio::time::timeout(PATIENCE, found.next()).await {
            Ok(event) => event.expect("an endless watch"),
            Err(elapsed) => panic!("no event {reason} in {}: {elapsed}", self.namespace),
        }
    }

    /// Fails if one of these texts is in a status, an event, a report or the operator's log.
    pub async fn tells_nobody(&self, secrets: &[&str]) {
        let list = ListParams::default();
        let audits = self.api::<SchemaAudit>().list(&list).await.expect("a list");
        let statuses: Vec<_> = audits.items.into_iter().map(|audit| audit.status).collect();
        let events = self.api::<Event>().list(&list).await.expect("a list").items;
        let maps = self.api::<ConfigMap>().list(&list).await.expect("a list").items;
        let reports: Vec<_> = maps.into_iter().filter(|map| map.name_any().contains("-report")).collect();
        let told = json!([statuses, events, reports]).to_string() + &self.log();
        for secret in secrets {
            assert!(!told.contains(secret), "{secret} is in {told}");
        }
    }

    fn log(&self) -> String {
        self.operator.map(Operator::log).unwrap_or_default()
    }
}

/// Status and reason of a condition; empty where it is not there.
pub fn condition(status: &SchemaAuditStatus, type_: ConditionType) -> (&str, &str) {
    find(&status.conditions, type_)
        .map(|condition| (condition.status.as_str(), condition.reason.as_str()))
        .unwrap_or_default()
}

/// The message of Ready.
pub fn message(status: &SchemaAuditStatus) -> &str {
    find(&status.conditions, ConditionType::Ready).map(|ready| ready.message.as_str()).unwrap_or_default()
}

/// The findings as `table/public.a Missing`.
pub fn findings(status: &SchemaAuditStatus) -> Vec<String> {
    let finding = |finding: &schema_audit::api::status::FindingStatus| {
        format!("{} {:?}", finding.component, finding.state)
    };
    status.findings.iter().map(finding).collect()
}

/// Waits until something holds of what is read again and again, for at most a minute.
pub async fn eventually<T: std::fmt::Debug>(read: impl AsyncFn() -> T, holds: impl Fn(&T) -> bool) -> T {
    let start = Instant::now();
    loop {
        let value = read().await;
        if holds(&value) {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain; it is {value:#?}");
        tokio::task::yield_now().await;
    }
}

/// An object from JSON.
pub fn from_json<K: serde::de::DeserializeOwned>(json: Value) -> K {
    serde_json::from_value(json).expect("a valid object")
}
