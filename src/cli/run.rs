//! `run`: the operator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use kube::{Client, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};

use super::Outcome;
use crate::api;
use crate::controller::context::{Context, Stop};
use crate::controller::definitions::{self, Wait};
use crate::controller::{self, Settings};
use crate::core::audit::definitions::Definitions;
use crate::http::{self, Readiness};
use crate::kubernetes::event::Events;
use crate::kubernetes::job::Images;
use crate::metrics::Metrics;
use crate::telemetry::{self, LogFormat};

/// The threads that serve I/O: what is heavy runs on threads of its own, which go when they are idle.
const THREADS: usize = 2;

/// The threads for what is heavy: as many as keep all processors of a small machine busy. Each one more has an arena of
/// the allocator to itself.
const BLOCKING_THREADS: usize = 4;

/// How long running audits may take to end when the operator stops. Kubernetes kills after 30 s.
const GRACE: Duration = Duration::from_secs(20);

#[expect(clippy::doc_markdown, reason = "these comments are the help text")]
/// Run the operator: audit the databases of all SchemaAudits, again and again
///
/// Talks to the cluster of KUBECONFIG, or to the one that it runs in. Ends on SIGTERM or SIGINT.
#[derive(Debug, Args)]
#[command(mut_args(|argument| argument.hide_env_values(true)))]
pub struct Arguments {
    /// Watch these namespaces only, separated by commas; all, if none is given
    #[arg(long, env = "SCHEMA_AUDIT_WATCH_NAMESPACES", value_delimiter = ',', value_name = "NAMESPACES")]
    watch_namespaces: Vec<String>,

    /// Audit only the SchemaAudits with these labels, for example shard=1
    #[arg(long, env = "SCHEMA_AUDIT_WATCH_LABEL_SELECTOR", value_name = "SELECTOR")]
    watch_label_selector: Option<String>,

    /// How many audits may run at once
    #[arg(long, env = "SCHEMA_AUDIT_CONCURRENCY", default_value_t = 8, value_name = "NUMBER",
          value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,

    /// Do not ask the planner of databases whether expressions and views mean what is declared: they are not compared then
    #[arg(long, env = "SCHEMA_AUDIT_NO_PLANNER")]
    no_planner: bool,

    /// Write the time of the last audit to the status after this time, even if nothing else changed; 0s: never
    #[arg(long, env = "SCHEMA_AUDIT_STATUS_HEARTBEAT", default_value = "1h", value_name = "DURATION")]
    status_heartbeat: api::Duration,

    /// Create Jobs that apply plans, where spec.migration of a SchemaAudit wants it. Needs rights on Jobs
    /// (deploy/migrations)
    #[arg(long, env = "SCHEMA_AUDIT_ALLOW_MIGRATIONS", requires = "migration_image")]
    allow_migrations: bool,

    /// The image of these Jobs: that of this operator
    #[arg(long, env = "SCHEMA_AUDIT_MIGRATION_IMAGE", value_name = "IMAGE",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    migration_image: Option<String>,

    /// The image that saves databases before, where spec.migration.backup wants it: this program beside pg_dump and
    /// pg_restore of the servers' version or a later one (the target backup of the Dockerfile)
    #[arg(long, env = "SCHEMA_AUDIT_BACKUP_IMAGE", value_name = "IMAGE")]
    backup_image: Option<String>,

    /// Serve metrics here, at /metrics
    #[arg(
        long,
        env = "SCHEMA_AUDIT_METRICS_ADDRESS",
        default_value = "0.0.0.0:8080",
        value_name = "ADDRESS"
    )]
    metrics_address: SocketAddr,

    /// Serve health here, at /healthz and /readyz
    #[arg(long, env = "SCHEMA_AUDIT_HEALTH_ADDRESS", default_value = "0.0.0.0:8081", value_name = "ADDRESS")]
    health_address: SocketAddr,

    /// How log lines look
    #[arg(long, env = "SCHEMA_AUDIT_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,

    /// What to log: error, warn, info, debug, trace, or a list such as warn,schema_audit=debug
    #[arg(long, env = "SCHEMA_AUDIT_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    log_level: String,

    /// The name of this replica in events; in a pod, its name
    #[arg(long, env = "POD_NAME", hide = true)]
    instance: Option<String>,
}

/// Runs until a signal comes.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let ended = start(arguments);
    match ended {
        Ok(()) => Outcome::Good,
        Err(error) => {
            super::print_error(&format!("{error:#}"));
            Outcome::Failed
        }
    }
}

fn start(arguments: &Arguments) -> anyhow::Result<()> {
    telemetry::start(arguments.log_format, &arguments.log_level)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("schema-audit")
        .enable_all()
        .build()?;
    let ended = runtime.block_on(operate(arguments));
    // Nothing that still parses or compares holds up the end.
    runtime.shutdown_background();
    ended
}

async fn operate(arguments: &Arguments) -> anyhow::Result<()> {
    let (stopping, stop) = Stop::new();
    listen_for_signals(stopping)?;
    let metrics = Arc::new(Metrics::new()?);
    let readiness = Readiness::default();
    let metrics_listener = http::listen(arguments.metrics_address, "--metrics-address").await?;
    let health_listener = http::listen(arguments.health_address, "--health-address").await?;
    // The ports may be 0, for tests: the log says which ones they became.
    let (metrics_at, health_at) = (metrics_listener.local_addr()?, health_listener.local_addr()?);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %metrics_at, %health_at, "Started the operator");

    let until = |stop: Stop| async move { stop.stopped().await };
    let servers = async {
        tokio::try_join!(
            http::serve_metrics(metrics_listener, Arc::clone(&metrics), until(stop.clone())),
            http::serve_health(health_listener, readiness.clone(), until(stop.clone())),
        )
    };
    let grace = async {
        stop.stopped().await;
        tokio::time::sleep(GRACE).await;
    };
    let work = async {
        tokio::try_join!(
            async { servers.await.map_err(anyhow::Error::from) },
            control(arguments, &metrics, &readiness, &stop)
        )
    };
    tokio::select! {
        ended = work => ended.map(|_| ())?,
        () = grace => tracing::warn!("Left audits behind that did not end in time"),
    }
    tracing::info!("Stopped the operator");
    Ok(())
}

async fn control(
    arguments: &Arguments,
    metrics: &Arc<Metrics>,
    readiness: &Readiness,
    stop: &Stop,
) -> anyhow::Result<()> {
    let config = Config::infer().await.map_err(|error| {
        // In one piece: it names its causes itself.
        anyhow::anyhow!(
            "there is no cluster to work for: set KUBECONFIG to the file with the access to one, or run in a pod with the \
             token of its service account ({error})"
        )
    })?;
    let client = Client::try_from(config)?;
    let context = Arc::new(Context {
        events: Events::new(client.clone(), arguments.instance.clone()),
        client,
        metrics: Arc::clone(metrics),
        memory: controller::memory::Memory::default(),
        cache: controller::cache::Cache::default(),
        planners: controller::cache::Cache::default(),
        migrations: images(arguments),
        hosts: Arc::default(),
        looks: Semaphore::new(usize::from(arguments.concurrency)),
        heartbeat: arguments.status_heartbeat.get(),
        definitions: if arguments.no_planner { Definitions::NoPlanner } else { Definitions::Ask },
        stop: stop.clone(),
    });
    if definitions::wait(&context, readiness).await == Wait::Stopped {
        return Ok(());
    }
    let settings = Settings {
        // An empty environment variable means all, as no variable does.
        namespaces: arguments.watch_namespaces.iter().filter(|name| !name.is_empty()).cloned().collect(),
        labels: arguments.watch_label_selector.clone().filter(|selector| !selector.is_empty()),
        concurrency: arguments.concurrency,
    };
    controller::run(context, &settings, readiness).await?;
    Ok(())
}

/// The images of migrations; none where they are switched off.
fn images(arguments: &Arguments) -> Option<Images> {
    let apply = arguments.migration_image.clone().filter(|_| arguments.allow_migrations)?;
    // An empty environment variable means none, as no variable does.
    Some(Images { apply, backup: arguments.backup_image.clone().filter(|image| !image.is_empty()) })
}

/// Gives the signal to stop at SIGTERM or SIGINT.
fn listen_for_signals(stopping: watch::Sender<bool>) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // Ends with the runtime.
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.send_replace(true);
    });
    Ok(())
}
