//! One value of a partition's bound, and when two texts are one value of a type.

use std::fmt;

use crate::core::kind::parameters;

/// One value of a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// MINVALUE.
    Least,
    /// MAXVALUE.
    Greatest,
    /// NULL.
    Null,
    /// A constant, as text.
    Constant(String),
    /// An expression, which the server evaluated when it made the partition.
    Expression(String),
}

/// How the texts of a type's values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatumType {
    /// As numbers.
    Number,
    /// Byte by byte.
    Word,
    /// Byte by byte, without blanks at the end.
    Padded,
    /// As booleans.
    Boolean,
    /// Without hyphens, braces and case.
    Uuid,
    /// As days.
    Date,
    /// As days with a time.
    Timestamp,
    /// As points in time; one without an offset depends on the time zone of the session that wrote it.
    Instant,
    /// Only equal texts are known to be one value.
    Other,
}

/// Reads `(value, value)` as the server prints it; gives the rest of the text too.
pub(super) fn list(text: &str) -> Option<(Vec<Datum>, &str)> {
    let mut rest = text.strip_prefix('(')?;
    let mut values = Vec::new();
    loop {
        let (value, after) = value(rest)?;
        values.push(value);
        if let Some(after) = after.strip_prefix(')') {
            return Some((values, after));
        }
        rest = after.strip_prefix(", ")?;
    }
}

fn value(text: &str) -> Option<(Datum, &str)> {
    if let Some(quoted) = text.strip_prefix('\'') {
        return string(quoted, false);
    }
    if let Some(quoted) = text.strip_prefix("E'") {
        return string(quoted, true);
    }
    let end = text.find([',', ')'])?;
    let value = match &text[..end] {
        "" => return None,
        "MINVALUE" => Datum::Least,
        "MAXVALUE" => Datum::Greatest,
        "NULL" => Datum::Null,
        constant => Datum::Constant(constant.to_owned()),
    };
    Some((value, &text[end..]))
}

/// A string after its quote: quotes are doubled, and backslashes too where `escapes` says so.
fn string(text: &str, escapes: bool) -> Option<(Datum, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        match character {
            '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
                value.push('\'');
            }
            '\'' => return Some((Datum::Constant(value), &text[position + 1..])),
            '\\' if escapes => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// Whether two rows of values are the same, place by place; `None` where that cannot be decided.
pub(super) fn same_row(expected: &[Datum], actual: &[Datum], types: &[DatumType]) -> Option<bool> {
    if expected.len() != actual.len() {
        return Some(false);
    }
    let mut all = Some(true);
    for (position, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        match expected.is(actual, types.get(position)) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// Whether two lists hold the same values; `None` where that cannot be decided.
pub(super) fn same_set(expected: &[Datum], actual: &[Datum], of: Option<&DatumType>) -> Option<bool> {
    let is = |expected: &Datum, actual: &Datum| expected.is(actual, of);
    let left: Vec<&Datum> = expected
        .iter()
        .filter(|expected| !actual.iter().any(|actual| is(expected, actual) == Some(true)))
        .collect();
    let surplus = actual
        .iter()
        .filter(|actual| !expected.iter().any(|expected| is(expected, actual) == Some(true)))
        .count();
    if left.is_empty() {
        return Some(surplus == 0);
    }
    let unsure = left.iter().any(|expected| actual.iter().any(|actual| is(expected, actual).is_none()));
    if unsure { None } else { Some(false) }
}

impl Datum {
    /// Whether a declared value is this observed one; `None` where that cannot be decided.
    fn is(&self, observed: &Self, of: Option<&DatumType>) -> Option<bool> {
        match (self, observed) {
            (Self::Constant(expected), Self::Constant(actual)) => {
                if expected == actual {
                    Some(true)
                } else {
                    of.copied().unwrap_or(DatumType::Other).same(expected, actual)
                }
            }
            (Self::Expression(_), Self::Constant(_) | Self::Null) => None,
            _ => Some(self == observed),
        }
    }
}

impl DatumType {
    /// Whether two different texts are one value of this type.
    fn same(self, one: &str, other: &str) -> Option<bool> {
        match self {
            Self::Number => Some(number(one)? == number(other)?),
            Self::Word => Some(false),
            Self::Padded => Some(one.trim_end_matches(' ') == other.trim_end_matches(' ')),
            Self::Boolean => Some(parameters::boolean(one)? == parameters::boolean(other)?),
            Self::Uuid => Some(uuid(one)? == uuid(other)?),
            Self::Date => Some(Moment::parse(one)?.day == Moment::parse(other)?.day),
            Self::Timestamp => {
                let (one, other) = (Moment::parse(one)?, Moment::parse(other)?);
                Some((one.day, one.time) == (other.day, other.time))
            }
            Self::Instant => {
                let (one, other) = (Moment::parse(one)?, Moment::parse(other)?);
                match (one.offset, other.offset) {
                    (Some(_), Some(_)) => Some(one.instant() == other.instant()),
                    // Told in another time zone, a moment moves by a day at most.
                    _ if (one.instant() - other.instant()).abs() > 26 * 3_600_000_000 => Some(false),
                    _ => ((one.day, one.time) == (other.day, other.time)).then_some(true),
                }
            }
            Self::Other => None,
        }
    }
}

/// A number without what does not count: its sign, its digits, and the power of ten of the last.
fn number(text: &str) -> Option<(bool, String, i64)> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = all.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    Some((negative, significant.to_owned(), exponent.checked_add(zeros)?))
}

fn uuid(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
    (digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| digits.to_ascii_lowercase())
}

/// A day and time of ISO 8601, as far as it is the form that people and the server (`DateStyle` ISO) write.
struct Moment {
    /// Year, month, day.
    day: (i64, i64, i64),
    /// Microseconds from midnight.
    time: i64,
    /// Seconds east of Greenwich, where it says so.
    offset: Option<i64>,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find([' ', 'T', 't']).unwrap_or(text.len());
        let day = day(&text[..end])?;
        let rest = text[end..].trim_start_matches(['T', 't', ' ']);
        if rest.is_empty() {
            return Some(Self { day, time: 0, offset: None });
        }
        let zone = rest.find(['+', '-', 'Z', 'z', ' ']).unwrap_or(rest.len());
        let time = time(&rest[..zone])?;
        let offset = match rest[zone..].trim() {
            "" => None,
            zone => Some(offset(zone)?),
        };
        Some(Self { day, time, offset })
    }

    /// Microseconds from a fixed point in time; without an offset, as if at Greenwich.
    fn instant(&self) -> i64 {
        let (year, month, day) = self.day;
        // Days of the civil calendar, with years that begin in March.
        let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + (153 * month + 2) / 5
            + day;
        (days * 86_400 - self.offset.unwrap_or_default()) * 1_000_000 + self.time
    }
}

fn day(text: &str) -> Option<(i64, i64, i64)> {
    let digits = |text: &str, least: usize, most: usize| {
        let all = text.bytes().all(|byte| byte.is_ascii_digit());
        (all && (least..=most).contains(&text.len())).then(|| text.parse::<i64>().ok())?
    };
    let (year, month, day) = match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => (digits(year, 4, 5)?, digits(month, 1, 2)?, digits(day, 1, 2)?),
        [all] if all.len() == 8 && all.is_ascii() => {
            (digits(&all[..4], 4, 4)?, digits(&all[4..6], 2, 2)?, digits(&all[6..], 2, 2)?)
        }
        _ => return None,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() || fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let inside = (0..=24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    let micros = format!("{fraction:0<6}").parse::<i64>().ok()?;
    inside.then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

/// `Z`, `UTC`, `+02`, `+0200`, `+02:00`, in seconds.
fn offset(text: &str) -> Option<i64> {
    if matches!(text.to_ascii_uppercase().as_str(), "Z" | "UTC" | "GMT") {
        return Some(0);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    Some(sign * ((part(0)? * 60 + part(2)?) * 60 + part(4)?))
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Least => f.write_str("minvalue"),
            Self::Greatest => f.write_str("maxvalue"),
            Self::Null => f.write_str("null"),
            Self::Constant(value) => write!(f, "'{}'", value.replace('\'', "''")),
            Self::Expression(text) => f.write_str(text),
        }
    }
}
