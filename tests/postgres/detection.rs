//! The detection list: 26 changes that a comparison of two dumps shows, each of which must be exactly one finding;
//! renames, which must be one finding too; and harmless changes, which must be none.
//!
//! Each file of `detection/` is one change of `detection/base.sql`; its first lines say what is expected (`-- expect:`)
//! and from which version of PostgreSQL on there is such a thing (`-- from:`).

use std::fs;
use std::path::{Path, PathBuf};

use schema_audit::core::audit::requirement::Requirements;

use crate::round_trip::{audit, require, told};
use crate::support::Database;

const BASE: &str = include_str!("detection/base.sql");

/// A change of the base.
struct Case {
    name: String,
    sql: String,
}

impl Case {
    /// What a line of the form `-- WORD: TEXT` says.
    fn says(&self, word: &str) -> Option<&str> {
        let word = format!("-- {word}: ");
        self.sql.lines().find_map(|line| line.strip_prefix(word.as_str()))
    }

    fn fits(&self, database: &Database) -> bool {
        let major: u32 =
            database.query("select current_setting('server_version_num')::int / 10000")[0].parse().unwrap();
        self.says("from").is_none_or(|from| from.parse::<u32>().unwrap() <= major)
    }
}

fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres/detection").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let case = |file: &PathBuf| Case {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        sql: fs::read_to_string(file).unwrap(),
    };
    files.iter().map(case).collect()
}

/// A database with the base. Roles are of the whole server: another run may have made them.
fn base() -> Database {
    let database = Database::new();
    for role in ["auditor_app", "auditor_owner"] {
        database.execute(&format!(
            "do $$ begin create role {role}; exception when duplicate_object or unique_violation then null; end $$"
        ));
    }
    database.execute(BASE);
    database
}

/// What the base declares, its owners too.
fn required() -> Requirements {
    require(&[("base.sql", BASE)])
}

/// What an audit says after the change.
async fn findings_after(case: &Case) -> Vec<String> {
    let database = base();
    if !case.fits(&database) {
        return case.says("expect").into_iter().map(str::to_owned).collect();
    }
    database.execute(&case.sql);
    told(&audit(&database, &required()).await)
}

#[tokio::test]
async fn the_base_itself_is_compliant() {
    let requirements = required();
    assert_eq!(requirements.problems, []);
    assert_eq!(told(&audit(&base(), &requirements).await), [""; 0]);
}

#[tokio::test]
async fn each_change_of_the_list_is_exactly_one_finding() {
    let cases = cases("found");
    assert_eq!(cases.len(), 26);
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = case.says("expect").unwrap();
        let (component, part) = expected.split_once(": ").unwrap_or((expected, ""));
        let found = findings_after(case).await;
        if !matches!(found.as_slice(), [one] if one.contains(component) && one.contains(part)) {
            wrong.push(format!("{}: expected {expected}, found {found:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_rename_is_one_finding() {
    for case in cases("renamed") {
        let found = findings_after(&case).await;
        let expected = case.says("expect").unwrap();
        assert!(matches!(found.as_slice(), [one] if one.starts_with(expected)), "{}: {found:#?}", case.name);
    }
}

#[tokio::test]
async fn harmless_changes_are_no_finding() {
    let mut wrong = Vec::new();
    for case in cases("harmless") {
        let found = findings_after(&case).await;
        if !found.is_empty() {
            wrong.push(format!("{}: {found:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
