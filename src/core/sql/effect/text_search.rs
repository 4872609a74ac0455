//! CREATE TEXT SEARCH PARSER, TEMPLATE, DICTIONARY and CONFIGURATION.

use pg_query::protobuf::{self, ObjectType};

use super::element::Elements;
use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Shape;
use crate::core::kind::text_search_configuration::TextSearchConfiguration;
use crate::core::kind::text_search_dictionary::TextSearchDictionary;
use crate::core::kind::text_search_parser::TextSearchParser;
use crate::core::kind::text_search_template::TextSearchTemplate;
use crate::core::sql::parse;

/// The object; `None` where the statement makes none for text search.
#[must_use]
pub fn effects(statement: &protobuf::DefineStmt, scope: &Scope) -> Option<Vec<Effect>> {
    let elements = Elements::of(&statement.definition);
    let shape: Shape = match statement.kind() {
        ObjectType::ObjectTsparser => TextSearchParser {}.into(),
        ObjectType::ObjectTstemplate => TextSearchTemplate {}.into(),
        ObjectType::ObjectTsdictionary => {
            TextSearchDictionary { template: elements.reference(&["template"]) }.into()
        }
        // A copy takes over the parser of another one.
        ObjectType::ObjectTsconfiguration => {
            TextSearchConfiguration { parser: elements.reference(&["parser"]) }.into()
        }
        _ => return None,
    };
    let id = ComponentId::in_schema(shape.kind(), parse::qualified(&statement.defnames, scope)?);
    Some(vec![Effect::Create { id, shape, if_exists: IfExists::Refuse }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::reference::Reference;
    use crate::core::sql::effect::tests::created;

    #[test]
    fn text_search_objects_are_read_with_what_they_use() {
        let default = Reference { schema: Some("pg_catalog".into()), name: "default".into() };
        let simple = Reference { schema: None, name: "simple".into() };
        for (sql, id, shape) in [
            (
                "create text search parser p (start = f, gettoken = g, end = e, lextypes = l)",
                "text_search_parser/public.p",
                TextSearchParser {}.into(),
            ),
            (
                "create text search template crm.t (lexize = f)",
                "text_search_template/crm.t",
                TextSearchTemplate {}.into(),
            ),
            (
                "create text search dictionary d (template = simple, accept = false)",
                "text_search_dictionary/public.d",
                TextSearchDictionary { template: Some(simple) }.into(),
            ),
            (
                "create text search configuration c (parser = pg_catalog.\"default\")",
                "text_search_configuration/public.c",
                TextSearchConfiguration { parser: Some(default) }.into(),
            ),
            (
                "create text search configuration c (copy = english)",
                "text_search_configuration/public.c",
                Shape::open(crate::core::kind::Kind::TextSearchConfiguration),
            ),
        ] {
            let (found, read, _) = created(sql);
            assert_eq!((found.as_str(), read), (id, shape), "{sql}");
        }
    }
}
