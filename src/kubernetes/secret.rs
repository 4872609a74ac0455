//! The Secret with the connection: read by name in the audit's own namespace, at each audit.
//!
//! Host, user, password and TLS mode come from that one Secret, so that whoever may write a `SchemaAudit` but not read
//! the Secret cannot send its password elsewhere. No value of it ever reaches an error, a log or a status: errors name
//! keys only.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Attempt, CallError, call};
use crate::api::schema_audit::Database;
use crate::api::secret_reference::{CaSecretReference, SecretKeys, SecretReference};
use crate::postgres;
use crate::postgres::{Origin, Settings, Target};

/// Where a Secret may keep the certificates that its server is to be trusted by.
const CA_KEYS: &[&str] = &["ca.crt", "sslrootcert"];

/// The keys and values of a Secret.
pub type Data = BTreeMap<String, ByteString>;

/// Why a Secret gives no connection.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is no such Secret.
    #[error("Secret {name} does not exist in the namespace of the SchemaAudit")]
    NotFound {
        /// Its name.
        name: String,
    },
    /// A key is not there.
    #[error("Secret {name} has no key {}; it has {}", .looked_for.join(" or "), list(.found))]
    KeyMissing {
        /// Its name.
        name: String,
        /// The keys of which one is needed.
        looked_for: Vec<String>,
        /// The keys that it has.
        found: Vec<String>,
    },
    /// A value cannot be text.
    #[error("key {key} of Secret {name} is not UTF-8 text")]
    NotText {
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// The values make no connection.
    #[error("Secret {name} does not hold a usable connection: {problem}")]
    InvalidConnection {
        /// Its name.
        name: String,
        /// What is wrong, without a value of the Secret.
        problem: postgres::Error,
    },
    /// The API server did not deliver it.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Reads the Secret that an audit names and makes the target of it.
pub async fn target(client: &Client, namespace: &str, database: &Database) -> Result<Target, SecretError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let SecretReference { name, .. } = &database.secret_ref;
    let data = read(&secrets, name).await?;
    let certificates = match (&database.ca_secret_ref, has_own_certificates(&data)) {
        (Some(reference), false) => Some((reference, read(&secrets, &reference.name).await?)),
        _ => None,
    };
    let certificates = certificates.as_ref().map(|(reference, data)| (*reference, data));
    target_of(&database.secret_ref, &data, certificates)
}

/// The target that a Secret means. Its own certificates win over those of another Secret.
fn target_of(
    reference: &SecretReference,
    data: &Data,
    authority: Option<(&CaSecretReference, &Data)>,
) -> Result<Target, SecretError> {
    Ok(mounted(reference, data, authority)?.target)
}

/// A connection from the data of Secrets that are at hand.
#[derive(Debug)]
pub struct Mounted {
    /// The database.
    pub target: Target,
    /// What it was made of.
    pub settings: Settings,
    /// The key of the Secret with the certificates of the authority, if it has one of its own.
    pub own_certificates: Option<&'static str>,
}

/// The connection that a Secret means whose data is at hand: in a volume, each key is a file.
pub fn mounted(
    reference: &SecretReference,
    data: &Data,
    authority: Option<(&CaSecretReference, &Data)>,
) -> Result<Mounted, SecretError> {
    let settings = settings_of(reference, data)?;
    let certificates = certificates_of(reference, data, authority)?;
    let target =
        Target::new(&settings, certificates.as_deref()).map_err(|problem| invalid(reference, problem))?;
    let own_certificates = CA_KEYS.iter().find(|key| data.contains_key(**key)).copied();
    Ok(Mounted { target, settings, own_certificates })
}

/// The settings of the connection that a Secret means.
fn settings_of(reference: &SecretReference, data: &Data) -> Result<Settings, SecretError> {
    Settings::parse(&connection_string(reference, data)?, Origin::Secret)
        .map_err(|problem| invalid(reference, problem))
}

fn certificates_of(
    reference: &SecretReference,
    data: &Data,
    authority: Option<(&CaSecretReference, &Data)>,
) -> Result<Option<String>, SecretError> {
    match (own_certificates(&reference.name, data)?, authority) {
        (Some(own), _) => Ok(Some(own)),
        (None, Some((CaSecretReference { name, key }, data))) if data.contains_key(key) => {
            text(name, key, data).map(Some)
        }
        (None, Some((CaSecretReference { name, key }, data))) => Err(key_missing(name, &[key], data)),
        (None, None) => Ok(None),
    }
}

fn invalid(reference: &SecretReference, problem: postgres::Error) -> SecretError {
    SecretError::InvalidConnection { name: reference.name.clone(), problem }
}

fn has_own_certificates(data: &Data) -> bool {
    CA_KEYS.iter().any(|key| data.contains_key(*key))
}

async fn read(secrets: &Api<Secret>, name: &str) -> Result<Data, SecretError> {
    let secret = call(|| Attempt::new("reading", "Secret", name), secrets.get_opt(name)).await?;
    let secret = secret.ok_or_else(|| SecretError::NotFound { name: name.to_owned() })?;
    Ok(secret.data.unwrap_or_default())
}

/// The certificates that the connection's own Secret names.
fn own_certificates(name: &str, data: &Data) -> Result<Option<String>, SecretError> {
    CA_KEYS.iter().find(|key| data.contains_key(**key)).map(|key| text(name, key, data)).transpose()
}

/// The connection string that the Secret holds or, part by part, means. It carries the password: never print it.
fn connection_string(reference: &SecretReference, data: &Data) -> Result<String, SecretError> {
    let SecretReference { name, key, keys } = reference;
    let parts = Parts { name, keys: keys.as_ref(), data };
    if let Some(key) = key {
        return parts.required(&[key]);
    }
    match parts.mapped("uri") {
        Some(key) => Ok(with_overrides(parts.required(&[key])?, &parts.given()?)),
        None if data.contains_key("uri") => Ok(with_overrides(parts.required(&["uri"])?, &parts.given()?)),
        None => parts.joined(),
    }
}

/// What a URL may carry in its query as it is.
const QUERY: &AsciiSet = NON_ALPHANUMERIC;

/// A URL with some parts said again behind it: libpq lets them win over those in front.
fn with_overrides(mut url: String, parts: &[(&str, String)]) -> String {
    for (part, value) in parts {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(part);
        url.push('=');
        url.extend(utf8_percent_encode(value, QUERY));
    }
    url
}

/// The parts of a connection under libpq's names, each with the keys that it has where the spec names none, and whether
/// there is no connection without it.
const PARTS: [(&str, &[&str], bool); 6] = [
    // A Secret that has none of the layouts lacks `uri` as much as it lacks `host`.
    ("host", &["uri", "host"], true),
    ("user", &["username", "user"], true),
    ("password", &["password"], true),
    ("port", &["port"], false),
    ("dbname", &["dbname", "database"], false),
    ("sslmode", &["sslmode"], false),
];

/// The parts of a connection in a Secret.
struct Parts<'a> {
    name: &'a str,
    keys: Option<&'a SecretKeys>,
    data: &'a Data,
}

impl<'a> Parts<'a> {
    /// The key that the spec maps a part to.
    fn mapped(&self, part: &str) -> Option<&'a str> {
        let mut given = self.keys.into_iter().flat_map(SecretKeys::given);
        given.find(|(given, _)| *given == part).map(|(_, key)| key)
    }

    /// The value of the first of these keys that is there.
    fn required(&self, keys: &[&str]) -> Result<String, SecretError> {
        self.optional(keys)?.ok_or_else(|| key_missing(self.name, keys, self.data))
    }

    fn optional(&self, keys: &[&str]) -> Result<Option<String>, SecretError> {
        let there = keys.iter().find(|key| self.data.contains_key(**key));
        there.map(|key| text(self.name, key, self.data)).transpose()
    }

    /// The parts that the spec maps to keys, under libpq's names.
    fn given(&self) -> Result<Vec<(&'static str, String)>, SecretError> {
        let parts = self.keys.into_iter().flat_map(SecretKeys::given).filter(|(part, _)| *part != "uri");
        parts.map(|(part, key)| Ok((part, self.required(&[key])?))).collect()
    }

    /// All parts from keys of their own, as libpq's `key='value'` pairs.
    fn joined(&self) -> Result<String, SecretError> {
        let mut pairs = Vec::new();
        for (part, usual, is_needed) in PARTS {
            let value = match self.mapped(part) {
                Some(key) => Some(self.required(&[key])?),
                None if is_needed => Some(self.required(usual)?),
                None => self.optional(usual)?,
            };
            pairs.extend(value.map(|value| format!("{part}='{}'", quoted(&value))));
        }
        Ok(pairs.join(" "))
    }
}

/// A value inside single quotes, as libpq reads it.
fn quoted(value: &str) -> String {
    value.replace('\\', r"\\").replace('\'', r"\'")
}

/// A value as text. Tools that write Secrets by hand often leave a line end behind it.
fn text(name: &str, key: &str, data: &Data) -> Result<String, SecretError> {
    let bytes = data.get(key).map(|value| value.0.as_slice()).unwrap_or_default();
    let text = std::str::from_utf8(bytes)
        .map_err(|_not_text| SecretError::NotText { name: name.to_owned(), key: key.to_owned() })?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn key_missing(name: &str, looked_for: &[&str], data: &Data) -> SecretError {
    SecretError::KeyMissing {
        name: name.to_owned(),
        looked_for: looked_for.iter().map(|key| (*key).to_owned()).collect(),
        found: data.keys().cloned().collect(),
    }
}

fn list(keys: &[String]) -> String {
    if keys.is_empty() { "no keys at all".to_owned() } else { keys.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> Data {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec()))).collect()
    }

    fn reference(key: Option<&str>, keys: Option<SecretKeys>) -> SecretReference {
        SecretReference { name: "shop-db".into(), key: key.map(Into::into), keys }
    }

    const CLOUD_NATIVE_PG: &[(&str, &str)] = &[
        ("dbname", "app"),
        ("host", "shop-rw"),
        ("jdbc-uri", "jdbc:postgresql://shop-rw.shop:5432/app?password=pw&user=app"),
        ("password", "pw"),
        ("pgpass", "shop-rw:5432:app:app:pw\n"),
        ("port", "5432"),
        ("uri", "postgresql://app:pw@shop-rw.shop:5432/app"),
        ("user", "app"),
        ("username", "app"),
    ];

    #[test]
    fn r53_the_layouts_of_other_tools_are_recognised() {
        let service_binding = [
            ("type", "postgresql"),
            ("host", "db.example"),
            ("port", "6432"),
            ("database", "app"),
            ("username", "app"),
            ("password", "p'w\\"),
        ];
        let mapped = SecretKeys {
            host: Some("PGHOST".into()),
            user: Some("PGUSER".into()),
            password: Some("PGPASSWORD".into()),
            ..SecretKeys::default()
        };
        for (reference, data, expected) in [
            (reference(None, None), data(CLOUD_NATIVE_PG), "postgresql://app:pw@shop-rw.shop:5432/app"),
            (
                reference(None, None),
                data(&service_binding),
                r"host='db.example' user='app' password='p\'w\\' port='6432' dbname='app'",
            ),
            (reference(Some("url"), None), data(&[("url", "postgres://a:b@c/d\n")]), "postgres://a:b@c/d"),
            (
                reference(None, Some(mapped)),
                data(&[("PGHOST", "h"), ("PGUSER", "u"), ("PGPASSWORD", "p"), ("sslmode", "require")]),
                "host='h' user='u' password='p' sslmode='require'",
            ),
        ] {
            assert_eq!(connection_string(&reference, &data).unwrap(), expected);
        }
    }

    #[test]
    fn every_part_that_the_spec_maps_is_part_of_the_connection() {
        let of = |part: &str| Some(format!("KEY_{part}"));
        let keys = SecretKeys {
            uri: None,
            host: of("host"),
            port: of("port"),
            dbname: of("dbname"),
            user: of("user"),
            password: of("password"),
            sslmode: of("sslmode"),
        };
        let parts: Vec<(&str, String)> = keys.given().map(|(part, key)| (key, part.to_uppercase())).collect();
        let pairs: Vec<(&str, &str)> = parts.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let connection = connection_string(&reference(None, Some(keys.clone())), &data(&pairs)).unwrap();
        for (part, _) in keys.given() {
            assert!(connection.contains(&format!("{part}='{}'", part.to_uppercase())), "{connection}");
        }
        // A key that the spec names is looked for alone, also of a part that a connection can do without.
        let others: Vec<_> = pairs.iter().filter(|(key, _)| *key != "KEY_port").copied().collect();
        let others = data(&[others.as_slice(), &[("port", "5433")]].concat());
        let error = connection_string(&reference(None, Some(keys)), &others).unwrap_err();
        assert!(error.to_string().starts_with("Secret shop-db has no key KEY_port; it has "), "{error}");
    }

    #[test]
    fn mapped_parts_win_over_those_in_the_url() {
        let keys = SecretKeys { password: Some("rotated".into()), ..SecretKeys::default() };
        let data = data(&[("uri", "postgres://app:old@h/app"), ("rotated", "n&w ?")]);
        let connection = connection_string(&reference(None, Some(keys)), &data).unwrap();
        assert_eq!(connection, "postgres://app:old@h/app?password=n%26w%20%3F");
    }

    #[test]
    fn a_missing_key_is_named_beside_those_that_are_there_and_no_value_is() {
        for (reference, data, expected) in [
            (
                reference(None, None),
                data(&[("url", "postgres://a:hunter2@h/d"), ("password", "hunter2")]),
                "Secret shop-db has no key uri or host; it has password, url",
            ),
            (
                reference(None, None),
                data(&[("host", "h"), ("user", "u")]),
                "Secret shop-db has no key password; it has host, user",
            ),
            (reference(Some("url"), None), data(&[]), "Secret shop-db has no key url; it has no keys at all"),
        ] {
            let error = connection_string(&reference, &data).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_by_name() {
        let data = Data::from([("url".to_owned(), ByteString(vec![0xff]))]);
        let error = connection_string(&reference(Some("url"), None), &data).unwrap_err();
        assert_eq!(error.to_string(), "key url of Secret shop-db is not UTF-8 text");
    }
}
