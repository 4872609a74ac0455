//! Text search parsers: `pg_ts_parser`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};

/// A text search parser; its functions are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextSearchParser {}

impl Room for TextSearchParser {
    const ABOUT: About = About {
        declared_by: "`CREATE TEXT SEARCH PARSER`.",
        compared: "Whether it is there.",
        not_compared: "Its functions.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("text_search_parser.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Ok((ComponentId::in_schema(Kind::TextSearchParser, row.qualified("schema", "name")?), Self {}))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        comparison.not_compared("functions");
        comparison
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    #[test]
    fn it_is_there_by_name_and_its_functions_are_not_compared() {
        let (id, _) =
            decode(Kind::TextSearchParser, &[("schema", Some("crm")), ("name", Some("n"))]).unwrap();
        assert_eq!(id.to_string(), "text_search_parser/crm.n");
        assert_eq!(told(&TextSearchParser {}, &TextSearchParser {}), ["not compared: functions"]);
    }
}
