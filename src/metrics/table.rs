//! The one table of metrics: name, type, help and labels of everything that `/metrics` shows, the process's own
//! metrics (`process_*`) apart.

use prometheus::{GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts};

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Goes up and down.
    Gauge,
    /// Goes up only.
    Counter,
    /// Observations in buckets.
    Histogram,
}

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its name, with the unit and, for counters, `_total`.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Type,
    /// What it says, as a sentence without a full stop.
    pub help: &'static str,
    /// Its labels, in the order in which values are given.
    pub labels: &'static [&'static str],
}

const AUDIT: &[&str] = &["namespace", "name"];
const BY_KIND: &[&str] = &["namespace", "name", "component_kind"];
const BY_FEATURE: &[&str] = &["namespace", "name", "feature_set", "feature"];

macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal $labels:expr, $help:literal;)+) => {
        $(#[doc = $help] pub const $constant: Definition =
            Definition { name: $name, kind: Type::$kind, help: $help, labels: $labels };)+

        /// All of them, in the order of the documentation.
        pub const ALL: &[Definition] = &[$($constant,)+];
    };
}

metrics! {
    INFO = Gauge "schemaaudit_info" &["namespace", "name", "enforcement", "suspended", "server_version"],
        "Static facts about an audit; always 1";
    STATUS_CONDITION = Gauge "schemaaudit_status_condition" &["namespace", "name", "condition", "status"],
        "1 for the status that a condition of an audit has, 0 for the two others";
    REQUIRED = Gauge "schemaaudit_required_components" BY_KIND,
        "Components that the wanted features need, by kind";
    MISSING = Gauge "schemaaudit_missing_components" BY_KIND,
        "Components that the last audit saw to be missing, by kind; nothing while it could not read the database";
    DIFFERENT = Gauge "schemaaudit_different_components" BY_KIND,
        "Components that have another shape than declared, by kind; nothing while the database could not be read";
    DRIFTED = Gauge "schemaaudit_drifted_components" BY_KIND,
        "Components whose definition changed since it was accepted, by kind; nothing while the database could not be read";
    UNKNOWN = Gauge "schemaaudit_unknown_components" BY_KIND,
        "Components that could not be seen or decided, by kind";
    FEATURE_REQUIRED = Gauge "schemaaudit_feature_required_components" BY_FEATURE,
        "Components that a feature needs";
    FEATURE_MISSING = Gauge "schemaaudit_feature_missing_components" BY_FEATURE,
        "Components of a feature that the last audit saw to be missing; nothing while it could not read the database";
    FEATURE_DIFFERENT = Gauge "schemaaudit_feature_different_components" BY_FEATURE,
        "Components of a feature that have another shape than declared; nothing while the database could not be read";
    FEATURE_DRIFTED = Gauge "schemaaudit_feature_drifted_components" BY_FEATURE,
        "Components of a feature whose definition changed since it was accepted; nothing while the database could not be read";
    FEATURE_UNKNOWN = Gauge "schemaaudit_feature_unknown_components" BY_FEATURE,
        "Components of a feature that could not be seen or decided";
    MIGRATION_PHASE = Gauge "schemaaudit_migration_phase" &["namespace", "name", "phase"],
        "1 for the phase that the migration of an audit is in, 0 for the others; nothing for audits without spec.migration";
    MIGRATION_PENDING_APPROVAL = Gauge "schemaaudit_migration_pending_approval" AUDIT,
        "1 while the plan of an audit waits for a person to approve it, else 0; nothing for audits without spec.migration";
    TARGET_UP = Gauge "schemaaudit_target_up" AUDIT,
        "1 if the last audit reached and read the database, else 0";
    LAST_AUDIT = Gauge "schemaaudit_last_audit_timestamp_seconds" AUDIT,
        "When the database was last looked at, successfully or not";
    LAST_SUCCESS = Gauge "schemaaudit_last_success_timestamp_seconds" AUDIT,
        "When an audit last reached and read the database";
    INTERVAL = Gauge "schemaaudit_interval_seconds" AUDIT,
        "The time between two audits";
    AUDIT_DURATION = Histogram "schemaaudit_audit_duration_seconds" &[],
        "How long looks at databases took, connection included";
    AUDITS = Counter "schemaaudit_audits_total" &[],
        "Audits since the start, successful or not";
    AUDIT_FAILURES = Counter "schemaaudit_audit_failures_total" &["reason"],
        "Audits that could not read the database or their own input, by reason";
    MIGRATIONS = Counter "schemaaudit_migrations_total" &["outcome"],
        "Migrations that ended and were audited since the start, by what that audit says (Succeeded, Failed, or Transient for those that could not begin)";
    CREDENTIAL_RETRIES = Counter "schemaaudit_credential_retries_total" &[],
        "Looks that were tried once more with a Secret read again, because the server refused the credentials";
    CRD_MISSING = Gauge "schemaaudit_crd_missing" &[],
        "1 while the operator waits for its custom resource definitions, else 0";
    BUILD_INFO = Gauge "schemaaudit_build_info" &["version", "revision"],
        "The version of this program; always 1";
    RECONCILE = Counter "controller_runtime_reconcile_total" &["controller", "result"],
        "Reconciliations by controller and result (success, error or requeue-after)";
    RECONCILE_ERRORS = Counter "controller_runtime_reconcile_errors_total" &["controller"],
        "Reconciliations that ended with an error, by controller";
    RECONCILE_TIMEOUTS = Counter "controller_runtime_reconcile_timeouts_total" &["controller"],
        "Reconciliations that were cut off at their time limit, by controller";
    RECONCILE_TIME = Histogram "controller_runtime_reconcile_time_seconds" &["controller"],
        "How long reconciliations took, by controller";
    ACTIVE_WORKERS = Gauge "controller_runtime_active_workers" &["controller"],
        "Reconciliations that are running, by controller";
    MAX_CONCURRENT = Gauge "controller_runtime_max_concurrent_reconciles" &["controller"],
        "The most reconciliations that may run at once, by controller";
}

/// The buckets of controller-runtime's reconcile time, which dashboards expect.
const RECONCILE_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25,
    1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0,
    50.0, 60.0,
];

/// From a look over a socket next door to the longest time limit.
const AUDIT_BUCKETS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

impl Definition {
    /// An empty family of gauges.
    pub fn gauge(&self) -> prometheus::Result<GaugeVec> {
        GaugeVec::new(self.options(), self.labels)
    }

    /// An empty family of counters.
    pub fn counter(&self) -> prometheus::Result<IntCounterVec> {
        IntCounterVec::new(self.options(), self.labels)
    }

    /// An empty family of histograms.
    pub fn histogram(&self) -> prometheus::Result<HistogramVec> {
        let buckets = if self.name == RECONCILE_TIME.name { RECONCILE_BUCKETS } else { AUDIT_BUCKETS };
        let options = HistogramOpts { common_opts: self.options(), buckets: buckets.to_vec() };
        HistogramVec::new(options, self.labels)
    }

    fn options(&self) -> Opts {
        Opts::new(self.name, self.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r110_names_follow_prometheus_conventions() {
        for Definition { name, kind, help, labels } in ALL {
            assert_eq!(*kind == Type::Counter, name.ends_with("_total"), "{name}");
            assert!(name.starts_with("schemaaudit_") || name.starts_with("controller_runtime_"), "{name}");
            assert!(!help.is_empty() && !help.ends_with('.'), "{name}");
            assert!(!labels.contains(&"type") && !labels.contains(&"message"), "{name}");
        }
    }

    #[test]
    fn every_metric_is_declared_once() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
