//! A plan as SQL for psql.

use super::{count, one_line};
use crate::core::component::ComponentId;
use crate::core::plan::context::Context;
use crate::core::plan::{Blocker, DataCheck, Plan, PlannedStatement, Segment, Terms};

/// The plan as a script: it stops at the first error, and runs each segment in its transaction. What was left out, and
/// why, stands in comments.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut script = Script::default();
    script.header(plan);
    for (nth, segment) in plan.segments.iter().enumerate() {
        script.segment(plan, nth, segment);
    }
    script.left_out(plan);
    script.text
}

#[derive(Debug, Default)]
struct Script {
    text: String,
}

impl Script {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, text: &str) {
        let text = one_line(text);
        self.line(if text.is_empty() { "--".to_owned() } else { format!("-- {text}") }.as_str());
    }

    fn header(&mut self, plan: &Plan) {
        self.comment(&format!("The migration of the database {}, by schema-audit.", plan.database));
        self.comment(&format!("Digest: {}", plan.digest));
        for line in plan.terms.iter().flat_map(Terms::lines) {
            self.comment(&format!("    {line}"));
        }
        let statements = count(plan.statements().count(), "statement");
        self.comment(&format!(
            "{statements} in {}, {}, {}; {} left to a person, {} left out.",
            count(plan.segments.len(), "segment"),
            count(plan.hazards(), "hazard"),
            count(plan.blockers.len(), "blocker"),
            plan.unplannable.len(),
            plan.skipped.len(),
        ));
        if plan.is_empty() {
            return self.comment("There is nothing to run.");
        }
        self.blockers(plan);
        self.checks(plan);
        self.comment("Run it with psql. It holds for the state of the database that was looked at,");
        self.comment("and stops at the first error; what was committed by then stays.");
        self.line("");
        self.line("\\set ON_ERROR_STOP on");
    }

    fn blockers(&mut self, plan: &Plan) {
        if plan.blockers.is_empty() {
            return;
        }
        self.comment("");
        self.comment("It would fail as it is:");
        for blocker in &plan.blockers {
            let Blocker { name, what, why, remedy, position, rests_on_role: _ } = blocker;
            let place = position.as_ref().map(|position| format!(", for {position}")).unwrap_or_default();
            self.comment("");
            self.comment(&format!("{name}: {what}{place}: {why}"));
            self.comment(&format!("    {remedy}"));
        }
        self.comment("");
    }

    fn checks(&mut self, plan: &Plan) {
        if plan.checks.is_empty() {
            return;
        }
        self.comment("");
        self.comment("What was asked about the rows:");
        for DataCheck { position, what, outcome } in &plan.checks {
            self.comment(&format!("    {what}, for {position}: {outcome}"));
        }
        self.comment("");
    }

    fn segment(&mut self, plan: &Plan, nth: usize, segment: &Segment) {
        self.line("");
        let number = format!("Segment {} of {}", nth + 1, plan.segments.len());
        let place = if segment.transactional { "one transaction" } else { "cannot run in a transaction" };
        self.comment(&format!("{number}: {place}"));
        let mut context = Context::new(segment.transactional);
        self.lines(&context.afresh(plan.segments.get(..nth).unwrap_or_default()));
        if segment.transactional {
            self.line("begin;");
        }
        self.lines(&context.start(&plan.settings));
        for statement in &segment.statements {
            let lines = context.before(statement);
            self.lines(&lines);
            self.statement(statement);
        }
        self.line("");
        if segment.transactional {
            self.line("commit;");
        } else {
            self.lines(&context.end());
        }
    }

    fn lines(&mut self, lines: &[String]) {
        for line in lines {
            self.line(line);
        }
    }

    fn statement(&mut self, statement: &PlannedStatement) {
        let PlannedStatement { text, feature, position, makes, replaces, locks, hazards, .. } = statement;
        self.line("");
        let replaces = if *replaces { ", replaces what is there" } else { "" };
        self.comment(&format!("{}, feature {}{replaces}", position, feature.name));
        for made in shown(makes) {
            self.comment(&format!("  makes {made}"));
        }
        for lock in locks {
            self.comment(&format!("  {lock}"));
        }
        for hazard in hazards {
            self.comment(&format!("  hazard: {hazard}"));
        }
        self.line(&format!("{text};"));
    }

    fn left_out(&mut self, plan: &Plan) {
        if !plan.unplannable.is_empty() {
            self.line("");
            self.comment("Left to a person:");
        }
        for entry in &plan.unplannable {
            self.comment("");
            let on_it = match entry.and_what_is_on_it {
                0 => String::new(),
                more => format!(", and {more} on it"),
            };
            self.comment(&format!("{} {}{on_it}: {}", entry.state.name(), entry.component, entry.reason));
            if let Some(position) = &entry.position {
                self.comment(&format!("  declared at {position}"));
            }
            for line in &entry.template {
                self.comment(&format!("    {line}"));
            }
        }
        if !plan.skipped.is_empty() {
            self.line("");
            self.comment("Left out:");
            self.comment("");
        }
        for entry in &plan.skipped {
            let place = entry.position.as_ref().map(ToString::to_string);
            let component = entry.component.as_ref().map(ToString::to_string);
            let what: Vec<String> = component.into_iter().chain(place).collect();
            self.comment(&format!("{}: {}", what.join(", "), entry.reason));
        }
    }
}

/// The components that a statement makes, without what hangs on one of them.
pub fn shown(makes: &[ComponentId]) -> impl Iterator<Item = &ComponentId> {
    let is_relation = makes.iter().any(|id| id.kind.is_relation());
    makes.iter().filter(move |id| !is_relation || id.kind.is_relation())
}
