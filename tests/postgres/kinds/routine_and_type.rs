//! Schemas, extensions, types, functions and procedures.

use schema_audit::core::component::{ComponentId, ComponentName};
use schema_audit::core::definition::Clause;
use schema_audit::core::kind::domain::{Domain, DomainCheck};
use schema_audit::core::kind::function::{
    Argument, Body, Function, Mode, Parallel, Returns, RoutineSort, Settings, Volatility,
};
use schema_audit::core::kind::type_::{Attribute, TypeForm};
use schema_audit::core::kind::{Kind, Shape};
use schema_audit::core::name::PartialName;
use schema_audit::core::type_name::TypeName;

use super::{in_schema, look_for, name, printed, shape, version};
use crate::support::Database;

#[tokio::test]
async fn schemas_and_extensions_are_seen() {
    let database = Database::with("create schema crm");
    let ids = [
        ComponentId::global(Kind::Schema, "crm"),
        ComponentId::global(Kind::Schema, "CRM"),
        ComponentId::global(Kind::Extension, "plpgsql"),
        ComponentId::global(Kind::Extension, "nothing"),
    ];
    let observation = look_for(&database, ids).await;
    let seen: Vec<_> = observation.catalog.iter().map(|(id, _)| id.to_string()).collect();
    assert_eq!(seen, ["schema/crm", "extension/plpgsql"]);
    let Some(Shape::Extension(plpgsql)) =
        observation.catalog.get(&ComponentId::global(Kind::Extension, "plpgsql"))
    else {
        panic!("plpgsql is in every database")
    };
    assert_eq!(plpgsql.version.as_deref(), Some("1.0"));
    assert_eq!(plpgsql.schema, Some("pg_catalog".into()));
}

#[tokio::test]
async fn k16_labels_of_an_enum_come_in_their_order() {
    let database = Database::with("create type mood as enum ('sad', 'happy')");
    database.execute("alter type mood add value 'ok' before 'happy'");
    let Shape::Type(mood) = shape(&database, in_schema(Kind::Type, "mood")).await else { panic!("a type") };
    let labels = ["sad", "ok", "happy"].map(str::to_owned).to_vec();
    assert_eq!(mood.form, Some(TypeForm::Enum { labels }));
}

#[tokio::test]
async fn types_of_all_sorts_are_seen_and_row_types_are_not() {
    let database = Database::with(
        "create type empty as enum (); \
         create domain code as varchar(8) default 'x' not null check (value <> '') check (length(value) > 1); \
         create domain sub as code; \
         create type address as (street text collate \"C\", zip numeric(5), codes code[], gone int); \
         alter type address drop attribute gone; \
         create type span as range (subtype = int); \
         create table row_type (a int)",
    );
    let names = ["empty", "code", "sub", "address", "span", "row_type"];
    let observation = look_for(&database, names.map(|name| in_schema(Kind::Type, name))).await;
    let form = |name: &str| match observation.catalog.get(&in_schema(Kind::Type, name)) {
        Some(Shape::Type(found)) => found.form.clone(),
        _ => None,
    };
    let varchar = TypeName { modifier: Some("8".into()), ..TypeName::built_in("varchar") };
    let code = TypeName { schema: Some("public".into()), ..TypeName::built_in("code") };
    assert_eq!(form("empty"), Some(TypeForm::Enum { labels: Vec::new() }));
    assert_eq!(
        form("code"),
        Some(TypeForm::Domain(Domain {
            base: varchar,
            not_null: true,
            default: Clause::Defined(None),
            checks: vec![DomainCheck::default(); 2]
        }))
    );
    assert_eq!(
        form("sub"),
        // The default is that of the domain below: PostgreSQL copies it.
        Some(TypeForm::Domain(Domain {
            base: code.clone(),
            not_null: false,
            default: Clause::Defined(None),
            checks: Vec::new()
        }))
    );
    let numeric = TypeName { modifier: Some("5,0".into()), ..TypeName::built_in("numeric") };
    let attribute = |name: &str, data_type, implied: Option<&str>| Attribute {
        name: name.into(),
        data_type,
        collation: None,
        implied_collation: implied.map(|name| PartialName::of("pg_catalog", name)),
    };
    let mut attributes = vec![
        attribute("street", TypeName::built_in("text"), None),
        attribute("zip", numeric, None),
        attribute("codes", TypeName { array: true, ..code }, Some("default")),
    ];
    attributes[0].collation = Some(PartialName::of("pg_catalog", "C"));
    assert_eq!(form("address"), Some(TypeForm::Composite { attributes }));
    assert!(matches!(form("span"), Some(TypeForm::Range(_))));
    assert_eq!(form("row_type"), None);
}

fn function(of: &str) -> ComponentId {
    ComponentId::routine(name(of), None)
}

#[tokio::test]
async fn k18_k19_routines_are_seen_with_signature_and_body() {
    let database = Database::with(
        "create type mood as enum (); \
         create function f(a int, b mood[], out c text, out d text, variadic e numeric(5)[]) returns setof record \
             language plpgsql stable strict security definer as $$\nbegin\r\n  return; -- 'é'\nend$$; \
         create function f() returns varchar(10) language sql immutable as 'select ''a''::varchar'; \
         create procedure p(inout a int) language sql as 'select 1'; \
         create aggregate total(int) (sfunc = int4pl, stype = int)",
    );
    let observation = look_for(&database, ["f", "p", "total"].map(function)).await;
    let routines = printed(&observation, Kind::Function);
    assert_eq!(
        routines,
        [
            "function/public.f()",
            "function/public.f(integer, public.mood[], numeric[])",
            "function/public.p(integer)",
            "function/public.total(integer)",
        ]
    );
    let find = |name: &str, count: usize| {
        observation.catalog.of_kind(Kind::Function).find_map(|(id, shape)| match (&id.name, shape) {
            (ComponentName::Routine { name: found, arguments }, Shape::Function(function))
                if found.name.as_str() == name && arguments.as_ref().map(Vec::len) == Some(count) =>
            {
                Some(Function::clone(function))
            }
            _ => None,
        })
    };
    let returns =
        |data_type: &str, set| Some(Returns { data_type: Some(TypeName::built_in(data_type)), set });
    let argument =
        |mode, name: &str, data_type| Argument { mode, name: Some(name.into()), data_type: Some(data_type) };
    let mood =
        TypeName { array: true, ..TypeName { schema: Some("public".into()), ..TypeName::built_in("mood") } };
    let arguments = vec![
        argument(Mode::In, "a", TypeName::built_in("int4")),
        argument(Mode::In, "b", mood),
        argument(Mode::Out, "c", TypeName::built_in("text")),
        argument(Mode::Out, "d", TypeName::built_in("text")),
        argument(Mode::Variadic, "e", TypeName { array: true, ..TypeName::built_in("numeric") }),
    ];
    assert_eq!(
        find("f", 3),
        Some(Function {
            sort: Some(RoutineSort::Function),
            returns: returns("record", true),
            language: Some("plpgsql".into()),
            volatility: Some(Volatility::Stable),
            security_definer: Some(true),
            strict: Some(true),
            body: Some(Body::Text("\nbegin\r\n  return; -- 'é'\nend".into())),
            window: Some(false),
            defaults: Some(Vec::new()),
            parallel: Some(Parallel::Unsafe),
            leakproof: Some(false),
            cost: Some("100".into()),
            rows: Some("1000".into()),
            settings: Some(Settings::none()),
            support: None,
            arguments: Some(arguments),
        })
    );
    let plain = find("f", 0).unwrap();
    assert_eq!(plain.returns, returns("varchar", false));
    assert_eq!(plain.volatility, Some(Volatility::Immutable));
    assert_eq!(find("p", 1).unwrap().sort, Some(RoutineSort::Procedure));
    assert_eq!(find("total", 1).unwrap().sort, Some(RoutineSort::Aggregate));
}

#[tokio::test]
async fn k20_a_body_of_standard_sql_is_told_from_a_string() {
    let database = Database::new();
    let version = version(&database);
    database.execute("create function empty() returns void language sql as ''");
    let body = |shape| match shape {
        Shape::Function(function) => function.body,
        _ => None,
    };
    let no_arguments = |of| ComponentId::routine(name(of), Some(Vec::new()));
    assert_eq!(body(shape(&database, no_arguments("empty")).await), Some(Body::Text(String::new())));
    if version >= 140_000 {
        database.execute("create function one() returns int language sql return 1");
        assert_eq!(body(shape(&database, no_arguments("one")).await), Some(Body::SqlStandard));
    }
}
