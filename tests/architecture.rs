//! The direction of dependencies, held by reading the sources: which room may know which, and who may touch the world.
//!
//! A path counts wherever it stands, in a `use` or in code, tests included; comments and texts do not.

#![allow(clippy::unwrap_used, reason = "a source that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a room of `src/` may know.
struct Room {
    /// Its file or directory in `src/`, without `.rs`.
    name: &'static str,
    /// The other rooms. `postgres::Failure` allows that one item.
    rooms: &'static [&'static str],
    /// The crates of Cargo.toml.
    crates: Crates,
    /// What of the standard library it must not touch.
    no_std: &'static [&'static str],
}

enum Crates {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// The world, as the standard library gives it.
const WORLD: &[&str] = &[
    "env",
    "fs",
    "net",
    "process",
    "os",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "time::SystemTime",
    "time::Instant",
];
/// What only the command line reads: flags and the environment.
const ENVIRONMENT: &[&str] = &["env"];

/// The table. `ARCHITECTURE.md` says why; a new room needs a line.
const ROOMS: &[Room] = &[
    Room {
        name: "core",
        rooms: &[],
        crates: Crates::Only(&[
            "cronexpr",
            "jiff",
            "pg_query",
            "postgres_protocol",
            "prost",
            "serde",
            "serde_json",
            "sha2",
            "smol_str",
            "thiserror",
        ]),
        no_std: WORLD,
    },
    Room {
        name: "api",
        rooms: &[],
        crates: Crates::Only(&[
            "jiff",
            "k8s_openapi",
            "kube",
            "schemars",
            "serde",
            "serde_json",
            "serde_saphyr",
            "thiserror",
        ]),
        no_std: WORLD,
    },
    Room {
        name: "bundle",
        rooms: &["api", "core"],
        crates: Crates::Only(&["flate2", "serde", "serde_json", "sha2", "thiserror"]),
        no_std: WORLD,
    },
    Room {
        name: "translate",
        rooms: &["api", "core", "postgres::Failure"],
        crates: Crates::Only(&["jiff", "k8s_openapi", "serde", "serde_json", "sha2", "thiserror"]),
        no_std: WORLD,
    },
    Room {
        name: "report",
        rooms: &["core"],
        crates: Crates::AllBut(&[
            "axum",
            "clap",
            "k8s_openapi",
            "kube",
            "prometheus",
            "tokio",
            "tokio_postgres",
            "tracing",
        ]),
        no_std: WORLD,
    },
    Room {
        name: "postgres",
        rooms: &["core"],
        crates: Crates::AllBut(&[
            "axum",
            "clap",
            "k8s_openapi",
            "kube",
            "pg_query",
            "prometheus",
            "schemars",
        ]),
        no_std: ENVIRONMENT,
    },
    Room {
        name: "kubernetes",
        // A Secret leaves this room as a `postgres::Target`, which shows no secret, never as text.
        rooms: &["api", "bundle", "core", "postgres", "translate"],
        crates: Crates::AllBut(&["axum", "clap", "pg_query", "prometheus", "tokio_postgres"]),
        no_std: ENVIRONMENT,
    },
    Room {
        name: "metrics",
        rooms: &["api", "core"],
        crates: Crates::AllBut(&["axum", "clap", "pg_query", "tokio_postgres"]),
        no_std: ENVIRONMENT,
    },
    Room {
        name: "http",
        rooms: &["metrics"],
        crates: Crates::AllBut(&["clap", "pg_query", "tokio_postgres"]),
        no_std: ENVIRONMENT,
    },
    Room {
        name: "telemetry",
        // It gives clap the names of its formats; it reads no flag.
        rooms: &[],
        crates: Crates::AllBut(&["axum", "k8s_openapi", "kube", "pg_query", "tokio_postgres"]),
        no_std: ENVIRONMENT,
    },
    Room {
        name: "controller",
        rooms: &["api", "bundle", "core", "http", "kubernetes", "metrics", "postgres", "report", "translate"],
        crates: Crates::AllBut(&["axum", "clap", "pg_query", "tokio_postgres"]),
        no_std: ENVIRONMENT,
    },
    Room {
        name: "cli",
        rooms: &[
            "api",
            "bundle",
            "controller",
            "core",
            "http",
            "kubernetes",
            "metrics",
            "postgres",
            "report",
            "telemetry",
            "translate",
        ],
        crates: Crates::AllBut(&["pg_query", "tokio_postgres"]),
        no_std: &[],
    },
];

/// Rooms that only say what there is.
const DOORS: &[&str] = &["lib", "main"];

#[test]
fn every_room_knows_only_what_it_may() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let dependencies = dependencies(&fs::read_to_string(root.join("Cargo.toml")).unwrap());
    assert!(dependencies.contains("kube") && dependencies.contains("tokio_postgres"), "{dependencies:?}");
    let mut wrong = Vec::new();
    for file in sources(&root.join("src")) {
        let inside = file.strip_prefix(root.join("src")).unwrap();
        wrong.extend(violations(inside, &fs::read_to_string(&file).unwrap(), &dependencies));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_fuzz_targets_have_the_crates_of_the_core_as_the_program_has_them() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let lines = |manifest: &str| -> Vec<String> {
        fs::read_to_string(root.join(manifest)).unwrap().lines().map(str::to_owned).collect()
    };
    let (ours, fuzz) = (lines("Cargo.toml"), lines("fuzz/Cargo.toml"));
    let core = ROOMS.iter().find(|room| room.name == "core").unwrap();
    let Crates::Only(crates) = core.crates else { panic!("core may use few crates") };
    for name in crates {
        let is_named = |line: &&String| {
            line.split_once('=').is_some_and(|(named, _)| named.trim().replace('-', "_") == **name)
        };
        let of_core = ours.iter().find(is_named).unwrap_or_else(|| panic!("Cargo.toml has no {name}"));
        assert!(fuzz.contains(of_core), "fuzz/Cargo.toml has no line: {of_core}");
    }
}

/// The crates that Cargo.toml names as dependencies, as code spells them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let section = lines.take_while(|line| !line.starts_with('['));
    let entries = section.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    entries.map(|(name, _)| name.trim().replace('-', "_")).collect()
}

/// The Rust files of a directory and its subdirectories.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What a file of `src/` mentions and must not. `file` is its path in `src/`.
fn violations(file: &Path, text: &str, dependencies: &BTreeSet<String>) -> Vec<String> {
    let module = module_of(file);
    let name = module.first().map_or("lib", String::as_str);
    if DOORS.contains(&name) {
        return Vec::new();
    }
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![format!(
            "src/{}: the room {name} is not in the table of tests/architecture.rs",
            file.display()
        )];
    };
    let mut wrong = Vec::new();
    for (line, path) in paths(text) {
        let path = absolute(&path, &module);
        if let Some(why) = room.refuses(&path, dependencies) {
            wrong.push(format!("src/{}:{line}: {} {why}", file.display(), path.join("::")));
        }
    }
    wrong
}

/// The module that a file is: `core/kind/mod.rs` is `core::kind`.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// A path from the root of the crate, where it starts with `super` or `self`.
fn absolute(path: &[String], module: &[String]) -> Vec<String> {
    let relative = path.iter().take_while(|part| *part == "super" || *part == "self").count();
    if relative == 0 {
        return path.to_vec();
    }
    let up = path.iter().take(relative).filter(|part| *part == "super").count();
    let mut absolute = vec!["crate".to_owned()];
    absolute.extend(module.iter().take(module.len().saturating_sub(up)).cloned());
    absolute.extend(path[relative..].iter().cloned());
    absolute
}

impl Room {
    /// Why this path must not stand in this room.
    fn refuses(&self, path: &[String], dependencies: &BTreeSet<String>) -> Option<String> {
        let first = path.first()?.as_str();
        match first {
            "crate" => {
                let other = path.get(1)?;
                let is_room = ROOMS.iter().any(|room| room.name == other);
                let inside = path[1..].join("::");
                let allowed = self.rooms.iter().any(|allowed| starts_with(&inside, allowed));
                (is_room && other != self.name && !allowed)
                    .then(|| format!("is of a room that {} must not know", self.name))
            }
            "std" => {
                let inside = path[1..].join("::");
                let touched = self.no_std.iter().find(|forbidden| starts_with(&inside, forbidden))?;
                Some(format!("touches std::{touched}, which {} must not", self.name))
            }
            _ if dependencies.contains(first) => {
                let allowed = match self.crates {
                    Crates::Only(crates) => crates.contains(&first),
                    Crates::AllBut(crates) => !crates.contains(&first),
                };
                (!allowed).then(|| format!("is of a crate that {} must not know", self.name))
            }
            _ => None,
        }
    }
}

/// Whether a path is `prefix` or something in it.
fn starts_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// All paths of two parts or more in a source, with their lines; `use a::{b, c::d}` counts as `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut paths = Vec::new();
    // The part of a `use` before each open brace, and whether the brace belongs to one.
    let mut prefixes: Vec<Option<Vec<String>>> = Vec::new();
    let mut current: Vec<String> = Vec::new();
    let tokens = tokens(text);
    for (position, (line, token)) in tokens.iter().enumerate() {
        let next = tokens.get(position + 1).map(|(_, token)| token.as_str());
        let before = position.checked_sub(1).map(|before| tokens[before].1.as_str());
        match token.as_str() {
            "::" => {}
            "{" if before == Some("::") => {
                let mut prefix = prefixes.last().cloned().flatten().unwrap_or_default();
                prefix.append(&mut current);
                prefixes.push(Some(prefix));
            }
            "{" => prefixes.push(None),
            "}" => {
                prefixes.pop();
            }
            word if word.starts_with(|c: char| c.is_alphabetic() || c == '_') || word == "*" => {
                if before != Some("::") {
                    current.clear();
                }
                current.push(word.to_owned());
                if next != Some("::") {
                    let mut path = prefixes.last().cloned().flatten().unwrap_or_default();
                    path.append(&mut current);
                    if path.len() > 1 || before == Some("use") {
                        paths.push((*line, path));
                    }
                }
            }
            _ => {}
        }
    }
    paths
}

/// Words, `::`, braces and other characters of a source, each with its line; comments and texts are left out.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let characters: Vec<char> = text.chars().collect();
    let at = |position: usize| characters.get(position).copied().unwrap_or('\0');
    let (mut tokens, mut line, mut here) = (Vec::new(), 1, 0);
    while here < characters.len() {
        let start = here;
        match at(here) {
            '/' if at(here + 1) == '/' => {
                while here < characters.len() && at(here) != '\n' {
                    here += 1;
                }
            }
            '"' => {
                here += 1;
                while here < characters.len() && at(here) != '"' {
                    here += if at(here) == '\\' { 2 } else { 1 };
                }
                here += 1;
            }
            'r' if at(here + 1) == '"' || (at(here + 1) == '#' && matches!(at(here + 2), '"' | '#')) => {
                here += 1;
                let hashes = characters[here..].iter().take_while(|c| **c == '#').count();
                here += hashes + 1;
                let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                while here < characters.len() && !characters[here..].starts_with(&end) {
                    here += 1;
                }
                here += end.len();
            }
            '\'' if at(here + 1) == '\\' => {
                here += 3;
                while here < characters.len() && at(here) != '\'' {
                    here += 1;
                }
                here += 1;
            }
            '\'' if at(here + 2) == '\'' => here += 3,
            c if c.is_alphanumeric() || c == '_' => {
                while at(here).is_alphanumeric() || at(here) == '_' {
                    here += 1;
                }
                tokens.push((line, characters[start..here].iter().collect()));
            }
            ':' if at(here + 1) == ':' => {
                tokens.push((line, "::".to_owned()));
                here += 2;
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((line, c.to_string()));
                }
                here += 1;
            }
        }
        here = here.min(characters.len());
        line += characters[start..here].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

#[cfg(test)]
mod the_checker {
    use super::*;

    fn wrong(file: &str, text: &str) -> Vec<String> {
        let dependencies = ["kube", "tokio", "clap", "serde", "tokio_postgres"].map(str::to_owned).into();
        violations(Path::new(file), text, &dependencies)
    }

    #[test]
    fn finds_every_way_to_mention_what_is_forbidden() {
        for (file, text, told) in [
            ("core/audit/mod.rs", "use kube::Client;", "src/core/audit/mod.rs:1: kube::Client is of a crate"),
            (
                "core/name.rs",
                "\n\nuse std::{fmt, fs::{self, File}};",
                "src/core/name.rs:3: std::fs::self touches std::fs",
            ),
            ("core/name.rs", "fn f() { let _ = std::env::var(\"A\"); }", "std::env::var touches std::env"),
            ("core/name.rs", "use std::time::{Duration, Instant};", "std::time::Instant touches"),
            ("core/name.rs", "use crate::api::Reason;", "crate::api::Reason is of a room"),
            (
                "core/name.rs",
                "use crate::{core::name, postgres::Failure};",
                "crate::postgres::Failure is of a room",
            ),
            ("core/kind/mod.rs", "use super::super::api::Reason;", "crate::api::Reason is of a room"),
            ("core/name.rs", "#[tokio::main]\nasync fn f() {}", "tokio::main is of a crate"),
            ("api/mod.rs", "use crate::core::name::Identifier;", "is of a room that api must not know"),
            ("translate/status.rs", "use crate::postgres::Target;", "crate::postgres::Target is of a room"),
            ("kubernetes/secret.rs", "use crate::controller::Context;", "is of a room"),
            ("controller/mod.rs", "use clap::Parser;", "is of a crate that controller must not know"),
            ("postgres/target.rs", "fn f() -> char { '\"' }\nuse std::env;", "target.rs:2: std::env touches"),
            ("strange/mod.rs", "", "the room strange is not in the table"),
        ] {
            let wrong = wrong(file, text);
            assert!(wrong.iter().any(|line| line.contains(told)), "{text}\n{wrong:?}");
        }
    }

    #[test]
    fn lets_everything_else_pass() {
        for (file, text) in [
            (
                "core/name.rs",
                "use std::collections::BTreeMap;\nuse serde::Serialize;\nuse crate::core::kind::Kind;",
            ),
            (
                "core/name.rs",
                "//! See [`crate::api`] and kube::Client.\nconst A: &str = \"use kube::Client;\";",
            ),
            (
                "core/name.rs",
                "const A: &str = r#\"std::fs \"quoted\" kube::Client\"#; const B: char = '\\'';",
            ),
            ("core/kind/mod.rs", "use super::name::Identifier;"),
            ("core/name.rs", "mod tests { use super::*; }"),
            (
                "translate/failure.rs",
                "use crate::postgres::Failure;\nuse crate::{api::Reason, core::problem::Problem};",
            ),
            ("cli/audit.rs", "use std::env;\nuse clap::Parser;\nuse crate::postgres::Target;"),
            ("main.rs", "fn main() { schema_audit::cli::run() }"),
        ] {
            assert_eq!(wrong(file, text), Vec::<String>::new(), "{text}");
        }
    }
}
