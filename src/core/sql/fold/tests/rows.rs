use super::*;

fn rows(table: &str, insert: &str) -> Vec<String> {
    declared_after(table, insert).iter().map(|row| row.replace("seed_row/public.", "")).collect()
}

#[test]
fn on_conflict_says_the_key() {
    assert_eq!(
        rows(
            "create table t (id int primary key, k text unique, v int)",
            "insert into t (id, k, v) values (1, 'it''s', -5), (2, 'b', null) on conflict (k) do nothing"
        ),
        ["t(k='b')", "t(k='it''s')"]
    );
}

#[test]
fn without_on_conflict_the_first_declared_key_of_constants_counts() {
    let table = "create table t (id int primary key, a text, b text, c int unique, v int, unique (a, b))";
    for (insert, expected) in [
        ("insert into t (v, id) values (0, 7)", "t(id='7')"),
        ("insert into t values (7, 'x')", "t(id='7')"),
        ("insert into t (id, b, a, v) values (default, 'y', 'x', 1)", "t(a='x', b='y')"),
        ("insert into t (c, v) values (3, now())", "t(c='3')"),
        // No key of constants: all constants together.
        ("insert into t (a, v) values ('x', true)", "t(a='x', v='true')"),
        ("insert into t (a, b, v) values ('x', null, 1)", "t(a='x', b=null, v='1')"),
    ] {
        assert_eq!(rows(table, insert), [expected], "{insert}");
    }
    let indexed = "create table t (k text, v int); create unique index on t (k)";
    assert_eq!(rows(indexed, "insert into t values ('a', 1)"), ["t(k='a')"]);
    let partly = "create table t (k text, v int); create unique index on t (k) where v > 0";
    assert_eq!(rows(partly, "insert into t values ('a', 1)"), ["t(k='a', v='1')"]);
}

#[test]
fn columns_that_were_added_and_dropped_keep_the_order_that_the_table_has() {
    assert_eq!(
        rows(
            "create table t (a int, b int, c int); alter table t drop column a; alter table t add column d int unique",
            "insert into t values (1, 2, 3)"
        ),
        ["t(d='3')"]
    );
}

#[test]
fn a_row_that_is_inserted_twice_is_one() {
    let insert = "insert into t (k) values ('a') on conflict (k) do nothing;";
    assert_eq!(rows("create table t (k text)", &format!("{insert}{insert}")), ["t(k='a')"]);
}

#[test]
fn rows_that_only_the_database_knows_are_said() {
    let table = "create table t (id int primary key, k text unique);\n";
    for (insert, words) in [
        ("insert into t (id, k) select 1, 'a'", "INSERT ... SELECT into public.t"),
        (
            "insert into t (id, k) select 1, 'a' where not exists (select from t)",
            "INSERT ... SELECT into public.t",
        ),
        ("insert into t default values", "INSERT ... DEFAULT VALUES into public.t"),
        ("insert into t (id) values (default)", "INSERT without constants into public.t"),
        ("with x as (select 1) insert into t (id) values (1)", "INSERT ... SELECT into public.t"),
        (
            "insert into t (id, k) values (1, lower('A')) on conflict (k) do nothing",
            "INSERT into public.t of a row whose key is not a constant",
        ),
        (
            "insert into u values (1)",
            "INSERT into public.u without a list of columns, whose order is not declared here",
        ),
    ] {
        assert_eq!(said(&format!("{table}{insert}")), [format!("2 {words}")], "{insert}");
    }
}

/// The declared rows; those that are no longer known have an exclamation mark.
fn rows_after(sql: &str) -> String {
    let (declared, _) = fold(sql);
    let rows = declared.components.iter().filter_map(|(id, declaration)| {
        let mark = if declaration.obscured_by.is_some() { "!" } else { "" };
        Some(format!("{mark}{}", id.to_string().strip_prefix("seed_row/public.")?))
    });
    rows.collect::<Vec<_>>().join(" ")
}

#[test]
fn p15_rows_that_change_or_go_are_followed_as_far_as_constants_tell() {
    let table = "create table t (k text primary key, v int); insert into t values ('a', 1), ('b', 2);";
    for (sql, left) in [
        ("delete from t", ""),
        ("truncate t", ""),
        ("delete from t where k = 'a'", "t(k='b')"),
        ("delete from t where t.k in ('a', 'c')", "t(k='b')"),
        ("delete from t where k like 'a'", "t(k='b')"),
        ("delete from t where k like 'a%'", "!t(k='a') !t(k='b')"),
        ("delete from t where k = 'a' and v = 1", "!t(k='a') t(k='b')"),
        ("delete from t where v = 1", "!t(k='a') !t(k='b')"),
        ("delete from t using u where k = 'a'", "!t(k='a') !t(k='b')"),
        ("update t set v = 3", "t(k='a') t(k='b')"),
        ("update t set k = 'z' where k = 'a'", "t(k='b') t(k='z')"),
        ("update t set k = upper(k) where k = 'a'", "!t(k='a') t(k='b')"),
        ("delete from t where v = 1; insert into t values ('a', 1)", "t(k='a') !t(k='b')"),
        ("alter table t drop column k", ""),
    ] {
        assert_eq!(rows_after(&format!("{table} {sql}")), left, "{sql}");
    }
    let numbers = "create table n (k int primary key); insert into n values (1), (2);";
    assert_eq!(rows_after(&format!("{numbers} delete from n where k = 1")), "n(k='2')");
    assert_eq!(rows_after(&format!("{numbers} delete from n where k = 01")), "n(k='2')");
    assert_eq!(rows_after(&format!("{numbers} delete from n where k = '01'")), "!n(k='1') !n(k='2')");
    assert_eq!(rows_after(&format!("delete from t; {table}")), "t(k='a') t(k='b')");
}

#[test]
fn p15_rows_that_refer_to_rows_that_go_are_followed_too() {
    let tables = "create table t (k int primary key); insert into t values (1);
                  create table c (t int references t on delete cascade, k text primary key); insert into c values (1, 'x');
                  create table d (t int references t on delete set null, k int primary key); insert into d values (1, 2);
                  create table e (c text references c on delete cascade, k int primary key); insert into e values ('x', 3);";
    assert_eq!(rows_after(&format!("{tables} delete from t")), "!c(k='x') d(k='2') !e(k='3')");
    assert_eq!(rows_after(&format!("{tables} truncate t cascade")), "");
}

#[test]
fn a_row_that_may_be_gone_is_there_where_it_is_found() {
    let (declared, _) = fold(
        "create table t (k int primary key, v text); insert into t values (1, 'x'); delete from t where v in ('x', 'y')",
    );
    let row = declared.components.iter().find(|(id, _)| id.kind == Kind::SeedRow).unwrap();
    assert_eq!(row.1.obscured_by, Some(Obscured::Change("DELETE".to_owned())));
}

#[test]
fn rows_of_a_loop_are_known_to_the_database_alone() {
    let table = "create table t (id int primary key, k text unique)";
    for around in [
        "for r in select 1 loop insert into t (id, k) values (r.id, 'a'); end loop",
        "while random() < 1 loop if true then insert into t (id, k) values (1, 'a'); end if; end loop",
        "for r in select 1 loop begin insert into t values (1, 'a'); exception when others then null; end; end loop",
    ] {
        let sql = format!("do $$ declare r record; begin {around}; end $$");
        assert_eq!(rows(table, &sql), [""; 0], "{around}");
        assert_eq!(said(&format!("{table}; {sql}")), ["1 INSERT in a loop into public.t"], "{around}");
    }
    let counted = "do $$ begin for i in 1..2 loop insert into t (id, k) values (i, 'a'); end loop; end $$";
    assert_eq!(rows(table, counted), ["t(k='a')"]);
}
