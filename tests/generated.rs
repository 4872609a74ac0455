//! Files that are made from code: `UPDATE_GENERATED=1 cargo test --test generated` writes them, and without the
//! variable the test fails where a file is not what the code says.

#![allow(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use schema_audit::core::diagnose::check::{CHECKS, Check, RestsOn};
use schema_audit::core::kind::{About, Kind};
use schema_audit::core::plan::hazard::{RULES, Rule};
use schema_audit::{api, metrics};

/// Compares the file with what it should hold, or writes it. Returns what is wrong.
fn hold(path: &Path, text: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GENERATED").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        return None;
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    (there != text).then(|| {
        let line = there.lines().zip(text.lines()).take_while(|(old, new)| old == new).count() + 1;
        format!("{} is out of date from line {line} on", path.display())
    })
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn fail_with_hint(wrong: &[String]) {
    let hint = "run UPDATE_GENERATED=1 cargo test --test generated, and commit what changes";
    assert!(wrong.is_empty(), "{}\n{hint}", wrong.join("\n"));
}

#[test]
fn r27_the_definitions_in_crds_are_those_of_the_types() {
    let directory = root().join("crds");
    let crds = api::crd::crds().unwrap();
    let mut wrong: Vec<String> =
        crds.iter().filter_map(|(file, text)| hold(&directory.join(file), text)).collect();
    for entry in fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !crds.iter().any(|(file, _)| *file == name) {
            wrong.push(format!("crds/{name} is not made from any type"));
        }
    }
    fail_with_hint(&wrong);
}

#[test]
fn r12_the_list_of_reasons_in_the_documentation_is_that_of_the_code() {
    fail_with_hint(&hold(&root().join("docs/reasons.md"), &reasons()).into_iter().collect::<Vec<_>>());
}

#[test]
fn the_schema_of_the_report_is_that_of_the_types() {
    let schema = serde_json::to_string_pretty(&schema_audit::report::json::schema()).unwrap() + "\n";
    fail_with_hint(&hold(&root().join("docs/report.schema.json"), &schema).into_iter().collect::<Vec<_>>());
}

#[test]
fn r119_the_list_of_metrics_in_the_documentation_is_that_of_the_code() {
    fail_with_hint(&hold(&root().join("docs/metrics.md"), &metrics()).into_iter().collect::<Vec<_>>());
}

/// The page of metrics.
fn metrics() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         <!-- Made from src/metrics/table.rs by `UPDATE_GENERATED=1 cargo test --test generated`. -->\n\n\
         What the operator shows at `/metrics`, beside the usual `process_*` metrics. `namespace` and `name` are those \
         of the SchemaAudit; `reason` is one of [the reasons](reasons.md). Times are Unix timestamps, so that an age is \
         `time() - metric`.\n\n\
         | metric | type | labels | what it says |\n|---|---|---|---|\n",
    );
    for metrics::table::Definition { name, kind, help, labels } in metrics::table::ALL {
        let kind = format!("{kind:?}").to_lowercase();
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{name}` | {kind} | {} | {help} |", labels.join(", ")).unwrap();
    }
    page
}

#[test]
fn metrics_that_field_descriptions_speak_of_exist() {
    for (file, text) in api::crd::crds().unwrap() {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let is_metric = word.starts_with("schemaaudit_");
            let exists = metrics::table::ALL.iter().any(|metric| metric.name == word);
            assert!(!is_metric || exists, "{file} speaks of {word}");
        }
    }
}

/// The page of reasons.
fn reasons() -> String {
    let mut page = String::from(
        "# Reasons\n\n\
         <!-- Made from src/api/reason.rs by `UPDATE_GENERATED=1 cargo test --test generated`. -->\n\n\
         One list for conditions, events and the label `reason` of metrics. The class says what the operator does:\n\n\
         - **Fine**: nothing is wrong.\n\
         - **Transient**: it may pass by itself. Tried again soon, with growing pauses.\n\
         - **Waiting**: something is not there yet, or could not be seen. Tried again soon, and at once when an object \
         that is waited for appears.\n\
         - **Stalled**: a person must act. Tried again at the interval all the same.\n\n\
         | reason | class | what it means, and what to do |\n|---|---|---|\n",
    );
    for reason in api::Reason::ALL {
        writeln!(page, "| `{reason}` | {} | {} |", reason.class().name(), reason.explanation()).unwrap();
    }
    page
}

#[test]
fn the_schema_of_a_diagnosis_is_that_of_the_types() {
    let schema =
        serde_json::to_string_pretty(&schema_audit::report::diagnosis::json::schema()).unwrap() + "\n";
    let path = root().join("docs/diagnosis.schema.json");
    fail_with_hint(&hold(&path, &schema).into_iter().collect::<Vec<_>>());
}

#[test]
fn the_page_of_checks_in_the_documentation_is_that_of_the_code() {
    fail_with_hint(&hold(&root().join("docs/diagnose.md"), &checks()).into_iter().collect::<Vec<_>>());
}

/// The page of `schema-audit diagnose`.
fn checks() -> String {
    let mut page = include_str!("../src/core/diagnose/introduction.md").to_owned();
    page.push_str("\n| check | severity | asks |\n|---|---|---|\n");
    for check in CHECKS {
        let asks = match check.rests_on {
            RestsOn::Catalog => "the catalog",
            RestsOn::Reads => "counters of reads",
            RestsOn::AllReads => "counters of reads, on a primary",
            RestsOn::Writes => "counters of writes, on a primary",
        };
        let (name, severity) = (check.name, check.severity.name());
        writeln!(page, "| [{name}](#{name}) | {severity} | {asks} |").unwrap();
    }
    for check in CHECKS {
        let Check { name, title, when, why, advice, .. } = check;
        write!(page, "\n## {name}\n\n*{title}.* {when}\n\n{why} {advice}\n").unwrap();
    }
    page
}

#[test]
fn the_page_of_components_in_the_documentation_is_that_of_the_code() {
    fail_with_hint(&hold(&root().join("docs/components.md"), &components()).into_iter().collect::<Vec<_>>());
}

/// The page of kinds.
fn components() -> String {
    let mut page = include_str!("../src/core/kind/introduction.md").to_owned();
    for kind in Kind::ALL {
        let About { declared_by, compared, not_compared } = kind.about();
        write!(page, "\n## {}\n\n`{}/...`\n\n", kind.title(), kind.id()).unwrap();
        write!(page, "- **Declared by:** {declared_by}\n- **Compared:** {compared}\n").unwrap();
        if !not_compared.is_empty() {
            writeln!(page, "- **Not compared:** {not_compared}").unwrap();
        }
    }
    page
}

#[test]
fn the_schema_of_a_plan_is_that_of_the_types() {
    let schema = serde_json::to_string_pretty(&schema_audit::report::plan::json::schema()).unwrap() + "\n";
    fail_with_hint(&hold(&root().join("docs/plan.schema.json"), &schema).into_iter().collect::<Vec<_>>());
}

#[test]
fn the_page_of_hazards_in_the_documentation_is_that_of_the_code() {
    fail_with_hint(&hold(&root().join("docs/hazards.md"), &hazards()).into_iter().collect::<Vec<_>>());
}

/// The page of hazards.
fn hazards() -> String {
    let mut page = String::from(
        "# Hazards\n\n\
         <!-- Made from src/core/plan/hazard.rs by `UPDATE_GENERATED=1 cargo test --test generated`. -->\n\n\
         What `schema-audit plan` says of a statement that may cost or break something that is there. Nothing is said of \
         a table that the plan makes itself, nor, where a hazard needs rows, of one that holds none. \"squawk\" names the \
         rules of [squawk](https://squawkhq.com/docs/rules), a linter for migrations, that find the same.\n\n\
         | hazard | what the statement does | the safer form | needs rows | squawk |\n|---|---|---|---|---|\n",
    );
    for Rule { name, what, safer, needs_rows, squawk } in RULES {
        let rules: Vec<String> = squawk.iter().map(|rule| format!("`{rule}`")).collect();
        let needs_rows = if *needs_rows { "yes" } else { "no" };
        let safer = safer.unwrap_or_default();
        writeln!(page, "| `{name}` | {what} | {safer} | {needs_rows} | {} |", rules.join(", ")).unwrap();
    }
    page
}
