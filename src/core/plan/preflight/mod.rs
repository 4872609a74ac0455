//! The preflight of a plan: what would make it fail, found before any of it runs, and how large what it locks is.
//!
//! [`Question::of`] says what to ask for a plan, [`Facts`] holds the answers, [`judge`] puts what follows into the plan:
//! blockers, sizes, and no hazards for tables without rows. What the server did not say blocks nothing.
//!
//! Nothing of this is a part of the digest: rights and sizes change by themselves, and the statements stay what they are.

mod extension;
pub(super) mod facts;
mod judge;
mod question;
#[cfg(test)]
mod tests;

pub use facts::{Available, Facts};
pub use judge::judge;
pub use question::{Query, Question, may_be_empty};
