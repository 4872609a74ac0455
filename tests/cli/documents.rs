//! Feature documents with mistakes: the message says where, and the rest is audited all the same.

use serde_json::json;

use crate::command::{Documents, audit, audit_of, findings};
use crate::support::Database;

/// Audits an empty database against these files. A mistake in a document means exit code 2, whatever else is there.
fn audit_files(files: &[(&str, &str)], arguments: &[&str]) -> (serde_json::Value, String) {
    let database = Database::new();
    let documents = Documents::new(files);
    let outcome = audit_of(&database)
        .features(documents.path())
        .arguments(arguments)
        .arguments(&["--format", "json"])
        .run();
    assert_eq!(outcome.code, 2, "{}{}", outcome.stdout, outcome.stderr);
    let stderr = outcome.stderr.replace(&format!("{}/", documents.path().display()), "");
    let report = serde_json::from_str(&outcome.stdout).unwrap_or_default();
    (report, stderr)
}

fn feature_set(features: &str) -> String {
    format!(
        "apiVersion: schemaaudit.dev/v1alpha1\nkind: FeatureSet\nmetadata: {{name: shop}}\nspec:\n  features:\n{features}"
    )
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let message = audit().arguments(&["--features", "no/such/path"]).fail();
    assert_eq!(message, "error: there is no file or directory no/such/path\n");
}

#[test]
fn a_directory_without_documents_is_refused() {
    let documents = Documents::new(&[("README.md", "nothing")]);
    let message = audit().features(documents.path()).fail();
    assert!(message.contains(&documents.path().display().to_string()), "{message}");
}

#[test]
fn documents_that_require_nothing_are_no_good_audit() {
    let documents = Documents::new(&[("core.sql", "-- nothing yet")]);
    let database = Database::new();
    let message = audit_of(&database).features(documents.path()).fail();
    let path = documents.path().display();
    assert!(
        message.starts_with(&format!("error: {path}: nothing that is audited is required; ")),
        "{message}"
    );

    let documents = Documents::new(&[("core.sql", "alter collation c refresh version;\nselect 1;\nvacuum;")]);
    let message = audit_of(&database).features(documents.path()).fail();
    assert!(message.contains("not audited by this version); name objects"), "{message}");
}

#[test]
fn a_syntax_error_is_told_with_file_and_line_and_the_rest_is_audited() {
    let sql =
        "create table before (id int);\n\ncreate tabel broken (id int);\ncreate table after (id int);\n";
    let (report, stderr) = audit_files(&[("core.sql", sql)], &[]);
    assert_eq!(report["missing"]["tables"], json!(["after", "before"]));
    assert_eq!(report["compliant"], json!(false));
    assert_eq!(report["problems"].as_array().unwrap().len(), 1);
    assert_eq!(report["problems"][0]["line"], json!(3));
    assert_eq!(stderr, "error: core.sql:3: syntax error at or near \"tabel\"\n");
}

#[test]
fn a_mistake_in_sql_inside_of_a_document_is_told_with_the_documents_file() {
    let set = feature_set("  - {name: core, sql: [{inline: crate table a}]}\n");
    let (_, stderr) = audit_files(&[("shop.yaml", &set)], &[]);
    assert_eq!(stderr, "error: shop.yaml, features.core.sql[0]:1: syntax error at or near \"crate\"\n");
}

#[test]
fn a_database_that_has_all_that_could_be_read_is_not_called_compliant() {
    let database = Database::with("create table before (id int)");
    let documents =
        Documents::new(&[("core.sql", "create table before (id int); create tabel broken (id int)")]);
    let outcome = audit_of(&database).features(documents.path()).run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stdout.contains("Not known to be compliant"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("1 part of the documents could not be read"), "{}", outcome.stdout);
}

#[test]
fn a_statement_that_is_not_modelled_is_told_and_changes_nothing() {
    let database = Database::with("create table leads (id int)");
    let documents = Documents::new(&[(
        "core.sql",
        "create table leads (id int);\ncreate operator @@ (leftarg = int, procedure = f);",
    )]);
    let outcome = audit_of(&database).features(documents.path()).run();
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("1 statement is not audited by this version (--all lists them)"),
        "{}",
        outcome.stdout
    );
    let (_, report) = audit_of(&database).features(documents.path()).report();
    assert_eq!(report["notModelled"][0]["line"], json!(2));
}

#[test]
fn two_features_of_one_name_are_told() {
    let set =
        feature_set("  - {name: core, requires: {tables: [a]}}\n  - {name: core, requires: {tables: [b]}}\n");
    let (_, stderr) = audit_files(&[("features.yaml", &set)], &[]);
    assert_eq!(
        stderr,
        "error: shop, feature core: another feature has the same name; the first one counts, rename this one\n"
    );
}

#[test]
fn features_that_need_each_other_are_told() {
    let set = feature_set(
        "  - {name: a, dependsOn: [b], requires: {tables: [a]}}\n  - {name: b, dependsOn: [a], requires: {tables: [b]}}\n  - {name: c, requires: {tables: [c]}}\n",
    );
    let (report, stderr) = audit_files(&[("features.yaml", &set)], &[]);
    assert!(stderr.contains("a -> b -> a"), "{stderr}");
    assert!(findings(&report).contains(&"Missing table/public.c".to_owned()), "{report}");
}

#[test]
fn a_feature_that_is_not_there_is_told_with_the_likely_name() {
    let set = feature_set(
        "  - {name: core, requires: {tables: [a]}}\n  - {name: email-integration, requires: {tables: [b]}}\n",
    );
    let (_, stderr) = audit_files(&[("features.yaml", &set)], &["--feature", "emial-integration"]);
    assert_eq!(
        stderr,
        "error: shop: the selected feature emial-integration does not exist; did you mean email-integration? known: \
         core, email-integration\n"
    );
}

#[test]
fn a_feature_is_found_in_whichever_set_has_it() {
    let database = Database::new();
    let one = Documents::new(&[("one.sql", "create table a (id int)")]);
    let two = Documents::new(&[("two.sql", "create table b (id int)")]);
    let call = audit_of(&database).features(&one.file("one.sql")).features(&two.file("two.sql"));
    let (code, report) = call.arguments(&["--feature", "two"]).report();
    assert_eq!((code, report["missing"]["tables"].clone()), (1, json!(["b"])));
}

#[test]
fn a_directory_of_migrations_is_a_feature_set_in_the_order_of_names() {
    let database = Database::new();
    let documents = Documents::new(&[
        ("002_add.sql", "alter table leads add column email text"),
        ("001_init.sql", "create table leads (id int)"),
    ]);
    let (code, report) = audit_of(&database).features(documents.path()).report();
    assert_eq!(code, 1, "{report}");
    assert_eq!(report["missing"]["columns"], json!(["leads.email", "leads.id"]));
    assert_eq!(report["features"][0]["name"], json!("001_init"));
}
