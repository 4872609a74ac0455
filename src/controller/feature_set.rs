//! `FeatureSet` and `ClusterFeatureSet`: reads the document and says in its status what it holds and what is wrong
//! with it.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use super::context::Context;
use super::error::Error;
use super::reconcile::measured;
use super::step::dereference::{Wanted, digest_of};
use super::step::translate;
use crate::api::{ClusterFeatureSet, FeatureSet, FeatureSetStatus};
use crate::kubernetes::feature_set::{self, Document};
use crate::kubernetes::{Attempt, CallError, call, status};
use crate::translate::Fault;
use crate::translate::events::feature_set_events;
use crate::translate::feature_set_status::{Reading, feature_set_status};

/// The limit of one reconciliation.
const LIMIT: Duration = Duration::from_mins(1);

/// The wait after one that did not end.
const RETRY: Duration = Duration::from_secs(5);

/// The two kinds of feature sets.
pub trait Set: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static {
    /// The name of the controller in metrics and logs.
    const CONTROLLER: &'static str;

    /// The resources of this kind, in the namespace of this object.
    fn api(&self, client: &Client) -> Api<Self>;

    /// The document, with everything that it refers to.
    fn document(&self, client: &Client) -> impl Future<Output = Result<Document, CallError>> + Send;

    /// The status as it is.
    fn status(&self) -> Option<&FeatureSetStatus>;
}

impl Set for FeatureSet {
    const CONTROLLER: &'static str = "featureset";

    fn api(&self, client: &Client) -> Api<Self> {
        Api::namespaced(client.clone(), &self.namespace().unwrap_or_default())
    }

    async fn document(&self, client: &Client) -> Result<Document, CallError> {
        let namespace = self.namespace().unwrap_or_default();
        feature_set::namespaced(client, &namespace, &self.name_any(), self.spec.clone()).await
    }

    fn status(&self) -> Option<&FeatureSetStatus> {
        self.status.as_ref()
    }
}

impl Set for ClusterFeatureSet {
    const CONTROLLER: &'static str = "clusterfeatureset";

    fn api(&self, client: &Client) -> Api<Self> {
        Api::all(client.clone())
    }

    async fn document(&self, _client: &Client) -> Result<Document, CallError> {
        Ok(feature_set::cluster_wide(&self.name_any(), self.spec.clone().into()))
    }

    fn status(&self) -> Option<&FeatureSetStatus> {
        self.status.as_ref()
    }
}

/// Reads the document and tells what came out, if that is news.
pub async fn reconcile<K: Set>(set: Arc<K>, context: Arc<Context>) -> Result<Action, Error> {
    measured(K::CONTROLLER, LIMIT, &context, steps(set.as_ref(), &context)).await
}

/// When to come back after a reconciliation that did not end.
#[expect(clippy::needless_pass_by_value, reason = "the signature is kube's")]
pub fn after_error<K: Set>(set: Arc<K>, error: &Error, _context: Arc<Context>) -> Action {
    if matches!(error, Error::Stopping) {
        return Action::await_change();
    }
    let (kind, namespace, name) = (K::kind(&()), set.namespace(), set.name_any());
    tracing::warn!(%kind, namespace, name, %error, "Could not read a feature set");
    Action::requeue(RETRY)
}

async fn steps<K: Set>(set: &K, context: &Context) -> Result<Action, Error> {
    let document = set.document(&context.client).await?;
    let digest = document.digest.clone();
    let features = document.spec.features.len();
    let found = vec![Wanted { document, features: Vec::new() }];
    // The key under which an audit of the whole set finds the same requirements.
    let key = digest_of(None, false, &found, &[]);
    let wanted = translate::requirements(&context.cache, &key, None, false, found).await?;
    let faults: Vec<Fault> = wanted.missing.iter().map(Fault::from).collect();
    let reading = Reading {
        generation: set.meta().generation.unwrap_or_default(),
        features,
        requirements: &wanted.requirements,
        faults: &faults,
        digest: &digest,
    };
    let next = feature_set_status(&reading, set.status(), Timestamp::now());
    if set.status() != Some(&next) {
        publish(set, context, &reading).await?;
    }
    Ok(Action::await_change())
}

/// Writes the status, unless it was written a moment ago and the store does not show it yet.
async fn publish<K: Set>(set: &K, context: &Context, reading: &Reading<'_>) -> Result<(), Error> {
    let (api, name) = (set.api(&context.client), set.name_any());
    let current = call(|| Attempt::new("reading", K::kind(&()), &*name), api.get_opt(&name)).await?;
    // Deleted, or changed: then there is an event on its way that says so.
    let current = current.filter(|current| current.meta().generation == set.meta().generation);
    let Some(current) = current else { return Ok(()) };
    let next = feature_set_status(reading, current.status(), Timestamp::now());
    if current.status() == Some(&next) {
        return Ok(());
    }
    status::apply(&api, &name, &next).await?;
    for event in feature_set_events(current.status(), &next) {
        if let Err(error) = context.events.publish(set, &event).await {
            let (kind, namespace, name) = (K::kind(&()), set.namespace(), set.name_any());
            tracing::warn!(%kind, namespace, name, %error, "Lost an event about a feature set");
        }
    }
    Ok(())
}
