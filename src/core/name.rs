//! Names of database objects, as PostgreSQL itself keeps them.
//!
//! An [`Identifier`] holds the name after case folding and truncation, so that two spellings of one name are one
//! value. Nothing here quotes for SQL: that is [`crate::core::sql::quoting`].

use std::fmt;

use serde::{Serialize, Serializer};
use smol_str::SmolStr;

/// The longest identifier that PostgreSQL keeps, in bytes (`NAMEDATALEN` - 1).
pub const MAX_IDENTIFIER_BYTES: usize = 63;

/// One name, cut at 63 bytes on a character boundary as the server does (with no more than a NOTICE).
///
/// Most names are short, and stand in the value itself: no look elsewhere is needed to compare two of them. There are
/// three in the identity of every column, and every identity is in a requirement, a catalog and a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(SmolStr);

impl Identifier {
    /// Takes a name as the parser folded it (`Foo` is `foo`, `"Foo"` is `Foo`) and cuts it as the server would.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(SmolStr::new(truncate(name)))
    }

    /// Reads a name in double quotes at the start of a text, and gives what follows it. `None` where there is none, or its
    /// quotes have no end.
    #[must_use]
    pub fn quoted(text: &str) -> Option<(Self, &str)> {
        let mut rest = text.strip_prefix('"')?;
        let mut name = String::new();
        loop {
            let end = rest.find('"')?;
            name.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    name.push('"');
                    rest = after;
                }
                None => return Some((Self::new(&name), rest)),
            }
        }
    }

    /// Whether SQL takes the name without quotes, as far as its letters go: a keyword counts as plain too.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let mut characters = self.0.chars();
        characters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
            && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$')
    }

    /// The bare name, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest prefix of `name` that fits 63 bytes and ends between two characters (`truncate_identifier` in
/// PostgreSQL's `scansup.c`).
fn truncate(name: &str) -> &str {
    let mut end = name.len().min(MAX_IDENTIFIER_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

impl From<&str> for Identifier {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// Names without an order and without repetition, in less room than a tree: of most checks, one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameSet(Box<[Identifier]>);

impl NameSet {
    /// Puts one name in the place of another, if that is one of them.
    pub fn rename(&mut self, from: &Identifier, to: &Identifier) {
        if self.contains(from) {
            *self = self.iter().map(|name| if name == from { to } else { name }).cloned().collect();
        }
    }
}

impl FromIterator<Identifier> for NameSet {
    fn from_iter<T: IntoIterator<Item = Identifier>>(names: T) -> Self {
        let mut names: Vec<Identifier> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into_boxed_slice())
    }
}

impl<const N: usize> From<[Identifier; N]> for NameSet {
    fn from(names: [Identifier; N]) -> Self {
        names.into_iter().collect()
    }
}

impl std::ops::Deref for NameSet {
    type Target = [Identifier];

    fn deref(&self) -> &[Identifier] {
        &self.0
    }
}

impl IntoIterator for NameSet {
    type Item = Identifier;
    type IntoIter = std::vec::IntoIter<Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl<'a> IntoIterator for &'a NameSet {
    type Item = &'a Identifier;
    type IntoIter = std::slice::Iter<'a, Identifier>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Readable form: bare where the name is plain (`users`), in double quotes where it is not (`"Name with spaces"`).
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_plain() { f.write_str(&self.0) } else { write!(f, "\"{}\"", self.0.replace('"', "\"\"")) }
    }
}

/// A name as it is, without the quotes that it has where people read it: for documents that are read back.
pub(crate) mod exact {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::Identifier;

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        name: &Option<Identifier>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        name.as_ref().map(Identifier::as_str).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Identifier>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.as_deref().map(Identifier::new))
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A name whose schema the SQL may leave to the search path: a collation, an operator class, an operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialName {
    /// The schema, where the SQL names one. The catalog always does.
    pub schema: Option<Identifier>,
    /// The name inside it.
    pub name: Identifier,
}

impl PartialName {
    /// Joins a schema and a name, as the catalog does.
    #[must_use]
    pub fn of(schema: &str, name: &str) -> Self {
        Self { schema: Some(Identifier::new(schema)), name: Identifier::new(name) }
    }

    /// The name as SQL writes it, by its parts: `name`, `schema.name`, `database.schema.name`.
    #[must_use]
    pub fn written(parts: &[&str]) -> Option<Self> {
        let (name, before) = parts.split_last()?;
        Some(Self {
            schema: before.last().map(|schema| Identifier::new(schema)),
            name: Identifier::new(name),
        })
    }

    /// Whether a declared name is this observed one. One without a schema is that name in any schema: what the
    /// search path made of it is not shown by the SQL, and what cannot be decided is not called different.
    #[must_use]
    pub fn is(&self, observed: &Self) -> bool {
        self.name == observed.name && (self.schema.is_none() || self.schema == observed.schema)
    }
}

/// Without the schema of what is built in.
impl fmt::Display for PartialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) if schema.as_str() != "pg_catalog" => write!(f, "{schema}.{}", self.name),
            _ => self.name.fmt(f),
        }
    }
}

/// A name inside a schema: a table, a type, a function without its arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    /// The schema, already resolved: an unqualified name took the default schema.
    pub schema: Identifier,
    /// The name inside it.
    pub name: Identifier,
}

impl QualifiedName {
    /// Joins a schema and a name.
    #[must_use]
    pub fn new(schema: impl Into<Identifier>, name: impl Into<Identifier>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl Serialize for QualifiedName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c13_names_are_cut_at_63_bytes() {
        assert_eq!(Identifier::new(&"a".repeat(70)).as_str(), "a".repeat(63));
        assert_eq!(Identifier::new(&"a".repeat(63)).as_str(), "a".repeat(63));
    }

    #[test]
    fn c13_a_name_of_two_byte_letters_keeps_62_bytes() {
        assert_eq!(Identifier::new(&"é".repeat(40)).as_str().len(), 62);
    }

    #[test]
    fn plain_names_are_shown_bare_and_others_in_quotes() {
        for (name, shown) in [
            ("users", "users"),
            ("_a1$", "_a1$"),
            ("Users", "\"Users\""),
            ("two words", "\"two words\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("таблица", "\"таблица\""),
            ("1st", "\"1st\""),
            ("", "\"\""),
        ] {
            assert_eq!(Identifier::new(name).to_string(), shown);
        }
    }
}
