//! The database at the other end: connect, look, disconnect. The only place that speaks to PostgreSQL.
//!
//! Read-only but for [`refresh`] and [`apply`], no waits on locks, bounded time, nothing left behind in a pooled session.

pub mod apply;
mod connect;
mod connection_string;
mod definitions;
pub mod diagnose;
pub mod error;
mod generate;
mod identity;
pub mod observe;
pub mod preflight;
mod probe;
pub mod refresh;
pub mod settings;
pub mod target;
mod tls;
mod transaction;

pub use diagnose::diagnose;
pub use error::{Error, Failure};
pub use generate::generate;
pub use identity::identity;
pub use observe::{Limits, observe, observe_for_drift, observe_with};
pub use preflight::preflight;
pub use settings::{Origin, Settings};
pub use target::Target;
