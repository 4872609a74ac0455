//! Constraints and indexes, and which is which.

use schema_audit::core::definition::Clause;
use schema_audit::core::kind::constraint::{Constraint, ConstraintForm, ReferentialAction};
use schema_audit::core::kind::index::{Index, IndexKey, KeyTarget};
use schema_audit::core::kind::parameters::Parameters;
use schema_audit::core::kind::{Kind, Shape};
use schema_audit::core::name::{PartialName, QualifiedName};

use super::{identifiers, in_schema, look_for, name, on, printed, seen, shape, version};
use crate::support::Database;
use crate::wanted::{look, require};

fn built_in(name: &str) -> PartialName {
    PartialName::of("pg_catalog", name)
}

fn valid(form: ConstraintForm) -> Shape {
    valid_constraint(form).into()
}

fn valid_constraint(form: ConstraintForm) -> Constraint {
    let is_check = matches!(form, ConstraintForm::Check { .. });
    Constraint {
        form: Some(form),
        deferrable: Some(false),
        initially_deferred: Some(false),
        validated: Some(true),
        enforced: Some(true),
        // The server sets the flag of all but checks.
        no_inherit: Some(!is_check),
        temporal: Some(false),
        match_full: Some(false),
        delete_columns: Some(identifiers(&[])),
        include: Some(identifiers(&[])),
        parameters: Parameters::default(),
    }
}

#[tokio::test]
async fn constraints_of_all_sorts_are_seen() {
    let database = Database::with(
        "create schema crm; create table crm.users (x int, id int, primary key (id, x)); \
         create table t (a int primary key, b int, c int, \
             constraint u unique (c, b) deferrable initially deferred, \
             constraint f foreign key (b, c) references crm.users on delete cascade on update set null, \
             constraint k check (c > 0 and b < 0), constraint n check (true), \
             constraint x exclude using btree (a with =)); \
         alter table t add constraint later check (a > 0) not valid",
    );
    let observation = look_for(&database, [on(Kind::Constraint, "t", "u")]).await;
    let get = |name: &str| observation.catalog.get(&on(Kind::Constraint, "t", name)).cloned().unwrap();
    assert_eq!(observation.catalog.of_kind(Kind::Constraint).count(), 7);
    assert_eq!(get("t_pkey"), valid(ConstraintForm::PrimaryKey { columns: identifiers(&["a"]) }));
    assert_eq!(
        get("u"),
        Shape::from(Constraint {
            deferrable: Some(true),
            initially_deferred: Some(true),
            ..valid_constraint(ConstraintForm::Unique {
                columns: identifiers(&["c", "b"]),
                nulls_not_distinct: false
            })
        })
    );
    assert_eq!(
        get("f"),
        valid(ConstraintForm::ForeignKey {
            columns: identifiers(&["b", "c"]),
            references: QualifiedName::new("crm", "users"),
            referenced_columns: Some(identifiers(&["id", "x"])),
            on_update: ReferentialAction::SetNull,
            on_delete: ReferentialAction::Cascade,
        })
    );
    let check =
        |columns: &[&str]| ConstraintForm::Check { columns: Some(identifiers(columns)), expression: None };
    assert_eq!(get("k"), valid(check(&["b", "c"])));
    assert_eq!(get("n"), valid(check(&[])));
    let exclusion = get("x");
    let Some(ConstraintForm::Exclusion(Some(x))) = exclusion.constraint_form() else {
        panic!("an exclusion constraint")
    };
    assert_eq!((x.method.as_str(), x.predicate.is_defined()), ("btree", false));
    let [(key, operator)] = x.elements.as_slice() else { panic!("one element") };
    assert_eq!((key.to_string(), operator.name.as_str()), ("a".to_owned(), "="));
    let Shape::Constraint(later) = get("later") else { panic!("a constraint") };
    assert_eq!(later.validated, Some(false));
}

#[tokio::test]
async fn k1_clones_of_a_foreign_key_are_not_seen_and_keys_of_a_partition_are() {
    let database = Database::with(
        "create table parted (id int primary key) partition by range (id); \
         create table part1 partition of parted for values from (0) to (10); \
         create table part2 (id int constraint own primary key); \
         alter table parted attach partition part2 for values from (10) to (20); \
         create table t (a int constraint f references parted)",
    );
    let id = |table| on(Kind::Constraint, table, "any");
    assert_eq!(seen(&database, Kind::Constraint, [id("t")]).await, ["constraint/public.t.f"]);
    assert_eq!(
        seen(&database, Kind::Constraint, [id("part1"), id("part2")]).await,
        ["constraint/public.part1.part1_pkey", "constraint/public.part2.own"]
    );
}

#[tokio::test]
async fn k5_dropped_columns_leave_no_trace_in_columns_keys_and_indexes() {
    let database = Database::with(
        "create table t (gone int, a int, b int, primary key (b, a)); \
         create index i on t (b, a); alter table t drop column gone; alter table t add column c int",
    );
    let ids = [on(Kind::Column, "t", "a"), on(Kind::Constraint, "t", "t_pkey"), in_schema(Kind::Index, "i")];
    let observation = look_for(&database, ids).await;
    let columns = printed(&observation, Kind::Column);
    assert_eq!(columns, ["column/public.t.a", "column/public.t.b", "column/public.t.c"]);
    let Some(Shape::Constraint(key)) = observation.catalog.get(&on(Kind::Constraint, "t", "t_pkey")) else {
        panic!("a key")
    };
    assert_eq!(key.form, Some(ConstraintForm::PrimaryKey { columns: identifiers(&["b", "a"]) }));
    let Some(Shape::Index(index)) = observation.catalog.get(&in_schema(Kind::Index, "i")) else {
        panic!("an index")
    };
    let targets: Vec<_> = index.keys.as_ref().unwrap().iter().map(|key| key.target.clone()).collect();
    assert_eq!(targets, [KeyTarget::Column("b".into()), KeyTarget::Column("a".into())]);
}

#[tokio::test]
async fn k14_not_null_is_a_part_of_the_column_and_no_constraint() {
    let database = Database::with("create table t (a int not null, b int primary key)");
    assert_eq!(
        seen(&database, Kind::Constraint, [on(Kind::Constraint, "t", "any")]).await,
        ["constraint/public.t.t_pkey"]
    );
    let Shape::Column(column) = shape(&database, on(Kind::Column, "t", "a")).await else {
        panic!("a column")
    };
    assert_eq!(column.not_null, Some(true));
}

#[tokio::test]
async fn k9_an_index_of_a_constraint_is_seen_only_by_its_own_name() {
    let database = Database::with(
        "create table t (a int primary key, b int unique, c int); \
         create unique index t_c_unique on t (c)",
    );
    // An index that PostgreSQL named is looked for on its whole table.
    let mut requirements = require([in_schema(Kind::Index, "t_c_idx")]);
    for requirement in requirements.components.values_mut() {
        requirement.shape = Index { relation: Some(name("t")), ..Index::default() }.into();
    }
    let observation = look(&database.url(), &requirements).await;
    let indexes = printed(&observation, Kind::Index);
    assert_eq!(indexes, ["index/public.t_c_unique"]);
    assert_eq!(
        seen(&database, Kind::Index, [in_schema(Kind::Index, "t_pkey")]).await,
        ["index/public.t_pkey"]
    );
    assert_eq!(
        seen(&database, Kind::Constraint, [on(Kind::Constraint, "t", "any")]).await,
        ["constraint/public.t.t_b_key", "constraint/public.t.t_pkey"]
    );
}

#[tokio::test]
async fn indexes_are_seen_with_keys_include_predicate_and_what_is_implied() {
    let database = Database::with(
        "create table t (a text collate \"C\", b text, c int, d jsonb); \
         create unique index i on t using btree \
             (a, b collate \"C\" text_pattern_ops desc, lower(b), c desc nulls last) include (d, c) where c > 0; \
         create index g on t using gin (d jsonb_path_ops); \
         create materialized view m as select 1 as a; create index on_m on m (a)",
    );
    let Shape::Index(index) = shape(&database, in_schema(Kind::Index, "i")).await else { panic!("an index") };
    let key = |target, operator_class: Option<&str>, implied_class: Option<&str>| IndexKey {
        operator_class: operator_class.map(built_in),
        implied_operator_class: implied_class.map(built_in),
        ..IndexKey::of(target)
    };
    let column = |name: &str| KeyTarget::Column(name.into());
    let keys = vec![
        IndexKey { implied_collation: Some(built_in("C")), ..key(column("a"), None, Some("text_ops")) },
        IndexKey {
            descending: true,
            nulls_first: true,
            collation: Some(built_in("C")),
            ..key(column("b"), Some("text_pattern_ops"), None)
        },
        IndexKey {
            implied_collation: Some(built_in("default")),
            ..key(KeyTarget::Expression(None), None, Some("text_ops"))
        },
        IndexKey { descending: true, ..key(column("c"), None, Some("int4_ops")) },
    ];
    assert_eq!(
        *index,
        Index {
            relation: Some(name("t")),
            method: Some("btree".into()),
            unique: Some(true),
            nulls_not_distinct: Some(false),
            keys: Some(keys),
            include: Some(identifiers(&["d", "c"])),
            predicate: Some(Clause::Defined(None)),
            parameters: Parameters::default(),
            valid: Some(true),
        }
    );
    let Shape::Index(gin) = shape(&database, in_schema(Kind::Index, "g")).await else { panic!("an index") };
    assert_eq!(gin.method, Some("gin".into()));
    assert_eq!(gin.predicate, Some(Clause::Absent));
    assert_eq!(gin.keys, Some(vec![key(column("d"), Some("jsonb_path_ops"), None)]));
    let Shape::Index(on_m) = shape(&database, in_schema(Kind::Index, "on_m")).await else {
        panic!("an index")
    };
    assert_eq!(on_m.relation, Some(name("m")));
}

#[tokio::test]
async fn k11_an_invalid_index_is_seen_as_such() {
    let database = Database::with("create table t (a int); insert into t values (1), (1)");
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        database.execute("create unique index concurrently i on t (a)");
    }));
    assert!(failed.is_err(), "the index cannot be built");
    let Shape::Index(index) = shape(&database, in_schema(Kind::Index, "i")).await else { panic!("an index") };
    assert_eq!(index.valid, Some(false));
}

#[tokio::test]
async fn k12_nulls_not_distinct_is_seen_from_15_on() {
    let database = Database::new();
    let version = version(&database);
    let (nulls, not_distinct) = if version < 150_000 { ("", false) } else { ("nulls not distinct", true) };
    database.execute(&format!(
        "create table t (a int, constraint u unique {nulls} (a)); create unique index i on t (a) {nulls}"
    ));
    let Shape::Index(index) = shape(&database, in_schema(Kind::Index, "i")).await else { panic!("an index") };
    assert_eq!(index.nulls_not_distinct, Some(not_distinct));
    let unique = ConstraintForm::Unique { columns: identifiers(&["a"]), nulls_not_distinct: not_distinct };
    assert_eq!(shape(&database, on(Kind::Constraint, "t", "u")).await, valid(unique));
}

/// What the queries do not look up, because it has the same number in every database.
#[test]
fn what_is_known_by_its_number_has_it_in_every_version() {
    let query = include_str!("../../../src/core/kind/index.sql");
    let told: Vec<(&str, &str)> = query
        .lines()
        .filter_map(|line| line.trim().strip_prefix("when ")?.split_once(" then '\"")?.into())
        .map(|(number, name)| (number, name.trim_end_matches("\"'")))
        .collect();
    assert_eq!(told.len(), 10);
    let database = Database::new();
    for (number, name) in told {
        let class = format!(
            "select concat_ws('|', n.nspname, o.opcname, o.opcdefault, a.amname) from pg_opclass o \
             join pg_namespace n on n.oid = o.opcnamespace join pg_am a on a.oid = o.opcmethod where o.oid = {number}"
        );
        assert_eq!(database.query(&class), [format!("pg_catalog|{name}|t|btree")]);
        assert!(query.contains(&format!("{number},")) || query.contains(&format!("{number})")));
    }
    assert_eq!(
        database.query("select concat_ws('|', oid, amname) from pg_am where oid in (2, 403) order by oid"),
        ["2|heap", "403|btree"]
    );
    assert_eq!(
        database.query(
            "select concat_ws('|', collnamespace::regnamespace, collname) from pg_collation where oid = 100"
        ),
        ["pg_catalog|default"]
    );
}
