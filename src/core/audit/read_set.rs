//! The SQL of a feature set, read statement by statement: effects, each with the feature that it belongs to.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::feature::{Feature, FeatureSet, Source};
use crate::core::problem::Problem;
use crate::core::sql::effect::{Effect, Scope, effects};
use crate::core::sql::fold::Origin;
use crate::core::sql::split;

/// A set as it was read.
#[derive(Debug, Default)]
pub struct ReadSet {
    /// The features of the set; after each, those that only markers in its SQL name.
    pub features: Vec<Feature>,
    /// The sources, in the author's order.
    pub sources: Vec<ReadSource>,
}

/// A source as it was read.
#[derive(Debug)]
pub struct ReadSource {
    /// The feature that holds it.
    pub feature: Arc<str>,
    /// Its statements in order.
    pub statements: Vec<ReadStatement>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What one statement does.
#[derive(Debug)]
pub struct ReadStatement {
    /// Where it stands, and which feature it belongs to: the one that a marker says, else the one that holds it.
    pub origin: Origin,
    /// Its effects.
    pub effects: Vec<Effect>,
}

impl ReadSet {
    /// Reads every source once, whatever is wanted of the set: markers may put a statement of one feature under
    /// another. Each source starts with `scope`; SET changes it for the rest of that source.
    #[must_use]
    pub fn new(set: &FeatureSet, scope: &Scope) -> Self {
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
                let source = read_source(set, &feature.name, source, scope.clone());
                for statement in &source.statements {
                    let name = &statement.origin.feature;
                    if known.insert(name.clone()) {
                        read.features.push(Feature { name: name.clone(), ..Feature::default() });
                    }
                }
                read.sources.push(source);
            }
        }
        read
    }
}

fn read_source(set: &FeatureSet, holder: &Arc<str>, source: &Source, mut scope: Scope) -> ReadSource {
    let mut statements = Vec::new();
    // One parse tree at a time: together they take a hundred times the text.
    let problems = split::read(source, &mut |statement| {
        let effects = effects(&statement.node, &scope);
        for effect in &effects {
            if let Effect::SetSearchPath(schemas) = effect {
                scope.set_search_path(schemas);
            }
        }
        let feature = statement.feature.map_or_else(|| holder.clone(), Arc::from);
        let origin = Origin { feature, position: statement.position, range: statement.range };
        statements.push(ReadStatement { origin, effects });
    });
    let of_holder = |problem| Problem { set: set.name.clone(), feature: Some(holder.clone()), ..problem };
    ReadSource {
        feature: holder.clone(),
        statements,
        problems: problems.into_iter().map(of_holder).collect(),
    }
}
