//! Operator classes: `pg_opclass`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// An operator class. Its operators and functions are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorClass {
    /// The type that it is for.
    pub data_type: Option<TypeName>,
    /// DEFAULT.
    pub default: Option<bool>,
    /// The family that it is in.
    pub family: Option<Reference>,
}

impl Room for OperatorClass {
    const ABOUT: About = About {
        declared_by: "`CREATE OPERATOR CLASS`.",
        compared: "The type, the family, and whether it is the default one.",
        not_compared: "The operators and functions in it.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("operator_class.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let class = Self {
            data_type: Some(row.type_name("data_type")?),
            default: Some(row.boolean("is_default")?),
            family: Reference::decode(row, "family_schema", "family")?,
        };
        let name = ComponentName::ForMethod {
            name: row.qualified("schema", "name")?,
            method: row.identifier("method")?,
        };
        Ok((ComponentId { kind: Kind::OperatorClass, name }, class))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { data_type, default, family } = self;
        let mut comparison = Comparison::default();
        comparison.data_type("type", data_type.as_ref(), observed.data_type.as_ref());
        comparison.either("default", *default, observed.default, ("default", "not default"));
        if family.is_some() {
            comparison.reference("family", Some(family), Some(&observed.family));
        }
        if data_type.is_some() {
            comparison.not_compared("operators and functions");
        }
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(data_type) = &mut self.data_type {
            renaming.data_type(data_type);
        }
        if let Some(family) = &mut self.family {
            family.rename(Kind::OperatorFamily, renaming, whatever);
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
    fn each_part_of_an_operator_class_is_compared_and_its_operators_are_not() {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("mood_ops")),
            ("method", Some("btree")),
            ("data_type", Some("crm.mood")),
            ("is_default", Some("t")),
            ("family_schema", Some("crm")),
            ("family", Some("mood_ops")),
        ];
        let (id, shape) = decode(Kind::OperatorClass, &columns).unwrap();
        assert_eq!(id.to_string(), "operator_class/crm.mood_ops using btree");
        let Shape::OperatorClass(seen) = shape else { panic!("an operator class") };
        let seen = *seen;
        assert_eq!(told(&OperatorClass::default(), &seen), Vec::<String>::new());
        assert_eq!(told(&seen, &seen), ["not compared: operators and functions"]);
        let declared = OperatorClass {
            data_type: Some(TypeName::built_in("int4")),
            default: Some(false),
            family: Some(Reference { schema: None, name: "other".into() }),
        };
        assert_eq!(
            told(&declared, &seen),
            [
                "type: integer / crm.mood",
                "default: not default / default",
                "family: other / crm.mood_ops",
                "not compared: operators and functions"
            ]
        );
    }
}
