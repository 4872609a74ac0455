//! The operator as users run it: the image of the Dockerfile, deployed by the manifests of `deploy/`, on a node that runs
//! its pods, with a PostgreSQL server in another pod.
//!
//! `tests/cluster/up --node` starts the cluster (it needs root); `E2E_CLUSTER` names the directory of one that runs
//! already. One operator and one server serve all tests of this binary, each test in a namespace and a database of its
//! own. Tests wait by watching, with a bound, and never sleep.

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
mod postgres;
mod world;

mod approval;
mod budget;
mod deployment;
mod faults;
mod jobs;
mod migration;
mod restarts;
mod shop;
