//! Waits for the custom resource definitions: an operator that is installed before them must wait, not crash.

use std::time::Duration;

use kube::{Client, Resource};

use super::context::Context;
use crate::api::{ClusterFeatureSet, FeatureSet, GROUP, SchemaAudit, VERSION};
use crate::http::Readiness;
use crate::kubernetes::{Attempt, CallError, call};

/// The time between two looks for them.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the API server serves all of our resources, or until the operator stops; says which.
pub async fn wait(context: &Context, readiness: &Readiness) -> Wait {
    let mut told = None;
    loop {
        let lacking = match missing(&context.client).await {
            Ok(missing) if missing.is_empty() => {
                context.metrics.crd_missing(false);
                return Wait::Served;
            }
            Ok(missing) => {
                context.metrics.crd_missing(true);
                format!(
                    "waiting for the custom resource definitions of {} ({GROUP}/{VERSION})",
                    missing.join(", ")
                )
            }
            Err(error) => format!("waiting for the API server: {error}"),
        };
        readiness.not_ready(&lacking);
        if told.as_ref() != Some(&lacking) {
            tracing::warn!(reason = lacking, "Not ready to watch SchemaAudits");
            told = Some(lacking);
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = context.stop.stopped() => return Wait::Stopped,
        }
    }
}

/// How the wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// All resources are served.
    Served,
    /// The operator is shutting down.
    Stopped,
}

/// The resources of ours that the API server does not serve.
async fn missing(client: &Client) -> Result<Vec<String>, CallError> {
    let group = format!("{GROUP}/{VERSION}");
    let found =
        call(|| Attempt::new("discovering", "API group", &*group), client.list_api_group_resources(&group))
            .await;
    let served: Vec<String> = match found {
        Ok(list) => list.resources.into_iter().map(|resource| resource.name).collect(),
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(error),
    };
    let wanted =
        [SchemaAudit::plural(&()), FeatureSet::plural(&()), ClusterFeatureSet::plural(&())].map(String::from);
    Ok(wanted.into_iter().filter(|plural| !served.contains(plural)).collect())
}
