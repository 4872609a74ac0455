//! The name of a data type, in one form for what SQL declares and for what the catalog holds.
//!
//! Both sides use the internal names of `pg_type` (`int4`, `varchar`, `timestamptz`): the grammar maps `integer` and
//! `character varying` to them, and the catalog stores them. Text is only made for people, by `Display`.

use std::fmt;

use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::built_in_type;

/// A data type as a column, an argument or a domain names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName {
    /// The schema, where the SQL names one. The catalog always does; `pg_catalog` for the built-in types.
    pub schema: Option<Identifier>,
    /// The name in `pg_type.typname` of the type itself, or of the element where `array` is set.
    pub name: Identifier,
    /// What stands in parentheses (`12,2`, `255`, `3`) or, for intervals, the fields too, as `format_type` prints it.
    pub modifier: Option<String>,
    /// Whether this is an array of that type. PostgreSQL ignores the number of dimensions.
    pub array: bool,
}

impl TypeName {
    /// A built-in type by its internal name (`int4`), without modifier.
    #[must_use]
    pub fn built_in(name: &str) -> Self {
        Self {
            schema: Some(Identifier::new("pg_catalog")),
            name: Identifier::new(name),
            modifier: None,
            array: false,
        }
    }

    /// Whether a declared type is this observed one. A declared type without a schema matches the name in any
    /// schema: which schema the name resolves to depends on a search path that the SQL does not show, and what
    /// cannot be decided is not called different.
    #[must_use]
    pub fn is(&self, observed: &Self) -> bool {
        self.is_same_ignoring_modifier(observed) && self.modifier_is(observed)
    }

    /// Whether this may be the type of that name, or an array of it: a name without a schema is looked up, and finds the
    /// built-in types first.
    #[must_use]
    pub fn may_be(&self, name: &QualifiedName) -> bool {
        self.name == name.name
            && match &self.schema {
                Some(schema) => *schema == name.schema,
                None => !built_in_type::is_built_in(self.name.as_str()),
            }
    }

    /// Modifiers of an extension's type that are words (`geometry(point)`) are read by the extension, which may print
    /// them otherwise (`geometry(Point,4326)`): only numbers are compared there.
    fn modifier_is(&self, observed: &Self) -> bool {
        let built_in = observed.schema.as_ref().is_some_and(|schema| schema.as_str() == "pg_catalog");
        let words = |modifier: &String| modifier.contains(|c: char| c.is_alphabetic());
        let undecidable = !built_in && self.modifier.as_ref().is_some_and(words);
        undecidable || self.modifier == observed.modifier
    }

    /// As [`TypeName::is`], for places where PostgreSQL itself drops the modifier: arguments and results of functions.
    #[must_use]
    pub fn is_same_ignoring_modifier(&self, observed: &Self) -> bool {
        let schemas_agree = match (&self.schema, &observed.schema) {
            (Some(declared), Some(observed)) => declared == observed,
            _ => true,
        };
        schemas_agree && self.name == observed.name && self.array == observed.array
    }
}

/// The spelling of the SQL standard for the internal names that have one, as `format_type` prints them.
fn standard_spelling(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "bool" => ("boolean", ""),
        "int2" => ("smallint", ""),
        "int4" => ("integer", ""),
        "int8" => ("bigint", ""),
        "float4" => ("real", ""),
        "float8" => ("double precision", ""),
        "varchar" => ("character varying", ""),
        "bpchar" => ("character", ""),
        // Without the quotes, it would be another type: character(1).
        "char" => ("\"char\"", ""),
        "varbit" => ("bit varying", ""),
        "time" => ("time", " without time zone"),
        "timetz" => ("time", " with time zone"),
        "timestamp" => ("timestamp", " without time zone"),
        "timestamptz" => ("timestamp", " with time zone"),
        _ => return None,
    })
}

/// The standard spelling where the type is built in (`numeric(12,2)`, `timestamp(3) with time zone`), else the name
/// with its schema.
impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let built_in = self.schema.as_ref().is_none_or(|schema| schema.as_str() == "pg_catalog");
        let (before, after) = match standard_spelling(self.name.as_str()).filter(|_| built_in) {
            Some((before, after)) => (before.to_owned(), after),
            None if built_in => (self.name.to_string(), ""),
            None => {
                let schema = self.schema.as_ref().map(|schema| format!("{schema}."));
                (format!("{}{}", schema.unwrap_or_default(), self.name), "")
            }
        };
        f.write_str(&before)?;
        if let Some(modifier) = &self.modifier {
            let fields =
                self.name.as_str() == "interval" && !modifier.starts_with(|c: char| c.is_ascii_digit());
            if fields { write!(f, " {modifier}")? } else { write!(f, "({modifier})")? }
        }
        f.write_str(after)?;
        if self.array { f.write_str("[]") } else { Ok(()) }
    }
}

impl serde::Serialize for TypeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_modifier(name: &str, modifier: &str) -> TypeName {
        TypeName { modifier: Some(modifier.into()), ..TypeName::built_in(name) }
    }

    #[test]
    fn built_in_types_are_shown_as_the_standard_spells_them() {
        for (type_name, shown) in [
            (TypeName::built_in("int8"), "bigint"),
            (with_modifier("varchar", "255"), "character varying(255)"),
            (with_modifier("numeric", "12,2"), "numeric(12,2)"),
            (with_modifier("timestamptz", "3"), "timestamp(3) with time zone"),
            (with_modifier("interval", "day to second(3)"), "interval day to second(3)"),
            (TypeName { array: true, ..TypeName::built_in("text") }, "text[]"),
        ] {
            assert_eq!(type_name.to_string(), shown);
        }
    }

    #[test]
    fn a_type_of_a_schema_is_shown_with_it() {
        let status = TypeName { schema: Some("crm".into()), ..TypeName::built_in("status") };
        assert_eq!(status.to_string(), "crm.status");
    }

    #[test]
    fn a_declared_type_without_a_schema_matches_the_name_in_any_schema() {
        let declared = TypeName { schema: None, ..TypeName::built_in("citext") };
        let observed = TypeName { schema: Some("extensions".into()), ..TypeName::built_in("citext") };
        assert!(declared.is(&observed));
        assert!(!TypeName::built_in("citext").is(&observed));
    }

    #[test]
    fn modifiers_count_for_columns_and_not_for_arguments() {
        let short = with_modifier("varchar", "10");
        let long = with_modifier("varchar", "20");
        assert!(!short.is(&long));
        assert!(short.is_same_ignoring_modifier(&long));
    }
}
