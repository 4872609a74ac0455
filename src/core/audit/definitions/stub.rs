//! Rows of the right types out of nothing: what an expression is planned over instead of its table (N2).
//!
//! `json_to_record('{}') as "leads"("score" numeric)` has the names and the types of the table `leads`, but opens no
//! table: it waits for no lock and needs no privilege. An expression over it has the same normal form as over the table.

use crate::core::catalog::Catalog;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::quoting;
use crate::core::type_name::TypeName;

/// Where the columns of an expression come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stub {
    /// Nothing: a default has no columns.
    None,
    /// One row: of a table, under the table's own name; of a domain, whose value is the column `value`.
    Row(Row),
    /// The rows `old` and `new` of a trigger.
    OldAndNew(Vec<(Identifier, String)>),
}

/// What a row is called whose name no expression says.
const ANY: &str = "of any table";

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The name of the row.
    pub alias: Identifier,
    /// The columns, each with its type as SQL.
    pub columns: Vec<(Identifier, String)>,
}

impl Stub {
    /// The row of a relation, out of the columns that were observed and that the expressions may name. It has the name
    /// of the relation only where they may name that, too: so that what is one expression in two tables is asked once.
    #[must_use]
    pub fn relation(relation: &QualifiedName, catalog: &Catalog, expressions: &[&str]) -> Self {
        let whole = is_named(&relation.name, expressions) || is_named(&Identifier::new(ANY), expressions);
        let columns = columns(relation, catalog, |name| whole || is_named(name, expressions));
        let alias = if whole { relation.name.clone() } else { Identifier::new(ANY) };
        Self::Row(Row { alias, columns })
    }

    /// The rows of a trigger on a relation.
    #[must_use]
    pub fn trigger(relation: &QualifiedName, catalog: &Catalog) -> Self {
        Self::OldAndNew(columns(relation, catalog, |_| true))
    }

    /// The value of a domain.
    #[must_use]
    pub fn domain(base: &TypeName) -> Self {
        let columns = type_sql(base).map(|base| (Identifier::new("value"), base));
        Self::Row(Row { alias: Identifier::new("domain"), columns: columns.into_iter().collect() })
    }

    /// FROM and what follows; empty where there is nothing to select from. A row has only those columns that the
    /// expressions may name, so that a type that the role may not use hurts no other expression.
    #[must_use]
    pub fn from_clause(&self, expressions: &[&str]) -> String {
        match self {
            Self::None => String::new(),
            Self::Row(Row { alias, columns }) => {
                let whole = is_named(alias, expressions);
                let named: Vec<_> =
                    columns.iter().filter(|(name, _)| whole || is_named(name, expressions)).collect();
                match record(alias, &named) {
                    Some(record) => format!("\nfrom {record}"),
                    None => String::new(),
                }
            }
            Self::OldAndNew(columns) => {
                let all: Vec<_> = columns.iter().collect();
                let rows = ["old", "new"].map(|alias| record(&Identifier::new(alias), &all));
                let rows: Vec<String> = rows.into_iter().flatten().collect();
                if rows.is_empty() { String::new() } else { format!("\nfrom {}", rows.join(",\n")) }
            }
        }
    }
}

/// Whether an expression may name something: its letters occur. Names with quotes in them are written otherwise, and
/// always count; the parser folds what is not in quotes, so that the case of what it prints is the name's own, but for
/// the VALUE of a domain.
fn is_named(name: &Identifier, expressions: &[&str]) -> bool {
    let name = name.as_str();
    name.contains('"')
        || expressions.iter().any(|it| it.contains(name) || name == "value" && it.contains("VALUE"))
}

/// `None` for a row without columns, which SQL has no words for.
fn record(alias: &Identifier, columns: &[&(Identifier, String)]) -> Option<String> {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, data_type)| format!("{} {data_type}", quoting::identifier(name)))
        .collect();
    (!columns.is_empty()).then(|| {
        let alias = quoting::identifier(alias);
        format!("pg_catalog.json_to_record('{{}}') as {alias}({})", columns.join(", "))
    })
}

/// The observed columns of a relation whose types SQL has words for.
fn columns(
    relation: &QualifiedName,
    catalog: &Catalog,
    is_wanted: impl Fn(&Identifier) -> bool,
) -> Vec<(Identifier, String)> {
    let column = |(id, shape): (&crate::core::component::ComponentId, &Shape)| match (&id.name, shape) {
        (crate::core::component::ComponentName::OnRelation { name, .. }, Shape::Column(column))
            if is_wanted(name) =>
        {
            Some((name.clone(), type_sql(column.data_type.as_ref()?)?))
        }
        _ => None,
    };
    catalog.on_relation(Kind::Column, relation).filter_map(column).collect()
}

/// An observed type as SQL, whatever the search path is. `None` where the modifier is nothing that a type of a catalog
/// has.
#[must_use]
pub fn type_sql(data_type: &TypeName) -> Option<String> {
    let TypeName { schema, name, modifier, array } = data_type;
    let built_in = schema.as_ref().is_none_or(|schema| schema.as_str() == "pg_catalog");
    let modifier = match modifier {
        None => String::new(),
        Some(modifier) if modifier.chars().all(is_harmless) => modifier.clone(),
        Some(_) => return None,
    };
    let fields = built_in && name.as_str() == "interval" && modifier.starts_with(|c: char| c.is_alphabetic());
    let text = if fields {
        // These are words of the grammar, which knows no other name for the type.
        format!("interval {modifier}")
    } else {
        let schema = schema.clone().unwrap_or_else(|| Identifier::new("pg_catalog"));
        let name = quoting::qualified(&QualifiedName { schema, name: name.clone() });
        if modifier.is_empty() { name } else { format!("{name}({modifier})") }
    };
    Some(if *array { text + "[]" } else { text })
}

/// Numbers, words, lists: `12,2`, `Point,4326`, `day to second(3)`.
fn is_harmless(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, ',' | ' ' | '-' | '_' | '.' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::component::ComponentId;
    use crate::core::kind::column::Column;
    use crate::core::kind::format_type;

    #[test]
    fn types_are_written_so_that_no_search_path_matters() {
        for (printed, sql) in [
            ("integer", "\"pg_catalog\".\"int4\""),
            ("character varying(255)", "\"pg_catalog\".\"varchar\"(255)"),
            ("bpchar", "\"pg_catalog\".\"bpchar\""),
            ("character(3)", "\"pg_catalog\".\"bpchar\"(3)"),
            ("numeric(12,2)[]", "\"pg_catalog\".\"numeric\"(12,2)[]"),
            ("timestamp(3) with time zone", "\"pg_catalog\".\"timestamptz\"(3)"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("interval(3)", "\"pg_catalog\".\"interval\"(3)"),
            ("\"char\"", "\"pg_catalog\".\"char\""),
            ("app.\"Order\"", "\"app\".\"Order\""),
            ("public.geometry(Point,4326)", "\"public\".\"geometry\"(Point,4326)"),
        ] {
            assert_eq!(type_sql(&format_type::parse(printed)).as_deref(), Some(sql), "{printed}");
        }
        let hostile = TypeName { modifier: Some("1) as x; --".into()), ..TypeName::built_in("numeric") };
        assert_eq!(type_sql(&hostile), None);
    }

    #[test]
    fn n2_a_row_has_the_name_of_its_table_and_the_columns_that_are_named() {
        let mut catalog = Catalog::default();
        let leads = QualifiedName::new("app", "leads");
        for name in ["a", "score", "we\"ird"] {
            let column = Column { data_type: Some(TypeName::built_in("int4")), ..Column::default() };
            catalog.insert(ComponentId::on_relation(Kind::Column, leads.clone(), name), column.into());
        }
        let int4 = "\"pg_catalog\".\"int4\"";
        let of = |expression| Stub::relation(&leads, &catalog, &[expression]).from_clause(&[expression]);
        let named = format!("(\"score\" {int4}, \"we\"\"ird\" {int4})");
        let record = |alias: &str| format!("\nfrom pg_catalog.json_to_record('{{}}') as \"{alias}\"{named}");
        assert_eq!(of("score > 0"), record("of any table"));
        let whole = of("leads.* is null");
        assert!(whole.contains("as \"leads\"(") && whole.contains("\"a\" "), "{whole}");
        let whole = of("score > length('of any table')");
        assert!(whole.contains("as \"leads\"("), "{whole}");
        assert_eq!(Stub::None.from_clause(&["1"]), "");
        let domain = Stub::domain(&TypeName::built_in("int4"));
        assert!(domain.from_clause(&["(VALUE > 0)"]).contains("\"value\" "));
        let trigger = Stub::trigger(&leads, &catalog).from_clause(&["new.a > 0"]);
        assert!(trigger.contains("as \"old\"(") && trigger.contains("as \"new\"("), "{trigger}");
    }
}
