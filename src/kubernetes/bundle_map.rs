//! The bundle of a migration, in immutable `ConfigMap`s that belong to its Job and go with it: `JOB-bundle-DIGEST-1-of-2`.
//!
//! They are made after the Job, whose pod waits for them: an owner that is there from the start never has to be changed,
//! which some clusters allow only to those who may delete (the admission plugin `OwnerReferencesPermissionEnforcement`).
//! No two Jobs share one.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Client, Resource, ResourceExt};

use super::document::{DIGEST, api, config_map, reading, write};
use super::{CallError, call};
use crate::api::SchemaAudit;
use crate::bundle::Encoded;

/// The names of the `ConfigMap`s of a Job's bundle, each with its one key.
#[must_use]
pub fn names(job: &str, bundle: &Encoded) -> Vec<(String, String)> {
    bundle.parts.iter().map(|(key, _)| (format!("{job}-{key}"), key.clone())).collect()
}

/// Writes the bundle of a Job.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    bundle: &Encoded,
    job: &Job,
) -> Result<(), CallError> {
    let api = api(client, audit);
    for ((name, _), (key, bytes)) in names(&job.name_any(), bundle).iter().zip(&bundle.parts) {
        let annotations = BTreeMap::from([(DIGEST.to_owned(), bundle.digest.clone())]);
        let mut map: ConfigMap = config_map(audit, name, annotations, None);
        map.binary_data = Some(BTreeMap::from([(key.clone(), ByteString(bytes.clone()))]));
        map.immutable = Some(true);
        map.metadata.owner_references = job.owner_ref(&()).map(|owner| vec![owner]);
        write(&api, &map).await?;
    }
    Ok(())
}

/// Whether all of a Job's bundle is there: the operator may have ended between the Job and its bundle.
pub async fn is_there(
    client: &Client,
    audit: &SchemaAudit,
    bundle: &Encoded,
    job: &str,
) -> Result<bool, CallError> {
    let api = api(client, audit);
    for (name, _) in names(job, bundle) {
        let found = call(|| reading(&name), api.get_metadata_opt(&name)).await?;
        if found.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
