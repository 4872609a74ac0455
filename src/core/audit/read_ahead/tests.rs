use super::*;
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::name::QualifiedName;
use crate::core::sql::parse::on_big_stack;
use crate::core::sql::split;

fn source(text: &str) -> Source {
    Source { name: "a.sql".into(), text: text.into() }
}

/// What comes out: the statements, and the problems.
type Told = (Vec<String>, Vec<Problem>);

/// What comes of a text, one statement after the other.
fn one_by_one(text: &str, mut scope: Scope) -> Told {
    on_big_stack(|| {
        let mut told = Vec::new();
        let problems = split::read(&source(text), &mut |statement| {
            told.push(format!("{:?}", ReadStatement::of(statement, &"f".into(), &mut scope)));
        });
        (told, problems)
    })
}

fn ahead(threads: usize, batch_bytes: usize, text: &str, scope: Scope) -> Told {
    on_big_stack(|| {
        let mut told = Vec::new();
        let each = &mut |statement| told.push(format!("{statement:?}"));
        let problems = read_with(threads, batch_bytes, &source(text), &"f".into(), scope, each);
        (told, problems)
    })
}

#[track_caller]
fn is_the_same(text: &str, scope: &Scope) {
    let (told, problems) = one_by_one(text, scope.clone());
    for threads in [0, 1, 2, 5] {
        for batch_bytes in [1, 40, 1000, usize::MAX] {
            let (ahead, found) = ahead(threads, batch_bytes, text, scope.clone());
            let at = format!("{threads} threads, batches of {batch_bytes}");
            assert_eq!(ahead.len(), told.len(), "{at}");
            for (ahead, told) in ahead.iter().zip(&told) {
                assert_eq!(ahead, told, "{at}");
            }
            assert_eq!(found, problems, "{at}");
        }
    }
}

/// Scopes that know what is there, and ones that need not.
fn scopes() -> [Scope; 3] {
    let with_objects = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(|schema| (*schema).into()).collect();
        let table = QualifiedName { schema: "crm".into(), name: "known".into() };
        let objects = [ComponentId::in_schema(Kind::Table, table)].into();
        let mut scope = Scope::of("public".into());
        scope.set_search_path(&path);
        Scope { objects: Some(Arc::new(objects)), ..scope }
    };
    [Scope::of("public".into()), with_objects(&["public"]), with_objects(&["public", "crm"])]
}

#[test]
fn statements_and_problems_come_in_their_order_on_any_number_of_threads() {
    let statement = |nth: usize| match nth % 9 {
        0 => format!("create tabel {nth};\n"),
        1 => format!("insert into t values ('{}');\n", "x".repeat(nth)),
        2 => ";\n-- schema-audit: feature one\n".to_owned(),
        3 => "\\copy t from 'f'\n".to_owned(),
        4 => "create function f() returns int begin atomic select 1; select 2; end;\n".to_owned(),
        _ => format!("create table t{nth} (id int primary key, a text);\n"),
    };
    let mut text: String = (0..150).map(statement).collect();
    for scope in scopes() {
        is_the_same(&text, &scope);
    }
    let long = format!("insert into t values ('{}');\n", "x".repeat(MOST_BYTES_AHEAD));
    text.insert_str(text.find("create table t5").unwrap(), &long);
    is_the_same(&text, &scopes()[0]);
    assert!(!one_by_one(&text, scopes()[0].clone()).1.is_empty());
}

#[test]
fn what_names_mean_follows_the_statements_before() {
    let statement = |nth: usize| match nth % 23 {
        3 => "set search_path = crm;",
        6 => "create temp table t1 (a int);",
        8 => "alter table t1 rename to t2;",
        9 => "drop table t2;",
        11 => "set search_path = public, crm;",
        14 => "create table crm.t (a int);",
        15 => "reset search_path;",
        17 => "select set_config('search_path', '', false);",
        19 => "create view crm.known2 as select 1;",
        21 => "discard all;",
        _ if nth.is_multiple_of(2) => "comment on table t1 is 'x'; alter table known add b int;",
        _ => "alter table t add a int; comment on view known2 is 'x';",
    };
    let text: String = (0..90).map(statement).collect();
    for scope in scopes() {
        is_the_same(&text, &scope);
    }
}

#[test]
fn a_path_of_several_schemas_that_is_set_and_reset_within_a_batch_is_heeded() {
    let text =
        "select 1; set search_path = public, crm; alter table known add b int; reset search_path; select 2;";
    let scope = &scopes()[1];
    is_the_same(text, scope);
    assert!(ahead(2, usize::MAX, text, scope.clone()).0[2].contains("crm"));
}

#[test]
fn p4_what_is_nested_deeply_is_read_on_a_big_stack_on_any_thread() {
    let deep = format!("create view v as select {}1{}", "(select ".repeat(150), ")".repeat(150));
    assert_eq!(ahead(2, 1, &deep, Scope::of("public".into())).1, []);
}

#[test]
fn a_source_that_nobody_can_read_is_one_problem() {
    let text = "s\0e\0l\0e\0c\0t\0 \0x\0".repeat(9);
    assert_eq!(ahead(2, 1, &text, Scope::of("public".into())), one_by_one(&text, Scope::of("public".into())));
}
