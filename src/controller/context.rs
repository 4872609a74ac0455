//! What every reconciliation is given.

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::sync::{Semaphore, watch};

use super::cache::Cache;
use super::hosts::Hosts;
use super::memory::Memory;
use super::planner::Planner;
use crate::core::audit::definitions::Definitions;
use crate::kubernetes::event::Events;
use crate::kubernetes::job::Images;
use crate::metrics::Metrics;

/// The surroundings of the reconcilers; one for the process.
pub struct Context {
    /// The API server.
    pub client: Client,
    /// Where events go.
    pub events: Events,
    /// What the process says of itself.
    pub metrics: Arc<Metrics>,
    /// What is remembered of each audit.
    pub memory: Memory,
    /// Parsed requirements.
    pub cache: Cache,
    /// What plans are made with.
    pub planners: Cache<Planner>,
    /// The images of migrations; none where they are switched off.
    pub migrations: Option<Images>,
    /// The looks that run, by server.
    pub hosts: Arc<Hosts>,
    /// The looks that may run in all.
    pub looks: Semaphore,
    /// How old the time of the last audit in a status may get when nothing else changes; zero: as old as it likes.
    pub heartbeat: Duration,
    /// What is done about definitions where shapes are compared.
    pub definitions: Definitions,
    /// Whether the operator is shutting down.
    pub stop: Stop,
}

/// Tells when to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A signal, and those who wait for it.
    #[must_use]
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Ends when it is time to stop.
    pub async fn stopped(&self) {
        // An error means that nobody can give the signal any more: the same.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}
