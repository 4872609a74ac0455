//! Text search configurations: `pg_ts_config`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// A text search configuration; its mappings are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSearchConfiguration {
    /// The parser that it uses, where the SQL names it.
    pub parser: Option<Reference>,
}

impl Room for TextSearchConfiguration {
    const ABOUT: About = About {
        declared_by: "`CREATE TEXT SEARCH CONFIGURATION`.",
        compared: "The parser.",
        not_compared: "The mappings of token types to dictionaries.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("text_search_configuration.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let shape = Self { parser: Reference::decode(row, "parser_schema", "parser")? };
        Ok((ComponentId::in_schema(Kind::TextSearchConfiguration, row.qualified("schema", "name")?), shape))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { parser } = self;
        let mut comparison = Comparison::default();
        if parser.is_some() {
            comparison.reference("parser", Some(parser), Some(&observed.parser));
        }
        comparison.not_compared("mappings");
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(parser) = &mut self.parser {
            parser.rename(Kind::TextSearchParser, renaming, whatever);
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
    fn its_parser_is_compared_where_it_is_named() {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("n")),
            ("parser_schema", Some("pg_catalog")),
            ("parser", Some("default")),
        ];
        let (id, shape) = decode(Kind::TextSearchConfiguration, &columns).unwrap();
        assert_eq!(id.to_string(), "text_search_configuration/crm.n");
        let Shape::TextSearchConfiguration(seen) = shape else { panic!("a text search configuration") };
        assert_eq!(told(&TextSearchConfiguration::default(), &seen), ["not compared: mappings"]);
        let named = |name: &str| TextSearchConfiguration {
            parser: Some(Reference { schema: None, name: name.into() }),
        };
        assert_eq!(told(&named("default"), &seen), ["not compared: mappings"]);
        assert_eq!(
            told(&named("other"), &seen),
            ["parser: other / pg_catalog.default", "not compared: mappings"]
        );
    }
}
