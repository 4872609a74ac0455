//! Lines that fit a terminal: what is too long goes on below, indented, and breaks between words.

use unicode_width::UnicodeWidthStr;

/// The columns that `line` takes on a terminal, without its ANSI styles.
#[must_use]
pub fn width(line: &str) -> usize {
    anstream::adapter::strip_str(line).to_string().width()
}

/// `line` in lines of at most `columns`, the second and later ones indented by `hanging` spaces; `None` breaks nothing.
///
/// A word that is longer than a line stays whole: it may be a name to copy.
#[must_use]
pub fn wrap(line: &str, columns: Option<usize>, hanging: usize) -> Vec<String> {
    broken(line, &|text| text.split(' ').collect(), columns, hanging)
}

/// The same for SQL: what stands in quotes is not broken, so that what is copied means the same.
#[must_use]
pub fn wrap_sql(line: &str, columns: Option<usize>, hanging: usize) -> Vec<String> {
    broken(line, &unquoted, columns, hanging)
}

/// The same for a command of a shell, which goes on after a backslash.
#[must_use]
pub fn wrap_command(line: &str, columns: Option<usize>, hanging: usize) -> Vec<String> {
    const GOES_ON: &str = " \\";
    if columns.is_none_or(|columns| width(line) <= columns) {
        return vec![line.to_owned()];
    }
    let columns = columns.map(|columns| columns.saturating_sub(GOES_ON.len()));
    let mut lines = broken(line, &options, columns, hanging);
    if let Some((_, before)) = lines.split_last_mut() {
        for line in before {
            line.push_str(GOES_ON);
        }
    }
    lines
}

/// Each of `lines` as [`wrap`] breaks it, what goes on below two columns further to the right.
#[must_use]
pub fn fit(lines: &[String], columns: Option<usize>) -> Vec<String> {
    let indent = |line: &str| width(line) - width(text_of(line));
    lines.iter().flat_map(|line| wrap(line.trim_end(), columns, indent(line) + 2)).collect()
}

/// `words` cuts a text at single spaces between which it may be broken.
fn broken(
    line: &str,
    words: &dyn Fn(&str) -> Vec<&str>,
    columns: Option<usize>,
    hanging: usize,
) -> Vec<String> {
    let Some(columns) = columns.filter(|columns| width(line) > *columns) else {
        return vec![line.to_owned()];
    };
    // A style may begin before the spaces.
    let text = text_of(line);
    let mut current = line.strip_suffix(text).unwrap_or_default().to_owned();
    let mut taken = width(&current);
    let mut is_begun = false;
    let (mut lines, mut spaces) = (Vec::new(), 0);
    for word in words(text) {
        // Between two spaces: they keep columns apart.
        if word.is_empty() {
            spaces += 1;
            continue;
        }
        let wide = width(word);
        // On a line of its own it would start no further to the left, and so be no shorter, if nothing stands before it.
        let is_better_below = taken + spaces > hanging;
        if is_begun && taken + spaces + wide > columns && is_better_below {
            lines.push(std::mem::replace(&mut current, " ".repeat(hanging)));
            taken = hanging;
        } else if is_begun {
            current.push_str(&" ".repeat(spaces));
            taken += spaces;
        }
        current.push_str(word);
        taken += wide;
        (is_begun, spaces) = (true, 1);
    }
    lines.push(current);
    lines
}

/// What comes after the spaces at the start of a line, and after a style that begins before them.
fn text_of(line: &str) -> &str {
    let styled = line.strip_prefix('\u{1b}').and_then(|rest| rest.split_once('m')).map(|(_, rest)| rest);
    styled.filter(|rest| rest.starts_with(' ')).unwrap_or(line).trim_start_matches(' ')
}

/// Cut at the spaces that stand in no quotes.
fn unquoted(text: &str) -> Vec<&str> {
    let mut quote = None;
    text.split(|letter: char| {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        letter == ' ' && quote.is_none()
    })
    .collect()
}

/// Cut before each option of a command, so that it stays with its value.
fn options(text: &str) -> Vec<&str> {
    let (mut options, mut start, mut end) = (Vec::new(), 0, 0);
    for word in unquoted(text) {
        if word.starts_with('-') && end > 0 {
            options.push(text.get(start..end - 1).unwrap_or_default());
            start = end;
        }
        end += word.len() + 1;
    }
    options.push(text.get(start..).unwrap_or_default());
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_and_what_goes_to_a_file_stays_as_it_is() {
        assert_eq!(wrap("  a  b", Some(6), 4), ["  a  b"]);
        let long = "word ".repeat(100);
        assert_eq!(wrap(&long, None, 4), [long.as_str()]);
        assert_eq!(wrap_command("a --b --c", None, 4), ["a --b --c"]);
    }

    #[test]
    fn what_is_too_long_goes_on_below_between_words() {
        assert_eq!(
            wrap("  public  one two three four", Some(16), 10),
            ["  public  one", "          two", "          three", "          four"]
        );
        assert_eq!(wrap("  one two", Some(8), 4), ["  one", "    two"]);
    }

    #[test]
    fn a_long_word_stays_whole_and_where_it_is_if_nothing_is_won_below() {
        assert_eq!(wrap("  see a_very_long_name", Some(10), 4), ["  see", "    a_very_long_name"]);
        assert_eq!(wrap("a_very_long_name is", Some(10), 2), ["a_very_long_name", "  is"]);
        assert_eq!(wrap("  bad  a_very_long_name is", Some(10), 7), ["  bad  a_very_long_name", "       is"]);
    }

    #[test]
    fn what_goes_on_below_is_further_to_the_right_than_its_start_with_a_style_or_without() {
        let lines = ["  one two", "\u{1b}[2m  one two\u{1b}[0m", "one two"].map(str::to_owned);
        assert_eq!(
            fit(&lines, Some(6)),
            ["  one", "    two", "\u{1b}[2m  one", "    two\u{1b}[0m", "one", "  two"]
        );
    }

    #[test]
    fn styles_take_no_columns_and_wide_letters_take_two() {
        let styled = "\u{1b}[1mabc\u{1b}[0m def";
        assert_eq!(wrap(styled, Some(7), 2), [styled]);
        assert_eq!(wrap("表表 表", Some(6), 2), ["表表", "  表"]);
    }

    #[test]
    fn what_is_copied_means_the_same() {
        assert_eq!(
            wrap_sql("  select 'a b  c' from \"d e\"", Some(12), 4),
            ["  select", "    'a b  c'", "    from", "    \"d e\""]
        );
        assert_eq!(
            wrap_command("  plan --features 'a --b' --all", Some(24), 4),
            ["  plan \\", "    --features 'a --b' \\", "    --all"]
        );
        assert_eq!(wrap_command("  plan --all", Some(12), 4), ["  plan --all"]);
    }
}
