//! What one statement does to a catalog.
//!
//! One function per statement family turns a parse tree into effects; [`crate::core::sql::fold`] applies them. Effects
//! are data: names are resolved already, names that PostgreSQL makes up are not (only the fold knows what is taken).

use std::collections::BTreeSet;

use crate::core::component::ComponentId;
use crate::core::kind::Shape;
use crate::core::kind::column::{Column, ColumnDefault, Generated, Identity};
use crate::core::kind::constraint::Constraint;
use crate::core::kind::index::Index;
use crate::core::kind::sequence::Sequence;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::type_name::TypeName;

/// What unqualified names mean at the statement; `SET search_path` changes it for what follows in the same source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The schema of unqualified names.
    pub default_schema: Identifier,
}

impl Scope {
    /// Resolves a name that may lack its schema (the empty string counts as lacking).
    #[must_use]
    pub fn resolve(&self, schema: &str, name: &str) -> QualifiedName {
        let schema = if schema.is_empty() { self.default_schema.clone() } else { Identifier::new(schema) };
        QualifiedName { schema, name: Identifier::new(name) }
    }
}

/// What to do when the component is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// PostgreSQL would refuse; the fold reports the statement and keeps the first.
    Refuse,
    /// IF NOT EXISTS: the first one stays.
    Keep,
    /// OR REPLACE: the new one counts.
    Replace,
}

/// One effect of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A component comes into being (schema, extension, type, sequence, table, view, function, trigger, policy, column).
    Create {
        /// Which one.
        id: ComponentId,
        /// With which shape.
        shape: Shape,
        /// What if it is there.
        if_exists: IfExists,
    },
    /// A constraint on a table. Without a name, the fold makes up PostgreSQL's. A primary key makes its columns NOT NULL.
    AddConstraint {
        /// The table.
        relation: QualifiedName,
        /// The author's name for it.
        name: Option<Identifier>,
        /// Its shape.
        constraint: Constraint,
    },
    /// An index. Without a name, the fold makes up PostgreSQL's.
    CreateIndex {
        /// The table (or materialized view).
        relation: QualifiedName,
        /// The author's name for it.
        name: Option<Identifier>,
        /// Its shape.
        index: Index,
        /// What if it is there.
        if_exists: IfExists,
    },
    /// The sequence of a serial or identity column; without a name, the fold makes up PostgreSQL's.
    OwnedSequence {
        /// The table.
        relation: QualifiedName,
        /// The column.
        column: Identifier,
        /// The author's name for it.
        name: Option<QualifiedName>,
        /// Its shape.
        sequence: Sequence,
    },
    /// A part of a column changes.
    ChangeColumn {
        /// The table.
        relation: QualifiedName,
        /// The column.
        column: Identifier,
        /// The new part.
        change: ColumnChange,
    },
    /// Row-level security of a table changes; open parts stay.
    RowSecurity {
        /// The table.
        relation: QualifiedName,
        /// ENABLE or DISABLE.
        enabled: Option<bool>,
        /// FORCE or NO FORCE.
        forced: Option<bool>,
    },
    /// A label is added to an enum.
    AddEnumLabel {
        /// The type.
        id: ComponentId,
        /// The label.
        label: String,
        /// Where: `None` is at the end; else before (`true`) or after (`false`) another label.
        place: Option<(bool, String)>,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// A trigger is enabled or disabled.
    EnableTrigger {
        /// The table.
        relation: QualifiedName,
        /// The trigger; `None` for all of the table.
        name: Option<Identifier>,
        /// Whether it fires.
        enabled: bool,
    },
    /// A constraint is validated.
    ValidateConstraint {
        /// The table.
        relation: QualifiedName,
        /// Its name.
        name: Identifier,
    },
    /// Rows of constants are inserted. The fold finds their key.
    InsertRows {
        /// The table.
        relation: QualifiedName,
        /// The columns; `None` where the statement relies on their order in the table.
        columns: Option<Vec<Identifier>>,
        /// The rows.
        rows: Vec<Vec<RowValue>>,
        /// The columns of ON CONFLICT (...), which are the key.
        conflict_columns: Option<Vec<Identifier>>,
    },
    /// A component goes, with all that hangs on it.
    Drop {
        /// Which one. A function without arguments is any overload.
        id: ComponentId,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// A relation changes in a way that is not modelled: what is declared of these components so far may no longer
    /// hold, so they are Unknown.
    Obscure {
        /// A component of any kind; a table stands for all that hangs on it too.
        ids: BTreeSet<ComponentId>,
        /// The statement in words: `ALTER TABLE ... RENAME`.
        reason: String,
    },
    /// From here on, unqualified names of this source mean this schema.
    SetDefaultSchema(Identifier),
    /// What the statement makes is not modelled: it is not audited, and the report says so. In words:
    /// `CREATE OPERATOR`.
    NotModelled(String),
}

/// A change of one part of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnChange {
    /// TYPE.
    DataType(Option<TypeName>),
    /// SET or DROP NOT NULL.
    NotNull(bool),
    /// SET or DROP DEFAULT.
    Default(ColumnDefault),
    /// ADD, SET or DROP IDENTITY.
    Identity(Identity),
    /// DROP EXPRESSION.
    Generated(Generated),
}

/// One value of an inserted row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowValue {
    /// A constant, as text; `None` is null.
    Constant(Option<String>),
    /// DEFAULT, an expression, a function call: known only to the database that runs it.
    Computed,
}

/// The column of a `CREATE TABLE` or `ADD COLUMN` as an effect.
#[must_use]
pub fn create_column(
    relation: &QualifiedName,
    name: Identifier,
    column: Column,
    if_exists: IfExists,
) -> Effect {
    Effect::Create {
        id: ComponentId::on_relation(crate::core::kind::Kind::Column, relation.clone(), name),
        shape: column.into(),
        if_exists,
    }
}

/// The effects of one statement, in order. A statement of a kind that is not modelled gives [`Effect::NotModelled`];
/// one that changes nothing that is audited (`SET`, `BEGIN`, `COMMIT`, `ANALYZE`) gives none.
#[must_use]
pub fn effects(_node: &pg_query::protobuf::Node, _scope: &Scope) -> Vec<Effect> {
    Vec::new()
}
