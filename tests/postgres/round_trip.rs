//! A database in which the SQL of a feature ran carries that feature: text to requirements, catalog to components, and
//! both are equal.

use std::collections::BTreeSet;
use std::sync::Arc;

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::finding::{Finding, State};
use schema_audit::core::audit::report::Report;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, Source};

use crate::support::Database;
use crate::wanted::look;

/// The requirements of sources, each given by name and text; owners count too.
pub fn require(sources: &[(&str, &str)]) -> Requirements {
    let sources =
        sources.iter().map(|(name, text)| Source { name: Arc::from(*name), text: Arc::from(*text) });
    let feature = Feature { name: Arc::from("all"), sources: sources.collect(), ..Feature::default() };
    let set = FeatureSet { name: Arc::from("set"), features: vec![feature], ..FeatureSet::default() };
    Requirements::of(&set, &Selection { owners: true, ..Selection::default() })
}

pub async fn audit(database: &Database, requirements: &Requirements) -> Report {
    let observation = look(&database.url(), requirements).await;
    compare(requirements, &observation, Depth::Shape)
}

/// Each finding that is not Present, with all that it says.
pub fn told(report: &Report) -> Vec<String> {
    let told = |finding: &Finding| {
        let differences = finding.differences.iter().map(|difference| {
            format!(" {}: {} / {}", difference.part, difference.expected, difference.actual)
        });
        let reason = finding.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let differences: String = differences.collect();
        format!("{} {}{reason}{differences}", finding.state.name(), finding.component)
    };
    report.findings.iter().filter(|finding| finding.state != State::Present).map(told).collect()
}

const EVERYTHING: &str = include_str!("everything.sql");

#[tokio::test]
async fn what_sql_of_every_kind_makes_is_present_as_declared() {
    let database = Database::with(EVERYTHING);
    let requirements = require(&[("everything.sql", EVERYTHING)]);
    assert_eq!(requirements.problems, []);
    let report = audit(&database, &requirements).await;
    assert_eq!(told(&report), [""; 0]);
    assert!(report.is_compliant());
    assert!(report.summary.required > 80, "{:?}", report.summary);
}

#[tokio::test]
async fn nothing_of_it_is_present_in_an_empty_database() {
    let database = Database::new();
    let report = audit(&database, &require(&[("everything.sql", EVERYTHING)])).await;
    let present = report.findings.iter().filter(|finding| finding.state == State::Present);
    // Every database has it.
    assert_eq!(
        present.map(|finding| finding.component.to_string()).collect::<Vec<_>>(),
        ["extension/plpgsql"]
    );
    assert_eq!(report.summary.missing, report.summary.required - 1);
}

/// A change by hand, and the finding that it makes; none where it is no difference.
const CHANGES: &[(&str, Option<&str>)] = &[
    ("drop trigger leads_touch on crm.leads", Some("Missing trigger/crm.leads.leads_touch")),
    ("alter table crm.leads drop column doubled", Some("Missing column/crm.leads.doubled")),
    (
        "alter table badges alter column title type varchar(40)",
        Some("Different column/public.badges.title type: text / character varying(40)"),
    ),
    (
        "alter table crm.leads alter column score drop not null",
        Some("Different column/crm.leads.score not null: not null / nullable"),
    ),
    (
        "alter table users alter column amount drop default",
        Some("Different column/public.users.amount default: 0 / no default"),
    ),
    ("alter table crm.leads alter column phone set default null", None),
    (
        "alter table crm.leads alter column phone set default 'x'",
        Some("Different column/crm.leads.phone default: no default / a default"),
    ),
    (
        "alter table crm.leads disable row level security",
        Some("Different table/crm.leads row security: enabled / disabled"),
    ),
    ("delete from badges where key = 'first'", Some("Missing seed_row/public.badges(key='first')")),
    ("drop policy leads_read on crm.leads", Some("Missing policy/crm.leads.leads_read")),
    (
        "alter table crm.leads disable trigger leads_after",
        Some("Different trigger/crm.leads.leads_after enabled: enabled / disabled"),
    ),
    (
        "alter type mood add value 'ecstatic'",
        Some("Different type/public.mood labels: sad, ok, happy / sad, ok, happy, ecstatic"),
    ),
    ("drop index crm.leads_tags", Some("Missing index/crm.leads_tags")),
    ("alter index crm.leads_owner_id_idx rename to other", None),
    ("alter table crm.leads rename constraint leads_owner_id_fkey to other", None),
    (
        "alter table crm.leads drop constraint leads_score_range",
        Some("Missing constraint/crm.leads.leads_score_range"),
    ),
    (
        "create or replace function add(a int, b int) returns int language sql stable as 'select a + b'",
        Some("Different function/public.add(integer, integer) volatility: immutable / stable"),
    ),
    (
        "create or replace function one_column() returns table (a int) language sql as $$ select 2 $$",
        Some("Different function/public.one_column() body: line 1: \" select 1 \" / line 1: \" select 2 \""),
    ),
    ("drop view crm.named", Some("Missing view/crm.named")),
    (
        "alter sequence invoice_numbers increment 7",
        Some("Different sequence/public.invoice_numbers increment: 10 / 7"),
    ),
];

#[tokio::test]
async fn each_change_by_hand_is_found_and_nothing_else() {
    let database = Database::with(EVERYTHING);
    let requirements = require(&[("everything.sql", EVERYTHING)]);
    let mut expected = BTreeSet::new();
    for (change, finding) in CHANGES {
        database.execute(change);
        expected.extend(finding.map(str::to_owned));
        let found: BTreeSet<_> = told(&audit(&database, &requirements).await).into_iter().collect();
        assert_eq!(found, expected, "{change}");
    }
}

#[tokio::test]
async fn the_example_is_present_where_it_was_applied() {
    let files = ["core", "email-integration", "gamification"].map(|name| {
        let path = format!("{}/examples/sales-flow/sql/{name}.sql", env!("CARGO_MANIFEST_DIR"));
        (name, std::fs::read_to_string(path).unwrap())
    });
    let database = Database::new();
    for (_, text) in &files {
        database.execute(text);
    }
    let sources: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let report = audit(&database, &require(&sources)).await;
    assert_eq!(told(&report), [""; 0]);
}
