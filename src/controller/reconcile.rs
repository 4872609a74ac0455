//! One `SchemaAudit`, from an event to a status: follow the Job of a migration, dereference, translate,
//! decide, observe, compare, accept, plan, migrate, publish.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::controller::Action;

use super::context::Context;
use super::error::{Error, Trouble};
use super::memory::Remembered;
use super::step::dereference::{self, Documents};
use super::step::migrate::{self, Followed, Stand, migrate};
use super::step::observe::{Look, observe};
use super::step::publish::{self, publish};
use super::step::{accept, compare, plan, translate};
use crate::api::{Class, SchemaAudit};
use crate::core::decision::{self, Decision, Facts, LastRun, Recorded};
use crate::metrics::Outcome;
use crate::translate::Fault;

/// The name of this controller in metrics and logs.
pub const CONTROLLER: &str = "schemaaudit";

/// What a reconciliation may take beside its looks at the database.
const MARGIN: Duration = Duration::from_mins(1);

/// How long to wait when as many looks at the same server run as may. Until then nothing is read, not even the spec's
/// references: a slow server with many audits must not become a load on the API server.
const BUSY: Duration = Duration::from_millis(250);

/// Looks at the audit and its database, if that is due, and says when to come back.
pub async fn reconcile(audit: Arc<SchemaAudit>, context: Arc<Context>) -> Result<Action, Error> {
    // Two looks, where the first one's credentials are refused, and the one for what a plan needs.
    let limit = audit.spec.timeout.get() * 3 + MARGIN;
    // Boxed: the controller would move the whole state of the pipeline about.
    measured(CONTROLLER, limit, &context, Box::pin(steps(&audit, &context))).await
}

/// When to come back after a reconciliation that did not end.
#[expect(clippy::needless_pass_by_value, reason = "the signature is kube's")]
pub fn after_error(audit: Arc<SchemaAudit>, error: &Error, context: Arc<Context>) -> Action {
    let (namespace, name) = (audit.namespace(), audit.name_any());
    if matches!(error, Error::Stopping) {
        return Action::await_change();
    }
    tracing::warn!(namespace, name, %error, "Could not reconcile a SchemaAudit");
    let uid = audit.uid().unwrap_or_default();
    let mut remembered = context.memory.recall(&uid, Timestamp::now());
    remembered.interrupted += 1;
    let wait = decision::backoff(remembered.interrupted);
    context.memory.remember(&uid, remembered);
    Action::requeue(wait)
}

async fn steps(audit: &SchemaAudit, context: &Context) -> Result<Action, Error> {
    let uid = audit.uid().unwrap_or_default();
    let mut remembered = context.memory.recall(&uid, Timestamp::now());
    let before = publish::previous_status(audit, &mut remembered);
    if audit.spec.suspend {
        let followed = migrate::follow(context, audit, before.as_ref()).await;
        let stand = unseen(followed.as_ref(), &remembered);
        return conclude(audit, context, remembered, None, publish::Result::Suspended, stand).await;
    }
    if remembered.host.is_some_and(|host| context.hosts.is_busy(host)) {
        return Ok(Action::requeue(BUSY));
    }
    let followed = migrate::follow(context, audit, before.as_ref()).await;
    let documents = match dereference::documents(&context.client, audit).await {
        Ok(documents) => documents,
        Err(trouble) => {
            let result = publish::Result::NotAudited { trouble, wanted: None };
            let stand = unseen(followed.as_ref(), &remembered);
            return conclude(audit, context, remembered, None, result, stand).await;
        }
    };
    let due = followed.as_ref().and_then(|followed| followed.due(&remembered));
    match decision::decide(&facts(audit, &uid, &documents.digest, &remembered, due)) {
        Decision::Audit { why } => {
            let (namespace, name) = (audit.namespace(), audit.name_any());
            tracing::debug!(namespace, name, ?why, "Started an audit of a SchemaAudit");
        }
        Decision::NotDue { until } => {
            return glance(audit, context, remembered, followed.as_ref(), until).await;
        }
        Decision::Suspended => return Ok(Action::await_change()),
    }
    let Documents { found, faults, digest } = documents;
    let schema = audit.spec.database.schema.as_deref();
    let owners = audit.spec.compare_owners;
    let plans = Followed::wants_plan(audit, followed.as_ref()).then(|| found.clone());
    let wanted = translate::requirements(&context.cache, &digest, schema, owners, found).await?;
    let planner = match plans {
        Some(found) => Some(plan::planner(&context.planners, &digest, schema, owners, found, &wanted).await?),
        None => None,
    };
    let faults: Vec<Fault> = faults.into_iter().chain(wanted.missing.iter().map(Fault::from)).collect();
    let drift = match accept::drift(&context.client, audit, before.as_ref(), faults.is_empty()).await {
        Ok(drift) => drift,
        Err(trouble) => {
            let result = publish::Result::NotAudited { trouble, wanted: Some(wanted) };
            let stand = unseen(followed.as_ref(), &remembered);
            return conclude(audit, context, remembered, Some((faults, digest)), result, stand).await;
        }
    };
    let began = Timestamp::now();
    let to_look_for = planner.as_ref().map_or(&wanted.requirements, |planner| &planner.to_look_for);
    let (result, stand) = match observe(context, audit, to_look_for, &mut remembered).await {
        Look::Seen(seen) => {
            let judged = compare::compare(&wanted, &seen.observation, audit.spec.compare, drift).await?;
            let (report, baseline) = accept::accept(context, audit, judged).await?;
            let stand = match (&followed, &planner) {
                (Some(followed), Some(planner)) => {
                    let made = &plan::plan(context, audit, planner, &wanted, &seen).await?;
                    let look = migrate::Look { planner, made, faults: &faults, documents: &digest, began };
                    migrate(context, audit, followed, &look).await?
                }
                _ => Stand::default(),
            };
            (publish::Result::Audited { report: Box::new(report), baseline }, stand)
        }
        Look::Failed(trouble) => {
            let stand = unseen(followed.as_ref(), &remembered);
            (publish::Result::NotAudited { trouble, wanted: Some(wanted) }, stand)
        }
        Look::Busy => {
            context.memory.remember(&uid, remembered);
            return Ok(Action::requeue(BUSY));
        }
    };
    conclude(audit, context, remembered, Some((faults, digest)), result, stand).await
}

/// Where a migration stands that no look said anything about.
fn unseen(followed: Option<&Followed>, remembered: &Remembered) -> Stand {
    followed.map(|followed| followed.unseen(remembered)).unwrap_or_default()
}

/// No look is due: tells how far a Job is, if there is one, and comes back in time.
async fn glance(
    audit: &SchemaAudit,
    context: &Context,
    mut remembered: Remembered,
    followed: Option<&Followed>,
    until: Timestamp,
) -> Result<Action, Error> {
    let Some(followed) = followed else { return Ok(at(until)) };
    let stand = followed.unseen(&remembered);
    Box::pin(publish::publish_migration(context, audit, &stand, &mut remembered)).await?;
    context.memory.remember(&audit.uid().unwrap_or_default(), remembered);
    Ok(at(sooner(until, &stand)))
}

/// The moment to come back: earlier, where a Job runs or a migration waits for a moment.
fn sooner(until: Timestamp, stand: &Stand) -> Timestamp {
    let now = Timestamp::now();
    let poll = stand.watch.then(|| now.checked_add(migrate::POLL).unwrap_or(Timestamp::MAX));
    let due = stand.due.filter(|due| *due > now);
    [Some(until), poll, due].into_iter().flatten().min().unwrap_or(until)
}

/// The facts that decide whether an audit is due.
fn facts<'a>(
    audit: &'a SchemaAudit,
    uid: &'a str,
    documents: &'a str,
    remembered: &'a Remembered,
    migration_due: Option<Timestamp>,
) -> Facts<'a> {
    let status = audit.status.as_ref();
    Facts {
        uid,
        generation: audit.metadata.generation.unwrap_or_default(),
        requested_at: audit.requested_at(),
        accept_drift: audit.accept_drift(),
        documents,
        suspended: audit.spec.suspend,
        interval: audit.spec.interval.get(),
        recorded: Recorded {
            // The definition's default is -1: not looked at yet.
            generation: status.and_then(|status| status.observed_generation).filter(|seen| *seen > 0),
            handled_request: status.and_then(|status| status.last_handled_reconcile_at.as_deref()),
            handled_acceptance: status.and_then(|status| status.last_handled_accept_drift.as_deref()),
        },
        migration_due,
        last_run: remembered.last_run.as_ref(),
        first_seen: remembered.first_seen,
        now: Timestamp::now(),
    }
}

/// Tells what came out, remembers it, and says when to come back. `read` holds the faults and the digest of the
/// documents, if they were read.
async fn conclude(
    audit: &SchemaAudit,
    context: &Context,
    mut remembered: Remembered,
    read: Option<(Vec<Fault>, String)>,
    result: publish::Result,
    stand: Stand,
) -> Result<Action, Error> {
    let uid = audit.uid().unwrap_or_default();
    let now = Timestamp::now();
    let (faults, digest) = read.map_or((Vec::new(), None), |(faults, digest)| (faults, Some(digest)));
    // Boxed: several statuses are in it.
    Box::pin(publish(context, audit, &faults, &result, &stand, &mut remembered, now)).await?;
    migrate::let_go(context, audit, &stand).await;
    let failures = match &result {
        publish::Result::NotAudited { trouble, .. } => {
            log(audit, trouble);
            match trouble.reason.class() {
                Class::Transient | Class::Waiting => failures(&remembered) + 1,
                // Nothing passes by itself here: the slot is soon enough.
                Class::Stalled | Class::Fine => 0,
            }
        }
        publish::Result::Audited { .. } | publish::Result::Suspended => 0,
    };
    let last_run = LastRun {
        at: now,
        generation: audit.metadata.generation.unwrap_or_default(),
        requested_at: audit.requested_at().map(str::to_owned),
        accept_drift: audit.accept_drift().map(str::to_owned),
        documents: digest,
        failures,
    };
    let suspended = matches!(result, publish::Result::Suspended);
    let (_, next) =
        decision::next_look(&uid, audit.spec.interval.get(), remembered.first_seen, Some(&last_run));
    // What happened while suspended is no look: the first one after it is due at once, as a new generation.
    remembered.last_run = if suspended { remembered.last_run } else { Some(last_run) };
    remembered.interrupted = 0;
    remembered.migration_due = stand.due;
    context.memory.remember(&uid, remembered);
    Ok(match (suspended, stand.watch) {
        (true, false) => Action::await_change(),
        (true, true) => Action::requeue(migrate::POLL),
        (false, _) => at(sooner(next, &stand)),
    })
}

fn failures(remembered: &Remembered) -> u32 {
    remembered.last_run.as_ref().map_or(0, |run| run.failures)
}

fn log(audit: &SchemaAudit, trouble: &Trouble) {
    let (namespace, name) = (audit.namespace(), audit.name_any());
    let Trouble { reason, message } = trouble;
    tracing::warn!(namespace, name, %reason, message, "Could not audit the database of a SchemaAudit");
}

/// Come back at this time.
fn at(time: Timestamp) -> Action {
    let wait = Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default();
    // Timers are kept to the millisecond: one more, so that the time has come when this is decided again.
    Action::requeue(wait + Duration::from_millis(1))
}

/// Runs the steps of a reconciliation within a limit, until the operator stops, and counts how it ended.
pub async fn measured(
    controller: &'static str,
    limit: Duration,
    context: &Context,
    steps: impl Future<Output = Result<Action, Error>>,
) -> Result<Action, Error> {
    let _active = context.metrics.reconciling(controller);
    let started = Instant::now();
    let result = tokio::select! {
        result = tokio::time::timeout(limit, steps) => result.unwrap_or(Err(Error::TimedOut)),
        () = context.stop.stopped() => Err(Error::Stopping),
    };
    let outcome = match &result {
        Ok(action) if *action == Action::await_change() => Outcome::Success,
        Ok(_) => Outcome::RequeueAfter,
        Err(Error::TimedOut) => Outcome::TimedOut,
        Err(_) => Outcome::Error,
    };
    context.metrics.reconciled(controller, outcome, started.elapsed());
    result
}
