//! ALTER TABLE, and its forms for indexes, sequences and materialized views.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType, DropBehavior, Node, ObjectType};

use super::constraint::{self, Place};
use super::{ColumnChange, Effect, IfExists, Scope, column};
use crate::core::component::ComponentId;
use crate::core::definition::Clause;
use crate::core::kind::Kind;
use crate::core::kind::column::{Generated, Identity};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::parse;

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
    commands.sort_by_key(|command| pass(command.subtype()));
    let target = Target { relation: &relation, object: statement.objtype(), scope };
    match target.object {
        ObjectType::ObjectTable => commands.into_iter().flat_map(|command| target.effects(command)).collect(),
        // An index of a partition takes its place below the partitioned one.
        ObjectType::ObjectIndex
            if commands.iter().all(|c| c.subtype() == AlterTableType::AtAttachPartition) =>
        {
            Vec::new()
        }
        _ => commands.into_iter().map(|command| target.other(command.subtype())).collect(),
    }
}

fn command(node: &Node) -> Option<&AlterTableCmd> {
    match &node.node {
        Some(NodeEnum::AlterTableCmd(command)) => Some(command),
        _ => None,
    }
}

/// The pass in which a command runs (`ATPrepCmd` in PostgreSQL's `tablecmds.c`).
fn pass(command: AlterTableType) -> u8 {
    use AlterTableType as T;
    match command {
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
            T::AtEnableTrig | T::AtEnableAlwaysTrig => self.trigger(Some(name), true),
            T::AtDisableTrig | T::AtEnableReplicaTrig => self.trigger(Some(name), false),
            T::AtEnableTrigAll | T::AtEnableTrigUser => self.trigger(None, true),
            T::AtDisableTrigAll | T::AtDisableTrigUser => self.trigger(None, false),
            T::AtAttachPartition
            | T::AtDetachPartition
            | T::AtDetachPartitionFinalize
            | T::AtAddInherit
            | T::AtDropInherit => self.inherit(command).into_iter().collect(),
            T::AtSetExpression => {
                let id = ComponentId::on_relation(Kind::Column, self.relation.clone(), name);
                vec![obscure(id, "ALTER TABLE ... ALTER COLUMN ... SET EXPRESSION")]
            }
            T::AtAlterConstraint => self.alter_constraint(command),
            other => vec![self.other(other)],
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

    fn alter_constraint(&self, command: &AlterTableCmd) -> Vec<Effect> {
        let name = match command.def.as_deref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::AtalterConstraint(altered)) => &altered.conname,
            Some(NodeEnum::Constraint(altered)) => &altered.conname,
            _ => &command.name,
        };
        let id = ComponentId::on_relation(Kind::Constraint, self.relation.clone(), name.as_str());
        vec![obscure(id, "ALTER TABLE ... ALTER CONSTRAINT")]
    }

    fn inherit(&self, command: &AlterTableCmd) -> Option<Effect> {
        let own = self.relation.clone();
        let named = |range_var| parse::relation(range_var, self.scope);
        let inherits =
            matches!(command.subtype(), AlterTableType::AtAttachPartition | AlterTableType::AtAddInherit);
        match command.def.as_deref()?.node.as_ref()? {
            NodeEnum::PartitionCmd(partition) => {
                Some(Effect::Inherit { relation: named(partition.name.as_ref()?), from: own, inherits })
            }
            NodeEnum::RangeVar(parent) => {
                Some(Effect::Inherit { relation: own, from: named(parent), inherits })
            }
            _ => None,
        }
    }

    fn change(&self, column: Identifier, change: Option<ColumnChange>) -> Vec<Effect> {
        let relation = self.relation.clone();
        match change {
            Some(change) => vec![Effect::ChangeColumn { relation, column, change }],
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
            (_, Some(NodeEnum::List(options))) => match generated_option(&options.items) {
                Some(identity) => self.change(name, Some(ColumnChange::Identity(identity))),
                None => {
                    vec![Effect::NotModelled("ALTER COLUMN ... SET of an identity's sequence".to_owned())]
                }
            },
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

    fn trigger(&self, name: Option<Identifier>, enabled: bool) -> Vec<Effect> {
        vec![Effect::EnableTrigger { relation: self.relation.clone(), name, enabled }]
    }

    fn other(&self, command: AlterTableType) -> Effect {
        let Some(words) = harmless(command) else {
            return self.obscure(&format!("{} {}", self.verb(), words_of(command)));
        };
        Effect::NotModelled(format!("{} {} ... {words}", self.verb(), self.relation))
    }

    fn obscure(&self, words: &str) -> Effect {
        let kind = match self.object {
            ObjectType::ObjectMatview => Kind::MaterializedView,
            ObjectType::ObjectIndex => Kind::Index,
            ObjectType::ObjectSequence => Kind::Sequence,
            _ => Kind::Table,
        };
        obscure(ComponentId::in_schema(kind, self.relation.clone()), words)
    }

    fn verb(&self) -> &'static str {
        match self.object {
            ObjectType::ObjectMatview => "ALTER MATERIALIZED VIEW",
            ObjectType::ObjectIndex => "ALTER INDEX",
            ObjectType::ObjectSequence => "ALTER SEQUENCE",
            _ => "ALTER TABLE",
        }
    }
}

fn obscure(id: ComponentId, words: &str) -> Effect {
    Effect::Obscure { ids: BTreeSet::from([id]), renames: false, reason: words.to_owned() }
}

/// The change of ALTER COLUMN TYPE, SET or DROP DEFAULT and NOT NULL; `None` where the tree is not as expected.
fn column_change(command: &AlterTableCmd, scope: &Scope) -> Option<ColumnChange> {
    let definition = command.def.as_deref();
    Some(match command.subtype() {
        AlterTableType::AtSetNotNull => ColumnChange::NotNull(true),
        AlterTableType::AtDropNotNull => ColumnChange::NotNull(false),
        AlterTableType::AtColumnDefault => ColumnChange::Default(match definition {
            Some(expression) => column::default(expression, None, scope),
            None => Some(Clause::Absent),
        }),
        AlterTableType::AtAlterColumnType => match &definition?.node {
            Some(NodeEnum::ColumnDef(def)) => {
                ColumnChange::DataType(def.type_name.as_ref().and_then(parse::type_name))
            }
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
        T::AtSetAccessMethod => "SET ACCESS METHOD",
        T::AtSetTableSpace => "SET TABLESPACE",
        T::AtEnableRule | T::AtEnableAlwaysRule | T::AtEnableReplicaRule => "ENABLE RULE",
        T::AtDisableRule => "DISABLE RULE",
        T::AtGenericOptions | T::AtAlterColumnGenericOptions => "OPTIONS (...)",
        _ => return None,
    })
}

/// The words of a command that changes what is audited in a way that is not modelled.
fn words_of(command: AlterTableType) -> &'static str {
    use AlterTableType as T;
    match command {
        T::AtSetLogged => "... SET LOGGED",
        T::AtSetUnLogged => "... SET UNLOGGED",
        T::AtAddOf => "... OF",
        T::AtDropOf => "... NOT OF",
        _ => "...",
    }
}
