//! The settings that the statements of a plan run under, as SQL: one text for psql and for `apply`.

use std::collections::BTreeMap;

use super::{PlannedStatement, Segment, Settings};
use crate::core::name::Identifier;
use crate::core::sql::quoting;

/// What is in force in a segment.
#[derive(Debug)]
pub struct Context<'p> {
    /// `set local` in a transaction, `set` outside.
    set: &'static str,
    in_force: Option<(&'p [Identifier], &'p BTreeMap<String, String>)>,
}

/// What RESET ALL leaves alone (`GUC_NO_RESET_ALL` in PostgreSQL's `guc_tables.c`), the one that the other rests on last.
pub(super) const NOT_RESET_BY_ALL: [&str; 2] = ["role", "session_authorization"];

impl<'p> Context<'p> {
    /// For a segment in a transaction, whose end takes back every setting, or for one outside.
    #[must_use]
    pub const fn new(transactional: bool) -> Self {
        Self { set: if transactional { "set local" } else { "set" }, in_force: None }
    }

    /// What takes back what the segments before may have set for the session, as a DO block may: nothing of that is for
    /// this one. A SET of the author's is no statement of a plan.
    #[must_use]
    pub fn afresh(&self, before: &[Segment]) -> Vec<String> {
        let mut statements = before.iter().flat_map(|segment| &segment.statements);
        if statements.any(may_set) {
            NOT_RESET_BY_ALL.map(reset).into_iter().chain(["reset all;".to_owned()]).collect()
        } else if self.set == "set" {
            vec!["reset all;".to_owned()]
        } else {
            Vec::new()
        }
    }

    /// The settings of the plan: what a segment starts with.
    #[must_use]
    pub fn start(&self, settings: &Settings) -> Vec<String> {
        settings.pairs().iter().map(|(name, value)| self.set(name, value)).collect()
    }

    /// What puts in force for a statement what its author's SET had put in force, and no more.
    #[must_use]
    pub fn before(&mut self, statement: &'p PlannedStatement) -> Vec<String> {
        let PlannedStatement { search_path, settings, .. } = statement;
        let none = BTreeMap::new();
        let (path_before, settings_before) = match self.in_force {
            Some((path, settings)) => (Some(path), settings),
            None => (None, &none),
        };
        let gone = settings_before.keys().filter(|name| !settings.contains_key(*name));
        let mut lines: Vec<String> = gone.map(|name| format!("{} {name} to default;", self.set)).collect();
        let new = settings.iter().filter(|(name, value)| settings_before.get(*name) != Some(value));
        lines.extend(new.map(|(name, value)| self.set(name, value)));
        if path_before != Some(search_path.as_slice()) {
            let schemas: Vec<String> = search_path.iter().map(quoting::identifier).collect();
            lines.push(format!("{} search_path to {};", self.set, schemas.join(", ")));
        }
        self.in_force = Some((search_path, settings));
        lines
    }

    /// What takes back, after a segment outside of a transaction, all that was set for its session.
    #[must_use]
    pub fn end(&self) -> Vec<String> {
        let in_force = self.in_force.map(|(_, settings)| settings);
        let is_set = |name: &&&str| in_force.is_some_and(|settings| settings.contains_key(**name));
        let kept = NOT_RESET_BY_ALL.iter().filter(is_set);
        kept.map(|name| reset(name)).chain(["reset all;".to_owned()]).collect()
    }

    fn set(&self, name: &str, value: &str) -> String {
        let value = quoting::literal(value);
        format!("{} {name} to {};", self.set, value.trim_start())
    }
}

/// `reset role;`, `reset session authorization;`
fn reset(name: &str) -> String {
    format!("reset {};", name.replace('_', " "))
}

/// Whether a statement runs code that may change settings of its session: with `set_config`, or a SET inside.
fn may_set(statement: &PlannedStatement) -> bool {
    let word: String = statement.text.chars().take_while(char::is_ascii_alphabetic).collect();
    ["do", "select", "call", "with"].contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn statement(path: &[&str], settings: &[(&str, &str)]) -> PlannedStatement {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PlannedStatement {
            search_path: path.iter().map(|name| Identifier::new(name)).collect(),
            settings: Arc::new(settings),
            ..PlannedStatement::default()
        }
    }

    #[test]
    fn only_what_changes_is_set_and_what_is_gone_is_taken_back() {
        let (one, two) = (statement(&["a", "B"], &[("role", "x")]), statement(&["a", "B"], &[]));
        let mut context = Context::new(true);
        let set_path = r#"set local search_path to "a", "B";"#;
        assert_eq!(context.before(&one), ["set local role to 'x';", set_path]);
        assert_eq!(context.before(&one), [""; 0]);
        assert_eq!(context.before(&two), ["set local role to default;"]);
    }

    #[test]
    fn what_code_may_have_set_for_the_session_is_taken_back_before_the_next_segment() {
        let segments = |text: &str| {
            let statement = PlannedStatement { text: text.to_owned(), ..PlannedStatement::default() };
            [Segment { transactional: true, statements: vec![statement] }]
        };
        let everything = ["reset role;", "reset session authorization;", "reset all;"];
        let (inside, outside) = (Context::new(true), Context::new(false));
        for text in ["DO $$ begin set role x; end $$", "select f()", "call p()"] {
            assert_eq!(inside.afresh(&segments(text)), everything, "{text}");
            assert_eq!(outside.afresh(&segments(text)), everything, "{text}");
        }
        assert_eq!(inside.afresh(&segments("create table do_it (x int)")), [""; 0]);
        assert_eq!(outside.afresh(&[]), ["reset all;"]);
    }

    #[test]
    fn a_role_does_not_outlast_a_segment_outside_of_a_transaction() {
        let with_role = statement(&["a"], &[("role", "x"), ("timezone", "UTC")]);
        let mut context = Context::new(false);
        assert_eq!(context.end(), ["reset all;"]);
        let _ = context.before(&with_role);
        assert_eq!(context.end(), ["reset role;", "reset all;"]);
    }
}
