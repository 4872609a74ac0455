//! Definitions: the planner of a real server decides whether what is declared and what is there mean the same.

use std::sync::Arc;

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::definitions::Definitions;
use schema_audit::core::audit::finding::{Finding, State};
use schema_audit::core::audit::report::Report;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};
use schema_audit::postgres::{Limits, Origin, Target, observe_with};

use crate::support::Database;
use crate::wanted::LIMITS;

fn require(sql: &str) -> Requirements {
    let source = Source { name: Arc::from("a.sql"), text: Arc::from(sql) };
    let feature = Feature { name: Arc::from("all"), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
    let requirements = Requirements::of(&set, &Selection::default());
    assert_eq!(requirements.problems, [], "{sql}");
    requirements
}

async fn report_of(url: &str, sql: &str, limits: &Limits, definitions: Definitions) -> Report {
    let requirements = require(sql);
    let target = Target::parse(url, None, Origin::CommandLine).unwrap();
    let observation = observe_with(&target, &requirements, limits, definitions).await.unwrap();
    compare(&requirements, &observation, Depth::Shape)
}

async fn audit(url: &str, sql: &str) -> Vec<String> {
    told(&report_of(url, sql, &LIMITS, Definitions::Ask).await)
}

/// Each finding that is not Present, or is so only in part, with all that it says.
fn told(report: &Report) -> Vec<String> {
    let told = |finding: &Finding| {
        let differences: String = finding
            .differences
            .iter()
            .map(|it| format!(" {}: {} / {}", it.part, it.expected, it.actual))
            .collect();
        let not_compared: String = finding
            .not_compared
            .iter()
            .map(|it| format!(" not compared: {}: {}", it.part, it.reason.as_deref().unwrap_or("-")))
            .collect();
        let reason = finding.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {}{reason}{differences}{not_compared}", finding.state.name(), finding.component)
    };
    let whole = |finding: &&Finding| finding.state == State::Present && finding.not_compared.is_empty();
    report.findings.iter().filter(|finding| !whole(finding)).map(told).collect()
}

/// What the declared SQL must be equal to, and must differ from, when each is run in a database of its own.
struct Case {
    declared: &'static str,
    equal: &'static str,
    different: &'static str,
}

const NOTHING: [&str; 0] = [];

async fn check(before: &str, cases: &[Case]) {
    for Case { declared, equal, different } in cases {
        let declared = format!("{before};\n{declared}");
        let same = Database::with(&format!("{before};\n{equal}"));
        assert_eq!(audit(&same.url(), &declared).await, NOTHING, "{equal}");
        let other = Database::with(&format!("{before};\n{different}"));
        let found = audit(&other.url(), &declared).await;
        assert!(found.len() == 1 && found[0].starts_with("Different "), "{different}: {found:?}");
    }
}

#[tokio::test]
async fn n1_n2_checks_mean_the_same_or_not_however_they_are_written() {
    let before =
        "create table t (a int, b varchar(10), c numeric(5,2), d timestamptz, \"Odd \"\" one\" text)";
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        before,
        &[
            case(
                "alter table t add constraint k check (b in ('x', 'y'))",
                "alter table t add constraint k check (b = any (array['x'::varchar, 'y']))",
                "alter table t add constraint k check (b in ('x', 'z'))",
            ),
            case(
                "alter table t add constraint k check (a between 1 and 3)",
                "alter table t add constraint k check ((t.a >= 1 and (a <= 3)))",
                "alter table t add constraint k check (a between 1 and 4)",
            ),
            case(
                "alter table t add constraint k check (c > 0 and length(b) < 5)",
                "alter table t add constraint k check (c > '0'::numeric and (pg_catalog.length(b) < 5))",
                "alter table t add constraint k check (c >= 0 and length(b) < 5)",
            ),
            case(
                "alter table t add constraint k check (\"Odd \"\" one\" like 'it''s%' and d > '2020-01-01')",
                "alter table t add constraint k check (t.\"Odd \"\" one\" ~~ 'it''s%' and d > timestamptz '2020-01-01')",
                "alter table t add constraint k check (\"Odd \"\" one\" like 'its%' and d > '2020-01-01')",
            ),
            case(
                "alter table t add constraint k check (a is not null or not (a = 1 and b is null))",
                "alter table t add constraint k check ((a is not null) or not ((a = 1) and (b is null)))",
                "alter table t add constraint k check (a is not null or not (a = 1 or b is null))",
            ),
            case(
                "alter table t add constraint k check (t.* is not null)",
                "alter table t add constraint k check (t is not null)",
                "alter table t add constraint k check (t is null)",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn n3_defaults_and_generated_columns_take_the_type_of_their_column() {
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        "create schema app; create type app.status as enum ('new', 'old'); create sequence app.s",
        &[
            case(
                "create table t (a varchar(5) default '')",
                "create table t (a varchar(5) default ''::text)",
                "create table t (a varchar(5) default ' ')",
            ),
            case(
                "create table t (a bigint default 1)",
                "create table t (a bigint default '1'::int)",
                "create table t (a bigint default 2)",
            ),
            case(
                "create table t (a timestamptz default now())",
                "create table t (a timestamptz default current_timestamp)",
                "create table t (a timestamptz default clock_timestamp())",
            ),
            case(
                "create table t (a app.status default 'new')",
                "create table t (a app.status default 'new'::app.status)",
                "create table t (a app.status default 'old')",
            ),
            case(
                "create table t (a timestamp default now() + '1 day')",
                "create table t (a timestamp default (now() + interval '24:00:00' * 0 + interval '1 day'))",
                "create table t (a timestamp default now() + '2 days')",
            )
            .unless_folded(),
            case(
                "create table t (a int default nextval('app.s'))",
                "create table t (a int default nextval('app.s'::regclass))",
                "create sequence app.s2; create table t (a int default nextval('app.s2'))",
            ),
            case(
                "create table t (a int[] default '{}', b jsonb default '{}')",
                "create table t (a int[] default array[]::int[], b jsonb default '{ }'::jsonb)",
                "create table t (a int[] default '{1}', b jsonb default '{}')",
            ),
            case(
                "create table t (a int, b int generated always as (a * 2) stored)",
                "create table t (a int, b int generated always as ((t.a * 2)) stored)",
                "create table t (a int, b int generated always as (a * 3) stored)",
            ),
        ],
    )
    .await;
}

impl Case {
    /// A case in which the planner folds nothing, so that what is written otherwise is another definition.
    fn unless_folded(self) -> Self {
        Self { equal: "create table t (a timestamp default (now() + interval '1 day'))", ..self }
    }
}

#[tokio::test]
async fn n2_indexes_policies_and_triggers_mean_the_same_or_not() {
    let before = "create table t (a int, b text, c timestamptz); \
         create table u (a int primary key, who text); \
         create function f() returns trigger language plpgsql as 'begin return new; end'";
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        before,
        &[
            case(
                "create index i on t (lower(b), a, (a + 1)) where a > 0 and b is not null",
                "create index i on t (lower(t.b), a, (t.a + 1)) where (a > 0) and (b is not null)",
                "create index i on t (lower(b), a, (a + 2)) where a > 0 and b is not null",
            ),
            case(
                "create index i on t (a) where b in ('x', 'y')",
                "create index i on t (a) where b = any ('{x,y}')",
                "create index i on t (a) where b in ('x', 'z')",
            ),
            case(
                "create policy p on t using (b = current_user) with check (a > 0)",
                "create policy p on t using ((t.b)::text = current_user) with check (0 < a or a > 0)",
                "create policy p on t using (b = session_user) with check (a > 0)",
            )
            .with_equal("create policy p on t using ((t.b)::text = current_user) with check (t.a > 0)"),
            case(
                "create policy p on t using (exists (select 1 from u where u.a = t.a and who = current_user))",
                "create policy p on t using (exists (select 1 from public.u x where x.a = t.a and x.who = current_user))",
                "create policy p on t using (exists (select 1 from u where u.a = t.a and who = session_user))",
            ),
            case(
                "create trigger w before update on t for each row when (old.* is distinct from new.*) execute function f()",
                "create trigger w before update on t for each row when ((old.*) is distinct from (new.*)) execute function f()",
                "create trigger w before update on t for each row when (old.a is distinct from new.a) execute function f()",
            ),
            case(
                "create trigger w before insert on t for each row when (new.b in ('x', 'y')) execute function f()",
                "create trigger w before insert on t for each row when (new.b = any (array['x', 'y'])) execute function f()",
                "create trigger w before insert on t for each row when (new.b in ('x')) execute function f()",
            ),
        ],
    )
    .await;
}

impl Case {
    fn with_equal(self, equal: &'static str) -> Self {
        Self { equal, ..self }
    }
}

#[tokio::test]
async fn n4_n5_views_mean_the_same_or_not() {
    let before = "create table t (id int primary key, name text, made timestamptz); \
         create table u (id int, t_id int, amount numeric)";
    let case = |declared, equal, different| Case { declared, equal, different };
    check(
        before,
        &[
            case(
                "create view v as select id, name from t where name <> ''",
                "create view v as select t.id, x.name from t, lateral (select t.name) x where t.name <> ''::text",
                "create view v as select id, name from t where name <> ' '",
            ),
            case(
                "create view v as select * from t x join u y on x.id = y.t_id where y.amount > 1",
                "create view v as select a.id, a.name, a.made, b.id as id_1, b.t_id, b.amount from t a join u b on a.id = b.t_id where b.amount > 1",
                "create view v as select * from t x join u y on x.id = y.t_id where y.amount > 2",
            )
            .with_before_ambiguous(),
            case(
                "create view v as select id as one, name as two from t union all select t_id as three, 'x' as four from u",
                "create view v as select id as one, name as two from t union all select t_id, 'x'::text from u",
                "create view v as select id as one, name as two from t union all select t_id, 'y' from u",
            ),
            case(
                "create materialized view v as with x as (select id, count(*) as n from u group by id) select id, n from x where n > 1",
                "create materialized view v as with x as (select u.id, count(*) as n from u group by u.id) select x.id, x.n from x where x.n > 1",
                "create materialized view v as with x as (select id, count(*) as n from u group by id) select id, n from x where n > 2",
            ),
            case(
                "create view v as select id from t where made > current_timestamp - interval '1 day'",
                "create view v as select id from t where made > now() - '1 day'::interval",
                "create view v as select id from t where made > now() - interval '2 days'",
            ),
        ],
    )
    .await;
}

impl Case {
    fn with_before_ambiguous(self) -> Self {
        Self {
            declared: "create view v as select x.*, y.amount from t x join u y on x.id = y.t_id where y.amount > 1",
            equal: "create view v as select a.id, a.name, a.made, b.amount from t a join u b on a.id = b.t_id where b.amount > 1",
            different: "create view v as select x.*, y.amount from t x join u y on x.id = y.t_id where y.amount > 2",
        }
    }
}
