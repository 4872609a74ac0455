use super::*;
use crate::core::audit::finding::Finding;
use crate::core::component::ComponentId;
use crate::core::kind::{Difference, Kind};
use crate::report::sample;

fn plain(report: &Report, options: &Options) -> String {
    anstream::adapter::strip_str(&render(report, options)).to_string()
}

fn all() -> Options {
    Options { detail: Detail::All, ..Options::default() }
}

#[test]
fn everything_at_once() {
    let options = Options {
        next: vec![("See every missing column".into(), "schema-audit audit --all".into())],
        ..Options::default()
    };
    assert_eq!(
        plain(&sample::everything(), &options),
        "\
Database sales_flow, PostgreSQL 15.18, schema public
Not compliant: of 8 required components, 4 missing, 1 different, 1 unknown

  Tables     1 / 2
  Columns    0 / 3  1 different
  Views      1 / 1
  Functions  0 / 1
  Seed rows  0 / 1  1 unknown

Features
  core               partial   2 / 5  1 different
  gamification       partial   0 / 2  1 unknown
  email-integration  absent    0 / 2

core: 2 missing, 1 different
  Columns
    missing    email_accounts.owner
                 because table/public.email_accounts is missing
    different  leads.score           core.sql:61
                 type: expected integer, actual bigint
                 not null: expected true, actual false
  Functions
    missing    total(bigint)  core.sql:7

email-integration: 2 missing
  Tables
    missing    email_accounts (and 1 component on it)  email-integration.sql:3

gamification: 1 unknown
  Seed rows
    unknown    badges(key='closer')  gamification.sql:180
                 permission denied for table badges: GRANT SELECT ON public.badges TO auditor

1 part of the documents could not be read (see the errors)
1 statement is not audited by this version (--all lists them)

Of what is there, 1 component was compared whole, 1 in part
2 of 5 definitions not compared (--include-present --all names them):
  2 the planner was not asked (--no-planner)

Next
  See every missing column:
    schema-audit audit --all
"
    );
}

#[test]
fn all_gives_each_component_its_line_and_lists_what_is_not_modelled() {
    let text = plain(&sample::everything(), &all());
    assert!(text.contains("missing    email_accounts.address  email-integration.sql:4\n"), "{text}");
    assert!(text.contains("  core.sql:30: COMMENT is not audited by this version\n"), "{text}");
    assert!(!text.contains("on it"), "{text}");
}

#[test]
fn present_components_are_listed_on_demand_with_what_was_not_compared() {
    let text = plain(&sample::everything(), &Options { include_present: true, ..all() });
    assert!(text.contains("core: 2 missing, 1 different, 2 present\n"), "{text}");
    assert!(text.contains("present    crm.v  core.sql:9\n                 not compared: body\n"), "{text}");
    assert!(!plain(&sample::everything(), &all()).contains("crm.v"));
}

#[test]
fn what_was_not_compared_is_counted_with_the_options_that_name_it_until_they_are_given() {
    let counted = |options| {
        let text = plain(&sample::everything(), &options);
        text.lines().find(|line| line.contains("definitions not compared")).unwrap().to_owned()
    };
    let named = "2 of 5 definitions not compared (--include-present --all names them):";
    assert!(named.len() <= 80);
    assert_eq!(counted(Options::default()), named);
    assert_eq!(counted(all()), named);
    assert_eq!(counted(Options { include_present: true, ..Options::default() }), named);
    assert_eq!(counted(Options { include_present: true, ..all() }), "2 of 5 definitions not compared:");
}

#[test]
fn a_hint_or_a_reason_that_findings_in_a_row_share_is_said_once() {
    let of = |name: &str, state, reason: Option<&str>, hint: Option<&str>| {
        let policy = ComponentId::on_relation(
            Kind::Policy,
            crate::core::name::QualifiedName::new("public", "leads"),
            name,
        );
        let mut finding = sample::finding("core", state, policy, 3);
        finding.reason = reason.map(Into::into);
        finding.hint = hint.map(Into::into);
        finding
    };
    let bare = Some("no policy at all");
    let mut different = of("f", State::Different, None, bare);
    different.differences =
        vec![Difference { part: "command", expected: "ALL".into(), actual: "SELECT".into() }];
    let report = sample::report(vec![
        of("a", State::Missing, None, bare),
        of("b", State::Missing, None, bare),
        of("c", State::Missing, None, bare),
        of("d", State::Missing, None, Some("renamed?")),
        of("e", State::Missing, None, None),
        different,
        of("g", State::Unknown, Some("not seen"), None),
        of("h", State::Unknown, Some("not seen"), None),
        of("i", State::Unknown, Some("locked"), bare),
    ]);
    let expected = "  Policies
    missing    leads.a  core.sql:3
    missing    leads.b  core.sql:3
    missing    leads.c  core.sql:3
                 hint for these 3: no policy at all
    missing    leads.d  core.sql:3
                 hint: renamed?
    missing    leads.e  core.sql:3
    different  leads.f  core.sql:3
                 command: expected ALL, actual SELECT
                 hint: no policy at all
    unknown    leads.g  core.sql:3
    unknown    leads.h  core.sql:3
                 these 2: not seen
    unknown    leads.i  core.sql:3
                 locked
                 hint: no policy at all
";
    for options in [Options::default(), all()] {
        let text = plain(&report, &options);
        assert!(text.contains(expected), "{text}");
    }
}

fn missing_tables(count: usize) -> Report {
    let name = |number: usize| sample::table(&format!("t{number:02}"));
    sample::report(
        (0..count).map(|number| sample::finding("core", State::Missing, name(number), 0)).collect(),
    )
}

#[test]
fn a_screen_shows_ten_and_the_number_of_the_others() {
    let text = plain(&missing_tables(46), &Options::default());
    assert!(text.contains("missing    t09\n    ... and 36 more\n"), "{text}");
    assert!(!text.contains("t10"), "{text}");
}

#[test]
fn nothing_is_cut_where_cutting_saves_no_line_and_off_the_screen() {
    assert!(!plain(&missing_tables(11), &Options::default()).contains("more"));
    for detail in [Detail::Whole, Detail::All] {
        let text = plain(&missing_tables(46), &Options { detail, ..Options::default() });
        assert!(text.contains("t45") && !text.contains("more"), "{text}");
    }
}

#[test]
fn long_values_take_two_lines_and_are_cut_on_a_screen_only() {
    let mut finding = sample::finding("core", State::Different, sample::column("leads", "x"), 1);
    finding.differences =
        vec![Difference { part: "body", expected: "x".repeat(300), actual: "select 1;\nselect 2".into() }];
    let report = sample::report(vec![finding]);
    let screen = plain(&report, &Options::default());
    let shortened = format!(
        "                 body: expected {} ...\n                       actual   select 1;\\nselect 2\n",
        "x".repeat(100)
    );
    assert!(screen.contains(&shortened), "{screen}");
    let whole = plain(&report, &Options { detail: Detail::Whole, ..Options::default() });
    assert!(whole.contains(&"x".repeat(300)), "{whole}");
}

#[test]
fn r71_a_name_cannot_reach_the_terminal() {
    let name = sample::table("evil\u{1b}[2J\u{202e}\nname");
    let mut finding = sample::finding("core\u{7}", State::Unknown, name, 1);
    finding.reason = Some("because\u{9b}".into());
    let report = sample::report(vec![finding]);
    for detail in [Detail::Screen, Detail::Whole, Detail::All] {
        let text = plain(&report, &Options { detail, ..Options::default() });
        let stray = text.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
        assert_eq!(stray, None, "{text:?}");
        assert!(text.contains("\"evil\\u{1b}[2J\\u{202e}\\nname\""), "{text}");
    }
}

#[test]
fn c12_wide_letters_keep_the_columns() {
    let report = sample::report(vec![
        sample::finding("core", State::Missing, sample::table("表"), 1),
        sample::finding("core", State::Missing, sample::table("abcd"), 2),
    ]);
    let text = plain(&report, &Options::default());
    assert!(text.contains("\"表\"  core.sql:1\n    missing    abcd  core.sql:2\n"), "{text}");
}

#[test]
fn a_circle_of_causes_hides_nothing() {
    let mut one = sample::finding("core", State::Missing, sample::table("one"), 0);
    let mut two = sample::finding("core", State::Missing, sample::table("two"), 0);
    one.because_of = Some(sample::table("two"));
    two.because_of = Some(sample::table("one"));
    let text = plain(&sample::report(vec![one, two]), &Options::default());
    assert!(text.contains("one") && text.contains("two"), "{text}");
}

#[test]
fn a_cause_in_another_feature_is_told_and_nothing_is_hidden() {
    let index = ComponentId::in_schema(
        Kind::Index,
        crate::core::name::QualifiedName::new("public", "leads_email_idx"),
    );
    let mut finding: Finding = sample::finding("search", State::Missing, index, 5);
    finding.because_of = Some(sample::table("leads"));
    let report =
        sample::report(vec![sample::finding("core", State::Missing, sample::table("leads"), 1), finding]);
    let text = plain(&report, &Options::default());
    assert!(
        text.contains(
            "leads_email_idx  search.sql:5\n                 because table/public.leads is missing\n"
        ),
        "{text}"
    );
}

#[test]
fn a_compliant_database_gets_a_short_report() {
    let mut report = sample::report(vec![sample::finding("core", State::Present, sample::table("leads"), 1)]);
    report.coverage.not_compared = 0;
    report.definitions.not_compared = 0;
    assert_eq!(
        plain(&report, &Options::default()),
        "\
Database sales_flow, PostgreSQL 15.18, schema public
Compliant: 1 of 1 required components are there

  Tables  1 / 1

Features
  core  complete  1 / 1

Of what is there, 1 component was compared whole
"
    );
}

#[test]
fn two_sets_are_told_apart() {
    let mut other = sample::finding("core", State::Present, sample::table("bills"), 1);
    let mut feature = other.features[0].clone();
    feature.set = "billing".into();
    other.features = [feature].into();
    let report =
        sample::report(vec![sample::finding("core", State::Present, sample::table("leads"), 1), other]);
    let text = plain(&report, &Options::default());
    assert!(
        text.contains("  sales-flow/core  complete") && text.contains("  billing/core     complete"),
        "{text}"
    );
}

#[test]
fn each_missing_table_counts_its_own_components() {
    let mut findings = Vec::new();
    for (name, columns) in [("one", 1), ("three", 3), ("none", 0)] {
        findings.push(sample::finding("core", State::Missing, sample::table(name), 1));
        for number in 0..columns {
            let column = sample::column(name, &format!("c{number}"));
            let mut finding = sample::finding("core", State::Missing, column, 1);
            finding.because_of = Some(sample::table(name));
            findings.push(finding);
        }
    }
    let table = plain(&sample::report(findings), &Options::default());
    assert!(table.contains(" one (and 1 component on it) "), "{table}");
    assert!(table.contains(" three (and 3 components on it) "), "{table}");
    assert!(table.contains(" none  "), "{table}");
}
