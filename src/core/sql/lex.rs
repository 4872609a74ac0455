//! Cuts SQL text into the few sorts of tokens that matter for finding where statements end: the rules of psql's own
//! lexer (`psqlscan.l`), which reads scripts before any server sees them.

use std::ops::Range;

/// The sorts of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum TokenKind {
    /// `-- ...`, without the line's end.
    LineComment,
    /// `/* ... */`, nested.
    BlockComment,
    /// `'...'`, `E'...'`, `$tag$...$tag$`.
    String,
    /// `"..."`.
    QuotedIdentifier,
    /// A keyword or a plain identifier.
    Word,
    /// `;`
    Semicolon,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `\`, which starts a command of psql.
    Backslash,
    /// Any other character, number or parameter.
    Other,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core) struct Token {
    pub kind: TokenKind,
    /// Its bytes; both ends lie between characters.
    pub range: Range<usize>,
    /// False for a comment or a quote that runs to the end of the text.
    pub closed: bool,
}

/// Reads tokens from a text, one after the other. White space is passed over.
#[derive(Debug, Clone)]
pub(in crate::core) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(in crate::core) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes on reading at a later place.
    pub(in crate::core) fn skip_to(&mut self, offset: usize) {
        self.at = self.at.max(offset.min(self.text.len()));
    }

    fn byte(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(offset).copied()
    }

    /// The end of what starts at `from` and goes on as long as bytes are `part`.
    fn run(&self, from: usize, part: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| part(**byte)).count()
    }

    /// The end of what ends with `closing`, searched from `from`; `None` where it does not end.
    fn until(&self, from: usize, closing: &str) -> Option<usize> {
        self.text.get(from..)?.find(closing).map(|found| from + found + closing.len())
    }

    fn block_comment(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (start + 2, 1_u32);
        while depth > 0 {
            match (bytes.get(at)?, bytes.get(at + 1)) {
                (b'/', Some(b'*')) => (at, depth) = (at + 2, depth + 1),
                (b'*', Some(b'/')) => (at, depth) = (at + 2, depth - 1),
                _ => at += 1,
            }
        }
        Some(at)
    }

    /// The end of a string with backslash escapes, whose quote is at `quote`. It goes on in the same manner after
    /// white space with a line end in it.
    fn escape_string(&self, quote: usize) -> Option<usize> {
        let mut at = quote + 1;
        loop {
            match self.byte(at)? {
                b'\\' => at += 2,
                b'\'' if self.byte(at + 1) == Some(b'\'') => at += 2,
                b'\'' => {
                    let next = self.run(at + 1, |byte| byte.is_ascii_whitespace());
                    let goes_on = self.byte(next) == Some(b'\'')
                        && self.text.get(at + 1..next).is_some_and(|space| space.contains(['\n', '\r']));
                    if !goes_on {
                        return Some(at + 1);
                    }
                    at = next + 1;
                }
                _ => at += 1,
            }
        }
    }

    /// The end of a dollar-quoted string; `None` where `$` at `start` does not begin one.
    fn dollar_tag(&self, start: usize) -> Option<&'a str> {
        let starts_tag = |byte: u8| is_identifier_start(byte);
        let end = match self.byte(start + 1)? {
            b'$' => start + 1,
            byte if starts_tag(byte) => self.run(start + 1, |b| is_identifier_start(b) || b.is_ascii_digit()),
            _ => return None,
        };
        if self.byte(end) == Some(b'$') { self.text.get(start..=end) } else { None }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.run(self.at, |byte| byte.is_ascii_whitespace() || byte == 0x0b);
        let end_of_text = self.text.len();
        let (kind, end) = match (self.byte(start)?, self.byte(start + 1)) {
            (b'-', Some(b'-')) => {
                (TokenKind::LineComment, Some(self.run(start, |byte| !matches!(byte, b'\n' | b'\r'))))
            }
            (b'/', Some(b'*')) => (TokenKind::BlockComment, self.block_comment(start)),
            (b'\'', _) => (TokenKind::String, self.until(start + 1, "'")),
            (b'e' | b'E', Some(b'\'')) => (TokenKind::String, self.escape_string(start + 1)),
            (b'"', _) => (TokenKind::QuotedIdentifier, self.until(start + 1, "\"")),
            (b'$', _) => match self.dollar_tag(start) {
                Some(tag) => (TokenKind::String, self.until(start + tag.len(), tag)),
                None => (TokenKind::Other, Some(self.run(start + 1, |byte| byte.is_ascii_digit()))),
            },
            (b';', _) => (TokenKind::Semicolon, Some(start + 1)),
            (b'(', _) => (TokenKind::Open, Some(start + 1)),
            (b')', _) => (TokenKind::Close, Some(start + 1)),
            (b'\\', _) => (TokenKind::Backslash, Some(start + 1)),
            (byte, _) if is_identifier_start(byte) => {
                (TokenKind::Word, Some(self.run(start, is_identifier_part)))
            }
            (byte, _) if byte.is_ascii_digit() => {
                (TokenKind::Other, Some(self.run(start, |byte| byte.is_ascii_alphanumeric() || byte == b'_')))
            }
            _ => (TokenKind::Other, Some(start + 1)),
        };
        self.at = end.unwrap_or(end_of_text).min(end_of_text);
        Some(Token { kind, range: start..self.at, closed: end.is_some_and(|end| end <= end_of_text) })
    }
}

/// Every byte of a character beyond ASCII is part of an identifier, as in PostgreSQL's `scan.l`.
fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

pub(in crate::core) fn is_identifier_part(byte: u8) -> bool {
    is_identifier_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Whether what stands at `range` of a text is cut out of no word: neither of its ends lies within one.
pub(in crate::core) fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let is_part = |at: usize| text.as_bytes().get(at).is_some_and(|byte| is_identifier_part(*byte));
    let within_word = |at: usize| at > 0 && is_part(at - 1) && is_part(at);
    !within_word(range.start) && !within_word(range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
        Lexer::new(text).map(|token| (token.kind, &text[token.range])).collect()
    }

    #[test]
    fn quotes_and_comments_hide_what_they_hold() {
        use TokenKind as T;
        for (text, expected) in [
            ("'a;''b'", vec![(T::String, "'a;'"), (T::String, "'b'")]),
            (r"E'it\'s;' ;", vec![(T::String, r"E'it\'s;'"), (T::Semicolon, ";")]),
            ("e'a'\n  'b\\';'", vec![(T::String, "e'a'\n  'b\\';'")]),
            ("\"a;\"\"b\"", vec![(T::QuotedIdentifier, "\"a;\""), (T::QuotedIdentifier, "\"b\"")]),
            ("$$;$a$;$$", vec![(T::String, "$$;$a$;$$")]),
            ("$a$;$$;$a$", vec![(T::String, "$a$;$$;$a$")]),
            ("a$b$ $1", vec![(T::Word, "a$b$"), (T::Other, "$1")]),
            ("/* a /* ; */ b */;", vec![(T::BlockComment, "/* a /* ; */ b */"), (T::Semicolon, ";")]),
            ("-- a;\nb", vec![(T::LineComment, "-- a;"), (T::Word, "b")]),
            (
                "é\u{a0}ü(1e5)",
                vec![(T::Word, "é\u{a0}ü"), (T::Open, "("), (T::Other, "1e5"), (T::Close, ")")],
            ),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn an_open_quote_or_comment_runs_to_the_end() {
        for text in ["'a", "E'a\\", "E'a\\'", "\"a", "$$a$", "$a$ $$", "/* a /* */"] {
            let last = Lexer::new(text).last().unwrap();
            assert!(!last.closed && last.range.end == text.len(), "{text}");
        }
    }
}
