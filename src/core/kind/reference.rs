//! The name of another object in a shape: the function of an event trigger, the parser of a configuration.

use std::fmt;

use crate::core::catalog::Row;
use crate::core::component::ComponentName;
use crate::core::kind::{Comparison, DecodeError, Kind};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// For a function whose arguments its purpose settles: a handler, a trigger.
#[must_use]
pub fn whatever(_arguments: &[TypeName]) -> bool {
    true
}

/// An object as SQL names it. Which one a name without a schema means depends on a search path that the SQL does not
/// show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The schema, where the SQL names one. The catalog always does.
    pub schema: Option<Identifier>,
    /// The name.
    pub name: Identifier,
}

impl Reference {
    /// The reference in two columns of a row; null is none.
    pub fn decode(row: &Row<'_>, schema: &str, name: &str) -> Result<Option<Self>, DecodeError> {
        let (schema, name) = (row.optional(schema)?, row.optional(name)?);
        Ok(name.map(|name| Self { schema: schema.map(Identifier::new), name: Identifier::new(name) }))
    }

    /// Whether a declared reference is this observed one. One without a schema is that name in any schema: what cannot
    /// be decided is not called different.
    #[must_use]
    pub fn is(&self, observed: &Self) -> bool {
        self.name == observed.name
            && self.schema.as_ref().is_none_or(|schema| observed.schema.as_ref() == Some(schema))
    }

    /// Says the new name of an object of this kind. Overloads are not told apart: `arguments` says whether a routine of
    /// these arguments may be the one that is meant.
    pub fn rename(
        &mut self,
        kind: Kind,
        renaming: &Renaming,
        mut arguments: impl FnMut(&[TypeName]) -> bool,
    ) {
        if let Some(schema) = &mut self.schema {
            renaming.schema(schema);
        }
        let new = match renaming {
            Renaming::Routine { from, to, .. } if kind == Kind::Function && from.kind == kind => {
                match &from.name {
                    ComponentName::Routine { name, arguments: of }
                        if self.may_be(name) && of.as_ref().is_none_or(|of| arguments(of)) =>
                    {
                        Some((name, to))
                    }
                    _ => None,
                }
            }
            Renaming::Routine { from, to, .. } if kind == Kind::Operator && from.kind == kind => {
                match &from.name {
                    ComponentName::Routine { name, .. } if self.may_be(name) => Some((name, to)),
                    _ => None,
                }
            }
            Renaming::Other { from, to } if from.kind == kind => match (&from.name, &to.name) {
                (ComponentName::InSchema(name), ComponentName::InSchema(to))
                | (ComponentName::ForMethod { name, .. }, ComponentName::ForMethod { name: to, .. })
                    if self.may_be(name) =>
                {
                    Some((name, to))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some((from, to)) = new {
            if self.schema.is_some() || from.schema != to.schema {
                self.schema = Some(to.schema.clone());
            }
            self.name = to.name.clone();
        }
    }

    /// Whether it may be the object of this name.
    #[must_use]
    pub fn may_be(&self, object: &QualifiedName) -> bool {
        self.name == object.name && self.schema.as_ref().is_none_or(|schema| *schema == object.schema)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => self.name.fmt(f),
        }
    }
}

impl Comparison {
    /// Compares a part that is another object; the inner `None` is none, the outer one leaves the part open.
    pub fn reference(
        &mut self,
        part: &'static str,
        expected: Option<&Option<Reference>>,
        actual: Option<&Option<Reference>>,
    ) {
        let (Some(expected), Some(actual)) = (expected, actual) else { return };
        let same = match (expected, actual) {
            (Some(expected), Some(actual)) => expected.is(actual),
            (None, None) => true,
            _ => false,
        };
        if !same {
            let show =
                |reference: &Option<Reference>| reference.as_ref().map_or("none".into(), ToString::to_string);
            self.differs(part, show(expected), show(actual));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::component::ComponentId;

    fn reference(schema: Option<&str>, name: &str) -> Reference {
        Reference { schema: schema.map(Identifier::new), name: name.into() }
    }

    #[test]
    fn a_reference_without_a_schema_is_the_name_in_any_schema() {
        let observed = reference(Some("crm"), "f");
        assert!(reference(None, "f").is(&observed) && reference(Some("crm"), "f").is(&observed));
        assert!(!reference(None, "g").is(&observed) && !reference(Some("public"), "f").is(&observed));
        assert!(reference(None, "f").may_be(&QualifiedName::new("crm", "f")));
        assert!(!reference(Some("public"), "f").may_be(&QualifiedName::new("crm", "f")));
    }

    #[test]
    fn a_reference_goes_with_the_overload_that_is_renamed() {
        let from =
            ComponentId::routine(QualifiedName::new("crm", "f"), Some(vec![TypeName::built_in("int4")]));
        let to = QualifiedName::new("app", "g");
        let renaming = Renaming::Routine { from, to, is_called_without: false };
        let renamed = |schema, takes: bool| {
            let mut reference = reference(schema, "f");
            reference.rename(Kind::Function, &renaming, |_| takes);
            reference.to_string()
        };
        assert_eq!(renamed(Some("crm"), true), "app.g");
        assert_eq!(renamed(None, true), "app.g");
        assert_eq!(renamed(Some("crm"), false), "crm.f");
        assert_eq!(renamed(Some("public"), true), "public.f");
    }

    #[test]
    fn a_reference_and_none_differ_and_an_open_part_does_not() {
        let mut comparison = Comparison::default();
        let (f, none) = (Some(reference(None, "f")), None);
        comparison.reference("function", None, Some(&f));
        comparison.reference("function", Some(&none), Some(&none));
        assert_eq!(comparison, Comparison::default());
        comparison.reference("function", Some(&f), Some(&none));
        assert_eq!((&*comparison.differences[0].expected, &*comparison.differences[0].actual), ("f", "none"));
    }
}
