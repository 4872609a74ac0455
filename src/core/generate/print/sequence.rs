//! Sequences: those of their own, and what a serial or identity column says of its one.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{Numbers, Sequence};

/// CREATE SEQUENCE.
pub fn sequence(row: &Sequence) -> Object {
    let Sequence { oid, schema, name, qualified, unlogged, numbers, .. } = row;
    let mut words = vec![format!("CREATE {}SEQUENCE {qualified}", if *unlogged { "UNLOGGED " } else { "" })];
    if numbers.data_type != "bigint" {
        words.push(format!("AS {}", numbers.data_type));
    }
    words.extend(options(numbers));
    Object {
        node: Node::new(Class::PgClass, *oid),
        words: "sequence",
        key: format!("{schema}.{name}"),
        schema: Some(schema.clone()),
        name: name.clone(),
        with: row.owner.map(|owner| Node::new(Class::PgClass, owner)),
        stage: Stage::Sequence,
        text: Text::Statements(vec![words.join(" ")]),
        after: Vec::new(),
        has_checked_body: false,
    }
}

/// ALTER SEQUENCE ... OWNED BY, once the table is there.
pub fn ownership(row: &Sequence) -> Option<Object> {
    let (owner, owned_by) = (row.owner?, row.owned_by.as_ref()?);
    let statement = format!("ALTER SEQUENCE {} OWNED BY {owned_by}", row.qualified);
    Some(Object {
        node: Node::new(Class::Ownership, row.oid),
        words: "owner of sequence",
        schema: Some(row.schema.clone()),
        name: row.name.clone(),
        key: format!("{}.{}", row.owner_schema.as_ref()?, row.owner_name.as_ref()?),
        with: Some(Node::new(Class::PgClass, owner)),
        stage: Stage::Table,
        text: Text::Statements(vec![statement]),
        after: Vec::new(),
        has_checked_body: false,
    })
}

/// The options that are not what PostgreSQL chooses (`init_params` in `sequence.c`).
pub fn options(numbers: &Numbers) -> Vec<String> {
    let Numbers { data_type, start, increment, minimum, maximum, cache, cycle } = numbers;
    let (least, most) = match data_type.as_str() {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (default_minimum, default_maximum) = if *increment > 0 { (1, most) } else { (least, -1) };
    let default_start = if *increment > 0 { *minimum } else { *maximum };
    let mut options = Vec::new();
    let mut option = |word: &str, value: i64, default: i64| {
        if value != default {
            options.push(format!("{word} {value}"));
        }
    };
    option("INCREMENT BY", *increment, 1);
    option("MINVALUE", *minimum, default_minimum);
    option("MAXVALUE", *maximum, default_maximum);
    option("START WITH", *start, default_start);
    option("CACHE", *cache, 1);
    if *cycle {
        options.push("CYCLE".to_owned());
    }
    options
}

/// `smallserial`, `serial` or `bigserial`, where that makes this sequence and the rest of the column.
pub fn serial(row: &Sequence, data_type: &str, default: Option<&str>) -> Option<&'static str> {
    let (table, column) = (row.owner_name.as_ref()?, row.owner_column.as_ref()?);
    let is_plain = row.name == super::generated_name(table, column, "seq")
        && row.owner_schema.as_ref() == Some(&row.schema)
        && row.numbers.data_type == data_type
        && options(&row.numbers).is_empty();
    let literal = crate::core::sql::quoting::literal(&row.qualified);
    let expected = format!("nextval({}::regclass)", literal.trim_start());
    if !is_plain || default != Some(&expected) {
        return None;
    }
    match data_type {
        "smallint" => Some("smallserial"),
        "integer" => Some("serial"),
        "bigint" => Some("bigserial"),
        _ => None,
    }
}
