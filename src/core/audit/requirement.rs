//! What a database must carry: the components that the wanted features declare.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::core::component::ComponentId;
use crate::core::feature::FeatureSet;
use crate::core::kind::Shape;
use crate::core::name::Identifier;
use crate::core::problem::{Position, Problem};

/// A feature of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FeatureRef {
    /// The set.
    pub set: Arc<str>,
    /// The feature.
    pub name: Arc<str>,
}

/// A component that some wanted feature needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// Its declared shape, open parts left open.
    pub shape: Shape,
    /// The features that need it; the first one declared it.
    pub features: Vec<FeatureRef>,
    /// The statement that created it; `None` for a requirement by name.
    pub position: Option<Position>,
    /// Whether PostgreSQL chose its name, so that it matches by shape.
    pub name_is_generated: bool,
    /// Why its shape cannot be known: it is Unknown, whatever the database holds.
    pub undecidable: Option<String>,
}

/// All requirements of an audit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirements {
    /// By identity, so that each component is required once.
    pub components: BTreeMap<ComponentId, Requirement>,
    /// The wanted features with their dependencies, in order.
    pub features: Vec<FeatureRef>,
    /// What is wrong with the documents.
    pub problems: Vec<Problem>,
    /// The schema of unqualified names, for reports that show names without it.
    pub default_schema: Option<Identifier>,
}

/// What of a feature set is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The wanted features; none means all. What they depend on is added.
    pub features: Vec<String>,
    /// Overrides the set's schema (one schema per tenant).
    pub schema: Option<Identifier>,
}

impl Requirements {
    /// The requirements of the wanted features of one set.
    ///
    /// Never fails: duplicate names, cycles, unknown features, broken statements are problems, and the rest counts.
    #[must_use]
    pub fn of(_set: &FeatureSet, _selection: &Selection) -> Self {
        Self::default()
    }

    /// The requirements of several sets. Where two declare one component differently, that is a problem and the first
    /// one counts.
    #[must_use]
    pub fn merge(_all: Vec<Self>) -> Self {
        Self::default()
    }
}
