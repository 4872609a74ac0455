//! What stops a plan from being launched.

use super::Position;

/// Why a plan would fail, seen before any of it runs, with what puts it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// Which rule says so: `schema-privilege`, `extension-unavailable`. A program may rest on it.
    pub name: &'static str,
    /// What it is about: `schema crm`, `extension vector`.
    pub what: String,
    /// Why it stops the plan, in a sentence without a full stop.
    pub why: String,
    /// What puts it right, exactly: an SQL statement, or what to install.
    pub remedy: String,
    /// The first statement that fails for it; `None` where it is about the server.
    pub position: Option<Position>,
    /// Whether it is about the role that looked: another role may run the plan all the same.
    pub rests_on_role: bool,
}
