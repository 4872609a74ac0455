//! Single facts about PostgreSQL that belong to no kind alone: inheritance, labels, versions of collations, and what
//! hosted platforms make of a database.

use crate::round_trip::{audit, require, told};
use crate::support::{Database, Role};

/// What an audit says of a database.
async fn found(database: &Database, sql: &str) -> Vec<String> {
    let requirements = require(&[("a.sql", sql)]);
    assert_eq!(requirements.problems, []);
    told(&audit(database, &requirements).await)
}

#[tokio::test]
async fn k4_what_a_child_inherits_is_found_on_it_and_what_is_its_own_too() {
    let sql = "create table base (a int not null default 1, b text, constraint positive check (a > 0)); \
               create table child (b text not null, c int, constraint small check (a < 9)) inherits (base)";
    let database = Database::with(sql);
    assert_eq!(found(&database, sql).await, [""; 0]);
    database.execute("alter table base add extra int");
    assert_eq!(found(&database, sql).await, [""; 0]);
    // What was inherited stays as its own; what was dropped from the parent goes from the child.
    database.execute("alter table child no inherit base; alter table base drop column b");
    let left = found(&database, sql).await;
    assert_eq!(
        left,
        [
            "Missing column/public.base.b",
            "Different table/public.child inheritance: inherits from public.base / does not inherit from public.base",
        ]
    );
}

#[tokio::test]
async fn k17_a_label_that_a_later_statement_adds_is_required_and_may_be_used_after_it() {
    let history = [
        "create type mood as enum ('sad', 'happy')",
        "alter type mood add value 'ok' before 'happy'",
        "create table t (a mood default 'ok', check (a <> 'ok' or a is null))",
    ];
    let sql = history.join(";\n");
    let database = Database::new();
    // In one transaction, the server would refuse to use the label.
    for statement in history {
        database.execute(statement);
    }
    assert_eq!(found(&database, &sql).await, [""; 0]);
    let before = Database::new();
    before.execute("create type mood as enum ('sad', 'happy')");
    before.execute(
        "create table t (a mood default 'sad', constraint t_a_check check (a <> 'sad' or a is null))",
    );
    let told = found(&before, &sql).await;
    // What is said with a label that is not there cannot be planned, so that nothing else is said of it.
    assert_eq!(told, ["Different type/public.mood labels: sad, ok, happy / sad, happy"]);
}

#[tokio::test]
async fn k29_the_version_of_a_collation_is_no_finding() {
    let sql = "create collation mine (locale = 'C'); \
               create table t (a text collate mine default 'x', b text check (b <> '')); \
               create index on t (b)";
    let database = Database::with(sql);
    assert_eq!(found(&database, sql).await, [""; 0]);
    database.execute("update pg_collation set collversion = '153.14' where collname in ('mine', 'default')");
    assert_eq!(found(&database, sql).await, [""; 0]);
}

/// What a hosted platform adds to a database of its own accord: schemas and roles, privileges for all that will be made,
/// and a trigger that grants more whenever something is made.
fn platform(anonymous: &Role, user: &Role) -> String {
    format!(
        "create schema auth; create schema storage; create schema extensions; \
         create table auth.users (id uuid primary key, email text); \
         create function auth.uid() returns uuid language sql stable as \
             'select nullif(current_setting(''request.jwt.claim.sub'', true), '''')::uuid'; \
         alter default privileges in schema public grant all on tables to {anonymous}, {user}; \
         alter default privileges in schema public grant all on functions to {anonymous}, {user}; \
         alter default privileges in schema public grant all on sequences to {anonymous}, {user}; \
         create function extensions.grant_more() returns event_trigger language plpgsql as $$ \
         declare made record; begin \
             for made in select * from pg_event_trigger_ddl_commands() loop \
                 if made.object_type = 'table' then \
                     execute format('grant insert on %s to {user}', made.object_identity); \
                     execute format('revoke truncate on %s from {anonymous}', made.object_identity); \
                 end if; \
             end loop; \
         end $$; \
         create event trigger grant_more on ddl_command_end when tag in ('CREATE TABLE') \
             execute function extensions.grant_more()",
        anonymous = anonymous.name,
        user = user.name,
    )
}

#[tokio::test]
async fn v14_what_a_platform_adds_and_grants_is_no_finding() {
    let database = Database::new();
    let (anonymous, user) = (database.role(), database.role());
    database.execute(&platform(&anonymous, &user));
    let sql = format!(
        "create table todos (id bigint generated always as identity primary key, owner uuid not null, what text); \
         alter table todos enable row level security; \
         create policy own on todos for all to {user} using (owner = current_setting('x', true)::uuid); \
         create view mine as select id, what from todos; \
         create function done(todo bigint) returns boolean language sql as 'select true'; \
         grant select, update on todos to {user}; \
         grant execute on function done(bigint) to {user}",
        user = user.name,
    );
    database.execute(&sql);
    assert_eq!(found(&database, &sql).await, [""; 0]);
    database.execute(&format!("revoke update on todos from {}", user.name));
    let told = found(&database, &sql).await;
    assert!(
        matches!(told.as_slice(), [one] if one.contains("update") || one.contains("UPDATE")),
        "{told:#?}"
    );
    database.execute("drop event trigger grant_more");
}
