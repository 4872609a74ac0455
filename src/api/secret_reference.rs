//! How a spec names the Secrets that a connection comes from.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of an object, as Kubernetes checks it: RFC 1123's subdomain (`IsDNS1123Subdomain` in apimachinery).
pub(super) const OBJECT_NAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// A key of a Secret, as Kubernetes checks it (`IsConfigMapKey` in apimachinery): characters of a file name, and neither
/// `.` nor what begins with `..`.
const SECRET_KEY: &str = r"^(\.[-_a-zA-Z0-9]|[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$";

/// The Secret with the connection.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!(has(self.key) && has(self.keys))")
    .message("give key, for one key that holds a whole connection URL, or keys, for one key per part, not both"))]
#[serde(rename_all = "camelCase")]
pub struct SecretReference {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub name: String,

    /// The one key of the Secret that holds a whole connection URL, such as `postgres://user:password@host/dbname`.
    /// Without key and keys, the layouts of `CloudNativePG` and of the Service Binding specification are recognised:
    /// uri, or host, port, dbname, username (or user) and password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub key: Option<String>,

    /// Which key of the Secret holds which part of the connection, where the keys have names of their own. Parts that
    /// are not listed are looked for under their usual names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<SecretKeys>,
}

/// Which key of the Secret holds which part of the connection.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeys {
    /// The key that holds a whole connection URL. The other parts are not needed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub uri: Option<String>,

    /// The key that holds the host name or address of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub host: Option<String>,

    /// The key that holds the port. Without it, port 5432 is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub port: Option<String>,

    /// The key that holds the name of the database. Without it, the name of the user is used, as PostgreSQL does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub dbname: Option<String>,

    /// The key that holds the name of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub user: Option<String>,

    /// The key that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub password: Option<String>,

    /// The key that holds the TLS mode, with the words of libpq: disable, prefer, require, verify-ca or verify-full.
    /// Without it, verify-full holds: the connection is encrypted, and the server must prove who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub sslmode: Option<String>,
}

impl SecretKeys {
    /// The parts that have a key, each under its name in the spec, which is libpq's but for `uri`, with the key.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        // A part that is added later must be considered here.
        let Self { uri, host, port, dbname, user, password, sslmode } = self;
        [
            ("uri", uri),
            ("host", host),
            ("port", port),
            ("dbname", dbname),
            ("user", user),
            ("password", password),
            ("sslmode", sslmode),
        ]
        .into_iter()
        .filter_map(|(part, key)| Some((part, key.as_deref()?)))
    }
}

/// The Secret with the certificate authority.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaSecretReference {
    /// The name of the Secret, in the namespace of the SchemaAudit.
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub name: String,

    /// The key that holds the certificates, in PEM form. The default is ca.crt.
    #[serde(default = "default_ca_key")]
    #[schemars(length(min = 1, max = 253), regex(pattern = SECRET_KEY))]
    pub key: String,
}

fn default_ca_key() -> String {
    "ca.crt".to_owned()
}
