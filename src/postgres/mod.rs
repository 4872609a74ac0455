//! The database at the other end: connect, look, disconnect. The only place that speaks to PostgreSQL.
//!
//! Read-only, no waits on locks, bounded time, nothing left behind in a pooled session.

mod connect;
mod connection_string;
pub mod error;
mod generate;
pub mod observe;
mod probe;
pub mod settings;
pub mod target;
mod tls;
mod transaction;

pub use error::{Error, Failure};
pub use generate::generate;
pub use observe::{Limits, observe};
pub use settings::{Origin, Settings};
pub use target::Target;
