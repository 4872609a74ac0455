//! Features from live databases: what is generated from one audits compliant against it, and makes an equal one.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::command::{Call, Outcome, audit, call, example, findings};
use crate::support::{Database, Server, unique};

const EVERYTHING: &str = include_str!("../postgres/everything.sql");

/// What the statements of everything.sql do not show.
const MORE: &str = include_str!("generate.sql");

/// Kinds of objects, and what is said of them, that neither of both shows.
const KINDS: &str = include_str!("generate_kinds.sql");

/// Objects of the rarer kinds, less what may be a secret.
const OTHERS: &str = include_str!("../postgres/remaining_kinds.sql");
const SECRETS: &str = "alter server s options (drop password);
                       alter user mapping for public server s options (drop \"user\", drop password)";
const SINCE_15: &str = "create publication part for table crm.leads (id, name) where (id > 5)
                            with (publish_via_partition_root);
                        create publication whole for table crm.log, tables in schema other;
                        create statistics crm.expressions on (id + 1), (upper(name)) from crm.leads;
                        create table crm.nulls (a int unique nulls not distinct)";
const SINCE_18: &str = "create table crm.new (
                            a int constraint own_name not null no inherit, b int, c int constraint other_name not null, d int,
                            virtual int generated always as (a + 1) virtual, check (a > 0) not enforced
                        );
                        alter table crm.new add constraint later not null b not valid;
                        create table crm.child (e int) inherits (crm.new);
                        alter table crm.child add constraint of_child not null d;
                        alter statistics crm.score_stat set statistics 50;
                        create materialized view crm.stored using heap2 as select 1 as a";

/// Kinds of which a database holds nothing to generate: rows are never read, and queries are nobody's objects.
const NEVER: [&str; 2] = ["queries", "seed_rows"];

fn generate(database: &Database) -> Call {
    call("generate").environment("DATABASE_URL", &database.url()).arguments(&["--name", "all"])
}

fn yaml(database: &Database, arguments: &[&str]) -> String {
    let Outcome { code, stdout, stderr } = generate(database).arguments(arguments).run();
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    stdout
}

/// Audits a database with a document; everything must be there. Gives the kinds of what was required.
fn audit_with(database: &Database, features: &Path) -> BTreeSet<String> {
    let call = audit().environment("DATABASE_URL", &database.url()).arguments(&["--owners"]);
    let (code, report) = call.features(features).report();
    assert_eq!(findings(&report), [""; 0], "{report}");
    assert_eq!(report["problems"], json!([]));
    assert_eq!((code, &report["summary"]["unknown"]), (0, &json!(0)));
    let kinds = report.as_object().unwrap().iter();
    let required = kinds.filter(|(_, kind)| kind["count"].as_u64().is_some_and(|count| count > 0));
    required.map(|(kind, _)| kind.clone()).collect()
}

/// From a database to features, to a second database, to features again. Gives the kinds of what was there.
fn go_round(first: &Database, server: &Server, arguments: &[&str]) -> BTreeSet<String> {
    let directory = tempfile::tempdir().unwrap();
    let document = directory.path().join("features.yaml");
    let mut kinds = BTreeSet::new();
    for per in ["schema", "prefix", "none"] {
        let arguments = [&["--feature-per", per], arguments].concat();
        let generated = yaml(first, &arguments);
        assert_eq!(yaml(first, &arguments), generated);
        std::fs::write(&document, &generated).unwrap();
        kinds.extend(audit_with(first, &document));
        let files = directory.path().join(per);
        let path = files.to_str().unwrap();
        let to_files = [arguments.as_slice(), &["--format", "sql-directory", "--output", path]].concat();
        assert_eq!(yaml(first, &to_files), "");
        let second = Database::on(server);
        load(&second, &files);
        audit_with(&second, &document);
        assert_eq!(yaml(&second, &arguments), generated);
    }
    kinds
}

/// Runs the files of a directory in the order of their names.
fn load(database: &Database, files: &Path) {
    let mut names: Vec<_> = std::fs::read_dir(files).unwrap().map(|file| file.unwrap().path()).collect();
    names.sort();
    for name in names {
        database.execute(&std::fs::read_to_string(name).unwrap());
    }
}

fn example_sql() -> Vec<String> {
    let read = |file: &str| std::fs::read_to_string(example(&format!("sql/{file}.sql"))).unwrap();
    ["core", "email-integration", "gamification"].map(read).to_vec()
}

fn on_major(major: &str) {
    let server = Server::start(&["--major", major]);
    let everything = Database::on(&server);
    everything.execute(EVERYTHING);
    let mut kinds = go_round(&everything, &server, &[]);
    everything.execute(MORE);
    kinds.extend(go_round(&everything, &server, &["--owners"]));
    let others = Database::on(&server);
    others.execute(OTHERS);
    others.execute(SECRETS);
    if major != "12" {
        others.execute(SINCE_15);
    }
    if major == "18" {
        others.execute(SINCE_18);
    }
    kinds.extend(go_round(&others, &server, &[]));
    let rare = Database::on(&server);
    rare.execute(KINDS);
    kinds.extend(go_round(&rare, &server, &["--roles", "--owners"]));
    let sales = Database::on(&server);
    for sql in example_sql() {
        sales.execute(&sql);
    }
    go_round(&sales, &server, &[]);
    let (_, report) = audit().environment("DATABASE_URL", &sales.url()).features(&example("sql")).report();
    let all = report.as_object().unwrap().iter().filter(|(_, kind)| kind["count"].is_u64());
    let never: Vec<&str> = all.map(|(kind, _)| kind.as_str()).filter(|kind| !kinds.contains(*kind)).collect();
    assert_eq!(never, NEVER);
}

#[test]
fn what_is_generated_on_12_makes_the_same_database() {
    on_major("12");
}

#[test]
fn what_is_generated_on_15_makes_the_same_database() {
    on_major("15");
}

#[test]
fn what_is_generated_on_18_makes_the_same_database() {
    on_major("18");
}

#[test]
fn what_audits_do_not_understand_is_generated_all_the_same() {
    let sql = "create domain odd as int;
               alter domain odd add constraint is_odd check (value % 2 = 1) not valid;
               create type pair as (a text collate \"C\", b int[]);
               create table pairs of pair (a default 'x' not null, constraint b_is_there check (b is not null))";
    let generated = yaml(&Database::with(sql), &[]);
    for statement in [
        "CREATE DOMAIN public.odd AS integer;",
        "ALTER DOMAIN public.odd ADD CONSTRAINT is_odd CHECK (((VALUE % 2) = 1)) NOT VALID;",
        "CREATE TABLE public.pairs OF public.pair (",
        "    a WITH OPTIONS DEFAULT 'x'::text NOT NULL,",
    ] {
        assert!(generated.contains(statement), "{statement}: {generated}");
    }
}

#[test]
fn rows_are_never_written() {
    let database = Database::with("create table t (secret text); insert into t values ('hunter2')");
    assert!(!yaml(&database, &[]).contains("hunter2"));
}

#[test]
fn objects_are_selected_by_schema_and_by_name_and_what_they_need_is_named() {
    let database = Database::with(
        "create schema a; create schema b; create type b.mood as enum ('x');
         create table b.users (id int primary key);
         create table a.leads (id int, owner int references b.users, mood b.mood);
         create index on a.leads (owner); create table a.leads_backup (id int);
         create function a.f() returns int language sql as 'select 1';
         create publication of_a for table a.leads; create publication of_b for table b.users",
    );
    let outcome = generate(&database).arguments(&["--schema", "a", "--exclude", "*_backup"]).run();
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for there in
        ["CREATE SCHEMA IF NOT EXISTS a;", "CREATE TABLE a.leads (", "leads_owner_idx", "a.f()", "of_a"]
    {
        assert!(outcome.stdout.contains(there), "{there}: {}", outcome.stdout);
    }
    for absent in ["of_b", "backup", "CREATE TABLE b.users", "CREATE TYPE", "CREATE SCHEMA IF NOT EXISTS b"] {
        assert!(!outcome.stdout.contains(absent), "{absent}: {}", outcome.stdout);
    }
    let requires =
        "      requires:\n        types:\n          - b.mood\n        tables:\n          - b.users\n";
    assert!(outcome.stdout.contains(requires), "{}", outcome.stdout);
    assert!(
        outcome.stderr.contains("needs table b.users, which is not in the features"),
        "{}",
        outcome.stderr
    );
    let outcome = generate(&database).arguments(&["--include", "b.*"]).run();
    assert!(outcome.stdout.contains("CREATE TABLE b.users") && !outcome.stdout.contains("a."));
}

#[test]
fn what_cannot_be_generated_is_named_and_the_rest_is_written() {
    let database = Database::with("create table t (id int)");
    database.execute(
        "create type counted;
         create function counted_in(cstring) returns counted language internal immutable strict as 'int4in';
         create function counted_out(counted) returns cstring language internal immutable strict as 'int4out';
         create type counted (input = counted_in, output = counted_out, like = int4);
         create foreign data wrapper w;
         create server s foreign data wrapper w
             options (host 'db', password 'hunter2', uri 'pg://someone:hunter2@db/shop');
         create user mapping for public server s options (\"user\" 'someone', password 'hunter2')",
    );
    let outcome = generate(&database).run();
    assert_eq!(outcome.code, 2);
    for there in [
        "CREATE TABLE public.t",
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'db');",
        "CREATE USER MAPPING FOR PUBLIC SERVER s;",
    ] {
        assert!(outcome.stdout.contains(there), "{there}: {}", outcome.stdout);
    }
    for told in [
        "left out: type public.counted: a base type",
        "left out: function public.counted_in: it is a part of a type that is left out",
        "left out: function public.counted_out: it is a part",
        "left out: option password of server s: it may be a secret",
        "left out: option uri of server s: it may be a secret",
        "left out: user mapping options of public on s: they may hold a password",
        "the features are not whole: 6 things are left out",
    ] {
        assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
    }
    assert!(!outcome.stdout.contains("hunter2") && !outcome.stderr.contains("hunter2"));
    let outcome = generate(&database).arguments(&["--include", "t"]).run();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
}

#[test]
fn triggers_that_a_partition_disables_by_itself_are_told() {
    let database = Database::with(
        "create table parted (id int primary key) partition by range (id);
         create table parted_1 partition of parted for values from (1) to (2);
         create table refers (id int references parted);
         create function noted() returns trigger language plpgsql as 'begin return new; end';
         create trigger noted after insert on parted for each row execute function noted();
         alter table parted_1 disable trigger noted;
         alter table refers disable trigger all",
    );
    let outcome = generate(&database).run();
    assert_eq!(outcome.code, 2);
    for told in
        ["left out: trigger public.parted_1.noted:", "left out: constraint public.refers.refers_id_fkey:"]
    {
        assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
    }
}

#[test]
fn roles_are_made_on_another_server_without_their_passwords() {
    let database = Database::with("create table t (id int)");
    let (app, group) = (unique("generate_app"), unique("generate_group"));
    database.execute(&format!(
        "create role {group} nologin; create role {app} login password 'hunter2' in role {group};
         grant select on t to {app}; alter table t owner to {group}"
    ));
    let named = yaml(&database, &[]);
    assert!(
        named.contains(&format!("description: \"Names roles that it does not make: {app}.\"")),
        "{named}"
    );
    assert!(!named.contains("CREATE ROLE") && !named.contains("OWNER TO"), "{named}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let arguments = ["--roles", "--owners"];
    let generated = yaml(&database, &arguments);
    assert!(!generated.contains("hunter2") && !generated.contains("PASSWORD "), "{generated}");
    yaml(&database, &[arguments.as_slice(), &["--format", "sql-directory", "--output", path]].concat());
    let server = Server::start(&[]);
    let other = Database::on(&server);
    load(&other, directory.path());
    assert_eq!(yaml(&other, &arguments), generated);
    assert_eq!(other.query(&format!("select pg_has_role('{app}', '{group}', 'member')::text")), ["true"]);
    database.execute(&format!("drop table t; drop role {app}; drop role {group}"));
}

#[test]
fn c1_a_locked_table_is_named_and_nothing_is_written() {
    let database = Database::with("create table busy (id int check (id > 0))");
    let lock = database.lock("busy");
    let message = generate(&database).arguments(&["--lock-timeout", "50ms"]).fail();
    assert!(message.contains("public.busy is locked by another session (waited 50 ms)"), "{message}");
    drop(lock);
}

#[test]
fn an_empty_database_gives_no_document() {
    let message = generate(&Database::new()).fail();
    assert!(message.contains("there is nothing in the database that was asked for"), "{message}");
    let database = Database::with("create table t (id int)");
    let message = generate(&database).arguments(&["--schema", "nowhere"]).fail();
    assert!(message.contains("no object in schema nowhere"), "{message}");
}

#[test]
fn a_directory_with_other_sql_files_is_left_alone() {
    let database = Database::with("create table t (id int)");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("other.sql"), "select 1;").unwrap();
    let path = directory.path().to_str().unwrap();
    let message = generate(&database).arguments(&["--format", "sql-directory", "--output", path]).fail();
    assert!(message.contains("holds another SQL file, other.sql"), "{message}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}
