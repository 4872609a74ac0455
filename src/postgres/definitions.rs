//! The second phase: the catalog's texts of definitions, and what the planner makes of them.
//!
//! Nothing is sent where nothing has to be compared. What can fail or wait shares no transaction with what it could
//! hurt (S5, N7): many are tried together, and those that fail are tried again in smaller parts, down to single ones.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesOrdered;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::DbError;

use super::connect::{Answer, AskError, Session};
use super::observe::{Limits, spoken};
use super::probe::quotable;
use super::transaction::{PINNED, Transaction};
use crate::core::audit::definitions::Definitions;
use crate::core::audit::definitions::ask::{Alone, List, Questions};
use crate::core::audit::definitions::pairs::{Group, Pair, Pairing};
use crate::core::audit::definitions::plan::outputs;
use crate::core::audit::definitions::settle::{Answers, Settled, Side};
use crate::core::audit::definitions::text::{Batch, Reading, TextQuestion, Texts};
use crate::core::audit::definitions::watched::Watch;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::Requirements;
use crate::core::catalog::Catalog;
use crate::core::definition::Normal;

mod round;

use round::{Judgement, Round};

/// The most that one message may answer, in bytes: the texts of a batch, or some plans.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// How many definitions are compared together, at least: of a database of many tables, all of them, with what the server
/// says of them, are several times as much as its catalog.
const DEFINITIONS_PER_GROUP: usize = 1_500;

/// Of how many groups the texts are read at once, and how many are asked about: the server answers about one while the
/// answers about the others are read.
const GROUPS_AT_ONCE: usize = 2;

/// How many messages are under way at once: a bound on how much longer than its limit a round can take.
const WINDOW: usize = 16;

/// The most expressions that share a message.
const EXPRESSIONS_PER_MESSAGE: usize = 400;

/// The most expressions that are asked for together once their list has failed.
const EXPRESSIONS_OF_A_FAILED_LIST: usize = 12;

/// What the second phase needs.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub session: &'a Session,
    pub limits: &'a Limits,
    /// When the whole look must be over.
    pub deadline: Instant,
    /// Whether the catalog's own definitions of all that is required are of interest, declared or not.
    pub drift: bool,
    /// How many groups have yet to be compared, this one included.
    pub groups_left: usize,
}

/// The definitions of one group, with the texts that the catalog has of them.
struct ReadGroup<'a> {
    look: Look<'a>,
    pairs: Vec<Pair>,
    texts: Texts,
}

impl ReadGroup<'_> {
    /// Compares them. Gives the texts too, where drift is of interest.
    async fn ask(self, how: Definitions, catalog: &Catalog) -> (Answers, Texts) {
        let Self { look, pairs, texts } = self;
        let mut questions = Questions::of(&pairs, &texts, catalog, how);
        drop(pairs);
        let texts = if look.drift { texts } else { Texts::new() };
        if !questions.is_empty() {
            look.ask(&mut questions).await;
        }
        (questions.answers, texts)
    }
}

/// Why a message was not answered.
enum NoAnswer {
    /// The server refused a statement.
    Refused(Box<DbError>),
    /// There was no time left for it.
    TooLate,
    /// The connection broke, or the answer was too large.
    Broken(&'static str),
}

/// The time limits of one window of messages.
#[derive(Clone, Copy)]
struct Pace {
    lock: Duration,
    statement: Duration,
}

impl<'l> Look<'l> {
    /// Compares every definition of what was found, and adds to the observation what came of it.
    pub async fn compare(
        &self,
        requirements: &Requirements,
        how: Definitions,
        observation: &mut Observation,
    ) {
        let pairing = Pairing::new(requirements, observation);
        // What is watched is fingerprinted with all texts at once.
        let least = if self.drift { usize::MAX } else { DEFINITIONS_PER_GROUP };
        let groups = pairing.groups(least);
        let watch = if self.drift { Watch::of(requirements, observation) } else { Watch::default() };
        // Half of what is left: seed rows and queries have to be looked at too.
        let left = self.deadline.saturating_duration_since(Instant::now());
        let deadline = Instant::now() + left / 2;
        let look = Self { deadline, ..*self };
        let (settled, mut texts) = look.groups(&pairing, &groups, how, &watch, &observation.catalog).await;
        settled.record(observation);
        if groups.is_empty() && !watch.places.is_empty() {
            texts = look.read(Reading::with_watched(&[], &watch.places, &observation.catalog)).await;
        }
        watch.record(&texts, observation);
    }

    /// Compares the definitions of all groups. The texts of the next group are wanted before the planner is asked about one
    /// that was read, so that the server always has something to do. Gives the texts too, where drift is of interest.
    async fn groups(
        &self,
        pairing: &Pairing<'_>,
        groups: &[Group],
        how: Definitions,
        watch: &Watch,
        catalog: &Catalog,
    ) -> (Settled, Texts) {
        let mut left = groups.iter().enumerate();
        let (mut reading, mut asking) = (FuturesOrdered::new(), FuturesOrdered::new());
        let (mut classes, mut settled, mut texts) = (0, Settled::default(), Texts::new());
        loop {
            let room =
                (GROUPS_AT_ONCE - reading.len()).min(2 * GROUPS_AT_ONCE - reading.len() - asking.len());
            for (position, group) in left.by_ref().take(room) {
                let look = Self { groups_left: groups.len() - position, ..*self };
                reading.push_back(look.read_group(pairing, group, how, watch, catalog));
            }
            tokio::select! {
                biased;
                // Always: what nobody takes holds up all answers after it.
                Some(group) = reading.next() => {
                    asking.push_back(group.ask(how, catalog));
                }
                Some((answers, read)) = asking.next() => {
                    let first = classes;
                    classes += answers.len();
                    answers.settle(first, &mut settled);
                    texts.extend(read);
                }
                else => return (settled, texts),
            }
        }
    }

    /// Reads the texts of one group.
    async fn read_group(
        self,
        pairing: &Pairing<'_>,
        group: &Group,
        how: Definitions,
        watch: &Watch,
        catalog: &Catalog,
    ) -> ReadGroup<'l> {
        let pairs = pairing.pairs(group, catalog);
        let reading = if self.drift {
            Reading::with_watched(&pairs, &watch.places, catalog)
        } else {
            Reading::of(&pairs, catalog, how)
        };
        let texts = self.read(reading).await;
        ReadGroup { look: self, pairs, texts }
    }

    /// Reads the texts.
    async fn read(&self, reading: Reading) -> Texts {
        let mut texts = Texts::new();
        let failed = self.read_batches(reading.free.iter().chain(&reading.locking), &mut texts).await;
        let mut again = Vec::new();
        for (batch, why) in failed {
            if batch.len() > 1 && matches!(why, NoAnswer::Refused(_)) {
                again.extend(batch.split());
            } else {
                texts.extend(batch.without_text(&reading, &self.no_text(&why)));
            }
        }
        for (batch, why) in self.read_batches(again.iter(), &mut texts).await {
            texts.extend(batch.without_text(&reading, &self.no_text(&why)));
        }
        reading.complete(texts)
    }

    /// Reads each batch in a transaction of its own; gives back those that failed.
    async fn read_batches(
        &self,
        batches: impl Iterator<Item = &Batch>,
        texts: &mut Texts,
    ) -> Vec<(Batch, NoAnswer)> {
        let batches: Vec<(&Batch, Vec<TextQuestion>)> =
            batches.map(|batch| (batch, batch.questions())).collect();
        let mut failed = Vec::new();
        for (position, window) in batches.chunks(WINDOW).enumerate() {
            let pace = self.pace(batches.len() - position * WINDOW);
            let read = window.iter().map(|(_, questions)| self.read_batch(questions, pace));
            for ((batch, questions), answers) in window.iter().zip(join_all(read).await) {
                match answers {
                    Ok(answers) => texts.extend(read_texts(questions, &answers)),
                    Err(why) => failed.push(((*batch).clone(), why)),
                }
            }
        }
        failed
    }

    async fn read_batch(&self, questions: &[TextQuestion], pace: Pace) -> Result<Vec<Answer>, NoAnswer> {
        let transaction =
            Transaction { search_path: PINNED, lock_timeout: pace.lock, statement_timeout: pace.statement };
        let message = transaction.catalog_message(questions.iter().map(|question| question.sql.as_str()));
        match self.send(&message).await {
            (answers, None) if answers.len() == questions.len() => Ok(answers),
            (_, None) => Err(NoAnswer::Broken("the server answered something else than it was asked")),
            (_, Some(why)) => Err(why),
        }
    }

    /// Why there is no text: what is locked could not be seen.
    fn no_text(&self, why: &NoAnswer) -> Normal {
        match why {
            NoAnswer::Refused(error) => match error.code().code() {
                "55P03" | "40P01" => Normal::Unseen(LOCKED.to_owned()),
                CANCELLED_BY_REPLAY => Normal::Unseen(REPLAYED.to_owned()),
                _ => Normal::None(format!("its text could not be read{}", because(error))),
            },
            other => self.unanswered(other),
        }
    }

    /// Asks the planner.
    async fn ask(&self, questions: &mut Questions) {
        if !self.session.standard_strings {
            let why = Normal::None(
                "the server reads backslashes in strings (standard_conforming_strings is off)".into(),
            );
            questions.lists.iter().for_each(|list| list.failed(&why, &mut questions.answers));
            for alone in &questions.alone {
                questions.answers.failed(alone.nodes[0], why.clone());
            }
            return;
        }
        self.ask_lists(questions).await;
        self.ask_alone(questions).await;
    }

    /// Lists of expressions: many in a message, then a failing one apart from the others, then its expressions apart.
    async fn ask_lists(&self, questions: &mut Questions) {
        let mut messages = packed(std::mem::take(&mut questions.lists));
        while !messages.is_empty() {
            let mut again = Vec::new();
            for window in messages.chunks(WINDOW) {
                let pace = self.pace(window.len());
                let asked = window.iter().map(|lists| {
                    let path = lists.first().map_or("pg_temp", |list| questions.path(list.context()));
                    let statements: Vec<String> = lists.iter().map(List::statement).collect();
                    self.explain(path.to_owned(), statements, pace)
                });
                let answered = join_all(asked).await;
                for (lists, (plans, failed)) in window.iter().zip(answered) {
                    again.extend(self.take_lists(lists, &plans, failed.as_ref(), &mut questions.answers));
                }
            }
            messages = again;
        }
    }

    /// Takes the answers to one message; gives the messages with which what is left is asked again.
    fn take_lists(
        &self,
        lists: &[List],
        plans: &[String],
        failed: Option<&NoAnswer>,
        answers: &mut Answers,
    ) -> Vec<Vec<List>> {
        let mut again = Vec::new();
        for (position, list) in lists.iter().enumerate() {
            let forms = plans.get(position).map(|plan| outputs(plan, list.len()));
            match (forms, failed) {
                (Some(Some(forms)), _) => list.answered(forms, answers),
                (None, Some(NoAnswer::Refused(_))) if position > plans.len() => {
                    again.push(vec![list.clone()]);
                }
                (Some(None), _) | (None, Some(NoAnswer::Refused(_))) if list.len() > 1 => {
                    let most = if list.len() > EXPRESSIONS_OF_A_FAILED_LIST {
                        EXPRESSIONS_OF_A_FAILED_LIST
                    } else {
                        1
                    };
                    again.extend(list.clone().split(most).into_iter().map(|list| vec![list]));
                }
                (None, Some(why)) => {
                    let side = list.only().and_then(|node| answers.side(node));
                    list.failed(&self.unplanned(why, side), answers);
                }
                (Some(None), _) | (None, None) => {
                    list.failed(&Normal::None("its plan cannot be read".to_owned()), answers);
                }
            }
        }
        again
    }

    /// What reads tables: each pair in a transaction of its own. What comes out unequal is asked again: the plans of one
    /// query can differ from one moment to the next (N6).
    async fn ask_alone(&self, questions: &mut Questions) {
        let pairs = std::mem::take(&mut questions.alone);
        let unequal = self.round(pairs, questions, Round::First).await;
        let named_apart = self.round(unequal, questions, Round::Again).await;
        self.round(named_apart, questions, Round::WithoutNames).await;
    }

    /// Asks for pairs; gives back those that the next round has to decide.
    async fn round(&self, pairs: Vec<Alone>, questions: &mut Questions, round: Round) -> Vec<Alone> {
        let mut left = Vec::new();
        let mut pairs = pairs.into_iter().peekable();
        while pairs.peek().is_some() {
            let window: Vec<Alone> = pairs.by_ref().take(WINDOW).collect();
            let pace = self.pace(window.len());
            let asked = window.iter().map(|alone| {
                let statements = round.statements(alone).unwrap_or_default();
                self.explain(questions.path(alone.context()).to_owned(), statements, pace)
            });
            for (alone, (plans, failed)) in window.iter().zip(join_all(asked).await) {
                let answers = &mut questions.answers;
                match (failed, round.judge(&plans)) {
                    (Some(why), _) => {
                        let (node, side) =
                            if plans.is_empty() { (0, Side::Declared) } else { (1, Side::Observed) };
                        answers.failed(alone.nodes[node], self.unplanned(&why, Some(side)));
                    }
                    (None, Judgement::Same) => answers.same(alone.nodes[0], alone.nodes[1]),
                    (None, Judgement::Different(forms)) => {
                        for (node, form) in alone.nodes.into_iter().zip(forms) {
                            answers.form(node, alone.context(), form);
                        }
                    }
                    (None, Judgement::NotSettled) => left.push(alone.clone()),
                    (None, Judgement::Undecidable(why)) => {
                        answers.failed(alone.nodes[0], Normal::None(why.to_owned()));
                    }
                }
            }
        }
        left
    }

    /// Explains statements in one transaction; gives the plans before the first one that failed, and why that did.
    async fn explain(
        &self,
        search_path: String,
        statements: Vec<String>,
        pace: Pace,
    ) -> (Vec<String>, Option<NoAnswer>) {
        let transaction = Transaction {
            search_path: &search_path,
            lock_timeout: pace.lock,
            statement_timeout: pace.statement,
        };
        if statements.is_empty() {
            return (Vec::new(), None);
        }
        let message = transaction.planning_message(statements.iter().map(String::as_str));
        let (answers, failed) = self.send(&message).await;
        let plan = |answer: &Answer| {
            let lines = answer.rows.iter().filter_map(|row| row.try_get(0).ok().flatten());
            lines.collect::<Vec<_>>().join("\n")
        };
        (answers.iter().map(plan).collect(), failed)
    }

    /// Sends one message, if there is time for it. V8: a standby cancels what stands in the way of its replay. The next try
    /// sees a later snapshot.
    async fn send(&self, message: &str) -> (Vec<Answer>, Option<NoAnswer>) {
        match self.send_once(message).await {
            (_, Some(NoAnswer::Refused(error))) if error.code().code() == CANCELLED_BY_REPLAY => {
                self.send_once(message).await
            }
            sent => sent,
        }
    }

    async fn send_once(&self, message: &str) -> (Vec<Answer>, Option<NoAnswer>) {
        if Instant::now() >= self.deadline {
            return (Vec::new(), Some(NoAnswer::TooLate));
        }
        let asked = timeout_at(self.deadline, self.session.ask_until_error(message, ANSWER_BYTES)).await;
        let Ok((answers, failed)) = asked else {
            self.session.cancel().await;
            return (Vec::new(), Some(NoAnswer::TooLate));
        };
        let failed = failed.map(|error| match error {
            AskError::Driver(error) => match error.as_db_error() {
                Some(error) => NoAnswer::Refused(Box::new(error.clone())),
                None => NoAnswer::Broken("the connection broke before its definition was compared"),
            },
            AskError::TooLarge | AskError::Refused(_) => {
                NoAnswer::Broken("the server's answer about its definition is too large")
            }
        });
        (answers, failed)
    }

    /// Waits for locks never take more than half of the time, and one window of statements that hang no more than all
    /// of it.
    fn pace(&self, messages: usize) -> Pace {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let share = |messages: usize| left / u32::try_from(messages.max(1)).unwrap_or(u32::MAX);
        let at_once = self.groups_left.clamp(2, 2 * GROUPS_AT_ONCE);
        Pace {
            lock: self.limits.lock.min(share(messages.saturating_mul(self.groups_left).saturating_mul(2))),
            statement: share(messages.min(WINDOW) * at_once),
        }
    }

    /// Why there is no plan.
    fn unplanned(&self, why: &NoAnswer, side: Option<Side>) -> Normal {
        match why {
            NoAnswer::Refused(error) => match error.code().code() {
                "55P03" | "40P01" => Normal::Unseen(LOCKED.to_owned()),
                CANCELLED_BY_REPLAY => Normal::Unseen(REPLAYED.to_owned()),
                "57014" => Normal::None("planning it takes too long".to_owned()),
                "42501" => Normal::None(format!("the role may not read what it reads{}", because(error))),
                _ => {
                    let form = match side {
                        Some(Side::Declared) => " as it is declared",
                        Some(Side::Observed) => " as the database holds it",
                        None => "",
                    };
                    Normal::None(format!("the server cannot plan it{form}{}", because(error)))
                }
            },
            other => self.unanswered(other),
        }
    }

    fn unanswered(&self, why: &NoAnswer) -> Normal {
        Normal::None(match why {
            NoAnswer::Broken(what) => (*what).to_owned(),
            NoAnswer::TooLate | NoAnswer::Refused(_) => {
                let limit = spoken(self.limits.total);
                format!("the time limit of {limit} passed before its definition was compared")
            }
        })
    }
}

const LOCKED: &str = "locked by another session";

/// SQLSTATE `serialization_failure`: what only reads gets it from the replay of a standby.
const CANCELLED_BY_REPLAY: &str = "40001";

const REPLAYED: &str = "the replay of the standby cancelled its reading twice";

/// The server's own words, where they may be passed on.
fn because(error: &DbError) -> String {
    match quotable(error) {
        words if words.is_empty() => format!(": SQLSTATE {}", error.code().code()),
        words => words,
    }
}

fn read_texts(questions: &[TextQuestion], answers: &[Answer]) -> Texts {
    let texts = questions.iter().zip(answers).flat_map(|(question, answer)| {
        let value = |row: &tokio_postgres::SimpleQueryRow, column| {
            row.try_get(column).ok().flatten().map(str::to_owned)
        };
        answer.rows.iter().flat_map(move |row| {
            let row = [0, 1, 2, 3].map(|column| value(row, column));
            question.read(row.each_ref().map(|value| value.as_deref()))
        })
    });
    texts.collect()
}

/// Lists of one search path, together in messages.
fn packed(lists: Vec<List>) -> Vec<Vec<List>> {
    let mut messages: Vec<Vec<List>> = Vec::new();
    let (mut size, mut path) = (0, None);
    for list in lists {
        let (count, (of, _)) = (list.len(), list.context());
        match messages.last_mut() {
            Some(message) if path == Some(of) && size + count <= EXPRESSIONS_PER_MESSAGE => {
                size += count;
                message.push(list);
            }
            _ => {
                (size, path) = (count, Some(of));
                messages.push(vec![list]);
            }
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(condition: &str) -> String {
        format!(r#"[{{"Plan": {{"Node Type": "Seq Scan", "Filter": "{condition}", "Output": ["t.a"]}}}}]"#)
    }

    fn judged(round: Round, conditions: &[&str]) -> String {
        let plans: Vec<String> = conditions.iter().map(|condition| plan(condition)).collect();
        match round.judge(&plans) {
            Judgement::Same => "same".to_owned(),
            Judgement::Different(_) => "different".to_owned(),
            Judgement::NotSettled => "not settled".to_owned(),
            Judgement::Undecidable(why) => why.to_owned(),
        }
    }

    #[test]
    fn n6_only_what_is_unequal_twice_is_different() {
        let (one, other, third) = ("(a > 1)", "(a > 2)", "(a > 3)");
        assert_eq!(judged(Round::First, &[one, one]), "same");
        assert_eq!(judged(Round::First, &[one, other]), "not settled");
        assert_eq!(judged(Round::Again, &[one, other, one]), "different");
        let now_and_then = "the server plans it now in one way and now in another";
        assert_eq!(judged(Round::Again, &[one, other, third]), now_and_then);
        assert_eq!(judged(Round::Again, &[one, other, other]), now_and_then);
        assert_eq!(judged(Round::Again, &[one, one, other]), "same");
    }

    #[test]
    fn n6_plans_depend_on_no_setting_that_makes_them_vary() {
        let pause = Duration::from_secs(1);
        let transaction = Transaction { search_path: PINNED, lock_timeout: pause, statement_timeout: pause };
        let message = transaction.planning_message(std::iter::empty());
        for setting in ["jit = off", "max_parallel_workers_per_gather = 0", "geqo = off"] {
            assert!(message.contains(&format!("set local {setting}")), "{message}");
        }
    }
}
