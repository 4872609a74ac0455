//! Tables, columns, views, sequences, triggers and policies.

use schema_audit::core::component::ComponentId;
use schema_audit::core::definition::Clause;
use schema_audit::core::kind::column::{Collation, Generated, Identity};
use schema_audit::core::kind::materialized_view::MaterializedView;
use schema_audit::core::kind::parameters::Parameters;
use schema_audit::core::kind::policy::{Policy, PolicyCommand};
use schema_audit::core::kind::sequence::Sequence;
use schema_audit::core::kind::table::{Persistence, Table};
use schema_audit::core::kind::trigger::{Event, Firing, Timing, Trigger};
use schema_audit::core::kind::{Kind, Shape};
use schema_audit::core::name::{PartialName, QualifiedName};
use schema_audit::core::type_name::TypeName;

use super::{identifiers, in_schema, look_for, on, printed, seen, shape};
use crate::support::Database;

#[tokio::test]
async fn sequences_are_seen_with_their_options() {
    let database = Database::with(
        "create sequence ids as integer start 5 increment 10 minvalue 5 maxvalue 1000 cache 3 cycle; \
         create table t (a bigserial, b int generated always as identity)",
    );
    let Shape::Sequence(ids) = shape(&database, in_schema(Kind::Sequence, "ids")).await else {
        panic!("a sequence")
    };
    let declared = Sequence {
        data_type: Some(TypeName::built_in("int4")),
        start: Some(5),
        increment: Some(10),
        minimum: Some(5),
        maximum: Some(1000),
        cache: Some(3),
        cycle: Some(true),
        owner: None,
        owner_column: None,
        persistence: Some(Persistence::Permanent),
    };
    assert_eq!(*ids, declared);
    let ids = ["t_a_seq", "t_b_seq"].map(|name| in_schema(Kind::Sequence, name));
    assert_eq!(
        seen(&database, Kind::Sequence, ids).await,
        ["sequence/public.t_a_seq", "sequence/public.t_b_seq"]
    );
}

#[tokio::test]
async fn tables_are_seen_with_persistence_partitioning_and_row_security() {
    let database = Database::with(
        "create table plain (a int); create unlogged table fast (a int); \
         create table parted (a int) partition by list (a); create table part partition of parted for values in (1); \
         create table secured (a int); alter table secured enable row level security, force row level security; \
         create view v as select 1 as a; create temporary table plain (a int)",
    );
    let names = ["plain", "fast", "parted", "part", "secured", "v"];
    let observation = look_for(&database, names.map(|name| in_schema(Kind::Table, name))).await;
    let table = |persistence, partitioned, secured| {
        Shape::from(Table {
            persistence: Some(persistence),
            partitioned: Some(partitioned),
            row_security: Some(secured),
            force_row_security: Some(secured),
            ..Table::default()
        })
    };
    let get = |name: &str| match observation.catalog.get(&in_schema(Kind::Table, name)) {
        Some(Shape::Table(table)) => Some(Shape::from(Table {
            persistence: table.persistence,
            partitioned: table.partitioned,
            row_security: table.row_security,
            force_row_security: table.force_row_security,
            ..Table::default()
        })),
        _ => None,
    };
    assert_eq!(get("plain"), Some(table(Persistence::Permanent, false, false)));
    assert_eq!(get("fast"), Some(table(Persistence::Unlogged, false, false)));
    assert_eq!(get("parted"), Some(table(Persistence::Permanent, true, false)));
    assert_eq!(get("part"), Some(table(Persistence::Permanent, false, false)));
    assert_eq!(get("secured"), Some(table(Persistence::Permanent, false, true)));
    assert_eq!(get("v"), None);
}

#[tokio::test]
async fn c15_a_temporary_table_of_another_session_is_never_seen() {
    let database = Database::new();
    let session = database.session();
    session.execute("create temporary table passing (a int)");
    let schema = session.query("select pg_my_temp_schema()::regnamespace").remove(0);
    let id = ComponentId::in_schema(Kind::Table, QualifiedName::new(&*schema, "passing"));
    assert_eq!(seen(&database, Kind::Table, [id.clone(), in_schema(Kind::Table, "passing")]).await, [""; 0]);
    let column = ComponentId::on_relation(Kind::Column, QualifiedName::new(&*schema, "passing"), "a");
    assert_eq!(seen(&database, Kind::Column, [column]).await, [""; 0]);
}

/// The types of all columns of the table `t`, as they print.
async fn column_types(database: &Database) -> Vec<String> {
    let observation = look_for(database, [on(Kind::Column, "t", "any")]).await;
    let types = observation.catalog.of_kind(Kind::Column).map(|(_, shape)| match shape {
        Shape::Column(column) => column.data_type.as_ref().unwrap().to_string(),
        _ => panic!("a column"),
    });
    types.collect()
}

#[tokio::test]
async fn types_of_columns_are_seen_with_modifiers_and_schemas() {
    let written = [
        "integer",
        "smallint[]",
        "character varying(255)",
        "character varying",
        "character(3)",
        "\"char\"",
        "numeric(12,2)[]",
        "bit(4)",
        "bit varying(8)",
        "timestamp(3) with time zone",
        "time without time zone",
        "interval",
        "interval(3)",
        "interval day to second(3)",
        "double precision",
        "jsonb",
        "public.mood[]",
        "\"Крм\".\"a (b).\"\"c\"\"\"",
        "\"Крм\".\"a (b).\"\"c\"\"\"[]",
    ];
    let columns: Vec<_> =
        written.iter().enumerate().map(|(position, written)| format!("c{position:02} {written}")).collect();
    let database = Database::with(&format!(
        "create type mood as enum (); create schema \"Крм\"; create type \"Крм\".\"a (b).\"\"c\"\"\" as enum (); \
         create table t ({})",
        columns.join(", ")
    ));
    assert_eq!(column_types(&database).await, written);
}

#[tokio::test]
async fn k6_k7_defaults_identity_and_generated_columns_are_told_apart() {
    let database = Database::with(
        "create domain short as varchar(5) default 'x'; \
         create table t (plain int, with_default int not null default 1, serial serial, \
             always int generated always as identity, by_default int generated by default as identity, \
             stored int generated always as (plain + 1) stored, \
             nothing int default null, short_nothing varchar(5) default null, in_domain short default null, \
             cast_nothing text default null::varchar(3), array_nothing varchar(5)[] default null, \
             text_null text default 'null', nothing_much int default nullif(1, 1), collated text collate \"C\")",
    );
    let observation = look_for(&database, [on(Kind::Column, "t", "plain")]).await;
    let parts = |name: &str| match observation.catalog.get(&on(Kind::Column, "t", name)) {
        Some(Shape::Column(column)) => (
            column.not_null == Some(true),
            column.default == Some(Clause::Defined(None)),
            column.identity.unwrap(),
            column.generated.clone().unwrap(),
        ),
        _ => panic!("{name} is not seen"),
    };
    for (name, not_null, has_default, identity, generated) in [
        ("plain", false, false, Identity::None, Generated::No),
        ("with_default", true, true, Identity::None, Generated::No),
        ("serial", true, true, Identity::None, Generated::No),
        ("always", true, false, Identity::Always, Generated::No),
        ("by_default", true, false, Identity::ByDefault, Generated::No),
        ("stored", false, false, Identity::None, Generated::Stored(None)),
        ("nothing", false, false, Identity::None, Generated::No),
        ("short_nothing", false, false, Identity::None, Generated::No),
        ("in_domain", false, false, Identity::None, Generated::No),
        ("cast_nothing", false, false, Identity::None, Generated::No),
        ("array_nothing", false, false, Identity::None, Generated::No),
        ("text_null", false, true, Identity::None, Generated::No),
        ("nothing_much", false, true, Identity::None, Generated::No),
        ("collated", false, false, Identity::None, Generated::No),
    ] {
        assert_eq!(parts(name), (not_null, has_default, identity, generated), "{name}");
    }
    let collation = |name: &str| match observation.catalog.get(&on(Kind::Column, "t", name)) {
        Some(Shape::Column(column)) => column.collation.clone(),
        _ => panic!("{name} is not seen"),
    };
    assert_eq!(collation("collated"), Some(Collation::Named(Box::new(PartialName::of("pg_catalog", "C")))));
    assert_eq!(collation("text_null"), Some(Collation::OfType));
}

#[tokio::test]
async fn columns_of_views_are_seen_for_requirements_by_name() {
    let database = Database::with(
        "create view v as select 1 as a; create materialized view m as select 1 as b with no data",
    );
    let ids = [on(Kind::Column, "v", "a"), on(Kind::Column, "m", "b")];
    assert_eq!(seen(&database, Kind::Column, ids).await, ["column/public.m.b", "column/public.v.a"]);
}

#[tokio::test]
async fn views_and_materialized_views_are_seen() {
    let database = Database::with(
        "create view v as select 1 as a; create materialized view full_of as select 1 as a; \
         create materialized view empty as select 1 as a with no data; create table t (a int)",
    );
    let ids = ["v", "full_of", "empty", "t"]
        .into_iter()
        .flat_map(|name| [in_schema(Kind::View, name), in_schema(Kind::MaterializedView, name)]);
    let observation = look_for(&database, ids).await;
    let views = printed(&observation, Kind::View);
    assert_eq!(views, ["view/public.v"]);
    let populated = |name| observation.catalog.get(&in_schema(Kind::MaterializedView, name)).cloned();
    let view = |populated| {
        let view = MaterializedView {
            body: None,
            populated: Some(populated),
            columns: Some(identifiers(&["a"])),
            access_method: Some("heap".into()),
            parameters: Parameters::default(),
        };
        Some(view.into())
    };
    assert_eq!(populated("full_of"), view(true));
    assert_eq!(populated("empty"), view(false));
    assert_eq!(populated("t"), None);
}

#[tokio::test]
async fn k2_clones_of_a_trigger_and_triggers_of_constraints_are_not_seen() {
    let database = Database::with(
        "create function f() returns trigger language plpgsql as 'begin return new; end'; \
         create table parted (id int primary key) partition by range (id); \
         create table part partition of parted for values from (0) to (10); \
         create trigger tr after insert on parted for each row execute function f(); \
         create table t (a int references parted)",
    );
    let ids = ["parted", "part", "t"].map(|table| on(Kind::Trigger, table, "tr"));
    assert_eq!(seen(&database, Kind::Trigger, ids).await, ["trigger/public.parted.tr"]);
}

#[tokio::test]
async fn triggers_are_seen_with_timing_events_and_function() {
    let database = Database::with(
        "create schema app; create table t (a int, b int, c int); create view v as select 1 as a; \
         create function app.f() returns trigger language plpgsql as 'begin return new; end'; \
         create trigger touch before insert or update of c, a on t for each row when (new.a > 0) \
             execute function app.f(); \
         create trigger clear after truncate or delete on t execute function app.f(); \
         create trigger off after insert on t execute function app.f(); alter table t disable trigger off; \
         create trigger through instead of delete on v for each row execute function app.f()",
    );
    let observation = look_for(&database, [on(Kind::Trigger, "t", "x"), on(Kind::Trigger, "v", "x")]).await;
    let get = |relation, name| observation.catalog.get(&on(Kind::Trigger, relation, name)).cloned().unwrap();
    let touch = Trigger {
        timing: Some(Timing::Before),
        events: Some([Event::Insert, Event::Update].into()),
        update_columns: Some(identifiers(&["a", "c"])),
        for_each_row: Some(true),
        function: Some((Some("app".into()), "f".into())),
        condition: Some(Clause::Defined(None)),
        enabled: Some(Firing::Origin),
        constraint: Some(false),
        deferrable: Some(false),
        initially_deferred: Some(false),
        transition_tables: Some((None, None)),
        arguments: Some(Vec::new()),
    };
    assert_eq!(get("t", "touch"), Shape::from(touch.clone()));
    let clear = Trigger {
        timing: Some(Timing::After),
        events: Some([Event::Truncate, Event::Delete].into()),
        update_columns: Some(identifiers(&[])),
        for_each_row: Some(false),
        condition: Some(Clause::Absent),
        ..touch.clone()
    };
    assert_eq!(get("t", "clear"), Shape::from(clear.clone()));
    let off = Trigger { events: Some([Event::Insert].into()), enabled: Some(Firing::Never), ..clear.clone() };
    assert_eq!(get("t", "off"), Shape::from(off));
    let through = Trigger {
        timing: Some(Timing::InsteadOf),
        events: Some([Event::Delete].into()),
        for_each_row: Some(true),
        ..clear
    };
    assert_eq!(get("v", "through"), Shape::from(through));
}

#[tokio::test]
async fn policies_are_seen_with_roles() {
    let database = Database::new();
    let role = database.role();
    database.execute(&format!(
        "create table t (a int); create policy everyone on t using (a > 0) with check (a > 1); \
         create policy \"Own rows\" on t as restrictive for insert to {} with check (true)",
        role.name
    ));
    let observation = look_for(&database, [on(Kind::Policy, "t", "everyone")]).await;
    let get = |name| observation.catalog.get(&on(Kind::Policy, "t", name)).cloned();
    let policy = |permissive, command, role: &str, has_using| {
        Some(Shape::from(Policy {
            permissive: Some(permissive),
            command: Some(command),
            roles: Some(identifiers(&[role])),
            using: Some(if has_using { Clause::Defined(None) } else { Clause::Absent }),
            check: Some(Clause::Defined(None)),
        }))
    };
    assert_eq!(get("everyone"), policy(true, PolicyCommand::All, "public", true));
    assert_eq!(get("Own rows"), policy(false, PolicyCommand::Insert, &role.name, false));
}
