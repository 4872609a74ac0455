//! Effects as data: what a statement does to a catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::component::{ComponentId, ComponentName, Grantee, Shared};
use crate::core::definition::{Clause, Definition};
use crate::core::kind::column::{Collation, Generated, Identity};
use crate::core::kind::constraint::Constraint;
use crate::core::kind::domain::DomainCheck;
use crate::core::kind::extension::Extension;
use crate::core::kind::index::Index;
use crate::core::kind::privilege::{Privilege, Stance};
use crate::core::kind::sequence::Sequence;
use crate::core::kind::statistics::Statistics;
use crate::core::kind::trigger::Firing;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, NameSet, PartialName, QualifiedName};
use crate::core::sql::effect::condition::{Caught, Condition};
use crate::core::type_name::TypeName;

/// What unqualified names mean at the statement; `SET search_path` changes it for what follows in the same source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The schema of unqualified names, in which objects are made.
    pub default_schema: Identifier,
    /// The schemas in which unqualified names are looked up, in order; the default schema is one of them.
    pub search_path: Arc<[Identifier]>,
    /// The temporary relations by now: unqualified, their names mean them.
    pub temporary: BTreeSet<Identifier>,
    /// The objects that are declared by now, where they are followed: in a path of several schemas, they say which one a
    /// name means. All relations count as tables.
    pub objects: Option<Arc<BTreeSet<ComponentId>>>,
}

impl Scope {
    /// Names are looked up, and objects are made, in one schema.
    #[must_use]
    pub fn of(schema: Identifier) -> Self {
        Self {
            search_path: Arc::from([schema.clone()]),
            default_schema: schema,
            temporary: BTreeSet::new(),
            objects: None,
        }
    }

    /// Names are looked up in these schemas, and objects are made in the first. With none, what unqualified names mean
    /// stays as it is.
    pub fn set_search_path(&mut self, schemas: &[Identifier]) {
        if let Some(first) = schemas.first() {
            self.default_schema = first.clone();
            self.search_path = Arc::from(schemas);
        }
    }

    /// What unqualified names mean after a statement with these effects.
    pub fn follow(&mut self, statement: &pg_query::protobuf::Node, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::SetSearchPath(schemas) => self.set_search_path(schemas),
                Effect::Create { id, .. } | Effect::CreateWith { id, .. } => self.know(id),
                Effect::CreateIndex { relation, name: Some(name), .. } => {
                    let name = QualifiedName { schema: relation.schema.clone(), name: name.clone() };
                    self.know(&ComponentId::in_schema(Kind::Index, name));
                }
                Effect::CreateStatistics { name: Some(name), .. } => {
                    self.know(&ComponentId::in_schema(Kind::Statistics, name.clone()));
                }
                Effect::Rename { from, to } => {
                    self.forget(from);
                    self.know(to);
                }
                Effect::Drop { id, .. } => self.forget(id),
                _ => {}
            }
        }
        if let Some(statement) = &statement.node {
            self.learn_temporary(statement);
        }
    }

    fn know(&mut self, id: &ComponentId) {
        if let (Some(id), Some(objects)) = (known_as(id), &mut self.objects)
            && !objects.contains(&id)
        {
            Arc::make_mut(objects).insert(id);
        }
    }

    fn forget(&mut self, id: &ComponentId) {
        if let (Some(id), Some(objects)) = (known_as(id), &mut self.objects)
            && objects.contains(&id)
        {
            Arc::make_mut(objects).remove(&id);
        }
    }

    /// Resolves the name of a relation that is there by now.
    #[must_use]
    pub fn relation(&self, schema: &str, name: &str) -> QualifiedName {
        self.named(Kind::Table, schema, name)
    }

    /// Resolves the name of an object that is there by now: unqualified, it is the first of the path that is known.
    #[must_use]
    pub fn named(&self, kind: Kind, schema: &str, name: &str) -> QualifiedName {
        let first = self.resolve(schema, name);
        if !schema.is_empty() {
            return first;
        }
        match self.there(ComponentId::in_schema(kind, first.clone())).name {
            ComponentName::InSchema(found) => found,
            _ => first,
        }
    }

    /// What an unqualified name means that was resolved to the default schema: the first object of the path that is
    /// known, or the same.
    #[must_use]
    pub fn there(&self, id: ComponentId) -> ComponentId {
        let Some(objects) = self.objects.as_ref().filter(|_| self.search_path.len() > 1) else { return id };
        if id.schema() != Some(&self.default_schema) {
            return id;
        }
        let found = self.search_path.iter().map(|schema| in_schema(&id, schema));
        found.into_iter().find(|id| is_known(objects, id)).unwrap_or(id)
    }

    /// Resolves a name that may lack its schema (the empty string counts as lacking).
    #[must_use]
    pub fn resolve(&self, schema: &str, name: &str) -> QualifiedName {
        let schema = if schema.is_empty() { self.default_schema.clone() } else { Identifier::new(schema) };
        QualifiedName { schema, name: Identifier::new(name) }
    }
}

/// An object as [`Scope::objects`] holds it; `None` for what has no schema of its own.
#[must_use]
pub fn known_as(id: &ComponentId) -> Option<ComponentId> {
    match &id.name {
        ComponentName::InSchema(_) if id.kind.is_relation() => {
            Some(ComponentId { kind: Kind::Table, name: id.name.clone() })
        }
        ComponentName::InSchema(_) | ComponentName::Routine { .. } | ComponentName::ForMethod { .. } => {
            Some(id.clone())
        }
        _ => None,
    }
}

/// The same in another schema.
fn in_schema(id: &ComponentId, schema: &Identifier) -> ComponentId {
    let mut id = id.clone();
    if let ComponentName::InSchema(name)
    | ComponentName::Routine { name, .. }
    | ComponentName::ForMethod { name, .. } = &mut id.name
    {
        name.schema = schema.clone();
    }
    id
}

/// The types of a routine's arguments may be left out, or be written with their schemas or without.
fn is_known(objects: &BTreeSet<ComponentId>, id: &ComponentId) -> bool {
    let Some(id) = known_as(id) else { return false };
    let ComponentName::Routine { name, arguments } = &id.name else { return objects.contains(&id) };
    let first = ComponentName::Routine { name: name.clone(), arguments: None };
    let same = |known: &[TypeName], written: &[TypeName]| {
        known.len() == written.len()
            && known.iter().zip(written).all(|(one, other)| one.is_same_ignoring_modifier(other))
    };
    objects
        .range(ComponentId { kind: id.kind, name: first }..)
        .map_while(|known| match &known.name {
            ComponentName::Routine { name: of, arguments } if known.kind == id.kind && of == name => {
                Some(arguments.as_deref())
            }
            _ => None,
        })
        .any(|known| known.zip(arguments.as_deref()).is_none_or(|(known, written)| same(known, written)))
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

/// What a GRANT or REVOKE says.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantChange {
    /// The objects.
    pub target: GrantTarget,
    /// The roles.
    pub grantees: Vec<Grantee>,
    /// The privileges; each may be for columns only.
    pub rights: Vec<GrantedRight>,
    /// What is said of each.
    pub stance: Stance,
}

/// The objects of a GRANT or REVOKE.
#[derive(Debug, Clone, PartialEq)]
pub enum GrantTarget {
    /// These. A table may be any relation.
    Objects(Vec<ComponentId>),
    /// All of some kinds that there are in some schemas by then.
    AllInSchemas {
        /// The schemas.
        schemas: Vec<Identifier>,
        /// The kinds.
        kinds: &'static [Kind],
        /// The kinds in the words of SQL: `TABLES`.
        words: &'static str,
        /// Whether functions count that are functions, and those that are procedures.
        routines: (bool, bool),
    },
    /// What all databases of the server share.
    Shared {
        /// What it is.
        class: Shared,
        /// The names.
        names: Vec<Identifier>,
    },
}

/// A privilege of a GRANT or REVOKE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedRight {
    /// Which one; `None` for ALL PRIVILEGES.
    pub privilege: Option<Privilege>,
    /// The columns it is for; none for the whole object.
    pub columns: Vec<Identifier>,
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

/// What a new table takes from another one, besides columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the options of LIKE, each on its own")]
pub struct CopyOptions {
    /// Defaults.
    pub defaults: bool,
    /// Generation expressions.
    pub generated: bool,
    /// Identity, with a sequence of its own.
    pub identity: bool,
    /// Whether the new table stays a child of the other one, which takes part in what happens to its columns.
    pub inherits: bool,
    /// Whether the new table is a partition: since PostgreSQL 17 those share their parent's identity.
    pub partition: bool,
    /// CHECK constraints.
    pub checks: bool,
    /// Indexes, primary key, unique constraints.
    pub indexes: bool,
    /// Extended statistics.
    pub statistics: bool,
    /// How large values are kept.
    pub storage: bool,
    /// How large values are compressed.
    pub compression: bool,
    /// Comments on what is taken.
    pub comments: bool,
    /// Whether only names and types are taken, as a query gives them: CREATE TABLE AS SELECT *.
    pub query: bool,
}

impl CopyOptions {
    /// INHERITS or PARTITION OF. The checks that come along are not required of the child: one marked NO INHERIT
    /// would not, and the parent's stand for them.
    #[must_use]
    pub fn inherited(partition: bool) -> Self {
        Self { defaults: true, generated: true, inherits: true, partition, ..Self::default() }
    }

    /// LIKE, with the bits of `TableLikeOption` in PostgreSQL's `parsenodes.h`.
    #[must_use]
    pub fn like(bits: u32) -> Self {
        let has = |bit: u32| bits & (1 << bit) != 0;
        Self {
            checks: has(2),
            defaults: has(3),
            generated: has(4),
            identity: has(5),
            indexes: has(6),
            inherits: false,
            partition: false,
            comments: has(0),
            compression: has(1),
            statistics: has(7),
            storage: has(8),
            query: false,
        }
    }
}

/// A change of one part of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnChange {
    /// TYPE, with the collation: that of the new type, unless one is named.
    DataType(Option<TypeName>, Option<Collation>),
    /// SET or DROP NOT NULL.
    NotNull(bool),
    /// SET or DROP DEFAULT; `None` where the SQL does not settle whether one is left (SET DEFAULT NULL).
    Default(Option<Clause>),
    /// ADD, SET or DROP IDENTITY.
    Identity(Identity),
    /// DROP EXPRESSION.
    Generated(Generated),
    /// SET EXPRESSION.
    Expression(Option<Definition>),
}

/// A sequence by its name, or by the column that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SequenceOf {
    /// Its own name.
    Name(QualifiedName),
    /// The identity column of a table.
    Column(QualifiedName, Identifier),
}

/// What ALTER SEQUENCE says; what it leaves out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceOptions {
    /// AS.
    pub data_type: Option<TypeName>,
    /// START.
    pub start: Option<i64>,
    /// INCREMENT.
    pub increment: Option<i64>,
    /// MINVALUE, or `Some(None)` for NO MINVALUE.
    pub minimum: Option<Option<i64>>,
    /// MAXVALUE, or `Some(None)` for NO MAXVALUE.
    pub maximum: Option<Option<i64>>,
    /// CACHE.
    pub cache: Option<i64>,
    /// CYCLE or NO CYCLE.
    pub cycle: Option<bool>,
}

/// What happens to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainChange {
    /// SET or DROP NOT NULL.
    NotNull(bool),
    /// SET or DROP DEFAULT.
    Default(Clause),
    /// ADD CHECK. Without a name, the fold makes up PostgreSQL's.
    Add(DomainCheck),
    /// DROP CONSTRAINT; one that is not there is passed over if it says IF EXISTS.
    Drop {
        /// Its name.
        name: Identifier,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// RENAME CONSTRAINT.
    Rename {
        /// The old name.
        from: Identifier,
        /// The new one.
        to: Identifier,
    },
}

/// What happens to an attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeChange {
    /// ADD; `None` where the type is not settled, and where no collation is named.
    Add(Option<TypeName>, Option<PartialName>),
    /// ALTER ... TYPE; likewise.
    DataType(Option<TypeName>, Option<PartialName>),
    /// RENAME TO.
    Rename(Identifier),
    /// DROP.
    Drop,
}

/// What happens to rows that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// Columns get other values.
    Set(Vec<(Identifier, RowValue)>),
    /// They go, and rows of other tables with them where a foreign key says so.
    Delete,
    /// They go, with all rows of the tables that refer to theirs where it says CASCADE.
    Truncate {
        /// CASCADE.
        cascade: bool,
    },
}

/// Which rows of a table a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichRows {
    /// Every row.
    All,
    /// Those that have in each of these columns one of these constants.
    Having(Vec<(Identifier, Vec<Option<String>>)>),
    /// Some, known only to the database.
    Some,
}

/// One value of an inserted row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowValue {
    /// A constant, as text; `None` is null.
    Constant(Option<String>),
    /// DEFAULT, an expression, a function call: known only to the database that runs it.
    Computed,
}
