use super::*;
use crate::core::name::QualifiedName;

const NOW: Option<&str> = Some("2026-01-02T03:04:05Z");

fn id(name: &str) -> ComponentId {
    ComponentId::in_schema(Kind::View, QualifiedName::new("public", name))
}

fn print(columns: &[(&str, Option<&str>)], text: &str) -> Fingerprint {
    let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let values: Vec<Option<&str>> = columns.iter().map(|(_, value)| *value).collect();
    let mut fingerprint = Fingerprint::default();
    fingerprint.row(Kind::View, &names, &values);
    fingerprint.text(Kind::View, Part::only("definition"), text);
    fingerprint
}

fn watched(seen: &[(&str, &Fingerprint)]) -> Watched {
    let mut watched = Watched::default();
    for (name, fingerprint) in seen {
        watched.seen(&id(name), fingerprint);
    }
    watched
}

#[test]
fn d3_what_changed_is_drifted_until_it_is_accepted_and_the_part_is_named() {
    let (one, other) =
        (print(&[("data_type", Some("int"))], "a"), print(&[("data_type", Some("text"))], "a"));
    let baseline = Baseline::accept(None, &watched(&[("v", &one)]), "15.3", NOW);
    assert_eq!(baseline.judge(&id("v"), &one, "15.9"), Verdict::Fine);
    assert_eq!(baseline.judge(&id("new"), &other, "15.9"), Verdict::Fine);
    let reason = "it changed since it was accepted at 2026-01-02T03:04:05Z: data type";
    assert_eq!(baseline.judge(&id("v"), &other, "15.9"), Verdict::Drifted(reason.into()));
    let accepted = Baseline::accept(Some(&baseline), &watched(&[("v", &other)]), "15.9", None);
    assert_eq!(accepted.judge(&id("v"), &other, "15.9"), Verdict::Fine);
    let reason = "it changed since it was accepted: data type";
    assert_eq!(accepted.judge(&id("v"), &one, "15.9"), Verdict::Drifted(reason.into()));
}

#[test]
fn what_changes_without_a_change_of_the_definition_is_no_drift() {
    let plain = print(&[("privileges", Some(r#"[["SELECT",false],["INSERT",true]]"#))], "a");
    let busy = print(
        &[
            ("privileges", Some(r#"[["INSERT",true],["SELECT",false]]"#)),
            ("populated", Some("t")),
            ("collation", None),
        ],
        "a",
    );
    assert_eq!(plain, busy);
    assert_ne!(plain, print(&[("privileges", Some(r#"[["INSERT",true]]"#))], "a"));
    let owner = print(&[("privileges", Some("[]")), ("is_owner", Some("t"))], "a");
    assert_eq!(owner, print(&[], "a"));
}

#[test]
fn what_did_not_change_keeps_its_time_and_what_was_not_seen_its_digest() {
    let (one, other) = (print(&[], "a"), print(&[], "b"));
    let first = Baseline::accept(None, &watched(&[("a", &one), ("b", &one), ("gone", &one)]), "17.1", NOW);
    let mut next = watched(&[("a", &one), ("new", &other)]);
    next.not_seen(&id("b"));
    assert_eq!(first.unknown(&next), 1);
    let second = Baseline::accept(Some(&first), &next, "17.1", Some("later"));
    let names: Vec<&str> = second.components.keys().map(String::as_str).collect();
    assert_eq!(names, ["view/public.a", "view/public.b", "view/public.new"]);
    assert_eq!(second.components["view/public.a"].accepted_at.as_deref(), NOW);
    assert_eq!(second.components["view/public.b"], first.components["view/public.b"]);
    assert_eq!(second.components["view/public.new"].accepted_at.as_deref(), Some("later"));
    // Nothing changed: nothing is to be written.
    assert_eq!(Baseline::accept(Some(&second), &next, "17.1", Some("even later")), second);
}

#[test]
fn another_major_version_or_scheme_is_accepted_anew_and_never_drift() {
    let (one, other) = (print(&[], "a"), print(&[], "b"));
    let baseline = Baseline::accept(None, &watched(&[("v", &one)]), "15.3", NOW);
    let stale = Verdict::Stale("the baseline was taken on PostgreSQL 15".into());
    assert_eq!(baseline.judge(&id("v"), &other, "16.0"), stale);
    let older = Baseline { scheme: SCHEME - 1, ..baseline.clone() };
    let stale = Verdict::Stale("another version of schema-audit took the baseline".into());
    assert_eq!(older.judge(&id("v"), &other, "15.3"), stale);
    let anew = Baseline::accept(Some(&older), &watched(&[("v", &one)]), "15.3", Some("later"));
    assert_eq!(anew.components["view/public.v"].accepted_at.as_deref(), Some("later"));
    assert_eq!(anew.judge(&id("v"), &one, "15.3"), Verdict::Fine);
}

#[test]
fn a_baseline_survives_its_json_and_other_formats_are_refused() {
    let fingerprint = print(&[("data_type", Some("int"))], "a");
    let baseline = Baseline::accept(None, &watched(&[("a", &fingerprint), ("b", &fingerprint)]), "15.3", NOW);
    let json = baseline.to_json().unwrap();
    assert_eq!(Baseline::parse(&json).unwrap(), baseline);
    let lines = json.lines().filter(|line| line.contains("definition")).count();
    assert_eq!(lines, 2, "a component has a line of its own:\n{json}");
    let empty = Baseline::accept(None, &Watched::default(), "15.3", NOW);
    assert_eq!(Baseline::parse(&empty.to_json().unwrap()).unwrap(), empty);
    let other = json.replace("baseline/v1", "baseline/v9");
    assert!(Baseline::parse(&other).unwrap_err().to_string().contains("baseline/v9"));
    assert!(Baseline::parse("{}").is_err());
}

#[test]
fn a_major_version_is_what_stands_before_the_first_dot() {
    for (version, number) in [("15.18", 15), ("18beta1", 18), ("12.22 (Debian 12.22-1)", 12), ("", 0)] {
        assert_eq!(major(version), number);
    }
}
