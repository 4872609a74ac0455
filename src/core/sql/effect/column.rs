//! The definition of a column, in CREATE TABLE and in ADD COLUMN.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, ConstrType, Node};

use super::{Effect, Scope, built_in_type, constraint, sequence};
use crate::core::definition::Clause;
use crate::core::kind::column::{Collation, Column, Compression, Generated, Identity, NotNullState, Storage};
use crate::core::kind::letter::Letter;
use crate::core::kind::sequence::Sequence;
use crate::core::name::{Identifier, PartialName, QualifiedName};
use crate::core::sql::{expression, parse};
use crate::core::type_name::TypeName;

/// What a column definition declares.
#[derive(Debug)]
pub(super) struct Definition {
    pub name: Identifier,
    pub column: Column,
    /// The sequence of a serial or identity column.
    pub sequence: Option<Effect>,
    /// The constraints beside the column, in order.
    pub constraints: Vec<Effect>,
}

/// Reads a column definition.
pub(super) fn definition(
    def: &protobuf::ColumnDef,
    relation: &QualifiedName,
    table_is_new: bool,
    scope: &Scope,
) -> Definition {
    let name = Identifier::new(&def.colname);
    let serial = def.type_name.as_ref().and_then(serial);
    let data_type = serial.clone().or_else(|| def.type_name.as_ref().and_then(parse::type_name));
    // A column of a parent, or of a type, is written without its type, and keeps its collation.
    let of_type = def.type_name.as_ref().map(|_| Collation::OfType);
    let collation = collation(def).or(of_type);
    let mut column = Column {
        data_type: data_type.clone(),
        not_null: Some(def.is_not_null || serial.is_some()),
        default: Some(if serial.is_some() { Clause::Defined(None) } else { Clause::Absent }),
        identity: Some(Identity::None),
        generated: Some(Generated::No),
        collation,
        storage: storage(&def.storage_name),
        compression: compression(&def.compression),
        ..Column::default()
    };
    let owned = |options: &[Node]| {
        let sequence_type = data_type.clone().map(|data_type| TypeName { modifier: None, ..data_type });
        owned_sequence(relation, &name, options, sequence_type.as_ref(), scope)
    };
    let mut sequence = serial.is_some().then(|| owned(&[]));
    let mut constraints = Vec::new();
    let place = constraint::Place { relation, column: Some(&name), table_is_new };
    for written in with_attributes(&def.constraints) {
        match written.contype() {
            ConstrType::ConstrNotnull => {
                column.not_null = Some(true);
                column.not_null_state = Some(not_null_state(&written, table_is_new));
            }
            ConstrType::ConstrDefault => {
                column.default = written.raw_expr.as_deref().map(|e| default(e, data_type.as_ref(), scope));
            }
            ConstrType::ConstrIdentity => {
                column.identity = Some(identity(&written.generated_when));
                column.not_null = Some(true);
                sequence = Some(owned(&written.options));
            }
            ConstrType::ConstrGenerated => {
                let text = written.raw_expr.as_deref().and_then(|e| expression::definition(e, scope));
                let virtual_ = written.generated_kind == "v";
                column.generated =
                    Some(if virtual_ { Generated::Virtual(text) } else { Generated::Stored(text) });
            }
            _ => constraints.extend(constraint::effect(&written, place, scope)),
        }
    }
    Definition { name, column, sequence, constraints }
}

/// The collation that a column definition names.
pub(super) fn collation(def: &protobuf::ColumnDef) -> Option<Collation> {
    let clause = def.coll_clause.as_ref()?;
    PartialName::written(&parse::strings(&clause.collname)).map(|name| Collation::Named(Box::new(name)))
}

/// STORAGE; DEFAULT, and a word that the server would refuse, say nothing.
pub(super) fn storage(name: &str) -> Option<Storage> {
    Storage::of_words(&name.to_ascii_lowercase())
}

/// COMPRESSION.
pub(super) fn compression(name: &str) -> Option<Compression> {
    Compression::of_words(&name.to_ascii_lowercase())
}

/// NOT VALID and NO INHERIT of a NOT NULL (PostgreSQL 18); a table that is made by the same statement has no rows.
pub(super) fn not_null_state(written: &protobuf::Constraint, table_is_new: bool) -> NotNullState {
    NotNullState { validated: table_is_new || !written.skip_validation, no_inherit: written.is_no_inherit }
}

/// The constraints beside a column. The grammar gives DEFERRABLE and its like as constraints of their own; they
/// belong to the one before (`transformConstraintAttrs` in PostgreSQL's `parse_utilcmd.c`).
fn with_attributes(nodes: &[Node]) -> Vec<protobuf::Constraint> {
    let mut constraints: Vec<protobuf::Constraint> = Vec::new();
    for node in nodes {
        let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
        let attribute = constraint.contype();
        match (attribute, constraints.last_mut()) {
            (ConstrType::ConstrAttrDeferrable, Some(last)) => last.deferrable = true,
            (ConstrType::ConstrAttrNotDeferrable, Some(last)) => last.deferrable = false,
            (ConstrType::ConstrAttrDeferred, Some(last)) => last.initdeferred = true,
            (ConstrType::ConstrAttrImmediate, Some(last)) => last.initdeferred = false,
            (ConstrType::ConstrAttrEnforced, Some(last)) => last.is_enforced = true,
            (ConstrType::ConstrAttrNotEnforced, Some(last)) => last.is_enforced = false,
            _ => constraints.push((**constraint).clone()),
        }
    }
    constraints
}

/// The integer type behind one of the serial types, which are words of the grammar rather than types.
fn serial(type_name: &protobuf::TypeName) -> Option<TypeName> {
    match parse::strings(&type_name.names).as_slice() {
        ["smallserial" | "serial2"] => Some(TypeName::built_in("int2")),
        ["serial" | "serial4"] => Some(TypeName::built_in("int4")),
        ["bigserial" | "serial8"] => Some(TypeName::built_in("int8")),
        _ => None,
    }
}

/// `attidentity` as the grammar gives it.
pub(super) fn identity(generated_when: &str) -> Identity {
    if generated_when == "d" { Identity::ByDefault } else { Identity::Always }
}

/// What DEFAULT declares. A plain NULL is no default, unless the server has to coerce it to the column's type (a length,
/// a domain): then it may keep one (`AddRelationNewConstraints` in PostgreSQL's `heap.c`), which means the same.
pub(super) fn default(written: &Node, data_type: Option<&TypeName>, scope: &Scope) -> Clause {
    let is_plain_null =
        matches!(written.node, Some(NodeEnum::AConst(_))) && parse::constant(written) == Some(None);
    let coerced = || {
        data_type.is_none_or(|data_type| {
            data_type.modifier.is_some()
                || data_type.schema.as_ref().is_some_and(|schema| schema.as_str() != "pg_catalog")
                || data_type.schema.is_none() && !built_in_type::is_built_in(data_type.name.as_str())
        })
    };
    if is_plain_null && !coerced() {
        Clause::Absent
    } else {
        Clause::Defined(expression::definition(written, scope))
    }
}

/// The sequence of a serial or identity column. Without a data type (ADD GENERATED, which does not show it) the bounds
/// are left open.
pub(super) fn owned_sequence(
    relation: &QualifiedName,
    column: &Identifier,
    options: &[Node],
    data_type: Option<&TypeName>,
    scope: &Scope,
) -> Effect {
    let mut shape = sequence::shape(data_type.unwrap_or(&TypeName::built_in("int8")), options);
    if data_type.is_none() {
        shape = Sequence { data_type: None, minimum: None, maximum: None, ..shape };
    }
    Effect::OwnedSequence {
        relation: relation.clone(),
        column: column.clone(),
        name: options.iter().find_map(|option| sequence_name(option, relation, scope)),
        sequence: shape,
    }
}

/// The option SEQUENCE NAME; without a schema it is the table's.
fn sequence_name(option: &Node, relation: &QualifiedName, scope: &Scope) -> Option<QualifiedName> {
    let Some(NodeEnum::DefElem(option)) = &option.node else { return None };
    let Some(NodeEnum::List(list)) = &option.arg.as_deref()?.node else { return None };
    let schema_of_table = Scope::of(relation.schema.clone());
    let scope = if list.items.len() == 1 { &schema_of_table } else { scope };
    (option.defname == "sequence_name").then(|| parse::qualified(&list.items, scope))?
}
