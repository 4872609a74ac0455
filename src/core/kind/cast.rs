//! Casts: `pg_cast`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::letter::Letter;
use crate::core::kind::reference::Reference;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Wanted};
use crate::core::renaming::Renaming;

/// A cast. The two types are its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cast {
    /// How it casts.
    pub method: Option<CastMethod>,
    /// Where it casts by itself.
    pub context: Option<CastContext>,
}

/// How a cast works (`pg_cast.castmethod`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CastMethod {
    /// By a function; `None` where its name is not known.
    Function(Option<Reference>),
    /// Through text: WITH INOUT.
    InOut,
    /// Not at all, the values are the same bytes: WITHOUT FUNCTION.
    Binary,
}

/// Where a cast works without being written (`pg_cast.castcontext`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastContext {
    /// Nowhere.
    Explicit,
    /// Where a value is assigned to a column.
    Assignment,
    /// Everywhere.
    Implicit,
}

impl Letter for CastContext {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Explicit, "e", "explicit"),
        (Self::Assignment, "a", "as assignment"),
        (Self::Implicit, "i", "as implicit"),
    ];
}

impl Room for Cast {
    const ABOUT: About = About {
        declared_by: "`CREATE CAST`.",
        compared: "The method (function, `INOUT`, without function), the function, and the context: explicit, \
            assignment or implicit.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("cast.sql"));

    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        if let ComponentName::Cast { from, to } = &id.name {
            wanted.add(from.name.as_str(), to.name.as_str());
        }
    }

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let method = match row.text("method")? {
            "f" => CastMethod::Function(Reference::decode(row, "function_schema", "function")?),
            "i" => CastMethod::InOut,
            "b" => CastMethod::Binary,
            other => return Err(row.unknown_value("method", other)),
        };
        let context = row.letter("context")?;
        let name = ComponentName::cast(row.type_name("source")?, row.type_name("target")?);
        Ok((ComponentId { kind: Kind::Cast, name }, Self { method: Some(method), context: Some(context) }))
    }

    /// Declared types may lack a schema, so the identities need not be equal.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let ComponentName::Cast { from, to } = &id.name else { return Found::Nothing };
        search.catalog.cast(from, to).map_or(Found::Nothing, |id| Found::Is(id.clone()))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { method, context } = self;
        let mut comparison = Comparison::default();
        match (method, &observed.method) {
            (Some(CastMethod::Function(Some(expected))), Some(CastMethod::Function(Some(actual)))) => {
                if !expected.is(actual) {
                    comparison.differs("function", expected.to_string(), actual.to_string());
                }
            }
            (Some(CastMethod::Function(_)), Some(CastMethod::Function(_))) => {}
            (expected, actual) => {
                comparison.part("method", expected.as_ref(), actual.as_ref(), CastMethod::show);
            }
        }
        comparison.letter("context", *context, observed.context);
        comparison
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        let ComponentName::Cast { from, .. } = &id.name else { return };
        if let Some(CastMethod::Function(Some(function))) = &mut self.method {
            // Modifier and context may be further arguments.
            function.rename(Kind::Function, renaming, |arguments| {
                arguments.first().is_some_and(|first| first.is_same_ignoring_modifier(from))
            });
        }
    }
}

impl CastMethod {
    fn show(&self) -> String {
        match self {
            Self::Function(Some(function)) => format!("with function {function}"),
            Self::Function(None) => "with a function".into(),
            Self::InOut => "with inout".into(),
            Self::Binary => "without function".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;
    use crate::core::type_name::TypeName;

    fn observed(method: &str, context: &str) -> (ComponentId, Cast) {
        let function = (method == "f").then_some("to_mood");
        let columns = [
            ("source", Some("integer")),
            ("target", Some("crm.mood")),
            ("method", Some(method)),
            ("context", Some(context)),
            ("function_schema", function.map(|_| "crm")),
            ("function", function),
        ];
        let (id, shape) = decode(Kind::Cast, &columns).unwrap();
        assert_eq!(id.to_string(), "cast/(integer as crm.mood)");
        let Shape::Cast(cast) = shape else { panic!("a cast") };
        (id, *cast)
    }

    #[test]
    fn each_part_of_a_cast_is_compared() {
        let with = |name: &str| CastMethod::Function(Some(Reference { schema: None, name: name.into() }));
        let cast = |method, context| Cast { method: Some(method), context: Some(context) };
        let seen = observed("f", "a").1;
        for (declared, differences) in [
            (Cast::default(), vec![]),
            (cast(with("to_mood"), CastContext::Assignment), vec![]),
            (
                cast(with("other"), CastContext::Implicit),
                vec!["function: other / crm.to_mood", "context: as implicit / as assignment"],
            ),
            (
                cast(CastMethod::InOut, CastContext::Explicit),
                vec!["method: with inout / with function crm.to_mood", "context: explicit / as assignment"],
            ),
        ] {
            assert_eq!(told(&declared, &seen), differences);
        }
        assert_eq!(
            told(&cast(with("to_mood"), CastContext::Explicit), &observed("b", "e").1),
            ["method: with function to_mood / without function"]
        );
    }

    #[test]
    fn a_cast_is_known_by_its_types_which_may_lack_their_schema() {
        let mut catalog = Catalog::default();
        let (seen, cast) = observed("i", "e");
        catalog.insert(seen.clone(), cast.into());
        let taken = BTreeSet::new();
        let search = Search { catalog: &catalog, taken: &taken, name_is_generated: false };
        let mood = TypeName { schema: None, ..TypeName::built_in("mood") };
        let id = |from, to| ComponentId { kind: Kind::Cast, name: ComponentName::cast(from, to) };
        let find = |from, to| Cast::default().find(&id(from, to), &search);
        assert_eq!(find(TypeName::built_in("int4"), mood.clone()), Found::Is(seen));
        assert_eq!(find(mood, TypeName::built_in("int4")), Found::Nothing);
    }
}
