//! The edge to PostgreSQL, against real servers.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "functions that tests share fail as tests do"
)]

#[path = "../support/squawk.rs"]
mod linter;
#[path = "../support/mod.rs"]
mod support;

mod access;
mod any_schema;
mod catalog;
mod definition_places;
mod definitions;
mod detection;
mod errors;
mod facts;
mod floor;
mod history;
mod kinds;
mod lost;
mod objects;
mod plan;
mod preflight;
mod probes;
mod round_trip;
mod session;
mod shapes;
mod squawk;
mod standby;
mod storm;
mod tls;
mod view_columns;
mod wanted;
