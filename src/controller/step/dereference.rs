//! Reads what the spec of an audit refers to: its feature sets with their `ConfigMap`s.

use std::sync::Arc;

use futures::future::join_all;
use kube::{Client, ResourceExt};

use crate::api::schema_audit::{FeatureSetKind, FeatureSetReference, SchemaAuditSpec};
use crate::api::{Reason, SchemaAudit};
use crate::controller::error::Trouble;
use crate::kubernetes::feature_set::{self, Document, digest};
use crate::kubernetes::{CallError, CallFailure};
use crate::translate::Fault;

/// What an audit refers to.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The feature sets that are there, each with what the audit wants of it.
    pub found: Vec<Wanted>,
    /// Those that are not. What is there is audited all the same.
    pub faults: Vec<Fault>,
    /// Changes whenever what the audit requires may have changed.
    pub digest: String,
}

/// A feature set and what is wanted of it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The feature set.
    pub document: Document,
    /// The wanted features; none: all.
    pub features: Vec<String>,
}

/// Reads all feature sets at once. A set that is not there, or may not be read, is a fault; an API server that does not
/// answer is trouble, since an audit of half of the requirement would say that the other half is not required.
pub async fn documents(client: &Client, audit: &SchemaAudit) -> Result<Documents, Trouble> {
    let namespace = audit.namespace().unwrap_or_default();
    let reads = audit.spec.feature_sets.iter().map(|reference| {
        let namespace = &namespace;
        async move {
            (reference, feature_set::read(client, namespace, reference.kind, &reference.name).await)
        }
    });
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for (reference, read) in join_all(reads).await {
        match read {
            Ok(Some(document)) => found.push(Wanted { document, features: reference.features.clone() }),
            Ok(None) => faults.push(not_found(reference)),
            Err(error) if matches!(error.failure, CallFailure::Forbidden(_)) => {
                faults.push(forbidden(reference, &error));
            }
            Err(error) => return Err(Trouble::from(&error)),
        }
    }
    let SchemaAuditSpec { database, compare_owners, .. } = &audit.spec;
    let digest = digest_of(database.schema.as_deref(), *compare_owners, &found, &faults);
    Ok(Documents { found, faults, digest })
}

/// The digest of everything that decides what is required. Two audits with the same one require the same.
#[must_use]
pub fn digest_of(schema: Option<&str>, owners: bool, found: &[Wanted], faults: &[Fault]) -> String {
    let sets: Vec<_> = found.iter().map(|set| (set.document.digest.as_str(), &set.features)).collect();
    let faults: Vec<_> = faults.iter().map(|fault| (fault.reason.name(), &*fault.set)).collect();
    digest(&serde_json::json!([schema, owners, sets, faults]).to_string())
}

fn not_found(reference: &FeatureSetReference) -> Fault {
    let FeatureSetReference { kind, name, features: _ } = reference;
    let message = match kind {
        FeatureSetKind::FeatureSet => {
            format!("there is no FeatureSet {name} in the namespace of the SchemaAudit")
        }
        FeatureSetKind::ClusterFeatureSet => format!("there is no ClusterFeatureSet {name}"),
    };
    Fault { reason: Reason::FeatureSetNotFound, set: Arc::from(name.as_str()), feature: None, message }
}

fn forbidden(reference: &FeatureSetReference, error: &CallError) -> Fault {
    Fault {
        reason: Reason::ReferenceForbidden,
        set: Arc::from(reference.name.as_str()),
        feature: None,
        message: error.to_string(),
    }
}
