//! The plan of an audit as SQL, in `ConfigMap`s that the audit owns: `NAME-plan`, and `NAME-plan-2` and so on where one is
//! too small.

use kube::{Client, ResourceExt};

use super::CallError;
use super::document::{self, Document, Published};
use super::feature_set::digest as sha256;
use crate::api::SchemaAudit;
use crate::api::migration_status::PlanStatus;

/// The key of the plan in its `ConfigMap`. Of several parts, the values joined are the script.
pub const KEY: &str = "plan.sql";

/// The name of the first `ConfigMap` of an audit's plan.
#[must_use]
pub fn name(audit: &str) -> String {
    format!("{audit}-plan")
}

/// Writes the plan if another text is published than the operator wrote for it, and gives the digest of the text that is
/// there then. It is read each time, word by word: somebody may have deleted it, or changed what people read before they
/// approve. `previous` is the plan that the status names, where nobody but the operator writes.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    document: &Document,
    previous: Option<&PlanStatus>,
) -> Result<String, CallError> {
    let name = name(&audit.name_any());
    let parts = previous.and_then(|plan| plan.parts).unwrap_or(1);
    let parts = usize::try_from(parts).unwrap_or(1);
    // Without one in the status there may still be one, of an earlier time.
    let published = document::published(client, audit, (&name, KEY), document.parts()).await?;
    if let Some(Published { digest, text }) = published
        && digest.as_deref() == Some(document.digest())
    {
        let text = sha256(&text);
        let written = previous.and_then(|plan| plan.text_digest.as_deref());
        // Sizes in it may be of an earlier look: that is no news.
        if written == Some(&*text) || text == sha256(&document.text()) {
            return Ok(text);
        }
    }
    document::publish(client, audit, (&name, KEY), document, parts).await?;
    Ok(sha256(&document.text()))
}
