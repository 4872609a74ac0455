//! Tables with their columns and constraints.

use super::sequence::options;
use super::{in_lines, parameters};
use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{Column, Constraint, Foreign, Table};

/// The table. Its text is made when it is known which of its parts must wait for something else.
pub fn table(row: Table) -> Object {
    Object {
        node: Node::new(Class::PgClass, row.oid),
        words: if row.foreign.is_some() { "foreign table" } else { "table" },
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

/// Whether one key is the other under another name: CREATE TABLE would make only one of them
/// (`transformIndexConstraints` in `parse_utilcmd.c`).
pub fn is_same_key(one: &Constraint, other: &Constraint) -> bool {
    let key = |constraint: &Constraint| {
        let definition = &constraint.definition;
        definition.strip_prefix("PRIMARY KEY").or(definition.strip_prefix("UNIQUE")).map(str::to_owned)
    };
    key(one).is_some() && key(one) == key(other)
}

/// The constraints of a table that always stand alone: foreign keys, since tables may refer to each other, and what
/// is not validated, since a new table would validate it.
pub fn stands_alone(constraint: &Constraint) -> bool {
    constraint.form == "f" || constraint.definition.ends_with(" NOT VALID")
}

/// ALTER TABLE ... ADD CONSTRAINT.
pub fn constraint(table: &Table, row: &Constraint) -> Object {
    let mut statements = vec![format!(
        "ALTER TABLE {}\n    ADD CONSTRAINT {} {}",
        table.qualified, row.quoted, row.definition
    )];
    statements.extend(of_index(table, row));
    part(table, Node::new(Class::PgConstraint, row.oid), "constraint", &row.name, statements)
}

/// ALTER TABLE ... SET DEFAULT.
pub fn default(table: &Table, column: &Column, oid: u32, expression: &str) -> Object {
    let statement =
        format!("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {expression}", table.qualified, column.quoted);
    part(table, Node::new(Class::PgAttrdef, oid), "default", &column.name, vec![statement])
}

/// What a table says of the index of a constraint.
fn of_index(table: &Table, row: &Constraint) -> Vec<String> {
    let Some(index) = &row.index else { return Vec::new() };
    let alter = |clause: &str| format!("ALTER TABLE {} {clause} {index}", table.qualified);
    let replica_identity = row.is_replica_identity.then(|| alter("REPLICA IDENTITY USING INDEX"));
    let clustered = row.is_clustered.then(|| alter("CLUSTER ON"));
    replica_identity.into_iter().chain(clustered).collect()
}

fn part(table: &Table, node: Node, words: &'static str, name: &str, statements: Vec<String>) -> Object {
    Object {
        node,
        words,
        schema: Some(table.schema.clone()),
        name: format!("{}.{name}", table.name),
        with: Some(Node::new(Class::PgClass, table.oid)),
        stage: Stage::ForeignKey,
        key: format!("{}.{}", table.schema, table.name),
        text: Text::Statements(statements),
        after: Vec::new(),
        has_checked_body: false,
    }
}

/// CREATE TABLE and what can only be said after it.
pub fn statements(row: &Table) -> Vec<String> {
    let mut statements = vec![create(row)];
    let kind = if row.foreign.is_some() { "FOREIGN TABLE" } else { "TABLE" };
    let alter = |clause: String| format!("ALTER {kind} {} {clause}", row.qualified);
    for column in row.columns.iter().flatten() {
        let name = &column.quoted;
        if let Some(target) = column.statistics {
            statements.push(alter(format!("ALTER COLUMN {name} SET STATISTICS {target}")));
        }
        if let Some(with) = parameters(column.parameters.as_deref().unwrap_or_default()) {
            statements.push(alter(format!("ALTER COLUMN {name} SET {with}")));
        }
        if let Some(inherited) = column.inherited.as_ref().filter(|_| !column.is_local) {
            // What generates a column is no default, neither of it nor of its parent's.
            if column.default != inherited.default && !column.default_is_apart {
                let change = match &column.default {
                    Some(default) => format!("SET DEFAULT {default}"),
                    None => "DROP DEFAULT".to_owned(),
                };
                statements.push(format!("ALTER TABLE ONLY {} ALTER COLUMN {name} {change}", row.qualified));
            }
            if column.not_null && inherited.not_null == Some(false) {
                statements.push(own_not_null(row, column));
            }
            if let Some(storage) = inherited.storage.as_deref().and_then(storage) {
                statements.push(alter(format!("ALTER COLUMN {name} SET STORAGE {storage}")));
            }
            if let Some(code) = inherited.compression.as_deref() {
                let compression = compression(code).unwrap_or("default");
                statements.push(alter(format!("ALTER COLUMN {name} SET COMPRESSION {compression}")));
            }
            continue;
        }
        if column.not_null_constraint.as_ref().is_some_and(|own| !own.is_validated) {
            statements.push(own_not_null(row, column));
        }
        if let Some(storage) = column.storage.as_deref().and_then(storage) {
            statements.push(alter(format!("ALTER COLUMN {name} SET STORAGE {storage}")));
        }
        if let Some(compression) = column.compression.as_deref().and_then(compression) {
            statements.push(alter(format!("ALTER COLUMN {name} SET COMPRESSION {compression}")));
        }
    }
    match row.replica_identity.as_str() {
        "f" => statements.push(alter("REPLICA IDENTITY FULL".to_owned())),
        "n" => statements.push(alter("REPLICA IDENTITY NOTHING".to_owned())),
        _ => {}
    }
    for constraint in row.constraints.iter().flatten().filter(|constraint| !constraint.is_apart) {
        statements.extend(of_index(row, constraint));
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
        .filter_map(|column| match (column.is_local || column.inherited.is_none(), &row.bound) {
            (true, _) if row.of_type.is_some() => of_type(column),
            (true, _) => Some(definition(row, column)),
            (false, Some(_)) => Some(format!("{} WITH OPTIONS{}", column.quoted, own_generation(column)?)),
            (false, None) => None,
        })
        .collect();
    let constraints = row.constraints.iter().flatten().filter(|constraint| !constraint.is_apart);
    elements.extend(constraints.map(|row| format!("CONSTRAINT {} {}", row.quoted, row.definition)));
    let sort = match (&row.foreign, row.unlogged) {
        (Some(_), _) => "FOREIGN ",
        (None, true) => "UNLOGGED ",
        (None, false) => "",
    };
    let mut create = format!("CREATE {sort}TABLE {}", row.qualified);
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
    if let Some(Foreign { server, options }) = &row.foreign {
        create = format!("{create}\nSERVER {server}");
        if let Some(options) = options {
            create = format!("{create} OPTIONS ({options})");
        }
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
        return format!("{} {serial}{}", column.quoted, not_null(table, column));
    }
    // FORMAT before JSON is read as a keyword since PostgreSQL 16.
    let is_keyword = column.quoted == "format" && column.data_type.starts_with("json");
    let name = if is_keyword { "\"format\"" } else { &column.quoted };
    let mut text = format!("{name} {}", column.data_type);
    if let Some(options) = &column.options {
        text = format!("{text} OPTIONS ({options})");
    }
    if let Some(collation) = &column.collation {
        text = format!("{text} COLLATE {collation}");
    }
    if let Some(default) = column.default.as_ref().filter(|_| !column.default_is_apart) {
        text = format!("{text} DEFAULT {default}");
    }
    if column.not_null {
        text.push_str(&not_null(table, column));
    }
    text.push_str(&own_generation(column).unwrap_or_default());
    if let Some(identity) = identity(table, column) {
        text = format!("{text} {identity}");
    }
    text
}

/// What generates a column, where its parents do not say the same: until PostgreSQL 16 a child must not say it again
/// (`MergeAttributes` in `tablecmds.c`).
fn own_generation(column: &Column) -> Option<String> {
    let expression = column.expression.as_ref()?;
    let inherited = column.inherited.as_ref().and_then(|inherited| inherited.expression.as_ref());
    let kept = if column.generated == "v" { "VIRTUAL" } else { "STORED" };
    (inherited != Some(expression)).then(|| format!(" GENERATED ALWAYS AS ({expression}) {kept}"))
}

/// NOT NULL, with its name where PostgreSQL would choose another one. One that is not valid stands after the table.
fn not_null(table: &Table, column: &Column) -> String {
    let Some(own) = &column.not_null_constraint else { return " NOT NULL".to_owned() };
    if !own.is_validated {
        return String::new();
    }
    let name =
        if has_usual_name(table, column) { String::new() } else { format!(" CONSTRAINT {}", own.quoted) };
    let inheritance = if own.is_inherited { "" } else { " NO INHERIT" };
    format!("{name} NOT NULL{inheritance}")
}

/// Whether a NOT NULL has the name that PostgreSQL would choose, or none.
fn has_usual_name(table: &Table, column: &Column) -> bool {
    let usual = super::generated_name(&table.name, &column.name, "not_null");
    column.not_null_constraint.as_ref().is_none_or(|own| own.name == usual)
}

/// The NOT NULL that a column has besides those of its parents.
fn own_not_null(row: &Table, column: &Column) -> String {
    let name = &column.quoted;
    match &column.not_null_constraint {
        Some(own) if !own.is_validated => {
            format!("ALTER TABLE {} ADD CONSTRAINT {} NOT NULL {name} NOT VALID", row.qualified, own.quoted)
        }
        Some(own) if !has_usual_name(row, column) => {
            format!("ALTER TABLE ONLY {} ADD CONSTRAINT {} NOT NULL {name}", row.qualified, own.quoted)
        }
        _ => format!("ALTER TABLE ONLY {} ALTER COLUMN {name} SET NOT NULL", row.qualified),
    }
}

fn identity(table: &Table, column: &Column) -> Option<String> {
    let when = match column.identity.as_str() {
        "a" => "ALWAYS",
        "d" => "BY DEFAULT",
        _ => return None,
    };
    let mut choices = Vec::new();
    if let Some(sequence) = &column.sequence {
        let usual = super::generated_name(&table.name, &column.name, "seq");
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
