//! A diagnosis as Markdown: for a ticket, a wiki or the summary of a CI job.

use std::fmt::Write as _;

use super::{LARGEST_TABLES, counted, counts, groups, schemas};
use crate::core::diagnose::diagnosis::{Diagnosis, TableSize};
use crate::core::diagnose::words;
use crate::core::name::QualifiedName;
use crate::report::printable::one_line;

/// The diagnosis as Markdown, with a line break at its end.
#[must_use]
pub fn render(diagnosis: &Diagnosis, all_tables: bool) -> String {
    let server = &diagnosis.server;
    let standby = if server.in_recovery { ", a standby" } else { "" };
    let found = counts(diagnosis.findings.iter()).unwrap_or_else(|| "Nothing found".to_owned());
    let mut text = format!(
        "# Diagnosis of {}\n\nPostgreSQL {}{standby}. {found}.\n",
        prose(&server.database),
        prose(&server.version)
    );
    findings(&mut text, diagnosis);
    undecided(&mut text, diagnosis);
    objects(&mut text, diagnosis);
    tables(&mut text, diagnosis, all_tables);
    text
}

// Writing to a string cannot fail.

fn findings(text: &mut String, diagnosis: &Diagnosis) {
    for group in groups(diagnosis) {
        let _ = write!(text, "\n## {}\n\n{} {}\n\n", group.check.title, group.check.why, group.check.advice);
        for finding in group.findings {
            let (object, what) = (code(&finding.object), prose(&finding.what));
            let _ = writeln!(text, "- **{}** {object}: {what}", finding.severity.name());
            if !finding.remedy.is_empty() {
                let statements: Vec<_> = finding.remedy.iter().map(|line| one_line(line)).collect();
                let fence = fence(&statements.concat());
                let _ = writeln!(text, "\n  {fence}sql\n  {}\n  {fence}", statements.join("\n  "));
            }
        }
    }
}

fn undecided(text: &mut String, diagnosis: &Diagnosis) {
    if diagnosis.undecided.is_empty() {
        return;
    }
    text.push_str("\n## Undecided\n\n");
    for undecided in &diagnosis.undecided {
        let object = undecided.object.as_ref().map(|object| format!(" {}", code(object))).unwrap_or_default();
        let _ = writeln!(text, "- {}{object}: {}", undecided.check.name, prose(&undecided.reason));
    }
}

fn objects(text: &mut String, diagnosis: &Diagnosis) {
    text.push_str("\n## Objects\n\n| schema | objects |\n|---|---|\n");
    for (schema, kinds) in schemas(diagnosis) {
        let counts: Vec<String> = kinds.iter().map(|objects| counted(objects)).collect();
        let _ = writeln!(text, "| {} | {} |", prose(schema), prose(&counts.join(", ")));
    }
    for objects in diagnosis.objects.iter().filter(|objects| objects.names.is_some()) {
        let kind = objects.kind.replace('_', " ");
        let _ = write!(text, "\n### {}, {}\n\n", prose(&objects.schema), prose(&kind));
        for name in objects.names.iter().flatten() {
            let _ = writeln!(text, "- {}", code(name));
        }
    }
}

fn tables(text: &mut String, diagnosis: &Diagnosis, all: bool) {
    let shown = if all { diagnosis.tables.len() } else { LARGEST_TABLES.min(diagnosis.tables.len()) };
    if shown == 0 {
        return;
    }
    let _ = write!(text, "\n## Sizes\n\nThe {shown} largest of {} tables.\n\n", diagnosis.tables.len());
    text.push_str("| table | rows | table | indexes | total |\n|---|---:|---:|---:|---:|\n");
    for table in diagnosis.tables.iter().take(shown) {
        let about = if table.exact { "" } else { "~" };
        let rows = table.rows.map_or_else(|| "?".to_owned(), |rows| format!("~{}", words::count(rows)));
        let sizes = [table.table_bytes, table.index_bytes, TableSize::total(table)];
        let [own, indexes, total] = sizes.map(|bytes| format!("{about}{}", words::bytes(bytes)));
        let name = prose(&QualifiedName::new(&*table.schema, &*table.name).to_string());
        let _ = writeln!(text, "| {name} | {rows} | {own} | {indexes} | {total} |");
    }
}

/// Foreign text on one line, without any meaning in Markdown or HTML.
fn prose(text: &str) -> String {
    let mut safe = String::new();
    for character in one_line(text).chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '@' => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
    }
    safe
}

/// Foreign text as a piece of code.
fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    if fence.len() == 1 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// A fence that ends no earlier than the text.
fn fence(text: &str) -> String {
    "`".repeat(3.max(longest_run(text) + 1))
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sample::diagnosis;
    use super::*;

    #[test]
    fn the_whole_diagnosis_reads_well() {
        assert_eq!(render(&diagnosis(), false), include_str!("markdown.expected.md"));
    }

    #[test]
    fn names_have_no_meaning_in_markdown() {
        assert_eq!(prose("a|b*c<d"), "a\\|b\\*c&lt;d");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(fence("```"), "````");
    }
}
