//! Figures as people read them.

/// Bytes in powers of 1024: `0 bytes`, `8 kB`, `1.2 GB`, as `pg_size_pretty` names them.
#[must_use]
pub fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let (mut whole, mut tenths, mut unit) = (bytes / 1024, bytes % 1024 * 10 / 1024, 0);
    while whole >= 1024 && unit + 1 < UNITS.len() {
        (whole, tenths, unit) = (whole / 1024, whole % 1024 * 10 / 1024, unit + 1);
    }
    // A tenth says something of a small figure only.
    if whole < 10 && tenths > 0 {
        format!("{whole}.{tenths} {}", UNITS[unit])
    } else {
        format!("{whole} {}", UNITS[unit])
    }
}

/// A count with separators: `1,234,567`.
#[must_use]
pub fn count(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::new();
    if count < 0 {
        text.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in seconds, in the largest unit that leaves at least two of it: `90 minutes`, `21 days`.
#[must_use]
pub fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{} seconds", seconds.max(0)),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (figure, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (8192, "8 kB"),
            (1_300_000_000, "1.2 GB"),
            (13_000_000_000, "12 GB"),
            (i64::MAX, "8191 PB"),
        ] {
            assert_eq!(bytes(figure), text);
        }
        for (figure, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(figure), text);
        }
        for (figure, text) in
            [(5, "5 seconds"), (5_400, "90 minutes"), (86_400, "24 hours"), (1_900_000, "21 days")]
        {
            assert_eq!(age(figure), text);
        }
    }
}
