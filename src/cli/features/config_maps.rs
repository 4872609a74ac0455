//! Where the SQL of a ConfigMap comes from, with no cluster to ask.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::document::Document;
use super::{Error, files};
use crate::core::feature::FeatureSet;
use crate::translate::feature_set::ConfigMaps;

/// ConfigMaps by name, each with its keys.
#[derive(Debug, Default)]
pub(super) struct ConfigMapSources {
    by_name: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The value of a key.
#[derive(Debug)]
enum Value {
    /// A text.
    Text(String),
    /// What is in a file.
    File(PathBuf),
}

/// The part of a kustomization that makes ConfigMaps.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Kustomization {
    config_map_generator: Vec<Generator>,
}

/// One ConfigMap of a kustomization.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generator {
    name: String,
    /// `path` or `key=path`; paths start at the kustomization.
    files: Vec<String>,
    /// `key=text`.
    literals: Vec<String>,
}

/// The names that kustomize itself looks for.
const KUSTOMIZATIONS: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

impl ConfigMapSources {
    /// Adds the ConfigMaps among these documents.
    pub(super) fn add_documents(&mut self, documents: &[Document]) {
        for document in documents {
            if let Document::ConfigMap { name, data } = document {
                let keys = data.iter().map(|(key, text)| (key.clone(), Value::Text(text.clone())));
                self.by_name.entry(name.clone()).or_default().extend(keys);
            }
        }
    }

    /// Adds the ConfigMaps that the kustomization of a directory generates, if it has one.
    pub(super) fn add_kustomization(&mut self, directory: &Path) -> Result<(), Error> {
        let Some(path) = KUSTOMIZATIONS.iter().map(|name| directory.join(name)).find(|path| path.is_file())
        else {
            return Ok(());
        };
        let kustomization: Kustomization = serde_saphyr::from_str(&files::read(&path)?).map_err(|error| {
            let line = error.location().map_or(1, |location| usize::try_from(location.line()).unwrap_or(1));
            Error::Yaml { path, line, message: error.without_snippet().to_string() }
        })?;
        for Generator { name, files, literals } in kustomization.config_map_generator {
            let keys = self.by_name.entry(name).or_default();
            for file in files {
                let (key, file) = match file.split_once('=') {
                    Some((key, file)) => (key.to_owned(), PathBuf::from(file)),
                    None => (base_name(&file), PathBuf::from(file)),
                };
                keys.insert(key, Value::File(tidy(&directory.join(file))));
            }
            for literal in literals {
                if let Some((key, text)) = literal.split_once('=') {
                    keys.insert(key.to_owned(), Value::Text(text.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Whether all of these ConfigMaps are there.
    pub(super) fn have_all(&self, names: &BTreeSet<String>) -> bool {
        names.iter().all(|name| self.by_name.contains_key(name))
    }

    /// These ConfigMaps with their texts, in the form that the translation takes.
    pub(super) fn read(&self, names: &BTreeSet<String>) -> Result<ConfigMaps, Error> {
        let mut config_maps = ConfigMaps::new();
        for name in names {
            let Some(keys) = self.by_name.get(name) else {
                config_maps.insert(name.clone(), None);
                continue;
            };
            let mut texts = BTreeMap::new();
            for (key, value) in keys {
                let text = match value {
                    Value::Text(text) => text.clone(),
                    Value::File(path) => files::read_sql_among_others(path)?,
                };
                texts.insert(key.clone(), text);
            }
            config_maps.insert(name.clone(), Some(texts));
        }
        Ok(config_maps)
    }

    /// Calls the SQL that came from files by the names of the files: on a laptop that is what an editor opens. What
    /// stands in the document itself has its file, `path`, before it.
    pub(super) fn name_files(&self, set: &mut FeatureSet, path: &Path) {
        for source in set.features.iter_mut().flat_map(|feature| &mut feature.sources) {
            let value = source
                .name
                .split_once('/')
                .and_then(|(name, key)| self.by_name.get(name).and_then(|keys| keys.get(key)));
            match value {
                Some(Value::File(file)) => source.name = file.display().to_string().into(),
                Some(Value::Text(_)) => {}
                None => source.name = format!("{}, {}", path.display(), source.name).into(),
            }
        }
    }
}

fn base_name(path: &str) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The path without a leading `./`, which says nothing.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}
