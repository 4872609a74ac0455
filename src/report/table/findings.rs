//! The findings of the table: by feature, then by kind, the worst first.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::{Detail, Options, bad_counts, feature_name, one_line, plural, state_style};
use crate::core::audit::finding::{Finding, State};
use crate::core::audit::report::{Counts, Report};
use crate::core::component::ComponentId;
use crate::core::kind::{Difference, Kind, NotCompared};
use crate::core::problem::Position;
use crate::report::terminal::{DIM, HEADING, pad, styled};
use crate::report::{screen, short_name};

/// The lines of one kind in one feature that fit a screen.
const LONGEST_LIST: usize = 10;
/// The letters of an expected or actual value that fit a screen.
const LONGEST_VALUE: usize = 100;
/// The widest column of names; a longer name moves only its own line.
const WIDEST_NAME: usize = 72;
/// Below a finding's state and name.
const DETAIL_INDENT: &str = "                 ";

/// The findings, or nothing if there are none to show.
pub(super) fn section(report: &Report, options: &Options) -> Vec<String> {
    let mut blocks: Vec<(State, Vec<String>)> = Vec::new();
    for result in &report.features {
        let of_feature: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.features.first() == Some(&result.feature))
            .filter(|finding| options.include_present || finding.state != State::Present)
            .collect();
        if let Some(worst) = of_feature.iter().map(|finding| finding.state).min() {
            let name = feature_name(report, &result.feature);
            blocks.push((worst, block(report, options, &name, &of_feature)));
        }
    }
    // Worst first; among equals the author's order, in which a feature follows those that it needs.
    blocks.sort_by_key(|(worst, _)| *worst);
    let mut lines: Vec<String> = Vec::new();
    for (_, block) in blocks {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block);
    }
    lines
}

fn block(report: &Report, options: &Options, name: &str, findings: &[&Finding]) -> Vec<String> {
    let mut counts = Counts::default();
    for finding in findings {
        counts.add(finding.state);
    }
    let mut figures = bad_counts(counts);
    if counts.present > 0 {
        figures.push(format!("{} present", counts.present));
    }
    let mut lines = vec![format!("{}: {}", styled(HEADING, name), figures.join(", "))];

    let folded = if options.detail == Detail::All { Folded::default() } else { Folded::of(findings) };
    let mut kinds: Vec<(State, Kind, Vec<&Finding>)> = Vec::new();
    for finding in findings.iter().filter(|finding| !folded.hides(finding)) {
        let kind = finding.component.kind;
        match kinds.iter_mut().find(|(_, of, _)| *of == kind) {
            Some((worst, _, list)) => {
                *worst = finding.state.min(*worst);
                list.push(finding);
            }
            None => kinds.push((finding.state, kind, vec![finding])),
        }
    }
    kinds.sort_by_key(|(worst, kind, _)| (*worst, *kind));
    for (_, kind, list) in kinds {
        lines.push(format!("  {}", kind.title()));
        lines.extend(list_of_kind(report, options, &list, &folded));
    }
    lines
}

fn list_of_kind(report: &Report, options: &Options, list: &[&Finding], folded: &Folded) -> Vec<String> {
    let Options { detail, columns, .. } = *options;
    let length = match detail {
        // "... and 1 more" would take the place of the one.
        Detail::Screen if list.len() > LONGEST_LIST + 1 => LONGEST_LIST,
        Detail::Screen | Detail::Whole | Detail::All => list.len(),
    };
    let name = |finding: &Finding| {
        let name = short_name(&finding.component, report.default_schema.as_ref());
        format!("{}{}", one_line(&name), folded.count_below(finding))
    };
    let names: Vec<String> = list.iter().take(length).map(|finding| name(finding)).collect();
    let width = names.iter().map(|name| name.width()).filter(|width| *width <= WIDEST_NAME).max();
    let row = |(finding, name): (&&Finding, &String), place: fn(&Position) -> String| {
        let state = styled(state_style(finding.state), &pad(&finding.state.name().to_lowercase(), 9));
        let position = finding.position.as_ref().map(place).unwrap_or_default();
        let position = styled(DIM, &one_line(&position));
        format!("    {state}  {}  {position}", pad(name, width.unwrap_or_default()))
    };
    let rows = |place| list.iter().zip(&names).map(move |of| row(of, place));
    let fits = |row: String| columns.is_none_or(|columns| screen::width(row.trim_end()) <= columns);
    let place =
        if rows(Position::to_string).all(fits) { Position::to_string } else { place_without_directories };
    let mut lines = Vec::new();
    let mut rows = rows(place);
    for alike in list[..names.len()].chunk_by(|one, next| say_the_same(one, next, detail)) {
        for row in rows.by_ref().take(alike.len()) {
            lines.extend(screen::wrap(row.trim_end(), columns, DETAIL_INDENT.len()));
        }
        lines.extend(details(alike, detail));
    }
    if length < list.len() {
        lines.push(styled(DIM, &format!("    ... and {} more", list.len() - length)));
    }
    lines
}

/// `.../compliance.sql:74`
fn place_without_directories(position: &Position) -> String {
    match position.to_string().rsplit_once('/') {
        Some((_, file)) => format!(".../{file}"),
        None => position.to_string(),
    }
}

/// Whether all that there is to say about two findings is one reason or one hint, so that it can be said once.
fn say_the_same(one: &Finding, other: &Finding, detail: Detail) -> bool {
    let of_its_own = |finding: &Finding| {
        !finding.differences.is_empty() || detail == Detail::All && !finding.not_compared.is_empty()
    };
    let notes = |finding: &Finding| [reason(finding), hint(finding)];
    one.state == other.state
        && !of_its_own(one)
        && !of_its_own(other)
        && notes(one) == notes(other)
        && notes(one).iter().any(Option::is_some)
}

fn reason(finding: &Finding) -> Option<String> {
    match (&finding.reason, &finding.because_of) {
        (Some(reason), _) => Some(one_line(reason).into_owned()),
        (None, Some(cause)) => Some(format!("because {} is missing", one_line(&cause.to_string()))),
        (None, None) => None,
    }
}

fn hint(finding: &Finding) -> Option<String> {
    finding.hint.as_ref().map(|hint| one_line(hint).into_owned())
}

/// What there is to say about a finding beyond its name, or about several that [`say_the_same`].
fn details(alike: &[&Finding], detail: Detail) -> Vec<String> {
    let Some(finding) = alike.first() else { return Vec::new() };
    let mut lines: Vec<String> =
        finding.differences.iter().flat_map(|difference| difference_lines(difference, detail)).collect();
    let (these, for_these) = match alike.len() {
        1 => Default::default(),
        several => (format!("these {several}: "), format!(" for these {several}")),
    };
    lines.extend(reason(finding).map(|reason| format!("{these}{reason}")));
    lines.extend(hint(finding).map(|hint| format!("hint{for_these}: {hint}")));
    if detail == Detail::All && !finding.not_compared.is_empty() {
        let parts = finding.not_compared.iter().map(|NotCompared { part, reason }| match reason {
            Some(reason) => format!("{part} ({})", one_line(reason)),
            None => (*part).to_owned(),
        });
        lines.push(format!("not compared: {}", parts.collect::<Vec<_>>().join(", ")));
    }
    lines.into_iter().map(|line| format!("{DETAIL_INDENT}{line}")).collect()
}

fn difference_lines(difference: &Difference, detail: Detail) -> Vec<String> {
    let Difference { part, expected, actual } = difference;
    let (expected, actual) = (value(expected, detail), value(actual, detail));
    if expected.width() + actual.width() <= LONGEST_VALUE / 2 {
        vec![format!("{part}: expected {expected}, actual {actual}")]
    } else {
        vec![format!("{part}: expected {expected}"), format!("{}  actual   {actual}", " ".repeat(part.len()))]
    }
}

/// A value on one line, cut for a screen.
fn value(text: &str, detail: Detail) -> String {
    let text = one_line(text);
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) if detail == Detail::Screen => format!("{} ...", &text[..end]),
        Some(_) | None => text.into_owned(),
    }
}

/// What is missing only because something else of the same feature is, so that one line can stand for all of it.
#[derive(Default)]
struct Folded<'a> {
    /// What stands for a component: its table.
    root_of: BTreeMap<&'a ComponentId, &'a ComponentId>,
    /// How many components something stands for.
    below: BTreeMap<&'a ComponentId, usize>,
}

impl<'a> Folded<'a> {
    fn of(findings: &[&'a Finding]) -> Self {
        let missing: BTreeMap<&ComponentId, &Finding> = findings
            .iter()
            .filter(|finding| finding.state == State::Missing)
            .map(|finding| (&finding.component, *finding))
            .collect();
        let parent = |id: &ComponentId| {
            let cause = missing.get(id)?.because_of.as_ref()?;
            (cause != id).then(|| missing.get(cause).map(|finding| &finding.component)).flatten()
        };
        let mut root_of = BTreeMap::new();
        for id in missing.keys() {
            let Some(mut root) = parent(id) else { continue };
            // An index on a column of a table: two steps. The bound keeps a circle, which should not be, from hanging.
            for _ in 0..4 {
                root = parent(root).unwrap_or(root);
            }
            // In a circle nothing stands for the others, so nothing may hide.
            if parent(root).is_none() {
                root_of.insert(*id, root);
            }
        }
        let mut below = BTreeMap::new();
        for root in root_of.values() {
            *below.entry(*root).or_default() += 1;
        }
        Self { root_of, below }
    }

    fn hides(&self, finding: &Finding) -> bool {
        self.root_of.contains_key(&finding.component)
    }

    /// ` (and 16 components on it)`, or nothing.
    fn count_below(&self, finding: &Finding) -> String {
        match self.below.get(&finding.component) {
            None => String::new(),
            Some(&count) => format!(" (and {} on it)", plural(count, "component", "components")),
        }
    }
}
