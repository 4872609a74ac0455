//! Functions, procedures and aggregates: `pg_proc`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Definition, Part};
use crate::core::kind::parameters::same_value;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, format_type};
use crate::core::name::{Identifier, PartialName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

mod argument;
mod attribute;
mod body;
mod returns;
mod setting;

pub use argument::{Argument, Mode};
pub use attribute::{Parallel, RoutineSort, Volatility};
pub use body::Body;
pub use returns::Returns;
pub use setting::{Setting, Settings};

/// A function, procedure or aggregate. The types of its input arguments are part of its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Function {
    /// Function, procedure or aggregate.
    pub sort: Option<RoutineSort>,
    /// What it returns.
    pub returns: Option<Returns>,
    /// The language.
    pub language: Option<Identifier>,
    /// IMMUTABLE, STABLE or VOLATILE.
    pub volatility: Option<Volatility>,
    /// SECURITY DEFINER.
    pub security_definer: Option<bool>,
    /// STRICT, or RETURNS NULL ON NULL INPUT.
    pub strict: Option<bool>,
    /// WINDOW.
    pub window: Option<bool>,
    /// The arguments in order, with the columns of the result.
    pub arguments: Option<Vec<Argument>>,
    /// The defaults of the last input arguments, in order; observed, `None` each until its text is read.
    pub defaults: Option<Vec<Option<Definition>>>,
    /// PARALLEL.
    pub parallel: Option<Parallel>,
    /// LEAKPROOF.
    pub leakproof: Option<bool>,
    /// COST, as text: 1 for C, 100 for other languages, unless the SQL says another one.
    pub cost: Option<String>,
    /// ROWS, as text: 1000 for a set, 0 otherwise, unless the SQL says another one.
    pub rows: Option<String>,
    /// SET.
    pub settings: Option<Settings>,
    /// SUPPORT, where the SQL names one.
    pub support: Option<PartialName>,
    /// The body.
    pub body: Option<Body>,
}

impl Room for Function {
    const ABOUT: About = About {
        declared_by: "`CREATE FUNCTION`, `CREATE PROCEDURE`, `CREATE AGGREGATE`, `ALTER FUNCTION` and its like.",
        compared: "A function, a procedure or an aggregate; the result with its columns; language, volatility, \
            security, strictness, parallel safety, leakproof, cost, rows, window, support function and \
            settings; the names and defaults of arguments, and `VARIADIC`. A body that is a string byte \
            by byte, as PostgreSQL keeps it; of one in C the library and symbol. Of an aggregate its \
            functions, state types, initial values and direct arguments.",
        not_compared: "A body in standard SQL (`BEGIN ATOMIC`, `RETURN`), the columns of the result where the \
            arguments are not known, settings whose two values only the server can tell apart, and other \
            options of an aggregate.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("function.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let sort = row.letter("sort")?;
        let function = Self {
            sort: Some(sort),
            returns: Some(Returns {
                data_type: Some(row.type_name("returns")?),
                set: row.boolean("returns_set")?,
            }),
            language: Some(row.identifier("language")?),
            volatility: Some(row.letter("volatility")?),
            security_definer: Some(row.boolean("security_definer")?),
            strict: Some(row.boolean("strict")?),
            window: Some(row.text("sort")? == "w"),
            arguments: Some(argument::decode(row)?),
            defaults: Some(vec![None; usize::try_from(row.integer("defaults")?).unwrap_or_default()]),
            parallel: Some(row.letter("parallel")?),
            leakproof: Some(row.boolean("leakproof")?),
            cost: Some(row.text("cost")?.to_owned()),
            rows: Some(row.text("rows")?.to_owned()),
            settings: Some(Settings::stored(&row.json_or_default::<Vec<_>>("settings")?)),
            support: row.partial_name("support")?,
            body: Some(Body::decode(sort, row)?),
        };
        let arguments: Vec<String> = row.json_or_default("arguments")?;
        let arguments = arguments.iter().map(|printed| format_type::parse(printed)).collect();
        Ok((ComponentId::routine(row.qualified("schema", "name")?, Some(arguments)), function))
    }

    /// The overload whose arguments are the required ones; a requirement without arguments is met by any overload.
    /// Declared types may lack a schema and modifiers do not count, so the identities need not be equal.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        let ComponentName::Routine { name, arguments } = &id.name else {
            return Found::Nothing;
        };
        let wanted = |observed: &[TypeName]| {
            arguments.as_ref().is_none_or(|declared| {
                declared.len() == observed.len()
                    && declared.iter().zip(observed).all(|(one, other)| one.is_same_ignoring_modifier(other))
            })
        };
        let mut overloads = search.catalog.overloads(name);
        if let (None, Some(declared)) = (arguments, &self.arguments) {
            return self.find_by_known_types(declared, overloads);
        }
        overloads
            .find(|(_, observed, _)| wanted(observed))
            .map_or(Found::Nothing, |(id, _, _)| Found::Is(id.clone()))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { sort, returns, language, volatility, security_definer, strict, body, .. } = self;
        let mut comparison = Comparison::default();
        comparison.letter("sort", *sort, observed.sort);
        if let (Some(expected), Some(actual)) = (returns, &observed.returns)
            && *sort != Some(RoutineSort::Procedure)
        {
            let columns_are_known = self.arguments.is_some();
            expected.compare(actual, columns_are_known, &mut comparison);
        }
        comparison.part("language", language.as_ref(), observed.language.as_ref(), ToString::to_string);
        comparison.letter("volatility", *volatility, observed.volatility);
        let security = ("security definer", "security invoker");
        comparison.either("security", *security_definer, observed.security_definer, security);
        let nulls = ("strict", "called on null input");
        comparison.either("null input", *strict, observed.strict, nulls);
        if let (Some(expected), Some(actual)) = (&self.arguments, &observed.arguments) {
            argument::compare(expected, actual, &mut comparison);
        }
        self.compare_defaults(observed, &mut comparison);
        self.compare_planning(observed, &mut comparison);
        if let (Some(expected), Some(actual)) = (&self.settings, &observed.settings) {
            expected.compare(actual, &mut comparison);
        }
        if let (Some(expected), Some(actual)) = (body, &observed.body) {
            expected.compare(actual, &mut comparison);
        }
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self {
            sort,
            returns,
            language,
            volatility,
            security_definer,
            strict,
            window,
            arguments,
            defaults,
            parallel,
            leakproof,
            cost,
            rows,
            settings,
            support,
            body,
        } = change;
        self.window = window.or(self.window);
        self.arguments = arguments.or(self.arguments.take());
        self.defaults = defaults.or(self.defaults.take());
        self.parallel = parallel.or(self.parallel);
        self.leakproof = leakproof.or(self.leakproof);
        self.cost = cost.or(self.cost.take());
        self.rows = rows.or(self.rows.take());
        if let Some(settings) = settings {
            self.settings.get_or_insert_default().change(settings);
        }
        self.support = support.or(self.support.take());
        self.sort = sort.or(self.sort);
        self.returns = returns.or(self.returns.take());
        self.language = language.or(self.language.take());
        self.volatility = volatility.or(self.volatility);
        self.security_definer = security_definer.or(self.security_definer);
        self.strict = strict.or(self.strict);
        self.body = body.or(self.body.take());
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(data_type) = self.returns.as_mut().and_then(|returns| returns.data_type.as_mut()) {
            renaming.data_type(data_type);
        }
        if let Some(language) = &mut self.language {
            renaming.global(Kind::Language, language);
        }
        if let Some(Body::Aggregate(aggregate)) = &mut self.body
            && !aggregate.rename(renaming)
        {
            self.body = None;
        }
        for argument in self.arguments.iter_mut().flatten() {
            if let Some(data_type) = &mut argument.data_type {
                renaming.data_type(data_type);
            }
        }
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        for (position, slot) in self.defaults.iter_mut().flatten().enumerate() {
            visit(Part { name: "argument default", position }, slot);
        }
    }

    fn may_have_definitions(&self) -> bool {
        self.defaults.as_ref().is_some_and(|defaults| !defaults.is_empty())
    }
}

impl Function {
    /// The type of the argument that has the default at this position: defaults are those of the last input arguments.
    #[must_use]
    pub fn type_of_default(&self, position: usize) -> Option<&TypeName> {
        let inputs = || self.arguments.iter().flatten().filter(|argument| argument.mode.is_input());
        let without = inputs().count().checked_sub(self.defaults.as_ref()?.len())?;
        inputs().nth(without + position)?.data_type.as_ref()
    }

    /// The overload that has the arguments whose types are known, where SQL leaves others open (`%TYPE`). Only one that
    /// does not differ is it: any other may be another overload.
    fn find_by_known_types<'a>(
        &self,
        declared: &[Argument],
        overloads: impl Iterator<Item = (&'a ComponentId, &'a [TypeName], &'a Shape)>,
    ) -> Found {
        let inputs: Vec<_> = declared.iter().filter(|argument| argument.mode.is_input()).collect();
        let may_be = |observed: &[TypeName]| {
            inputs.len() == observed.len()
                && inputs.iter().zip(observed).all(|(argument, observed)| {
                    argument.data_type.as_ref().is_none_or(|known| known.is_same_ignoring_modifier(observed))
                })
        };
        let mut found = Found::Nothing;
        for (id, _, shape) in overloads.filter(|(_, observed, _)| may_be(observed)) {
            let Shape::Function(shape) = shape else { continue };
            if self.compare(shape).differences.is_empty() {
                return Found::Is(id.clone());
            }
            found = Found::Undecided(format!(
                "{id} may be it, but the type of an argument is that of a column that is not declared here"
            ));
        }
        found
    }

    /// How many arguments have a default is raw (`pronargdefaults`); each of them is a definition.
    fn compare_defaults(&self, observed: &Self, comparison: &mut Comparison) {
        let (Some(expected), Some(actual)) = (&self.defaults, &observed.defaults) else { return };
        if expected.len() != actual.len() {
            let (expected, actual) = (expected.len().to_string(), actual.len().to_string());
            return comparison.differs("number of argument defaults", expected, actual);
        }
        for (expected, actual) in expected.iter().zip(actual) {
            comparison.definition("argument default", expected.as_ref(), actual.as_ref());
        }
    }

    /// What the planner goes by. What SQL leaves out has the defaults of `compute_function_attributes` in PostgreSQL's
    /// `functioncmds.c`.
    fn compare_planning(&self, observed: &Self, comparison: &mut Comparison) {
        let Self { window, parallel, leakproof, cost, rows, support, .. } = self;
        comparison.either("window", *window, observed.window, ("a window function", "no window function"));
        comparison.letter("parallel", *parallel, observed.parallel);
        comparison.either("leakproof", *leakproof, observed.leakproof, ("leakproof", "not leakproof"));
        for (part, expected, actual) in [("cost", cost, &observed.cost), ("rows", rows, &observed.rows)] {
            if let (Some(expected), Some(actual)) = (expected, actual)
                && !same_value(expected, actual)
            {
                comparison.differs(part, expected.as_str(), actual.as_str());
            }
        }
        if let Some(expected) = support
            && !observed.support.as_ref().is_some_and(|actual| expected.is(actual))
        {
            let actual = observed.support.as_ref().map_or_else(|| "none".into(), ToString::to_string);
            comparison.differs("support", expected.to_string(), actual);
        }
    }
}

#[cfg(test)]
mod tests;
