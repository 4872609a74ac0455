//! What a spec says about migrations, to the engine; where a migration stands, to the status.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::finding::count;
use crate::api::condition::{
    ConditionStatus, ConditionType, MAX_MESSAGE_BYTES, NewCondition, cut, find, upsert,
};
use crate::api::migration::{self, BackupMode, Migration, MigrationMode};
use crate::api::migration_status::{
    AppliedStatus, FailureStatus, JobStatus, MigrationPhase, MigrationStatus, PlanStatus, StatementsStatus,
};
use crate::api::schema_audit::SchemaAuditSpec;
use crate::api::secret_reference::{SecretKeys, SecretReference};
use crate::api::{Reason, SchemaAuditStatus};
use crate::core::migration::result::{Ended, Outcome};
use crate::core::migration::window::{Opening, Window};
use crate::core::migration::{Approval, Mode, Phase, Record, Recorded, Run, Verdict};
use crate::core::plan::hazard::Hazard;
use crate::core::plan::outcome::{Failure, Progress};
use crate::core::plan::{Blocker, Plan, Settings, Terms};

/// How many hazards and blockers the status names.
const SUMMARY: usize = 5;

/// The longest text in the summary of a plan, in bytes.
const SUMMARY_BYTES: usize = 300;

/// Who decides.
#[must_use]
pub fn mode(migration: Option<&Migration>) -> Mode {
    match migration.map(|migration| migration.mode) {
        None | Some(MigrationMode::Never) => Mode::Never,
        Some(MigrationMode::Manual) => Mode::Manual,
        Some(MigrationMode::Automatic) => Mode::Automatic,
    }
}

/// What is approved.
#[must_use]
pub fn approval(migration: Option<&Migration>) -> Option<Approval> {
    let approval = migration?.approval.as_ref()?;
    Some(given(approval))
}

fn given(approval: &migration::Approval) -> Approval {
    let migration::Approval { plan, by, at } = approval.clone();
    Approval { plan, by, at: at.map(|at| at.0) }
}

/// Whether plans may begin to run now; or why nobody can tell.
pub fn window(migration: Option<&Migration>, now: Timestamp) -> Result<Opening, String> {
    let Some(window) = migration.and_then(|migration| migration.window.as_ref()) else {
        return Ok(Opening::Open);
    };
    let refused = |error: String| format!("spec.migration.window cannot be read: {error}");
    let schedule = window
        .schedule
        .parse()
        .map_err(|error: crate::core::migration::window::ScheduleError| refused(error.to_string()))?;
    let zone = TimeZone::get(&window.time_zone)
        .map_err(|_| refused(format!("{:?} is no time zone that the operator knows", window.time_zone)))?;
    Ok(Window { schedule, duration: window.duration.get(), zone }.at(now))
}

/// The settings of a plan.
#[must_use]
pub fn settings(migration: &Migration) -> Settings {
    Settings::new(migration.lock_timeout.get(), migration.statement_timeout.get())
}

/// What a plan is approved for beside its statements; `None` where no migration is wanted. `queries` is the digest of what
/// the feature sets ask. Whoever changes one of these voids an approval that was given before.
#[must_use]
pub fn terms(spec: &SchemaAuditSpec, queries: Option<String>) -> Option<Terms> {
    let migration = spec.migration.as_ref()?;
    let database = &spec.database;
    let mut said = vec![
        ("audited with", reference(&database.secret_ref)),
        ("runs with", reference(migration.secret_ref.as_ref().unwrap_or(&database.secret_ref))),
    ];
    said.extend(
        database.ca_secret_ref.as_ref().map(|it| ("trusts", format!("Secret {}, key {}", it.name, it.key))),
    );
    said.push((
        "begins",
        match &migration.window {
            None => "at any time".to_owned(),
            Some(window) => {
                format!("in the window {} of {} in {}", window.schedule, window.duration, window.time_zone)
            }
        },
    ));
    let backup = migration.backup.as_ref().filter(|backup| backup.mode == BackupMode::PgDump);
    let claim = backup.and_then(|backup| backup.persistent_volume_claim.as_deref());
    said.push(("backup", claim.map_or("none".to_owned(), |claim| format!("pg_dump to the claim {claim}"))));
    said.extend(queries.map(|digest| ("queries", digest)));
    let said = said.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    Some(Terms { said, database: None })
}

/// `Secret shop-db, key uri`.
#[must_use]
pub fn reference(reference: &SecretReference) -> String {
    let SecretReference { name, key, keys } = reference;
    let key = key.iter().map(|key| format!(", key {key}"));
    let keys = keys.iter().flat_map(SecretKeys::given).map(|(of, key)| format!(", {of} in {key}"));
    key.chain(keys).fold(format!("Secret {name}"), |text, more| text + &more)
}

/// The plan without what is about the role that looked, where another role runs it: the Job looks for itself.
#[must_use]
pub fn for_its_role(migration: Option<&Migration>, mut plan: Plan) -> Plan {
    if migration.is_some_and(|migration| migration.secret_ref.is_some()) {
        plan.blockers.retain(|blocker| !blocker.rests_on_role);
    }
    plan
}

/// What keeps a plan from being run.
#[must_use]
pub fn blockers(plan: &Plan) -> Vec<String> {
    let text = |blocker: &Blocker| format!("{}: {} (remedy: {})", blocker.what, blocker.why, blocker.remedy);
    plan.blockers.iter().map(text).collect()
}

/// A plan for the status; `None` where there is nothing to say. `config_map` holds it, in so many parts.
#[must_use]
pub fn plan(plan: &Plan, blockers: &[String], config_map: String, parts: usize) -> Option<PlanStatus> {
    if plan.is_empty() && plan.unplannable.is_empty() {
        return None;
    }
    let hazards = plan.statements().flat_map(|statement| {
        // Without sizes, which change while nothing else does.
        let text = |hazard: &Hazard| Hazard { size: None, ..hazard.clone() }.text();
        statement.hazards.iter().map(move |hazard| format!("{}: {}", statement.position, text(hazard)))
    });
    let summary = blockers.iter().cloned().chain(hazards).take(SUMMARY);
    Some(PlanStatus {
        digest: plan.digest.clone(),
        statements: count(plan.statements().count()),
        hazards: count(plan.hazards()),
        blockers: count(blockers.len()),
        unplannable: count(plan.unplannable.len()),
        summary: summary.map(|text| cut(text, SUMMARY_BYTES)).collect(),
        config_map,
        // Known when it is written.
        text_digest: None,
        parts: (parts > 1).then(|| count(parts)),
    })
}

/// What a status records, for the engine.
#[must_use]
pub fn recorded(status: Option<&MigrationStatus>) -> Recorded {
    let Some(status) = status else { return Recorded::default() };
    let MigrationStatus { job, used_up, history, .. } = status;
    Recorded {
        current: job.as_ref().map(|job| (run(job), ended(job))),
        history: history.iter().filter_map(record).collect(),
        used_approval: used_up.as_ref().map(given),
    }
}

fn run(job: &JobStatus) -> Run {
    Run {
        number: u32::try_from(job.number).unwrap_or(0),
        plan: job.plan.clone(),
        job: job.name.clone(),
        started: job.started_at.0,
        generation: job.generation,
        documents: job.documents.clone(),
        approval: job.approved_by.clone().map(|by| Approval {
            plan: job.plan.clone(),
            by,
            at: job.approved_at.as_ref().map(|at| at.0),
        }),
        audited_with: job.audited_with.clone(),
        restore: job.restore.clone(),
    }
}

fn ended(job: &JobStatus) -> Option<Ended> {
    let number = |count: i64| usize::try_from(count).unwrap_or(0);
    Some(Ended {
        at: job.finished_at.as_ref()?.0,
        outcome: Outcome::from_name(job.outcome.as_deref()?)?,
        message: job.job_message.clone().unwrap_or_default(),
        statements: job
            .statements
            .map(|StatementsStatus { run, of }| Progress { run: number(run), of: number(of) }),
        failure: job.failure.as_ref().map(|failure| {
            let FailureStatus { statement, position, sqlstate, message, hint } = failure.clone();
            Failure {
                statement: statement.map(number),
                position,
                sqlstate,
                message: message.unwrap_or_default(),
                hint,
                ..Failure::default()
            }
        }),
    })
}

fn record(job: &JobStatus) -> Option<Record> {
    let name = job.verdict.as_deref()?;
    // What a later version wrote is not taken for a success.
    let verdict =
        Verdict::ALL.iter().copied().find(|verdict| verdict.name() == name).unwrap_or(Verdict::Failed);
    let message = job.message.clone().unwrap_or_default();
    Some(Record { run: run(job), ended: ended(job)?, verdict, message })
}

fn job_status(run: &Run, ended: Option<&Ended>) -> JobStatus {
    let Run { number, plan, job, started, generation, documents, approval, audited_with, restore } =
        run.clone();
    JobStatus {
        name: job,
        number: number.into(),
        plan,
        documents,
        generation,
        approved_by: approval.as_ref().map(|approval| approval.by.clone()),
        approved_at: approval.and_then(|approval| approval.at).map(Time),
        audited_with,
        started_at: to_the_second(started),
        finished_at: ended.map(|ended| to_the_second(ended.at)),
        outcome: ended.map(|ended| ended.outcome.name().to_owned()),
        verdict: None,
        message: None,
        job_message: ended.map(|ended| cut(ended.message.clone(), MAX_MESSAGE_BYTES)),
        statements: ended
            .and_then(|ended| ended.statements)
            .map(|Progress { run, of }| StatementsStatus { run: count(run), of: count(of) }),
        failure: ended.and_then(|ended| ended.failure.as_ref()).map(|failure| {
            let Failure { statement, position, sqlstate, message, hint, .. } = failure.clone();
            let short = |text: Option<String>| text.map(|text| cut(text, MAX_MESSAGE_BYTES));
            FailureStatus {
                statement: statement.map(count),
                position: short(position),
                sqlstate: short(sqlstate),
                message: short((!message.is_empty()).then_some(message)),
                hint: short(hint),
            }
        }),
        restore,
    }
}

fn history_entry(record: &Record) -> JobStatus {
    JobStatus {
        verdict: Some(record.verdict.name().to_owned()),
        message: Some(cut(record.message.clone(), MAX_MESSAGE_BYTES)),
        ..job_status(&record.run, Some(&record.ended))
    }
}

fn to_the_second(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// Where a migration stands, for the status. `stands` is `None` where nothing is news, and `plan` is the plan to show.
#[must_use]
pub fn status(
    previous: Option<&MigrationStatus>,
    recorded: &Recorded,
    stands: Option<&(Phase, String)>,
    plan: Option<PlanStatus>,
) -> MigrationStatus {
    let previous = previous.cloned().unwrap_or_default();
    let (phase, message) = match stands {
        Some((phase, message)) => (shown(*phase), cut(sentence(message), MAX_MESSAGE_BYTES)),
        None => (previous.phase, previous.message),
    };
    let last = recorded.history.first();
    let succeeded = recorded.history.iter().find(|record| record.verdict == Verdict::Succeeded);
    MigrationStatus {
        phase,
        message,
        plan,
        job: recorded.current.as_ref().map(|(run, ended)| job_status(run, ended.as_ref())),
        last_applied: succeeded.map_or(previous.last_applied, |record| {
            Some(AppliedStatus {
                plan: record.run.plan.clone(),
                at: to_the_second(record.ended.at),
                restore: record.run.restore.clone(),
            })
        }),
        failure: last
            .filter(|_| phase == MigrationPhase::Failed)
            .and_then(|record| history_entry(record).failure),
        used_up: recorded.used_approval.clone().map(|Approval { plan, by, at }| migration::Approval {
            plan,
            by,
            at: at.map(Time),
        }),
        history: recorded.history.iter().map(history_entry).collect(),
    }
}

/// What came of the migrations that the one status tells of and the other one before does not.
#[must_use]
pub fn finished(before: Option<&MigrationStatus>, after: Option<&MigrationStatus>) -> Vec<Verdict> {
    let known = |record: &Record| {
        let mut before = before.iter().flat_map(|status| &status.history);
        before.any(|job| job.name == record.run.job)
    };
    let after = after.iter().flat_map(|status| &status.history).filter_map(record);
    after.filter(|record| !known(record)).map(|record| record.verdict).collect()
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const fn shown(phase: Phase) -> MigrationPhase {
    match phase {
        Phase::Idle => MigrationPhase::Idle,
        Phase::Planned => MigrationPhase::Planned,
        Phase::SwitchedOff => MigrationPhase::SwitchedOff,
        Phase::Blocked => MigrationPhase::Blocked,
        Phase::AwaitingApproval => MigrationPhase::AwaitingApproval,
        Phase::ApprovalVoid => MigrationPhase::ApprovalVoid,
        Phase::AwaitingWindow => MigrationPhase::AwaitingWindow,
        Phase::Retrying => MigrationPhase::Retrying,
        Phase::Running => MigrationPhase::Running,
        Phase::Verifying => MigrationPhase::Verifying,
        Phase::Succeeded => MigrationPhase::Succeeded,
        Phase::Failed => MigrationPhase::Failed,
    }
}

/// What the phase says in conditions: of Migrated, its status and reason; of Ready, its reason where components are
/// missing, if the phase says more than that.
const fn conditions_of(phase: MigrationPhase) -> (ConditionStatus, Reason, Option<Reason>) {
    use ConditionStatus::{False, True, Unknown};
    match phase {
        MigrationPhase::Idle => (True, Reason::NothingToMigrate, None),
        MigrationPhase::Succeeded => (True, Reason::MigrationSucceeded, None),
        MigrationPhase::Planned => (False, Reason::MigrationPlanned, None),
        MigrationPhase::SwitchedOff => (False, Reason::MigrationsSwitchedOff, None),
        MigrationPhase::Blocked => (False, Reason::MigrationBlocked, Some(Reason::MigrationBlocked)),
        MigrationPhase::AwaitingApproval => (False, Reason::AwaitingApproval, Some(Reason::AwaitingApproval)),
        MigrationPhase::ApprovalVoid => (False, Reason::ApprovalVoid, Some(Reason::AwaitingApproval)),
        MigrationPhase::AwaitingWindow => (False, Reason::AwaitingWindow, Some(Reason::AwaitingWindow)),
        MigrationPhase::Retrying => (False, Reason::MigrationRetrying, Some(Reason::MigrationRetrying)),
        MigrationPhase::Running | MigrationPhase::Verifying => {
            (Unknown, Reason::MigrationStarted, Some(Reason::MigrationStarted))
        }
        MigrationPhase::Failed => (False, Reason::MigrationFailed, Some(Reason::MigrationFailed)),
    }
}

/// What the database lacks, in the words of the audit, if that is why Ready is False: Ready may say by now what becomes
/// of it, Compliant says what it is.
fn lacks(status: &SchemaAuditStatus) -> Option<String> {
    let ready = find(&status.conditions, ConditionType::Ready)?;
    let reason =
        Reason::from_name(&ready.reason).filter(|_| ready.status == ConditionStatus::False.name())?;
    let is_it = matches!(
        reason,
        Reason::ComponentsMissing
            | Reason::ComponentsDifferent
            | Reason::MigrationBlocked
            | Reason::AwaitingApproval
            | Reason::AwaitingWindow
            | Reason::MigrationRetrying
            | Reason::MigrationStarted
            | Reason::MigrationFailed
    );
    find(&status.conditions, ConditionType::Compliant).filter(|_| is_it).map(|it| it.message.clone())
}

/// What a migration adds to a status: where it stands, and what follows for the conditions. Where components are missing
/// or different, Ready says what becomes of that. Waiting for a person's approval is not Stalled, and a migration that
/// runs is Reconciling.
#[must_use]
pub fn with_migration(
    mut status: SchemaAuditStatus,
    previous: Option<&SchemaAuditStatus>,
    migration: Option<MigrationStatus>,
    now: Timestamp,
) -> SchemaAuditStatus {
    let Some(migration) = migration else {
        status.migration = None;
        status.conditions.retain(|condition| condition.type_ != ConditionType::Migrated.name());
        return status;
    };
    let (generation, now) = (status.observed_generation.unwrap_or_default(), to_the_second(now));
    let (migrated, reason, of_ready) = conditions_of(migration.phase);
    let message = migration.message.clone();
    let new = NewCondition { type_: ConditionType::Migrated, status: migrated, reason, message };
    let lacks = lacks(&status);
    upsert(&mut status.conditions, new, generation, &now);
    if let (Some(lacks), Some(reason)) = (lacks, of_ready) {
        let message = format!("{lacks}. {}", migration.message);
        let is = |type_, status, reason| NewCondition { type_, status, reason, message: message.clone() };
        let conditions = &mut status.conditions;
        upsert(conditions, is(ConditionType::Ready, ConditionStatus::False, reason), generation, &now);
        let follows = match reason {
            Reason::MigrationBlocked | Reason::MigrationFailed => Some(ConditionType::Stalled),
            Reason::MigrationStarted | Reason::MigrationRetrying => Some(ConditionType::Reconciling),
            _ => None,
        };
        let both = [ConditionType::Stalled, ConditionType::Reconciling];
        conditions.retain(|condition| both.iter().all(|type_| condition.type_ != type_.name()));
        if let Some(type_) = follows {
            // As it was before, so that the time of its transition stays.
            conditions.extend(previous.and_then(|previous| find(&previous.conditions, type_)).cloned());
            upsert(conditions, is(type_, ConditionStatus::True, reason), generation, &now);
        }
    }
    status.conditions.sort_by_key(|condition| ConditionType::from_name(&condition.type_));
    status.migration = Some(migration);
    status
}

#[cfg(test)]
mod tests;
