//! The database at the other end: connect, look, disconnect. The only place that speaks to PostgreSQL.
//!
//! Read-only, no waits on locks, bounded time, nothing left behind in a pooled session.

pub mod error;
pub mod observe;
pub mod target;

pub use error::{Error, Failure};
pub use observe::{Limits, observe};
pub use target::Target;
