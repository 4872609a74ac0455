//! Definitions: the planner of a real server decides whether what is declared and what is there mean the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::definitions::Definitions;
use schema_audit::core::audit::finding::{Finding, State};
use schema_audit::core::audit::report::Report;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};
use schema_audit::postgres::{Limits, Origin, Target, observe_with};

use crate::support::{Database, Server, Session, pgbouncer};
use crate::wanted::LIMITS;

fn require(sql: &str) -> Requirements {
    let source = Source { name: Arc::from("a.sql"), text: Arc::from(sql) };
    let feature = Feature { name: Arc::from("all"), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
    let requirements = Requirements::of(&set, &Selection::default());
    assert_eq!(requirements.problems, [], "{sql}");
    requirements
}

pub async fn report_of(url: &str, sql: &str, limits: &Limits, definitions: Definitions) -> Report {
    let requirements = require(sql);
    let target = Target::parse(url, None, Origin::CommandLine).unwrap();
    let observation = observe_with(&target, &requirements, limits, definitions).await.unwrap();
    compare(&requirements, &observation, Depth::Shape)
}

pub async fn audit(url: &str, sql: &str) -> Vec<String> {
    told(&report_of(url, sql, &LIMITS, Definitions::Ask).await)
}

/// Each finding that is not Present, or is so only in part, with all that it says.
pub fn told(report: &Report) -> Vec<String> {
    let told = |finding: &Finding| {
        let differences = finding
            .differences
            .iter()
            .map(|it| format!(" {}: {} / {}", it.part, it.expected, it.actual))
            .collect::<Vec<_>>()
            .concat();
        let not_compared = finding
            .not_compared
            .iter()
            .map(|it| format!(" not compared: {}: {}", it.part, it.reason.as_deref().unwrap_or("-")))
            .collect::<Vec<_>>()
            .concat();
        let reason = finding.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {}{reason}{differences}{not_compared}", finding.state.name(), finding.component)
    };
    let whole = |finding: &&Finding| finding.state == State::Present && finding.not_compared.is_empty();
    report.findings.iter().filter(|finding| !whole(finding)).map(told).collect()
}

/// What the declared SQL must be equal to, and must differ from, when each is run in a database of its own.
pub struct Case {
    pub declared: &'static str,
    pub equal: &'static str,
    pub different: &'static str,
}

pub const NOTHING: [&str; 0] = [];

pub async fn check(before: &str, cases: &[Case]) {
    for Case { declared, equal, different } in cases {
        let declared = format!("{before};\n{declared}");
        let same = Database::with(&format!("{before};\n{equal}"));
        assert_eq!(audit(&same.url(), &declared).await, NOTHING, "{equal}");
        let other = Database::with(&format!("{before};\n{different}"));
        let found = audit(&other.url(), &declared).await;
        assert!(found.len() == 1 && found[0].starts_with("Different "), "{different}: {found:?}");
    }
}

#[tokio::test]
async fn n1_n2_checks_mean_the_same_or_not_however_they_are_written() {
    let before =
        "create table t (a int, b varchar(10), c numeric(5,2), d timestamptz, \"Odd \"\" one\" text)";
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        before,
        &[
            case(
                "alter table t add constraint k check (b in ('x', 'y'))",
                "alter table t add constraint k check (b = any (array['x'::varchar, 'y']))",
                "alter table t add constraint k check (b in ('x', 'z'))",
            ),
            case(
                "alter table t add constraint k check (a between 1 and 3)",
                "alter table t add constraint k check ((t.a >= 1 and (a <= 3)))",
                "alter table t add constraint k check (a between 1 and 4)",
            ),
            case(
                "alter table t add constraint k check (c > 0 and length(b) < 5)",
                "alter table t add constraint k check (c > '0'::numeric and (pg_catalog.length(b) < 5))",
                "alter table t add constraint k check (c >= 0 and length(b) < 5)",
            ),
            case(
                "alter table t add constraint k check (\"Odd \"\" one\" like 'it''s%' and d > '2020-01-01')",
                "alter table t add constraint k check (t.\"Odd \"\" one\" ~~ 'it''s%' and d > timestamptz '2020-01-01')",
                "alter table t add constraint k check (\"Odd \"\" one\" like 'its%' and d > '2020-01-01')",
            ),
            case(
                "alter table t add constraint k check (a is not null or not (a = 1 and b is null))",
                "alter table t add constraint k check ((a is not null) or not ((a = 1) and (b is null)))",
                "alter table t add constraint k check (a is not null or not (a = 1 or b is null))",
            ),
            case(
                "alter table t add constraint k check (t.* is not null)",
                "alter table t add constraint k check (t is not null)",
                "alter table t add constraint k check (t is null)",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn n3_defaults_and_generated_columns_take_the_type_of_their_column() {
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        "create schema app; create type app.status as enum ('new', 'old'); create sequence app.s",
        &[
            case(
                "create table t (a varchar(5) default '')",
                "create table t (a varchar(5) default ''::text)",
                "create table t (a varchar(5) default ' ')",
            ),
            case(
                "create table t (a bigint default 1)",
                "create table t (a bigint default '1'::int)",
                "create table t (a bigint default 2)",
            ),
            case(
                "create table t (a timestamptz default now())",
                "create table t (a timestamptz default current_timestamp)",
                "create table t (a timestamptz default clock_timestamp())",
            ),
            case(
                "create table t (a app.status default 'new')",
                "create table t (a app.status default 'new'::app.status)",
                "create table t (a app.status default 'old')",
            ),
            case(
                "create table t (a timestamp default now() + '1 day')",
                "create table t (a timestamp default (now() + interval '1 day'))",
                "create table t (a timestamp default now() + '2 days')",
            ),
            case(
                "create table t (a int default nextval('app.s'))",
                "create table t (a int default nextval('app.s'::regclass))",
                "create sequence app.s2; create table t (a int default nextval('app.s2'))",
            ),
            case(
                "create table t (a int[] default '{}', b jsonb default '{}')",
                "create table t (a int[] default array[]::int[], b jsonb default '{ }'::jsonb)",
                "create table t (a int[] default '{1}', b jsonb default '{}')",
            ),
            case(
                "create table t (a int, b int generated always as (a * 2) stored)",
                "create table t (a int, b int generated always as ((t.a * 2)) stored)",
                "create table t (a int, b int generated always as (a * 3) stored)",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn n2_indexes_policies_and_triggers_mean_the_same_or_not() {
    let before = "create table t (a int, b text, c timestamptz); \
         create table u (a int primary key, who text); \
         create function f() returns trigger language plpgsql as 'begin return new; end'";
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        before,
        &[
            case(
                "create index i on t (lower(b), a, (a + 1)) where a > 0 and b is not null",
                "create index i on t (lower(t.b), a, (t.a + 1)) where (a > 0) and (b is not null)",
                "create index i on t (lower(b), a, (a + 2)) where a > 0 and b is not null",
            ),
            case(
                "alter table t add constraint x exclude ((a + 1) with =) where (b in ('x', 'y'))",
                "alter table t add constraint x exclude ((t.a + 1) with =) where (b = any (array['x', 'y']))",
                "alter table t add constraint x exclude ((a + 2) with =) where (b in ('x', 'y'))",
            ),
            case(
                "create index i on t (a) where b in ('x', 'y')",
                "create index i on t (a) where b = any ('{x,y}')",
                "create index i on t (a) where b in ('x', 'z')",
            ),
            case(
                "create policy p on t using (b = current_user) with check (a > 0)",
                "create policy p on t using ((t.b)::text = current_user) with check (t.a > 0)",
                "create policy p on t using (b = session_user) with check (a > 0)",
            ),
            case(
                "create policy p on t using (exists (select 1 from u where u.a = t.a and who = current_user))",
                "create policy p on t using (exists (select 1 from public.u x where x.a = t.a and x.who = current_user))",
                "create policy p on t using (exists (select 1 from u where u.a = t.a and who = session_user))",
            ),
            case(
                "create trigger w before update on t for each row when (old.* is distinct from new.*) execute function f()",
                "create trigger w before update on t for each row when ((old.*) is distinct from (new.*)) execute function f()",
                "create trigger w before update on t for each row when (old.a is distinct from new.a) execute function f()",
            ),
            case(
                "create trigger w before insert on t for each row when (new.b in ('x', 'y')) execute function f()",
                "create trigger w before insert on t for each row when (new.b = any (array['x', 'y'])) execute function f()",
                "create trigger w before insert on t for each row when (new.b in ('x')) execute function f()",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn n4_n5_views_mean_the_same_or_not() {
    let before = "create table t (id int primary key, name text, made timestamptz); \
         create table u (id int, t_id int, amount numeric)";
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        before,
        &[
            case(
                "create view v as select id, name from t where name <> ''",
                "create view v as select t.id, x.name from t, lateral (select t.name) x where t.name <> ''::text",
                "create view v as select id, name from t where name <> ' '",
            ),
            case(
                "create view v as select x.*, y.amount from t x join u y on x.id = y.t_id where y.amount > 1",
                "create view v as select a.id, a.name, a.made, b.amount from t a join u b on a.id = b.t_id where b.amount > 1",
                "create view v as select x.*, y.amount from t x join u y on x.id = y.t_id where y.amount > 2",
            ),
            case(
                "create view v(one, place) as select id || '.' || name, rank() over (order by made) from t",
                "create view v as select id || '.' || name as one, rank() over (order by made) as place from t",
                "create view v(one, place) as select id || '-' || name, rank() over (order by made) from t",
            ),
            case(
                "create view v as select id as one, name as two from t union all select t_id as three, 'x' as four from u",
                "create view v as select id as one, name as two from t union all select t_id, 'x'::text from u",
                "create view v as select id as one, name as two from t union all select t_id, 'y' from u",
            ),
            case(
                "create materialized view v as with x as (select id, count(*) as n from u group by id) select id, n from x where n > 1",
                "create materialized view v as with x as (select u.id, count(*) as n from u group by u.id) select x.id, x.n from x where x.n > 1",
                "create materialized view v as with x as (select id, count(*) as n from u group by id) select id, n from x where n > 2",
            ),
            case(
                "create view v as select id from t where made > current_timestamp - interval '1 day'",
                "create view v as select id from t where made > now() - '1 day'::interval",
                "create view v as select id from t where made > now() - interval '2 days'",
            ),
        ],
    )
    .await;
}

/// What is equal as soon as the database ran it, whatever comes out of the planner.
const BUSY: &str = "create table locked (a int default length('abc'), b text default lower('X'), check (a > 0)); \
     create table free (a int, check (a > 0)); \
     create view over_locked as select a from locked where a > 1; \
     create view over_free as select a from free where a > 1; \
     create index on locked ((a + 1)); \
     create index on free ((a + 1))";

#[tokio::test]
async fn c1_c2_c3_c6_a_lock_makes_unknown_what_cannot_be_read_and_nothing_else() {
    let database = Database::with(BUSY);
    assert_eq!(audit(&database.url(), BUSY).await, NOTHING);
    database.execute("alter table locked alter column b set default lower('Y')");
    let locked = database.lock("locked");
    assert_eq!(
        audit(&database.url(), BUSY).await,
        [
            "Different column/public.locked.b default: lower('X') / lower('Y'::text)",
            "Unknown constraint/public.locked.locked_a_check: locked by another session",
            "Unknown index/public.locked_expr_idx: locked by another session",
            "Unknown view/public.over_locked: locked by another session",
        ]
    );
    drop(locked);
}

#[tokio::test]
async fn n2_a_role_without_any_privilege_compares_expressions_and_n4_not_views() {
    let sql = "create table t (a int default length('abc'), b varchar(3) check (b in ('x', 'y'))); \
               create index i on t (lower(b)) where a > 0; \
               create policy p on t using (b = current_user); \
               create view v as select a from t where a > 1";
    let database = Database::with(sql);
    let role = database.role();
    let url = database.url_as(&role.name, &role.password);
    let no_view = "Present view/public.v not compared: definition: \
                   the role may not read what it reads: permission denied for table t";
    assert_eq!(audit(&url, sql).await, [no_view]);
    database.execute("drop policy p on t; create policy p on t using (b = session_user)");
    assert_eq!(
        audit(&url, sql).await,
        ["Different policy/public.t.p using: b = current_user / ((b)::text = SESSION_USER)", no_view]
    );
}

#[tokio::test]
async fn n7_what_the_planner_refuses_is_not_compared_and_hides_nothing_else() {
    let column = |number| format!("c{number} int default length('{number}'), ");
    let columns = (0..40).map(column).collect::<Vec<_>>().concat();
    let sql = |function: &str, last: &str| {
        format!("create table t ({columns} x int default {function}(1), y int default {last})")
    };
    let mine = "create function mine(int) returns int language sql immutable as 'select 1'";
    let database = Database::with(&format!("{mine}; {}", sql("mine", "length('abc')")));
    assert_eq!(
        audit(&database.url(), &sql("theirs", "length('abcd')")).await,
        [
            "Different column/public.t.y default: length('abcd') / length('abc'::text)",
            "Present column/public.t.x not compared: default: the server cannot plan it as it is declared: \
             function theirs(integer) does not exist",
        ]
    );
}

/// The planner works out what `current_setting` gives, to estimate rows, and fails where nobody has set it.
#[tokio::test]
async fn n7_a_parameter_that_only_the_application_sets_is_no_reason_not_to_compare() {
    check(
        "create table t (id int, tenant uuid, day date); create table u (id int, tenant uuid);
         alter table t enable row level security",
        &[
            Case {
                declared: "create view v as select id from t where tenant = current_setting('app.tenant')::uuid",
                equal: "create view v as select t.id from t where (tenant = (current_setting('app.tenant'))::uuid)",
                different: "create view v as select id from t where tenant <> current_setting('app.tenant')::uuid",
            },
            Case {
                declared: "create view v as select id from t where tenant = current_setting('app.tenant')::uuid",
                equal: "create view v as select id from t where tenant = current_setting('app.tenant')::uuid",
                different: "create view v as select id from t where tenant = current_setting('app.tenant', true)::uuid",
            },
            Case {
                declared: "create policy p on t using (exists (select from u where u.id = t.id and u.tenant = current_setting('app.tenant')::uuid))",
                equal: "create policy p on t using (exists (select from u where (u.id = t.id) and u.tenant = current_setting('app.tenant')::uuid))",
                different: "create policy p on t using (exists (select from u where u.id > t.id and u.tenant = current_setting('app.tenant')::uuid))",
            },
            Case {
                declared: "create policy p on t using (exists (select from u where u.id = current_setting('app.a')::int
                    and t.day > current_setting('app.b')::date and u.tenant = current_setting('app.c')::uuid))",
                equal: "create policy p on t using (exists (select from u where u.id = current_setting('app.a')::int
                    and t.day > current_setting('app.b')::date and u.tenant = current_setting('app.c')::uuid))",
                different: "create policy p on t using (exists (select from u where u.id = current_setting('app.a')::int
                    and t.day > current_setting('app.b')::date and u.tenant = current_setting('app.d')::uuid))",
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn s3_d6_names_mean_what_they_meant_where_they_were_declared() {
    let before = "create schema one; create schema two; \
         create table one.t (a int); create table two.t (a int); \
         create function one.f(int) returns bool language sql immutable as 'select true'; \
         create function two.f(int) returns bool language plpgsql immutable as 'begin return false; end'";
    let sql = |second: &str| {
        format!(
            "{before}; set search_path = one; create view v as select a from t; \
             alter table t add constraint k check (f(a)); \
             set search_path = two, one; create view v as select a from {second}; \
             alter table t add constraint k check (f(a))"
        )
    };
    let database = Database::with(&sql("t"));
    assert_eq!(audit(&database.url(), &sql("t")).await, NOTHING);
    let other = Database::with(&sql("one.t"));
    let found = audit(&other.url(), &sql("t")).await;
    assert!(found.len() == 1 && found[0].starts_with("Different view/two.v definition:"), "{found:?}");
}

#[tokio::test]
async fn unnamed_checks_and_indexes_are_found_by_what_they_mean() {
    let table = "create table t (a int, b text";
    let declared = format!(
        "{table}, check (a > 0), check (a < 10), check (a <> 5)); \
         create index on t (lower(b)); create index on t (upper(b)) where a > 0"
    );
    let renamed = Database::with(&format!(
        "{table}, constraint t_a_check check (a <> 5), constraint t_a_check1 check (a > 0), \
         constraint mine check (10 > a and a < 10 or a < 10)); \
         alter table t drop constraint mine; alter table t add constraint other check (t.a < 10); \
         create index t_lower_idx on t (upper(b)) where a > 0; create index anything on t (lower(t.b))"
    ));
    assert_eq!(audit(&renamed.url(), &declared).await, NOTHING);
    let changed = Database::with(&declared);
    changed.execute(
        "alter table t drop constraint t_a_check1; alter table t add constraint t_a_check1 check (a < 11)",
    );
    let found = audit(&changed.url(), &declared).await;
    assert_eq!(found, ["Different constraint/public.t.t_a_check1 expression: a < 10 / (a < 11)"]);
}

#[tokio::test]
async fn n8_without_the_planner_only_what_is_plainly_equal_is_compared() {
    let sql = "create table t (a int default 0, b timestamptz default now(), c text default 'x', d serial, \
               e int default length('a'), check (a > 0)); \
               create view v as select a from t";
    let database = Database::with(sql);
    let report = report_of(&database.url(), sql, &LIMITS, Definitions::NoPlanner).await;
    let not_asked = |part: &str| format!("not compared: {part}: the planner was not asked (--no-planner)");
    assert_eq!(
        told(&report),
        [
            format!("Present column/public.t.e {}", not_asked("default")),
            format!("Present constraint/public.t.t_a_check {}", not_asked("expression")),
            format!("Present view/public.v {}", not_asked("definition")),
        ]
    );
    assert_eq!(report.definitions.compared, 4);
    assert_eq!(report.definitions.reasons, [("the planner was not asked (--no-planner)".to_owned(), 3)]);
    assert_eq!(audit(&database.url(), sql).await, NOTHING);
}

#[tokio::test]
async fn d1_texts_that_differ_are_never_different_by_themselves() {
    let sql = |value: &str, least: u32| {
        format!(
            "create table t (a int default length('{value}'), check (a > {least})); \
             create index i on t (a) where a > {least}; \
             create view v as select a from t where a > {least}"
        )
    };
    let database = Database::with(&sql("b", 1));
    let report = report_of(&database.url(), &sql("a", 2), &LIMITS, Definitions::NoPlanner).await;
    let told = told(&report);
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(
        told.iter().all(|line| line.starts_with("Present ") && line.contains("not compared")),
        "{told:#?}"
    );
    let different = audit(&database.url(), &sql("a", 2)).await;
    assert!(different.iter().all(|line| line.starts_with("Different ")), "{different:#?}");
}

#[tokio::test]
async fn k32_under_a_lock_the_text_of_a_policy_is_unknown_and_the_rest_of_it_is_compared() {
    let policy = "create policy p on t for select using (a > 0)";
    let table = "create table t (a int)";
    let sql = format!("{table}; {policy}");
    let same = Database::with(&sql);
    let locked = same.lock("t");
    assert_eq!(audit(&same.url(), &sql).await, ["Unknown policy/public.t.p: locked by another session"]);
    drop(locked);
    let other =
        Database::with(&format!("{table}; create policy p on t as restrictive for update using (a > 0)"));
    let _locked = other.lock("t");
    let found = audit(&other.url(), &sql).await;
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("Different policy/public.t.p ")
        && one.contains("command: ") && one.contains("permissive")),
        "{found:#?}"
    );
}

#[tokio::test]
async fn n2_domains_are_compared_over_a_stub_of_their_value() {
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        "select 1",
        &[
            case(
                "create domain d as varchar(9) default 'x' check (value like '%@%') check (length(value) > 3)",
                "create domain d as varchar(9) default 'x'::text check (length(VALUE) > 3) constraint k check (value ~~ '%@%')",
                "create domain d as varchar(9) default 'x' check (value like '%_@%') check (length(value) > 3)",
            ),
            case(
                "create domain d as int default 1 check (value > 0)",
                "create domain d as int default '1' check ((value > 0))",
                "create domain d as int default 2 check (value > 0)",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_depends_on_when_it_ran_is_never_different() {
    let sql = "create table t (a timestamp default 'now'::timestamp, b date default 'today')";
    let database = Database::with(sql);
    let found = audit(&database.url(), sql).await;
    assert!(found.iter().all(|finding| finding.starts_with("Present ")), "{found:?}");
}

#[tokio::test]
async fn k6_the_sequence_of_a_serial_column_may_have_another_name() {
    let sql = "create table t (id serial, other bigserial)";
    let database = Database::with(sql);
    assert_eq!(audit(&database.url(), sql).await, NOTHING);
    database.execute("alter sequence t_id_seq rename to renamed");
    let found = audit(&database.url(), sql).await;
    let default = found.iter().find(|finding| finding.contains("column/public.t.id")).unwrap();
    assert!(default.starts_with("Present ") && default.contains("not compared: default"), "{default}");
}

#[tokio::test]
async fn s4_temporary_tables_of_a_pooled_session_shadow_nothing() {
    let sql = "create table t (a int, check (a > 0)); create view v as select a from t";
    let database = Database::with(sql);
    let url = pgbouncer().url_of(database.name());
    let pooled = Session::open(&url);
    pooled.execute("create temp table t (b text); create temp view v as select 1 as x");
    for _ in 0..2 {
        assert_eq!(audit(&url, sql).await, NOTHING);
    }
}

#[tokio::test]
async fn n1_a_standby_compares_as_its_primary_does() {
    let primary = Server::start(&[]);
    let database = Database::on(&primary);
    database.execute(BUSY);
    let standby = primary.standby();
    let url = standby.url_of(database.name());
    assert_eq!(audit(&url, BUSY).await, NOTHING);
}

#[tokio::test]
async fn n9_the_time_for_definitions_is_bounded() {
    let columns: Vec<String> = (0..60).map(|number| format!("t{number}.a as a{number}")).collect();
    let tables: Vec<String> = (0..60).map(|number| format!("t as t{number}")).collect();
    let wide = format!("create view v as select {} from {}", columns.join(", "), tables.join(", "));
    let sql = format!("create table t (a int default length('a')); {wide}");
    let database = Database::with(&sql);
    let limits = Limits { total: Duration::from_secs(4), ..LIMITS };
    let started = Instant::now();
    let report = report_of(&database.url(), &sql, &limits, Definitions::Ask).await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(report.summary.present, report.summary.required);
}
