//! The status of our resources, by server-side apply with a field manager of its own.

use std::fmt::Debug;

use kube::api::{Patch, PatchParams};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Attempt, CallError, call};

/// The field manager of the status.
pub const STATUS_MANAGER: &str = "schema-audit-status";

/// Applies a whole status and gives the object as it is then. What an earlier status held and this one lacks goes.
pub async fn apply<K, S>(api: &Api<K>, name: &str, status: &S) -> Result<K, CallError>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    S: Serialize,
{
    let patch =
        json!({"apiVersion": K::api_version(&()), "kind": K::kind(&()), "status": serde_json::json!(status)});
    // Forced: nobody else has business with these fields, and a conflict would hide the truth from readers.
    let parameters = PatchParams::apply(STATUS_MANAGER).force();
    let attempted = || Attempt::new("writing the status of", K::kind(&()), name);
    call(attempted, api.patch_status(name, &parameters, &Patch::Apply(&patch))).await
}
