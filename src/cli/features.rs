//! Feature documents from files: what `--features PATH` names.
//!
//! - A YAML file: its `FeatureSet` and `ClusterFeatureSet` documents. ConfigMaps that they refer to come from documents
//!   of the same file or directory, or from the files that a `kustomization.yaml` beside it generates them from. Other
//!   kinds are passed over.
//! - A .sql file: one feature, and one feature set, named after the file.
//! - A directory: the feature sets in its YAML files, if there is one; then .sql files count only where a document or
//!   the kustomization refers to them. Otherwise all .sql files, those of subdirectories too, in the order of their
//!   paths: one feature set named after the directory, one feature for each file.
//!
//! A directory of migrations may hold the way back too: files named `*.down.sql` are passed over, and `.up` before
//! `.sql` is no part of a feature's name. Nor are hidden files and directories looked at.

mod config_maps;
mod document;
mod error;
mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use error::Error;

use crate::core::feature::{Feature, FeatureSet, Source};
use crate::translate::feature_set::{feature_set, references};
use config_maps::ConfigMapSources;
use document::Document;

/// The feature sets at these paths, in order.
pub fn load(paths: &[PathBuf]) -> Result<Vec<FeatureSet>, Error> {
    let mut all: Vec<FeatureSet> = Vec::new();
    for path in paths {
        for set in load_path(path)? {
            if all.iter().any(|other| other.name == set.name) {
                return Err(Error::SameName { name: set.name.to_string() });
            }
            all.push(set);
        }
    }
    Ok(all)
}

fn load_path(path: &Path) -> Result<Vec<FeatureSet>, Error> {
    if files::is_directory(path)? {
        load_directory(path)
    } else if files::is_yaml(path) {
        load_yaml_file(path)
    } else if files::is_sql(path) {
        Ok(vec![sql_files(&stem(path), &[path.to_owned()], path)?])
    } else {
        Err(Error::UnknownForm { path: path.to_owned() })
    }
}

fn load_yaml_file(path: &Path) -> Result<Vec<FeatureSet>, Error> {
    let documents = document::read(path)?;
    let mut sources = ConfigMapSources::default();
    sources.add_documents(&documents);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sources.add_kustomization(directory)?;
    // What the file refers to and does not hold may be in its neighbours. They are none of the user's business
    // otherwise, so one that cannot be read is passed over.
    if documents.iter().any(|document| !sources.have_all(&document.references())) {
        for neighbour in files::yaml_files(directory)?.iter().filter(|neighbour| *neighbour != path) {
            sources.add_documents(&document::read(neighbour).unwrap_or_default());
        }
    }
    let sets = feature_sets(documents, &sources)?;
    if sets.is_empty() { Err(Error::NoFeatureSet { path: path.to_owned() }) } else { Ok(sets) }
}

fn load_directory(directory: &Path) -> Result<Vec<FeatureSet>, Error> {
    let mut documents = Vec::new();
    for file in files::yaml_files(directory)? {
        documents.extend(document::read(&file)?);
    }
    let mut sources = ConfigMapSources::default();
    sources.add_documents(&documents);
    sources.add_kustomization(directory)?;
    let sets = feature_sets(documents, &sources)?;
    if !sets.is_empty() {
        return Ok(sets);
    }
    let files = files::sql_files(directory)?;
    if files.is_empty() {
        return Err(Error::NothingThere { path: directory.to_owned() });
    }
    Ok(vec![sql_files(&directory_name(directory), &files, directory)?])
}

/// The feature sets among these documents, with their SQL.
fn feature_sets(documents: Vec<Document>, sources: &ConfigMapSources) -> Result<Vec<FeatureSet>, Error> {
    let mut sets = Vec::new();
    for document in documents {
        let Document::FeatureSet { path, name, spec } = document else { continue };
        let config_maps = sources.read(&references(&spec))?;
        let (mut set, missing) = feature_set(&name, &spec, &config_maps);
        if let Some(missing) = missing.into_iter().next() {
            return Err(Error::MissingReference { path, missing });
        }
        sources.name_files(&mut set, &path);
        sets.push(set);
    }
    Ok(sets)
}

/// A feature set of SQL files, one feature for each. Of a file among others, one that is too large or no UTF-8 is a problem
/// of its feature.
fn sql_files(name: &str, files: &[PathBuf], root: &Path) -> Result<FeatureSet, Error> {
    let mut stems: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        *stems.entry(stem(file)).or_default() += 1;
    }
    let mut features = Vec::new();
    for file in files {
        let stem = stem(file);
        // Files of the same name in different directories are told apart by their paths.
        let name = if stems[&stem] > 1 { path_without_extension(file, root) } else { stem };
        let text =
            if files.len() == 1 { files::read_sql(file)? } else { files::read_sql_among_others(file)? };
        let source = Source { name: file.display().to_string().into(), text: text.into() };
        features.push(Feature { name: name.into(), sources: vec![source], ..Feature::default() });
    }
    Ok(FeatureSet { name: name.into(), features, ..FeatureSet::default() })
}

/// The name of a file without `.sql`, `.up.sql`, `.yaml`.
fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_suffix(".up").unwrap_or(&stem).to_owned()
}

fn path_without_extension(file: &Path, root: &Path) -> String {
    let relative = file.strip_prefix(root).unwrap_or(file);
    let directory = relative.parent().unwrap_or(Path::new(""));
    directory.join(stem(file)).display().to_string()
}

/// The name of a directory, also of `.` and `..`, which have none of their own.
fn directory_name(directory: &Path) -> String {
    let named = directory.file_name().map(std::ffi::OsStr::to_owned);
    let resolved = || directory.canonicalize().ok()?.file_name().map(std::ffi::OsStr::to_owned);
    named.or_else(resolved).map_or_else(|| "features".to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
