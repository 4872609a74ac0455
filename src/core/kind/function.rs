//! Functions, procedures and aggregates: `pg_proc`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Definition, Part};
use crate::core::kind::aggregate::{Aggregate, AggregateRow};
use crate::core::kind::parameters::same_value;
use crate::core::kind::{About, Comparison, DecodeError, Found, Kind, Room, Search, Shape, format_type};
use crate::core::name::{Identifier, PartialName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

mod argument;
mod setting;

pub use argument::{Argument, Mode};
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

/// Where a function may run in parallel plans (`pg_proc.proparallel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallel {
    /// UNSAFE, the default.
    Unsafe,
    /// RESTRICTED.
    Restricted,
    /// SAFE.
    Safe,
}

/// The sorts of routines (`pg_proc.prokind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutineSort {
    /// A function, window functions included.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
}

/// The result of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// The type; `void` for procedures, `record` for RETURNS TABLE and several OUT arguments. `None` where the SQL does
    /// not settle it (`%TYPE`).
    pub data_type: Option<TypeName>,
    /// SETOF, or RETURNS TABLE.
    pub set: bool,
}

/// How far results may be cached (`pg_proc.provolatile`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// IMMUTABLE.
    Immutable,
    /// STABLE.
    Stable,
    /// VOLATILE, the default.
    Volatile,
}

/// The body of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A string, compared byte by byte (`pg_proc.prosrc`).
    Text(String),
    /// A function of a library (language C): the file and the symbol in it (`probin`, `prosrc`).
    Library {
        /// The file, as it was written.
        object: String,
        /// The symbol.
        symbol: String,
    },
    /// An SQL-standard body (BEGIN ATOMIC, RETURN): its text is not compared yet.
    SqlStandard,
    /// What an aggregate is made of.
    Aggregate(Box<Aggregate>),
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
        let sort = match row.text("sort")? {
            "f" | "w" => Some(RoutineSort::Function),
            "p" => Some(RoutineSort::Procedure),
            "a" => Some(RoutineSort::Aggregate),
            other => return Err(row.unknown_value("sort", other)),
        };
        let volatility = match row.text("volatility")? {
            "i" => Volatility::Immutable,
            "s" => Volatility::Stable,
            "v" => Volatility::Volatile,
            other => return Err(row.unknown_value("volatility", other)),
        };
        let body = if sort == Some(RoutineSort::Aggregate) {
            Body::Aggregate(Box::new(row.json::<AggregateRow>("aggregate")?.into_aggregate()))
        } else if row.boolean("has_sql_body")? {
            Body::SqlStandard
        } else if let Some(object) = row.optional("object")? {
            Body::Library { object: object.to_owned(), symbol: row.text("body")?.to_owned() }
        } else {
            Body::Text(row.text("body")?.to_owned())
        };
        let function = Self {
            sort,
            returns: Some(Returns {
                data_type: Some(row.type_name("returns")?),
                set: row.boolean("returns_set")?,
            }),
            language: Some(row.identifier("language")?),
            volatility: Some(volatility),
            security_definer: Some(row.boolean("security_definer")?),
            strict: Some(row.boolean("strict")?),
            window: Some(row.text("sort")? == "w"),
            arguments: Some(argument::decode(row)?),
            defaults: Some(vec![None; usize::try_from(row.integer("defaults")?).unwrap_or_default()]),
            parallel: Some(parallel(row)?),
            leakproof: Some(row.boolean("leakproof")?),
            cost: Some(row.text("cost")?.to_owned()),
            rows: Some(row.text("rows")?.to_owned()),
            settings: Some(Settings::stored(&row.json_or_default::<Vec<_>>("settings")?)),
            support: row.partial_name("support")?,
            body: Some(body),
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
        comparison.part("sort", sort.as_ref(), observed.sort.as_ref(), |sort| match sort {
            RoutineSort::Function => "a function".into(),
            RoutineSort::Procedure => "a procedure".into(),
            RoutineSort::Aggregate => "an aggregate".into(),
        });
        if let (Some(expected), Some(actual)) = (returns, &observed.returns)
            && *sort != Some(RoutineSort::Procedure)
        {
            let columns_are_known = self.arguments.is_some();
            compare_returns(expected, actual, columns_are_known, &mut comparison);
        }
        comparison.part("language", language.as_ref(), observed.language.as_ref(), ToString::to_string);
        comparison.part("volatility", volatility.as_ref(), observed.volatility.as_ref(), |volatility| {
            match volatility {
                Volatility::Immutable => "immutable".into(),
                Volatility::Stable => "stable".into(),
                Volatility::Volatile => "volatile".into(),
            }
        });
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
            compare_body(expected, actual, &mut comparison);
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
        comparison.part("parallel", parallel.as_ref(), observed.parallel.as_ref(), |parallel| {
            parallel.sql().into()
        });
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

fn parallel(row: &Row<'_>) -> Result<Parallel, DecodeError> {
    Ok(match row.text("parallel")? {
        "u" => Parallel::Unsafe,
        "r" => Parallel::Restricted,
        "s" => Parallel::Safe,
        other => return Err(row.unknown_value("parallel", other)),
    })
}

impl Parallel {
    fn sql(self) -> &'static str {
        match self {
            Self::Unsafe => "unsafe",
            Self::Restricted => "restricted",
            Self::Safe => "safe",
        }
    }
}

/// PostgreSQL drops modifiers of results. The columns of RETURNS TABLE and of several OUT arguments are not part of
/// the type `record`.
fn compare_returns(
    expected: &Returns,
    actual: &Returns,
    columns_are_known: bool,
    comparison: &mut Comparison,
) {
    let same_type = match (&expected.data_type, &actual.data_type) {
        (Some(expected), Some(actual)) => expected.is_same_ignoring_modifier(actual),
        _ => true,
    };
    if !same_type || expected.set != actual.set {
        comparison.differs("returns", show_returns(expected), show_returns(actual));
    } else if !columns_are_known
        && expected.data_type.as_ref().is_some_and(|data_type| data_type.name.as_str() == "record")
    {
        comparison.not_compared("columns of the result");
    }
}

fn show_returns(returns: &Returns) -> String {
    let data_type = returns.data_type.as_ref().map_or_else(|| "any type".into(), ToString::to_string);
    if returns.set { format!("setof {data_type}") } else { data_type }
}

/// Bodies that are strings are compared byte by byte: PostgreSQL keeps them as they were written.
fn compare_body(expected: &Body, actual: &Body, comparison: &mut Comparison) {
    match (expected, actual) {
        (Body::Text(expected), Body::Text(actual)) => {
            if let Some((line, expected, actual)) = first_difference(expected, actual) {
                let start = excerpt_start(expected.unwrap_or_default(), actual.unwrap_or_default());
                let show = |text: Option<&str>| match text {
                    Some(text) => format!("line {line}: {}", excerpt(text, start)),
                    None => format!("no line {line}"),
                };
                comparison.differs("body", show(expected), show(actual));
            }
        }
        (Body::SqlStandard, Body::SqlStandard) => {
            let reason = "a body in standard SQL is not put before the planner";
            comparison.not_compared_because("body", reason);
        }
        (Body::Aggregate(expected), Body::Aggregate(actual)) => expected.compare(actual, comparison),
        // The sort differs already.
        (Body::Aggregate(_), _) | (_, Body::Aggregate(_)) => {}
        (
            Body::Library { object, symbol },
            Body::Library { object: actual_object, symbol: actual_symbol },
        ) => {
            comparison.part("library", Some(object), Some(actual_object), Clone::clone);
            comparison.part("symbol", Some(symbol), Some(actual_symbol), Clone::clone);
        }
        _ => comparison.differs("body", expected.sort(), actual.sort()),
    }
}

impl Body {
    fn sort(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::SqlStandard => "an SQL-standard body",
            Self::Library { .. } => "a symbol of a library",
            Self::Aggregate(_) => "an aggregate",
        }
    }
}

/// The first line, from 1, in which two texts differ, with both versions of it.
fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<(usize, Option<&'a str>, Option<&'a str>)> {
    let (mut ones, mut others) = (one.split('\n'), other.split('\n'));
    (1..).map(|line| (line, ones.next(), others.next())).find_map(|(line, one, other)| {
        match (one, other) {
            (None, None) => Some(None),
            _ if one != other => Some(Some((line, one, other))),
            _ => None,
        }
    })?
}

/// The most characters of a line that a message shows.
const EXCERPT: usize = 80;

/// The character from which on to show two lines, so that the place where they differ is seen.
fn excerpt_start(one: &str, other: &str) -> usize {
    let equal = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if equal < EXCERPT * 3 / 4 { 0 } else { equal - EXCERPT / 4 }
}

/// A line in quotes as messages show it, with carriage returns and tabs made visible.
fn excerpt(line: &str, start: usize) -> String {
    let before = if start > 0 { "... " } else { "" };
    let after = if line.chars().nth(start + EXCERPT).is_some() { " ..." } else { "" };
    let shown: String = line.chars().skip(start).take(EXCERPT).collect();
    format!("{before}\"{}\"{after}", shown.replace('\r', "\\r").replace('\t', "\\t"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::catalog::Catalog;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::testing::told;
    use crate::core::name::QualifiedName;

    const AGGREGATE: &str = r#"{"functions": [["crm", "add"]], "state_type": "bigint", "moving_state_type": null,
        "initial": null, "moving_initial": null, "parallel": "u", "sort": "n", "direct_arguments": 0}"#;

    fn row(sort: &str, arguments: Option<&str>, body: &str, has_sql_body: &str) -> (ComponentId, Function) {
        let columns = [
            ("schema", Some("public")),
            ("name", Some("total")),
            ("arguments", arguments),
            ("sort", Some(sort)),
            ("returns", Some("bigint")),
            ("returns_set", Some("f")),
            ("language", Some("plpgsql")),
            ("volatility", Some("v")),
            ("security_definer", Some("f")),
            ("strict", Some("f")),
            ("body", Some(body)),
            ("has_sql_body", Some(has_sql_body)),
            ("aggregate", (sort == "a").then_some(AGGREGATE)),
            ("object", None),
            ("all_arguments", None),
            ("defaults", Some("0")),
            ("parallel", Some("u")),
            ("leakproof", Some("f")),
            ("cost", Some("100")),
            ("rows", Some("0")),
            ("settings", None),
            ("support", None),
        ];
        let (id, shape) = decode(Kind::Function, &columns).unwrap();
        let Shape::Function(function) = shape else { panic!("a function") };
        (id, *function)
    }

    fn declared(body: &str) -> Function {
        Function {
            sort: Some(RoutineSort::Function),
            returns: Some(Returns { data_type: Some(TypeName::built_in("int8")), set: false }),
            language: Some("plpgsql".into()),
            volatility: Some(Volatility::Volatile),
            security_definer: Some(false),
            strict: Some(false),
            window: Some(false),
            arguments: Some(Vec::new()),
            defaults: Some(Vec::new()),
            parallel: Some(Parallel::Unsafe),
            leakproof: Some(false),
            cost: Some("100".into()),
            rows: Some("0".into()),
            settings: Some(Settings::none()),
            support: None,
            body: Some(Body::Text(body.into())),
        }
    }

    #[test]
    fn k18_where_the_type_of_an_argument_is_open_only_what_does_not_differ_is_found() {
        let mut catalog = Catalog::default();
        for (arguments, body) in [(r#"["bigint", "text"]"#, "a"), (r#"["text", "text"]"#, "b")] {
            let (id, function) = row("f", Some(arguments), body, "f");
            catalog.insert(id, function.into());
        }
        let taken = BTreeSet::new();
        let search = Search { catalog: &catalog, taken: &taken, name_is_generated: false };
        let find = |body: &str, types: &[Option<&str>]| {
            let argument = |name: Option<&str>| Argument {
                mode: Mode::In,
                name: None,
                data_type: name.map(TypeName::built_in),
            };
            let function =
                Function { arguments: Some(types.iter().copied().map(argument).collect()), ..declared(body) };
            match function.find(&ComponentId::routine(QualifiedName::new("public", "total"), None), &search) {
                Found::Is(found) => found.to_string(),
                Found::Nothing => "nothing".to_owned(),
                Found::Undecided(_) => "undecided".to_owned(),
            }
        };
        assert_eq!(find("b", &[None, Some("text")]), "function/public.total(text, text)");
        assert_eq!(find("c", &[None, Some("text")]), "undecided");
        assert_eq!(find("b", &[Some("int8"), None]), "undecided");
        assert_eq!(find("b", &[None, Some("int8")]), "nothing");
        assert_eq!(find("b", &[None]), "nothing");
    }

    #[test]
    fn each_part_of_a_function_is_compared_and_open_parts_are_not() {
        let other = Function {
            returns: Some(Returns { data_type: None, set: true }),
            language: Some("sql".into()),
            volatility: Some(Volatility::Immutable),
            security_definer: Some(true),
            strict: Some(true),
            ..declared("a")
        };
        let procedure = Function {
            sort: Some(RoutineSort::Procedure),
            returns: Some(Returns { data_type: Some(TypeName::built_in("void")), set: false }),
            ..Function::default()
        };
        let (_, function) = row("f", None, "a", "f");
        for (declared, differences) in [
            (&Function::default(), vec![]),
            (&declared("a"), vec![]),
            (
                &other,
                vec![
                    "returns: setof any type / bigint",
                    "language: sql / plpgsql",
                    "volatility: immutable / volatile",
                    "security: security definer / security invoker",
                    "null input: strict / called on null input",
                ],
            ),
            (&procedure, vec!["sort: a procedure / a function"]),
        ] {
            assert_eq!(told(declared, &function), differences);
        }
        assert_eq!(told(&procedure, &row("p", None, "a", "f").1), Vec::<String>::new());
        assert_eq!(
            told(&Function::default(), &row("a", None, "aggregate_dummy", "f").1),
            Vec::<String>::new()
        );
    }

    #[test]
    fn k19_an_aggregate_is_no_function_and_is_compared_by_what_it_is_made_of() {
        let (_, aggregate) = row("a", None, "aggregate_dummy", "f");
        assert_eq!(told(&aggregate, &aggregate), Vec::<String>::new());
        let declared = Function { body: None, language: None, ..declared("") };
        let function = Function { sort: Some(RoutineSort::Function), body: None, ..declared };
        assert_eq!(told(&function, &aggregate), ["sort: a function / an aggregate"]);
        let other = Aggregate { initial: Some("0".into()), ..Aggregate::default() };
        let other = Function {
            sort: Some(RoutineSort::Aggregate),
            body: Some(Body::Aggregate(Box::new(other))),
            ..Function::default()
        };
        assert_eq!(told(&other, &aggregate), ["sfunc: none / crm.add", "initcond: '0' / none"]);
    }

    #[test]
    fn what_the_planner_goes_by_is_compared() {
        let (_, function) = row("f", None, "a", "f");
        let mut settings = Settings::none();
        settings.set("search_path", Setting::Values(vec![String::new()]));
        let other = Function {
            window: Some(true),
            defaults: Some(vec![None]),
            parallel: Some(Parallel::Safe),
            leakproof: Some(true),
            cost: Some("0.5".into()),
            rows: Some("10".into()),
            settings: Some(settings),
            support: PartialName::written(&["s"]),
            ..declared("a")
        };
        assert_eq!(
            told(&other, &function),
            [
                "number of argument defaults: 1 / 0",
                "window: a window function / no window function",
                "parallel: safe / unsafe",
                "leakproof: leakproof / not leakproof",
                "cost: 0.5 / 100",
                "rows: 10 / 0",
                "support: s / none",
                "settings: search_path='' / search_path not set",
            ]
        );
        let same_cost = Function { cost: Some("100.0".into()), ..declared("a") };
        assert_eq!(told(&same_cost, &function), Vec::<String>::new());
    }

    #[test]
    fn bodies_are_compared_byte_by_byte_and_the_first_line_that_differs_is_told() {
        let long = "x".repeat(200);
        for (declared_body, observed_body, difference) in [
            ("begin\n  a;\nend", "begin\n  a;\nend", None),
            (
                "begin\n  a;\nend",
                "begin\n  b;\nend",
                Some("body: line 2: \"  a;\" / line 2: \"  b;\"".to_owned()),
            ),
            ("a\r\nb", "a\nb", Some("body: line 1: \"a\\r\" / line 1: \"a\"".to_owned())),
            ("a ", "a", Some("body: line 1: \"a \" / line 1: \"a\"".to_owned())),
            ("a\nb", "a", Some("body: line 2: \"b\" / no line 2".to_owned())),
            ("a", "a\n", Some("body: no line 2 / line 2: \"\"".to_owned())),
            (
                &format!("{long}é{long}"),
                &format!("{long}è"),
                Some(format!(
                    "body: line 1: ... \"{0}é{1}\" ... / line 1: ... \"{0}è\"",
                    "x".repeat(20),
                    "x".repeat(59)
                )),
            ),
        ] {
            let (_, observed) = row("f", None, observed_body, "f");
            assert_eq!(told(&declared(declared_body), &observed), Vec::from_iter(difference));
        }
    }

    #[test]
    fn k20_an_sql_standard_body_is_not_compared() {
        let (_, observed) = row("f", None, "", "t");
        let atomic = Function { body: Some(Body::SqlStandard), ..declared("") };
        assert_eq!(told(&atomic, &observed), ["not compared: body"]);
        assert_eq!(told(&declared(""), &observed), ["body: a string / an SQL-standard body"]);
    }

    #[test]
    fn a_result_of_columns_is_compared_as_a_record() {
        let record = Function {
            returns: Some(Returns { data_type: Some(TypeName::built_in("record")), set: true }),
            ..Function::default()
        };
        assert_eq!(told(&record, &record), ["not compared: columns of the result"]);
        let known = Function { arguments: Some(Vec::new()), ..record };
        assert_eq!(told(&known, &known), Vec::<String>::new());
    }

    #[test]
    fn k18_overloads_are_told_by_their_arguments_without_schemas_and_modifiers() {
        let mut catalog = Catalog::default();
        for arguments in [r#"["integer"]"#, r#"["character varying", "crm.status[]"]"#] {
            let (id, function) = row("f", Some(arguments), "a", "f");
            catalog.insert(id, function.into());
        }
        let taken = BTreeSet::new();
        let search = Search { catalog: &catalog, taken: &taken, name_is_generated: false };
        let bare = |name: &str, array| TypeName { schema: None, array, ..TypeName::built_in(name) };
        let short = TypeName { modifier: Some("10".into()), ..bare("varchar", false) };
        for (arguments, found) in [
            (None, Some("function/public.total(integer)")),
            (Some(vec![bare("int4", false)]), Some("function/public.total(integer)")),
            (
                Some(vec![short.clone(), bare("status", true)]),
                Some("function/public.total(character varying, crm.status[])"),
            ),
            (Some(vec![short, bare("status", false)]), None),
            (Some(vec![bare("int8", false)]), None),
            (Some(vec![]), None),
        ] {
            let id = ComponentId::routine(QualifiedName::new("public", "total"), arguments);
            let is = match Function::default().find(&id, &search) {
                Found::Is(id) => Some(id.to_string()),
                _ => None,
            };
            assert_eq!(is.as_deref(), found, "{id}");
        }
    }
}
