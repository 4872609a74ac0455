//! SET of a function: settings that hold while it runs (`pg_proc.proconfig`).

use std::collections::BTreeMap;

use crate::core::kind::parameters::same_value;
use crate::core::kind::{Comparison, parameters};

/// Settings by name. Names of settings are one in upper and lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether these are all of them, as after CREATE FUNCTION, rather than what ALTER FUNCTION said.
    pub complete: bool,
    values: BTreeMap<String, Setting>,
}

/// What SQL says of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// SET name TO values.
    Values(Vec<String>),
    /// SET name FROM CURRENT: what it was when the function was made.
    Current,
    /// RESET, or SET name TO DEFAULT: none.
    Reset,
}

/// The settings whose values the server keeps as a list of quoted identifiers (`GUC_LIST_QUOTE` in PostgreSQL's
/// `guc_tables.c`, and `variable_is_guc_list_quote` in `pg_dump`).
const LISTS: [&str; 5] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
];

impl Settings {
    /// None, and that is all.
    #[must_use]
    pub fn none() -> Self {
        Self { complete: true, values: BTreeMap::new() }
    }

    /// Settings as the catalog holds them, `name=value` each.
    #[must_use]
    pub fn stored(entries: &[String]) -> Self {
        let mut settings = Self::none();
        for (name, value) in entries.iter().filter_map(|entry| entry.split_once('=')) {
            let name = name.to_lowercase();
            let values = if LISTS.contains(&name.as_str()) { split(value) } else { vec![value.to_owned()] };
            settings.set(&name, Setting::Values(values));
        }
        settings
    }

    /// Takes over what SQL says of one.
    pub fn set(&mut self, name: &str, setting: Setting) {
        self.values.insert(name.to_lowercase(), setting);
    }

    /// RESET ALL.
    pub fn reset_all(&mut self) {
        *self = Self::none();
    }

    /// Takes over what ALTER FUNCTION says; after RESET ALL, what was said before no longer counts.
    pub fn change(&mut self, change: Self) {
        if change.complete {
            *self = change;
        } else {
            self.values.extend(change.values);
        }
    }

    /// Compares those that are named here, and, where these are all, that there is no other.
    ///
    /// The server keeps the values as they were written, joined by commas (`flatten_set_variable_args` in PostgreSQL's
    /// `guc_funcs.c`). Two numbers with different units are left to the server.
    pub fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        let names = self.values.keys().chain(observed.values.keys().filter(|_| self.complete));
        let (mut expected, mut actual) = (BTreeMap::new(), BTreeMap::new());
        let mut unsure = false;
        for name in names {
            let seen = observed.values.get(name);
            let same = match (self.values.get(name), seen) {
                (None | Some(Setting::Reset), None) | (Some(Setting::Current), Some(_)) => Some(true),
                (Some(Setting::Values(declared)), Some(Setting::Values(seen))) => same_values(declared, seen),
                _ => Some(false),
            };
            unsure |= same.is_none();
            if same == Some(false) {
                expected.insert(name, show(name, self.values.get(name)));
                actual.insert(name, show(name, seen));
            }
        }
        if !expected.is_empty() {
            let list = |shown: BTreeMap<_, String>| shown.into_values().collect::<Vec<_>>().join("; ");
            comparison.differs("settings", list(expected), list(actual));
        } else if unsure {
            comparison
                .not_compared_because("settings", "only the server knows whether two units give one value");
        }
    }
}

fn show(name: &str, setting: Option<&Setting>) -> String {
    match setting {
        Some(Setting::Values(values)) => {
            let shown: Vec<&str> =
                values.iter().map(|value| if value.is_empty() { "''" } else { value.as_str() }).collect();
            format!("{name}={}", shown.join(", "))
        }
        Some(Setting::Current) => format!("{name} of the session"),
        Some(Setting::Reset) | None => format!("{name} not set"),
    }
}

/// Whether two lists of values are one; `None` where the server would have to convert units.
fn same_values(declared: &[String], seen: &[String]) -> Option<bool> {
    if declared == seen {
        return Some(true);
    }
    let (declared, seen) = (declared.join(", "), seen.join(", "));
    let same_words = same_value(&declared, &seen)
        || matches!((parameters::boolean(&declared), parameters::boolean(&seen)), (Some(one), Some(other)) if one == other);
    if same_words {
        return Some(true);
    }
    let has_unit = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_alphabetic())
    };
    if has_unit(&declared) || has_unit(&seen) { None } else { Some(false) }
}

/// The identifiers of a list as the server keeps it: quoted where needed, with commas between.
fn split(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (value, after) = if let Some(quoted) = rest.strip_prefix('"') {
            unquoted(quoted)
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].trim().to_owned(), &rest[end..])
        };
        values.push(value);
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    values
}

/// What is before the closing quote, in which a quote is doubled, and what follows it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                value.push('"');
            }
            '"' => return (value, &text[position + 1..]),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(complete: bool, settings: &[(&str, Setting)]) -> Settings {
        let mut all = Settings { complete, ..Settings::default() };
        for (name, setting) in settings {
            all.set(name, setting.clone());
        }
        all
    }

    fn values(values: &[&str]) -> Setting {
        Setting::Values(values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn told(declared: &Settings, observed: &[&str]) -> Vec<String> {
        let observed: Vec<String> = observed.iter().map(|entry| (*entry).to_owned()).collect();
        let mut comparison = Comparison::default();
        declared.compare(&Settings::stored(&observed), &mut comparison);
        let told = comparison.differences.iter().map(|d| format!("{} / {}", d.expected, d.actual));
        told.chain(comparison.not_compared.iter().map(|part| format!("not compared: {}", part.part)))
            .collect()
    }

    #[test]
    fn settings_are_compared_by_their_values_and_not_by_how_they_are_quoted() {
        for (setting, observed, differences) in [
            (
                ("search_path", values(&["crm", "$user", "pg_temp"])),
                "search_path=crm, \"$user\", pg_temp",
                vec![],
            ),
            (("search_path", values(&[""])), "search_path=\"\"", vec![]),
            (("search_path", values(&["a, b"])), "search_path=\"a, b\"", vec![]),
            (("search_path", values(&["A\"b"])), "search_path=\"A\"\"b\"", vec![]),
            (("search_path", values(&["a, b"])), "search_path=a, b", vec![]),
            (("SEARCH_PATH", values(&["a"])), "search_path=b", vec!["search_path=a / search_path=b"]),
            (("timezone", values(&["UTC"])), "TimeZone=UTC", vec![]),
            (("enable_seqscan", values(&["off"])), "enable_seqscan=false", vec![]),
            (("datestyle", values(&["iso", "mdy"])), "DateStyle=iso, mdy", vec![]),
            (("work_mem", values(&["64MB"])), "work_mem=64MB", vec![]),
            (("work_mem", values(&["64MB"])), "work_mem=65536", vec!["not compared: settings"]),
            (("work_mem", Setting::Current), "work_mem=1", vec![]),
            (("work_mem", Setting::Reset), "work_mem=1", vec!["work_mem not set / work_mem=1"]),
        ] {
            assert_eq!(
                told(&declared(false, std::slice::from_ref(&setting)), &[observed]),
                differences,
                "{setting:?}"
            );
        }
    }

    #[test]
    fn settings_that_sql_does_not_name_are_open_after_alter_and_none_after_create() {
        assert_eq!(told(&declared(false, &[]), &["work_mem=1"]), [""; 0]);
        assert_eq!(told(&declared(true, &[]), &["work_mem=1"]), ["work_mem not set / work_mem=1"]);
        assert_eq!(
            told(&declared(true, &[("search_path", values(&[""]))]), &[]),
            ["search_path='' / search_path not set"]
        );
    }

    #[test]
    fn reset_all_ends_what_was_said_before() {
        let mut settings = declared(false, &[("work_mem", values(&["1"]))]);
        let mut change = Settings::default();
        change.reset_all();
        settings.change(change);
        assert_eq!(settings, declared(true, &[]));
    }
}
