use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::core::definition::Clause;
use crate::core::feature::Source;
use crate::core::kind::column::{Collation, Column, Generated, Identity};
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::index::{Index, IndexKey, KeyTarget};
use crate::core::kind::type_::TypeForm;
use crate::core::sql::effect::{Scope, effects};
use crate::core::sql::parse::on_big_stack;
use crate::core::sql::split::read;

mod access;
mod alter;
mod cascade;
mod conditional;
mod create;
mod difference;
mod drop;
mod names;
mod object;
mod obscure;
mod rename;
mod rows;

/// Folds SQL text; gives the catalog, then what was refused or is not modelled, each with its line.
fn fold(sql: &str) -> (Declared, Vec<String>) {
    let mut declared = Declared::default();
    let said = fold_on(&mut declared, sql);
    (declared, said)
}

/// Folds SQL text on what is declared already.
fn fold_on(declared: &mut Declared, sql: &str) -> Vec<String> {
    let source = Source { name: "a.sql".into(), text: sql.into() };
    on_big_stack(|| {
        let mut scope = Scope { objects: Some(Arc::default()), ..Scope::of("public".into()) };
        let mut said = Vec::new();
        let problems = read(&source, &mut |statement| {
            let line = statement.position.line;
            let origin = Origin { feature: "f".into(), position: statement.position, range: statement.range };
            let effects = effects(&statement.node, &scope);
            scope.follow(&statement.node, &effects);
            for effect in effects {
                match declared.apply(effect, &origin) {
                    Ok(words) => said.extend(words.iter().map(|words| format!("{line} {words}"))),
                    Err(sentence) => said.push(format!("{line} refused: {sentence}")),
                }
            }
        });
        said.extend(problems.iter().map(ToString::to_string));
        said
    })
}

/// The declared components as `id: shape`, without those of the statements in `given`.
fn declared_after(given: &str, sql: &str) -> Vec<String> {
    let before = shown(&fold(given).0);
    let after = shown(&fold(&format!("{given};{sql}")).0);
    after.into_iter().filter(|line| !before.contains(line)).collect()
}

/// The declared components as `id: shape`. An open part is shown as `?`, a made-up name as `~`.
fn declared(sql: &str) -> Vec<String> {
    shown(&fold(sql).0)
}

fn said(sql: &str) -> Vec<String> {
    fold(sql).1
}

fn shown(declared: &Declared) -> Vec<String> {
    let line = |(id, declaration): (&ComponentId, &Declaration)| {
        let made_up = if declaration.name_is_generated { "~" } else { "" };
        let summary = summary(&declaration.shape);
        let obscured = match &declaration.obscured_by {
            None => String::new(),
            Some(Obscured::Shape(words)) => format!(" (after {words})"),
            Some(Obscured::Presence(words)) => format!(" (if {words} made it)"),
            Some(Obscured::Change(words)) => format!(" (if not by {words})"),
        };
        format!("{made_up}{id}: {summary}{obscured}").trim_end_matches([':', ' ']).to_owned()
    };
    declared.components.iter().map(line).collect()
}

fn summary(shape: &Shape) -> String {
    match shape {
        Shape::Table(table) => {
            let mut text = format!("{:?}", table.persistence).replace("Some", "");
            let _ = write!(text, " partitioned {}", flag(table.partitioned));
            let _ = write!(text, " rls {}/{}", flag(table.row_security), flag(table.force_row_security));
            text
        }
        Shape::Column(column) => column_summary(column),
        Shape::Constraint(constraint) => constraint_summary(constraint),
        Shape::Index(index) => index_summary(index),
        Shape::Sequence(sequence) => {
            sequence.data_type.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string)
        }
        Shape::Trigger(trigger) => format!(
            "enabled {}",
            flag(trigger.enabled.map(|firing| matches!(firing, Firing::Origin | Firing::Always)))
        ),
        Shape::SeedRow(_) => String::new(),
        other => match other.type_form() {
            Some(TypeForm::Enum { labels }) => labels.join(" "),
            _ => other.kind().to_string(),
        },
    }
}

fn flag(flag: Option<bool>) -> &'static str {
    match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    }
}

fn column_summary(column: &Column) -> String {
    let mut text = column.data_type.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    text.push_str(match column.not_null {
        Some(true) => " not null",
        Some(false) => "",
        None => " null?",
    });
    match &column.default {
        None => text.push_str(" default?"),
        Some(Clause::Absent) => {}
        Some(Clause::Defined(None)) => text.push_str(" default ..."),
        Some(Clause::Defined(Some(constant))) => {
            let _ = write!(text, " default {constant}");
        }
    }
    text.push_str(match column.identity {
        None => " identity?",
        Some(Identity::None) => "",
        Some(Identity::Always) => " identity always",
        Some(Identity::ByDefault) => " identity by default",
    });
    text.push_str(match column.generated {
        None => " generated?",
        Some(Generated::No) => "",
        Some(Generated::Stored(_)) => " stored",
        Some(Generated::Virtual(_)) => " virtual",
    });
    if let Some(Collation::Named(collation)) = &column.collation {
        let _ = write!(text, " collate {collation}");
    }
    text
}

fn names<'a>(names: impl IntoIterator<Item = &'a Identifier>) -> String {
    names.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn constraint_summary(constraint: &Constraint) -> String {
    let mut text = match &constraint.form {
        None => "?".to_owned(),
        Some(ConstraintForm::PrimaryKey { columns }) => format!("primary key ({})", names(columns)),
        Some(ConstraintForm::Unique { columns, nulls_not_distinct }) => {
            let nulls = if *nulls_not_distinct { " nulls not distinct" } else { "" };
            format!("unique{nulls} ({})", names(columns))
        }
        Some(ConstraintForm::ForeignKey {
            columns,
            references,
            referenced_columns,
            on_update,
            on_delete,
        }) => {
            let referenced = referenced_columns.as_ref().map_or_else(|| "?".to_owned(), names);
            format!("({}) -> {references} ({referenced}) {on_update:?}/{on_delete:?}", names(columns))
        }
        Some(ConstraintForm::Check { columns, .. }) => {
            format!("check of {}", columns.as_ref().map_or_else(|| "?".to_owned(), names))
        }
        Some(ConstraintForm::Exclusion(_)) => "exclude".to_owned(),
    };
    if constraint.deferrable == Some(true) {
        text.push_str(if constraint.initially_deferred == Some(true) { " deferred" } else { " deferrable" });
    }
    text.push_str(match constraint.validated {
        Some(true) => "",
        Some(false) => " not valid",
        None => " valid?",
    });
    text
}

fn index_summary(index: &Index) -> String {
    let unique = if index.unique == Some(true) { "unique " } else { "" };
    let method = index.method.as_ref().map_or("?", Identifier::as_str);
    let keys = index.keys.iter().flatten().map(key_summary).collect::<Vec<_>>().join(", ");
    let mut text = format!("{unique}{method} on {} ({keys})", index.relation.as_ref().unwrap());
    let included = index.include.as_deref().unwrap_or_default();
    if !included.is_empty() {
        let _ = write!(text, " include ({})", names(included));
    }
    if index.nulls_not_distinct == Some(true) {
        text.push_str(" nulls not distinct");
    }
    if matches!(index.predicate, Some(Clause::Defined(_))) {
        text.push_str(" where ...");
    }
    text
}

fn key_summary(key: &IndexKey) -> String {
    let mut text = match &key.target {
        KeyTarget::Column(column) => column.to_string(),
        KeyTarget::Expression(_) => "...".to_owned(),
    };
    for name in key.collation.iter().chain(&key.operator_class) {
        let _ = write!(text, " {name}");
    }
    text.push_str(match (key.descending, key.nulls_first) {
        (false, false) => "",
        (false, true) => " nulls first",
        (true, true) => " desc",
        (true, false) => " desc nulls last",
    });
    text
}

#[test]
fn every_statement_that_changes_a_component_is_remembered() {
    let (declared, _) = fold(
        "create table t (id int);\nalter table t add unique (id);\nalter table t add primary key (id);\nalter \
         table t enable row level security;",
    );
    let lines = |id: &str| {
        let (_, declaration) =
            declared.components.iter().find(|(declared, _)| declared.to_string() == id).unwrap();
        declaration.made_by.iter().map(|origin| origin.position.line).collect::<Vec<_>>()
    };
    assert_eq!(lines("table/public.t"), [1, 4]);
    assert_eq!(lines("column/public.t.id"), [1, 3]);
    assert_eq!(lines("constraint/public.t.t_id_key"), [2]);
}

#[test]
fn a_label_is_added_to_an_enum_where_the_statement_says() {
    assert_eq!(
        declared(
            "create type s as enum ('b', 'd'); alter type s add value 'e'; alter type s add value 'a' before 'b';
             alter type s add value 'c' after 'b'; alter type s add value if not exists 'a'"
        ),
        ["type/public.s: a b c d e"]
    );
    assert_eq!(
        said("create type s as enum ('a');\nalter type s add value 'a';\nalter type u add value 'a';"),
        [
            "2 refused: the type public.s has the label 'a' already",
            "3 the labels that ALTER TYPE adds to public.u, which is not declared here"
        ]
    );
}

/// Statements over few names, so that they meet.
fn statements() -> impl Strategy<Value = String> {
    let statement = prop::sample::select(vec![
        "create table t (a int primary key, b text unique, c serial, check (a > 0), unique (a, b))",
        "create table if not exists t (a int, d int references u)",
        "create table u (like t including all, e int generated always as identity)",
        "create table w (a int) inherits (t)",
        "create table p partition of t for values in (1)",
        "alter table t add column if not exists d int references u, add check (d > 0)",
        "alter table t drop column a",
        "alter table u drop column b, add column b int generated by default as identity",
        "alter table t drop constraint if exists t_pkey, add primary key (b)",
        "alter table t alter column a drop identity, alter column a type text, alter a set default null",
        "create index on t (a, lower(b)) include (c) where a > 0",
        "create unique index i on t (b)",
        "alter table t add constraint k unique using index i",
        "alter table t rename to z",
        "alter table z rename to t",
        "alter table t rename a to z",
        "alter table t rename constraint t_pkey to k",
        "alter table t set schema x",
        "alter schema public rename to y",
        "alter type s rename to r",
        "create view v as select a, z from t",
        "create view y as select * from v",
        "alter table t drop column b cascade",
        "delete from t where a = 1",
        "update t set a = 2 where a = 1",
        "create table q as select a, b from t",
        "insert into t values (1, 'x'), (default, 'y') on conflict (b) do nothing",
        "insert into t (a, b) values (1, 'x')",
        "drop table t cascade",
        "drop table if exists u, w",
        "drop index i",
        "drop schema public cascade",
        "create type s as enum ('a')",
        "alter type s add value 'b' before 'a'",
        "drop type s cascade",
        "create sequence t_c_seq",
        "drop sequence t_c_seq",
        "alter table t enable row level security, disable trigger all",
        "set search_path = x",
    ]);
    prop::collection::vec(statement, 0..15).prop_map(|statements| statements.join(";\n"))
}

proptest! {
    #[test]
    fn a_history_folds_to_the_same_catalog_each_time(sql in statements()) {
        let (first, second) = (fold(&sql), fold(&sql));
        prop_assert_eq!(&*first.0.components, &*second.0.components);
        prop_assert_eq!(first.1, second.1);
    }

    #[test]
    fn what_hangs_on_a_dropped_schema_is_gone(sql in statements()) {
        let (catalog, _) = fold(&format!("{sql};\ndrop schema public cascade; drop schema x cascade; drop schema y cascade"));
        prop_assert_eq!(shown(&catalog), Vec::<String>::new());
    }
}
