//! The plan that a run is bound to: by its digest, or by the document that `plan --format json` wrote.

use serde::Deserialize;

/// A plan that was allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Expected {
    /// Its digest.
    pub digest: String,
    /// The digests of what is left of it after each of its segments; none where only its own digest is known.
    pub rests: Vec<String>,
}

impl Expected {
    /// Whether a plan is this one, or what is left of it. `rests` are known from elsewhere.
    pub(super) fn allows(&self, digest: &str, rests: &[String]) -> bool {
        self.digest == digest || self.rests.iter().chain(rests).any(|rest| rest == digest)
    }
}

/// The document, as far as it is read here.
#[derive(Deserialize)]
struct Document {
    digest: String,
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    digest: String,
}

/// Reads a digest, or the file of a plan.
pub(super) fn expected(text: &str) -> Result<Expected, String> {
    if text.starts_with("sha256:") {
        let digest = digest(text)?;
        return Ok(Expected { digest, rests: Vec::new() });
    }
    let read = std::fs::read(text).map_err(|error| {
        format!(
            "it is neither a digest (sha256: and 64 hexadecimal digits) nor a file that can be read: {error}"
        )
    })?;
    let Document { digest: whole, segments } = serde_json::from_slice(&read).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("the file is not what plan --format json writes (line {line}, column {column})")
    })?;
    let rests = segments.iter().map(|segment| digest(&segment.digest)).collect::<Result<_, _>>()?;
    Ok(Expected { digest: digest(&whole)?, rests })
}

fn digest(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    if digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(text.to_owned())
    } else {
        Err("it is not a digest: write sha256: and 64 hexadecimal digits, as plan prints them".to_owned())
    }
}
