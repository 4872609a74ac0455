//! The facts about PostgreSQL, its parser and its surroundings that this program rests on: each has an id and a test that
//! cites it (`c13_names_are_cut_at_63_bytes`). Those that only the sources and the build can break are tested here.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a source that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The facts by group: S the session, C the catalog, K kinds, P parsing, N normal forms, D what is different, F the
/// floor of speed, V poolers, standbys and variants. Ids are never given anew.
const FACTS: &[(char, &[&str])] = &[
    (
        's',
        &[
            "one message has one snapshot",
            "settings are local to the transaction",
            "the search path is pinned",
            "temporary objects shadow the catalog",
            "the first error ends the message",
            "row-level security hides rows",
            "the memory of a backend grows",
            "connecting is the floor of what an audit takes",
        ],
    ),
    (
        'c',
        &[
            "deparsing waits for locks",
            "a lock on another table counts too",
            "the text of a default needs no lock",
            "a generated column needs its relation",
            "phase 1 is raw",
            "phase 2 is bounded",
            "sizes wait too",
            "information_schema hides",
            "regclass raises",
            "some values are hidden",
            "seed rows need SELECT",
            "names are exact",
            "names are cut at 63 bytes",
            "keywords are names of columns",
            "temporary schemas never match",
            "what is not modelled is said",
        ],
    ),
    (
        'k',
        &[
            "constraints are cloned to partitions",
            "triggers are cloned to partitions",
            "indexes of partitions hang on a parent",
            "columns are inherited",
            "numbers of columns have gaps",
            "identity or serial",
            "a generated column has no default",
            "a collation counts where it is not that of the type",
            "a constraint or an index",
            "constraints that are not valid",
            "indexes that are not valid",
            "nulls that are not distinct",
            "temporal keys",
            "NOT NULL has rows from 18 on",
            "names of NOT NULL stay",
            "the order of labels",
            "a new label counts from the next transaction on",
            "overloads",
            "functions, procedures, aggregates",
            "bodies in standard SQL",
            "members of members of extensions",
            "oids repeat across catalogs",
            "no ACL is the default ACL",
            "grants on columns",
            "default privileges",
            "may, or was granted",
            "options of views",
            "comments drift",
            "versions of collations drift",
            "rules, statistics and event triggers",
            "the text of a trigger with WHEN waits",
            "the text of a policy waits",
            "a query may raise",
        ],
    ),
    (
        'p',
        &[
            "the parser is that of 18",
            "its build needs libclang",
            "its build must not find protoc",
            "the limit of recursion",
            "deparsed SQL is never given out",
            "ranges are bytes",
            "a fingerprint is no identity",
            "the cut comes before the parser",
            "errors have no position",
            "NUL bytes",
            "odd spaces",
            "bodies in PL/pgSQL",
            "what is not SQL",
            "one statement at a time",
            "a history is folded",
            "threads parse at once",
        ],
    ),
    (
        'n',
        &[
            "the planner is asked",
            "expressions stand over a stub",
            "defaults take the type of the column",
            "views are planned over their relations",
            "names in branches of a UNION",
            "unequal twice",
            "one error, one component",
            "only what was parsed is explained",
            "huge trees of partitions",
        ],
    ),
    (
        'd',
        &[
            "nothing is different by its text",
            "shapes are decided without the planner",
            "drift",
            "defaults are folded first",
            "no fingerprint",
            "one search path for digests",
        ],
    ),
    (
        'f',
        &[
            "the cost follows what is required",
            "indexes come from raw rows",
            "pg_depend is never read whole",
            "one round trip",
            "flat queries",
            "connections do not grow old",
        ],
    ),
    (
        'v',
        &[
            "one message through a pooler",
            "named statements break",
            "options at the start are refused",
            "SET leaks",
            "advisory locks are left behind",
            "no LISTEN",
            "what a standby can",
            "a conflict with recovery",
            "what a standby cannot",
            "a standby is never written to",
            "CockroachDB",
            "Redshift",
            "YugabyteDB",
            "objects of platforms",
            "extensions that are not offered",
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The files of a directory and its subdirectories with one of these endings, each with its text.
fn files(directory: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.contains(&ending.to_str().unwrap())) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

/// The lines of the program in a source: without comments and tests. In a file of tests there are none.
fn program(path: &Path, text: &str) -> Vec<String> {
    if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
        return Vec::new();
    }
    let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = program.lines().map(str::trim_start);
    lines.filter(|line| !line.starts_with("//") && !line.starts_with("--")).map(str::to_lowercase).collect()
}

/// The names of the tests in a source.
fn tests(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |at: usize| {
        let mut attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        attributes.any(|line| matches!(*line, "#[test]" | "#[tokio::test]"))
    };
    let named = lines.iter().enumerate().filter_map(|(at, line)| {
        let (_, rest) = line.split_once("fn ").filter(|(before, _)| matches!(*before, "" | "async "))?;
        is_test(at).then(|| rest.split('(').next().unwrap_or_default())
    });
    named.collect()
}

#[test]
fn every_fact_has_a_test_that_cites_it() {
    let sources = ["src", "tests"].map(|directory| files(&root().join(directory), &["rs"]));
    let names: Vec<&str> = sources.iter().flatten().flat_map(|(_, text)| tests(text)).collect();
    assert!(names.len() > 700, "{} tests were found", names.len());
    let cited: BTreeSet<&str> = names.iter().flat_map(|name| name.split('_')).collect();
    let without: Vec<String> = FACTS
        .iter()
        .flat_map(|(group, facts)| facts.iter().zip(1..).map(move |(fact, number)| (group, number, fact)))
        .filter(|(group, number, _)| !cited.contains(format!("{group}{number}").as_str()))
        .map(|(group, number, fact)| format!("{group}{number}: {fact}"))
        .collect();
    assert!(without.is_empty(), "no test cites\n{}", without.join("\n"));
}

#[test]
fn a_citation_is_a_word_in_the_name_of_a_test() {
    let source = "#[test]\n#[ignore = \"slow\"]\nfn s1_s2_one() {}\n#[tokio::test]\nasync fn s3_two() {}\nfn s4_no_test() {}";
    assert_eq!(tests(source), ["s1_s2_one", "s3_two"]);
}

/// The version of a package in Cargo.lock.
fn locked(package: &str) -> String {
    let lock = text("Cargo.lock");
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn p1_p4_the_grammar_is_that_of_18_and_trees_are_decoded_without_a_limit() {
    assert!(locked("pg_query").starts_with("18.1."), "{}", locked("pg_query"));
    // The feature counts only for the version of prost that pg_query decodes with.
    assert!(locked("prost").starts_with("0.13."), "{}", locked("prost"));
    let manifest = text("Cargo.toml");
    let prost = manifest.lines().find(|line| line.starts_with("prost = ")).unwrap();
    assert!(prost.contains("no-recursion-limit"), "{prost}");
}

/// `libpg_query` has code that redirects the standard error of the process while it parses, which two threads would not
/// come back from. It is not compiled in: `pg_query_internal.h` defines DEBUG.
#[test]
#[cfg(target_os = "linux")]
fn p16_parsing_on_several_threads_leaves_standard_error_where_it_is() {
    use schema_audit::core::sql::parse::parse;
    use std::sync::atomic::{AtomicBool, Ordering};
    let standard_error = || fs::read_link("/proc/self/fd/2").unwrap();
    let (before, done) = (standard_error(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let work = |thread: usize| {
            for nth in 0..500 {
                let name = format!("t{thread}_{nth}");
                let tree = parse(&format!("create table {name} (id int primary key)")).unwrap();
                assert_eq!(tree.stmts.len(), 1);
                assert!(parse(&format!("selec {name}")).unwrap_err().contains("selec"));
            }
        };
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || work(thread))).collect();
        let looking = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(standard_error(), before);
            }
        });
        let parsed: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(looking.join().is_ok() && parsed.iter().all(Result::is_ok));
    });
}

#[test]
fn p2_p3_the_build_has_libclang_and_no_protoc() {
    for file in ["README.md", "CONTRIBUTING.md", "tests/install-tools"] {
        assert!(text(file).contains("libclang"), "{file} does not say that the build needs libclang");
    }
    // With protoc on the PATH, the build of pg_query writes into its own sources.
    for file in ["tests/install-tools", "tests/tiers", ".ci/run", "Makefile"] {
        for protoc in ["protoc", "protobuf-compiler"] {
            assert!(!text(file).contains(protoc), "{file} brings {protoc}");
        }
    }
}

/// Where a tree is printed as SQL: what is put before EXPLAIN, or what the planner's answer is compared with. None of it
/// is written down or run.
const PRINTERS: &[&str] = &["audit/definitions/piece.rs", "sql/effect/view.rs", "sql/expression.rs"];

#[test]
fn p5_deparsed_sql_is_explained_and_never_given_out() {
    let mut printers = BTreeSet::new();
    for (path, text) in files(&root().join("src"), &["rs"]) {
        if program(&path, &text).iter().any(|line| line.contains("deparse(")) {
            printers.insert(path.strip_prefix(root().join("src/core")).unwrap().display().to_string());
        }
    }
    assert_eq!(printers.iter().map(String::as_str).collect::<Vec<_>>(), PRINTERS);
}

#[test]
fn p7_d5_no_fingerprint_of_the_parser_tells_what_is_the_same() {
    for (path, text) in files(&root().join("src"), &["rs"]) {
        for line in program(&path, &text) {
            let asks = line.contains("pg_query::fingerprint") || line.contains(".fingerprint(");
            assert!(!asks, "{}: {line}", path.display());
        }
    }
}

#[test]
fn v5_v6_v9_nothing_is_sent_that_a_pooler_keeps_or_a_standby_refuses() {
    let core = files(&root().join("src/core"), &["sql"]);
    // But for what applies a plan: that takes a session of its own, past any pooler, to a server that may be written to.
    let looks = |path: &Path| !path.starts_with(root().join("src/postgres/apply"));
    let mut edge = files(&root().join("src/postgres"), &["rs"]);
    edge.retain(|(path, _)| looks(path) && !path.ends_with("src/postgres/apply.rs"));
    assert!(core.len() > 50 && edge.len() > 8);
    let refused = [
        "advisory",
        "listen ",
        "notify ",
        "serializable",
        "temp table",
        "temporary table",
        "create unlogged",
        "txid_current",
        "pg_current_xact_id",
        "set session",
        "nextval",
        "prepare ",
        "declare ",
    ];
    for (path, text) in core.iter().chain(&edge) {
        for line in program(path, text) {
            for refused in refused {
                assert!(!line.contains(refused), "{refused}in {}: {line}", path.display());
            }
            let set = line.trim_start_matches('"');
            let lasts = set.starts_with("set ") && !set.starts_with("set local ");
            assert!(!lasts || set.starts_with("set transaction "), "{}: {line}", path.display());
        }
    }
}

/// How a process of this test reads a long text: all at once, or as feature sets are read.
const WAY: &str = "SCHEMA_AUDIT_TEST_P14";

#[cfg(target_os = "linux")]
#[test]
fn p14_a_text_is_parsed_statement_by_statement_which_takes_a_tenth_of_the_memory() {
    use schema_audit::core::audit::requirement::{Requirements, Selection};
    use schema_audit::core::feature::{Feature, FeatureSet, Source};
    use schema_audit::core::sql::parse;

    let text = format!("select {};\n", vec!["1"; 200].join(", ")).repeat(700);
    match std::env::var(WAY).as_deref() {
        Ok("whole") => drop(parse::parse(&text).unwrap()),
        Ok(_) => {
            let sources = vec![Source { name: "a.sql".into(), text: text.into() }];
            let features = vec![Feature { name: "a".into(), sources, ..Feature::default() }];
            let set = FeatureSet { name: "s".into(), features, ..FeatureSet::default() };
            assert_eq!(Requirements::of(&set, &Selection::default()).problems, []);
        }
        Err(_) => {
            let (whole, one_by_one) = (peak_of("whole"), peak_of("one by one"));
            let nothing = 16 * 1024;
            assert!(one_by_one < nothing + whole / 10, "{one_by_one} kB, and {whole} kB at once");
            return;
        }
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}

/// The greatest memory, in kB, of a process that reads the text in this way.
#[cfg(target_os = "linux")]
fn peak_of(way: &str) -> u64 {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "p14_"])
        .env(WAY, way)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let peak = said.lines().find_map(|line| line.split_once("VmHWM:").map(|(_, peak)| peak));
    let number = peak.unwrap_or_else(|| panic!("{said}")).trim().trim_end_matches(" kB");
    number.parse().unwrap()
}
