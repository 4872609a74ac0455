//! The whole report of an audit, in `ConfigMap`s that the audit owns: `NAME-report`, and `NAME-report-2` and so on where
//! one is too small.

use kube::{Client, ResourceExt};

pub use super::document::Document;
use super::{CallError, document};
use crate::api::SchemaAudit;

/// The key of the report in its `ConfigMap`. Of several parts, the values joined are the document.
pub const KEY: &str = "report.json";

/// The name of the first `ConfigMap` of an audit's report.
#[must_use]
pub fn name(audit: &str) -> String {
    format!("{audit}-report")
}

/// The digest of the report that is there; `None` if there is none.
pub async fn published_digest(client: &Client, audit: &SchemaAudit) -> Result<Option<String>, CallError> {
    document::published_digest(client, audit, &name(&audit.name_any())).await
}

/// Writes all parts, and empties those of an earlier report that had more of them.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    document: &Document,
    earlier_parts: usize,
) -> Result<(), CallError> {
    document::publish(client, audit, (&name(&audit.name_any()), KEY), document, earlier_parts).await
}
