//! What the script of a backup gives to `pg_dump`, and what backups are called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use tempfile::TempDir;

use super::*;

/// Says libpq's variables, and writes the file that it is asked for.
const PG_DUMP: &str = "#!/bin/sh
env | grep ^PG
for argument; do case $argument in --file=*) echo saved >\"${argument#--file=}\" ;; esac; done
";

/// The variables that `pg_dump` gets, of a Secret with these keys, where the script is told these names of keys.
fn given(secret: &[(&str, &str)], told: &[(&str, &str)]) -> BTreeMap<String, String> {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["bin", "secret", "backup"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("backup/elsewhere"), "elsewhere").unwrap();
    for (key, value) in secret {
        fs::write(path("secret").join(key), value).unwrap();
    }
    for (program, text) in [("bin/pg_dump", PG_DUMP), ("bin/pg_restore", "#!/bin/sh\n")] {
        fs::write(path(program), text).unwrap();
        fs::set_permissions(path(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new("/bin/sh")
        .args(["-c", BACKUP_SCRIPT])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", path("bin").display()))
        .env("SECRET_DIRECTORY", path("secret"))
        .env("BACKUP_FILE", path("backup/file"))
        .envs(told.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success() && path("backup/file").is_file(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

const PARTS: [(&str, &str); 3] = [("host", "db"), ("user", "app"), ("password", "pw")];

#[test]
fn a_backup_reads_keys_of_the_secret_and_no_other_files() {
    let variables = given(&PARTS, &[("KEY_HOST", "../backup/elsewhere")]);
    assert_eq!(variables["PGHOST"], "db");
    let other = [PARTS.as_slice(), &[("replica", "db-2")]].concat();
    assert_eq!(given(&other, &[("KEY_HOST", "replica")])["PGHOST"], "db-2");
}

#[test]
fn a_backup_trusts_the_authorities_of_the_system_only_where_libpq_takes_them() {
    let trusted = |secret: &[(&str, &str)]| given(secret, &[]).get("PGSSLROOTCERT").cloned();
    assert_eq!(trusted(&PARTS).as_deref(), Some("system"));
    assert_eq!(trusted(&[("uri", "postgres://app:pw@db/shop")]).as_deref(), Some("system"));
    for secret in [
        [PARTS.as_slice(), &[("sslmode", "require")]].concat(),
        vec![("uri", "postgres://app:pw@db/shop?sslmode=disable")],
    ] {
        assert_eq!(trusted(&secret), None, "{secret:?}");
    }
}

#[test]
fn the_backup_of_an_earlier_audit_of_the_same_name_is_another_file() {
    let audit = json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "SchemaAudit",
        "metadata": {"name": "shop", "namespace": "team"},
        "spec": {"database": {"secretRef": {"name": "db"}}, "featureSets": [{"name": "crm"}]},
    });
    let audit: SchemaAudit = serde_json::from_value(audit).unwrap();
    let started = Timestamp::from_second(1_800_000_000).unwrap();
    assert_eq!(backup_file(&audit, "shop-abcdef-1", started), "team.shop-abcdef-1.20270115T080000Z.dump");
}
