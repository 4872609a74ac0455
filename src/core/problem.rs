//! What is wrong with, or not understood in, a feature document: found while reading it, never fatal for the rest.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// A place in a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The name of the source: a file, `ConfigMap NAME, key KEY`, or `feature NAME, sql[0]`.
    pub source: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.line)
    }
}

/// How much a problem costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Part of the document could not be read, so that the requirement is not whole: an audit cannot be compliant.
    Error,
    /// A statement that this version does not model: what it makes is not audited. Said, never silent.
    NotModelled,
}

/// One problem of a feature document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// How much it costs.
    pub severity: Severity,
    /// The feature set.
    pub set: Arc<str>,
    /// The feature, where the problem belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<Arc<str>>,
    /// Where in the SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What is wrong and what to do, in a sentence without a full stop.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.position, &self.feature) {
            (Some(position), _) => write!(f, "{position}: {}", self.message),
            (None, Some(feature)) => write!(f, "{}, feature {feature}: {}", self.set, self.message),
            (None, None) => write!(f, "{}: {}", self.set, self.message),
        }
    }
}
