//! A feature document, as the API holds it, to the engine's feature set.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::api::Reason;
use crate::api::feature_set::{
    Feature as ApiFeature, FeatureSetSpec, RequiredQuery as ApiQuery, Requires as ApiRequires, SqlSource,
};
use crate::core::feature::{Feature, FeatureSet, RequiredQuery, Requires, Source};
use crate::core::name::Identifier;

/// ConfigMaps by name, each with its keys; `None` for one that is not there.
pub type ConfigMaps = BTreeMap<String, Option<BTreeMap<String, String>>>;

/// A piece of SQL that is not there. The rest of the document counts all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingReference {
    /// The feature set.
    pub set: Arc<str>,
    /// The feature that refers to it.
    pub feature: Arc<str>,
    /// The name of the ConfigMap.
    pub config_map: String,
    /// The key, where the ConfigMap is there and the key is not.
    pub key: Option<String>,
}

impl MissingReference {
    /// The reason to report.
    #[must_use]
    pub fn reason(&self) -> Reason {
        if self.key.is_some() { Reason::ConfigMapKeyMissing } else { Reason::ConfigMapNotFound }
    }
}

/// A sentence without a full stop.
impl fmt::Display for MissingReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { set, feature, config_map, key } = self;
        match key {
            Some(key) => write!(
                f,
                "ConfigMap {config_map} has no key {key}, which feature {feature} of feature set {set} takes its SQL from"
            ),
            None => write!(
                f,
                "there is no ConfigMap {config_map}, which feature {feature} of feature set {set} takes its SQL from"
            ),
        }
    }
}

/// The names of the ConfigMaps that the document refers to.
#[must_use]
pub fn references(spec: &FeatureSetSpec) -> BTreeSet<String> {
    let sources = spec.features.iter().flat_map(|feature| &feature.sql);
    sources
        .filter_map(|source| match (&source.config_map_key_ref, &source.config_map_ref) {
            (Some(reference), _) => Some(reference.name.clone()),
            (None, Some(reference)) => Some(reference.name.clone()),
            (None, None) => None,
        })
        .collect()
}

/// The feature set of the engine, and what it refers to in vain. `config_maps` holds what [`references`] named; what
/// is not in it counts as not there.
#[must_use]
pub fn feature_set(
    name: &str,
    spec: &FeatureSetSpec,
    config_maps: &ConfigMaps,
) -> (FeatureSet, Vec<MissingReference>) {
    let FeatureSetSpec { version, schema, features } = spec;
    let set: Arc<str> = name.into();
    let mut missing = Vec::new();
    let features =
        features.iter().map(|feature| translate_feature(&set, feature, config_maps, &mut missing)).collect();
    let schema = schema.as_deref().map(Identifier::new);
    (FeatureSet { name: set, version: version.clone(), schema, features }, missing)
}

fn translate_feature(
    set: &Arc<str>,
    feature: &ApiFeature,
    config_maps: &ConfigMaps,
    missing: &mut Vec<MissingReference>,
) -> Feature {
    let ApiFeature { name, title, description, depends_on, sql, requires } = feature;
    let name: Arc<str> = name.as_str().into();
    let mut sources = Vec::new();
    for (position, source) in sql.iter().enumerate() {
        match resolve(&name, position, source, config_maps) {
            Ok(resolved) => sources.extend(resolved),
            Err((config_map, key)) => {
                missing.push(MissingReference { set: set.clone(), feature: name.clone(), config_map, key });
            }
        }
    }
    Feature {
        name,
        title: title.clone(),
        description: description.clone(),
        depends_on: depends_on.clone(),
        sources,
        requires: requires.as_ref().map(translate_requires).unwrap_or_default(),
    }
}

/// The texts behind one entry of `sql`, or the ConfigMap and key that are not there.
fn resolve(
    feature: &str,
    position: usize,
    source: &SqlSource,
    config_maps: &ConfigMaps,
) -> Result<Vec<Source>, (String, Option<String>)> {
    let SqlSource { inline, config_map_key_ref, config_map_ref } = source;
    let keys_of =
        |name: &str| config_maps.get(name).and_then(Option::as_ref).ok_or_else(|| (name.to_owned(), None));
    let in_config_map = |name: &str, key: &str, text: &str| Source {
        name: format!("{name}/{key}").into(),
        text: text.into(),
    };
    // Exactly one of the three is given: the schema holds that, and what reads files checks it too. Taking each that
    // is there means that nothing is dropped in silence.
    let mut sources = Vec::new();
    if let Some(text) = inline {
        let name = format!("features.{feature}.sql[{position}]");
        sources.push(Source { name: name.into(), text: text.as_str().into() });
    }
    if let Some(reference) = config_map_key_ref {
        let (name, key) = (&reference.name, &reference.key);
        let text = keys_of(name)?.get(key).ok_or_else(|| (name.clone(), Some(key.clone())))?;
        sources.push(in_config_map(name, key, text));
    }
    if let Some(reference) = config_map_ref {
        let name = &reference.name;
        sources.extend(keys_of(name)?.iter().map(|(key, text)| in_config_map(name, key, text)));
    }
    Ok(sources)
}

fn translate_requires(requires: &ApiRequires) -> Requires {
    let ApiRequires {
        schemas,
        extensions,
        types,
        sequences,
        tables,
        columns,
        constraints,
        indexes,
        views,
        materialized_views,
        functions,
        triggers,
        policies,
        queries,
    } = requires.clone();
    let queries = queries.into_iter().map(|ApiQuery { name, sql }| RequiredQuery { name, sql }).collect();
    Requires {
        schemas,
        extensions,
        types,
        sequences,
        tables,
        columns,
        constraints,
        indexes,
        views,
        materialized_views,
        functions,
        triggers,
        policies,
        queries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::feature_set::{ConfigMapKeyReference, ConfigMapReference};

    fn inline(text: &str) -> SqlSource {
        SqlSource { inline: Some(text.into()), ..SqlSource::default() }
    }

    fn key(name: &str, key: &str) -> SqlSource {
        let reference = ConfigMapKeyReference { name: name.into(), key: key.into() };
        SqlSource { config_map_key_ref: Some(reference), ..SqlSource::default() }
    }

    fn whole(name: &str) -> SqlSource {
        let reference = ConfigMapReference { name: name.into() };
        SqlSource { config_map_ref: Some(reference), ..SqlSource::default() }
    }

    fn spec(sql: Vec<SqlSource>) -> FeatureSetSpec {
        let feature = ApiFeature { name: "core".into(), sql, ..ApiFeature::default() };
        FeatureSetSpec { features: vec![feature], ..FeatureSetSpec::default() }
    }

    fn config_maps() -> ConfigMaps {
        let keys = [("b.sql", "select 2"), ("a.sql", "select 1")];
        let keys = keys.map(|(key, text)| (key.to_owned(), text.to_owned()));
        ConfigMaps::from([("there".into(), Some(keys.into())), ("gone".into(), None)])
    }

    #[test]
    fn sql_comes_in_the_order_of_the_document_and_of_the_keys() {
        let (set, missing) = feature_set(
            "s",
            &spec(vec![inline("select 0"), whole("there"), key("there", "b.sql")]),
            &config_maps(),
        );
        let sources: Vec<_> =
            set.features[0].sources.iter().map(|source| (&*source.name, &*source.text)).collect();
        assert_eq!(
            sources,
            [
                ("features.core.sql[0]", "select 0"),
                ("there/a.sql", "select 1"),
                ("there/b.sql", "select 2"),
                ("there/b.sql", "select 2"),
            ]
        );
        assert!(missing.is_empty());
    }

    #[test]
    fn a_missing_config_map_or_key_is_reported_and_the_rest_is_there() {
        let sql =
            vec![key("gone", "a.sql"), key("there", "c.sql"), whole("never-fetched"), inline("select 0")];
        let (set, missing) = feature_set("s", &spec(sql), &config_maps());
        assert_eq!(set.features[0].sources.len(), 1);
        let reported: Vec<_> =
            missing.iter().map(|missing| (missing.reason(), missing.to_string())).collect();
        assert_eq!(
            reported,
            [
                (
                    Reason::ConfigMapNotFound,
                    "there is no ConfigMap gone, which feature core of feature set s takes its SQL from".to_owned()
                ),
                (
                    Reason::ConfigMapKeyMissing,
                    "ConfigMap there has no key c.sql, which feature core of feature set s takes its SQL from"
                        .to_owned()
                ),
                (
                    Reason::ConfigMapNotFound,
                    "there is no ConfigMap never-fetched, which feature core of feature set s takes its SQL from"
                        .to_owned()
                ),
            ]
        );
    }

    #[test]
    fn references_names_each_config_map_once() {
        let spec = spec(vec![key("a", "1"), key("a", "2"), whole("b"), inline("select 0")]);
        assert_eq!(references(&spec), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
