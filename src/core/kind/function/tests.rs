//! The comparison of functions, part by part, and which overload a requirement is about.

use std::collections::BTreeSet;

use super::*;
use crate::core::catalog::Catalog;
use crate::core::catalog::testing::decode;
use crate::core::kind::aggregate::Aggregate;
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
    assert_eq!(told(&Function::default(), &row("a", None, "aggregate_dummy", "f").1), Vec::<String>::new());
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
