//! Why feature documents could not be loaded: which file, what is wrong, what to do.

use std::path::PathBuf;

use crate::translate::feature_set::MissingReference;

/// Why feature documents could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path does not exist.
    #[error("there is no file or directory {}", path.display())]
    NotThere {
        /// The path.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not text.
    #[error("{}:{line}: this is not UTF-8 text; save the file as UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that is not UTF-8.
        line: usize,
    },
    /// The file is text of another sort.
    #[error("{}:1: this is UTF-16 text; save the file as UTF-8", path.display())]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than any schema.
    #[error(
        "{} is larger than {megabytes} MiB, which no schema is; leave the data out of it, as pg_dump --schema-only does",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size that is read, in MiB.
        megabytes: u64,
    },
    /// The file is neither SQL nor YAML.
    #[error("{} is neither SQL nor YAML; a feature document is a file named .sql, .yaml or .yml, or a directory of such", path.display())]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// The YAML cannot be read.
    #[error("{}:{line}: {message}", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The document has a field that the API does not know.
    #[error("{}:{line}: {document} has no field {field}; look for a typing mistake, or see kubectl explain featureset.spec", path.display())]
    UnknownField {
        /// The file.
        path: PathBuf,
        /// The line where the document starts.
        line: usize,
        /// Kind and name of the document.
        document: String,
        /// The path of the field: `spec.features[0].requries`.
        field: String,
    },
    /// The document is not as the API requires.
    #[error("{}:{line}: {document}, {field}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line where the document starts.
        line: usize,
        /// Kind and name of the document.
        document: String,
        /// The path of the field.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// The document refers to SQL that is not there.
    #[error("{}: {missing}; put the ConfigMap into the same directory, or its file under configMapGenerator of a kustomization.yaml there", path.display())]
    MissingReference {
        /// The file of the feature set.
        path: PathBuf,
        /// What is missing.
        missing: MissingReference,
    },
    /// A YAML file without a feature set.
    #[error("{} holds no FeatureSet and no ClusterFeatureSet of schemaaudit.dev/v1alpha1", path.display())]
    NoFeatureSet {
        /// The file.
        path: PathBuf,
    },
    /// A directory with nothing in it.
    #[error("{} holds no feature set in a .yaml file, and no .sql file", path.display())]
    NothingThere {
        /// The directory.
        path: PathBuf,
    },
    /// Two feature sets of one name.
    #[error("there are two feature sets named {name}; give each a name of its own")]
    SameName {
        /// The name.
        name: String,
    },
}

impl Error {
    /// What is wrong with a single file of SQL, in words that need no path, where every other file may be read all the
    /// same.
    pub(super) fn of_one_file(&self) -> Option<String> {
        match self {
            Self::Utf16 { .. } => Some("this is UTF-16 text; save the file as UTF-8".to_owned()),
            Self::TooLarge { megabytes, .. } => Some(format!(
                "this file is larger than {megabytes} MiB, which no schema is; leave the data out of it, as pg_dump \
                 --schema-only does"
            )),
            _ => None,
        }
    }
}
