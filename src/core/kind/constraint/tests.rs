//! The comparison of constraints, part by part, and which of a table a requirement is about.

use super::*;
use crate::core::catalog::Catalog;
use crate::core::catalog::testing::decode;
use crate::core::definition::Clause;
use crate::core::kind::index_key::{IndexKey, KeyTarget};
use crate::core::kind::testing::told;
use crate::core::name::{PartialName, QualifiedName};

/// An observed constraint of `public.leads`: name, form, columns, what it references, whether it is validated.
fn row(name: &str, form: &str, columns: &str, validated: &str) -> (ComponentId, Constraint) {
    row_with(name, form, columns, &[("validated", validated)])
}

/// The same with other values in these columns.
fn row_with(name: &str, form: &str, key: &str, changed: &[(&str, &str)]) -> (ComponentId, Constraint) {
    let references = |value| (form == "f").then_some(value);
    let mut columns = vec![
        ("schema", Some("public")),
        ("relation", Some("leads")),
        ("name", Some(name)),
        ("form", Some(form)),
        ("columns", Some(key)),
        ("referenced_schema", references("public")),
        ("referenced_relation", references("users")),
        ("referenced_columns", references(r#"["id"]"#)),
        ("on_update", Some("a")),
        ("on_delete", Some("c")),
        ("deferrable", Some("f")),
        ("initially_deferred", Some("f")),
        ("validated", Some("t")),
        ("nulls_not_distinct", (form == "u").then_some("false")),
        ("enforced", None),
        ("temporal", None),
        ("delete_columns", None),
        ("no_inherit", Some("f")),
        ("match", Some("s")),
        ("include", None),
        ("parameters", None),
        ("method", Some("gist")),
        ("has_predicate", Some("f")),
        ("elements", None),
        ("operators", None),
    ];
    for (name, value) in changed {
        columns.iter_mut().find(|(column, _)| column == name).unwrap().1 = Some(value);
    }
    let (id, shape) = decode(Kind::Constraint, &columns).unwrap();
    let Shape::Constraint(constraint) = shape else { panic!("a constraint") };
    (id, *constraint)
}

fn declared(form: ConstraintForm) -> Constraint {
    Constraint {
        form: Some(form),
        deferrable: Some(false),
        initially_deferred: Some(false),
        validated: Some(true),
        enforced: Some(true),
        no_inherit: Some(false),
        temporal: Some(false),
        match_full: Some(false),
        delete_columns: Some(NameSet::default()),
        include: Some(Vec::new()),
        parameters: Parameters::default(),
    }
}

fn names(columns: &[&str]) -> Vec<Identifier> {
    columns.iter().map(|name| Identifier::new(name)).collect()
}

fn unique(columns: &[&str]) -> Constraint {
    declared(ConstraintForm::Unique { columns: names(columns), nulls_not_distinct: false })
}

fn primary_key(columns: &[&str]) -> Constraint {
    declared(ConstraintForm::PrimaryKey { columns: names(columns) })
}

fn foreign_key(columns: &[&str], on_delete: ReferentialAction) -> Constraint {
    declared(ConstraintForm::ForeignKey {
        columns: names(columns),
        references: QualifiedName::new("public", "users"),
        referenced_columns: None,
        on_update: ReferentialAction::NoAction,
        on_delete,
    })
}

fn check(columns: &[&str]) -> Constraint {
    declared(ConstraintForm::Check {
        columns: Some(names(columns).into_iter().collect()),
        expression: Some(Definition::observed("a > 0".into())),
    })
}

#[test]
fn each_part_of_a_constraint_is_compared_and_expressions_are_not() {
    let null_unique = declared(ConstraintForm::Unique { columns: names(&["a"]), nulls_not_distinct: true });
    let elsewhere = declared(ConstraintForm::ForeignKey {
        columns: names(&["b"]),
        references: QualifiedName::new("crm", "users"),
        referenced_columns: Some(names(&["key"])),
        on_update: ReferentialAction::SetNull,
        on_delete: ReferentialAction::Restrict,
    });
    let deferred = Constraint { deferrable: Some(true), initially_deferred: Some(true), ..unique(&["a"]) };
    for (declared, (form, columns, validated), differences) in [
        (Constraint::default(), ("c", r#"["a"]"#, "f"), vec![]),
        (primary_key(&["a", "b"]), ("p", r#"["a", "b"]"#, "t"), vec![]),
        (primary_key(&["a", "b"]), ("p", r#"["b", "a"]"#, "t"), vec!["columns: (a, b) / (b, a)"]),
        (unique(&["a"]), ("u", r#"["a"]"#, "t"), vec![]),
        (unique(&["a"]), ("p", r#"["a"]"#, "t"), vec!["sort: a unique constraint / a primary key"]),
        (null_unique, ("u", r#"["a"]"#, "t"), vec!["nulls: not distinct / distinct"]),
        (
            deferred,
            ("u", r#"["a"]"#, "t"),
            vec![
                "deferrable: deferrable / not deferrable",
                "deferred: initially deferred / initially immediate",
            ],
        ),
        (foreign_key(&["a"], ReferentialAction::Cascade), ("f", r#"["a"]"#, "t"), vec![]),
        (
            foreign_key(&["a"], ReferentialAction::NoAction),
            ("f", r#"["a"]"#, "f"),
            vec![
                "on delete: no action / cascade",
                "validated: validated / not valid: rows that were there before it are not checked",
            ],
        ),
        (
            elsewhere,
            ("f", r#"["a"]"#, "t"),
            vec![
                "columns: (b) / (a)",
                "references: crm.users / public.users",
                "referenced columns: (key) / (id)",
                "on update: set null / no action",
                "on delete: restrict / cascade",
            ],
        ),
        (check(&["a"]), ("c", r#"["a"]"#, "t"), vec!["not compared: expression"]),
        (
            check(&["a"]),
            ("c", r#"["a", "b"]"#, "t"),
            vec!["columns: (a) / (a, b)", "not compared: expression"],
        ),
        (declared(ConstraintForm::Exclusion(None)), ("x", r#"["a"]"#, "t"), vec!["not compared: elements"]),
    ] {
        assert_eq!(told(&declared, &row("c", form, columns, validated).1), differences);
    }
}

#[test]
fn k10_a_constraint_that_is_not_enforced_is_told_as_that_and_not_as_not_valid() {
    let not_enforced = [("enforced", "false"), ("validated", "f")];
    let (_, observed) = row_with("c", "c", r#"["a"]"#, &not_enforced);
    assert_eq!(
        told(&check(&["a"]), &observed),
        ["enforced: enforced / not enforced: no row is checked", "not compared: expression"]
    );
    let declared = Constraint { enforced: Some(false), validated: None, ..check(&["a"]) };
    assert_eq!(told(&declared, &observed), ["not compared: expression"]);
    let (_, enforced) = row("c", "c", r#"["a"]"#, "t");
    assert_eq!(told(&declared, &enforced)[0], "enforced: not enforced: no row is checked / enforced");
}

#[test]
fn k13_temporal_keys_and_other_options_of_a_key_are_compared() {
    let key = Constraint {
        include: Some(names(&["b"])),
        parameters: Parameters::stored(&["fillfactor=70".to_owned()], ""),
        temporal: Some(true),
        ..unique(&["a"])
    };
    assert_eq!(
        told(&key, &row("u", "u", r#"["a"]"#, "t").1),
        [
            "period: no overlaps / no duplicates",
            "include: (b) / ()",
            "storage parameters: fillfactor=70 / fillfactor not set"
        ]
    );
    let same = [("include", r#"["b"]"#), ("parameters", r#"["fillfactor=70"]"#), ("temporal", "true")];
    assert_eq!(told(&key, &row_with("u", "u", r#"["a"]"#, &same).1), Vec::<String>::new());
}

#[test]
fn the_match_and_the_columns_of_on_delete_belong_to_a_foreign_key() {
    let key = Constraint {
        match_full: Some(true),
        delete_columns: Some(["a".into()].into()),
        ..foreign_key(&["a"], ReferentialAction::Cascade)
    };
    assert_eq!(
        told(&key, &row("f", "f", r#"["a"]"#, "t").1),
        ["match: full / simple", "columns of on delete: (a) / all"]
    );
    let same = [("match", "f"), ("delete_columns", r#"["a"]"#)];
    assert_eq!(told(&key, &row_with("f", "f", r#"["a"]"#, &same).1), Vec::<String>::new());
}

#[test]
fn a_check_may_be_kept_from_children() {
    let declared = Constraint { no_inherit: Some(true), ..check(&["a"]) };
    assert_eq!(
        told(&declared, &row("c", "c", r#"["a"]"#, "t").1)[..1],
        ["inheritance: not inherited by children / inherited by children"]
    );
    let no_inherit = [("no_inherit", "t")];
    // Keys and foreign keys always have the flag.
    assert_eq!(told(&unique(&["a"]), &row_with("u", "u", r#"["a"]"#, &no_inherit).1), Vec::<String>::new());
}

#[test]
fn elements_of_an_exclusion_constraint_are_compared_with_their_operators() {
    let key = |column: &str| IndexKey::of(KeyTarget::Column(column.into()));
    let with = |operator: &str| PartialName { schema: None, name: operator.into() };
    let exclusion = |elements| {
        declared(ConstraintForm::Exclusion(Some(Exclusion {
            method: "gist".into(),
            elements,
            predicate: Clause::Absent,
        })))
    };
    let observed = [
        (
            "elements",
            r#"[{"column": ["room", true], "option": 0, "class": ["public", "gist_int4_ops", true],
                "collation": null},
               {"column": ["span", true], "option": 0, "class": ["pg_catalog", "range_ops", true],
                "collation": null}]"#,
        ),
        ("operators", r#"[["pg_catalog", "="], ["pg_catalog", "&&"]]"#),
    ];
    let (_, observed) = row_with("x", "x", r#"["room", "span"]"#, &observed);
    let same = exclusion(vec![(key("room"), with("=")), (key("span"), with("&&"))]);
    assert_eq!(told(&same, &observed), Vec::<String>::new());
    let other = exclusion(vec![(key("room"), with("<>")), (key("span"), with("&&"))]);
    assert_eq!(
        told(&other, &observed),
        ["elements: (room with <>, span with &&) / (room with =, span with &&)"]
    );
}

/// What is found for a constraint of a name that PostgreSQL chose.
fn found(
    name: &str,
    declared: &Constraint,
    observed: &[(&str, &str, &str)],
    taken: &[&str],
    name_is_generated: bool,
) -> String {
    let leads = QualifiedName::new("public", "leads");
    let id = |name: &str| ComponentId::on_relation(Kind::Constraint, leads.clone(), name);
    let mut catalog = Catalog::default();
    for (name, form, columns) in observed {
        let (id, constraint) = row(name, form, columns, "t");
        catalog.insert(id, constraint.into());
    }
    let taken: Vec<ComponentId> = taken.iter().map(|name| id(name)).collect();
    let taken = taken.iter().collect();
    match declared.find(&id(name), &Search { catalog: &catalog, taken: &taken, name_is_generated }) {
        Found::Is(id) => id.to_string().replace("constraint/public.leads.", ""),
        Found::Nothing => "nothing".into(),
        Found::Undecided(reason) => reason,
    }
}

#[test]
fn a_generated_name_is_matched_by_shape_and_not_by_what_is_taken() {
    let a = unique(&["a"]);
    let (on_a, on_b) = (r#"["a"]"#, r#"["b"]"#);
    for (observed, taken, is) in [
        (vec![], vec![], "nothing"),
        (vec![("leads_a_key", "u", on_a)], vec![], "leads_a_key"),
        (vec![("old_name", "u", on_a)], vec![], "old_name"),
        (vec![("old_name", "u", on_a)], vec!["old_name"], "nothing"),
        (vec![("old_name", "u", on_a), ("leads_a_key", "u", on_a)], vec![], "leads_a_key"),
        (vec![("old_name", "u", on_a), ("leads_a_key", "u", on_b)], vec![], "old_name"),
        (vec![("leads_a_key", "u", on_b)], vec![], "leads_a_key"),
        (vec![("old_name", "u", on_b)], vec![], "nothing"),
        (vec![("old_name", "p", on_a)], vec![], "nothing"),
    ] {
        assert_eq!(found("leads_a_key", &a, &observed, &taken, true), is, "{observed:?} {taken:?}");
    }
}

#[test]
fn a_name_that_the_author_chose_decides_alone() {
    let (a, on_a, on_b) = (unique(&["a"]), r#"["a"]"#, r#"["b"]"#);
    assert_eq!(found("mine", &a, &[("other", "u", on_a)], &[], false), "nothing");
    assert_eq!(found("mine", &a, &[("mine", "u", on_b), ("other", "u", on_a)], &[], false), "mine");
}

#[test]
fn a_check_of_the_same_columns_under_another_name_is_not_decided() {
    let (a, on_a, on_b) = (check(&["a"]), r#"["a"]"#, r#"["b"]"#);
    assert_eq!(found("leads_a_check", &a, &[("leads_a_check", "c", on_a)], &[], true), "leads_a_check");
    assert_eq!(
        found("leads_a_check", &a, &[("positive", "c", on_a)], &[], true),
        "constraint/public.leads.positive may be it under another name, but the expression cannot be compared"
    );
    assert_eq!(found("leads_a_check", &a, &[("positive", "c", on_b)], &[], true), "nothing");
}

#[test]
fn a_table_has_one_primary_key_whatever_its_name_and_columns() {
    let key = primary_key(&["id"]);
    let observed = [("users_pkey", "p", r#"["id", "squad_id"]"#), ("leads_pkey", "u", r#"["id"]"#)];
    assert_eq!(found("leads_pkey", &key, &observed, &[], true), "users_pkey");
}
