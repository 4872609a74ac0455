use super::*;

#[test]
fn the_name_of_what_was_renamed_is_free() {
    let sql = "create table t (a int, constraint c check (a > 0)); create index i on t (a);
               alter table t rename a to b; alter table t add a text;
               alter index i rename to j; create index i on t (a);
               alter table t rename constraint c to d; alter table t add constraint c check (a > 5);
               alter table t rename to u; create table t (z int)";
    assert_eq!(said(sql), Vec::<String>::new());
    assert!(declared(sql).contains(&"column/public.t.z: integer".to_owned()));
}

#[test]
fn a_called_function_that_drops_or_alters_something_may_have_changed_what_it_names() {
    let given = "create table gone (a int); create table kept (a int); create view v as select 1 as one;
                 create function inner_one() returns void language plpgsql as
                     'begin drop view if exists v; perform a from kept; end';
                 create function clean(dry boolean) returns int language plpgsql as
                     'begin perform inner_one(); DROP TABLE public.Gone; return 1; end';
                 create function harmless() returns int language plpgsql as 'begin return (select a from kept); end';
                 create procedure p() language sql as 'alter table kept alter a set not null'";
    let changed = |sql: &str| -> Vec<String> {
        let lines = declared_after(given, sql);
        lines.iter().filter_map(|line| line.split_once(':').map(|(id, _)| id.to_owned())).collect()
    };
    assert_eq!(changed("select clean(true)"), ["table/public.gone", "column/public.gone.a", "view/public.v"]);
    assert_eq!(changed("select * from public.clean(false)").len(), 3);
    assert_eq!(changed("do 'begin perform clean(true); end'").len(), 3);
    assert_eq!(changed("call p()"), ["table/public.kept", "column/public.kept.a"]);
    for other in ["select harmless()", "select other.clean(true)", "select count(*) from kept"] {
        assert_eq!(changed(other), Vec::<String>::new(), "{other}");
    }
}

#[test]
fn a_function_that_hands_a_name_to_one_that_executes_may_have_changed_what_it_names() {
    let given = "create table things (a int, constraint c check (a > 0)); create table others (a int);
                 create function remove(t text, c text) returns void language plpgsql as
                     $$ declare q text; begin q := 'ALTER TABLE ' || t || ' drop constraint ' || c; execute q; end $$;
                 create function removes() returns void language plpgsql as $$ begin perform remove('things', 'c'); end $$;
                 create function removes_from(t text) returns void language plpgsql as
                     $$ begin perform remove(t, 'c'); end $$;";
    let changed = |sql: &str| -> Vec<String> {
        let lines = declared_after(given, sql);
        lines.iter().filter_map(|line| line.split_once(':').map(|(id, _)| id.to_owned())).collect()
    };
    let of = |table: &str| {
        let mut of = vec![format!("table/public.{table}"), format!("column/public.{table}.a")];
        of.extend((table == "things").then(|| "constraint/public.things.c".to_owned()));
        of
    };
    assert_eq!(changed("select removes()"), of("things"));
    assert_eq!(changed("do $$ begin perform removes(); end $$"), of("things"));
    assert_eq!(changed("select removes_from('public.others')"), of("others"));
}

#[test]
fn a_called_function_may_have_changed_the_parts_that_it_names_of_tables_that_it_finds() {
    let given =
        "create table things (a int, uid text, constraint c check (a > 0)); create table others (uid text);";
    let changed = |body: &str| -> Vec<String> {
        let sql = format!(
            "create function f() returns void language plpgsql as $$ declare r record; begin
                for r in select * from pg_constraint loop execute {body}; end loop; end $$; select f()"
        );
        let lines = declared_after(given, &sql);
        let changed = lines.iter().filter(|line| line.contains("f(...)"));
        changed.filter_map(|line| line.split_once(':').map(|(id, _)| id.to_owned())).collect()
    };
    let columns = ["column/public.things.uid", "column/public.others.uid"];
    for body in [
        "format('ALTER TABLE %I ALTER COLUMN uid SET NOT NULL', r.n)",
        "'alter table if exists ' || quote_ident(r.n) || ' alter uid set not null'",
    ] {
        let mut found = changed(body);
        found.sort_by(|one, other| other.cmp(one));
        assert_eq!(found, columns, "{body}");
    }
    for body in [
        "format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS %I', r.n, r.c)",
        "'alter table ' || r.n || ' drop constraint ' || r.c",
    ] {
        assert_eq!(changed(body), ["constraint/public.things.c"], "{body}");
    }
    assert_eq!(changed("'alter table ' || r.n || ' add column b int'"), [""; 0]);
}

#[test]
fn a_table_that_a_loop_over_the_catalog_leaves_out_is_not_the_only_one_that_it_may_have_changed() {
    let lines = declared_after(
        "create table things (uid text); create table audit (uid text)",
        "create function one(t text) returns void language plpgsql as $$ begin
            execute format('alter table %I alter column uid set not null', t); end $$;
        create function all_of_them() returns void language plpgsql as $$ declare r record; begin
            for r in select table_name as n from information_schema.tables loop
                if r.n <> 'audit' then perform one(format('%I', r.n)); end if;
            end loop; end $$;
        select all_of_them()",
    );
    let changed = lines.iter().filter(|line| line.contains("all_of_them(...)"));
    let mut changed: Vec<&str> = changed.filter_map(|line| line.split_once(':').map(|(id, _)| id)).collect();
    changed.sort_unstable();
    assert_eq!(changed, ["column/public.audit.uid", "column/public.things.uid", "table/public.audit"]);
}

#[test]
fn what_is_made_in_a_schema_shows_that_the_schema_is_there() {
    let given = "create schema s; create function clean() returns void language plpgsql as
                     'begin drop table if exists s.old; end'; create function f() returns int language sql as 'select 1'";
    let schema = |sql: &str| declared_after(given, sql).into_iter().find(|line| line.starts_with("schema/s"));
    assert!(schema("select clean()").is_some());
    for made in ["create table s.t (a int)", "create function s.f() returns int language sql as 'select 1'"] {
        assert_eq!(schema(&format!("select clean(); {made}")), None, "{made}");
        assert!(schema(&format!("{made}; select clean()")).is_some(), "{made}");
    }
    let perhaps = "do $$ begin if random() < 1 then create table s.t (a int); end if; end $$";
    assert!(schema(&format!("select clean(); {perhaps}")).is_some());
}

#[test]
fn what_is_made_under_an_event_trigger_that_alters_may_be_altered() {
    let of = |body: &str| {
        declared(&format!(
            "create function f() returns event_trigger language plpgsql as $$ begin {body} end $$;
             create table before (a int);
             create event trigger e on ddl_command_end execute procedure f();
             create table t (a serial); drop event trigger e; create table after (a int)"
        ))
    };
    let columns = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| line.starts_with("column/") && line.contains("if not by")).collect()
    };
    assert_eq!(
        columns(of("execute 'ALTER TABLE ' || name || ' ALTER COLUMN a TYPE bigint';")),
        [
            "column/public.t.a: integer not null default ... (if not by the event trigger e, which is created at \
             a.sql:3,)"
        ]
    );
    assert_eq!(columns(of("raise notice 'a table was altered';")), Vec::<String>::new());
}
