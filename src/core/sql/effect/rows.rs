//! UPDATE, DELETE, MERGE and TRUNCATE: rows are not audited but for the declared ones, which may be gone afterwards.

use pg_query::NodeEnum;
use pg_query::protobuf::{AExprKind, BoolExprType, DropBehavior, Node, RangeVar};

use super::{Effect, RowChange, RowValue, Scope, WhichRows, not_modelled};
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// The statement is not modelled, and declared rows of its tables may no longer be there.
#[must_use]
pub fn effects(statement: &NodeEnum, scope: &Scope) -> Vec<Effect> {
    let (relations, change, rows): (Vec<&RangeVar>, _, _) = match statement {
        NodeEnum::UpdateStmt(update) => {
            let rows = which(update.where_clause.as_deref(), &update.from_clause);
            (update.relation.iter().collect(), RowChange::Set(targets(&update.target_list)), rows)
        }
        NodeEnum::DeleteStmt(delete) => {
            let rows = which(delete.where_clause.as_deref(), &delete.using_clause);
            (delete.relation.iter().collect(), RowChange::Delete, rows)
        }
        NodeEnum::MergeStmt(merge) => (merge.relation.iter().collect(), RowChange::Delete, WhichRows::Some),
        NodeEnum::TruncateStmt(truncate) => {
            let cascade = truncate.behavior() == DropBehavior::DropCascade;
            let relations = truncate.relations.iter().filter_map(range_var).collect();
            (relations, RowChange::Truncate { cascade }, WhichRows::All)
        }
        _ => return Vec::new(),
    };
    let Some(reason) = not_modelled::words(statement) else { return Vec::new() };
    let changes = relations.into_iter().map(|relation| Effect::ChangeRows {
        relation: parse::relation(relation, scope),
        change: change.clone(),
        rows: rows.clone(),
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

/// The columns that UPDATE sets, with their constants.
fn targets(nodes: &[Node]) -> Vec<(Identifier, RowValue)> {
    let target = |node: &Node| match &node.node {
        Some(NodeEnum::ResTarget(target)) => {
            let constant = target.val.as_deref().and_then(parse::constant);
            let whole = target.indirection.is_empty();
            let value = constant.filter(|_| whole).map_or(RowValue::Computed, RowValue::Constant);
            Some((Identifier::new(&target.name), value))
        }
        _ => None,
    };
    nodes.iter().filter_map(target).collect()
}

/// The rows that WHERE leaves, where it compares columns with constants and nothing else.
fn which(condition: Option<&Node>, others: &[Node]) -> WhichRows {
    let Some(condition) = condition else {
        return if others.is_empty() { WhichRows::All } else { WhichRows::Some };
    };
    let mut having = Vec::new();
    match compared(condition, &mut having) {
        Some(()) if others.is_empty() => WhichRows::Having(having),
        _ => WhichRows::Some,
    }
}

/// Takes apart `a = 1 and b in (2, 3)`; `None` where anything else is said.
fn compared(condition: &Node, having: &mut Vec<(Identifier, Vec<Option<String>>)>) -> Option<()> {
    match condition.node.as_ref()? {
        NodeEnum::BoolExpr(all) if all.boolop() == BoolExprType::AndExpr => {
            all.args.iter().try_for_each(|part| compared(part, having))
        }
        NodeEnum::AExpr(comparison) => {
            let operator = parse::strings(&comparison.name);
            let (left, right) = (comparison.lexpr.as_deref()?, comparison.rexpr.as_deref()?);
            let constants = match (comparison.kind(), operator.as_slice(), right.node.as_ref()?) {
                (AExprKind::AexprOp, ["="], _) => vec![parse::constant(right)?],
                (AExprKind::AexprIn, ["="], NodeEnum::List(list)) => {
                    list.items.iter().map(parse::constant).collect::<Option<_>>()?
                }
                // Without a wildcard, LIKE is equality.
                (AExprKind::AexprLike, ["~~"], _) => {
                    let pattern = parse::constant(right)??;
                    vec![(!pattern.contains(['%', '_', '\\'])).then_some(Some(pattern))?]
                }
                _ => return None,
            };
            let NodeEnum::ColumnRef(reference) = left.node.as_ref()? else { return None };
            let column = *parse::strings(&reference.fields).last()?;
            having.push((Identifier::new(column), constants));
            Some(())
        }
        _ => None,
    }
}
