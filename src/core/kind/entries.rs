//! Parts that ALTER adds to and takes from: the tables of a publication, the options of a server.

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::core::catalog::Row;
use crate::core::kind::{Comparison, DecodeError};

/// Entries by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<K, V> {
    /// What each holds; `None` for one that must not be there.
    pub values: BTreeMap<K, Option<V>>,
    /// Whether these are all; else what else there may be is open.
    pub complete: bool,
}

/// Options of a foreign object by name. Of one that may be a secret, only a digest of the value is kept: it tells
/// whether two are equal, and cannot be read wherever it gets to.
pub type Options = Entries<String, String>;

impl<K: Ord + Clone, V: PartialEq + Clone> Entries<K, V> {
    /// All of them.
    pub fn all(values: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { values: values.into_iter().map(|(name, value)| (name, Some(value))).collect(), complete: true }
    }

    /// Some of them, to take over into others ([`Entries::change`]): `None` for one that goes.
    pub fn some(values: impl IntoIterator<Item = (K, Option<V>)>) -> Self {
        Self { values: values.into_iter().collect(), complete: false }
    }

    /// Takes over what an ALTER says.
    pub fn change(entries: &mut Option<Self>, change: Option<Self>) {
        let Some(change) = change else { return };
        match entries {
            Some(entries) if !change.complete => {
                for (name, value) in change.values {
                    if value.is_none() && entries.complete {
                        entries.values.remove(&name);
                    } else {
                        entries.values.insert(name, value);
                    }
                }
            }
            _ => *entries = Some(change),
        }
    }

    /// The first entries that are not as declared, as pairs of what is declared and what was observed.
    fn unlike<'a>(&'a self, observed: &'a Self) -> Vec<(&'a K, Option<&'a V>, Option<&'a V>)> {
        let names = observed.values.keys().filter(|name| self.complete && !self.values.contains_key(name));
        let names: std::collections::BTreeSet<&K> = self.values.keys().chain(names).collect();
        let get = |entries: &'a Self, name: &K| entries.values.get(name).and_then(Option::as_ref);
        let each = names.into_iter().map(|name| (name, get(self, name), get(observed, name)));
        each.filter(|(_, expected, actual)| expected != actual).collect()
    }

    /// Compares a part: each entry that is not as declared is told, in the words that `show` has for it.
    pub fn compare(
        part: &'static str,
        expected: Option<&Self>,
        actual: Option<&Self>,
        comparison: &mut Comparison,
        show: impl Fn(&K, Option<&V>) -> String,
    ) {
        let (Some(expected), Some(actual)) = (expected, actual) else { return };
        let unlike = expected.unlike(actual);
        if unlike.is_empty() {
            return;
        }
        let words: Vec<(String, String)> =
            unlike.into_iter().map(|(name, one, other)| (show(name, one), show(name, other))).collect();
        let join = |words: Vec<String>| words.join(", ");
        let (expected, actual) = words.into_iter().unzip();
        comparison.differs(part, join(expected), join(actual));
    }
}

impl Options {
    /// The options of a row's column, which holds a JSON array of `name=value`; null is none.
    pub fn decode(row: &Row<'_>, column: &str) -> Result<Self, DecodeError> {
        let options: Vec<String> = row.json_or_default(column)?;
        Ok(Self::all(options.iter().map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            (name.to_owned(), Self::kept(name, value))
        })))
    }

    /// The value of an option as it is kept.
    #[must_use]
    pub fn kept(name: &str, value: &str) -> String {
        if !is_secret(name) {
            return value.to_owned();
        }
        let digest = Sha256::digest(value.as_bytes());
        digest.iter().fold(String::from("sha256:"), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Compares options. The value of one that may be a secret is never shown.
    pub fn compare_options(expected: Option<&Self>, actual: Option<&Self>, comparison: &mut Comparison) {
        // A value that is not shown is told apart by which side it is on.
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let (Some(expected), Some(actual)) = (expected, actual) else { return };
        for (name, one, other) in expected.unlike(actual) {
            let hidden = is_secret(name);
            let show = |value: Option<&String>, words: &str| match value {
                None => format!("no {name}"),
                Some(_) if hidden => format!("{words} {name}"),
                Some(value) => format!("{name} '{value}'"),
            };
            first.push(show(one, "the declared"));
            second.push(show(other, "another"));
        }
        if !first.is_empty() {
            comparison.differs("options", first.join(", "), second.join(", "));
        }
    }
}

/// Whether an option of this name may hold what nobody may read: a password, a key, an account.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token", "key", "user", "cred", "auth", "account", "cert"]
        .iter()
        .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(options: &[(&str, &str)]) -> Options {
        Options::all(options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn told(expected: &Options, actual: &Options) -> Vec<(String, String)> {
        let mut comparison = Comparison::default();
        Options::compare_options(Some(expected), Some(actual), &mut comparison);
        comparison.differences.into_iter().map(|part| (part.expected, part.actual)).collect()
    }

    #[test]
    fn an_alter_adds_sets_and_drops() {
        let change = || {
            let change = [("a", Some("2")), ("b", None), ("c", Some("3"))];
            Some(Options::some(change.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))))
        };
        let mut all = Some(options(&[("a", "1"), ("b", "1")]));
        Options::change(&mut all, None);
        Options::change(&mut all, change());
        assert_eq!(all, Some(options(&[("a", "2"), ("c", "3")])));
        let mut unknown = None;
        Options::change(&mut unknown, change());
        let unknown = unknown.unwrap();
        assert_eq!(told(&unknown, &options(&[("a", "2"), ("c", "3"), ("z", "9")])), []);
        assert_eq!(
            told(&unknown, &options(&[("a", "2"), ("b", "1")])),
            [("no b, c '3'".to_owned(), "b '1', no c".to_owned())]
        );
    }

    #[test]
    fn the_value_of_a_secret_is_not_kept() {
        assert_eq!(Options::kept("host", "db"), "db");
        let kept = Options::kept("Password", "hunter2");
        assert!(kept.starts_with("sha256:") && !kept.contains("hunter2"), "{kept}");
        assert_eq!(kept, Options::kept("password", "hunter2"));
        assert_ne!(kept, Options::kept("password", "swordfish"));
    }

    #[test]
    fn every_option_that_is_not_as_declared_is_told_and_no_secret_is_shown() {
        let declared = options(&[("host", "a"), ("Password", "hunter2"), ("user", "bob")]);
        assert_eq!(told(&declared, &declared), []);
        assert_eq!(
            told(&declared, &options(&[("host", "b"), ("Password", "swordfish"), ("port", "1")])),
            [(
                "the declared Password, host 'a', no port, the declared user".to_owned(),
                "another Password, host 'b', port '1', no user".to_owned()
            )]
        );
    }
}
