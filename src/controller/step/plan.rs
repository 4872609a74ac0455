//! Works out the plan of what was seen, where migrations are wanted, off the threads that serve I/O.

use std::sync::Arc;

use super::dereference;
use super::observe::Seen;
use crate::api::SchemaAudit;
use crate::controller::cache::{Cache, Wanted};
use crate::controller::context::Context;
use crate::controller::error::Error;
use crate::controller::planner::Planner;
use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::requirement::Selection;
use crate::core::name::Identifier;
use crate::core::plan::{Options, Plan, plan_with, render};
use crate::core::problem::Severity;
use crate::kubernetes::document::Document;
use crate::translate::feature_set::feature_set;
use crate::translate::migration as translate;

/// A plan, and its text.
#[derive(Debug)]
pub struct Made {
    /// The plan.
    pub plan: Plan,
    /// Its text.
    pub document: Document,
    /// Why the requirements are not whole, if so: then nobody knows what else is missing.
    pub not_whole: Option<String>,
    /// Why it is not known what would make it fail, if so.
    pub unseen: Option<String>,
}

/// Reads the documents once more, for plans; from the cache where it can.
pub async fn planner(
    cache: &Cache<Planner>,
    digest: &str,
    schema: Option<&str>,
    owners: bool,
    found: Vec<dereference::Wanted>,
    wanted: &Arc<Wanted>,
) -> Result<Arc<Planner>, Error> {
    if let Some(planner) = cache.get(digest) {
        return Ok(planner);
    }
    let (schema, wanted) = (schema.map(Identifier::new), Arc::clone(wanted));
    let read = move || {
        let sets = found.into_iter().map(|dereference::Wanted { document, features }| {
            let (set, _) = feature_set(&document.name, &document.spec, &document.config_maps);
            (set, Selection { features, schema: schema.clone(), owners })
        });
        Arc::new(Planner::new(sets.collect(), &wanted.requirements))
    };
    let read = tokio::task::spawn_blocking(read).await;
    let planner =
        read.map_err(|_panicked_or_stopped| Error::CutOff("reading the feature sets for a plan"))?;
    cache.put(digest, &planner);
    Ok(planner)
}

/// Makes the plan of a look, and looks for what would make it fail. Shapes are compared for it, however deep the audit
/// compares: it is what `schema-audit apply` makes, too.
pub async fn plan(
    context: &Context,
    audit: &SchemaAudit,
    planner: &Arc<Planner>,
    wanted: &Arc<Wanted>,
    seen: &Seen,
) -> Result<Made, Error> {
    let settings = audit.spec.migration.as_ref().map(translate::settings).unwrap_or_default();
    let terms = translate::terms(&audit.spec, planner.queries());
    let (planner, wanted) = (Arc::clone(planner), Arc::clone(wanted));
    let observation = Arc::clone(&seen.observation);
    let made = tokio::task::spawn_blocking(move || {
        let report = compare(&wanted.requirements, &observation, Depth::Shape);
        // What a failed concurrent build left is dropped only with an approval: that is a hazard.
        let options = Options { settings, rebuild_invalid: true };
        let plan = plan_with(&planner.history, &wanted.requirements, &observation, &report, &options);
        let wrong = report.problems.iter().find(|problem| problem.severity == Severity::Error);
        (plan, wrong.map(ToString::to_string))
    });
    let (mut plan, not_whole) = made.await.map_err(|_panicked_or_stopped| Error::CutOff("making a plan"))?;
    let mut unseen = seen.preflight(context, audit, &mut plan).await.err().map(|trouble| trouble.message);
    plan = translate::for_its_role(audit.spec.migration.as_ref(), plan);
    if let (Some(mut terms), false) = (terms, plan.is_empty()) {
        match seen.identity(context, audit).await {
            Ok(database) => terms.database = database,
            Err(trouble) => unseen = Some(trouble.message),
        }
        plan = plan.with_terms(terms);
    }
    let rendered = tokio::task::spawn_blocking(move || {
        let document = Document::identified_by(&render::sql::render(&plan), &identity(&plan));
        Made { plan, document, not_whole, unseen }
    });
    rendered.await.map_err(|_panicked_or_stopped| Error::CutOff("printing a plan"))
}

/// The text of a plan without the sizes in it: they change while nothing else does, and are no news.
fn identity(plan: &Plan) -> String {
    let mut plan = plan.clone();
    for statement in plan.segments.iter_mut().flat_map(|segment| &mut segment.statements) {
        statement.locks.iter_mut().for_each(|lock| lock.size = None);
        statement.hazards.iter_mut().for_each(|hazard| hazard.size = None);
    }
    render::sql::render(&plan)
}
