//! Every part that SQL can declare: what the SQL made is as declared, and when one part is changed by hand, that part
//! is found and nothing else.

use std::sync::Arc;

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::finding::{Finding, State};
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};
use schema_audit::core::problem::Severity;

use crate::support::Database;
use crate::wanted::look;

/// One part: SQL that declares it, a change by hand, and the one finding that this makes. From and below the versions of
/// PostgreSQL that know it.
struct Part {
    versions: std::ops::RangeInclusive<u32>,
    declared: &'static str,
    change: &'static str,
    finding: &'static str,
}

const ANY: std::ops::RangeInclusive<u32> = 12..=99;

fn part(declared: &'static str, change: &'static str, finding: &'static str) -> Part {
    Part { versions: ANY, declared, change, finding }
}

fn since(version: u32, declared: &'static str, change: &'static str, finding: &'static str) -> Part {
    Part { versions: version..=99, ..part(declared, change, finding) }
}

fn require(sql: &str) -> Requirements {
    let source = Source { name: Arc::from("declared.sql"), text: Arc::from(sql) };
    let feature = Feature { name: Arc::from("all"), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
    let requirements = Requirements::of(&set, &Selection::default());
    // The columns of a table of a type are not known.
    let not_read = requirements.problems.iter().find(|problem| problem.severity == Severity::Error);
    assert_eq!(not_read, None, "{sql}");
    requirements
}

/// Each finding that is not Present, with all that it says.
async fn told(database: &Database, requirements: &Requirements) -> Vec<String> {
    let observation = look(&database.url(), requirements).await;
    let report = compare(requirements, &observation, Depth::Shape);
    let told = |finding: &Finding| {
        let differences = finding.differences.iter().map(|difference| {
            format!(" {}: {} / {}", difference.part, difference.expected, difference.actual)
        });
        let differences: String = differences.collect();
        format!("{} {}{differences}", finding.state.name(), finding.component)
    };
    report.findings.iter().filter(|finding| finding.state != State::Present).map(told).collect()
}

async fn each_part_is_found_and_nothing_else(parts: Vec<Part>) {
    let mut wrong = Vec::new();
    for Part { versions, declared, change, finding } in parts {
        let database = Database::new();
        let version: u32 = database.query("show server_version_num")[0].parse().unwrap();
        if !versions.contains(&(version / 10_000)) {
            continue;
        }
        database.execute(declared);
        let requirements = require(declared);
        let before = told(&database, &requirements).await;
        database.execute(change);
        let after = told(&database, &requirements).await;
        if !before.is_empty() || after != [finding] {
            wrong.push(format!(
                "{declared}\n  before: {before:?}\n  {change}: {after:?}\n  expected: {finding}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PARTED: &str = "create table p (a int, b text) partition by range (a); \
                      create table q (a int, b text) partition by range (a); \
                      create table p1 partition of p for values from (1) to (10); \
                      create table rest partition of p default";

#[tokio::test]
async fn k3_parts_of_tables() {
    each_part_is_found_and_nothing_else(vec![
        part(
            PARTED,
            "alter table p detach partition p1; alter table p attach partition p1 for values from (1) to (20)",
            "Different table/public.p1 partition bound: from ('1') to ('10') / from ('1') to ('20')",
        ),
        part(
            PARTED,
            "alter table p detach partition p1",
            "Different table/public.p1 partition of: public.p / of no table",
        ),
        part(
            PARTED,
            "alter table p detach partition rest; alter table q attach partition rest default",
            "Different table/public.rest partition of: public.p / public.q",
        ),
        part(
            "create table p (a text) partition by list (a); create table p1 (a text); \
             alter table p attach partition p1 for values in ('x', 'y', null)",
            "alter table p detach partition p1; alter table p attach partition p1 for values in ('x', 'y')",
            "Different table/public.p1 partition bound: in ('x', 'y', null) / in ('x', 'y')",
        ),
        part(
            "create table p (a timestamptz, b date) partition by range (a, b); \
             create table p1 partition of p for values from ('2024-01-01', minvalue) to ('2025-01-01', '2025-01-01')",
            "alter table p detach partition p1; alter table p attach partition p1 \
             for values from ('2024-01-01', minvalue) to ('2025-01-01', '2025-01-02')",
            "Different table/public.p1 partition bound: from ('2024-01-01', minvalue) to ('2025-01-01', '2025-01-01') \
             / from ('2024-01-01 00:00:00+00', minvalue) to ('2025-01-01 00:00:00+00', '2025-01-02')",
        ),
        part(
            "create table p (a int) partition by hash (a); \
             create table p1 partition of p for values with (modulus 4, remainder 1)",
            "alter table p detach partition p1; \
             alter table p attach partition p1 for values with (modulus 4, remainder 2)",
            "Different table/public.p1 partition bound: with (modulus 4, remainder 1) / with (modulus 4, remainder 2)",
        ),
        part(
            "create table p (a text, b int) partition by range (a text_pattern_ops, b)",
            "drop table p; create table p (a text, b int) partition by range (a, b)",
            "Different table/public.p partition key: range (a text_pattern_ops, b) / range (a, b)",
        ),
        part(
            "create table a (x int); create table b (x int) inherits (a)",
            "alter table b no inherit a",
            "Different table/public.b inheritance: inherits from public.a / does not inherit from public.a",
        ),
        part(
            "create type pair as (a int, b text); create table t of pair",
            "alter table t not of",
            "Different table/public.t type of the rows: pair / no type",
        ),
        part(
            "create table t (a int, b text) with (fillfactor = 70, autovacuum_enabled = off, \
             toast.autovacuum_enabled = false)",
            "alter table t set (fillfactor = 90)",
            "Different table/public.t storage parameters: fillfactor=70 / fillfactor=90",
        ),
        part(
            "create table t (a int, b text) with (toast.autovacuum_enabled = false)",
            "alter table t reset (toast.autovacuum_enabled)",
            "Different table/public.t storage parameters: toast.autovacuum_enabled=false \
             / toast.autovacuum_enabled not set",
        ),
        part(
            "create table t (a int) with (fillfactor = 70); alter table t reset (fillfactor); \
             alter table t set (parallel_workers = 2)",
            "alter table t set (fillfactor = 70)",
            "Different table/public.t storage parameters: fillfactor not set / fillfactor=70",
        ),
        part(
            "create table t (a int not null); create unique index i on t (a); \
             alter table t replica identity using index i; alter table t cluster on i",
            "alter table t replica identity full",
            "Different table/public.t replica identity: using index i / full",
        ),
        part(
            "create table t (a int); alter table t set unlogged",
            "alter table t set logged",
            "Different table/public.t persistence: unlogged / logged",
        ),
    ])
    .await;
}

#[tokio::test]
async fn k8_k14_k15_parts_of_columns() {
    each_part_is_found_and_nothing_else(vec![
        part(
            "create table t (a text); alter table t alter a set storage external",
            "alter table t alter a set storage main",
            "Different column/public.t.a storage: external / main",
        ),
        since(
            14,
            "create table t (a text compression pglz)",
            "alter table t alter a set compression default",
            "Different column/public.t.a compression: pglz / default",
        ),
        part(
            "create table t (a int); alter table t alter a set statistics 500; alter table t alter a set (n_distinct = 5)",
            "alter table t alter a set statistics -1",
            "Different column/public.t.a statistics target: 500 / -1",
        ),
        part(
            "create table t (a int); alter table t alter a set (n_distinct = 5)",
            "alter table t alter a reset (n_distinct)",
            "Different column/public.t.a storage parameters: n_distinct=5 / n_distinct not set",
        ),
        part(
            "create table t (a text, b text collate \"C\")",
            "alter table t alter a type text collate \"C\"",
            "Different column/public.t.a collation: that of the type / \"C\"",
        ),
        part(
            "create domain code as text collate \"C\"; create table t (a code, b code collate \"C\", c name)",
            "alter table t alter a type code collate \"POSIX\"",
            "Different column/public.t.a collation: that of the type / \"POSIX\"",
        ),
        part(
            "create table t (a text collate \"C\"); alter table t alter a type varchar(5)",
            "alter table t alter a type varchar(5) collate \"C\"",
            "Different column/public.t.a collation: that of the type / \"C\"",
        ),
        part(
            "create table t (a int constraint some_name not null); alter table t rename to u",
            "alter table u alter a drop not null",
            "Different column/public.u.a not null: not null / nullable",
        ),
        since(
            18,
            "create table t (a int not null, b int constraint n not null no inherit)",
            "alter table t alter a drop not null; alter table t add constraint n2 not null a not valid",
            "Different column/public.t.a not null of old rows: validated \
             / not valid: rows that were there before it are not checked",
        ),
        since(
            18,
            "create table t (a int, b int); alter table t add constraint n not null a not valid; \
             alter table t add constraint m not null b not valid; alter table t validate constraint n",
            "alter table t alter a drop not null",
            "Different column/public.t.a not null: not null / nullable",
        ),
    ])
    .await;
}

#[tokio::test]
async fn k1_k10_k13_parts_of_constraints() {
    each_part_is_found_and_nothing_else(vec![
        part(
            "create table t (a int, s tsrange, constraint x exclude using gist (s with &&) where (a > 0))",
            "alter table t drop constraint x, add constraint x exclude using gist (s with -|-) where (a > 0)",
            "Different constraint/public.t.x elements: (s with &&) / (s with -|-)",
        ),
        part(
            "create table t (a int, s tsrange, constraint x exclude using gist (s with &&) where (a > 0))",
            "alter table t drop constraint x, add constraint x exclude using gist (s with &&)",
            "Different constraint/public.t.x predicate: a > 0 / every row",
        ),
        part(
            "create table t (a int, b int, c int, constraint u unique (a) include (b, c) with (fillfactor = 70))",
            "alter table t drop constraint u, add constraint u unique (a) include (b) with (fillfactor = 70)",
            "Different constraint/public.t.u include: (b, c) / (b)",
        ),
        part(
            "create table t (a int, constraint u primary key (a) with (fillfactor = 70))",
            "alter index u set (fillfactor = 80)",
            "Different constraint/public.t.u storage parameters: fillfactor=70 / fillfactor=80",
        ),
        part(
            "create table r (a int, b int, primary key (a, b)); \
             create table t (a int, b int, constraint f foreign key (a, b) references r match full)",
            "alter table t drop constraint f, add constraint f foreign key (a, b) references r",
            "Different constraint/public.t.f match: full / simple",
        ),
        since(
            15,
            "create table r (a int, b int, primary key (a, b)); create table t (a int, b int, \
             constraint f foreign key (a, b) references r on delete set null (b))",
            "alter table t drop constraint f, \
             add constraint f foreign key (a, b) references r on delete set null",
            "Different constraint/public.t.f columns of on delete: (b) / all",
        ),
        part(
            "create table t (a int, constraint k check (a > 0) no inherit)",
            "alter table t drop constraint k, add constraint k check (a > 0)",
            "Different constraint/public.t.k inheritance: not inherited by children / inherited by children",
        ),
        part(
            "create table p (id int primary key) partition by range (id); \
             create table p1 partition of p for values from (0) to (10); \
             create table t (a int, constraint f foreign key (a) references p)",
            "alter table t drop constraint f",
            "Missing constraint/public.t.f",
        ),
        since(
            18,
            "create table t (a int, constraint k check (a > 0) not enforced)",
            "alter table t drop constraint k, add constraint k check (a > 0)",
            "Different constraint/public.t.k enforced: not enforced: no row is checked / enforced",
        ),
        since(
            18,
            "create table r (a int primary key); create table t (a int constraint f references r)",
            "alter table t alter constraint f not enforced",
            "Different constraint/public.t.f enforced: enforced / not enforced: no row is checked",
        ),
        since(
            18,
            "create table r (k int4range, s tsrange, constraint u primary key (k, s without overlaps)); \
             create table t (k int4range, s tsrange, constraint f foreign key (k, period s) references r (k, period s))",
            "alter table t drop constraint f; alter table r drop constraint u, add constraint u primary key (k, s); \
             alter table t add constraint f foreign key (k, s) references r (k, s)",
            "",
        ),
    ].into_iter().filter(|part| !part.finding.is_empty()).collect())
    .await;
}

#[tokio::test]
async fn k13_a_temporal_key_is_not_a_plain_one() {
    each_part_is_found_and_nothing_else(vec![since(
        18,
        "create table r (k int4range, s tsrange, constraint u primary key (k, s without overlaps))",
        "alter table r drop constraint u, add constraint u primary key (k, s)",
        "Different constraint/public.r.u period: no overlaps / no duplicates",
    )])
    .await;
}

#[tokio::test]
async fn k11_k12_parts_of_indexes() {
    each_part_is_found_and_nothing_else(vec![
        part(
            "create table t (a int); create index i on t using btree (a) with (fillfactor = 70)",
            "alter index i reset (fillfactor)",
            "Different index/public.i storage parameters: fillfactor=70 / fillfactor not set",
        ),
        since(
            13,
            "create table t (a tsvector); create index i on t using gist (a tsvector_ops (siglen = 100))",
            "drop index i; create index i on t using gist (a tsvector_ops (siglen = 200))",
            "Different index/public.i keys: (a tsvector_ops (siglen=100)) / (a (siglen=200))",
        ),
        part(
            "create table t (a text); create index i on t (a collate pg_catalog.\"C\")",
            "drop index i; create index i on t (a collate \"POSIX\")",
            "Different index/public.i keys: (a collate \"C\") / (a collate \"POSIX\")",
        ),
        part(
            "create table p (a int) partition by list (a); create table p1 partition of p for values in (1); \
             create index i on only p (a)",
            "drop index i",
            "Missing index/public.i",
        ),
        part(
            "create table p (a int) partition by list (a); create table p1 partition of p for values in (1); \
             create index i on p (a)",
            "drop index i; create index i on only p (a)",
            "Different index/public.i valid: valid / invalid (a concurrent build failed or is still running; if it \
             failed, drop the index or reindex it)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn k27_parts_of_views() {
    each_part_is_found_and_nothing_else(vec![
        since(
            15,
            "create view v with (security_invoker = on) as select 1 as a",
            "drop view v; create view v as select 1 as a",
            "Different view/public.v rights: of the invoker / of the owner",
        ),
        part(
            "create view v as select 1 as a; alter view v set (security_barrier)",
            "alter view v reset (security_barrier)",
            "Different view/public.v security barrier: a barrier / no barrier",
        ),
        part(
            "create table t (a int); create view v as select a from t with local check option",
            "create or replace view v as select a from t with check option",
            "Different view/public.v check option: local / cascaded",
        ),
        part(
            "create view v (a, b) as select 1, 2",
            "alter table v rename column b to c",
            "Different view/public.v columns: (a, b) / (a, c)",
        ),
        part(
            "create recursive view v (n) as select 1 union all select n + 1 from v where n < 3",
            "drop view v",
            "Missing view/public.v",
        ),
        part(
            "create materialized view m (a) with (fillfactor = 70) as select 1",
            "alter materialized view m set (fillfactor = 80)",
            "Different materialized_view/public.m storage parameters: fillfactor=70 / fillfactor=80",
        ),
    ])
    .await;
}

const FUNCTION: &str = "create function f(a int, b int default 1, variadic c int[] default '{}') \
    returns table (x int, y text) language sql stable parallel safe leakproof cost 7 rows 9 \
    set search_path = crm, \"$user\" set work_mem = '64MB' set datestyle = iso, mdy as $$ select 1, 'a' $$";

#[tokio::test]
async fn k18_k19_k20_parts_of_functions() {
    let name = "Different function/public.f(integer, integer, integer[])";
    let altered = |change: &'static str, told: &str| {
        part(FUNCTION, change, Box::leak(format!("{name} {told}").into_boxed_str()))
    };
    each_part_is_found_and_nothing_else(vec![
        altered("alter function f parallel restricted", "parallel: safe / restricted"),
        altered("alter function f not leakproof", "leakproof: leakproof / not leakproof"),
        altered("alter function f cost 8", "cost: 7 / 8"),
        altered("alter function f rows 10", "rows: 9 / 10"),
        altered(
            "alter function f set search_path = crm",
            "settings: search_path=crm, $user / search_path=crm",
        ),
        altered("alter function f reset work_mem", "settings: work_mem=64MB / work_mem not set"),
        altered("alter function f set jit = off", "settings: jit not set / jit=off"),
        altered(
            "drop function f; create function f(z int, b int default 1, variadic c int[] default '{}') \
             returns table (x int, y text) language sql stable parallel safe leakproof cost 7 rows 9 \
             set search_path = crm, \"$user\" set work_mem = '64MB' set datestyle = iso, mdy as $$ select 1, 'a' $$",
            "argument names: (a, b, c) / (z, b, c)",
        ),
        altered(
            "drop function f; create function f(a int, b int, variadic c int[] default '{}') \
             returns table (x int, z text) language sql stable parallel safe leakproof cost 7 rows 9 \
             set search_path = crm, \"$user\" set work_mem = '64MB' set datestyle = iso, mdy as $$ select 1, 'a' $$",
            "columns of the result: table (x integer, y text) / table (x integer, z text) \
             number of argument defaults: 2 / 1",
        ),
        part(
            "create function f() returns int language sql as 'select 1'; \
             alter function f() set search_path = ''; alter function f() parallel safe cost 5",
            "alter function f() reset search_path",
            "Different function/public.f() settings: search_path='' / search_path not set",
        ),
        part(
            "create function g(a int, out b int, out c text) language sql as $$ select 1, 'a' $$",
            "drop function g; create function g(a int, out b int, out d text) language sql as $$ select 1, 'a' $$",
            "Different function/public.g(integer) columns of the result: (b integer, c text) / (b integer, d text)",
        ),
    ])
    .await;
}

const TRIGGER: &str = "create table t (a int); create function f() returns trigger language plpgsql as \
    'begin return null; end'; create trigger r after update on t referencing old table as o new table as n \
    for each statement execute function f('a', 'it''s')";
const LATER: &str = "create table t (a int); create function f() returns trigger language plpgsql as \
    'begin return null; end'; create constraint trigger r after insert on t deferrable initially deferred \
    for each row execute function f()";

#[tokio::test]
async fn k2_k31_parts_of_triggers() {
    each_part_is_found_and_nothing_else(vec![
        part(
            TRIGGER,
            "drop trigger r on t; create trigger r after update on t referencing old table as o new table as n \
             for each statement execute function f('a')",
            "Different trigger/public.t.r arguments: ('a', 'it''s') / ('a')",
        ),
        part(
            TRIGGER,
            "drop trigger r on t; create trigger r after update on t referencing old table as o \
             for each statement execute function f('a', 'it''s')",
            "Different trigger/public.t.r transition tables: old o, new n / old o",
        ),
        part(
            LATER,
            "drop trigger r on t; create constraint trigger r after insert on t deferrable \
             for each row execute function f()",
            "Different trigger/public.t.r deferred: initially deferred / initially immediate",
        ),
        part(
            "create table t (a int); create function f() returns trigger language plpgsql as \
             'begin return null; end'; create trigger r after insert on t for each row execute function f(); \
             alter table t enable always trigger r",
            "alter table t enable trigger r",
            "Different trigger/public.t.r enabled: enabled always / enabled",
        ),
        part(
            "create table t (a int); create function f() returns trigger language plpgsql as \
             'begin return null; end'; create trigger r after insert on t for each row execute function f(); \
             alter table t enable replica trigger r",
            "alter table t disable trigger r",
            "Different trigger/public.t.r enabled: enabled for replicas only / disabled",
        ),
    ])
    .await;
}

#[tokio::test]
async fn k6_parts_of_sequences() {
    each_part_is_found_and_nothing_else(vec![
        part(
            "create table t (a serial, b int generated always as identity (start 5 increment 5))",
            "alter sequence t_a_seq owned by none",
            "Different sequence/public.t_a_seq owned by: public.t.a / no column",
        ),
        part(
            "create table t (a int); create sequence s owned by t.a; alter table t rename a to b",
            "alter table t add c int; alter sequence s owned by t.c",
            "Different sequence/public.s owned by: public.t.b / public.t.c",
        ),
        part(
            "create table t (b int generated always as identity (start 5 increment 5 cycle))",
            "alter table t alter b set no cycle",
            "Different sequence/public.t_b_seq cycle: cycles / ends",
        ),
        since(
            15,
            "create unlogged sequence s",
            "alter sequence s set logged",
            "Different sequence/public.s persistence: unlogged / logged",
        ),
    ])
    .await;
}

#[tokio::test]
async fn k16_parts_of_types() {
    each_part_is_found_and_nothing_else(vec![
        part(
            "create type span as range (subtype = text, subtype_opclass = text_pattern_ops, collation = \"C\")",
            "drop type span; create type span as range (subtype = text, collation = \"C\")",
            "Different type/public.span operator class: text_pattern_ops / text_ops",
        ),
        part(
            "create type span as range (subtype = float8, subtype_diff = float8mi)",
            "drop type span; create type span as range (subtype = float8)",
            "Different type/public.span difference function: float8mi / none",
        ),
        part(
            "create type span as range (subtype = text)",
            "drop type span; create type span as range (subtype = varchar)",
            "Different type/public.span subtype: text / character varying",
        ),
        since(
            14,
            "create type span as range (subtype = text, multirange_type_name = spans)",
            "drop type span; create type span as range (subtype = text)",
            "Different type/public.span multirange type: public.spans / public.span_multirange",
        ),
    ])
    .await;
}

/// A lock of a migration delays nothing: no part is read by a function that opens the table.
#[tokio::test]
async fn c1_c5_parts_are_read_under_an_access_exclusive_lock() {
    let database = Database::with(PARTED);
    let requirements = require(PARTED);
    // The lock of a partitioned table is one of its partitions too.
    let _lock = database.lock("p");
    assert_eq!(told(&database, &requirements).await, [""; 0]);
}
