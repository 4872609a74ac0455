//! DROP of everything that a kind models.

use pg_query::protobuf::{self, DropBehavior};

use crate::core::sql::effect::{Effect, Scope, object, temporary};

/// One drop per object. What is not modelled was not required either, so its drop changes nothing.
#[must_use]
pub fn effects(statement: &protobuf::DropStmt, scope: &Scope) -> Vec<Effect> {
    let object_type = statement.remove_type();
    let objects = statement.objects.iter().filter(|node| !temporary::is_named(object_type, node, scope));
    let ids = objects.filter_map(|node| object::component_there(object_type, node, scope));
    let (if_exists, cascade) = (statement.missing_ok, statement.behavior() == DropBehavior::DropCascade);
    ids.map(|id| Effect::Drop { id, if_exists, cascade }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::of;

    #[test]
    fn every_object_of_a_drop_goes() {
        for (sql, ids) in [
            ("drop table a, crm.b cascade", vec!["table/public.a", "table/crm.b"]),
            ("drop view v", vec!["view/public.v"]),
            ("drop materialized view m", vec!["materialized_view/public.m"]),
            ("drop index concurrently i", vec!["index/public.i"]),
            ("drop sequence s", vec!["sequence/public.s"]),
            ("drop type t, crm.u", vec!["type/public.t", "type/crm.u"]),
            ("drop domain d", vec!["type/public.d"]),
            ("drop schema a, b", vec!["schema/a", "schema/b"]),
            ("drop extension \"uuid-ossp\"", vec!["extension/uuid-ossp"]),
            (
                "drop function f, g(), h(a int, out b text)",
                vec!["function/public.f", "function/public.g()", "function/public.h(integer)"],
            ),
            ("drop procedure p(int)", vec!["function/public.p(integer)"]),
            ("drop routine r", vec!["function/public.r"]),
            ("drop trigger t on crm.leads", vec!["trigger/crm.leads.t"]),
            ("drop policy p on leads", vec!["policy/public.leads.p"]),
            ("drop rule r on crm.leads", vec!["rule/crm.leads.r"]),
            ("drop aggregate a(int), crm.b(*)", vec!["function/public.a(integer)", "function/crm.b()"]),
            ("drop event trigger e", vec!["event_trigger/e"]),
            ("drop publication p, q", vec!["publication/p", "publication/q"]),
            ("drop statistics s, crm.t", vec!["statistics/public.s", "statistics/crm.t"]),
            ("drop cast (int[] as crm.mood)", vec!["cast/(integer[] as crm.mood)"]),
            ("drop operator + (int, int)", vec!["operator/public.\"+\"(integer, integer)"]),
            ("drop operator class crm.c using btree", vec!["operator_class/crm.c using btree"]),
            ("drop operator family f using hash", vec!["operator_family/public.f using hash"]),
            ("drop collation c", vec!["collation/public.c"]),
            ("drop conversion crm.c", vec!["conversion/crm.c"]),
            ("drop text search parser p", vec!["text_search_parser/public.p"]),
            ("drop text search template t", vec!["text_search_template/public.t"]),
            ("drop text search dictionary d", vec!["text_search_dictionary/public.d"]),
            ("drop text search configuration crm.c", vec!["text_search_configuration/crm.c"]),
            ("drop language l", vec!["language/l"]),
            ("drop access method a", vec!["access_method/a"]),
            ("drop foreign data wrapper w", vec!["foreign_data_wrapper/w"]),
            ("drop server s", vec!["server/s"]),
            ("drop foreign table t", vec!["foreign_table/public.t"]),
        ] {
            let dropped: Vec<String> = of(sql)
                .iter()
                .map(|effect| match effect {
                    Effect::Drop { id, if_exists: false, .. } => id.to_string(),
                    other => panic!("{sql}: {other:?}"),
                })
                .collect();
            assert_eq!(dropped, ids, "{sql}");
        }
    }

    #[test]
    fn if_exists_is_told() {
        assert!(matches!(of("drop table if exists t")[..], [Effect::Drop { if_exists: true, .. }]));
    }
}
