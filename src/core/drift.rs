//! Drift: what still has its declared shape, but is not as it was when it was last accepted (D3).
//!
//! A fingerprint is made of the catalog's own definition of one component: the row that phase 1 read, and the texts that
//! the server prints for it, all under the pinned search path (D6). A baseline holds the accepted ones. Nothing here knows
//! the time: the edge hands it in as text.

pub mod acceptance;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Normal, Part};
use crate::core::kind::Kind;
use crate::core::server::major;

/// What fingerprints are made of. Raised whenever a query of a room, or one for texts, changes what it says of an
/// unchanged object: else that object would seem to have changed.
pub const SCHEME: u32 = 2;

/// The format of a baseline.
pub const FORMAT: &str = "schemaaudit.dev/baseline/v1";

/// How many digits of a part's digest are kept, to name what changed; the digest of the whole decides.
const PART_DIGITS: usize = 8;

/// Columns of a row that say which component it is, or that change without anybody's changing the definition: whether a
/// view was refreshed, whether an index is just being built.
const LEFT_OUT: [&str; 7] = ["schema", "name", "arguments", "known", "is_owner", "populated", "valid"];

/// Columns that hold a JSON array whose order means nothing: access lists keep the order in which rights were given.
const UNORDERED: [&str; 2] = ["privileges", "roles"];

/// The catalog's own definition of one component, as digests of its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    parts: BTreeSet<(String, String)>,
    /// Why a part of it could not be read, where one could not: then nothing is said about the component.
    pub unread: Option<Normal>,
}

impl Fingerprint {
    /// Adds a row of the kind's query.
    pub fn row(&mut self, kind: Kind, names: &[String], values: &[Option<&str>]) {
        let columns = || names.iter().map(String::as_str).zip(values.iter().copied());
        // What the owner may do is the same with and without an access list.
        if columns().any(|column| column == ("is_owner", Some("t"))) {
            return;
        }
        for (name, value) in columns() {
            let Some(value) = value else { continue };
            let identity = name == "relation" && kind != Kind::Index;
            if identity || LEFT_OUT.contains(&name) {
                continue;
            }
            let value = if UNORDERED.contains(&name) { in_order(value) } else { value.to_owned() };
            self.parts.insert((name.replace('_', " "), sha256(&value)));
        }
    }

    /// Adds the text of a definition.
    pub fn text(&mut self, kind: Kind, part: Part, text: &str) {
        // The checks of a domain are a set, in the order of names that mean nothing.
        let name = match part.position {
            0 => part.name.to_owned(),
            _ if kind == Kind::Type => part.name.to_owned(),
            position => format!("{} {}", part.name, position + 1),
        };
        self.parts.insert((name, sha256(text)));
    }

    /// What a baseline keeps of it.
    fn entry(&self, accepted_at: Option<&str>) -> Entry {
        let mut by_name: BTreeMap<&str, String> = BTreeMap::new();
        for (name, digest) in &self.parts {
            by_name.entry(name).or_default().push_str(digest);
        }
        let lines: Vec<String> =
            by_name.iter().map(|(name, digests)| format!("{name}={digests}\n")).collect();
        let short = |digests: &String| sha256(digests)[..PART_DIGITS].to_owned();
        Entry {
            digest: sha256(&lines.concat()),
            accepted_at: accepted_at.map(str::to_owned),
            parts: by_name.iter().map(|(name, digests)| ((*name).to_owned(), short(digests))).collect(),
        }
    }
}

/// A JSON array with its elements in order; any other text as it is.
fn in_order(text: &str) -> String {
    let Ok(serde_json::Value::Array(elements)) = serde_json::from_str(text) else { return text.to_owned() };
    let mut elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
    elements.sort();
    elements.join(",")
}

fn sha256(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    format: String,
    scheme: u32,
    server_major: u32,
    components: BTreeMap<String, Entry>,
}

/// What was accepted of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accepted_at: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<String, String>,
}

/// What an audit saw of what a baseline is about, by the identities in it. `None`: it was not seen this time, and what was
/// accepted earlier stays accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    seen: BTreeMap<String, Option<Fingerprint>>,
    /// The functions of which any overload is required.
    any_overload: BTreeSet<String>,
}

impl Watched {
    /// Adds a component that was seen.
    pub fn seen(&mut self, id: &ComponentId, fingerprint: &Fingerprint) {
        self.seen.insert(id.to_string(), Some(fingerprint.clone()));
    }

    /// Adds a component that was not.
    pub fn not_seen(&mut self, id: &ComponentId) {
        self.seen.entry(id.to_string()).or_insert(None);
    }

    /// Adds what is required, whether it was seen or not.
    pub fn required(&mut self, id: &ComponentId) {
        if matches!(id.name, ComponentName::Routine { arguments: None, .. }) {
            self.any_overload.insert(id.to_string());
        }
    }

    /// Adds what another one holds, as if it came after all of this.
    pub fn extend(&mut self, other: Self) {
        for (id, seen) in other.seen {
            match seen {
                Some(fingerprint) => {
                    self.seen.insert(id, Some(fingerprint));
                }
                None => {
                    self.seen.entry(id).or_insert(None);
                }
            }
        }
        self.any_overload.extend(other.any_overload);
    }

    /// Whether this identity is that of an overload of a function that is required whatever its arguments.
    fn is_an_overload(&self, id: &str) -> bool {
        let of = |function: &String| id.strip_prefix(&**function).is_some_and(|rest| rest.starts_with('('));
        self.any_overload.iter().any(of)
    }
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON of this form.
    #[error("it is not a baseline: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another format.
    #[error("its format is {0:?}, and this version reads {FORMAT}")]
    Format(String),
}

/// What a baseline says of a component that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it was accepted, or not accepted yet.
    Fine,
    /// Changed; why, as a reason of a finding.
    Drifted(String),
    /// What was accepted cannot be compared, for this reason: it is accepted anew.
    Stale(String),
}

impl Baseline {
    /// Reads a baseline.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text)?;
        if baseline.format == FORMAT { Ok(baseline) } else { Err(BaselineError::Format(baseline.format)) }
    }

    /// The baseline as JSON, one component a line, so that a diff of two says which changed.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let Self { format, scheme, server_major, components } = self;
        let lines: Result<Vec<String>, serde_json::Error> = components
            .iter()
            .map(|(id, entry)| {
                Ok(format!("    {}: {}", serde_json::to_string(id)?, serde_json::to_string(entry)?))
            })
            .collect();
        let format = serde_json::to_string(format)?;
        Ok(format!(
            "{{\n  \"format\": {format},\n  \"scheme\": {scheme},\n  \"serverMajor\": {server_major},\n  \
             \"components\": {{\n{}\n  }}\n}}\n",
            lines?.join(",\n")
        ))
    }

    /// The baseline after the state that was seen is accepted at that time. What did not change keeps its time, and what
    /// was not seen its digest; what nobody watches any more goes.
    #[must_use]
    pub fn accept(previous: Option<&Self>, watched: &Watched, version: &str, now: Option<&str>) -> Self {
        Self::accept_keeping(previous, watched, version, now, |_| false)
    }

    /// As [`Baseline::accept`]; what nobody watches any more stays where `keep` says so of its identity.
    fn accept_keeping(
        previous: Option<&Self>,
        watched: &Watched,
        version: &str,
        now: Option<&str>,
        keep: impl Fn(&str) -> bool,
    ) -> Self {
        let server_major = major(version);
        let previous = previous.filter(|it| it.stale(version).is_none());
        let mut components: BTreeMap<String, Entry> =
            previous.map(|previous| previous.components.clone()).unwrap_or_default();
        components.retain(|id, _| watched.seen.contains_key(id) || keep(id));
        for (id, fingerprint) in &watched.seen {
            let Some(new) = fingerprint.as_ref().map(|fingerprint| fingerprint.entry(now)) else { continue };
            if components.get(id).is_none_or(|old| old.digest != new.digest) {
                components.insert(id.clone(), new);
            }
        }
        Self { format: FORMAT.to_owned(), scheme: SCHEME, server_major, components }
    }

    /// How many components it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// How many of the components that were seen are not in it.
    #[must_use]
    pub fn unknown(&self, watched: &Watched) -> usize {
        let new = |(id, seen): &(&String, &Option<Fingerprint>)| {
            seen.is_some() && !self.components.contains_key(*id)
        };
        watched.seen.iter().filter(new).count()
    }

    /// Why nothing can be compared with it on this server: digests of another scheme, or of another major version, which
    /// prints definitions in another way, differ without any change.
    #[must_use]
    pub fn stale(&self, version: &str) -> Option<String> {
        if self.scheme != SCHEME {
            Some("another version of schema-audit took the baseline".to_owned())
        } else if self.server_major != major(version) {
            Some(format!("the baseline was taken on PostgreSQL {}", self.server_major))
        } else {
            None
        }
    }

    /// What it says of a component that was read in whole.
    #[must_use]
    pub fn judge(&self, id: &ComponentId, seen: &Fingerprint, version: &str) -> Verdict {
        let Some(accepted) = self.components.get(&id.to_string()) else { return Verdict::Fine };
        if let Some(why) = self.stale(version) {
            return Verdict::Stale(why);
        }
        let seen = seen.entry(None);
        if seen.digest == accepted.digest {
            return Verdict::Fine;
        }
        let names: BTreeSet<&String> = accepted.parts.keys().chain(seen.parts.keys()).collect();
        let mut changed: Vec<&str> = names
            .into_iter()
            .filter(|name| accepted.parts.get(*name) != seen.parts.get(*name))
            .map(String::as_str)
            .collect();
        // The whole text of a function, where the part that changed has a name of its own.
        if id.kind == Kind::Function && changed.len() > 1 {
            changed.retain(|name| *name != "definition");
        }
        let since = accepted.accepted_at.as_deref().map(|at| format!(" at {at}")).unwrap_or_default();
        let parts = if changed.is_empty() { String::new() } else { format!(": {}", changed.join(", ")) };
        Verdict::Drifted(format!("it changed since it was accepted{since}{parts}"))
    }
}

#[cfg(test)]
mod tests;
