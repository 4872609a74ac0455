//! CREATE TRIGGER.

use pg_query::{NodeEnum, protobuf};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::trigger::{Event, Firing, Timing, Trigger};
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, IfExists, Scope};
use crate::core::sql::{expression, parse};

/// The bits of `CreateTrigStmt.timing` and `.events` (`TRIGGER_TYPE_...` in PostgreSQL's `pg_trigger.h`); AFTER is no
/// bit at all.
const BEFORE: i32 = 1 << 1;
const INSERT: i32 = 1 << 2;
const DELETE: i32 = 1 << 3;
const UPDATE: i32 = 1 << 4;
const TRUNCATE: i32 = 1 << 5;
const INSTEAD: i32 = 1 << 6;

/// The trigger.
#[must_use]
pub fn effects(statement: &protobuf::CreateTrigStmt, scope: &Scope) -> Vec<Effect> {
    let Some(relation) = &statement.relation else {
        return vec![Effect::NotModelled("CREATE TRIGGER".into())];
    };
    let bits = [
        (INSERT, Event::Insert),
        (UPDATE, Event::Update),
        (DELETE, Event::Delete),
        (TRUNCATE, Event::Truncate),
    ];
    let events = bits.into_iter().filter(|(bit, _)| statement.events & bit != 0).map(|(_, event)| event);
    let shape = Trigger {
        timing: Some(match statement.timing {
            BEFORE => Timing::Before,
            INSTEAD => Timing::InsteadOf,
            _ => Timing::After,
        }),
        events: Some(events.collect()),
        update_columns: Some(parse::identifiers(&statement.columns).into_iter().collect()),
        for_each_row: Some(statement.row),
        function: match parse::identifiers(&statement.funcname).as_slice() {
            [name] => Some((None, name.clone())),
            [schema, name] | [_, schema, name] => Some((Some(schema.clone()), name.clone())),
            _ => None,
        },
        condition: Some(expression::clause(statement.when_clause.as_deref(), scope)),
        enabled: Some(Firing::Origin),
        constraint: Some(statement.isconstraint),
        deferrable: Some(statement.deferrable || statement.initdeferred),
        initially_deferred: Some(statement.initdeferred),
        transition_tables: Some((transition(statement, false), transition(statement, true))),
        arguments: Some(parse::strings(&statement.args).into_iter().map(str::to_owned).collect()),
    };
    let name = Identifier::new(&statement.trigname);
    vec![Effect::Create {
        id: ComponentId::on_relation(Kind::Trigger, parse::relation(relation, scope), name),
        shape: shape.into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

/// The name of REFERENCING OLD TABLE, or NEW TABLE.
fn transition(statement: &protobuf::CreateTrigStmt, new: bool) -> Option<Identifier> {
    statement.transition_rels.iter().find_map(|node| match &node.node {
        Some(NodeEnum::TriggerTransition(table)) if table.is_new == new => Some(Identifier::new(&table.name)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::definition::{Clause, Definition};
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::created;

    fn trigger(sql: &str) -> Trigger {
        match created(sql).1 {
            Shape::Trigger(trigger) => *trigger,
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn a_trigger_is_read_whole() {
        let sql = "create or replace trigger touch before insert or update of a, \"B\" on crm.leads for each row \
                   when (new.a > 0) execute function fns.touch()";
        let (id, shape, if_exists) = created(sql);
        assert_eq!(id, "trigger/crm.leads.touch");
        assert_eq!(if_exists, IfExists::Replace);
        assert_eq!(
            shape,
            Trigger {
                timing: Some(Timing::Before),
                events: Some(BTreeSet::from([Event::Insert, Event::Update])),
                update_columns: Some(["a".into(), "B".into()].into()),
                for_each_row: Some(true),
                function: Some((Some("fns".into()), "touch".into())),
                condition: Some(Clause::Defined(Some(Definition::declared(
                    "new.a > 0".into(),
                    &Scope::of("public".into()).search_path
                )))),
                enabled: Some(Firing::Origin),
                constraint: Some(false),
                deferrable: Some(false),
                initially_deferred: Some(false),
                transition_tables: Some((None, None)),
                arguments: Some(Vec::new()),
            }
            .into()
        );
    }

    #[test]
    fn every_timing_and_event_is_told() {
        let timing = |words: &str| trigger(&format!("create trigger t {words} execute function f()"));
        let after = timing("after delete or truncate on t");
        assert_eq!(after.timing, Some(Timing::After));
        assert_eq!(after.events, Some(BTreeSet::from([Event::Delete, Event::Truncate])));
        assert_eq!(after.for_each_row, Some(false));
        assert_eq!(after.function, Some((None, "f".into())));
        assert_eq!(after.condition, Some(Clause::Absent));
        assert_eq!(timing("instead of update on v for each row").timing, Some(Timing::InsteadOf));
    }

    #[test]
    fn constraint_triggers_come_after() {
        let sql =
            "create constraint trigger t after insert on t deferrable for each row execute function f()";
        let later = trigger(sql);
        assert_eq!(later.timing, Some(Timing::After));
        assert_eq!((later.constraint, later.deferrable), (Some(true), Some(true)));
        assert_eq!(later.initially_deferred, Some(false));
    }

    #[test]
    fn transition_tables_and_arguments_are_read() {
        let sql = "create trigger t after update on t referencing old table as o new table as \"N\" \
                   for each statement execute function f('a', 1, x)";
        let trigger = trigger(sql);
        assert_eq!(trigger.transition_tables, Some((Some("o".into()), Some("N".into()))));
        assert_eq!(trigger.arguments, Some(vec!["a".into(), "1".into(), "x".into()]));
    }
}
