//! What a role may not see, and what another session holds.

use crate::command::{Documents, audit, audit_of, text};
use crate::support::Database;

#[test]
fn c8_a_role_without_privileges_sees_all_but_rows() {
    let sql = "create schema hidden; create table hidden.badges (key text primary key, title text);";
    let database = Database::with(sql);
    database.execute("insert into hidden.badges values ('closer', 'Closer')");
    let role = database.role();
    let documents = Documents::new(&[(
        "core.sql",
        &format!("{sql}\ninsert into hidden.badges (key) values ('closer') on conflict (key) do nothing;\n"),
    )]);
    let call = audit().environment("DATABASE_URL", &database.url_as(&role.name, &role.password));
    let (code, report) = call.secret(&role.password).features(documents.path()).report();
    assert_eq!(code, 1);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report}");
    assert_eq!(findings[0]["component"], "seed_row/hidden.badges(key='closer')");
    assert_eq!(findings[0]["state"], "Unknown");
    let reason = text(&findings[0]["reason"]);
    assert!(reason.to_lowercase().contains("grant"), "{reason}");
}

#[test]
fn c1_a_locked_table_holds_up_nothing() {
    let database = Database::with(
        "create table leads (id int primary key, score int default 0 check (score >= 0));
         create table badges (key text primary key);
         insert into badges values ('closer')",
    );
    let documents = Documents::new(&[(
        "core.sql",
        "create table leads (id int primary key, score int default 0 check (score >= 0));
         create table badges (key text primary key);
         insert into badges values ('closer') on conflict (key) do nothing;",
    )]);
    let locks = (database.lock("leads"), database.lock("badges"));
    let call = audit_of(&database).features(documents.path()).arguments(&["--lock-timeout", "100ms"]);
    let (code, report) = call.report();
    drop(locks);
    let findings = report["findings"].as_array().unwrap();
    let components: Vec<&str> = findings.iter().map(|finding| text(&finding["component"])).collect();
    // The expression of the check cannot be read without its table; the default can.
    assert_eq!(
        components,
        ["constraint/public.leads.leads_score_check", "seed_row/public.badges(key='closer')"]
    );
    for finding in findings {
        assert_eq!(finding["state"], "Unknown");
        assert!(text(&finding["reason"]).contains("lock"), "{report}");
    }
    assert_eq!(report["coverage"]["definitions"]["compared"], 1);
    assert_eq!(code, 1);
}
