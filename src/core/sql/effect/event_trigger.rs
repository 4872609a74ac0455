//! CREATE EVENT TRIGGER and ALTER EVENT TRIGGER.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf;

use super::element::{Elements, reference};
use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::event_trigger::EventTrigger;
use crate::core::name::Identifier;
use crate::core::sql::parse;

/// The event trigger. Its tags are kept in capitals, as the server does.
#[must_use]
pub fn effects(statement: &protobuf::CreateEventTrigStmt, _scope: &Scope) -> Vec<Effect> {
    let conditions = Elements::of(&statement.whenclause);
    let tags =
        conditions.iter().filter(|condition| condition.defname == "tag").flat_map(
            |condition| match condition.arg.as_deref().and_then(|node| node.node.as_ref()) {
                Some(NodeEnum::List(list)) => parse::strings(&list.items),
                _ => Vec::new(),
            },
        );
    let shape = EventTrigger {
        event: Some(Identifier::new(&statement.eventname)),
        tags: Some(tags.map(str::to_ascii_uppercase).collect::<BTreeSet<_>>()),
        function: reference(&statement.funcname),
        enabled: Some(true),
    };
    vec![Effect::Create {
        id: ComponentId::global(Kind::EventTrigger, statement.trigname.as_str()),
        shape: shape.into(),
        if_exists: IfExists::Refuse,
    }]
}

/// ENABLE and DISABLE.
#[must_use]
pub fn alter(statement: &protobuf::AlterEventTrigStmt, _scope: &Scope) -> Vec<Effect> {
    let enabled = matches!(statement.tgenabled.as_str(), "O" | "A");
    vec![Effect::Change {
        id: ComponentId::global(Kind::EventTrigger, statement.trigname.as_str()),
        change: EventTrigger { enabled: Some(enabled), ..EventTrigger::default() }.into(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::kind::reference::Reference;
    use crate::core::sql::effect::tests::{created, of};

    #[test]
    fn k30_an_event_trigger_is_read_whole() {
        let (id, shape, _) = created(
            "create event trigger e on ddl_command_end when tag in ('create table', 'DROP TABLE') \
             execute function crm.f()",
        );
        assert_eq!(id, "event_trigger/e");
        assert_eq!(
            shape,
            EventTrigger {
                event: Some("ddl_command_end".into()),
                tags: Some(["CREATE TABLE".to_owned(), "DROP TABLE".to_owned()].into()),
                function: Some(Reference { schema: Some("crm".into()), name: "f".into() }),
                enabled: Some(true),
            }
            .into()
        );
        let Shape::EventTrigger(plain) =
            created("create event trigger e on sql_drop execute procedure f()").1
        else {
            panic!("an event trigger")
        };
        assert_eq!(plain.tags, Some(BTreeSet::new()));
    }

    #[test]
    fn it_is_enabled_and_disabled() {
        for (words, enabled) in
            [("enable", true), ("enable always", true), ("enable replica", false), ("disable", false)]
        {
            let change = EventTrigger { enabled: Some(enabled), ..EventTrigger::default() }.into();
            let id = ComponentId::global(Kind::EventTrigger, "e");
            assert_eq!(of(&format!("alter event trigger e {words}")), [Effect::Change { id, change }]);
        }
    }
}
