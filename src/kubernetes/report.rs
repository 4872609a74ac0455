//! The whole report of an audit, in `ConfigMap`s that the audit owns: `NAME-report`, and `NAME-report-2` and so on where
//! one is too small.

use std::collections::BTreeMap;

use kube::{Client, ResourceExt};

use super::document::{DIGEST, PART, api, config_map, cut, write};
use super::feature_set::digest;
use super::{CallError, call};
use crate::api::SchemaAudit;

/// The key of the report in its `ConfigMap`. Of several parts, the values joined are the document.
pub const KEY: &str = "report.json";

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
    let first = name(&audit.name_any());
    for number in 1..=document.parts.len().max(earlier_parts) {
        let part = document.parts.get(number - 1).map(|part| (KEY, part.as_str()));
        let name = if number == 1 { first.clone() } else { format!("{first}-{number}") };
        let annotations = BTreeMap::from([(DIGEST.to_owned(), document.digest.clone())]);
        write(&api, &config_map(audit, &name, annotations, part)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_takes_as_many_config_maps_as_it_needs() {
        assert_eq!(Document::new("{}").parts(), 1);
        assert_eq!(Document::new(&"x".repeat(2 * PART + 1)).parts(), 3);
    }
}
