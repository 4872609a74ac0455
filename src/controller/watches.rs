//! From what changed to whom it concerns: streams of changes, and the pure mapping of a changed feature set or
//! `ConfigMap` to the objects that are made of it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use kube::core::DeserializeGuard;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::{self, Event, watcher};
use kube::runtime::{WatchStreamExt, predicates};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use crate::api::schema_audit::FeatureSetKind;
use crate::api::{FeatureSet, SchemaAudit};
use crate::translate::feature_set::references;

/// The annotation that `kubectl apply` keeps a whole copy of the object in.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Watches a resource. An object that this version cannot read is left out with a warning, where a plain watcher would
/// stop at it. What nobody here reads of an object is dropped before it is stored.
pub fn watch<K>(
    api: Api<DeserializeGuard<K>>,
    config: watcher::Config,
) -> impl Stream<Item = Result<Event<K>, watcher::Error>> + Send
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let readable = watcher(api, config).filter_map(|event| async {
        match event {
            Ok(event) => readable(event).map(Ok),
            Err(error) => Some(Err(error)),
        }
    });
    readable.default_backoff().modify(|object: &mut K| {
        object.meta_mut().managed_fields = None;
        object.annotations_mut().remove(LAST_APPLIED);
    })
}

/// The event, unless its object cannot be read.
fn readable<K>(event: Event<DeserializeGuard<K>>) -> Option<Event<K>>
where
    K: Resource<DynamicType = ()>,
{
    let object = |guard: DeserializeGuard<K>| match guard.0 {
        Ok(object) => Some(object),
        Err(error) => {
            let (namespace, name) = (error.metadata.namespace.as_deref(), error.metadata.name.as_deref());
            tracing::warn!(kind = %K::kind(&()), namespace, name, error = error.error, "Left out an object that cannot be read");
            None
        }
    };
    match event {
        Event::Apply(guard) => object(guard).map(Event::Apply),
        Event::Delete(guard) => object(guard).map(Event::Delete),
        Event::InitApply(guard) => object(guard).map(Event::InitApply),
        Event::Init => Some(Event::Init),
        Event::InitDone => Some(Event::InitDone),
    }
}

/// Only changes of the spec or of an annotation wake a controller, not its own writes of the status.
pub fn asks_for_work<K: Resource>(object: &K) -> Option<u64> {
    use kube::runtime::Predicate;
    Predicate::hash_property(&predicates::generation.combine(predicates::annotations), object)
}

/// Tells changes of what objects say from changes of their status, deletions included.
#[derive(Debug, Default)]
pub struct Generations(HashMap<Key, Version>);

/// Namespace and name.
type Key = (Option<String>, String);

/// Uid and generation.
type Version = (Option<String>, Option<i64>);

impl Generations {
    /// The object of the event, if what it says changed.
    pub fn changed<'a, K: Resource>(&mut self, event: &'a Event<K>) -> Option<&'a K> {
        match event {
            Event::Apply(object) | Event::InitApply(object) => {
                let identity = (object.meta().uid.clone(), object.meta().generation);
                let before = self.0.insert(key(object), identity.clone());
                (before.as_ref() != Some(&identity)).then_some(object)
            }
            Event::Delete(object) => {
                self.0.remove(&key(object));
                Some(object)
            }
            Event::Init | Event::InitDone => None,
        }
    }
}

fn key<K: Resource>(object: &K) -> Key {
    (object.namespace(), object.name_any())
}

/// The audits that refer to a feature set. `namespace` is that of the set; a cluster-wide one has none.
#[must_use]
pub fn audits_of_feature_set(
    audits: &[Arc<SchemaAudit>],
    namespace: Option<&str>,
    name: &str,
) -> Vec<ObjectRef<SchemaAudit>> {
    let kind =
        if namespace.is_some() { FeatureSetKind::FeatureSet } else { FeatureSetKind::ClusterFeatureSet };
    audits
        .iter()
        .filter(|audit| namespace.is_none() || audit.metadata.namespace.as_deref() == namespace)
        .filter(|audit| audit.spec.feature_sets.iter().any(|set| set.kind == kind && set.name == name))
        .map(|audit| ObjectRef::from_obj(audit.as_ref()))
        .collect()
}

/// The feature sets that take SQL from a `ConfigMap` of their namespace.
#[must_use]
pub fn feature_sets_of_config_map(
    sets: &[Arc<FeatureSet>],
    namespace: Option<&str>,
    name: &str,
) -> Vec<Arc<FeatureSet>> {
    sets.iter()
        .filter(|set| set.metadata.namespace.as_deref() == namespace)
        .filter(|set| references(&set.spec).contains(name))
        .map(Arc::clone)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn audit(namespace: &str, name: &str, kind: &str, set: &str) -> Arc<SchemaAudit> {
        Arc::new(
            serde_json::from_value(json!({
                "apiVersion": "schemaaudit.dev/v1alpha1",
                "kind": "SchemaAudit",
                "metadata": {"namespace": namespace, "name": name},
                "spec": {
                    "database": {"secretRef": {"name": "db"}},
                    "featureSets": [{"kind": "FeatureSet", "name": "other"}, {"kind": kind, "name": set}],
                },
            }))
            .unwrap(),
        )
    }

    fn set(namespace: &str, name: &str, generation: i64, config_map: &str) -> FeatureSet {
        serde_json::from_value(json!({
            "apiVersion": "schemaaudit.dev/v1alpha1",
            "kind": "FeatureSet",
            "metadata": {"namespace": namespace, "name": name, "uid": "u", "generation": generation},
            "spec": {"features": [{"name": "core", "sql": [{"configMapRef": {"name": config_map}}]}]},
        }))
        .unwrap()
    }

    #[test]
    fn r31_a_feature_set_concerns_the_audits_that_name_it() {
        let audits = [
            audit("a", "one", "FeatureSet", "crm"),
            audit("a", "two", "ClusterFeatureSet", "crm"),
            audit("b", "three", "FeatureSet", "crm"),
        ];
        let names = |namespace| -> Vec<String> {
            audits_of_feature_set(&audits, namespace, "crm").into_iter().map(|audit| audit.name).collect()
        };
        assert_eq!(names(Some("a")), ["one"]);
        assert_eq!(names(Some("b")), ["three"]);
        assert_eq!(names(None), ["two"]);
    }

    #[test]
    fn r31_a_config_map_concerns_the_sets_of_its_namespace_that_name_it() {
        let sets = [("a", "one", "sql"), ("a", "two", "other"), ("b", "three", "sql")]
            .map(|(namespace, name, map)| Arc::new(set(namespace, name, 1, map)));
        let found = feature_sets_of_config_map(&sets, Some("a"), "sql");
        assert_eq!(found.iter().map(|set| set.name_any()).collect::<Vec<_>>(), ["one"]);
    }

    #[test]
    fn r152_an_object_that_cannot_be_read_is_left_out_and_others_are_not() {
        let guarded = |spec: serde_json::Value| -> DeserializeGuard<FeatureSet> {
            serde_json::from_value(json!({"metadata": {"name": "one"}, "spec": spec})).unwrap()
        };
        assert!(readable(Event::Apply(guarded(json!({"features": 7})))).is_none());
        assert!(readable(Event::Apply(guarded(json!({"features": []})))).is_some());
    }

    #[test]
    fn r36_only_a_new_generation_or_a_deletion_is_a_change() {
        let mut generations = Generations::default();
        let mut changed = |event: &Event<FeatureSet>| generations.changed(event).is_some();
        assert!(changed(&Event::InitApply(set("a", "one", 1, "sql"))));
        assert!(!changed(&Event::Apply(set("a", "one", 1, "sql"))));
        assert!(changed(&Event::Apply(set("a", "one", 2, "sql"))));
        assert!(changed(&Event::Delete(set("a", "one", 2, "sql"))));
        assert!(changed(&Event::Apply(set("a", "one", 2, "sql"))));
    }
}
