//! Whatever the role may do, whoever holds a lock, however a thing is called.

use schema_audit::core::component::{ComponentId, Grantee};
use schema_audit::core::kind::Kind;
use schema_audit::core::kind::about::about;
use schema_audit::core::name::QualifiedName;

use super::look_for;
use crate::support::Database;
use crate::wanted::{look, require};

const EVERY_KIND: &str = "create schema crm; create type crm.mood as enum ('a'); create sequence crm.ids; \
    create function crm.f() returns trigger language plpgsql as 'begin return new; end'; \
    create table crm.t (a int primary key default 1, b text, check (a > 0)); create index i on crm.t (lower(b)); \
    create trigger tr before insert on crm.t for each row execute function crm.f(); \
    create policy p on crm.t using (a > 0); create view crm.v as select a from crm.t; \
    create materialized view crm.m as select a from crm.t; alter table crm.t enable row level security; \
    comment on column crm.t.a is 'a'; grant select (b) on crm.t to public; \
    alter default privileges in schema crm grant select on tables to public";

/// One requirement for each kind of `EVERY_KIND`.
fn every_kind() -> Vec<ComponentId> {
    let crm = |name: &str| QualifiedName::new("crm", name);
    vec![
        ComponentId::global(Kind::Schema, "crm"),
        ComponentId::global(Kind::Extension, "plpgsql"),
        ComponentId::in_schema(Kind::Type, crm("mood")),
        ComponentId::in_schema(Kind::Sequence, crm("ids")),
        ComponentId::in_schema(Kind::Table, crm("t")),
        ComponentId::on_relation(Kind::Column, crm("t"), "a"),
        ComponentId::on_relation(Kind::Constraint, crm("t"), "t_pkey"),
        ComponentId::in_schema(Kind::Index, crm("i")),
        ComponentId::in_schema(Kind::View, crm("v")),
        ComponentId::in_schema(Kind::MaterializedView, crm("m")),
        ComponentId::routine(crm("f"), Some(Vec::new())),
        ComponentId::on_relation(Kind::Trigger, crm("t"), "tr"),
        ComponentId::on_relation(Kind::Policy, crm("t"), "p"),
        about(Kind::Comment, ComponentId::on_relation(Kind::Column, crm("t"), "a"), None),
        about(Kind::Grant, ComponentId::on_relation(Kind::Column, crm("t"), "b"), Some(Grantee::Public)),
        about(Kind::Grant, ComponentId::routine(crm("f"), Some(Vec::new())), Some(Grantee::Public)),
        about(Kind::Owner, ComponentId::in_schema(Kind::Table, crm("t")), None),
    ]
}

#[tokio::test]
async fn c12_c13_names_are_exact_and_cut_at_63_bytes() {
    let long = "l".repeat(70);
    let database = Database::with(&format!(
        "create schema \"Схема 'x'\"; create table \"Схема 'x'\".\"Say \"\"hi\"\" \\ {{,}}\" (\"Имя\" int, {long} int); \
         create table \"Схема 'x'\".{} (a int)",
        "é".repeat(40)
    ));
    let table = QualifiedName::new("Схема 'x'", "Say \"hi\" \\ {,}");
    let long_table = QualifiedName::new("Схема 'x'", &*"é".repeat(40));
    let ids = [
        ComponentId::on_relation(Kind::Column, table.clone(), "Имя"),
        ComponentId::on_relation(Kind::Column, table.clone(), &*long),
        ComponentId::in_schema(Kind::Table, table),
        ComponentId::in_schema(Kind::Table, long_table),
        ComponentId::in_schema(Kind::Table, QualifiedName::new("схема 'x'", "Say \"hi\" \\ {,}")),
    ];
    let observation = look_for(&database, ids.clone()).await;
    for id in &ids[..4] {
        assert!(observation.catalog.contains(id), "{id}");
    }
    assert!(!observation.catalog.contains(&ids[4]));
}

#[tokio::test]
async fn c8_c9_a_role_without_any_privilege_sees_the_same() {
    let database = Database::with(EVERY_KIND);
    let role = database.role();
    let as_owner = look_for(&database, every_kind()).await;
    let as_role = look(&database.url_as(&role.name, &role.password), &require(every_kind())).await;
    assert_eq!(as_role.catalog, as_owner.catalog);
    for id in every_kind() {
        assert!(as_owner.catalog.contains(&id), "{id}");
    }
}

#[tokio::test]
async fn c1_c5_a_locked_table_delays_nothing() {
    let database = Database::with(EVERY_KIND);
    let unlocked = look_for(&database, every_kind()).await;
    let _lock = database.lock("crm.t");
    // The limit for locks would make the whole look fail: nothing of it waits.
    let locked = look_for(&database, every_kind()).await;
    assert_eq!(locked.catalog, unlocked.catalog);
}

#[tokio::test]
async fn s4_temporary_objects_of_the_names_of_the_catalog_are_not_read() {
    let database = Database::with(EVERY_KIND);
    let role = database.role();
    // What a role sets for its sessions holds for an audit too.
    database.execute(&format!("alter role {} set search_path = crm, public", role.name));
    database.execute("create table crm.pg_class (a int); create function crm.format_type(oid, integer) returns text language sql as 'select ''broken''::text'");
    let plain = look_for(&database, every_kind()).await;
    let misled = look(&database.url_as(&role.name, &role.password), &require(every_kind())).await;
    assert_eq!(misled.catalog, plain.catalog);
}
