//! The engine: values in, values out.
//!
//! Nothing here reads a clock, a file, the network, the environment or a log, and nothing here knows Kubernetes;
//! `tests/architecture.rs` holds that. The flow: feature documents -> [`feature`] -> [`sql`] (text to statements to
//! effects to a declared catalog) -> [`audit::requirement`] -> [`audit::question`] (what the catalog is asked) ->
//! [`audit::report`] (requirements compared with what was observed).

pub mod audit;
pub mod catalog;
pub mod component;
pub mod decision;
pub mod definition;
pub mod diagnose;
pub mod drift;
pub mod feature;
pub mod generate;
pub mod kind;
pub mod migration;
pub mod name;
pub mod plan;
pub mod problem;
pub mod refresh;
pub mod renaming;
pub mod server;
pub mod sql;
mod threads;
pub mod type_name;
