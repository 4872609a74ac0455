//! `schema-audit audit --compare drift`: what changed since it was accepted.

use std::path::PathBuf;

use serde_json::Value;

use crate::command::{Call, Documents, Outcome, audit_of, findings, text};
use crate::support::Database;

const SQL: &str = "create table users (id int primary key, email text default 'none', check (id > 0));
    create function total(a int) returns int language sql as 'select a';
    create view names as select email from users;
    create materialized view counted as select count(*) as n from users;
    create domain short as text check (length(value) < 9);
    create table moments (at timestamptz default '2024-01-01 00:00:00+02', every interval default '1 day 2 hours',
        exact float8 default 0.1);
    grant insert, select on users to public;
    create policy own on users to public using (id > 1);
    create function touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger touch before update on users for each row when (new.id > 1) execute function touch();";

/// All of it by name only.
const BY_NAME: &str = "kind: FeatureSet
apiVersion: schemaaudit.dev/v1alpha1
metadata: {name: crm}
spec:
  features:
  - name: core
    requires:
      tables: [users, moments]
      columns: [users.id, users.email, moments.at, moments.every, moments.exact]
      functions: [total]
      views: [names]
      materializedViews: [counted]
      types: [short]
      constraints: [users.users_id_check]
      policies: [users.own]
      triggers: [users.touch]
";

/// A database and the documents that require what is in it; the baseline is beside them.
struct World {
    database: Database,
    documents: Documents,
}

impl World {
    fn new() -> Self {
        Self { database: Database::with(SQL), documents: Documents::new(&[("crm.yaml", BY_NAME)]) }
    }

    fn baseline(&self) -> PathBuf {
        self.documents.file("baseline.json")
    }

    fn audit(&self) -> Call {
        let baseline = self.baseline();
        let call = audit_of(&self.database).features(&self.documents.file("crm.yaml"));
        call.arguments(&["--compare", "drift", "--baseline", baseline.to_str().unwrap()])
    }

    fn run(&self) -> Outcome {
        self.audit().run()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.baseline()).unwrap()
    }
}

/// `STATE COMPONENT: changed parts` of the findings.
fn drifted(report: &Value) -> Vec<String> {
    let parts = |finding: &Value| {
        let reason = text(&finding["reason"]);
        assert!(reason.starts_with("it changed since it was accepted at 20"), "{reason}");
        reason.rsplit_once(": ").map_or("", |(_, parts)| parts).to_owned()
    };
    let reasons = report["findings"].as_array().unwrap().iter().map(parts);
    findings(report).into_iter().zip(reasons).map(|(finding, parts)| format!("{finding}: {parts}")).collect()
}

#[test]
fn d3_what_changes_beyond_the_declared_is_drifted_until_it_is_accepted() {
    let world = World::new();
    let first = world.run();
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    assert!(first.stderr.contains("baseline.json: accepted the state of 14 components"), "{}", first.stderr);
    let accepted = world.text();
    let second = world.run();
    assert_eq!((second.code, second.stderr.as_str()), (0, ""), "{}", second.stdout);
    for (change, finding) in [
        (
            "create or replace function total(a int) returns int language sql as 'select a + 1'",
            "Drifted function/public.total: body",
        ),
        (
            "alter function total(int) set search_path = public, pg_temp",
            "Drifted function/public.total: settings",
        ),
        (
            "create or replace view names as select email || '' as email from users",
            "Drifted view/public.names: definition",
        ),
        (
            "alter table users drop constraint users_id_check, add check (id > 1)",
            "Drifted constraint/public.users.users_id_check: expression",
        ),
        ("alter table users alter email set default 'some'", "Drifted column/public.users.email: default"),
        (
            "alter table users alter email drop default",
            "Drifted column/public.users.email: default, has default",
        ),
        ("alter domain short add check (length(value) > 1)", "Drifted type/public.short: check, checks"),
        ("alter policy own on users using (id > 2)", "Drifted policy/public.users.own: using"),
        ("alter table users enable row level security", "Drifted table/public.users: row security"),
        ("alter table users disable trigger touch", "Drifted trigger/public.users.touch: enabled"),
        (
            "drop trigger touch on users; create trigger touch before update on users for each row \
             when (new.id > 2) execute function touch()",
            // It was disabled when it was accepted last.
            "Drifted trigger/public.users.touch: condition, enabled",
        ),
        (
            "drop materialized view counted; create materialized view counted as select 2::bigint as n",
            "Drifted materialized_view/public.counted: definition",
        ),
    ] {
        world.database.execute(change);
        let (code, report) = world.audit().report();
        assert_eq!((code, drifted(&report)), (1, vec![finding.to_owned()]), "{change}");
        assert_eq!(report["summary"]["drifted"], 1);
        let again = world.run();
        assert_eq!(again.code, 1, "{}", again.stdout);
        let accepting = world.audit().arguments(&["--accept"]).run();
        assert_eq!(accepting.code, 1, "{}", accepting.stdout);
        assert_eq!(world.run().code, 0, "{change}");
    }
    assert_ne!(world.text(), accepted);
}

#[test]
fn d6_nothing_harmless_changes_a_digest() {
    let world = World::new();
    world.run();
    let accepted = world.text();
    let role = world.database.role();
    for harmless in [
        "insert into users values (5); analyze; refresh materialized view counted",
        "vacuum full users",
        "comment on table users is 'new'; comment on function total(int) is 'new'; comment on column users.email is 'x'",
        "drop view names; create view names as select email from users",
        "drop function total(int); create function total(a int) returns int language sql as 'select a'",
        "alter table users drop constraint users_id_check, add check (id > 0)",
        "revoke insert, select on users from public; grant select on users to public; grant insert on users to public",
        "grant all on users to current_user; reindex table users; cluster users using users_pkey",
        "drop policy own on users; create policy own on users to public using (id > 1)",
        "create schema other; create table other.users (id int); create function other.total(a int) returns int
            language sql as 'select 1'; create function total(a text) returns text language sql as 'select a'",
    ] {
        world.database.execute(harmless);
        let outcome = world.run();
        assert_eq!(outcome.code, 0, "{harmless}: {}", outcome.stdout);
    }
    let name = world.database.name();
    for setting in [
        "quote_all_identifiers = on",
        "datestyle = 'German, DMY'",
        "intervalstyle = 'sql_standard'",
        "timezone = 'Asia/Tokyo'",
        "extra_float_digits = -5",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "search_path = public, other",
    ] {
        world.database.execute(&format!("alter database {name} set {setting}"));
        let outcome = world.run();
        assert_eq!(outcome.code, 0, "{setting}: {}", outcome.stdout);
    }
    // Another role, which may not even use the schema.
    world.database.execute("revoke all on schema public from public");
    let outcome =
        world.audit().environment("DATABASE_URL", &world.database.url_as(&role.name, &role.password)).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let (was, accepting) = (accepted, world.audit().arguments(&["--accept"]).run());
    assert_eq!(accepting.code, 0);
    // Only the overload that came along is new.
    let now = world.text();
    let new: Vec<&str> = now.lines().filter(|line| !was.contains(line.trim_end_matches(','))).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(new[0].contains("function/public.total(text)"), "{new:?}");
}

#[test]
fn c1_what_is_locked_is_unknown_and_stays_as_it_was_accepted() {
    let world = World::new();
    world.run();
    let accepted = world.text();
    world.database.execute("create or replace view names as select email || '' as email from users");
    let lock = world.database.lock("users");
    let (code, report) = world.audit().arguments(&["--accept", "--lock-timeout", "100ms"]).report();
    let unknown = findings(&report);
    assert_eq!(code, 1);
    assert!(unknown.iter().all(|finding| finding.starts_with("Unknown ")), "{unknown:?}");
    for id in ["view/public.names", "constraint/public.users.users_id_check", "policy/public.users.own"] {
        assert!(unknown.contains(&format!("Unknown {id}")), "{unknown:?}");
    }
    assert_eq!(world.text(), accepted);
    drop(lock);
    let (code, report) = world.audit().report();
    assert_eq!((code, drifted(&report)), (1, vec!["Drifted view/public.names: definition".to_owned()]));
}

#[test]
fn a_baseline_of_another_server_version_is_begun_anew_and_that_is_said() {
    let world = World::new();
    world.run();
    let (head, _) =
        world.text().split_once("\"serverMajor\": ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let major = world.text()[head.len() + 15..].chars().take(2).collect::<String>();
    let other = world.text().replace(&format!("\"serverMajor\": {major}"), "\"serverMajor\": 9");
    std::fs::write(world.baseline(), other).unwrap();
    world.database.execute("alter table users alter email set default 'some'");
    let (code, report) = world.audit().arguments(&["--include-present"]).report();
    assert_eq!((code, &report["summary"]["drifted"]), (0, &0.into()), "{report}");
    assert!(report["coverage"]["notCompared"].as_u64() > Some(10), "{report}");
    assert!(report.to_string().contains("the baseline was taken on PostgreSQL 9"), "{report}");
    let outcome = world.run();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
}

#[test]
fn without_a_compliant_audit_nothing_is_accepted_unless_asked_for() {
    let world = World::new();
    world.database.execute("drop view names");
    let outcome = world.run();
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("--accept"), "{}", outcome.stderr);
    assert!(!world.baseline().exists());
    assert_eq!(world.audit().arguments(&["--accept"]).run().code, 1);
    world.database.execute("create view names as select email from users");
    let outcome = world.run();
    assert_eq!(outcome.code, 0);
    assert!(outcome.stderr.contains("1 of the components are not in the baseline yet"), "{}", outcome.stderr);
}

#[test]
fn what_is_no_baseline_is_refused_with_the_file() {
    let world = World::new();
    std::fs::write(world.baseline(), "{}").unwrap();
    let message = world.audit().fail();
    assert!(message.contains("baseline.json: the baseline cannot be read"), "{message}");
    let call = || audit_of(&world.database).features(&world.documents.file("crm.yaml"));
    assert!(call().arguments(&["--compare", "drift"]).fail().contains("--baseline FILE"));
    assert!(call().arguments(&["--baseline", "x"]).fail().contains("--compare drift only"));
}
