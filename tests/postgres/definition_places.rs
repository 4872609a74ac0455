//! Where else definitions stand: arguments of functions, partition keys, statistics.

use schema_audit::core::audit::definitions::Definitions;

use crate::definitions::{Case, NOTHING, audit, check, report_of, told};
use crate::support::Database;
use crate::wanted::LIMITS;

fn case(declared: &'static str, equal: &'static str, different: &'static str) -> Case {
    Case { declared, equal, different }
}

fn major(database: &Database) -> u32 {
    database.query("show server_version_num")[0].parse::<u32>().unwrap() / 10_000
}

/// How many definitions an audit of what was just declared compares; all of them, or it says which not.
async fn compared(sql: &str) -> usize {
    let database = Database::with(sql);
    let report = report_of(&database.url(), sql, &LIMITS, Definitions::Ask).await;
    assert_eq!(told(&report), NOTHING);
    assert_eq!(report.definitions.not_compared, 0, "{:?}", report.definitions.reasons);
    report.definitions.compared
}

#[tokio::test]
async fn n3_defaults_of_arguments_take_the_type_of_their_argument() {
    check(
        "create schema app; create type app.mood as enum ('good', 'bad'); \
         create function app.two() returns int language sql immutable as 'select 2'",
        &[
            case(
                "create function f(a int, b varchar(3) default 'x', c bigint default 1) returns int language sql as 'select 1'",
                "create function f(a int, b varchar default 'x'::text, c bigint default '1') returns int language sql as 'select 1'",
                "create function f(a int, b varchar(3) default 'x', c bigint default 2) returns int language sql as 'select 1'",
            ),
            case(
                "create function f(out a int, b int default length('abc'), out c int, inout d int default 1 + 1) language sql as 'select 1, 2, 3'",
                "create function f(out a int, b int default pg_catalog.length('abc'::text), out c int, inout d int default (1 + 1)) language sql as 'select 1, 2, 3'",
                "create function f(out a int, b int default length('abc'), out c int, inout d int default 1 + 2) language sql as 'select 1, 2, 3'",
            ),
            case(
                "create function f(a app.mood default 'good', variadic b int[] default '{}') returns int language sql as 'select 1'",
                "create function f(a app.mood default 'good'::app.mood, variadic b int[] default array[]::int[]) returns int language sql as 'select 1'",
                "create function f(a app.mood default 'bad', variadic b int[] default '{}') returns int language sql as 'select 1'",
            ),
            case(
                "create procedure f(a timestamptz default now(), b char default 'xy', c int default null) language sql as 'select 1'",
                "create procedure f(a timestamptz default current_timestamp, b char(5) default 'xy'::text, c int default null::int) language sql as 'select 1'",
                "create procedure f(a timestamptz default now(), b char default 'x', c int default null) language sql as 'select 1'",
            ),
            case(
                "create function f(a anyelement default 'x'::text, b jsonb default '{}') returns int language sql as 'select 1'",
                "create function f(a anyelement default cast('x' as text), b jsonb default '{ }') returns int language sql as 'select 1'",
                "create function f(a anyelement default 'y'::text, b jsonb default '{}') returns int language sql as 'select 1'",
            ),
            // Of two of one name, each has its own.
            case(
                "create function f(a int default 1) returns int language sql as 'select 1'; create function f(a text default app.two()) returns int language sql as 'select 1'",
                "create function f(a int default '1') returns int language sql as 'select 1'; create function f(a text default app.two()::text) returns int language sql as 'select 1'",
                "create function f(a int default 2) returns int language sql as 'select 1'; create function f(a text default app.two()) returns int language sql as 'select 1'",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn c3_defaults_of_arguments_are_read_without_a_lock_or_a_privilege_and_a_bad_one_hides_no_other() {
    let sql = |first: &str, last: &str| {
        format!(
            "create table t (a int); create schema app; \
             create function f(a t default null, b int default {first}, c int default {last}) \
             returns int language sql as 'select 1'"
        )
    };
    let mine = "create function mine() returns int language sql as 'select 1'";
    let database = Database::with(&format!("{mine}; {}", sql("mine()", "length('abc')")));
    let role = database.role();
    let locked = database.lock("t");
    let url = database.url_as(&role.name, &role.password);
    let found = audit(&url, &sql("theirs()", "length('abcd')")).await;
    let [only] = found.as_slice() else { panic!("{found:?}") };
    assert!(only.starts_with("Different function/public.f("), "{only}");
    assert!(only.contains(" argument default: length('abcd') / length('abc'::text)"), "{only}");
    assert!(
        only.ends_with(
            "not compared: argument default: the server cannot plan it as it is declared: \
             function theirs() does not exist"
        ),
        "{only}"
    );
    drop(locked);
}

#[tokio::test]
async fn n8_without_the_planner_a_default_of_an_argument_is_compared_where_it_is_plainly_equal() {
    let sql = "create function f(a int default 1, b text default 'x', c int default length('a')) \
               returns int language sql as 'select 1'";
    let database = Database::with(sql);
    let report = report_of(&database.url(), sql, &LIMITS, Definitions::NoPlanner).await;
    assert_eq!(report.definitions.compared, 2);
    assert_eq!(report.definitions.not_compared, 1);
    assert_eq!(compared(sql).await, 3);
}

#[tokio::test]
async fn n2_partition_keys_mean_the_same_or_not() {
    check(
        "create schema app",
        &[
            case(
                "create table t (a int, b text, c timestamptz) partition by range (lower(b), a, (a + 1))",
                "create table t (a int, b text, c timestamptz) partition by range (pg_catalog.lower(t.b), a, ((t.a + 1)))",
                "create table t (a int, b text, c timestamptz) partition by range (lower(b), a, (a + 2))",
            ),
            case(
                "create table t (a int, b text) partition by list ((b || ', '))",
                "create table t (a int, b text) partition by list (((b || ', '::text)))",
                "create table t (a int, b text) partition by list ((b || ','))",
            ),
            case(
                "create table t (a int, b text) partition by hash (coalesce(b, 'x,y'), (a * 2))",
                "create table t (a int, b text) partition by hash (coalesce(t.b, 'x,y'), (a * 2))",
                "create table t (a int, b text) partition by hash ((a * 2), coalesce(b, 'x,y'))",
            ),
        ],
    )
    .await;
    assert_eq!(compared("create table t (a int, b text) partition by range ((a + 1), lower(b))").await, 2);
}

#[tokio::test]
async fn c1_a_lock_makes_the_table_of_a_partition_key_unknown_and_nothing_else() {
    let sql = "create table locked (a int) partition by range ((a + 1)); \
               create table free (a int) partition by range ((a + 1)); \
               create function f(a int default 1 + 1) returns int language sql as 'select 1'";
    let database = Database::with(sql);
    let locked = database.lock("locked");
    let unknown = "Unknown table/public.locked: locked by another session";
    assert_eq!(audit(&database.url(), sql).await, [unknown]);
    drop(locked);
    assert_eq!(audit(&database.url(), sql).await, NOTHING);
}

#[tokio::test]
async fn k30_expressions_of_statistics_are_a_set_that_means_the_same_or_not() {
    let database = Database::new();
    if major(&database) < 14 {
        // There are none: extended statistics of columns are compared all the same.
        let sql = "create table t (a int, b int); create statistics s on a, b from t";
        database.execute(sql);
        assert_eq!(audit(&database.url(), sql).await, NOTHING);
        return;
    }
    check(
        "create table t (a int, b text)",
        &[
            case(
                "create statistics s on lower(b), a, (a + 1) from t",
                "create statistics s on (t.a + 1), pg_catalog.lower(t.b), a from t",
                "create statistics s on lower(b), a, (a + 2) from t",
            ),
            case(
                "create statistics s on (b || '(){}\\,') from t",
                "create statistics s on ((b || '(){}\\,'::text)) from t",
                "create statistics s on (b || '(){}\\') from t",
            ),
            case(
                "create statistics s on (a + 1), (a + 2) from t",
                "create statistics s on (a + 2), (a + 1) from t",
                "create statistics s on (a + 2), (a + 1), (a + 3) from t",
            ),
        ],
    )
    .await;
    let sql = "create table t (a int, b text); create table u (a int); \
               create statistics s on (a + 1), lower(b) from t; create statistics s2 on (a + 1) from u";
    assert_eq!(compared(sql).await, 3);
    database.execute(sql);
    let locked = database.lock("t");
    let unknown = "Unknown statistics/public.s: locked by another session";
    assert_eq!(audit(&database.url(), sql).await, [unknown]);
    drop(locked);
}

#[tokio::test]
async fn k30_statistics_go_with_a_column_that_an_expression_of_theirs_names() {
    let database = Database::new();
    if major(&database) < 14 {
        return;
    }
    let sql = "create table t (a int, b text); create statistics s on (a + 1), lower(b) from t; \
               create statistics kept on (a + 1) from t; alter table t drop column b";
    database.execute(sql);
    assert_eq!(audit(&database.url(), sql).await, NOTHING);
}

#[tokio::test]
async fn statistics_without_a_name_are_found_by_what_they_mean() {
    let database = Database::new();
    if major(&database) < 16 {
        return;
    }
    let table = "create table t (a int, b text)";
    let declared =
        format!("{table}; create statistics on (a + 1), b from t; create statistics on (a + 2), b from t");
    database.execute(&format!(
        "{table}; create statistics t_expr_b_stat on (a + 2), b from t; create statistics other on (t.a + 1), b from t"
    ));
    assert_eq!(audit(&database.url(), &declared).await, NOTHING);
}
