//! Conditions: the types there are, and how one is set.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::Reason;

/// The longest message of a condition, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 1024;

/// The types of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// The sum: derived from the others, always present.
    Ready,
    /// Whether the last audit reached and read the database.
    Connected,
    /// Whether the database carries all that is required.
    Compliant,
    /// What became of what is to be created; present only where migrations are wanted.
    Migrated,
    /// An audit that was due at once failed and is tried again, or a migration runs; present only while true.
    Reconciling,
    /// A person must act; present only while true.
    Stalled,
}

impl ConditionType {
    /// Every type, in the order in which a status lists them.
    pub const ALL: &'static [Self] =
        &[Self::Ready, Self::Connected, Self::Compliant, Self::Migrated, Self::Reconciling, Self::Stalled];

    /// The name: `Ready`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Connected => "Connected",
            Self::Compliant => "Compliant",
            Self::Migrated => "Migrated",
            Self::Reconciling => "Reconciling",
            Self::Stalled => "Stalled",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|type_| type_.name() == name)
    }
}

impl fmt::Display for ConditionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It could not be found out.
    Unknown,
}

impl ConditionStatus {
    /// The name: `True`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// A condition as it is decided: without the times, which depend on what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCondition {
    /// The type.
    pub type_: ConditionType,
    /// The status.
    pub status: ConditionStatus,
    /// Why.
    pub reason: Reason,
    /// Why, in a sentence; cut at [`MAX_MESSAGE_BYTES`].
    pub message: String,
}

/// The condition of this type, if there is one.
#[must_use]
pub fn find(conditions: &[Condition], type_: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == type_.name())
}

/// Whether the condition of this type is there and True.
#[must_use]
pub fn is_true(conditions: &[Condition], type_: ConditionType) -> bool {
    find(conditions, type_).is_some_and(|condition| condition.status == ConditionStatus::True.name())
}

/// Sets a condition: replaces the one of its type, or adds it. The transition time moves only when the status does.
pub fn upsert(conditions: &mut Vec<Condition>, new: NewCondition, generation: i64, now: &Time) {
    let NewCondition { type_, status, reason, message } = new;
    let existing = conditions.iter_mut().find(|condition| condition.type_ == type_.name());
    let last_transition_time = match &existing {
        Some(condition) if condition.status == status.name() => condition.last_transition_time.clone(),
        _ => now.clone(),
    };
    let condition = Condition {
        type_: type_.name().to_owned(),
        status: status.name().to_owned(),
        reason: reason.name().to_owned(),
        message: cut(message, MAX_MESSAGE_BYTES),
        observed_generation: Some(generation),
        last_transition_time,
    };
    match existing {
        Some(existing) => *existing = condition,
        None => conditions.push(condition),
    }
}

/// The text, or as much of it as fits `limit` bytes with `...` behind it, cut between two characters.
#[must_use]
pub fn cut(mut text: String, limit: usize) -> String {
    const ELLIPSIS: &str = "...";
    if text.len() > limit {
        let mut end = limit.saturating_sub(ELLIPSIS.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(ELLIPSIS);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(jiff::Timestamp::from_second(second).unwrap())
    }

    fn ready(status: ConditionStatus, reason: Reason) -> NewCondition {
        NewCondition { type_: ConditionType::Ready, status, reason, message: reason.to_string() }
    }

    #[test]
    fn r11_the_transition_time_moves_only_when_the_status_does() {
        let mut conditions = Vec::new();
        upsert(&mut conditions, ready(ConditionStatus::False, Reason::ComponentsMissing), 1, &at(10));
        upsert(&mut conditions, ready(ConditionStatus::False, Reason::ComponentsDifferent), 2, &at(20));
        assert_eq!(conditions.len(), 1);
        assert_eq!(conditions[0].last_transition_time, at(10));
        assert_eq!(conditions[0].reason, "ComponentsDifferent");
        assert_eq!(conditions[0].observed_generation, Some(2));
        upsert(&mut conditions, ready(ConditionStatus::True, Reason::AuditSucceeded), 2, &at(30));
        assert_eq!(conditions[0].last_transition_time, at(30));
    }

    #[test]
    fn r17_a_long_message_is_cut_between_two_characters() {
        assert_eq!(cut("short".into(), 8), "short");
        assert_eq!(cut("123456789".into(), 8), "12345...");
        assert_eq!(cut("äöüäöü".into(), 8), "äö...");
        assert_eq!(cut("é".repeat(2000), MAX_MESSAGE_BYTES).len(), 1023);
    }

    #[test]
    fn every_condition_type_leads_back_from_its_name() {
        for type_ in ConditionType::ALL {
            assert_eq!(ConditionType::from_name(type_.name()), Some(*type_));
        }
    }
}
