//! The whole report of an audit, in `ConfigMap`s that the audit owns: `NAME-report`, and `NAME-report-2` and so on where
//! one is too small.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt};

use super::feature_set::digest;
use super::{CallError, FIELD_MANAGER, call};
use crate::api::SchemaAudit;

/// The key of the report in its `ConfigMap`. Of several parts, the values joined are the document.
pub const KEY: &str = "report.json";

/// The annotation with the digest of the whole document.
pub const DIGEST: &str = "schemaaudit.dev/digest";

/// The label with the name of the audit.
pub const AUDIT_LABEL: &str = "schemaaudit.dev/audit";

/// How much goes into one `ConfigMap`, in bytes: the limit is 1 MiB with everything around it.
const PART: usize = 900_000;

/// A report that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    parts: Vec<String>,
    digest: String,
}

impl Document {
    /// Cuts a document into parts.
    #[must_use]
    pub fn new(json: &str) -> Self {
        Self { parts: cut(json, PART), digest: digest(json) }
    }

    /// The digest of the whole.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many `ConfigMap`s it takes.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }
}

/// The name of the first `ConfigMap` of an audit's report.
#[must_use]
pub fn name(audit: &str) -> String {
    format!("{audit}-report")
}

/// The digest of the report that is there; `None` if there is none.
pub async fn published_digest(client: &Client, audit: &SchemaAudit) -> Result<Option<String>, CallError> {
    let api = api(client, audit);
    let name = name(&audit.name_any());
    let found = call(|| format!("reading ConfigMap {name}"), api.get_metadata_opt(&name)).await?;
    Ok(found.and_then(|map| map.annotations().get(DIGEST).cloned()))
}

/// Writes all parts. Where an earlier report had more of them (`earlier_parts`), the extra ones are emptied: the
/// operator has no right to delete a `ConfigMap`.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    document: &Document,
    earlier_parts: usize,
) -> Result<(), CallError> {
    let api = api(client, audit);
    for number in 1..=document.parts.len().max(earlier_parts) {
        let part = document.parts.get(number - 1).map(String::as_str);
        let map = config_map(audit, number, part, &document.digest);
        let name = map.name_any();
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        call(|| format!("writing ConfigMap {name}"), api.patch(&name, &parameters, &Patch::Apply(&map)))
            .await?;
    }
    Ok(())
}

fn api(client: &Client, audit: &SchemaAudit) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), &audit.namespace().unwrap_or_default())
}

fn config_map(audit: &SchemaAudit, number: usize, part: Option<&str>, digest: &str) -> ConfigMap {
    let first = name(&audit.name_any());
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(if number == 1 { first } else { format!("{first}-{number}") }),
            namespace: audit.namespace(),
            labels: Some(BTreeMap::from([
                ("app.kubernetes.io/managed-by".to_owned(), "schema-audit".to_owned()),
                (AUDIT_LABEL.to_owned(), audit.name_any()),
            ])),
            annotations: Some(BTreeMap::from([(DIGEST.to_owned(), digest.to_owned())])),
            owner_references: audit.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        data: part.map(|part| BTreeMap::from([(KEY.to_owned(), part.to_owned())])),
        ..ConfigMap::default()
    }
}

/// Cuts text into parts of at most `limit` bytes, between characters; always at least one part.
fn cut(text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > limit {
        let mut end = limit;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, after) = rest.split_at(end);
        parts.push(part.to_owned());
        rest = after;
    }
    parts.push(rest.to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_joined_are_the_document_and_none_is_too_large() {
        for text in ["", "abc", "abcdefgh", "aéééé", "€€€€€"] {
            let parts = cut(text, 4);
            assert!(parts.iter().all(|part| part.len() <= 4));
            assert_eq!(parts.concat(), text);
        }
        assert_eq!(Document::new("{}").parts(), 1);
        assert_eq!(Document::new(&"x".repeat(2 * PART + 1)).parts(), 3);
    }
}
