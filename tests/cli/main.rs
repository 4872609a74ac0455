//! The command line against real databases: the binary is run as a user runs it.

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

mod apply;
mod bad_input;
mod command;
mod connection;
mod diagnose;
mod documents;
mod drift;
mod example;
mod generate;
mod hints;
mod names;
mod output;
mod plan;
mod privileges;
mod refresh;
mod run;
mod two_databases;
