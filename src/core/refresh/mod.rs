//! Refreshing materialized views: which, in which order, and how.
//!
//! The statements are made here; running them is the edge's.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::quoting;

/// The materialized views in scope, with what they read; scoped by [`crate::core::diagnose::question::Scope`].
pub const VIEWS: &str = include_str!("views.sql");

/// One materialized view, as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: QualifiedName,
    /// Whether it holds data.
    pub populated: bool,
    /// Whether an index allows `CONCURRENTLY`.
    pub usable_index: bool,
    /// The materialized views that it reads, itself or through views.
    pub reads: BTreeSet<QualifiedName>,
}

#[derive(Deserialize)]
struct ViewRow {
    schema: String,
    view: String,
    populated: bool,
    usable_index: bool,
    reads: Option<Vec<(String, String)>>,
}

/// Reads a row of [`VIEWS`].
pub fn view(row: &str) -> Result<View, serde_json::Error> {
    let ViewRow { schema, view, populated, usable_index, reads } = serde_json::from_str(row)?;
    let reads = reads.unwrap_or_default();
    Ok(View {
        name: QualifiedName::new(&*schema, &*view),
        populated,
        usable_index,
        reads: reads.iter().map(|(schema, name)| QualifiedName::new(&**schema, &**name)).collect(),
    })
}

/// A name as a user gives it: `totals`, `crm.totals`, `"Odd"."Name"`; folded as SQL folds names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedName {
    /// The schema; `None` is any.
    pub schema: Option<Identifier>,
    /// The name.
    pub name: Identifier,
}

impl WantedName {
    /// Reads a name. `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = part(text)?;
        if rest.is_empty() {
            return Some(Self { schema: None, name: first });
        }
        let (name, rest) = part(rest.strip_prefix('.')?)?;
        rest.is_empty().then_some(Self { schema: Some(first), name })
    }

    /// Whether it is this view.
    #[must_use]
    pub fn is(&self, view: &QualifiedName) -> bool {
        self.name == view.name && self.schema.as_ref().is_none_or(|schema| *schema == view.schema)
    }
}

/// The first identifier of a text, and what follows it.
fn part(text: &str) -> Option<(Identifier, &str)> {
    if text.starts_with('"') {
        return Identifier::quoted(text).filter(|(name, _)| !name.as_str().is_empty());
    }
    let end = text.find('.').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let is_plain = !name.is_empty() && !name.contains(['"', ' ', '\t', '\n']);
    is_plain.then(|| (Identifier::new(&name.to_ascii_lowercase()), rest))
}

/// One refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The view.
    pub view: QualifiedName,
    /// Whether readers go on meanwhile.
    pub concurrently: bool,
    /// Those of the same run that it reads: when one of them fails, this one is skipped.
    pub after: BTreeSet<QualifiedName>,
}

impl Step {
    /// The statement, without a semicolon.
    #[must_use]
    pub fn sql(&self) -> String {
        let concurrently = if self.concurrently { "CONCURRENTLY " } else { "" };
        format!("REFRESH MATERIALIZED VIEW {concurrently}{}", quoting::qualified(&self.view))
    }
}

/// The refreshes of these views, each after those that it reads; among equals by name. The catalog holds no circle; if
/// it did, its views would come last, by name.
#[must_use]
pub fn steps(views: &[View]) -> Vec<Step> {
    let names: BTreeSet<&QualifiedName> = views.iter().map(|view| &view.name).collect();
    let mut waiting: BTreeMap<&QualifiedName, (&View, BTreeSet<QualifiedName>)> = views
        .iter()
        .map(|view| {
            let after = view.reads.iter().filter(|read| names.contains(read) && **read != view.name);
            (&view.name, (view, after.cloned().collect()))
        })
        .collect();
    let mut steps: Vec<Step> = Vec::new();
    let mut done: BTreeSet<QualifiedName> = BTreeSet::new();
    while let Some(first) = waiting.keys().next().copied() {
        let ready = waiting.iter().find(|(_, (_, after))| after.is_subset(&done)).map(|(name, _)| *name);
        let Some((view, after)) = waiting.remove(ready.unwrap_or(first)) else { break };
        done.insert(view.name.clone());
        steps.push(Step {
            view: view.name.clone(),
            // An empty view cannot be refreshed concurrently, and nobody reads it.
            concurrently: view.usable_index && view.populated,
            after,
        });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_view(name: &str, reads: &[&str]) -> View {
        View {
            name: QualifiedName::new("public", name),
            populated: true,
            usable_index: true,
            reads: reads.iter().map(|read| QualifiedName::new("public", *read)).collect(),
        }
    }

    fn order(views: &[View]) -> Vec<String> {
        steps(views).into_iter().map(|step| step.view.name.as_str().to_owned()).collect()
    }

    #[test]
    fn a_view_comes_after_those_that_it_reads() {
        assert_eq!(
            order(&[a_view("a", &["c"]), a_view("b", &[]), a_view("c", &["d"]), a_view("d", &[])]),
            ["b", "d", "c", "a"]
        );
    }

    #[test]
    fn what_is_not_refreshed_is_not_waited_for_and_a_circle_ends() {
        assert_eq!(order(&[a_view("a", &["elsewhere", "a"])]), ["a"]);
        assert_eq!(order(&[a_view("a", &["b"]), a_view("b", &["a"]), a_view("c", &[])]), ["c", "a", "b"]);
    }

    #[test]
    fn only_a_populated_view_with_a_usable_index_is_refreshed_concurrently() {
        let sql = |populated, usable_index| {
            let view = View { populated, usable_index, ..a_view("v\"1", &[]) };
            steps(&[view])[0].sql()
        };
        assert_eq!(sql(true, true), r#"REFRESH MATERIALIZED VIEW CONCURRENTLY "public"."v""1""#);
        for (populated, usable_index) in [(true, false), (false, true)] {
            assert_eq!(sql(populated, usable_index), r#"REFRESH MATERIALIZED VIEW "public"."v""1""#);
        }
    }

    #[test]
    fn names_are_folded_as_sql_folds_them() {
        for (text, schema, name) in [
            ("Totals", None, "totals"),
            ("CRM.Totals", Some("crm"), "totals"),
            (r#""Odd.One"."say ""hi""""#, Some("Odd.One"), "say \"hi\""),
        ] {
            let wanted = WantedName::parse(text).unwrap();
            assert_eq!((wanted.schema, wanted.name), (schema.map(Identifier::new), Identifier::new(name)));
        }
        for text in ["", ".", "a.", ".a", "a.b.c", "\"a", "\"\"", "a b", "a\"b\""] {
            assert_eq!(WantedName::parse(text), None, "{text}");
        }
    }
}
