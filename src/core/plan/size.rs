//! How large a table is, in words.

use std::fmt;

/// What the catalog knows of the size of a table, partitions included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// `pg_class.reltuples`; `None` where no VACUUM or ANALYZE counted them yet.
    pub rows: Option<f64>,
    /// `pg_class.relpages` with those of the TOAST table, in bytes: as of the last VACUUM or ANALYZE.
    pub bytes: u64,
}

// No count of rows is not a number.
impl Eq for Size {}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows {
            None => f.write_str("of unknown size: never analyzed"),
            Some(rows) if rows < 1.0 => f.write_str("no rows"),
            Some(rows) => write!(f, "about {}, {}", spoken_rows(rows), spoken_bytes(self.bytes)),
        }
    }
}

/// `3 rows`, `40 thousand rows`, `1.2 million rows`.
fn spoken_rows(rows: f64) -> String {
    let (scaled, unit) = match rows {
        r if r < 1.5 => return "1 row".to_owned(),
        r if r < 9_999.5 => return format!("{r:.0} rows"),
        r if r < 999_500.0 => (r / 1e3, "thousand"),
        r if r < 999_500_000.0 => (r / 1e6, "million"),
        r => (r / 1e9, "billion"),
    };
    format!("{} {unit} rows", short(scaled))
}

/// `8 kB`, `3.1 GB`, in units of 1024 as PostgreSQL's `pg_size_pretty` counts.
#[must_use]
pub fn spoken_bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits of it are shown")]
    let mut scaled = bytes as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if scaled < 1023.5 {
            return format!("{} {unit}", short(scaled));
        }
        scaled /= 1024.0;
    }
    format!("{} TB", short(scaled))
}

/// One digit after the point below ten, where it is not zero.
fn short(number: f64) -> String {
    let text = if number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") };
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_words_and_an_unknown_one_is_not_zero() {
        for (rows, words) in [
            (1.0, "1 row"),
            (9_999.0, "9999 rows"),
            (40_123.0, "40 thousand rows"),
            (999_600.0, "1 million rows"),
            (1_234_567.0, "1.2 million rows"),
            (12e6, "12 million rows"),
            (3.4e9, "3.4 billion rows"),
        ] {
            assert_eq!(spoken_rows(rows), words);
        }
        for (bytes, words) in [
            (0, "0 bytes"),
            (8192, "8 kB"),
            (3_300_000_000, "3.1 GB"),
            (1_048_500, "1 MB"),
            (5 << 40, "5 TB"),
        ] {
            assert_eq!(spoken_bytes(bytes), words);
        }
        assert_eq!(Size { rows: Some(0.0), bytes: 0 }.to_string(), "no rows");
        assert_eq!(Size { rows: None, bytes: 0 }.to_string(), "of unknown size: never analyzed");
    }
}
