//! What a constraint demands, by its sort.

use super::Exclusion;
use crate::core::catalog::Row;
use crate::core::definition::Definition;
use crate::core::kind::letter::Letter;
use crate::core::kind::{Comparison, DecodeError, list};
use crate::core::name::{Identifier, NameSet, QualifiedName};

/// The sorts of constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintForm {
    /// PRIMARY KEY.
    PrimaryKey {
        /// The columns in order.
        columns: Vec<Identifier>,
    },
    /// UNIQUE.
    Unique {
        /// The columns in order.
        columns: Vec<Identifier>,
        /// NULLS NOT DISTINCT (PostgreSQL 15).
        nulls_not_distinct: bool,
    },
    /// FOREIGN KEY.
    ForeignKey {
        /// The referencing columns in order.
        columns: Vec<Identifier>,
        /// The table referenced.
        references: QualifiedName,
        /// The columns referenced, in the order of `columns`; `None` where the SQL leaves them to the primary key of
        /// a table that it does not show.
        referenced_columns: Option<Vec<Identifier>>,
        /// ON UPDATE.
        on_update: ReferentialAction,
        /// ON DELETE.
        on_delete: ReferentialAction,
    },
    /// CHECK.
    Check {
        /// The columns that the expression names; `None` where they could not be found.
        columns: Option<NameSet>,
        /// The expression as declared; observed, `None` until its text is read.
        expression: Option<Definition>,
    },
    /// EXCLUDE; `None` where its elements are not known.
    Exclusion(Option<Exclusion>),
}

/// What a foreign key does when the referenced row goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferentialAction {
    /// NO ACTION.
    NoAction,
    /// RESTRICT.
    Restrict,
    /// CASCADE.
    Cascade,
    /// SET NULL.
    SetNull,
    /// SET DEFAULT.
    SetDefault,
}

impl ConstraintForm {
    pub(super) fn decode(row: &Row<'_>) -> Result<Self, DecodeError> {
        Ok(match row.text("form")? {
            "p" => Self::PrimaryKey { columns: row.identifiers("columns")? },
            "u" => Self::Unique {
                columns: row.identifiers("columns")?,
                nulls_not_distinct: row.optional("nulls_not_distinct")? == Some("true"),
            },
            "f" => Self::ForeignKey {
                columns: row.identifiers("columns")?,
                references: row.qualified("referenced_schema", "referenced_relation")?,
                referenced_columns: Some(row.identifiers("referenced_columns")?),
                on_update: row.letter("on_update")?,
                on_delete: row.letter("on_delete")?,
            },
            "c" => Self::Check { columns: Some(row.identifiers("columns")?), expression: None },
            "x" => Self::Exclusion(Some(Exclusion::decode(row)?)),
            other => return Err(row.unknown_value("form", other)),
        })
    }

    fn sort(&self) -> &'static str {
        match self {
            Self::PrimaryKey { .. } => "a primary key",
            Self::Unique { .. } => "a unique constraint",
            Self::ForeignKey { .. } => "a foreign key",
            Self::Check { .. } => "a check",
            Self::Exclusion(_) => "an exclusion constraint",
        }
    }

    pub(super) fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        match (self, observed) {
            (Self::PrimaryKey { columns: expected }, Self::PrimaryKey { columns: actual }) => {
                comparison.part("columns", Some(expected), Some(actual), |columns| list(columns));
            }
            (
                Self::Unique { columns: expected, nulls_not_distinct: expected_nulls },
                Self::Unique { columns: actual, nulls_not_distinct: actual_nulls },
            ) => {
                comparison.part("columns", Some(expected), Some(actual), |columns| list(columns));
                let nulls = ("not distinct", "distinct");
                comparison.either("nulls", Some(*expected_nulls), Some(*actual_nulls), nulls);
            }
            (Self::ForeignKey { .. }, Self::ForeignKey { .. }) => {
                self.compare_foreign_key(observed, comparison);
            }
            (
                Self::Check { columns: expected, expression },
                Self::Check { columns: actual, expression: actual_expression },
            ) => {
                comparison.part("columns", expected.as_ref(), actual.as_ref(), |columns| list(columns));
                comparison.definition("expression", expression.as_ref(), actual_expression.as_ref());
            }
            (Self::Exclusion(Some(expected)), Self::Exclusion(Some(actual))) => {
                expected.compare(actual, comparison);
            }
            (Self::Exclusion(_), Self::Exclusion(_)) => comparison.not_compared("elements"),
            _ => comparison.differs("sort", self.sort(), observed.sort()),
        }
    }

    fn compare_foreign_key(&self, observed: &Self, comparison: &mut Comparison) {
        let (
            Self::ForeignKey { columns, references, referenced_columns, on_update, on_delete },
            Self::ForeignKey {
                columns: actual_columns,
                references: actual_references,
                referenced_columns: actual_referenced_columns,
                on_update: actual_on_update,
                on_delete: actual_on_delete,
            },
        ) = (self, observed)
        else {
            return;
        };
        comparison.part("columns", Some(columns), Some(actual_columns), |columns| list(columns));
        comparison.part("references", Some(references), Some(actual_references), ToString::to_string);
        comparison.part(
            "referenced columns",
            referenced_columns.as_ref(),
            actual_referenced_columns.as_ref(),
            |columns| list(columns),
        );
        for (part, expected, actual) in
            [("on update", on_update, actual_on_update), ("on delete", on_delete, actual_on_delete)]
        {
            comparison.letter(part, Some(*expected), Some(*actual));
        }
    }
}

impl Letter for ReferentialAction {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::NoAction, "a", "no action"),
        (Self::Restrict, "r", "restrict"),
        (Self::Cascade, "c", "cascade"),
        (Self::SetNull, "n", "set null"),
        (Self::SetDefault, "d", "set default"),
    ];
}
