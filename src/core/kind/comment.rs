//! Comments: `pg_description`, and `pg_shdescription` for roles.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::about::{self, about};
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search};

/// The comment on an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comment {
    /// Its text.
    pub text: Option<String>,
}

/// What comments are read of.
const COMMENTED: [Kind; 29] = [
    Kind::Role,
    Kind::Schema,
    Kind::Extension,
    Kind::Type,
    Kind::Sequence,
    Kind::Table,
    Kind::ForeignTable,
    Kind::Column,
    Kind::Constraint,
    Kind::Index,
    Kind::View,
    Kind::MaterializedView,
    Kind::Function,
    Kind::Trigger,
    Kind::Policy,
    Kind::Rule,
    Kind::Statistics,
    Kind::Collation,
    Kind::Conversion,
    Kind::TextSearchParser,
    Kind::TextSearchTemplate,
    Kind::TextSearchDictionary,
    Kind::TextSearchConfiguration,
    Kind::Language,
    Kind::AccessMethod,
    Kind::ForeignDataWrapper,
    Kind::Server,
    Kind::EventTrigger,
    Kind::Publication,
];

impl Comment {
    /// Whether the query reads the comments on objects of a kind.
    #[must_use]
    pub fn is_read_of(kind: Kind) -> bool {
        COMMENTED.contains(&kind)
    }
}

impl Room for Comment {
    const ABOUT: About = About {
        declared_by: "`COMMENT ON`.",
        compared: "The text, or that there is none.",
        not_compared: "Comments on casts, operators, operator classes and families, transforms, large objects, \
            databases, tablespaces and subscriptions, which are said as not audited.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("comment.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let comment = Self { text: Some(row.text("text")?.to_owned()) };
        Ok((about(Kind::Comment, about::object(row)?, None), comment))
    }

    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        about::find(id, search)
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        let Self { text } = self;
        comparison.part("text", text.as_ref(), observed.text.as_ref(), Clone::clone);
        comparison
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    fn comment(text: &str) -> Comment {
        Comment { text: Some(text.into()) }
    }

    #[test]
    fn a_comment_is_read_with_its_object() {
        let columns = [
            ("kind", Some("trigger")),
            ("schema", Some("crm")),
            ("relation", Some("leads")),
            ("name", Some("touch")),
            ("arguments", None),
            ("text", Some("why")),
        ];
        let (id, shape) = decode(Kind::Comment, &columns).unwrap();
        assert_eq!(id.to_string(), "comment/trigger/crm.leads.touch");
        assert_eq!(shape, comment("why").into());
    }

    #[test]
    fn k28_another_text_is_a_difference() {
        assert_eq!(told(&comment("a"), &comment("b")), ["text: a / b"]);
        assert_eq!(told(&comment("a"), &comment("a")), [""; 0]);
        assert_eq!(told(&Comment::default(), &comment("a")), [""; 0]);
    }
}
