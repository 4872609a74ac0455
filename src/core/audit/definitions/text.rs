//! The catalog's own texts of definitions: which are read, and how.
//!
//! Only what is wanted is read. Some texts can be had without any lock; the functions that print the others open their
//! table and wait for whoever has locked it (C1), so that they are asked for under `lock_timeout`, apart from all else.

use std::collections::{BTreeMap, BTreeSet};

use super::pairs::Pair;
use super::{Definitions, Place, piece};
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Normal, Part};
use crate::core::kind::{Kind, format_type};
use crate::core::name::QualifiedName;
use crate::core::sql::place::fill;
use crate::core::sql::quoting;

/// The texts by their places, or why there is none.
pub type Texts = BTreeMap<Place, Result<String, Normal>>;

/// The most relations that one transaction reads the texts of.
const RELATIONS_PER_BATCH: usize = 200;

/// Where a text comes from: each has its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Default,
    Domain,
    Generated,
    Check,
    Index,
    Policy,
    Trigger,
    View,
    Function,
    Argument,
    PartitionKey,
    Statistics,
}

/// One query for texts of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextQuestion {
    /// What it is about, in the order of the numbers that it returns, which begin with 1.
    pub components: Vec<ComponentId>,
    /// The query, without a semicolon. Its rows: the number, the part, the position, the text. Of a function, the
    /// position is a JSON array of its arguments and the position proper. Where several expressions are one text, it is a
    /// JSON array of their positions, or null for all from 0 on.
    pub sql: String,
}

/// What one transaction reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    wanted: BTreeMap<Vec<QualifiedName>, BTreeSet<(Source, ComponentId)>>,
}

/// All that is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What waits for no lock.
    pub free: Option<Batch>,
    /// What opens relations.
    pub locking: Vec<Batch>,
    /// The places, to tell what was not answered.
    places: BTreeSet<Place>,
}

impl Source {
    fn of((id, part): &Place) -> Option<Self> {
        Some(match (id.kind, part.name) {
            (Kind::Column, "default") => Self::Default,
            (Kind::Column, "generation expression") => Self::Generated,
            (Kind::Type, "default" | "check") => Self::Domain,
            (Kind::Constraint, "expression") => Self::Check,
            // The index of an exclusion constraint has the name of the constraint.
            (Kind::Index | Kind::Constraint, "key expression" | "predicate") => Self::Index,
            (Kind::Policy, "using" | "with check") => Self::Policy,
            (Kind::Trigger, "condition") => Self::Trigger,
            (Kind::View | Kind::MaterializedView, "definition") => Self::View,
            (Kind::Function, "definition") => Self::Function,
            (Kind::Function, "argument default") => Self::Argument,
            (Kind::Table, "partition key expression") => Self::PartitionKey,
            (Kind::Statistics, "expression") => Self::Statistics,
            _ => return None,
        })
    }

    const fn query(self) -> &'static str {
        match self {
            Self::Default => include_str!("default.sql"),
            Self::Domain => include_str!("domain.sql"),
            Self::Generated => include_str!("generated.sql"),
            Self::Check => include_str!("check.sql"),
            Self::Index => include_str!("index.sql"),
            Self::Policy => include_str!("policy.sql"),
            Self::Trigger => include_str!("trigger.sql"),
            Self::View => include_str!("view.sql"),
            Self::Function => include_str!("function.sql"),
            Self::Argument => include_str!("argument.sql"),
            Self::PartitionKey => include_str!("partition_key.sql"),
            Self::Statistics => include_str!("statistics.sql"),
        }
    }

    const fn waits(self) -> bool {
        !matches!(self, Self::Default | Self::Domain | Self::Argument)
    }

    /// Whether equality may be plain, so that a text is of use without the planner.
    const fn may_be_plain(self) -> bool {
        matches!(self, Self::Default | Self::Argument)
    }
}

impl Reading {
    /// What has to be read for these pairs. Without the planner, a text is only of use where equality is plain.
    #[must_use]
    pub fn of(pairs: &[Pair], catalog: &Catalog, how: Definitions) -> Self {
        let places = pairs.iter().map(|pair| &pair.observed);
        let of_use =
            |place: &&Place| how == Definitions::Ask || Source::of(place).is_some_and(Source::may_be_plain);
        Self::of_places(places.filter(of_use), catalog)
    }

    /// The same, and all that is watched for drift too.
    #[must_use]
    pub fn with_watched(pairs: &[Pair], watched: &[Place], catalog: &Catalog) -> Self {
        Self::of_places(pairs.iter().map(|pair| &pair.observed).chain(watched), catalog)
    }

    fn of_places<'a>(places: impl Iterator<Item = &'a Place>, catalog: &Catalog) -> Self {
        let mut reading = Self::default();
        let mut locking: BTreeMap<Vec<QualifiedName>, BTreeSet<(Source, ComponentId)>> = BTreeMap::new();
        for observed in places {
            let Some(source) = Source::of(observed) else { continue };
            let (id, _) = observed;
            let wanted = (source, id.clone());
            let relation = catalog.get(id).and_then(|shape| shape.relation(id)).or(own_name(id));
            let batch =
                if source.waits() { &mut locking } else { &mut reading.free.get_or_insert_default().wanted };
            batch.entry(relation.into_iter().cloned().collect()).or_default().insert(wanted);
            reading.places.insert(observed.clone());
        }
        let mut batch = Batch::default();
        for (relation, wanted) in locking {
            batch.wanted.insert(relation, wanted);
            if batch.wanted.len() == RELATIONS_PER_BATCH {
                reading.locking.push(std::mem::take(&mut batch));
            }
        }
        reading.locking.extend(Some(batch).filter(|batch| !batch.wanted.is_empty()));
        reading
    }

    /// The texts of all places, given those that were answered: what is left was there a moment ago.
    #[must_use]
    pub fn complete(self, mut texts: Texts) -> Texts {
        for place in self.places {
            let gone = || Err(Normal::None("its text could not be read".to_owned()));
            texts.entry(place).or_insert_with(gone);
        }
        texts
    }
}

fn own_name(id: &ComponentId) -> Option<&QualifiedName> {
    match &id.name {
        ComponentName::InSchema(name) | ComponentName::Routine { name, .. } => Some(name),
        _ => None,
    }
}

impl Batch {
    /// Its queries, one for each source.
    #[must_use]
    pub fn questions(&self) -> Vec<TextQuestion> {
        let mut by_source: BTreeMap<Source, Vec<&ComponentId>> = BTreeMap::new();
        for (source, id) in self.wanted.values().flatten() {
            by_source.entry(*source).or_default().push(id);
        }
        by_source.into_iter().map(|(source, ids)| question(source, &ids)).collect()
    }

    /// The same as batches of one relation each, so that one that is locked costs no other its answer.
    #[must_use]
    pub fn split(self) -> Vec<Self> {
        let single = |(relation, wanted)| Self { wanted: BTreeMap::from([(relation, wanted)]) };
        self.wanted.into_iter().map(single).collect()
    }

    /// How many relations it reads.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether it reads nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Says of everything in it why it has no text.
    #[must_use]
    pub fn without_text(&self, reading: &Reading, why: &Normal) -> Texts {
        let ids: BTreeSet<&ComponentId> = self.wanted.values().flatten().map(|(_, id)| id).collect();
        let of_batch = reading.places.iter().filter(|(id, _)| ids.contains(id));
        of_batch.map(|place| (place.clone(), Err(why.clone()))).collect()
    }
}

fn question(source: Source, ids: &[&ComponentId]) -> TextQuestion {
    let names: Vec<[&str; 3]> = ids
        .iter()
        .map(|id| match &id.name {
            ComponentName::OnRelation { relation, name } => {
                [relation.schema.as_str(), relation.name.as_str(), name.as_str()]
            }
            ComponentName::InSchema(name) | ComponentName::Routine { name, .. } => {
                [name.schema.as_str(), name.name.as_str(), name.name.as_str()]
            }
            _ => [""; 3],
        })
        .collect();
    let array = |position: usize| quoting::text_array(names.iter().map(|name| name[position]));
    let places = [(":'schemas'", array(0)), (":'relations'", array(1)), (":'names'", array(2))];
    TextQuestion {
        components: ids.iter().map(|id| (*id).clone()).collect(),
        sql: fill(source.query(), &places.each_ref().map(|(name, value)| (*name, value.as_str()))),
    }
}

impl TextQuestion {
    /// Reads one row of the answer: the places that it is about, with their texts. Empty for a row that is no answer to
    /// the question.
    #[must_use]
    pub fn read(&self, row: [Option<&str>; 4]) -> Vec<(Place, Result<String, Normal>)> {
        let [item, part, position, text] = row;
        let item = item.and_then(|item| item.parse::<usize>().ok()?.checked_sub(1));
        let id = item.and_then(|item| self.components.get(item));
        let name = PARTS.into_iter().find(|name| Some(*name) == part);
        let (Some(id), Some(name), Some(text)) = (id, name, text) else { return Vec::new() };
        match id.kind {
            Kind::Function => self.read_function(id, name, position, text).into_iter().collect(),
            Kind::Table | Kind::Statistics => read_list(id, name, position, text).unwrap_or_default(),
            _ => read_one(id, name, position, text).into_iter().collect(),
        }
    }

    /// Each item is a name, of which all overloads come: the arguments tell which one it is.
    fn read_function(
        &self,
        asked: &ComponentId,
        name: &'static str,
        position: Option<&str>,
        text: &str,
    ) -> Option<(Place, Result<String, Normal>)> {
        let (arguments, position): (Option<Vec<String>>, usize) = serde_json::from_str(position?).ok()?;
        let arguments = arguments.iter().flatten().map(|printed| format_type::parse(printed)).collect();
        let ComponentName::Routine { name: routine, .. } = &asked.name else { return None };
        let id = ComponentId::routine(routine.clone(), Some(arguments));
        self.components.contains(&id).then(|| ((id, Part { name, position }), Ok(text.to_owned())))
    }
}

fn read_one(
    id: &ComponentId,
    name: &'static str,
    position: Option<&str>,
    text: &str,
) -> Option<(Place, Result<String, Normal>)> {
    let text = match id.kind {
        Kind::Trigger => piece::condition(text),
        Kind::View | Kind::MaterializedView => Some(text.trim().trim_end_matches(';').trim_end().to_owned()),
        _ => Some(text.to_owned()),
    };
    let unread = || Normal::None("its text could not be read".to_owned());
    Some(((id.clone(), Part { name, position: position?.parse().ok()? }), text.ok_or_else(unread)))
}

/// Several expressions, with commas between them.
fn read_list(
    id: &ComponentId,
    name: &'static str,
    positions: Option<&str>,
    text: &str,
) -> Option<Vec<(Place, Result<String, Normal>)>> {
    let texts = piece::list(text)?;
    let positions: Vec<usize> = match positions {
        Some(positions) => serde_json::from_str(positions).ok()?,
        None => (0..texts.len()).collect(),
    };
    let place = |position| (id.clone(), Part { name, position });
    (positions.len() == texts.len()).then(|| {
        positions.into_iter().zip(texts).map(|(position, text)| (place(position), Ok(text))).collect()
    })
}

/// The names of the parts that queries give.
const PARTS: [&str; 12] = [
    "default",
    "generation expression",
    "expression",
    "key expression",
    "predicate",
    "using",
    "with check",
    "condition",
    "definition",
    "check",
    "argument default",
    "partition key expression",
];

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Source; 12] = [
        Source::Default,
        Source::Domain,
        Source::Generated,
        Source::Check,
        Source::Index,
        Source::Policy,
        Source::Trigger,
        Source::View,
        Source::Function,
        Source::Argument,
        Source::PartitionKey,
        Source::Statistics,
    ];

    #[test]
    fn c1_what_opens_a_relation_is_known_to_wait() {
        for source in ALL {
            let query = source.query();
            assert!(query.starts_with("-- ") && query.contains("PostgreSQL 12 to 18."), "{source:?}");
            let opens = [
                "pg_get_expr(d.adbin, d.",
                "conrelid) as text",
                "polrelid",
                "indrelid)",
                "pg_get_triggerdef",
                "pg_get_viewdef",
                "pg_get_functiondef",
                "key.partrelid) as text",
                "s.stxrelid)",
            ];
            assert_eq!(opens.iter().any(|function| query.contains(function)), source.waits(), "{source:?}");
        }
    }

    #[test]
    fn c4_the_default_of_a_generated_column_is_not_read_without_its_relation() {
        assert!(Source::Default.query().contains("where a.attgenerated = ''"));
    }

    #[test]
    fn s4_every_function_and_catalog_of_a_query_is_qualified() {
        for source in ALL {
            let lines = source
                .query()
                .lines()
                .filter(|line| !line.starts_with("--") && !line.trim_start().starts_with("--"));
            let query = lines.collect::<Vec<_>>().join("\n");
            for (position, _) in query.match_indices("pg_") {
                let start = &query[..position];
                assert!(
                    start.ends_with("pg_catalog.") || query[position..].starts_with("pg_catalog."),
                    "{query}"
                );
            }
        }
    }

    #[test]
    fn a_batch_can_be_split_by_relation() {
        let column = |table: &str, name: &str| {
            ComponentId::on_relation(Kind::Column, QualifiedName::new("app", table), name)
        };
        let place = |id: &ComponentId| (id.clone(), Part::only("generation expression"));
        let ids = [column("a", "x"), column("a", "y"), column("b", "x")];
        let pair = |id: &ComponentId| Pair {
            declared: place(id),
            definition: crate::core::definition::Definition::observed("1".into()),
            observed: place(id),
        };
        let pairs: Vec<Pair> = ids.iter().map(pair).collect();
        let mut catalog = Catalog::default();
        for id in &ids {
            catalog.insert(id.clone(), crate::core::kind::Shape::open(Kind::Column));
        }
        let reading = Reading::of(&pairs, &catalog, Definitions::Ask);
        assert_eq!(reading.free, None);
        let [batch] = reading.locking.as_slice() else { panic!("one batch") };
        assert_eq!(batch.questions()[0].components, ids);
        let split: Vec<usize> =
            batch.clone().split().iter().map(|it| it.questions()[0].components.len()).collect();
        assert_eq!(split, [2, 1]);
        let locked = Normal::Unseen("locked".into());
        assert_eq!(batch.clone().split()[1].without_text(&reading, &locked).len(), 1);
        assert_eq!(Reading::of(&pairs, &catalog, Definitions::NoPlanner), Reading::default());
    }

    #[test]
    fn k18_the_default_of_an_argument_is_that_of_its_overload() {
        let routine = |arguments: &[&str]| {
            let arguments = arguments.iter().map(|printed| format_type::parse(printed)).collect();
            ComponentId::routine(QualifiedName::new("app", "f"), Some(arguments))
        };
        let asked = [routine(&["integer", "text"]), routine(&[])];
        let question = question(Source::Argument, &asked.iter().collect::<Vec<_>>());
        let read = |position| question.read([Some("2"), Some("argument default"), Some(position), Some("1")]);
        let place = (asked[0].clone(), Part { name: "argument default", position: 1 });
        assert_eq!(read(r#"[["integer", "text"], 1]"#), [(place, Ok("1".to_owned()))]);
        let place = (asked[1].clone(), Part { name: "argument default", position: 0 });
        assert_eq!(read("[null, 0]"), [(place, Ok("1".to_owned()))]);
        for nobody_asked in [r#"[["text"], 0]"#, "[null]", "0", ""] {
            assert_eq!(read(nobody_asked), [], "{nobody_asked}");
        }
    }

    #[test]
    fn a_list_of_expressions_is_read_into_their_places_or_not_at_all() {
        let table = ComponentId::in_schema(Kind::Table, QualifiedName::new("app", "t"));
        let question = question(Source::PartitionKey, &[&table]);
        let read = |positions, text| {
            let row = [Some("1"), Some("partition key expression"), positions, Some(text)];
            let places = question.read(row).into_iter();
            places.map(|((_, part), text)| (part.position, text.unwrap())).collect::<Vec<_>>()
        };
        let (lower, sum) = ((0, "lower(b)".to_owned()), (2, "(a + 1)".to_owned()));
        assert_eq!(read(Some("[0, 2]"), "lower(b), (a + 1)"), [lower.clone(), sum]);
        assert_eq!(read(None, "lower(b)"), [lower]);
        assert_eq!(read(Some("[0]"), "lower(b), (a + 1)"), []);
        assert_eq!(read(Some("[0]"), "lower(b"), []);
    }
}
