use pg_query::NodeEnum;

use super::reading::key;
use super::*;
use crate::core::name::QualifiedName;
use crate::core::plan::preflight::facts::Relation;
use crate::core::plan::tests::planned;

/// Whether a query can ask for duplicates of this key.
fn is_asked(key_of: &str) -> bool {
    let tree = parse::parse(&format!("create unique index on t ({key_of})")).unwrap();
    let node = tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap();
    let NodeEnum::IndexStmt(index) = node else { panic!("no index") };
    let Some(NodeEnum::IndexElem(element)) = &index.index_params[0].node else { panic!("no key") };
    key(element).is_some()
}

#[test]
fn what_counts_as_equal_is_asked_only_where_it_is_the_type_s_own() {
    assert!(is_asked("email") && is_asked("lower(email)"));
    assert!(!is_asked("email collate \"C\"") && !is_asked("email case_insensitive_ops"));
}

const THERE: &str = "create table a (id int primary key, x int, y int, t text);
     create table p (k int, l int, primary key (k, l));
     create domain d as int";

/// What is asked of a plan for what is there, or why it is not: each with what it is about.
fn asked(sql: &str) -> Vec<String> {
    let plan = planned(&format!("{THERE}; {sql}"), THERE);
    let mut facts = Facts::default();
    for (name, key, is_partitioned) in [("a", &["id"][..], false), ("p", &["k", "l"], true)] {
        let primary_key = Some(key.iter().map(|&column| column.to_owned()).collect());
        let relation = Relation { is_partitioned, primary_key, ..Relation::default() };
        facts.relations.insert(QualifiedName::new("public", name), relation);
    }
    let told = |question: DataQuestion| match question.query {
        Ok(query) => query.sql,
        Err(reason) => format!("{}: {reason}", question.what),
    };
    questions(&plan, &facts).into_iter().map(told).collect()
}

#[test]
fn a_query_says_what_the_statement_would_refuse() {
    let keys = |only: &str, table: &str, column: &str, set: &str| {
        format!(
            "select exists (select from (select \"{column}\" as key_0 from {only}\"public\".\"{table}\") as keys{set} \
             group by key_0 having pg_catalog.count(*) > 1)"
        )
    };
    let set = " where key_0 is distinct from null";
    assert_eq!(asked("alter table a add constraint u unique (x)"), [keys("only ", "a", "x", set)]);
    assert_eq!(
        asked("alter table a add constraint u unique nulls not distinct (x)"),
        [keys("only ", "a", "x", "")]
    );
    assert_eq!(asked("create unique index u on p (k)"), [keys("", "p", "k", set)]);
    let nulls =
        |only: &str| format!("select exists (select from {only}\"public\".\"a\" where \"x\" is null)");
    assert_eq!(asked("alter table a add constraint n not null x no inherit"), [nulls("only ")]);
    assert_eq!(asked("alter table a add constraint n not null x not valid"), [""; 0]);
    assert_eq!(
        asked("alter table a add constraint c check (x > 0) no inherit"),
        [r#"select exists (select from only "public"."a" where not (x > 0))"#]
    );
    let simple = r#"select exists (select from only "public"."a" as own where own."x" is not null and own."y" is not null and not exists (select from "public"."p" as other where other."k" = own."x" and other."l" = own."y"))"#;
    let foreign = "alter table a add constraint f foreign key (x, y) references p";
    assert_eq!(asked(foreign), [simple]);
    let full = r#"select exists (select from only "public"."a" as own where not (own."x" is null and own."y" is null) and (own."x" is null or own."y" is null or not exists (select from "public"."p" as other where other."k" = own."x" and other."l" = own."y")))"#;
    assert_eq!(asked(&format!("{foreign} match full")), [full]);
    let own = asked("alter table a add constraint f foreign key (x) references a");
    assert!(own[0].contains("not exists (select from only \"public\".\"a\" as other"), "{own:?}");
    assert_eq!(
        asked("alter table a add constraint f foreign key (x, period y) references p (k, period l)"),
        ["foreign key (x, y) of public.a to public.p: the key of public.p is not known"]
    );
}

#[test]
fn a_new_column_needs_an_empty_table_only_where_nothing_fills_it() {
    let any = [r#"select exists (select from "public"."a")"#];
    assert_eq!(asked("alter table a add column z int not null"), any);
    for filled in [
        "serial not null",
        "int not null default 1",
        "int not null generated always as identity",
        "int not null generated always as (x + 1) stored",
    ] {
        assert_eq!(asked(&format!("alter table a add column z {filled}")), [""; 0], "{filled}");
    }
}

#[test]
fn what_no_query_can_ask_is_said() {
    assert_eq!(
        asked("alter domain d add constraint c check (value > 0)"),
        ["values of the domain d: which columns have the domain is not looked up"]
    );
}
