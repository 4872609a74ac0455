use super::*;
use crate::core::audit::finding::State;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::Part;
use crate::core::drift::{Fingerprint, SCHEME, Verdict};
use crate::core::kind::Kind;
use crate::core::name::QualifiedName;
use crate::core::problem::{Problem, Severity};
use crate::core::type_name::TypeName;

const NOW: Option<&str> = Some("2026-01-02T03:04:05Z");
const LATER: Option<&str> = Some("2026-02-02T03:04:05Z");

fn id(name: &str) -> ComponentId {
    ComponentId::in_schema(Kind::View, QualifiedName::new("public", name))
}

fn print(text: &str) -> Fingerprint {
    let mut fingerprint = Fingerprint::default();
    fingerprint.text(Kind::View, Part::only("definition"), text);
    fingerprint
}

/// What was seen: names with their texts; without a text, it was not.
fn watched(seen: &[(&str, Option<&str>)]) -> Watched {
    let mut watched = Watched::default();
    for (name, text) in seen {
        match text {
            Some(text) => watched.seen(&id(name), &print(text)),
            None => watched.not_seen(&id(name)),
        }
    }
    watched
}

/// A report on components of these states.
fn report(states: &[State]) -> Report {
    let mut report = Report::default();
    report.server.version = "17.2".into();
    for state in states {
        report.summary.add(*state);
    }
    report
}

fn broken(mut report: Report) -> Report {
    report.problems.push(Problem {
        severity: Severity::Error,
        set: "crm".into(),
        feature: None,
        position: None,
        message: "syntax error".into(),
    });
    report
}

fn ended<'a>(accepted: Accepted<'a>, report: &'a Report, watched: &'a Watched) -> Ended<'a> {
    let was_accepted = false;
    Ended { accepted, was_accepted, asked: false, documents_whole: true, report, watched, now: LATER }
}

fn baseline(seen: &[(&str, &str)]) -> Baseline {
    let seen: Vec<_> = seen.iter().map(|(name, text)| (*name, Some(*text))).collect();
    Baseline::accept(None, &watched(&seen), "17.1", NOW)
}

fn names(next: &Next) -> (Vec<&str>, &Why) {
    let Next::Accept { baseline, why } = next else { panic!("nothing is accepted") };
    (baseline.components.keys().map(|id| id.trim_start_matches("view/public.")).collect(), why)
}

#[test]
fn d3_the_first_compliant_audit_accepts_and_no_other() {
    let seen = watched(&[("a", Some("1"))]);
    for state in [State::Missing, State::Different, State::Unknown] {
        let report = report(&[State::Present, state]);
        assert_eq!(decide(&ended(Accepted::Nothing, &report, &seen)), Next::Keep, "{state:?}");
    }
    let compliant = report(&[State::Present]);
    let unread = broken(compliant.clone());
    assert_eq!(decide(&ended(Accepted::Nothing, &unread, &seen)), Next::Keep);
    let first = ended(Accepted::Nothing, &compliant, &seen);
    assert_eq!(decide(&Ended { documents_whole: false, ..first }), Next::Keep);
    assert_eq!(names(&decide(&first)), (vec!["a"], &Why::First));
    assert_eq!(names(&decide(&Ended { was_accepted: true, ..first })), (vec!["a"], &Why::Lost));
}

#[test]
fn d3_what_drifted_stays_drifted_until_a_person_asks() {
    let accepted = baseline(&[("a", "1"), ("b", "1")]);
    let seen = watched(&[("a", Some("2")), ("b", Some("1"))]);
    let drifted = report(&[State::Drifted, State::Present]);
    let audit = ended(Accepted::State(&accepted), &drifted, &seen);
    assert_eq!(decide(&audit), Next::Keep);
    let Next::Accept { baseline, why } = decide(&Ended { asked: true, ..audit }) else { panic!("kept") };
    assert_eq!(why, Why::Asked);
    assert_eq!(baseline.judge(&id("a"), &print("2"), "17.2"), Verdict::Fine);
    assert_eq!(baseline.components["view/public.a"].accepted_at.as_deref(), LATER);
    assert_eq!(baseline.components["view/public.b"].accepted_at.as_deref(), NOW);
}

#[test]
fn an_unchanged_state_is_no_news_even_if_it_is_accepted_again() {
    let accepted = baseline(&[("a", "1")]);
    let (seen, compliant) = (watched(&[("a", Some("1"))]), report(&[State::Present]));
    let audit = ended(Accepted::State(&accepted), &compliant, &seen);
    assert_eq!(decide(&audit), Next::Keep);
    assert_eq!(decide(&Ended { asked: true, ..audit }), Next::Keep);
}

#[test]
fn what_becomes_required_is_added_when_it_is_as_declared_and_what_is_no_more_required_leaves() {
    let accepted = baseline(&[("a", "1"), ("old", "1")]);
    let seen = watched(&[("a", Some("2")), ("new", Some("1")), ("different", None)]);
    let report = report(&[State::Drifted, State::Present, State::Different]);
    let next = decide(&ended(Accepted::State(&accepted), &report, &seen));
    assert_eq!(names(&next), (vec!["a", "new"], &Why::Requirements));
    let Next::Accept { baseline, .. } = next else { unreachable!() };
    let verdict = baseline.judge(&id("a"), &print("2"), "17.2");
    assert!(matches!(verdict, Verdict::Drifted(_)), "the new one makes nobody accept the drifted one");
}

#[test]
fn nothing_leaves_while_something_could_not_be_seen_or_read() {
    let accepted = baseline(&[("a", "1"), ("old", "1")]);
    let seen = watched(&[("a", Some("1"))]);
    let compliant = report(&[State::Present]);
    let kept = |report: &Report, documents_whole: bool, asked: bool| {
        let audit = ended(Accepted::State(&accepted), report, &seen);
        decide(&Ended { asked, documents_whole, ..audit }) == Next::Keep
    };
    for asked in [false, true] {
        assert!(kept(&report(&[State::Present, State::Missing]), true, asked));
        assert!(kept(&report(&[State::Present, State::Unknown]), true, asked));
        assert!(kept(&compliant, false, asked), "a feature set is not there");
        assert!(kept(&broken(compliant.clone()), true, asked), "a statement cannot be read");
        assert!(!kept(&compliant, true, asked));
    }
}

#[test]
fn an_overload_that_is_gone_is_remembered_while_the_function_is_required() {
    let function = |name: &str, arguments: Option<&[&str]>| {
        let arguments = arguments.map(|types| types.iter().map(|name| TypeName::built_in(name)).collect());
        let name = ComponentName::Routine { name: QualifiedName::new("public", name), arguments };
        ComponentId { kind: Kind::Function, name }
    };
    let mut both = Watched::default();
    for arguments in [["integer"], ["text"]] {
        both.seen(&function("total", Some(&arguments)), &print("1"));
        both.seen(&function("totals", Some(&arguments)), &print("1"));
    }
    let accepted = Baseline::accept(None, &both, "17.1", NOW);
    let mut one = Watched::default();
    one.required(&function("total", None));
    one.seen(&function("total", Some(&["integer"])), &print("1"));
    let compliant = report(&[State::Present]);
    let next = decide(&ended(Accepted::State(&accepted), &compliant, &one));
    assert_eq!(names(&next).0, ["function/public.total(integer)", "function/public.total(text)"]);
}

#[test]
fn what_cannot_be_read_is_never_accepted_anew_unless_a_person_asks() {
    let (seen, compliant) = (watched(&[("a", Some("1"))]), report(&[State::Present]));
    let audit = Ended { was_accepted: true, ..ended(Accepted::Unreadable("no JSON"), &compliant, &seen) };
    assert_eq!(decide(&audit), Next::Keep);
    assert_eq!(names(&decide(&Ended { asked: true, ..audit })), (vec!["a"], &Why::Asked));
}

#[test]
fn what_cannot_be_compared_any_more_is_accepted_anew_by_a_compliant_audit() {
    let old = Baseline { scheme: SCHEME - 1, ..baseline(&[("a", "1"), ("old", "1")]) };
    let seen = watched(&[("a", Some("1"))]);
    let audit = |report: &Report| decide(&ended(Accepted::State(&old), report, &seen));
    assert_eq!(audit(&report(&[State::Missing])), Next::Keep);
    let next = audit(&report(&[State::Present]));
    let (names, why) = names(&next);
    assert_eq!(names, ["a"]);
    assert!(matches!(why, Why::Stale(why) if why.contains("another version")));
}

#[test]
fn with_things_missing_a_person_can_accept_the_rest() {
    let seen = watched(&[("a", Some("1")), ("gone", None)]);
    let report = report(&[State::Present, State::Missing]);
    let audit = Ended { asked: true, ..ended(Accepted::Nothing, &report, &seen) };
    assert_eq!(names(&decide(&audit)), (vec!["a"], &Why::Asked));
}
