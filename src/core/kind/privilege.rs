//! Privileges: what a role may do with an object, and what is said about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::component::Shared;
use crate::core::kind::{Comparison, Kind};

/// What a role may do with an object (`aclexplode` in PostgreSQL's `acl.c` gives the words).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// TRUNCATE.
    Truncate,
    /// REFERENCES.
    References,
    /// TRIGGER.
    Trigger,
    /// MAINTAIN (PostgreSQL 17).
    Maintain,
    /// USAGE.
    Usage,
    /// CREATE.
    Create,
    /// EXECUTE.
    Execute,
    /// CONNECT.
    Connect,
    /// TEMPORARY, or TEMP.
    Temporary,
    /// SET (PostgreSQL 15).
    Set,
    /// ALTER SYSTEM (PostgreSQL 15).
    AlterSystem,
}

/// What can be said of one privilege; open parts are not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stance {
    /// Whether it is granted.
    pub held: Option<bool>,
    /// Whether it may be granted on.
    pub grantable: Option<bool>,
    /// Whether only ALL PRIVILEGES said so: then it counts where the server knows it.
    pub by_all: bool,
}

/// Privileges with what is said of each. Observed, all that are granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Privileges(BTreeMap<Privilege, Stance>);

/// Every privilege with its words in SQL.
const WORDS: [(Privilege, &str); 15] = [
    (Privilege::Select, "select"),
    (Privilege::Insert, "insert"),
    (Privilege::Update, "update"),
    (Privilege::Delete, "delete"),
    (Privilege::Truncate, "truncate"),
    (Privilege::References, "references"),
    (Privilege::Trigger, "trigger"),
    (Privilege::Maintain, "maintain"),
    (Privilege::Usage, "usage"),
    (Privilege::Create, "create"),
    (Privilege::Execute, "execute"),
    (Privilege::Connect, "connect"),
    (Privilege::Temporary, "temporary"),
    (Privilege::Set, "set"),
    (Privilege::AlterSystem, "alter system"),
];

impl Privilege {
    /// What ALL PRIVILEGES means for an object of a kind (`ACL_ALL_RIGHTS_*` in PostgreSQL's `utils/acl.h`); nothing
    /// where nothing can be granted on it.
    #[must_use]
    pub const fn all_of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Column => &[Self::Select, Self::Insert, Self::Update, Self::References],
            Kind::Sequence => &[Self::Select, Self::Update, Self::Usage],
            Kind::Schema => &[Self::Usage, Self::Create],
            Kind::Function => &[Self::Execute],
            Kind::Type | Kind::Language | Kind::Server | Kind::ForeignDataWrapper => &[Self::Usage],
            Kind::Index => &[],
            _ if kind.is_relation() => &[
                Self::Select,
                Self::Insert,
                Self::Update,
                Self::Delete,
                Self::Truncate,
                Self::References,
                Self::Trigger,
                Self::Maintain,
            ],
            _ => &[],
        }
    }

    /// As [`Self::all_of`], for what all databases share.
    #[must_use]
    pub const fn all_of_shared(class: Shared) -> &'static [Self] {
        match class {
            Shared::Database => &[Self::Create, Self::Temporary, Self::Connect],
            Shared::Tablespace => &[Self::Create],
            Shared::Parameter => &[Self::Set, Self::AlterSystem],
        }
    }

    /// The privilege by its word, as SQL or the catalog writes it.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("temp") {
            return Some(Self::Temporary);
        }
        let mut words = WORDS.iter();
        words.find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(privilege, _)| *privilege)
    }

    /// The word of SQL in lower case.
    #[must_use]
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(privilege, _)| *privilege == self).map_or("", |(_, word)| word)
    }
}

impl Stance {
    /// GRANT, with the right to grant it on or not.
    #[must_use]
    pub fn granted(with_grant_option: bool) -> Self {
        Self { held: Some(true), grantable: with_grant_option.then_some(true), by_all: false }
    }

    /// REVOKE.
    #[must_use]
    pub fn revoked() -> Self {
        Self { held: Some(false), grantable: None, by_all: false }
    }

    /// REVOKE GRANT OPTION FOR.
    #[must_use]
    pub fn not_grantable() -> Self {
        Self { held: None, grantable: Some(false), by_all: false }
    }

    /// Takes over what a later statement says: a second GRANT keeps the grant option of the first.
    fn change(&mut self, change: Self) {
        if let Some(held) = change.held {
            let again = held && self.held == Some(true);
            if !again {
                self.grantable = None;
            }
            self.by_all = change.by_all && (self.by_all || !again);
            self.held = Some(held);
        }
        self.grantable = change.grantable.or(self.grantable);
    }

    /// Whether one says what the other denies.
    fn contradicts(self, other: Self) -> bool {
        let differ = |one: Option<bool>, other: Option<bool>| one.zip(other).is_some_and(|(a, b)| a != b);
        differ(self.held, other.held) || differ(self.grantable, other.grantable)
    }

    /// Whether it is so where this is what was observed (`None`: nothing is granted).
    fn is_met(self, observed: Option<Self>, is_owner: bool) -> bool {
        let held = observed.is_some();
        let grantable = is_owner || observed.is_some_and(|observed| observed.grantable == Some(true));
        let wanted = |wanted: Option<bool>, actual: bool| match wanted {
            // An owner's own entries say nothing: it may always give itself the privilege.
            Some(false) => is_owner || !actual,
            Some(true) => actual,
            None => true,
        };
        wanted(self.held, held) && wanted(self.grantable, grantable && held)
    }

    fn shown(self, privilege: Privilege) -> Option<String> {
        let word = privilege.word();
        match (self.held, self.grantable) {
            (Some(false), _) => Some(format!("no {word}")),
            (_, Some(false)) => Some(format!("{word} without grant option")),
            (Some(true), Some(true)) => Some(format!("{word} with grant option")),
            (Some(true), None) => Some(word.to_owned()),
            (None, _) => None,
        }
    }
}

impl Privileges {
    /// Privileges of which the same is said.
    pub fn of(privileges: impl IntoIterator<Item = Privilege>, stance: Stance) -> Self {
        Self(privileges.into_iter().map(|privilege| (privilege, stance)).collect())
    }

    /// The entries of an access list as pairs of the privilege's word and whether it may be granted on; those of
    /// several grantors count together. A privilege that this version does not know is passed over.
    #[must_use]
    pub fn observed(entries: Vec<(String, bool)>) -> Self {
        let mut privileges = BTreeMap::new();
        for (word, grantable) in entries {
            let Some(privilege) = Privilege::named(&word) else { continue };
            let stance: &mut Stance = privileges.entry(privilege).or_insert(Stance {
                held: Some(true),
                grantable: Some(false),
                by_all: false,
            });
            stance.grantable = Some(stance.grantable == Some(true) || grantable);
        }
        Self(privileges)
    }

    /// Adds what is said of one.
    pub fn say(&mut self, privilege: Privilege, stance: Stance) {
        self.0.entry(privilege).or_default().change(stance);
    }

    /// Takes over what a later statement says.
    pub fn change(&mut self, change: Self) {
        for (privilege, stance) in change.0 {
            self.say(privilege, stance);
        }
    }

    /// Which are mentioned.
    pub fn mentioned(&self) -> impl Iterator<Item = Privilege> {
        self.0.keys().copied()
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all that is said is that something is not granted.
    #[must_use]
    pub fn only_forbid(&self) -> bool {
        self.0.values().all(|stance| stance.held != Some(true) && stance.grantable != Some(true))
    }

    /// Whether all that is said is that something is granted.
    #[must_use]
    pub fn only_grant(&self) -> bool {
        self.0.values().all(|stance| stance.held == Some(true) && stance.grantable.is_none())
    }

    /// Whether both can be so.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let contradicts = |(privilege, stance): (&Privilege, &Stance)| {
            other.0.get(privilege).is_some_and(|other| stance.contradicts(*other))
        };
        !self.0.iter().any(contradicts)
    }

    /// Compares with what was observed. What is granted beyond what is said is no difference. `known` holds the
    /// privileges that the server has for such an object, where that is not all of them.
    pub fn compare(
        &self,
        observed: &Self,
        known: Option<&BTreeSet<Privilege>>,
        is_owner: bool,
        comparison: &mut Comparison,
    ) {
        let counts = |privilege: Privilege, stance: &Stance| {
            !stance.by_all || known.is_none_or(|known| known.contains(&privilege))
        };
        let said = || self.0.iter().filter(|(privilege, stance)| counts(**privilege, stance));
        let met =
            said().all(|(privilege, stance)| stance.is_met(observed.0.get(privilege).copied(), is_owner));
        if !met {
            let expected = said().filter_map(|(privilege, stance)| stance.shown(*privilege));
            let actual = observed.0.iter().filter_map(|(privilege, stance)| {
                let grantable = (stance.grantable == Some(true)).then_some(true);
                Stance { grantable, ..*stance }.shown(*privilege)
            });
            comparison.differs("privileges", words(expected), words(actual));
        }
    }
}

fn words(shown: impl Iterator<Item = String>) -> String {
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(words: &[&str]) -> Privileges {
        Privileges::of(words.iter().map(|word| Privilege::named(word).unwrap()), Stance::granted(false))
    }

    fn observed(entries: &[(&str, bool)]) -> Privileges {
        let entries = entries.iter().map(|(word, grantable)| ((*word).to_owned(), *grantable));
        Privileges::observed(entries.collect())
    }

    fn differences(declared: &Privileges, observed: &Privileges) -> Vec<String> {
        let mut comparison = Comparison::default();
        declared.compare(observed, None, false, &mut comparison);
        comparison.differences.into_iter().map(|d| format!("{} / {}", d.expected, d.actual)).collect()
    }

    #[test]
    fn words_are_read_in_either_case() {
        for (privilege, word) in WORDS {
            assert_eq!(Privilege::named(word), Some(privilege));
            assert_eq!(Privilege::named(&word.to_uppercase()), Some(privilege));
            assert_eq!(privilege.word(), word);
        }
        assert_eq!(Privilege::named("temp"), Some(Privilege::Temporary));
        assert_eq!(Privilege::named("fly"), None);
    }

    #[test]
    fn k26_more_than_what_is_granted_is_no_difference() {
        let seen = observed(&[("SELECT", false), ("INSERT", true)]);
        assert_eq!(differences(&granted(&["select"]), &seen), [""; 0]);
        assert_eq!(
            differences(&granted(&["select", "update"]), &seen),
            ["select, update / select, insert with grant option"]
        );
    }

    #[test]
    fn what_was_revoked_must_not_be_held() {
        let revoked = Privileges::of([Privilege::Execute], Stance::revoked());
        assert_eq!(differences(&revoked, &observed(&[("EXECUTE", false)])), ["no execute / execute"]);
        assert_eq!(differences(&revoked, &observed(&[])), [""; 0]);
        assert!(revoked.only_forbid());
        assert!(!granted(&["select"]).only_forbid());
    }

    #[test]
    fn grant_options_count_where_they_are_said() {
        let with = Privileges::of([Privilege::Select], Stance::granted(true));
        assert_eq!(
            differences(&with, &observed(&[("SELECT", false)])),
            ["select with grant option / select"]
        );
        assert_eq!(differences(&with, &observed(&[("SELECT", true)])), [""; 0]);
        let mut without = with.clone();
        without.change(Privileges::of([Privilege::Select], Stance::not_grantable()));
        assert_eq!(
            differences(&without, &observed(&[("SELECT", true)])),
            ["select without grant option / select with grant option"]
        );
        assert_eq!(differences(&without, &observed(&[])), ["select without grant option / none"]);
    }

    #[test]
    fn a_second_grant_keeps_the_grant_option_and_a_revoke_ends_it() {
        let mut privileges = Privileges::of([Privilege::Select], Stance::granted(true));
        privileges.change(granted(&["select"]));
        assert_eq!(privileges, Privileges::of([Privilege::Select], Stance::granted(true)));
        privileges.change(Privileges::of([Privilege::Select], Stance::revoked()));
        privileges.change(granted(&["select"]));
        assert_eq!(privileges, granted(&["select"]));
    }

    #[test]
    fn k23_what_only_all_says_counts_where_the_server_knows_it() {
        let by_all = Stance { by_all: true, ..Stance::granted(false) };
        let all = Privileges::of([Privilege::Select, Privilege::Maintain], by_all);
        let old = BTreeSet::from([Privilege::Select]);
        let seen = observed(&[("SELECT", false)]);
        let mut comparison = Comparison::default();
        all.compare(&seen, Some(&old), false, &mut comparison);
        assert_eq!(comparison.differences, []);
        assert_eq!(differences(&all, &seen), ["select, maintain / select"]);
        let mut said = all;
        said.change(granted(&["maintain"]));
        said.compare(&seen, Some(&old), false, &mut comparison);
        assert_eq!(comparison.differences.len(), 1);
    }

    #[test]
    fn an_owner_may_grant_on_what_it_has_and_what_it_lacks_is_no_alarm() {
        let mut comparison = Comparison::default();
        let with = Privileges::of([Privilege::Select], Stance::granted(true));
        with.compare(&observed(&[("SELECT", false)]), None, true, &mut comparison);
        let revoked = Privileges::of([Privilege::Insert], Stance::revoked());
        revoked.compare(&observed(&[("INSERT", false)]), None, true, &mut comparison);
        assert_eq!(comparison.differences, []);
    }

    #[test]
    fn what_two_say_agrees_unless_one_denies_it() {
        let revoked = Privileges::of([Privilege::Select], Stance::revoked());
        assert!(granted(&["select"]).agrees_with(&granted(&["insert"])));
        assert!(granted(&["insert"]).agrees_with(&revoked));
        assert!(!granted(&["select", "insert"]).agrees_with(&revoked));
    }
}
