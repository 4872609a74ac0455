//! The order of the chosen statements: that of the features and their authors, but each after what it names.
//!
//! In most documents nothing moves. A trigger whose function stands in a later file does, with the function before it.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{History, Step};
use super::select::{Chosen, own_name};
use crate::core::component::ComponentName;
use crate::core::kind::Kind;
use crate::core::name::Identifier;
use crate::core::sql::lex::{Lexer, TokenKind};
use crate::core::sql::mentioned::Mentioned;

/// The chosen statements in the order in which they run. Stable: what names nothing that comes later stays.
pub(super) fn order(history: &History, chosen: &Chosen) -> Vec<usize> {
    let named = |at: &usize| {
        let touch = history.steps.get(*at).map(|step| &step.touch);
        let ids = touch.into_iter().flat_map(|touch| touch.creates.union(&touch.renames_to));
        let temporary = history.steps.get(*at).and_then(|step| step.traits.makes_temporary.as_ref());
        ids.filter(|id| is_named_alone(id.kind) || is_named_in_texts(id.kind))
            .filter_map(own_name)
            .chain(temporary.map(|name| name.as_str().to_lowercase()))
    };
    let mut makers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in chosen.steps.keys() {
        for name in named(at) {
            makers.entry(name).or_default().push(*at);
        }
    }
    let maker_before =
        |name: &String, at: usize| makers.get(name)?.iter().rev().find(|maker| **maker < at).copied();
    // The last one that gave the name before, or else the first one that does so later.
    let maker_of = |name: &String, at: usize| {
        let later = || makers.get(name)?.iter().find(|maker| **maker > at).copied();
        maker_before(name, at).or_else(later)
    };
    let ground = ground(history, chosen);
    let schemas = schemas(history, chosen);
    let droppers = droppers(history, chosen);
    let alterers = alterers(history, chosen);
    let keys = keys(history, chosen);
    let needs: BTreeMap<usize, BTreeSet<usize>> = chosen
        .steps
        .keys()
        .filter_map(|at| {
            let step = history.steps.get(*at)?;
            let own: BTreeSet<String> = named(at).collect();
            let words = words(step);
            let others = words.iter().filter(|word| !own.contains(*word));
            let mut makers: Vec<(&String, usize)> =
                others.filter_map(|word| Some((word, maker_of(word, *at)?))).collect();
            // A column may be called as a table is that comes later.
            if makers.iter().any(|(_, maker)| maker > at)
                && let Some(names) = names(step)
            {
                makers.retain(|(word, maker)| maker < at || names.contains(*word));
            }
            let mut needs: BTreeSet<usize> = makers.into_iter().map(|(_, maker)| maker).collect();
            // The body of a function that moves is looked at when it is made (types of variables): what its author put
            // before it moves along.
            let in_body = words_of_body(step).into_iter().filter(|word| !own.contains(word));
            needs.extend(in_body.filter_map(|word| maker_before(&word, *at)));
            // A function may be called as the type is that it gives.
            needs.extend(own.iter().filter_map(|word| maker_before(word, *at)));
            needs.extend(
                step.search_path.iter().filter_map(|schema| schemas.get(schema)).filter(|maker| *maker < at),
            );
            needs.extend(ground.range(..at));
            needs.extend(words.iter().filter_map(|word| alterers.get(word)?.range(..at).next_back()));
            needs.extend(makes_room(step, *at, &droppers));
            if words.contains("references") {
                needs.extend(
                    words.iter().filter_map(|word| keys.get(word)).flat_map(|keys| keys_for(*at, keys)),
                );
            }
            Some((*at, needs))
        })
        .collect();
    let mut ordered = Vec::with_capacity(needs.len());
    let mut placed = BTreeSet::new();
    for at in needs.keys() {
        place(*at, &needs, &mut placed, &mut ordered);
    }
    ordered
}

/// What everything after it may rest on without saying its name: an extension with its operators.
fn ground(history: &History, chosen: &Chosen) -> BTreeSet<usize> {
    let makes_extension = |at: &&usize| {
        let step = history.steps.get(**at);
        step.is_some_and(|step| step.touch.creates.iter().any(|id| id.kind == Kind::Extension))
    };
    chosen.steps.keys().filter(makes_extension).copied().collect()
}

/// The statements that make schemas, the first of each: what is made without a schema comes into one of the search path.
fn schemas<'h>(history: &'h History, chosen: &Chosen) -> BTreeMap<&'h Identifier, usize> {
    let mut schemas = BTreeMap::new();
    for at in chosen.steps.keys() {
        for id in history.steps.get(*at).into_iter().flat_map(|step| &step.touch.creates) {
            if let (Kind::Schema, ComponentName::Global(name)) = (id.kind, &id.name) {
                schemas.entry(name).or_insert(*at);
            }
        }
    }
    schemas
}

/// The statements that change a relation or add something to it, by its name: what names the relation may rest on the
/// last of them, and that one on those before.
fn alterers(history: &History, chosen: &Chosen) -> BTreeMap<String, BTreeSet<usize>> {
    let mut alterers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for at in chosen.steps.keys() {
        let concern = history.steps.get(*at).and_then(|step| step.traits.concerns.first());
        if let Some(concern) = concern {
            alterers.entry(concern.relation.name.as_str().to_lowercase()).or_default().insert(*at);
        }
    }
    alterers
}

/// The statements that give a table a key, the table's own first of all, by the table's name: a foreign key to the table
/// rests on one of them.
fn keys(history: &History, chosen: &Chosen) -> BTreeMap<String, BTreeSet<usize>> {
    let mut keys: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for at in chosen.steps.keys() {
        let Some(step) = history.steps.get(*at) else { continue };
        let text = step.text().to_ascii_lowercase();
        if !["primary", "unique"].into_iter().any(|word| text.contains(word)) {
            continue;
        }
        let tables = step.touch.creates.iter().filter(|id| id.kind == Kind::Table).filter_map(own_name);
        let concern = step.traits.concerns.first();
        let altered = concern.map(|concern| concern.relation.name.as_str().to_lowercase());
        for table in tables.chain(altered) {
            keys.entry(table).or_default().insert(*at);
        }
    }
    keys
}

/// Those of the statements that give a table its keys on which a foreign key may rest: the ones before it, which stay
/// before it where it moves. Later ones, which may put another key in their place, only where there is none before.
fn keys_for(at: usize, keys: &BTreeSet<usize>) -> impl Iterator<Item = usize> {
    let has_before = keys.range(..at).next().is_some();
    keys.iter().copied().filter(move |key| if has_before { *key < at } else { *key > at })
}

/// The statements that drop something, by its name.
fn droppers(history: &History, chosen: &Chosen) -> BTreeMap<String, Vec<usize>> {
    let mut droppers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in chosen.steps.keys() {
        let dropped = history.steps.get(*at).into_iter().flat_map(|step| &step.touch.drops);
        for name in dropped.filter_map(|(id, _)| own_name(id)) {
            droppers.entry(name).or_default().push(*at);
        }
    }
    droppers
}

/// The earlier statements that drop what goes by a name that a statement gives: DROP TABLE IF EXISTS before it.
fn makes_room<'d>(
    step: &'d Step,
    at: usize,
    droppers: &'d BTreeMap<String, Vec<usize>>,
) -> impl Iterator<Item = usize> + 'd {
    let given = step.touch.creates.union(&step.touch.renames_to).filter_map(own_name);
    let drop = given.filter_map(|name| droppers.get(&name)).flatten();
    drop.copied().filter(move |dropper| *dropper < at)
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

/// The kinds that expressions name in a text (`to_tsvector('english_plain', ...)`), or after COLLATE.
const fn is_named_in_texts(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TextSearchConfiguration
            | Kind::TextSearchDictionary
            | Kind::TextSearchTemplate
            | Kind::TextSearchParser
            | Kind::Collation
    )
}

/// The names that a statement may say, in lower case: its words, and those in its strings (`nextval('s')`), but for the
/// bodies of functions that are looked at when they run, not when they are made, and for what a comment says.
pub(super) fn words(step: &Step) -> BTreeSet<String> {
    let text = step.text();
    let is_comment = text.get(..7).is_some_and(|first| first.eq_ignore_ascii_case("comment"));
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
            TokenKind::String if is_comment => {}
            TokenKind::String if !token_text.starts_with('$') || is_in_sql(text) => {
                words.extend(words_in(token_text));
            }
            _ => {}
        }
    }
    words
}

/// The words in a body that is looked at when it runs (see `words`).
pub(super) fn words_of_body(step: &Step) -> BTreeSet<String> {
    let text = step.text();
    if !text.contains('$') || is_in_sql(text) {
        return BTreeSet::new();
    }
    let bodies = Lexer::new(text).filter(|token| token.kind == TokenKind::String);
    let bodies = bodies.filter_map(|token| text.get(token.range)).filter(|body| body.starts_with('$'));
    bodies.flat_map(words_in).collect()
}

fn words_in(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase)
}

/// The names of relations, types and functions that a statement says, in lower case, without the names of columns; what
/// its strings say, too, and the body of a function in SQL. `None` where only its words tell.
fn names(step: &Step) -> Option<BTreeSet<String>> {
    let text = step.text();
    let first = text.split_whitespace().next()?.to_ascii_lowercase();
    if !["create", "alter", "insert", "update", "delete", "select", "with"].contains(&first.as_str()) {
        return None;
    }
    let mut mentioned = vec![Mentioned::of(text)?];
    let mut in_strings = named_in_strings(text);
    if is_in_sql(text) {
        for token in Lexer::new(text).filter(|token| token.kind == TokenKind::String) {
            let string = text.get(token.range)?;
            let body = match string.strip_prefix('$').and_then(|rest| rest.split_once('$')) {
                Some((tag, rest)) => rest.strip_suffix(&format!("${tag}$"))?.to_owned(),
                None => string.trim_matches('\'').replace("''", "'"),
            };
            in_strings.extend(named_in_strings(&body));
            mentioned.extend(Mentioned::of(&body));
        }
    }
    let lower = text.to_ascii_lowercase();
    let mut names = BTreeSet::new();
    // Other strings are data: the key of a JSON document may be called as a table is.
    names.extend(in_strings.iter().flat_map(|string| words_in(string)));
    for Mentioned { relations, types, functions, .. } in &mentioned {
        let written = relations.iter().map(|(name, _)| name).chain(types).chain(functions);
        names.extend(written.flatten().map(|part| part.to_lowercase()));
    }
    // What the tree says elsewhere: the schema of an object that is made, the function of a cast.
    let is_plain = ["table", "view", "index", "trigger", "function", "policy", "sequence"]
        .iter()
        .any(|kind| text.split_whitespace().take(6).any(|word| word.eq_ignore_ascii_case(kind)));
    // The labels of an enum are data.
    let is_enum = lower.split_whitespace().take(6).any(|word| word == "enum" || word.starts_with("enum("));
    (is_plain || is_enum || first != "create" && first != "alter").then_some(names)
}

/// The strings that are names: `nextval('s')`, `to_tsvector('simple', a)`, `'t'::regclass`.
fn named_in_strings(text: &str) -> Vec<String> {
    let is_name = |range: &std::ops::Range<usize>| {
        let before = text.get(..range.start).unwrap_or_default().trim_end().to_ascii_lowercase();
        let after = text.get(range.end..).unwrap_or_default().trim_start().to_ascii_lowercase();
        let function = before.strip_suffix('(').map(str::trim_end);
        let cast = after.strip_prefix("::").or_else(|| after.strip_prefix("as ")).map(str::trim_start);
        let takes_name = ["nextval", "setval", "currval", "to_tsvector", "to_tsquery", "ts_headline"];
        takes_name.iter().any(|name| function.is_some_and(|it| it.ends_with(name)))
            || cast.is_some_and(|cast| cast.trim_start_matches("pg_catalog.").starts_with("reg"))
    };
    let strings = Lexer::new(text).filter(|token| token.kind == TokenKind::String).map(|token| token.range);
    strings.filter(is_name).filter_map(|range| text.get(range)).map(str::to_owned).collect()
}

/// Whether a function is written in SQL, whose body is read when it is made.
fn is_in_sql(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .windows(2)
        .any(|pair| matches!(pair, ["language", language] if language.trim_end_matches(';') == "sql"))
}
