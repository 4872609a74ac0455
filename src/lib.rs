//! schema-audit: does this database carry what its features need?
//!
//! The map, in reading order; `ARCHITECTURE.md` has the reasons.
//!
//! - [`core`]: the engine, pure: SQL to requirements, requirements against an observed catalog, the report.
//!
//! `core` never imports anything else of this crate.

pub mod core;
pub mod postgres;
