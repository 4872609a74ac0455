//! CREATE FUNCTION, CREATE PROCEDURE and ALTER FUNCTION.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, FunctionParameter, FunctionParameterMode as Mode, Node, VariableSetKind};

use crate::core::component::ComponentId;
use crate::core::definition::Definition;
use crate::core::kind::Kind;
use crate::core::kind::function::{
    Argument, Body, Function, Mode as ArgumentMode, Parallel, Returns, RoutineSort, Setting, Settings,
    Volatility,
};
use crate::core::kind::letter::Letter;
use crate::core::name::{Identifier, PartialName};
use crate::core::sql::effect::{Effect, IfExists, Scope, built_in_name, built_in_type};
use crate::core::sql::{expression, parse};
use crate::core::type_name::TypeName;

/// The function or procedure, known by the types of its input arguments.
#[must_use]
pub fn effects(statement: &protobuf::CreateFunctionStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::qualified(&statement.funcname, scope) else {
        return vec![Effect::NotModelled("CREATE FUNCTION".into())];
    };
    let parameters: Vec<&FunctionParameter> = statement.parameters.iter().filter_map(parameter).collect();
    let inputs = parameters.iter().filter(|parameter| is_input(parameter.mode()));
    let arguments = inputs.map(|parameter| argument_type(parameter.arg_type.as_ref()?)).collect();
    let id = ComponentId::routine(name, arguments);
    let shape = shape(statement, &parameters, scope).into();
    let if_exists = if statement.replace { IfExists::Replace } else { IfExists::Refuse };
    let parts = types_of_columns(statement, &parameters, scope);
    vec![if parts.is_empty() {
        Effect::Create { id, shape, if_exists }
    } else {
        Effect::CreateWith { id, shape, if_exists, parts }
    }]
}

/// The types that are those of columns.
fn types_of_columns(
    statement: &protobuf::CreateFunctionStmt,
    parameters: &[&FunctionParameter],
    scope: &Scope,
) -> Vec<Effect> {
    let of = |argument: Option<usize>, type_name: &protobuf::TypeName| {
        let (column, relation) = type_name.names.split_last().filter(|_| type_name.pct_type)?;
        let column = parse::identifiers(std::slice::from_ref(column)).pop()?;
        let relation = parse::named(Kind::Table, relation, scope)?;
        let relation =
            if type_name.names.len() == 2 { built_in_name::relation(relation, scope) } else { relation };
        Some(Effect::TypeOfColumn { argument, relation, column })
    };
    let arguments = parameters
        .iter()
        .enumerate()
        .filter_map(|(position, parameter)| of(Some(position), parameter.arg_type.as_ref()?));
    let outputs: Vec<_> = parameters.iter().filter(|parameter| is_output(parameter.mode())).collect();
    let result = match (&statement.return_type, outputs.as_slice()) {
        (Some(declared), _) => of(None, declared),
        (None, [only]) if !statement.is_procedure => only.arg_type.as_ref().and_then(|it| of(None, it)),
        _ => None,
    };
    arguments.chain(result).collect()
}

/// ALTER FUNCTION: what the shape holds changes. Settings, costs and the like are no part of it.
#[must_use]
pub fn alter(statement: &protobuf::AlterFunctionStmt, scope: &Scope) -> Vec<Effect> {
    let Some(id) = statement.func.as_ref().and_then(|routine| there(routine, scope)) else {
        return vec![Effect::NotModelled("ALTER FUNCTION".into())];
    };
    let mut change = Function::default();
    let mut modelled = true;
    for (name, argument) in statement.actions.iter().filter_map(option) {
        modelled &= change.take(name, argument);
    }
    let not_modelled = (!modelled).then(|| Effect::NotModelled("ALTER FUNCTION".into()));
    let change = (change != Function::default()).then(|| Effect::Change { id, change: change.into() });
    change.into_iter().chain(not_modelled).collect()
}

impl Function {
    /// Takes over an option of CREATE or ALTER FUNCTION; gives whether it is a part of the shape.
    fn take(&mut self, name: &str, argument: &NodeEnum) -> bool {
        match (name, argument) {
            ("volatility", NodeEnum::String(volatility)) => {
                self.volatility = Volatility::of_words(&volatility.sval).or(Some(Volatility::Volatile));
            }
            ("security", NodeEnum::Boolean(definer)) => self.security_definer = Some(definer.boolval),
            ("strict", NodeEnum::Boolean(strict)) => self.strict = Some(strict.boolval),
            ("window", NodeEnum::Boolean(window)) => self.window = Some(window.boolval),
            ("leakproof", NodeEnum::Boolean(leakproof)) => self.leakproof = Some(leakproof.boolval),
            ("parallel", NodeEnum::String(parallel)) => {
                let words = parallel.sval.to_ascii_lowercase();
                self.parallel = Parallel::of_words(&words).or(Some(Parallel::Unsafe));
            }
            ("cost", value) => self.cost = number(value),
            ("rows", value) => self.rows = number(value),
            ("support", NodeEnum::List(name)) => {
                self.support = PartialName::written(&parse::strings(&name.items));
            }
            ("set", NodeEnum::VariableSetStmt(statement)) => {
                self.settings.get_or_insert_default().change(settings(statement));
            }
            _ => return false,
        }
        true
    }
}

/// The function that a statement names, with or without its arguments, and that is there by then.
#[must_use]
pub fn there(routine: &protobuf::ObjectWithArgs, scope: &Scope) -> Option<ComponentId> {
    let name = parse::qualified(&routine.objname, scope)?;
    let arguments = || routine.objargs.iter().map(argument_of).collect();
    let id = ComponentId::routine(name, if routine.args_unspecified { None } else { arguments() });
    Some(if routine.objname.len() == 1 { scope.there(built_in_name::function(id, scope)) } else { id })
}

/// The type of an argument as part of a function's identity: without modifier, which PostgreSQL drops, and with the
/// schema of the built-in types, which come first in every search path. `None` for `%TYPE`.
pub(super) fn argument_type(type_name: &protobuf::TypeName) -> Option<TypeName> {
    parse::type_name(type_name).map(resolved)
}

/// The type of an argument in a list of them.
pub(super) fn argument_of(node: &Node) -> Option<TypeName> {
    match node.node.as_ref()? {
        NodeEnum::TypeName(type_name) => argument_type(type_name),
        _ => None,
    }
}

/// A type as part of an identity.
pub(in crate::core::sql) fn resolved(written: TypeName) -> TypeName {
    let built_in = written.schema.is_none() && built_in_type::is_built_in(written.name.as_str());
    let schema = if built_in { Some(Identifier::new("pg_catalog")) } else { written.schema };
    TypeName { schema, modifier: None, ..written }
}

fn is_input(mode: Mode) -> bool {
    !matches!(mode, Mode::FuncParamOut | Mode::FuncParamTable)
}

fn is_output(mode: Mode) -> bool {
    matches!(mode, Mode::FuncParamOut | Mode::FuncParamInout)
}

/// The shape, with PostgreSQL's defaults filled in.
fn shape(
    statement: &protobuf::CreateFunctionStmt,
    parameters: &[&FunctionParameter],
    scope: &Scope,
) -> Function {
    let mut shape = Function {
        sort: Some(if statement.is_procedure { RoutineSort::Procedure } else { RoutineSort::Function }),
        returns: returns(statement, parameters),
        // The grammar demands a language except for SQL-standard bodies, whose default it is.
        language: Some(Identifier::new("sql")),
        volatility: Some(Volatility::Volatile),
        security_definer: Some(false),
        strict: Some(false),
        window: Some(false),
        arguments: Some(parameters.iter().map(|parameter| described(parameter)).collect()),
        defaults: Some(defaults(parameters, scope)),
        parallel: Some(Parallel::Unsafe),
        leakproof: Some(false),
        cost: None,
        rows: None,
        settings: Some(Settings::none()),
        support: None,
        body: statement.sql_body.as_ref().map(|_| Body::SqlStandard),
    };
    let mut strings: &[Node] = &[];
    for (name, argument) in statement.options.iter().filter_map(option) {
        match (name, argument) {
            ("language", NodeEnum::String(language)) => {
                shape.language = Some(Identifier::new(&language.sval));
            }
            ("as", NodeEnum::List(list)) => strings = &list.items,
            _ => {
                shape.take(name, argument);
            }
        }
    }
    let language = shape.language.as_ref().map_or("sql", Identifier::as_str);
    let own_name = parse::strings(&statement.funcname).last().copied().unwrap_or_default();
    match (language, parse::strings(strings).as_slice()) {
        // For C, the strings are a library and a symbol in it, by default the function's name
        // (`interpret_AS_clause` in PostgreSQL's `functioncmds.c`).
        ("c", [object, rest @ ..]) => {
            let symbol = rest.first().filter(|symbol| **symbol != "-").unwrap_or(&own_name);
            shape.body = Some(Body::Library { object: (*object).to_owned(), symbol: (*symbol).to_owned() });
        }
        (_, [text]) => shape.body = Some(Body::Text((*text).to_owned())),
        _ => {}
    }
    let cost = if matches!(language, "c" | "internal") { "1" } else { "100" };
    shape.cost.get_or_insert_with(|| cost.to_owned());
    let rows = if shape.returns.as_ref().is_some_and(|returns| returns.set) { "1000" } else { "0" };
    shape.rows.get_or_insert_with(|| rows.to_owned());
    shape
}

/// One argument.
fn described(parameter: &FunctionParameter) -> Argument {
    Argument {
        mode: match parameter.mode() {
            Mode::FuncParamOut => ArgumentMode::Out,
            Mode::FuncParamInout => ArgumentMode::InOut,
            Mode::FuncParamVariadic => ArgumentMode::Variadic,
            Mode::FuncParamTable => ArgumentMode::Table,
            _ => ArgumentMode::In,
        },
        name: Some(&parameter.name).filter(|name| !name.is_empty()).map(|name| Identifier::new(name)),
        data_type: parameter.arg_type.as_ref().and_then(argument_type),
    }
}

/// The defaults of the arguments, in order.
fn defaults(parameters: &[&FunctionParameter], scope: &Scope) -> Vec<Option<Definition>> {
    let written = parameters.iter().filter_map(|parameter| parameter.defexpr.as_deref());
    written.map(|default| expression::definition(default, scope)).collect()
}

/// SET and RESET of a function.
fn settings(statement: &protobuf::VariableSetStmt) -> Settings {
    let mut settings = Settings::default();
    match statement.kind() {
        VariableSetKind::VarResetAll => settings.reset_all(),
        VariableSetKind::VarSetValue => {
            let values =
                statement.args.iter().map(|value| parse::constant(value).flatten().unwrap_or_default());
            settings.set(&statement.name, Setting::Values(values.collect()));
        }
        VariableSetKind::VarSetCurrent => settings.set(&statement.name, Setting::Current),
        _ => settings.set(&statement.name, Setting::Reset),
    }
    settings
}

/// A number as text.
fn number(value: &NodeEnum) -> Option<String> {
    match value {
        NodeEnum::Integer(number) => Some(number.ival.to_string()),
        NodeEnum::Float(number) => Some(number.fval.clone()),
        _ => None,
    }
}

/// What it returns, as `interpret_function_parameter_list` of PostgreSQL's `functioncmds.c` finds it.
fn returns(statement: &protobuf::CreateFunctionStmt, parameters: &[&FunctionParameter]) -> Option<Returns> {
    let outputs: Vec<_> = parameters.iter().filter(|parameter| is_output(parameter.mode())).collect();
    let of = |data_type: Option<TypeName>| {
        let data_type = data_type.map(|data_type| TypeName { modifier: None, ..data_type });
        Some(Returns { data_type, set: false })
    };
    match (&statement.return_type, outputs.as_slice()) {
        (Some(declared), _) => {
            of(parse::type_name(declared)).map(|returns| Returns { set: declared.setof, ..returns })
        }
        (None, []) if statement.is_procedure => of(Some(TypeName::built_in("void"))),
        (None, []) => None,
        (None, [only]) if !statement.is_procedure => of(only.arg_type.as_ref().and_then(parse::type_name)),
        (None, _) => of(Some(TypeName::built_in("record"))),
    }
}

fn parameter(node: &Node) -> Option<&FunctionParameter> {
    match node.node.as_ref()? {
        NodeEnum::FunctionParameter(parameter) => Some(parameter),
        _ => None,
    }
}

fn option(node: &Node) -> Option<(&str, &NodeEnum)> {
    match node.node.as_ref()? {
        NodeEnum::DefElem(element) => Some((element.defname.as_str(), element.arg.as_ref()?.node.as_ref()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::{created, of};

    fn function(sql: &str) -> (String, Function) {
        match created(sql) {
            (id, Shape::Function(function), _) => (id, *function),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn k18_input_arguments_make_the_identity() {
        for (arguments, id) in [
            ("", "function/public.f()"),
            ("a int, text", "function/public.f(integer, text)"),
            ("a int, out b text, inout c uuid", "function/public.f(integer, uuid)"),
            ("a varchar(10), numeric(5,2) default 1", "function/public.f(character varying, numeric)"),
            ("variadic a text[]", "function/public.f(text[])"),
            ("a crm.status, b double precision", "function/public.f(crm.status, double precision)"),
            ("a users.email%type", "function/public.f"),
        ] {
            let sql = format!("create function f({arguments}) returns record language sql as 'select 1'");
            assert_eq!(function(&sql).0, id, "{arguments}");
        }
    }

    #[test]
    fn k18_two_spellings_of_an_argument_are_one_identity() {
        let id = |arguments: &str| match &of(&format!("drop function f({arguments})"))[..] {
            [Effect::Drop { id, .. }] => id.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(id("int4, varchar(3)"), id("integer, pg_catalog.varchar"));
        assert_eq!(id("pg_catalog.text"), id("text"));
        assert_ne!(id("crm.text"), id("text"));
    }

    #[test]
    fn results_are_found_as_the_server_finds_them() {
        for (head, data_type, set) in [
            ("function f() returns int", Some("integer"), false),
            ("function f() returns setof text", Some("text"), true),
            ("function f() returns table (a int, b text)", Some("record"), true),
            ("function f() returns table (a int)", Some("integer"), true),
            ("function f(out a int)", Some("integer"), false),
            ("function f(out a int, inout b text)", Some("record"), false),
            ("function f() returns varchar(5)", Some("character varying"), false),
            ("function f() returns t.c%type", None, false),
            ("procedure f()", Some("void"), false),
            ("procedure f(inout a int)", Some("record"), false),
        ] {
            let returns = function(&format!("create {head} language sql as 'select 1'")).1.returns.unwrap();
            assert_eq!(
                returns.data_type.map(|data_type| data_type.to_string()).as_deref(),
                data_type,
                "{head}"
            );
            assert_eq!(returns.set, set, "{head}");
        }
    }

    #[test]
    fn defaults_are_filled_in() {
        let (_, shape) =
            function("create function f() returns int language plpgsql as $$begin return 1; end$$");
        assert_eq!(
            shape,
            Function {
                sort: Some(RoutineSort::Function),
                returns: Some(Returns { data_type: Some(TypeName::built_in("int4")), set: false }),
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
                body: Some(Body::Text("begin return 1; end".into())),
            }
        );
    }

    #[test]
    fn options_are_read_wherever_they_stand() {
        let (_, shape) = function(
            "create function f() returns int strict as 'select 1' immutable security definer language sql",
        );
        assert_eq!(shape.volatility, Some(Volatility::Immutable));
        assert_eq!((shape.security_definer, shape.strict), (Some(true), Some(true)));
        let (_, shape) = function("create procedure f() language sql as ''");
        assert_eq!(shape.sort, Some(RoutineSort::Procedure));
    }

    #[test]
    fn k20_bodies_of_the_sql_standard_have_no_text() {
        for sql in [
            "create function f() returns int return 1",
            "create function f() returns int begin atomic select 1; end",
        ] {
            let (_, shape) = function(sql);
            assert_eq!(shape.body, Some(Body::SqlStandard), "{sql}");
            assert_eq!(shape.language, Some("sql".into()), "{sql}");
        }
    }

    #[test]
    fn the_strings_of_a_c_function_are_a_library_and_a_symbol() {
        let library = |symbol: &str| Some(Body::Library { object: "lib".into(), symbol: symbol.into() });
        for (strings, symbol) in [("'lib', 'symbol'", "symbol"), ("'lib'", "f"), ("'lib', '-'", "f")] {
            let (_, shape) = function(&format!("create function f() returns int language c as {strings}"));
            assert_eq!(shape.body, library(symbol), "{strings}");
            assert_eq!(shape.cost.as_deref(), Some("1"));
        }
    }

    #[test]
    fn what_the_planner_goes_by_is_read_whole() {
        let (_, shape) = function(
            "create function f(a int, variadic b int[] default '{}') returns table (c int, d text) language sql \
             parallel safe leakproof window cost 0.5 rows 7 support s.f set search_path = crm, \"$user\" \
             set work_mem to '1MB' set timezone from current as 'select 1'",
        );
        assert_eq!(shape.parallel, Some(Parallel::Safe));
        assert_eq!((shape.leakproof, shape.window), (Some(true), Some(true)));
        assert_eq!((shape.cost.as_deref(), shape.rows.as_deref()), (Some("0.5"), Some("7")));
        assert_eq!(shape.support, PartialName::written(&["s", "f"]));
        let mut settings = Settings::none();
        settings.set("search_path", Setting::Values(vec!["crm".into(), "$user".into()]));
        settings.set("work_mem", Setting::Values(vec!["1MB".into()]));
        settings.set("timezone", Setting::Current);
        assert_eq!(shape.settings, Some(settings));
        let arguments = shape.arguments.unwrap();
        let modes: Vec<ArgumentMode> = arguments.iter().map(|argument| argument.mode).collect();
        let expected = [ArgumentMode::In, ArgumentMode::Variadic, ArgumentMode::Table, ArgumentMode::Table];
        assert_eq!(modes, expected);
        assert_eq!(shape.defaults.unwrap().len(), 1);
    }

    #[test]
    fn settings_are_altered_one_by_one() {
        let altered = |sql: &str| match &of(sql)[..] {
            [Effect::Change { change: Shape::Function(function), .. }] => function.clone(),
            other => panic!("{other:?}"),
        };
        let mut settings = Settings::default();
        settings.set("search_path", Setting::Values(vec![String::new()]));
        assert_eq!(altered("alter function f() set search_path = ''").settings, Some(settings.clone()));
        let mut reset = Settings::default();
        reset.set("search_path", Setting::Reset);
        assert_eq!(altered("alter function f() reset search_path").settings, Some(reset));
        assert_eq!(altered("alter function f() parallel safe cost 5").cost.as_deref(), Some("5"));
    }

    #[test]
    fn or_replace_replaces() {
        let sql = "create or replace function f() returns int language sql as 'select 1'";
        assert_eq!(created(sql).2, IfExists::Replace);
    }

    #[test]
    fn an_alter_says_only_what_it_changes() {
        let volatility = Some(Volatility::Stable);
        let change = Function { volatility, ..Function::default() };
        let more = Function { cost: Some("2".into()), rows: Some("10".into()), ..change.clone() };
        for (sql, change) in
            [("alter function f(int) stable", change), ("alter function f(int) stable rows 10 cost 2", more)]
        {
            let effects = of(sql);
            let [Effect::Change { id, change: Shape::Function(changed) }] = &effects[..] else {
                panic!("{sql}: {effects:?}")
            };
            assert_eq!((id.to_string().as_str(), &**changed), ("function/public.f(integer)", &change));
        }
    }
}
