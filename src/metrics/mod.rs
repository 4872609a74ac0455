//! What the operator says about itself and its audits in Prometheus' text format.
//!
//! [`table`] declares every metric. Counters and histograms live here; the gauges of audits are computed from the store
//! at each scrape ([`audits`]), so that those of a deleted audit are gone by themselves.

pub mod audits;
pub mod table;

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::reflector::Store;
use prometheus::process_collector::ProcessCollector;
use prometheus::{GaugeVec, HistogramVec, IntCounterVec, Registry, TextEncoder};

use crate::api::{Reason, SchemaAudit};
use crate::core::migration::Verdict;
use audits::{Audits, Times};

/// All metrics of the process, in a registry of their own.
pub struct Metrics {
    registry: Registry,
    times: Arc<Times>,
    audit_duration: HistogramVec,
    audits: IntCounterVec,
    audit_failures: IntCounterVec,
    migrations: IntCounterVec,
    credential_retries: IntCounterVec,
    crd_missing: GaugeVec,
    reconcile: IntCounterVec,
    reconcile_errors: IntCounterVec,
    reconcile_timeouts: IntCounterVec,
    reconcile_time: HistogramVec,
    active_workers: GaugeVec,
    max_concurrent: GaugeVec,
}

/// How a reconciliation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more to do until something changes.
    Success,
    /// Done, and due again at a known time.
    RequeueAfter,
    /// Failed.
    Error,
    /// Cut off at its time limit.
    TimedOut,
}

impl Metrics {
    /// Registers everything that does not depend on the store. Fails only if two metrics of the table clash.
    pub fn new() -> prometheus::Result<Self> {
        let metrics = Self {
            registry: Registry::new(),
            times: Arc::default(),
            audit_duration: table::AUDIT_DURATION.histogram()?,
            audits: table::AUDITS.counter()?,
            audit_failures: table::AUDIT_FAILURES.counter()?,
            migrations: table::MIGRATIONS.counter()?,
            credential_retries: table::CREDENTIAL_RETRIES.counter()?,
            crd_missing: table::CRD_MISSING.gauge()?,
            reconcile: table::RECONCILE.counter()?,
            reconcile_errors: table::RECONCILE_ERRORS.counter()?,
            reconcile_timeouts: table::RECONCILE_TIMEOUTS.counter()?,
            reconcile_time: table::RECONCILE_TIME.histogram()?,
            active_workers: table::ACTIVE_WORKERS.gauge()?,
            max_concurrent: table::MAX_CONCURRENT.gauge()?,
        };
        metrics.register()?;
        metrics.start_at_zero();
        Ok(metrics)
    }

    fn register(&self) -> prometheus::Result<()> {
        let build_info = table::BUILD_INFO.gauge()?;
        let revision = option_env!("SCHEMA_AUDIT_REVISION").unwrap_or("unknown");
        build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), revision]).set(1.0);
        self.registry.register(Box::new(build_info))?;
        self.registry.register(Box::new(ProcessCollector::for_self()))?;
        for counter in [
            &self.audits,
            &self.audit_failures,
            &self.migrations,
            &self.credential_retries,
            &self.reconcile,
            &self.reconcile_errors,
            &self.reconcile_timeouts,
        ] {
            self.registry.register(Box::new(counter.clone()))?;
        }
        for histogram in [&self.audit_duration, &self.reconcile_time] {
            self.registry.register(Box::new(histogram.clone()))?;
        }
        for gauge in [&self.crd_missing, &self.active_workers, &self.max_concurrent] {
            self.registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }

    /// A counter that appears with its first increment hides that increment from `rate()`.
    fn start_at_zero(&self) {
        self.audits.with_label_values(&[] as &[&str]);
        self.audit_duration.with_label_values(&[] as &[&str]);
        self.credential_retries.with_label_values(&[] as &[&str]);
        self.crd_missing.with_label_values(&[] as &[&str]).set(0.0);
        for verdict in Verdict::ALL {
            self.migrations.with_label_values(&[verdict.name()]);
        }
        for reason in Reason::ALL {
            self.audit_failures.with_label_values(&[reason.name()]);
        }
    }

    /// Shows the gauges of the audits in these stores from now on; to be called once.
    pub fn watch(&self, stores: Vec<Store<SchemaAudit>>) -> prometheus::Result<()> {
        self.registry.register(Box::new(Audits::new(stores, Arc::clone(&self.times))?))
    }

    /// When audits last ran, exactly: the status tells it only from heartbeat to heartbeat.
    #[must_use]
    pub fn times(&self) -> &Times {
        &self.times
    }

    /// One look at a database took so long.
    pub fn looked(&self, took: Duration) {
        self.audit_duration.with_label_values(&[] as &[&str]).observe(took.as_secs_f64());
    }

    /// One audit is over; `failed` says why it could not read the database or its own input.
    pub fn audited(&self, failed: Option<Reason>) {
        self.audits.with_label_values(&[] as &[&str]).inc();
        if let Some(reason) = failed {
            self.audit_failures.with_label_values(&[reason.name()]).inc();
        }
    }

    /// A migration ended, and this is what the audit after it says.
    pub fn migrated(&self, verdict: Verdict) {
        self.migrations.with_label_values(&[verdict.name()]).inc();
    }

    /// A look is tried once more with a Secret read again.
    pub fn credentials_retried(&self) {
        self.credential_retries.with_label_values(&[] as &[&str]).inc();
    }

    /// Whether the operator waits for its custom resource definitions.
    pub fn crd_missing(&self, missing: bool) {
        self.crd_missing.with_label_values(&[] as &[&str]).set(if missing { 1.0 } else { 0.0 });
    }

    /// A controller may run so many reconciliations at once. Starts its metrics at zero.
    pub fn controller(&self, controller: &'static str, concurrency: u16) {
        self.max_concurrent.with_label_values(&[controller]).set(f64::from(concurrency));
        self.active_workers.with_label_values(&[controller]).set(0.0);
        for result in ["success", "error", "requeue_after"] {
            self.reconcile.with_label_values(&[controller, result]);
        }
        self.reconcile_errors.with_label_values(&[controller]);
        self.reconcile_timeouts.with_label_values(&[controller]);
    }

    /// A reconciliation of this controller starts; it counts as active until the guard is dropped.
    #[must_use]
    pub fn reconciling(self: &Arc<Self>, controller: &'static str) -> Active {
        self.active_workers.with_label_values(&[controller]).inc();
        Active { metrics: Arc::clone(self), controller }
    }

    /// A reconciliation of this controller is over.
    pub fn reconciled(&self, controller: &'static str, outcome: Outcome, took: Duration) {
        let result = match outcome {
            Outcome::Success => "success",
            Outcome::RequeueAfter => "requeue_after",
            Outcome::Error | Outcome::TimedOut => "error",
        };
        self.reconcile.with_label_values(&[controller, result]).inc();
        self.reconcile_time.with_label_values(&[controller]).observe(took.as_secs_f64());
        if result == "error" {
            self.reconcile_errors.with_label_values(&[controller]).inc();
        }
        if outcome == Outcome::TimedOut {
            self.reconcile_timeouts.with_label_values(&[controller]).inc();
        }
    }

    /// Everything, in Prometheus' text format 0.0.4.
    pub fn render(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// A reconciliation that is running.
pub struct Active {
    metrics: Arc<Metrics>,
    controller: &'static str,
}

impl Drop for Active {
    fn drop(&mut self) {
        self.metrics.active_workers.with_label_values(&[self.controller]).dec();
    }
}
