//! The plan of an audit as SQL, in `ConfigMap`s that the audit owns: `NAME-plan`, and `NAME-plan-2` and so on where one is
//! too small.

use kube::{Client, ResourceExt};

use super::CallError;
use super::document::{self, Document};
use crate::api::SchemaAudit;
use crate::api::migration_status::PlanStatus;

/// The key of the plan in its `ConfigMap`. Of several parts, the values joined are the script.
pub const KEY: &str = "plan.sql";

/// The name of the first `ConfigMap` of an audit's plan.
#[must_use]
pub fn name(audit: &str) -> String {
    format!("{audit}-plan")
}

/// Writes the plan if it is another one than the published one, which is asked for each time: somebody may have deleted
/// it, and the status must not name what is not there. `previous` is the plan that the status names.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    document: &Document,
    previous: Option<&PlanStatus>,
) -> Result<(), CallError> {
    let name = name(&audit.name_any());
    // Without one in the status there may still be one, of an earlier time.
    let published = document::published_digest(client, audit, &name).await?;
    if published.as_deref() == Some(document.digest()) {
        return Ok(());
    }
    let parts = previous.and_then(|plan| plan.parts).unwrap_or(1);
    document::publish(client, audit, (&name, KEY), document, usize::try_from(parts).unwrap_or(1)).await
}
