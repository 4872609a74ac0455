//! The terms of a plan: what a person approves beside its statements. Where it runs, as whom, when, and what is saved before.

use serde::{Deserialize, Serialize};

/// What a digest covers beside statements and settings. A plan that nobody but its maker runs has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// What is said of it, in words, each with its name: `runs with`, `Secret shop-db-owner`. The same order each time.
    pub said: Vec<(String, String)>,
    /// The database that was looked at: `postgres::identity`. `None` where its role may not know.
    pub database: Option<String>,
}

impl Terms {
    /// The same terms for whoever looks at the database again. What the first one could not know binds nobody.
    #[must_use]
    pub fn seen_again(&self, database: Option<String>) -> Self {
        let Self { said, database: expected } = self;
        Self { said: said.clone(), database: expected.as_ref().and(database) }
    }

    /// In lines, for people.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let database = self.database.iter().map(|database| ("database", database.as_str()));
        let said = self.said.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        said.chain(database).map(|(name, text)| format!("{name}: {text}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_look_could_not_know_binds_nobody_and_what_it_knew_does() {
        let terms =
            |database: Option<&str>| Terms { said: Vec::new(), database: database.map(str::to_owned) };
        for (first, second, again) in [
            (Some("a"), Some("a"), Some("a")),
            (Some("a"), Some("b"), Some("b")),
            (Some("a"), None, None),
            (None, Some("a"), None),
        ] {
            assert_eq!(terms(first).seen_again(second.map(str::to_owned)), terms(again));
        }
    }
}
