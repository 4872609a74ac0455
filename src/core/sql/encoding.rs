//! Text from bytes that should be UTF-8. One byte that is not must not cost a whole file: it is kept, under another
//! character, and only the statement that holds it cannot be read. In a comment it does no harm.

/// The first of the characters that stand for bytes: the last 256 that there are, of which no text makes use.
const FIRST: u32 = 0x0010_ff00;

/// The character before the reason why a file was not read: none of those that stand for bytes, and in no text either.
const NOT_READ: char = '\u{10feff}';

/// In place of the text of a file that was not read: the problem of it, for the report on everything else. `reason` is a
/// sentence about the file, with the remedy.
#[must_use]
pub fn not_read(reason: &str) -> String {
    format!("{NOT_READ}{reason}")
}

/// Why the file was not read whose text this would be.
pub(super) fn reason_not_read(text: &str) -> Option<&str> {
    text.strip_prefix(NOT_READ)
}

/// The text of a file. Each byte that is not UTF-8 becomes a character of its own, which `byte` finds.
#[must_use]
pub fn decode(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(FIRST + u32::from(*byte))));
    }
    text
}

/// The byte that a character stands for, if it stands for one.
pub(super) fn byte(character: char) -> Option<u8> {
    u32::from(character).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_kept_and_told() {
        let text = decode(b"a\xe9b\xff\xc3\xa9\xc3".to_vec());
        assert_eq!(text.chars().filter_map(byte).collect::<Vec<_>>(), [0xe9, 0xff, 0xc3]);
        assert_eq!(text.chars().filter(|c| byte(*c).is_none()).collect::<String>(), "abé");
        assert_eq!(decode("äöü \u{10fffd}".into()).chars().count(), 5);
    }
}
