//! Documents in `ConfigMap`s that an audit owns, cut into several where one is too small.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt};

use super::feature_set::digest;
use super::{Attempt, CallError, FIELD_MANAGER, call};
use crate::api::SchemaAudit;

/// The annotation with the digest of the whole document.
pub const DIGEST: &str = "schemaaudit.dev/digest";

/// The label with the name of the audit.
pub const AUDIT_LABEL: &str = "schemaaudit.dev/audit";

/// The kind of what holds documents, as errors name it.
const CONFIG_MAP: &str = "ConfigMap";

/// The attempt to read a `ConfigMap`.
#[must_use]
pub fn reading(name: &str) -> Attempt {
    Attempt::new("reading", CONFIG_MAP, name)
}

/// How much goes into one `ConfigMap`, in bytes: the limit is 1 MiB with everything around it.
pub const PART: usize = 900_000;

/// The `ConfigMap`s of the audit's namespace.
#[must_use]
pub fn api(client: &Client, audit: &SchemaAudit) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), &audit.namespace().unwrap_or_default())
}

/// A `ConfigMap` that goes with the audit, with these annotations, and this text under this key, if any.
#[must_use]
pub fn config_map(
    audit: &SchemaAudit,
    name: &str,
    annotations: BTreeMap<String, String>,
    text: Option<(&str, &str)>,
) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: audit.namespace(),
            labels: Some(BTreeMap::from([
                ("app.kubernetes.io/managed-by".to_owned(), "schema-audit".to_owned()),
                (AUDIT_LABEL.to_owned(), audit.name_any()),
            ])),
            annotations: Some(annotations),
            owner_references: audit.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        data: text.map(|(key, text)| BTreeMap::from([(key.to_owned(), text.to_owned())])),
        ..ConfigMap::default()
    }
}

/// Writes it, whether it is there or not. What a person put there stays theirs in clusters that let nobody make an object
/// another's who may not delete it (the admission plugin `OwnerReferencesPermissionEnforcement`).
pub async fn write(api: &Api<ConfigMap>, map: &ConfigMap) -> Result<(), CallError> {
    match apply(api, map).await {
        Err(error) if error.is_forbidden() => {
            let mut of_nobody = map.clone();
            of_nobody.metadata.owner_references = None;
            // Refused once more if it was forbidden for another reason.
            apply(api, &of_nobody).await
        }
        written => written,
    }
}

async fn apply(api: &Api<ConfigMap>, map: &ConfigMap) -> Result<(), CallError> {
    let name = map.name_any();
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    let attempted = || Attempt::new("writing", CONFIG_MAP, &*name);
    call(attempted, api.patch(&name, &parameters, &Patch::Apply(map))).await?;
    Ok(())
}

/// Why the API server does not take a `ConfigMap` as it would be, with the remedy; `None` where it failed otherwise. That is
/// so where somebody made it immutable.
#[must_use]
pub fn refused(error: &CallError) -> Option<String> {
    let Attempt { kind, name, doing: _ } = &error.attempted;
    let is_refused = kind == CONFIG_MAP && error.is_invalid();
    is_refused
        .then(|| format!("{error} (remedy: kubectl delete configmap {name}; the next audit makes it anew)"))
}

/// A text that is to be published, in as many parts as it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    parts: Vec<String>,
    digest: String,
}

impl Document {
    /// Cuts a text into parts.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { parts: cut(text, PART), digest: digest(text) }
    }

    /// Cuts a text into parts; it counts as the same text as long as `identity` is the same.
    #[must_use]
    pub fn identified_by(text: &str, identity: &str) -> Self {
        Self { parts: cut(text, PART), digest: digest(identity) }
    }

    /// The digest of the whole, or of what identifies it.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.concat()
    }

    /// How many `ConfigMap`s it takes.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }
}

/// A document as it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What identifies it, as it says itself.
    pub digest: Option<String>,
    /// The text of its parts.
    pub text: String,
}

/// The document that is there in so many `ConfigMap`s, the first under this name; `None` if one of them is not there, or
/// has no text. What each says of itself is not proof of what is in it.
pub async fn published(
    client: &Client,
    audit: &SchemaAudit,
    (first, key): (&str, &str),
    parts: usize,
) -> Result<Option<Published>, CallError> {
    let api = api(client, audit);
    let mut published: Option<Published> = None;
    for number in 1..=parts {
        let name = part_name(first, number);
        let map = call(|| reading(&name), api.get_opt(&name)).await?;
        let Some(map) = map else { return Ok(None) };
        let Some(part) = map.data.as_ref().and_then(|data| data.get(key)) else { return Ok(None) };
        let digest = map.annotations().get(DIGEST).cloned();
        published.get_or_insert(Published { digest, text: String::new() }).text.push_str(part);
    }
    Ok(published)
}

fn part_name(first: &str, number: usize) -> String {
    if number == 1 { first.to_owned() } else { format!("{first}-{number}") }
}

/// The digest of the document that is there under this name; `None` if there is none.
pub async fn published_digest(
    client: &Client,
    audit: &SchemaAudit,
    name: &str,
) -> Result<Option<String>, CallError> {
    let found = call(|| reading(name), api(client, audit).get_metadata_opt(name)).await?;
    Ok(found.and_then(|map| map.annotations().get(DIGEST).cloned()))
}

/// Writes all parts, the first under this name. Where an earlier document had more of them (`earlier_parts`), the extra
/// ones are emptied: the operator has no right to delete a `ConfigMap`.
pub async fn publish(
    client: &Client,
    audit: &SchemaAudit,
    (first, key): (&str, &str),
    document: &Document,
    earlier_parts: usize,
) -> Result<(), CallError> {
    let api = api(client, audit);
    for number in 1..=document.parts.len().max(earlier_parts) {
        let part = document.parts.get(number - 1).map(|part| (key, part.as_str()));
        let name = part_name(first, number);
        let annotations = BTreeMap::from([(DIGEST.to_owned(), document.digest.clone())]);
        write(&api, &config_map(audit, &name, annotations, part)).await?;
    }
    Ok(())
}

/// Cuts text into parts of at most `limit` bytes, between characters; always at least one part.
#[must_use]
pub fn cut(text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > limit {
        let mut end = limit;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (part, after) = rest.split_at(end);
        parts.push(part.to_owned());
        rest = after;
    }
    parts.push(rest.to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use super::super::CallFailure;
    use super::*;

    #[test]
    fn a_document_takes_as_many_config_maps_as_it_needs() {
        assert_eq!(Document::new("{}").parts(), 1);
        assert_eq!(Document::new(&"x".repeat(2 * PART + 1)).parts(), 3);
    }

    #[test]
    fn only_a_config_map_that_the_api_server_refuses_is_to_be_deleted() {
        let failed = |kind: &'static str, name: &str, reason: &str| {
            let failure =
                CallFailure::Refused { reason: reason.into(), message: "field is immutable".into() };
            refused(&CallError {
                attempted: Attempt::new("writing what is accepted to", kind, name),
                failure,
            })
        };
        let why = failed(CONFIG_MAP, "shop-baseline", "Invalid").unwrap();
        assert!(why.contains("writing what is accepted to ConfigMap shop-baseline failed"), "{why}");
        assert!(why.contains("immutable (remedy: kubectl delete configmap shop-baseline;"), "{why}");
        assert_eq!(failed(CONFIG_MAP, "shop-baseline", "Conflict"), None);
        assert_eq!(failed("SchemaAudit", "shop", "Invalid"), None, "that is the user's own");
    }

    #[test]
    fn parts_joined_are_the_document_and_none_is_too_large() {
        for text in ["", "abc", "abcdefgh", "aéééé", "€€€€€"] {
            let parts = cut(text, 4);
            assert!(parts.iter().all(|part| part.len() <= 4));
            assert_eq!(parts.concat(), text);
        }
    }
}
