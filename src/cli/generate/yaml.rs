//! A feature set as a YAML document, with its SQL in blocks as a person would write it.

use std::fmt::Write;

use super::Error;
use crate::api::{GROUP, VERSION};
use crate::core::feature::{Feature, FeatureSet, Requires};

/// The most that a Kubernetes object should have: etcd takes 1.5 MiB, and the server's own notes need room.
pub(super) const KUBERNETES_BYTES: usize = 1024 * 1024;

/// The limits of the API.
const FEATURES: usize = 128;
const SOURCES: usize = 64;

/// The document.
pub(super) fn document(set: &FeatureSet) -> Result<String, Error> {
    let sources = set.features.iter().map(|feature| feature.sources.len()).max().unwrap_or_default();
    for (what, count, limit) in
        [("features", set.features.len(), FEATURES), ("pieces of SQL in one feature", sources, SOURCES)]
    {
        if count > limit {
            return Err(Error::TooMuch { what, count, limit });
        }
    }
    let mut yaml = format!(
        "apiVersion: {GROUP}/{VERSION}\nkind: FeatureSet\nmetadata:\n  name: {}\nspec:\n  features:\n",
        scalar(&set.name)
    );
    for feature in &set.features {
        push_feature(&mut yaml, feature);
    }
    Ok(yaml)
}

fn push_feature(yaml: &mut String, feature: &Feature) {
    let Feature { name, title: _, description, depends_on, sources, requires } = feature;
    let _ = writeln!(yaml, "    - name: {}", scalar(name));
    if let Some(description) = description {
        let _ = writeln!(yaml, "      description: {}", scalar(description));
    }
    push_list(yaml, "      ", "dependsOn", depends_on);
    if !sources.is_empty() {
        yaml.push_str("      sql:\n");
    }
    for source in sources {
        push_text(yaml, &source.text);
    }
    let lists = lists(requires);
    if lists.iter().any(|(_, names)| !names.is_empty()) {
        yaml.push_str("      requires:\n");
    }
    for (name, names) in lists {
        push_list(yaml, "        ", name, names);
    }
}

/// The lists of names that may be filled.
pub(super) fn lists(requires: &Requires) -> [(&'static str, &[String]); 8] {
    [
        ("schemas", &requires.schemas),
        ("extensions", &requires.extensions),
        ("types", &requires.types),
        ("sequences", &requires.sequences),
        ("tables", &requires.tables),
        ("views", &requires.views),
        ("materializedViews", &requires.materialized_views),
        ("functions", &requires.functions),
    ]
}

fn push_list(yaml: &mut String, indent: &str, name: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = writeln!(yaml, "{indent}{name}:");
    }
    for item in items {
        let _ = writeln!(yaml, "{indent}  - {}", scalar(item));
    }
}

/// A block where it holds the text as it is, else a text in quotes: a block has no place for carriage returns, which
/// YAML takes for line breaks, and for what does not print.
fn push_text(yaml: &mut String, text: &str) {
    if !text.chars().all(stands_in_a_block) || !text.ends_with('\n') || text.starts_with([' ', '\n']) {
        let _ = writeln!(yaml, "        - inline: {}", quoted(text));
        return;
    }
    // What ends with empty lines keeps them only with a plus.
    yaml.push_str(if text.ends_with("\n\n") { "        - inline: |+\n" } else { "        - inline: |\n" });
    for line in text.lines() {
        if !line.is_empty() {
            yaml.push_str("            ");
            yaml.push_str(line);
        }
        yaml.push('\n');
    }
}

/// The printable characters of YAML 1.2 without the byte order mark and what other versions take for line breaks.
fn stands_in_a_block(c: char) -> bool {
    match c {
        '\t' | '\n' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        _ => matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..),
    }
}

/// A text in one line: bare where nothing in it could mean something else.
fn scalar(text: &str) -> String {
    let starts_plainly = text.starts_with(|c: char| c.is_ascii_lowercase());
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let is_word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text);
    if starts_plainly && is_plain && !is_word { text.to_owned() } else { quoted(text) }
}

/// In double quotes: what JSON writes, YAML reads, but for the line separators.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let mut quoted = String::with_capacity(json.len());
    for c in json.chars() {
        if c == ' ' || stands_in_a_block(c) {
            quoted.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(quoted, "\\u{unit:04x}");
            }
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::FeatureSet as Document;
    use crate::core::feature::Source;

    fn set(text: &str) -> FeatureSet {
        let source = Source { name: "s".into(), text: Arc::from(text) };
        let requires = Requires { tables: vec!["\"Odd: name\"".into(), "b.u".into()], ..Requires::default() };
        let feature = Feature {
            name: "on".into(),
            description: Some("Why: it is so".into()),
            depends_on: vec!["core".into()],
            sources: vec![source],
            requires,
            ..Feature::default()
        };
        FeatureSet { name: "shop".into(), features: vec![feature], ..FeatureSet::default() }
    }

    #[test]
    fn every_text_is_read_back_byte_for_byte() {
        for text in [
            "select 1;\n",
            "select 1;",
            "\nselect 1;\n",
            "  select 1;\n",
            "\tselect 1;\n",
            "select 1;\n\n",
            "select 1;\n\n\n\nselect 2;\n",
            "a\r\nb\n",
            "a \n  b\t\n",
            "# no comment\n--- no document\n... no end\n",
            "'\"\\ : - é 表 \u{a0}\n",
            "\u{85}\u{2028}\u{2029}\u{feff}\u{7f}\u{1b}\u{1F600}\n",
            "\u{1b}",
        ] {
            let yaml = document(&set(text)).unwrap();
            let read: Document = serde_saphyr::from_str(&yaml).unwrap();
            let feature = &read.spec.features[0];
            assert_eq!(feature.sql[0].inline.as_deref(), Some(text), "{yaml}");
            assert_eq!(feature.name, "on");
            assert_eq!(feature.description.as_deref(), Some("Why: it is so"));
            assert_eq!(feature.requires.as_ref().unwrap().tables, ["\"Odd: name\"", "b.u"]);
        }
    }

    #[test]
    fn sql_stands_in_a_block() {
        let yaml = document(&set("CREATE TABLE a (\n    id bigint\n);\n")).unwrap();
        let block = "      sql:\n        - inline: |\n            CREATE TABLE a (\n                id bigint\n            );\n";
        assert!(yaml.contains(block), "{yaml}");
    }

    #[test]
    fn more_features_than_the_api_takes_are_refused() {
        let mut many = set("select 1;\n");
        many.features = vec![many.features[0].clone(); 129];
        let message = document(&many).unwrap_err().to_string();
        assert!(message.contains("at most 128 features, and these are 129"), "{message}");
    }
}
