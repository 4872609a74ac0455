//! Languages for functions: `pg_language`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// A language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Language {
    /// TRUSTED: any role may write functions in it.
    pub trusted: Option<bool>,
    /// The function that runs its functions, where the SQL names it.
    pub handler: Option<Reference>,
}

impl Room for Language {
    const ABOUT: About = About {
        declared_by: "`CREATE LANGUAGE`.",
        compared: "Whether it is trusted, and the handler.",
        not_compared: "The inline handler and the validator.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("language.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let language = Self {
            trusted: Some(row.boolean("trusted")?),
            handler: Reference::decode(row, "handler_schema", "handler")?,
        };
        Ok((ComponentId::global(Kind::Language, row.identifier("name")?), language))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { trusted, handler } = self;
        let mut comparison = Comparison::default();
        comparison.either("trust", *trusted, observed.trusted, ("trusted", "not trusted"));
        if handler.is_some() {
            comparison.reference("handler", Some(handler), Some(&observed.handler));
        }
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(handler) = &mut self.handler {
            handler.rename(Kind::Function, renaming, whatever);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    #[test]
    fn each_part_of_a_language_is_compared() {
        let columns = [
            ("name", Some("plsample")),
            ("trusted", Some("f")),
            ("handler_schema", Some("public")),
            ("handler", Some("plsample_call_handler")),
        ];
        let (id, shape) = decode(Kind::Language, &columns).unwrap();
        assert_eq!(id.to_string(), "language/plsample");
        let Shape::Language(seen) = shape else { panic!("a language") };
        assert_eq!(told(&Language::default(), &seen), Vec::<String>::new());
        let declared =
            Language { trusted: Some(true), handler: Some(Reference { schema: None, name: "other".into() }) };
        assert_eq!(
            told(&declared, &seen),
            ["trust: trusted / not trusted", "handler: other / public.plsample_call_handler"]
        );
    }
}
