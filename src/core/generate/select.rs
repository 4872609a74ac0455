//! Which objects a feature set is made of.

/// A pattern of names: `*` is any text, `?` any character, everything else itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pattern: Vec<char>,
    /// Whether it is about the schema too.
    qualified: bool,
}

/// What is wanted of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The schemas; none means all.
    pub schemas: Vec<String>,
    /// Only what one of these matches; none means everything.
    pub include: Vec<Glob>,
    /// Not what one of these matches.
    pub exclude: Vec<Glob>,
}

impl Glob {
    /// A pattern with a dot is held against `schema.name`, one without against the name alone.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self { pattern: pattern.chars().collect(), qualified: pattern.contains('.') }
    }

    /// Whether a name matches. What has no schema is its name alone.
    #[must_use]
    pub fn matches(&self, schema: Option<&str>, name: &str) -> bool {
        match schema {
            Some(schema) if self.qualified => self.fits(&format!("{schema}.{name}")),
            _ => self.fits(name),
        }
    }

    /// In time of pattern times text: after a mismatch only the last star takes one more character.
    fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut in_text) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while in_text < text.len() {
            match self.pattern.get(at) {
                Some('*') => {
                    star = Some((at, in_text));
                    at += 1;
                }
                Some(&wanted) if wanted == '?' || wanted == text[in_text] => {
                    at += 1;
                    in_text += 1;
                }
                _ => match &mut star {
                    Some((at_star, taken)) => {
                        *taken += 1;
                        (at, in_text) = (*at_star + 1, *taken);
                    }
                    None => return false,
                },
            }
        }
        self.pattern[at..].iter().all(|rest| *rest == '*')
    }
}

impl Selection {
    /// Whether only a part of the database is wanted.
    pub(super) fn is_of_a_part(&self) -> bool {
        !self.schemas.is_empty() || !self.include.is_empty()
    }

    /// Whether an object is not wanted, by its own name.
    pub(super) fn excludes(&self, schema: Option<&str>, name: &str) -> bool {
        self.exclude.iter().any(|glob| glob.matches(schema, name))
    }

    /// Whether an object is wanted by its own name.
    pub(super) fn wants(&self, schema: Option<&str>, name: &str) -> bool {
        let included = || self.include.iter().any(|glob| glob.matches(schema, name));
        (self.include.is_empty() || included()) && !self.excludes(schema, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_about_the_name_and_with_a_dot_about_the_schema_too() {
        for (pattern, schema, name, matches) in [
            ("users", Some("public"), "users", true),
            ("users", Some("public"), "users2", false),
            ("user*", Some("crm"), "users", true),
            ("*_log", Some("crm"), "audit_log", true),
            ("*a*b*", Some("crm"), "xaayb", true),
            ("*a*b", Some("crm"), "xabc", false),
            ("public.*", Some("public"), "users", true),
            ("public.*", Some("crm"), "users", false),
            ("crm.user?", Some("crm"), "users", true),
            ("?", None, "é", true),
            ("*", Some("crm"), "", true),
            ("", Some("crm"), "users", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(schema, name), matches, "{pattern} {name}");
        }
    }
}
