//! Rules, statistics, publications, foreign tables and the rest.

use super::*;

/// The ids of what is declared, without shapes.
fn ids(sql: &str) -> Vec<String> {
    fold(sql).0.components.keys().map(ToString::to_string).collect()
}

#[test]
fn what_hangs_on_a_dropped_relation_goes_with_it() {
    let sql = "create table t (a int, b int); create rule r as on insert to t do nothing;
               create statistics s on a, b from t; create view v as select 1;
               create rule w as on delete to v do instead nothing;";
    assert_eq!(
        ids(sql),
        [
            "table/public.t",
            "column/public.t.a",
            "column/public.t.b",
            "statistics/public.s",
            "view/public.v",
            "rule/public.t.r",
            "rule/public.v.w"
        ]
    );
    assert_eq!(ids(&format!("{sql} drop table t; drop view v")), Vec::<String>::new());
    let without = ids(&format!("{sql} alter table t drop column b"));
    assert!(!without.contains(&"statistics/public.s".to_owned()), "{without:?}");
}

#[test]
fn what_rests_on_a_dropped_object_goes_with_it() {
    for (made, dropped, left) in [
        (
            "create foreign data wrapper w; create server s foreign data wrapper w; create user mapping for \
             public server s; create foreign table t (a int) server s",
            "drop foreign data wrapper w cascade",
            vec![],
        ),
        (
            "create foreign data wrapper w; create server s foreign data wrapper w; create foreign table t (a int) \
             server s",
            "drop foreign table t; drop server s",
            vec!["foreign_data_wrapper/w"],
        ),
        (
            "create event trigger e on ddl_command_end execute function crm.f()",
            "drop function crm.f() cascade",
            vec![],
        ),
        (
            "create function f() returns event_trigger language plpgsql as ''; create event trigger e on \
             ddl_command_end execute function f()",
            "drop function f() cascade",
            vec![],
        ),
        (
            "create type m as enum ('a'); create function f(int) returns m language sql as ''; create cast (int as m) \
             with function f(int); create operator + (leftarg = m, rightarg = int, function = g)",
            "drop type m cascade",
            vec![],
        ),
        (
            "create function f(int) returns text language sql as ''; create function f(text) returns text language \
             sql as ''; create cast (int as text) with function f(int)",
            "drop function f(text) cascade",
            vec!["function/public.f(integer)", "cast/(integer as text)"],
        ),
        (
            "create text search parser p (start = f); create text search configuration c (parser = p); create text \
             search template t (lexize = f); create text search dictionary d (template = t)",
            "drop text search parser p cascade; drop text search template t cascade",
            vec![],
        ),
        (
            "create access method a type index handler h; create operator class c for type int using a as operator 1 <",
            "drop access method a cascade",
            vec![],
        ),
        (
            "create operator family f using btree; create operator class c for type int using btree family f as \
             operator 1 <",
            "drop operator family f using btree cascade",
            vec![],
        ),
    ] {
        let is_resting = |id: &String| !id.starts_with("column/");
        let mut found = ids(&format!("{made}; {dropped}"));
        found.retain(is_resting);
        assert_eq!(found, left, "{dropped}");
    }
    // Another overload is another function.
    let kept =
        "create event trigger e on ddl_command_end execute function f(); drop function if exists f(int)";
    assert_eq!(ids(kept), ["event_trigger/e"]);
}

#[test]
fn a_drop_may_spell_types_with_their_schema() {
    let made = "create cast (int as mood) with inout; create operator + (leftarg = mood, rightarg = int, function = g)";
    assert_eq!(
        ids(&format!("{made}; drop cast (int4 as public.mood); drop operator + (public.mood, int)")),
        Vec::<String>::new()
    );
}

#[test]
fn k30_statistics_without_a_name_get_postgresqls() {
    let (declared, _) = fold(
        "create table t (a int, b int); create statistics on a, b from t; create statistics on a, b from t;
         create statistics on (a + b), b from t; create statistics if not exists t_a_b_stat on b, a from t",
    );
    let made_up = |(id, declaration): (&ComponentId, &Declaration)| {
        (id.kind == Kind::Statistics).then(|| (id.name.to_string(), declaration.name_is_generated))
    };
    let names: Vec<_> = declared.components.iter().filter_map(made_up).collect();
    let expected = ["public.t_a_b_stat", "public.t_a_b_stat1", "public.t_expr_b_stat"];
    assert_eq!(names, expected.map(|name| (name.to_owned(), true)));
}

#[test]
fn a_publication_follows_its_alters_and_its_tables() {
    let tables = |sql: &str| {
        let (declared, _) = fold(&format!("create table a (x int, y int); create table b (x int); {sql}"));
        let id = ComponentId::global(Kind::Publication, "p");
        match &declared.components.get(&id).unwrap().shape {
            Shape::Publication(publication) => {
                let tables = publication.tables.as_ref().unwrap().values.keys();
                let schemas = publication.schemas.as_ref().unwrap().values.keys();
                tables.map(ToString::to_string).chain(schemas.map(ToString::to_string)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    let made = "create publication p for table a (x), tables in schema crm";
    assert_eq!(tables(made), ["public.a", "crm"]);
    assert_eq!(tables(&format!("{made}; alter publication p add table b")), ["public.a", "public.b", "crm"]);
    assert_eq!(tables(&format!("{made}; alter publication p drop table a")), ["crm"]);
    assert_eq!(tables(&format!("{made}; alter publication p set table b")), ["public.b"]);
    assert_eq!(
        tables(&format!("{made}; drop table a cascade; drop schema crm cascade")),
        Vec::<String>::new()
    );
    assert_eq!(tables(&format!("{made}; alter table a drop column x cascade")), ["crm"]);
    assert_eq!(tables(&format!("{made}; alter table a drop column y")), ["public.a", "crm"]);
}

#[test]
fn a_foreign_table_is_folded_as_a_table_is() {
    assert_eq!(
        declared(
            "create foreign table t (a int not null, b text, check (a > 0)) server s; alter foreign table t add \
             column c date; alter foreign table t alter b type varchar(5); alter foreign table t drop column a"
        ),
        [
            "foreign_table/public.t: foreign_table",
            "column/public.t.b: character varying(5)",
            "column/public.t.c: date"
        ]
    );
    assert_eq!(
        said("create foreign table t (a int) server s;\ninsert into t values (1);\ncreate table t (a int);"),
        ["2 INSERT into the foreign table public.t"]
    );
}

#[test]
fn an_alter_of_what_another_document_makes_requires_only_what_it_says() {
    let (declared, _) = fold("alter server s version '2'; alter table t disable rule r");
    let shapes: Vec<_> = declared.components.values().map(|declaration| declaration.shape.clone()).collect();
    let server = crate::core::kind::server::Server {
        version: Some(Some("2".into())),
        ..crate::core::kind::server::Server::default()
    };
    let rule =
        crate::core::kind::rule::Rule { enabled: Some(false), ..crate::core::kind::rule::Rule::default() };
    assert_eq!(shapes, [server.into(), rule.into()]);
}

#[test]
fn what_names_a_renamed_object_says_its_new_name() {
    use crate::core::kind::Shape as S;
    let shape = |sql: &str, id: &str| {
        let (declared, _) = fold(sql);
        let (_, declaration) =
            declared.components.iter().find(|(declared, _)| declared.to_string() == id).unwrap();
        assert_eq!(declaration.obscured_by, None, "{sql}");
        declaration.shape.clone()
    };
    for (sql, id, expected) in [
        (
            "create foreign data wrapper w; create server s foreign data wrapper w; alter foreign data wrapper w rename \
             to x",
            "server/s",
            "x",
        ),
        (
            "create foreign table t (a int) server s; alter server s rename to r; alter foreign table t rename to u",
            "foreign_table/public.u",
            "r",
        ),
        (
            "create statistics s on a, b from t; alter table t rename to u; alter table u rename column b to c",
            "statistics/public.s",
            "public.u a c",
        ),
        (
            "create publication p for table t (a), tables in schema crm; alter table t rename to u; alter table u rename \
             a to b; alter schema crm rename to sales",
            "publication/p",
            "public.u b sales",
        ),
        (
            "create event trigger e on sql_drop execute function crm.f(); alter function crm.f() rename to g; alter \
             function crm.f(int) rename to h",
            "event_trigger/e",
            "crm.g",
        ),
        (
            "create operator + (leftarg = m, rightarg = int, function = f, commutator = -); alter function f(m, int) \
             rename to g; alter operator - (int, m) set schema crm; alter type m rename to n",
            "operator/public.\"+\"(n, integer)",
            "g crm.\"-\"",
        ),
        (
            "create cast (int as m) with function f(int); alter function f(int) rename to g",
            "cast/(integer as m)",
            "g",
        ),
        (
            "create text search configuration c (parser = p); alter text search parser p set schema crm",
            "text_search_configuration/public.c",
            "crm.p",
        ),
        (
            "create operator class c for type m using btree family f as operator 1 <; alter operator family f using \
             btree rename to g",
            "operator_class/public.c using btree",
            "g",
        ),
    ] {
        let said = match shape(sql, id) {
            S::Server(server) => server.wrapper.unwrap().to_string(),
            S::ForeignTable(table) => table.server.unwrap().to_string(),
            S::Statistics(it) => {
                let columns = it.columns.unwrap().into_iter().map(|column| format!(" {column}"));
                format!("{}{}", it.relation.unwrap(), columns.collect::<String>())
            }
            S::Publication(it) => {
                let tables = it.tables.unwrap().values.into_iter().map(|(name, table)| {
                    format!("{name} {}", names(table.unwrap().columns.iter().flatten()))
                });
                let schemas = it.schemas.unwrap().values.into_keys().map(|name| name.to_string());
                tables.chain(schemas).collect::<Vec<_>>().join(" ")
            }
            S::EventTrigger(it) => it.function.unwrap().to_string(),
            S::Operator(it) => format!("{} {}", it.function.unwrap(), it.commutator.unwrap()),
            S::Cast(it) => match it.method.unwrap() {
                crate::core::kind::cast::CastMethod::Function(Some(function)) => function.to_string(),
                other => panic!("{other:?}"),
            },
            S::TextSearchConfiguration(it) => it.parser.unwrap().to_string(),
            S::OperatorClass(it) => it.family.unwrap().to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, expected, "{sql}");
    }
}

#[test]
fn an_aggregate_whose_function_was_renamed_is_not_compared() {
    let made = "create aggregate a(int) (sfunc = f, stype = int)";
    let body = |sql: &str| {
        let (declared, _) = fold(sql);
        declared.components.values().any(
            |declaration| matches!(&declaration.shape, Shape::Function(function) if function.body.is_some()),
        )
    };
    assert!(body(made));
    assert!(!body(&format!("{made}; alter function f(int, int) rename to g")));
}

/// The functions with their arguments and results.
fn functions(sql: &str) -> Vec<String> {
    let result = |shape: &Shape| match shape {
        Shape::Function(function) => {
            let data_type = function.returns.as_ref().and_then(|returns| returns.data_type.clone());
            data_type.map_or_else(|| "?".to_owned(), |data_type| data_type.to_string())
        }
        other => panic!("{other:?}"),
    };
    let (declared, problems) = fold(sql);
    assert_eq!(problems, [""; 0], "{sql}");
    let functions = declared.components.iter().filter(|(id, _)| id.kind == Kind::Function);
    functions.map(|(id, declaration)| format!("{} {}", id.name, result(&declaration.shape))).collect()
}

#[test]
fn k18_a_type_of_a_column_is_what_the_column_had_when_the_function_was_made() {
    let table = "create table t (a bigserial, b varchar(9), c mood);";
    for (function, made) in [
        ("f(x t.a%type, y text) returns t.b%type", "public.f(bigint, text) character varying"),
        ("f(x public.t.b%type) returns setof t.c%type", "public.f(character varying) mood"),
        ("f(out x t.a%type)", "public.f() bigint"),
        ("f(x int, inout y t.a%type)", "public.f(integer, bigint) bigint"),
        ("f(x t.z%type) returns int", "public.f integer"),
        ("f(x u.a%type) returns u.b%type", "public.f ?"),
    ] {
        let sql = format!(
            "{table} create function {function} language sql as 'select 1'; alter table t alter a type text"
        );
        assert_eq!(functions(&sql), [made], "{function}");
    }
    assert_eq!(
        functions(&format!(
            "{table} create function f(x t.a%type) returns int language sql as 'select 1';
             create function f(x t.b%type) returns int language sql as 'select 1'; drop function f(bigint)"
        )),
        ["public.f(character varying) integer"]
    );
}

#[test]
fn the_comment_on_the_type_of_a_tables_rows_is_said_and_not_required() {
    let sql = "create table t (a int); comment on type t is 'a row'";
    assert_eq!(said(sql), ["1 COMMENT ON TYPE of the rows of a table"]);
    assert!(!declared(sql).iter().any(|line| line.starts_with("comment/")));
}
