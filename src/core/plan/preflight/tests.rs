//! The decisions of a preflight, each on the smallest facts that show it.

use super::super::need::{Need, Object};
use super::super::tests::planned;
use super::super::{Blocker, Plan};
use super::facts::{Facts, Place, Relation, Release, Schema, Server};
use super::*;
use crate::core::name::{Identifier, QualifiedName};

/// A role that owns nothing and may do nothing; the schema public is there.
fn nobody() -> Facts {
    let schema = Schema { name: "public".to_owned(), owner: "boss".to_owned(), ..Schema::default() };
    Facts {
        server: Server {
            role: "app".to_owned(),
            version: 150_000,
            block_size: 8192,
            database: "shop".to_owned(),
            preloaded: Some(String::new()),
            ..Server::default()
        },
        schemas: [(Identifier::new("public"), schema)].into(),
        ..Facts::default()
    }
}

/// The same that may create in public.
fn creator() -> Facts {
    let mut facts = nobody();
    facts.schemas.values_mut().for_each(|schema| schema.may_create = true);
    facts
}

fn table(facts: &mut Facts, name: &str, relation: Relation) {
    facts.relations.insert(QualifiedName::new("public", name), relation);
    facts.names.insert(("relation".to_owned(), "public".to_owned(), name.to_owned()));
}

fn with_types(mut facts: Facts) -> Facts {
    for name in ["int4", "text"] {
        facts.names.insert(("type".to_owned(), "pg_catalog".to_owned(), name.to_owned()));
    }
    facts
}

fn judged(sql: &str, there: &str, facts: &Facts) -> Plan {
    let mut plan = planned(sql, there);
    let question = Question::of(&plan);
    judge(&mut plan, &question, facts);
    plan
}

/// Name, what and remedy of each blocker.
fn blocked(sql: &str, there: &str, facts: &Facts) -> Vec<(&'static str, String, String)> {
    let entry = |Blocker { name, what, remedy, .. }: Blocker| (name, what, remedy);
    judged(sql, there, facts).blockers.into_iter().map(entry).collect()
}

fn one(name: &'static str, what: &str, remedy: &str) -> Vec<(&'static str, String, String)> {
    vec![(name, what.to_owned(), remedy.to_owned())]
}

#[test]
fn a_role_that_may_not_create_in_the_schema_is_told_the_grant() {
    let sql = "create table a (x int); create table b (x int)";
    assert_eq!(
        blocked(sql, "", &nobody()),
        one("schema-privilege", "schema public", "GRANT CREATE ON SCHEMA public TO app;")
    );
    assert_eq!(blocked(sql, "", &creator()), []);
    let plan = judged(sql, "", &nobody());
    assert_eq!(plan.blockers[0].position.as_ref().unwrap().to_string(), "f.sql:1");
    assert!(plan.blockers[0].rests_on_role);
}

#[test]
fn a_schema_that_nobody_makes_blocks_and_one_of_the_plan_does_not() {
    let odd = "create table \"Odd\".a (x int)";
    let sql = format!("create schema \"Odd\"; {odd}");
    let facts = creator();
    assert_eq!(
        blocked(&sql, "", &facts),
        one("database-privilege", "database shop", "GRANT CREATE ON DATABASE shop TO app;")
    );
    let there = "create schema \"Odd\"";
    assert_eq!(
        blocked(&sql, there, &facts),
        one("schema-missing", "schema \"Odd\"", "CREATE SCHEMA \"Odd\";")
    );
}

#[test]
fn who_alters_must_own_and_is_not_made_a_member_of_a_superuser() {
    let sql = "create table a (x int); alter table a add column y int; create index on a (x)";
    let there = "create table a (x int)";
    let mut facts = creator();
    table(&mut facts, "a", Relation { owner: "boss".to_owned(), ..Relation::default() });
    assert_eq!(blocked(sql, there, &facts), one("not-the-owner", "table public.a", "GRANT boss TO app;"));
    let of_superuser =
        Relation { owner: "postgres".to_owned(), owner_is_superuser: true, ..Relation::default() };
    table(&mut facts, "a", of_superuser);
    assert_eq!(
        blocked(sql, there, &facts),
        one("not-the-owner", "table public.a", "ALTER TABLE public.a OWNER TO app;")
    );
    table(&mut facts, "a", Relation { owned: true, ..Relation::default() });
    assert_eq!(blocked(sql, there, &facts), []);
}

#[test]
fn a_foreign_key_needs_references_on_what_is_there() {
    let sql = "create table a (x int primary key); create table b (x int references a, y int references c);
               create table c (y int primary key)";
    let there = "create table a (x int primary key)";
    let mut facts = creator();
    table(&mut facts, "a", Relation { owner: "boss".to_owned(), ..Relation::default() });
    assert_eq!(
        blocked(sql, there, &facts),
        one("table-privilege", "REFERENCES on table public.a", "GRANT REFERENCES ON public.a TO app;")
    );
    table(&mut facts, "a", Relation { may_reference_columns: true, ..Relation::default() });
    assert_eq!(blocked(sql, there, &facts), []);
}

#[test]
fn a_standby_and_a_read_only_session_block_every_plan_but_an_empty_one() {
    let mut facts = creator();
    facts.server.in_recovery = true;
    assert_eq!(
        blocked("create table a (x int)", "", &facts),
        one("server-is-standby", "database shop", "connect to the primary")
    );
    assert_eq!(blocked("create table a (x int)", "create table a (x int)", &facts), []);
    facts.server.in_recovery = false;
    facts.server.read_only = true;
    assert_eq!(blocked("create table a (x int)", "", &facts)[0].0, "session-is-read-only");
}

#[test]
fn what_neither_the_database_nor_the_plan_has_is_named() {
    let sql = "create function g() returns trigger language plpgsql as '';
               create view v as select f(x), y::mood, z.c from a join crm.z on true, w, lateral (select 1) s;
               create table w (x int)";
    let mut facts = with_types(creator());
    let plpgsql =
        Place { form: "language".to_owned(), name: "plpgsql".to_owned(), trusted: true, allowed: true };
    facts.places.insert(("language".to_owned(), "plpgsql".into()), plpgsql);
    facts.names.insert(("type".to_owned(), "pg_catalog".to_owned(), "trigger".to_owned()));
    let found: Vec<String> = blocked(sql, "", &facts).into_iter().map(|(_, what, _)| what).collect();
    assert_eq!(found, ["table a", "table crm.z", "type mood", "function f"]);
    for (form, schema, name) in [
        ("relation", "public", "a"),
        ("relation", "crm", "z"),
        ("type", "public", "mood"),
        ("function", "public", "f"),
    ] {
        facts.names.insert((form.to_owned(), schema.to_owned(), name.to_owned()));
    }
    assert_eq!(blocked(sql, "", &facts), []);
}

#[test]
fn what_comes_after_an_extension_or_an_unknown_call_may_be_made_by_it() {
    for before in ["create extension x", "select make_it()"] {
        let sql = format!("{before}; create view v as select * from made_by_it");
        let mut facts = creator();
        let version = Release { name: "x".to_owned(), is_default: true, ..Release::default() };
        facts.extensions = Available::Versions(vec![version]);
        assert_eq!(blocked(&sql, "", &facts), [], "{before}");
    }
}

#[test]
fn names_of_a_statement_itself_are_not_missed() {
    let facts = with_types(creator());
    for sql in [
        "create table a (id serial, x int default 1, y text); alter table a add column z bigserial",
        "create view v as with q as (select 1 as c) select q.c, extract(year from now()) from q",
        "create table a (x int); create function f(y a.x%type) returns setof a language sql as 'select 1'",
        "create table a (x int); create view v as select * from a as b for update of b",
    ] {
        let found: Vec<String> = blocked(sql, "", &facts)
            .into_iter()
            .map(|(_, what, _)| what)
            .filter(|what| !["type int8", "function now", "language sql"].contains(&what.as_str()))
            .collect();
        assert_eq!(found, [] as [String; 0], "{sql}");
    }
}

#[test]
fn an_extension_must_be_on_the_server_in_that_version_and_may_be_made_by_the_role() {
    let version = |name: &str, version: &str| Release {
        name: name.to_owned(),
        version: version.to_owned(),
        superuser: true,
        is_default: true,
        ..Release::default()
    };
    let mut facts = creator();
    assert_eq!(
        blocked("create extension vector", "", &facts),
        one(
            "extension-unavailable",
            "extension vector",
            "install it on the server; on Debian: apt-get install postgresql-15-pgvector"
        )
    );
    facts.extensions = Available::Unknown("locked".to_owned());
    let plan = judged("create extension vector", "", &facts);
    assert_eq!(plan.blockers, []);
    assert_eq!(plan.statements().next().unwrap().hazards[0].rule.name, "extension-not-checked");
    facts.extensions = Available::Versions(vec![version("vector", "0.5.0")]);
    assert_eq!(
        blocked("create extension vector version '0.7.0'", "", &facts)[0].0,
        "extension-version-unavailable"
    );
    assert_eq!(
        blocked("create extension vector", "", &facts),
        one(
            "extension-needs-superuser",
            "extension vector",
            "as a superuser, in the database shop: CREATE EXTENSION vector;"
        )
    );
    let trusted = Release { trusted: true, ..version("vector", "0.5.0") };
    facts.extensions = Available::Versions(vec![trusted]);
    assert_eq!(blocked("create extension vector", "", &facts)[0].0, "database-privilege");
    facts.server.may_create = true;
    assert_eq!(blocked("create extension vector", "", &facts), []);
    let requires = Release { requires: vec!["cube".to_owned()], trusted: true, ..version("vector", "1") };
    facts.extensions = Available::Versions(vec![requires, Release { trusted: true, ..version("cube", "1") }]);
    assert_eq!(
        blocked("create extension vector", "", &facts),
        one("extension-requires", "extension vector", "CREATE EXTENSION cube;")
    );
    assert_eq!(blocked("create extension vector cascade", "", &facts), []);
    assert_eq!(blocked("create extension cube; create extension vector", "", &facts), []);
}

#[test]
fn a_library_that_is_not_preloaded_blocks_or_is_a_hazard() {
    let mut facts = creator();
    facts.server.superuser = true;
    let versions = ["pg_cron", "pg_stat_statements"].map(|name| Release {
        name: name.to_owned(),
        is_default: true,
        ..Release::default()
    });
    facts.extensions = Available::Versions(versions.into());
    facts.server.preloaded = Some("auto_explain".to_owned());
    assert_eq!(
        blocked("create extension pg_cron", "", &facts),
        one(
            "extension-not-preloaded",
            "extension pg_cron",
            "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_cron'; then restart the server"
        )
    );
    let hazards = |facts: &Facts| {
        let plan = judged("create extension pg_stat_statements", "", facts);
        assert_eq!(plan.blockers, []);
        plan.statements().next().unwrap().hazards.iter().map(|it| it.rule.name).collect::<Vec<_>>()
    };
    assert_eq!(hazards(&facts), ["extension-needs-preload"]);
    facts.server.preloaded = Some("auto_explain, \"$libdir/pg_stat_statements\"".to_owned());
    assert_eq!(hazards(&facts), [] as [&str; 0]);
    facts.server.preloaded = None;
    assert_eq!(hazards(&facts), ["extension-needs-preload"]);
}

#[test]
fn roles_must_be_there_and_only_some_may_make_them() {
    let mut facts = creator();
    let sql = "create table a (x int); grant select on a to reader";
    assert_eq!(blocked(sql, "", &facts), one("role-missing", "role reader", "CREATE ROLE reader;"));
    facts.roles.insert("reader".into(), false);
    assert_eq!(blocked(sql, "", &facts), []);
    assert_eq!(
        blocked("create role writer", "", &facts),
        one("may-not-create-roles", "role app", "ALTER ROLE app CREATEROLE;")
    );
    facts.server.create_role = true;
    assert_eq!(
        blocked("create role writer; create table a (x int); grant select on a to writer", "", &facts),
        []
    );
}

#[test]
fn what_only_superusers_do_is_told_and_a_providers_administrator_is_believed() {
    let sql = "create function g() returns event_trigger language plpgsql as '';
               create event trigger e on ddl_command_end execute function g()";
    let mut facts = creator();
    facts.names.insert(("type".to_owned(), "pg_catalog".to_owned(), "event_trigger".to_owned()));
    let place = Place { trusted: true, allowed: true, ..Place::default() };
    facts.places.insert(("language".to_owned(), "plpgsql".into()), place);
    assert_eq!(
        blocked(sql, "", &facts),
        one("superuser-needed", "CREATE EVENT TRIGGER", "run the plan as a superuser")
    );
    facts.server.provider_admin = true;
    assert_eq!(blocked(sql, "", &facts), []);
}

#[test]
fn the_rights_of_a_role_that_the_author_changes_to_are_not_judged() {
    assert_eq!(blocked("set role boss; create table a (x int)", "", &nobody()), []);
}

#[test]
fn sizes_are_told_and_a_table_without_rows_has_no_hazards_that_need_them() {
    let sql = "create table a (x int); create index i on a (x)";
    let there = "create table a (x int)";
    let mut facts = creator();
    let large = Relation { owned: true, rows: 12e6, is_counted: true, pages: 400_000, ..Relation::default() };
    table(&mut facts, "a", large);
    let hazards = |facts: &Facts| -> Vec<String> {
        let plan = judged(sql, there, facts);
        plan.statements().flat_map(|it| &it.hazards).map(ToString::to_string).collect()
    };
    assert_eq!(
        hazards(&facts),
        [
            "index-build-locks-writes: public.a (about 12 million rows, 3.1 GB): builds an index while writes to the \
             table wait; safer: CREATE INDEX CONCURRENTLY",
            "index-build-takes-disk: public.a (about 12 million rows, 3.1 GB): builds an index on a large table, which \
             takes free disk space for the index and for its sort: up to 3.1 GB for each index of all columns",
        ]
    );
    let plan = judged(sql, there, &facts);
    let lock = plan.statements().next().unwrap().locks[0].to_string();
    assert_eq!(lock, "locks public.a in SHARE mode (about 12 million rows, 3.1 GB)");
    let mut again = plan.clone();
    judge(&mut again, &Question::of(&plan), &facts);
    assert_eq!(again, plan, "a plan may be judged again");
    assert_eq!(may_be_empty(&plan, &facts), []);
    table(
        &mut facts,
        "a",
        Relation { owned: true, may_select: true, is_counted: true, ..Relation::default() },
    );
    assert_eq!(hazards(&facts).len(), 1, "counted as empty once is not empty now");
    let asked = may_be_empty(&judged(sql, there, &facts), &facts);
    assert_eq!(asked[0].1, "select not exists (select from \"public\".\"a\") as empty");
    facts.empty.insert(QualifiedName::new("public", "a"));
    assert_eq!(hazards(&facts), [] as [&str; 0]);
}

#[test]
fn the_digest_holds_nothing_of_rights_and_sizes() {
    let sql = "create table a (x int); create index i on a (x)";
    let there = "create table a (x int)";
    let plain = planned(sql, there);
    let mut facts = nobody();
    table(&mut facts, "a", Relation { rows: 5e9, is_counted: true, pages: 1 << 24, ..Relation::default() });
    let judged = judged(sql, there, &facts);
    assert!(!judged.blockers.is_empty());
    assert_eq!(plain.digest, judged.digest);
}

/// The functions about privileges give null for what was dropped after the snapshot was taken.
#[test]
fn what_is_dropped_while_it_is_looked_at_is_not_there() {
    let mut facts = Facts::default();
    let gone = [
        (
            Query::Schemas,
            r#"{"name":"s","may_create":null,"owner":"o","owned":true,"owner_is_superuser":false,"may_grant":null}"#,
        ),
        (Query::Roles, r#"{"name":"r","member":null}"#),
        (
            Query::Objects,
            r#"{"form":"type","schema":"s","name":"t","owner":"o","owned":null,"owner_is_superuser":false,"may_grant":null}"#,
        ),
        (Query::Places, r#"{"form":"language","name":"l","trusted":true,"allowed":null}"#),
        (
            Query::Relations,
            r#"{"schema":"s","name":"t","owner":"o","owned":true,"owner_is_superuser":false,"is_partitioned":false,"rows":1,"is_counted":true,"pages":1,"primary_key":null,"may_select":null,"may_reference":null,"may_reference_columns":null,"may_trigger":null,"may_insert":null,"may_update":null,"may_delete":null,"may_grant":null}"#,
        ),
    ];
    for (query, row) in gone {
        assert!(facts.read(query, row), "{row}");
    }
    assert_eq!(facts, Facts::default());
    assert!(!facts.read(Query::Roles, r#"{"member":null}"#));
    assert!(!facts.read(Query::Roles, "null"));
}

#[test]
fn who_grants_on_what_all_databases_share_needs_the_grant_option_for_each_privilege() {
    let mut facts = creator();
    facts.roles.insert("web".into(), false);
    let sql = "grant connect, temp on database shop to web; grant create on database shop to web";
    let missing = one("database-missing", "database shop", "CREATE DATABASE shop;");
    assert_eq!(blocked(sql, "", &facts), missing);
    let key = |class: &str, name: &str| (class.to_owned(), Identifier::new(name));
    facts.shared.insert(key("database", "shop"), vec!["connect".to_owned()]);
    let blockers = blocked(sql, "", &facts);
    let grants = ["TEMPORARY", "CREATE"].map(|right| {
        let remedy = format!("GRANT {right} ON DATABASE shop TO app WITH GRANT OPTION;");
        ("grant-option", format!("{right} on database shop"), remedy)
    });
    assert_eq!(blockers, grants);
    facts
        .shared
        .insert(key("database", "shop"), ["connect", "temporary", "create"].map(str::to_owned).into());
    assert_eq!(blocked(sql, "", &facts), []);
    let sql = "grant all on parameter work_mem to web";
    facts.shared.insert(key("parameter", "work_mem"), vec!["set".to_owned()]);
    let remedy = "GRANT ALTER SYSTEM ON PARAMETER work_mem TO app WITH GRANT OPTION;";
    assert_eq!(blocked(sql, "", &facts), one("grant-option", "ALTER SYSTEM on parameter work_mem", remedy));
    facts.server.version = 140_020;
    assert_eq!(blocked(sql, "", &facts)[0].0, "parameter-privileges-unsupported");
}

/// The needs of a statement that no plan of this test makes.
fn blocked_by(needs: Vec<Need>, facts: &Facts) -> Vec<&'static str> {
    let mut plan = planned("create table made (x int)", "");
    plan.segments[0].statements[0].needs = needs;
    let question = Question::of(&plan);
    judge(&mut plan, &question, facts);
    plan.blockers.iter().map(|blocker| blocker.name).collect()
}

#[test]
fn each_privilege_on_a_table_is_looked_at_by_its_name() {
    type Hold = fn(&mut Relation);
    let name = || QualifiedName::new("public", "a");
    let held: [(&'static str, Hold); 5] = [
        ("REFERENCES", |it| it.may_reference = true),
        ("TRIGGER", |it| it.may_trigger = true),
        ("INSERT", |it| it.may_insert = true),
        ("UPDATE", |it| it.may_update = true),
        ("DELETE", |it| it.may_delete = true),
    ];
    for (privilege, hold) in held {
        for (other, _) in held {
            let mut facts = creator();
            let mut relation = Relation::default();
            hold(&mut relation);
            table(&mut facts, "a", relation);
            let blocked = blocked_by(vec![Need::Privilege(name(), other)], &facts);
            let expected = if privilege == other { &[][..] } else { &["table-privilege"] };
            assert_eq!(blocked, expected, "{other} where {privilege} is held");
        }
    }
}

#[test]
fn what_a_superuser_or_a_member_may_do_is_not_blocked() {
    let mut facts = nobody();
    facts.roles.insert("boss".into(), false);
    let needs = || vec![Need::Member("boss".into()), Need::CreateRole];
    assert_eq!(blocked_by(needs(), &facts), ["not-a-member", "may-not-create-roles"]);
    facts.roles.insert("boss".into(), true);
    assert_eq!(blocked_by(needs(), &facts), ["may-not-create-roles"]);
    facts.server.superuser = true;
    assert_eq!(blocked_by(needs(), &facts), [""; 0]);
    let object = || Object::Relation(QualifiedName::new("public", "a"));
    table(&mut facts, "a", Relation::default());
    assert_eq!(blocked_by(vec![Need::Own(object())], &facts), [""; 0]);
    facts.server.superuser = false;
    assert_eq!(blocked_by(vec![Need::Own(object())], &facts), ["not-the-owner"]);
    // Privileges that may be passed on are enough for a GRANT.
    assert_eq!(blocked_by(vec![Need::Grant(object())], &facts), ["not-the-owner"]);
    table(&mut facts, "a", Relation { may_grant: true, ..Relation::default() });
    assert_eq!(blocked_by(vec![Need::Grant(object())], &facts), [""; 0]);
    assert_eq!(blocked_by(vec![Need::Own(object())], &facts), ["not-the-owner"]);
}

#[test]
fn a_place_must_be_there_and_be_open_to_the_role() {
    let place = |trusted, allowed| Place { trusted, allowed, ..Place::default() };
    let mut facts = creator();
    let fast = || vec![Need::Tablespace("fast".into())];
    assert_eq!(blocked_by(fast(), &facts), ["tablespace-missing"]);
    facts.places.insert(("tablespace".to_owned(), "fast".into()), place(true, false));
    assert_eq!(blocked_by(fast(), &facts), ["tablespace-privilege"]);
    facts.places.insert(("tablespace".to_owned(), "fast".into()), place(true, true));
    assert_eq!(blocked_by(fast(), &facts), [""; 0]);
    let language = || vec![Need::Language("plx".into())];
    assert_eq!(blocked_by(language(), &facts), ["language-missing"]);
    for (found, blocker) in
        [(place(false, true), "superuser-needed"), (place(true, false), "language-privilege")]
    {
        facts.places.insert(("language".to_owned(), "plx".into()), found);
        assert_eq!(blocked_by(language(), &facts), [blocker]);
        facts.server.superuser = true;
        assert_eq!(blocked_by(language(), &facts), [""; 0]);
        facts.server.superuser = false;
    }
    assert_eq!(blocked_by(vec![Need::Schema("pg_temp".into())], &facts), [""; 0]);
    // An extension may bring its language.
    let release = Release { name: "plx".to_owned(), is_default: true, ..Release::default() };
    facts.extensions = Available::Versions(vec![release]);
    facts.places.clear();
    let extension = Need::Extension { name: "plx".into(), version: None, cascade: false };
    assert_eq!(blocked_by(vec![extension, Need::Language("plx".into())], &facts), [""; 0]);
}

#[test]
fn the_version_that_the_statement_says_decides_what_an_extension_requires() {
    let release = |version: &str, is_default, requires: &[&str]| Release {
        name: "geo".to_owned(),
        version: version.to_owned(),
        is_default,
        requires: requires.iter().map(|name| (*name).to_owned()).collect(),
        ..Release::default()
    };
    let mut facts = creator();
    facts.extensions = Available::Versions(vec![release("1", false, &["cube"]), release("2", true, &[])]);
    let blocked_of = |version: Option<&str>, facts: &Facts| {
        let version = version.map(str::to_owned);
        blocked_by(vec![Need::Extension { name: "geo".into(), version, cascade: false }], facts)
    };
    assert_eq!(blocked_of(None, &facts), [""; 0]);
    assert_eq!(blocked_of(Some("1"), &facts), ["extension-requires"]);
    facts.installed.insert("cube".into());
    assert_eq!(blocked_of(Some("1"), &facts), [""; 0]);
}

#[test]
fn what_goes_with_what_the_plan_makes_and_what_may_be_missing_is_not_missed() {
    let facts = with_types(creator());
    let long = "a_name_of_a_sequence_that_is_so_long_that_postgresql_cuts_it";
    for sql in [
        "create table users (id serial); create view v as select * from users_id_seq".to_owned(),
        format!("create table b (x int); create view v as select * from {long}"),
        "create table b (x int); alter table if exists gone add column y int".to_owned(),
        "create table b (x int); alter sequence if exists gone cycle".to_owned(),
    ] {
        let found = blocked(&sql, "", &facts);
        assert!(!found.iter().any(|(name, ..)| *name == "relation-missing"), "{sql}: {found:?}");
    }
    let found = blocked("create table b (x int); create view v as select * from b_gone", "", &facts);
    assert_eq!(found, [], "what begins with the name of a table may go with it");
    let found = blocked("create table b (x int); create view v as select * from gone", "", &facts);
    assert_eq!(found[0].0, "relation-missing");
}

#[test]
fn what_the_plan_makes_needs_no_right() {
    let sql = "create table a (x int primary key); create table b (x int references a);
               create unique index i on b (x)";
    let plan = planned(sql, "");
    let needs: Vec<&Need> = plan.statements().flat_map(|statement| &statement.needs).collect();
    assert!(needs.iter().all(|need| matches!(need, Need::Schema(_))), "{needs:?}");
}
