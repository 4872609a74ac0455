//! What `apply` says: the plan before, each statement as it runs, the result after.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::cli::{print, print_error};
use crate::core::name::Identifier;
use crate::core::plan::Plan;
use crate::core::plan::outcome::{Applied, Ending, Failure, Verified};
use crate::postgres::apply::{Event, Facts};
use crate::report::printable::one_line;

/// Where it is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Teller {
    /// Standard error, where standard output is for a document.
    pub to_stderr: bool,
}

/// The most entries of a list that are shown before a plan is run.
const MOST: usize = 20;

impl Teller {
    /// One line. Text of foreign origin cannot leave it.
    pub(super) fn say(self, line: &str) {
        self.write(&format!("{}\n", one_line(line)));
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
        self.say(&format!(
            "  {} in {}, {}, {}, {} left to a person, {} left out",
            count(plan.statements().count(), "statement"),
            count(plan.segments.len(), "segment"),
            count(plan.hazards(), "hazard"),
            count(plan.blockers.len(), "blocker"),
            plan.unplannable.len(),
            plan.skipped.len(),
        ));
        self.say(&format!("  {}", plan.digest));
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

    /// What happens. A statement is one line, of which the time comes when it is done.
    pub(super) fn event(self, event: &Event<'_>) {
        match event {
            Event::Started { number, of, statement, transactional: _ } => {
                let text = format!(
                    "statement {number} of {of}: {} {} ...",
                    statement.feature.name, statement.position
                );
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
            self.say(&format!("  {}", backup.restore));
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

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A duration for people: `120 ms`, `3.4 s`.
fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
