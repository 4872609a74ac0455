//! Tried, and rolled back.

use serde_json::json;

use super::{PART, THREE, apply_to, dumped, result};
use crate::command::{Documents, text};
use crate::support::Database;

#[test]
fn a_dry_run_rolls_back_and_names_what_it_could_not_try() {
    let database = Database::with(PART);
    let documents = Documents::new(&[("all.sql", THREE)]);
    let before = dumped(&database);
    let (code, tried) =
        result(apply_to(&database).features(documents.path()).arguments(&["--yes", "--dry-run"]));
    assert_eq!((code, &tried["outcome"]), (0, &json!("tried")), "{tried:#}");
    let not_tried: Vec<&str> = tried["notTried"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(not_tried.len(), 2, "{not_tried:?}");
    assert!(not_tried[0].contains("all.sql:4: it cannot run in a transaction"), "{not_tried:?}");
    assert!(not_tried[1].contains("all.sql:7: it uses a label"), "{not_tried:?}");
    assert_eq!(dumped(&database), before);

    let documents =
        Documents::new(&[("bad.sql", "create table b (x int);\ncreate table c (x int default 'no')")]);
    let outcome = apply_to(&database).features(documents.path()).arguments(&["--yes", "--dry-run"]).run();
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    assert!(
        outcome.stderr.contains("bad.sql:2") && outcome.stderr.contains("rolled back"),
        "{}",
        outcome.stderr
    );
    assert_eq!(dumped(&database), before);
}
