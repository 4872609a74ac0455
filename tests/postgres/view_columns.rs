//! The names of the columns of views: what their text tells is what the server calls them.

use crate::definitions::{NOTHING, audit};
use crate::support::Database;

/// Results without a name of their own, each with what it is called in every version from 12 on.
const RESULTS: &[(&str, &str)] = &[
    ("a", "a"),
    ("t.a", "a"),
    ("t", "t"),
    ("(t).b", "b"),
    ("a + 1", "?column?"),
    ("-a", "?column?"),
    ("'x'", "?column?"),
    ("null", "?column?"),
    ("true::text", "text"),
    ("case when a > 1 then a else true::int end", "case"),
    ("lower(b)", "lower"),
    ("pg_catalog.lower(b)", "lower"),
    ("count(*)", "count"),
    ("a::text", "a"),
    ("(a + 1)::bigint", "int8"),
    ("date '2020-01-01'", "date"),
    ("cast(1 as numeric(3,1))", "numeric"),
    ("'{}'::int[]", "int4"),
    ("interval '1 day'", "interval"),
    ("case when true then 1 else 2 end", "case"),
    ("case when true then 1 else a end", "a"),
    ("case when true then 1 else a::bigint end", "a"),
    ("coalesce(a, 1)", "coalesce"),
    ("nullif(a, 1)", "nullif"),
    ("greatest(a, 1)", "greatest"),
    ("least(a, 1)", "least"),
    ("array[a]", "array"),
    ("array(select 1)", "array"),
    ("row(a, b)::text", "row"),
    ("(a, b)::text", "row"),
    ("(array[a])[1]", "array"),
    ("exists (select 1)", "exists"),
    ("(select 1)", "?column?"),
    ("(select 1 as one)", "one"),
    ("(select b from t as x limit 1)", "b"),
    ("(select lower(b) from t as x limit 1)::varchar", "lower"),
    ("(values (1))", "column1"),
    ("a in (1, 2)", "?column?"),
    ("a in (select 1)", "?column?"),
    ("a is null", "?column?"),
    ("not true", "?column?"),
    ("a between 1 and 2", "?column?"),
    ("b like 'x'", "?column?"),
    ("b similar to 'x'", "?column?"),
    ("a is distinct from 1", "?column?"),
    ("b collate \"C\"", "b"),
    ("(b || 'x') collate \"C\"", "?column?"),
    ("now() at time zone 'utc'", "timezone"),
    ("current_date", "current_date"),
    ("current_timestamp(0)", "current_timestamp"),
    ("localtime", "localtime"),
    ("current_user", "current_user"),
    ("current_role", "current_role"),
    ("user", "user"),
    ("session_user", "session_user"),
    ("current_schema", "current_schema"),
    ("position('a' in b)", "position"),
    ("substring(b from 1 for 2)", "substring"),
    ("overlay(b placing 'x' from 1)", "overlay"),
    ("trim(b)", "btrim"),
    ("trim(leading from b)", "ltrim"),
    ("(now(), now()) overlaps (now(), now())", "overlaps"),
    ("collation for (b)", "pg_collation_for"),
    ("'{\"a\": 1}'::json -> 'a'", "?column?"),
    ("xmlelement(name foo)", "xmlelement"),
    ("xmlforest(b)", "xmlforest"),
    ("xmlconcat(xmlelement(name foo))", "xmlconcat"),
    ("xmlserialize(content '<a/>'::xml as text)", "xmlserialize"),
    ("sum(a) over ()", "sum"),
];

#[tokio::test]
async fn what_the_text_of_a_view_tells_of_its_columns_is_what_the_server_calls_them() {
    let table = "create table t (a int, b text)";
    let mut declared = table.to_owned();
    let mut renamed = table.to_owned();
    for (number, (result, _)) in RESULTS.iter().enumerate() {
        let group = if result.starts_with("count") { "" } else { "group by a, b, t.*" };
        let view = |name: &str| format!("; create view v{number}{name} as select {result} from t {group}");
        declared.push_str(&view(""));
        renamed.push_str(&view("(renamed)"));
    }
    let database = Database::with(&declared);
    for (number, (result, name)) in RESULTS.iter().enumerate() {
        let sql =
            format!("select attname from pg_attribute where attrelid = 'v{number}'::regclass and attnum > 0");
        assert_eq!(database.query(&sql), [*name], "{result}");
    }
    assert_eq!(audit(&database.url(), &declared).await, NOTHING);
    let other = Database::with(&renamed);
    let found = audit(&other.url(), &declared).await;
    let different = found.iter().filter(|it| it.starts_with("Different view/") && it.contains(" columns: ("));
    assert_eq!((found.len(), different.count()), (RESULTS.len(), RESULTS.len()), "{found:#?}");
}

#[tokio::test]
async fn a_renamed_column_of_a_view_is_one_difference_whatever_is_beside_it() {
    let before = "create table t (a int, b text); create table u (c int)";
    for (declared, rename, told) in [
        ("create view v as select a, b from t", "b", "(a, b) / (a, other)"),
        ("create view v (x) as select a, b from t", "x", "(x, b) / (other, b)"),
        ("create view v as select t.*, c as n from t, u", "n", "(*, n) / (a, b, other)"),
        (
            "create view v as select a as one, u.*, b as two from t, u",
            "one",
            "(one, *, two) / (other, c, two)",
        ),
        ("create view v as select a from t union all select c from u", "a", "(a) / (other)"),
        (
            "create materialized view v as select lower(b), extract(year from now()) from t",
            "lower",
            "(lower, ?) / (other, ",
        ),
        ("create materialized view v (x, y) as select * from t", "y", "(x, y, *) / (x, other)"),
    ] {
        let declared = format!("{before}; {declared}");
        let database = Database::with(&declared);
        assert_eq!(audit(&database.url(), &declared).await, NOTHING, "{declared}");
        let rename = format!("alter table v rename column {rename} to other");
        database.execute(&rename);
        let found = audit(&database.url(), &declared).await;
        let [only] = found.as_slice() else { panic!("{declared}: {found:?}") };
        assert!(only.starts_with("Different ") && only.contains(told), "{declared}: {only}");
        assert_eq!(only.matches(" / ").count(), 1, "{declared}: {only}");
        // What was renamed by the same SQL is as declared.
        let renamed = format!(
            "{declared}; {}",
            rename.replace(
                "table",
                if declared.contains("materialized") { "materialized view" } else { "view" }
            )
        );
        assert_eq!(audit(&database.url(), &renamed).await, NOTHING, "{renamed}");
    }
}

#[tokio::test]
async fn columns_that_only_a_table_tells_are_open() {
    let before = "create table t (a int, b text); create table u (c int)";
    let declared = format!("{before}; create view v as select *, true, extract(year from now()) from t");
    let database = Database::with(&declared);
    database.execute("alter table v rename column b to x; alter table v rename column a to y");
    database.execute(
        "do $$ begin execute (select format('alter table v rename column %I to z', attname) \
                      from pg_attribute where attrelid = 'v'::regclass and attnum = 3); \
                      execute (select format('alter table v rename column %I to zz', attname) \
                      from pg_attribute where attrelid = 'v'::regclass and attnum = 4); end $$",
    );
    assert_eq!(audit(&database.url(), &declared).await, NOTHING);
}
