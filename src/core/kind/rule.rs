//! Rules: `pg_rewrite`, those that make views left out.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::letter::Letter;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};

/// A rule. What it does instead of, or besides, a command is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The command that it rewrites.
    pub event: Option<RuleEvent>,
    /// INSTEAD, rather than ALSO.
    pub instead: Option<bool>,
    /// Whether it has a WHERE.
    pub conditional: Option<bool>,
    /// Whether it counts in an ordinary session (`ev_enabled` is `O` or `A`).
    pub enabled: Option<bool>,
}

/// The command of a rule (`pg_rewrite.ev_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleEvent {
    /// SELECT.
    Select,
    /// UPDATE.
    Update,
    /// INSERT.
    Insert,
    /// DELETE.
    Delete,
}

impl Letter for RuleEvent {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Select, "1", "select"),
        (Self::Update, "2", "update"),
        (Self::Insert, "3", "insert"),
        (Self::Delete, "4", "delete"),
    ];
}

impl Room for Rule {
    const ABOUT: About = About {
        declared_by: "`CREATE RULE`, `ALTER TABLE ... ENABLE RULE` and `DISABLE RULE`.",
        compared: "The event, also or instead, whether there is a condition, and whether it is enabled.",
        not_compared: "The condition and the actions themselves.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("rule.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let rule = Self {
            event: Some(row.letter("event")?),
            instead: Some(row.boolean("instead")?),
            conditional: Some(row.boolean("has_condition")?),
            enabled: Some(matches!(row.text("enabled")?, "O" | "A")),
        };
        let relation = row.qualified("schema", "relation")?;
        Ok((ComponentId::on_relation(Kind::Rule, relation, row.identifier("name")?), rule))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { event, instead, conditional, enabled } = self;
        let mut comparison = Comparison::default();
        comparison.letter("event", *event, observed.event);
        comparison.either("mode", *instead, observed.instead, ("instead", "also"));
        comparison.either("condition", *conditional, observed.conditional, ("a condition", "no condition"));
        comparison.either("enabled", *enabled, observed.enabled, ("enabled", "disabled"));
        if event.is_some() {
            comparison.not_compared_because("definition", "what a rule does is not put before the planner");
        }
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { event, instead, conditional, enabled } = change;
        self.event = event.or(self.event);
        self.instead = instead.or(self.instead);
        self.conditional = conditional.or(self.conditional);
        self.enabled = enabled.or(self.enabled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(event: &str, instead: &str, has_condition: &str, enabled: &str) -> Rule {
        let columns = [
            ("schema", Some("public")),
            ("relation", Some("users")),
            ("name", Some("keep")),
            ("event", Some(event)),
            ("instead", Some(instead)),
            ("has_condition", Some(has_condition)),
            ("enabled", Some(enabled)),
        ];
        let (id, shape) = decode(Kind::Rule, &columns).unwrap();
        assert_eq!(id.to_string(), "rule/public.users.keep");
        let Shape::Rule(rule) = shape else { panic!("a rule") };
        *rule
    }

    #[test]
    fn k30_each_part_of_a_rule_is_compared_and_what_it_does_is_not() {
        let declared = Rule {
            event: Some(RuleEvent::Delete),
            instead: Some(true),
            conditional: Some(false),
            enabled: Some(true),
        };
        assert_eq!(told(&Rule::default(), &observed("2", "f", "t", "D")), Vec::<String>::new());
        assert_eq!(told(&declared, &observed("4", "t", "f", "A")), ["not compared: definition"]);
        assert_eq!(
            told(&declared, &observed("2", "f", "t", "R")),
            [
                "event: delete / update",
                "mode: instead / also",
                "condition: no condition / a condition",
                "enabled: enabled / disabled",
                "not compared: definition"
            ]
        );
    }

    #[test]
    fn a_change_takes_over_what_it_says() {
        let mut rule = observed("3", "t", "f", "O");
        rule.change(Rule { enabled: Some(false), ..Rule::default() });
        assert_eq!(rule, observed("3", "t", "f", "D"));
    }
}
