//! Reads a type as `pg_catalog.format_type` prints it under `search_path = pg_catalog, pg_temp`: built-in types in the
//! spelling of the SQL standard, all others with their schema, quoted where needed (`format_type_extended` in
//! PostgreSQL's `format_type.c`).
//!
//! The text comes from the server's own cache, so that no query needs to join `pg_type`, whose size grows with the
//! database.

use crate::core::name::Identifier;
use crate::core::type_name::TypeName;

/// The internal name and modifier of what `format_type` printed. Total: what it never prints reads as a built-in type
/// of that name.
#[must_use]
pub fn parse(printed: &str) -> TypeName {
    let (text, array) = match printed.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (printed, false),
    };
    match identifier(text) {
        Some((schema, rest)) if rest.starts_with('.') => {
            let (name, rest) = identifier(&rest[1..]).unwrap_or((Identifier::new(&rest[1..]), ""));
            TypeName { schema: Some(schema), name, modifier: in_parentheses(rest), array }
        }
        Some((name, rest)) if text.starts_with('"') => {
            TypeName { modifier: in_parentheses(rest), array, ..TypeName::built_in(name.as_str()) }
        }
        _ => TypeName { array, ..built_in(text) },
    }
}

/// An identifier as `quote_identifier` prints it, and what follows it.
fn identifier(text: &str) -> Option<(Identifier, &str)> {
    if text.starts_with('"') {
        return Identifier::quoted(text);
    }
    let end = text.find(['.', '(', ' ']).unwrap_or(text.len());
    Some((Identifier::new(&text[..end]), &text[end..]))
}

fn in_parentheses(text: &str) -> Option<String> {
    let inside = text.strip_prefix('(')?.strip_suffix(')')?;
    Some(inside.to_owned())
}

/// A type of `pg_catalog`: `numeric(12,2)`, `timestamp(3) with time zone`, `interval day to second(3)`.
fn built_in(text: &str) -> TypeName {
    if let Some(fields) =
        text.strip_prefix("interval").map(str::trim_start).filter(|fields| !fields.is_empty())
    {
        let modifier = in_parentheses(fields).unwrap_or_else(|| fields.to_owned());
        return TypeName { modifier: Some(modifier), ..TypeName::built_in("interval") };
    }
    let (words, modifier) = match (text.find('('), text.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            let words = format!("{}{}", &text[..open], &text[close + 1..]);
            (words, Some(text[open + 1..close].to_owned()))
        }
        _ => (text.to_owned(), None),
    };
    TypeName { modifier, ..TypeName::built_in(internal_name(&words)) }
}

/// The name in `pg_type` for a name of the SQL standard.
fn internal_name(standard: &str) -> &str {
    match standard {
        "boolean" => "bool",
        "smallint" => "int2",
        "integer" => "int4",
        "bigint" => "int8",
        "real" => "float4",
        "double precision" => "float8",
        "character varying" => "varchar",
        "character" => "bpchar",
        "bit varying" => "varbit",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_name(schema: &str, name: &str, modifier: Option<&str>, array: bool) -> TypeName {
        TypeName { schema: Some(schema.into()), name: name.into(), modifier: modifier.map(Into::into), array }
    }

    #[test]
    fn types_are_read_back_from_the_form_that_format_type_prints() {
        for (printed, read) in [
            ("integer", type_name("pg_catalog", "int4", None, false)),
            ("bigint[]", type_name("pg_catalog", "int8", None, true)),
            ("numeric(12,2)", type_name("pg_catalog", "numeric", Some("12,2"), false)),
            ("numeric(12,-2)[]", type_name("pg_catalog", "numeric", Some("12,-2"), true)),
            ("character varying(255)", type_name("pg_catalog", "varchar", Some("255"), false)),
            ("character varying", type_name("pg_catalog", "varchar", None, false)),
            ("character(3)", type_name("pg_catalog", "bpchar", Some("3"), false)),
            ("bpchar", type_name("pg_catalog", "bpchar", None, false)),
            ("\"char\"", type_name("pg_catalog", "char", None, false)),
            ("\"char\"[]", type_name("pg_catalog", "char", None, true)),
            ("bit varying(8)", type_name("pg_catalog", "varbit", Some("8"), false)),
            ("\"bit\"", type_name("pg_catalog", "bit", None, false)),
            ("double precision", type_name("pg_catalog", "float8", None, false)),
            ("timestamp with time zone", type_name("pg_catalog", "timestamptz", None, false)),
            ("timestamp(3) without time zone[]", type_name("pg_catalog", "timestamp", Some("3"), true)),
            ("time(0) with time zone", type_name("pg_catalog", "timetz", Some("0"), false)),
            ("interval", type_name("pg_catalog", "interval", None, false)),
            ("interval(3)", type_name("pg_catalog", "interval", Some("3"), false)),
            ("interval year to month", type_name("pg_catalog", "interval", Some("year to month"), false)),
            (
                "interval day to second(3)[]",
                type_name("pg_catalog", "interval", Some("day to second(3)"), true),
            ),
            ("crm.status", type_name("crm", "status", None, false)),
            ("public.vector(1536)", type_name("public", "vector", Some("1536"), false)),
            ("public.geometry(Point,4326)[]", type_name("public", "geometry", Some("Point,4326"), true)),
            ("\"a \"\"b\"\".c\".\"D(e)\"[]", type_name("a \"b\".c", "D(e)", None, true)),
            ("\"схема\".\"тип\"(3)", type_name("схема", "тип", Some("3"), false)),
            ("???", type_name("pg_catalog", "???", None, false)),
        ] {
            assert_eq!(parse(printed), read, "{printed}");
        }
    }

    #[test]
    fn text_that_format_type_never_prints_is_read_without_a_panic() {
        for text in ["", "\"", "a.", ".", "\"a", "(", ")(", "a.\"b", "[]"] {
            let _ = parse(text);
        }
    }
}
