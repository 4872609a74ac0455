//! The markers of this program in SQL comments: `-- schema-audit: feature NAME`, `-- schema-audit: ignore`.

/// What every marker starts with.
pub(super) const PREFIX: &str = "schema-audit:";

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Marker {
    /// The statements after it belong to this feature, until the next such marker.
    Feature(String),
    /// The next statement is left out.
    Ignore,
    /// The next statement is planned if, and only if, this component is missing.
    WhenMissing(String),
    /// The next statement may destroy what is there, for this reason.
    AllowDestructive(String),
    /// What stands there is no marker; the sentence says what is.
    Unknown(String),
}

/// Reads a marker from a line comment (with its dashes). `None` for any other comment.
pub(super) fn marker(comment: &str) -> Option<Marker> {
    let text = comment.trim_start_matches('-').trim_start().strip_prefix(PREFIX)?.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    Some(match (word, rest) {
        ("feature", name) if !name.is_empty() && !name.contains(char::is_whitespace) => {
            Marker::Feature(name.to_owned())
        }
        ("feature", _) => {
            Marker::Unknown("the marker \"feature\" wants one name: -- schema-audit: feature NAME".to_owned())
        }
        ("ignore", "") => Marker::Ignore,
        ("when-missing", component) if !component.is_empty() => Marker::WhenMissing(component.to_owned()),
        ("allow-destructive", reason) if !reason.is_empty() => Marker::AllowDestructive(reason.to_owned()),
        _ => Marker::Unknown(format!(
            "there is no marker \"{text}\"; there are feature NAME, ignore, when-missing COMPONENT and \
             allow-destructive REASON"
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_told_from_comments_and_from_mistakes() {
        for (comment, expected) in [
            ("-- schema-audit: feature email-integration", Some(Marker::Feature("email-integration".into()))),
            ("--schema-audit:feature  core ", Some(Marker::Feature("core".into()))),
            ("-- schema-audit: ignore", Some(Marker::Ignore)),
            (
                "-- schema-audit: allow-destructive the old table is empty",
                Some(Marker::AllowDestructive("the old table is empty".into())),
            ),
            (
                "-- schema-audit: when-missing table/public.users",
                Some(Marker::WhenMissing("table/public.users".into())),
            ),
            ("-- by schema-audit: ignore", None),
            ("-- ignore", None),
        ] {
            assert_eq!(marker(comment), expected, "{comment}");
        }
        for mistake in ["feature", "feature two words", "ingore", "ignore this", "", "when-missing"] {
            let comment = format!("-- schema-audit: {mistake}");
            assert!(matches!(marker(&comment), Some(Marker::Unknown(_))), "{comment}");
        }
    }
}
