//! The names of the columns of a view, as far as SQL tells them without knowing a table.

use std::fmt;

use crate::core::kind::Comparison;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;

/// One column of a view, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewColumn {
    /// A column of this name.
    Named(Identifier),
    /// One column of whatever name.
    Unnamed,
    /// Any number of columns of whatever names: `*`.
    Several,
}

/// The columns of a view in order: declared, as its text tells; observed, all of them, each with its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewColumns(Vec<ViewColumn>);

impl ViewColumns {
    /// The columns that a query gives, of which a list before AS names the first ones.
    #[must_use]
    pub fn declared(names: Vec<Identifier>, results: Vec<ViewColumn>) -> Self {
        let renamed = names.len();
        let mut columns: Vec<ViewColumn> = names.into_iter().map(ViewColumn::Named).collect();
        // How many results the names are for is not known where one result is several columns.
        if results.iter().take(renamed).any(|result| *result == ViewColumn::Several) {
            columns.push(ViewColumn::Several);
        } else {
            columns.extend(results.into_iter().skip(renamed));
        }
        Self(columns)
    }

    /// Compares declared columns with observed ones: those before the first `*`, those after the last one, and how many
    /// there are at least.
    pub(super) fn compare(declared: Option<&Self>, observed: Option<&Self>, comparison: &mut Comparison) {
        if let (Some(declared), Some(observed)) = (declared, observed)
            && !declared.are(&observed.0)
        {
            comparison.differs("columns", declared.to_string(), observed.to_string());
        }
    }

    fn are(&self, observed: &[ViewColumn]) -> bool {
        let Self(declared) = self;
        let is_several = |column: &ViewColumn| *column == ViewColumn::Several;
        let same = |(one, other): (&ViewColumn, &ViewColumn)| *one == ViewColumn::Unnamed || one == other;
        let Some(first) = declared.iter().position(is_several) else {
            return declared.len() == observed.len() && declared.iter().zip(observed).all(same);
        };
        let before = &declared[..first];
        let after = declared.rsplit(is_several).next().unwrap_or_default();
        declared.iter().filter(|column| !is_several(column)).count() <= observed.len()
            && before.iter().zip(observed).all(same)
            && after.iter().rev().zip(observed.iter().rev()).all(same)
    }

    /// Tells the columns of the view of this name another name.
    pub(super) fn rename(&mut self, view: &QualifiedName, renaming: &Renaming) {
        let named = self.0.iter_mut().filter_map(|column| match column {
            ViewColumn::Named(name) => Some(name),
            ViewColumn::Unnamed | ViewColumn::Several => None,
        });
        renaming.columns(view, named);
    }
}

/// The columns of an observed view.
impl FromIterator<Identifier> for ViewColumns {
    fn from_iter<T: IntoIterator<Item = Identifier>>(names: T) -> Self {
        Self(names.into_iter().map(ViewColumn::Named).collect())
    }
}

/// As in a list of them; `?` is one whose name is open, `*` any number.
impl fmt::Display for ViewColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => name.fmt(f),
            Self::Unnamed => f.write_str("?"),
            Self::Several => f.write_str("*"),
        }
    }
}

impl fmt::Display for ViewColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "({})", columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, `?` and `*`, with spaces between them.
    fn columns(text: &str) -> Vec<ViewColumn> {
        let column = |word: &str| match word {
            "?" => ViewColumn::Unnamed,
            "*" => ViewColumn::Several,
            name => ViewColumn::Named(Identifier::new(name)),
        };
        text.split_whitespace().map(column).collect()
    }

    #[test]
    fn columns_are_compared_as_far_as_the_text_tells_them() {
        for (declared, observed, same) in [
            ("a b", "a b", true),
            ("a b", "a c", false),
            ("a b", "a", false),
            ("a b", "a b c", false),
            ("a ? c", "a b c", true),
            ("a ? c", "a c", false),
            ("*", "", true),
            ("* n", "a b n", true),
            ("* n", "a b m", false),
            ("a * b * c", "a x b c", true),
            ("a * b * c", "a c", false),
            ("a * b * c", "b b c", false),
            ("a * ?", "a", false),
        ] {
            assert_eq!(
                ViewColumns(columns(declared)).are(&columns(observed)),
                same,
                "{declared} / {observed}"
            );
        }
    }

    #[test]
    fn a_list_names_the_first_columns() {
        for (names, results, expected) in [
            ("", "a b", "(a, b)"),
            ("x", "a b", "(x, b)"),
            ("x", "? *", "(x, *)"),
            ("x y", "* b", "(x, y, *)"),
            ("", "", "()"),
        ] {
            let names = names.split_whitespace().map(Identifier::new).collect();
            assert_eq!(ViewColumns::declared(names, columns(results)).to_string(), expected);
        }
    }
}
