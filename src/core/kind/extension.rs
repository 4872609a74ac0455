//! Extensions: `pg_extension`.

use std::cmp::Ordering;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// An extension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extension {
    /// Declared: the least version that will do. Observed: the installed version.
    pub version: Option<String>,
    /// The schema that its objects live in, where the SQL says one.
    pub schema: Option<Identifier>,
    /// Observed: whether every role may make objects in that schema. Never compared.
    pub is_open: bool,
}

impl Room for Extension {
    const ABOUT: About = About {
        declared_by: "`CREATE EXTENSION`, `ALTER EXTENSION`.",
        compared: "The version, where one is named: an installed one that is newer will do. The schema, where \
            one is named.",
        not_compared: "A version that cannot be put in order with the installed one, and the objects that belong to \
            the extension.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("extension.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let extension = Self {
            version: Some(row.text("version")?.to_owned()),
            schema: Some(row.identifier("schema")?),
            is_open: row.boolean("is_open")?,
        };
        Ok((ComponentId::global(Kind::Extension, row.identifier("name")?), extension))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { version, schema, is_open: _ } = self;
        let mut comparison = Comparison::default();
        if let (Some(least), Some(installed)) = (version, &observed.version) {
            match compare_versions(installed, least) {
                Some(Ordering::Less) => {
                    comparison.differs("version", format!("at least {least}"), installed.as_str());
                }
                Some(Ordering::Equal | Ordering::Greater) => {}
                None => comparison.not_compared("version"),
            }
        }
        comparison.part("schema", schema.as_ref(), observed.schema.as_ref(), ToString::to_string);
        comparison
    }

    fn may_have_definitions(&self) -> bool {
        false
    }

    fn change(&mut self, change: Self) {
        let Self { version, schema, is_open: _ } = change;
        self.version = version.or(self.version.take());
        self.schema = schema.or(self.schema.take());
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(schema) = &mut self.schema {
            renaming.schema(schema);
        }
    }
}

/// The order of two versions; `None` where they are not numbers between dots. PostgreSQL itself knows no order of
/// versions: they are names.
fn compare_versions(one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let mut numbers: Vec<u64> =
            version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        // 1.2 and 1.2.0 are one version.
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(numbers)
    };
    Some(numbers(one)?.cmp(&numbers(other)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: &str) -> Extension {
        Extension { version: Some(version.into()), ..Extension::default() }
    }

    #[test]
    fn versions_are_compared_by_numbers() {
        for (least, installed, enough) in [
            ("0.5.0", "0.5.0", true),
            ("0.5.0", "0.5.1", true),
            ("0.5", "0.10.0", true),
            ("0.5.0", "0.5", true),
            ("1.2.0", "1.2", true),
            ("0.5.0", "0.4.9", false),
            ("1.10", "1.9", false),
        ] {
            let comparison = version(least).compare(&version(installed));
            assert_eq!(comparison.differences.is_empty(), enough, "{least} {installed}");
            assert!(comparison.not_compared.is_empty());
        }
    }

    #[test]
    fn a_version_that_is_too_old_is_told_with_the_least_one() {
        let [difference] = &version("0.5.0").compare(&version("0.4.4")).differences[..] else {
            panic!("one difference")
        };
        assert_eq!(difference.expected, "at least 0.5.0");
        assert_eq!(difference.actual, "0.4.4");
    }

    #[test]
    fn versions_that_are_no_numbers_are_not_compared_unless_equal() {
        assert_eq!(version("1.0").compare(&version("2.0beta")).not_compared[0].part, "version");
        assert_eq!(version("unpackaged").compare(&version("unpackaged")), Comparison::default());
    }
}
