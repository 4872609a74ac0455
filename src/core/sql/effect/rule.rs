//! CREATE RULE.

use pg_query::protobuf::{self, CmdType};

use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::rule::{Rule, RuleEvent};
use crate::core::sql::parse;

/// The rule. One for SELECT makes a view of a table, which is not modelled.
#[must_use]
pub fn effects(statement: &protobuf::RuleStmt, scope: &Scope) -> Vec<Effect> {
    let event = match statement.event() {
        CmdType::CmdUpdate => Some(RuleEvent::Update),
        CmdType::CmdInsert => Some(RuleEvent::Insert),
        CmdType::CmdDelete => Some(RuleEvent::Delete),
        _ => None,
    };
    let (Some(relation), Some(event)) = (&statement.relation, event) else {
        return vec![Effect::NotModelled("CREATE RULE ... ON SELECT".into())];
    };
    let shape = Rule {
        event: Some(event),
        instead: Some(statement.instead),
        conditional: Some(statement.where_clause.is_some()),
        enabled: Some(true),
    };
    vec![Effect::Create {
        id: ComponentId::on_relation(
            Kind::Rule,
            parse::relation(relation, scope),
            statement.rulename.as_str(),
        ),
        shape: shape.into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::{created, of};

    #[test]
    fn k30_a_rule_is_read_but_for_what_it_does() {
        for (sql, event, instead, conditional, if_exists) in [
            (
                "create rule r as on insert to crm.t do instead nothing",
                RuleEvent::Insert,
                true,
                false,
                IfExists::Refuse,
            ),
            (
                "create or replace rule r as on update to crm.t where old.a > 0 do also delete from u",
                RuleEvent::Update,
                false,
                true,
                IfExists::Replace,
            ),
            (
                "create rule r as on delete to crm.t do instead (delete from u; delete from v)",
                RuleEvent::Delete,
                true,
                false,
                IfExists::Refuse,
            ),
        ] {
            let (id, shape, found) = created(sql);
            assert_eq!((id.as_str(), found), ("rule/crm.t.r", if_exists));
            let expected = Rule {
                event: Some(event),
                instead: Some(instead),
                conditional: Some(conditional),
                enabled: Some(true),
            };
            assert_eq!(shape, expected.into(), "{sql}");
        }
        let view = of("create rule \"_RETURN\" as on select to t do instead select 1");
        assert_eq!(view, [Effect::NotModelled("CREATE RULE ... ON SELECT".into())]);
    }

    #[test]
    fn alter_table_enables_and_disables_a_rule() {
        for (words, enabled) in
            [("enable", true), ("enable always", true), ("disable", false), ("enable replica", false)]
        {
            let effects = of(&format!("alter table crm.t {words} rule r"));
            let [Effect::Change { id, change: Shape::Rule(rule) }] = &effects[..] else {
                panic!("{effects:?}")
            };
            assert_eq!(id.to_string(), "rule/crm.t.r");
            assert_eq!(**rule, Rule { enabled: Some(enabled), ..Rule::default() }, "{words}");
        }
    }
}
