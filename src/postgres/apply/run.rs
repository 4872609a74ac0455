//! Runs the segments of a plan, one after the other.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::direct::{ANSWER_BYTES, Direct, asked, first_row};
use super::failure::failure;
use super::{Event, Stop, lock, stopped};
use crate::core::plan::context::Context;
use crate::core::plan::outcome::{Failure, Retry};
use crate::core::plan::{Plan, PlannedStatement, Segment, Settings};

/// How long a statement may take to end once it was cancelled, and a transaction to be rolled back. A server that is
/// slower is left to itself: it rolls back when it sees that the session is gone.
const ENDING: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they go together in any way"
)]
pub struct Ran {
    /// How many statements stand: those of segments that are committed.
    pub statements: usize,
    /// How many segments are committed.
    pub segments: usize,
    /// Why it ended before its end.
    pub failure: Option<Failure>,
    /// Whether it ended because that was wanted.
    pub stopped: bool,
    /// Whether it is not known if the segment that was under way is committed.
    pub uncertain: bool,
    /// Whether that segment is one outside of a transaction, so that what it did in part may stay.
    pub outside: bool,
    /// Whether nothing was under way: it was wanted that it ends, and it did so between two segments.
    pub between: bool,
    /// Whether the session was ended because the server did not end the statement, or the transaction, in time.
    pub abandoned: bool,
}

/// Why a segment is not committed.
enum Halt {
    /// The server, or the connection, said no to a statement.
    Statement(Box<Failure>),
    /// The connection broke when it was to be committed, or while a statement outside of a transaction ran.
    Uncertain(Box<Failure>),
    /// It was wanted that it ends. Whether the statement is done all the same is known.
    Stopped,
    /// The same before anything of it was sent.
    NotBegun,
}

/// The end of one message.
pub(super) enum Sent {
    Done(Duration),
    Failed(tokio_postgres::Error),
    /// It was cancelled because that was wanted; it may have been done just before.
    Cancelled,
}

impl Direct {
    /// Runs the plan. What is committed when it ends, stands. Needs the lock.
    pub async fn run(
        &self,
        plan: &Plan,
        retry: &Retry,
        stop: &Stop,
        tell: &mut dyn for<'p> FnMut(Event<'p>),
    ) -> Ran {
        let of = plan.statements().count();
        let mut ran = Ran::default();
        for (nth, segment) in plan.segments.iter().enumerate() {
            let run = Run {
                direct: self,
                settings: &plan.settings,
                before: plan.segments.get(..nth).unwrap_or_default(),
                segment,
                first: ran.statements + 1,
                of,
                stop,
            };
            let Err(halt) = run.with_retries(retry, tell).await else {
                ran.statements += segment.statements.len();
                ran.segments += 1;
                tell(Event::Committed { segment: ran.segments, of: plan.segments.len() });
                continue;
            };
            ran.outside = !segment.transactional;
            ran.abandoned = self.is_abandoned();
            match halt {
                Halt::Statement(failure) => ran.failure = Some(*failure),
                Halt::Uncertain(failure) => (ran.failure, ran.uncertain) = (Some(*failure), true),
                Halt::Stopped => ran.stopped = true,
                Halt::NotBegun => (ran.stopped, ran.between) = (true, true),
            }
            break;
        }
        ran
    }

    /// Sends one message and waits for its end; cancels it where that is wanted.
    pub(super) async fn send(&self, message: &str, stop: &Stop) -> Sent {
        let start = Instant::now();
        let mut running = std::pin::pin!(self.session.run(message));
        tokio::select! {
            biased;
            ended = &mut running => match ended {
                Ok(()) => Sent::Done(start.elapsed()),
                Err(error) => Sent::Failed(error),
            },
            () = stopped(stop) => {
                self.session.cancel().await;
                if timeout(ENDING, running).await.is_err() {
                    self.abandon();
                }
                Sent::Cancelled
            }
        }
    }

    /// Rolls back what is open. Where the connection broke, or is given up here, the server does so by itself.
    pub(super) async fn roll_back(&self) {
        if timeout(ENDING, self.session.run("rollback")).await.is_err() {
            self.abandon();
        }
    }
}

/// One segment under way.
struct Run<'a> {
    direct: &'a Direct,
    settings: &'a Settings,
    /// The segments that ran before.
    before: &'a [Segment],
    segment: &'a Segment,
    /// The number of its first statement.
    first: usize,
    of: usize,
    stop: &'a Stop,
}

impl Run<'_> {
    async fn with_retries(&self, retry: &Retry, tell: &mut dyn for<'p> FnMut(Event<'p>)) -> Result<(), Halt> {
        if *self.stop.borrow() {
            return Err(Halt::NotBegun);
        }
        if !self.segment.transactional {
            // What it did in part stays, so that it is not tried again.
            return self.outside(tell).await;
        }
        let mut attempt = 0;
        loop {
            let halt = match self.in_transaction(tell).await {
                Err(Halt::Statement(failure)) => failure,
                ended => return ended,
            };
            attempt += 1;
            let sqlstate = halt.sqlstate.clone().unwrap_or_default();
            let Some(wait) = retry.wait(attempt, &sqlstate, chance()) else {
                return Err(Halt::Statement(halt));
            };
            tell(Event::Again { wait, attempt, sqlstate });
            tokio::select! {
                () = sleep(wait) => {}
                () = stopped(self.stop) => return Err(Halt::Stopped),
            }
        }
    }

    async fn in_transaction(&self, tell: &mut dyn for<'p> FnMut(Event<'p>)) -> Result<(), Halt> {
        let mut context = Context::new(true);
        self.begin(&context, "begin;").await?;
        let ended = self.statements(&mut context, tell).await;
        if ended.is_err() {
            self.direct.roll_back().await;
            return ended;
        }
        tell(Event::Committing);
        match self.direct.session.run("commit").await {
            Ok(()) => Ok(()),
            // The server checks deferred constraints at the commit, and rolls back where they do not hold.
            Err(error) if error.as_db_error().is_some() => {
                let mut failure = self.failed(self.segment.statements.len().saturating_sub(1), &error);
                failure.message = format!("at the commit of its segment: {}", failure.message);
                Err(Halt::Statement(failure))
            }
            Err(error) => {
                let mut failure = self.failed(self.segment.statements.len().saturating_sub(1), &error);
                failure.transient = false;
                failure.message.clear();
                failure.message.push_str("the connection broke at the commit of its segment");
                Err(Halt::Uncertain(failure))
            }
        }
    }

    async fn outside(&self, tell: &mut dyn for<'p> FnMut(Event<'p>)) -> Result<(), Halt> {
        let mut context = Context::new(false);
        self.begin(&context, "").await?;
        let ended = self.statements(&mut context, tell).await;
        let end = format!("{}\n{}", context.end().join("\n"), self.direct.kept_alive());
        if timeout(ENDING, self.direct.session.run(&end)).await.is_err() {
            self.direct.abandon();
        }
        match ended {
            Err(Halt::Statement(mut failure)) => {
                // It may have left something behind.
                failure.transient = false;
                Err(if failure.sqlstate.is_none() {
                    Halt::Uncertain(failure)
                } else {
                    Halt::Statement(failure)
                })
            }
            ended => ended,
        }
    }

    /// Starts a segment, and makes sure that this is still the process that has the lock.
    async fn begin(&self, context: &Context<'_>, first: &str) -> Result<(), Halt> {
        let mut lines = context.afresh(self.before);
        if !lines.is_empty() {
            lines.push(self.direct.kept_alive());
        }
        lines.push(first.to_owned());
        lines.extend(context.start(self.settings));
        let message = format!("{}\n{}", lines.join("\n"), lock::is_held_by(&self.direct.process));
        let answered = tokio::select! {
            answered = self.direct.session.ask(&message, ANSWER_BYTES) => answered.map_err(asked),
            () = stopped(self.stop) => {
                self.direct.session.cancel().await;
                self.direct.roll_back().await;
                return Err(Halt::Stopped);
            }
        };
        let problem = match answered {
            Ok(answers) => match first_row(answers.last()) {
                Some([Some(held)]) if held == "t" => return Ok(()),
                _ => "the lock of migrations is not this session's any more".to_owned(),
            },
            Err(error) => error.message,
        };
        self.direct.roll_back().await;
        Err(Halt::Statement(Box::new(Failure {
            message: problem,
            hint: Some("nothing of this segment was run: run it again".to_owned()),
            transient: true,
            ..Failure::default()
        })))
    }

    async fn statements<'s>(
        &'s self,
        context: &mut Context<'s>,
        tell: &mut dyn for<'p> FnMut(Event<'p>),
    ) -> Result<(), Halt> {
        for (at, statement) in self.segment.statements.iter().enumerate() {
            let lines = context.before(statement);
            let transactional = self.segment.transactional;
            tell(Event::Started { number: self.first + at, of: self.of, statement, transactional });
            if !lines.is_empty() {
                self.end(at, statement, self.direct.send(&lines.join("\n"), self.stop).await, tell)?;
            }
            let sent = self.direct.send(&statement.text, self.stop).await;
            if let Some(took) = self.end(at, statement, sent, tell)? {
                tell(Event::Done(took));
            }
        }
        Ok(())
    }

    /// How one message of a statement ended.
    fn end(
        &self,
        at: usize,
        statement: &PlannedStatement,
        sent: Sent,
        tell: &mut dyn for<'p> FnMut(Event<'p>),
    ) -> Result<Option<Duration>, Halt> {
        match sent {
            Sent::Done(took) => Ok(Some(took)),
            Sent::Failed(error) => {
                tell(Event::Failed);
                Err(Halt::Statement(Box::new(failure(&error, self.first + at, statement))))
            }
            Sent::Cancelled => {
                tell(Event::Failed);
                Err(Halt::Stopped)
            }
        }
    }

    fn failed(&self, at: usize, error: &tokio_postgres::Error) -> Box<Failure> {
        match self.segment.statements.get(at) {
            Some(statement) => Box::new(failure(error, self.first + at, statement)),
            None => Box::default(),
        }
    }
}

/// A number from 0 to 1 that nobody foresees.
fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(random).unwrap_or_default()) / f64::from(u32::MAX)
}
