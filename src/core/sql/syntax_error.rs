//! Where, and why, the grammar refused a statement. The parser gives a message without a position.

use crate::core::sql::lex::{Lexer, TokenKind, is_whole};
use crate::core::sql::{noise, parse};

/// How many places that look like the refused token are tried.
const MOST_PLACES: usize = 100;

/// How much text is parsed to try them, in bytes.
const MOST_TRIED: usize = 2 << 20;

/// What the parser says where its own limits end: of its stack, of the grammar's (`YYMAXDEPTH`), of the tree's.
const TOO_DEEP: [&str; 3] =
    ["stack depth limit exceeded", "memory exhausted", "parse tree is nested too deeply"];

/// How much of a refused token is shown, in characters.
const MOST_SHOWN: usize = 60;

/// The offset of what was refused, in bytes of the statement (0 where it is not found), and a sentence about it.
pub(super) fn explain(statement: &str, error: &str) -> (usize, String) {
    if TOO_DEEP.iter().any(|words| error.starts_with(words)) {
        return (0, format!("it is nested too deeply for PostgreSQL's parser ({error})"));
    }
    let Some(near) = near(error) else {
        let is_secret = may_be_password(statement, statement.len(), "");
        let (what, _) = error.split_once(" \"").filter(|_| is_secret).unwrap_or((error, ""));
        return (0, if is_secret { hidden(what) } else { error.to_owned() });
    };
    let place = place(statement, near, error);
    if let Some(offset) = place
        && let Some(placeholder) = noise::placeholder(&statement[offset..])
    {
        return (offset, to_be_filled_in(placeholder));
    }
    if may_be_password(statement, place.unwrap_or(statement.len()), near) {
        let (what, _) = error.split_once(" at or near ").unwrap_or_default();
        return (place.unwrap_or(0), hidden(what));
    }
    let Some(offset) = place else { return (0, shown(error, near)) };
    match odd_space(statement, offset, near) {
        Some((offset, name)) => (
            offset,
            format!(
                "{}: there is a {name} in this line, which is no space to PostgreSQL",
                shown(error, near)
            ),
        ),
        None => (offset, format!("{}{}", shown(error, near), new_keyword(near))),
    }
}

/// The words that PostgreSQL 13 to 18 made keywords and that are no names of functions, types or parameters since, by
/// the version (`kwlist.h`).
const NEW_KEYWORDS: [(&str, u8); 15] = [
    // Before JSON alone (`FORMAT_LA` in `parser.c`).
    ("format", 16),
    ("json", 17),
    ("json_array", 16),
    ("json_arrayagg", 16),
    ("json_exists", 17),
    ("json_object", 16),
    ("json_objectagg", 16),
    ("json_query", 17),
    ("json_scalar", 17),
    ("json_serialize", 17),
    ("json_table", 17),
    ("json_value", 17),
    ("merge_action", 17),
    ("normalize", 13),
    ("system_user", 16),
];

/// Whether a word, in lower case, is a name of a parameter for an older server alone.
pub(in crate::core) fn is_new_keyword(word: &str) -> bool {
    NEW_KEYWORDS.iter().any(|(keyword, _)| *keyword == word)
}

/// What helps where the refused word is a name for older servers.
fn new_keyword(near: &str) -> String {
    let word = near.to_ascii_lowercase();
    match NEW_KEYWORDS.iter().find(|(keyword, _)| *keyword == word) {
        Some((keyword, version)) => format!(
            ": {keyword} is a keyword since PostgreSQL {version}, which an older server may take for a name; written \
             \"{keyword}\", in quotes, it is one for every version"
        ),
        None => String::new(),
    }
}

fn hidden(what: &str) -> String {
    format!("{what}, where a password may stand")
}

/// Whether the refused token may be (a part of) a password: no message says one.
fn may_be_password(statement: &str, offset: usize, near: &str) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("password");
    let before = &statement[..offset];
    if !says(before) {
        return near.starts_with('\'') && says(near);
    }
    let mut has_secrets = false;
    Lexer::new(before).filter(|token| token.kind == TokenKind::Word).any(|word| {
        let word = before[word.range].to_ascii_lowercase();
        has_secrets |= matches!(word.as_str(), "role" | "user" | "group" | "server" | "subscription");
        has_secrets && word == "password"
    })
}

/// What to say of a placeholder.
pub(super) fn to_be_filled_in(placeholder: &str) -> String {
    format!("the placeholder {placeholder} must be filled in before this SQL can be read")
}

/// The token that the message names.
fn near(error: &str) -> Option<&str> {
    let (_, quoted) = error.split_once(" at or near \"")?;
    quoted.strip_suffix('"').filter(|near| !near.is_empty())
}

/// The message with a long token cut.
fn shown(error: &str, near: &str) -> String {
    match near.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => error.replace(near, &format!("{}...", &near[..end])),
        None => error.to_owned(),
    }
}

/// The first place where the statement, cut after the token, is refused for the same token: the grammar reads from
/// left to right, so what stands before it was good.
fn place(statement: &str, near: &str, error: &str) -> Option<usize> {
    let places = statement.match_indices(near).map(|(start, _)| start);
    let mut places = places.filter(|start| is_whole(statement, &(*start..start + near.len())));
    let first = places.next()?;
    let mut candidates = std::iter::once(first).chain(places).take(MOST_PLACES).peekable();
    let mut tried = 0;
    while let Some(start) = candidates.next() {
        tried += start + near.len();
        let is_last = candidates.peek().is_none();
        if tried > MOST_TRIED && !is_last {
            // The place is not worth more time: the statement is.
            return None;
        }
        if is_last || parse::parse(&statement[..start + near.len()]).is_err_and(|refusal| refusal == error) {
            return Some(start);
        }
    }
    None
}

/// A space that is none to PostgreSQL: outside of quotes, at or before the refused token. There it is a letter.
fn odd_space(statement: &str, offset: usize, near: &str) -> Option<(usize, String)> {
    let read = &statement[..offset + near.len()];
    let words = Lexer::new(read).filter(|token| token.kind == TokenKind::Word);
    let (at, character) = words
        .flat_map(|word| {
            read[word.range.clone()].char_indices().map(move |(at, c)| (word.range.start + at, c))
        })
        .find(|(_, character)| {
            !character.is_ascii()
                && (character.is_whitespace() || matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}'))
        })?;
    let name = match character {
        '\u{a0}' => "no-break space (U+00A0)".to_owned(),
        other => format!("space of another sort (U+{:04X})", u32::from(other)),
    };
    Some((at, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_says_a_password() {
        for statement in [
            "create role app login password tell_nobody",
            "alter user app with encrypted\n password \"tell_nobody\"",
            "create role app password 'it's tell_nobody'",
            "create user app password 'x' tell_nobody",
            "create user mapping for app server s options (user 'a', password tell_nobody)",
            "create subscription s connection 'host=h password=tell_nobody",
        ] {
            let error = parse::parse(statement).unwrap_err();
            let (_, message) = explain(statement, &error);
            assert!(!message.contains("nobody"), "{message}");
            assert!(message.ends_with(", where a password may stand"), "{statement}: {message}");
        }
    }

    #[test]
    fn a_name_that_became_a_keyword_is_to_be_quoted() {
        let statement = "create function f(json json) returns int language sql as 'select 1'";
        let error = parse::parse(statement).unwrap_err();
        assert_eq!(
            explain(statement, &error),
            (
                23,
                "syntax error at or near \"json\": json is a keyword since PostgreSQL 17, which an older server may take \
                 for a name; written \"json\", in quotes, it is one for every version"
                    .to_owned()
            )
        );
        assert!(parse::parse(&statement.replace("(json", "(\"json\"")).is_ok());
        // Every word of the list is one that the grammar refuses there.
        for (keyword, _) in NEW_KEYWORDS {
            assert!(
                parse::parse(&format!("create function f({keyword} json) returns int return 1")).is_err()
            );
        }
    }

    #[test]
    fn a_column_called_password_is_no_secret() {
        let statement = "create table users (password text oops oops)";
        let error = parse::parse(statement).unwrap_err();
        assert_eq!(explain(statement, &error).1, "syntax error at or near \"oops\"");
    }
}
