//! Constraints of tables: `pg_constraint` of contype `p`, `u`, `f`, `c` and `x`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::index_key::{IndexKey, KeyRow, KeyTarget};
use crate::core::kind::parameters::Parameters;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, list};
use crate::core::name::{Identifier, NameSet, PartialName, QualifiedName};
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
    /// Whether it was checked against the rows that were there (not NOT VALID). One that is not enforced never was.
    pub validated: Option<bool>,
    /// Whether it is checked at all (not NOT ENFORCED, PostgreSQL 18; `pg_constraint.conenforced`).
    pub enforced: Option<bool>,
    /// Of a check: whether children do not inherit it (NO INHERIT, `connoinherit`).
    pub no_inherit: Option<bool>,
    /// WITHOUT OVERLAPS of a key, PERIOD of a foreign key (PostgreSQL 18, `conperiod`).
    pub temporal: Option<bool>,
    /// Of a foreign key: MATCH FULL, rather than MATCH SIMPLE (`confmatchtype`).
    pub match_full: Option<bool>,
    /// Of a foreign key: the columns of ON DELETE SET NULL or SET DEFAULT (PostgreSQL 15, `confdelsetcols`); none is
    /// all of them.
    pub delete_columns: Option<NameSet>,
    /// Of a key: the columns of INCLUDE (`pg_index.indkey` after `indnkeyatts`).
    pub include: Option<Vec<Identifier>>,
    /// WITH (...): storage parameters of its index.
    pub parameters: Parameters,
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
        columns: Option<NameSet>,
        /// The expression as declared; observed, `None` until its text is read.
        expression: Option<Definition>,
    },
    /// EXCLUDE; `None` where its elements are not known.
    Exclusion(Option<Exclusion>),
}

/// What an exclusion constraint is made of: an index, and an operator for each key (`pg_constraint.conexclop`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The access method of its index.
    pub method: Identifier,
    /// The elements in order.
    pub elements: Vec<(IndexKey, PartialName)>,
    /// WHERE.
    pub predicate: Clause,
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
    const ABOUT: About = About {
        declared_by: "The constraints of columns and tables in `CREATE TABLE`, `ALTER TABLE ... ADD CONSTRAINT`, \
            `ALTER CONSTRAINT`. `NOT NULL` is part of the column.",
        compared: "The sort: primary key, unique, foreign key, check or exclusion. Columns, included columns \
            and storage parameters; nulls distinct or not; what a foreign key references, its match and \
            its actions; the expression of a check and whether children inherit it; the elements of an \
            exclusion constraint; `WITHOUT OVERLAPS`; deferrable, initially deferred, validated, \
            enforced. One that PostgreSQL named goes by its shape.",
        not_compared: "The elements of an exclusion constraint where one side could not be read.",
    };

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
            "x" => ConstraintForm::Exclusion(Some(exclusion(row)?)),
            other => return Err(row.unknown_value("form", other)),
        };
        let constraint = Self {
            form: Some(form),
            deferrable: Some(row.boolean("deferrable")?),
            initially_deferred: Some(row.boolean("initially_deferred")?),
            validated: Some(row.boolean("validated")?),
            enforced: Some(row.optional("enforced")? != Some("false")),
            no_inherit: Some(row.boolean("no_inherit")?),
            temporal: Some(row.optional("temporal")? == Some("true")),
            match_full: Some(row.text("match")? == "f"),
            delete_columns: Some(row.identifiers("delete_columns")?),
            include: Some(row.identifiers("include")?),
            parameters: row.parameters("parameters")?,
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
        let Self { form, deferrable, initially_deferred, .. } = self;
        let mut comparison = Comparison::default();
        if let (Some(expected), Some(actual)) = (form, &observed.form) {
            expected.compare(actual, &mut comparison);
        }
        let deferrable_words = ("deferrable", "not deferrable");
        comparison.either("deferrable", *deferrable, observed.deferrable, deferrable_words);
        let initially = ("initially deferred", "initially immediate");
        comparison.either("deferred", *initially_deferred, observed.initially_deferred, initially);
        self.compare_enforcement(observed, &mut comparison);
        self.compare_key_options(observed, &mut comparison);
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        match &mut self.form {
            Some(ConstraintForm::Check { expression, .. }) => visit(Part::only("expression"), expression),
            Some(ConstraintForm::Exclusion(Some(exclusion))) => exclusion.definitions(visit),
            _ => {}
        }
    }

    /// What ALTER CONSTRAINT says of one part leaves the others.
    fn change(&mut self, change: Self) {
        let Self {
            form,
            deferrable,
            initially_deferred,
            validated,
            enforced,
            no_inherit,
            temporal,
            match_full,
            delete_columns,
            include,
            parameters,
        } = change;
        self.form = form.or(self.form.take());
        self.deferrable = deferrable.or(self.deferrable);
        self.initially_deferred = initially_deferred.or(self.initially_deferred);
        self.validated = validated.or(self.validated);
        self.enforced = enforced.or(self.enforced);
        self.no_inherit = no_inherit.or(self.no_inherit);
        self.temporal = temporal.or(self.temporal);
        self.match_full = match_full.or(self.match_full);
        self.delete_columns = delete_columns.or(self.delete_columns.take());
        self.include = include.or(self.include.take());
        self.parameters.change(parameters);
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        let Some(relation) = id.relation() else { return };
        if let Some(columns) = &mut self.delete_columns {
            renaming.column_set(relation, columns);
        }
        renaming.columns(relation, self.include.iter_mut().flatten());
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
            Some(ConstraintForm::Exclusion(Some(exclusion))) => {
                let keys = exclusion.elements.iter_mut().map(|(key, _)| key);
                keys.for_each(|key| key.rename(relation, renaming));
            }
            Some(ConstraintForm::Check { columns: None, .. } | ConstraintForm::Exclusion(None)) | None => {}
        }
    }
}

impl Constraint {
    /// Whether it holds for new rows, and for those that were there before it (k10).
    fn compare_enforcement(&self, observed: &Self, comparison: &mut Comparison) {
        let words = ("enforced", "not enforced: no row is checked");
        comparison.either("enforced", self.enforced, observed.enforced, words);
        if self.enforced != Some(false) && observed.enforced != Some(false) {
            let checked = ("validated", "not valid: rows that were there before it are not checked");
            comparison.either("validated", self.validated, observed.validated, checked);
        }
        // The flag is set for all other forms, whose partitions have one of their own all the same.
        if matches!(self.form, Some(ConstraintForm::Check { .. })) {
            let words = ("not inherited by children", "inherited by children");
            comparison.either("inheritance", self.no_inherit, observed.no_inherit, words);
        }
    }

    fn compare_key_options(&self, observed: &Self, comparison: &mut Comparison) {
        let overlaps = ("no overlaps", "no duplicates");
        comparison.either("period", self.temporal, observed.temporal, overlaps);
        if matches!(self.form, Some(ConstraintForm::ForeignKey { .. })) {
            comparison.either("match", self.match_full, observed.match_full, ("full", "simple"));
            let (expected, actual) = (self.delete_columns.as_ref(), observed.delete_columns.as_ref());
            comparison.part("columns of on delete", expected, actual, |columns| {
                if columns.is_empty() { "all".into() } else { list(columns) }
            });
        }
        let (expected, actual) = (self.include.as_ref(), observed.include.as_ref());
        comparison.part("include", expected, actual, |columns| list(columns));
        self.parameters.compare(&observed.parameters, comparison);
    }
}

impl Exclusion {
    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        for (position, (key, _)) in self.elements.iter_mut().enumerate() {
            if let KeyTarget::Expression(slot) = &mut key.target {
                visit(Part { name: "key expression", position }, slot);
            }
        }
        if let Some(slot) = self.predicate.slot() {
            visit(Part::only("predicate"), slot);
        }
    }

    /// The columns of its elements, expressions left out.
    pub fn columns(&self) -> impl Iterator<Item = &Identifier> {
        self.elements.iter().filter_map(|(key, _)| match &key.target {
            KeyTarget::Column(column) => Some(column),
            KeyTarget::Expression(_) => None,
        })
    }

    fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        let Self { method, elements, predicate } = self;
        comparison.part("method", Some(method), Some(&observed.method), ToString::to_string);
        let same = elements.len() == observed.elements.len()
            && elements.iter().zip(&observed.elements).all(
                |((key, operator), (actual_key, actual_operator))| {
                    key.is(actual_key) && operator.is(actual_operator)
                },
            );
        if same {
            for ((key, _), (actual, _)) in elements.iter().zip(&observed.elements) {
                key.compare_expression("key expression", actual, comparison);
            }
        } else {
            comparison.differs("elements", self.shown(), observed.shown());
        }
        let words = ("a condition", "every row");
        comparison.clause("predicate", Some(predicate), Some(&observed.predicate), words);
    }

    fn shown(&self) -> String {
        let shown = |(key, operator): &(IndexKey, PartialName)| {
            let schema = operator.schema.as_ref().filter(|schema| schema.as_str() != "pg_catalog");
            match schema {
                Some(schema) => format!("{key} with {schema}.{}", operator.name.as_str()),
                None => format!("{key} with {}", operator.name.as_str()),
            }
        };
        let elements: Vec<String> = self.elements.iter().map(shown).collect();
        format!("({})", elements.join(", "))
    }
}

fn exclusion(row: &Row<'_>) -> Result<Exclusion, DecodeError> {
    let keys: Vec<KeyRow> = row.json_or_default("elements")?;
    let operators: Vec<(String, String)> = row.json_or_default("operators")?;
    let operators = operators.iter().map(|(schema, name)| PartialName::of(schema, name));
    Ok(Exclusion {
        method: row.identifier("method")?,
        elements: keys.into_iter().map(KeyRow::into_key).zip(operators).collect(),
        predicate: if row.boolean("has_predicate")? { Clause::Defined(None) } else { Clause::Absent },
    })
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
            Self::Exclusion(_) => "an exclusion constraint",
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
        row_with(name, form, columns, &[("validated", validated)])
    }

    /// The same with other values in these columns.
    fn row_with(name: &str, form: &str, key: &str, changed: &[(&str, &str)]) -> (ComponentId, Constraint) {
        let references = |value| (form == "f").then_some(value);
        let mut columns = vec![
            ("schema", Some("public")),
            ("relation", Some("leads")),
            ("name", Some(name)),
            ("form", Some(form)),
            ("columns", Some(key)),
            ("referenced_schema", references("public")),
            ("referenced_relation", references("users")),
            ("referenced_columns", references(r#"["id"]"#)),
            ("on_update", Some("a")),
            ("on_delete", Some("c")),
            ("deferrable", Some("f")),
            ("initially_deferred", Some("f")),
            ("validated", Some("t")),
            ("nulls_not_distinct", (form == "u").then_some("false")),
            ("enforced", None),
            ("temporal", None),
            ("delete_columns", None),
            ("no_inherit", Some("f")),
            ("match", Some("s")),
            ("include", None),
            ("parameters", None),
            ("method", Some("gist")),
            ("has_predicate", Some("f")),
            ("elements", None),
            ("operators", None),
        ];
        for (name, value) in changed {
            columns.iter_mut().find(|(column, _)| column == name).unwrap().1 = Some(value);
        }
        let (id, shape) = decode(Kind::Constraint, &columns).unwrap();
        let Shape::Constraint(constraint) = shape else { panic!("a constraint") };
        (id, *constraint)
    }

    fn declared(form: ConstraintForm) -> Constraint {
        Constraint {
            form: Some(form),
            deferrable: Some(false),
            initially_deferred: Some(false),
            validated: Some(true),
            enforced: Some(true),
            no_inherit: Some(false),
            temporal: Some(false),
            match_full: Some(false),
            delete_columns: Some(NameSet::default()),
            include: Some(Vec::new()),
            parameters: Parameters::default(),
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
            (
                declared(ConstraintForm::Exclusion(None)),
                ("x", r#"["a"]"#, "t"),
                vec!["not compared: elements"],
            ),
        ] {
            assert_eq!(told(&declared, &row("c", form, columns, validated).1), differences);
        }
    }

    #[test]
    fn k10_a_constraint_that_is_not_enforced_is_told_as_that_and_not_as_not_valid() {
        let not_enforced = [("enforced", "false"), ("validated", "f")];
        let (_, observed) = row_with("c", "c", r#"["a"]"#, &not_enforced);
        assert_eq!(
            told(&check(&["a"]), &observed),
            ["enforced: enforced / not enforced: no row is checked", "not compared: expression"]
        );
        let declared = Constraint { enforced: Some(false), validated: None, ..check(&["a"]) };
        assert_eq!(told(&declared, &observed), ["not compared: expression"]);
        let (_, enforced) = row("c", "c", r#"["a"]"#, "t");
        assert_eq!(told(&declared, &enforced)[0], "enforced: not enforced: no row is checked / enforced");
    }

    #[test]
    fn k13_temporal_keys_and_other_options_of_a_key_are_compared() {
        let key = Constraint {
            include: Some(names(&["b"])),
            parameters: Parameters::stored(&["fillfactor=70".to_owned()], ""),
            temporal: Some(true),
            ..unique(&["a"])
        };
        assert_eq!(
            told(&key, &row("u", "u", r#"["a"]"#, "t").1),
            [
                "period: no overlaps / no duplicates",
                "include: (b) / ()",
                "storage parameters: fillfactor=70 / fillfactor not set"
            ]
        );
        let same = [("include", r#"["b"]"#), ("parameters", r#"["fillfactor=70"]"#), ("temporal", "true")];
        assert_eq!(told(&key, &row_with("u", "u", r#"["a"]"#, &same).1), Vec::<String>::new());
    }

    #[test]
    fn the_match_and_the_columns_of_on_delete_belong_to_a_foreign_key() {
        let key = Constraint {
            match_full: Some(true),
            delete_columns: Some(["a".into()].into()),
            ..foreign_key(&["a"], ReferentialAction::Cascade)
        };
        assert_eq!(
            told(&key, &row("f", "f", r#"["a"]"#, "t").1),
            ["match: full / simple", "columns of on delete: (a) / all"]
        );
        let same = [("match", "f"), ("delete_columns", r#"["a"]"#)];
        assert_eq!(told(&key, &row_with("f", "f", r#"["a"]"#, &same).1), Vec::<String>::new());
    }

    #[test]
    fn a_check_may_be_kept_from_children() {
        let declared = Constraint { no_inherit: Some(true), ..check(&["a"]) };
        assert_eq!(
            told(&declared, &row("c", "c", r#"["a"]"#, "t").1)[..1],
            ["inheritance: not inherited by children / inherited by children"]
        );
        let no_inherit = [("no_inherit", "t")];
        // Keys and foreign keys always have the flag.
        assert_eq!(
            told(&unique(&["a"]), &row_with("u", "u", r#"["a"]"#, &no_inherit).1),
            Vec::<String>::new()
        );
    }

    #[test]
    fn elements_of_an_exclusion_constraint_are_compared_with_their_operators() {
        let key = |column: &str| IndexKey::of(KeyTarget::Column(column.into()));
        let with = |operator: &str| PartialName { schema: None, name: operator.into() };
        let exclusion = |elements| {
            declared(ConstraintForm::Exclusion(Some(Exclusion {
                method: "gist".into(),
                elements,
                predicate: Clause::Absent,
            })))
        };
        let observed = [
            (
                "elements",
                r#"[{"column": ["room", true], "option": 0, "class": ["public", "gist_int4_ops", true],
                    "collation": null},
                   {"column": ["span", true], "option": 0, "class": ["pg_catalog", "range_ops", true],
                    "collation": null}]"#,
            ),
            ("operators", r#"[["pg_catalog", "="], ["pg_catalog", "&&"]]"#),
        ];
        let (_, observed) = row_with("x", "x", r#"["room", "span"]"#, &observed);
        let same = exclusion(vec![(key("room"), with("=")), (key("span"), with("&&"))]);
        assert_eq!(told(&same, &observed), Vec::<String>::new());
        let other = exclusion(vec![(key("room"), with("<>")), (key("span"), with("&&"))]);
        assert_eq!(
            told(&other, &observed),
            ["elements: (room with <>, span with &&) / (room with =, span with &&)"]
        );
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
        let taken: Vec<ComponentId> = taken.iter().map(|name| id(name)).collect();
        let taken = taken.iter().collect();
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
