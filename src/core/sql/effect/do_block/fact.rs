//! What a DO block knows when it comes to a statement: the values of its variables, as far as they can be told, and the
//! conditions and strings that are made of them.

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExprKind, BoolExprType, BoolTestType, Node, NullTestType, SubLinkType};

use super::look_up;
use crate::core::sql::effect::condition::COMPUTED;
use crate::core::sql::effect::{Condition, Scope};
use crate::core::sql::parse;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact {
    /// Its value.
    Text(String),
    /// Its value but for some parts, which are [`COMPUTED`].
    Pattern(String),
    /// It is an array of these.
    List(Vec<String>),
    /// It is true where this is so, and false elsewhere.
    Truth(Condition),
    /// It is more than 0 where this is so, and 0 elsewhere.
    Count(Condition),
    /// It is null unless this is so.
    Value(Condition),
}

/// What is known of all variables, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) variables: BTreeMap<String, Fact>,
}

/// A string, as far as it is constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// Parts that are not known are [`COMPUTED`].
    pub(super) text: String,
    /// Whether all of it is known.
    pub(super) is_constant: bool,
}

impl Facts {
    /// Forgets what rests on the catalog, which has changed.
    pub(super) fn forget_conditions(&mut self) {
        self.variables.retain(|_, fact| matches!(fact, Fact::Text(_) | Fact::Pattern(_) | Fact::List(_)));
    }

    pub(super) fn forget_all(&mut self) {
        self.variables.clear();
    }

    /// Sets, or forgets, what is known of a variable.
    pub(super) fn set(&mut self, variable: &str, fact: Option<Fact>) {
        match fact {
            Some(fact) => self.variables.insert(variable.to_owned(), fact),
            None => self.variables.remove(variable),
        };
    }

    fn variable(&self, node: &Node) -> Option<&Fact> {
        let NodeEnum::ColumnRef(reference) = node.node.as_ref()? else { return None };
        let [name] = parse::strings(&reference.fields)[..] else { return None };
        self.variables.get(name)
    }

    /// What is known of the value of an expression.
    pub(super) fn fact(&self, expression: &Node, scope: &Scope) -> Option<Fact> {
        if let Some(fact) = self.variable(expression) {
            return Some(fact.clone());
        }
        if let Some(fact) = self.constant(expression) {
            return Some(fact);
        }
        match self.condition(expression, scope) {
            Condition::Unknown => self.selected(expression, scope),
            condition => Some(Fact::Truth(condition)),
        }
    }

    /// What is known of a value that needs no look at the catalog.
    pub(super) fn constant(&self, expression: &Node) -> Option<Fact> {
        self.list(expression).map(Fact::List).or_else(|| self.string(expression))
    }

    /// The elements of an array of constants.
    pub(super) fn list(&self, expression: &Node) -> Option<Vec<String>> {
        match expression.node.as_ref()? {
            NodeEnum::TypeCast(cast) => self.list(cast.arg.as_deref()?),
            NodeEnum::AArrayExpr(array) => {
                let texts = array.elements.iter().map(|element| self.text(element));
                texts.map(|text| text.is_constant.then_some(text.text)).collect()
            }
            _ => match self.variable(expression)? {
                Fact::List(elements) => Some(elements.clone()),
                _ => None,
            },
        }
    }

    /// What is known of the string that an expression gives, if anything is.
    pub(super) fn string(&self, expression: &Node) -> Option<Fact> {
        let text = self.text(expression);
        match text {
            Text { text, is_constant: true } => Some(Fact::Text(text)),
            Text { text, .. } if text.split(COMPUTED).all(|known| known.trim().is_empty()) => None,
            Text { text, .. } => Some(Fact::Pattern(text)),
        }
    }

    /// A sub-select as a value.
    fn selected(&self, expression: &Node, scope: &Scope) -> Option<Fact> {
        match expression.node.as_ref()? {
            NodeEnum::SubLink(link) if link.sub_link_type() == SubLinkType::ExprSublink => {
                self.select(select(link)?, scope)
            }
            _ => None,
        }
    }

    /// What a SELECT gives to a variable.
    pub(super) fn select(&self, select: &protobuf::SelectStmt, scope: &Scope) -> Option<Fact> {
        let [target] = select.target_list.as_slice() else { return None };
        let NodeEnum::ResTarget(target) = target.node.as_ref()? else { return None };
        let value = target.val.as_deref()?;
        if select.from_clause.is_empty() && select.where_clause.is_none() {
            return self.fact(value, scope);
        }
        let found = || look_up::sought(select, scope).map(Condition::Exists);
        match value.node.as_ref()? {
            NodeEnum::FuncCall(call) if parse::strings(&call.funcname).last() == Some(&"count") => {
                found().map(Fact::Count)
            }
            NodeEnum::ColumnRef(_) | NodeEnum::AConst(_) => found().map(Fact::Value),
            // Of all rows, the string of one stands for each.
            NodeEnum::FuncCall(call) if parse::strings(&call.funcname).last() == Some(&"string_agg") => {
                self.pattern(call.args.first()?)
            }
            _ => self.pattern(value),
        }
    }

    /// The string that an expression gives for a row that may not be there.
    fn pattern(&self, expression: &Node) -> Option<Fact> {
        match self.string(expression)? {
            Fact::Text(text) => Some(Fact::Pattern(text)),
            fact => Some(fact),
        }
    }

    /// The condition that an expression is.
    pub(super) fn condition(&self, expression: &Node, scope: &Scope) -> Condition {
        self.told(expression, scope).unwrap_or(Condition::Unknown)
    }

    fn told(&self, expression: &Node, scope: &Scope) -> Option<Condition> {
        if let Some(fact) = self.variable(expression) {
            return match fact {
                Fact::Truth(condition) => Some(condition.clone()),
                _ => None,
            };
        }
        if let Some(Some(constant)) = parse::constant(expression) {
            let nothing = Vec::new();
            return truth(&constant)
                .map(|is_so| if is_so { Condition::All(nothing) } else { Condition::Any(nothing) });
        }
        match expression.node.as_ref()? {
            NodeEnum::BoolExpr(e) => {
                let mut all = e.args.iter().map(|argument| self.condition(argument, scope));
                Some(match e.boolop() {
                    BoolExprType::AndExpr => Condition::All(all.collect()),
                    BoolExprType::OrExpr => Condition::Any(all.collect()),
                    _ => not(all.next()?),
                })
            }
            NodeEnum::SubLink(link) if link.sub_link_type() == SubLinkType::ExistsSublink => {
                Some(Condition::Exists(look_up::sought(select(link)?, scope)?))
            }
            NodeEnum::NullTest(test) => {
                let condition = self.is_not_null(test.arg.as_deref()?, scope)?;
                let is_null = test.nulltesttype() == NullTestType::IsNull;
                Some(if is_null { not(condition) } else { condition })
            }
            NodeEnum::BooleanTest(test) => {
                let condition = self.condition(test.arg.as_deref()?, scope);
                match test.booltesttype() {
                    BoolTestType::IsTrue | BoolTestType::IsNotFalse => Some(condition),
                    BoolTestType::IsFalse | BoolTestType::IsNotTrue => Some(not(condition)),
                    _ => None,
                }
            }
            NodeEnum::AExpr(e) if e.kind() == AExprKind::AexprOp => self.comparison(e, scope),
            _ => None,
        }
    }

    fn is_not_null(&self, value: &Node, scope: &Scope) -> Option<Condition> {
        match value.node.as_ref()? {
            NodeEnum::FuncCall(call) => look_up::registered_name(call, scope).map(Condition::Exists),
            NodeEnum::ColumnRef(_) | NodeEnum::SubLink(_) => match self.fact(value, scope)? {
                Fact::Value(condition) => Some(condition),
                _ => None,
            },
            NodeEnum::TypeCast(cast) => self.is_not_null(cast.arg.as_deref()?, scope),
            _ => None,
        }
    }

    /// `count = 0`, `count > 0` and their like; a truth that is compared with a constant.
    fn comparison(&self, e: &protobuf::AExpr, scope: &Scope) -> Option<Condition> {
        let operator = parse::strings(&e.name).last().copied()?;
        let (left, right) = (e.lexpr.as_deref()?, e.rexpr.as_deref()?);
        let constant = parse::constant(right)??;
        if is_server_version(left) {
            return oldest_server(operator, constant.parse().ok()?);
        }
        let (condition, is_so) = match (self.fact(left, scope)?, operator, constant.as_str()) {
            (Fact::Count(condition), "=" | "<=", "0") | (Fact::Count(condition), "<", "1") => {
                (condition, false)
            }
            (Fact::Count(condition), ">" | "<>", "0") | (Fact::Count(condition), ">=", "1") => {
                (condition, true)
            }
            (Fact::Truth(condition), "=", value) => (condition, truth(value)?),
            (Fact::Truth(condition), "<>", value) => (condition, !truth(value)?),
            _ => return None,
        };
        Some(if is_so { condition } else { not(condition) })
    }

    /// The string that an expression gives: constants, `||`, `format`, `quote_ident` and `quote_literal` of such.
    pub(super) fn text(&self, expression: &Node) -> Text {
        self.constant_text(expression)
            .unwrap_or_else(|| Text { text: COMPUTED.to_owned(), is_constant: false })
    }

    fn constant_text(&self, expression: &Node) -> Option<Text> {
        let known = |text: String| Some(Text { text, is_constant: true });
        match expression.node.as_ref()? {
            NodeEnum::AConst(_) => known(parse::constant(expression)??),
            NodeEnum::ColumnRef(_) => match self.variable(expression)? {
                Fact::Text(text) => known(text.clone()),
                Fact::Pattern(text) => Some(Text { text: text.clone(), is_constant: false }),
                _ => None,
            },
            NodeEnum::TypeCast(cast) => {
                let names = parse::strings(&cast.type_name.as_ref()?.names);
                let is_text = matches!(names.last(), Some(&("text" | "varchar" | "name")));
                if is_text { self.constant_text(cast.arg.as_deref()?) } else { None }
            }
            NodeEnum::AExpr(e) if parse::strings(&e.name).as_slice() == ["||"] => {
                let (left, right) = (self.text(e.lexpr.as_deref()?), self.text(e.rexpr.as_deref()?));
                Some(Text {
                    text: left.text + &right.text,
                    is_constant: left.is_constant && right.is_constant,
                })
            }
            NodeEnum::FuncCall(call) => {
                let arguments: Vec<Text> = call.args.iter().map(|argument| self.text(argument)).collect();
                match (parse::strings(&call.funcname).last().copied()?, arguments.as_slice()) {
                    ("format", [pattern, values @ ..]) if pattern.is_constant && !call.func_variadic => {
                        format(&pattern.text, values)
                    }
                    ("quote_ident", [value]) => Some(conversion('I', value)),
                    ("quote_literal", [value]) => Some(conversion('L', value)),
                    ("concat", values) => Some(Text {
                        is_constant: values.iter().all(|value| value.is_constant),
                        text: values.iter().map(|value| value.text.as_str()).collect(),
                    }),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether it is the number of the server's version, as `current_setting('server_version_num')` gives it.
fn is_server_version(value: &Node) -> bool {
    match value.node.as_ref() {
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_server_version),
        Some(NodeEnum::FuncCall(call)) => {
            let setting = call.args.first().and_then(parse::constant).flatten();
            parse::strings(&call.funcname).last() == Some(&"current_setting")
                && setting.as_deref() == Some("server_version_num")
        }
        _ => false,
    }
}

/// The number of the oldest version that is supported.
const OLDEST_SERVER: i64 = 120_000;

/// A comparison of the server's version that comes out alike on all versions that are supported.
fn oldest_server(operator: &str, number: i64) -> Option<Condition> {
    match operator {
        ">=" if number <= OLDEST_SERVER => Some(Condition::All(Vec::new())),
        ">" | "<>" if number < OLDEST_SERVER => Some(Condition::All(Vec::new())),
        "<" if number <= OLDEST_SERVER => Some(Condition::Any(Vec::new())),
        "<=" | "=" if number < OLDEST_SERVER => Some(Condition::Any(Vec::new())),
        _ => None,
    }
}

/// A constant of the type boolean.
fn truth(constant: &str) -> Option<bool> {
    match constant {
        "true" | "t" => Some(true),
        "false" | "f" => Some(false),
        _ => None,
    }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn select(link: &protobuf::SubLink) -> Option<&protobuf::SelectStmt> {
    match link.subselect.as_deref()?.node.as_ref()? {
        NodeEnum::SelectStmt(select) => Some(select),
        _ => None,
    }
}

/// `format()` as PostgreSQL has it (`text_format` in `varlena.c`), without widths. `None` where it would raise, or
/// where this does not know what it gives.
fn format(pattern: &str, values: &[Text]) -> Option<Text> {
    let mut formatted = Text { text: String::new(), is_constant: true };
    let mut next = 0;
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '%' {
            formatted.text.push(character);
            continue;
        }
        if rest.next_if_eq(&'%').is_some() {
            formatted.text.push('%');
            continue;
        }
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        if !digits.is_empty() {
            rest.next_if_eq(&'$')?;
            next = digits.parse::<usize>().ok()?.checked_sub(1)?;
        }
        let letter = rest.next().filter(|letter| matches!(letter, 's' | 'I' | 'L'))?;
        let Text { text, is_constant } = conversion(letter, values.get(next)?);
        formatted.text.push_str(&text);
        formatted.is_constant &= is_constant;
        next += 1;
    }
    Some(formatted)
}

/// A value as `%s`, `%I` or `%L`.
fn conversion(letter: char, value: &Text) -> Text {
    let text = match letter {
        'I' => format!("\"{}\"", value.text.replace('"', "\"\"")),
        'L' => crate::core::sql::quoting::literal(&value.text),
        _ => value.text.clone(),
    };
    Text { text, is_constant: value.is_constant }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p12_strings_are_formatted_as_postgresql_does() {
        let values = ["a".to_owned(), "It's \"b\"".to_owned()];
        let values: Vec<Text> = values.into_iter().map(|text| Text { text, is_constant: true }).collect();
        for (pattern, expected) in [
            ("%s %I", Some("a \"It's \"\"b\"\"\"")),
            ("%2$L, %1$s, %s", Some("'It''s \"b\"', a, It's \"b\"")),
            ("100%% %%s", Some("100% %s")),
            ("%s %s %s", None),
            ("%-10s", None),
            ("%1", None),
            ("%0$s", None),
            ("%99999999999999999999$s", None),
            ("%", None),
        ] {
            let formatted = format(pattern, &values).map(|formatted| formatted.text);
            assert_eq!(formatted.as_deref(), expected, "{pattern}");
        }
    }
}
