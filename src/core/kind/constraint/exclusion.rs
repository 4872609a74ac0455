//! What an exclusion constraint demands.

use crate::core::catalog::Row;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::index_key::{IndexKey, KeyRow, KeyTarget, visit_expressions};
use crate::core::kind::{Comparison, DecodeError};
use crate::core::name::{Identifier, PartialName};

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

impl Exclusion {
    pub(super) fn decode(row: &Row<'_>) -> Result<Self, DecodeError> {
        let keys: Vec<KeyRow> = row.json_or_default("elements")?;
        let operators: Vec<(String, String)> = row.json_or_default("operators")?;
        let operators = operators.iter().map(|(schema, name)| PartialName::of(schema, name));
        Ok(Self {
            method: row.identifier("method")?,
            elements: keys.into_iter().map(KeyRow::into_key).zip(operators).collect(),
            predicate: if row.boolean("has_predicate")? { Clause::Defined(None) } else { Clause::Absent },
        })
    }

    pub(super) fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        visit_expressions("key expression", self.elements.iter_mut().map(|(key, _)| key), visit);
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

    pub(super) fn compare(&self, observed: &Self, comparison: &mut Comparison) {
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
