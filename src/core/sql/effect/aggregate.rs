//! CREATE AGGREGATE.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node};

use super::element::Elements;
use super::{Effect, IfExists, Scope, function};
use crate::core::component::ComponentId;
use crate::core::kind::aggregate::{Aggregate, FUNCTIONS};
use crate::core::kind::function::{Body, Function, RoutineSort};
use crate::core::sql::parse;
use crate::core::type_name::TypeName;

/// The aggregate, known by the types of all its arguments, those of ORDER BY included.
#[must_use]
pub fn effects(statement: &protobuf::DefineStmt, scope: &Scope) -> Vec<Effect> {
    let elements = Elements::of(&statement.definition);
    let (arguments, direct_arguments) = if statement.oldstyle {
        (base_type(&elements), None)
    } else {
        (arguments(&statement.args), direct_arguments(&statement.args))
    };
    let Some(name) = parse::qualified(&statement.defnames, scope) else {
        return vec![Effect::NotModelled("CREATE AGGREGATE".into())];
    };
    let aggregate = Aggregate { direct_arguments, ..definition(&elements) };
    let shape = Function {
        sort: Some(RoutineSort::Aggregate),
        body: Some(Body::Aggregate(Box::new(aggregate))),
        ..Function::default()
    };
    vec![Effect::Create {
        id: ComponentId::routine(name, arguments),
        shape: shape.into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

/// What it is made of, with PostgreSQL's defaults (`DefineAggregate` in its `aggregatecmds.c`).
fn definition(elements: &Elements<'_>) -> Aggregate {
    // Spellings of old are taken too.
    let spellings = |part: &'static str| match part {
        "sfunc" => vec!["sfunc", "sfunc1"],
        part => vec![part],
    };
    let functions =
        FUNCTIONS.into_iter().filter_map(|part| Some((part, elements.reference(&spellings(part))?)));
    let compared =
        ["basetype", "stype", "stype1", "mstype", "initcond", "initcond1", "minitcond", "parallel"];
    let is_other = |name: &str| {
        !compared.contains(&name) && !FUNCTIONS.contains(&name) && name != "sfunc1" && name != "hypothetical"
    };
    Aggregate {
        functions: functions.collect(),
        state_type: elements.data_type(&["stype", "stype1"]),
        moving_state_type: elements.data_type(&["mstype"]),
        initial: elements.text("initcond").or_else(|| elements.text("initcond1")),
        moving_initial: elements.text("minitcond"),
        parallel: Some(match elements.text("parallel").as_deref() {
            Some("safe") => "safe",
            Some("restricted") => "restricted",
            _ => "unsafe",
        }),
        direct_arguments: None,
        hypothetical: elements.boolean("hypothetical").unwrap_or(false),
        other_options: elements.iter().any(|element| is_other(&element.defname)),
    }
}

/// The types of the arguments; `None` where one is not settled (`%TYPE`). `(*)` is none at all.
fn arguments(args: &[Node]) -> Option<Vec<TypeName>> {
    let Some(NodeEnum::List(list)) = args.first().and_then(|node| node.node.as_ref()) else {
        return Some(Vec::new());
    };
    let types = list.items.iter().filter_map(|node| match node.node.as_ref()? {
        NodeEnum::FunctionParameter(parameter) => Some(parameter),
        _ => None,
    });
    types.map(|parameter| function::argument_type(parameter.arg_type.as_ref()?)).collect()
}

/// How many arguments stand before ORDER BY; the grammar gives -1 where there is no ORDER BY.
fn direct_arguments(args: &[Node]) -> Option<usize> {
    match args.get(1)?.node.as_ref()? {
        NodeEnum::Integer(number) => usize::try_from(number.ival).ok(),
        _ => None,
    }
}

/// The argument of the old form; `"ANY"` is none.
fn base_type(elements: &Elements<'_>) -> Option<Vec<TypeName>> {
    let data_type = elements.data_type(&["basetype"])?;
    let is_any = data_type.name.as_str().eq_ignore_ascii_case("any");
    Some(if is_any { Vec::new() } else { vec![data_type] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::kind::reference::Reference;
    use crate::core::sql::effect::tests::{created, of};

    fn aggregate(sql: &str) -> (String, Aggregate) {
        match created(sql) {
            (id, Shape::Function(function), _) => match function.body {
                Some(Body::Aggregate(aggregate)) => (id, *aggregate),
                other => panic!("{sql}: {other:?}"),
            },
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn k19_all_arguments_make_the_identity() {
        for (head, id, direct) in [
            ("a(int, crm.mood)", "function/public.a(integer, crm.mood)", None),
            ("crm.a(*)", "function/crm.a()", None),
            ("a(varchar(5) order by int)", "function/public.a(character varying, integer)", Some(1)),
            ("a(order by int)", "function/public.a(integer)", Some(0)),
        ] {
            let (found, aggregate) = aggregate(&format!("create aggregate {head} (sfunc = f, stype = int)"));
            assert_eq!((found.as_str(), aggregate.direct_arguments), (id, direct), "{head}");
        }
        for (basetype, id) in [("int", "function/public.a(integer)"), ("\"any\"", "function/public.a()")] {
            let sql = format!("create aggregate a (basetype = {basetype}, sfunc1 = f, stype1 = int4)");
            assert_eq!(aggregate(&sql).0, id);
        }
        let dropped = of("drop aggregate a(int), a(*)")
            .iter()
            .map(|effect| match effect {
                Effect::Drop { id, .. } => id.to_string(),
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>();
        assert_eq!(dropped, ["function/public.a(integer)", "function/public.a()"]);
    }

    #[test]
    fn an_aggregate_is_read_whole() {
        let named = |schema: Option<&str>, name: &str| Reference {
            schema: schema.map(Into::into),
            name: name.into(),
        };
        let (_, shape) = aggregate(
            "create or replace aggregate a(int) (sfunc = crm.add, stype = numeric, finalfunc = done, \
             combinefunc = crm.add, initcond = 0, parallel = safe, sspace = 8)",
        );
        assert_eq!(
            shape,
            Aggregate {
                functions: vec![
                    ("sfunc", named(Some("crm"), "add")),
                    ("finalfunc", named(None, "done")),
                    ("combinefunc", named(Some("crm"), "add"))
                ],
                state_type: Some(TypeName::built_in("numeric")),
                initial: Some("0".into()),
                parallel: Some("safe"),
                other_options: true,
                ..Aggregate::default()
            }
        );
        let (_, shape) = aggregate("create aggregate a(int) (sfunc = f, stype = int)");
        assert_eq!((shape.parallel, shape.initial, shape.other_options), (Some("unsafe"), None, false));
    }
}
