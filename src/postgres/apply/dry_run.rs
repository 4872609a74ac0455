//! Tries a plan in one transaction, which is rolled back.

use super::direct::Direct;
use super::failure::failure;
use super::run::Sent;
use super::{Event, Stop};
use crate::core::plan::context::Context;
use crate::core::plan::outcome::Failure;
use crate::core::plan::{Plan, PlannedStatement};

/// What came of it.
#[derive(Debug, Default)]
pub struct Tried {
    /// How many statements ran.
    pub statements: usize,
    /// What could not be tried, with the reason: `a.sql:3: cannot run in a transaction`.
    pub not_tried: Vec<String>,
    /// The statement that failed; those after it were not run.
    pub failure: Option<Failure>,
    /// Whether it ended because that was wanted.
    pub stopped: bool,
}

/// A label that was added in the same transaction cannot be used in it (`check_safe_enum_use` in `enum.c`).
const UNSAFE_NEW_LABEL: &str = "55P04";

impl Direct {
    /// Runs what can run in a transaction, and rolls it back. What cannot is listed; where a later statement rests on it,
    /// that one fails, and the failure says that this may be why.
    pub async fn dry_run(&self, plan: &Plan, stop: &Stop, tell: &mut dyn for<'p> FnMut(Event<'p>)) -> Tried {
        let mut tried = Tried::default();
        let mut context = Context::new(true);
        let start = format!("begin;\n{}", context.start(&plan.settings).join("\n"));
        if let Err(error) = self.session.run(&start).await {
            tried.failure = Some(failure(&error, 1, &PlannedStatement::default()));
            return tried;
        }
        let of = plan.statements().count();
        let mut number = 0;
        'segments: for segment in &plan.segments {
            for statement in &segment.statements {
                number += 1;
                if !segment.transactional {
                    tried.not_tried.push(format!("{}: it cannot run in a transaction", statement.position));
                    continue;
                }
                let mut lines = context.before(statement);
                lines.push("savepoint tried;".to_owned());
                tell(Event::Started { number, of, statement, transactional: true });
                let mut sent = self.send(&lines.join("\n"), stop).await;
                if matches!(sent, Sent::Done(_)) {
                    sent = self.send(&statement.text, stop).await;
                }
                match sent {
                    Sent::Done(took) => {
                        tell(Event::Done(took));
                        tried.statements += 1;
                        continue;
                    }
                    Sent::Failed(error) => {
                        tell(Event::Failed);
                        let failed = failure(&error, number, statement);
                        if failed.sqlstate.as_deref() == Some(UNSAFE_NEW_LABEL)
                            && self.session.run("rollback to savepoint tried").await.is_ok()
                        {
                            let why = "it uses a label of a type that is committed before it";
                            tried.not_tried.push(format!("{}: {why}", statement.position));
                            continue;
                        }
                        tried.failure = Some(failed);
                    }
                    Sent::Cancelled => {
                        tell(Event::Failed);
                        tried.stopped = true;
                    }
                }
                break 'segments;
            }
            // What a commit would check.
            if segment.transactional
                && let Err(error) = self.session.run("set constraints all immediate").await
            {
                let last = segment.statements.last();
                tried.failure = last.map(|statement| failure(&error, number, statement));
                break;
            }
        }
        self.roll_back().await;
        if let Some(failure) = &mut tried.failure
            && !tried.not_tried.is_empty()
        {
            let why = "statements before it were not tried, and it may rest on them";
            failure.hint = Some(failure.hint.take().map_or(why.to_owned(), |hint| format!("{hint}; {why}")));
        }
        tried
    }
}
