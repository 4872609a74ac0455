//! Event triggers: `pg_event_trigger`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::reference::Reference;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// An event trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTrigger {
    /// What it fires on: `ddl_command_end`.
    pub event: Option<Identifier>,
    /// The commands of WHEN TAG IN, in capitals as the server keeps them; none is all.
    pub tags: Option<BTreeSet<String>>,
    /// The function it calls.
    pub function: Option<Reference>,
    /// Whether it fires in an ordinary session (`evtenabled` is `O` or `A`).
    pub enabled: Option<bool>,
}

impl Room for EventTrigger {
    const ABOUT: About = About {
        declared_by: "`CREATE EVENT TRIGGER`, `ALTER EVENT TRIGGER`.",
        compared: "The event, the tags, the function, and whether it is enabled.",
        not_compared: "In which sessions an enabled one fires.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("event_trigger.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let trigger = Self {
            event: Some(row.identifier("event")?),
            tags: Some(row.json_or_default("tags")?),
            function: Reference::decode(row, "function_schema", "function")?,
            enabled: Some(matches!(row.text("enabled")?, "O" | "A")),
        };
        Ok((ComponentId::global(Kind::EventTrigger, row.identifier("name")?), trigger))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { event, tags, function, enabled } = self;
        let mut comparison = Comparison::default();
        comparison.part("event", event.as_ref(), observed.event.as_ref(), ToString::to_string);
        comparison.part("tags", tags.as_ref(), observed.tags.as_ref(), |tags| {
            if tags.is_empty() { "any".into() } else { tags.iter().cloned().collect::<Vec<_>>().join(", ") }
        });
        if function.is_some() {
            comparison.reference("function", Some(function), Some(&observed.function));
        }
        comparison.either("enabled", *enabled, observed.enabled, ("enabled", "disabled"));
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { event, tags, function, enabled } = change;
        self.event = event.or(self.event.take());
        self.tags = tags.or(self.tags.take());
        self.function = function.or(self.function.take());
        self.enabled = enabled.or(self.enabled);
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(function) = &mut self.function {
            function.rename(Kind::Function, renaming, <[TypeName]>::is_empty);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(tags: Option<&str>, enabled: &str) -> EventTrigger {
        let columns = [
            ("name", Some("audit")),
            ("event", Some("ddl_command_end")),
            ("tags", tags),
            ("function_schema", Some("app")),
            ("function", Some("log")),
            ("enabled", Some(enabled)),
        ];
        let (id, shape) = decode(Kind::EventTrigger, &columns).unwrap();
        assert_eq!(id.to_string(), "event_trigger/audit");
        let Shape::EventTrigger(trigger) = shape else { panic!("an event trigger") };
        *trigger
    }

    #[test]
    fn k30_each_part_of_an_event_trigger_is_compared() {
        let declared = EventTrigger {
            event: Some("sql_drop".into()),
            tags: Some(["DROP TABLE".to_owned()].into()),
            function: Some(Reference { schema: None, name: "other".into() }),
            enabled: Some(true),
        };
        assert_eq!(told(&EventTrigger::default(), &observed(None, "D")), Vec::<String>::new());
        let unqualified = EventTrigger {
            function: Some(Reference { schema: None, name: "log".into() }),
            ..observed(None, "O")
        };
        assert_eq!(told(&unqualified, &observed(None, "A")), Vec::<String>::new());
        assert_eq!(
            told(&declared, &observed(None, "D")),
            [
                "event: sql_drop / ddl_command_end",
                "tags: DROP TABLE / any",
                "function: other / app.log",
                "enabled: enabled / disabled"
            ]
        );
        assert_eq!(
            told(&observed(None, "O"), &observed(Some(r#"["DROP INDEX", "DROP TABLE"]"#), "O")),
            ["tags: any / DROP INDEX, DROP TABLE"]
        );
    }
}
