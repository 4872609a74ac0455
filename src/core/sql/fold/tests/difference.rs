//! What one SQL declares and another one makes, part by part: what is declared stands for what is observed.

use super::*;

/// The parts in which the last component of two texts that are the same but for what stands between `<` and `|`, or
/// `|` and `>`, differ.
fn differ(sql: &str, id: &str) -> Vec<&'static str> {
    let (before, rest) = sql.split_once('<').unwrap();
    let (choice, after) = rest.split_once('>').unwrap();
    let (one, other) = choice.split_once('|').unwrap();
    let shape = |chosen: &str| {
        let declared = fold(&format!("{before}{chosen}{after}")).0;
        let found = declared.components.into_iter().find(|(known, _)| known.to_string() == id);
        found.unwrap_or_else(|| panic!("{sql}: no {id}")).1.shape
    };
    let comparison = shape(one).compare(&shape(other)).unwrap();
    comparison.differences.iter().map(|difference| difference.part).collect()
}

#[test]
fn each_part_that_is_not_as_declared_is_a_difference() {
    for (sql, id, part) in [
        ("create table t (a int) partition by <range|list> (a)", "table/public.t", "partition key"),
        ("create table t (a int, b int) partition by range (<a|b>)", "table/public.t", "partition key"),
        ("create domain d as <int|bigint>", "type/public.d", "base type"),
        (
            "create function f(<a|b> int) returns int language sql as 'select 1'",
            "function/public.f(integer)",
            "argument names",
        ),
        (
            "create table t (a int); create unique index i on t (a) <nulls not distinct|>;
             alter table t add constraint u unique using index i",
            "constraint/public.t.u",
            "nulls",
        ),
        (
            "create table t (a int); create index if not exists i on t (a);
             create <unique|> index if not exists j on t (a)",
            "index/public.j",
            "unique",
        ),
    ] {
        assert_eq!(differ(sql, id), [part], "{sql}");
    }
}

#[test]
fn an_index_that_is_there_is_kept() {
    let once = "create table t (a int, b int); create index if not exists i on t (a)";
    let twice = format!("{once}; create unique index if not exists i on t (b)");
    assert_eq!(said(&twice), [""; 0]);
    assert_eq!(declared(&twice), declared(once));
}

#[test]
fn an_identity_has_no_default_and_is_not_inherited() {
    let column = |sql: &str, id: &str| {
        let declared = fold(sql).0;
        let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", id), "b");
        match declared.components[&id].shape.clone() {
            Shape::Column(column) => *column,
            other => panic!("{other:?}"),
        }
    };
    // Of a column that another document declares, only this is known.
    let identity = column("alter table t alter b add generated always as identity", "t");
    assert_eq!(identity.default, Some(Clause::Absent));
    let sql = "create table p (a int); create table c () inherits (p);
               alter table p add b int generated always as identity";
    assert_eq!(column(sql, "p").identity, Some(Identity::Always));
    assert_eq!(column(sql, "c").identity, None);
    assert_eq!(
        column("create table p (a int); create table c () inherits (p); alter table p add b int", "c")
            .data_type,
        column(sql, "p").data_type
    );
}

#[test]
fn a_name_that_an_author_gives_is_no_longer_made_up() {
    let made_up = |sql: &str| -> Vec<String> {
        let components = fold(sql).0.components.into_iter();
        components.filter(|(_, it)| it.name_is_generated).map(|(id, _)| id.to_string()).collect()
    };
    let table = "create table t (a int primary key)";
    assert_eq!(made_up(table), ["constraint/public.t.t_pkey"]);
    assert_eq!(made_up(&format!("{table}; alter table t rename constraint t_pkey to k")), [""; 0]);
    assert_eq!(made_up(&format!("{table}; alter table t rename to u")), ["constraint/public.u.t_pkey"]);
}

#[test]
fn what_is_not_known_of_a_table_is_not_known_of_its_copy() {
    let sql = "create table t (a int); do $$ begin if random() > 0.5 then alter table t alter a type text; end if; end $$;
               create table copy (like t)";
    let declared = fold(sql).0;
    let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "copy"), "a");
    assert!(declared.components[&id].obscured_by.is_some());
}

#[test]
fn what_is_replaced_is_known_again() {
    let sql =
        "create view v as select 1 as a; do $$ begin if random() > 0.5 then drop view v; end if; end $$;";
    let obscured = |sql: &str| {
        let declared = fold(sql).0;
        declared.components[&ComponentId::in_schema(Kind::View, QualifiedName::new("public", "v"))]
            .obscured_by
            .is_some()
    };
    assert!(obscured(sql));
    assert!(!obscured(&format!("{sql} create or replace view v as select 2 as a")));
}

#[test]
fn what_was_looked_up_in_a_schema_is_looked_up_under_its_new_name() {
    let declared =
        fold("create schema s; set search_path = s; create view v as select f(); alter schema s rename to r")
            .0;
    let id = ComponentId::in_schema(Kind::View, QualifiedName::new("r", "v"));
    let Shape::View(view) = &declared.components[&id].shape else { panic!("no view") };
    assert_eq!(*view.body.as_ref().unwrap().search_path, ["r".into()]);
}

#[test]
fn a_trigger_goes_with_the_column_that_it_waits_for() {
    let sql = "create table t (a int, b int); create trigger g before update of b on t execute function f();";
    assert!(declared(sql).iter().any(|line| line.starts_with("trigger/")));
    for drop in ["alter table t drop b cascade", "alter table t drop b"] {
        assert!(
            !declared(&format!("{sql} {drop}")).iter().any(|line| line.starts_with("trigger/")),
            "{drop}"
        );
    }
}
