//! Rights, owners, comments and roles: what SQL says of them is there after it ran, and each change by hand is exactly one
//! finding.
//!
//! Roles belong to the whole server: each test makes its own.

use std::fmt::Write as _;
use std::sync::Arc;

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::finding::{Finding, State};
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};
use schema_audit::core::kind::Kind;

use crate::support::{Database, postgres, unique};
use crate::wanted::look;

/// Roles for one test. In SQL, `ROLE_` stands for what their names begin with.
struct Roles {
    prefix: String,
}

impl Roles {
    fn new() -> Self {
        Self { prefix: format!("{}_", unique("acc")) }
    }

    fn sql(&self, sql: &str) -> String {
        sql.replace("ROLE_", &self.prefix)
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        // Where a test fails half-way, something may still rest on them.
        if std::thread::panicking() {
            return;
        }
        let session = postgres().session("postgres");
        let like = format!("select rolname from pg_roles where starts_with(rolname, '{}')", self.prefix);
        for role in session.query(&like) {
            session.execute(&format!("drop role {role}"));
        }
    }
}

/// A database in which SQL ran, and what it requires.
struct Audited {
    // Dropped first, so that nothing rests on the roles any more.
    database: Database,
    requirements: Requirements,
    roles: Roles,
}

impl Audited {
    fn new(sql: &str) -> Self {
        Self::with(sql, &Selection::default())
    }

    fn with(sql: &str, selection: &Selection) -> Self {
        let audited = Self::requiring(Database::new(), sql, selection);
        audited.execute(sql);
        audited
    }

    /// A database in which it did not run.
    fn requiring(database: Database, sql: &str, selection: &Selection) -> Self {
        let roles = Roles::new();
        let sql = roles.sql(sql);
        let source = Source { name: Arc::from("a.sql"), text: Arc::from(sql.as_str()) };
        let feature = Feature { name: Arc::from("all"), sources: vec![source], ..Feature::default() };
        let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
        let requirements = Requirements::of(&set, selection);
        assert_eq!(requirements.problems, []);
        Self { database, requirements, roles }
    }

    fn execute(&self, sql: &str) {
        self.database.execute(&self.roles.sql(sql));
    }

    /// Each finding that is not Present, with all that it says.
    async fn told(&self) -> Vec<String> {
        self.told_in(&self.database).await
    }

    async fn told_in(&self, database: &Database) -> Vec<String> {
        let observation = look(&database.url(), &self.requirements).await;
        let report = compare(&self.requirements, &observation, Depth::Shape);
        let told = |finding: &Finding| {
            let differences = finding.differences.iter().map(|difference| {
                format!(" {}: {} / {}", difference.part, difference.expected, difference.actual)
            });
            let reason = finding.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let told = format!(
                "{} {}{reason}{}",
                finding.state.name(),
                finding.component,
                differences.collect::<String>()
            );
            // MAINTAIN came with PostgreSQL 17.
            told.replace(&self.roles.prefix, "ROLE_").replace("trigger, maintain", "trigger")
        };
        report.findings.iter().filter(|finding| finding.state != State::Present).map(told).collect()
    }

    /// Nothing is found; then, for each change by hand, what is found; then the change is undone.
    async fn holds(&self, changes: &[(&str, &[&str], &str)]) {
        assert_eq!(self.told().await, [""; 0]);
        for (change, findings, undo) in changes {
            self.execute(change);
            assert_eq!(self.told().await, *findings, "{change}");
            self.execute(undo);
            assert_eq!(self.told().await, [""; 0], "{undo}");
        }
    }
}

const GRANTS: &str = "create role ROLE_app; create role ROLE_reader; create role ROLE_owner;
    create schema crm authorization ROLE_owner;
    create table crm.leads (id serial primary key, email text, phone text);
    create view crm.v as select 1 as one; create materialized view crm.m as select 1 as one;
    create function crm.f(a int, b varchar(10)) returns int language sql as 'select 1';
    create function crm.open() returns int language sql as 'select 1';
    create procedure crm.p() language sql as 'select 1';
    create type crm.mood as enum ('a'); create domain crm.code as text;
    grant usage on schema crm to ROLE_app, ROLE_reader;
    grant all on schema crm to ROLE_owner;
    grant all privileges on crm.leads to ROLE_app;
    grant select (email), update (email, phone) on crm.leads to ROLE_reader;
    grant select on crm.v, crm.m to ROLE_reader with grant option;
    grant usage, select on all sequences in schema crm to ROLE_app;
    grant update on table crm.leads_id_seq to ROLE_reader;
    grant insert, select on crm.v to ROLE_app; revoke insert on crm.v from ROLE_app;
    revoke all on function crm.f(integer, varchar) from public; grant execute on function crm.f to ROLE_app;
    revoke execute on procedure crm.p() from public;
    revoke usage on type crm.mood from public; grant usage on domain crm.code to ROLE_app;
    alter table crm.leads owner to ROLE_owner; revoke update on crm.leads from ROLE_owner; grant all on crm.leads to ROLE_owner;";

#[tokio::test]
async fn k23_k24_k26_each_right_that_comes_or_goes_is_one_finding() {
    let audited = Audited::new(GRANTS);
    audited
        .holds(&[
            (
                "revoke insert on crm.leads from ROLE_app",
                &["Different grant/table/crm.leads to ROLE_app privileges: select, insert, update, delete, truncate, references, trigger / select, update, delete, truncate, references, trigger"],
                "grant insert on crm.leads to ROLE_app",
            ),
            (
                "revoke usage on schema crm from ROLE_reader",
                &["Missing grant/schema/crm to ROLE_reader"],
                "grant usage on schema crm to ROLE_reader",
            ),
            (
                "revoke update (phone) on crm.leads from ROLE_reader",
                &["Missing grant/column/crm.leads.phone to ROLE_reader"],
                "grant update (phone) on crm.leads to ROLE_reader",
            ),
            (
                "revoke select (email) on crm.leads from ROLE_reader",
                &["Different grant/column/crm.leads.email to ROLE_reader privileges: select, update / update"],
                "grant select (email) on crm.leads to ROLE_reader",
            ),
            (
                "revoke grant option for select on crm.m from ROLE_reader",
                &[
                    "Different grant/materialized_view/crm.m to ROLE_reader privileges: select with grant option / select",
                ],
                "grant select on crm.m to ROLE_reader with grant option",
            ),
            (
                "revoke usage on sequence crm.leads_id_seq from ROLE_app",
                &["Different grant/sequence/crm.leads_id_seq to ROLE_app privileges: select, usage / select"],
                "grant usage on sequence crm.leads_id_seq to ROLE_app",
            ),
            (
                "grant insert on crm.v to ROLE_app",
                &["Different grant/view/crm.v to ROLE_app privileges: select, no insert / select, insert"],
                "revoke insert on crm.v from ROLE_app",
            ),
            (
                "grant execute on function crm.f to public",
                &[
                    "Different grant/function/crm.f(integer, character varying) to public privileges: no execute / execute",
                ],
                "revoke execute on function crm.f from public",
            ),
            (
                "revoke execute on function crm.f from ROLE_app",
                &["Missing grant/function/crm.f(integer, character varying) to ROLE_app"],
                "grant execute on function crm.f to ROLE_app",
            ),
            (
                "grant execute on procedure crm.p() to public",
                &["Different grant/function/crm.p() to public privileges: no execute / execute"],
                "revoke execute on procedure crm.p() from public",
            ),
            (
                "grant usage on type crm.mood to public",
                &["Different grant/type/crm.mood to public privileges: no usage / usage"],
                "revoke usage on type crm.mood from public",
            ),
            (
                "revoke usage on domain crm.code from ROLE_app",
                &["Missing grant/type/crm.code to ROLE_app"],
                "grant usage on domain crm.code to ROLE_app",
            ),
        ])
        .await;
}

#[tokio::test]
async fn k24_rights_on_languages_servers_and_wrappers_are_found() {
    let audited = Audited::new(
        "create role ROLE_app; create foreign data wrapper w; create server s foreign data wrapper w;
         grant usage on foreign data wrapper w to ROLE_app with grant option; grant all on foreign server s to ROLE_app;
         revoke usage on language plpgsql from public; grant usage on language plpgsql to ROLE_app",
    );
    audited
        .holds(&[
            (
                "revoke grant option for usage on foreign data wrapper w from ROLE_app",
                &["Different grant/foreign_data_wrapper/w to ROLE_app privileges: usage with grant option / usage"],
                "grant usage on foreign data wrapper w to ROLE_app with grant option",
            ),
            (
                "revoke usage on foreign server s from ROLE_app",
                &["Missing grant/server/s to ROLE_app"],
                "grant usage on foreign server s to ROLE_app",
            ),
            (
                "grant usage on language plpgsql to public",
                &["Different grant/language/plpgsql to public privileges: no usage / usage"],
                "revoke usage on language plpgsql from public",
            ),
        ])
        .await;
}

#[tokio::test]
async fn what_is_said_of_built_in_objects_is_found_without_their_schema() {
    let audited = Audited::new(
        "create role ROLE_app; grant select on pg_stat_activity to ROLE_app; grant select (relname) on pg_class to ROLE_app;
         revoke execute on function pg_sleep(float) from public; grant execute on function pg_stat_reset to ROLE_app;
         comment on function now() is 'the time'; comment on type uuid is 'a key'; comment on column pg_class.relname is 'a name'",
    );
    audited
        .holds(&[
            (
                "revoke select on pg_stat_activity from ROLE_app",
                &["Missing grant/table/pg_catalog.pg_stat_activity to ROLE_app"],
                "grant select on pg_stat_activity to ROLE_app",
            ),
            (
                "grant execute on function pg_sleep(float) to public",
                &["Different grant/function/pg_catalog.pg_sleep(double precision) to public privileges: no execute / execute"],
                "revoke execute on function pg_sleep(float) from public",
            ),
        ])
        .await;
}

#[tokio::test]
async fn what_is_said_of_what_was_found_under_another_name_is_found_too() {
    let audited = Audited::new(
        "create table t (a int unique, b int, check (b > 0)); create index on t (b);
         comment on constraint t_a_key on t is 'one'; comment on constraint t_b_check on t is 'two';
         comment on index t_b_idx is 'three'; comment on index t_a_key is 'four'",
    );
    audited.execute(
        "alter table t rename constraint t_a_key to x; alter table t rename constraint t_b_check to y;
         alter index t_b_idx rename to z",
    );
    audited
        .holds(&[
            (
                "comment on constraint x on t is 'other'; comment on index z is null",
                &[
                    "Missing comment/index/public.t_b_idx",
                    "Different comment/constraint/public.t.t_a_key text: one / other",
                ],
                "comment on constraint x on t is 'one'; comment on index z is 'three'",
            ),
            (
                "comment on constraint y on t is null",
                &["Missing comment/constraint/public.t.t_b_check"],
                "comment on constraint y on t is 'two'",
            ),
        ])
        .await;
}

#[tokio::test]
async fn k26_what_is_granted_besides_or_by_whom_is_no_finding() {
    let audited = Audited::new(GRANTS);
    for harmless in [
        "grant select, insert on crm.leads to ROLE_reader",
        "grant select on crm.leads to public",
        "revoke all on function crm.open() from public",
        "create role ROLE_other; grant select on crm.v to ROLE_other with grant option;
         grant usage on schema crm to ROLE_other; set role ROLE_other; grant select on crm.v to ROLE_app",
        "create role ROLE_super superuser; grant ROLE_super to ROLE_reader",
        "alter table crm.leads owner to ROLE_super; grant all on crm.leads to ROLE_super, ROLE_owner",
    ] {
        audited.execute(harmless);
        assert_eq!(audited.told().await, [""; 0], "{harmless}");
    }
}

#[tokio::test]
async fn a_missing_object_explains_what_is_said_of_it() {
    let audited = Audited::new(
        "create role ROLE_app; create table t (a int); create function f() returns int language sql as 'select 1';
         grant select on t to ROLE_app; grant select (a) on t to ROLE_app; revoke execute on function f() from public;
         comment on function f() is 'f'; comment on column t.a is 'a'; create sequence s; grant usage on sequence s to ROLE_app",
    );
    audited.execute("drop table t; drop function f(); drop sequence s");
    assert_eq!(
        audited.told().await,
        [
            "Missing sequence/public.s",
            "Missing table/public.t",
            "Missing function/public.f()",
            "Missing column/public.t.a: its table is missing",
            "Missing grant/sequence/public.s to ROLE_app: its sequence is missing",
            "Missing grant/table/public.t to ROLE_app: its table is missing",
            "Missing grant/column/public.t.a to ROLE_app: its table is missing",
            "Missing grant/function/public.f() to public: its function is missing",
            "Missing comment/column/public.t.a: its table is missing",
            "Missing comment/function/public.f(): its function is missing",
        ]
    );
}

#[tokio::test]
async fn grants_on_what_is_named_as_a_table_are_found_on_any_relation() {
    let audited = Audited::new("create role ROLE_app; create schema other");
    audited.execute("create view v as select 1 as a; create sequence s; grant select on v, s to ROLE_app");
    let other = Audited::new("create table unrelated (a int)");
    drop(other);
    let sql = audited.roles.sql("grant select on table v to ROLE_app; grant select on table s to ROLE_app");
    let source = Source { name: Arc::from("a.sql"), text: Arc::from(sql.as_str()) };
    let feature = Feature { name: Arc::from("all"), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
    let requirements = Requirements::of(&set, &Selection::default());
    let observation = look(&audited.database.url(), &requirements).await;
    let report = compare(&requirements, &observation, Depth::Shape);
    assert!(report.is_compliant(), "{:?}", report.findings);
}

#[tokio::test]
async fn k25_default_privileges_are_found_per_role_and_schema() {
    let audited = Audited::new(
        "create role ROLE_app; create role ROLE_maker; create schema crm;
         alter default privileges in schema crm grant select, insert on tables to ROLE_app;
         alter default privileges for role ROLE_maker in schema crm grant all on sequences to ROLE_app with grant option;
         alter default privileges for role ROLE_maker grant all on tables to ROLE_app;
         alter default privileges for role ROLE_maker revoke execute on functions from public;
         alter default privileges for role ROLE_maker revoke all on types from public;
         alter default privileges for role ROLE_maker grant usage on schemas to ROLE_app",
    );
    audited
        .holds(&[
            (
                "alter default privileges in schema crm revoke insert on tables from ROLE_app",
                &["Different default_privilege/in crm on tables to ROLE_app privileges: select, insert / select"],
                "alter default privileges in schema crm grant insert on tables to ROLE_app",
            ),
            (
                "alter default privileges in schema crm revoke all on tables from ROLE_app",
                &["Missing default_privilege/in crm on tables to ROLE_app"],
                "alter default privileges in schema crm grant select, insert on tables to ROLE_app",
            ),
            (
                "alter default privileges for role ROLE_maker grant execute on functions to public",
                &["Missing default_privilege/for ROLE_maker on functions to public"],
                "alter default privileges for role ROLE_maker revoke execute on functions from public",
            ),
            (
                "alter default privileges for role ROLE_maker grant usage on types to public;
                 alter default privileges for role ROLE_maker grant usage on types to ROLE_app",
                &["Different default_privilege/for ROLE_maker on types to public privileges: no usage / usage"],
                "alter default privileges for role ROLE_maker revoke usage on types from public",
            ),
            (
                "alter default privileges for role ROLE_maker revoke usage on schemas from ROLE_app",
                &["Missing default_privilege/for ROLE_maker on schemas to ROLE_app"],
                "alter default privileges for role ROLE_maker grant usage on schemas to ROLE_app",
            ),
        ])
        .await;
}

#[tokio::test]
async fn k22_k28_each_comment_that_changes_or_goes_is_one_finding() {
    let objects = [
        "schema crm",
        "table crm.t",
        "column crm.t.b",
        "constraint positive on crm.t",
        "constraint t_pkey on crm.t",
        "index crm.i",
        "trigger g on crm.t",
        "policy p on crm.t",
        "view crm.v",
        "column crm.v.one",
        "materialized view crm.m",
        "sequence crm.s",
        "function crm.f(varchar, numeric)",
        "procedure crm.p()",
        "type crm.mood",
        "type crm.pair",
        "column crm.pair.x",
        "domain crm.code",
        "constraint short on domain crm.code",
        "extension plpgsql",
        "role ROLE_app",
    ];
    let mut sql = "create role ROLE_app; create schema crm; create table crm.t (a int primary key, dropped int, b int constraint positive check (b > 0));
        alter table crm.t drop column dropped; create index i on crm.t (b);
        create function crm.touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger g before insert on crm.t for each row execute function crm.touch(); create policy p on crm.t;
        create view crm.v as select 1 as one; create materialized view crm.m as select 1 as one; create sequence crm.s;
        create function crm.f(varchar(5), numeric(3,2)) returns int language sql as 'select 1';
        create procedure crm.p() language sql as 'select 1'; create type crm.mood as enum ('a');
        create type crm.pair as (x int, y int); create domain crm.code as text constraint short check (length(value) < 9);"
        .to_owned();
    for object in objects {
        let _ = write!(sql, "comment on {object} is 'It''s {object}';");
    }
    let audited = Audited::new(&sql);
    let comments = audited.requirements.components.keys().filter(|id| id.kind == Kind::Comment).count();
    assert_eq!(comments, objects.len());
    assert_eq!(audited.told().await, [""; 0]);
    for object in objects {
        for text in ["'other'", "null"] {
            audited.execute(&format!("comment on {object} is {text}"));
            let told = audited.told().await;
            assert_eq!(told.len(), 1, "{object}: {told:?}");
            let state = if text == "null" { "Missing comment/" } else { "Different comment/" };
            assert!(told[0].starts_with(state), "{told:?}");
        }
        audited.execute(&format!("comment on {object} is 'It''s {object}'"));
        assert_eq!(audited.told().await, [""; 0], "{object}");
    }
}

#[tokio::test]
async fn owners_are_compared_where_they_are_asked_for() {
    let sql = "create role ROLE_joe; create role ROLE_ann; create schema crm authorization ROLE_joe;
        create table crm.t (a int); alter table crm.t owner to ROLE_joe; create sequence crm.s; alter table crm.s owner to ROLE_joe;
        create view crm.v as select 1 as a; alter view crm.v owner to ROLE_joe;
        create materialized view crm.m as select 1 as a; alter materialized view crm.m owner to ROLE_joe;
        create function crm.f(int) returns int language sql as 'select 1'; alter function crm.f(int) owner to ROLE_joe;
        create type crm.mood as enum ('a'); alter type crm.mood owner to ROLE_joe;
        create domain crm.code as text; alter domain crm.code owner to ROLE_joe";
    let audited = Audited::with(sql, &Selection { owners: true, ..Selection::default() });
    let joes =
        |kind: &str, name: &str| format!("Different owner/{kind}/crm.{name} role: ROLE_joe / ROLE_ann");
    assert_eq!(audited.told().await, [""; 0]);
    for (object, finding) in [
        ("table crm.t", joes("table", "t")),
        ("sequence crm.s", joes("sequence", "s")),
        ("view crm.v", joes("view", "v")),
        ("materialized view crm.m", joes("materialized_view", "m")),
        ("function crm.f(int)", joes("function", "f(integer)")),
        ("type crm.mood", joes("type", "mood")),
        ("domain crm.code", joes("type", "code")),
        ("schema crm", "Different owner/schema/crm role: ROLE_joe / ROLE_ann".to_owned()),
    ] {
        audited.execute(&format!("alter {object} owner to ROLE_ann"));
        assert_eq!(audited.told().await, [finding], "{object}");
        audited.execute(&format!("alter {object} owner to ROLE_joe"));
    }
    let unasked = Audited::new(sql);
    unasked.execute("alter table crm.t owner to ROLE_ann");
    assert_eq!(unasked.told().await, [""; 0]);
}

#[tokio::test]
async fn c10_roles_and_memberships_are_read_by_a_role_without_privileges() {
    let audited = Audited::new(
        "create role ROLE_app login createdb connection limit 7 password 'tell-nobody'; create user ROLE_web;
         create role ROLE_readers noinherit; grant ROLE_readers to ROLE_app; grant ROLE_readers to ROLE_web with admin option;
         create role ROLE_none; grant ROLE_none to ROLE_web; revoke ROLE_none from ROLE_web; alter role ROLE_web nocreaterole",
    );
    audited
        .holds(&[
            (
                "alter role ROLE_app nologin connection limit -1",
                &["Different role/ROLE_app login: login / nologin connection limit: 7 / none"],
                "alter role ROLE_app login connection limit 7",
            ),
            (
                "alter role ROLE_web createrole",
                &["Different role/ROLE_web create roles: nocreaterole / createrole"],
                "alter role ROLE_web nocreaterole",
            ),
            ("alter role ROLE_readers createdb", &[], "alter role ROLE_readers nocreatedb"),
            (
                "revoke ROLE_readers from ROLE_app",
                &["Missing membership/ROLE_readers to ROLE_app"],
                "grant ROLE_readers to ROLE_app",
            ),
            (
                "revoke admin option for ROLE_readers from ROLE_web",
                &["Different membership/ROLE_readers to ROLE_web admin option: true / false"],
                "grant ROLE_readers to ROLE_web with admin option",
            ),
            (
                "grant ROLE_none to ROLE_web",
                &["Different membership/ROLE_none to ROLE_web member: no member / a member"],
                "revoke ROLE_none from ROLE_web",
            ),
            (
                "drop role ROLE_none; create role ROLE_nine",
                &["Missing role/ROLE_none"],
                "create role ROLE_none",
            ),
        ])
        .await;
    let anyone = audited.database.role();
    let url = audited.database.url_as(&anyone.name, &anyone.password);
    let observation = look(&url, &audited.requirements).await;
    assert!(compare(&audited.requirements, &observation, Depth::Shape).is_compliant());
}

#[tokio::test]
async fn nothing_of_it_is_there_in_another_database() {
    let audited = Audited::new(GRANTS);
    let empty = Database::new();
    let told = audited.told_in(&empty).await;
    let of_database = audited.requirements.components.keys().filter(|id| id.kind != Kind::Role);
    assert_eq!(told.len(), of_database.count(), "{told:?}");
    assert!(told.iter().all(|finding| finding.starts_with("Missing ")), "{told:?}");
}

#[tokio::test]
async fn rights_on_databases_tablespaces_and_parameters_are_found_by_name() {
    let database = Database::new();
    let name = database.name();
    let has_parameters = database.query("show server_version_num")[0].parse::<u32>().unwrap() >= 150_000;
    let sql = format!(
        "create role ROLE_app; grant connect, temp on database {name} to ROLE_app; \
         grant create on tablespace pg_default to ROLE_app with grant option;"
    );
    let on_parameters = "grant set, alter system on parameter Work_Mem, \"my.App\" to ROLE_app;";
    let audited = Audited::new(&if has_parameters { format!("{sql}{on_parameters}") } else { sql });
    assert_eq!(audited.told().await, Vec::<String>::new());
    let mut changes = vec![
        (
            format!("revoke temp on database {name} from ROLE_app"),
            format!("Different grant/database/{name} to ROLE_app"),
        ),
        (
            format!("revoke all on database {name} from ROLE_app"),
            format!("Missing grant/database/{name} to ROLE_app"),
        ),
        (
            "revoke grant option for create on tablespace pg_default from ROLE_app".to_owned(),
            "Different grant/tablespace/pg_default to ROLE_app".to_owned(),
        ),
    ];
    if has_parameters {
        changes.push((
            "revoke set on parameter work_mem from ROLE_app".to_owned(),
            "Different grant/parameter/work_mem to ROLE_app".to_owned(),
        ));
    }
    for (change, finding) in changes {
        audited.execute(&change);
        let told = audited.told().await;
        assert!(told.iter().any(|told| told.starts_with(&finding)), "{change}: {told:?}");
    }
    // The roles go, so that nothing on what is shared may be left to them.
    audited.execute("drop owned by ROLE_app");
}

/// A tablespace of its own for one test; dropped with it. What is shared is not told by two tests at once.
pub struct Tablespace {
    pub name: String,
}

impl Tablespace {
    pub fn new() -> Self {
        let name = unique("space");
        let session = postgres().session("postgres");
        session.execute("set allow_in_place_tablespaces = on");
        session.execute(&format!("create tablespace {name} location ''"));
        Self { name }
    }
}

impl Drop for Tablespace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        postgres().session("postgres").execute(&format!("drop tablespace {}", self.name));
    }
}

/// `acldefault` in PostgreSQL's `acl.c`.
#[tokio::test]
async fn k23_without_a_list_the_owner_and_public_have_the_defaults_on_what_is_shared() {
    let (database, space) = (Database::new(), Tablespace::new());
    let (name, space) = (database.name().to_owned(), &space.name);
    assert_eq!(
        database.query(&format!("select datacl is null from pg_database where datname = '{name}'")),
        ["t"]
    );
    assert_eq!(
        database.query(&format!("select spcacl is null from pg_tablespace where spcname = '{space}'")),
        ["t"]
    );
    let owner = database.query("select current_user").concat();
    let sql = format!(
        "grant connect, temp on database {name} to public; revoke create on database {name} from public;
         grant create, connect, temp on database {name} to {owner}; grant create on tablespace {space} to {owner};
         revoke create on tablespace {space} from public"
    );
    let audited = Audited::requiring(database, &sql, &Selection::default());
    assert_eq!(audited.told().await, [""; 0]);
    let opposite = format!(
        "revoke connect on database {name} from public; grant create on tablespace {space} to public"
    );
    let audited = Audited::requiring(audited.database, &opposite, &Selection::default());
    assert_eq!(
        audited.told().await,
        [
            format!("Missing grant/tablespace/{space} to public"),
            format!("Different grant/database/{name} to public privileges: no connect / connect, temporary"),
        ]
    );
}

#[tokio::test]
async fn what_the_old_owner_of_what_is_shared_might_do_is_the_new_owners() {
    let (database, space) = (Database::new(), Tablespace::new());
    let (name, space) = (database.name(), &space.name);
    let sql = format!(
        "create role ROLE_boss; create role ROLE_chief; create role ROLE_app;
         alter database {name} owner to ROLE_boss; alter tablespace {space} owner to ROLE_boss;
         grant connect, create on database {name} to ROLE_boss, ROLE_app; grant create on tablespace {space} to ROLE_boss;
         revoke connect on database {name} from public;
         alter database {name} owner to ROLE_chief; alter tablespace {space} owner to ROLE_chief;"
    );
    let audited = Audited::new(&sql);
    assert_eq!(audited.told().await, [""; 0]);
    let (id, held) = (audited.roles.sql(&format!("grant/database/{name} to ROLE_chief")), Kind::Grant);
    assert!(audited.requirements.components.keys().any(|it| it.kind == held && it.to_string() == id));
    audited.execute(&format!("revoke create on database {name} from ROLE_chief"));
    let told = audited.told().await;
    assert!(
        told.len() == 1 && told[0].starts_with(&format!("Different grant/database/{name} to ROLE_chief")),
        "{told:?}"
    );
    let owner = database.query("select current_user").concat();
    audited.execute(&format!(
        "alter database {name} owner to {owner}; alter tablespace {space} owner to {owner}; drop owned by ROLE_app, ROLE_chief"
    ));
}
