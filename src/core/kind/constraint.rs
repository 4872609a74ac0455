//! Constraints of tables: `pg_constraint` of contype `p`, `u`, `f`, `c` and `x`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::kind::{Comparison, DecodeError, Found, Kind, Room, Search, Shape, list};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;

/// A constraint. NOT NULL is a part of the column, not a constraint, in every version of PostgreSQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraint {
    /// What it demands.
    pub form: Option<ConstraintForm>,
    /// DEFERRABLE.
    pub deferrable: Option<bool>,
    /// INITIALLY DEFERRED.
    pub initially_deferred: Option<bool>,
    /// Whether it was checked against the rows that were there (not NOT VALID).
    pub validated: Option<bool>,
}

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
        columns: Option<BTreeSet<Identifier>>,
        /// The expression as declared; observed, `None` until its text is read.
        expression: Option<Definition>,
    },
    /// EXCLUDE; its elements are not compared yet.
    Exclusion,
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

impl Room for Constraint {
    const QUERY: Option<&'static str> = Some(include_str!("constraint.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let form = match row.text("form")? {
            "p" => ConstraintForm::PrimaryKey { columns: row.identifiers("columns")? },
            "u" => ConstraintForm::Unique {
                columns: row.identifiers("columns")?,
                nulls_not_distinct: row.optional("nulls_not_distinct")? == Some("true"),
            },
            "f" => ConstraintForm::ForeignKey {
                columns: row.identifiers("columns")?,
                references: row.qualified("referenced_schema", "referenced_relation")?,
                referenced_columns: Some(row.identifiers("referenced_columns")?),
                on_update: referential_action(row, "on_update")?,
                on_delete: referential_action(row, "on_delete")?,
            },
            "c" => ConstraintForm::Check { columns: Some(row.identifiers("columns")?), expression: None },
            "x" => ConstraintForm::Exclusion,
            other => return Err(row.unknown_value("form", other)),
        };
        let constraint = Self {
            form: Some(form),
            deferrable: Some(row.boolean("deferrable")?),
            initially_deferred: Some(row.boolean("initially_deferred")?),
            validated: Some(row.boolean("validated")?),
        };
        let relation = row.qualified("schema", "relation")?;
        Ok((ComponentId::on_relation(Kind::Constraint, relation, row.identifier("name")?), constraint))
    }

    /// A name that the author chose decides. A name that PostgreSQL chose says nothing: it may have counted otherwise,
    /// or the table had another name once, so that the shape decides. A table has one primary key, so that is the one
    /// whatever its columns are.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let Some(relation) = id.relation().filter(|_| search.name_is_generated) else {
            return if search.catalog.contains(id) { Found::Is(id.clone()) } else { Found::Nothing };
        };
        let mut candidates = search.catalog.on_relation(Kind::Constraint, relation).filter_map(
            |(candidate, shape)| match shape {
                Shape::Constraint(observed) => Some((candidate, observed)),
                _ => None,
            },
        );
        if matches!(self.form, Some(ConstraintForm::PrimaryKey { .. })) {
            let is_key = |observed: &Self| matches!(observed.form, Some(ConstraintForm::PrimaryKey { .. }));
            let key = candidates.find(|(_, observed)| is_key(observed));
            return key.map_or(Found::Nothing, |(key, _)| Found::Is(key.clone()));
        }
        search.by_shape(id, candidates.map(|(candidate, observed)| (candidate, self.compare(observed))))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { form, deferrable, initially_deferred, validated } = self;
        let mut comparison = Comparison::default();
        if let (Some(expected), Some(actual)) = (form, &observed.form) {
            expected.compare(actual, &mut comparison);
        }
        let deferrable_words = ("deferrable", "not deferrable");
        comparison.either("deferrable", *deferrable, observed.deferrable, deferrable_words);
        let initially = ("initially deferred", "initially immediate");
        comparison.either("deferred", *initially_deferred, observed.initially_deferred, initially);
        let checked = ("validated", "not valid: rows that were there before it are not checked");
        comparison.either("validated", *validated, observed.validated, checked);
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        if let Some(ConstraintForm::Check { expression, .. }) = &mut self.form {
            visit(Part::only("expression"), expression);
        }
    }

    fn change(&mut self, change: Self) {
        let Self { form, deferrable, initially_deferred, validated } = change;
        self.form = form.or(self.form.take());
        self.deferrable = deferrable.or(self.deferrable);
        self.initially_deferred = initially_deferred.or(self.initially_deferred);
        self.validated = validated.or(self.validated);
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        let Some(relation) = id.relation() else { return };
        match &mut self.form {
            Some(ConstraintForm::PrimaryKey { columns } | ConstraintForm::Unique { columns, .. }) => {
                renaming.columns(relation, columns);
            }
            Some(ConstraintForm::ForeignKey { columns, references, referenced_columns, .. }) => {
                renaming.columns(relation, columns);
                renaming.columns(references, referenced_columns.iter_mut().flatten());
                renaming.relation(references);
            }
            Some(ConstraintForm::Check { columns: Some(columns), .. }) => {
                renaming.column_set(relation, columns);
            }
            Some(ConstraintForm::Check { columns: None, .. } | ConstraintForm::Exclusion) | None => {}
        }
    }
}

fn referential_action(row: &Row<'_>, column: &str) -> Result<ReferentialAction, DecodeError> {
    Ok(match row.text(column)? {
        "a" => ReferentialAction::NoAction,
        "r" => ReferentialAction::Restrict,
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        other => return Err(row.unknown_value(column, other)),
    })
}

impl ConstraintForm {
    fn sort(&self) -> &'static str {
        match self {
            Self::PrimaryKey { .. } => "a primary key",
            Self::Unique { .. } => "a unique constraint",
            Self::ForeignKey { .. } => "a foreign key",
            Self::Check { .. } => "a check",
            Self::Exclusion => "an exclusion constraint",
        }
    }

    fn compare(&self, observed: &Self, comparison: &mut Comparison) {
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
            (Self::Exclusion, Self::Exclusion) => comparison.not_compared("elements"),
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
            comparison.part(part, Some(expected), Some(actual), |action| action.sql().to_owned());
        }
    }
}

impl ReferentialAction {
    fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "no action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
            Self::SetDefault => "set default",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;

    /// An observed constraint of `public.leads`: name, form, columns, what it references, whether it is validated.
    fn row(name: &str, form: &str, columns: &str, validated: &str) -> (ComponentId, Constraint) {
        let references = |value| (form == "f").then_some(value);
        let columns = [
            ("schema", Some("public")),
            ("relation", Some("leads")),
            ("name", Some(name)),
            ("form", Some(form)),
            ("columns", Some(columns)),
            ("referenced_schema", references("public")),
            ("referenced_relation", references("users")),
            ("referenced_columns", references(r#"["id"]"#)),
            ("on_update", Some("a")),
            ("on_delete", Some("c")),
            ("deferrable", Some("f")),
            ("initially_deferred", Some("f")),
            ("validated", Some(validated)),
            ("nulls_not_distinct", (form == "u").then_some("false")),
        ];
        let (id, shape) = decode(Kind::Constraint, &columns).unwrap();
        let Shape::Constraint(constraint) = shape else { panic!("a constraint") };
        (id, constraint)
    }

    fn declared(form: ConstraintForm) -> Constraint {
        Constraint {
            form: Some(form),
            deferrable: Some(false),
            initially_deferred: Some(false),
            validated: Some(true),
        }
    }

    fn names(columns: &[&str]) -> Vec<Identifier> {
        columns.iter().map(|name| Identifier::new(name)).collect()
    }

    fn unique(columns: &[&str]) -> Constraint {
        declared(ConstraintForm::Unique { columns: names(columns), nulls_not_distinct: false })
    }

    fn primary_key(columns: &[&str]) -> Constraint {
        declared(ConstraintForm::PrimaryKey { columns: names(columns) })
    }

    fn foreign_key(columns: &[&str], on_delete: ReferentialAction) -> Constraint {
        declared(ConstraintForm::ForeignKey {
            columns: names(columns),
            references: QualifiedName::new("public", "users"),
            referenced_columns: None,
            on_update: ReferentialAction::NoAction,
            on_delete,
        })
    }

    fn check(columns: &[&str]) -> Constraint {
        declared(ConstraintForm::Check {
            columns: Some(names(columns).into_iter().collect()),
            expression: Some(Definition::observed("a > 0".into())),
        })
    }

    #[test]
    fn each_part_of_a_constraint_is_compared_and_expressions_are_not() {
        let null_unique =
            declared(ConstraintForm::Unique { columns: names(&["a"]), nulls_not_distinct: true });
        let elsewhere = declared(ConstraintForm::ForeignKey {
            columns: names(&["b"]),
            references: QualifiedName::new("crm", "users"),
            referenced_columns: Some(names(&["key"])),
            on_update: ReferentialAction::SetNull,
            on_delete: ReferentialAction::Restrict,
        });
        let deferred =
            Constraint { deferrable: Some(true), initially_deferred: Some(true), ..unique(&["a"]) };
        for (declared, (form, columns, validated), differences) in [
            (Constraint::default(), ("c", r#"["a"]"#, "f"), vec![]),
            (primary_key(&["a", "b"]), ("p", r#"["a", "b"]"#, "t"), vec![]),
            (primary_key(&["a", "b"]), ("p", r#"["b", "a"]"#, "t"), vec!["columns: (a, b) / (b, a)"]),
            (unique(&["a"]), ("u", r#"["a"]"#, "t"), vec![]),
            (unique(&["a"]), ("p", r#"["a"]"#, "t"), vec!["sort: a unique constraint / a primary key"]),
            (null_unique, ("u", r#"["a"]"#, "t"), vec!["nulls: not distinct / distinct"]),
            (
                deferred,
                ("u", r#"["a"]"#, "t"),
                vec![
                    "deferrable: deferrable / not deferrable",
                    "deferred: initially deferred / initially immediate",
                ],
            ),
            (foreign_key(&["a"], ReferentialAction::Cascade), ("f", r#"["a"]"#, "t"), vec![]),
            (
                foreign_key(&["a"], ReferentialAction::NoAction),
                ("f", r#"["a"]"#, "f"),
                vec![
                    "on delete: no action / cascade",
                    "validated: validated / not valid: rows that were there before it are not checked",
                ],
            ),
            (
                elsewhere,
                ("f", r#"["a"]"#, "t"),
                vec![
                    "columns: (b) / (a)",
                    "references: crm.users / public.users",
                    "referenced columns: (key) / (id)",
                    "on update: set null / no action",
                    "on delete: restrict / cascade",
                ],
            ),
            (check(&["a"]), ("c", r#"["a"]"#, "t"), vec!["not compared: expression"]),
            (
                check(&["a"]),
                ("c", r#"["a", "b"]"#, "t"),
                vec!["columns: (a) / (a, b)", "not compared: expression"],
            ),
            (declared(ConstraintForm::Exclusion), ("x", r#"["a"]"#, "t"), vec!["not compared: elements"]),
        ] {
            assert_eq!(told(&declared, &row("c", form, columns, validated).1), differences);
        }
    }

    /// What is found for a constraint of a name that PostgreSQL chose.
    fn found(
        name: &str,
        declared: &Constraint,
        observed: &[(&str, &str, &str)],
        taken: &[&str],
        name_is_generated: bool,
    ) -> String {
        let leads = QualifiedName::new("public", "leads");
        let id = |name: &str| ComponentId::on_relation(Kind::Constraint, leads.clone(), name);
        let mut catalog = Catalog::default();
        for (name, form, columns) in observed {
            let (id, constraint) = row(name, form, columns, "t");
            catalog.insert(id, constraint.into());
        }
        let taken = taken.iter().map(|name| id(name)).collect();
        match declared.find(&id(name), &Search { catalog: &catalog, taken: &taken, name_is_generated }) {
            Found::Is(id) => id.to_string().replace("constraint/public.leads.", ""),
            Found::Nothing => "nothing".into(),
            Found::Undecided(reason) => reason,
        }
    }

    #[test]
    fn a_generated_name_is_matched_by_shape_and_not_by_what_is_taken() {
        let a = unique(&["a"]);
        let (on_a, on_b) = (r#"["a"]"#, r#"["b"]"#);
        for (observed, taken, is) in [
            (vec![], vec![], "nothing"),
            (vec![("leads_a_key", "u", on_a)], vec![], "leads_a_key"),
            (vec![("old_name", "u", on_a)], vec![], "old_name"),
            (vec![("old_name", "u", on_a)], vec!["old_name"], "nothing"),
            (vec![("old_name", "u", on_a), ("leads_a_key", "u", on_a)], vec![], "leads_a_key"),
            (vec![("old_name", "u", on_a), ("leads_a_key", "u", on_b)], vec![], "old_name"),
            (vec![("leads_a_key", "u", on_b)], vec![], "leads_a_key"),
            (vec![("old_name", "u", on_b)], vec![], "nothing"),
            (vec![("old_name", "p", on_a)], vec![], "nothing"),
        ] {
            assert_eq!(found("leads_a_key", &a, &observed, &taken, true), is, "{observed:?} {taken:?}");
        }
    }

    #[test]
    fn a_name_that_the_author_chose_decides_alone() {
        let (a, on_a, on_b) = (unique(&["a"]), r#"["a"]"#, r#"["b"]"#);
        assert_eq!(found("mine", &a, &[("other", "u", on_a)], &[], false), "nothing");
        assert_eq!(found("mine", &a, &[("mine", "u", on_b), ("other", "u", on_a)], &[], false), "mine");
    }

    #[test]
    fn a_check_of_the_same_columns_under_another_name_is_not_decided() {
        let (a, on_a, on_b) = (check(&["a"]), r#"["a"]"#, r#"["b"]"#);
        assert_eq!(found("leads_a_check", &a, &[("leads_a_check", "c", on_a)], &[], true), "leads_a_check");
        assert_eq!(
            found("leads_a_check", &a, &[("positive", "c", on_a)], &[], true),
            "constraint/public.leads.positive may be it under another name, but the expression cannot be compared"
        );
        assert_eq!(found("leads_a_check", &a, &[("positive", "c", on_b)], &[], true), "nothing");
    }

    #[test]
    fn a_table_has_one_primary_key_whatever_its_name_and_columns() {
        let key = primary_key(&["id"]);
        let observed = [("users_pkey", "p", r#"["id", "squad_id"]"#), ("leads_pkey", "u", r#"["id"]"#)];
        assert_eq!(found("leads_pkey", &key, &observed, &[], true), "users_pkey");
    }
}
