//! Tables with their columns and constraints.

use super::sequence::options;
use super::{in_lines, parameters};
use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{Column, Constraint, Table};

/// The table. Its text is made when it is known which of its parts must wait for something else.
pub fn table(row: Table) -> Object {
    Object {
        node: Node::new(Class::PgClass, row.oid),
        words: "table",
        schema: Some(row.schema.clone()),
        name: row.name.clone(),
        with: None,
        stage: Stage::Table,
        key: format!("{}.{}", row.schema, row.name),
        text: Text::Table(Box::new(row)),
        after: Vec::new(),
        has_checked_body: false,
    }
}

/// The constraints of a table that always stand alone: foreign keys, since tables may refer to each other, and what
/// is not validated, since a new table would validate it.
pub fn stands_alone(constraint: &Constraint) -> bool {
    constraint.form == "f" || constraint.definition.ends_with(" NOT VALID")
}

/// ALTER TABLE ... ADD CONSTRAINT.
pub fn constraint(table: &Table, row: &Constraint) -> Object {
    let statement =
        format!("ALTER TABLE {}\n    ADD CONSTRAINT {} {}", table.qualified, row.quoted, row.definition);
    part(table, Node::new(Class::PgConstraint, row.oid), "constraint", &row.name, statement)
}

/// ALTER TABLE ... SET DEFAULT.
pub fn default(table: &Table, column: &Column, oid: u32, expression: &str) -> Object {
    let statement =
        format!("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {expression}", table.qualified, column.quoted);
    part(table, Node::new(Class::PgAttrdef, oid), "default", &column.name, statement)
}

fn part(table: &Table, node: Node, words: &'static str, name: &str, statement: String) -> Object {
    Object {
        node,
        words,
        schema: Some(table.schema.clone()),
        name: format!("{}.{name}", table.name),
        with: Some(Node::new(Class::PgClass, table.oid)),
        stage: Stage::ForeignKey,
        key: format!("{}.{}", table.schema, table.name),
        text: Text::Statements(vec![statement]),
        after: Vec::new(),
        has_checked_body: false,
    }
}

/// CREATE TABLE and what can only be said after it.
pub fn statements(row: &Table) -> Vec<String> {
    let mut statements = vec![create(row)];
    let alter = |clause: String| format!("ALTER TABLE {} {clause}", row.qualified);
    for column in row.columns.iter().flatten() {
        let name = &column.quoted;
        if let Some(inherited) = column.inherited.as_ref().filter(|_| !column.is_local) {
            if column.default != inherited.default && !column.default_is_apart && column.generated.is_empty()
            {
                let change = match &column.default {
                    Some(default) => format!("SET DEFAULT {default}"),
                    None => "DROP DEFAULT".to_owned(),
                };
                statements.push(format!("ALTER TABLE ONLY {} ALTER COLUMN {name} {change}", row.qualified));
            }
            if column.not_null && inherited.not_null == Some(false) {
                statements
                    .push(format!("ALTER TABLE ONLY {} ALTER COLUMN {name} SET NOT NULL", row.qualified));
            }
            continue;
        }
        if let Some(storage) = column.storage.as_deref().and_then(storage) {
            statements.push(alter(format!("ALTER COLUMN {name} SET STORAGE {storage}")));
        }
        if let Some(compression) = column.compression.as_deref().and_then(compression) {
            statements.push(alter(format!("ALTER COLUMN {name} SET COMPRESSION {compression}")));
        }
    }
    if row.row_security {
        statements.push(alter("ENABLE ROW LEVEL SECURITY".to_owned()));
    }
    if row.force_row_security {
        statements.push(alter("FORCE ROW LEVEL SECURITY".to_owned()));
    }
    statements
}

/// `pg_attribute.attstorage`.
fn storage(code: &str) -> Option<&'static str> {
    Some(match code {
        "p" => "PLAIN",
        "e" => "EXTERNAL",
        "m" => "MAIN",
        "x" => "EXTENDED",
        _ => return None,
    })
}

/// `pg_attribute.attcompression`.
fn compression(code: &str) -> Option<&'static str> {
    Some(match code {
        "p" => "pglz",
        "l" => "lz4",
        _ => return None,
    })
}

fn create(row: &Table) -> String {
    let mut elements: Vec<String> = row
        .columns
        .iter()
        .flatten()
        .filter(|column| column.is_local || column.inherited.is_none())
        .filter_map(
            |column| if row.of_type.is_some() { of_type(column) } else { Some(definition(row, column)) },
        )
        .collect();
    let constraints = row.constraints.iter().flatten().filter(|constraint| !constraint.is_apart);
    elements.extend(constraints.map(|row| format!("CONSTRAINT {} {}", row.quoted, row.definition)));
    let mut create = format!("CREATE {}TABLE {}", if row.unlogged { "UNLOGGED " } else { "" }, row.qualified);
    let parents = row.parents.as_deref().unwrap_or_default();
    let mut may_be_empty = true;
    match (&row.bound, &row.of_type) {
        (Some(_), _) => create = format!("{create} PARTITION OF {}", parents.join(", ")),
        (None, Some(of_type)) => create = format!("{create} OF {of_type}"),
        (None, None) => may_be_empty = false,
    }
    if !elements.is_empty() || !may_be_empty {
        create = format!("{create} {}", in_lines(&elements));
    }
    match &row.bound {
        Some(bound) => create = format!("{create}\n    {bound}"),
        None if !parents.is_empty() => create = format!("{create}\nINHERITS ({})", parents.join(", ")),
        None => {}
    }
    if let Some(key) = &row.partition_key {
        create = format!("{create}\nPARTITION BY {key}");
    }
    if let Some(method) = &row.access_method {
        create = format!("{create}\nUSING {method}");
    }
    if let Some(parameters) = parameters(row.options.as_deref().unwrap_or_default()) {
        create = format!("{create}\nWITH {parameters}");
    }
    create
}

fn definition(table: &Table, column: &Column) -> String {
    if let Some(serial) = column.serial {
        return format!("{} {serial} NOT NULL", column.quoted);
    }
    let mut text = format!("{} {}", column.quoted, column.data_type);
    if let Some(collation) = &column.collation {
        text = format!("{text} COLLATE {collation}");
    }
    if let Some(default) = column.default.as_ref().filter(|_| !column.default_is_apart) {
        text = format!("{text} DEFAULT {default}");
    }
    if column.not_null {
        text.push_str(" NOT NULL");
    }
    if let Some(expression) = &column.expression {
        let kept = if column.generated == "v" { "VIRTUAL" } else { "STORED" };
        text = format!("{text} GENERATED ALWAYS AS ({expression}) {kept}");
    }
    if let Some(identity) = identity(table, column) {
        text = format!("{text} {identity}");
    }
    text
}

fn identity(table: &Table, column: &Column) -> Option<String> {
    let when = match column.identity.as_str() {
        "a" => "ALWAYS",
        "d" => "BY DEFAULT",
        _ => return None,
    };
    let mut choices = Vec::new();
    if let Some(sequence) = &column.sequence {
        let usual = super::sequence_name(&table.name, &column.name);
        if sequence.name != usual || sequence.schema != table.schema {
            choices.push(format!("SEQUENCE NAME {}", sequence.qualified));
        }
        choices.extend(options(&sequence.numbers));
    }
    let choices = if choices.is_empty() { String::new() } else { format!(" ({})", choices.join(" ")) };
    Some(format!("GENERATED {when} AS IDENTITY{choices}"))
}

/// A column of a typed table, if there is more to say than its type does.
fn of_type(column: &Column) -> Option<String> {
    let mut text = format!("{} WITH OPTIONS", column.quoted);
    let bare = text.len();
    if let Some(default) = column.default.as_ref().filter(|_| !column.default_is_apart) {
        text = format!("{text} DEFAULT {default}");
    }
    if column.not_null {
        text.push_str(" NOT NULL");
    }
    (text.len() > bare).then_some(text)
}
