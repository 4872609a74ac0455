//! The SQL of a feature set, read statement by statement: effects, each with the feature that it belongs to.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::audit::read_ahead;
use crate::core::feature::{Feature, FeatureSet, Source};
use crate::core::problem::Problem;
use crate::core::sql::effect::{Effect, Scope, effects};
use crate::core::sql::fold::Origin;
use crate::core::sql::split::{self, Statement};
use crate::core::sql::transaction::{Step, Transactions};

/// A set before its SQL is read.
#[derive(Debug, Default)]
pub struct ReadSet<'a> {
    /// The features of the set; after each, those that only markers in its SQL name.
    pub features: Vec<Feature>,
    /// The sources, in the author's order.
    pub sources: Vec<HeldSource<'a>>,
}

/// A source and the feature that holds it.
#[derive(Debug)]
pub struct HeldSource<'a> {
    /// The feature.
    pub feature: Arc<str>,
    source: &'a Source,
}

/// What one statement does.
#[derive(Debug)]
pub struct ReadStatement {
    /// Where it stands, and which feature it belongs to: the one that a marker says, else the one that holds it.
    pub origin: Origin,
    /// Its effects.
    pub effects: Vec<Effect>,
}

impl ReadStatement {
    /// Reads a statement in its scope, and follows what it changes of that; a feature holds its source.
    #[must_use]
    pub fn of(statement: Statement, holder: &Arc<str>, scope: &mut Scope) -> Self {
        let effects = effects(&statement.node, scope);
        scope.follow(&statement.node, &effects);
        let feature = statement.feature.map_or_else(|| holder.clone(), Arc::from);
        let origin = Origin { feature, position: statement.position, range: statement.range };
        Self { origin, effects }
    }
}

impl<'a> ReadSet<'a> {
    /// Finds every feature of the set: markers may put a statement of one feature under another.
    #[must_use]
    pub fn new(set: &'a FeatureSet) -> Self {
        let mut known: BTreeSet<Arc<str>> = set.features.iter().map(|feature| feature.name.clone()).collect();
        let mut seen = BTreeSet::new();
        let mut read = Self::default();
        for feature in &set.features {
            read.features.push(feature.clone());
            if !seen.insert(&feature.name) {
                // A second feature of that name is a problem that whoever puts them in order reports.
                continue;
            }
            for source in &feature.sources {
                for name in split::marked_features(source) {
                    let name: Arc<str> = name.into();
                    if known.insert(name.clone()) {
                        read.features.push(Feature { name, ..Feature::default() });
                    }
                }
                read.sources.push(HeldSource { feature: feature.name.clone(), source });
            }
        }
        read
    }
}

impl HeldSource<'_> {
    /// The text of the source.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.source.text
    }

    /// Whether the source may say in which schemas names are looked up.
    #[must_use]
    pub fn sets_search_path(&self) -> bool {
        says(&self.source.text, b"search_path")
    }

    /// Reads the source and hands over one statement after the other: together they would take a hundred times the
    /// text. It starts with `scope`; SET changes it for the rest of the source. Gives what could not be read.
    pub fn read(&self, set: &FeatureSet, scope: Scope, each: &mut dyn FnMut(ReadStatement)) -> Vec<Problem> {
        // What is undone is known by the tree of a later statement. The length first: the text is searched once more below.
        if self.source.text.len() < read_ahead::LEAST_BYTES || self.may_undo() {
            return self.read_with(set, scope, &mut |_, _| (), &mut |statement, ()| each(statement));
        }
        self.of_holder(set, read_ahead::read(self.source, &self.feature, scope, each))
    }

    /// As [`HeldSource::read`]; `look` sees each statement with its parse tree, in its scope, and what it makes of it is
    /// handed over along.
    pub fn read_with<T>(
        &self,
        set: &FeatureSet,
        mut scope: Scope,
        look: &mut dyn FnMut(&Statement, &Scope) -> T,
        each: &mut dyn FnMut(ReadStatement, T),
    ) -> Vec<Problem> {
        let mut transactions = Transactions::default();
        // Statements that may be undone yet: those of an open transaction.
        let mut held: Vec<(ReadStatement, T)> = Vec::new();
        let may_undo = self.may_undo();
        let problems = split::read(self.source, &mut |statement| {
            if may_undo {
                match transactions.step(&statement.node, || (held.len(), scope.clone())) {
                    Step::BackTo((kept, before)) => {
                        held.truncate(kept);
                        scope = before;
                        return;
                    }
                    Step::Passed => return,
                    Step::Other => {}
                }
            }
            let seen = look(&statement, &scope);
            let read = ReadStatement::of(statement, &self.feature, &mut scope);
            if transactions.is_open() {
                held.push((read, seen));
            } else {
                held.drain(..).chain([(read, seen)]).for_each(|(read, seen)| each(read, seen));
            }
        });
        for (read, seen) in held {
            each(read, seen);
        }
        self.of_holder(set, problems)
    }

    /// Whether a statement may undo others: without the word, none need be held back.
    fn may_undo(&self) -> bool {
        says(&self.source.text, b"rollback")
    }

    fn of_holder(&self, set: &FeatureSet, problems: Vec<Problem>) -> Vec<Problem> {
        let of_holder =
            |problem| Problem { set: set.name.clone(), feature: Some(self.feature.clone()), ..problem };
        problems.into_iter().map(of_holder).collect()
    }
}

/// Whether the word stands anywhere in a text.
fn says(text: &str, word: &[u8]) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
