//! Constraints of tables: `pg_constraint` of contype `p`, `u`, `f`, `c` and `x`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::kind::parameters::Parameters;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, list};
use crate::core::name::{Identifier, NameSet};
use crate::core::renaming::Renaming;

mod exclusion;
mod form;

pub use exclusion::Exclusion;
pub use form::{ConstraintForm, ReferentialAction};

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
        let constraint = Self {
            form: Some(ConstraintForm::decode(row)?),
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

    fn may_have_definitions(&self) -> bool {
        matches!(&self.form, Some(ConstraintForm::Check { .. } | ConstraintForm::Exclusion(_)))
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

#[cfg(test)]
mod tests;
