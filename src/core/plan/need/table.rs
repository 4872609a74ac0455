//! What statements about tables need.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableStmt, AlterTableType, ConstrType, CreateStmt, Node, ObjectType, RenameStmt,
};

use super::{Need, Needs, Object};
use crate::core::plan::statement::is_constraint;
use crate::core::sql::parse;

impl Needs<'_> {
    pub(super) fn create_table(&mut self, create: &CreateStmt) {
        self.new_relation(create.relation.as_ref());
        for node in &create.inh_relations {
            if let Some(NodeEnum::RangeVar(parent)) = &node.node {
                self.own(Some(parent));
            }
        }
        for element in &create.table_elts {
            self.references(element);
        }
        self.tablespace(&create.tablespacename);
    }

    pub(super) fn alter_table(&mut self, alter: &AlterTableStmt) {
        let name = alter.relation.as_ref();
        if alter.objtype() == ObjectType::ObjectType {
            if let Some(name) = name {
                self.add(Need::Own(Object::Type(parse::relation(name, self.scope))));
            }
            return;
        }
        self.own(name);
        for node in &alter.cmds {
            let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
            let def = command.def.as_deref();
            if let Some(def) = def {
                self.references(def);
                if makes_index(def) {
                    self.new_relation(name);
                    if let Some(name) = name {
                        self.add(Need::Disk(parse::relation(name, self.scope)));
                    }
                }
            }
            match (command.subtype(), def.and_then(|def| def.node.as_ref())) {
                (AlterTableType::AtChangeOwner, _) => self.member(command.newowner.as_ref()),
                (AlterTableType::AtSetTableSpace, _) => self.tablespace(&command.name),
                (AlterTableType::AtAttachPartition, Some(NodeEnum::PartitionCmd(partition))) => {
                    self.own(partition.name.as_ref());
                }
                _ => {}
            }
        }
    }

    /// The tables that foreign keys refer to.
    fn references(&mut self, node: &Node) {
        match &node.node {
            Some(NodeEnum::Constraint(constraint)) => {
                self.privilege(constraint.pktable.as_ref(), "REFERENCES");
                self.tablespace(&constraint.indexspace);
            }
            Some(NodeEnum::ColumnDef(column)) => {
                for constraint in &column.constraints {
                    self.references(constraint);
                }
            }
            _ => {}
        }
    }

    /// A relation gets another name in its schema, which must allow it.
    pub(super) fn rename(&mut self, rename: &RenameStmt) {
        self.own(rename.relation.as_ref());
        let is_relation = matches!(
            rename.rename_type(),
            ObjectType::ObjectTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectIndex
                | ObjectType::ObjectSequence
                | ObjectType::ObjectForeignTable
        );
        if is_relation {
            self.new_relation(rename.relation.as_ref());
        }
    }
}

/// Whether a column or a constraint of ALTER TABLE builds an index.
fn makes_index(node: &Node) -> bool {
    const WITH_INDEX: [ConstrType; 3] =
        [ConstrType::ConstrPrimary, ConstrType::ConstrUnique, ConstrType::ConstrExclusion];
    match &node.node {
        Some(NodeEnum::Constraint(constraint)) => {
            constraint.indexname.is_empty() && WITH_INDEX.iter().any(|form| is_constraint(node, *form))
        }
        Some(NodeEnum::ColumnDef(column)) => column.constraints.iter().any(makes_index),
        _ => false,
    }
}
