//! The Kubernetes API of this project, `schemaaudit.dev/v1alpha1`: types and schemas, no behaviour.
//!
//! - [`schema_audit`]: what a user asks for, a database to audit; [`secret_reference`]: where the connection is;
//!   [`status`]: what the operator answers.
//! - [`feature_set`]: the documents that say what a database must carry, namespaced and cluster-wide.
//! - [`migration`], [`migration_status`]: how what is missing is created, and where that stands.
//! - [`condition`], [`reason`]: the closed sets that conditions, events and metrics speak in.
//! - [`crd`]: the types as `CustomResourceDefinition` documents.
//!
//! Nothing here knows the engine: [`crate::translate`] joins the two.

pub mod condition;
pub mod crd;
pub mod duration;
pub mod feature_set;
pub mod migration;
pub mod migration_status;
pub mod reason;
pub mod schema_audit;
pub mod secret_reference;
pub mod status;

pub use condition::ConditionType;
pub use duration::Duration;
pub use feature_set::{
    ClusterFeatureSet, ClusterFeatureSetSpec, FeatureSet, FeatureSetSpec, FeatureSetStatus,
};
pub use reason::{Class, Reason};
pub use schema_audit::{SchemaAudit, SchemaAuditSpec};
pub use status::SchemaAuditStatus;

/// The API group of all kinds.
pub const GROUP: &str = "schemaaudit.dev";
/// The API version of all kinds.
pub const VERSION: &str = "v1alpha1";
/// The annotation that asks for an audit at once: any new value does. The value that was handled is echoed in
/// `status.lastHandledReconcileAt`.
pub const REQUESTED_AT: &str = "schemaaudit.dev/requestedAt";
/// The same annotation as Flux spells it, so that `flux reconcile` habits work; [`REQUESTED_AT`] wins.
pub const FLUX_REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// The annotation that accepts what drifted, and asks for an audit at once: any new value does. The value that was handled
/// is echoed in `status.lastHandledAcceptDrift`.
pub const ACCEPT_DRIFT: &str = "schemaaudit.dev/acceptDrift";
