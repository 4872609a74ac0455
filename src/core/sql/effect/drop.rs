//! DROP of everything that a kind models.

use pg_query::protobuf::{self, DropBehavior};

use crate::core::sql::effect::{Effect, Scope, object};

/// One drop per object. What is not modelled was not required either, so its drop changes nothing.
#[must_use]
pub fn effects(statement: &protobuf::DropStmt, scope: &Scope) -> Vec<Effect> {
    let ids =
        statement.objects.iter().filter_map(|node| object::component(statement.remove_type(), node, scope));
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
