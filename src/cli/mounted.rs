//! What Kubernetes mounts into the Job of a migration: the bundle and the Secrets, as directories of files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::ByteString;

use super::connection::Named;
use crate::api::secret_reference::CaSecretReference;
use crate::bundle::{self, Bundle};
use crate::kubernetes::secret::{self, Mounted, SecretError};
use crate::postgres::apply::backup::Variables;

/// Why a mounted directory does not do. Holds no value of a Secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the directory {0} cannot be read: {1}")]
    Directory(String, #[source] std::io::Error),
    #[error("{0}: {1}")]
    Bundle(String, #[source] bundle::Error),
    #[error("{0}")]
    Secret(#[from] SecretError),
}

/// Reads a bundle.
pub(super) fn bundle(directory: &Path) -> Result<Bundle, Error> {
    bundle::decode(&files(directory)?).map_err(|error| Error::Bundle(directory.display().to_string(), error))
}

/// The database that mounted Secrets mean, by the same rules as for an audit.
pub(super) fn connection(
    bundle: &Bundle,
    directory: &Path,
    authority: Option<&Path>,
) -> Result<Named, Error> {
    let data = |path: &Path| -> Result<secret::Data, Error> {
        Ok(files(path)?.into_iter().map(|(name, bytes)| (name, ByteString(bytes))).collect())
    };
    let key = bundle.ca_key.clone().unwrap_or_else(|| "ca.crt".to_owned());
    let authority = match authority {
        Some(path) => {
            let name = path.display().to_string();
            Some((CaSecretReference { name, key }, path.to_owned(), data(path)?))
        }
        None => None,
    };
    let own = data(directory)?;
    let given = authority.as_ref().map(|(reference, _, data)| (reference, data));
    let Mounted { target, settings, own_certificates } = secret::mounted(&bundle.secret_ref, &own, given)?;
    let mut variables = settings.variables();
    let file: Option<PathBuf> = match (own_certificates, &authority) {
        (Some(key), _) => Some(directory.join(key)),
        (None, Some((reference, path, _))) => Some(path.join(&reference.key)),
        (None, None) => None,
    };
    // libpq would look for a file in the home directory; with any other mode it refuses the authorities of the system.
    let is_full = variables.iter().any(|(name, value)| *name == "PGSSLMODE" && value == "verify-full");
    let file = file.map(|file| file.display().to_string()).or(is_full.then(|| "system".to_owned()));
    if let Some(file) = file {
        variables.push(("PGSSLROOTCERT", file));
    }
    Ok(Named { target, variables: Variables(variables) })
}

/// The files of a directory, by name. A volume also has hidden directories, which the files are links into.
fn files(directory: &Path) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let failed = |error| Error::Directory(directory.display().to_string(), error);
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("..") && path.is_file() {
            files.insert(name, std::fs::read(&path).map_err(failed)?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::api::secret_reference::{SecretKeys, SecretReference};

    /// What `pg_dump` is told, of a Secret with these keys that the spec refers to like this.
    fn told(secret: &[(&str, &str)], secret_ref: SecretReference) -> BTreeMap<&'static str, String> {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("elsewhere"), "elsewhere").unwrap();
        let path = directory.path().join("secret");
        std::fs::create_dir(&path).unwrap();
        for (key, value) in secret {
            std::fs::write(path.join(key), value).unwrap();
        }
        let bundle = Bundle {
            rests: Vec::new(),
            terms: crate::core::plan::Terms::default(),
            wanted: Vec::new(),
            secret_ref,
            ca_key: None,
            ask_planner: true,
            look_timeout_milliseconds: 1000,
            settings: crate::core::plan::Settings::default(),
        };
        let Variables(variables) = connection(&bundle, &path, None).unwrap().variables;
        variables.into_iter().collect()
    }

    const PARTS: [(&str, &str); 3] = [("host", "db"), ("user", "app"), ("password", "pw")];

    #[test]
    fn a_backup_is_told_the_connection_that_the_audit_has() {
        let variables = told(&PARTS, SecretReference::default());
        assert_eq!((variables["PGHOST"].as_str(), variables["PGPASSWORD"].as_str()), ("db", "pw"));
        let keys = SecretKeys { host: Some("replica".into()), ..SecretKeys::default() };
        let url = [("uri", "postgres://app:p%27w@db/shop"), ("replica", "db-2\n")];
        let variables = told(&url, SecretReference { keys: Some(keys), ..SecretReference::default() });
        assert_eq!((variables["PGHOST"].as_str(), variables["PGPASSWORD"].as_str()), ("db-2", "p'w"));
    }

    #[test]
    fn a_backup_trusts_the_authorities_of_the_system_only_where_libpq_takes_them() {
        let trusted =
            |secret: &[(&str, &str)]| told(secret, SecretReference::default()).get("PGSSLROOTCERT").cloned();
        assert_eq!(trusted(&PARTS).as_deref(), Some("system"));
        assert_eq!(trusted(&[("uri", "postgres://app:pw@db/shop")]).as_deref(), Some("system"));
        for secret in [
            [PARTS.as_slice(), &[("sslmode", "require")]].concat(),
            vec![("uri", "postgres://app:pw@db/shop?sslmode=disable")],
        ] {
            assert_eq!(trusted(&secret), None, "{secret:?}");
        }
    }
}
