//! Where drift is watched: reads what was accepted, and writes what is accepted with an audit.

use kube::{Client, ResourceExt};

use super::compare::{Acceptance, Drift, Judged};
use super::publish::publish_event;
use crate::api::condition::cut;
use crate::api::schema_audit::Compare;
use crate::api::status::BaselineReference;
use crate::api::{ACCEPT_DRIFT, Reason, SchemaAudit, SchemaAuditStatus};
use crate::controller::context::Context;
use crate::controller::error::{Error, Trouble};
use crate::core::audit::report::Report;
use crate::kubernetes::{baseline, document};
use crate::translate::{Baseline, events};

/// The most that is said of why a baseline cannot be read, in bytes: it may quote what stands there, and the remedy behind
/// it must fit the message.
const LONGEST_CAUSE: usize = 300;

/// What is known about drift before a look; `None` where it is not watched. `documents_whole` says that all feature sets
/// were there.
pub async fn drift(
    client: &Client,
    audit: &SchemaAudit,
    status: Option<&SchemaAuditStatus>,
    documents_whole: bool,
) -> Result<Option<Drift>, Trouble> {
    if audit.spec.compare != Compare::Drift {
        return Ok(None);
    }
    let stored = baseline::read(client, audit).await.map_err(|error| Trouble::from(&error))?;
    let handled = status.and_then(|status| status.last_handled_accept_drift.as_deref());
    let asked = audit.accept_drift();
    Ok(Some(Drift {
        stored,
        was_accepted: status.is_some_and(|status| status.baseline.is_some()),
        asked: asked.is_some() && asked != handled,
        documents_whole,
    }))
}

/// Writes what is accepted, if that is news, and tells of it. Gives the report that holds then, and what became of the
/// baseline: where that cannot be written, nothing was accepted.
pub async fn accept(
    context: &Context,
    audit: &SchemaAudit,
    judged: Judged,
) -> Result<(Report, Option<Baseline>), Error> {
    let Judged { report, drift } = judged;
    let Some(Acceptance { write, components, was_accepted, unreadable, further, otherwise }) = drift else {
        return Ok((report, None));
    };
    let config_map = baseline::name(&audit.name_any());
    if let Some((text, why)) = write {
        if let Err(error) = baseline::write(&context.client, audit, &text, &further).await {
            let Some(why) = document::refused(&error) else { return Err(error.into()) };
            let stored = was_accepted.then_some(BaselineReference { config_map, components: None });
            let trouble =
                format!("The baseline cannot be written, so that drift is not decided in whole: {why}");
            let baseline = Baseline { stored, trouble: Some((Reason::ConfigMapUnwritable, trouble)) };
            return Ok((otherwise.unwrap_or(report), Some(baseline)));
        }
        let (namespace, name) = (audit.namespace(), audit.name_any());
        tracing::info!(namespace, name, ?why, components, "Accepted what a database holds as a baseline");
        if let Some(event) = events::accepted(&why, components.unwrap_or_default()) {
            publish_event(context, audit, &event).await;
        }
    }
    let trouble = unreadable.map(|why| {
        let message = format!(
            "The baseline in ConfigMap {config_map} cannot be read, so that drift cannot be decided: {why}; restore \
             it, or delete it to begin anew with the next compliant audit, or accept what the database holds now with \
             a new value of the annotation {ACCEPT_DRIFT}",
            why = cut(why, LONGEST_CAUSE),
        );
        (Reason::BaselineUnreadable, message)
    });
    let is_known = was_accepted || components.is_some() || trouble.is_some();
    let components = components.map(|components| i64::try_from(components).unwrap_or(i64::MAX));
    let stored = is_known.then_some(BaselineReference { config_map, components });
    Ok((report, Some(Baseline { stored, trouble })))
}
