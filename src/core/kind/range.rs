//! What makes a range type (`pg_range`).

use crate::core::catalog::Row;
use crate::core::kind::index_key::named_is;
use crate::core::kind::{Comparison, DecodeError};
use crate::core::name::{PartialName, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// A range type. CREATE TYPE that does not name a part means what is implied, or none (`DefineRange` in PostgreSQL's
/// `typecmds.c`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// SUBTYPE.
    pub subtype: Option<TypeName>,
    /// `SUBTYPE_OPCLASS`: `None` for the subtype's default one.
    pub operator_class: Option<PartialName>,
    /// Observed: the operator class where it is the default one. Declared: `None`.
    pub implied_operator_class: Option<PartialName>,
    /// COLLATION: `None` for that of the subtype.
    pub collation: Option<PartialName>,
    /// Observed: the collation where it is that of the subtype. Declared: `None`.
    pub implied_collation: Option<PartialName>,
    /// CANONICAL.
    pub canonical: Option<PartialName>,
    /// `SUBTYPE_DIFF`.
    pub difference: Option<PartialName>,
    /// `MULTIRANGE_TYPE_NAME` (PostgreSQL 14): declared, `None` where PostgreSQL makes up the name.
    pub multirange: Option<PartialName>,
}

impl Range {
    pub(super) fn decode(row: &Row<'_>) -> Result<Self, DecodeError> {
        let split =
            |name: Option<PartialName>, implied: bool| if implied { (None, name) } else { (name, None) };
        let implied = |column: &str| Ok(row.optional(column)? == Some("t"));
        let (operator_class, implied_operator_class) =
            split(row.partial_name("range_class")?, implied("range_class_is_implied")?);
        let (collation, implied_collation) =
            split(row.partial_name("range_collation")?, implied("range_collation_is_implied")?);
        Ok(Self {
            subtype: Some(row.type_name("subtype")?),
            operator_class,
            implied_operator_class,
            collation,
            implied_collation,
            canonical: row.partial_name("canonical")?,
            difference: row.partial_name("subtype_diff")?,
            multirange: row.partial_name("multirange")?,
        })
    }

    pub(super) fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        let Self { subtype, operator_class, collation, canonical, difference, multirange, .. } = self;
        comparison.data_type("subtype", subtype.as_ref(), observed.subtype.as_ref());
        let show =
            |name: Option<&PartialName>| name.map_or_else(|| "the default".into(), ToString::to_string);
        let (named, implied) = (observed.operator_class.as_ref(), observed.implied_operator_class.as_ref());
        if !named_is(operator_class.as_ref(), named, implied) {
            comparison.differs("operator class", show(operator_class.as_ref()), show(named.or(implied)));
        }
        let (named, implied) = (observed.collation.as_ref(), observed.implied_collation.as_ref());
        if !named_is(collation.as_ref(), named, implied) {
            comparison.differs("collation", show(collation.as_ref()), show(named.or(implied)));
        }
        let show = |name: Option<&PartialName>| name.map_or_else(|| "none".into(), ToString::to_string);
        for (part, expected, actual) in [
            ("canonical function", canonical, &observed.canonical),
            ("difference function", difference, &observed.difference),
        ] {
            if !named_is(expected.as_ref(), actual.as_ref(), None) {
                comparison.differs(part, show(expected.as_ref()), show(actual.as_ref()));
            }
        }
        // A server before 14 has none.
        if let (Some(expected), Some(actual)) = (multirange, &observed.multirange)
            && !expected.is(actual)
        {
            comparison.differs("multirange type", expected.to_string(), actual.to_string());
        }
    }

    pub(super) fn rename(&mut self, renaming: &Renaming) {
        if let Some(subtype) = &mut self.subtype {
            renaming.data_type(subtype);
        }
        if let Some(PartialName { schema: Some(schema), name }) = &mut self.multirange {
            let mut multirange = QualifiedName { schema: schema.clone(), name: name.clone() };
            renaming.relation(&mut multirange);
            (*schema, *name) = (multirange.schema, multirange.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Option<PartialName> {
        PartialName::written(&[name])
    }

    #[test]
    fn each_part_of_a_range_is_compared_and_what_is_implied_may_be_named() {
        let built_in = |name: &str| Some(PartialName::of("pg_catalog", name));
        let observed = Range {
            subtype: Some(TypeName::built_in("text")),
            implied_operator_class: built_in("text_ops"),
            implied_collation: built_in("default"),
            multirange: Some(PartialName::of("public", "textmultirange")),
            ..Range::default()
        };
        let told = |declared: &Range| {
            let mut comparison = Comparison::default();
            declared.compare(&observed, &mut comparison);
            let told = comparison.differences.iter();
            told.map(|d| format!("{}: {} / {}", d.part, d.expected, d.actual)).collect::<Vec<_>>()
        };
        let plain = Range { subtype: Some(TypeName::built_in("text")), ..Range::default() };
        assert_eq!(told(&plain), [""; 0]);
        let said = Range { operator_class: named("text_ops"), collation: named("default"), ..plain.clone() };
        assert_eq!(told(&said), [""; 0]);
        let other = Range {
            subtype: Some(TypeName::built_in("int4")),
            operator_class: named("text_pattern_ops"),
            collation: named("C"),
            canonical: named("c"),
            difference: named("d"),
            multirange: named("m"),
            ..plain
        };
        assert_eq!(
            told(&other),
            [
                "subtype: integer / text",
                "operator class: text_pattern_ops / text_ops",
                "collation: \"C\" / default",
                "canonical function: c / none",
                "difference function: d / none",
                "multirange type: m / public.textmultirange",
            ]
        );
    }
}
