//! The gauges of audits: computed at each scrape from the objects as the operator knows them, so that an audit that is
//! gone leaves no series behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::reflector::Store;
use prometheus::GaugeVec;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use super::table::{self, Definition};
use crate::api::condition::{ConditionType, find, is_true};
use crate::api::migration_status::MigrationPhase;
use crate::api::schema_audit::Enforcement;
use crate::api::{SchemaAudit, SchemaAuditStatus};

/// Exact times of looks, by the uid of the audit.
#[derive(Debug, Default)]
pub struct Times(Mutex<HashMap<String, Looked>>);

/// When a database was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Looked {
    last: Timestamp,
    success: Option<Timestamp>,
}

impl Times {
    /// An audit ended now.
    pub fn audited(&self, uid: &str, now: Timestamp, successful: bool) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = times.entry(uid.to_owned()).or_insert(Looked { last: now, success: None });
        looked.last = now;
        if successful {
            looked.success = Some(now);
        }
    }

    /// Forgets a deleted audit.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    /// Forgets all audits but these.
    pub fn forget_all_but(&self, keep: impl Fn(&str) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|uid, _| keep(uid));
    }

    fn of(&self, uid: &str) -> Option<Looked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(uid).copied()
    }
}

/// What is computed at a scrape.
const GAUGES: &[Definition] = &[
    table::INFO,
    table::STATUS_CONDITION,
    table::REQUIRED,
    table::MISSING,
    table::DIFFERENT,
    table::DRIFTED,
    table::UNKNOWN,
    table::FEATURE_REQUIRED,
    table::FEATURE_MISSING,
    table::FEATURE_DIFFERENT,
    table::FEATURE_DRIFTED,
    table::FEATURE_UNKNOWN,
    table::MIGRATION_PHASE,
    table::MIGRATION_PENDING_APPROVAL,
    table::TARGET_UP,
    table::LAST_AUDIT,
    table::LAST_SUCCESS,
    table::INTERVAL,
];

/// The collector of the gauges of the audits in some stores: one for each watched namespace.
pub struct Audits {
    stores: Vec<Store<SchemaAudit>>,
    times: Arc<Times>,
    descriptions: Vec<Desc>,
}

impl Audits {
    /// Collects from these stores.
    pub fn new(stores: Vec<Store<SchemaAudit>>, times: Arc<Times>) -> prometheus::Result<Self> {
        let mut descriptions = Vec::new();
        for gauge in GAUGES {
            descriptions.extend(gauge.gauge()?.desc().into_iter().cloned());
        }
        Ok(Self { stores, times, descriptions })
    }
}

impl Collector for Audits {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let audits: Vec<_> = self.stores.iter().flat_map(Store::state).collect();
        // Only a metric that the table declares twice fails here, and a test holds that there is none.
        families(&audits, &self.times).unwrap_or_default()
    }
}

/// The gauges, by name.
struct Gauges(HashMap<&'static str, GaugeVec>);

impl Gauges {
    fn set(&self, metric: &Definition, labels: &[&str], value: f64) {
        // A value without its metric or with other labels than the table's has no place to go.
        if let Some(gauge) =
            self.0.get(metric.name).and_then(|gauges| gauges.get_metric_with_label_values(labels).ok())
        {
            gauge.set(value);
        }
    }
}

fn families(audits: &[Arc<SchemaAudit>], times: &Times) -> prometheus::Result<Vec<MetricFamily>> {
    let empty = GAUGES.iter().map(|metric| Ok((metric.name, metric.gauge()?)));
    let gauges = Gauges(empty.collect::<prometheus::Result<_>>()?);
    for audit in audits {
        let uid = audit.uid().unwrap_or_default();
        describe(&gauges, audit, times.of(&uid));
    }
    // In the order of the table, so that two scrapes read alike.
    Ok(GAUGES.iter().filter_map(|metric| gauges.0.get(metric.name)).flat_map(Collector::collect).collect())
}

fn describe(gauges: &Gauges, audit: &SchemaAudit, looked: Option<Looked>) {
    let (namespace, name) = (audit.namespace().unwrap_or_default(), audit.name_any());
    let labels: &[&str] = &[&namespace, &name];
    let unknown = SchemaAuditStatus::default();
    let status = audit.status.as_ref().unwrap_or(&unknown);

    let enforcement = match audit.spec.enforcement {
        Enforcement::Enforce => "Enforce",
        Enforcement::Report => "Report",
    };
    let suspended = if audit.spec.suspend { "true" } else { "false" };
    let server = status.server.as_ref().map_or("", |server| &server.version);
    gauges.set(&table::INFO, &[&namespace, &name, enforcement, suspended, server], 1.0);
    gauges.set(&table::INTERVAL, labels, audit.spec.interval.get().as_secs_f64());
    describe_conditions(gauges, status, labels);
    describe_counts(gauges, status, labels);
    describe_migration(gauges, status, labels);
    describe_times(gauges, status, labels, looked);
}

fn describe_conditions(gauges: &Gauges, status: &SchemaAuditStatus, labels: &[&str]) {
    for type_ in ConditionType::ALL {
        // Reconciling and Stalled are there only while they are true; their absence says False.
        let absent = match type_ {
            ConditionType::Reconciling | ConditionType::Stalled => "False",
            // Without migrations there is nothing to say of them.
            ConditionType::Migrated => "",
            ConditionType::Ready | ConditionType::Connected | ConditionType::Compliant => "Unknown",
        };
        let is = find(&status.conditions, *type_).map_or(absent, |condition| &condition.status);
        if is.is_empty() {
            continue;
        }
        for value in ["True", "False", "Unknown"] {
            let labels = [labels, &[type_.name(), value]].concat();
            gauges.set(&table::STATUS_CONDITION, &labels, if is == value { 1.0 } else { 0.0 });
        }
    }
    let connected = is_true(&status.conditions, ConditionType::Connected);
    if find(&status.conditions, ConditionType::Connected).is_some() {
        gauges.set(&table::TARGET_UP, labels, if connected { 1.0 } else { 0.0 });
    }
}

/// What nobody counted has no series: a 0 would say that nothing is missing.
#[expect(clippy::cast_precision_loss, reason = "counts of components stay far below 2^52")]
fn describe_counts(gauges: &Gauges, status: &SchemaAuditStatus, labels: &[&str]) {
    let set = |metric: &Definition, labels: &[&str], count: Option<i64>| {
        if let Some(count) = count {
            gauges.set(metric, labels, count as f64);
        }
    };
    for kind in &status.kinds {
        let counts = &kind.counts;
        let labels = [labels, &[kind.kind.as_str()]].concat();
        for (metric, count) in [
            (&table::REQUIRED, Some(counts.required)),
            (&table::MISSING, counts.missing),
            (&table::DIFFERENT, counts.different),
            (&table::DRIFTED, counts.drifted),
            (&table::UNKNOWN, Some(counts.unknown)),
        ] {
            set(metric, &labels, count);
        }
    }
    for feature in &status.features {
        let labels = [labels, &[feature.set.as_str(), feature.name.as_str()]].concat();
        for (metric, count) in [
            (&table::FEATURE_REQUIRED, Some(feature.required)),
            (&table::FEATURE_MISSING, feature.missing),
            (&table::FEATURE_DIFFERENT, feature.different),
            (&table::FEATURE_DRIFTED, feature.drifted),
            (&table::FEATURE_UNKNOWN, Some(feature.unknown)),
        ] {
            set(metric, &labels, count);
        }
    }
}

fn describe_migration(gauges: &Gauges, status: &SchemaAuditStatus, labels: &[&str]) {
    let Some(migration) = &status.migration else { return };
    for phase in MigrationPhase::ALL {
        let labels = [labels, &[phase.name()]].concat();
        gauges.set(&table::MIGRATION_PHASE, &labels, if migration.phase == *phase { 1.0 } else { 0.0 });
    }
    let pending = matches!(migration.phase, MigrationPhase::AwaitingApproval | MigrationPhase::ApprovalVoid);
    gauges.set(&table::MIGRATION_PENDING_APPROVAL, labels, if pending { 1.0 } else { 0.0 });
}

/// After a restart only the status knows of the last successful look; it says so with the accuracy of the heartbeat.
fn describe_times(gauges: &Gauges, status: &SchemaAuditStatus, labels: &[&str], looked: Option<Looked>) {
    let recorded = status.last_audit_time.as_ref().map(|time| time.0);
    let success = looked.and_then(|looked| looked.success).or(recorded);
    let last = looked.map(|looked| looked.last).or(recorded);
    for (metric, time) in [(&table::LAST_AUDIT, last), (&table::LAST_SUCCESS, success)] {
        if let Some(time) = time {
            gauges.set(metric, labels, seconds(time));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^52")]
fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;
    use serde_json::json;

    use super::*;

    fn audit(status: &serde_json::Value) -> Arc<SchemaAudit> {
        Arc::new(
            serde_json::from_value(json!({
                "apiVersion": "schemaaudit.dev/v1alpha1",
                "kind": "SchemaAudit",
                "metadata": {"namespace": "shop", "name": "db", "uid": "u1"},
                "spec": {
                    "database": {"secretRef": {"name": "db"}},
                    "featureSets": [{"name": "crm"}],
                    "interval": "10m",
                },
                "status": status,
            }))
            .unwrap(),
        )
    }

    fn text(audits: &[Arc<SchemaAudit>], times: &Times) -> String {
        let families: Vec<_> = families(audits, times)
            .unwrap()
            .into_iter()
            .filter(|family| !family.get_metric().is_empty())
            .collect();
        TextEncoder::new().encode_to_string(&families).unwrap()
    }

    #[test]
    fn r112_zeros_are_kept_so_that_alerts_resolve() {
        let status = json!({
            "kinds": [{"kind": "Table", "required": 2, "present": 2, "missing": 0, "different": 0, "drifted": 0, "unknown": 0}],
            "features": [{"set": "crm", "name": "core", "state": "Complete", "required": 2, "missing": 0, "different": 0, "drifted": 0, "unknown": 0}],
            "conditions": [{"type": "Connected", "status": "True", "reason": "AuditSucceeded", "message": "", "lastTransitionTime": "2026-11-01T00:00:00Z"}],
        });
        let text = text(&[audit(&status)], &Times::default());
        for line in [
            r#"schemaaudit_missing_components{component_kind="Table",name="db",namespace="shop"} 0"#,
            r#"schemaaudit_drifted_components{component_kind="Table",name="db",namespace="shop"} 0"#,
            r#"schemaaudit_feature_drifted_components{feature="core",feature_set="crm",name="db",namespace="shop"} 0"#,
            r#"schemaaudit_feature_missing_components{feature="core",feature_set="crm",name="db",namespace="shop"} 0"#,
            r#"schemaaudit_target_up{name="db",namespace="shop"} 1"#,
            r#"schemaaudit_interval_seconds{name="db",namespace="shop"} 600"#,
            r#"schemaaudit_status_condition{condition="Stalled",name="db",namespace="shop",status="False"} 1"#,
            r#"schemaaudit_status_condition{condition="Ready",name="db",namespace="shop",status="Unknown"} 1"#,
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn what_nobody_saw_has_no_count_of_what_is_missing() {
        let status = json!({
            "summary": {"required": 2, "unknown": 2},
            "kinds": [{"kind": "Table", "required": 2, "unknown": 2}],
            "features": [{"set": "crm", "name": "core", "state": "Unknown", "required": 2, "unknown": 2}],
            "conditions": [{"type": "Connected", "status": "False", "reason": "HostUnreachable", "message": "", "lastTransitionTime": "2026-11-01T00:00:00Z"}],
        });
        let text = text(&[audit(&status)], &Times::default());
        let of_audit = r#"name="db",namespace="shop""#;
        let (kind, feature) = (r#"{component_kind="Table","#, r#"{feature="core",feature_set="crm","#);
        for line in [
            format!("schemaaudit_required_components{kind}{of_audit}}} 2"),
            format!("schemaaudit_unknown_components{kind}{of_audit}}} 2"),
            format!("schemaaudit_feature_required_components{feature}{of_audit}}} 2"),
            format!("schemaaudit_feature_unknown_components{feature}{of_audit}}} 2"),
            format!("schemaaudit_target_up{{{of_audit}}} 0"),
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        for counted in ["missing", "different", "drifted"] {
            assert!(!text.contains(&format!("_{counted}_components")), "{text}");
        }
    }

    #[test]
    fn the_phase_of_a_migration_and_whether_a_person_is_awaited_are_told() {
        for phase in MigrationPhase::ALL {
            let status = json!({"migration": {"phase": phase, "message": ""}});
            let text = text(&[audit(&status)], &Times::default());
            let of = r#"name="db",namespace="shop""#;
            for other in MigrationPhase::ALL {
                let value = u8::from(phase == other);
                let line = format!(r#"schemaaudit_migration_phase{{{of},phase="{}"}} {value}"#, other.name());
                assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
            }
            let pending = u8::from(["AwaitingApproval", "ApprovalVoid"].contains(&phase.name()));
            let line = format!("schemaaudit_migration_pending_approval{{{of}}} {pending}");
            assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        }
        assert!(!text(&[audit(&json!({}))], &Times::default()).contains("migration"), "none is wanted");
    }

    #[test]
    fn exact_times_win_over_those_of_the_status() {
        let status = json!({"lastAuditTime": "2026-11-01T00:00:00Z"});
        let times = Times::default();
        let recorded = "1793491200";
        assert!(
            text(&[audit(&status)], &times)
                .contains(&format!("{{name=\"db\",namespace=\"shop\"}} {recorded}"))
        );
        times.audited("u1", Timestamp::from_millisecond(1_800_000_000_500).unwrap(), false);
        let text = text(&[audit(&status)], &times);
        let line = |metric| {
            format!("schemaaudit_last_{metric}_timestamp_seconds{{name=\"db\",namespace=\"shop\"}} ")
        };
        assert!(text.contains(&(line("audit") + "1800000000.5")));
        assert!(text.contains(&(line("success") + recorded)));
    }

    #[test]
    fn r114_an_audit_that_is_gone_leaves_nothing() {
        assert_eq!(text(&[], &Times::default()), "");
    }
}
