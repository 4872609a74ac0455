//! UPDATE, DELETE, MERGE and TRUNCATE: rows are not audited but for the declared ones, which may be gone afterwards.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, RangeVar};

use super::{Effect, Scope, not_modelled};
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// The statement is not modelled, and the declared rows of its tables are no longer known.
#[must_use]
pub fn effects(statement: &NodeEnum, scope: &Scope) -> Vec<Effect> {
    let (relations, columns): (Vec<&RangeVar>, _) = match statement {
        NodeEnum::UpdateStmt(update) => {
            (update.relation.iter().collect(), Some(targets(&update.target_list)))
        }
        NodeEnum::DeleteStmt(delete) => (delete.relation.iter().collect(), None),
        NodeEnum::MergeStmt(merge) => (merge.relation.iter().collect(), None),
        NodeEnum::TruncateStmt(truncate) => (truncate.relations.iter().filter_map(range_var).collect(), None),
        _ => return Vec::new(),
    };
    let Some(reason) = not_modelled::words(statement) else { return Vec::new() };
    let changes = relations.into_iter().map(|relation| Effect::ChangeRows {
        relation: parse::relation(relation, scope),
        columns: columns.clone(),
        reason: reason.clone(),
    });
    changes.chain([Effect::NotModelled(reason.clone())]).collect()
}

fn range_var(node: &Node) -> Option<&RangeVar> {
    match &node.node {
        Some(NodeEnum::RangeVar(range_var)) => Some(range_var),
        _ => None,
    }
}

fn targets(nodes: &[Node]) -> Vec<Identifier> {
    let name = |node: &Node| match &node.node {
        Some(NodeEnum::ResTarget(target)) => Some(Identifier::new(&target.name)),
        _ => None,
    };
    nodes.iter().filter_map(name).collect()
}
