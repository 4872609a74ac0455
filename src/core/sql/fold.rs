//! Applies effects in order to the declared catalog.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::core::component::ComponentId;
use crate::core::kind::Shape;
use crate::core::problem::Position;
use crate::core::sql::effect::Effect;

/// Where an effect comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The feature.
    pub feature: Arc<str>,
    /// Source and line of the statement.
    pub position: Position,
    /// The bytes of the statement in its source.
    pub range: Range<usize>,
}

/// A declared component.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its shape, after all statements so far.
    pub shape: Shape,
    /// The statements that made it what it is, in order; the first created it.
    pub made_by: Vec<Origin>,
    /// Whether PostgreSQL chose its name.
    pub name_is_generated: bool,
    /// The statement, in words, after which its shape is no longer known.
    pub obscured_by: Option<String>,
}

/// The declared catalog.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Its components.
    pub components: BTreeMap<ComponentId, Declaration>,
}

impl Declared {
    /// Applies one effect. An error is a sentence about the statement (it names a table that is not declared, it
    /// creates what is there); the catalog stays as it was.
    pub fn apply(&mut self, _effect: Effect, _origin: &Origin) -> Result<(), String> {
        Ok(())
    }
}
