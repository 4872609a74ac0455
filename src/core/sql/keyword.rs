//! The keywords of PostgreSQL that are no plain names.

/// The keywords that need quotes where a name is printed, in the order of the alphabet: all of PostgreSQL's `kwlist.h`
/// (18) but those of the category `UNRESERVED_KEYWORD`, as `quote_identifier` in PostgreSQL's `ruleutils.c` and the
/// parser's printer have it.
const QUOTED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// Whether a name, folded as the parser folds it, is a keyword that needs quotes.
#[must_use]
pub fn needs_quotes(name: &str) -> bool {
    QUOTED.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use pg_query::protobuf::{KeywordKind, Token};

    use super::*;

    #[test]
    fn these_are_the_keywords_of_the_parser_that_are_reserved_in_some_way() {
        assert!(QUOTED.is_sorted());
        let tokens = (0..2000).filter_map(|number| Token::try_from(number).ok());
        let mut quoted = 0;
        for token in tokens {
            // A token has the name of its keyword in the grammar: `ABORT_P`, `NULLS_LA` for what is one only before
            // another word.
            let name = token.as_str_name().to_lowercase();
            let name = name.strip_suffix("_p").unwrap_or(&name);
            let scanned = pg_query::scan(name).map(|result| result.tokens).unwrap_or_default();
            let [word] = scanned.as_slice() else { continue };
            let expected = match word.keyword_kind() {
                KeywordKind::NoKeyword | KeywordKind::UnreservedKeyword => false,
                KeywordKind::ColNameKeyword
                | KeywordKind::TypeFuncNameKeyword
                | KeywordKind::ReservedKeyword => true,
            };
            assert_eq!(needs_quotes(name), expected, "{name}");
            quoted += usize::from(expected);
        }
        assert_eq!(quoted, QUOTED.len());
    }
}
