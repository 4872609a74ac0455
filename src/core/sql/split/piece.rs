//! One statement, token by token, until its end is reached.

use std::ops::Range;

use super::PlanMarkers;
use crate::core::sql::lex::{Token, TokenKind};
use crate::core::sql::{noise, syntax_error};

/// A statement in the making.
#[derive(Debug, Clone)]
pub struct Piece {
    pub(super) range: Range<usize>,
    pub(super) feature: Option<String>,
    pub(super) ignored: bool,
    pub(super) markers: PlanMarkers,
    /// The first words, in lower case.
    pub(super) words: Vec<String>,
    pub(super) parentheses: u32,
    /// How many BEGINs and CASEs are open in the body of a function in standard SQL.
    pub(super) begins: u32,
    /// Whether `FROM stdin` was read, and whether `from` was the last word.
    pub(super) from: bool,
    pub(super) from_stdin: bool,
    /// Why it cannot be read, and where that is.
    pub(super) unreadable: Option<(usize, String)>,
}

impl Piece {
    pub(super) fn add(&mut self, token: &Token, text: &str) {
        self.range.end = token.range.end;
        if !token.closed {
            let what = match token.kind {
                TokenKind::QuotedIdentifier => "unterminated quoted identifier",
                _ if text.starts_with('$') => "unterminated dollar-quoted string",
                _ => "unterminated quoted string",
            };
            let message = format!("{what}, which takes in the rest of the file");
            self.unreadable.get_or_insert((token.range.start, message));
        }
        if token.kind == TokenKind::QuotedIdentifier
            && let Some((at, placeholder)) = noise::placeholder_in_name(text)
        {
            let message = syntax_error::to_be_filled_in(placeholder);
            self.unreadable.get_or_insert((token.range.start + at, message));
        }
        match token.kind {
            TokenKind::Word => self.word(text),
            TokenKind::Open => self.parentheses += 1,
            TokenKind::Close => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        if self.words.len() < 4 {
            self.words.push(word.to_ascii_lowercase());
        }
        self.from_stdin |= self.from && is("stdin") && self.starts_with(&["copy"]);
        self.from = is("from");
        if self.parentheses == 0 && self.makes_routine() {
            if is("begin") || (is("case") && self.begins > 0) {
                self.begins += 1;
            } else if is("end") {
                self.begins = self.begins.saturating_sub(1);
            }
        }
    }

    pub(super) fn starts_with(&self, words: &[&str]) -> bool {
        self.words.len() >= words.len() && self.words.iter().zip(words).all(|(a, b)| a == b)
    }

    fn makes(&self, object: &str) -> bool {
        self.starts_with(&["create", object]) || self.starts_with(&["create", "or", "replace", object])
    }

    fn makes_routine(&self) -> bool {
        self.makes("function") || self.makes("procedure")
    }

    /// Semicolons stand inside of statements in two places: bodies in standard SQL, and the parentheses of a rule.
    pub(super) fn ends_at_semicolon(&self) -> bool {
        self.begins == 0 && (self.parentheses == 0 || !self.makes("rule"))
    }
}
