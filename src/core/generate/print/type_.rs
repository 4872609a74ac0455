//! Types: enums, composite types, domains, ranges.

use super::{Unprintable, in_lines};
use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{Attribute, Domain, Range, Type};

/// CREATE TYPE or CREATE DOMAIN; `Err` says why there is none.
pub fn type_(row: Type) -> Result<Object, Unprintable> {
    let Type { oid, schema, name, qualified, form, labels, attributes, domain, range } = row;
    let statements = match (form.as_str(), domain, range) {
        ("e", ..) => {
            vec![format!("CREATE TYPE {qualified} AS ENUM {}", in_lines(&labels.unwrap_or_default()))]
        }
        ("c", ..) => vec![composite(&qualified, &attributes.unwrap_or_default())],
        ("d", Some(row), _) => domain_of(&qualified, &row),
        ("r", _, Some(row)) if !row.has_canonical => vec![range_of(&qualified, &row)],
        (form, ..) => {
            let why = match form {
                "r" => "a range with a canonical function",
                "b" => "a base type, which is made of functions in C",
                _ => "a type without a definition",
            };
            let sentence = format!("type {schema}.{name}: {why}");
            return Err(Unprintable { node: Node::new(Class::PgType, oid), schema, name, sentence });
        }
    };
    Ok(Object {
        node: Node::new(Class::PgType, oid),
        words: "type",
        key: format!("{schema}.{name}"),
        schema: Some(schema),
        name,
        with: None,
        stage: Stage::Type,
        text: Text::Statements(statements),
        after: Vec::new(),
        has_checked_body: false,
    })
}

fn composite(qualified: &str, attributes: &[Attribute]) -> String {
    let attributes: Vec<String> = attributes
        .iter()
        .map(|Attribute { name, data_type, collation }| {
            let collation = collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            format!("{name} {data_type}{collation}")
        })
        .collect();
    format!("CREATE TYPE {qualified} AS {}", in_lines(&attributes))
}

fn domain_of(qualified: &str, row: &Domain) -> Vec<String> {
    let Domain { base, collation, default, not_null, checks } = row;
    let mut create = format!("CREATE DOMAIN {qualified} AS {base}");
    if let Some(collation) = collation {
        create = format!("{create} COLLATE {collation}");
    }
    if let Some(default) = default {
        create = format!("{create} DEFAULT {default}");
    }
    if *not_null {
        create.push_str(" NOT NULL");
    }
    let mut later = Vec::new();
    for check in checks.iter().flatten() {
        let constraint = format!("CONSTRAINT {} {}", check.name, check.definition);
        if check.validated {
            create = format!("{create}\n    {constraint}");
        } else {
            later.push(format!("ALTER DOMAIN {qualified} ADD {constraint}"));
        }
    }
    std::iter::once(create).chain(later).collect()
}

fn range_of(qualified: &str, row: &Range) -> String {
    let Range { subtype, operator_class, collation, has_canonical: _, difference, multirange } = row;
    let mut options = vec![format!("SUBTYPE = {subtype}")];
    let named = [
        ("SUBTYPE_OPCLASS", operator_class),
        ("COLLATION", collation),
        ("SUBTYPE_DIFF", difference),
        ("MULTIRANGE_TYPE_NAME", multirange),
    ];
    options.extend(
        named.iter().filter_map(|(option, value)| Some(format!("{option} = {}", (*value).as_ref()?))),
    );
    format!("CREATE TYPE {qualified} AS RANGE {}", in_lines(&options))
}
