//! DO blocks: what their SQL declares, under which conditions.

use super::*;

/// The declared components after these statements: those that are no longer known with a question mark, those that may
/// never have been made with two.
fn after(sql: &str) -> Vec<String> {
    let (declared, _) = fold(sql);
    let shown = declared.components.iter().map(|(id, declaration)| {
        let mark = match declaration.obscured_by {
            None => "",
            Some(Obscured::Shape(_)) => "?",
            Some(Obscured::Presence(_)) => "??",
            Some(Obscured::Change(_)) => "?!",
        };
        format!("{id}{mark}")
    });
    shown.collect()
}

fn in_do(body: &str) -> String {
    format!("do $body$ {body} $body$;")
}

#[test]
fn p12_what_runs_for_certain_counts_as_outside() {
    assert_eq!(
        after(&in_do("begin create table t (a int); alter table t add b int; drop table if exists u; end")),
        ["table/public.t", "column/public.t.a", "column/public.t.b"]
    );
    let path = "begin set search_path = crm; create type a as enum ('x'); begin create type b as enum ('x'); end; end";
    assert_eq!(after(&in_do(path)), ["type/crm.a", "type/crm.b"]);
    assert_eq!(
        after(&in_do("begin raise notice 'a'; create schema s; return; create schema u; end")),
        ["schema/s"]
    );
}

#[test]
fn p12_a_label_is_renamed_where_it_is_one() {
    let rename = in_do(
        "begin begin alter type t rename value 'a' to 'z'; exception when invalid_parameter_value then null; end; end",
    );
    assert_eq!(declared(&format!("create type t as enum ('a', 'b'); {rename}")), ["type/public.t: z b"]);
    assert_eq!(after(&format!("create type t as enum ('a', 'b'); {rename}{rename}")), ["type/public.t"]);
    assert_eq!(declared(&format!("create type t as enum ('b', 'z'); {rename}")), ["type/public.t: b z"]);
    let other = rename.replace("null; end; end", "create table u (a int); end; end");
    let handled = after(&format!("create type t as enum ('b'); {other}"));
    assert_eq!(handled, ["type/public.t", "table/public.u", "column/public.u.a"]);
    // Of a type that nothing declares, nobody knows.
    assert_eq!(after(&format!("create type t as enum ('b'); drop type t; {rename}")), ["type/public.t??"]);
}

#[test]
fn p12_what_is_there_already_may_fail_to_be_made_again() {
    let make = in_do("begin create type t as enum ('a'); exception when duplicate_object then null; end");
    assert_eq!(after(&make), ["type/public.t"]);
    assert_eq!(declared(&format!("create type t as enum ('b'); {make}")), ["type/public.t: b"]);
    assert_eq!(said(&format!("{make}{make}")), [""; 0]);

    let two = "begin begin create table t (a int); create table u (a int);
               exception when duplicate_table then raise notice 'there'; end; end";
    assert_eq!(after(&in_do(two)).len(), 4);
    assert_eq!(
        after(&format!("create table u (b int); {}", in_do(two))),
        ["table/public.u", "column/public.u.b"]
    );

    let key = "begin alter table t add constraint k foreign key (a) references u;
               exception when duplicate_object then null; end";
    let tables = "create table u (a int primary key); create table t (a int);";
    let all = after(&format!("{tables}{}{}", in_do(key), in_do(key)));
    assert!(all.contains(&"constraint/public.t.k".to_owned()), "{all:?}");
}

#[test]
fn p12_what_may_fail_for_any_reason_may_be_absent() {
    for caught in ["others", "insufficient_privilege", "duplicate_object or others", "feature_not_supported"]
    {
        let make = format!("begin create extension pg_cron; exception when {caught} then null; end");
        assert_eq!(after(&in_do(&make)), ["extension/pg_cron??"], "{caught}");
    }
    let unique = "begin create unique index i on t (a); exception when unique_violation then null; end";
    assert_eq!(after(&format!("create table t (a int); {}", in_do(unique)))[2], "index/public.i??");
    let again = "begin create extension pg_cron; exception when others then raise; end";
    assert_eq!(after(&in_do(again)), ["extension/pg_cron"]);
}

#[test]
fn p12_what_nothing_rests_on_goes_whatever_is_caught() {
    let given =
        "create table t (a int, b int, c int unique); create index i on t (b); create table u (c int);
                 create function f() returns trigger language plpgsql as 'begin end';
                 create function g() returns int language sql as 'select 1';
                 create trigger f before insert on t for each row execute function f();
                 create view v as select a, g() from t; create policy p on t using (true);";
    let drop = |what: &str| in_do(&format!("begin {what}; exception when others then null; end"));
    for (what, gone) in [
        ("drop trigger if exists f on t", &["trigger/public.t.f"][..]),
        ("drop policy if exists p on t; drop policy if exists q on t", &["policy/public.t.p"]),
        ("alter table t drop column if exists b", &["column/public.t.b", "index/public.i"]),
        ("drop trigger if exists f on t; drop function if exists h()", &["trigger/public.t.f"]),
        ("alter table t drop constraint if exists t_c_key", &["constraint/public.t.t_c_key"]),
    ] {
        let (before, after) = (after(given), after(&format!("{given} {}", drop(what))));
        let left: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
        assert_eq!(left, gone, "{what}");
        assert!(after.iter().all(|line| !line.ends_with('?')), "{what}: {after:?}");
    }
    let unused = format!(
        "{given} drop trigger f on t; drop view v; {} {}",
        drop("drop function if exists f()"),
        drop("drop function if exists g()")
    );
    assert!(after(&unused).iter().all(|line| !line.starts_with("function")), "{:?}", after(&unused));
    // What something rests on, what must be there, and what else happens, may fail.
    for (what, unsure) in [
        ("drop function if exists f()", "function/public.f()?"),
        ("drop function if exists g()", "function/public.g()?"),
        ("alter table t drop column if exists a", "column/public.t.a?"),
        ("drop trigger f on t", "trigger/public.t.f?"),
        ("drop trigger if exists f on t; create schema s", "trigger/public.t.f?"),
    ] {
        let after = after(&format!("{given} {}", drop(what)));
        assert!(after.iter().any(|line| line == unsure), "{what}: {after:?}");
    }
    let referenced = format!(
        "{given} create table w (c int references t (c)); {}",
        drop("alter table t drop column if exists c")
    );
    assert!(after(&referenced).contains(&"column/public.t.c?".to_owned()));
    let referenced = format!(
        "{given} create table w (c int references t (c)); {}",
        drop("alter table t drop constraint if exists t_c_key")
    );
    assert!(after(&referenced).contains(&"constraint/public.t.t_c_key?".to_owned()));
}

#[test]
fn p12_a_column_that_nothing_rests_on_becomes_a_text_whatever_is_caught() {
    let given = "create table t (a varchar(15) unique, b int); create view v as select b from t;";
    let column = |statement: &str, name: &str| -> String {
        let change = in_do(&format!("begin {statement}; exception when sqlstate '0A000' then null; end"));
        let start = format!("column/public.t.{name}");
        let all = after(&format!("{given} {change}"));
        all.into_iter().find(|line| line.starts_with(&start)).unwrap_or_default()
    };
    assert_eq!(column("alter table t alter a type text", "a"), "column/public.t.a");
    assert_eq!(column("alter table t alter a type int using a::int", "a"), "column/public.t.a?");
    assert_eq!(column("alter table t alter b type text", "b"), "column/public.t.b?");
    let watched = "create function f() returns trigger language plpgsql as 'begin end';
                   create trigger f before update of a on t for each row execute function f();";
    let change = in_do("begin alter table t alter a type text; exception when others then null; end");
    assert!(after(&format!("{given} {watched} {change}")).contains(&"column/public.t.a?".to_owned()));
    assert!(declared(&format!("{given} {change}")).contains(&"column/public.t.a: text".to_owned()));
}

#[test]
fn p12_what_is_missing_may_fail_to_be_changed() {
    let change = in_do("begin alter table t drop column a; exception when undefined_table then null; end");
    assert_eq!(
        after(&format!("create table t (a int, b int); {change}")),
        ["table/public.t", "column/public.t.b"]
    );
    let add = in_do("begin alter table t add column a int; exception when undefined_table then null; end");
    assert_eq!(after(&add), ["column/public.t.a??"]);
    assert_eq!(after(&format!("create table t (); {add}")), ["table/public.t", "column/public.t.a"]);
}

/// Statements that make something, each with conditions under which it is made once.
const MADE_ONCE: &[(&str, &str, &[&str])] = &[
    (
        "create type mood as enum ('a')",
        "type/public.mood",
        &[
            "not exists (select 1 from pg_type where typname = 'mood')",
            "not exists (select from pg_catalog.pg_type t join pg_namespace n on n.oid = t.typnamespace
             where t.typname = 'mood' and n.nspname = 'public' and t.typtype = 'e')",
            "not (exists (select * from pg_type where 'mood' = typname limit 1))",
            "to_regtype('mood') is null",
            "to_regtype('public.mood') is null",
            "(select count(*) from pg_type where typname = 'mood') = 0",
            "(select oid from pg_type where typname = 'mood') is null",
        ],
    ),
    (
        "create table leads (id int)",
        "table/public.leads",
        &[
            "not exists (select from information_schema.tables where table_name = 'leads' and table_schema = 'public')",
            "not exists (select from information_schema.tables where table_schema = current_schema() and table_name = 'leads' and table_type = 'BASE TABLE')",
            "not exists (select from pg_tables where tablename = 'leads' and schemaname = any (current_schemas(false)))",
            "not exists (select from pg_class where relname = 'leads' and relkind in ('r', 'p') and pg_table_is_visible(oid))",
            "to_regclass('public.leads') is null",
            "not exists (select from pg_class where oid = to_regclass('leads'))",
        ],
    ),
    (
        "alter table t add column c int",
        "column/public.t.c",
        &[
            "not exists (select 1 from information_schema.columns where table_name = 't' and column_name = 'c')",
            "not exists (select from information_schema.columns where table_schema != 'information_schema' and table_name = 't' and column_name = 'c')",
            "not exists (select from information_schema.columns where table_schema not in ('pg_catalog', 'information_schema') and table_name = 't' and column_name = 'c')",
            "not exists (select from pg_attribute where attrelid = 'public.t'::regclass and attname = 'c' and not attisdropped and attnum > 0)",
            "not exists (select from pg_attribute where attrelid = (select oid from pg_class where relname = 't') and attname = 'c')",
        ],
    ),
    (
        "alter table t add constraint k check (a > 0)",
        "constraint/public.t.k",
        &[
            "not exists (select from pg_constraint where conname = 'k')",
            "not exists (select from pg_constraint where conname = 'k' and conrelid = 't'::regclass and contype = 'c')",
            "not exists (select from information_schema.table_constraints where constraint_name = 'k' and table_name = 't')",
        ],
    ),
    (
        "create index i on t (a)",
        "index/public.i",
        &[
            "not exists (select from pg_indexes where indexname = 'i' and tablename = 't')",
            "not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = 'i' and c.relkind = 'i')",
        ],
    ),
    (
        "create policy p on t using (true)",
        "policy/public.t.p",
        &["not exists (select from pg_policies where policyname = 'p' and tablename = 't')"],
    ),
    (
        "create trigger g before insert on t execute function f()",
        "trigger/public.t.g",
        &["not exists (select from pg_trigger where tgname = 'g' and not tgisinternal)"],
    ),
    (
        "create schema s",
        "schema/s",
        &[
            "not exists (select from pg_namespace where nspname = 's')",
            "not exists (select from information_schema.schemata where schema_name = 's')",
        ],
    ),
    (
        "create extension vector",
        "extension/vector",
        &["not exists (select from pg_extension where extname = 'vector')"],
    ),
    (
        "create or replace function f() returns int language sql as 'select 1'",
        "function/public.f()",
        &["not exists (select from pg_proc where proname = 'f')"],
    ),
];

#[test]
fn p12_what_is_made_where_it_is_not_there_is_made_once() {
    for (statement, made, conditions) in MADE_ONCE {
        for condition in *conditions {
            let make = in_do(&format!("begin if {condition} then {statement}; end if; end"));
            let all = after(&format!("create table t (a int); {make}{make}"));
            assert!(all.contains(&(*made).to_owned()), "{condition}: {all:?}");
            // Where it is declared already, all stays as it was.
            let given = format!("create table t (a int); {statement};");
            assert_eq!(after(&format!("{given}{make}")), after(&given), "{condition}");
        }
    }
}

#[test]
fn p12_what_is_made_under_another_condition_may_be_absent() {
    for condition in [
        "exists (select from settings where a)",
        "current_setting('server_version_num')::int >= 130000",
        "current_setting('server_version_num')::int < 130000",
        "not exists (select from pg_extension where extname = 'other')",
        "not exists (select from pg_type where typname = 'other')",
        "not exists (select from pg_type where typname like 't%')",
        "not exists (select from pg_type where typname = 't' and typname = 'u')",
        "not exists (select from pg_type) and random() < 1",
        "not exists (select from pg_type where typname = 't') and exists (select from pg_roles where rolname = 'r')",
        "exists (select from pg_type where typname = 't')",
        "not exists (select from crm.pg_type where typname = 't')",
        "x",
    ] {
        let make =
            format!("declare x bool; begin if {condition} then create type t as enum ('a'); end if; end");
        assert_eq!(after(&in_do(&make)), ["type/public.t??"], "{condition}");
    }
    for around in [
        "for r in select 1 loop create type t as enum ('a'); end loop",
        "while random() < 1 loop create type t as enum ('a'); end loop",
        "case when random() < 1 then create type t as enum ('a'); else null; end case",
        "if random() < 1 then return; end if; create type t as enum ('a')",
        "<<b>> begin exit b when random() < 1; create type t as enum ('a'); end",
        "if random() < 1 then if random() < 1 then return; end if; end if; create type t as enum ('a')",
    ] {
        assert_eq!(
            after(&in_do(&format!("declare r record; begin {around}; end"))),
            ["type/public.t??"],
            "{around}"
        );
    }
}

#[test]
fn p12_what_follows_a_loop_runs_however_the_loop_ends() {
    let body = "begin while random() < 1 loop exit when random() < 1; end loop; create schema s; end";
    assert_eq!(after(&in_do(body)), ["schema/s"]);
}

#[test]
fn p12_a_condition_on_what_is_declared_is_decided() {
    let table = "create table t (a int, b text);";
    for (body, columns) in [
        ("if exists (select from information_schema.columns where table_name = 't' and column_name = 'b')
          then alter table t drop column b; end if", &["a"][..]),
        ("if exists (select from information_schema.columns where table_name = 't' and column_name = 'x')
          then alter table t drop column x; end if", &["a", "b"]),
        ("if exists (select from pg_class where relname = 't') then alter table t add c int;
          else create table t (z int); end if", &["a", "b", "c"]),
        ("if to_regclass('t') is not null then return; end if; drop table t", &["a", "b"]),
        ("if to_regclass('t') is null then return; end if; alter table t drop b", &["a"]),
        ("perform 1 from pg_class where relname = 't'; if not found then create table t (z int); end if", &["a", "b"]),
        ("select count(*) into n from pg_tables where tablename = 't';
          if n = 0 then create table t (z int); elsif n > 0 then alter table t add c int; end if", &["a", "b", "c"]),
        ("yes := exists (select from pg_tables where tablename = 't');
          if yes then alter table t add c int; end if", &["a", "b", "c"]),
        (
            "if exists (select from information_schema.columns where table_name = 't' and column_name = 'b')
             and not exists (select from information_schema.columns where table_name = 't' and column_name = 'c')
             then alter table t rename column b to c; end if",
            &["a", "c"],
        ),
        // More is asked of the column than to be there.
        ("if exists (select from information_schema.columns where table_name = 't' and column_name = 'b' and data_type = 'json')
          then alter table t drop column b; end if", &["a", "b?"]),
        ("if exists (select from information_schema.columns where table_name = 't' and column_name = 'b' and data_type = 'json')
          then alter table t alter b type jsonb using b::jsonb; end if", &["a", "b?"]),
        // It was looked up before it was changed.
        ("yes := exists (select from pg_tables where tablename = 't'); drop table t; create table t (c int);
          if yes then alter table t add d int; end if", &["c", "d??"]),
    ] {
        let body = format!("declare n int; yes bool; begin {body}; end");
        let all = after(&format!("{table}{}", in_do(&body)));
        let found: Vec<&str> = all.iter().filter_map(|id| id.strip_prefix("column/public.t.")).collect();
        assert_eq!(found, columns, "{body}");
    }
}

#[test]
fn p12_labels_are_added_once() {
    let add = in_do(
        "begin if not exists (select from pg_enum e join pg_type t on e.enumtypid = t.oid
         where t.typname = 'mood' and e.enumlabel = 'b') then alter type mood add value 'b'; end if; end",
    );
    for given in ["create type mood as enum ('a');", "create type mood as enum ('a', 'b');"] {
        assert_eq!(declared(&format!("{given}{add}")), ["type/public.mood: a b"]);
    }
}

#[test]
fn p12_constant_strings_are_executed() {
    for body in [
        "begin execute 'create schema s; create schema u'; end",
        "begin execute 'create schema ' || 's'; execute format('create schema %I', 'u'); end",
        "declare name text := 's'; begin execute format('create schema %1$I; create schema %s', name, 'u'); end",
        "declare x text; begin foreach x in array array['s', 'u']::text[] loop execute 'create schema ' || quote_ident(x); end loop; end",
        "declare x text; all_of text[] := array['s', 'u']; begin foreach x in array all_of loop execute 'create schema ' || x; end loop; end",
        "declare x text; begin for x in select unnest(array['s', 'u']) loop execute 'create schema ' || x; end loop; end",
        "declare x text; begin for x in select * from unnest(array['s', 'u']) as n (v) loop execute 'create schema ' || x; end loop; end",
        "declare x text; begin for x in values ('s'), ('u') loop execute 'create schema ' || x; end loop; end",
        "begin execute $$do 'begin create schema s; create schema u; end'$$; end",
    ] {
        assert_eq!(after(&in_do(body)), ["schema/s", "schema/u"], "{body}");
    }
    let numbered = "begin for i in 1..2 loop execute format('create schema s%s', i); end loop; end";
    assert_eq!(after(&in_do(numbered)), ["schema/s1", "schema/s2"]);
}

#[test]
fn p12_what_holds_on_every_version_is_no_condition() {
    let number = "current_setting('server_version_num')::int";
    for (condition, made) in [
        (format!("{number} >= 90500"), "schema/s"),
        (format!("{number} < 120000"), "schema/u"),
        (format!("{number} > 90600 and not {number} <= 100000"), "schema/s"),
        ("current_setting('server_version_num')::integer >= '120000'".to_owned(), "schema/s"),
    ] {
        let body = format!("begin if {condition} then create schema s; else create schema u; end if; end");
        assert_eq!(after(&in_do(&body)), [made], "{condition}");
    }
}

#[test]
fn p12_whatever_is_done_to_what_has_a_computed_name_may_be_done_to_each() {
    let given =
        "create role r; create table t (id int, a int, constraint k check (a > 0)); create sequence s;
                 create type e as enum ('a'); create function f() returns int language sql as 'select 1';
                 create function tf() returns trigger language plpgsql as 'begin end';
                 create trigger tr before insert on t for each row execute function tf();
                 comment on table t is 'c'; grant select, insert on t to r; alter table t owner to r;";
    let marked = |statement: &str| {
        let (first, last) = statement.split_once("NAME").unwrap();
        let body = format!(
            "declare n text; begin for n in select relname from pg_class loop
                execute '{first}' || quote_ident(n) || '{last}'; end loop; end"
        );
        let mut lines = after(&format!("{given}{}", in_do(&body)));
        lines.retain(|line| line.contains('?'));
        lines
    };
    for (statement, changed) in [
        ("alter table NAME add primary key (id)", "column/public.t.id?!"),
        ("alter table if exists NAME drop constraint if exists k", "constraint/public.t.k?!"),
        ("alter table NAME disable trigger all", "trigger/public.t.tr?!"),
        ("alter table NAME disable trigger tr", "trigger/public.t.tr?!"),
        ("alter table NAME set unlogged", "table/public.t?!"),
        ("alter table NAME enable row level security", "table/public.t?!"),
        ("alter sequence NAME increment 5", "sequence/public.s?!"),
        ("alter type NAME add value ''b''", "type/public.e?!"),
        ("alter function NAME() stable", "function/public.f()?!"),
        ("comment on table NAME is ''d''", "comment/table/public.t?!"),
        ("revoke insert on NAME from r", "grant/table/public.t to r?!"),
        ("alter table NAME owner to current_user", "owner/table/public.t?!"),
    ] {
        assert!(marked(statement).contains(&changed.to_owned()), "{statement}: {:?}", marked(statement));
    }
    assert_eq!(marked("revoke insert on NAME from other"), [""; 0]);
}

#[test]
fn p12_in_a_loop_what_no_round_changes_is_known() {
    let given = "create table t (a int, constraint c check (a > 0));
                 create table u (a int, constraint c check (a > 0));";
    let drop = |name: &str| {
        format!(
            "declare x text; r record; all_of text[] := array['t', 'old'];
             begin foreach x in array all_of loop
                for r in (select constraint_name from information_schema.table_constraints where table_name = x) loop
                    {name} execute concat('alter table ' || x || ' drop constraint if exists ' || r.constraint_name);
                end loop;
             end loop; end"
        )
    };
    let marked = |body: &str| {
        let mut lines = after(&format!("{given}{}", in_do(body)));
        lines.retain(|line| line.contains('?'));
        lines
    };
    assert_eq!(marked(&drop("")), ["constraint/public.t.c?!"]);
    assert_eq!(marked(&drop("get diagnostics x = row_count;")).len(), 2);
}

#[test]
fn p12_a_computed_string_is_said_and_what_it_names_is_unknown() {
    let words = "EXECUTE of a computed string in DO";
    for sql in ["begin execute r.command; end", "begin execute format('create table %I ()', r.name); end"] {
        let sql = in_do(&format!("declare r record; {sql}"));
        assert_eq!(after(&sql), [""; 0], "{sql}");
        assert_eq!(said(&sql), [format!("1 {words}")], "{sql}");
    }
    let change = "begin execute 'alter table t alter a type ' || current_setting('a.b'); end";
    let sql = format!("create table t (a int, b int); {}", in_do(change));
    assert_eq!(after(&sql), ["table/public.t", "column/public.t.a?", "column/public.t.b"]);
    assert_eq!(said(&sql), [format!("1 {words}")]);
}

#[test]
fn p12_what_only_looks_is_passed_over_and_calls_are_said() {
    let quiet = "declare n int; r record; begin select count(*), max(oid) into n from pg_class; n := n + 1;
                 perform 1 from pg_type; for r in select 1 loop raise notice '%', r; end loop; assert true; end";
    assert_eq!(said(&in_do(quiet)), [""; 0]);
    for (body, words) in [
        ("begin perform f(1); end", "SELECT f(...)"),
        ("begin call p(); end", "CALL"),
        (
            "begin if random() < 1 then security label on table t is 'l'; end if; end",
            "SECURITY LABEL ON TABLE",
        ),
        (
            "begin security label on table t is 'l'; exception when others then null; end",
            "SECURITY LABEL ON TABLE",
        ),
    ] {
        assert_eq!(said(&in_do(body)), [format!("1 {words}")], "{body}");
    }
}

#[test]
fn p12_a_body_that_cannot_be_read_is_said() {
    let said = said("do 'begin if end';");
    assert!(said.len() == 1 && said[0].starts_with("1 DO ("), "{said:?}");
    assert_eq!(
        after("create table t (a int); do 'begin garbage t; end'"),
        ["table/public.t", "column/public.t.a"]
    );
}

#[test]
fn p12_what_either_branch_may_make_is_known_where_both_make_the_same() {
    let either = |then: &str, otherwise: &str| {
        after(&in_do(&format!("begin if random() < 1 then {then}; else {otherwise}; end if; end")))
    };
    assert_eq!(
        either("create table t (a int, b int)", "create table t (a int, b text, c int)"),
        ["table/public.t??", "column/public.t.a??", "column/public.t.b?", "column/public.t.c??"]
    );
    assert_eq!(either("create schema s", "create schema u"), ["schema/s??", "schema/u??"]);
}

#[test]
fn p12_what_may_have_been_made_is_no_longer_known_once_it_may_have_changed() {
    let make = in_do("begin if random() < 1 then create table t (a int); end if; end");
    let change = in_do("begin if random() < 1 then alter table t alter a type text; end if; end");
    assert_eq!(after(&format!("{make}{change}")), ["table/public.t??", "column/public.t.a?"]);
    let remove = in_do("begin if random() < 1 then drop table t; end if; end");
    assert_eq!(after(&format!("{make}{remove}")), ["table/public.t??", "column/public.t.a??"]);
    // Made for certain afterwards, it is certain.
    assert_eq!(after(&format!("{make} create table t (a int);")), ["table/public.t", "column/public.t.a"]);
}

#[test]
fn what_a_computed_name_may_mean_may_have_changed() {
    let given = "create table t (a int unique, b int check (b > 0)); create table u (a int unique)";
    let after = |sql: &str| declared_after(given, sql);
    assert_eq!(
        after(
            "do $$ begin execute 'alter table t drop constraint if exists ' || quote_ident((select conname from x)); end $$"
        ),
        [
            "~constraint/public.t.t_a_key: unique (a) (if not by EXECUTE of a computed string in DO)",
            "~constraint/public.t.t_b_check: check of b (if not by EXECUTE of a computed string in DO)",
        ]
    );
    assert_eq!(
        after(
            "do $$ declare r record; begin for r in select 1 loop execute format('alter table %I alter a drop not null', r.x); end loop; end $$"
        ),
        [
            "column/public.t.a: integer (if not by EXECUTE of a computed string in DO)",
            "column/public.u.a: integer (if not by EXECUTE of a computed string in DO)",
        ]
    );
    assert_eq!(after("do $$ begin execute 'drop table ' || (select x) || '_old'; end $$").len(), 0);
}

#[test]
fn a_computed_string_may_come_by_a_variable() {
    let given = "create table t (a int unique, b int check (b > 0)); create table u (a int unique)";
    for body in [
        "s text; begin s := 'alter table t drop constraint ' || current_setting('a.b'); execute s; end",
        "s text := format('alter table t drop constraint %I', current_setting('a.b')); begin execute s; end",
        "s text; n text; begin s := 'alter table t '; n := s || 'drop constraint '; execute n || now(); end",
        "s text; begin select concat('alter table t drop constraint ', conname) into s from pg_constraint;
         if s is not null then execute s; end if; end",
        "s text; begin s := (select format('alter table t drop constraint %I', conname) from pg_constraint);
         execute s; end",
        "s text; begin select string_agg(format('alter table t drop constraint %I', conname), ';') into s
         from pg_constraint; execute s; end",
    ] {
        let after = declared_after(given, &format!("do $$ declare {body} $$"));
        let marked: Vec<&str> = after.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(marked, ["~constraint/public.t.t_a_key", "~constraint/public.t.t_b_check"], "{body}");
    }
}

#[test]
fn a_primary_key_that_may_be_gone_makes_way_for_another() {
    let given = "create table t (id int primary key, n int);";
    let gone = "do $$ begin execute 'alter table t drop constraint ' || current_setting('a.b'); end $$;";
    for (name, key) in [("", "t_pkey"), ("constraint k ", "k")] {
        let sql = format!("{given} {gone} alter table t add {name}primary key (n)");
        let mut after = after(&sql);
        after.retain(|line| line.starts_with("constraint"));
        assert_eq!(after, [format!("constraint/public.t.{key}")]);
        assert_eq!(said(&sql), ["1 EXECUTE of a computed string in DO"]);
    }
}

#[test]
fn a_computed_string_that_cannot_be_read_may_change_the_tables_that_it_names() {
    let given = "create table t (a int); create table u (a int)";
    let identity = "do $$ declare n int; begin execute
        format('alter table T alter a add generated always as identity (start with %s)', n); end $$";
    assert_eq!(
        declared_after(given, identity),
        [
            "table/public.t: (Permanent) partitioned no rls ?/? (if not by EXECUTE of a computed string in DO)",
            "column/public.t.a: integer (if not by EXECUTE of a computed string in DO)",
        ]
    );
    let looks = "do $$ declare n int; begin execute format('select a from t limit %s %s', n, n); end $$";
    assert_eq!(declared_after(given, looks), [""; 0]);
}

#[test]
fn sql_that_a_function_is_given_may_be_executed() {
    let given = "create function f() returns int language sql as 'select 1'; create table t (a int)";
    assert_eq!(
        declared_after(
            given,
            "select case when true then pg_temp.run('alter function f parallel safe;') end"
        ),
        ["function/public.f(): function (after SELECT)"]
    );
    assert_eq!(
        declared_after(given, "select run(sql => 'create table u (a int)')"),
        [
            "table/public.u: (Permanent) partitioned no rls ?/? (if SELECT run(...) made it)",
            "column/public.u.a: integer (if SELECT run(...) made it)",
        ]
    );
    assert_eq!(declared_after(given, "select log('drop in the ocean'), log('select 1')"), [""; 0]);
}

#[test]
fn a_declared_function_that_executes_may_change_the_table_that_it_is_told() {
    let given = "create table t (id serial); create table u (id serial);
                 create function change(name text) returns void language plpgsql as
                 $$ begin execute format('alter table %I alter id drop default', name); end $$;
                 create function look(name text) returns void language plpgsql as
                 $$ begin execute format('select * from %I', name); end $$;";
    let calls = "select change('t'); select change(name := 'public.none'); select look('u')";
    let mut marked = after(&format!("{given} {calls}"));
    marked.retain(|line| line.contains('?'));
    assert_eq!(marked, ["sequence/public.t_id_seq?!", "table/public.t?!", "column/public.t.id?!"]);
}

/// As many conditions as a long history of cautious migrations has.
#[test]
fn p12_hundreds_of_conditions_in_a_large_schema_are_followed() {
    let mut sql = String::new();
    for n in 0..300 {
        let _ = writeln!(sql, "create table t{n} (a int, b int, c int, d int, e int, f int, g int, h int);");
        let _ = writeln!(sql, "create view v{n} as select 1;");
    }
    for n in 0..300 {
        for change in
            [format!("drop view v{n}"), format!("alter table t{n} add constraint k{n} primary key (a)")]
        {
            let body = format!("begin {change}; exception when others then null; end");
            let _ = writeln!(sql, "do $body$ {body} $body$;");
        }
    }
    let (declared, said) = fold(&sql);
    assert_eq!(said, [""; 0]);
    let of = |id: &str| {
        let found = declared.components.iter().find(|(declared, _)| declared.to_string() == id);
        found.map(|(_, declaration)| declaration.obscured_by.clone())
    };
    for n in [0, 299] {
        assert!(matches!(of(&format!("view/public.v{n}")), Some(Some(Obscured::Shape(_)))), "v{n}");
        assert!(matches!(of(&format!("column/public.t{n}.a")), Some(Some(Obscured::Shape(_)))), "t{n}");
        assert!(matches!(of(&format!("constraint/public.t{n}.k{n}")), Some(Some(Obscured::Presence(_)))));
        assert_eq!(of(&format!("column/public.t{n}.b")), Some(None));
    }
}

#[test]
fn p12_what_too_many_conditions_are_about_is_no_longer_known() {
    let (declared, _) = fold(
        "create table t (a int, b int); create table u (a int); create view v as select 1;
                              create view w as select 1; create index i on u (a)",
    );
    let mut declared = Declared { work: usize::MAX, ..declared };
    let caught = |change: &str| in_do(&format!("begin {change}; exception when others then null; end"));
    let changes = "alter table t add primary key (a); drop view v; drop index i";
    let said: Vec<String> =
        changes.split(';').flat_map(|change| fold_on(&mut declared, &caught(change))).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    let unknown: Vec<String> = declared
        .components
        .iter()
        .filter(|(_, declaration)| declaration.obscured_by.is_some())
        .map(|(id, _)| id.to_string())
        .collect();
    assert_eq!(
        unknown,
        ["table/public.t", "column/public.t.a", "column/public.t.b", "index/public.i", "view/public.v"]
    );
}

#[test]
fn p12_what_a_condition_does_in_another_is_compared_with_what_was_before_both() {
    let inner = "begin drop view v; exception when others then null; end";
    let outer = format!("begin create view w as select 1; {inner}; exception when others then null; end");
    let all = after(&format!("create view v as select 1; {}", in_do(&outer)));
    assert_eq!(all, ["view/public.v?", "view/public.w??"]);
}

#[test]
fn p12_what_a_call_may_drop_is_found_in_either_case_and_by_an_index_of_its_own() {
    let function = "create function drop_it(name text, kind text) returns void language plpgsql as
                    $body$ begin execute 'drop ' || kind || ' ' || lower(name); end $body$;";
    let given = "create table leads (a int, b int); create index ix_leads on leads (a); create view v as select 1; create view w as select 1;";
    let marked = |call: &str| -> Vec<String> {
        let all = after(&format!("{function}{given} select drop_it({call});"));
        all.into_iter().filter(|id| id.ends_with("?!")).collect()
    };
    assert_eq!(marked("'IX_Leads', 'INDEX'"), ["index/public.ix_leads?!"]);
    assert_eq!(marked("'public.V', 'VIEW'"), ["view/public.v?!"]);
    assert_eq!(marked("'Leads', 'TABLE'").len(), 4);
    // What it dropped is made again.
    let again = after(&format!(
        "{function}{given} select drop_it('IX_Leads', 'INDEX'); create index ix_leads on leads (b);"
    ));
    assert!(again.contains(&"index/public.ix_leads".to_owned()), "{again:?}");
}

#[test]
fn what_a_rename_does_not_change_is_not_kept_while_a_condition_is_tried() {
    let many: String = (0..50).fold(String::new(), |sql, n| {
        sql + &format!(
            "create table x{n} (a int default 1 check (a > 0), b int unique); create index on x{n} (b);"
        )
    });
    let sql = "create table t (a int check (a > 0), b int); create view v as select a from t;
        create table r (b int references t (b));";
    let changed = |statement: &str| {
        let (mut declared, _) = fold(&(many.clone() + sql));
        declared.components.remember();
        assert_eq!(fold_on(&mut declared, statement), Vec::<String>::new());
        let changed = declared.components.changed().before;
        changed.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        changed("alter table t rename column a to c"),
        ["column/public.t.a", "column/public.t.c", "constraint/public.t.t_a_check", "view/public.v"]
    );
    assert_eq!(
        changed("alter table r rename to s"),
        [
            "table/public.r",
            "table/public.s",
            "column/public.r.b",
            "column/public.s.b",
            "constraint/public.r.r_b_fkey",
            "constraint/public.s.r_b_fkey",
        ]
    );
}
