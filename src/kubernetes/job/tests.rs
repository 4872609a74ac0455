//! What backups are called, and how one goes back.

use super::*;

#[test]
fn the_backup_of_an_earlier_audit_of_the_same_name_is_another_file() {
    let audit = json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "SchemaAudit",
        "metadata": {"name": "shop", "namespace": "team"},
        "spec": {
            "database": {"secretRef": {"name": "db"}},
            "featureSets": [{"name": "crm"}],
            "migration": {"mode": "Manual", "backup": {"persistentVolumeClaim": "backups"}},
        },
    });
    let audit: SchemaAudit = serde_json::from_value(audit).unwrap();
    let started = Timestamp::from_second(1_800_000_000).unwrap();
    let file = "team.shop-abcdef-1.20270115T080000Z.dump";
    assert_eq!(backup_file(&audit, "shop-abcdef-1", started), file);
    assert_eq!(
        restore(&audit, "shop-abcdef-1", started).unwrap(),
        format!(
            "pg_restore --clean --if-exists --single-transaction --dbname=\"$NEW_DATABASE_URL\" {file} (in the \
             PersistentVolumeClaim backups; into a new, empty database)"
        )
    );
}
