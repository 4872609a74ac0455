//! Triggers: `pg_trigger`, internal ones and clones on partitions left out.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::{Comparison, DecodeError, Kind, Room, list};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// A trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trigger {
    /// BEFORE, AFTER or INSTEAD OF.
    pub timing: Option<Timing>,
    /// The events.
    pub events: Option<BTreeSet<Event>>,
    /// The columns of UPDATE OF.
    pub update_columns: Option<BTreeSet<Identifier>>,
    /// FOR EACH ROW, rather than FOR EACH STATEMENT.
    pub for_each_row: Option<bool>,
    /// The function it calls. Declared without a schema: any schema.
    pub function: Option<(Option<Identifier>, Identifier)>,
    /// WHEN.
    pub condition: Option<Clause>,
    /// Whether it fires in an ordinary session (`tgenabled` is `O` or `A`).
    pub enabled: Option<bool>,
}

/// When a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// BEFORE.
    Before,
    /// AFTER.
    After,
    /// INSTEAD OF.
    InsteadOf,
}

/// What a trigger fires on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// TRUNCATE.
    Truncate,
}

/// The bits of `pg_trigger.tgtype` (`TRIGGER_TYPE_*` in PostgreSQL's `catalog/pg_trigger.h`).
mod bits {
    pub const ROW: i64 = 1;
    pub const BEFORE: i64 = 1 << 1;
    pub const INSERT: i64 = 1 << 2;
    pub const DELETE: i64 = 1 << 3;
    pub const UPDATE: i64 = 1 << 4;
    pub const TRUNCATE: i64 = 1 << 5;
    pub const INSTEAD: i64 = 1 << 6;
}

impl Room for Trigger {
    const QUERY: Option<&'static str> = Some(include_str!("trigger.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let has = row.integer("bits")?;
        let timing = match (has & bits::BEFORE != 0, has & bits::INSTEAD != 0) {
            (true, _) => Timing::Before,
            (false, true) => Timing::InsteadOf,
            (false, false) => Timing::After,
        };
        let events = [
            (bits::INSERT, Event::Insert),
            (bits::UPDATE, Event::Update),
            (bits::DELETE, Event::Delete),
            (bits::TRUNCATE, Event::Truncate),
        ];
        let trigger = Self {
            timing: Some(timing),
            events: Some(events.iter().filter(|(bit, _)| has & bit != 0).map(|(_, event)| *event).collect()),
            update_columns: Some(row.identifiers("update_columns")?),
            for_each_row: Some(has & bits::ROW != 0),
            function: Some((Some(row.identifier("function_schema")?), row.identifier("function")?)),
            condition: Some(if row.boolean("has_condition")? {
                Clause::Defined(None)
            } else {
                Clause::Absent
            }),
            enabled: Some(matches!(row.text("enabled")?, "O" | "A")),
        };
        let relation = row.qualified("schema", "relation")?;
        Ok((ComponentId::on_relation(Kind::Trigger, relation, row.identifier("name")?), trigger))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { timing, events, update_columns, for_each_row, function, condition, enabled } = self;
        let mut comparison = Comparison::default();
        comparison.part("timing", timing.as_ref(), observed.timing.as_ref(), |timing| timing.sql().into());
        comparison.part("events", events.as_ref(), observed.events.as_ref(), |events| {
            events.iter().map(|event| event.sql()).collect::<Vec<_>>().join(" or ")
        });
        comparison.part("update of", update_columns.as_ref(), observed.update_columns.as_ref(), |columns| {
            if columns.is_empty() { "any column".into() } else { list(columns) }
        });
        let each = ("for each row", "for each statement");
        comparison.either("level", *for_each_row, observed.for_each_row, each);
        if let (Some(expected), Some(actual)) = (function, &observed.function)
            && (expected.1 != actual.1 || expected.0.is_some() && expected.0 != actual.0)
        {
            comparison.differs("function", show_function(expected), show_function(actual));
        }
        let words = ("a condition", "no condition");
        comparison.clause("condition", condition.as_ref(), observed.condition.as_ref(), words);
        comparison.either("enabled", *enabled, observed.enabled, ("enabled", "disabled"));
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        if let Some(slot) = self.condition.as_mut().and_then(Clause::slot) {
            visit(Part::only("condition"), slot);
        }
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        if let (Some(relation), Some(columns)) = (id.relation(), &mut self.update_columns) {
            renaming.column_set(relation, columns);
        }
        if let Some((schema, name)) = &mut self.function {
            renaming.trigger_function(schema, name);
        }
    }
}

fn show_function((schema, name): &(Option<Identifier>, Identifier)) -> String {
    match schema {
        Some(schema) => format!("{schema}.{name}"),
        None => name.to_string(),
    }
}

impl Timing {
    fn sql(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::InsteadOf => "instead of",
        }
    }
}

impl Event {
    fn sql(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(bits: &str, columns: Option<&str>, has_condition: &str, enabled: &str) -> Trigger {
        let columns = [
            ("schema", Some("public")),
            ("relation", Some("users")),
            ("name", Some("touch")),
            ("bits", Some(bits)),
            ("update_columns", columns),
            ("function_schema", Some("app")),
            ("function", Some("touch_updated_at")),
            ("has_condition", Some(has_condition)),
            ("enabled", Some(enabled)),
        ];
        let (id, shape) = decode(Kind::Trigger, &columns).unwrap();
        assert_eq!(id.to_string(), "trigger/public.users.touch");
        let Shape::Trigger(trigger) = shape else { panic!("a trigger") };
        trigger
    }

    fn declared() -> Trigger {
        Trigger {
            timing: Some(Timing::Before),
            events: Some([Event::Update].into()),
            update_columns: Some(BTreeSet::new()),
            for_each_row: Some(true),
            function: Some((None, "touch_updated_at".into())),
            condition: Some(Clause::Absent),
            enabled: Some(true),
        }
    }

    #[test]
    fn each_part_of_a_trigger_is_compared_and_a_condition_is_not() {
        let before_update_row = "19";
        let in_app = Trigger { function: Some((Some("app".into()), "other".into())), ..Trigger::default() };
        let with_condition = Trigger { condition: Some(Clause::Defined(None)), ..declared() };
        for (declared, observed, differences) in [
            (&Trigger::default(), observed("60", None, "t", "D"), vec![]),
            (&declared(), observed(before_update_row, None, "f", "O"), vec![]),
            (&declared(), observed(before_update_row, None, "f", "A"), vec![]),
            (&declared(), observed(before_update_row, None, "f", "D"), vec!["enabled: enabled / disabled"]),
            (&declared(), observed(before_update_row, None, "f", "R"), vec!["enabled: enabled / disabled"]),
            (
                &declared(),
                observed("60", Some(r#"["email"]"#), "t", "O"),
                vec![
                    "timing: before / after",
                    "events: update / insert or update or delete or truncate",
                    "update of: any column / (email)",
                    "level: for each row / for each statement",
                    "condition: no condition / a condition",
                ],
            ),
            (&with_condition, observed(before_update_row, None, "t", "O"), vec!["not compared: condition"]),
            (&in_app, observed("81", None, "f", "O"), vec!["function: app.other / app.touch_updated_at"]),
        ] {
            assert_eq!(told(declared, &observed), differences);
        }
    }

    #[test]
    fn the_timing_is_read_from_its_bits() {
        for (bits, timing) in [("3", Timing::Before), ("1", Timing::After), ("65", Timing::InsteadOf)] {
            assert_eq!(observed(bits, None, "f", "O").timing, Some(timing));
        }
    }
}
