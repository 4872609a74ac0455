//! Closed sets that the catalog keeps as a letter, and people read as words.

use crate::core::catalog::Row;
use crate::core::kind::{Comparison, DecodeError};

/// A value of such a set. The table is all that there is to say of it.
pub trait Letter: Copy + PartialEq + 'static {
    /// Each value with its letter and its words; of several letters of one value, the first counts for its words.
    const LETTERS: &'static [(Self, &'static str, &'static str)];

    /// The value of a letter.
    #[must_use]
    fn of(letter: &str) -> Option<Self> {
        Self::LETTERS.iter().find(|(_, known, _)| *known == letter).map(|(value, _, _)| *value)
    }

    /// The value of these words.
    #[must_use]
    fn of_words(words: &str) -> Option<Self> {
        Self::LETTERS.iter().find(|(_, _, known)| *known == words).map(|(value, _, _)| *value)
    }

    /// The value in words.
    #[must_use]
    fn words(self) -> &'static str {
        Self::LETTERS.iter().find(|(value, _, _)| *value == self).map_or("", |(_, _, words)| words)
    }
}

impl Row<'_> {
    /// A letter that must be there, and be one of its set.
    pub fn letter<T: Letter>(&self, column: &str) -> Result<T, DecodeError> {
        let letter = self.text(column)?;
        T::of(letter).ok_or_else(|| self.unknown_value(column, letter))
    }

    /// A letter of a set, or null.
    pub fn optional_letter<T: Letter>(&self, column: &str) -> Result<Option<T>, DecodeError> {
        self.optional(column)?.map(|_| self.letter(column)).transpose()
    }
}

impl Comparison {
    /// As [`Self::part`], in the words of the set.
    pub fn letter<T: Letter>(&mut self, part: &'static str, expected: Option<T>, actual: Option<T>) {
        self.part(part, expected.as_ref(), actual.as_ref(), |value| value.words().to_owned());
    }
}
