//! Effects as data: what a statement does to a catalog.

use std::collections::BTreeSet;

use crate::core::component::{ComponentId, Shared};
use crate::core::kind::Shape;
use crate::core::kind::constraint::Constraint;
use crate::core::kind::extension::Extension;
use crate::core::kind::index::Index;
use crate::core::kind::sequence::Sequence;
use crate::core::kind::statistics::Statistics;
use crate::core::kind::trigger::Firing;
use crate::core::name::{Identifier, NameSet, QualifiedName};
use crate::core::sql::effect::condition::{Caught, Condition};

mod altered;
mod copied;
mod granted;
mod row;

pub use altered::{AttributeChange, ColumnChange, DomainChange, SequenceOf, SequenceOptions};
pub use copied::CopyOptions;
pub use granted::{GrantChange, GrantTarget, GrantedRight};
pub use row::{RowChange, RowValue, WhichRows};

/// What to do when the component is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// PostgreSQL would refuse; the fold reports the statement and keeps the first.
    Refuse,
    /// IF NOT EXISTS: the first one stays.
    Keep,
    /// OR REPLACE: the new one counts.
    Replace,
    /// A column that a parent may have brought along already: the two become one, as INHERITS has it.
    Merge,
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
    /// A table or a column comes into being with what the same statement hangs on it, or a function. If it was there already (IF NOT
    /// EXISTS), or may not be made, nothing of the statement happens.
    CreateWith {
        /// Which one.
        id: ComponentId,
        /// With which shape.
        shape: Shape,
        /// What if it is there.
        if_exists: IfExists,
        /// What comes with it, in order.
        parts: Vec<Effect>,
    },
    /// A new table takes columns, and more, from another one: INHERITS, PARTITION OF, LIKE.
    CopyTable {
        /// The new table.
        relation: QualifiedName,
        /// The source.
        from: QualifiedName,
        /// What is taken besides the columns with their types, collations and NOT NULLs.
        options: CopyOptions,
    },
    /// A table becomes a child of another one, or is no longer one: ATTACH and DETACH PARTITION, INHERIT and NO
    /// INHERIT. Its own shape stays.
    Inherit {
        /// The child.
        relation: QualifiedName,
        /// The parent.
        from: QualifiedName,
        /// Whether it becomes one.
        inherits: bool,
        /// Whether it is a partition.
        partition: bool,
    },
    /// These happen only if the relation is there (ALTER ... IF EXISTS).
    IfThere {
        /// The relation.
        relation: QualifiedName,
        /// What happens.
        effects: Vec<Effect>,
    },
    /// A constraint on a table. Without a name, the fold makes up PostgreSQL's. A primary key makes its columns NOT NULL.
    AddConstraint {
        /// The table.
        relation: QualifiedName,
        /// The author's name for it.
        name: Option<Identifier>,
        /// Its shape.
        constraint: Constraint,
        /// What a made-up name has between table and ending; empty: nothing.
        name_parts: Vec<Identifier>,
    },
    /// An index becomes a primary key or unique constraint (ADD CONSTRAINT ... USING INDEX), which takes its columns
    /// and, unless it is given another name, its name.
    ConstraintFromIndex {
        /// The table.
        relation: QualifiedName,
        /// The author's name for the constraint.
        name: Option<Identifier>,
        /// The index.
        index: Identifier,
        /// PRIMARY KEY, rather than UNIQUE.
        primary: bool,
        /// Its shape, without a form.
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
        /// What a made-up name has between table and ending.
        name_parts: Vec<Identifier>,
        /// Every column that it depends on, expressions and predicate included; `None` where they could not be found.
        columns: Option<NameSet>,
    },
    /// Extended statistics. Without a name, the fold makes up PostgreSQL's.
    CreateStatistics {
        /// The author's name for them.
        name: Option<QualifiedName>,
        /// Their shape, with the table.
        statistics: Statistics,
        /// What if they are there.
        if_exists: IfExists,
        /// What a made-up name has between table and ending.
        name_parts: Vec<Identifier>,
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
    /// A sequence is tied to a column, with which it goes.
    OwnSequence {
        /// The sequence.
        sequence: QualifiedName,
        /// Table and column; `None` unties it.
        owner: Option<(QualifiedName, Identifier)>,
    },
    /// A part of a column changes.
    ChangeColumn {
        /// The table.
        relation: QualifiedName,
        /// The column.
        column: Identifier,
        /// The new part.
        change: ColumnChange,
        /// ONLY: the columns of its children stay.
        only: bool,
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
        /// In which sessions it fires.
        enabled: Firing,
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
        /// CASCADE.
        cascade: bool,
    },
    /// Rows of a table change or go: those declared so far may no longer be there.
    ChangeRows {
        /// The table.
        relation: QualifiedName,
        /// What happens to them.
        change: RowChange,
        /// Which rows.
        rows: WhichRows,
        /// The statement in words: `DELETE`.
        reason: String,
    },
    /// A relation changes in a way that is not modelled: what is declared of these components so far may no longer
    /// hold, so they are Unknown.
    Obscure {
        /// A component of any kind; a table stands for all that hangs on it too.
        ids: BTreeSet<ComponentId>,
        /// The statement in words: `ALTER DOMAIN`.
        reason: String,
    },
    /// From here on, unqualified names of this source are looked up in these schemas, and made in the first.
    SetSearchPath(Vec<Identifier>),
    /// Sessions that begin after it may look unqualified names up in these schemas, and make objects in the first: a
    /// setting of the database, of a role, or of the server. Its own session goes on as before.
    SetLaterSearchPath {
        /// The schemas.
        schemas: Vec<Identifier>,
        /// The statement in words: `ALTER DATABASE ... SET search_path`.
        reason: String,
    },
    /// ALTER of parts of a component: what the shape says is taken over, what it leaves open stays.
    Change {
        /// Which one.
        id: ComponentId,
        /// The changed parts.
        change: Shape,
    },
    /// A component goes under another name, or into another schema, with all that hangs on it; what names it names it by
    /// its new name.
    Rename {
        /// The old identity.
        from: ComponentId,
        /// The new one, of the same kind.
        to: ComponentId,
    },
    /// GRANT or REVOKE on objects. The fold finds the objects, and what ALL PRIVILEGES means for them.
    Grant(GrantChange),
    /// What all databases of the server share goes, with what may be done with it, or gets another name.
    ChangeShared {
        /// What it is.
        class: Shared,
        /// Its name by then.
        name: Identifier,
        /// Its new name; `None` where it goes.
        to: Option<Identifier>,
    },
    /// The owner of what all databases of the server share, which comes with what the old one may do.
    OwnShared {
        /// What it is.
        class: Shared,
        /// Its name.
        name: Identifier,
        /// The new owner; `None` for whoever runs the statement.
        role: Option<Identifier>,
    },
    /// DROP OWNED: what the roles own, what they may do, and what new objects of theirs come with, goes.
    DropOwned {
        /// The roles; `None` where one is whoever runs the statement.
        roles: Option<Vec<Identifier>>,
        /// CASCADE.
        cascade: bool,
    },
    /// REASSIGN OWNED.
    ReassignOwned {
        /// The old owners, those that have a name.
        from: Vec<Identifier>,
        /// The new one; `None` where that is whoever runs the statement.
        to: Option<Identifier>,
    },
    /// COMMENT ON. The fold finds out what the object is.
    Comment {
        /// The object.
        object: ComponentId,
        /// Its comment; `None` takes it away.
        text: Option<String>,
    },
    /// A function or a procedure is called. A declared one may change what its body names, and what the constants name
    /// that it puts into SQL.
    Call {
        /// Its name, the schema first where one is written.
        function: Vec<String>,
        /// The strings among its arguments.
        texts: Vec<String>,
        /// The statement in words.
        reason: String,
    },
    /// SQL is executed that is put together from texts, some of which are not known.
    MayChange {
        /// The SQL, with [`COMPUTED`](super::condition::COMPUTED) for what is not known.
        text: String,
        /// The statement in words.
        reason: String,
    },
    /// OWNER TO, AUTHORIZATION. The fold finds out what the object is.
    Owner {
        /// The object.
        object: ComponentId,
        /// Its owner; `None` where that is whoever runs the statement.
        role: Option<Identifier>,
    },
    /// An extension goes into another schema, with its types and functions.
    MoveExtension {
        /// Which one.
        id: ComponentId,
        /// The schema.
        change: Extension,
    },
    /// ALTER SEQUENCE, or SET of an identity column.
    ChangeSequence {
        /// Which one.
        sequence: SequenceOf,
        /// What it says.
        options: SequenceOptions,
    },
    /// An attribute of a composite type is added, changes, or goes.
    ChangeAttribute {
        /// The type.
        id: ComponentId,
        /// The attribute.
        attribute: Identifier,
        /// What happens to it.
        change: AttributeChange,
    },
    /// ALTER DOMAIN.
    ChangeDomain {
        /// The type.
        id: ComponentId,
        /// What happens to it.
        change: DomainChange,
    },
    /// A label of an enum is renamed.
    RenameEnumLabel {
        /// The type.
        id: ComponentId,
        /// The old label.
        from: String,
        /// The new one.
        to: String,
    },
    /// A part of a function's [`Self::CreateWith`]: a type is that of a column (`%TYPE`). Where the column is declared, the
    /// fold takes its type of that moment.
    TypeOfColumn {
        /// The position of the argument, among all; `None` for the result.
        argument: Option<usize>,
        /// The table.
        relation: QualifiedName,
        /// The column.
        column: Identifier,
    },
    /// A table comes from a query that does not show all of its columns.
    UnknownColumns(QualifiedName),
    /// What happens under a condition. Where it cannot be told, what either side touches is no longer known.
    If {
        /// The condition.
        condition: Condition,
        /// What happens where it is so.
        then: Vec<Self>,
        /// What happens where it is not.
        otherwise: Vec<Self>,
        /// The statement in words: `DO under a condition`.
        reason: String,
    },
    /// What is undone as a whole where one part of it fails with an error that is caught.
    Attempt {
        /// What is attempted.
        effects: Vec<Self>,
        /// What is caught.
        caught: Caught,
        /// What happens then.
        handler: Vec<Self>,
        /// The statement in words: `DO that may fail`.
        reason: String,
    },
    /// What the statement makes is not modelled: it is not audited, and the report says so. In words:
    /// `CREATE OPERATOR`.
    NotModelled(String),
}

impl Effect {
    /// Visits the words of each statement after which something is no longer known, those under conditions too.
    pub fn reasons(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Obscure { reason, .. }
            | Self::SetLaterSearchPath { reason, .. }
            | Self::ChangeRows { reason, .. }
            | Self::Call { reason, .. }
            | Self::MayChange { reason, .. } => visit(reason),
            Self::If { then, otherwise, reason, .. } => {
                visit(reason);
                then.iter_mut().chain(otherwise).for_each(|effect| effect.reasons(visit));
            }
            Self::Attempt { effects, handler, reason, .. } => {
                visit(reason);
                effects.iter_mut().chain(handler).for_each(|effect| effect.reasons(visit));
            }
            _ => {}
        }
    }
}
