//! What is known of an attempt while it is under way, for an end that nobody waits for.

use std::cell::{Cell, RefCell};

use crate::core::plan::Plan;
use crate::core::plan::outcome::{Applied, Ending, Progress};
use crate::postgres::apply::Event;

/// What is known by now.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The digest of the plan that is run.
    digest: RefCell<Option<String>>,
    statements: Cell<Progress>,
    segments: Cell<Progress>,
    /// The number of the last statement that was sent.
    last: Cell<usize>,
    under_way: Cell<UnderWay>,
}

/// What was sent and not answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum UnderWay {
    /// Nothing that changes anything.
    #[default]
    Nothing,
    /// A transaction.
    Transaction,
    /// Its commit.
    Commit,
    /// A statement outside of a transaction.
    Outside,
}

impl Known {
    /// This plan is to be run.
    pub(super) fn begins(&self, plan: &Plan) {
        *self.digest.borrow_mut() = Some(plan.digest.clone());
        self.statements.set(Progress { run: 0, of: plan.statements().count() });
        self.segments.set(Progress { run: 0, of: plan.segments.len() });
    }

    /// This happened.
    pub(super) fn hears(&self, event: &Event<'_>) {
        match event {
            Event::Started { number, transactional, .. } => {
                self.last.set(*number);
                self.under_way.set(if *transactional { UnderWay::Transaction } else { UnderWay::Outside });
            }
            Event::Committing => self.under_way.set(UnderWay::Commit),
            Event::Committed { segment, of } => {
                self.segments.set(Progress { run: *segment, of: *of });
                self.statements.set(Progress { run: self.last.get(), ..self.statements.get() });
                self.under_way.set(UnderWay::Nothing);
            }
            Event::Done(_) | Event::Failed | Event::Again { .. } => {}
        }
    }

    /// What the first signal leads to, and what a second one would; `None` where there is nothing to wait for.
    pub(super) fn stopping(&self) -> Option<&'static str> {
        match self.under_way.get() {
            UnderWay::Nothing => None,
            UnderWay::Transaction => Some(
                "stopping: what is under way is cancelled and rolled back; once more ends this at once, and leaves that \
                 to the server",
            ),
            UnderWay::Commit => Some(
                "stopping: the commit that is under way is not cancelled, and its answer is waited for; once more ends \
                 this at once, and then it is not known whether that segment is committed",
            ),
            UnderWay::Outside => Some(
                "stopping: the statement that is under way is cancelled, and what it did in part may stay; once more \
                 ends this at once, and the server may go on with it",
            ),
        }
    }

    /// The end at this very moment.
    pub(super) fn cut_off(&self) -> Applied {
        let (statements, segments) = (self.statements.get(), self.segments.get());
        let under_way = match self.under_way.get() {
            UnderWay::Nothing => "nothing else was under way",
            UnderWay::Transaction => {
                "the server rolls back the segment that was under way when it sees that the session is gone"
            }
            UnderWay::Commit => "whether the segment that was under way is committed is not known",
            UnderWay::Outside => {
                "the statement that was under way runs outside of a transaction: the server may go on with it, and what \
                 it does in part may stay"
            }
        };
        let message = if segments.run == 0 && self.under_way.get() == UnderWay::Nothing {
            "nothing was touched: it was ended at once".to_owned()
        } else {
            format!("ended at once: {}; {under_way}; run it again to go on", stands(statements, segments))
        };
        let plan_digest = self.digest.borrow().clone();
        Applied { plan_digest, statements, segments, ..Applied::new(Ending::Stopped, message) }
    }
}

/// How much of a plan stands, in words.
pub(super) fn stands(statements: Progress, segments: Progress) -> String {
    match segments.run {
        0 => "no statement stands".to_owned(),
        run => format!(
            "{} of {} statements stand ({run} of {} segments are committed)",
            statements.run, statements.of, segments.of
        ),
    }
}
