//! Which features of a set are wanted, and in which order they are read.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::feature::Feature;

/// How many names a message lists before it says how many more there are.
const LISTED: usize = 20;

/// The features of a set as an audit reads them.
#[derive(Debug, Default, PartialEq)]
pub struct FeatureOrder<'a> {
    /// All features, each after those that it depends on, else in the author's order. What is not wanted is there
    /// too, as markers in its SQL may put statements under a wanted feature.
    pub all: Vec<&'a Feature>,
    /// The names of the wanted ones: the selected ones and what they depend on.
    pub wanted: BTreeSet<&'a str>,
    /// What is wrong, with the feature where it belongs to one.
    pub problems: Vec<(Option<&'a str>, String)>,
}

/// Puts `features` in order. An empty `selected` means all.
///
/// A mistake of a feature that is not wanted is not a problem of this audit.
#[must_use]
pub fn feature_order<'a>(features: &'a [Feature], selected: &[String]) -> FeatureOrder<'a> {
    let mut by_name: BTreeMap<&str, &Feature> = BTreeMap::new();
    let mut in_order: Vec<&Feature> = Vec::new();
    let mut duplicates = Vec::new();
    for feature in features {
        if by_name.contains_key(&*feature.name) {
            duplicates.push(&*feature.name);
        } else {
            by_name.insert(&feature.name, feature);
            in_order.push(feature);
        }
    }
    let mut order = FeatureOrder::default();
    order.want(&in_order, &by_name, selected);
    for name in duplicates {
        if order.wanted.contains(name) {
            let message = "another feature has the same name; the first one counts, rename this one";
            order.problems.push((Some(name), message.to_owned()));
        }
    }
    order.sort(in_order);
    order
}

impl<'a> FeatureOrder<'a> {
    /// Collects the selected features and, transitively, what they depend on.
    fn want(
        &mut self,
        in_order: &[&'a Feature],
        known: &BTreeMap<&'a str, &'a Feature>,
        selected: &[String],
    ) {
        let names = || in_order.iter().map(|feature| &*feature.name);
        let mut pending: Vec<&Feature> = Vec::new();
        if selected.is_empty() {
            pending.extend(in_order);
        }
        for name in selected {
            match known.get(name.as_str()) {
                Some(feature) => pending.push(feature),
                None => self.problems.push((
                    None,
                    format!("the selected feature {name} does not exist; {}", suggestion(name, names())),
                )),
            }
        }
        while let Some(feature) = pending.pop() {
            if self.wanted.insert(&feature.name) {
                pending.extend(feature.depends_on.iter().filter_map(|name| known.get(name.as_str())));
            }
        }
        for feature in in_order.iter().filter(|feature| self.wanted.contains(&*feature.name)) {
            for name in feature.depends_on.iter().filter(|name| !known.contains_key(name.as_str())) {
                let message =
                    format!("dependsOn names {name}, which does not exist; {}", suggestion(name, names()));
                self.problems.push((Some(&feature.name), message));
            }
        }
    }

    /// Takes again and again the first feature whose dependencies are all there. Where there is none, the rest goes
    /// in a circle: its first feature is taken as it is.
    fn sort(&mut self, mut rest: Vec<&'a Feature>) {
        let mut waiting: BTreeSet<&str> = rest.iter().map(|feature| &*feature.name).collect();
        while !rest.is_empty() {
            let waits =
                |feature: &Feature| feature.depends_on.iter().any(|name| waiting.contains(name.as_str()));
            let next = rest.iter().position(|feature| !waits(feature)).unwrap_or_else(|| {
                let circle = circle(&rest);
                if circle.iter().any(|name| self.wanted.contains(name)) {
                    let message = format!(
                        "the features depend on each other in a circle: {}; take one of these out of dependsOn",
                        circle.join(" -> ")
                    );
                    self.problems.push((circle.first().copied(), message));
                }
                rest.iter().position(|feature| circle.contains(&&*feature.name)).unwrap_or(0)
            });
            let next = rest.remove(next);
            waiting.remove(&*next.name);
            self.all.push(next);
        }
    }
}

/// The first dependency of `feature` that is among `rest`.
fn dependency_in<'a>(rest: &[&'a Feature], feature: &Feature) -> Option<&'a Feature> {
    let mut dependencies = feature.depends_on.iter();
    dependencies.find_map(|name| rest.iter().copied().find(|other| *other.name == **name))
}

/// The circle that following dependencies from the first feature ends in, its first name at both ends. Every feature
/// of `rest` must depend on one of `rest`.
fn circle<'a>(rest: &[&'a Feature]) -> Vec<&'a str> {
    let mut path: Vec<&'a str> = Vec::new();
    let mut next = rest.first().copied();
    while let Some(feature) = next {
        if let Some(start) = path.iter().position(|name| *name == &*feature.name) {
            path.drain(..start);
            path.push(&feature.name);
            return path;
        }
        path.push(&feature.name);
        next = dependency_in(rest, feature);
    }
    path
}

/// The nearest known name, if one is near, and the known ones.
fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let nearest = known.iter().map(|other| (distance(name, other), *other)).min();
    let near = nearest.filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1));
    let question = near.map(|(_, other)| format!("did you mean {other}? ")).unwrap_or_default();
    let listed = known.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    match known.len() {
        0 => format!("{question}the set has no features"),
        more if more > LISTED => format!("{question}known: {listed} and {} more", more - LISTED),
        _ => format!("{question}known: {listed}"),
    }
}

/// How many characters must be put in, taken out or changed to make `b` of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, left) in a.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, depends_on: &[&str]) -> Feature {
        Feature {
            name: name.into(),
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            ..Feature::default()
        }
    }

    fn names<'a>(order: &FeatureOrder<'a>) -> Vec<&'a str> {
        order.all.iter().map(|feature| &*feature.name).collect()
    }

    #[test]
    fn a_feature_comes_after_what_it_depends_on_and_else_in_the_authors_order() {
        let features = [feature("email", &["core"]), feature("other", &[]), feature("core", &[])];
        let order = feature_order(&features, &[]);
        assert_eq!(names(&order), ["other", "core", "email"]);
        assert_eq!(order.problems, []);
    }

    #[test]
    fn a_selection_brings_what_it_depends_on() {
        let features = [
            feature("core", &[]),
            feature("email", &["core"]),
            feature("sync", &["email"]),
            feature("games", &["core"]),
        ];
        let order = feature_order(&features, &["sync".to_owned()]);
        assert_eq!(order.wanted, BTreeSet::from(["core", "email", "sync"]));
    }

    #[test]
    fn a_circle_is_named_once_and_its_features_stay() {
        let features = [feature("x", &["b"]), feature("a", &["b"]), feature("b", &["a"]), feature("c", &[])];
        let order = feature_order(&features, &[]);
        assert_eq!(
            order.problems,
            [(
                Some("b"),
                "the features depend on each other in a circle: b -> a -> b; take one of these out of dependsOn"
                    .to_owned()
            )]
        );
        assert_eq!(names(&order), ["c", "a", "b", "x"]);
    }

    #[test]
    fn a_feature_that_depends_on_itself_is_a_circle() {
        let features = [feature("a", &["a"])];
        let order = feature_order(&features, &[]);
        assert_eq!(names(&order), ["a"]);
        assert!(order.problems[0].1.contains("a -> a"), "{:?}", order.problems);
    }

    #[test]
    fn the_first_of_two_features_of_one_name_counts() {
        let features = [feature("core", &[]), feature("core", &["core"])];
        let order = feature_order(&features, &[]);
        assert_eq!(order.all, [&features[0]]);
        assert_eq!(order.problems.len(), 1);
        assert_eq!(order.problems[0].0, Some("core"));
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest_and_the_known_ones() {
        let features = [feature("core", &[]), feature("email-integration", &["cor"])];
        let order =
            feature_order(&features, &["emial-integration".to_owned(), "email-integration".to_owned()]);
        assert_eq!(
            order.problems,
            [
                (
                    None,
                    "the selected feature emial-integration does not exist; did you mean email-integration? \
                     known: core, email-integration"
                        .to_owned()
                ),
                (
                    Some("email-integration"),
                    "dependsOn names cor, which does not exist; did you mean core? known: core, email-integration"
                        .to_owned()
                ),
            ]
        );
    }

    #[test]
    fn what_is_near_to_nothing_gets_no_suggestion() {
        let features = [feature("core", &[])];
        let order = feature_order(&features, &["gamification".to_owned()]);
        assert_eq!(order.problems[0].1, "the selected feature gamification does not exist; known: core");
        assert!(order.wanted.is_empty());
    }

    #[test]
    fn mistakes_of_features_that_are_not_wanted_are_not_reported() {
        let features =
            [feature("core", &[]), feature("a", &["b"]), feature("b", &["a", "nothing"]), feature("b", &[])];
        let order = feature_order(&features, &["core".to_owned()]);
        assert_eq!(order.problems, []);
    }
}
