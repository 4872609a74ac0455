//! The order of the chosen statements: that of the features and their authors, but each after what it names.
//!
//! In most documents nothing moves. A trigger whose function stands in a later file does, with the function before it.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{History, Step};
use super::select::{Chosen, own_name};
use crate::core::kind::Kind;
use crate::core::sql::lex::{Lexer, TokenKind};

/// The chosen statements in the order in which they run. Stable: what names nothing that comes later stays.
pub(super) fn order(history: &History, chosen: &Chosen) -> Vec<usize> {
    let named = |at: &usize| {
        let touch = history.steps.get(*at).map(|step| &step.touch);
        let ids = touch.into_iter().flat_map(|touch| touch.creates.union(&touch.renames_to));
        ids.filter(|id| is_named_alone(id.kind)).filter_map(own_name)
    };
    let mut makers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in chosen.steps.keys() {
        for name in named(at) {
            makers.entry(name).or_default().push(*at);
        }
    }
    // The last one that gave the name before, or else the first one that does so later.
    let maker_of = |name: &String, at: usize| {
        let makers = makers.get(name)?;
        let before = makers.iter().rev().find(|maker| **maker < at);
        before.or_else(|| makers.iter().find(|maker| **maker > at)).copied()
    };
    let needs: BTreeMap<usize, BTreeSet<usize>> = chosen
        .steps
        .keys()
        .filter_map(|at| {
            let own: BTreeSet<String> = named(at).collect();
            let words = words(history.steps.get(*at)?);
            let others = words.iter().filter(|word| !own.contains(*word));
            Some((*at, others.filter_map(|word| maker_of(word, *at)).collect()))
        })
        .collect();
    let mut ordered = Vec::with_capacity(needs.len());
    let mut placed = BTreeSet::new();
    for at in needs.keys() {
        place(*at, &needs, &mut placed, &mut ordered);
    }
    ordered
}

/// Puts a statement after those later ones that it needs, and those after what they need. One that needs the first in
/// turn stays behind it: a name may only look like the other's.
fn place(
    at: usize,
    needs: &BTreeMap<usize, BTreeSet<usize>>,
    placed: &mut BTreeSet<usize>,
    ordered: &mut Vec<usize>,
) {
    if placed.contains(&at) {
        return;
    }
    for first in before(at, needs, placed) {
        if placed.insert(first) {
            ordered.push(first);
        }
    }
    placed.insert(at);
    ordered.push(at);
}

/// What must move before a statement, in the authors' order.
fn before(at: usize, needs: &BTreeMap<usize, BTreeSet<usize>>, placed: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut moved = BTreeSet::new();
    let later = needs.get(&at).into_iter().flatten().filter(|other| **other > at && !placed.contains(other));
    for other in later {
        let with = reached(*other, needs, placed);
        if !with.contains(&at) {
            moved.extend(with);
        }
    }
    moved
}

/// A statement, and all that it needs that has no place yet.
fn reached(
    start: usize,
    needs: &BTreeMap<usize, BTreeSet<usize>>,
    placed: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([start]);
    let mut pending = vec![start];
    while let Some(at) = pending.pop() {
        for other in needs.get(&at).into_iter().flatten().filter(|other| !placed.contains(other)) {
            if reached.insert(*other) {
                pending.push(*other);
            }
        }
    }
    reached
}

/// The kinds that statements about something else name.
pub(super) const fn is_named_alone(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Schema
            | Kind::Extension
            | Kind::Type
            | Kind::Sequence
            | Kind::Table
            | Kind::ForeignTable
            | Kind::View
            | Kind::MaterializedView
            | Kind::Function
    )
}

/// The names that a statement may say, in lower case: its words, and those in its strings (`nextval('s')`), but for the
/// bodies of functions that are looked at when they run, not when they are made.
pub(super) fn words(step: &Step) -> BTreeSet<String> {
    let text = step.text();
    let mut words = BTreeSet::new();
    for token in Lexer::new(text) {
        let token_text = text.get(token.range).unwrap_or_default();
        match token.kind {
            TokenKind::Word => {
                words.insert(token_text.to_lowercase());
            }
            TokenKind::QuotedIdentifier => {
                words.insert(token_text.trim_matches('"').replace("\"\"", "\"").to_lowercase());
            }
            TokenKind::String if !token_text.starts_with('$') || is_in_sql(text) => {
                let parts = token_text.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.extend(parts.filter(|part| !part.is_empty()).map(str::to_lowercase));
            }
            _ => {}
        }
    }
    words
}

/// Whether a function is written in SQL, whose body is read when it is made.
fn is_in_sql(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .windows(2)
        .any(|pair| matches!(pair, ["language", language] if language.trim_end_matches(';') == "sql"))
}
