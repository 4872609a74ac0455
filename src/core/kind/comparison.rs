//! The comparison of one component, part by part: what differs, and what could not be compared.

use serde::Serialize;

use crate::core::definition::{Clause, Definition, Normal};
use crate::core::name::Identifier;
use crate::core::type_name::TypeName;

/// Why a definition was not compared, where nothing more is known.
const NOT_ASKED: &str = "the server was not asked about it";

/// The result of comparing one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The parts that differ. Empty: the shapes agree as far as they were compared.
    pub differences: Vec<Difference>,
    /// Parts that could not be compared soundly: never a difference.
    pub not_compared: Vec<NotCompared>,
    /// Why a part could not be seen, where one could not: then the component is Unknown, unless it differs.
    pub unseen: Option<String>,
    /// How many definitions were compared by their normal forms, or found absent on one side.
    pub definitions_compared: usize,
    /// How many definitions could not be seen.
    pub definitions_unseen: usize,
    /// Why each of the other definitions was not compared.
    pub definitions_not_compared: Vec<String>,
}

/// A part that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The part, in words.
    pub part: &'static str,
    /// Why, where there is more to say than that nobody asked the server.
    pub reason: Option<String>,
}

/// One part of a component that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The part, in words: `type`, `not null`, `columns`.
    pub part: &'static str,
    /// What is declared.
    pub expected: String,
    /// What the database holds.
    pub actual: String,
}

impl Comparison {
    /// Compares one part: an open (`None`) declared part, or an unread observed one, is equal to everything.
    pub fn part<T: PartialEq>(
        &mut self,
        part: &'static str,
        expected: Option<&T>,
        actual: Option<&T>,
        show: impl Fn(&T) -> String,
    ) {
        if let (Some(expected), Some(actual)) = (expected, actual)
            && expected != actual
        {
            self.differs(part, show(expected), show(actual));
        }
    }

    /// Compares one part that is so or not, in words.
    pub fn either(
        &mut self,
        part: &'static str,
        expected: Option<bool>,
        actual: Option<bool>,
        (yes, no): (&str, &str),
    ) {
        let show = |so: &bool| if *so { yes.to_owned() } else { no.to_owned() };
        self.part(part, expected.as_ref(), actual.as_ref(), show);
    }

    /// Compares a type. A declared type that lacks a schema is that type in any schema ([`TypeName::is`]).
    pub fn data_type(&mut self, part: &'static str, expected: Option<&TypeName>, actual: Option<&TypeName>) {
        if let (Some(expected), Some(actual)) = (expected, actual)
            && !expected.is(actual)
        {
            self.differs(part, expected.to_string(), actual.to_string());
        }
    }

    /// Compares the definitions that both sides have, by the normal forms that the server's planner gave them. Text
    /// alone never makes a difference.
    pub fn definition(
        &mut self,
        part: &'static str,
        expected: Option<&Definition>,
        actual: Option<&Definition>,
    ) {
        let (Some(expected), Some(actual)) = (expected, actual) else {
            self.definitions_not_compared.push(NOT_ASKED.to_owned());
            return self.not_compared(part);
        };
        match (&expected.normal, &actual.normal) {
            (Some(Normal::Form(one)), Some(Normal::Form(other))) if one == other => {
                self.definitions_compared += 1;
            }
            (Some(Normal::Form(_)), Some(Normal::Form(_))) => match &expected.doubt {
                None => {
                    self.definitions_compared += 1;
                    self.differs(part, expected.text.as_str(), actual.text.as_str());
                }
                Some(doubt) => self.definition_not_compared(part, doubt),
            },
            (Some(Normal::Unseen(reason)), _) | (_, Some(Normal::Unseen(reason))) => {
                self.definitions_unseen += 1;
                self.unseen.get_or_insert_with(|| reason.clone());
            }
            (Some(Normal::None(reason)), _) | (_, Some(Normal::None(reason))) => {
                self.definition_not_compared(part, reason);
            }
            _ => {
                self.definitions_not_compared.push(NOT_ASKED.to_owned());
                self.not_compared(part);
            }
        }
    }

    fn definition_not_compared(&mut self, part: &'static str, reason: &str) {
        self.definitions_not_compared.push(reason.to_owned());
        self.not_compared_because(part, reason);
    }

    /// Compares a definition that either side may lack; `words` says so: `no default`.
    pub fn clause(
        &mut self,
        part: &'static str,
        expected: Option<&Clause>,
        actual: Option<&Clause>,
        (defined, absent): (&str, &str),
    ) {
        let (Some(expected), Some(actual)) = (expected, actual) else { return };
        let show = |clause: &Clause| match clause {
            Clause::Absent => absent.to_owned(),
            Clause::Defined(None) => defined.to_owned(),
            Clause::Defined(Some(definition)) => definition.text.clone(),
        };
        match (expected, actual) {
            (Clause::Absent, Clause::Absent) => {}
            (Clause::Defined(expected), Clause::Defined(actual)) => {
                self.definition(part, expected.as_ref(), actual.as_ref());
            }
            _ => {
                self.definitions_compared += 1;
                self.differs(part, show(expected), show(actual));
            }
        }
    }

    /// Records a difference.
    pub fn differs(&mut self, part: &'static str, expected: impl Into<String>, actual: impl Into<String>) {
        self.differences.push(Difference { part, expected: expected.into(), actual: actual.into() });
    }

    /// Records a part that was not compared.
    pub fn not_compared(&mut self, part: &'static str) {
        self.not_compared.push(NotCompared { part, reason: None });
    }

    /// Records a part that was not compared, and why.
    pub fn not_compared_because(&mut self, part: &'static str, reason: impl Into<String>) {
        self.not_compared.push(NotCompared { part, reason: Some(reason.into()) });
    }
}

/// Names as a list in parentheses: `(id, squad_id)`.
#[must_use]
pub fn list<'a>(names: impl IntoIterator<Item = &'a Identifier>) -> String {
    let names: Vec<String> = names.into_iter().map(ToString::to_string).collect();
    format!("({})", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unequal_normal_forms_differ_unless_a_statement_makes_them_doubtful() {
        let normal = |text: &str| Some(Normal::Form(text.into()));
        let path = std::sync::Arc::from([Identifier::new("public")]);
        let compared = |doubt: Option<&str>, other: &str| {
            let mut declared = Definition::declared("a".to_owned(), &path);
            (declared.normal, declared.doubt) = (normal("a"), doubt.map(str::to_owned));
            let mut observed = Definition::observed("x".to_owned());
            observed.normal = normal(other);
            let mut comparison = Comparison::default();
            comparison.definition("default", Some(&declared), Some(&observed));
            (
                comparison.differences.len(),
                comparison.definitions_compared,
                comparison.definitions_not_compared,
            )
        };
        assert_eq!(compared(None, "a"), (0, 1, vec![]));
        assert_eq!(compared(None, "b"), (1, 1, vec![]));
        assert_eq!(compared(Some("a rename"), "a"), (0, 1, vec![]));
        assert_eq!(compared(Some("a rename"), "b"), (0, 0, vec!["a rename".to_owned()]));
    }
}
