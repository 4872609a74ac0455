//! Privileges: of objects, and those that new objects come with.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{DefaultPrivilege, Grant};

/// GRANT or REVOKE.
pub fn grant(row: &Grant) -> String {
    let Grant { class: _, oid: _, object, columns, given, grantable, grantee, privileges } = row;
    let columns = columns.as_ref().map(|columns| format!(" ({columns})")).unwrap_or_default();
    let privileges: Vec<String> =
        privileges.iter().map(|privilege| format!("{privilege}{columns}")).collect();
    clause(&privileges, object, *given, *grantable, grantee)
}

/// ALTER DEFAULT PRIVILEGES.
pub fn default_privilege(row: DefaultPrivilege) -> Result<Object, String> {
    let DefaultPrivilege { oid, schema, quoted_schema, role, objects, given, grantable, grantee, privileges } =
        row;
    let objects = match objects.as_str() {
        "r" => "TABLES",
        "S" => "SEQUENCES",
        "f" => "FUNCTIONS",
        "T" => "TYPES",
        "n" => "SCHEMAS",
        "L" => "LARGE OBJECTS",
        other => return Err(format!("default privileges of {role} for objects of the kind {other}")),
    };
    let place = quoted_schema.map(|schema| format!(" IN SCHEMA {schema}")).unwrap_or_default();
    let clause = clause(&privileges, objects, given, grantable, &grantee);
    Ok(Object {
        node: Node::new(Class::PgDefaultAcl, oid),
        words: "default privileges",
        name: format!("{role} {objects}"),
        key: format!("{} {role} {objects}", schema.as_deref().unwrap_or_default()),
        schema,
        with: None,
        stage: Stage::DefaultPrivilege,
        text: Text::Statements(vec![format!("ALTER DEFAULT PRIVILEGES FOR ROLE {role}{place} {clause}")]),
        after: Vec::new(),
        has_checked_body: false,
    })
}

fn clause(privileges: &[String], object: &str, given: bool, grantable: bool, grantee: &str) -> String {
    let privileges = privileges.join(", ");
    if given {
        let option = if grantable { " WITH GRANT OPTION" } else { "" };
        format!("GRANT {privileges} ON {object} TO {grantee}{option}")
    } else {
        format!("REVOKE {privileges} ON {object} FROM {grantee}")
    }
}
