//! A diagnosis: what is amiss in a database, whatever its features need.
//!
//! - [`check`] is the one table of checks: each with its query, what a row of it means, why that matters and what to do.
//! - [`question`] scopes their queries; the answers are rows as JSON.
//! - [`diagnosis`] puts together what the answers say.
//!
//! A check that could not be made, or an object that it could not see, is undecided with the reason: never "none".

pub mod check;
pub mod diagnosis;
pub mod facts;
pub mod question;
pub mod words;

pub use check::{Check, Severity};
pub use diagnosis::Diagnosis;
