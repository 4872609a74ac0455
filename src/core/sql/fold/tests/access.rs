use super::*;
use crate::core::kind::grant::Grant;
use crate::core::kind::privilege::Privileges;
use crate::core::kind::{Comparison, Room as _};

/// What the SQL says of objects: `grant/table/public.t to app: select, no insert`.
fn access(sql: &str) -> Vec<String> {
    let kinds =
        [Kind::Role, Kind::Membership, Kind::Owner, Kind::Grant, Kind::DefaultPrivilege, Kind::Comment];
    let (declared, _) = fold(sql);
    let told = |(id, declaration): (&ComponentId, &Declaration)| {
        let shape = match &declaration.shape {
            Shape::Grant(grant) => privileges(grant),
            Shape::Owner(owner) => owner.role.as_ref().map_or_else(String::new, ToString::to_string),
            Shape::Comment(comment) => comment.text.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let obscured = if declaration.obscured_by.is_some() { " ?" } else { "" };
        kinds.contains(&id.kind).then(|| format!("{id}: {shape}{obscured}"))
    };
    declared.components.iter().filter_map(told).collect()
}

/// The privileges in words: those of a difference to an object on which everything is granted, and to one on which
/// nothing is.
fn privileges(grant: &Grant) -> String {
    let everything =
        ["select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain"];
    let more = ["usage", "create", "execute", "connect", "temporary", "set", "alter system"];
    let all = everything.iter().chain(&more).map(|word| ((*word).to_owned(), false)).collect();
    let difference = |observed: Privileges| {
        let Comparison { differences, .. } =
            grant.compare(&Grant { privileges: observed, ..Grant::default() });
        differences.into_iter().next().map(|difference| difference.expected)
    };
    let found =
        difference(Privileges::observed(Vec::new())).or_else(|| difference(Privileges::observed(all)));
    found.unwrap_or_default()
}

#[test]
fn grants_of_a_role_on_an_object_are_one_component() {
    assert_eq!(
        access(
            "create table t (a int); grant select, insert on t to app; grant update on t to app, public;
             revoke insert on t from app; grant delete on t to app with grant option"
        ),
        [
            "grant/table/public.t to public: update",
            "grant/table/public.t to app: select, no insert, update, delete with grant option",
        ]
    );
}

#[test]
fn the_declared_object_decides_what_a_name_means() {
    assert_eq!(
        access(
            "create view v as select 1; create sequence s; create function f(a varchar(5)) returns int return 1;
             create type c as (x int);
             grant all on v to app; grant all on table s to app; grant execute on function f to app;
             comment on function f(varchar) is 'f'; comment on column c.x is 'x'; alter table s owner to joe"
        ),
        [
            "owner/sequence/public.s: joe",
            "grant/sequence/public.s to app: select, update, usage",
            "grant/view/public.v to app: select, insert, update, delete, truncate, references, trigger, maintain",
            "grant/function/public.f(character varying) to app: execute",
            "comment/type/public.c.x: x",
            "comment/function/public.f(character varying): f",
        ]
    );
}

#[test]
fn k24_columns_have_grants_of_their_own_and_lose_them_with_the_table() {
    let sql = "create table t (a int, b int); grant select (a, b), insert (b) on t to app";
    assert_eq!(
        access(sql),
        ["grant/column/public.t.a to app: select", "grant/column/public.t.b to app: select, insert"]
    );
    assert_eq!(
        access(&format!("{sql}; revoke select on t from app")),
        [
            "grant/table/public.t to app: no select",
            "grant/column/public.t.a to app: no select",
            "grant/column/public.t.b to app: no select, insert",
        ]
    );
    assert_eq!(
        access(&format!("{sql}; alter table t drop column b")),
        ["grant/column/public.t.a to app: select"]
    );
}

#[test]
fn all_objects_of_a_schema_are_those_so_far() {
    let sql = "create table t (a serial); create view v as select 1; create table crm.u (a int);
               create function f() returns int return 1; create procedure p() begin atomic end;";
    assert_eq!(
        access(&format!(
            "{sql} grant select on all tables in schema public to app; create table late (a int)"
        )),
        ["grant/table/public.t to app: select", "grant/view/public.v to app: select"]
    );
    assert_eq!(
        access(&format!("{sql} grant usage on all sequences in schema public to app")),
        ["grant/sequence/public.t_a_seq to app: usage"]
    );
    let of =
        |words: &str| access(&format!("{sql} revoke execute on all {words} in schema public from public"));
    assert_eq!(of("functions"), ["grant/function/public.f() to public: no execute"]);
    assert_eq!(of("procedures"), ["grant/function/public.p() to public: no execute"]);
    assert_eq!(of("routines").len(), 2);
    assert_eq!(
        said("grant select on all tables in schema crm to app"),
        ["1 GRANT ON ALL TABLES IN SCHEMA crm, in which none are declared here"]
    );
}

#[test]
fn what_is_said_of_an_object_goes_with_it() {
    let said = "grant select on t to app; grant select (a) on t to app; comment on table t is 'x'; comment on column t.b is 'x';
                comment on constraint k on t is 'x'; comment on index i is 'x'; comment on trigger g on t is 'x';
                comment on policy p on t is 'x'; alter table t owner to joe;";
    let made = "create table t (a int, b int, constraint k check (a > 0)); create index i on t (a);
                create trigger g before insert on t execute function f(); create policy p on t;";
    assert_eq!(access(&format!("{made} {said}")).len(), 9);
    assert_eq!(access(&format!("{made} {said} drop table t")), [""; 0]);
    assert_eq!(access(&format!("{made} {said} drop table t; {made}")), [""; 0]);
    // Of a table of another document, the index is not known to be its own.
    assert_eq!(access(&format!("{said} drop table t")), ["comment/index/public.i: x"]);
    assert_eq!(access(&format!("create schema public; {made} {said} drop schema public cascade")), [""; 0]);
    for (object, drop) in [
        ("function f(int)", "drop function f(int)"),
        ("schema s", "drop schema s"),
        ("type y", "drop type y"),
        ("constraint c on domain d", "drop domain d"),
        ("extension e", "drop extension e"),
        ("role r", "drop role r"),
        ("view v", "drop view v"),
    ] {
        assert_eq!(access(&format!("comment on {object} is 'x'; {drop}")), [""; 0], "{object}");
    }
}

#[test]
fn or_replace_keeps_what_is_said() {
    assert_eq!(
        access(
            "create view v as select 1; grant select on v to app; create or replace view v as select 2;
             create function f() returns int return 1; revoke all on function f() from public;
             create or replace function f() returns int return 2"
        ),
        ["grant/view/public.v to app: select", "grant/function/public.f() to public: no execute"]
    );
}

#[test]
fn it_is_said_of_what_is_renamed_under_its_new_name() {
    assert_eq!(
        access(
            "create table t (a int); create type c as (x int); grant select on t to app; comment on column t.a is 'a';
             comment on column c.x is 'x'; alter table t rename to u; alter table u rename a to b;
             alter type c rename to d; alter table u owner to app; alter default privileges for role app in schema s
             grant select on tables to app; grant r to app;
             alter role app rename to web; alter schema public rename to crm"
        ),
        [
            "membership/r to web: ",
            "owner/table/crm.u: web",
            "grant/table/crm.u to web: select",
            "default_privilege/for web in s on tables to web: ",
            "comment/type/crm.d.x: x",
            "comment/column/crm.u.b: a",
        ]
    );
}

#[test]
fn the_last_comment_counts_and_null_ends_it() {
    assert_eq!(access("comment on table t is 'x'; comment on table t is 'y'"), ["comment/table/public.t: y"]);
    assert_eq!(access("comment on table t is 'x'; comment on table t is null"), [""; 0]);
}

#[test]
fn what_the_old_owner_may_do_the_new_one_may_do() {
    assert_eq!(
        access("alter table t owner to a; grant insert on t to a; alter table t owner to b"),
        ["owner/table/public.t: b", "grant/table/public.t to b: insert"]
    );
    assert_eq!(access("alter table t owner to a; alter table t owner to current_user"), [""; 0]);
}

#[test]
fn a_schema_that_is_there_keeps_its_owner() {
    assert_eq!(
        access("create schema s authorization a; create schema if not exists s authorization b"),
        ["owner/schema/s: a"]
    );
}

#[test]
fn a_role_goes_with_its_memberships() {
    assert_eq!(access("create role a; create role b in role a; grant b to c; drop role b"), ["role/a: "]);
}

#[test]
fn a_role_that_is_made_where_it_is_not_there_is_declared() {
    let sql = "do $$ begin if not exists (select from pg_roles where rolname = 'app') then create role app login; end if; end $$;
               do $$ begin create role web; exception when duplicate_object then null; end $$;
               do $$ begin if exists (select from pg_roles where rolname = 'app') then grant select on t to app; end if; end $$";
    assert_eq!(access(sql), ["role/app: ", "role/web: ", "grant/table/public.t to app: select"]);
}

#[test]
fn what_a_role_owned_goes_or_gets_another_owner() {
    let sql = "create role joe; create table t (a int); alter table t owner to joe; create table u (a int);
               grant select on u to joe, ann; grant select on t to ann;
               alter default privileges for role joe grant select on tables to ann;
               alter default privileges grant select on tables to joe, ann;";
    let ids = |sql: &str| {
        fold(sql).0.components.into_map().into_keys().map(|id| id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&format!("{sql} drop owned by joe")),
        [
            "role/joe",
            "table/public.u",
            "column/public.u.a",
            "grant/table/public.u to ann",
            "default_privilege/on tables to ann",
        ]
    );
    let reassigned = access(&format!("{sql} reassign owned by joe to ann"));
    assert!(reassigned.contains(&"owner/table/public.t: ann".to_owned()), "{reassigned:?}");
    assert_eq!(said(&format!("{sql} drop owned by joe; reassign owned by ann to joe")), [""; 0]);
    let (all, _) = fold(&format!("{sql} drop owned by current_user"));
    let known = all.components.iter().filter(|(_, declaration)| declaration.obscured_by.is_none());
    assert_eq!(known.map(|(id, _)| id.to_string()).collect::<Vec<_>>(), ["role/joe"]);
}

#[test]
fn a_policy_for_a_role_of_which_everything_is_dropped_is_no_longer_known() {
    let (all, _) = fold(
        "create table t (a int); create policy p on t to joe, ann; create policy q on t to ann; drop owned by joe",
    );
    let known = |name: &str| {
        let id = ComponentId::on_relation(Kind::Policy, QualifiedName::new("public", "t"), name);
        all.components[&id].obscured_by.is_none()
    };
    assert!(!known("p") && known("q"));
}

#[test]
fn what_all_databases_share_has_privileges_by_its_name() {
    assert_eq!(
        access(
            "create role app; grant all on database shop to app; revoke connect on database shop from public;
             grant create on tablespace fast, slow to app; revoke create on tablespace slow from app;
             grant set on parameter work_mem to app with grant option; grant all on parameter my.app to app"
        ),
        [
            "role/app: ",
            "grant/database/shop to public: no connect",
            "grant/database/shop to app: create, connect, temporary",
            "grant/tablespace/fast to app: create",
            "grant/tablespace/slow to app: no create",
            "grant/parameter/my.app to app: set, alter system",
            "grant/parameter/work_mem to app: set with grant option",
        ]
    );
}

#[test]
fn privileges_on_what_is_shared_follow_its_name_and_the_role() {
    let sql = "grant connect on database shop, old to app; grant create on tablespace shop to app;";
    for (more, left) in [
        ("drop database old", &["database/shop to app: connect", "tablespace/shop to app: create"][..]),
        ("drop database shop; drop database old", &["tablespace/shop to app: create"]),
        ("drop tablespace if exists shop; drop database old", &["database/shop to app: connect"]),
        (
            "drop database old; alter database shop rename to store; grant temp on database store to app",
            &["database/store to app: connect, temporary", "tablespace/shop to app: create"],
        ),
        (
            "drop database old; create role app; alter role app rename to web",
            &["database/shop to web: connect", "tablespace/shop to web: create"],
        ),
        ("drop owned by app", &[]),
    ] {
        let mut told = access(&format!("{sql} {more}"));
        told.retain(|told| told.starts_with("grant/"));
        let left: Vec<String> = left.iter().map(|left| format!("grant/{left}")).collect();
        assert_eq!(told, left, "{more}");
    }
}

/// `aclnewowner` in PostgreSQL's `acl.c`.
#[test]
fn a_new_owner_of_what_is_shared_may_do_what_the_old_one_might() {
    let sql = "create role app; alter database shop owner to app; create tablespace fast owner app location '/fast';
               grant connect on database shop, other to app; grant create on tablespace fast to app;
               grant temp on database shop to ann, web;";
    let ann = "database/shop to ann: temporary";
    let (other, fast) = ("database/other to app: connect", "tablespace/fast to app: create");
    let (here, web) = ("database/shop to app: connect", "database/shop to web: temporary");
    for (more, left) in [
        ("alter database other owner to ann", &[other, ann, here, web, fast][..]),
        ("alter database shop owner to app", &[other, ann, here, web, fast]),
        ("alter database shop owner to web", &[other, ann, "database/shop to web: connect, temporary", fast]),
        ("alter database shop owner to current_user", &[other, ann, web, fast]),
        (
            "alter role app rename to boss; alter database shop owner to chief",
            &[
                "database/other to boss: connect",
                ann,
                "database/shop to chief: connect",
                web,
                "tablespace/fast to boss: create",
            ],
        ),
        (
            "alter database shop rename to store; alter database store owner to chief",
            &[
                other,
                "database/store to ann: temporary",
                "database/store to chief: connect",
                "database/store to web: temporary",
                fast,
            ],
        ),
        (
            "reassign owned by app to chief",
            &[other, ann, "database/shop to chief: connect", web, "tablespace/fast to chief: create"],
        ),
        (
            "drop database shop; create database shop owner ann; grant temp on database shop to ann;
             alter database shop owner to chief",
            &[other, "database/shop to chief: temporary", fast],
        ),
    ] {
        let mut told = access(&format!("{sql} {more}"));
        told.retain(|told| told.starts_with("grant/"));
        let left: Vec<String> = left.iter().map(|left| format!("grant/{left}")).collect();
        assert_eq!(told, left, "{more}");
    }
}
