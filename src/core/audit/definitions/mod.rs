//! Whether a declared definition and the one in the database mean the same: the second phase of an audit.
//!
//! The server decides, not this program: both texts are put before its planner, side by side, in a read-only
//! transaction, and what the planner makes of them is compared (`EXPLAIN`; nothing is executed). Everything here is
//! pure; the edge sends what it says and hands the answers back:
//!
//! - [`pairs`]: which definitions have to be compared, after phase 1 saw the raw rows;
//! - [`text`]: the queries that read the catalog's texts;
//! - [`plain`]: constants that are equal without asking anybody;
//! - [`piece`]: nothing but one parsed expression, or one SELECT, ever goes into a statement;
//! - [`stub`]: rows of the right types for expressions, so that no table is opened;
//! - [`ask`]: the statements;
//! - [`plan`]: the normal form that is in a plan;
//! - [`settle`]: normal forms for the places of the definitions;
//! - [`overlay`]: the declared shapes with their normal forms;
//! - [`watched`]: the texts that fingerprints take, where drift is of interest.

use crate::core::component::ComponentId;
use crate::core::definition::Part;

pub mod ask;
pub mod overlay;
pub mod pairs;
pub mod piece;
pub mod plain;
pub mod plan;
pub mod settle;
pub mod stub;
pub mod text;
pub mod watched;

/// Where a definition is: the component, and which of its definitions.
pub type Place = (ComponentId, Part);

/// What an audit does about definitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Definitions {
    /// Asks the server's planner.
    #[default]
    Ask,
    /// Does not ask the planner (`--no-planner`): what is not plainly equal is not compared.
    NoPlanner,
    /// Does not look at them at all: only presence is of interest.
    Skip,
}

/// Why nothing is compared with `--no-planner`.
pub const NO_PLANNER: &str = "the planner was not asked (--no-planner)";

#[cfg(test)]
mod tests;
