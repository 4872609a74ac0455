//! The kinds of `getObjectTypeDescription` in PostgreSQL's `objectaddress.c`, in the words of SQL.

/// What COMMENT ON and ALTER name an object by; `None` for kinds that are not printed. Identities are those of
/// `pg_identify_object`, which prints names as SQL takes them: a trigger is `name on table`.
pub fn words(kind: &str, identity: &str) -> Option<String> {
    let words = match kind {
        "foreign-data wrapper" => "FOREIGN DATA WRAPPER".to_owned(),
        "statistics object" => "STATISTICS".to_owned(),
        // Of an aggregate over all rows, SQL wants the star.
        "aggregate" => {
            return Some(match identity.strip_suffix("()") {
                Some(name) => format!("AGGREGATE {name}(*)"),
                None => format!("AGGREGATE {identity}"),
            });
        }
        "schema"
        | "table"
        | "view"
        | "materialized view"
        | "foreign table"
        | "index"
        | "sequence"
        | "type"
        | "function"
        | "procedure"
        | "trigger"
        | "policy"
        | "rule"
        | "event trigger"
        | "publication"
        | "collation"
        | "conversion"
        | "language"
        | "access method"
        | "operator"
        | "operator class"
        | "operator family"
        | "cast"
        | "server"
        | "text search configuration"
        | "text search dictionary"
        | "text search parser"
        | "text search template" => kind.to_uppercase(),
        _ => return None,
    };
    Some(format!("{words} {identity}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_as_sql_names_them() {
        for (kind, identity, said) in [
            ("table", "public.t", Some("TABLE public.t")),
            ("foreign-data wrapper", "w", Some("FOREIGN DATA WRAPPER w")),
            ("statistics object", "public.s", Some("STATISTICS public.s")),
            ("aggregate", "public.a()", Some("AGGREGATE public.a(*)")),
            ("aggregate", "public.a(integer)", Some("AGGREGATE public.a(integer)")),
            ("operator class", "public.c USING btree", Some("OPERATOR CLASS public.c USING btree")),
            ("large object", "1", None),
        ] {
            assert_eq!(words(kind, identity).as_deref(), said);
        }
    }
}
