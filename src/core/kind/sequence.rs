//! Sequences: `pg_sequence`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Kind, Room};
use crate::core::name::QualifiedName;
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
    /// Declared: the table whose serial or identity column it is for. It explains a missing sequence, and is not
    /// compared.
    pub owner: Option<QualifiedName>,
}

impl Room for Sequence {
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
            owner: None,
        };
        Ok((ComponentId::in_schema(Kind::Sequence, row.qualified("schema", "name")?), sequence))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { data_type, start, increment, minimum, maximum, cache, cycle, owner: _ } = self;
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
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { data_type, start, increment, minimum, maximum, cache, cycle, owner } = change;
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
        ];
        let (id, shape) = decode(Kind::Sequence, &columns).unwrap();
        assert_eq!(id.to_string(), "sequence/public.ids");
        let Shape::Sequence(observed) = shape else { panic!("a sequence") };
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
    }
}
