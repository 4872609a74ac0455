//! ALTER TABLE, and its forms for indexes, sequences and materialized views.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType, DropBehavior, Node, ObjectType};

use super::constraint::{self, Place};
use super::{
    ColumnChange, Effect, IfExists, Scope, SequenceOf, SequenceOptions, column, foreign, owner, partition,
    sequence,
};
use crate::core::component::ComponentId;
use crate::core::definition::Clause;
use crate::core::kind::Kind;
use crate::core::kind::column::{Collation, Generated, Identity};
use crate::core::kind::constraint::Constraint;
use crate::core::kind::materialized_view::MaterializedView;
use crate::core::kind::partition::Partition;
use crate::core::kind::rule::Rule;
use crate::core::kind::table::Table;
use crate::core::kind::trigger::Firing;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::{expression, parse};

mod change;

pub(super) use change::relation_options;

/// The effects of an ALTER TABLE, ALTER INDEX and so on, in the order in which the server carries its
/// commands out, whatever the order in which they are written: drops come first.
#[must_use]
pub fn effects(statement: &AlterTableStmt, scope: &Scope) -> Vec<Effect> {
    let Some(range_var) = statement.relation.as_ref() else { return Vec::new() };
    if range_var.schemaname == "pg_temp" {
        return Vec::new();
    }
    let relation = parse::relation(range_var, scope);
    let mut commands: Vec<&AlterTableCmd> = statement.cmds.iter().filter_map(command).collect();
    commands.sort_by_key(|command| pass(command));
    let target = Target { relation: &relation, object: statement.objtype(), only: !range_var.inh, scope };
    let effects = match target.object {
        ObjectType::ObjectTable | ObjectType::ObjectForeignTable => {
            commands.into_iter().flat_map(|command| target.effects(command)).collect()
        }
        // An index of a partition takes its place below the partitioned one.
        ObjectType::ObjectIndex
            if commands.iter().all(|c| c.subtype() == AlterTableType::AtAttachPartition) =>
        {
            Vec::new()
        }
        _ => commands.into_iter().map(|command| target.of_other_relation(command)).collect(),
    };
    let all_said = |effect: &Effect| matches!(effect, Effect::NotModelled(_));
    if statement.missing_ok && !effects.iter().all(all_said) {
        return vec![Effect::IfThere { relation, effects }];
    }
    effects
}

pub(super) fn command(node: &Node) -> Option<&AlterTableCmd> {
    match &node.node {
        Some(NodeEnum::AlterTableCmd(command)) => Some(command),
        _ => None,
    }
}

/// The pass in which a command runs (`ATPrepCmd` in PostgreSQL's `tablecmds.c`).
fn pass(command: &AlterTableCmd) -> u8 {
    use AlterTableType as T;
    match command.subtype() {
        // DROP DEFAULT.
        T::AtColumnDefault if command.def.is_none() => 0,
        T::AtDropColumn | T::AtDropConstraint | T::AtDropNotNull | T::AtDropIdentity => 0,
        T::AtAlterColumnType => 1,
        T::AtAddColumn => 2,
        T::AtDropExpression | T::AtSetExpression => 3,
        T::AtAddConstraint | T::AtAddIndexConstraint => 5,
        T::AtColumnDefault | T::AtSetNotNull | T::AtAddIdentity | T::AtSetIdentity => 4,
        _ => 6,
    }
}

/// What is altered.
struct Target<'a> {
    relation: &'a QualifiedName,
    object: ObjectType,
    only: bool,
    scope: &'a Scope,
}

impl Target<'_> {
    fn effects(&self, command: &AlterTableCmd) -> Vec<Effect> {
        use AlterTableType as T;
        let name = Identifier::new(&command.name);
        match command.subtype() {
            T::AtAddColumn => self.add_column(command),
            T::AtAddConstraint => self.add_constraint(command),
            T::AtValidateConstraint => {
                vec![Effect::ValidateConstraint { relation: self.relation.clone(), name }]
            }
            T::AtDropColumn => self.drop(Kind::Column, name, command),
            T::AtDropConstraint => self.drop(Kind::Constraint, name, command),
            T::AtColumnDefault | T::AtAlterColumnType | T::AtSetNotNull | T::AtDropNotNull => {
                self.change(name, column_change(command, self.scope))
            }
            T::AtDropExpression => self.change(name, Some(ColumnChange::Generated(Generated::No))),
            T::AtAddIdentity | T::AtSetIdentity | T::AtDropIdentity => self.identity(command, name),
            T::AtEnableRowSecurity => self.row_security(Some(true), None),
            T::AtDisableRowSecurity => self.row_security(Some(false), None),
            T::AtForceRowSecurity => self.row_security(None, Some(true)),
            T::AtNoForceRowSecurity => self.row_security(None, Some(false)),
            T::AtEnableTrig => self.trigger(Some(name), Firing::Origin),
            T::AtEnableAlwaysTrig => self.trigger(Some(name), Firing::Always),
            T::AtEnableReplicaTrig => self.trigger(Some(name), Firing::Replica),
            T::AtDisableTrig => self.trigger(Some(name), Firing::Never),
            T::AtEnableTrigAll | T::AtEnableTrigUser => self.trigger(None, Firing::Origin),
            T::AtDisableTrigAll | T::AtDisableTrigUser => self.trigger(None, Firing::Never),
            T::AtAttachPartition
            | T::AtDetachPartition
            | T::AtDetachPartitionFinalize
            | T::AtAddInherit
            | T::AtDropInherit => self.inherit(command),
            T::AtSetExpression => {
                let expression = command.def.as_deref().and_then(|e| expression::definition(e, self.scope));
                self.change(name, Some(ColumnChange::Expression(expression)))
            }
            T::AtAlterConstraint => self.alter_constraint(command),
            T::AtEnableRule | T::AtEnableAlwaysRule => self.rule(name, true),
            T::AtDisableRule | T::AtEnableReplicaRule => self.rule(name, false),
            T::AtGenericOptions => match command.def.as_deref().and_then(|node| node.node.as_ref()) {
                Some(NodeEnum::List(options)) => {
                    vec![foreign::alter_table_options(self.relation, &options.items)]
                }
                _ => Vec::new(),
            },
            T::AtAlterColumnGenericOptions => vec![foreign::alter_column_options(self.relation)],
            T::AtChangeOwner => vec![owner::change(
                ComponentId::in_schema(self.kind(), self.relation.clone()),
                command.newowner.as_ref(),
            )],
            T::AtSetStorage
            | T::AtSetCompression
            | T::AtSetStatistics
            | T::AtSetOptions
            | T::AtResetOptions => {
                let change = change::of_column(command);
                vec![Effect::Change {
                    id: ComponentId::on_relation(Kind::Column, self.relation.clone(), name),
                    change: change.into(),
                }]
            }
            // Which index the table was last sorted by changes nothing of it.
            T::AtClusterOn | T::AtDropCluster => Vec::new(),
            other => match change::of_table(command) {
                Some(change) => vec![Effect::Change {
                    id: ComponentId::in_schema(Kind::Table, self.relation.clone()),
                    change: change.into(),
                }],
                None => vec![self.other(other)],
            },
        }
    }

    fn add_column(&self, command: &AlterTableCmd) -> Vec<Effect> {
        let Some(NodeEnum::ColumnDef(def)) = command.def.as_deref().and_then(|node| node.node.as_ref())
        else {
            return Vec::new();
        };
        let definition = column::definition(def, self.relation, false, self.scope);
        let if_exists = if command.missing_ok { IfExists::Keep } else { IfExists::Refuse };
        vec![Effect::CreateWith {
            id: ComponentId::on_relation(Kind::Column, self.relation.clone(), definition.name),
            shape: definition.column.into(),
            if_exists,
            parts: definition.sequence.into_iter().chain(definition.constraints).collect(),
        }]
    }

    fn add_constraint(&self, command: &AlterTableCmd) -> Vec<Effect> {
        let Some(NodeEnum::Constraint(constraint)) =
            command.def.as_deref().and_then(|node| node.node.as_ref())
        else {
            return Vec::new();
        };
        if constraint.contype() == pg_query::protobuf::ConstrType::ConstrNotnull {
            // PostgreSQL 18: ADD CONSTRAINT name NOT NULL column.
            let columns = parse::identifiers(&constraint.keys);
            let change = |column| self.change(column, Some(ColumnChange::NotNull(true)));
            return columns.into_iter().flat_map(change).collect();
        }
        let place = Place { relation: self.relation, column: None, table_is_new: false };
        constraint::effect(constraint, place, self.scope).into_iter().collect()
    }

    /// ALTER CONSTRAINT says DEFERRABLE and ENFORCED; what is neither said stays. Up to PostgreSQL 17 there is only the
    /// first, and leaving it out says NOT DEFERRABLE.
    fn alter_constraint(&self, command: &AlterTableCmd) -> Vec<Effect> {
        let Some(NodeEnum::AtalterConstraint(altered)) =
            command.def.as_deref().and_then(|node| node.node.as_ref())
        else {
            let id = ComponentId::on_relation(Kind::Constraint, self.relation.clone(), command.name.as_str());
            return vec![obscure(id, "ALTER TABLE ... ALTER CONSTRAINT")];
        };
        if altered.alter_inheritability {
            // Only a NOT NULL can be altered so, which is a part of its column.
            return vec![Effect::NotModelled("ALTER TABLE ... ALTER CONSTRAINT ... INHERIT".into())];
        }
        let id = ComponentId::on_relation(Kind::Constraint, self.relation.clone(), altered.conname.as_str());
        let change = Constraint {
            deferrable: altered.alter_deferrability.then_some(altered.deferrable || altered.initdeferred),
            initially_deferred: altered.alter_deferrability.then_some(altered.initdeferred),
            validated: altered.alter_enforceability.then_some(altered.is_enforced),
            enforced: altered.alter_enforceability.then_some(altered.is_enforced),
            ..Constraint::default()
        };
        vec![Effect::Change { id, change: change.into() }]
    }

    /// What the table's own shape says of it, then what it means for its columns.
    fn inherit(&self, command: &AlterTableCmd) -> Vec<Effect> {
        use AlterTableType as T;
        let own = self.relation.clone();
        let named = |range_var| parse::relation(range_var, self.scope);
        let inherits = matches!(command.subtype(), T::AtAttachPartition | T::AtAddInherit);
        let (relation, from, partition, table) =
            match command.def.as_deref().and_then(|node| node.node.as_ref()) {
                Some(NodeEnum::PartitionCmd(cmd)) => {
                    let Some(relation) = cmd.name.as_ref().map(named) else { return Vec::new() };
                    let bound = || cmd.bound.as_ref().and_then(|spec| partition::bound(spec, self.scope));
                    let of = if inherits {
                        Partition::Of { parent: own.clone(), bound: bound() }
                    } else {
                        Partition::No
                    };
                    (relation, own, true, Table { partition: Some(of), ..Table::default() })
                }
                Some(NodeEnum::RangeVar(parent)) => {
                    let parent = named(parent);
                    (
                        own,
                        parent.clone(),
                        false,
                        Table { parents: [(parent, inherits)].into(), ..Table::default() },
                    )
                }
                _ => return Vec::new(),
            };
        let id = ComponentId::in_schema(Kind::Table, relation.clone());
        vec![
            Effect::Change { id, change: table.into() },
            Effect::Inherit { relation, from, inherits, partition },
        ]
    }

    fn change(&self, column: Identifier, change: Option<ColumnChange>) -> Vec<Effect> {
        let relation = self.relation.clone();
        match change {
            Some(change) => vec![Effect::ChangeColumn { relation, column, change, only: self.only }],
            None => vec![self.obscure("ALTER TABLE ... ALTER COLUMN")],
        }
    }

    fn identity(&self, command: &AlterTableCmd, name: Identifier) -> Vec<Effect> {
        let definition = command.def.as_deref().and_then(|node| node.node.as_ref());
        match (command.subtype(), definition) {
            (AlterTableType::AtDropIdentity, _) => {
                self.change(name, Some(ColumnChange::Identity(Identity::None)))
            }
            (_, Some(NodeEnum::Constraint(added))) => {
                let identity = column::identity(&added.generated_when);
                let mut effects = self.change(name.clone(), Some(ColumnChange::Identity(identity)));
                effects.push(column::owned_sequence(self.relation, &name, &added.options, None, self.scope));
                effects
            }
            (_, Some(NodeEnum::List(list))) => {
                let identity = generated_option(&list.items);
                let mut effects = identity.map_or_else(Vec::new, |identity| {
                    self.change(name.clone(), Some(ColumnChange::Identity(identity)))
                });
                let options = sequence::options(&list.items);
                if options != SequenceOptions::default() {
                    let sequence = SequenceOf::Column(self.relation.clone(), name);
                    effects.push(Effect::ChangeSequence { sequence, options });
                }
                effects
            }
            _ => vec![self.obscure("ALTER TABLE ... ALTER COLUMN ... SET GENERATED")],
        }
    }

    fn drop(&self, kind: Kind, name: Identifier, command: &AlterTableCmd) -> Vec<Effect> {
        let id = ComponentId::on_relation(kind, self.relation.clone(), name);
        vec![Effect::Drop {
            id,
            if_exists: command.missing_ok,
            cascade: command.behavior() == DropBehavior::DropCascade,
        }]
    }

    fn row_security(&self, enabled: Option<bool>, forced: Option<bool>) -> Vec<Effect> {
        vec![Effect::RowSecurity { relation: self.relation.clone(), enabled, forced }]
    }

    fn trigger(&self, name: Option<Identifier>, enabled: Firing) -> Vec<Effect> {
        vec![Effect::EnableTrigger { relation: self.relation.clone(), name, enabled }]
    }

    fn rule(&self, name: Identifier, enabled: bool) -> Vec<Effect> {
        let change = Rule { enabled: Some(enabled), ..Rule::default() };
        let id = ComponentId::on_relation(Kind::Rule, self.relation.clone(), name);
        vec![Effect::Change { id, change: change.into() }]
    }

    /// A command on what is no table.
    fn of_other_relation(&self, command: &AlterTableCmd) -> Effect {
        let id = |kind| ComponentId::in_schema(kind, self.relation.clone());
        match self.object {
            ObjectType::ObjectIndex => change::of_index(command)
                .map(|change| Effect::Change { id: id(Kind::Index), change: change.into() }),
            ObjectType::ObjectMatview => relation_options(command).map(|parameters| Effect::Change {
                id: id(Kind::MaterializedView),
                change: MaterializedView { parameters, ..MaterializedView::default() }.into(),
            }),
            _ => None,
        }
        .unwrap_or_else(|| self.other(command.subtype()))
    }

    fn other(&self, command: AlterTableType) -> Effect {
        let Some(words) = harmless(command) else {
            return self.obscure(&format!("{} ...", self.verb()));
        };
        Effect::NotModelled(format!("{} {} ... {words}", self.verb(), self.relation))
    }

    fn obscure(&self, words: &str) -> Effect {
        obscure(ComponentId::in_schema(self.kind(), self.relation.clone()), words)
    }

    fn kind(&self) -> Kind {
        match self.object {
            ObjectType::ObjectMatview => Kind::MaterializedView,
            ObjectType::ObjectIndex => Kind::Index,
            ObjectType::ObjectSequence => Kind::Sequence,
            ObjectType::ObjectForeignTable => Kind::ForeignTable,
            _ => Kind::Table,
        }
    }

    fn verb(&self) -> &'static str {
        match self.object {
            ObjectType::ObjectMatview => "ALTER MATERIALIZED VIEW",
            ObjectType::ObjectIndex => "ALTER INDEX",
            ObjectType::ObjectSequence => "ALTER SEQUENCE",
            ObjectType::ObjectForeignTable => "ALTER FOREIGN TABLE",
            _ => "ALTER TABLE",
        }
    }
}

fn obscure(id: ComponentId, words: &str) -> Effect {
    Effect::Obscure { ids: BTreeSet::from([id]), reason: words.to_owned() }
}

/// The change of ALTER COLUMN TYPE, SET or DROP DEFAULT and NOT NULL; `None` where the tree is not as expected.
fn column_change(command: &AlterTableCmd, scope: &Scope) -> Option<ColumnChange> {
    let definition = command.def.as_deref();
    Some(match command.subtype() {
        AlterTableType::AtSetNotNull => ColumnChange::NotNull(true),
        AlterTableType::AtDropNotNull => ColumnChange::NotNull(false),
        AlterTableType::AtColumnDefault => ColumnChange::Default(match definition {
            Some(expression) => column::default(expression, None, scope),
            None => Clause::Absent,
        }),
        AlterTableType::AtAlterColumnType => match &definition?.node {
            Some(NodeEnum::ColumnDef(def)) => ColumnChange::DataType(
                def.type_name.as_ref().and_then(parse::type_name),
                column::collation(def).or(Some(Collation::OfType)),
            ),
            _ => return None,
        },
        _ => return None,
    })
}

/// SET GENERATED among the options of ALTER COLUMN ... SET.
fn generated_option(options: &[Node]) -> Option<Identity> {
    options.iter().find_map(|node| {
        let Some(NodeEnum::DefElem(option)) = &node.node else { return None };
        if option.defname != "generated" {
            return None;
        }
        match option.arg.as_deref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::Integer(code)) if code.ival == i32::from(b'd') => Some(Identity::ByDefault),
            _ => Some(Identity::Always),
        }
    })
}

/// The words of a command that changes nothing that is audited; it is said, not modelled.
fn harmless(command: AlterTableType) -> Option<&'static str> {
    use AlterTableType as T;
    Some(match command {
        T::AtChangeOwner => "OWNER TO",
        T::AtSetStatistics => "SET STATISTICS",
        T::AtSetStorage => "SET STORAGE",
        T::AtSetCompression => "SET COMPRESSION",
        T::AtSetOptions | T::AtSetRelOptions | T::AtReplaceRelOptions => "SET (...)",
        T::AtResetOptions | T::AtResetRelOptions => "RESET (...)",
        T::AtReplicaIdentity => "REPLICA IDENTITY",
        T::AtClusterOn => "CLUSTER ON",
        T::AtDropCluster => "SET WITHOUT CLUSTER",
        T::AtDropOids => "SET WITHOUT OIDS",
        T::AtAddOf => "OF",
        T::AtDropOf => "NOT OF",
        T::AtSetAccessMethod => "SET ACCESS METHOD",
        T::AtSetTableSpace => "SET TABLESPACE",
        _ => return None,
    })
}
