//! Hazards: what a statement may cost, or break, on what is there; each kind of them with a name that stays.

use std::fmt;

use serde::Serialize;

use super::size::Size;
use crate::core::name::QualifiedName;

/// A lock on a table, weakest first (`lockdefs.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum LockMode {
    /// `ROW EXCLUSIVE`: taken by whatever writes rows.
    RowExclusive,
    /// `SHARE UPDATE EXCLUSIVE`: reads and writes go on.
    ShareUpdateExclusive,
    /// `SHARE`: writes wait.
    Share,
    /// `SHARE ROW EXCLUSIVE`: writes wait.
    ShareRowExclusive,
    /// `EXCLUSIVE`: writes wait, and reads go on.
    Exclusive,
    /// `ACCESS EXCLUSIVE`: reads and writes wait.
    AccessExclusive,
}

impl LockMode {
    /// The name in PostgreSQL's documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// A kind of hazard.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: programs rest on it.
    pub name: &'static str,
    /// What happens, in a sentence without a subject and without a full stop.
    pub what: &'static str,
    /// The safer form, where there is one.
    pub safer: Option<&'static str>,
    /// Whether a table without rows is safe from it.
    pub needs_rows: bool,
    /// The rules of the linter squawk that find the same.
    pub squawk: &'static [&'static str],
}

/// A hazard of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Which one.
    pub rule: &'static Rule,
    /// The table that it is about.
    pub relation: Option<QualifiedName>,
    /// How large that is; `None` while nobody looked, or where it is not known.
    pub size: Option<Size>,
    /// What is particular about this one: a function, a column, what is dropped.
    pub detail: Option<String>,
}

impl Hazard {
    /// A hazard that is about no table.
    #[must_use]
    pub fn new(rule: &'static Rule, detail: Option<String>) -> Self {
        Self { rule, relation: None, size: None, detail }
    }

    /// What happens, to what, and what is safer: a sentence without a full stop.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { rule, relation, size, detail } = self;
        let mut text = String::new();
        if let Some(relation) = relation {
            text = relation.to_string();
            if let Some(size) = size {
                text = format!("{text} ({size})");
            }
            text.push_str(": ");
        }
        text.push_str(rule.what);
        if let Some(detail) = detail {
            text = format!("{text}: {detail}");
        }
        if let Some(safer) = rule.safer {
            text = format!("{text}; safer: {safer}");
        }
        text
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.name, self.text())
    }
}

/// Declares the rules, and the list of all of them.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal, $what:literal,
       safer: $safer:expr, needs_rows: $needs_rows:literal, squawk: [$($squawk:literal),*];)*) => {
        $(
            $(#[doc = $doc])*
            pub static $name: Rule = Rule {
                name: $id,
                what: $what,
                safer: $safer,
                needs_rows: $needs_rows,
                squawk: &[$($squawk),*],
            };
        )*

        /// Every rule, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    /// CREATE INDEX without CONCURRENTLY.
    INDEX_LOCKS_WRITES = "index-build-locks-writes", "builds an index while writes to the table wait",
        safer: Some("CREATE INDEX CONCURRENTLY"), needs_rows: true,
        squawk: ["require-concurrent-index-creation"];
    /// Any index on a large table.
    INDEX_TAKES_DISK = "index-build-takes-disk",
        "builds an index on a large table, which takes free disk space for the index and for its sort",
        safer: None, needs_rows: true, squawk: [];
    /// A unique index or constraint.
    UNIQUE_MAY_FAIL = "unique-fails-on-duplicates", "fails if rows are not unique",
        safer: Some("look for duplicates before, with plan --check-data"), needs_rows: true, squawk: [];
    /// ADD UNIQUE, PRIMARY KEY or EXCLUDE.
    CONSTRAINT_BUILDS_INDEX = "constraint-builds-index",
        "builds the index of a constraint while reads and writes wait",
        safer: Some("CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT ... USING INDEX"), needs_rows: true,
        squawk: ["disallowed-unique-constraint", "adding-serial-primary-key-field", "constraint-missing-not-valid",
                 "adding-not-nullable-field"];
    /// ADD FOREIGN KEY.
    FOREIGN_KEY_CHECKS_ROWS = "foreign-key-checks-all-rows",
        "checks all rows while writes to both tables wait, and fails if a row refers to nothing",
        safer: Some("add it NOT VALID, then VALIDATE CONSTRAINT in another transaction"), needs_rows: true,
        squawk: ["adding-foreign-key-constraint", "constraint-missing-not-valid"];
    /// ADD COLUMN ... REFERENCES: there is nothing to check yet.
    FOREIGN_KEY_LOCKS_BOTH = "foreign-key-locks-both-tables",
        "holds locks until its transaction ends, under which writes to both tables wait",
        safer: None, needs_rows: true, squawk: ["adding-foreign-key-constraint"];
    /// ADD CHECK.
    CHECK_CHECKS_ROWS = "check-checks-all-rows",
        "checks all rows while reads and writes wait, and fails if one breaks it",
        safer: Some("add it NOT VALID, then VALIDATE CONSTRAINT in another transaction"), needs_rows: true,
        squawk: ["constraint-missing-not-valid"];
    /// SET NOT NULL.
    NOT_NULL_READS_TABLE = "set-not-null-reads-table",
        "reads the whole table while reads and writes wait, and fails on a null",
        safer: Some("before, add CHECK (column IS NOT NULL) NOT VALID and VALIDATE it"), needs_rows: true,
        squawk: ["adding-not-nullable-field", "constraint-missing-not-valid"];
    /// ADD COLUMN ... NOT NULL without a default.
    REQUIRED_COLUMN = "required-column-without-default",
        "fails if the table has rows: the new column is NOT NULL and has no default",
        safer: Some("add it without NOT NULL, fill it, then set NOT NULL"), needs_rows: true,
        squawk: ["adding-required-field", "adding-not-nullable-field"];
    /// ADD COLUMN with a value of its own for each row.
    COLUMN_REWRITES_TABLE = "new-column-rewrites-table",
        "writes the whole table anew while reads and writes wait",
        safer: Some("add the column without it, set the default, then fill the rows in parts"), needs_rows: true,
        squawk: ["adding-field-with-default", "adding-serial-primary-key-field"];
    /// ALTER COLUMN ... TYPE.
    TYPE_CHANGE_REWRITES_TABLE = "type-change-rewrites-table",
        "writes the whole table anew while reads and writes wait, unless the old values hold for the new type as they \
         are, and fails on a value that does not fit",
        safer: Some("add a column of the new type, fill it in parts, then change over"), needs_rows: true,
        squawk: ["changing-column-type"];
    /// SET LOGGED, TABLESPACE, ACCESS METHOD, EXPRESSION.
    REWRITES_TABLE = "rewrites-table", "writes the whole table anew while reads and writes wait",
        safer: None, needs_rows: true, squawk: [];
    /// ATTACH PARTITION.
    ATTACH_READS_PARTITION = "attach-reads-partition",
        "reads the whole partition, unless a validated CHECK proves its bound",
        safer: Some("add that CHECK to the partition before, NOT VALID, and VALIDATE it"), needs_rows: true,
        squawk: [];
    /// VALIDATE CONSTRAINT.
    VALIDATE_READS_TABLE = "validate-reads-table",
        "reads the whole table while reads and writes go on, and fails if a row breaks the constraint",
        safer: None, needs_rows: true, squawk: [];
    /// REFRESH MATERIALIZED VIEW.
    REFRESH_RUNS_QUERY = "refresh-runs-query", "runs the query of a view that is there",
        safer: None, needs_rows: false, squawk: [];
    /// UPDATE or DELETE.
    CHANGES_ROWS = "changes-rows", "changes rows that are there",
        safer: None, needs_rows: true, squawk: ["ban-truncate-cascade"];
    /// What the author's marker allows to be destroyed, and DROP COLUMN.
    DESTROYS = "destroys-what-is-there", "destroys what is there",
        safer: None, needs_rows: false,
        squawk: ["ban-drop-column", "ban-drop-constraint", "ban-drop-domain", "ban-drop-extension", "ban-drop-function",
                 "ban-drop-index", "ban-drop-policy", "ban-drop-schema", "ban-drop-sequence", "ban-drop-table",
                 "ban-drop-type", "ban-drop-view", "require-concurrent-index-deletion",
                 "require-concurrent-partition-detach"];
    /// DROP NOT NULL.
    NULLS_APPEAR = "column-may-become-null", "lets nulls into a column in which readers saw none",
        safer: None, needs_rows: false, squawk: ["ban-drop-not-null"];
    /// DROP DEFAULT, IDENTITY, EXPRESSION, and other changes of what fills a column.
    NEW_ROWS_CHANGE = "new-rows-change", "changes what a column of new rows gets, from then on",
        safer: None, needs_rows: false,
        squawk: ["ban-alter-identity", "ban-drop-default", "ban-drop-generated-expression"];
    /// RENAME.
    RENAME_BREAKS_USERS = "rename-breaks-users", "breaks what uses the old name, from then on",
        safer: None, needs_rows: false, squawk: ["ban-set-schema", "renaming-column", "renaming-object", "renaming-table"];
    /// ENABLE or FORCE ROW LEVEL SECURITY.
    ROWS_ARE_HIDDEN = "row-security-hides-rows", "hides every row that no policy shows, from then on",
        safer: None, needs_rows: false, squawk: [];
    /// ALTER DOMAIN ADD CONSTRAINT, SET NOT NULL.
    DOMAIN_CHECKS_COLUMNS = "domain-checks-all-columns",
        "checks every column of the domain, each under a lock on its table, and fails if a value breaks it",
        safer: Some("add the constraint NOT VALID, then VALIDATE it in another transaction"), needs_rows: false,
        squawk: ["ban-alter-domain-with-add-constraint"];
    /// ALTER TYPE ... ADD VALUE.
    LABEL_STAYS = "enum-label-stays", "adds a label to an enum, which cannot be taken away again",
        safer: None, needs_rows: false, squawk: ["require-enum-value-ordering"];
    /// A library that the extension does not work without.
    NOT_PRELOADED = "extension-needs-preload", "makes an extension that needs a library loaded when the server starts",
        safer: None, needs_rows: false, squawk: [];
    /// The server did not say what it has.
    EXTENSION_NOT_CHECKED = "extension-not-checked",
        "makes an extension, and whether the server has it is not known", safer: None, needs_rows: false, squawk: [];
    /// What is not modelled.
    NOT_KNOWN = "effects-not-known", "does something that is not known in full",
        safer: None, needs_rows: false, squawk: [];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hazard_has_one_name_and_says_what_happens_to_what() {
        for (nth, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(nth + 1).all(|other| other.name != rule.name), "{}", rule.name);
            assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
            assert!(!rule.what.ends_with('.') && rule.safer.is_none_or(|safer| !safer.ends_with('.')));
        }
        let hazard = Hazard {
            rule: &COLUMN_REWRITES_TABLE,
            relation: Some(QualifiedName::new("public", "orders")),
            size: Some(Size { rows: Some(12_000_000.0), bytes: 3_300_000_000 }),
            detail: Some("random() gives each row a value of its own".to_owned()),
        };
        assert_eq!(
            hazard.to_string(),
            "new-column-rewrites-table: public.orders (about 12 million rows, 3.1 GB): writes the whole table anew while \
             reads and writes wait: random() gives each row a value of its own; safer: add the column without it, set \
             the default, then fill the rows in parts"
        );
    }
}
