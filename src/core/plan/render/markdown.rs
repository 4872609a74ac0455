//! A plan as Markdown, for a review.

use std::fmt::Write as _;

use super::{count, one_line};
use crate::core::plan::{Blocker, DataCheck, Plan};

/// The plan as a page.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(plan, &mut page);
    page
}

fn write(plan: &Plan, page: &mut String) -> std::fmt::Result {
    writeln!(page, "# Migration of {}\n", text(&plan.database))?;
    writeln!(
        page,
        "{} in {}, {}, {}. Digest `{}`.",
        count(plan.statements().count(), "statement"),
        count(plan.segments.len(), "segment"),
        count(plan.hazards(), "hazard"),
        count(plan.blockers.len(), "blocker"),
        plan.digest
    )?;
    if plan.is_empty() {
        writeln!(page, "\nThere is nothing to run.")?;
    }
    if !plan.blockers.is_empty() {
        writeln!(page, "\n## It would fail as it is\n")?;
    }
    for Blocker { name, what, why, remedy, position, rests_on_role: _ } in &plan.blockers {
        let place = position.as_ref().map(|position| format!(", for {position}")).unwrap_or_default();
        writeln!(page, "- **{name}** {}{}: {}", text(what), text(&place), text(why))?;
        let fence = fence(remedy);
        writeln!(page, "\n  {fence}\n  {}\n  {fence}\n", one_line(remedy))?;
    }
    if !plan.checks.is_empty() {
        writeln!(page, "\n## What was asked about the rows\n")?;
    }
    for DataCheck { position, what, outcome } in &plan.checks {
        let (place, outcome) = (position.to_string(), outcome.to_string());
        writeln!(page, "- {}, for {}: {}", text(what), text(&place), text(&outcome))?;
    }
    for (nth, segment) in plan.segments.iter().enumerate() {
        let how = if segment.transactional { "one transaction" } else { "outside of a transaction" };
        writeln!(page, "\n## Segment {}: {how}", nth + 1)?;
        for statement in &segment.statements {
            let replaces = if statement.replaces { ", **replaces** what is there" } else { "" };
            let place = statement.position.to_string();
            writeln!(page, "\n{}, feature {}{replaces}", text(&place), text(&statement.feature.name))?;
            if !statement.locks.is_empty() || !statement.hazards.is_empty() {
                writeln!(page)?;
            }
            for lock in &statement.locks {
                writeln!(page, "- {}", text(&lock.to_string()))?;
            }
            for hazard in &statement.hazards {
                writeln!(page, "- **hazard** {}", text(&hazard.to_string()))?;
            }
            let fence = fence(&statement.text);
            writeln!(page, "\n{fence}sql\n{};\n{fence}", statement.text)?;
        }
    }
    if !plan.unplannable.is_empty() {
        writeln!(page, "\n## Left to a person\n")?;
    }
    for entry in &plan.unplannable {
        let component = entry.component.to_string();
        writeln!(page, "- {} {}: {}", entry.state.name(), text(&component), text(&entry.reason))?;
        let lines = entry.template.join("\n");
        let fence = fence(&lines);
        writeln!(page, "\n  {fence}")?;
        for line in &entry.template {
            writeln!(page, "  {}", one_line(line))?;
        }
        writeln!(page, "  {fence}\n")?;
    }
    if !plan.skipped.is_empty() {
        writeln!(page, "\n## Left out\n")?;
    }
    for entry in &plan.skipped {
        let place = entry.position.as_ref().map(ToString::to_string);
        let component = entry.component.as_ref().map(ToString::to_string);
        let what: Vec<String> = component.into_iter().chain(place).collect();
        writeln!(page, "- {}: {}", text(&what.join(", ")), text(&entry.reason))?;
    }
    Ok(())
}

/// Text that Markdown takes for nothing else.
fn text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '&') {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

/// A fence that the text does not hold.
fn fence(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    fence
}
