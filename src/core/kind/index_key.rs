//! One key of an index, of an exclusion constraint or of PARTITION BY: the same parts, in the same rows.

use std::fmt;

use crate::core::definition::{Definition, Part};
use crate::core::kind::Comparison;
use crate::core::kind::parameters::Parameters;
use crate::core::name::{Identifier, PartialName, QualifiedName};
use crate::core::renaming::Renaming;

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// The column, or an expression.
    pub target: KeyTarget,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST, explicit or implied by DESC.
    pub nulls_first: bool,
    /// The operator class: declared, `None` for the type's default one; observed, `None` where it is the default
    /// (`pg_opclass.opcdefault`).
    pub operator_class: Option<PartialName>,
    /// Observed: the operator class where it is the default one, which SQL may name too. Declared: `None`.
    pub implied_operator_class: Option<PartialName>,
    /// The options of the operator class (`pg_attribute.attoptions` of the index, PostgreSQL 13). SQL that names none
    /// means none.
    pub operator_class_parameters: Parameters,
    /// The collation: declared, `None` where none is named; observed, `None` where it is the column's own.
    pub collation: Option<PartialName>,
    /// Observed: the collation where it is the column's own, which SQL may name too. Declared: `None`.
    pub implied_collation: Option<PartialName>,
}

/// What an index key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTarget {
    /// A column.
    Column(Identifier),
    /// An expression as declared; observed, `None` until its text is read.
    Expression(Option<Definition>),
}

/// The collation of a key.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum CollationRow {
    /// One of PostgreSQL's own.
    BuiltIn(String),
    /// Schema and name.
    Any(String, String),
}

/// The operator class of a key.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum ClassRow {
    /// One of PostgreSQL's own that is the default one of its type.
    BuiltIn(String),
    /// Schema, name, and whether it is the default one of its type.
    Any(String, String, bool),
}

/// One key as queries give it: by the names of the fields, or as an array in their order.
#[derive(serde::Deserialize)]
pub(crate) struct KeyRow {
    /// Its name, and whether the collation of the key is its own; `None` for an expression, whose own collation raw rows do
    /// not tell.
    pub(crate) column: Option<(String, bool)>,
    class: Option<ClassRow>,
    collation: Option<CollationRow>,
    /// The bits of `pg_index.indoption` (`INDOPTION_*` in PostgreSQL's `catalog/pg_index.h`).
    #[serde(default)]
    option: Option<u16>,
    #[serde(default)]
    class_options: Option<Vec<String>>,
    /// Whether it is a column of INCLUDE.
    #[serde(default)]
    pub(crate) included: bool,
}

impl KeyRow {
    pub(crate) fn into_key(self) -> IndexKey {
        const DESCENDING: u16 = 1;
        const NULLS_FIRST: u16 = 1 << 1;
        let option = self.option.unwrap_or_default();
        let split =
            |name: Option<PartialName>, implied: bool| if implied { (None, name) } else { (name, None) };
        let (operator_class, implied_operator_class) = match self.class {
            Some(ClassRow::BuiltIn(name)) => split(Some(PartialName::of("pg_catalog", &name)), true),
            Some(ClassRow::Any(schema, name, implied)) => {
                split(Some(PartialName::of(&schema, &name)), implied)
            }
            None => (None, None),
        };
        let collation = self.collation.map(|collation| match collation {
            CollationRow::BuiltIn(name) => PartialName::of("pg_catalog", &name),
            CollationRow::Any(schema, name) => PartialName::of(&schema, &name),
        });
        let (target, collation_is_own) = match self.column {
            Some((column, collation_is_own)) => {
                (KeyTarget::Column(Identifier::new(&column)), collation_is_own)
            }
            None => (KeyTarget::Expression(None), true),
        };
        let (collation, implied_collation) = split(collation, collation_is_own);
        IndexKey {
            target,
            descending: option & DESCENDING != 0,
            nulls_first: option & NULLS_FIRST != 0,
            operator_class,
            implied_operator_class,
            operator_class_parameters: Parameters::stored(&self.class_options.unwrap_or_default(), ""),
            collation,
            implied_collation,
        }
    }
}

/// Visits the expressions among keys, under this name.
pub(crate) fn visit_expressions<'a>(
    name: &'static str,
    keys: impl Iterator<Item = &'a mut IndexKey>,
    visit: &mut dyn FnMut(Part, &mut Option<Definition>),
) {
    for (position, key) in keys.enumerate() {
        if let KeyTarget::Expression(slot) = &mut key.target {
            visit(Part { name, position }, slot);
        }
    }
}

/// Compares keys in order; `part` and `expression` are their names in reports.
pub(crate) fn compare_keys(
    (part, expression): (&'static str, &'static str),
    expected: &[IndexKey],
    actual: &[IndexKey],
    comparison: &mut Comparison,
) {
    let same = expected.len() == actual.len()
        && expected.iter().zip(actual).all(|(expected, actual)| expected.is(actual));
    if !same {
        let show = |keys: &[IndexKey]| {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            format!("({})", keys.join(", "))
        };
        comparison.differs(part, show(expected), show(actual));
        return;
    }
    for (expected, actual) in expected.iter().zip(actual) {
        expected.compare_expression(expression, actual, comparison);
    }
}

impl IndexKey {
    /// A key without options.
    #[must_use]
    pub fn of(target: KeyTarget) -> Self {
        Self {
            target,
            descending: false,
            nulls_first: false,
            operator_class: None,
            implied_operator_class: None,
            operator_class_parameters: Parameters::default(),
            collation: None,
            implied_collation: None,
        }
    }

    /// Whether a declared key is this observed one, as far as raw rows tell.
    ///
    /// Operator class and collation that are named and those that are implied are one (`ComputeIndexAttrs` in
    /// PostgreSQL's `indexcmds.c`).
    #[must_use]
    pub fn is(&self, observed: &Self) -> bool {
        let Self {
            target,
            descending,
            nulls_first,
            operator_class,
            implied_operator_class: _,
            operator_class_parameters,
            collation,
            implied_collation: _,
        } = self;
        let same_target = match (target, &observed.target) {
            (KeyTarget::Column(expected), KeyTarget::Column(actual)) => expected == actual,
            (KeyTarget::Expression(_), KeyTarget::Expression(_)) => true,
            _ => false,
        };
        same_target
            && *descending == observed.descending
            && *nulls_first == observed.nulls_first
            && named_is(
                operator_class.as_ref(),
                observed.operator_class.as_ref(),
                observed.implied_operator_class.as_ref(),
            )
            && operator_class_parameters.are(&observed.operator_class_parameters)
            && named_is(collation.as_ref(), observed.collation.as_ref(), observed.implied_collation.as_ref())
    }

    /// Tells a key of `relation` the new name of its column.
    pub fn rename(&mut self, relation: &QualifiedName, renaming: &Renaming) {
        if let KeyTarget::Column(column) = &mut self.target {
            renaming.column(relation, column);
        }
    }

    /// Compares the expressions of two keys that are the same otherwise.
    pub fn compare_expression(&self, part: &'static str, observed: &Self, comparison: &mut Comparison) {
        if let (KeyTarget::Expression(expected), KeyTarget::Expression(actual)) =
            (&self.target, &observed.target)
        {
            comparison.definition(part, expected.as_ref(), actual.as_ref());
        }
    }
}

/// Whether an operator class or a collation is as declared: named, or left to what is implied.
pub(crate) fn named_is(
    declared: Option<&PartialName>,
    observed: Option<&PartialName>,
    implied: Option<&PartialName>,
) -> bool {
    match declared {
        Some(declared) => observed.or(implied).is_some_and(|observed| declared.is(observed)),
        None => observed.is_none(),
    }
}

/// As in CREATE INDEX, without what is implied.
impl fmt::Display for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            KeyTarget::Column(column) => column.fmt(f)?,
            KeyTarget::Expression(Some(expression)) => write!(f, "({expression})")?,
            KeyTarget::Expression(None) => f.write_str("an expression")?,
        }
        if let Some(collation) = &self.collation {
            write!(f, " collate {collation}")?;
        }
        if let Some(operator_class) = &self.operator_class {
            write!(f, " {operator_class}")?;
        }
        if !self.operator_class_parameters.is_empty() {
            write!(f, " ({})", self.operator_class_parameters)?;
        }
        f.write_str(if self.descending { " desc" } else { "" })?;
        match (self.descending, self.nulls_first) {
            (true, false) => f.write_str(" nulls last"),
            (false, true) => f.write_str(" nulls first"),
            _ => Ok(()),
        }
    }
}
