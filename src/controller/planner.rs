//! What plans are made with: the documents, read once more.

use crate::core::audit::requirement::{Requirements, Selection};
use crate::core::feature::FeatureSet;
use crate::core::plan::History;
use crate::kubernetes::feature_set::digest;

/// What plans of some documents are made with.
#[derive(Debug)]
pub struct Planner {
    /// The feature sets, and what is wanted of each.
    pub wanted: Vec<(FeatureSet, Selection)>,
    /// What a look must look for, so that a plan can be made of it.
    pub to_look_for: Requirements,
    /// What each statement of the documents makes.
    pub history: History,
}

impl Planner {
    /// Reads the feature sets, and what is wanted of each, which comes to these requirements.
    #[must_use]
    pub fn new(wanted: Vec<(FeatureSet, Selection)>, requirements: &Requirements) -> Self {
        let selected: Vec<_> = wanted.iter().map(|(set, selection)| (set, selection.clone())).collect();
        let history = History::of(&selected);
        let to_look_for = history.to_look_for(requirements);
        Self { wanted, to_look_for, history }
    }

    /// The digest of the queries that the feature sets require: they run with the rights of whoever looks, which is the
    /// role of the migration in its Job. `None` where there are none.
    #[must_use]
    pub fn queries(&self) -> Option<String> {
        let features = self.wanted.iter().flat_map(|(set, _)| &set.features);
        let queries: Vec<&str> =
            features.flat_map(|feature| &feature.requires.queries).map(|query| &*query.sql).collect();
        (!queries.is_empty()).then(|| digest(&queries.join("\0")))
    }
}
