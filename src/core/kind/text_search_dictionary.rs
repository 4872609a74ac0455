//! Text search dictionaries: `pg_ts_dict`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// A text search dictionary; its options are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSearchDictionary {
    /// The template that it uses, where the SQL names it.
    pub template: Option<Reference>,
}

impl Room for TextSearchDictionary {
    const ABOUT: About = About {
        declared_by: "`CREATE TEXT SEARCH DICTIONARY`.",
        compared: "The template.",
        not_compared: "The options.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("text_search_dictionary.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let shape = Self { template: Reference::decode(row, "template_schema", "template")? };
        Ok((ComponentId::in_schema(Kind::TextSearchDictionary, row.qualified("schema", "name")?), shape))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { template } = self;
        let mut comparison = Comparison::default();
        if template.is_some() {
            comparison.reference("template", Some(template), Some(&observed.template));
        }
        comparison.not_compared("options");
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(template) = &mut self.template {
            template.rename(Kind::TextSearchTemplate, renaming, whatever);
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
    fn its_template_is_compared_where_it_is_named() {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("n")),
            ("template_schema", Some("pg_catalog")),
            ("template", Some("default")),
        ];
        let (id, shape) = decode(Kind::TextSearchDictionary, &columns).unwrap();
        assert_eq!(id.to_string(), "text_search_dictionary/crm.n");
        let Shape::TextSearchDictionary(seen) = shape else { panic!("a text search dictionary") };
        assert_eq!(told(&TextSearchDictionary::default(), &seen), ["not compared: options"]);
        let named = |name: &str| TextSearchDictionary {
            template: Some(Reference { schema: None, name: name.into() }),
        };
        assert_eq!(told(&named("default"), &seen), ["not compared: options"]);
        assert_eq!(
            told(&named("other"), &seen),
            ["template: other / pg_catalog.default", "not compared: options"]
        );
    }
}
