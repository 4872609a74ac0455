//! The normal form that is in a plan, as `EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON)` prints it.
//!
//! What does not mean anything is taken out: how tables are called in the query, that `CURRENT_TIMESTAMP` is another
//! word for `now()`, and how the field of EXTRACT is written.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// A whole plan, without what means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholePlan {
    /// Its normal form.
    pub form: String,
    /// The same without what may mean nothing, but may tell two plans apart all the same: the names that branches of a
    /// UNION give their columns (N5), and casts around what is sorted, grouped or put out. A plan shows those that the
    /// text of the catalog spells out, and hides those that the server adds by itself.
    pub masked: String,
}

/// The nodes of a plan over a stub: one row, or two.
const STUB_NODES: [&str; 3] = ["Function Scan", "Nested Loop", "Result"];

/// The normal forms of a list of expressions over a stub, one for each. `None` where the answer is no plan of such a
/// list: then each expression has to be asked for alone.
#[must_use]
pub fn outputs(json: &str, count: usize) -> Option<Vec<String>> {
    let plan = plan(json)?;
    let only_stubs = |plan: &Value| plan["Node Type"].as_str().is_some_and(|node| STUB_NODES.contains(&node));
    let children = plan.get("Plans").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let no_query = |child: &Value| {
        only_stubs(child) && child.get("Plans").is_none() && child.get("Subplan Name").is_none()
    };
    if !only_stubs(&plan) || !children.iter().all(no_query) {
        return None;
    }
    let outputs: Option<Vec<&str>> = plan.get("Output")?.as_array()?.iter().map(Value::as_str).collect();
    let outputs: Vec<String> = outputs?.into_iter().map(|text| rewrite(text, &|_| None)).collect();
    (outputs.len() == count).then_some(outputs)
}

/// A short name for a plan as the server printed it: two plans with the same one are the same. It leaves out the
/// identifier of the query, which depends on its letters.
#[must_use]
pub fn digest(json: &str) -> String {
    let end = json.rfind("\"Query Identifier\"").unwrap_or(json.len());
    let plan = json[..end].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']'));
    hexadecimal(plan.as_bytes())
}

/// A whole plan. `None` where the text is none, or is nested too deeply to be read.
#[must_use]
pub fn whole(json: &str) -> Option<WholePlan> {
    let plan = plan(json)?;
    let mut names = BTreeMap::new();
    number_aliases(&plan, &mut names);
    let form = |masked: bool| {
        let mut plan = plan.clone();
        rename(&mut plan, &Aliases { names: &names, masked });
        hexadecimal(plan.to_string().as_bytes())
    };
    Some(WholePlan { form: form(false), masked: form(true) })
}

fn plan(json: &str) -> Option<Value> {
    let mut answer: Value = serde_json::from_str(json).ok()?;
    Some(answer.get_mut(0)?.get_mut("Plan")?.take())
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What the query calls its tables, each with its number in the order of the plan. EXPLAIN makes these names unique.
fn number_aliases(plan: &Value, names: &mut BTreeMap<String, usize>) {
    if let Some(alias) = plan.get("Alias").and_then(Value::as_str) {
        let number = names.len();
        names.entry(alias.to_owned()).or_insert(number);
    }
    for child in plan.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        number_aliases(child, names);
    }
}

struct Aliases<'a> {
    names: &'a BTreeMap<String, usize>,
    masked: bool,
}

/// What becomes of the name of a table in an expression.
struct Renamed {
    name: String,
    /// Whether the column behind it loses its name.
    masks_column: bool,
}

impl Aliases<'_> {
    fn of(&self, name: &str) -> Option<Renamed> {
        let number = self.names.get(name)?;
        let branch = name.starts_with("*SELECT*");
        Some(Renamed { name: format!("table{number}"), masks_column: self.masked && branch })
    }
}

/// What lists whole expressions, around which a cast may be hidden.
const EXPRESSIONS: [&str; 4] = ["Output", "Sort Key", "Presorted Key", "Group Key"];

fn rename(plan: &mut Value, aliases: &Aliases<'_>) {
    match plan {
        Value::Object(entries) => {
            // What is looked up in it stands in the plan below; its casts are hidden or not, as in a list.
            entries.remove("Cache Key");
            for (key, value) in entries {
                if let Value::Array(values) = value
                    && aliases.masked
                    && EXPRESSIONS.contains(&key.as_str())
                {
                    let texts = values.iter_mut().filter_map(|value| match value {
                        Value::String(text) => Some(text),
                        _ => None,
                    });
                    texts.for_each(|text| *text = without_cast(text));
                }
                match value {
                    Value::String(alias) if key == "Alias" => {
                        *alias = aliases.of(alias).map(|renamed| renamed.name).unwrap_or_default();
                    }
                    value => rename(value, aliases),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, aliases)),
        Value::String(text) => *text = rewrite(text, &|name| aliases.of(name)),
        _ => {}
    }
}

/// An expression without the casts around the whole of it: `(a)::text DESC` is `a DESC`.
fn without_cast(text: &str) -> String {
    let tokens: Vec<Token<'_>> = Tokens(text).collect();
    let mut depth = 0_usize;
    let closing = tokens.iter().position(|token| {
        match token {
            Token::Other("(") => depth += 1,
            Token::Other(")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    let colon = Some(&Token::Other(":"));
    match closing {
        Some(closing)
            if tokens.get(closing + 1) == colon && tokens.get(closing + 2) == colon && closing > 0 =>
        {
            let suffix =
                |token: &Token<'_>| matches!(token, Token::Word("COLLATE" | "DESC" | "NULLS" | "USING"));
            let rest = tokens.iter().skip(closing).position(suffix).map_or(tokens.len(), |at| closing + at);
            let inner = joined(tokens.get(1..closing).unwrap_or_default());
            let rest = joined(tokens.get(rest..).unwrap_or_default());
            without_cast(format!("{inner} {rest}").trim_end())
        }
        _ => text.to_owned(),
    }
}

fn joined(tokens: &[Token<'_>]) -> String {
    let text = |token: &Token<'_>| match *token {
        Token::Word(text) | Token::Quoted(text) | Token::Other(text) => text.to_owned(),
    };
    tokens.iter().map(text).collect::<Vec<_>>().concat()
}

/// A piece of an expression as the server prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A word: a name without quotes, a keyword, a number.
    Word(&'a str),
    /// A name in double quotes, with them.
    Quoted(&'a str),
    /// Anything else: a string with its quotes, spaces, a sign.
    Other(&'a str),
}

/// The words outside of quotes.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    Tokens(text).filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None })
}

/// Renames tables (a name before a dot that is part of no longer name and of no function), and writes
/// `CURRENT_TIMESTAMP` as `now()`.
fn rewrite(text: &str, rename: &dyn Fn(&str) -> Option<Renamed>) -> String {
    let tokens: Vec<Token<'_>> = Tokens(text).collect();
    let mut written = String::with_capacity(text.len());
    let mut masked_at = None;
    for (position, token) in tokens.iter().enumerate() {
        let after = |distance: usize| tokens.get(position + distance);
        let before_dot = after(1) == Some(&Token::Other("."));
        let after_dot = position > 0 && tokens.get(position - 1) == Some(&Token::Other("."));
        let of_function = after(3) == Some(&Token::Other("("));
        let name = match token {
            Token::Word(word) => Some((*word).to_owned()),
            Token::Quoted(quoted) => Some(quoted[1..quoted.len() - 1].replace("\"\"", "\"")),
            Token::Other(_) => None,
        };
        let renamed =
            name.filter(|_| before_dot && !after_dot && !of_function).and_then(|name| rename(&name));
        match (token, renamed) {
            (_, Some(renamed)) => {
                written.push_str(&renamed.name);
                masked_at = renamed.masks_column.then_some(position + 2);
            }
            (Token::Word(_) | Token::Quoted(_), None) if masked_at == Some(position) => written.push('?'),
            // The field of EXTRACT: a text, or a word whose letters are small once the server has read it again.
            (Token::Word(field), None) if is_extracted(&tokens[..position]) => {
                written.push_str(&field.to_ascii_lowercase());
            }
            (Token::Word("CURRENT_TIMESTAMP"), None) if after(1) != Some(&Token::Other("(")) => {
                written.push_str("now()");
            }
            (Token::Word(text) | Token::Quoted(text) | Token::Other(text), None) => written.push_str(text),
        }
    }
    written
}

/// Whether the field of EXTRACT comes next (`get_func_sql_syntax` in PostgreSQL's `ruleutils.c`).
fn is_extracted(before: &[Token<'_>]) -> bool {
    matches!(before, [.., Token::Word("EXTRACT"), Token::Other("(")])
}

/// Splits what the server prints into tokens. Quotes inside of quotes are doubled, and so are backslashes in strings
/// that know them (`simple_quote_literal` in PostgreSQL's `ruleutils.c`), so that a quote always ends what it began.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = self.0.chars().next()?;
        let of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        let end = match first {
            '"' | '\'' => quoted_end(self.0, first),
            c if of_word(c) => self.0.find(|c: char| !of_word(c)).unwrap_or(self.0.len()),
            c => c.len_utf8(),
        };
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(match first {
            '"' if token.len() > 1 => Token::Quoted(token),
            c if of_word(c) => Token::Word(token),
            _ => Token::Other(token),
        })
    }
}

/// Where what begins with a quote ends; a doubled quote belongs to it.
fn quoted_end(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((position, character)) = characters.next() {
        if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return position + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(alias: &str, output: &str) -> String {
        format!(
            r#"{{"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "{alias}", "Output": ["{output}"]}}"#
        )
    }

    fn answer(plan: &str) -> String {
        format!("[{{\"Plan\": {plan}}}]")
    }

    #[test]
    fn n2_each_expression_over_a_stub_has_its_normal_form() {
        let stub =
            r#"{"Node Type": "Function Scan", "Alias": "t", "Output": ["(t.a > 1)", "CURRENT_TIMESTAMP"]}"#;
        let forms = Some(vec!["(t.a > 1)".to_owned(), "now()".to_owned()]);
        assert_eq!(outputs(&answer(stub), 2), forms);
        assert_eq!(outputs(&answer(stub), 1), None);
        let two = format!(
            r#"{{"Node Type": "Nested Loop", "Output": ["(old.a <> new.a)"], "Plans": [{stub}, {stub}]}}"#
        );
        assert_eq!(outputs(&answer(&two), 1), Some(vec!["(old.a <> new.a)".to_owned()]));
    }

    #[test]
    fn n2_how_the_field_of_extract_is_written_means_nothing() {
        let of = |field: &str| {
            let output = format!("EXTRACT({field} FROM a.\\\"YEAR\\\")");
            whole(&answer(&scan("a", &output))).unwrap().form
        };
        assert_eq!(of("YEAR"), of("year"));
        assert_ne!(of("YEAR"), of("month"));
    }

    #[test]
    fn n2_what_reads_a_table_has_no_normal_form_in_a_list() {
        let query = format!(
            r#"{{"Node Type": "Function Scan", "Output": ["(SubPlan 1)"], "Plans": [{}]}}"#,
            scan("x", "x.a")
        );
        assert_eq!(outputs(&answer(&query), 1), None);
        let initial = r#"{"Node Type": "Result", "Output": ["$0"], "Plans": [{"Node Type": "Result", "Subplan Name": "InitPlan 1", "Output": ["1"]}]}"#;
        assert_eq!(outputs(&answer(initial), 1), None);
        assert_eq!(outputs(&answer(&scan("x", "x.a")), 1), None);
        let below = format!(
            r#"{{"Node Type": "Nested Loop", "Output": ["1"], "Plans": [{{"Node Type": "Result", "Plans": [{}]}}]}}"#,
            scan("x", "x.a")
        );
        assert_eq!(outputs(&answer(&below), 1), None);
        assert_eq!(outputs("no json", 1), None);
    }

    #[test]
    fn plans_that_differ_in_what_tables_are_called_are_the_same() {
        let of = |alias: &str, output: &str| whole(&answer(&scan(alias, output))).unwrap().form;
        assert_eq!(of("t", "t.a"), of("u", "u.a"));
        assert_eq!(of("t", "CURRENT_TIMESTAMP"), of("t", "now()"));
        assert_eq!(of("Odd \\\" one", "\\\"Odd \\\"\\\" one\\\".a"), of("u", "u.a"));
        assert_ne!(of("t", "t.a"), of("u", "u.b"));
        assert_ne!(of("t", "'t.a'"), of("u", "'u.a'"));
        assert_ne!(of("t", "t.f(1)"), of("u", "u.f(1)"));
        assert_ne!(of("t", "app.t.a"), of("u", "app.u.a"));
        assert_ne!(of("t", "'CURRENT_TIMESTAMP'"), of("t", "'now()'"));
    }

    #[test]
    fn n5_names_of_columns_of_branches_are_masked_apart() {
        let branch = |column: &str| {
            let scan = scan("t", "t.a");
            let plan = format!(
                r#"{{"Node Type": "Subquery Scan", "Alias": "*SELECT* 2", "Output": ["\"*SELECT* 2\".{column}"], "Plans": [{scan}]}}"#
            );
            whole(&answer(&plan)).unwrap()
        };
        assert_ne!(branch("a").form, branch("b").form);
        assert_eq!(branch("a").masked, branch("b").masked);
        let table = |column: &str| whole(&answer(&scan("t", column))).unwrap().masked;
        assert_ne!(table("t.a"), table("t.b"));
    }

    #[test]
    fn casts_that_may_be_hidden_are_masked_and_those_of_what_is_remembered_do_not_count() {
        let sort = |key: &str| {
            let plan = format!(r#"{{"Node Type": "Sort", "Sort Key": ["{key}"]}}"#);
            whole(&answer(&plan)).unwrap()
        };
        for (one, other) in [
            ("t.a", "(t.a)::text"),
            ("t.a DESC NULLS LAST", "((t.a)::text)::character varying DESC NULLS LAST"),
            ("lower(t.a)", "(lower(t.a))::text"),
        ] {
            assert_ne!(sort(one).form, sort(other).form, "{one}");
            assert_eq!(sort(one).masked, sort(other).masked, "{one}");
        }
        assert_ne!(sort("(t.a)::text DESC").masked, sort("t.a").masked);
        assert_ne!(sort("'a'::text").masked, sort("'b'::text").masked);
        assert_ne!(sort("(t.a + 1)").masked, sort("t.a + 2").masked);
        let memoize = |key: &str| {
            whole(&answer(&format!(r#"{{"Node Type": "Memoize", "Cache Key": "{key}"}}"#))).unwrap()
        };
        assert_eq!(memoize("t.a"), memoize("(t.a)::text"));
    }

    #[test]
    fn the_identifier_of_a_query_is_not_part_of_its_plan() {
        let plan =
            |rest: &str| format!("[\n  {{\n    \"Plan\": {{\n \"Output\": [\"1\"]\n    }}{rest}\n  }}\n]");
        assert_eq!(digest(&plan("")), digest(&plan(",\n    \"Query Identifier\": -5")));
        assert_ne!(digest(&plan("")), digest(&plan("").replace('1', "2")));
    }

    #[test]
    fn text_is_split_where_quotes_end() {
        let tokens: Vec<Token<'_>> = Tokens("\"a\"\"b\".c = E'it''s \\\\'").collect();
        assert_eq!(tokens[0], Token::Quoted("\"a\"\"b\""));
        assert_eq!(tokens.last(), Some(&Token::Other("'it''s \\\\'")));
        assert_eq!(Tokens("'open").collect::<Vec<_>>(), [Token::Other("'open")]);
    }
}
