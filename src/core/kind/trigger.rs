//! Triggers: `pg_trigger`, internal ones and clones on partitions left out.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::letter::Letter;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room, list};
use crate::core::name::{Identifier, NameSet};
use crate::core::renaming::Renaming;

/// A trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trigger {
    /// BEFORE, AFTER or INSTEAD OF.
    pub timing: Option<Timing>,
    /// The events.
    pub events: Option<BTreeSet<Event>>,
    /// The columns of UPDATE OF.
    pub update_columns: Option<NameSet>,
    /// FOR EACH ROW, rather than FOR EACH STATEMENT.
    pub for_each_row: Option<bool>,
    /// The function it calls. Declared without a schema: any schema.
    pub function: Option<(Option<Identifier>, Identifier)>,
    /// WHEN.
    pub condition: Option<Clause>,
    /// In which sessions it fires.
    pub enabled: Option<Firing>,
    /// CONSTRAINT: whether it can wait for the end of the transaction (`tgconstraint`).
    pub constraint: Option<bool>,
    /// DEFERRABLE (`tgdeferrable`).
    pub deferrable: Option<bool>,
    /// INITIALLY DEFERRED (`tginitdeferred`).
    pub initially_deferred: Option<bool>,
    /// REFERENCING OLD TABLE AS, and NEW TABLE AS (`tgoldtable`, `tgnewtable`).
    pub transition_tables: Option<(Option<Identifier>, Option<Identifier>)>,
    /// The arguments of the function, as text (`tgargs`).
    pub arguments: Option<Vec<String>>,
}

/// In which sessions a trigger fires (`pg_trigger.tgenabled`, against the setting `session_replication_role`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// In all but those of replication: what CREATE TRIGGER and ENABLE say.
    Origin,
    /// ENABLE ALWAYS.
    Always,
    /// ENABLE REPLICA: only in those of replication.
    Replica,
    /// DISABLE.
    Never,
}

impl Letter for Firing {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Origin, "O", "enabled"),
        (Self::Always, "A", "enabled always"),
        (Self::Replica, "R", "enabled for replicas only"),
        (Self::Never, "D", "disabled"),
    ];
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
    const ABOUT: About = About {
        declared_by: "`CREATE TRIGGER`, `CREATE CONSTRAINT TRIGGER`, `ALTER TABLE ... ENABLE TRIGGER` and `DISABLE \
            TRIGGER`.",
        compared: "Timing, events, the columns of `UPDATE OF`, for each row or statement, the function and its \
            arguments, the condition, transition tables, whether it is a constraint trigger, deferrable \
            or initially deferred, and in which sessions it fires (one that fires always will do for one \
            that fires by default).",
        not_compared: "",
    };

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
            enabled: Some(row.letter("enabled")?),
            constraint: Some(row.boolean("is_constraint")?),
            deferrable: Some(row.boolean("deferrable")?),
            initially_deferred: Some(row.boolean("initially_deferred")?),
            transition_tables: Some((
                row.optional("old_table")?.map(Identifier::new),
                row.optional("new_table")?.map(Identifier::new),
            )),
            arguments: arguments(row.text("arguments")?),
        };
        let relation = row.qualified("schema", "relation")?;
        Ok((ComponentId::on_relation(Kind::Trigger, relation, row.identifier("name")?), trigger))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { timing, events, update_columns, for_each_row, function, condition, .. } = self;
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
        self.compare_firing(observed, &mut comparison);
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        if let Some(slot) = self.condition.as_mut().and_then(Clause::slot) {
            visit(Part::only("condition"), slot);
        }
    }

    fn may_have_definitions(&self) -> bool {
        self.condition.as_ref().is_some_and(Clause::is_defined)
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

impl Trigger {
    /// One that fires always fires wherever one of CREATE TRIGGER does.
    fn compare_firing(&self, observed: &Self, comparison: &mut Comparison) {
        if let (Some(expected), Some(actual)) = (self.enabled, observed.enabled)
            && expected != actual
            && (expected, actual) != (Firing::Origin, Firing::Always)
        {
            comparison.differs("enabled", expected.words(), actual.words());
        }
        let words = ("a constraint trigger", "no constraint trigger");
        comparison.either("constraint", self.constraint, observed.constraint, words);
        let words = ("deferrable", "not deferrable");
        comparison.either("deferrable", self.deferrable, observed.deferrable, words);
        let words = ("initially deferred", "initially immediate");
        comparison.either("deferred", self.initially_deferred, observed.initially_deferred, words);
        let (expected, actual) = (self.transition_tables.as_ref(), observed.transition_tables.as_ref());
        comparison.part("transition tables", expected, actual, |(old, new)| {
            let named =
                |word: &str, table: &Option<Identifier>| table.as_ref().map(|name| format!("{word} {name}"));
            let both: Vec<String> = named("old", old).into_iter().chain(named("new", new)).collect();
            if both.is_empty() { "none".into() } else { both.join(", ") }
        });
        comparison.part("arguments", self.arguments.as_ref(), observed.arguments.as_ref(), |arguments| {
            let quoted: Vec<String> =
                arguments.iter().map(|argument| format!("'{}'", argument.replace('\'', "''"))).collect();
            format!("({})", quoted.join(", "))
        });
    }
}

/// The arguments from the bytes of `tgargs` in hexadecimal: each is ended by a zero byte. `None` where that is not what
/// they are.
fn arguments(hexadecimal: &str) -> Option<Vec<String>> {
    let byte = |at: usize| u8::from_str_radix(hexadecimal.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..hexadecimal.len()).step_by(2).map(byte).collect::<Option<_>>()?;
    let mut arguments: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    arguments.pop();
    arguments.into_iter().map(|argument| String::from_utf8(argument.to_vec()).ok()).collect()
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
            ("is_constraint", Some("f")),
            ("deferrable", Some("f")),
            ("initially_deferred", Some("f")),
            ("old_table", None),
            ("new_table", None),
            ("arguments", Some("6100c3a90000")),
        ];
        let (id, shape) = decode(Kind::Trigger, &columns).unwrap();
        assert_eq!(id.to_string(), "trigger/public.users.touch");
        let Shape::Trigger(trigger) = shape else { panic!("a trigger") };
        *trigger
    }

    fn declared() -> Trigger {
        Trigger {
            timing: Some(Timing::Before),
            events: Some([Event::Update].into()),
            update_columns: Some(NameSet::default()),
            for_each_row: Some(true),
            function: Some((None, "touch_updated_at".into())),
            condition: Some(Clause::Absent),
            enabled: Some(Firing::Origin),
            ..Trigger::default()
        }
    }

    #[test]
    fn sessions_in_which_it_fires_are_exact_where_sql_says_them() {
        let update = "19";
        for (firing, observed_as, differences) in [
            (Firing::Origin, "A", vec![]),
            (Firing::Always, "O", vec!["enabled: enabled always / enabled"]),
            (Firing::Replica, "R", vec![]),
            (Firing::Replica, "O", vec!["enabled: enabled for replicas only / enabled"]),
            (Firing::Never, "O", vec!["enabled: disabled / enabled"]),
        ] {
            let declared = Trigger { enabled: Some(firing), ..declared() };
            assert_eq!(told(&declared, &observed(update, None, "f", observed_as)), differences);
        }
    }

    #[test]
    fn what_is_left_of_a_trigger_is_compared() {
        let all = Trigger {
            constraint: Some(true),
            deferrable: Some(true),
            initially_deferred: Some(true),
            transition_tables: Some((Some("o".into()), None)),
            arguments: Some(vec!["it's".into()]),
            ..declared()
        };
        assert_eq!(
            told(&all, &observed("19", None, "f", "O")),
            [
                "constraint: a constraint trigger / no constraint trigger",
                "deferrable: deferrable / not deferrable",
                "deferred: initially deferred / initially immediate",
                "transition tables: old o / none",
                "arguments: ('it''s') / ('a', 'é', '')",
            ]
        );
    }

    #[test]
    fn arguments_are_bytes_that_a_zero_ends() {
        assert_eq!(arguments(""), Some(vec![]));
        assert_eq!(arguments("00"), Some(vec![String::new()]));
        assert_eq!(arguments("6100620000"), Some(vec!["a".into(), "b".into(), String::new()]));
        assert_eq!(arguments("ff00"), None);
        assert_eq!(arguments("6"), None);
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
            (
                &declared(),
                observed(before_update_row, None, "f", "R"),
                vec!["enabled: enabled / enabled for replicas only"],
            ),
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
