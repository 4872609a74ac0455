//! The report for people: what is there of what is required, then what is wrong, worst first.
//!
//! The text carries ANSI styles; the caller writes it through a stream that drops them where they do not belong.
//! Everything that comes from the database or from a document is escaped before (see [`super::printable`]).

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::printable::one_line;
use super::screen;
use super::terminal::{self, BAD, DIM, DOUBTFUL, GOOD, HEADING, pad, styled};
use crate::core::audit::finding::State;
use crate::core::audit::report::{Counts, DefinitionCoverage, FeatureResult, FeatureState, Report};
use crate::core::audit::requirement::FeatureRef;
use crate::core::kind::Kind;
use crate::core::problem::{Problem, Severity};

mod findings;

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// For a screen: long lists and long texts are cut, and say so; what hangs on a missing table is counted with it.
    #[default]
    Screen,
    /// For a file or a pipe: as for a screen, but nothing is cut.
    Whole,
    /// Every component on a line of its own, and every statement that is not modelled.
    All,
}

/// What is shown, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How much.
    pub detail: Detail,
    /// Lists the components that are there, too.
    pub include_present: bool,
    /// The columns of the terminal, if it is shown on one: longer lines go on below.
    pub columns: Option<usize>,
    /// What to do next: pairs of a sentence and a command to copy.
    pub next: Vec<(String, String)>,
}

/// The report as text for people, with a line break at its end.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let fit = |lines: Vec<String>| screen::fit(&lines, options.columns);
    let sections = [
        fit(heading(report)),
        fit(kinds(report)),
        fit(features(report)),
        fit(findings::section(report, options)),
        fit(problems(report, options.detail)),
        fit(coverage(report, options)),
        next(options),
    ];
    terminal::sections(sections)
}

fn heading(report: &Report) -> Vec<String> {
    let database = styled(HEADING, &one_line(&report.server.database));
    let standby = if report.server.in_recovery { ", a standby" } else { "" };
    let schema = report.default_schema.as_ref();
    let schema =
        schema.map(|schema| format!(", schema {}", one_line(&schema.to_string()))).unwrap_or_default();
    vec![
        format!("Database {database}, PostgreSQL {}{standby}{schema}", one_line(&report.server.version)),
        verdict(report),
    ]
}

fn verdict(report: &Report) -> String {
    let counts = report.summary;
    let bad = bad_counts(counts);
    if counts.required == 0 {
        styled(DOUBTFUL, "Nothing is required: the documents declare no component that is audited")
    } else if !bad.is_empty() {
        styled(BAD, &format!("Not compliant: of {}, {}", components(counts.required), bad.join(", ")))
    } else if report.has_errors() {
        let text = format!("{} of {} are there", counts.present, components(counts.required));
        styled(BAD, &format!("Not known to be compliant: {text}, but not all documents could be read"))
    } else {
        styled(GOOD, &format!("Compliant: {} of {} are there", counts.present, components(counts.required)))
    }
}

fn components(count: usize) -> String {
    format!("{count} required components")
}

/// `44 missing`, `1 different`: the states other than present that occur, worst first.
fn bad_counts(counts: Counts) -> Vec<String> {
    let Counts { required: _, present: _, missing, different, drifted, unknown } = counts;
    [(missing, "missing"), (different, "different"), (drifted, "drifted"), (unknown, "unknown")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect()
}

fn kinds(report: &Report) -> Vec<String> {
    let rows: Vec<_> = report.kinds.iter().filter(|(_, counts)| counts.required > 0).collect();
    let counts = rows.iter().map(|(_, counts)| *counts);
    let figures = Figures::of(counts);
    let title_width = rows.iter().map(|(kind, _)| kind.title().width()).max().unwrap_or_default();
    let row = |(kind, counts): &&(Kind, Counts)| {
        format!("  {}  {}", pad(kind.title(), title_width), figures.show(*counts))
    };
    rows.iter().map(row).collect()
}

fn features(report: &Report) -> Vec<String> {
    if report.features.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> =
        report.features.iter().map(|result| feature_name(report, &result.feature)).collect();
    let name_width = names.iter().map(|name| name.width()).max().unwrap_or_default();
    let figures = Figures::of(report.features.iter().map(|result| result.counts));
    let row = |(result, name): (&FeatureResult, String)| {
        let (state, style) = match result.state {
            FeatureState::Complete => ("complete", GOOD),
            FeatureState::Partial => ("partial", BAD),
            FeatureState::Absent => ("absent", BAD),
            FeatureState::Unknown => ("unknown", DOUBTFUL),
        };
        let state = styled(style, &pad(state, "complete".len()));
        format!("  {}  {state}  {}", pad(&name, name_width), figures.show(result.counts))
    };
    let rows = report.features.iter().zip(names).map(row);
    std::iter::once(styled(HEADING, "Features")).chain(rows).collect()
}

/// The widths of the column `present / required`.
struct Figures {
    present: usize,
    required: usize,
}

impl Figures {
    fn of(counts: impl Iterator<Item = Counts>) -> Self {
        let digits = |count: usize| count.to_string().len();
        counts.fold(Self { present: 0, required: 0 }, |widest, counts| Self {
            present: widest.present.max(digits(counts.present)),
            required: widest.required.max(digits(counts.required)),
        })
    }

    /// `15 / 59   1 different`: missing is the difference of the two, so only the other states are told.
    fn show(&self, counts: Counts) -> String {
        let style = if counts.present == counts.required { GOOD } else { BAD };
        let figures = format!("{:>width$} / {}", counts.present, counts.required, width = self.present);
        let width = self.present + " / ".len() + self.required;
        let padding = " ".repeat(width.saturating_sub(figures.len()));
        let others = bad_counts(Counts { missing: 0, ..counts }).join(", ");
        format!("{}{padding}  {}", styled(style, &figures), styled(DOUBTFUL, &others))
    }
}

/// The name of a feature, with its set where there are several.
fn feature_name(report: &Report, feature: &FeatureRef) -> String {
    let several = report.features.iter().any(|other| other.feature.set != feature.set);
    let name = if several { format!("{}/{}", feature.set, feature.name) } else { feature.name.to_string() };
    one_line(&name).into_owned()
}

fn problems(report: &Report, detail: Detail) -> Vec<String> {
    let of = |severity| report.problems.iter().filter(move |problem: &&Problem| problem.severity == severity);
    let mut lines = Vec::new();
    let errors = of(Severity::Error).count();
    if errors > 0 {
        // The errors themselves are the caller's to print: they belong on standard error.
        let text = format!(
            "{} of the documents could not be read (see the errors)",
            plural(errors, "part", "parts")
        );
        lines.push(styled(BAD, &text));
    }
    let not_modelled = of(Severity::NotModelled).count();
    if not_modelled > 0 {
        let are = if not_modelled == 1 { "is" } else { "are" };
        let text =
            format!("{} {are} not audited by this version", plural(not_modelled, "statement", "statements"));
        if detail == Detail::All {
            lines.push(styled(DOUBTFUL, &(text + ":")));
            lines.extend(of(Severity::NotModelled).map(problem_line));
        } else {
            lines.push(styled(DOUBTFUL, &(text + " (--all lists them)")));
        }
    }
    lines
}

fn problem_line(problem: &Problem) -> String {
    format!("  {}", one_line(&problem.to_string()))
}

fn coverage(report: &Report, options: &Options) -> Vec<String> {
    let coverage = report.coverage;
    if coverage.compared + coverage.not_compared == 0 {
        return Vec::new();
    }
    let part = match coverage.not_compared {
        0 => String::new(),
        count => format!(", {count} in part"),
    };
    let whole = plural(coverage.compared, "component was", "components were");
    let mut lines = vec![styled(DIM, &format!("Of what is there, {whole} compared whole{part}"))];
    lines.extend(definitions(report, options));
    lines
}

/// The most reasons that are listed.
const REASONS: usize = 5;

fn definitions(report: &Report, options: &Options) -> Vec<String> {
    let DefinitionCoverage { compared, not_compared, reasons } = &report.definitions;
    if *not_compared == 0 {
        return Vec::new();
    }
    let all = plural(compared + not_compared, "definition", "definitions");
    let is_told = options.include_present && options.detail == Detail::All;
    let where_told = if is_told { "" } else { " (--include-present --all names them)" };
    let mut lines = vec![styled(DIM, &format!("{not_compared} of {all} not compared{where_told}:"))];
    for (reason, count) in reasons.iter().take(REASONS) {
        lines.push(styled(DIM, &format!("  {count} {}", one_line(reason))));
    }
    let others: usize = reasons.iter().skip(REASONS).map(|(_, count)| count).sum();
    if others > 0 {
        lines.push(styled(DIM, &format!("  {others} for other reasons")));
    }
    lines
}

fn next(Options { next: steps, columns, .. }: &Options) -> Vec<String> {
    if steps.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![styled(HEADING, "Next")];
    for (sentence, command) in steps {
        lines.push(format!("  {}:", one_line(sentence)));
        lines.extend(screen::wrap_command(&format!("    {}", one_line(command)), *columns, 6));
    }
    lines
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn state_style(state: State) -> Style {
    match state {
        State::Missing | State::Different => BAD,
        State::Drifted | State::Unknown => DOUBTFUL,
        State::Present => GOOD,
    }
}

#[cfg(test)]
mod tests;
