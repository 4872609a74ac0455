//! Files and directories, with errors that name them.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::Error;
use crate::core::sql::encoding;

/// Whether there is a directory at `path`; an error if nothing is there.
pub(super) fn is_directory(path: &Path) -> Result<bool, Error> {
    fs::metadata(path).map(|metadata| metadata.is_dir()).map_err(|error| failed(path, error))
}

/// The largest file that is read, in bytes. A schema of fifty thousand tables is smaller.
const MOST_BYTES: u64 = 64 << 20;

/// The text of a file of YAML, without a byte order mark.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    let text = String::from_utf8(bytes(path)?).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        Error::NotUtf8 { path: path.to_owned(), line }
    })?;
    Ok(without_mark(text))
}

/// The text of a file of SQL, without a byte order mark. What is not UTF-8 in it is for the reader of the SQL to tell,
/// so that it costs one statement rather than the file.
pub(super) fn read_sql(path: &Path) -> Result<String, Error> {
    Ok(without_mark(encoding::decode(bytes(path)?)))
}

/// As [`read_sql`], for a file among others: what is wrong with it alone stands in its place and becomes a problem of the
/// report, so that it costs nothing else.
pub(super) fn read_sql_among_others(path: &Path) -> Result<String, Error> {
    read_sql(path).or_else(|error| match error.of_one_file() {
        Some(reason) => Ok(encoding::not_read(&reason)),
        None => Err(error),
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let file = fs::File::open(path).map_err(|error| failed(path, error))?;
    let said = file.metadata().map_or(0, |about| about.len().min(MOST_BYTES));
    // One more, so that the end is found without room for as much again.
    let mut bytes = Vec::with_capacity(usize::try_from(said).unwrap_or(0) + 1);
    // Not all that can be read knows its size.
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(path, error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(Error::TooLarge { path: path.to_owned(), megabytes: MOST_BYTES >> 20 });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Error::Utf16 { path: path.to_owned() });
    }
    Ok(bytes)
}

fn without_mark(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

pub(super) fn is_yaml(path: &Path) -> bool {
    has_extension(path, &["yaml", "yml"])
}

pub(super) fn is_sql(path: &Path) -> bool {
    has_extension(path, &["sql"])
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|own| extensions.iter().any(|extension| own.eq_ignore_ascii_case(extension)))
}

/// The YAML files of a directory itself, in the order of their names.
pub(super) fn yaml_files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = entries(directory)?;
    Ok(entries
        .into_iter()
        .filter(|(path, is_directory)| !is_directory && is_yaml(path))
        .map(|(path, _)| path)
        .collect())
}

/// The SQL files of a directory and its subdirectories, in the order of their paths, without the way back of
/// migrations (`*.down.sql`).
pub(super) fn sql_files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for (path, is_directory) in entries(directory)? {
        if is_directory {
            files.extend(sql_files(&path)?);
        } else if is_sql(&path) && !is_way_back(&path) {
            files.push(path);
        }
    }
    Ok(files)
}

fn is_way_back(path: &Path) -> bool {
    path.file_stem()
        .is_some_and(|stem| Path::new(stem).extension().is_some_and(|end| end.eq_ignore_ascii_case("down")))
}

/// What is in a directory, in the order of names, and whether each is a directory. Hidden entries are passed over.
/// Links to files count as files, as in a mounted ConfigMap; links to directories are passed over, so that no circle
/// of them can be walked.
fn entries(directory: &Path) -> Result<Vec<(PathBuf, bool)>, Error> {
    let of_directory = |error| failed(directory, error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(of_directory)? {
        let entry = entry.map_err(of_directory)?;
        let path = entry.path();
        let file_type = entry.file_type().map_err(|error| failed(&path, error))?;
        let is_link_to_directory = || fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
        if entry.file_name().as_encoded_bytes().starts_with(b".")
            || (file_type.is_symlink() && is_link_to_directory())
        {
            continue;
        }
        entries.push((path, file_type.is_dir()));
    }
    entries.sort();
    Ok(entries)
}

fn failed(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    if source.kind() == io::ErrorKind::NotFound {
        Error::NotThere { path }
    } else {
        Error::Unreadable { path, source }
    }
}
