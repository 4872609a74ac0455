//! The parts of a domain that are expressions: its default and its CHECK constraints (`pg_type.typdefaultbin`,
//! `pg_constraint` of a type).

use crate::core::definition::{Clause, Definition, Normal, Part};
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
            compare_checks(checks, &observed.checks, comparison);
        }
    }
}

/// Compares two sets of the same size: what means the same goes together, and what is left must be another check. As
/// long as one of those is not known, none of them can be told.
fn compare_checks(declared: &[DomainCheck], observed: &[DomainCheck], comparison: &mut Comparison) {
    let form = |check: &DomainCheck| match check.expression.as_ref()?.normal.as_ref()? {
        Normal::Form(form) => Some(form.clone()),
        Normal::None(_) | Normal::Unseen(_) => None,
    };
    let mut left: Vec<&DomainCheck> = observed.iter().collect();
    let mut alone = Vec::new();
    for check in declared {
        let same = form(check).and_then(|own| left.iter().position(|it| form(it).as_ref() == Some(&own)));
        match same {
            Some(position) => {
                left.remove(position);
                comparison.definitions_compared += 1;
            }
            None => alone.push(check),
        }
    }
    let unknown = alone.iter().chain(&left).any(|check| form(check).is_none());
    for (declared, observed) in alone.into_iter().zip(left) {
        let (expected, actual) = (declared.expression.as_ref(), observed.expression.as_ref());
        let mut one = Comparison::default();
        one.definition("check", expected, actual);
        if unknown && !one.differences.is_empty() {
            let reason = "another check of the domain is not known";
            comparison.definitions_not_compared.push(reason.to_owned());
            comparison.not_compared_because("check", reason);
        } else {
            comparison.differences.extend(one.differences);
            comparison.not_compared.extend(one.not_compared);
            comparison.definitions_compared += one.definitions_compared;
            comparison.definitions_unseen += one.definitions_unseen;
            comparison.definitions_not_compared.extend(one.definitions_not_compared);
            comparison.unseen = comparison.unseen.take().or(one.unseen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, form: Option<&str>) -> DomainCheck {
        let normal = form.map(|form| Normal::Form(form.into()));
        let mut definition = Definition::observed(text.into());
        definition.normal = normal;
        DomainCheck { name: None, expression: Some(definition) }
    }

    fn told(declared: &[DomainCheck], observed: &[DomainCheck]) -> (usize, Vec<String>, usize) {
        let mut comparison = Comparison::default();
        compare_checks(declared, observed, &mut comparison);
        let differences = comparison.differences.iter().map(|it| format!("{} / {}", it.expected, it.actual));
        (comparison.definitions_compared, differences.collect(), comparison.not_compared.len())
    }

    #[test]
    fn checks_are_a_set_in_which_nothing_is_called_different_while_one_is_not_known() {
        let (a, b, c) = (check("a", Some("1")), check("b", Some("2")), check("c", Some("3")));
        let unknown = check("d", None);
        assert_eq!(told(&[a.clone(), b.clone()], &[b.clone(), a.clone()]), (2, vec![], 0));
        assert_eq!(told(&[a.clone(), b.clone()], &[c.clone(), a.clone()]), (2, vec!["b / c".into()], 0));
        assert_eq!(told(&[a.clone(), b.clone()], &[a.clone(), unknown.clone()]), (1, vec![], 1));
        assert_eq!(told(&[a, b], &[c, unknown]), (0, vec![], 2));
    }
}
