//! The loops whose rounds are known beforehand: over a range of numbers, an array of constants, or rows of such.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node};
use serde_json::Value;

use super::fact::Facts;
use super::{list, query, with_expression, with_select};
use crate::core::sql::parse;

/// More rounds are not followed.
const MOST_ROUNDS: i64 = 1_000;

/// The variable of a loop, and its value in each round. `None` where they are not known.
pub(super) fn looped_over(
    kind: &str,
    fields: &Value,
    datums: &[Value],
    facts: &Facts,
) -> Option<(String, Vec<String>)> {
    if kind == "PLpgSQL_stmt_fori" {
        return numbers(fields, facts);
    }
    if kind == "PLpgSQL_stmt_fors" {
        return rows(fields, facts);
    }
    let number = fields["varno"].as_u64().and_then(|number| usize::try_from(number).ok())?;
    let variable = datums.get(number)?["PLpgSQL_var"]["refname"].as_str()?;
    let has_slices = fields["slice"].as_i64().is_some_and(|slice| slice != 0);
    let values = with_expression(query(&fields["expr"])?, |expression| facts.list(expression));
    let values = values.flatten().filter(|_| !has_slices)?;
    Some((variable.to_owned(), values))
}

/// `FOR x IN SELECT unnest(ARRAY[...])`, `SELECT ... FROM unnest(ARRAY[...])`, `VALUES (...), (...)`.
fn rows(fields: &Value, facts: &Facts) -> Option<(String, Vec<String>)> {
    let [variable] = list(&fields["var"]["PLpgSQL_row"]["fields"]) else { return None };
    let variable = variable["name"].as_str()?;
    let values = with_select(query(&fields["query"])?, |select| listed(select, facts)).flatten()?;
    Some((variable.to_owned(), values))
}

fn listed(select: &protobuf::SelectStmt, facts: &Facts) -> Option<Vec<String>> {
    let is_plain = select.larg.is_none()
        && select.with_clause.is_none()
        && select.where_clause.is_none()
        && select.limit_count.is_none()
        && select.limit_offset.is_none()
        && select.group_clause.is_empty()
        && select.having_clause.is_none();
    if !is_plain {
        return None;
    }
    if !select.values_lists.is_empty() {
        let one = |row: &Node| match row.node.as_ref() {
            Some(NodeEnum::List(row)) => match row.items.as_slice() {
                [value] => Some(facts.text(value)).filter(|text| text.is_constant).map(|text| text.text),
                _ => None,
            },
            _ => None,
        };
        return select.values_lists.iter().map(one).collect();
    }
    let [target] = select.target_list.as_slice() else { return None };
    let NodeEnum::ResTarget(target) = target.node.as_ref()? else { return None };
    let target = target.val.as_deref()?;
    match (select.from_clause.as_slice(), target.node.as_ref()?) {
        ([], _) => unnested(target, facts),
        ([function], NodeEnum::ColumnRef(_)) => {
            let NodeEnum::RangeFunction(function) = function.node.as_ref()? else { return None };
            let [of] = function.functions.as_slice() else { return None };
            let NodeEnum::List(of) = of.node.as_ref()? else { return None };
            if function.ordinality { None } else { unnested(of.items.first()?, facts) }
        }
        _ => None,
    }
}

fn unnested(call: &Node, facts: &Facts) -> Option<Vec<String>> {
    let NodeEnum::FuncCall(call) = call.node.as_ref()? else { return None };
    match call.args.as_slice() {
        [array] if parse::strings(&call.funcname).last() == Some(&"unnest") => facts.list(array),
        _ => None,
    }
}

fn numbers(fields: &Value, facts: &Facts) -> Option<(String, Vec<String>)> {
    let variable = fields["var"]["PLpgSQL_var"]["refname"].as_str()?;
    let bound = |name: &str| -> Option<i64> {
        let text = with_expression(query(&fields[name])?, |bound| facts.text(bound))?;
        if text.is_constant { text.text.parse().ok() } else { None }
    };
    let (lower, upper) = (bound("lower")?, bound("upper")?);
    let is_plain = fields["step"].is_null() && fields["reverse"].as_bool() != Some(true);
    let is_short = upper.checked_sub(lower).is_some_and(|rounds| rounds < MOST_ROUNDS);
    if !is_plain || !is_short {
        return None;
    }
    Some((variable.to_owned(), (lower..=upper).map(|number| number.to_string()).collect()))
}
