//! Operators: `pg_operator`, those left out that another one only announced.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// An operator. The types of its operands are part of its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// The function that it is.
    pub function: Option<Reference>,
    /// COMMUTATOR, where a statement names one: another operator may make itself the commutator of this one.
    pub commutator: Option<Reference>,
    /// NEGATOR, likewise.
    pub negator: Option<Reference>,
    /// RESTRICT; the inner `None` is none.
    pub restriction: Option<Option<Reference>>,
    /// JOIN; the inner `None` is none.
    pub joining: Option<Option<Reference>>,
    /// HASHES.
    pub hashes: Option<bool>,
    /// MERGES.
    pub merges: Option<bool>,
}

impl Room for Operator {
    const ABOUT: About = About {
        declared_by: "`CREATE OPERATOR`, `ALTER OPERATOR`.",
        compared: "The function, commutator and negator, the estimators `RESTRICT` and `JOIN`, `HASHES` and \
            `MERGES`.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("operator.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let operator = Self {
            function: Reference::decode(row, "function_schema", "function")?,
            commutator: Reference::decode(row, "commutator_schema", "commutator")?,
            negator: Reference::decode(row, "negator_schema", "negator")?,
            restriction: Some(Reference::decode(row, "restriction_schema", "restriction")?),
            joining: Some(Reference::decode(row, "joining_schema", "joining")?),
            hashes: Some(row.boolean("hashes")?),
            merges: Some(row.boolean("merges")?),
        };
        let mut operands = Vec::new();
        for side in ["left_type", "right_type"] {
            if row.optional(side)?.is_some() {
                operands.push(row.type_name(side)?);
            }
        }
        let name =
            ComponentName::Routine { name: row.qualified("schema", "name")?, arguments: Some(operands) };
        Ok((ComponentId { kind: Kind::Operator, name }, operator))
    }

    /// Declared types may lack a schema, so the identities need not be equal.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let ComponentName::Routine { name, arguments: Some(operands) } = &id.name else {
            return Found::Nothing;
        };
        let is_it = |others: &[TypeName]| {
            operands.len() == others.len()
                && operands.iter().zip(others).all(|(one, other)| one.is_same_ignoring_modifier(other))
        };
        let mut operators = search.catalog.operators(name);
        operators
            .find(|(_, others, _)| is_it(others))
            .map_or(Found::Nothing, |(id, _, _)| Found::Is(id.clone()))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { function, commutator, negator, restriction, joining, hashes, merges } = self;
        let mut comparison = Comparison::default();
        for (part, declared, actual) in [
            ("function", function, &observed.function),
            ("commutator", commutator, &observed.commutator),
            ("negator", negator, &observed.negator),
        ] {
            comparison.reference(part, declared.is_some().then_some(declared), Some(actual));
        }
        comparison.reference("restrict", restriction.as_ref(), observed.restriction.as_ref());
        comparison.reference("join", joining.as_ref(), observed.joining.as_ref());
        comparison.either("hashes", *hashes, observed.hashes, ("hashes", "does not hash"));
        comparison.either("merges", *merges, observed.merges, ("merges", "does not merge"));
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { function, commutator, negator, restriction, joining, hashes, merges } = change;
        self.function = function.or(self.function.take());
        self.commutator = commutator.or(self.commutator.take());
        self.negator = negator.or(self.negator.take());
        self.restriction = restriction.or(self.restriction.take());
        self.joining = joining.or(self.joining.take());
        self.hashes = hashes.or(self.hashes);
        self.merges = merges.or(self.merges);
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        let ComponentName::Routine { arguments: Some(operands), .. } = &id.name else { return };
        let takes_operands = |arguments: &[TypeName]| {
            arguments.len() == operands.len()
                && arguments.iter().zip(operands).all(|(one, other)| one.is_same_ignoring_modifier(other))
        };
        if let Some(function) = &mut self.function {
            function.rename(Kind::Function, renaming, takes_operands);
        }
        for function in [&mut self.restriction, &mut self.joining].into_iter().flatten().flatten() {
            function.rename(Kind::Function, renaming, whatever);
        }
        for operator in [&mut self.commutator, &mut self.negator].into_iter().flatten() {
            operator.rename(Kind::Operator, renaming, whatever);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;
    use crate::core::name::QualifiedName;
    use crate::core::type_name::TypeName;

    fn observed(left: Option<&str>) -> (ComponentId, Operator) {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("@@@")),
            ("left_type", left),
            ("right_type", Some("crm.mood")),
            ("function_schema", Some("crm")),
            ("function", Some("meets")),
            ("commutator_schema", Some("crm")),
            ("commutator", Some("@@@")),
            ("negator_schema", None),
            ("negator", None),
            ("restriction_schema", None),
            ("restriction", None),
            ("joining_schema", Some("pg_catalog")),
            ("joining", Some("eqjoinsel")),
            ("hashes", Some("t")),
            ("merges", Some("f")),
        ];
        let (id, shape) = decode(Kind::Operator, &columns).unwrap();
        let Shape::Operator(operator) = shape else { panic!("an operator") };
        (id, *operator)
    }

    fn named(name: &str) -> Reference {
        Reference { schema: None, name: name.into() }
    }

    #[test]
    fn each_part_of_an_operator_is_compared() {
        let seen = observed(Some("integer")).1;
        let declared = Operator {
            function: Some(named("other")),
            commutator: Some(named("@@")),
            negator: Some(named("!@@@")),
            restriction: Some(Some(named("eqsel"))),
            joining: Some(None),
            hashes: Some(false),
            merges: Some(true),
        };
        for open in [Operator::default(), seen.clone()] {
            assert_eq!(told(&open, &seen), Vec::<String>::new());
        }
        assert_eq!(
            told(&declared, &seen),
            [
                "function: other / crm.meets",
                "commutator: \"@@\" / crm.\"@@@\"",
                "negator: \"!@@@\" / none",
                "restrict: eqsel / none",
                "join: none / pg_catalog.eqjoinsel",
                "hashes: does not hash / hashes",
                "merges: merges / does not merge"
            ]
        );
    }

    #[test]
    fn operators_are_told_by_their_operands_without_schemas() {
        let mut catalog = Catalog::default();
        let (both, operator) = observed(Some("integer"));
        assert_eq!(both.to_string(), "operator/crm.\"@@@\"(integer, crm.mood)");
        let (prefix, _) = observed(None);
        catalog.insert(both.clone(), operator.clone().into());
        catalog.insert(prefix.clone(), operator.into());
        let taken = BTreeSet::new();
        let search = Search { catalog: &catalog, taken: &taken, name_is_generated: false };
        let mood = TypeName { schema: None, ..TypeName::built_in("mood") };
        let find = |operands: Vec<TypeName>| {
            let name = QualifiedName::new("crm", "@@@");
            let name = ComponentName::Routine { name, arguments: Some(operands) };
            Operator::default().find(&ComponentId { kind: Kind::Operator, name }, &search)
        };
        assert_eq!(find(vec![TypeName::built_in("int4"), mood.clone()]), Found::Is(both));
        assert_eq!(find(vec![mood.clone()]), Found::Is(prefix));
        assert_eq!(find(vec![mood.clone(), mood]), Found::Nothing);
    }
}
