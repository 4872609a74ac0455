//! YAML documents: feature sets, and the ConfigMaps that they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Error, files};
use crate::api::feature_set::SqlSource;
use crate::api::{ClusterFeatureSet, FeatureSet, FeatureSetSpec, GROUP, VERSION};
use crate::translate::feature_set::references;

/// A document that counts.
#[derive(Debug)]
pub(super) enum Document {
    /// A FeatureSet or ClusterFeatureSet.
    FeatureSet {
        /// The file that it is in.
        path: PathBuf,
        /// Its name.
        name: String,
        /// The features.
        spec: FeatureSetSpec,
    },
    /// A ConfigMap.
    ConfigMap {
        /// Its name.
        name: String,
        /// Its keys.
        data: BTreeMap<String, String>,
    },
}

impl Document {
    /// The ConfigMaps that it refers to.
    pub(super) fn references(&self) -> BTreeSet<String> {
        match self {
            Self::FeatureSet { spec, .. } => references(spec),
            Self::ConfigMap { .. } => BTreeSet::new(),
        }
    }
}

/// The documents of a file, without those of other kinds.
pub(super) fn read(path: &Path) -> Result<Vec<Document>, Error> {
    let text = files::read(path)?;
    let mut documents = Vec::new();
    for chunk in chunks(&text) {
        documents.extend(Chunk { path, ..chunk }.document()?);
    }
    Ok(documents)
}

/// One document of a file, still as text.
struct Chunk<'a> {
    path: &'a Path,
    /// The line of its first line, from 1.
    line: usize,
    text: String,
}

/// Cuts a stream of YAML documents at its `---` lines. Inside of a document no line can start like that, not even in
/// a block of text. Each document is read on its own, so that a mistake is reported with its place: whoever buffers
/// a document to find out its kind loses the lines.
fn chunks(text: &str) -> Vec<Chunk<'static>> {
    let mut chunks = vec![Chunk { path: Path::new(""), line: 1, text: String::new() }];
    for (position, line) in text.lines().enumerate() {
        let after =
            line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']));
        match (after, chunks.last_mut()) {
            (None, Some(chunk)) => {
                chunk.text.push_str(line);
                chunk.text.push('\n');
            }
            (after, _) => {
                let text = format!("{}\n", after.unwrap_or(line));
                chunks.push(Chunk { path: Path::new(""), line: position + 1, text });
            }
        }
    }
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
}

impl Chunk<'_> {
    /// Whether there is nothing but comments and directives.
    fn is_empty(&self) -> bool {
        self.text.lines().all(|line| {
            let line = line.trim_start();
            line.is_empty() || line.starts_with(['#', '%'])
        })
    }

    fn document(&self) -> Result<Option<Document>, Error> {
        let value: Value = self.parse()?;
        let text =
            |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        let ours = version.split('/').next() == Some(GROUP);
        match kind.as_str() {
            "FeatureSet" | "ClusterFeatureSet" if ours && version != format!("{GROUP}/{VERSION}") => {
                let message = format!("this program reads {GROUP}/{VERSION}, not {version}");
                Err(self.invalid(&kind, &name, "apiVersion", &message))
            }
            "FeatureSet" if ours => {
                let document = self.typed::<FeatureSet>(&value, &kind, &name)?;
                self.feature_set(&kind, name, document.spec).map(Some)
            }
            "ClusterFeatureSet" if ours => {
                let document = self.typed::<ClusterFeatureSet>(&value, &kind, &name)?;
                self.feature_set(&kind, name, document.spec.into()).map(Some)
            }
            "ConfigMap" if version == "v1" => Ok(Some(Document::ConfigMap { name, data: data(&value) })),
            _ => Ok(None),
        }
    }

    /// Holds the document to the rules that the API server would hold it to and that matter here.
    fn feature_set(&self, kind: &str, name: String, spec: FeatureSetSpec) -> Result<Document, Error> {
        if name.is_empty() {
            return Err(self.invalid(kind, "without a name", "metadata.name", "give it a name"));
        }
        for (number, feature) in spec.features.iter().enumerate() {
            if feature.name.is_empty() {
                let field = format!("spec.features[{number}].name");
                return Err(self.invalid(kind, &name, &field, "give it a name"));
            }
            for (position, SqlSource { inline, config_map_key_ref, config_map_ref }) in
                feature.sql.iter().enumerate()
            {
                let given = [inline.is_some(), config_map_key_ref.is_some(), config_map_ref.is_some()];
                if given.into_iter().filter(|given| *given).count() != 1 {
                    let field = format!("spec.features[{number}].sql[{position}]");
                    let message = "give exactly one of inline, configMapKeyRef and configMapRef";
                    return Err(self.invalid(kind, &name, &field, message));
                }
            }
        }
        Ok(Document::FeatureSet { path: self.path.to_owned(), name, spec })
    }

    /// The document as a type of the API. A field that the type does not have is an error: a misspelt `requires`
    /// would make every database look complete.
    fn typed<T: DeserializeOwned + Serialize>(
        &self,
        value: &Value,
        kind: &str,
        name: &str,
    ) -> Result<T, Error> {
        let document: T = self.parse()?;
        let known = serde_json::to_value(&document)
            .map_err(|error| self.invalid(kind, name, "spec", &error.to_string()))?;
        let spec = |value: &Value| value.get("spec").cloned().unwrap_or_default();
        match unknown_field(&spec(value), &spec(&known)) {
            None => Ok(document),
            Some(field) => Err(Error::UnknownField {
                path: self.path.to_owned(),
                line: self.line,
                document: format!("{kind} {name}"),
                field: format!("spec{field}"),
            }),
        }
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_saphyr::from_str(&self.text).map_err(|error| {
            let place = error.location().map_or(1, |location| usize::try_from(location.line()).unwrap_or(1));
            Error::Yaml {
                path: self.path.to_owned(),
                line: self.line + place.max(1) - 1,
                message: in_words(without_place(&error.without_snippet().to_string())),
            }
        })
    }

    fn invalid(&self, kind: &str, name: &str, field: &str, message: &str) -> Error {
        Error::Invalid {
            path: self.path.to_owned(),
            line: self.line,
            document: format!("{kind} {name}"),
            field: field.to_owned(),
            message: message.to_owned(),
        }
    }
}

/// The message without the place at its end, which counts lines of the document rather than of the file.
fn without_place(message: &str) -> String {
    message.rfind(" at line ").map_or(message, |end| &message[..end]).to_owned()
}

/// The message in the words of YAML's users, where it is in those of its parser.
fn in_words(message: String) -> String {
    match message.as_str() {
        "expected sequence start" => {
            "a list is expected here: [a, b], or lines that start with a dash".to_owned()
        }
        "expected mapping start" => "fields are expected here: name: value".to_owned(),
        _ if message.starts_with("budget breached") => {
            "the document is too large, with its aliases (*name) written out".to_owned()
        }
        _ => message,
    }
}

/// The texts of a ConfigMap.
fn data(value: &Value) -> BTreeMap<String, String> {
    let data = value.get("data").and_then(Value::as_object).into_iter().flatten();
    data.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect()
}

/// The first field of `given` that `known`, the same document after it was read and written, does not have. What is
/// empty is not written, so an absent field tells nothing when there was nothing in it.
fn unknown_field(given: &Value, known: &Value) -> Option<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            given.iter().find_map(|(name, value)| match known.get(name) {
                Some(known) => unknown_field(value, known).map(|rest| format!(".{name}{rest}")),
                None if is_nothing(value) => None,
                None => Some(format!(".{name}")),
            })
        }
        (Value::Array(given), Value::Array(known)) => {
            given.iter().zip(known).enumerate().find_map(|(position, (given, known))| {
                unknown_field(given, known).map(|rest| format!("[{position}]{rest}"))
            })
        }
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
