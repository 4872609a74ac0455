//! What was accepted of a database, in a `ConfigMap` that the audit owns: `NAME-baseline`. Its text is that of the file that
//! the command line keeps, so that either can be made of the other.
//!
//! Where one `ConfigMap` is too small, the first names the others, and the rest of the text is in them. They are never
//! written over while the first one names them: a write that is cut off leaves what was accepted before.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Api, Client, Resource, ResourceExt};

use super::document::{DIGEST, PART, api, config_map, cut, reading, write as write_map};
use super::feature_set::digest;
use super::{CallError, call};
use crate::api::SchemaAudit;

/// The key of the text in each `ConfigMap`.
pub const KEY: &str = "baseline.json";

/// The annotation of the first `ConfigMap` with the names of the others, in order, with commas between them.
pub const FURTHER_PARTS: &str = "schemaaudit.dev/furtherParts";

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// No `ConfigMap`.
    Nothing,
    /// A text.
    Text {
        /// The whole of it.
        text: String,
        /// The names of the other `ConfigMap`s that hold it.
        further: Vec<String>,
    },
    /// A `ConfigMap`, but no whole text.
    Broken {
        /// Why.
        why: String,
        /// The names of the other `ConfigMap`s that should hold it.
        further: Vec<String>,
    },
}

/// The name of the first `ConfigMap` of an audit's baseline.
#[must_use]
pub fn name(audit: &str) -> String {
    format!("{audit}-baseline")
}

/// Reads what was accepted.
pub async fn read(client: &Client, audit: &SchemaAudit) -> Result<Stored, CallError> {
    let api = api(client, audit);
    let first = get(&api, &name(&audit.name_any())).await?;
    let Some(first) = first.filter(|map| !is_of_another(map.owner_references(), audit.meta().uid.as_deref()))
    else {
        return Ok(Stored::Nothing);
    };
    let names = first.annotations().get(FURTHER_PARTS).map(String::as_str).unwrap_or_default();
    let further: Vec<String> = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let mut parts = vec![(first.name_any(), text_of(&first))];
    for name in &further {
        parts.push((name.clone(), get(&api, name).await?.as_ref().and_then(text_of)));
    }
    let whole_digest = first.annotations().get(DIGEST).map(String::as_str);
    Ok(match joined(&parts, whole_digest) {
        Ok(text) => Stored::Text { text, further },
        Err(why) => Stored::Broken { why, further },
    })
}

/// Writes what is accepted from now on. `further` are the names of the other `ConfigMap`s that hold what was accepted until
/// now: the first one, written last, names others.
pub async fn write(
    client: &Client,
    audit: &SchemaAudit,
    text: &str,
    further: &[String],
) -> Result<(), CallError> {
    let api = api(client, audit);
    let first = name(&audit.name_any());
    let parts = cut(text, PART);
    let names = free_names(&first, parts.len(), further);
    let digest = BTreeMap::from([(DIGEST.to_owned(), digest(text))]);
    for (name, part) in names.iter().zip(parts.iter().skip(1)) {
        write_map(&api, &config_map(audit, name, digest.clone(), Some((KEY, part)))).await?;
    }
    let mut annotations = digest;
    if !names.is_empty() {
        annotations.insert(FURTHER_PARTS.to_owned(), names.join(","));
    }
    let part = parts.first().map(|part| (KEY, part.as_str()));
    write_map(&api, &config_map(audit, &first, annotations, part)).await
}

async fn get(api: &Api<ConfigMap>, name: &str) -> Result<Option<ConfigMap>, CallError> {
    call(|| reading(name), api.get_opt(name)).await
}

/// Whether it goes with an audit of the same name that is not there any more, and is about to go too. What nobody owns was
/// put there by a person.
fn is_of_another(owners: &[OwnerReference], uid: Option<&str>) -> bool {
    let mut audits = owners.iter().filter(|owner| owner.kind == SchemaAudit::kind(&())).peekable();
    audits.peek().is_some() && audits.all(|owner| Some(&*owner.uid) != uid)
}

fn text_of(map: &ConfigMap) -> Option<String> {
    map.data.as_ref()?.get(KEY).cloned()
}

/// The whole text, or why there is none. The text of one `ConfigMap` may be anybody's; several must belong together.
fn joined(parts: &[(String, Option<String>)], whole: Option<&str>) -> Result<String, String> {
    if let Some((name, _)) = parts.iter().find(|(_, text)| text.is_none()) {
        return Err(format!("there is no ConfigMap {name} with the key {KEY}"));
    }
    let text: String = parts.iter().filter_map(|(_, text)| text.as_deref()).collect();
    if parts.len() > 1 && whole != Some(&*digest(&text)) {
        return Err("its parts do not belong together".to_owned());
    }
    Ok(text)
}

/// Names for all parts but the first, none of which is in use.
fn free_names(first: &str, parts: usize, in_use: &[String]) -> Vec<String> {
    let names = |suffix: &str| -> Vec<String> {
        (2..=parts).map(|number| format!("{first}-{number}{suffix}")).collect()
    };
    let plain = names("");
    if plain.iter().any(|name| in_use.contains(name)) { names("b") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, text: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(text.to_owned()))
    }

    #[test]
    fn parts_are_a_text_only_if_all_are_there_and_belong_together() {
        assert_eq!(joined(&[part("a", "{}")], None), Ok("{}".into()), "a file of the command line");
        let two = [part("a", "{"), part("a-2", "}")];
        assert_eq!(joined(&two, Some(&digest("{}"))), Ok("{}".into()));
        assert!(joined(&two, Some(&digest("[]"))).unwrap_err().contains("belong"));
        assert!(joined(&two, None).is_err());
        let lost = [part("a", "{"), ("a-2".to_owned(), None)];
        assert!(joined(&lost, Some(&digest("{}"))).unwrap_err().contains("a-2"));
    }

    #[test]
    fn what_a_deleted_audit_of_the_same_name_leaves_is_nothing() {
        let owner = |kind: &str, uid: &str| OwnerReference {
            kind: kind.to_owned(),
            uid: uid.to_owned(),
            ..OwnerReference::default()
        };
        let (before, now) = (owner("SchemaAudit", "1"), owner("SchemaAudit", "2"));
        assert!(is_of_another(std::slice::from_ref(&before), Some("2")));
        assert!(!is_of_another(&[before, now], Some("2")));
        assert!(!is_of_another(&[], Some("2")));
        assert!(!is_of_another(&[owner("Application", "1")], Some("2")));
    }

    #[test]
    fn a_write_leaves_the_parts_alone_that_are_in_use() {
        let first = free_names("a", 3, &[]);
        assert_eq!(first, ["a-2", "a-3"]);
        let second = free_names("a", 2, &first);
        assert_eq!(second, ["a-2b"]);
        assert_eq!(free_names("a", 3, &second), first);
        assert!(free_names("a", 1, &first).is_empty());
    }
}
