//! What a query or an expression names, wherever it stands: relations, columns, functions, types.
//!
//! The whole tree is walked in its serialized form, so that no kind of node can be forgotten.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::core::sql::parse;

/// A dotted name as it is written, its last part last.
pub type Written = Vec<String>;

/// What a text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentioned {
    /// Relations, each with its alias.
    pub relations: BTreeSet<(Written, Option<String>)>,
    /// The names that WITH gives to queries: a relation of that name may be one of them.
    pub with: BTreeSet<String>,
    /// Columns, with the table or alias where one is written.
    pub columns: BTreeSet<Written>,
    /// Whether all columns of something are named at once: `*`, NATURAL JOIN.
    pub all_columns: bool,
    /// Whether a join is on the columns that both sides have: NATURAL JOIN.
    pub natural: bool,
    /// What stands before each `*`: nothing, or a table or alias.
    pub stars: BTreeSet<Written>,
    /// Functions.
    pub functions: BTreeSet<Written>,
    /// Types.
    pub types: BTreeSet<Written>,
    /// Constants that are strings: some of them are names (`'t'::regclass`).
    pub strings: BTreeSet<String>,
}

impl Mentioned {
    /// Reads a query, or an expression. `None` where it cannot be parsed.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let tree = parse::parse(text).or_else(|_| parse::parse(&format!("SELECT {text}"))).ok()?;
        let mut mentioned = Self::default();
        for statement in &tree.stmts {
            mentioned.walk(&serde_json::to_value(statement).ok()?);
        }
        Some(mentioned)
    }

    /// What a part of a parse tree names.
    #[must_use]
    pub fn in_node(node: &pg_query::protobuf::Node) -> Self {
        let mut mentioned = Self::default();
        if let Ok(value) = serde_json::to_value(node) {
            mentioned.walk(&value);
        }
        mentioned
    }

    fn walk(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.walk(value)),
            Value::Object(fields) => {
                self.name(fields);
                fields.values().for_each(|value| self.walk(value));
            }
            _ => {}
        }
    }

    /// Nodes are told by the fields that only they have.
    fn name(&mut self, fields: &serde_json::Map<String, Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let written = |name: &str| fields.get(name).map(strings).unwrap_or_default();
        if let Some(relation) = text("relname") {
            let name = text("schemaname").into_iter().chain([relation]).map(str::to_owned).collect();
            let alias = fields.get("alias").and_then(|alias| alias.get("aliasname")).and_then(Value::as_str);
            self.relations.insert((name, alias.map(str::to_owned)));
        }
        self.with.extend(text("ctename").map(str::to_owned));
        let is_natural = fields.get("is_natural").and_then(Value::as_bool) == Some(true);
        self.natural |= is_natural;
        if is_natural || fields.contains_key("AStar") {
            self.all_columns = true;
        }
        if let Some(parts) = fields.get("fields") {
            let is_star = |part: &Value| part.get("node").unwrap_or(part).get("AStar").is_some();
            if parts.as_array().is_some_and(|parts| parts.iter().any(is_star)) {
                self.stars.insert(written("fields"));
            }
            self.columns.insert(written("fields"));
        }
        // JOIN ... USING names a column of both sides.
        self.columns.extend(written("using_clause").into_iter().map(|column| vec![column]));
        if fields.contains_key("funcname") {
            self.functions.insert(written("funcname"));
        }
        if fields.contains_key("names")
            && fields.contains_key("typemod")
            && fields.get("pct_type").and_then(Value::as_bool) != Some(true)
        {
            self.types.insert(written("names"));
        }
        if let Some(constant) = fields.get("AConst") {
            self.constants(constant);
        }
    }

    fn constants(&mut self, value: &Value) {
        let Value::Object(fields) = value else { return };
        self.strings.extend(fields.get("sval").and_then(Value::as_str).map(str::to_owned));
        fields.values().for_each(|value| self.constants(value));
    }

    /// The relations of an alias, or of that name where they have none: several where parts of a query each have their
    /// own.
    pub fn called<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Written> {
        let is_it = move |alias: &Option<String>, relation: &Written| {
            alias.as_deref().or(relation.last().map(String::as_str)) == Some(name)
        };
        self.relations.iter().filter(move |(relation, alias)| is_it(alias, relation)).map(|(name, _)| name)
    }
}

/// The strings of a list of string nodes.
fn strings(nodes: &Value) -> Written {
    let string = |node: &Value| {
        let inner = node.get("node").unwrap_or(node);
        inner.get("String")?.get("sval")?.as_str().map(str::to_owned)
    };
    nodes.as_array().into_iter().flatten().filter_map(string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &BTreeSet<Written>) -> String {
        names.iter().map(|name| name.join(".")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        let mentioned = Mentioned::of(
            "with q as (select a from crm.t x) select lower(x.b)::mood, (select max(c) from u where d = 'e'::regclass)
             from q join v using (k) order by app.f(g)",
        )
        .unwrap();
        let relations: Vec<String> = mentioned
            .relations
            .iter()
            .map(|(name, alias)| format!("{}/{}", name.join("."), alias.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(relations, ["crm.t/x", "q/", "u/", "v/"]);
        assert_eq!(mentioned.with, BTreeSet::from(["q".to_owned()]));
        assert_eq!(shown(&mentioned.columns), "a c d g k x.b");
        assert_eq!(shown(&mentioned.functions), "app.f lower max");
        assert_eq!(shown(&mentioned.types), "mood regclass");
        assert_eq!(mentioned.strings, BTreeSet::from(["e".to_owned()]));
        assert!(!mentioned.all_columns);
    }

    #[test]
    fn all_columns_at_once_are_told_and_so_is_an_expression() {
        assert!(Mentioned::of("select t.* from t").unwrap().all_columns);
        assert_eq!(shown(&Mentioned::of("select t.*, count(*) from t").unwrap().stars), "t");
        assert_eq!(Mentioned::of("select * from t").unwrap().stars, BTreeSet::from([Vec::new()]));
        assert!(Mentioned::of("select a from t natural join u").unwrap().all_columns);
        assert!(!Mentioned::of("select a * b from t").unwrap().all_columns);
        assert_eq!(shown(&Mentioned::of("a > f(b)").unwrap().columns), "a b");
        assert_eq!(Mentioned::of("not sql at all"), None);
    }
}
