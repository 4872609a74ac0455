//! What an aggregate is made of: `pg_aggregate`. The aggregate itself is a routine, in the room of
//! [`function`](super::function).

use crate::core::kind::reference::Reference;
use crate::core::kind::{Comparison, Kind, format_type};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// The definition of an aggregate. Parts that SQL does not name are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aggregate {
    /// The functions, in the words of CREATE AGGREGATE: `sfunc`, `finalfunc`, `combinefunc`.
    pub functions: Vec<(&'static str, Reference)>,
    /// STYPE.
    pub state_type: Option<TypeName>,
    /// MSTYPE.
    pub moving_state_type: Option<TypeName>,
    /// INITCOND.
    pub initial: Option<String>,
    /// MINITCOND.
    pub moving_initial: Option<String>,
    /// PARALLEL: `safe`, `restricted` or `unsafe`.
    pub parallel: Option<&'static str>,
    /// How many of the arguments stand before ORDER BY; `None` for an aggregate without.
    pub direct_arguments: Option<usize>,
    /// HYPOTHETICAL.
    pub hypothetical: bool,
    /// Whether SQL names further options (SSPACE, SORTOP), which are not compared.
    pub other_options: bool,
}

/// The functions of an aggregate, in the words of CREATE AGGREGATE.
pub const FUNCTIONS: [&str; 8] =
    ["sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc", "mfinalfunc"];

/// An aggregate as the query of functions gives it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct AggregateRow {
    /// Schema and name, in the order of [`FUNCTIONS`].
    functions: Vec<Option<(String, String)>>,
    state_type: String,
    moving_state_type: Option<String>,
    initial: Option<String>,
    moving_initial: Option<String>,
    parallel: String,
    sort: String,
    direct_arguments: usize,
}

impl AggregateRow {
    pub(super) fn into_aggregate(self) -> Aggregate {
        let functions = FUNCTIONS.into_iter().zip(self.functions).filter_map(|(part, function)| {
            let (schema, name) = function?;
            Some((part, Reference { schema: Some(Identifier::new(&schema)), name: Identifier::new(&name) }))
        });
        Aggregate {
            functions: functions.collect(),
            state_type: Some(format_type::parse(&self.state_type)),
            moving_state_type: self.moving_state_type.as_deref().map(format_type::parse),
            initial: self.initial,
            moving_initial: self.moving_initial,
            parallel: Some(match self.parallel.as_str() {
                "s" => "safe",
                "r" => "restricted",
                _ => "unsafe",
            }),
            direct_arguments: (self.sort != "n").then_some(self.direct_arguments),
            hypothetical: self.sort == "h",
            other_options: false,
        }
    }
}

impl Aggregate {
    /// Says new names. Whether the aggregate is still known: which overload of a renamed function it calls is the
    /// server's to know.
    pub(super) fn rename(&mut self, renaming: &Renaming) -> bool {
        let mut known = true;
        for (_, function) in &mut self.functions {
            function.rename(Kind::Function, renaming, |_| {
                known = false;
                false
            });
        }
        for data_type in [&mut self.state_type, &mut self.moving_state_type].into_iter().flatten() {
            renaming.data_type(data_type);
        }
        known
    }

    /// Compares the parts of two aggregates.
    pub(super) fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        let Self {
            functions: _,
            state_type,
            moving_state_type,
            initial,
            moving_initial,
            parallel,
            direct_arguments,
            hypothetical,
            other_options,
        } = self;
        for part in FUNCTIONS {
            let (expected, actual) = (self.function(part), observed.function(part));
            comparison.reference(part, Some(&expected), Some(&actual));
        }
        comparison.data_type("stype", state_type.as_ref(), observed.state_type.as_ref());
        comparison.data_type("mstype", moving_state_type.as_ref(), observed.moving_state_type.as_ref());
        let show = |text: &Option<String>| text.as_ref().map_or("none".into(), |text| format!("'{text}'"));
        comparison.part("initcond", Some(initial), Some(&observed.initial), show);
        comparison.part("minitcond", Some(moving_initial), Some(&observed.moving_initial), show);
        comparison.part("parallel", parallel.as_ref(), observed.parallel.as_ref(), |word| (*word).into());
        comparison.part(
            "direct arguments",
            Some(direct_arguments),
            Some(&observed.direct_arguments),
            |number| number.map_or("no order by".into(), |number| format!("{number} before order by")),
        );
        let words = ("hypothetical", "not hypothetical");
        comparison.either("hypothetical", Some(*hypothetical), Some(observed.hypothetical), words);
        if *other_options {
            comparison.not_compared("other options");
        }
    }

    fn function(&self, part: &str) -> Option<Reference> {
        self.functions.iter().find(|(name, _)| *name == part).map(|(_, function)| function.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed() -> Aggregate {
        let row: AggregateRow = serde_json::from_str(
            r#"{"functions": [["crm", "add"], null, ["crm", "add"], null, null, null, null, null],
                "state_type": "numeric", "moving_state_type": null, "initial": "0", "moving_initial": null,
                "parallel": "s", "sort": "n", "direct_arguments": 0}"#,
        )
        .unwrap();
        row.into_aggregate()
    }

    #[test]
    fn k19_each_part_of_an_aggregate_is_compared() {
        let named = |name: &str| Reference { schema: None, name: name.into() };
        let same = Aggregate {
            functions: vec![("sfunc", named("add")), ("combinefunc", named("add"))],
            ..observed()
        };
        let other = Aggregate {
            functions: vec![("sfunc", named("plus")), ("finalfunc", named("done"))],
            state_type: Some(TypeName::built_in("int4")),
            initial: None,
            parallel: Some("unsafe"),
            direct_arguments: Some(1),
            hypothetical: true,
            ..Aggregate::default()
        };
        let told = |declared: &Aggregate| {
            let mut comparison = Comparison::default();
            declared.compare(&observed(), &mut comparison);
            let each = comparison.differences.into_iter();
            each.map(|part| format!("{}: {} / {}", part.part, part.expected, part.actual)).collect::<Vec<_>>()
        };
        assert_eq!(told(&same), Vec::<String>::new());
        assert_eq!(
            told(&other),
            [
                "sfunc: plus / crm.add",
                "finalfunc: done / none",
                "combinefunc: none / crm.add",
                "stype: integer / numeric",
                "initcond: none / '0'",
                "parallel: unsafe / safe",
                "direct arguments: 1 before order by / no order by",
                "hypothetical: hypothetical / not hypothetical"
            ]
        );
    }
}
