//! What a migration needs to know, as files: the feature sets with their SQL, which of their features are wanted, where
//! in the Secret the connection is, and the settings that the plan's digest covers.
//!
//! The operator writes it into `ConfigMaps`, the Job reads it back: compressed JSON, cut into parts that fit. It holds no
//! secret. The same content gives the same digest and the same names of parts, and what is read is what was written: a
//! part that is missing, of another bundle, or changed is an error.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::api::secret_reference::SecretReference;
use crate::core::audit::requirement::Selection;
use crate::core::feature::FeatureSet;
use crate::core::plan;

/// The most bytes of one part: a `ConfigMap` may hold 1 MiB, names and labels included.
pub const PART_BYTES: usize = 900 * 1000;

/// The most that a bundle may hold, unpacked: what a directory of SQL may be, with room for more.
const MOST_BYTES: u64 = 256 << 20;

/// The version of the content.
const FORMAT: &str = "schemaaudit.dev/bundle/v1";

/// What a migration needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    /// The feature sets, and what is wanted of each.
    pub wanted: Vec<Wanted>,
    /// Where in the Secret of the migration the connection is. The Secret's keys are files beside the bundle.
    pub secret_ref: SecretReference,
    /// The key with the certificates of the authority, of the Secret that `caSecretRef` names, if one does.
    pub ca_key: Option<String>,
    /// Whether the server's planner is asked about definitions: what is compared decides what is planned.
    pub ask_planner: bool,
    /// How long one look at the database may take, in milliseconds.
    pub look_timeout_milliseconds: u64,
    /// The settings of the plan.
    pub settings: plan::Settings,
    /// The digests of what is left of the plan after each of its segments: [`plan::Plan::rests`]. A Job whose pod went in
    /// the middle goes on from there in another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests: Vec<String>,
    /// The terms of the plan.
    pub terms: plan::Terms,
}

/// A feature set, and what of it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// The set, with the text of its SQL.
    pub set: FeatureSet,
    /// The features, and the schema.
    pub selection: Selection,
}

/// The content with its version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format: &'static str,
    bundle: &'a Bundle,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyDocument {
    format: String,
    bundle: serde_json::Value,
}

/// A bundle, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The digest of the content: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The parts, in order: each with the key that it goes by, which no part of another bundle has.
    pub parts: Vec<(String, Vec<u8>)>,
}

/// Why a bundle cannot be written or read. None holds a text of the bundle.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is larger than what is ever read back.
    #[error("the features are larger than {} MiB", MOST_BYTES >> 20)]
    TooLarge,
    /// There is no part, or one is missing.
    #[error("the bundle is not whole: {found} of {count} parts are there")]
    NotWhole {
        /// How many were found.
        found: usize,
        /// How many there should be.
        count: usize,
    },
    /// Parts of two bundles.
    #[error("parts of more than one bundle are there")]
    Mixed,
    /// What is read is not what was written.
    #[error("the bundle was changed, or cut off: its digest is another")]
    Changed,
    /// Another version of this program wrote it.
    #[error("the bundle is of the format {0:?}, which this version does not know (it knows {FORMAT})")]
    Format(String),
    /// It is no bundle at all.
    #[error("the bundle cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is no bundle at all.
    #[error("the bundle cannot be read: it is not the JSON of a bundle (line {}, column {})", .0.line(), .0.column())]
    Json(#[from] serde_json::Error),
}

/// Writes a bundle. `part_bytes` is the most that a part may take: [`PART_BYTES`].
pub fn encode(bundle: &Bundle, part_bytes: usize) -> Result<Encoded, Error> {
    let json = serde_json::to_vec(&Document { format: FORMAT, bundle })?;
    if json.len() as u64 > MOST_BYTES {
        return Err(Error::TooLarge);
    }
    let digest = digits(&json);
    // Without a file name and a time, so that the same content gives the same bytes.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&json)?;
    let packed = encoder.finish()?;
    let chunks: Vec<&[u8]> = packed.chunks(part_bytes.max(1)).collect();
    let parts = chunks.iter().enumerate();
    let parts = parts.map(|(at, chunk)| (key(&digest, at + 1, chunks.len()), chunk.to_vec())).collect();
    Ok(Encoded { digest: format!("sha256:{digest}"), parts })
}

/// Reads the parts of a bundle, by their keys. Files that are no parts are passed over: a mounted volume has some of
/// its own.
pub fn decode(files: &BTreeMap<String, Vec<u8>>) -> Result<Bundle, Error> {
    let mut parts: BTreeMap<usize, &[u8]> = BTreeMap::new();
    let mut of: Option<(&str, usize)> = None;
    for (name, bytes) in files {
        let Some((digest, at, count)) = parse_key(name) else { continue };
        if of.is_some_and(|of| of != (digest, count)) {
            return Err(Error::Mixed);
        }
        of = Some((digest, count));
        parts.insert(at, bytes);
    }
    let (digest, count) = of.unwrap_or(("", 1));
    if parts.len() != count {
        return Err(Error::NotWhole { found: parts.len(), count });
    }
    let packed: Vec<u8> = parts.into_values().flatten().copied().collect();
    let mut json = Vec::new();
    GzDecoder::new(packed.as_slice()).take(MOST_BYTES + 1).read_to_end(&mut json)?;
    if json.len() as u64 > MOST_BYTES {
        return Err(Error::TooLarge);
    }
    if !digits(&json).starts_with(digest) {
        return Err(Error::Changed);
    }
    let AnyDocument { format, bundle } = serde_json::from_slice(&json)?;
    if format == FORMAT { Ok(serde_json::from_value(bundle)?) } else { Err(Error::Format(format)) }
}

/// How many digits of the digest are in a key: enough that nobody finds another content for one.
const KEY_DIGITS: usize = 32;

/// `bundle-`, [`KEY_DIGITS`] digits, `-1-of-3`: characters that a key of a `ConfigMap`, its name and a file name may all have.
fn key(digest: &str, at: usize, count: usize) -> String {
    let digest = digest.get(..KEY_DIGITS).unwrap_or(digest);
    format!("bundle-{digest}-{at}-of-{count}")
}

fn parse_key(key: &str) -> Option<(&str, usize, usize)> {
    let (digest, place) = key.strip_prefix("bundle-")?.split_once('-')?;
    let (at, count) = place.split_once("-of-")?;
    let (at, count) = (at.parse().ok()?, count.parse().ok()?);
    (digest.len() == KEY_DIGITS && (1..=count).contains(&at)).then_some((digest, at, count))
}

fn digits(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().flat_map(|byte| [byte >> 4, byte & 0xf]).fold(
        String::new(),
        |mut text, half| {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or_default());
            text
        },
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::feature::{Feature, RequiredQuery, Requires, Source};
    use crate::core::name::Identifier;

    /// A bundle whose SQL does not compress well.
    fn bundle() -> Bundle {
        let text: String = (0..4000_u32).map(|n| digits(&n.to_be_bytes())).collect();
        let source = Source { name: Arc::from("one.sql"), text: Arc::from(text) };
        let queries = vec![RequiredQuery { name: "q".into(), sql: "select true".into() }];
        let feature = Feature {
            name: Arc::from("core"),
            title: Some("Größe".into()),
            depends_on: vec!["other".into()],
            sources: vec![source],
            requires: Requires { tables: vec!["a.b".into()], queries, ..Requires::default() },
            ..Feature::default()
        };
        let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
        let schema = Some(Identifier::new("Tenant"));
        Bundle {
            wanted: vec![Wanted {
                set,
                selection: Selection { features: vec!["core".into()], schema, owners: true },
            }],
            secret_ref: SecretReference { name: "shop-db".into(), ..SecretReference::default() },
            ca_key: Some("ca.crt".into()),
            ask_planner: true,
            look_timeout_milliseconds: 30_000,
            settings: plan::Settings::default(),
            rests: vec!["sha256:0".into()],
            terms: plan::Terms::default(),
        }
    }

    fn files(encoded: &Encoded) -> BTreeMap<String, Vec<u8>> {
        encoded.parts.iter().cloned().chain([("..data".to_owned(), vec![1])]).collect()
    }

    #[test]
    fn what_is_written_is_read_back_from_as_many_parts_as_it_takes() {
        for (part_bytes, count) in [(PART_BYTES, 1), (20_000, 8)] {
            let encoded = encode(&bundle(), part_bytes).unwrap();
            assert_eq!(encoded.parts.len(), count);
            assert!(encoded.parts.iter().all(|(_, bytes)| bytes.len() <= part_bytes));
            assert!(decode(&files(&encoded)).unwrap() == bundle());
        }
    }

    #[test]
    fn the_same_content_has_the_same_digest_and_another_one_has_another() {
        let (one, again) = (encode(&bundle(), PART_BYTES).unwrap(), encode(&bundle(), 20_000).unwrap());
        assert_eq!(one.digest, again.digest);
        assert_eq!(one, encode(&bundle(), PART_BYTES).unwrap());
        let mut other = bundle();
        other.wanted[0].selection.owners = false;
        assert_ne!(encode(&other, PART_BYTES).unwrap().digest, one.digest);
    }

    #[test]
    fn keys_are_names_of_files_and_of_config_maps() {
        let encoded = encode(&bundle(), 20_000).unwrap();
        for (key, _) in &encoded.parts {
            assert!(
                key.len() < 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                "{key}"
            );
        }
    }

    #[test]
    fn a_bundle_that_is_not_whole_or_not_what_was_written_is_refused() {
        let encoded = encode(&bundle(), 20_000).unwrap();
        let whole = files(&encoded);
        let mut missing = whole.clone();
        missing.remove(&encoded.parts[3].0);
        assert!(matches!(decode(&missing), Err(Error::NotWhole { found: 7, count: 8 })));
        assert!(matches!(decode(&BTreeMap::new()), Err(Error::NotWhole { found: 0, count: 1 })));
        let mut mixed = whole.clone();
        mixed.insert(key(&"0".repeat(64), 1, 8), Vec::new());
        assert!(matches!(decode(&mixed), Err(Error::Mixed)));
        let mut swapped = whole.clone();
        swapped.insert(encoded.parts[0].0.clone(), encoded.parts[1].1.clone());
        assert!(matches!(decode(&swapped), Err(Error::Unreadable(_))));
        // The same bytes under the name of another content.
        let other = encode(&bundle(), PART_BYTES).unwrap().parts.remove(0).1;
        let renamed = BTreeMap::from([(key(&"0".repeat(64), 1, 1), other)]);
        assert!(matches!(decode(&renamed), Err(Error::Changed)));
    }

    #[test]
    fn another_format_is_named() {
        let json = br#"{"format": "schemaaudit.dev/bundle/v9", "bundle": {"new": 1}}"#;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(json).unwrap();
        let file = (key(&digits(json), 1, 1), encoder.finish().unwrap());
        let error = decode(&BTreeMap::from([file])).unwrap_err().to_string();
        assert!(error.contains("schemaaudit.dev/bundle/v9"), "{error}");
    }
}
