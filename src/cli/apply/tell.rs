//! What `apply` says: the plan before, each statement as it runs, the result after.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::cli::{Terminal, print, print_error};
use crate::core::audit::requirement::FeatureRef;
use crate::core::kind::Kind;
use crate::core::name::Identifier;
use crate::core::plan::Plan;
use crate::core::plan::outcome::{Applied, Ending, Failure, Verified};
use crate::core::plan::render::sql::shown;
use crate::postgres::apply::{Event, Facts};
use crate::report::printable::one_line;
use crate::report::screen;

/// Where it is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Teller {
    /// Standard error, where standard output is for a document.
    pub to_stderr: bool,
}

/// The most entries of a list that are shown before a plan is run.
const MOST: usize = 20;

impl Teller {
    /// One line; a terminal gets it in several, where it is too long. Text of foreign origin cannot leave it.
    pub(super) fn say(self, line: &str) {
        let lines = screen::fit(&[one_line(line).into_owned()], self.columns());
        self.write(&(lines.join("\n") + "\n"));
    }

    /// A command to copy.
    pub(super) fn command(self, command: &str) {
        let command = format!("  {}", one_line(command));
        let lines = screen::wrap_command(&command, self.columns(), "    ".len());
        self.write(&(lines.join("\n") + "\n"));
    }

    fn columns(self) -> Option<usize> {
        if self.to_stderr { Terminal::of_errors() } else { Terminal::of(None) }.columns
    }

    fn write(self, text: &str) {
        if self.to_stderr {
            // Where standard error is closed, the exit code has to do.
            let _ = anstream::stderr().write_all(text.as_bytes());
        } else if let Err(message) = print(text) {
            print_error(&message);
        }
    }

    /// What would be run, on which database.
    pub(super) fn plan(self, plan: &Plan, host: &str, facts: &Facts) {
        let Facts { database, role } = facts;
        let (database, role) = (Identifier::new(database), Identifier::new(role));
        self.say(&format!("Migration of the database {database} at {host}, as {role}"));
        let mut figures = format!(
            "  {} in {}, {}, {}",
            count(plan.statements().count(), "statement"),
            count(plan.segments.len(), "segment"),
            count(plan.hazards(), "hazard"),
            count(plan.blockers.len(), "blocker"),
        );
        for (number, words) in
            [(plan.unplannable.len(), "left to a person"), (plan.skipped.len(), "left out")]
        {
            if number > 0 {
                // Writing to a string cannot fail.
                let _ = write!(figures, ", {number} {words}");
            }
        }
        self.say(&figures);
        self.say(&format!("  {}", plan.digest));
        self.list("Features:", &features(plan));
        let hazards = plan.statements().flat_map(|statement| {
            statement.hazards.iter().map(move |hazard| format!("{}: {}", statement.position, hazard.text()))
        });
        self.list("Hazards:", &hazards.collect::<Vec<_>>());
        let blockers = plan.blockers.iter();
        self.list(
            "Blockers:",
            &blockers
                .map(|it| format!("{}: {} (remedy: {})", it.what, it.why, it.remedy))
                .collect::<Vec<_>>(),
        );
        let left = plan.unplannable.iter();
        self.list(
            "Left to a person (see schema-audit plan):",
            &left
                .map(|it| format!("{} {}: {}", it.state.name(), it.component, it.reason))
                .collect::<Vec<_>>(),
        );
    }

    fn list(self, title: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        self.say(title);
        for entry in entries.iter().take(MOST) {
            self.say(&format!("  {entry}"));
        }
        if entries.len() > MOST {
            self.say(&format!("  and {} more", entries.len() - MOST));
        }
    }

    /// What happens. A statement is one line, of which the time comes when it is done, unless that it is to be `stopped`
    /// was said in between.
    pub(super) fn event(self, event: &Event<'_>, stopped: bool) {
        match event {
            Event::Done(took) if stopped => self.say(&format!("It was done, in {:.1} s", took.as_secs_f64())),
            Event::Failed if stopped => self.say("It is not done"),
            Event::Started { number, of, statement, transactional: _ } => {
                let digits = of.to_string().len();
                let text = format!("statement {number:>digits$} of {of}: {} ...", statement.position);
                self.write(&one_line(&text));
            }
            Event::Done(took) => self.write(&format!(" {:.1} s\n", took.as_secs_f64())),
            Event::Committing => {}
            Event::Failed => self.write(" not done\n"),
            Event::Again { wait, attempt, sqlstate } => self.say(&format!(
                "try {attempt} of the segment is rolled back (SQLSTATE {sqlstate}); again in {}",
                spoken(*wait)
            )),
            Event::Committed { segment, of } => self.say(&format!("segment {segment} of {of} is committed")),
        }
    }

    /// The result: what is wrong goes to standard error.
    pub(super) fn result(self, applied: &Applied) {
        let Applied { outcome, failure, message, backup, verified, invalid_indexes, not_tried, .. } = applied;
        for place in not_tried {
            self.say(&format!("not tried: {place}"));
        }
        if let Some(failure) = failure {
            print_error(&described(failure));
        }
        match outcome {
            Ending::Applied | Ending::Tried | Ending::BackedUp => self.say(message),
            _ if failure.as_ref().is_some_and(|failure| failure.message == *message) => {}
            _ => print_error(message),
        }
        for index in invalid_indexes {
            print_error(&format!(
                "{index} cannot be used: a concurrent build of it failed. Run it again with --rebuild-invalid to drop it \
                 and build it again"
            ));
        }
        if let Some(backup) = backup
            && !matches!(outcome, Ending::Applied | Ending::BackedUp)
        {
            self.say(&format!("The backup of before is {}; to restore it beside the database:", backup.file));
            self.command(&backup.restore);
        }
        if let Some(Verified { compliant, required, missing, different, unknown, .. }) = verified {
            self.say(&if *compliant {
                format!("The database carries all {required} components that are required.")
            } else {
                format!(
                    "Of {required} components that are required, {missing} are missing, {different} different and \
                     {unknown} unknown: see schema-audit audit."
                )
            });
        }
    }
}

/// A failure, as a person reads it.
fn described(failure: &Failure) -> String {
    let Failure { statement, position, feature, sqlstate, message, hint, context, transient: _ } = failure;
    let mut text = match (statement, position, feature) {
        (Some(statement), Some(position), Some(feature)) => {
            format!("statement {statement} failed: feature {feature}, {position}\n  {message}")
        }
        _ => message.clone(),
    };
    // Writing to a string cannot fail.
    if let Some(sqlstate) = sqlstate {
        let _ = write!(text, " (SQLSTATE {sqlstate})");
    }
    for (title, said) in [("", context), ("hint: ", hint)] {
        if let Some(said) = said {
            let _ = write!(text, "\n  {title}{said}");
        }
    }
    text
}

/// What is made for each feature: `billing: 3 statements, for 1 table, 2 indexes`. What a statement makes on the table of
/// its own goes without saying.
fn features(plan: &Plan) -> Vec<String> {
    let mut features: Vec<(&FeatureRef, usize, BTreeMap<Kind, usize>)> = Vec::new();
    for statement in plan.statements() {
        let at = features.iter().position(|(feature, ..)| **feature == statement.feature);
        let at = at.unwrap_or_else(|| {
            features.push((&statement.feature, 0, BTreeMap::new()));
            features.len() - 1
        });
        let (_, statements, kinds) = &mut features[at];
        *statements += 1;
        for made in shown(&statement.makes) {
            *kinds.entry(made.kind).or_default() += 1;
        }
    }
    let line = |(feature, statements, kinds): (&FeatureRef, usize, BTreeMap<Kind, usize>)| {
        let made: Vec<String> = kinds.iter().map(|(kind, number)| counted(*kind, *number)).collect();
        let made = if made.is_empty() { String::new() } else { format!(", for {}", made.join(", ")) };
        format!("{}: {}{made}", feature.name, count(statements, "statement"))
    };
    features.into_iter().map(line).collect()
}

/// `1 table`, `2 materialized views`.
fn counted(kind: Kind, number: usize) -> String {
    let words = if number == 1 { kind.id() } else { kind.plural() };
    format!("{number} {}", words.replace('_', " "))
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A duration for people: `120 ms`, `3.4 s`.
fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
