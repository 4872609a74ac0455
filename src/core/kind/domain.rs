//! The parts of a domain that are expressions: its default and its CHECK constraints (`pg_type.typdefaultbin`,
//! `pg_constraint` of a type).

use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::Comparison;
use crate::core::name::Identifier;
use crate::core::type_name::TypeName;

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The type below it.
    pub base: TypeName,
    /// Whether null is refused.
    pub not_null: bool,
    /// Its default. `DEFAULT NULL` is none.
    pub default: Clause,
    /// Its CHECK constraints: declared, in the order of the statements; observed, in the order of their names. They are a
    /// set: their names are not compared.
    pub checks: Vec<DomainCheck>,
}

/// A CHECK constraint of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainCheck {
    /// The author's name for it; observed, `None`.
    pub name: Option<Identifier>,
    /// The expression as declared; observed, `None` until its text is read.
    pub expression: Option<Definition>,
}

impl Domain {
    /// Visits the places of its expressions.
    pub fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        if let Some(slot) = self.default.slot() {
            visit(Part::only("default"), slot);
        }
        for (position, check) in self.checks.iter_mut().enumerate() {
            visit(Part { name: "check", position }, &mut check.expression);
        }
    }

    /// Compares it with the one that was observed.
    pub fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        let Self { base, not_null, default, checks } = self;
        comparison.data_type("base type", Some(base), Some(&observed.base));
        let nulls = ("not null", "nullable");
        comparison.either("not null", Some(*not_null), Some(observed.not_null), nulls);
        // A domain over a domain inherits its default when it is made, so that one may be there that is not declared.
        let inherits = observed.base.schema.as_ref().is_none_or(|schema| schema.as_str() != "pg_catalog");
        if inherits && observed.default.is_defined() && !default.is_defined() {
            comparison.not_compared_because("default", "it may come from the domain below");
        } else {
            let words = ("a default", "no default");
            comparison.clause("default", Some(default), Some(&observed.default), words);
        }
        let count = |domain: &Self| domain.checks.len();
        comparison.part("number of checks", Some(&count(self)), Some(&count(observed)), ToString::to_string);
        if count(self) == count(observed) {
            let expressions = |checks: &'_ [DomainCheck]| {
                checks.iter().map(|check| check.expression.clone()).collect::<Vec<_>>()
            };
            let another = "another check of the domain is not known";
            comparison.definition_set("check", another, &expressions(checks), &expressions(&observed.checks));
        }
    }
}
