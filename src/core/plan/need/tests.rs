//! What each statement needs.

use super::*;

fn of(sql: &str) -> Vec<Need> {
    let tree = parse::parse(sql).unwrap();
    let node = tree.stmts[0].stmt.as_ref().unwrap().node.clone().unwrap();
    needs(&node, &Scope::of("public".into()))
}

fn relation(name: &str) -> Object {
    Object::Relation(QualifiedName::new("public", name))
}

#[test]
fn each_statement_needs_what_postgresql_checks() {
    let schema = |name: &str| Need::Schema(name.into());
    let table = |name| QualifiedName::new("public", name);
    let shared = |class, name: &str, privileges: &[Privilege]| Need::GrantShared {
        class,
        name: name.into(),
        privileges: privileges.to_vec(),
    };
    for (sql, wanted) in [
        ("create table crm.a (x int)", vec![schema("crm")]),
        ("create temp table a (x int)", vec![]),
        (
            "create table a (x int references b, foreign key (x) references c) tablespace fast",
            vec![
                schema("public"),
                Need::Privilege(table("b"), "REFERENCES"),
                Need::Privilege(table("c"), "REFERENCES"),
                Need::Tablespace("fast".into()),
            ],
        ),
        ("create table p partition of a default", vec![schema("public"), Need::Own(relation("a"))]),
        ("alter table a add column y int", vec![Need::Own(relation("a"))]),
        (
            "alter table a add unique (y)",
            vec![Need::Own(relation("a")), schema("public"), Need::Disk(table("a"))],
        ),
        (
            "alter table a owner to boss",
            vec![Need::Own(relation("a")), Need::Role("boss".into()), Need::Member("boss".into())],
        ),
        ("create index on a (x)", vec![Need::Own(relation("a")), schema("public")]),
        (
            "create trigger t after insert on a execute function f()",
            vec![Need::Privilege(table("a"), "TRIGGER")],
        ),
        ("create policy p on a to boss", vec![Need::Own(relation("a")), Need::Role("boss".into())]),
        ("create policy p on a to public", vec![Need::Own(relation("a"))]),
        (
            "create or replace function f() returns int language plperl leakproof as ''",
            vec![
                schema("public"),
                Need::Own(Object::Routine(table("f"))),
                Need::Language("plperl".into()),
                Need::Superuser("LEAKPROOF"),
            ],
        ),
        (
            "create extension vector with schema ext version '0.5' cascade",
            vec![
                schema("ext"),
                Need::Extension { name: "vector".into(), version: Some("0.5".to_owned()), cascade: true },
            ],
        ),
        ("create role r superuser", vec![Need::CreateRole, Need::Superuser("a role that is SUPERUSER")]),
        ("create role r nosuperuser", vec![Need::CreateRole]),
        ("grant a to b", vec![Need::Role("b".into()), Need::Role("a".into())]),
        ("grant select on a to b, current_user, public", vec![Need::Role("b".into())]),
        (
            "revoke connect, temp on database d from b",
            vec![
                Need::Role("b".into()),
                shared(Shared::Database, "d", &[Privilege::Connect, Privilege::Temporary]),
            ],
        ),
        (
            "grant all on tablespace s, t to public",
            ["s", "t"].map(|name| shared(Shared::Tablespace, name, &[Privilege::Create])).to_vec(),
        ),
        (
            "grant alter system on parameter Work_Mem to public",
            vec![shared(Shared::Parameter, "work_mem", &[Privilege::AlterSystem])],
        ),
        (
            "alter default privileges for role a grant select on tables to b",
            vec![Need::Role("b".into()), Need::Role("a".into()), Need::Member("a".into())],
        ),
        ("create schema s", vec![Need::Database]),
        (
            "create event trigger e on ddl_command_end execute function f()",
            vec![Need::Superuser("CREATE EVENT TRIGGER")],
        ),
        ("create type t", vec![schema("public")]),
        ("create type t (input = i, output = o)", vec![Need::Superuser("CREATE TYPE of a base type")]),
        ("create text search dictionary d (template = simple)", vec![schema("public")]),
        (
            "create text search parser p (start = s, gettoken = g, end = e, lextypes = l)",
            vec![Need::Superuser("CREATE TEXT SEARCH PARSER")],
        ),
        ("create cast (a as b) with function f(a)", vec![]),
        ("create cast (a as b) without function", vec![Need::Superuser("CREATE CAST ... WITHOUT FUNCTION")]),
        ("insert into a values (1)", vec![Need::Privilege(table("a"), "INSERT")]),
        ("select 1", vec![]),
    ] {
        assert_eq!(of(sql), wanted, "{sql}");
    }
}
