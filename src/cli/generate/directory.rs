//! A directory of .sql files, one for each feature, in the order of their names.

use std::fmt::Write;
use std::path::Path;

use super::{Error, write};
use crate::core::feature::{Feature, FeatureSet};

/// Writes the files. Other .sql files in the directory would be features too, so there must be none.
pub(super) fn write_files(path: &Path, set: &FeatureSet) -> Result<(), Error> {
    std::fs::create_dir_all(path)
        .map_err(|error| Error::Output(format!("{} cannot be made: {error}", path.display())))?;
    let files = files(set);
    let entries = std::fs::read_dir(path)
        .map_err(|error| Error::Output(format!("{} cannot be read: {error}", path.display())))?;
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = files.iter().any(|(ours, _)| *ours == name);
        if !is_ours && Path::new(&name).extension().is_some_and(|extension| extension == "sql") {
            return Err(Error::Output(format!(
                "{} holds another SQL file, {name}, which would count as a feature: use an empty directory",
                path.display()
            )));
        }
    }
    for (name, text) in files {
        write(&path.join(name), &text)?;
    }
    Ok(())
}

fn files(set: &FeatureSet) -> Vec<(String, String)> {
    let width = set.features.len().to_string().len().max(2);
    let numbered = set.features.iter().enumerate();
    numbered
        .map(|(position, feature)| (format!("{:0width$}-{}.sql", position + 1, feature.name), text(feature)))
        .collect()
}

/// The SQL. What is required besides has no place in SQL, so a comment names it.
fn text(feature: &Feature) -> String {
    let mut text = String::new();
    if let Some(description) = &feature.description {
        let _ = writeln!(text, "-- {}", description.replace('\n', " "));
    }
    for (kind, names) in super::yaml::lists(&feature.requires) {
        for name in names {
            let _ = writeln!(text, "-- Needs, and does not create: {kind} {}", name.replace('\n', " "));
        }
    }
    for source in &feature.sources {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&source.text);
    }
    text
}
