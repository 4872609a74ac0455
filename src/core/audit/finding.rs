//! The verdict on one requirement.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::Serialize;

use crate::core::audit::requirement::FeatureRef;
use crate::core::component::ComponentId;
use crate::core::kind::{Difference, NotCompared};
use crate::core::problem::Position;

/// The three values of truth, with Different apart from Missing. Ordered worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum State {
    /// The database was read, and the component is not there.
    Missing,
    /// It is there with another shape.
    Different,
    /// It still has its shape, but its definition changed since it was last accepted.
    Drifted,
    /// It could not be seen, or could not be decided.
    Unknown,
    /// It is there, as declared as far as that was compared.
    Present,
}

impl State {
    /// The name in reports: `Missing`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Different => "Different",
            Self::Drifted => "Drifted",
            Self::Unknown => "Unknown",
            Self::Present => "Present",
        }
    }
}

/// The verdict on one requirement.
///
/// Of most components there is nothing to say but that they are there: what there may be to say besides is apart, and
/// reads as if it were here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The component.
    pub component: ComponentId,
    /// The features that need it; never empty.
    pub features: Arc<[FeatureRef]>,
    /// The verdict.
    pub state: State,
    /// The statement that declared it.
    pub position: Option<Position>,
    /// How many definitions were compared.
    pub definitions_compared: u32,
    details: Option<Box<Details>>,
}

/// What there is to say of a finding besides its verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Why, in a sentence without a full stop: always for Unknown; for Missing where something explains it.
    pub reason: Option<String>,
    /// For Different: the parts that are not as declared.
    pub differences: Vec<Difference>,
    /// The component whose absence explains this one (the missing table of a column).
    pub because_of: Option<ComponentId>,
    /// Parts that could not be compared; the finding says nothing about them.
    pub not_compared: Vec<NotCompared>,
    /// What it may come from, where something speaks for it, without a full stop. Never a verdict.
    pub hint: Option<String>,
    /// How many definitions could not be seen; `reason` says why.
    pub definitions_unseen: usize,
    /// Why each of the other definitions was not compared.
    pub definitions_not_compared: Vec<String>,
}

/// Nothing to say.
static NO_DETAILS: Details = Details {
    reason: None,
    differences: Vec::new(),
    because_of: None,
    not_compared: Vec::new(),
    hint: None,
    definitions_unseen: 0,
    definitions_not_compared: Vec::new(),
};

impl Finding {
    /// Joins a verdict and what there is to say about it.
    #[must_use]
    pub fn new(
        component: ComponentId,
        features: Arc<[FeatureRef]>,
        state: State,
        position: Option<Position>,
        details: Details,
    ) -> Self {
        let details = (details != NO_DETAILS).then(|| Box::new(details));
        Self { component, features, state, position, definitions_compared: 0, details }
    }
}

impl Deref for Finding {
    type Target = Details;

    fn deref(&self) -> &Details {
        self.details.as_deref().unwrap_or(&NO_DETAILS)
    }
}

impl DerefMut for Finding {
    fn deref_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }
}
