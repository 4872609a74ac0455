use super::*;
use crate::core::feature::{Feature, RequiredQuery, Requires, Source};
use crate::core::kind::Kind;
use crate::core::kind::query::Query;
use crate::core::kind::table::Table;

/// A feature with one source, `NAME.sql`.
fn feature(name: &str, sql: &str) -> Feature {
    let source = Source { name: format!("{name}.sql").into(), text: sql.into() };
    Feature { name: name.into(), sources: vec![source], ..Feature::default() }
}

fn by_name(name: &str, requires: Requires) -> Feature {
    Feature { name: name.into(), requires, ..Feature::default() }
}

fn set(features: Vec<Feature>) -> FeatureSet {
    FeatureSet { name: "shop".into(), features, ..FeatureSet::default() }
}

fn all_of(features: Vec<Feature>) -> Requirements {
    Requirements::of(&set(features), &Selection::default())
}

fn selected(features: Vec<Feature>, names: &[&str]) -> Requirements {
    let features_wanted = names.iter().map(|name| (*name).to_owned()).collect();
    Requirements::of(&set(features), &Selection { features: features_wanted, ..Selection::default() })
}

/// The components as they print, with the features that need each: `table/public.a core email`.
fn shown(requirements: &Requirements) -> Vec<String> {
    let line = |(id, requirement): (&ComponentId, &Requirement)| {
        let features: Vec<&str> = requirement.features.iter().map(|feature| &*feature.name).collect();
        format!("{id} {}", features.join(" "))
    };
    requirements.components.iter().map(line).collect()
}

fn problems(requirements: &Requirements) -> Vec<String> {
    requirements.problems.iter().map(ToString::to_string).collect()
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn tables(names: &[&str]) -> Requires {
    Requires { tables: list(names), ..Requires::default() }
}

#[test]
fn sql_and_names_are_required_each_with_its_feature_and_line() {
    let requirements = all_of(vec![
        feature("core", "create schema crm;\n\ncreate view crm.v as select 1;"),
        by_name("email", tables(&["crm.accounts"])),
    ]);
    assert_eq!(problems(&requirements), [""; 0]);
    assert_eq!(shown(&requirements), ["schema/crm core", "table/crm.accounts email", "view/crm.v core"]);
    let lines: Vec<Option<String>> = requirements
        .components
        .values()
        .map(|requirement| requirement.position.as_ref().map(ToString::to_string))
        .collect();
    assert_eq!(lines, [Some("core.sql:1".to_owned()), None, Some("core.sql:3".to_owned())]);
    assert_eq!(requirements.default_schema, Some("public".into()));
}

#[test]
fn features_are_read_in_the_order_of_their_dependencies() {
    let mut email = feature("email", "alter table users add column email text;");
    email.depends_on = list(&["core"]);
    let requirements = all_of(vec![email, feature("core", "create table users ();")]);
    assert_eq!(problems(&requirements), [""; 0]);
    let order: Vec<&str> = requirements.features.iter().map(|feature| &*feature.name).collect();
    assert_eq!(order, ["core", "email"]);
    assert_eq!(shown(&requirements), ["table/public.users core", "column/public.users.email email"]);
}

#[test]
fn only_wanted_features_are_required() {
    let mut email = feature("email", "create view e as select 1; selec;");
    email.depends_on = list(&["core"]);
    let features = || {
        vec![
            feature("core", "create view c as select 1;"),
            email.clone(),
            by_name("games", tables(&["g", ""])),
        ]
    };
    assert_eq!(shown(&selected(features(), &["core"])), ["view/public.c core"]);
    assert_eq!(problems(&selected(features(), &["core"])), [""; 0]);
    assert_eq!(shown(&selected(features(), &["email"])), ["view/public.c core", "view/public.e email"]);
}

#[test]
fn problems_of_the_document_hide_none_of_it() {
    let mut core = feature("core", "create view c as select 1;");
    core.depends_on = list(&["email"]);
    let mut email = feature("email", "create view e as select 1;");
    email.depends_on = list(&["core", "cor"]);
    let requirements = all_of(vec![core, email, feature("core", "create view other as select 1;")]);
    assert_eq!(shown(&requirements), ["view/public.c core", "view/public.e email"]);
    assert_eq!(
        problems(&requirements),
        [
            "shop, feature email: dependsOn names cor, which does not exist; did you mean core? known: core, email",
            "shop, feature core: another feature has the same name; the first one counts, rename this one",
            "shop, feature core: the features depend on each other in a circle: core -> email -> core; take one of \
             these out of dependsOn",
        ]
    );
    assert!(requirements.problems.iter().all(|problem| problem.severity == Severity::Error));
}

#[test]
fn an_unknown_selected_feature_is_a_problem_of_the_set() {
    let requirements = selected(vec![feature("core", "create view c as select 1;")], &["cure", "core"]);
    assert_eq!(
        problems(&requirements),
        ["shop: the selected feature cure does not exist; did you mean core? known: core"]
    );
    assert_eq!(shown(&requirements), ["view/public.c core"]);
}

#[test]
fn a_broken_statement_among_good_ones_fails_alone() {
    let requirements = all_of(vec![feature(
        "core",
        "create view a as select 1;\ncreate tabel b ();\ncreate view c as select 1;",
    )]);
    assert_eq!(shown(&requirements), ["view/public.a core", "view/public.c core"]);
    let problems = problems(&requirements);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("core.sql:2: syntax error at or near \"tabel\""), "{problems:?}");
    assert_eq!(requirements.problems[0].feature.as_deref(), Some("core"));
    assert_eq!(&*requirements.problems[0].set, "shop");
}

#[test]
fn what_the_server_would_refuse_is_an_error_with_its_line() {
    let requirements =
        all_of(vec![feature("core", "create view a as select 1;\ncreate view a as select 2;")]);
    assert_eq!(shown(&requirements), ["view/public.a core"]);
    let problems = problems(&requirements);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("core.sql:2: "), "{problems:?}");
}

#[test]
fn c16_what_is_not_modelled_is_said_and_is_no_error() {
    let requirements = all_of(vec![feature("core", "security label on view a\nis 'x';")]);
    assert_eq!(
        problems(&requirements),
        ["core.sql:1: SECURITY LABEL ON VIEW is not audited by this version"]
    );
    assert_eq!(requirements.problems[0].severity, Severity::NotModelled);
}

#[test]
fn markers_put_statements_under_other_features() {
    let sql = "create view a as select 1;\n\
               -- schema-audit: feature email\ncreate view b as select 1;\n\
               -- schema-audit: feature games\ncreate view c as select 1;";
    let features = || vec![feature("core", sql), feature("email", "create view d as select 1;")];
    let requirements = all_of(features());
    assert_eq!(problems(&requirements), [""; 0]);
    assert_eq!(
        shown(&requirements),
        ["view/public.a core", "view/public.b email", "view/public.c games", "view/public.d email"]
    );
    let order: Vec<&str> = requirements.features.iter().map(|feature| &*feature.name).collect();
    assert_eq!(order, ["core", "games", "email"]);
    assert_eq!(shown(&selected(features(), &["email"])), ["view/public.b email", "view/public.d email"]);
    assert_eq!(shown(&selected(features(), &["games"])), ["view/public.c games"]);
}

#[test]
fn unqualified_names_mean_the_schema_of_the_selection_then_of_the_set() {
    let mut set = set(vec![
        feature("core", "create view a as select 1; set search_path = crm; create view b as select 1;"),
        feature("more", "create view c as select 1;"),
        by_name("names", tables(&["d", "crm.e"])),
    ]);
    set.schema = Some("tenant".into());
    let of_set = Requirements::of(&set, &Selection::default());
    assert_eq!(
        shown(&of_set),
        [
            "table/crm.e names",
            "table/tenant.d names",
            "view/crm.b core",
            "view/tenant.a core",
            "view/tenant.c more"
        ]
    );
    assert_eq!(of_set.default_schema, Some("tenant".into()));
    let selection = Selection { schema: Some("Müller".into()), ..Selection::default() };
    let of_selection = Requirements::of(&set, &selection);
    assert!(
        shown(&of_selection).contains(&"view/\"Müller\".c more".to_owned()),
        "{:?}",
        shown(&of_selection)
    );
    assert_eq!(of_selection.default_schema, Some("Müller".into()));
}

#[test]
fn c12_c13_the_name_of_the_sql_and_the_required_name_are_one() {
    let long = "a".repeat(70);
    let names = [long.as_str(), "\"Заказы и счета\"", "\"Ümlaut\"", "PLAIN"];
    for name in names {
        let requirements = all_of(vec![
            feature("core", &format!("create view {name} as select 1;")),
            by_name("names", Requires { views: list(&[name]), ..Requires::default() }),
        ]);
        assert_eq!(problems(&requirements), [""; 0], "{name}");
        let shown = shown(&requirements);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(shown[0].ends_with(" core names"), "{shown:?}");
    }
    let cut = all_of(vec![feature("core", &format!("create view {long} as select 1;"))]);
    assert_eq!(shown(&cut), [format!("view/public.{} core", "a".repeat(63))]);
}

#[test]
fn a_component_lists_every_feature_that_needs_it() {
    let requirements = all_of(vec![
        feature("core", "create table users (id int);"),
        feature("email", "create table if not exists users (id int, extra int);"),
        by_name(
            "games",
            Requires { tables: list(&["users"]), columns: list(&["users.id"]), ..Requires::default() },
        ),
        feature("rls", "alter table users enable row level security;"),
    ]);
    assert_eq!(problems(&requirements), [""; 0]);
    assert_eq!(
        shown(&requirements),
        ["table/public.users core rls email games", "column/public.users.id core email games"]
    );
}

#[test]
fn any_overload_is_met_by_the_declared_ones() {
    let functions = |names: &[&str]| Requires { functions: list(names), ..Requires::default() };
    let sql = "create function f() returns int return 1; create function f(a text) returns int return 1;";
    let requirements =
        all_of(vec![feature("core", sql), by_name("names", functions(&["f", "g", "f(text)"]))]);
    assert_eq!(
        shown(&requirements),
        ["function/public.f() core names", "function/public.f(text) core names", "function/public.g names"]
    );
}

#[test]
fn a_least_version_adds_to_the_extension_that_sql_creates() {
    let versions = Requires { extensions: list(&["vector >= 0.5.0"]), ..Requires::default() };
    let requirements = all_of(vec![feature("core", "create extension vector;"), by_name("names", versions)]);
    assert_eq!(shown(&requirements), ["extension/vector core names"]);
    let (_, requirement) = requirements.components.first_key_value().unwrap();
    assert_eq!(requirement.shape, Extension { version: Some("0.5.0".into()), ..Extension::default() }.into());
    assert_eq!(requirement.position.as_ref().unwrap().to_string(), "core.sql:1");
}

#[test]
fn of_two_least_versions_the_greater_one_is_required() {
    for versions in [["v >= 0.5.0", "v >= 0.10.0"], ["v >= 0.10.0", "v >= 0.5.0"], ["v", "v >= 0.10.0"]] {
        let requires = Requires { extensions: list(&versions), ..Requires::default() };
        let requirements = all_of(vec![by_name("names", requires)]);
        assert_eq!(problems(&requirements), [""; 0]);
        let (_, requirement) = requirements.components.first_key_value().unwrap();
        assert_eq!(
            requirement.shape,
            Extension { version: Some("0.10.0".into()), ..Extension::default() }.into()
        );
    }
}

#[test]
fn a_bad_name_is_told_with_its_list_and_entry() {
    let requires = Requires { views: list(&["good", "so bad"]), ..Requires::default() };
    let requirements = all_of(vec![by_name("names", requires)]);
    assert_eq!(shown(&requirements), ["view/public.good names"]);
    let problems = problems(&requirements);
    assert!(
        problems[0].starts_with("shop, feature names: requires.views[1], \"so bad\": syntax error"),
        "{problems:?}"
    );
}

#[test]
fn two_queries_of_one_name_are_a_conflict() {
    let query = |sql: &str| RequiredQuery { name: "badges".into(), sql: sql.into() };
    let requires =
        Requires { queries: vec![query("select true"), query("select false")], ..Requires::default() };
    let requirements = all_of(vec![by_name("names", requires)]);
    let (_, requirement) = requirements.components.first_key_value().unwrap();
    assert_eq!(requirement.shape, Query { sql: "select true".into() }.into());
    assert_eq!(requirements.problems.len(), 1);
}

#[test]
fn what_is_altered_beyond_the_model_cannot_be_decided_and_says_why() {
    let requirements =
        all_of(vec![feature("core", "create policy p on t;\n\nalter policy p on t to current_user;")]);
    let (_, requirement) = requirements.components.first_key_value().unwrap();
    assert_eq!(
        requirement.undecidable,
        Some(Box::new(Undecidable::Shape(
            "ALTER POLICY ... TO CURRENT_USER at core.sql:3 is not modelled by this version".into()
        )))
    );
}

fn other_set(features: Vec<Feature>) -> Requirements {
    let set = FeatureSet { name: "other".into(), features, ..FeatureSet::default() };
    Requirements::of(&set, &Selection::default())
}

#[test]
fn several_sets_are_required_together() {
    let merged = Requirements::merge(vec![
        all_of(vec![feature("core", "create sequence s; security label on sequence s is 'x';")]),
        other_set(vec![
            feature("core", "create sequence s; create sequence t;"),
            by_name("n", tables(&["x"])),
        ]),
    ]);
    let sets: Vec<String> =
        merged.features.iter().map(|feature| format!("{}/{}", feature.set, feature.name)).collect();
    assert_eq!(sets, ["shop/core", "other/core", "other/n"]);
    assert_eq!(shown(&merged), ["sequence/public.s core core", "sequence/public.t core", "table/public.x n"]);
    assert_eq!(problems(&merged), ["core.sql:1: SECURITY LABEL ON SEQUENCE is not audited by this version"]);
    assert_eq!(merged.default_schema, Some("public".into()));
}

#[test]
fn privileges_that_several_sets_grant_add_up_unless_one_revokes_them() {
    let merged = |second: &str| {
        Requirements::merge(vec![
            all_of(vec![feature("core", "grant select on t to app")]),
            other_set(vec![feature("more", second)]),
        ])
    };
    let both = merged("grant insert on t to app with grant option");
    assert_eq!(problems(&both), [""; 0]);
    let once =
        all_of(vec![feature("core", "grant select on t to app; grant insert on t to app with grant option")]);
    let shapes = |requirements: &Requirements| {
        requirements.components.values().map(|requirement| requirement.shape.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shapes(&both), shapes(&once));
    let conflict = merged("revoke select on t from app");
    assert_eq!(problems(&conflict).len(), 1, "{:?}", problems(&conflict));
}

#[test]
fn owners_are_required_only_where_they_are_asked_for() {
    let sql = "create schema crm authorization joe; create table t (a int); alter table t owner to joe;";
    let of = |owners| {
        let selection = Selection { owners, ..Selection::default() };
        let requirements = Requirements::of(&set(vec![feature("core", sql)]), &selection);
        assert_eq!(problems(&requirements), [""; 0]);
        let ids = requirements.components.keys().filter(|id| id.kind == Kind::Owner);
        ids.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of(false), [""; 0]);
    assert_eq!(of(true), ["owner/schema/crm", "owner/table/public.t"]);
}

#[test]
fn a_name_of_one_set_and_a_shape_of_another_are_no_conflict() {
    for order in [[0, 1], [1, 0]] {
        let sets = [
            all_of(vec![by_name("names", Requires { sequences: list(&["s"]), ..Requires::default() })]),
            other_set(vec![feature("sql", "create sequence s cache 5;")]),
        ];
        let merged = Requirements::merge(order.map(|position| sets[position].clone()).to_vec());
        assert_eq!(problems(&merged), [""; 0]);
        let (_, requirement) = merged.components.first_key_value().unwrap();
        assert_ne!(requirement.shape, Shape::open(Kind::Sequence));
        assert!(requirement.position.is_some());
        assert_eq!(requirement.features.len(), 2);
    }
}

#[test]
fn two_shapes_of_one_component_are_a_conflict_and_the_first_one_counts() {
    let mut first = all_of(vec![feature("core", "create table t ();")]);
    let mut second = other_set(vec![feature("late", "\ncreate table t ();")]);
    let id = first.components.keys().next().unwrap().clone();
    let partitioned = |partitioned| Shape::from(Table { partitioned: Some(partitioned), ..Table::default() });
    first.components.get_mut(&id).unwrap().shape = partitioned(true);
    second.components.get_mut(&id).unwrap().shape = partitioned(false);
    let merged = Requirements::merge(vec![first, second]);
    assert_eq!(
        problems(&merged),
        [
            "late.sql:2: table/public.t is declared differently at core.sql:1 and at late.sql:2; the first one counts"
        ]
    );
    assert_eq!(merged.components[&id].shape, partitioned(true));
}

#[test]
fn the_example_is_read_without_errors() {
    let source = |name: &str, text: &str| Source { name: name.into(), text: text.into() };
    let features = [
        ("core", source("core.sql", include_str!("../../../../examples/sales-flow/sql/core.sql")), &[][..]),
        (
            "email-integration",
            source(
                "email-integration.sql",
                include_str!("../../../../examples/sales-flow/sql/email-integration.sql"),
            ),
            &["core"],
        ),
        (
            "gamification",
            source("gamification.sql", include_str!("../../../../examples/sales-flow/sql/gamification.sql")),
            &["core"],
        ),
    ];
    let features = features.map(|(name, source, depends_on)| Feature {
        name: name.into(),
        depends_on: list(depends_on),
        sources: vec![source],
        ..Feature::default()
    });
    let requirements = all_of(features.to_vec());
    for problem in &requirements.problems {
        assert_eq!(problem.severity, Severity::NotModelled, "{problem}");
        assert!(problem.message.starts_with("COMMENT ON "), "{problem}");
    }
    let of_kind = |kind| requirements.components.keys().filter(|id| id.kind == kind).count();
    // What the catalog of a server (15) holds after running the three files, and the rows of the INSERTs.
    for (kind, count) in [
        (Kind::Extension, 1),
        (Kind::Type, 4),
        (Kind::Sequence, 2),
        (Kind::Table, 15),
        (Kind::Column, 158),
        (Kind::Constraint, 81),
        (Kind::Index, 34),
        (Kind::Function, 5),
        (Kind::Trigger, 13),
        (Kind::Policy, 20),
        (Kind::SeedRow, 7),
    ] {
        assert_eq!(of_kind(kind), count, "{kind}");
    }
}

/// Statements of all sorts, each nested as deep as this.
fn nested(deep: usize) -> Vec<String> {
    let around = |open: &str, inside: &str, close: &str| {
        format!("{}{inside}{}", open.repeat(deep), close.repeat(deep))
    };
    let expressions = [
        around("(", "1", ")"),
        around("abs(", "1", ")"),
        around("not ", "true", ""),
        around("- ", "1", ""),
        around("1 + ", "1", ""),
        around("1 + (", "1", ")"),
        around("'a' || ", "'a'", ""),
        around("array[", "1", "]"),
        around("row(", "1", ")"),
        around("case when true then ", "1", " end"),
        around("coalesce(", "1", ")"),
        around("cast(", "1", " as int)"),
        around("", "1", "::int"),
        around("", "a", "[1]"),
        around("", "a", " collate \"C\""),
        around("", "a", " is null"),
        around("a and (", "b", ")"),
        around("(select ", "1", ")"),
        around("exists (select from t where ", "true", ")"),
    ];
    let mut statements: Vec<String> = Vec::new();
    for (n, expression) in expressions.iter().enumerate() {
        statements.push(format!("create table d{n} (a int default {expression})"));
        statements.push(format!("create table c{n} (a int check ({expression}))"));
        statements.push(format!("create index i{n} on t (({expression}))"));
        statements.push(format!("create view v{n} as select {expression}"));
        statements.push(format!("select {expression}"));
        statements.push(format!("insert into t values ({expression})"));
        statements.push(format!("do $$ begin if {expression} then drop table t; end if; end $$"));
        statements.push(format!("do $$ begin execute {expression}; end $$"));
    }
    statements.push(around("begin ", "null; ", "end; ").replacen("begin", "do $$ begin", 1) + "$$");
    statements.push(format!("do $$ begin {} end $$", around("if true then ", "null; ", "end if; ")));
    statements.push(format!("do $$ begin {} end $$", around("loop ", "null; ", "end loop; ")));
    statements.push(format!("create view u as {}", around("select 1 union ", "select 1", "")));
    statements.push(format!("create view j as select from {}", around("t cross join ", "t", "")));
    statements.push(format!("create view w as {}", around("with a as (", "select 1", ") select 1")));
    statements.push(format!("create view s as {}", around("select * from (", "select 1", ") a")));
    statements
}

#[test]
fn p4_deep_nesting_is_read_or_refused_and_the_rest_is_read() {
    // Short of what the parser refuses, and beyond.
    for statement in [1_600, 4_900, 5_000].into_iter().flat_map(nested) {
        let requirements =
            all_of(vec![feature("deep", &format!("{statement};\ncreate table after_it (a int);"))]);
        let after = "table/public.after_it deep".to_owned();
        assert!(shown(&requirements).contains(&after), "{}: {:?}", &statement[..60], requirements.problems);
    }
}
