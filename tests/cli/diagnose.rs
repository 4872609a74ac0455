//! `schema-audit diagnose`: each check finds what it is about, and nothing else.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{Call, call, text};
use crate::support::{Database, Server, pgbouncer};

fn diagnose(database: &Database) -> Call {
    call("diagnose").environment("DATABASE_URL", &database.url())
}

/// `SEVERITY OBJECT` of each finding of a check.
fn found(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
    findings.map(|finding| format!("{} {}", text(&finding["severity"]), text(&finding["object"]))).collect()
}

fn remedies(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.flat_map(|finding| finding["remedy"].as_array().unwrap()).map(text).collect()
}

/// What a check says of a database with this SQL.
fn check(name: &str, sql: &str) -> Vec<String> {
    let database = Database::with(sql);
    let (code, report) = diagnose(&database).arguments(&["--check", name]).report();
    let found = found(&report, name);
    let others: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().filter(|f| f["check"] != name).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(code, i32::from(found.iter().any(|line| !line.starts_with("notice"))), "{report}");
    found
}

#[test]
fn nothing_is_found_in_an_empty_database_nor_in_a_sound_one() {
    let sql = "create table customers (id bigint generated always as identity primary key, email text unique);
        create table orders (id bigint generated always as identity primary key, customer_id bigint references customers);
        create index on orders (customer_id);
        create materialized view totals as select customer_id, count(*) from orders group by 1;
        create unique index on totals (customer_id);
        create function f() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1'";
    for database in [Database::new(), Database::with(sql)] {
        let (code, report) = diagnose(&database).report();
        assert_eq!((code, &report["findings"]), (0, &serde_json::json!([])), "{report}");
        assert_eq!(report["checks"].as_array().unwrap().len(), 19);
    }
}

#[test]
fn a_foreign_key_needs_an_index_that_starts_with_its_columns() {
    let sql = "create table a (x int, y int, primary key (x, y));
        create table none (x int, y int, foreign key (x, y) references a);
        create table partial (x int, y int, foreign key (x, y) references a);
        create index on partial (x, y) where x > 0;
        create table short (x int, y int, foreign key (x, y) references a); create index on short (x);
        create table expression (x int, y int, foreign key (x, y) references a); create index on expression ((x + 1), y);
        create table late (x int, y int, z int, foreign key (x, y) references a); create index on late (z, x, y);
        create table included (x int, y int, foreign key (x, y) references a); create index on included (x) include (y);
        create table swapped (x int, y int, z int, foreign key (x, y) references a); create index on swapped (y, x, z);
        create table parted (id int, x int, y int, foreign key (x, y) references a) partition by range (id);
        create table part partition of parted default;";
    assert_eq!(
        check("foreign-key-without-index", sql),
        ["expression", "included", "late", "none", "parted", "partial", "short"]
            .map(|table| format!("warning constraint/public.{table}.{table}_x_y_fkey"))
    );
}

#[test]
fn of_two_equal_indexes_the_one_that_is_not_needed_is_named() {
    let sql = "create table t (id int primary key, a int, b int, c text);
        create index one on t (a); create index two on t (a);
        create unique index id_again on t (id);
        create index pattern on t (c text_pattern_ops); create index plain on t (c);
        create index descending on t (b desc); create index ascending on t (b);
        create index partial on t (b) where a > 0; create index partial_again on t (b) where a > 0;
        create index lower on t (lower(c)); create index lower_again on t (lower(c));
        create index upper on t (upper(c));
        create index hashed on t using hash (a);
        create unique index including on t (a) include (b); create index less on t (a) include (b)";
    assert_eq!(
        check("duplicate-index", sql),
        ["id_again", "less", "lower_again", "one", "partial_again", "two"]
            .map(|name| format!("warning index/public.{name}"))
    );
}

#[test]
fn an_index_that_another_starts_with_is_redundant() {
    let sql = "create table t (a int, b int, c int);
        create index a on t (a); create index ab on t (a, b);
        create index c_desc on t (c desc); create index ca on t (c, a);
        create unique index guarded on t (b); create index bc on t (b, c)";
    assert_eq!(check("redundant-index", sql), ["notice index/public.a"]);
    assert_eq!(check("duplicate-index", sql), Vec::<String>::new());
}

#[test]
fn k11_an_invalid_index_is_found_unless_it_may_be_in_the_making() {
    let database = Database::with(
        "create table t (a int); create index broken on t (a); create index good on t ((a + 1))",
    );
    database.execute("update pg_index set indisvalid = false where indexrelid = 'broken'::regclass");
    let run = || diagnose(&database).arguments(&["--check", "invalid-index"]).report();
    let (code, report) = run();
    assert_eq!((code, found(&report, "invalid-index")), (1, vec!["warning index/public.broken".to_owned()]));
    let builder = database.session();
    builder.execute("begin; lock table t in share update exclusive mode");
    let (code, report) = run();
    assert_eq!((code, found(&report, "invalid-index")), (0, Vec::new()));
    assert_eq!(report["undecided"][0]["object"], "index/public.broken");
}

#[test]
fn a_table_needs_a_primary_key_and_a_partition_none_of_its_own() {
    let sql = "create table none (a int); create table keyed (a int primary key);
        create unlogged table \"No Key\" (a int not null, b int, unique (b)); create unique index candidate on \"No Key\" (a);
        create table parted (a int) partition by range (a); create table part partition of parted default;
        create view v as select 1; create temporary table scratch (a int)";
    let names = ["\"No Key\"", "none", "parted"];
    assert_eq!(
        check("table-without-primary-key", sql),
        names.map(|name| format!("warning table/public.{name}"))
    );
    let database = Database::with(sql);
    let (_, report) = diagnose(&database).arguments(&["--check", "table-without-primary-key"]).report();
    let remedy = remedies(&report)[0].to_owned();
    assert_eq!(remedy, "ALTER TABLE \"public\".\"No Key\" ADD PRIMARY KEY USING INDEX \"candidate\";");
    database.execute(&remedy);
}

#[test]
fn k10_constraints_that_are_not_valid_are_found() {
    let sql = "create table a (id int primary key);
        create table b (id int primary key, a int, constraint checked check (a > 0));
        alter table b add constraint c check (a > 1) not valid;
        alter table b add constraint f foreign key (a) references a not valid";
    assert_eq!(
        check("constraint-not-valid", sql),
        ["warning constraint/public.b.c", "warning constraint/public.b.f"]
    );
}

#[test]
fn disabled_triggers_are_found_and_foreign_keys_that_nothing_checks() {
    let sql = "create function f() returns trigger language plpgsql as 'begin return new; end';
        create table a (id int primary key); create table b (a int references a); create table c (a int references a);
        create trigger off before insert on a for each row execute function f();
        create trigger working before insert on a for each row execute function f();
        alter table a disable trigger off; alter table b disable trigger all";
    assert_eq!(
        check("disabled-trigger", sql),
        ["warning trigger/public.a.off", "warning constraint/public.b.b_a_fkey"]
    );
}

#[test]
fn materialized_views_are_populated_and_can_be_refreshed_concurrently() {
    let sql =
        "create materialized view empty as select 1 as a with no data; create unique index on empty (a);
        create materialized view full_one as select 1 as a; create unique index on full_one (a) where a > 0;
        create unique index on full_one ((a + 1)); create index on full_one (a)";
    assert_eq!(check("materialized-view-not-populated", sql), ["warning materialized_view/public.empty"]);
    assert_eq!(
        check("materialized-view-without-unique-index", sql),
        ["notice materialized_view/public.full_one"]
    );
}

#[test]
fn row_level_security_needs_policies_and_policies_need_row_level_security() {
    let sql = "create table closed (id int); alter table closed enable row level security;
        create table open (id int); create policy p on open using (true);
        create table sound (id int); create policy p on sound using (true); alter table sound enable row level security;
        create table neither (id int)";
    assert_eq!(check("rls-without-policy", sql), ["warning table/public.closed"]);
    assert_eq!(check("policy-without-rls", sql), ["warning table/public.open"]);
}

#[test]
fn a_security_definer_needs_a_search_path_of_its_own() {
    let sql = "create type mood as enum ('fine');
        create function loose(mood, int[]) returns int language sql security definer as 'select 1';
        create function pinned() returns int language sql security definer set search_path = pg_catalog as 'select 1';
        create function other() returns int language sql security definer set work_mem = '1MB' as 'select 1';
        create function invoker() returns int language sql as 'select 1';
        create procedure proc() language sql security definer as 'select 1'";
    let name = "security-definer-without-search-path";
    assert_eq!(
        check(name, sql),
        [
            "warning function/public.loose(public.mood, integer[])",
            "warning function/public.other()",
            "warning function/public.proc()"
        ]
    );
    // What is proposed is SQL, and it helps.
    let database = Database::with(sql);
    let (_, report) = diagnose(&database).arguments(&["--check", name]).report();
    for statement in remedies(&report) {
        database.execute(statement);
    }
    assert_eq!(diagnose(&database).arguments(&["--check", name]).report().0, 0);
}

#[test]
fn sequences_are_measured_against_their_columns_too() {
    let sql = "create sequence ending maxvalue 100; select setval('ending', 99);
        create sequence cycling maxvalue 100 cycle; select setval('cycling', 99);
        create sequence fresh maxvalue 2;
        create table owned (id serial primary key); select setval('owned_id_seq', 1700000000);
        create sequence big; select setval('big', 2147000000);
        create table borrowed (id int primary key default nextval('big'));
        create sequence roomy; select setval('roomy', 2147000000);
        create table wide (id bigint primary key default nextval('roomy'));
        create table small (id smallint generated always as identity); select setval('small_id_seq', 20000)";
    let database = Database::with(sql);
    let (code, report) = diagnose(&database).arguments(&["--check", "sequence-near-end"]).report();
    assert_eq!(code, 1);
    assert_eq!(
        found(&report, "sequence-near-end"),
        [
            "critical sequence/public.big",
            "critical sequence/public.ending",
            "warning sequence/public.owned_id_seq"
        ]
    );
    assert!(
        text(&report["findings"][0]["what"]).ends_with("the integer column public.borrowed.id"),
        "{report}"
    );
    for statement in remedies(&report) {
        database.execute(statement);
    }
    assert_eq!(diagnose(&database).arguments(&["--check", "sequence-near-end"]).report().0, 0);
}

#[test]
fn c10_a_sequence_that_the_role_may_not_read_is_undecided() {
    let database = Database::with("create sequence hidden maxvalue 10; select setval('hidden', 10)");
    let role = database.role();
    let run = || {
        let call = call("diagnose").environment("DATABASE_URL", &database.url_as(&role.name, &role.password));
        call.secret(&role.password).arguments(&["--check", "sequence-near-end"]).report()
    };
    let (code, report) = run();
    assert_eq!((code, &report["findings"]), (0, &serde_json::json!([])));
    let reason = text(&report["undecided"][0]["reason"]).to_owned();
    let grant = reason.split_once(": ").unwrap().1;
    assert!(grant.starts_with("GRANT SELECT ON SEQUENCE"), "{reason}");
    database.execute(grant);
    assert_eq!(found(&run().1, "sequence-near-end"), ["critical sequence/public.hidden"]);
}

#[test]
fn counters_tell_of_unused_indexes_of_scans_and_of_upkeep() {
    let database = Database::with(
        "create table t (id int primary key, a int, b int) with (autovacuum_enabled = off);
         create index unused on t (a); create index used on t (b); create unique index guard on t (a, id);
         create table small (a int) with (autovacuum_enabled = off); create index small_a on small (a);
         create table fine (id int primary key) with (autovacuum_enabled = off)",
    );
    let session = database.session();
    session.execute("insert into t select g, g, g from generate_series(1, 60000) g");
    session.execute("insert into fine select g from generate_series(1, 60000) g");
    session.execute("insert into small select g from generate_series(1, 500) g");
    session.execute("analyze fine");
    session.execute("delete from t where id > 40000");
    session
        .execute("set enable_seqscan = off; set enable_bitmapscan = off; select count(*) from t where b = 5");
    session.execute("set enable_indexscan = off; set enable_indexonlyscan = off; set enable_seqscan = on");
    session.execute("do 'begin for i in 1..120 loop perform count(*) from t where a = i; end loop; end'");
    drop(session);
    let look = database.session();
    look.wait_until(
        "select seq_scan >= 120 and n_dead_tup >= 20000 from pg_stat_user_tables where relname = 't'",
        "t",
    );
    look.wait_until("select idx_scan > 0 from pg_stat_user_indexes where indexrelname = 'used'", "t");
    look.wait_until("select n_live_tup > 0 from pg_stat_user_tables where relname = 'fine'", "t");
    let (code, report) = diagnose(&database).report();
    assert_eq!(code, 1, "{report}");
    assert_eq!(found(&report, "sequential-scans"), ["notice table/public.t"], "{report}");
    assert_eq!(found(&report, "stale-statistics"), ["warning table/public.t"], "{report}");
    assert_eq!(found(&report, "dead-rows"), ["warning table/public.t"], "{report}");
    // Servers before 15 date the counters of a database from its first use, which is too young.
    if report["statisticsAgeSeconds"].is_null() {
        assert_eq!(found(&report, "unused-index"), ["notice index/public.unused"], "{report}");
    } else {
        assert!(report["undecided"].to_string().contains("too young"), "{report}");
    }
    database.execute("analyze");
    database.execute("vacuum");
    let look = database.session();
    look.wait_until(
        "select n_dead_tup = 0 and n_mod_since_analyze = 0 from pg_stat_user_tables where relname = 't'",
        "t",
    );
    let (_, report) = diagnose(&database).report();
    assert_eq!(found(&report, "stale-statistics"), Vec::<String>::new());
    assert_eq!(found(&report, "dead-rows"), Vec::<String>::new());
}

#[test]
fn a_server_that_counts_nothing_says_so() {
    let database = Database::new();
    database.execute(&format!("alter database {} set track_counts = off", database.name()));
    let (code, report) = diagnose(&database).report();
    assert_eq!(code, 0);
    let undecided: Vec<&str> =
        report["undecided"].as_array().unwrap().iter().map(|undecided| text(&undecided["check"])).collect();
    assert_eq!(undecided, ["stale-statistics", "dead-rows", "unused-index", "sequential-scans"]);
}

#[test]
fn k21_what_belongs_to_extensions_is_left_out_unless_asked_for() {
    let database = Database::with("create table theirs (a int); create table ours (a int)");
    database.execute("alter extension plpgsql add table theirs");
    let name = "table-without-primary-key";
    let run = |more: &[&str]| {
        let (_, report) = diagnose(&database).arguments(&["--check", name]).arguments(more).report();
        found(&report, name)
    };
    assert_eq!(run(&[]), ["warning table/public.ours"]);
    assert_eq!(run(&["--include-extensions"]), ["warning table/public.ours", "warning table/public.theirs"]);
}

#[test]
fn an_extension_with_a_newer_version_is_found() {
    let database = Database::new();
    let old = database.query(
        "select p.name || ' ' || p.source from (
             select a.name, u.source, a.default_version, u.target, u.path
             from pg_available_extensions a, pg_extension_update_paths(a.name) u where a.name = 'hstore'
         ) p join pg_available_extension_versions v on v.name = p.name and v.version = p.source
         where p.target = p.default_version and p.path is not null order by p.source desc limit 1",
    );
    let (name, version) = old[0].split_once(' ').expect("the contrib modules of PostgreSQL are installed");
    database.execute(&format!("create extension {name} version '{version}'"));
    let run = || diagnose(&database).arguments(&["--check", "extension-behind"]).report();
    let (code, report) = run();
    assert_eq!((code, found(&report, "extension-behind")), (0, vec![format!("notice extension/{name}")]));
    database.execute(remedies(&report)[0]);
    assert_eq!(found(&run().1, "extension-behind"), Vec::<String>::new());
}

#[test]
fn schemas_checks_and_objects_are_chosen() {
    let database = Database::with(
        "create schema one; create schema \"Two\"; create table one.a (x int); create table \"Two\".b (x int);
         create policy p on one.a for select using (true)",
    );
    let run = |arguments: &[&str]| diagnose(&database).arguments(arguments).report().1;
    let name = "table-without-primary-key";
    assert_eq!(found(&run(&["--schema", "one"]), name), ["warning table/one.a"]);
    assert_eq!(found(&run(&["--schema", "Two", "--schema", "one"]), name).len(), 2);
    assert_eq!(found(&run(&["--skip", name]), name), Vec::<String>::new());
    let objects = run(&["--objects", "--schema", "one"])["objects"].clone();
    assert_eq!(
        objects,
        serde_json::json!([
            {"schema": "one", "kind": "policy", "count": 1,
             "names": ["p on a, permissive, for select, without effect: row-level security is off"]},
            {"schema": "one", "kind": "table", "count": 1, "names": ["a"]},
        ])
    );
    let message = diagnose(&database).arguments(&["--schema", "Three"]).fail();
    assert!(message.contains("there is no schema \"Three\" in the database"), "{message}");
    let message = diagnose(&database).arguments(&["--check", "nonsense"]).fail();
    assert!(message.contains("unused-index"), "{message}");
    let message = diagnose(&database).arguments(&["--check", name, "--skip", name]).fail();
    assert!(message.contains("every check is skipped"), "{message}");
}

#[test]
fn c1_c7_locks_hold_up_nothing_and_cost_only_what_is_locked() {
    let database = Database::with(
        "create table locked (id serial primary key); create table free (a int); insert into free values (1);
         create sequence ending maxvalue 10; select setval('ending', 10); select setval('locked_id_seq', 5)",
    );
    let locks = (database.lock("locked"), database.session());
    locks.1.execute("begin; alter sequence locked_id_seq maxvalue 5");
    let start = Instant::now();
    let (code, report) = diagnose(&database).report();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(code, 1);
    assert_eq!(found(&report, "sequence-near-end"), ["critical sequence/public.ending"]);
    assert_eq!(found(&report, "table-without-primary-key"), ["warning table/public.free"]);
    assert_eq!(report["undecided"][0]["object"], "sequence/public.locked_id_seq");
    let exact = |name: &str| {
        let tables = report["tables"].as_array().unwrap();
        tables.iter().find(|table| table["name"] == name).unwrap()["exact"].clone()
    };
    assert_eq!((exact("locked"), exact("free")), (Value::Bool(false), Value::Bool(true)));
}

#[test]
fn c8_a_role_without_privileges_sees_the_same_findings() {
    let sql = "create schema hidden; create table hidden.a (x int); create policy p on hidden.a using (true);
        create function hidden.f() returns int language sql security definer as 'select 1'";
    let database = Database::with(sql);
    let role = database.role();
    let all = diagnose(&database).report();
    let few =
        call("diagnose").environment("DATABASE_URL", &database.url_as(&role.name, &role.password)).report();
    assert_eq!(all.0, 1);
    assert_eq!((few.0, &few.1["findings"], &few.1["objects"]), (1, &all.1["findings"], &all.1["objects"]));
}

#[test]
fn v1_a_pooler_is_no_hindrance_and_nothing_is_left_in_its_session() {
    let database = Database::with("create table a (x int)");
    let url = pgbouncer().url_of(database.name());
    let (code, report) = call("diagnose").environment("DATABASE_URL", &url).report();
    assert_eq!((code, found(&report, "table-without-primary-key").len()), (1, 1));
    assert_eq!(report["undecided"], serde_json::json!([]));
}

#[test]
fn v7_a_standby_says_what_only_the_primary_knows() {
    let primary = Server::start(&[]);
    let standby = primary.standby();
    primary
        .session("postgres")
        .execute("create table a (x int); create sequence s maxvalue 10; select setval('s', 10)");
    standby.session("postgres").wait_until("select count(*) from pg_class where relname = 's'", "1");
    let call = call("diagnose").environment("DATABASE_URL", &standby.url()).secret(standby.password());
    let (code, report) = call.report();
    assert_eq!((code, &report["server"]["inRecovery"]), (1, &Value::Bool(true)), "{report}");
    assert_eq!(found(&report, "table-without-primary-key"), ["warning table/public.a"]);
    assert_eq!(found(&report, "sequence-near-end"), ["critical sequence/public.s"]);
    let undecided: Vec<&str> =
        report["undecided"].as_array().unwrap().iter().map(|undecided| text(&undecided["check"])).collect();
    assert_eq!(undecided, ["stale-statistics", "dead-rows", "unused-index"]);
}

#[test]
fn people_get_a_table_or_markdown() {
    let database = Database::with("create table \"a|b\" (x int)");
    let table = diagnose(&database).run();
    assert_eq!((table.code, table.stderr.as_str()), (1, ""));
    assert!(table.stdout.contains("Tables without a primary key: 1 warning"), "{}", table.stdout);
    let markdown = diagnose(&database).arguments(&["--format", "markdown"]).run().stdout;
    assert!(markdown.contains("- **warning** `table/public.\"a|b\"`: it has no primary key"), "{markdown}");
    assert!(markdown.contains("| public.\"a\\|b\" |"), "{markdown}");
}
