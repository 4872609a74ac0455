//! schema-audit: does this database carry what its features need?
//!
//! The map, in reading order; `ARCHITECTURE.md` has the reasons.
//!
//! - [`core`]: the engine, pure: SQL to requirements, requirements against an observed catalog, the report.
//! - [`api`]: the Kubernetes types, and the definitions made of them.
//! - [`translate`]: the only place that knows both: documents to the engine's types, reports to status and events.
//! - [`postgres`] and [`kubernetes`]: the edges, the only places that speak to a database and to the API server.
//! - [`controller`]: the operator: what it watches, and the pipeline from an event to a status; [`metrics`], [`http`]
//!   and [`telemetry`] tell how it fares.
//! - [`bundle`]: what a migration needs to know, as files that a Job reads.
//! - [`report`]: a report as people and programs read it.
//! - [`cli`]: the command line, and the only place that reads flags and the environment.
//!
//! `core` never imports anything else of this crate.

pub mod api;
pub mod bundle;
pub mod cli;
pub mod controller;
pub mod core;
pub mod http;
pub mod kubernetes;
pub mod metrics;
pub mod postgres;
pub mod report;
pub mod telemetry;
pub mod translate;
