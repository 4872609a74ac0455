//! Statements that make less than they say, or need what was there when they were written.

use super::*;

fn left_with(plan: &Plan, component: &str, reason: &str) {
    let left = left(plan);
    assert!(left.iter().any(|it| it.starts_with(component) && it.contains(reason)), "{component}: {left:#?}");
}

#[test]
fn a_table_that_is_there_gets_no_columns_by_create_table_if_not_exists() {
    let sql = "create table if not exists a (x int, y int check (y > 0), z serial primary key);
               create index i on a (y); create index j on a (x)";
    let plan = planned(sql, "create table a (x int)");
    assert_eq!(run(&plan), ["create index j on a (x)"]);
    let reason = "the statement at f.sql:1 makes it together with table/public.a, which is there";
    for component in ["column/public.a.y:", "constraint/public.a.a_y_check:", "constraint/public.a.a_pkey:"] {
        left_with(&plan, component, reason);
    }
    left_with(&plan, "index/public.i:", "it names column/public.a.y, which is missing");
    // Another statement that makes just the column does.
    let sql = "create table if not exists a (x int, y int); alter table a add column if not exists y int";
    assert_eq!(
        run(&planned(sql, "create table a (x int)")),
        ["alter table a add column if not exists y int"]
    );
    assert_eq!(run(&planned(sql, "")).len(), 2);
}

#[test]
fn a_column_that_is_there_gets_no_key_by_add_column_if_not_exists() {
    let sql = "create table b (x int primary key);
               alter table a add column if not exists x int constraint c references b, add column if not exists y int";
    let plan = planned(sql, "create table b (x int primary key); create table a (x int)");
    assert_eq!(run(&plan).len(), 1);
    left_with(&plan, "constraint/public.a.c:", "together with column/public.a.x, which is there");
}

#[test]
fn a_foreign_key_to_a_key_that_is_no_more_is_left_to_a_person() {
    let sql = "create table a (id int primary key, p int not null);
               create table b (a int references a (id), x int);
               alter table b drop constraint b_a_fkey; alter table a drop constraint a_pkey;
               alter table a add primary key (id, p);
               create index i on b (x)";
    assert_eq!(run(&planned(sql, "")).len(), 6);
    let plan = planned(sql, "create table a (id int, p int not null, primary key (id, p))");
    assert_eq!(run(&plan), NOTHING);
    left_with(
        &plan,
        "table/public.b:",
        "it needs a unique key on (id) of table/public.a, which is not there",
    );
}

#[test]
fn what_is_called_on_the_way_finds_what_its_body_names() {
    let sql = "create table old (x int); create table t (x int);
               create function f() returns void language plpgsql as $$ declare r old; begin end $$;
               select f(); drop table old; drop function f()";
    assert_eq!(run(&planned(sql, "")).len(), 6);
}

#[test]
fn rows_are_changed_with_a_temporary_table_only_where_the_plan_makes_it() {
    let sql = "create table a (x int); create table b (x int);
               create temp table m as select x from a; update b set x = 1 from m; drop table m";
    assert_eq!(run(&planned(sql, "")).len(), 5);
    let plan = planned(sql, "create table a (x int)");
    assert_eq!(run(&plan), ["create table b (x int)"]);
    let reason = "names the temporary relation m, which no statement of this plan makes";
    assert!(skipped(&plan).iter().any(|it| it.contains(reason)), "{:?}", skipped(&plan));
}

#[test]
fn a_name_that_another_table_gets_later_is_not_what_if_not_exists_meant() {
    let sql = "create table if not exists a (x int); create table if not exists b (y int);
               alter table a rename to c; alter table b rename to a";
    let plan = planned(sql, "");
    assert_eq!((run(&plan).len(), left(&plan)), (4, Vec::new()));
}

#[test]
fn what_a_later_statement_may_have_taken_away_is_not_made_again() {
    let sql =
        "create table t (a int primary key, b int); insert into t values (1, 2); insert into t values (3, 4);
               delete from t where b = 4";
    let there = "create table t (a int primary key, b int); insert into t values (1, 2)";
    let plan = planned(sql, there);
    assert_eq!((run(&plan), left(&plan)), (Vec::new(), Vec::new()));
    assert!(skipped(&plan).iter().any(|it| it.contains("it is not known whether seed_row/public.t(a='3')")));
    assert_eq!(run(&planned(sql, "")).len(), 4);

    let sql = "create table old (x int); create index i on old (x); create table t (x int);
               create function drop_if_empty() returns void language plpgsql as $$
               begin if not exists (select from old) then execute 'drop table old'; end if; end $$;
               select drop_if_empty(); drop function drop_if_empty()";
    assert_eq!(run(&planned(sql, "create table t (x int)")), NOTHING);
    assert_eq!(run(&planned(sql, "")).len(), 6);
}

#[test]
fn a_statement_that_says_a_former_name_is_left_to_a_person() {
    let sql = "create table tags (id int primary key); create table uses (tag int references tags (id));
               insert into tags values (1); insert into tags values (2);
               alter table tags rename to tag; alter table uses rename to \"use\"";
    assert_eq!(run(&planned(sql, "")).len(), 6);
    let there = "create table tag (id int primary key); insert into tag values (1)";
    let plan = planned(sql, there);
    assert_eq!(run(&plan), NOTHING);
    let reason = "it names table/public.tags, which is gone since, or goes by another name";
    left_with(&plan, "table/public.use:", reason);
    left_with(&plan, "seed_row/public.tag(id='2'):", reason);
}

#[test]
fn what_is_made_on_the_way_is_not_gone() {
    let sql = "create table config (id int primary key); create table lines (x int references config (id));
               alter table lines drop constraint lines_x_fkey; drop table config";
    let plan = planned(sql, "");
    assert_eq!((run(&plan).len(), left(&plan)), (4, Vec::new()));
}

#[test]
fn a_string_that_is_data_moves_no_statement() {
    let sql = "create sequence s; create table tags (x int); create table p (id int, v text);
               insert into p values (nextval('s'), 'tag:get'); create table uses (x int);
               alter table tags rename to tag; create view v as select * from uses, tag";
    let plan = planned(sql, "");
    assert_eq!(run(&plan)[3], "insert into p values (nextval('s'), 'tag:get')", "{:#?}", run(&plan));
    // A string that is a name does.
    let plan = planned("create table t (x int default nextval('s')); create sequence s", "");
    assert_eq!(run(&plan)[0], "create sequence s");
}

#[test]
fn alter_table_of_a_sequence_that_is_new_runs_with_it() {
    let sql =
        "create table t (x int); alter table t owner to boss; create sequence s; alter table s owner to boss;
               alter sequence s owned by t.x";
    assert_eq!(run(&planned(sql, "")).len(), 5);
}

#[test]
fn a_sequence_whose_column_is_left_to_a_person_is_left_to_one_too() {
    let sql = "create table t (x int, id int); create sequence s; alter sequence s owned by t.id;
               alter table t alter column id set default nextval('s')";
    let plan = planned(sql, "create table t (x int)");
    assert_eq!(run(&plan), NOTHING);
    left_with(&plan, "sequence/public.s:", "it names column/public.t.id, which is missing");
}

#[test]
fn a_block_that_needs_what_is_left_to_a_person_is_left_out() {
    let set = set(vec![
        feature("a", &[], "create table a (x int); alter role app set search_path = s"),
        feature(
            "b",
            &["a"],
            "create table t (x int);
             do $$ declare who text = current_setting('app.role');
             begin execute 'revoke all on public.t from ' || who; end $$;
             do $$ begin update public.t set x = 1; end $$;
             do $$ begin if exists (select from pg_roles) then update public.t set x = 2; end if; end $$",
        ),
    ]);
    let plan = plan_in(&set, &observation(""));
    let blocks: Vec<String> = run(&plan).into_iter().filter(|text| text.contains("do $$")).collect();
    assert!(!blocks.iter().any(|block| block.contains("revoke") || block.contains("x = 1")), "{blocks:?}");
    let reason = "it names table/public.t, which is missing or different, and not planned";
    assert!(skipped(&plan).iter().any(|it| it.contains(reason)), "{:?}", skipped(&plan));
}

#[test]
fn a_block_that_says_a_former_name_is_left_to_a_person() {
    let sql = "create table tags (id int);
               do $$ begin
                   if not exists (select from information_schema.columns
                                  where table_name = 'tags' and column_name = 'b') then
                       alter table tags add column b int;
                   end if;
               end $$;
               alter table tags rename to tag";
    assert_eq!(run(&planned(sql, "")).len(), 3);
    let plan = planned(sql, "create table tag (id int)");
    assert_eq!(run(&plan), NOTHING);
    left_with(&plan, "column/public.tag.b:", "it names table/public.tags, which is gone since");
}

#[test]
fn a_partition_without_a_column_of_its_table_is_not_attached() {
    let set = set(vec![
        feature("a", &[], "create table part (x int); alter role app set search_path = s"),
        feature(
            "b",
            &["a"],
            "alter table part add column c int;
             create table public.whole (x int, c int) partition by list (x);
             alter table public.whole attach partition public.part for values in (1)",
        ),
    ]);
    let plan = plan_in(&set, &observation(""));
    assert!(!run(&plan).iter().any(|text| text.contains("attach")), "{:?}", run(&plan));
    let reason = "it names column/public.part.c, which is missing or different, and not planned";
    assert!(skipped(&plan).iter().chain(&left(&plan)).any(|it| it.contains(reason)), "{:?}", left(&plan));
}

#[test]
fn a_table_that_is_gone_later_is_made_for_the_variables_of_a_function() {
    let sql = "create table role (x int);
               create function f() returns void language plpgsql as $$
               declare r role%rowtype; begin perform 1; end $$;
               drop table role";
    let plan = planned(sql, "");
    assert_eq!((run(&plan).len(), left(&plan)), (3, Vec::new()));
    assert_eq!(run(&planned(&format!("set check_function_bodies = off; {sql}"), "")).len(), 1);
}

#[test]
fn what_an_unknown_call_may_have_dropped_is_made_sure_of() {
    let sql = "create schema if not exists s; create function clean() returns void language plpgsql as $$
               begin execute (select 'drop schema s'); end $$; select clean(); create schema if not exists s;
               create table if not exists t (a int)";
    let plan = planned(sql, "");
    assert_eq!(
        run(&plan).iter().filter(|text| text.contains("create schema")).count(),
        2,
        "{:?}",
        run(&plan)
    );
    // Else once is enough.
    let plan = planned(&sql.replace("select clean();", ""), "");
    assert_eq!(run(&plan).iter().filter(|text| text.contains("create schema")).count(), 1);
}

#[test]
fn a_table_that_is_gone_later_is_made_for_a_function_that_is_called_before() {
    let sql = "create table old (x int); create table t (x int);
               create function g() returns void language plpgsql as $$ begin insert into t select x from old; end $$;
               create function f() returns void language plpgsql as $$ begin perform g(); end $$;
               select f(); drop table old";
    let plan = planned(sql, "");
    assert_eq!((run(&plan).len(), left(&plan)), (6, Vec::new()));
    assert_eq!(run(&planned(&sql.replace("select f();", ""), "")).len(), 3);
}

#[test]
fn a_row_that_is_made_of_rows_of_copy_is_left_to_a_person() {
    let sql = "create table t (id int primary key, name text); copy t (id, name) from '/x.csv';
               insert into t (id, name) values ((select max(id) + 1 from t), 'a'); insert into t values (7, 'b')";
    let plan = planned(sql, "");
    assert_eq!(run(&plan).len(), 2, "{:?}", run(&plan));
    left_with(&plan, "seed_row/public.t(name='a'):", "it reads rows of t, which COPY loads");
    assert_eq!(run(&planned(&sql.replace("copy t (id, name) from '/x.csv';", ""), "")).len(), 3);
}

#[test]
fn a_row_that_names_a_row_of_copy_is_left_to_a_person() {
    let sql = "create table t (id int primary key); copy t (id) from '/x.csv'; insert into t values (1);
               create table u (id int primary key, t int references t);
               insert into u (id, t) values (1, 1); insert into u (id, t) values (2, null);
               insert into u (id, t) values (3, 100)";
    let plan = planned(sql, "");
    assert_eq!(run(&plan).len(), 5, "{:?}", run(&plan));
    left_with(&plan, "seed_row/public.u(id='3'):", "it names the row 100 of public.t, whose rows COPY loads");
}

#[test]
fn what_a_history_drops_twice_is_dropped_once() {
    let sql = "create table t (a int, b int); alter table t drop column b; alter table t drop column b;
               alter table t add column b int; alter table t drop column b";
    let plan = planned(sql, "");
    assert_eq!((run(&plan).len(), left(&plan)), (4, Vec::new()), "{:?}", run(&plan));
    assert!(skipped(&plan).iter().any(|it| it.contains("drops column/public.t.b, which is gone by then")));
}
