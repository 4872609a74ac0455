//! Tells what an audit came to: report, status, events, metrics; each only when there is something new to tell.

use std::sync::Arc;

use jiff::Timestamp;
use kube::{Api, ResourceExt};

use super::migrate::Stand;
use crate::api::status::ReportReference;
use crate::api::{Reason, SchemaAudit, SchemaAuditStatus};
use crate::controller::cache::Wanted;
use crate::controller::context::Context;
use crate::controller::error::{Error, Trouble};
use crate::controller::memory::{Remembered, Written};
use crate::core::audit::report::Report;
use crate::kubernetes::{CallError, document, report, status};
use crate::report::json;
use crate::translate::events::{EventNote, events};
use crate::translate::migration::{finished, with_migration};
use crate::translate::status::{is_news, status as status_of};
use crate::translate::{Baseline, Fault, Outcome, Subject};

/// What an audit came to.
#[derive(Debug)]
pub enum Result {
    /// The database was read.
    Audited {
        /// What was found.
        report: Box<Report>,
        /// What became of the baseline, where drift is watched.
        baseline: Option<Baseline>,
    },
    /// It was not read.
    NotAudited {
        /// Why.
        trouble: Trouble,
        /// What is required, if that could be found out.
        wanted: Option<Arc<Wanted>>,
    },
    /// No audit is wanted.
    Suspended,
}

/// Tells it. `remembered` is brought up to date with what was written.
pub async fn publish(
    context: &Context,
    audit: &SchemaAudit,
    faults: &[Fault],
    result: &Result,
    stand: &Stand,
    remembered: &mut Remembered,
    now: Timestamp,
) -> std::result::Result<(), Error> {
    count(context, audit, result, now);
    let document = match result {
        Result::Audited { report, .. } => Some(report_document(report)?),
        Result::NotAudited { .. } | Result::Suspended => None,
    };
    let previous = previous_status(audit, remembered);
    let told = async {
        let stored = publish_report(context, audit, document.as_ref(), previous.as_ref()).await?;
        let next = next_status(audit, faults, result, stored, previous.as_ref(), now);
        let next = with_migration(next, previous.as_ref(), stand.status.clone(), now);
        let written = publish_status(context, audit, previous.as_ref(), &next).await?;
        Ok::<_, CallError>((written, next))
    };
    let (written, next) = match told.await {
        // An audit that was deleted in the meantime has nobody to be told.
        Err(error) if error.is_not_found() => return Ok(()),
        told => told?,
    };
    if let Some(written) = written {
        remembered.written = Some(written);
        count_migrations(context, previous.as_ref(), &next);
        publish_events(context, audit, previous.as_ref(), &next).await;
    }
    Ok(())
}

/// Tells where a migration stands, between two audits.
pub async fn publish_migration(
    context: &Context,
    audit: &SchemaAudit,
    stand: &Stand,
    remembered: &mut Remembered,
) -> std::result::Result<(), Error> {
    let Some(previous) = previous_status(audit, remembered) else { return Ok(()) };
    if previous.migration == stand.status {
        return Ok(());
    }
    let next = with_migration(previous.clone(), Some(&previous), stand.status.clone(), Timestamp::now());
    match publish_status(context, audit, Some(&previous), &next).await {
        Err(error) if error.is_not_found() => {}
        written => {
            if let Some(written) = written? {
                remembered.written = Some(written);
                count_migrations(context, Some(&previous), &next);
                publish_events(context, audit, Some(&previous), &next).await;
            }
        }
    }
    Ok(())
}

fn count(context: &Context, audit: &SchemaAudit, result: &Result, now: Timestamp) {
    let failed: Option<Reason> = match result {
        Result::Audited { .. } => None,
        Result::NotAudited { trouble, .. } => Some(trouble.reason),
        Result::Suspended => return,
    };
    context.metrics.audited(failed);
    context.metrics.times().audited(&audit.uid().unwrap_or_default(), now, failed.is_none());
}

/// Once for each, when the status tells of it: what was not written is decided again.
fn count_migrations(context: &Context, previous: Option<&SchemaAuditStatus>, next: &SchemaAuditStatus) {
    let before = previous.and_then(|status| status.migration.as_ref());
    for verdict in finished(before, next.migration.as_ref()) {
        context.metrics.migrated(verdict);
    }
}

fn report_document(report: &Report) -> std::result::Result<report::Document, Error> {
    let json = json::render(report, json::Options::default()).map_err(Error::Report)?;
    Ok(report::Document::new(&json))
}

/// The status as it is now: what was written last, until the store shows something newer.
pub fn previous_status(audit: &SchemaAudit, remembered: &mut Remembered) -> Option<SchemaAuditStatus> {
    let stored = audit.resource_version();
    match remembered.written.take() {
        Some(written) if written.is_newer_than(stored.as_deref()) => {
            let status = written.status.clone();
            remembered.written = Some(written);
            Some(status)
        }
        _ => audit.status.clone(),
    }
}

fn next_status(
    audit: &SchemaAudit,
    faults: &[Fault],
    result: &Result,
    stored: std::result::Result<Option<ReportReference>, String>,
    previous: Option<&SchemaAuditStatus>,
    now: Timestamp,
) -> SchemaAuditStatus {
    let subject = Subject {
        generation: audit.metadata.generation.unwrap_or_default(),
        enforcement: audit.spec.enforcement,
        requested_at: audit.requested_at(),
        accept_drift: audit.accept_drift(),
        faults,
    };
    let outcome = match result {
        Result::Audited { report, baseline } => {
            Outcome::Audited { report, baseline: baseline.as_ref(), stored }
        }
        Result::NotAudited { trouble, wanted } => Outcome::NotAudited {
            reason: trouble.reason,
            message: trouble.message.clone(),
            required: wanted.as_ref().map(|wanted| &wanted.requirements),
        },
        Result::Suspended => Outcome::Suspended,
    };
    status_of(&subject, previous, &outcome, now)
}

/// Writes the report if it is another one than the published one, which is asked for at each audit: somebody may have
/// deleted it, and the status must not name what is not there. Says where it is then, or why it cannot be written, where
/// that takes a person.
async fn publish_report(
    context: &Context,
    audit: &SchemaAudit,
    document: Option<&report::Document>,
    previous: Option<&SchemaAuditStatus>,
) -> std::result::Result<std::result::Result<Option<ReportReference>, String>, CallError> {
    let Some(document) = document else { return Ok(Ok(None)) };
    let stored = ReportReference {
        config_map: report::name(&audit.name_any()),
        parts: (document.parts() > 1).then(|| i64::try_from(document.parts()).unwrap_or(i64::MAX)),
    };
    let reference = previous.and_then(|status| status.report.as_ref());
    let published = match reference {
        Some(_) => report::published_digest(&context.client, audit).await?,
        None => None,
    };
    if published.as_deref() == Some(document.digest()) {
        return Ok(Ok(Some(stored)));
    }
    let parts = reference.and_then(|reference| reference.parts).unwrap_or(1);
    let earlier = usize::try_from(parts).unwrap_or(1);
    match report::publish(&context.client, audit, document, earlier).await {
        Ok(()) => Ok(Ok(Some(stored))),
        Err(error) => match document::refused(&error) {
            Some(why) => Ok(Err(format!("The report cannot be written where people read it: {why}"))),
            None => Err(error),
        },
    }
}

async fn publish_status(
    context: &Context,
    audit: &SchemaAudit,
    previous: Option<&SchemaAuditStatus>,
    next: &SchemaAuditStatus,
) -> std::result::Result<Option<Written>, CallError> {
    if !is_news(previous, next, context.heartbeat) {
        return Ok(None);
    }
    let api: Api<SchemaAudit> =
        Api::namespaced(context.client.clone(), &audit.namespace().unwrap_or_default());
    let written = status::apply(&api, &audit.name_any(), next).await?;
    let resource_version = written.resource_version().unwrap_or_default();
    Ok(Some(Written { resource_version, status: written.status.unwrap_or_default() }))
}

/// Events tell transitions that the status tells too: one that is lost is logged, and nothing is done again for it.
async fn publish_events(
    context: &Context,
    audit: &SchemaAudit,
    previous: Option<&SchemaAuditStatus>,
    next: &SchemaAuditStatus,
) {
    for event in events(previous, next) {
        let (namespace, name, reason) = (audit.namespace(), audit.name_any(), event.reason);
        tracing::info!(namespace, name, %reason, "Found a SchemaAudit in another state");
        publish_event(context, audit, &event).await;
    }
}

/// Publishes an event about an audit, or logs that it is lost.
pub async fn publish_event(context: &Context, audit: &SchemaAudit, event: &EventNote) {
    if let Err(error) = context.events.publish(audit, event).await {
        let (namespace, name) = (audit.namespace(), audit.name_any());
        tracing::warn!(namespace, name, %error, "Lost an event about a SchemaAudit");
    }
}
