//! What documents refer to is there: files, headings, and the targets of make.

#![allow(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document in Markdown, with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let mut directories = vec![root().to_owned()];
    let mut documents = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') && !["target", "src"].contains(&name) {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(documents.len() > 10);
    documents
}

/// A document without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// What stands in single backticks.
fn inline_code(text: &str) -> Vec<String> {
    prose(text).split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The names by which its headings can be linked to, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let slug = |heading: &str| -> String {
        let letters = heading.trim().to_lowercase().replace(' ', "-");
        letters.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    let text = prose(text);
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|it| slug(it.trim_start_matches('#')))
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        for link in prose(&text).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let leads = target.exists()
                && (anchor.is_empty() || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !leads {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `src/core/plan/{select,order}.rs`, as the paths that it stands for.
fn paths(code: &str) -> Vec<String> {
    match code.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?))) {
        None => vec![code.to_owned()],
        Some((start, (names, end))) => {
            names.split(',').map(|name| format!("{start}{}{end}", name.trim())).collect()
        }
    }
}

#[test]
fn every_file_that_is_named_is_there() {
    const BEGINNINGS: [&str; 17] = [
        "benches/",
        "cli/",
        "controller/",
        "core/",
        "crds/",
        "deploy/",
        "docs/",
        "examples/",
        "fuzz/",
        "kubernetes/",
        "metrics/",
        "plan/",
        "postgres/",
        "report/",
        "src/",
        "tests/",
        "translate/",
    ];
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        let commands = inline_code(&text);
        let words = commands.iter().flat_map(|code| code.split([' ', '\n']));
        for name in words.filter(|word| BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))) {
            let places = [root().to_owned(), root().join("src"), path.parent().unwrap().to_owned()];
            let is_there = |path: &String| places.iter().any(|place| place.join(path).exists());
            if !name.contains(['*', '<']) && !paths(name).iter().all(is_there) {
                wrong.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_target_of_make_that_is_named_is_there() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        let blocks =
            text.split("```").skip(1).step_by(2).flat_map(str::lines).map(|line| line.trim().to_owned());
        for code in inline_code(&text).into_iter().chain(blocks) {
            let Some(target) = code.strip_prefix("make ").and_then(|rest| rest.split([' ', '\n']).next())
            else {
                continue;
            };
            if !makefile.lines().any(|line| line.starts_with(&format!("{target}: ##"))) {
                wrong.push(format!("{}: make {target}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
