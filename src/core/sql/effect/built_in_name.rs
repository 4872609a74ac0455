//! The relations and functions of `pg_catalog`: an unqualified name of these always means them, as `pg_catalog` comes
//! first in every search path that does not say otherwise (`recomputeNamespacePath` in PostgreSQL's `namespace.c`).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::core::component::{ComponentId, ComponentName};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{Scope, built_in_type};

/// The tables and views whose names start with `pg_`, as all do that anything can be granted on: those of PostgreSQL 12
/// and of 18.
static RELATIONS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("built_in_name/relations.txt").lines().collect());

/// The functions, with the types of their arguments, without those that SQL cannot call and those that serve operators,
/// casts, types and aggregates. A newer name than 12 stands here only where it starts with `pg_`: others are made by hand
/// on older servers (`gen_random_uuid()`).
static FUNCTIONS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("built_in_name/functions.txt").lines().collect());

/// The relation that an unqualified name means, among those that are there without being made.
#[must_use]
pub fn relation(name: QualifiedName, scope: &Scope) -> QualifiedName {
    if comes_first(scope) && RELATIONS.contains(name.name.as_str()) { of_catalog(name) } else { name }
}

/// The type that an unqualified name means.
#[must_use]
pub fn data_type(name: QualifiedName, scope: &Scope) -> QualifiedName {
    if comes_first(scope) && built_in_type::is_built_in(name.name.as_str()) { of_catalog(name) } else { name }
}

/// The function that an unqualified name means: its arguments tell too, where they are written.
#[must_use]
pub fn function(id: ComponentId, scope: &Scope) -> ComponentId {
    let ComponentName::Routine { name, arguments } = &id.name else { return id };
    let any = format!("{}(", name.name.as_str());
    let is_built_in = match arguments {
        Some(types) => {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            FUNCTIONS.contains(format!("{any}{})", types.join(", ")).as_str())
        }
        None => FUNCTIONS.range(any.as_str()..).next().is_some_and(|function| function.starts_with(&any)),
    };
    if !comes_first(scope) || !is_built_in {
        return id;
    }
    ComponentId::routine(of_catalog(name.clone()), arguments.clone())
}

/// Whether an unqualified name means a function of `pg_catalog` on newer servers alone: on older ones it is made by hand
/// or by an extension (`gen_random_uuid()`, which PostgreSQL 13 took over from pgcrypto).
#[must_use]
pub fn is_newer_function(id: &ComponentId) -> bool {
    let ComponentName::Routine { name, arguments } = &id.name else { return false };
    name.name.as_str() == "gen_random_uuid" && arguments.as_ref().is_none_or(Vec::is_empty)
}

fn of_catalog(name: QualifiedName) -> QualifiedName {
    QualifiedName { schema: Identifier::new("pg_catalog"), ..name }
}

/// A path that names `pg_catalog` itself puts it where it stands.
fn comes_first(scope: &Scope) -> bool {
    scope.search_path.iter().all(|schema| schema.as_str() != "pg_catalog")
}

#[cfg(test)]
mod tests {
    use crate::core::sql::effect::tests::{in_path, of};
    use crate::core::sql::effect::{Effect, GrantChange, GrantTarget};

    fn object(effects: &[Effect]) -> String {
        match effects {
            [Effect::Grant(GrantChange { target: GrantTarget::Objects(objects), .. })] => {
                objects[0].to_string()
            }
            [Effect::Comment { object, .. }] => object.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unqualified_name_of_what_is_built_in_means_it() {
        for (sql, id) in [
            ("grant select on pg_stat_activity to a", "table/pg_catalog.pg_stat_activity"),
            ("grant select on public.pg_stat_activity to a", "table/public.pg_stat_activity"),
            ("grant select on pg_stat_statements to a", "table/public.pg_stat_statements"),
            ("comment on view pg_stat_io is 'a'", "view/pg_catalog.pg_stat_io"),
            ("comment on column pg_class.relname is 'a'", "column/pg_catalog.pg_class.relname"),
            (
                "revoke all on function pg_read_file(text) from public",
                "function/pg_catalog.pg_read_file(text)",
            ),
            ("revoke all on function lower(text) from public", "function/pg_catalog.lower(text)"),
            (
                "revoke all on function pg_sleep(float) from public",
                "function/pg_catalog.pg_sleep(double precision)",
            ),
            ("revoke all on function pg_sleep from public", "function/pg_catalog.pg_sleep"),
            ("revoke all on function public.lower(text) from public", "function/public.lower(text)"),
            ("revoke all on function lower(mood) from public", "function/public.lower(mood)"),
            ("revoke all on function pg_read(text) from public", "function/public.pg_read(text)"),
            // What is built in since 13, and 18, is made by hand before.
            ("comment on function gen_random_uuid() is 'a'", "function/public.gen_random_uuid()"),
            ("comment on function uuidv7() is 'a'", "function/public.uuidv7()"),
            ("comment on type uuid is 'a'", "type/pg_catalog.uuid"),
            ("grant usage on type json to a", "type/pg_catalog.json"),
            ("comment on type crm.uuid is 'a'", "type/crm.uuid"),
            ("comment on type mood is 'a'", "type/public.mood"),
        ] {
            assert_eq!(object(&of(sql)), id, "{sql}");
        }
    }

    #[test]
    fn a_search_path_that_names_the_catalog_puts_it_where_it_stands() {
        let path = ["crm", "pg_catalog"];
        assert_eq!(object(&in_path(&path, "grant select on pg_class to a")), "table/crm.pg_class");
        assert_eq!(object(&in_path(&["crm"], "grant select on pg_class to a")), "table/pg_catalog.pg_class");
    }
}
