//! The operator against a real API server and a real PostgreSQL, as the binary that ships.
//!
//! The API server is that of `KUBECONFIG` where it is set, else `tests/cluster/up` starts one; PostgreSQL likewise (see
//! `support`). One operator serves all tests of this binary, each test in a namespace of its own; a test of its life
//! cycle starts operators of its own. Tests wait by watching, with a bound, and never sleep.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests stand on fails as tests do"
)]

#[path = "../support/squawk.rs"]
mod linter;
#[path = "../support/plans.rs"]
mod plans;
#[path = "../support/mod.rs"]
mod support;

mod cluster;
mod kubelet;
mod operator;
mod world;

mod approval;
mod bad_feature_sets;
mod bad_targets;
mod drift;
mod feature_sets;
mod findings;
mod life_cycle;
mod metrics;
mod migration;
mod migration_job;
mod migration_run;
mod migration_spec;
mod names;
mod quiet;
mod schedule;
mod status;
