//! Follows the Job of a migration, decides what comes next, and launches it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::{Api, ResourceExt};

use super::plan::Made;
use crate::api::migration::{BackupMode, Migration};
use crate::api::migration_status::{MigrationPhase, MigrationStatus, PlanStatus};
use crate::api::{SchemaAudit, SchemaAuditStatus};
use crate::bundle::{self, Bundle, Encoded};
use crate::controller::context::Context;
use crate::controller::error::Error;
use crate::controller::memory::Remembered;
use crate::controller::planner::Planner;
use crate::core::audit::definitions::Definitions;
use crate::core::migration::window::Opening;
use crate::core::migration::{self, Facts, Job, JobState, Next, Phase, Planned, Recorded, Run, Step, step};
use crate::kubernetes::job::{self, Images, Listed};
use crate::kubernetes::{Attempt, CallError, bundle_map, call, document, plan_map};
use crate::translate::Fault;
use crate::translate::job as translate_job;
use crate::translate::migration as translate;

/// How long to wait before a Job that could not be created is tried again.
const PAUSE: Duration = Duration::from_mins(1);

/// How often a Job that runs is asked why it does not run yet, besides each time that one of its pods changes.
pub const POLL: Duration = Duration::from_secs(30);

/// What is known of a migration before a look.
#[derive(Debug)]
pub struct Followed {
    /// Whether this operator may launch migrations.
    allowed: bool,
    jobs: Option<Vec<Listed>>,
    /// Why the Jobs could not be listed.
    trouble: Option<String>,
    previous: Option<MigrationStatus>,
    /// What follows without a look.
    glance: Step,
    /// Whether the Job was seen to end just now.
    ended_now: bool,
    now: Timestamp,
}

/// Where a migration stands when a reconciliation ends.
#[derive(Debug, Default)]
pub struct Stand {
    /// For the status; `None` where migrations are not wanted and none runs.
    pub status: Option<MigrationStatus>,
    /// When a look is due for its sake.
    pub due: Option<Timestamp>,
    /// Whether a Job is under way.
    pub watch: bool,
    /// The Jobs whose result is recorded once the status is written.
    let_go: Vec<String>,
}

/// Lists the Jobs of an audit and says how far they are; `None` where migrations are not wanted and none runs. `before` is
/// the status as it is.
pub async fn follow(
    context: &Context,
    audit: &SchemaAudit,
    before: Option<&SchemaAuditStatus>,
) -> Option<Followed> {
    let previous = before.and_then(|status| status.migration.clone());
    let recorded = translate::recorded(previous.as_ref());
    if audit.spec.migration.is_none() && recorded.current.is_none() {
        return None;
    }
    let now = Timestamp::now();
    let (jobs, trouble) = match context.migrations {
        None => (None, None),
        Some(_) => match job::list(&context.client, audit, now).await {
            Ok(jobs) => (Some(jobs), None),
            Err(error) => (None, Some(error.to_string())),
        },
    };
    let under_way = jobs.as_deref().map(jobs_of);
    let approval = translate::approval(audit.spec.migration.as_ref());
    let glance = step(&facts(context, audit, under_way.as_deref(), approval.as_ref(), &recorded, now));
    let has_ended = |recorded: &Recorded| recorded.current.as_ref().is_some_and(|(_, ended)| ended.is_some());
    let ended_now = has_ended(&glance.recorded) && !has_ended(&recorded);
    let allowed = context.migrations.is_some();
    Some(Followed { allowed, jobs, trouble, previous, glance, ended_now, now })
}

fn jobs_of(listed: &[Listed]) -> Vec<Job> {
    listed.iter().map(|listed| listed.job.clone()).collect()
}

fn facts<'a>(
    context: &Context,
    audit: &SchemaAudit,
    jobs: Option<&'a [Job]>,
    approval: Option<&'a migration::Approval>,
    recorded: &'a Recorded,
    now: Timestamp,
) -> Facts<'a> {
    Facts {
        allowed: context.migrations.is_some(),
        mode: translate::mode(audit.spec.migration.as_ref()),
        generation: audit.metadata.generation.unwrap_or_default(),
        approval,
        window: Opening::Open,
        jobs,
        look: None,
        recorded,
        now,
    }
}

impl Followed {
    /// From when on a look is due for the sake of the migration. What a restart forgot is looked at anew.
    #[must_use]
    pub fn due(&self, remembered: &Remembered) -> Option<Timestamp> {
        if self.ended_now {
            return Some(self.now);
        }
        let phase = self.previous.as_ref().map(|status| status.phase);
        let forgotten = remembered.last_run.is_none() && phase.is_some_and(|phase| self.is_stale(phase));
        remembered.migration_due.or(forgotten.then_some(remembered.first_seen))
    }

    /// Whether a status that another process left is not to be left standing until the next slot.
    const fn is_stale(&self, phase: MigrationPhase) -> bool {
        match phase {
            MigrationPhase::AwaitingWindow | MigrationPhase::Retrying | MigrationPhase::Verifying => true,
            // Migrations were switched on, or off, by the restart.
            MigrationPhase::SwitchedOff => self.allowed,
            MigrationPhase::AwaitingApproval | MigrationPhase::ApprovalVoid => !self.allowed,
            MigrationPhase::Idle
            | MigrationPhase::Planned
            | MigrationPhase::Blocked
            | MigrationPhase::Running
            | MigrationPhase::Succeeded
            | MigrationPhase::Failed => false,
        }
    }

    /// Where it stands without a look.
    #[must_use]
    pub fn unseen(&self, remembered: &Remembered) -> Stand {
        let Step { recorded, next, stands } = &self.glance;
        let plan = self.previous.as_ref().and_then(|status| status.plan.clone());
        Stand {
            status: Some(translate::status(self.previous.as_ref(), recorded, stands.as_ref(), plan)),
            due: self.due(remembered),
            watch: *next == Next::Watch,
            let_go: Vec::new(),
        }
    }

    /// Whether a plan is of use: one is wanted, or says what came of the last one.
    #[must_use]
    pub fn wants_plan(audit: &SchemaAudit, followed: Option<&Self>) -> bool {
        audit.spec.migration.is_some() || followed.is_some()
    }
}

/// What a migration is decided on after a look.
#[derive(Debug)]
pub struct Look<'a> {
    /// What plans are made with.
    pub planner: &'a Arc<Planner>,
    /// The plan of the look.
    pub made: &'a Made,
    /// What of the documents is not there.
    pub faults: &'a [Fault],
    /// The digest of the documents.
    pub documents: &'a str,
    /// When the look began.
    pub began: Timestamp,
}

/// Decides what follows from a look, launches the Job if it is time, and publishes the plan.
pub async fn migrate(
    context: &Context,
    audit: &SchemaAudit,
    followed: &Followed,
    look: &Look<'_>,
) -> Result<Stand, Error> {
    let migration = audit.spec.migration.as_ref();
    let now = Timestamp::now();
    let (window, unreadable) = match translate::window(migration, now) {
        Ok(window) => (window, None),
        Err(why) => (Opening::Closed { opens: None }, Some(why)),
    };
    let plan = &look.made.plan;
    let mut blockers = translate::blockers(plan);
    blockers.extend(unreadable);
    blockers.extend(others(context, migration, followed, look));
    let mut planned = Planned {
        digest: plan.digest.clone(),
        statements: plan.statements().count(),
        hazards: plan.hazards(),
        blockers,
        unplannable: plan.unplannable.len(),
        shown_in: format!("ConfigMap {}", plan_map::name(&audit.name_any())),
        documents: look.documents.to_owned(),
        audited_with: translate::reference(&audit.spec.database.secret_ref),
        looked: look.began,
    };
    let approval = translate::approval(migration);
    let jobs = followed.jobs.as_deref().map(jobs_of);
    // From what was followed before the look on: a Job that had ended by then is verified by it.
    let recorded = &followed.glance.recorded;
    let known = facts(context, audit, jobs.as_deref(), approval.as_ref(), recorded, now);
    let decided = |planned: &Planned| step(&Facts { window, look: Some(planned), ..known });
    let mut decision = decided(&planned);
    let previous = followed.previous.as_ref();
    // While a Job runs, what people read is the plan that it runs.
    let shown = if decision.recorded.current.is_some() {
        previous.and_then(|status| status.plan.clone())
    } else {
        // Before anything is launched: what nobody could read, nobody approved.
        match publish_plan(context, audit, look.made, &planned.blockers, previous).await? {
            Ok(shown) => shown,
            Err(why) => {
                planned.blockers.push(why);
                decision = decided(&planned);
                plan_status(audit, look.made, &planned.blockers)
            }
        }
    };
    let Step { mut recorded, next, mut stands } = decision;
    let mut stand = Stand { watch: next == Next::Watch, ..Stand::default() };
    match next {
        Next::Rest(due) => stand.due = due,
        Next::Watch => mend_bundle(context, audit, followed, look, &recorded).await,
        Next::Launch { number, approval } => {
            match launch(context, audit, look, &planned, number, approval, now).await {
                Ok(Some(run)) => {
                    stands = Some((Phase::Running, run.waits(None)));
                    recorded.current = Some((run, None));
                    stand.watch = true;
                }
                // The spec changed while the database was looked at: there is an event on its way that says so.
                Ok(None) => stands = None,
                Err(why) => {
                    stand.due = now.checked_add(PAUSE).ok();
                    stands = Some((Phase::Retrying, format!("the Job could not be created: {why}")));
                }
            }
        }
    }
    if audit.spec.migration.is_some() || recorded.current.is_some() {
        stand.status = Some(translate::status(previous, &recorded, stands.as_ref(), shown));
    }
    let is_recorded = |listed: &&Listed| recorded.history.iter().any(|it| it.run.job == listed.job.run.job);
    let over = followed.jobs.iter().flatten().filter(|listed| !listed.is_let_go).filter(is_recorded);
    stand.let_go = over.map(|listed| listed.job.run.job.clone()).collect();
    Ok(stand)
}

/// What keeps the plan from being run, beside what the plan says itself.
fn others(
    context: &Context,
    migration: Option<&Migration>,
    followed: &Followed,
    look: &Look<'_>,
) -> Vec<String> {
    let mut others = Vec::new();
    if let Some(fault) = look.faults.first() {
        others.push(fault.message.clone());
    }
    if let Some(why) = &look.made.not_whole {
        others.push(format!("the feature sets cannot be read in whole: {why}"));
    }
    if let Some(why) = &look.made.unseen {
        others.push(format!("what the plan needs could not be looked for: {why}"));
    }
    let backup = migration.and_then(|migration| migration.backup.as_ref());
    let wants_backup = backup.is_some_and(|backup| backup.mode == BackupMode::PgDump);
    if let (true, Some(Images { backup: None, .. })) = (wants_backup, &context.migrations) {
        let why =
            "spec.migration.backup asks for a backup, and the operator was started without --backup-image";
        others.push(why.to_owned());
    }
    others.extend(followed.trouble.as_ref().map(|why| format!("the operator cannot follow Jobs: {why}")));
    others
}

/// The plan for the status, without what is known when it is written; `None` where there is nothing to say.
fn plan_status(audit: &SchemaAudit, made: &Made, blockers: &[String]) -> Option<PlanStatus> {
    translate::plan(&made.plan, blockers, plan_map::name(&audit.name_any()), made.document.parts())
}

/// Writes the plan where people read it, and says where; or why it cannot be written there, where that takes a person.
async fn publish_plan(
    context: &Context,
    audit: &SchemaAudit,
    made: &Made,
    blockers: &[String],
    previous: Option<&MigrationStatus>,
) -> Result<Result<Option<PlanStatus>, String>, CallError> {
    let mut shown = plan_status(audit, made, blockers);
    let before = previous.and_then(|status| status.plan.as_ref());
    // What is no plan any more is not left standing as one.
    if shown.is_some() || before.is_some() {
        let text = match plan_map::publish(&context.client, audit, &made.document, before).await {
            Ok(text) => text,
            Err(error) => {
                let Some(why) = document::refused(&error) else { return Err(error) };
                return Ok(Err(format!("the plan cannot be written where people read it: {why}")));
            }
        };
        if let Some(shown) = &mut shown {
            shown.text_digest = Some(text);
        }
    }
    Ok(Ok(shown))
}

/// Creates the Job of a plan, if the spec is still the one that was decided on; or says why it could not.
async fn launch(
    context: &Context,
    audit: &SchemaAudit,
    look: &Look<'_>,
    planned: &Planned,
    number: u32,
    approval: Option<migration::Approval>,
    now: Timestamp,
) -> Result<Option<Run>, String> {
    let (Some(images), Some(migration)) = (&context.migrations, &audit.spec.migration) else {
        return Ok(None);
    };
    let name = audit.name_any();
    let audits: Api<SchemaAudit> =
        Api::namespaced(context.client.clone(), &audit.namespace().unwrap_or_default());
    let said = |error: CallError| error.to_string();
    let current =
        call(|| Attempt::new("reading", "SchemaAudit", &*name), audits.get_opt(&name)).await.map_err(said)?;
    let is_same = current.is_some_and(|current| {
        current.uid() == audit.uid()
            && current.metadata.generation == audit.metadata.generation
            && current.metadata.deletion_timestamp.is_none()
    });
    if !is_same {
        return Ok(None);
    }
    let job = job::name(&name, &planned.digest, number);
    let started = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let run = Run {
        number,
        plan: planned.digest.clone(),
        restore: job::restore(audit, &job, started),
        job,
        started,
        generation: audit.metadata.generation.unwrap_or_default(),
        documents: planned.documents.clone(),
        approval,
        audited_with: Some(planned.audited_with.clone()),
    };
    let encoded = bundle(context, audit, migration, look).await?;
    let object = job::job(audit, migration, images, &run, &bundle_map::names(&run.job, &encoded));
    let created = job::create(&context.client, &object).await.map_err(said)?;
    // Its pod waits for it, and the next look puts there what could not be written.
    if let Err(error) = bundle_map::publish(&context.client, audit, &encoded, &created).await {
        tracing::warn!(job = run.job, %error, "Could not write the bundle of a migration");
    }
    // One that was there already is recorded as what it is: it has its own start, and its own backup.
    let run = translate_job::read(&created, &[], now).map_or(run, |there| there.run);
    let (namespace, plan) = (audit.namespace(), &run.plan);
    tracing::info!(namespace, name, job = run.job, plan, "Launched a migration");
    Ok(Some(run))
}

/// Writes the bundle of a Job that waits to run, where it is not there: the operator may have ended, or been refused,
/// between the two. A plan that is another one by now needs none: the Job waits for its deadline then.
async fn mend_bundle(
    context: &Context,
    audit: &SchemaAudit,
    followed: &Followed,
    look: &Look<'_>,
    recorded: &Recorded,
) {
    let (Some((run, None)), Some(migration)) = (&recorded.current, &audit.spec.migration) else { return };
    let listed = followed.jobs.iter().flatten().find(|listed| listed.job.run.job == run.job);
    let waits = listed.is_some_and(|listed| matches!(listed.job.state, JobState::Pending(_)));
    if !waits || run.documents != look.documents || run.plan != look.made.plan.digest {
        return;
    }
    let mended = async {
        let encoded = bundle(context, audit, migration, look).await?;
        let said = |error: CallError| error.to_string();
        if bundle_map::is_there(&context.client, audit, &encoded, &run.job).await.map_err(said)? {
            return Ok(());
        }
        let Some(there) = job::get(&context.client, audit, &run.job).await.map_err(said)? else {
            return Ok(());
        };
        bundle_map::publish(&context.client, audit, &encoded, &there).await.map_err(said)
    };
    let mended: Result<(), String> = mended.await;
    if let Err(error) = mended {
        tracing::warn!(job = run.job, error, "Could not write the bundle of a migration");
    }
}

/// What the Job needs to know.
async fn bundle(
    context: &Context,
    audit: &SchemaAudit,
    migration: &Migration,
    look: &Look<'_>,
) -> Result<Encoded, String> {
    let (planner, spec) = (Arc::clone(look.planner), &audit.spec);
    let rests = look.made.plan.rests();
    let terms = look.made.plan.terms.clone().unwrap_or_default();
    let secret_ref = job::secret_reference(audit, migration).clone();
    let ca_key = spec.database.ca_secret_ref.as_ref().map(|reference| reference.key.clone());
    let ask_planner = context.definitions == Definitions::Ask;
    let look_timeout = u64::try_from(spec.timeout.get().as_millis()).unwrap_or(u64::MAX);
    let settings = translate::settings(migration);
    let encode = move || {
        let wanted = planner
            .wanted
            .iter()
            .map(|(set, selection)| bundle::Wanted { set: set.clone(), selection: selection.clone() });
        let bundle = Bundle {
            wanted: wanted.collect(),
            secret_ref,
            ca_key,
            ask_planner,
            look_timeout_milliseconds: look_timeout,
            settings,
            rests,
            terms,
        };
        bundle::encode(&bundle, bundle::PART_BYTES)
    };
    let encoded = tokio::task::spawn_blocking(encode).await;
    encoded.map_err(|_| "the bundle was cut off".to_owned())?.map_err(|error| error.to_string())
}

/// Lets the Jobs go whose result is recorded, now that it is. One that stays is let go next time.
pub async fn let_go(context: &Context, audit: &SchemaAudit, stand: &Stand) {
    for name in &stand.let_go {
        if let Err(error) = job::let_go(&context.client, audit, name).await {
            let namespace = audit.namespace();
            tracing::warn!(namespace, job = name, %error, "Could not let the Job of a migration go");
        }
    }
}
