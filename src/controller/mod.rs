//! The operator: what it watches, and what wakes which controller.
//!
//! - [`reconcile`] is the pipeline of an audit, its steps in [`step`]; [`feature_set`] reads documents.
//! - [`watches`] maps what changed to whom it concerns.
//! - [`memory`], [`cache`] and [`hosts`] hold what outlives a reconciliation; none of it need outlive the process.
//!
//! Each watched namespace has streams and stores of its own; the context is one for all.

pub mod cache;
pub mod context;
pub mod definitions;
pub mod error;
pub mod feature_set;
pub mod hosts;
pub mod memory;
pub mod planner;
pub mod reconcile;
pub mod step;
pub mod watches;

use std::future::Future;
use std::sync::Arc;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt, Stream, StreamExt};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::PartialObjectMeta;
use kube::runtime::controller::{self, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::runtime::{PredicateConfig, WatchStreamExt, predicates};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use crate::api::{ClusterFeatureSet, FeatureSet, SchemaAudit};
use crate::http::Readiness;
use crate::kubernetes::document::AUDIT_LABEL;
use context::Context;
use feature_set::Set;
use watches::{Generations, audits_of_feature_set, feature_sets_of_config_map, watch};

/// What to watch, and how much to do at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The namespaces; none: all of them.
    pub namespaces: Vec<String>,
    /// Which audits, by label; none: all of them.
    pub labels: Option<String>,
    /// How many reconciliations may run at once.
    pub concurrency: u16,
}

/// A namespace, or all of them, with what is known of it.
struct Watched {
    namespace: Option<String>,
    audits: Store<SchemaAudit>,
    audits_writer: Writer<SchemaAudit>,
    wake_audits: UnboundedSender<ObjectRef<SchemaAudit>>,
    woken_audits: UnboundedReceiver<ObjectRef<SchemaAudit>>,
}

/// Runs all controllers until the operator stops and what runs has ended.
pub async fn run(
    context: Arc<Context>,
    settings: &Settings,
    readiness: &Readiness,
) -> Result<(), prometheus::Error> {
    let watched = watched(&settings.namespaces);
    context.metrics.watch(watched.iter().map(|watched| watched.audits.clone()).collect())?;
    for controller in [reconcile::CONTROLLER, FeatureSet::CONTROLLER, ClusterFeatureSet::CONTROLLER] {
        context.metrics.controller(controller, settings.concurrency);
    }
    let mut running = Running::default();
    // A cluster-wide resource cannot be watched with rights in namespaces only: then a changed one is seen at the next
    // audit.
    if settings.namespaces.is_empty() {
        let wake =
            watched.iter().map(|watched| (watched.audits.clone(), watched.wake_audits.clone())).collect();
        cluster_feature_sets(&context, settings, wake, &mut running);
    }
    for watched in watched {
        namespace(&context, settings, watched, &mut running);
    }
    readiness.not_ready("listing SchemaAudits and feature sets for the first time");
    let Running { work, listed } = running;
    let ready = async {
        if join_all(listed).await.into_iter().all(|listed| listed) {
            readiness.ready();
            tracing::info!("Watching SchemaAudits and feature sets");
        }
    };
    tokio::join!(join_all(work), ready);
    Ok(())
}

/// What runs.
#[derive(Default)]
struct Running {
    /// Controllers and watches, each until the operator stops.
    work: Vec<BoxFuture<'static, ()>>,
    /// Each ends when a store was filled for the first time, or with false when it never will be.
    listed: Vec<BoxFuture<'static, bool>>,
}

impl Running {
    /// Adds a watch.
    fn until_stopped(&mut self, watch: impl Future<Output = ()> + Send + 'static, context: &Context) {
        let stop = context.stop.clone();
        let work = async move {
            tokio::select! {
                () = watch => {}
                () = stop.stopped() => {}
            }
        };
        self.work.push(work.boxed());
    }

    /// Adds a controller of the objects in a store.
    fn add<K>(
        &mut self,
        controller: impl Future<Output = ()> + Send + 'static,
        store: &Store<K>,
        context: &Context,
    ) where
        K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    {
        let (listed, abandoned, stop) = (store.clone(), store.clone(), context.stop.clone());
        self.listed.push(async move { listed.wait_until_ready().await.is_ok() }.boxed());
        // A controller that is told to stop waits for what it runs; before its store is filled it runs nothing, but
        // would wait for the store.
        let never_started = async move {
            stop.stopped().await;
            if abandoned.wait_until_ready().now_or_never().is_some() {
                std::future::pending::<()>().await;
            }
        };
        let work = async move {
            tokio::select! {
                () = controller => {}
                () = never_started => {}
            }
        };
        self.work.push(work.boxed());
    }
}

fn watched(namespaces: &[String]) -> Vec<Watched> {
    let all = [None];
    let some: Vec<_> = namespaces.iter().cloned().map(Some).collect();
    let chosen = if some.is_empty() { all.as_slice() } else { &some };
    chosen
        .iter()
        .map(|namespace| {
            let (audits, audits_writer) = reflector::store();
            let (wake_audits, woken_audits) = unbounded();
            Watched { namespace: namespace.clone(), audits, audits_writer, wake_audits, woken_audits }
        })
        .collect()
}

/// The controllers of one namespace, or of all, and the watch that wakes them when a `ConfigMap` changes.
fn namespace(context: &Arc<Context>, settings: &Settings, watched: Watched, running: &mut Running) {
    let Watched { namespace, audits, audits_writer, wake_audits, woken_audits } = watched;
    let (sets, sets_writer) = reflector::store();
    let (wake_sets, woken_sets) = unbounded();

    let stream = audit_stream(context, namespace.as_deref(), settings, audits_writer);
    let audit_controller = controller(stream, audits.clone(), woken_audits, context, settings)
        .run(reconcile::reconcile, reconcile::after_error, Arc::clone(context))
        .for_each(logged);
    running.add(audit_controller, &audits, context);

    let wake = vec![(audits.clone(), wake_audits.clone())];
    let stream = set_stream::<FeatureSet>(api(&context.client, namespace.as_deref()), sets_writer, wake);
    let set_controller = controller(stream, sets.clone(), woken_sets, context, settings)
        .run(feature_set::reconcile, feature_set::after_error, Arc::clone(context))
        .for_each(logged);
    running.add(set_controller, &sets, context);

    if context.migrations.is_some() {
        let jobs: Api<PartialObjectMeta<Job>> = api(&context.client, namespace.as_deref());
        running.until_stopped(of_migrations(jobs, "Jobs", audits.clone(), wake_audits.clone()), context);
        // A Job does not say that its pod cannot start, or why.
        let pods: Api<PartialObjectMeta<Pod>> = api(&context.client, namespace.as_deref());
        running.until_stopped(of_migrations(pods, "pods", audits.clone(), wake_audits.clone()), context);
    }
    let maps = config_maps(api(&context.client, namespace.as_deref()), sets, wake_sets, audits, wake_audits);
    running.until_stopped(maps, context);
}

fn cluster_feature_sets(
    context: &Arc<Context>,
    settings: &Settings,
    wake: Vec<(Store<SchemaAudit>, UnboundedSender<ObjectRef<SchemaAudit>>)>,
    running: &mut Running,
) {
    let (store, writer) = reflector::store();
    let stream = set_stream::<ClusterFeatureSet>(Api::all(context.client.clone()), writer, wake);
    let set_controller = controller(stream, store.clone(), futures::stream::empty(), context, settings)
        .run(feature_set::reconcile, feature_set::after_error, Arc::clone(context))
        .for_each(logged);
    running.add(set_controller, &store, context);
}

/// The audits whose spec or annotations changed. On the way, deleted ones are forgotten, and so are written statuses
/// that the store has now.
fn audit_stream(
    context: &Arc<Context>,
    namespace: Option<&str>,
    settings: &Settings,
    writer: Writer<SchemaAudit>,
) -> impl Stream<Item = Result<SchemaAudit, watcher::Error>> + Send + 'static {
    let config = match &settings.labels {
        Some(labels) => watcher::Config::default().labels(labels),
        None => watcher::Config::default(),
    };
    let (context, store) = (Arc::clone(context), writer.as_reader());
    watch(api(&context.client, namespace), config)
        .reflect(writer)
        .inspect(move |event| match event {
            Ok(Event::Apply(audit)) => {
                let uid = audit.uid().unwrap_or_default();
                context.memory.shown(&uid, audit.resource_version());
            }
            Ok(Event::Delete(audit)) => {
                let uid = audit.uid().unwrap_or_default();
                context.memory.forget(&uid);
                context.metrics.times().forget(&uid);
            }
            Ok(Event::InitDone) => {
                let there: std::collections::HashSet<_> =
                    store.state().iter().filter_map(|audit| audit.uid()).collect();
                context.memory.forget_all_but(|uid| there.contains(uid));
                context.metrics.times().forget_all_but(|uid| there.contains(uid));
            }
            _ => {}
        })
        .applied_objects()
        .predicate_filter(watches::asks_for_work, PredicateConfig::default())
}

/// The feature sets whose spec changed. The audits that name a changed or deleted one are woken on the way.
fn set_stream<K: Set>(
    api: Api<kube::core::DeserializeGuard<K>>,
    writer: Writer<K>,
    wake: Vec<(Store<SchemaAudit>, UnboundedSender<ObjectRef<SchemaAudit>>)>,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send + 'static {
    let mut generations = Generations::default();
    watch(api, watcher::Config::default())
        .reflect(writer)
        .inspect(move |event| {
            let Some(set) = event.as_ref().ok().and_then(|event| generations.changed(event)) else { return };
            for (audits, wake) in &wake {
                let concerned =
                    audits_of_feature_set(&audits.state(), set.namespace().as_deref(), &set.name_any());
                wake_all(wake, concerned);
            }
        })
        .applied_objects()
        .predicate_filter(predicates::generation, PredicateConfig::default())
}

/// Wakes what is made of a `ConfigMap` when it changes. Only the metadata travels, and none of it is kept.
async fn config_maps(
    api: Api<PartialObjectMeta<ConfigMap>>,
    sets: Store<FeatureSet>,
    wake_sets: UnboundedSender<ObjectRef<FeatureSet>>,
    audits: Store<SchemaAudit>,
    wake_audits: UnboundedSender<ObjectRef<SchemaAudit>>,
) {
    let changes = watcher(api, watcher::Config::default()).default_backoff().touched_objects();
    changes
        .for_each(|change| {
            match change {
                Ok(map) => {
                    let namespace = map.namespace();
                    let concerned =
                        feature_sets_of_config_map(&sets.state(), namespace.as_deref(), &map.name_any());
                    for set in concerned {
                        let users =
                            audits_of_feature_set(&audits.state(), namespace.as_deref(), &set.name_any());
                        wake_all(&wake_sets, vec![ObjectRef::from_obj(set.as_ref())]);
                        wake_all(&wake_audits, users);
                    }
                }
                Err(error) => tracing::warn!(%error, "Lost the watch of ConfigMaps and started it again"),
            }
            std::future::ready(())
        })
        .await;
}

/// Wakes an audit when a Job of its migration, or a pod of one, changes. Only the metadata travels.
async fn of_migrations<K>(
    api: Api<PartialObjectMeta<K>>,
    what: &'static str,
    audits: Store<SchemaAudit>,
    wake: UnboundedSender<ObjectRef<SchemaAudit>>,
) where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + DeserializeOwned + Send + 'static,
{
    let changes =
        watcher(api, watcher::Config::default().labels(AUDIT_LABEL)).default_backoff().touched_objects();
    changes
        .for_each(|change| {
            match change {
                Ok(object) => {
                    let name = object.labels().get(AUDIT_LABEL).cloned().unwrap_or_default();
                    let of_job = ObjectRef::new(&name).within(&object.namespace().unwrap_or_default());
                    // Those of other shards are none of ours.
                    if audits.get(&of_job).is_some() {
                        wake_all(&wake, vec![of_job]);
                    }
                }
                Err(error) => tracing::warn!(%error, what, "Lost a watch of migrations and started it again"),
            }
            std::future::ready(())
        })
        .await;
}

fn wake_all<K: Resource<DynamicType = ()>>(
    wake: &UnboundedSender<ObjectRef<K>>,
    concerned: Vec<ObjectRef<K>>,
) {
    for object in concerned {
        // Fails when the controller has ended, at shutdown.
        let _ = wake.unbounded_send(object);
    }
}

/// A controller of a stream, woken from outside too, with our limits and our end.
fn controller<K>(
    stream: impl Stream<Item = Result<K, watcher::Error>> + Send + 'static,
    store: Store<K>,
    woken: impl Stream<Item = ObjectRef<K>> + Send + 'static,
    context: &Arc<Context>,
    settings: &Settings,
) -> Controller<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + Send + Sync + 'static,
{
    let stop = context.stop.clone();
    Controller::for_stream(stream, store)
        .reconcile_on(woken)
        .with_config(controller::Config::default().concurrency(settings.concurrency))
        .graceful_shutdown_on(async move { stop.stopped().await })
}

fn api<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// Reconcilers log their own errors; what is left is about the streams.
async fn logged<K>(result: Result<K, controller::Error<error::Error, watcher::Error>>) {
    match result {
        Ok(_) | Err(controller::Error::ReconcilerFailed(..)) => {}
        // Woken for something that was deleted, or that is not ours by its label.
        Err(controller::Error::ObjectNotFound(object)) => {
            tracing::debug!(%object, "Woken for an unknown object");
        }
        Err(error) => tracing::warn!(%error, "Lost a watch and started it again"),
    }
}
