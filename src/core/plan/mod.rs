//! The plan: the statements of the features that create what a database lacks, in order, and nothing else.
//!
//! `History` + one look (`Requirements`, `Observation`, `Report`) -> `select` -> `order` -> `segment` -> `digest` ->
//! [`Plan`] -> `render`.
//!
//! - [`history`] reads the SQL once more and keeps, for each statement, what it made, changed and took away
//!   (`touch`, from its effects; `statement`, from its parse tree).
//! - `look` answers what is there; everything in a plan rests on one and the same look.
//! - `replace` finds the statements that put right what is different; `select` chooses what runs, and says why the rest
//!   does not; `template` is what a person may start from where no statement does it.
//! - [`rebuild`] makes broken indexes again, where that is asked for.
//! - `order` puts statements after what they name, `segment` cuts them into transactions, [`hazard`] says what they lock
//!   and cost, `digest` is what an approval is bound to, [`context`]
//!   is what statements run under.
//! - [`outcome`] is what came of applying it.
//!
//! A plan never drops, never guesses and never writes SQL of its own: each statement is a slice of the author's text
//! (but for the drop of a broken index, where a rebuild is asked for).
//! What it cannot do soundly it says, with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::finding::State;
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::{FeatureRef, Requirements};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::Position;
use crate::core::sql::parse;
use hazard::{Hazard, LockMode};
use look::{Look, Presence};
use need::Need;
use select::Chosen;
use size::Size;

mod block;
mod blocker;
pub mod check_data;
mod concern;
pub mod context;
mod digest;
pub mod hazard;
pub mod history;
mod look;
pub mod need;
mod order;
pub mod outcome;
pub mod preflight;
pub mod rebuild;
pub mod render;
mod replace;
mod segment;
mod select;
pub mod size;
mod statement;
mod template;
mod terms;
#[cfg(test)]
mod tests;
mod touch;

pub use blocker::Blocker;
pub use check_data::{CheckOutcome, DataCheck};
pub use history::History;
pub use terms::Terms;

/// What to run, what not, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The database that was looked at.
    pub database: String,
    /// What every segment starts with.
    pub settings: Settings,
    /// Under which terms it runs, where it was made for somebody's approval.
    pub terms: Option<Terms>,
    /// The statements, in order.
    pub segments: Vec<Segment>,
    /// Why it must not be launched; none until [`preflight::judge`] put them there.
    pub blockers: Vec<Blocker>,
    /// What was asked about rows, and what came of it; none unless that was wished.
    pub checks: Vec<DataCheck>,
    /// What is missing or different and no statement of the features makes; a person must.
    pub unplannable: Vec<Unplannable>,
    /// Statements and components that were left out, with the reason.
    pub skipped: Vec<Skipped>,
    /// What an approval is bound to: `sha256:...`.
    pub digest: String,
}

/// The settings of the sessions that run a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// How long a statement waits for a lock, as PostgreSQL writes it: `5s`.
    pub lock_timeout: String,
    /// How long a statement may take: `10min`.
    pub statement_timeout: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Duration::from_secs(5), Duration::from_mins(10))
    }
}

impl Settings {
    /// The settings for these times, in one spelling for each: a digest covers them. Less than a millisecond counts as
    /// one, because zero would mean no limit at all; the most is what PostgreSQL takes.
    #[must_use]
    pub fn new(lock_timeout: Duration, statement_timeout: Duration) -> Self {
        Self { lock_timeout: spelled(lock_timeout), statement_timeout: spelled(statement_timeout) }
    }

    /// Name and value of each.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 2] {
        let Self { lock_timeout, statement_timeout } = self;
        [("lock_timeout", lock_timeout), ("statement_timeout", statement_timeout)]
    }
}

/// A time as a setting of PostgreSQL: `10min`, `5s`, `1500ms`.
fn spelled(duration: Duration) -> String {
    match duration.as_millis().clamp(1, i32::MAX as u128) {
        milliseconds if milliseconds.is_multiple_of(60_000) => format!("{}min", milliseconds / 60_000),
        milliseconds if milliseconds.is_multiple_of(1_000) => format!("{}s", milliseconds / 1_000),
        milliseconds => format!("{milliseconds}ms"),
    }
}

/// Statements that run in one transaction, or one that cannot run in any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Whether it runs in a transaction.
    pub transactional: bool,
    /// The statements, in order; one alone where it cannot run in a transaction.
    pub statements: Vec<PlannedStatement>,
}

/// A statement of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedStatement {
    /// The author's text, byte by byte, without the semicolon.
    pub text: String,
    /// The feature.
    pub feature: FeatureRef,
    /// Source and line.
    pub position: Position,
    /// What it creates that is missing.
    pub makes: Vec<ComponentId>,
    /// Whether it changes what was there before.
    pub replaces: bool,
    /// The schemas of unqualified names.
    pub search_path: Vec<Identifier>,
    /// Other settings of the author's that were in force: a role, a time zone.
    pub settings: Arc<BTreeMap<String, String>>,
    /// The locks that it takes on what is there already.
    pub locks: Vec<Locked>,
    /// What may go wrong or take long, with the safer form where there is one.
    pub hazards: Vec<Hazard>,
    /// What it needs to be allowed, or to be there: of what the plan does not make itself.
    pub needs: Vec<Need>,
    /// What it makes that in the end is gone, or goes by another name.
    pub passing: Vec<ComponentId>,
    /// Whether what it does is known in full.
    pub is_known: bool,
}

/// A lock that a statement takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// The relation.
    pub relation: QualifiedName,
    /// The lock.
    pub mode: LockMode,
    /// How large the relation is; `None` while nobody looked, or where it is not known.
    pub size: Option<Size>,
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { relation, mode, size } = self;
        write!(f, "locks {relation} in {} mode", mode.name())?;
        size.map_or(Ok(()), |size| write!(f, " ({size})"))
    }
}

/// A component that no statement can make soundly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplannable {
    /// Which one.
    pub component: ComponentId,
    /// The verdict of the audit.
    pub state: State,
    /// Why, in a sentence without a full stop.
    pub reason: String,
    /// How many components are missing because it is.
    pub and_what_is_on_it: usize,
    /// What a person may start from, in lines; never run.
    pub template: Vec<String>,
    /// The statement that declared it.
    pub position: Option<Position>,
}

/// A statement that was left out, or a component of which it is not known whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The feature.
    pub feature: Option<FeatureRef>,
    /// The statement.
    pub position: Option<Position>,
    /// The component, where it is about one.
    pub component: Option<ComponentId>,
    /// Why, in a sentence without a full stop.
    pub reason: String,
}

/// How to plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The settings of the sessions that run the plan.
    pub settings: Settings,
    /// Whether to drop, and make again, indexes that a failed concurrent build left behind.
    pub rebuild_invalid: bool,
}

/// Makes the plan, with [`Options::default`]: see [`plan_with`].
#[must_use]
pub fn plan(
    history: &History,
    requirements: &Requirements,
    observation: &Observation,
    report: &Report,
) -> Plan {
    plan_with(history, requirements, observation, report, &Options::default())
}

/// Makes the plan. `requirements`, `observation` and `report` are of one look, made with
/// [`History::to_look_for`], so that nothing is taken for missing that nobody looked for.
#[must_use]
pub fn plan_with(
    history: &History,
    requirements: &Requirements,
    observation: &Observation,
    report: &Report,
    options: &Options,
) -> Plan {
    let settings = &options.settings;
    // Statements are parsed again where something that they may name is missing and stays so.
    let made_of = |observation: &Observation, report: &Report| {
        let look = Look::new(requirements, observation, report);
        parse::on_big_stack(|| planned(history, &look, settings))
    };
    let mut invalid = BTreeSet::new();
    if options.rebuild_invalid {
        invalid = rebuild::invalid_indexes(observation, report);
    }
    while !invalid.is_empty() {
        let without = rebuild::without(observation, &invalid);
        let mut plan = made_of(&without, &compare(requirements, &without, Depth::Shape));
        let is_made = |id: &ComponentId| plan.statements().any(|statement| statement.makes.contains(id));
        let before = invalid.len();
        invalid.retain(|id| is_made(id));
        // What no statement would make again stays as it is.
        if invalid.len() == before {
            rebuild::drop_first(&mut plan, &invalid, observation);
            return plan;
        }
    }
    made_of(observation, report)
}

fn planned(history: &History, look: &Look<'_>, settings: &Settings) -> Plan {
    let mut chosen = select::select(history, look);
    let order = order::order(history, &chosen);
    let segments = segment::segments(history, &chosen, &order, &look.extension_schemas());
    let digest = digest::digest(&segments, settings, None);
    let mut skipped = std::mem::take(&mut chosen.skipped);
    skipped.extend(unknown(look, &chosen));
    let unplannable = unplannable(look, &chosen);
    Plan {
        database: look.report.server.database.clone(),
        settings: settings.clone(),
        terms: None,
        segments,
        blockers: Vec::new(),
        checks: Vec::new(),
        unplannable,
        skipped,
        digest,
    }
}

impl Plan {
    /// The same plan under other settings, which its digest covers.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.digest = digest::digest(&self.segments, &settings, self.terms.as_ref());
        self.settings = settings;
        self
    }

    /// What its digest is once its first segments are committed, and nothing else changed: for each number of them from
    /// none to all but one. A run that was broken off goes on from there.
    #[must_use]
    pub fn rests(&self) -> Vec<String> {
        let rests = (0..self.segments.len()).filter_map(|first| self.segments.get(first..));
        rests.map(|rest| digest::digest(rest, &self.settings, self.terms.as_ref())).collect()
    }

    /// The same plan under these terms, which its digest covers.
    #[must_use]
    pub fn with_terms(mut self, terms: Terms) -> Self {
        self.digest = digest::digest(&self.segments, &self.settings, Some(&terms));
        self.terms = Some(terms);
        self
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The statements of all segments.
    pub fn statements(&self) -> impl Iterator<Item = &PlannedStatement> {
        self.segments.iter().flat_map(|segment| &segment.statements)
    }

    /// The schemas that hold what the plan changes or adds to; `None` where it may reach further: what is in no schema, and
    /// what a statement does that is not known in full.
    #[must_use]
    pub fn schemas(&self) -> Option<BTreeSet<Identifier>> {
        let mut schemas = BTreeSet::new();
        for statement in self.statements() {
            let PlannedStatement { makes, locks, .. } = statement;
            if !statement.is_known || (makes.is_empty() && locks.is_empty()) {
                return None;
            }
            for id in makes.iter().filter(|id| id.kind != Kind::Schema) {
                schemas.insert(id.schema()?.clone());
            }
            schemas.extend(locks.iter().map(|lock| lock.relation.schema.clone()));
        }
        Some(schemas)
    }

    /// How many hazards there are.
    #[must_use]
    pub fn hazards(&self) -> usize {
        self.statements().map(|statement| statement.hazards.len()).sum()
    }
}

/// What is missing or different after the plan. What only follows from another one is counted with that.
fn unplannable(look: &Look<'_>, chosen: &Chosen) -> Vec<Unplannable> {
    let remains = |id: &ComponentId| match look.presence(id) {
        Presence::Missing => !chosen.made.contains(id),
        Presence::Different => !chosen.put_right.contains(id),
        _ => false,
    };
    let remaining = || look.report.findings.iter().filter(|finding| remains(&finding.component));
    let mut on_it: BTreeMap<&ComponentId, usize> = BTreeMap::new();
    for cause in remaining().filter_map(|finding| finding.because_of.as_ref()) {
        *on_it.entry(cause).or_default() += 1;
    }
    let roots = remaining().filter(|finding| {
        finding.because_of.as_ref().is_none_or(|cause| !(remains(cause) && look.finding(cause).is_some()))
    });
    let invalid = rebuild::invalid_indexes(look.observation, look.report);
    roots
        .map(|finding| {
            let id = &finding.component;
            let refusal = chosen.refused.get(id);
            let reason = match (finding.state, &finding.position, refusal) {
                (State::Drifted, ..) => {
                    "it changed since it was accepted: accept it, or put it right by hand".to_owned()
                }
                (State::Different, ..) if invalid.contains(id) => {
                    "a concurrent build of it failed, or is still running, and no query can use it: \
                     --rebuild-invalid drops it and builds it again"
                        .to_owned()
                }
                (_, _, Some(refusal)) => refusal.reason.clone(),
                (_, None, None) => "no SQL of the features makes it: it is required by name".to_owned(),
                (_, Some(_), None) => {
                    "no statement of the features makes just what is missing of it".to_owned()
                }
            };
            Unplannable {
                component: id.clone(),
                state: finding.state,
                reason,
                and_what_is_on_it: on_it.get(id).copied().unwrap_or(0),
                template: refusal.map_or_else(|| template::of(id, look), |refusal| refusal.template.clone()),
                position: finding.position.clone(),
            }
        })
        .collect()
}

/// Nothing is planned for what is not known; it is said.
fn unknown(look: &Look<'_>, chosen: &Chosen) -> Vec<Skipped> {
    let unknown = look.report.findings.iter().filter_map(|finding| match look.presence(&finding.component) {
        Presence::Unknown(why) if !chosen.made.contains(&finding.component) => Some((finding, why)),
        _ => None,
    });
    unknown
        .map(|(finding, why)| Skipped {
            feature: finding.features.first().cloned(),
            position: finding.position.clone(),
            component: Some(finding.component.clone()),
            reason: format!("it is not known whether it is there as declared: {why}"),
        })
        .collect()
}
