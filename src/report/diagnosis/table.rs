//! A diagnosis for people: what is there, how large it is, and what is amiss, worst first, with what to do.
//!
//! The text carries ANSI styles; the caller writes it through a stream that drops them where they do not belong.

use unicode_width::UnicodeWidthStr;

use super::{Group, LARGEST_TABLES, counted, counts, groups, schemas};
use crate::core::diagnose::Severity;
use crate::core::diagnose::diagnosis::{Diagnosis, Finding, Objects, TableSize};
use crate::core::diagnose::words;
use crate::core::name::QualifiedName;
use crate::report::printable::one_line;
use crate::report::screen;
use crate::report::terminal::{self, BAD, DIM, DOUBTFUL, GOOD, HEADING, pad, styled};

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Cuts long lists for a screen, and says so.
    pub screen: bool,
    /// The columns of the terminal, if it is shown on one: longer lines go on below.
    pub columns: Option<usize>,
    /// All tables with their sizes, not only the largest.
    pub all_tables: bool,
}

/// The findings of one check that fit a screen.
const LONGEST_LIST: usize = 10;

/// The diagnosis as text, with a line break at its end.
#[must_use]
pub fn render(diagnosis: &Diagnosis, options: Options) -> String {
    let fit = |lines: Vec<String>| screen::fit(&lines, options.columns);
    let mut sections = vec![fit(heading(diagnosis)), objects(diagnosis, options), tables(diagnosis, options)];
    sections.extend(groups(diagnosis).iter().map(|group| findings(group, options)));
    sections.push(fit(undecided(diagnosis)));
    sections.push(fit(clean(diagnosis)));
    terminal::sections(sections)
}

fn heading(diagnosis: &Diagnosis) -> Vec<String> {
    let server = &diagnosis.server;
    let standby = if server.in_recovery { ", a standby" } else { "" };
    let found = match counts(diagnosis.findings.iter()) {
        None => styled(GOOD, "Nothing found"),
        Some(counts) => styled(if diagnosis.needs_attention() { BAD } else { DOUBTFUL }, &counts),
    };
    let undecided = match diagnosis.undecided.len() {
        0 => String::new(),
        count => format!("; {}", styled(DOUBTFUL, &format!("{count} undecided"))),
    };
    let since = match diagnosis.statistics_age {
        Some(age) => format!("Counters of reads and writes: of the last {}", words::age(age)),
        None => "Counters of reads and writes: never reset since the server began them".to_owned(),
    };
    vec![
        format!(
            "Database {}, PostgreSQL {}{standby}",
            styled(HEADING, &one_line(&server.database)),
            one_line(&server.version)
        ),
        format!("{found}{undecided}"),
        styled(DIM, &since),
    ]
}

fn objects(diagnosis: &Diagnosis, options: Options) -> Vec<String> {
    let mut lines = vec![styled(HEADING, "Objects")];
    let schemas = schemas(diagnosis);
    if schemas.is_empty() {
        lines.push("  none".to_owned());
    }
    let width = schemas.iter().map(|(schema, _)| one_line(schema).width()).max().unwrap_or_default();
    for (schema, kinds) in schemas {
        let counts: Vec<String> = kinds.iter().map(|objects| counted(objects)).collect();
        let schema = one_line(schema);
        let line = format!("  {}  {}", pad(&schema, width), one_line(&counts.join(", ")));
        lines.extend(screen::wrap(&line, options.columns, width + 4));
        lines.extend(kinds.iter().flat_map(|objects| names(objects)));
    }
    lines
}

/// The names of the objects of one kind, where they were asked for.
fn names(objects: &Objects) -> Vec<String> {
    let names = objects.names.iter().flatten().map(|name| format!("      {}", one_line(name)));
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return names;
    }
    let heading = format!("    {}", one_line(&objects.kind.replace('_', " ")));
    std::iter::once(heading).chain(names).collect()
}

fn tables(diagnosis: &Diagnosis, options: Options) -> Vec<String> {
    let tables = &diagnosis.tables;
    let shown = if options.all_tables { tables.len() } else { tables.len().min(LARGEST_TABLES) };
    if shown == 0 {
        return Vec::new();
    }
    let row = |table: &TableSize| {
        let about = if table.exact { "" } else { "~" };
        [
            one_line(&QualifiedName::new(&*table.schema, &*table.name).to_string()).into_owned(),
            table.rows.map_or_else(|| "?".to_owned(), |rows| format!("~{}", words::count(rows))),
            format!("{about}{}", words::bytes(table.table_bytes)),
            format!("{about}{}", words::bytes(table.index_bytes)),
            format!("{about}{}", words::bytes(table.total())),
        ]
    };
    let heads = ["", "rows", "table", "indexes", "total"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(heads).chain(tables.iter().take(shown).map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(width);
    let total = words::bytes(tables.iter().map(TableSize::total).fold(0, i64::saturating_add));
    let title = if shown < tables.len() {
        format!("Largest of {} tables and materialized views, {total} in all", tables.len())
    } else {
        format!("Sizes, {total} in all")
    };
    let mut lines = vec![styled(HEADING, &title)];
    for (position, row) in rows.iter().enumerate() {
        let figures: Vec<String> =
            (1..5).map(|column| format!("{:>width$}", row[column], width = widths[column])).collect();
        let line = format!("  {}  {}", pad(&row[0], widths[0]), figures.join("  "));
        lines.push(if position == 0 { styled(DIM, &line) } else { line });
    }
    if tables.iter().take(shown).any(|table| !table.exact) {
        let text = "  ~ a size that could not be read, as of the last VACUUM, ANALYZE or CREATE INDEX";
        lines.push(styled(DIM, text));
    }
    lines
}

fn findings(group: &Group<'_>, options: Options) -> Vec<String> {
    let counts = counts(group.findings.iter().copied()).unwrap_or_default();
    let heading = format!("{}: {counts} ({})", styled(HEADING, group.check.title), group.check.name);
    let mut lines = screen::wrap(&heading, options.columns, 2);
    let says = |text: &str| {
        let lines = screen::wrap(&format!("  {text}"), options.columns, 2);
        lines.into_iter().map(|line| styled(DIM, &line))
    };
    lines.extend(says(group.check.why));
    let shown = match group.findings.len() {
        // "... and 1 more" would take the place of the one.
        length if options.screen && length > LONGEST_LIST + 1 => LONGEST_LIST,
        length => length,
    };
    for finding in group.findings.iter().take(shown) {
        lines.extend(finding_lines(finding, options));
    }
    if shown < group.findings.len() {
        let more = group.findings.len() - shown;
        lines.push(styled(DIM, &format!("  ... and {more} more (--all shows them)")));
    }
    lines.extend(says(group.check.advice));
    lines
}

fn finding_lines(finding: &Finding, options: Options) -> Vec<String> {
    let style = match finding.severity {
        Severity::Critical | Severity::Warning => BAD,
        Severity::Notice => DOUBTFUL,
    };
    let severity = styled(style, &pad(finding.severity.name(), "critical".len()));
    let first = format!("  {severity}  {}: {}", one_line(&finding.object), one_line(&finding.what));
    let remedy = finding.remedy.iter().flat_map(|statement| {
        let statement = format!("              {}", one_line(statement));
        screen::wrap_sql(&statement, options.columns, "  critical      ".len())
    });
    screen::wrap(&first, options.columns, "  critical  ".len()).into_iter().chain(remedy).collect()
}

fn undecided(diagnosis: &Diagnosis) -> Vec<String> {
    if diagnosis.undecided.is_empty() {
        return Vec::new();
    }
    let line = |undecided: &crate::core::diagnose::diagnosis::Undecided| {
        let object =
            undecided.object.as_ref().map(|object| format!(" {}", one_line(object))).unwrap_or_default();
        format!("  {}{object}: {}", undecided.check.name, one_line(&undecided.reason))
    };
    let heading = styled(HEADING, "Undecided: what could not be seen");
    std::iter::once(heading).chain(diagnosis.undecided.iter().map(line)).collect()
}

/// The checks that have nothing to say: they were made.
fn clean(diagnosis: &Diagnosis) -> Vec<String> {
    let told = |name: &str| {
        diagnosis.findings.iter().any(|finding| finding.check.name == name)
            || diagnosis.undecided.iter().any(|undecided| undecided.check.name == name)
    };
    let clean: Vec<&str> = diagnosis.checks.iter().copied().filter(|name| !told(name)).collect();
    if clean.is_empty() {
        return Vec::new();
    }
    vec![styled(DIM, &format!("Checked, and nothing found: {}", clean.join(", ")))]
}

#[cfg(test)]
mod tests {
    use super::super::sample::diagnosis;
    use super::*;

    fn plain(options: Options) -> String {
        anstream::adapter::strip_str(&render(&diagnosis(), options)).to_string()
    }

    #[test]
    fn the_whole_diagnosis_reads_well() {
        assert_eq!(plain(Options::default()), include_str!("table.expected.txt"));
    }

    #[test]
    fn a_screen_gets_lists_that_fit() {
        let mut long = diagnosis();
        let finding = long.findings[1].clone();
        long.findings.extend(std::iter::repeat_n(finding, 20));
        let text = render(&long, Options { screen: true, ..Options::default() });
        assert!(text.contains("... and 12 more (--all shows them)"), "{text}");
        assert!(!render(&long, Options::default()).contains("more"));
    }

    #[test]
    fn r71_what_a_terminal_acts_on_is_escaped() {
        let mut hostile = diagnosis();
        hostile.findings[0].object = "table/public.\"a\u{1b}[2J\"".to_owned();
        let text = anstream::adapter::strip_str(&render(&hostile, Options::default())).to_string();
        assert!(text.contains("a\\u{1b}[2J"), "{text}");
    }
}
