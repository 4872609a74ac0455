//! Sequences: `pg_sequence`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::table::Persistence;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// A sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sequence {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: Option<TypeName>,
    /// START WITH.
    pub start: Option<i64>,
    /// INCREMENT BY.
    pub increment: Option<i64>,
    /// MINVALUE.
    pub minimum: Option<i64>,
    /// MAXVALUE.
    pub maximum: Option<i64>,
    /// CACHE.
    pub cache: Option<i64>,
    /// CYCLE.
    pub cycle: Option<bool>,
    /// The table of the column that owns it: that of a serial or identity column, or of OWNED BY (`pg_depend` of
    /// deptype `i` or `a`). Declared, it explains a missing sequence too.
    pub owner: Option<QualifiedName>,
    /// The column that owns it.
    pub owner_column: Option<Identifier>,
    /// Whether it survives a crash, where the SQL says it (PostgreSQL 15).
    pub persistence: Option<Persistence>,
}

impl Room for Sequence {
    const ABOUT: About = About {
        declared_by: "`CREATE SEQUENCE`, `ALTER SEQUENCE`, and the columns that bring one along: `serial` and \
            identity.",
        compared: "The type, start, increment, minimum, maximum, cache, cycle; whether it is unlogged and \
            which column owns it, where SQL says so.",
        not_compared: "The value that it is at.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("sequence.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let sequence = Self {
            data_type: Some(row.type_name("data_type")?),
            start: Some(row.integer("start")?),
            increment: Some(row.integer("increment")?),
            minimum: Some(row.integer("minimum")?),
            maximum: Some(row.integer("maximum")?),
            cache: Some(row.integer("cache")?),
            cycle: Some(row.boolean("cycle")?),
            owner: match row.optional("owner_schema")? {
                Some(_) => Some(row.qualified("owner_schema", "owner")?),
                None => None,
            },
            owner_column: row.optional("owner_column")?.map(Identifier::new),
            persistence: Some(match row.text("persistence")? {
                "u" => Persistence::Unlogged,
                _ => Persistence::Permanent,
            }),
        };
        Ok((ComponentId::in_schema(Kind::Sequence, row.qualified("schema", "name")?), sequence))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self {
            data_type,
            start,
            increment,
            minimum,
            maximum,
            cache,
            cycle,
            owner,
            owner_column,
            persistence,
        } = self;
        let mut comparison = Comparison::default();
        comparison.data_type("type", data_type.as_ref(), observed.data_type.as_ref());
        for (part, expected, actual) in [
            ("start", start, observed.start),
            ("increment", increment, observed.increment),
            ("minimum", minimum, observed.minimum),
            ("maximum", maximum, observed.maximum),
            ("cache", cache, observed.cache),
        ] {
            comparison.part(part, expected.as_ref(), actual.as_ref(), ToString::to_string);
        }
        comparison.either("cycle", *cycle, observed.cycle, ("cycles", "ends"));
        // A sequence that SQL ties to no column may be tied later.
        if let (Some(table), Some(column)) = (owner, owner_column)
            && (observed.owner.as_ref(), observed.owner_column.as_ref()) != (Some(table), Some(column))
        {
            let actual = match (&observed.owner, &observed.owner_column) {
                (Some(table), Some(column)) => format!("{table}.{column}"),
                _ => "no column".into(),
            };
            comparison.differs("owned by", format!("{table}.{column}"), actual);
        }
        comparison.letter("persistence", *persistence, observed.persistence);
        comparison
    }

    fn may_have_definitions(&self) -> bool {
        false
    }

    fn change(&mut self, change: Self) {
        let Self {
            data_type,
            start,
            increment,
            minimum,
            maximum,
            cache,
            cycle,
            owner,
            owner_column,
            persistence,
        } = change;
        self.owner_column = owner_column.or(self.owner_column.take());
        self.persistence = persistence.or(self.persistence);
        self.data_type = data_type.or(self.data_type.take());
        self.start = start.or(self.start);
        self.increment = increment.or(self.increment);
        self.minimum = minimum.or(self.minimum);
        self.maximum = maximum.or(self.maximum);
        self.cache = cache.or(self.cache);
        self.cycle = cycle.or(self.cycle);
        self.owner = owner.or(self.owner.take());
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(owner) = &mut self.owner {
            renaming.columns(owner, &mut self.owner_column);
            renaming.relation(owner);
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
    fn each_part_of_a_sequence_is_compared_and_open_parts_are_not() {
        let columns = [
            ("schema", Some("public")),
            ("name", Some("ids")),
            ("data_type", Some("bigint")),
            ("start", Some("1")),
            ("increment", Some("-1")),
            ("minimum", Some("-9223372036854775808")),
            ("maximum", Some("-1")),
            ("cache", Some("1")),
            ("cycle", Some("t")),
            ("owner_schema", Some("public")),
            ("owner", Some("t")),
            ("owner_column", Some("id")),
            ("persistence", Some("p")),
        ];
        let (id, shape) = decode(Kind::Sequence, &columns).unwrap();
        assert_eq!(id.to_string(), "sequence/public.ids");
        let Shape::Sequence(observed) = shape else { panic!("a sequence") };
        let observed = *observed;
        assert_eq!(told(&Sequence::default(), &observed), Vec::<String>::new());
        assert_eq!(told(&observed, &observed), Vec::<String>::new());
        let declared = Sequence {
            data_type: Some(TypeName::built_in("int4")),
            increment: Some(2),
            cycle: Some(false),
            ..observed.clone()
        };
        assert_eq!(
            told(&declared, &observed),
            ["type: integer / bigint", "increment: 2 / -1", "cycle: ends / cycles"]
        );
        let untied = Sequence { owner: None, owner_column: None, ..observed.clone() };
        assert_eq!(told(&observed, &untied), ["owned by: public.t.id / no column"]);
        assert_eq!(told(&untied, &observed), Vec::<String>::new());
        let other = Sequence {
            owner_column: Some("other".into()),
            persistence: Some(Persistence::Unlogged),
            ..observed.clone()
        };
        assert_eq!(
            told(&other, &observed),
            ["owned by: public.t.other / public.t.id", "persistence: unlogged / logged"]
        );
    }
}
