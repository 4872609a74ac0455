//! Feature set documents: the resource and the `ConfigMap`s that it takes SQL from, all by name.

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use sha2::{Digest, Sha256};

use super::document::reading;
use super::{Attempt, CallError, call};
use crate::api::schema_audit::FeatureSetKind;
use crate::api::{ClusterFeatureSet, FeatureSet, FeatureSetSpec};
use crate::translate::feature_set::{ConfigMaps, references};

/// A feature set with everything that it refers to.
#[derive(Debug, Clone)]
pub struct Document {
    /// Whether it is cluster-wide.
    pub kind: FeatureSetKind,
    /// Its name.
    pub name: String,
    /// What it says.
    pub spec: FeatureSetSpec,
    /// What it refers to.
    pub config_maps: ConfigMaps,
    /// Changes whenever any of the above does: `sha256:` and hexadecimal digits.
    pub digest: String,
}

/// Reads the feature set that an audit in `namespace` refers to; `None` if there is none.
pub async fn read(
    client: &Client,
    namespace: &str,
    kind: FeatureSetKind,
    name: &str,
) -> Result<Option<Document>, CallError> {
    match kind {
        FeatureSetKind::FeatureSet => {
            let api: Api<FeatureSet> = Api::namespaced(client.clone(), namespace);
            let set = call(|| Attempt::new("reading", "FeatureSet", name), api.get_opt(name)).await?;
            match set {
                Some(set) => namespaced(client, namespace, name, set.spec).await.map(Some),
                None => Ok(None),
            }
        }
        FeatureSetKind::ClusterFeatureSet => {
            let api: Api<ClusterFeatureSet> = Api::all(client.clone());
            let set = call(|| Attempt::new("reading", "ClusterFeatureSet", name), api.get_opt(name)).await?;
            Ok(set.map(|set| cluster_wide(name, set.spec.into())))
        }
    }
}

/// A namespaced document, with its `ConfigMap`s read all at once.
pub async fn namespaced(
    client: &Client,
    namespace: &str,
    name: &str,
    spec: FeatureSetSpec,
) -> Result<Document, CallError> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let reads = references(&spec).into_iter().map(|name| {
        let api = &api;
        async move {
            let map = call(|| reading(&name), api.get_opt(&name)).await?;
            Ok::<_, CallError>((name, map.map(|map| map.data.unwrap_or_default())))
        }
    });
    let config_maps = try_join_all(reads).await?.into_iter().collect();
    Ok(document(FeatureSetKind::FeatureSet, name, spec, config_maps))
}

/// A cluster-wide document: there is no namespace to read a `ConfigMap` from, so all of its SQL is inline.
#[must_use]
pub fn cluster_wide(name: &str, spec: FeatureSetSpec) -> Document {
    document(FeatureSetKind::ClusterFeatureSet, name, spec, ConfigMaps::new())
}

fn document(kind: FeatureSetKind, name: &str, spec: FeatureSetSpec, config_maps: ConfigMaps) -> Document {
    // Values of JSON print in one way only: the maps are ordered and the numbers are whole.
    let text = serde_json::json!([kind, name, spec, config_maps]).to_string();
    Document { kind, name: name.to_owned(), spec, config_maps, digest: digest(&text) }
}

/// A digest as it is shown in statuses and annotations.
#[must_use]
pub fn digest(text: &str) -> String {
    let hash = Sha256::digest(text);
    hash.iter().fold(String::from("sha256:"), |mut digest, byte| {
        use std::fmt::Write;
        // Writing to a string cannot fail.
        let _ = write!(digest, "{byte:02x}");
        digest
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn spec(json: serde_json::Value) -> FeatureSetSpec {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_digest_changes_with_the_spec_and_with_a_config_map() {
        let spec = spec(serde_json::json!({"features": [{"name": "a"}]}));
        let renamed = FeatureSetSpec { version: Some("2".into()), ..spec.clone() };
        let kind = FeatureSetKind::FeatureSet;
        let missing = ConfigMaps::from([("sql".into(), None)]);
        let there = ConfigMaps::from([("sql".into(), Some(BTreeMap::new()))]);
        let digests = BTreeSet::from([
            document(kind, "s", spec.clone(), ConfigMaps::new()).digest,
            document(kind, "s", renamed, ConfigMaps::new()).digest,
            document(kind, "s", spec.clone(), missing).digest,
            document(kind, "s", spec, there).digest,
        ]);
        assert_eq!(digests.len(), 4);
    }
}
