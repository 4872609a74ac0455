//! Conversions between encodings: `pg_conversion`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// A conversion. Its encodings are not compared: they have several names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion {
    /// The function that converts.
    pub function: Option<Reference>,
    /// DEFAULT.
    pub default: Option<bool>,
}

impl Room for Conversion {
    const ABOUT: About = About {
        declared_by: "`CREATE CONVERSION`.",
        compared: "The function, and whether it is the default one.",
        not_compared: "The encodings.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("conversion.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let conversion = Self {
            function: Reference::decode(row, "function_schema", "function")?,
            default: Some(row.boolean("is_default")?),
        };
        Ok((ComponentId::in_schema(Kind::Conversion, row.qualified("schema", "name")?), conversion))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { function, default } = self;
        let mut comparison = Comparison::default();
        if function.is_some() {
            comparison.reference("function", Some(function), Some(&observed.function));
        }
        comparison.either("default", *default, observed.default, ("default", "not default"));
        comparison.not_compared("encodings");
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(function) = &mut self.function {
            function.rename(Kind::Function, renaming, whatever);
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
    fn each_part_of_a_conversion_is_compared_but_its_encodings() {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("c")),
            ("function_schema", Some("pg_catalog")),
            ("function", Some("iso8859_1_to_utf8")),
            ("is_default", Some("f")),
        ];
        let (id, shape) = decode(Kind::Conversion, &columns).unwrap();
        assert_eq!(id.to_string(), "conversion/crm.c");
        let Shape::Conversion(seen) = shape else { panic!("a conversion") };
        let seen = *seen;
        assert_eq!(told(&seen, &seen), ["not compared: encodings"]);
        let declared = Conversion {
            function: Some(Reference { schema: None, name: "other".into() }),
            default: Some(true),
        };
        assert_eq!(
            told(&declared, &seen),
            [
                "function: other / pg_catalog.iso8859_1_to_utf8",
                "default: default / not default",
                "not compared: encodings"
            ]
        );
    }
}
