//! The loops whose rounds are known beforehand: over a range of numbers, over an array of constants.

use pg_query::NodeEnum;
use serde_json::Value;

use super::fact::Facts;
use super::{query, with_expression};

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
    let number = fields["varno"].as_u64().and_then(|number| usize::try_from(number).ok())?;
    let variable = datums.get(number)?["PLpgSQL_var"]["refname"].as_str()?;
    let has_slices = fields["slice"].as_i64().is_some_and(|slice| slice != 0);
    let values = with_expression(query(&fields["expr"])?, |expression| {
        let mut array = expression;
        while let Some(NodeEnum::TypeCast(cast)) = &array.node {
            array = cast.arg.as_deref()?;
        }
        let Some(NodeEnum::AArrayExpr(array)) = &array.node else { return None };
        let texts = array.elements.iter().map(|element| facts.text(element));
        texts.map(|text| text.is_constant.then_some(text.text)).collect::<Option<Vec<String>>>()
    });
    let values = values.flatten().filter(|_| !has_slices)?;
    Some((variable.to_owned(), values))
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
