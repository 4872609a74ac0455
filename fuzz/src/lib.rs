//! What the fuzz targets do with their bytes. Nothing here may panic, hang, or take memory without bounds.

#![allow(missing_docs, reason = "programs to run, not a library")]

/// The engine, as the crate has it.
#[path = "../../src/core/mod.rs"]
pub mod core;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::observation::Observation;
use crate::core::audit::question::questions;
use crate::core::audit::requirement::{Requirements, Selection};
use crate::core::catalog::{Catalog, Row};
use crate::core::feature::{Feature, FeatureSet, Requires, Source};
use crate::core::kind::Kind;
use crate::core::sql::effect::{Scope, effects};
use crate::core::sql::{encoding, parse, split};

type Work = Box<dyn FnOnce() + Send>;

/// Runs work on one thread with the big stack that parse trees need: a thread for each input would take most of the
/// time. A panic there ends the process, which is what libFuzzer looks for.
fn on_big_stack(work: impl FnOnce() + Send + 'static) {
    static QUEUE: OnceLock<Mutex<(Sender<Work>, Receiver<()>)>> = OnceLock::new();
    let queue = QUEUE.get_or_init(|| {
        let ((send, todo), (done, wait)) = (channel::<Work>(), channel());
        std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn(move || {
                for work in todo {
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
                        std::process::abort();
                    }
                    let _ = done.send(());
                }
            })
            .expect("a thread can be started");
        Mutex::new((send, wait))
    });
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.0.send(Box::new(work)).expect("the thread is there");
    queue.1.recv().expect("the thread is there");
}

fn source(data: &[u8]) -> Source {
    Source { name: "fuzz.sql".into(), text: encoding::decode(data.to_vec()).into() }
}

/// Cuts bytes into statements: their ranges lie in the text, in order.
pub fn split(data: &[u8]) {
    let source = source(data);
    on_big_stack(move || {
        let mut end = 0;
        split::read(&source, &mut |statement| {
            assert!(source.text.get(statement.range.clone()).is_some());
            assert!(statement.range.start >= end || end == 0);
            end = statement.range.end;
        });
        let _ = split::marked_features(&source);
    });
}

/// Parses one text and reads the effects of its statements.
pub fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = text.to_owned();
    on_big_stack(move || {
        let Ok(tree) = parse::parse(&text) else { return };
        let scope = Scope::of("public".into());
        for node in tree.stmts.iter().filter_map(|raw| raw.stmt.as_ref()) {
            let _ = effects(node, &scope);
        }
    });
}

/// Folds several sources into requirements, and audits an empty database with them: whatever the statements, nothing is
/// Present or Different in it.
pub fn fold(data: &[u8]) {
    let features = data
        .split(|byte| *byte == 0xff)
        .take(4)
        .enumerate()
        .map(|(n, part)| Feature {
            name: format!("f{n}").into(),
            sources: vec![source(part)],
            ..Feature::default()
        })
        .collect();
    audit(FeatureSet { name: "fuzz".into(), features, ..FeatureSet::default() });
}

/// Reads lines as requirements by name, of every sort at once.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let all: Vec<String> = text.lines().take(50).map(str::to_owned).collect();
    let requires = Requires {
        schemas: all.clone(),
        extensions: all.clone(),
        types: all.clone(),
        sequences: all.clone(),
        tables: all.clone(),
        columns: all.clone(),
        constraints: all.clone(),
        indexes: all.clone(),
        views: all.clone(),
        materialized_views: all.clone(),
        functions: all.clone(),
        triggers: all.clone(),
        policies: all,
        ..Requires::default()
    };
    let feature = Feature { name: "names".into(), requires, ..Feature::default() };
    audit(FeatureSet { name: "fuzz".into(), features: vec![feature], ..FeatureSet::default() });
}

fn audit(set: FeatureSet) {
    let requirements = Requirements::of(&set, &Selection::default());
    let _ = questions(&requirements);
    let observation = Observation::default();
    let report = compare(&requirements, &observation, Depth::Shape);
    assert_eq!(report.summary.different, 0);
}

/// Decodes values as the rows of every kind's query, whatever a server may send.
pub fn rows(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut fields = text.split('\u{1}');
    let Some(kind) = fields.next().and_then(|first| Kind::ALL.iter().find(|kind| kind.id() == first)) else {
        return;
    };
    let (mut names, mut values) = (Vec::new(), Vec::new());
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        names.push(name.to_owned());
        values.push((value != "\u{2}").then_some(value));
    }
    let row = Row::new(*kind, &names, &values);
    if let Ok((id, shape)) = kind.decode(&row) {
        let _ = (id.to_string(), shape.compare(&shape));
        let mut catalog = Catalog::default();
        catalog.insert(id, shape);
    }
}
