//! The bundle of a migration, in immutable `ConfigMap`s: `NAME-bundle-DIGEST-1-of-2`. They are the Job's once there is one,
//! and go with it.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Client, Resource, ResourceExt};

use super::CallError;
use super::document::{DIGEST, api, config_map, write};
use crate::api::SchemaAudit;
use crate::bundle::Encoded;

/// The names of the `ConfigMap`s of a bundle.
#[must_use]
pub fn names(audit: &SchemaAudit, bundle: &Encoded) -> Vec<String> {
    bundle.parts.iter().map(|(key, _)| format!("{}-{key}", audit.name_any())).collect()
}

/// Writes the bundle. It belongs to the Job, where there is one already, and to the audit until then.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    bundle: &Encoded,
    job: Option<&Job>,
) -> Result<(), CallError> {
    let api = api(client, audit);
    for (name, (key, bytes)) in names(audit, bundle).iter().zip(&bundle.parts) {
        let annotations = BTreeMap::from([(DIGEST.to_owned(), bundle.digest.clone())]);
        let mut map: ConfigMap = config_map(audit, name, annotations, None);
        map.binary_data = Some(BTreeMap::from([(key.clone(), ByteString(bytes.clone()))]));
        map.immutable = Some(true);
        if let Some(owner) = job.and_then(|job| job.owner_ref(&())) {
            map.metadata.owner_references = Some(vec![owner]);
        }
        write(&api, &map).await?;
    }
    Ok(())
}
