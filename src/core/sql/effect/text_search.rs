//! CREATE TEXT SEARCH PARSER, TEMPLATE, DICTIONARY and CONFIGURATION; ALTER TEXT SEARCH CONFIGURATION.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AlterTsConfigType, Node, ObjectType};

use super::element::{self, Elements};
use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::reference::Reference;
use crate::core::kind::text_search_configuration::{Mappings, TextSearchConfiguration};
use crate::core::kind::text_search_dictionary::TextSearchDictionary;
use crate::core::kind::text_search_parser::TextSearchParser;
use crate::core::kind::text_search_template::TextSearchTemplate;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::parse;

/// The configurations that PostgreSQL brings along (`snowball_create.sql`), in whichever of the versions 12 to 18: a name
/// without a schema means them first.
const BUILT_IN: [&str; 30] = [
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "simple",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];

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
        // A copy takes over the parser of another one, and the mappings.
        ObjectType::ObjectTsconfiguration => {
            let mappings = (!elements.has("copy")).then(|| Mappings::all([]));
            TextSearchConfiguration { parser: elements.reference(&["parser"]), mappings }.into()
        }
        _ => return None,
    };
    let id = ComponentId::in_schema(shape.kind(), parse::qualified(&statement.defnames, scope)?);
    Some(vec![Effect::Create { id, shape, if_exists: IfExists::Refuse }])
}

/// ALTER TEXT SEARCH CONFIGURATION: which dictionaries are asked about which types of tokens from now on.
#[must_use]
pub fn alter(statement: &protobuf::AlterTsConfigurationStmt, scope: &Scope) -> Vec<Effect> {
    let words = "ALTER TEXT SEARCH CONFIGURATION ... REPLACE";
    let kind = Kind::TextSearchConfiguration;
    let Some(mut name) = parse::named(kind, &statement.cfgname, scope) else { return Vec::new() };
    if statement.cfgname.len() == 1 && BUILT_IN.contains(&name.name.as_str()) {
        name = QualifiedName { schema: Identifier::new("pg_catalog"), ..name };
    }
    let id = ComponentId::in_schema(kind, name);
    let dictionaries: Option<Vec<Reference>> = match statement.kind() {
        AlterTsConfigType::AlterTsconfigAddMapping | AlterTsConfigType::AlterTsconfigAlterMappingForToken => {
            Some(statement.dicts.iter().filter_map(dictionary).collect())
        }
        AlterTsConfigType::AlterTsconfigDropMapping => None,
        _ => {
            let reason = words.to_owned();
            return vec![
                Effect::Obscure { ids: [id].into(), reason: reason.clone() },
                Effect::NotModelled(reason),
            ];
        }
    };
    let aliases = parse::strings(&statement.tokentype);
    let mappings = aliases.into_iter().map(|alias| (alias.to_owned(), dictionaries.clone()));
    let mappings = Some(Mappings::some(mappings));
    vec![Effect::Change { id, change: TextSearchConfiguration { parser: None, mappings }.into() }]
}

fn dictionary(node: &Node) -> Option<Reference> {
    match node.node.as_ref()? {
        NodeEnum::List(names) => element::reference(&names.items),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::{created, of};

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
                TextSearchConfiguration { parser: Some(default), mappings: Some(Mappings::all([])) }.into(),
            ),
            (
                "create text search configuration c (copy = english)",
                "text_search_configuration/public.c",
                Shape::open(Kind::TextSearchConfiguration),
            ),
        ] {
            let (found, read, _) = created(sql);
            assert_eq!((found.as_str(), read), (id, shape), "{sql}");
        }
    }

    #[test]
    fn the_mappings_of_a_configuration_are_followed() {
        let changed = |sql: &str| match &of(sql)[..] {
            [Effect::Change { id, change: Shape::TextSearchConfiguration(change) }] => {
                let mappings = change.mappings.clone().unwrap();
                assert!(!mappings.complete);
                let shown = mappings.values.iter().map(|(alias, dictionaries)| match dictionaries {
                    Some(dictionaries) => {
                        let names: Vec<String> = dictionaries.iter().map(ToString::to_string).collect();
                        format!("{alias}: {}", names.join(", "))
                    }
                    None => format!("no {alias}"),
                });
                (id.to_string(), shown.collect::<Vec<_>>())
            }
            other => panic!("{sql}: {other:?}"),
        };
        let add = "alter text search configuration c add mapping for word, hword with crm.words, simple";
        let c = "text_search_configuration/public.c".to_owned();
        assert_eq!(
            changed(add),
            (c.clone(), vec!["hword: crm.words, simple".into(), "word: crm.words, simple".into()])
        );
        let alter = "alter text search configuration c alter mapping for word with simple";
        assert_eq!(changed(alter), (c.clone(), vec!["word: simple".into()]));
        let drop = "alter text search configuration c drop mapping if exists for url";
        assert_eq!(changed(drop), (c, vec!["no url".into()]));
        let built_in = "alter text search configuration english alter mapping for word with simple";
        assert_eq!(changed(built_in).0, "text_search_configuration/pg_catalog.english");
        let replace =
            "alter text search configuration c alter mapping for word replace simple with crm.words";
        assert!(matches!(&of(replace)[..], [Effect::Obscure { .. }, Effect::NotModelled(_)]));
    }
}
