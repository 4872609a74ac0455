//! What the Job runs: the bundle and the Secret, as Kubernetes mounts them.

use serde_json::{Value, json};

use crate::command::{Documents, call, text};
use crate::support::Database;

/// A bundle and a Secret as Kubernetes mounts them.
fn mounted(database: &Database, sql: &str) -> Documents {
    mounted_for(database, sql, None, &[])
}

/// The same for a plan of this database, of which this may be left.
fn mounted_for(
    database: &Database,
    sql: &str,
    database_of_plan: Option<String>,
    rests: &[String],
) -> Documents {
    use schema_audit::api::secret_reference::SecretReference;
    use schema_audit::bundle::{Bundle, Wanted, encode};
    use schema_audit::core::audit::requirement::Selection;
    use schema_audit::core::feature::{Feature, FeatureSet, Source};
    use schema_audit::core::plan::Terms;
    let source = Source { name: "ConfigMap shop, key a.sql".into(), text: sql.into() };
    let feature = Feature { name: "core".into(), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: "shop".into(), features: vec![feature], ..FeatureSet::default() };
    let bundle = Bundle {
        wanted: vec![Wanted { set, selection: Selection::default() }],
        secret_ref: SecretReference { name: "shop-owner".into(), ..SecretReference::default() },
        ca_key: None,
        ask_planner: true,
        look_timeout_milliseconds: 20_000,
        settings: schema_audit::core::plan::Settings::default(),
        rests: rests.to_vec(),
        terms: Terms {
            said: vec![("runs with".into(), "Secret shop-owner".into())],
            database: database_of_plan,
        },
    };
    let documents = Documents::new(&[]);
    for directory in ["bundle", "secret", "secret/..data"] {
        std::fs::create_dir(documents.file(directory)).unwrap();
    }
    for (key, part) in encode(&bundle, 200).unwrap().parts {
        std::fs::write(documents.file("bundle").join(key), part).unwrap();
    }
    let url = format!("{}?sslmode=disable", database.url().split('?').next().unwrap());
    std::fs::write(documents.file("secret/uri"), url).unwrap();
    documents
}

#[test]
fn a_job_reads_the_bundle_and_the_secret_from_directories() {
    let database = Database::new();
    let documents = mounted(&database, "create table a (x int)");
    let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
    let (bundle, secret, message) = (file("bundle"), file("secret"), file("termination-log"));
    let from = ["--bundle", &bundle, "--secret-directory", &secret];
    let (code, plan) = call("plan").arguments(&from).report();
    assert_eq!(code, 1, "{plan:#}");
    let digest = text(&plan["digest"]);
    let allowed = ["--expect-plan", digest, "--yes", "--termination-message", &message];
    let outcome = call("apply").arguments(&from).arguments(&allowed).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let result: Value = serde_json::from_str(&std::fs::read_to_string(message).unwrap()).unwrap();
    assert_eq!((&result["outcome"], &result["planDigest"]), (&json!("applied"), &json!(digest)));
    assert_eq!(database.query("select to_regclass('a')"), ["a"]);
    std::fs::remove_file(file("secret") + "/uri").unwrap();
    let outcome = call("apply").arguments(&from).arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("Secret shop-owner has no key uri or host"), "{}", outcome.stderr);
}

#[test]
fn a_bundle_of_another_database_or_of_other_terms_is_outdated_and_nothing_is_touched() {
    let (approved, other) = (Database::new(), Database::new());
    let identity = |database: &Database| {
        let asked = "select c.system_identifier || '/' || d.oid from pg_control_system() as c, pg_database as d \
             where d.datname = current_database()";
        database.query(asked).concat()
    };
    let sql = "create table a (x int)";
    let call = |command: &str, documents: &Documents| {
        let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
        call(command).arguments(&["--bundle", &file("bundle"), "--secret-directory", &file("secret")])
    };
    let documents = mounted_for(&approved, sql, Some(identity(&approved)), &[]);
    let (_, plan) = call("plan", &documents).report();
    let digest = text(&plan["digest"]).to_owned();
    let elsewhere = mounted_for(&other, sql, Some(identity(&approved)), &[]);
    let otherwise = mounted_for(&other, "create table a (x bigint)", Some(identity(&other)), &[]);
    let any = mounted_for(&other, sql, None, &[]);
    for documents in [elsewhere, otherwise, any] {
        let outcome = call("apply", &documents).arguments(&["--expect-plan", &digest]).run();
        assert_eq!(outcome.code, 3, "{}{}", outcome.stdout, outcome.stderr);
        assert_eq!(other.query("select to_regclass('a')"), [""]);
    }
    let outcome = call("apply", &documents).arguments(&["--expect-plan", &digest]).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(approved.query("select to_regclass('a')"), ["a"]);
}

#[test]
fn a_job_whose_pod_went_in_the_middle_goes_on_in_another_one() {
    let database = Database::new();
    let sql = "create table a (x int); create index concurrently a_x on a (x); create table b (x int)";
    let plan = |documents: &Documents| {
        let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
        let (bundle, secret) = (file("bundle"), file("secret"));
        let plan = call("plan").arguments(&["--bundle", &bundle, "--secret-directory", &secret]).report().1;
        let segments = plan["segments"].as_array().unwrap().clone();
        segments.iter().map(|segment| text(&segment["digest"]).to_owned()).collect::<Vec<_>>()
    };
    let rests = plan(&mounted(&database, sql));
    assert_eq!(rests.len(), 3);
    database.execute("create table a (x int)");
    database.execute("create index concurrently a_x on a (x)");
    let apply = |rests: &[String], digest: &str| {
        let documents = mounted_for(&database, sql, None, rests);
        let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
        let from = ["--bundle", &file("bundle"), "--secret-directory", &file("secret")];
        call("apply").arguments(&from).arguments(&["--expect-plan", digest, "--yes"]).run().code
    };
    assert_eq!(apply(&[], &rests[0]), 3);
    assert_eq!(apply(&rests, &rests[0]), 0);
    assert_eq!(database.query("select to_regclass('b')"), ["b"]);
}
