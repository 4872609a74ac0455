//! Seed rows and queries: what reads user data, may raise, and may have to wait.
//!
//! Each probe is a transaction of its own, so that one that fails hides no other (S5). All are sent at once and
//! answered in order. What gets no answer is unseen, with the reason and the remedy; it is never missing.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::{DbError, ErrorPosition};

use super::connect::{AskError, Session};
use super::observe::{Limits, spoken};
use super::transaction::{PINNED, Transaction, search_path_of};
use crate::core::audit::observation::Observation;
use crate::core::audit::question::{Probe, probes};
use crate::core::audit::requirement::Requirements;
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::name::QualifiedName;
use crate::core::sql::quoting;

/// The most that a probe may answer, in bytes: a short number for each component.
const PROBE_BYTES: usize = 8 * 1024 * 1024;

/// The most that is quoted of a message of the server, in characters.
const MESSAGE_CHARACTERS: usize = 200;

/// What the probes of one look need.
pub(super) struct Look<'a> {
    pub session: &'a Session,
    pub requirements: &'a Requirements,
    pub limits: &'a Limits,
    /// When the whole look must be over.
    pub deadline: Instant,
    /// The role that looks.
    pub role: &'a str,
}

/// The time limits of one round of probes.
#[derive(Clone, Copy)]
struct Pace {
    lock: Duration,
    statement: Duration,
}

/// A probe that got no answer.
struct Failed {
    probe: Probe,
    why: NoAnswer,
    pace: Pace,
}

/// Why a probe got no answer.
enum NoAnswer {
    /// The server refused it.
    Refused(Box<DbError>),
    /// The deadline of the look passed.
    TooLate,
    /// The connection broke.
    Broken,
    /// The answer is not what a probe gives.
    Garbled,
}

impl Look<'_> {
    /// Runs every probe, and adds what it found to the observation.
    pub async fn probe(&self, observation: &mut Observation) {
        let failed = self.round(probes(self.requirements, &observation.catalog), observation).await;
        let mut final_ones = Vec::new();
        let mut again = Vec::new();
        for failed in failed {
            match &failed.why {
                // One constant that does not fit its column fails the whole probe: now each row for itself.
                NoAnswer::Refused(error) if class(error) == "22" && failed.probe.components.len() > 1 => {
                    for component in &failed.probe.components {
                        again.extend(probes(&self.only(component), &observation.catalog));
                    }
                }
                // V8: the standby cancelled it to go on with its replay.
                NoAnswer::Refused(error) if class(error) == "40" => again.push(failed.probe),
                _ => final_ones.push(failed),
            }
        }
        final_ones.extend(self.round(again, observation).await);
        if final_ones.iter().any(|failed| matches!(failed.why, NoAnswer::TooLate)) {
            self.session.cancel().await;
        }
        for failed in final_ones {
            let reason = self.reason(&failed).await;
            for component in failed.probe.components {
                observation.unseen.insert(component, reason.clone());
            }
        }
    }

    /// Sends probes all at once; gives back those without an answer.
    async fn round(&self, probes: Vec<Probe>, observation: &mut Observation) -> Vec<Failed> {
        let pace = self.pace(probes.len());
        let answers = join_all(probes.iter().map(|probe| self.ask(probe, pace))).await;
        let mut failed = Vec::new();
        for (probe, answer) in probes.into_iter().zip(answers) {
            match answer {
                Ok(positions) => {
                    for id in positions.into_iter().filter_map(|position| probe.components.get(position)) {
                        if let Some(requirement) = self.requirements.components.get(id) {
                            observation.catalog.insert(id.clone(), requirement.shape.clone());
                        }
                    }
                }
                Err(why) => failed.push(Failed { probe, why, pace }),
            }
        }
        failed
    }

    /// Two probes that hang leave a third of the time to the others, and waits for locks never take more than half of
    /// it, however many tables are locked.
    fn pace(&self, probes: usize) -> Pace {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let share = left / 2 / u32::try_from(probes.max(1)).unwrap_or(u32::MAX);
        Pace { lock: self.limits.lock.min(share), statement: left / 3 }
    }

    /// The positions of those components of a probe that are there.
    async fn ask(&self, probe: &Probe, pace: Pace) -> Result<Vec<usize>, NoAnswer> {
        let users_own = probe.components.iter().any(|component| component.kind == Kind::Query);
        let search_path = match &self.requirements.default_schema {
            Some(schema) if users_own => search_path_of(schema.as_str()),
            None if users_own => search_path_of("public"),
            _ => PINNED.to_owned(),
        };
        let transaction = Transaction {
            search_path: &search_path,
            lock_timeout: pace.lock,
            statement_timeout: pace.statement,
        };
        let message = transaction.message(std::iter::once(probe.sql.as_str()));
        let answers = match timeout_at(self.deadline, self.session.ask(&message, PROBE_BYTES)).await {
            Ok(Ok(answers)) => answers,
            Ok(Err(AskError::TooLarge | AskError::Refused(_))) => return Err(NoAnswer::Garbled),
            Ok(Err(AskError::Driver(error))) => {
                let refused = error.as_db_error().map(|error| NoAnswer::Refused(Box::new(error.clone())));
                return Err(refused.unwrap_or(NoAnswer::Broken));
            }
            Err(_) => return Err(NoAnswer::TooLate),
        };
        let [answer] = answers.as_slice() else { return Err(NoAnswer::Garbled) };
        let positions = answer.rows.iter().map(|row| row.try_get(0).ok()??.parse().ok());
        positions.collect::<Option<_>>().ok_or(NoAnswer::Garbled)
    }

    /// The requirement of one component alone.
    fn only(&self, component: &ComponentId) -> Requirements {
        let requirement = self.requirements.components.get_key_value(component);
        Requirements {
            components: requirement
                .into_iter()
                .map(|(id, requirement)| (id.clone(), requirement.clone()))
                .collect(),
            default_schema: self.requirements.default_schema.clone(),
            ..Requirements::default()
        }
    }

    /// Why a probe got no answer, and what to do: a sentence without a full stop.
    async fn reason(&self, failed: &Failed) -> String {
        let error = match &failed.why {
            NoAnswer::Refused(error) => error,
            NoAnswer::TooLate => {
                let limit = spoken(self.limits.total);
                return format!("not looked at: the time limit of {limit} passed before");
            }
            NoAnswer::Broken => return "not looked at: the connection broke before".to_owned(),
            NoAnswer::Garbled => return "the server's answer is not true or false".to_owned(),
        };
        let first = failed.probe.components.first();
        let query = first.is_some_and(|component| component.kind == Kind::Query);
        let (what, state) = (if query { "the query" } else { "the row" }, error.code().code());
        match state {
            "55P03" => {
                format!("locked by another session: waited {} for its table", spoken(failed.pace.lock))
            }
            "57014" => format!("took longer than {}", spoken(failed.pace.statement)),
            "25006" => format!("{what} cannot be looked at without writing, which an audit never does"),
            // S6. The name of the C function is the one part of the error that is in no language.
            "42501" if error.routine() == Some("check_enable_rls") => format!(
                "row-level security hides rows from the role: audit as the owner of the table, or ALTER ROLE {} BYPASSRLS",
                self.quoted_role()
            ),
            "42501" => self.permission_denied(first.and_then(ComponentId::relation), error).await,
            _ if class(error) == "22" && !query => {
                format!("its key does not fit the type of the column (SQLSTATE {state})")
            }
            _ => format!("{what} failed (SQLSTATE {state}){}", quotable(error)),
        }
    }

    fn quoted_role(&self) -> String {
        quoting::identifier(&self.role.into())
    }

    /// The grants that are missing for reading a table.
    async fn permission_denied(&self, relation: Option<&QualifiedName>, error: &DbError) -> String {
        let grants = match relation {
            Some(relation) => self.missing_grants(relation).await,
            None => None,
        };
        match grants {
            Some(grants) if !grants.is_empty() => format!("permission denied: {}", grants.join("; ")),
            _ => format!("permission denied (SQLSTATE 42501){}", quotable(error)),
        }
    }

    async fn missing_grants(&self, relation: &QualifiedName) -> Option<Vec<String>> {
        // By oid: the functions raise for a name in a schema that the role may not use (C9).
        let question = format!(
            "select pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT') \
             from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = {} and c.relname = {}",
            quoting::literal(relation.schema.as_str()),
            quoting::literal(relation.name.as_str()),
        );
        let pace = self.pace(1);
        let transaction =
            Transaction { search_path: PINNED, lock_timeout: pace.lock, statement_timeout: pace.statement };
        let message = transaction.message(std::iter::once(question.as_str()));
        let answers = timeout_at(self.deadline, self.session.ask(&message, PROBE_BYTES)).await.ok()?.ok()?;
        let row = answers.first()?.rows.first()?;
        let lacks = |column: usize| row.try_get(column).ok().flatten() == Some("f");
        let role = self.quoted_role();
        let mut grants = Vec::new();
        if lacks(0) {
            let schema = quoting::identifier(&relation.schema);
            grants.push(format!("GRANT USAGE ON SCHEMA {schema} TO {role}"));
        }
        if lacks(1) {
            grants.push(format!("GRANT SELECT ON TABLE {} TO {role}", quoting::qualified(relation)));
        }
        Some(grants)
    }
}

/// The class of an SQLSTATE.
fn class(error: &DbError) -> &str {
    error.code().code().get(..2).unwrap_or_default()
}

/// The server's message, as `: text` on one line, where it speaks of the query and not of data.
///
/// A query is untrusted, and its result is true, false or unknown, no more (R75): `select secret::int from t` would
/// read data out through the message. An error of class 42 with a position in the query was raised before the query
/// ran; the other one names an object that the role may not use.
pub(super) fn quotable(error: &DbError) -> String {
    let before_running = class(error) == "42" && matches!(error.position(), Some(ErrorPosition::Original(_)));
    if before_running || error.routine() == Some("aclcheck_error") {
        let line =
            error.message().chars().map(|character| if character.is_control() { ' ' } else { character });
        format!(": {}", line.take(MESSAGE_CHARACTERS).collect::<String>())
    } else {
        String::new()
    }
}
