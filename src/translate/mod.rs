//! Between the Kubernetes types and the engine: the only place that sees both. Pure: values in, values out.
//!
//! - [`feature_set`]: a feature document with its ConfigMaps to the engine's feature set.
//! - [`failure`]: why a database could not be looked at, as a reason.
//! - [`status`], [`feature_set_status`]: what was found out, as the status of an object; [`finding`]: its lists.
//! - [`migration`]: what a spec says about migrations to the engine, and where one stands to the status.
//! - [`job`]: the Job of a migration, as the cluster has it, to the engine.
//! - [`events`]: what to tell when a status becomes another one.

pub mod events;
pub mod failure;
pub mod feature_set;
pub mod feature_set_status;
pub mod finding;
pub mod job;
pub mod migration;
pub mod status;

pub use failure::reason_of;
pub use status::{Baseline, Fault, Outcome, Subject};
