//! Text search configurations: `pg_ts_config`, and their mappings: `pg_ts_config_map`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::entries::Entries;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// A text search configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSearchConfiguration {
    /// The parser that it uses, where the SQL names it.
    pub parser: Option<Reference>,
    /// The dictionaries of each type of token, in the order in which they are asked. A copy takes over those of another
    /// configuration, which are left open.
    pub mappings: Option<Mappings>,
}

/// Dictionaries by the aliases of types of tokens.
pub type Mappings = Entries<String, Vec<Reference>>;

/// The types of tokens of the parser `pg_catalog.default`, from the first number on: `tok_alias` in PostgreSQL's
/// `wparser_def.c`. Those of another parser only its own function tells, which may raise or do anything.
const TOKEN_TYPES: [&str; 23] = [
    "asciiword",
    "word",
    "numword",
    "email",
    "url",
    "host",
    "sfloat",
    "version",
    "hword_numpart",
    "hword_part",
    "hword_asciipart",
    "blank",
    "tag",
    "protocol",
    "numhword",
    "asciihword",
    "hword",
    "url_path",
    "file",
    "float",
    "int",
    "uint",
    "entity",
];

impl Room for TextSearchConfiguration {
    const ABOUT: About = About {
        declared_by: "`CREATE TEXT SEARCH CONFIGURATION`, `ALTER TEXT SEARCH CONFIGURATION`.",
        compared: "The parser, and the dictionaries of each type of token in their order.",
        not_compared: "The mappings that a copy takes over, and those of a parser that is not `pg_catalog.default`.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("text_search_configuration.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let parser = Reference::decode(row, "parser_schema", "parser")?;
        let is_known = parser.as_ref().is_some_and(|parser| {
            parser.name.as_str() == "default"
                && parser.schema.as_ref().is_some_and(|schema| schema.as_str() == "pg_catalog")
        });
        let mappings = if is_known { mappings(row)? } else { None };
        let id = ComponentId::in_schema(Kind::TextSearchConfiguration, row.qualified("schema", "name")?);
        Ok((id, Self { parser, mappings }))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { parser, mappings } = self;
        let mut comparison = Comparison::default();
        if parser.is_some() {
            comparison.reference("parser", Some(parser), Some(&observed.parser));
        }
        if let (Some(expected), Some(actual)) = (mappings, &observed.mappings) {
            let expected = as_observed(expected, actual);
            Mappings::compare("mappings", Some(&expected), Some(actual), &mut comparison, show);
        }
        if mappings.as_ref().is_none_or(|mappings| !mappings.complete) || observed.mappings.is_none() {
            comparison.not_compared("mappings");
        }
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { parser, mappings } = change;
        self.parser = parser.or(self.parser.take());
        Mappings::change(&mut self.mappings, mappings);
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(parser) = &mut self.parser {
            parser.rename(Kind::TextSearchParser, renaming, whatever);
        }
        for dictionaries in self.mappings.iter_mut().flat_map(|mappings| mappings.values.values_mut()) {
            for dictionary in dictionaries.iter_mut().flatten() {
                dictionary.rename(Kind::TextSearchDictionary, renaming, whatever);
            }
        }
    }
}

impl TextSearchConfiguration {
    /// The dictionaries that are named.
    pub fn dictionaries(&self) -> impl Iterator<Item = &Reference> {
        self.mappings.iter().flat_map(|mappings| mappings.values.values()).flatten().flatten()
    }
}

/// The mappings of a row; `None` where a type of tokens is one that this version does not know.
fn mappings(row: &Row<'_>) -> Result<Option<Mappings>, DecodeError> {
    let rows: Vec<(usize, String, String)> = row.json_or_default("mappings")?;
    let mut mappings = Mappings::all([]);
    for (number, schema, name) in rows {
        let Some(alias) = number.checked_sub(1).and_then(|index| TOKEN_TYPES.get(index)) else {
            return Ok(None);
        };
        let dictionary = Reference { schema: Some(Identifier::new(&schema)), name: Identifier::new(&name) };
        let dictionaries = mappings.values.entry((*alias).to_owned()).or_default();
        dictionaries.get_or_insert_default().push(dictionary);
    }
    Ok(Some(mappings))
}

/// The declared mappings, each as it is observed where that is what it means.
fn as_observed(declared: &Mappings, observed: &Mappings) -> Mappings {
    let mut declared = declared.clone();
    for (alias, dictionaries) in &mut declared.values {
        if let (Some(declared), Some(Some(observed))) = (&mut *dictionaries, observed.values.get(alias))
            && declared.len() == observed.len()
            && declared.iter().zip(observed).all(|(one, other)| one.is(other))
        {
            declared.clone_from(observed);
        }
    }
    declared
}

fn show(alias: &String, dictionaries: Option<&Vec<Reference>>) -> String {
    match dictionaries {
        Some(dictionaries) => {
            let names: Vec<String> = dictionaries.iter().map(ToString::to_string).collect();
            format!("{alias} with {}", names.join(", "))
        }
        None => format!("no {alias}"),
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
            ("mappings", None),
        ];
        let (id, shape) = decode(Kind::TextSearchConfiguration, &columns).unwrap();
        assert_eq!(id.to_string(), "text_search_configuration/crm.n");
        let Shape::TextSearchConfiguration(seen) = shape else { panic!("a text search configuration") };
        assert_eq!(told(&TextSearchConfiguration::default(), &seen), ["not compared: mappings"]);
        let named = |name: &str| TextSearchConfiguration {
            parser: Some(Reference { schema: None, name: name.into() }),
            mappings: None,
        };
        assert_eq!(told(&named("default"), &seen), ["not compared: mappings"]);
        assert_eq!(
            told(&named("other"), &seen),
            ["parser: other / pg_catalog.default", "not compared: mappings"]
        );
    }

    fn mapped(parser: &str, mappings: &str) -> TextSearchConfiguration {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("n")),
            ("parser_schema", Some("pg_catalog")),
            ("parser", Some(parser)),
            ("mappings", Some(mappings)),
        ];
        match decode(Kind::TextSearchConfiguration, &columns).unwrap().1 {
            Shape::TextSearchConfiguration(shape) => *shape,
            other => panic!("{other:?}"),
        }
    }

    fn with(mappings: Mappings) -> TextSearchConfiguration {
        TextSearchConfiguration { parser: None, mappings: Some(mappings) }
    }

    fn asks(alias: &str, dictionaries: &[&str]) -> (String, Option<Vec<Reference>>) {
        let reference = |name: &&str| Reference { schema: None, name: (*name).into() };
        (alias.to_owned(), Some(dictionaries.iter().map(reference).collect()))
    }

    const SEEN: &str = r#"[[1, "pg_catalog", "simple"], [17, "crm", "words"], [17, "pg_catalog", "simple"]]"#;

    #[test]
    fn the_dictionaries_of_each_type_of_token_are_compared_in_their_order() {
        let seen = mapped("default", SEEN);
        let all = |hyphenated: &[&str]| {
            let mut all = Mappings::all([]);
            all.values.extend([asks("asciiword", &["simple"]), asks("hword", hyphenated)]);
            with(all)
        };
        assert_eq!(told(&all(&["words", "simple"]), &seen), [""; 0]);
        assert_eq!(
            told(&all(&["simple", "words"]), &seen),
            ["mappings: hword with simple, words / hword with crm.words, pg_catalog.simple"]
        );
        assert_eq!(
            told(&with(Mappings::all([])), &mapped("default", r#"[[1, "pg_catalog", "simple"]]"#)),
            ["mappings: no asciiword / asciiword with pg_catalog.simple"]
        );
    }

    #[test]
    fn of_a_copy_only_what_was_mapped_afterwards_is_compared() {
        let seen = mapped("default", SEEN);
        let copy = |some| with(Mappings::some(some));
        let not = "not compared: mappings".to_owned();
        assert_eq!(told(&copy([asks("asciiword", &["simple"])]), &seen), std::slice::from_ref(&not));
        assert_eq!(
            told(&copy([("hword".to_owned(), None)]), &seen),
            ["mappings: no hword / hword with crm.words, pg_catalog.simple".to_owned(), not.clone()]
        );
        // What another parser calls its types is not known.
        assert_eq!(told(&with(Mappings::all([asks_nothing()])), &mapped("other", SEEN)), [not]);
    }

    fn asks_nothing() -> (String, Vec<Reference>) {
        ("asciiword".to_owned(), Vec::new())
    }
}
