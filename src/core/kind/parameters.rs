//! Storage parameters: `WITH (name = value)` of tables, indexes, views and columns (`pg_class.reloptions`,
//! `pg_attribute.attoptions`).

use std::collections::BTreeMap;

use crate::core::kind::Comparison;

/// Parameters by name. What SQL does not name is open.
///
/// The server keeps the text as it was written (`transformRelOptions` in PostgreSQL's `reloptions.c`), a parameter of
/// the TOAST table under `toast.` and its name. Two texts are one value where `parse_one_reloption` reads them as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, Option<String>>,
}

impl Parameters {
    /// Parameters as the catalog holds them, `name=value` each; `prefix` comes before each name.
    #[must_use]
    pub fn stored(entries: &[String], prefix: &str) -> Self {
        let mut parameters = Self::default();
        for (name, value) in entries.iter().filter_map(|entry| entry.split_once('=')) {
            parameters.set(&format!("{prefix}{name}"), value);
        }
        parameters
    }

    /// `SET (name = value)`.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_lowercase(), Some(value.to_owned()));
    }

    /// `RESET (name)`: it must not be set.
    pub fn reset(&mut self, name: &str) {
        self.values.insert(name.to_lowercase(), None);
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_deref()
    }

    /// Whether nothing is said of it.
    #[must_use]
    pub fn is_open(&self, name: &str) -> bool {
        !self.values.contains_key(name)
    }

    /// Whether no parameter is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes over what a change says.
    pub fn change(&mut self, change: Self) {
        self.values.extend(change.values);
    }

    /// Takes one away, and says what was said of it.
    pub fn take(&mut self, name: &str) -> Option<Option<String>> {
        self.values.remove(name)
    }

    /// All of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.change(other);
        self
    }

    /// Compares those that are named here.
    pub fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        let differing: Vec<(&String, &Option<String>)> =
            self.values.iter().filter(|(name, value)| !same(value.as_deref(), observed.get(name))).collect();
        if differing.is_empty() {
            return;
        }
        let show = |name: &str, value: Option<&str>| match value {
            Some(value) => format!("{name}={value}"),
            None => format!("{name} not set"),
        };
        let list = |texts: Vec<String>| texts.join(", ");
        comparison.differs(
            "storage parameters",
            list(differing.iter().map(|(name, value)| show(name, value.as_deref())).collect()),
            list(differing.iter().map(|(name, _)| show(name, observed.get(name))).collect()),
        );
    }

    /// Whether both name the same ones with the same values.
    #[must_use]
    pub fn are(&self, observed: &Self) -> bool {
        let names = self.values.keys().chain(observed.values.keys());
        names.into_iter().all(|name| same(self.get(name), observed.get(name)))
    }
}

/// `fillfactor=70, deduplicate_items=off`.
impl std::fmt::Display for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let set = self.values.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        f.write_str(&set.collect::<Vec<_>>().join(", "))
    }
}

fn same(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_value(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether two texts are one value to the server: as words, whose case does not count, as numbers, or as booleans
/// (`parse_one_reloption` in PostgreSQL's `reloptions.c`).
#[must_use]
pub fn same_value(one: &str, other: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    match (number(one), number(other)) {
        #[expect(clippy::float_cmp, reason = "two texts of one number give one number")]
        (Some(one), Some(other)) => one == other,
        _ => matches!((boolean(one), boolean(other)), (Some(one), Some(other)) if one == other),
    }
}

/// A boolean as the server reads it (`parse_bool_with_len` in PostgreSQL's `bool.c`).
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let starts = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if starts("true", 1) || starts("yes", 1) || text == "on" || text == "1" {
        Some(true)
    } else if starts("false", 1) || starts("no", 1) || starts("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[&str]) -> Parameters {
        Parameters::stored(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>(), "")
    }

    #[test]
    fn only_named_parameters_are_compared_and_by_value() {
        for (declared, observed, difference) in [
            (of(&[]), of(&["fillfactor=70"]), None),
            (of(&["fillfactor=70"]), of(&["fillfactor=70", "user_catalog_table=on"]), None),
            (of(&["a=0.10", "b=TRUE", "c=Auto"]), of(&["a=0.1", "b=on", "c=auto"]), None),
            (of(&["fillfactor=70"]), of(&[]), Some("fillfactor=70 / fillfactor not set")),
            (
                of(&["fillfactor=70", "b=on", "c=1"]),
                of(&["fillfactor=80", "b=off", "c=1"]),
                Some("b=on, fillfactor=70 / b=off, fillfactor=80"),
            ),
        ] {
            let mut comparison = Comparison::default();
            declared.compare(&observed, &mut comparison);
            let told = comparison.differences.first().map(|d| format!("{} / {}", d.expected, d.actual));
            assert_eq!(told.as_deref(), difference);
        }
    }

    #[test]
    fn a_parameter_that_is_reset_must_not_be_set() {
        let mut declared = of(&["fillfactor=70"]);
        let mut change = Parameters::default();
        change.reset("fillfactor");
        declared.change(change);
        let mut comparison = Comparison::default();
        declared.compare(&of(&["fillfactor=70"]), &mut comparison);
        assert_eq!(comparison.differences[0].expected, "fillfactor not set");
        assert_eq!(declared.get("fillfactor"), None);
    }

    #[test]
    fn one_value_has_many_texts() {
        for (one, other, is) in [
            ("on", "true", true),
            ("1", "on", true),
            ("t", "yes", true),
            ("off", "of", true),
            ("0", "0.0", true),
            ("o", "on", false),
            ("70", "71", false),
            ("local", "CASCADED", false),
        ] {
            assert_eq!(same_value(one, other), is, "{one} {other}");
        }
    }
}
