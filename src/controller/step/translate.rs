//! Makes requirements of documents: from the cache, or by parsing, off the threads that serve I/O.

use std::sync::Arc;

use super::dereference;
use crate::controller::cache::{Cache, Wanted};
use crate::controller::error::Error;
use crate::core::audit::requirement::{Requirements, Selection};
use crate::core::name::Identifier;
use crate::translate::feature_set::feature_set;

/// What these documents require, with unqualified names in `schema` where one is given, and the owners that they state
/// where `owners` are wanted.
pub async fn requirements(
    cache: &Cache,
    digest: &str,
    schema: Option<&str>,
    owners: bool,
    found: Vec<dereference::Wanted>,
) -> Result<Arc<Wanted>, Error> {
    if let Some(wanted) = cache.get(digest) {
        return Ok(wanted);
    }
    let schema = schema.map(Identifier::new);
    let parsed = tokio::task::spawn_blocking(move || Arc::new(parse(schema.as_ref(), owners, &found))).await;
    let wanted = parsed.map_err(|_panicked_or_stopped| Error::CutOff("reading the feature sets"))?;
    cache.put(digest, &wanted);
    Ok(wanted)
}

fn parse(schema: Option<&Identifier>, owners: bool, found: &[dereference::Wanted]) -> Wanted {
    let mut missing = Vec::new();
    let requirements = found.iter().map(|dereference::Wanted { document, features }| {
        let (set, not_there) = feature_set(&document.name, &document.spec, &document.config_maps);
        missing.extend(not_there);
        Requirements::of(&set, &Selection { features: features.clone(), schema: schema.cloned(), owners })
    });
    let requirements = Requirements::merge(requirements.collect());
    Wanted { requirements, missing }
}
