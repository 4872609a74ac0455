//! CREATE FUNCTION, CREATE PROCEDURE and ALTER FUNCTION.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, FunctionParameter, FunctionParameterMode as Mode, Node};

use crate::core::component::ComponentId;
use crate::core::kind::function::{Body, Function, Returns, RoutineSort, Volatility};
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, IfExists, Scope, built_in_type};
use crate::core::sql::parse;
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
    vec![Effect::Create {
        id: ComponentId::routine(name, arguments),
        shape: shape(statement, &parameters).into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

/// ALTER FUNCTION: what the shape holds changes. Settings, costs and the like are no part of it.
#[must_use]
pub fn alter(statement: &protobuf::AlterFunctionStmt, scope: &Scope) -> Vec<Effect> {
    let Some(id) = statement.func.as_ref().and_then(|routine| named(routine, scope)) else {
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
                self.volatility = match volatility.sval.as_str() {
                    "immutable" => Some(Volatility::Immutable),
                    "stable" => Some(Volatility::Stable),
                    _ => Some(Volatility::Volatile),
                };
            }
            ("security", NodeEnum::Boolean(definer)) => self.security_definer = Some(definer.boolval),
            ("strict", NodeEnum::Boolean(strict)) => self.strict = Some(strict.boolval),
            _ => return false,
        }
        true
    }
}

/// The function that a statement names, with or without its arguments.
#[must_use]
pub fn named(routine: &protobuf::ObjectWithArgs, scope: &Scope) -> Option<ComponentId> {
    let name = parse::qualified(&routine.objname, scope)?;
    let arguments = || routine.objargs.iter().map(argument_of).collect();
    Some(ComponentId::routine(name, if routine.args_unspecified { None } else { arguments() }))
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
pub(super) fn resolved(written: TypeName) -> TypeName {
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
fn shape(statement: &protobuf::CreateFunctionStmt, parameters: &[&FunctionParameter]) -> Function {
    let mut shape = Function {
        sort: Some(if statement.is_procedure { RoutineSort::Procedure } else { RoutineSort::Function }),
        returns: returns(statement, parameters),
        // The grammar demands a language except for SQL-standard bodies, whose default it is.
        language: Some(Identifier::new("sql")),
        volatility: Some(Volatility::Volatile),
        security_definer: Some(false),
        strict: Some(false),
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
    // For C, the strings are a library and a symbol in it.
    let is_c = shape.language.as_ref().is_some_and(|language| language.as_str() == "c");
    if let ([text], false) = (parse::strings(strings).as_slice(), is_c) {
        shape.body = Some(Body::Text((*text).to_owned()));
    }
    shape
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
            (id, Shape::Function(function), _) => (id, function),
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
    fn the_strings_of_a_c_function_are_no_body() {
        let (_, shape) = function("create function f() returns int language c as 'lib', 'symbol'");
        assert_eq!(shape.body, None);
        assert_eq!(function("create function f() returns int language c as 'lib'").1.body, None);
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
        for (sql, others) in
            [("alter function f(int) stable", 0), ("alter function f(int) stable rows 10 cost 2", 1)]
        {
            let effects = of(sql);
            let [Effect::Change { id, change: Shape::Function(changed) }, rest @ ..] = &effects[..] else {
                panic!("{sql}: {effects:?}")
            };
            assert_eq!((id.to_string().as_str(), changed), ("function/public.f(integer)", &change));
            assert_eq!(rest.len(), others, "{sql}");
        }
        assert_eq!(of("alter procedure p() cost 5"), [Effect::NotModelled("ALTER FUNCTION".into())]);
    }
}
