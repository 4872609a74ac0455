//! Collations: `pg_collation`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::letter::Letter;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};

/// A collation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collation {
    /// Whose rules it follows.
    pub provider: Option<Provider>,
    /// The locale (for the operating system's: both of them, as `LC_COLLATE` and `LC_CTYPE`).
    pub locale: Option<Locale>,
    /// Whether only equal bytes are equal.
    pub deterministic: Option<bool>,
}

/// Who knows the rules of a collation (`pg_collation.collprovider`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// The operating system's library.
    Libc,
    /// The ICU library.
    Icu,
    /// The server itself (PostgreSQL 17).
    Builtin,
    /// Whatever the database uses.
    Default,
}

impl Letter for Provider {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Libc, "c", "libc"),
        (Self::Icu, "i", "icu"),
        (Self::Builtin, "b", "builtin"),
        (Self::Default, "d", "default"),
    ];
}

/// The locale of a collation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locale {
    /// One name.
    One(String),
    /// `LC_COLLATE` and `LC_CTYPE`.
    Two(String, String),
}

impl Room for Collation {
    const ABOUT: About = About {
        declared_by: "`CREATE COLLATION`.",
        compared: "The provider, the locale, and whether equality is deterministic.",
        not_compared: "A locale of ICU that the server may write in another way than SQL does; rules and the \
            version.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("collation.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let provider = row.letter("provider")?;
        let locale = match (provider, row.optional("collate")?, row.optional("ctype")?) {
            (Provider::Libc, Some(collate), Some(ctype)) => {
                Some(Locale::Two(collate.to_owned(), ctype.to_owned()))
            }
            _ => row.optional("locale")?.map(|locale| Locale::One(locale.to_owned())),
        };
        let collation =
            Self { provider: Some(provider), locale, deterministic: Some(row.boolean("deterministic")?) };
        Ok((ComponentId::in_schema(Kind::Collation, row.qualified("schema", "name")?), collation))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { provider, locale, deterministic } = self;
        let mut comparison = Comparison::default();
        comparison.letter("provider", *provider, observed.provider);
        if let (Some(expected), Some(actual)) = (locale, &observed.locale) {
            match (expected.is(actual), *provider == Some(Provider::Icu)) {
                (true, _) => {}
                // From PostgreSQL 16 on, ICU writes a locale in its own way.
                (false, true) if !(expected.is_plain() && actual.is_plain()) => {
                    comparison.not_compared("locale");
                }
                (false, _) => comparison.differs("locale", expected.show(), actual.show()),
            }
        }
        let words = ("deterministic", "not deterministic");
        comparison.either("equality", *deterministic, observed.deterministic, words);
        comparison
    }
}

impl Locale {
    fn is(&self, observed: &Self) -> bool {
        let plain = |locale: &str| locale.replace('_', "-").to_ascii_lowercase();
        match (self, observed) {
            (Self::One(one), Self::One(other)) => {
                one == other || self.is_plain() && plain(one) == plain(other)
            }
            _ => self.both() == observed.both(),
        }
    }

    fn both(&self) -> (&str, &str) {
        match self {
            Self::One(locale) => (locale, locale),
            Self::Two(collate, ctype) => (collate, ctype),
        }
    }

    /// A language of two letters, with or without a country of two: ICU has no other way to write it.
    fn is_plain(&self) -> bool {
        let Self::One(locale) = self else { return false };
        let mut parts = locale.split(['-', '_']);
        let is_part = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        parts.next().is_some_and(is_part) && parts.next().is_none_or(is_part) && parts.next().is_none()
    }

    fn show(&self) -> String {
        match self.both() {
            (one, other) if one == other => one.to_owned(),
            (collate, ctype) => format!("lc_collate {collate}, lc_ctype {ctype}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(provider: &str, locale: &str) -> Collation {
        let libc = (provider == "c").then_some(locale);
        let columns = [
            ("schema", Some("public")),
            ("name", Some("german")),
            ("provider", Some(provider)),
            ("collate", libc),
            ("ctype", libc),
            ("locale", Some(locale)),
            ("deterministic", Some("t")),
        ];
        let (id, shape) = decode(Kind::Collation, &columns).unwrap();
        assert_eq!(id.to_string(), "collation/public.german");
        let Shape::Collation(collation) = shape else { panic!("a collation") };
        *collation
    }

    fn icu(locale: &str) -> Collation {
        let locale = Some(Locale::One(locale.into()));
        Collation { provider: Some(Provider::Icu), locale, deterministic: Some(true) }
    }

    #[test]
    fn each_part_of_a_collation_is_compared() {
        let declared = Collation { deterministic: Some(false), ..icu("de") };
        assert_eq!(told(&Collation::default(), &observed("c", "C")), Vec::<String>::new());
        assert_eq!(told(&icu("de_AT"), &observed("i", "de-AT")), Vec::<String>::new());
        assert_eq!(
            told(&declared, &observed("c", "C")),
            ["provider: icu / libc", "equality: not deterministic / deterministic", "not compared: locale"]
        );
    }

    #[test]
    fn a_locale_that_icu_may_write_otherwise_is_not_called_different() {
        assert_eq!(told(&icu("de"), &observed("i", "fr")), ["locale: de / fr"]);
        assert_eq!(
            told(&icu("de@collation=phonebook"), &observed("i", "de-u-co-phonebk")),
            ["not compared: locale"]
        );
    }

    #[test]
    fn the_two_locales_of_the_operating_system_are_compared_as_they_are_written() {
        let two = |collate: &str, ctype: &str| Collation {
            provider: Some(Provider::Libc),
            locale: Some(Locale::Two(collate.into(), ctype.into())),
            deterministic: None,
        };
        assert_eq!(told(&two("C", "C"), &observed("c", "C")), Vec::<String>::new());
        assert_eq!(
            told(&two("C", "POSIX"), &observed("c", "C")),
            ["locale: lc_collate C, lc_ctype POSIX / C"]
        );
    }
}
