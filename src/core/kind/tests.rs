//! What holds for every kind and every query of the catalog.

use super::*;

/// Every query of the first message.
fn queries() -> impl Iterator<Item = &'static str> {
    let of_kinds = Kind::ALL.iter().filter_map(|kind| kind.query());
    of_kinds.chain(std::iter::once(grant::Grant::PARAMETERS))
}

/// A query without its comments.
fn statement(query: &str) -> String {
    let lines = query.lines().filter(|line| !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_kind_of_the_catalog_has_a_query_that_says_what_it_reads() {
    for kind in Kind::ALL {
        let Some(query) = kind.query() else {
            assert!(matches!(kind, Kind::SeedRow | Kind::Query), "{kind} has no query");
            continue;
        };
        assert!(query.starts_with("-- "), "{kind}");
        assert!(query.contains("PostgreSQL 12 to 18."), "{kind}");
        assert!(query.contains(":'names'"), "{kind}");
        assert!(query.contains("order by") || query.contains("-- In no order: "), "{kind}");
        assert!(query.ends_with(";\n"), "{kind}");
    }
}

#[test]
fn c1_no_query_deparses_or_opens_a_relation() {
    for query in queries() {
        // Measured on 12 to 18: a bound without its relation opens nothing and waits for nothing.
        let statement =
            statement(query).replace("pg_get_userbyid(", "").replace("pg_get_expr(c.relpartbound, 0)", "");
        for waits in
            ["pg_get_", "_size(", "information_schema", "regclass", "regtype", "pg_indexes", "pg_views"]
        {
            assert!(!statement.contains(waits), "{waits} in {statement}");
        }
    }
}

#[test]
fn f3_k22_pg_depend_is_read_by_an_object_and_its_catalog() {
    let mut reads = 0;
    for query in queries() {
        let statement = statement(query);
        for (position, name) in statement.match_indices("pg_depend as ") {
            let rest = &statement[position + name.len()..];
            let alias = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
            // Each of the two indexes of the catalog starts with such a pair.
            let by_pair = [("classid", "objid"), ("refclassid", "refobjid")].iter().any(|(class, object)| {
                statement.contains(&format!("{alias}.{class} = "))
                    && statement.contains(&format!("{alias}.{object} = "))
            });
            assert!(by_pair, "{alias} in {statement}");
            reads += 1;
        }
    }
    assert!(reads > 2, "{reads}");
}

#[test]
fn s4_every_name_of_a_query_is_qualified() {
    for query in queries() {
        let statement = statement(query);
        for (position, _) in statement.match_indices("pg_") {
            let qualified = statement[..position].ends_with("pg_catalog.");
            assert!(
                qualified || statement[position..].starts_with("pg_catalog."),
                "{}",
                &statement[position..]
            );
        }
        // A function call is a word before a parenthesis, but for these words of SQL.
        let words = [
            "in",
            "any",
            "exists",
            "from",
            "as",
            "and",
            "or",
            "not",
            "coalesce",
            "wanted",
            "materialized",
            "pair",
            "k",
            "a",
            "r",
            "then",
            "array",
            "lateral",
            "join",
            "else",
            "select",
            "on",
            "filter",
            "over",
        ];
        for (position, _) in statement.match_indices('(') {
            let before = statement[..position].trim_end();
            let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
            let word = &before[start..];
            let qualified = before[..start].ends_with("pg_catalog.");
            assert!(
                word.is_empty() || qualified || words.contains(&word) || before.ends_with('\''),
                "{word} in {statement}"
            );
        }
    }
}

#[test]
fn a_query_holds_no_backslash_because_a_setting_decides_what_it_means() {
    for query in queries() {
        assert!(!query.contains('\\'), "{query}");
    }
}

#[test]
fn every_kind_says_what_declares_it_and_what_is_compared() {
    for kind in Kind::ALL {
        let About { declared_by, compared, not_compared } = kind.about();
        for text in [declared_by, compared] {
            assert!(text.ends_with('.'), "{kind}: {text}");
        }
        assert!(not_compared.is_empty() || not_compared.ends_with('.'), "{kind}: {not_compared}");
    }
}

#[test]
fn names_of_kinds_are_unique() {
    for name in [Kind::id, Kind::plural, Kind::title, Kind::name] {
        let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| name(*kind)).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
