//! The edge to PostgreSQL, against real servers.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "functions that tests share fail as tests do"
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod catalog;
mod definitions;
mod errors;
mod history;
mod kinds;
mod objects;
mod probes;
mod round_trip;
mod session;
mod shapes;
mod tls;
mod wanted;
