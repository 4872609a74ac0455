//! Looks at the database, with the credentials as they are now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::ResourceExt;

use crate::api::SchemaAudit;
use crate::api::schema_audit::Compare;
use crate::controller::context::Context;
use crate::controller::error::Trouble;
use crate::controller::hosts::{Host, Looking};
use crate::controller::memory::Remembered;
use crate::core::audit::definitions::Definitions;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::Requirements;
use crate::core::plan::Plan;
use crate::kubernetes::secret;
use crate::postgres::{self, Failure, Limits, Target};

/// The longest wait for a lock: what is locked is Unknown, and nothing queues behind the audit for long.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// How a look went.
#[derive(Debug)]
pub enum Look {
    /// The database was read.
    Seen(Box<Seen>),
    /// As many looks at this server run as may; ask again soon.
    Busy,
    /// It was not read.
    Failed(Trouble),
}

/// What was seen, and where. As long as it is kept, it counts as a look at that server.
#[derive(Debug)]
pub struct Seen {
    /// What was seen.
    pub observation: Arc<Observation>,
    target: Target,
    _looking: Looking,
}

impl Seen {
    /// Looks for what would make a plan fail.
    pub async fn preflight(
        &self,
        context: &Context,
        audit: &SchemaAudit,
        plan: &mut Plan,
    ) -> Result<(), Trouble> {
        let _permit = context.looks.acquire().await.ok();
        let total = audit.spec.timeout.get();
        let limits = Limits { total, lock: LOCK_TIMEOUT.min(total) };
        Ok(postgres::preflight(&self.target, plan, postgres::preflight::Rows::Skip, &limits).await?)
    }
}

impl Seen {
    /// Which database was looked at; `None` where the role may not know.
    pub async fn identity(&self, context: &Context, audit: &SchemaAudit) -> Result<Option<String>, Trouble> {
        let _permit = context.looks.acquire().await.ok();
        let total = audit.spec.timeout.get();
        let limits = Limits { total, lock: LOCK_TIMEOUT.min(total) };
        Ok(postgres::identity(&self.target, &limits).await?)
    }
}

/// Reads the Secret and looks once; if the server refuses the credentials, reads the Secret again, because it may have
/// been rotated in between, and looks once more.
pub async fn observe(
    context: &Context,
    audit: &SchemaAudit,
    requirements: &Requirements,
    remembered: &mut Remembered,
) -> Look {
    match first_and_second_look(context, audit, requirements, remembered).await {
        Ok(Some(seen)) => Look::Seen(Box::new(seen)),
        Ok(None) => Look::Busy,
        Err(trouble) => Look::Failed(trouble),
    }
}

async fn first_and_second_look(
    context: &Context,
    audit: &SchemaAudit,
    requirements: &Requirements,
    remembered: &mut Remembered,
) -> Result<Option<Seen>, Trouble> {
    let target = target(context, audit).await?;
    let host = Host::new(target.host_key());
    remembered.host = Some(host);
    let Some(looking) = context.hosts.try_start(host) else { return Ok(None) };
    let refused = match look(context, audit, &target, requirements).await {
        Err(error) if error.failure == Failure::AuthenticationFailed => error,
        other => {
            let observation = Arc::new(other?);
            return Ok(Some(Seen { observation, target, _looking: looking }));
        }
    };
    context.metrics.credentials_retried();
    let (namespace, name) = (audit.namespace(), audit.name_any());
    tracing::info!(namespace, name, "Read the Secret again after the server refused the credentials");
    let target = match self::target(context, audit).await {
        Ok(target) => target,
        // What became of the Secret in between tells less than the refusal.
        Err(_trouble) => return Err(refused.into()),
    };
    let observation = Arc::new(look(context, audit, &target, requirements).await?);
    Ok(Some(Seen { observation, target, _looking: looking }))
}

async fn target(context: &Context, audit: &SchemaAudit) -> Result<Target, Trouble> {
    let namespace = audit.namespace().unwrap_or_default();
    Ok(secret::target(&context.client, &namespace, &audit.spec.database).await?)
}

async fn look(
    context: &Context,
    audit: &SchemaAudit,
    target: &Target,
    requirements: &Requirements,
) -> Result<Observation, postgres::Error> {
    // The semaphore is never closed; without a permit the look would still be bounded by the controller.
    let _permit = context.looks.acquire().await.ok();
    let started = Instant::now();
    let total = audit.spec.timeout.get();
    let limits = Limits { total, lock: LOCK_TIMEOUT.min(total) };
    // The look keeps its limit itself; this one holds should it ever not.
    let definitions = match audit.spec.compare {
        Compare::Shape | Compare::Drift => context.definitions,
        // A plan puts right what is different, too, and so does the Job that makes it again.
        Compare::Presence if audit.spec.migration.is_some() => context.definitions,
        Compare::Presence => Definitions::Skip,
    };
    let look = async {
        match audit.spec.compare {
            Compare::Drift => postgres::observe_for_drift(target, requirements, &limits, definitions).await,
            Compare::Shape | Compare::Presence => {
                postgres::observe_with(target, requirements, &limits, definitions).await
            }
        }
    };
    let look = tokio::time::timeout(total + LOCK_TIMEOUT, look);
    let seen = look.await.unwrap_or_else(|_elapsed| {
        Err(postgres::Error {
            failure: Failure::TimedOut,
            message: "the audit did not end within spec.timeout".to_owned(),
        })
    });
    context.metrics.looked(started.elapsed());
    seen
}
