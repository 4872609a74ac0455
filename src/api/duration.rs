//! Durations as Go, and so the Kubernetes world, writes them: `10m`, `1h30m`, `500ms`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time. Reads what Go's `time.ParseDuration` reads, apart from negative ones; prints in the form that
/// people write (`10m`, where [`kube::core::Duration`] prints `600s`), because defaults show in `kubectl explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(std::time::Duration);

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration; write it like 30s, 10m or 1h30m")]
pub struct ParseError(String);

impl Duration {
    /// A number of seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(std::time::Duration::from_secs(seconds))
    }

    /// The span in the standard library's type.
    #[must_use]
    pub const fn get(self) -> std::time::Duration {
        self.0
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        duration.0
    }
}

impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for Duration {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseError(text.to_owned());
        // kube's parser multiplies with `Duration::mul_f64`, which panics when the product does not fit; twelve digits
        // of the largest unit do.
        if text.is_empty() || text.len() > 12 * 4 || has_long_number(text) {
            return Err(refused());
        }
        let duration = kube::core::Duration::from_str(text).map_err(|_| refused())?;
        if duration.is_negative() { Err(refused()) } else { Ok(Self(duration.into())) }
    }
}

/// Whether some number in the text has more than twelve characters, or is none at all (`NaN`, `1e9`).
fn has_long_number(text: &str) -> bool {
    let mut digits = 0;
    text.chars().any(|c| {
        digits = if c.is_ascii_digit() || c == '.' { digits + 1 } else { 0 };
        digits > 12
    })
}

/// Prints hours, minutes, seconds and milliseconds, each where it is not zero; parts below a millisecond are cut.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let parts = [
            (seconds / 3600, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (u64::from(self.0.subsec_millis()), "ms"),
        ];
        if parts.iter().all(|(count, _)| *count == 0) {
            return f.write_str("0s");
        }
        parts.iter().filter(|(count, _)| *count > 0).try_for_each(|(count, unit)| write!(f, "{count}{unit}"))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// The pattern is Flux's; the length keeps the cost of CEL rules bounded.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$",
            "maxLength": 32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go_and_print_as_people_write_them() {
        for (text, milliseconds, printed) in [
            ("10m", 600_000, "10m"),
            ("600s", 600_000, "10m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1.5s", 1_500, "1s500ms"),
            ("500ms", 500, "500ms"),
            ("0s", 0, "0s"),
            ("24h", 86_400_000, "24h"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.get(), std::time::Duration::from_millis(milliseconds), "{text}");
            assert_eq!(duration.to_string(), printed);
            assert_eq!(duration.to_string().parse::<Duration>().unwrap(), duration);
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_without_a_panic() {
        for text in ["", "10", "ten minutes", "-5s", "1d", "1e30h", "99999999999999999999h", "NaNh", "5 m"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
