//! The result of an audit, with exact counts.

use serde::Serialize;

use crate::core::audit::finding::{Finding, State};
use crate::core::audit::requirement::FeatureRef;
use crate::core::kind::Kind;
use crate::core::name::Identifier;
use crate::core::problem::Problem;
use crate::core::server::Server;

/// How many components are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// All.
    pub required: usize,
    /// There, as declared.
    pub present: usize,
    /// Not there.
    pub missing: usize,
    /// There with another shape.
    pub different: usize,
    /// Changed since accepted.
    pub drifted: usize,
    /// Not seen or not decided.
    pub unknown: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, state: State) {
        self.required += 1;
        match state {
            State::Present => self.present += 1,
            State::Missing => self.missing += 1,
            State::Different => self.different += 1,
            State::Drifted => self.drifted += 1,
            State::Unknown => self.unknown += 1,
        }
    }
}

/// The state of a feature as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum FeatureState {
    /// All of it is there.
    Complete,
    /// Some of it is missing or different.
    Partial,
    /// None of it is there.
    Absent,
    /// Nothing of it is known to be missing or different, but something could not be seen or decided.
    Unknown,
}

/// One feature with its counts. A component that several features need counts in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureResult {
    /// The feature.
    pub feature: FeatureRef,
    /// Its state.
    pub state: FeatureState,
    /// Its counts.
    pub counts: Counts,
}

/// How much of the declared shape was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Components that are there and whose whole declared shape was compared.
    pub compared: usize,
    /// Components that are there and of which some part was not compared.
    pub not_compared: usize,
    /// Statements that this version does not model.
    pub not_modelled: usize,
}

/// How many definitions (expressions, bodies of views) were compared, and why the others were not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefinitionCoverage {
    /// Definitions of which it is known whether they mean what is declared.
    pub compared: usize,
    /// All others of components that are there.
    pub not_compared: usize,
    /// Why not, in groups: the reason as far as its first colon, and how many; the largest group first.
    pub reasons: Vec<(String, usize)>,
}

/// The result of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Who answered.
    pub server: Server,
    /// The schema of unqualified names.
    pub default_schema: Option<Identifier>,
    /// Every verdict, worst first: state, then what is not explained by another one, then kind and name.
    pub findings: Vec<Finding>,
    /// The counts in all.
    pub summary: Counts,
    /// The counts of each kind that is required, in the order of kinds.
    pub kinds: Vec<(Kind, Counts)>,
    /// The features in their order.
    pub features: Vec<FeatureResult>,
    /// What is wrong with the documents.
    pub problems: Vec<Problem>,
    /// How much was compared.
    pub coverage: Coverage,
    /// How many definitions were compared.
    pub definitions: DefinitionCoverage,
}

impl Report {
    /// Whether the database was seen to carry all that the documents require: nothing missing, different or unknown,
    /// and no part of a document unread.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.summary.present == self.summary.required && !self.has_errors()
    }

    /// Whether a part of a document could not be read.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == crate::core::problem::Severity::Error)
    }
}
