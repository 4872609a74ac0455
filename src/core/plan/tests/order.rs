//! In which order statements run, and in which transactions.

use super::*;

#[test]
fn features_come_in_the_order_of_their_dependencies() {
    let features = vec![
        feature("late", &["early"], "create table b (x int references a)"),
        feature("early", &[], "create table a (x int primary key)"),
    ];
    let plan = plan_in(&set(features), &observation(""));
    assert_eq!(run(&plan), ["create table a (x int primary key)", "create table b (x int references a)"]);
}

#[test]
fn a_statement_comes_after_what_it_names_and_else_stays() {
    let function = "create function touch() returns trigger language plpgsql as $$begin return new; end$$";
    let trigger = "create trigger t before update on a for each row execute function touch()";
    let table = "create table a (x int)";
    let features = vec![feature("a", &[], &format!("{table}; {trigger}")), feature("b", &[], function)];
    let plan = plan_in(&set(features), &observation(""));
    assert_eq!(run(&plan), [table, function, trigger]);
    // A column that is called as a later table is no reason to move it.
    let sql = ["create table a (notes int)", "create table notes (a int)"];
    assert_eq!(run(&planned(&sql.join(";"), "")), sql);
}

#[test]
fn what_cannot_run_in_a_transaction_is_a_segment_of_its_own() {
    let sql = "create table b (x int); create index concurrently i on a (x); create table c (x int);
               alter type t add value 'b'; create table d (x t default 'b')";
    let there = "create table a (x int); create type t as enum ('a')";
    let plan = planned(&format!("{there};{sql}"), there);
    let segments: Vec<(bool, usize)> =
        plan.segments.iter().map(|segment| (segment.transactional, segment.statements.len())).collect();
    assert_eq!(segments, [(true, 1), (false, 1), (true, 2), (true, 1)]);
}

#[test]
fn k17_a_label_is_committed_before_it_is_used_even_where_the_type_is_as_new() {
    let sql =
        "create type t as enum ('a'); alter type t add value 'b'; alter type t add value 'c' before 'b';
               create table d (x t default 'b'); create table e (x t)";
    let plan = planned(sql, "");
    let lengths: Vec<usize> = plan.segments.iter().map(|segment| segment.statements.len()).collect();
    assert_eq!(lengths, [3, 2]);
}

#[test]
fn a_sequence_is_made_before_the_table_that_will_own_it() {
    let sql = "create sequence s as integer; create table t (id bigint default nextval('s'));
               alter sequence s owned by t.id";
    assert_eq!(run(&planned(sql, "")).len(), 3);
    assert_eq!(run(&planned(sql, sql)), NOTHING);
}

#[test]
fn what_moves_takes_along_what_its_body_names_before_it() {
    let first = "create type act as enum ('deny'); create function p() returns int language sql begin atomic select deny(); end";
    let second = "create type st as enum ('x');
                  create function deny() returns int language plpgsql as $$ declare a st; begin return 1; end $$";
    let starts = |sql: &str| {
        let plan = plan_in(&set(vec![feature("f", &[], first), feature("g", &[], sql)]), &observation(""));
        let run = run(&plan);
        run.iter()
            .map(|text| text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        starts(second),
        ["create type act", "create type st", "create function deny()", "create function p()"]
    );
}

#[test]
fn what_makes_room_for_a_name_stays_before_what_takes_it() {
    // The view names a table that comes later, and that comes before it then.
    let sql = "create schema s; create view v as select * from s.t; drop table if exists s.t;
               create table s.t (a int)";
    assert_eq!(
        run(&planned(sql, "")),
        [
            "create schema s",
            "drop table if exists s.t",
            "create table s.t (a int)",
            "create view v as select * from s.t"
        ]
    );
    // What moves takes along what it may rest on.
    let sql = "create table a (x int); create view v as select * from b; alter table a add unique (x);
               create table b (x int references a (x))";
    assert_eq!(
        run(&planned(sql, "")),
        [
            "create table a (x int)",
            "alter table a add unique (x)",
            "create table b (x int references a (x))",
            "create view v as select * from b",
        ]
    );
    let sql = "create table if not exists a (x text); alter table a add y int; alter table a drop x;
               alter table a rename y to x";
    assert_eq!(run(&planned(sql, "")).len(), 4, "{:#?}", run(&planned(sql, "")));
    // Neither is the key of a document.
    let sql =
        "create table a (x jsonb); create view v as select x ->> 't' as t from a; drop view if exists t;
               create table t (a int)";
    assert_eq!(run(&planned(sql, ""))[1], "create view v as select x ->> 't' as t from a");
    // A column is no table.
    let sql = "create table a (t int); drop view if exists t; create table t (a int)";
    assert_eq!(run(&planned(sql, ""))[0], "create table a (t int)");
    // What comes later may rest on an extension without a word of it.
    let sql = "create view v as select * from t; create extension btree_gist;
               create table t (a text, b int4range, exclude using gist (a with =, b with &&))";
    assert_eq!(run(&planned(sql, ""))[0], "create extension btree_gist");
}

#[test]
fn a_name_that_is_given_later_is_not_dropped_before() {
    let sql = "create table t (a int, b int); create index old on t (a); create index new on t (a, b);
               drop index old; alter index new rename to old";
    let whole = run(&planned(sql, ""));
    assert_eq!(whole.len(), 5, "{whole:#?}");
    // Over a table that is there, the first index is not made, so that there is nothing to drop.
    assert_eq!(
        run(&planned(sql, "create table t (a int, b int)")),
        ["create index new on t (a, b)", "alter index new rename to old"]
    );
    let sql = "create function f() returns int return 1; drop function if exists f;
               create function f() returns int return 2";
    assert_eq!(
        run(&planned(sql, "")).last().map(String::as_str),
        Some("create function f() returns int return 2")
    );
    assert_eq!(run(&planned(sql, "")).len() % 2, 1);
}

#[test]
fn a_text_search_configuration_comes_before_what_says_its_name_in_a_text() {
    let configuration = "create text search configuration leads (copy = pg_catalog.english)";
    let table =
        "create table leads (a text, doc tsvector generated always as (to_tsvector('leads', a)) stored)";
    // It is called as the table is, which names it.
    assert_eq!(run(&planned(&[configuration, table].join(";"), "")), [configuration, table]);
    let plain = "create text search configuration plain (copy = pg_catalog.simple)";
    let index = "create index i on leads using gin (to_tsvector('plain', a))";
    let features = vec![feature("a", &[], &format!("{table}; {index}")), feature("b", &[], plain)];
    assert_eq!(run(&plan_in(&set(features), &observation(""))), [table, plain, index]);
}

#[test]
fn a_foreign_key_comes_after_the_key_that_it_rests_on() {
    let log = "create table log (user_id int)";
    let reference = "alter table log add constraint f foreign key (user_id) references users (id)";
    let table = "create table users (id int not null)";
    for key in ["alter table users add primary key (id)", "create unique index i on users (id)"] {
        let features = vec![
            feature("a", &[], &format!("{log}; {reference}")),
            feature("b", &[], &format!("{table}; create table other (a int); {key}")),
        ];
        let plan = plan_in(&set(features), &observation(""));
        assert_eq!(run(&plan), [log, table, key, reference, "create table other (a int)"]);
    }
}

#[test]
fn a_foreign_key_does_not_wait_for_a_key_that_takes_the_place_of_its_own() {
    let sql = [
        "create table users (id int primary key, n int)",
        "create table log (user_id int)",
        "alter table log add constraint f foreign key (user_id) references users (id)",
        "alter table log drop constraint f",
        "alter table users drop constraint users_pkey",
        "alter table users add primary key (n)",
    ];
    assert_eq!(run(&planned(&sql.join(";"), "")), sql);
}

#[test]
fn what_a_comment_says_is_no_name() {
    let first = ["create table a (x int)", "comment on column a.x is 'Which page of the b it is on'"];
    let second = "create table b (y int)";
    let features = vec![feature("a", &[], &first.join(";")), feature("b", &[], second)];
    assert_eq!(run(&plan_in(&set(features), &observation(""))), [first[0], first[1], second]);
}

#[test]
fn what_moves_takes_along_the_schema_that_it_comes_into_and_the_type_that_is_called_as_it_is() {
    let schema = "create schema s";
    let function = "create function early() returns int language sql as 'select late()'";
    let late = "create function late() returns int language sql as 'select 1'";
    let sql = format!("{function}; {schema}; set search_path = s, public; {late}");
    let run_of = |sql: &str| run(&plan_in(&set(vec![feature("f", &[], sql)]), &observation("")));
    assert_eq!(run_of(&sql), [schema, late, function]);

    let view = "create view v as select last()";
    let domain = "create domain late as int";
    let cast = "create function late() returns late language plpgsql as 'begin return 1; end'";
    let last = "create function last() returns int language sql as 'select late()'";
    let sql = [view, domain, cast, last].join(";");
    assert_eq!(run_of(&sql), [domain, cast, last, view]);
}

#[test]
fn what_moves_takes_along_the_temporary_table_that_it_rests_on() {
    let view = "create view v as select a from late";
    let temporary = "create temporary table had as select 1 as a";
    let index = "create index on had (a)";
    let late = "create table late as select a from had";
    let sql = [view, temporary, index, late].join(";");
    let run = run(&plan_in(&set(vec![feature("f", &[], &sql)]), &observation("")));
    assert_eq!(run, [temporary, index, late, view]);
}

#[test]
fn a_block_that_commits_is_a_segment_of_its_own() {
    let sql = "create table a (x int); do $$ begin insert into a values (1); commit; end $$; create table b (x int);
               do $$ begin perform 'commit'; end $$";
    let plan = planned(sql, "");
    let transactional: Vec<bool> = plan.segments.iter().map(|segment| segment.transactional).collect();
    assert_eq!(transactional, [true, false, true], "{:?}", run(&plan));
}
