//! Objects to features: by schema, by the first word of their names, or all in one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Options;
use super::object::{Class, Node, Object, Stage, Text};
use super::order::Sorted;
use crate::core::feature::{Feature, FeatureSet, Requires, Source};

/// How objects are grouped to features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FeaturePer {
    /// One feature for each schema.
    #[default]
    Schema,
    /// One feature for each first word of names (`email_accounts`, `email_threads`: `email`) that two tables share.
    Prefix,
    /// One feature.
    None,
}

/// The most text of one inline source, in bytes: the API server takes a million characters.
const SOURCE_BYTES: usize = 900_000;

/// How many sources there may be before what cannot be shown gets no source of its own any more.
const MOST_ODD: usize = 32;

/// The longest name of a feature.
const NAME_LENGTH: usize = 63;

/// What belongs to no schema.
const GLOBAL: &str = "database";
/// What shares its first word with nothing else.
const CORE: &str = "core";
/// What the objects of a whole cluster share.
const ROLES: &str = "roles";
/// What makes groups need each other.
const LINKS: &str = "links";
/// What new objects come with, which no object of the others may.
const DEFAULTS: &str = "default-privileges";
/// What acts on many features.
const PUBLICATIONS: &str = "publications";
const EVENT_TRIGGERS: &str = "event-triggers";

/// What objects need and the features do not make.
#[derive(Debug, Default)]
pub struct Besides {
    /// The names that each of them requires.
    pub required: BTreeMap<Node, Requires>,
    /// The roles that each of them names, as SQL writes them.
    pub roles: BTreeMap<Node, BTreeSet<String>>,
}

/// The feature set of the objects.
pub fn features(sorted: &Sorted, besides: &Besides, options: &Options) -> FeatureSet {
    let mut groups = groups(sorted, options);
    let links = part_with_links(sorted, &mut groups);
    let joined = join_cycles(sorted, &mut groups);
    let names = names(&groups);
    let needs = group_needs(sorted, &groups);
    let features = in_order(&needs)
        .into_iter()
        .map(|group| {
            let members: Vec<&Object> = sorted
                .objects
                .iter()
                .zip(&groups)
                .filter(|(_, of)| **of == group)
                .map(|(object, _)| object)
                .collect();
            let name = &names[&group];
            let mut names_besides = Requires::default();
            for object in &members {
                if let Some(more) = besides.required.get(&object.node) {
                    add(&mut names_besides, more);
                }
            }
            let depends_on = direct(&needs, &group).into_iter().map(|group| names[group].clone()).collect();
            let mut sentences = Vec::new();
            if let Some(others) = joined.get(&group) {
                let others = others.join(", ");
                sentences.push(format!("With {others}, because each of them needs another one of them."));
            } else if Some(&group) == links.as_ref() {
                sentences.push("The foreign keys between features that refer to each other.".to_owned());
            }
            sentences.extend(about_roles(&members, besides));
            let description = (!sentences.is_empty()).then(|| sentences.join(" "));
            Feature {
                name: name.as_str().into(),
                title: None,
                description,
                depends_on,
                sources: sources(name, &members),
                requires: names_besides,
            }
        })
        .collect();
    FeatureSet { name: options.name.as_str().into(), features, ..FeatureSet::default() }
}

/// Which roles are named and not made, and what is not said of those that are.
fn about_roles(members: &[&Object], besides: &Besides) -> Option<String> {
    if members.iter().any(|object| object.stage == Stage::Role) {
        return Some("Passwords and settings of roles are not in it.".to_owned());
    }
    let named = members.iter().filter_map(|object| besides.roles.get(&object.node)).flatten();
    let named: BTreeSet<&str> = named.map(String::as_str).collect();
    let named: Vec<&str> = named.into_iter().collect();
    (!named.is_empty()).then(|| format!("Names roles that it does not make: {}.", named.join(", ")))
}

/// The group of each object, in their order.
fn groups(sorted: &Sorted, options: &Options) -> Vec<String> {
    let by_node: BTreeMap<Node, &Object> =
        sorted.objects.iter().map(|object| (object.node, object)).collect();
    let main = |object: &Object| object.with.and_then(|with| by_node.get(&with).copied()).cloned();
    let mut tables_of: BTreeMap<String, usize> = BTreeMap::new();
    for object in &sorted.objects {
        if matches!(object.text, Text::Table(_)) {
            *tables_of.entry(prefix(&object.name)).or_default() += 1;
        }
    }
    let group = |object: &Object| match options.feature_per {
        FeaturePer::None => options.name.clone(),
        _ if object.stage == Stage::Role => ROLES.to_owned(),
        _ if object.stage == Stage::DefaultPrivilege => DEFAULTS.to_owned(),
        _ if object.stage == Stage::Publication => PUBLICATIONS.to_owned(),
        _ if object.stage == Stage::EventTrigger => EVENT_TRIGGERS.to_owned(),
        FeaturePer::Schema => object.schema.clone().unwrap_or_else(|| GLOBAL.to_owned()),
        FeaturePer::Prefix if matches!(object.stage, Stage::Schema | Stage::Extension) => CORE.to_owned(),
        FeaturePer::Prefix => {
            let prefix = prefix(&object.name);
            if tables_of.get(&prefix).is_some_and(|tables| *tables > 1) { prefix } else { CORE.to_owned() }
        }
    };
    let groups: Vec<String> =
        sorted.objects.iter().map(|object| group(main(object).as_ref().unwrap_or(object))).collect();
    // A cast is in no schema, and goes with what it needs.
    let of_cast = |position: usize| {
        let needs = sorted.needs[position].iter().map(|on| &groups[*on]);
        needs.max().unwrap_or(&groups[position]).clone()
    };
    let is_cast = |object: &Object| object.node.class == Class::PgCast;
    let positions = sorted.objects.iter().enumerate();
    positions
        .map(|(position, object)| if is_cast(object) { of_cast(position) } else { groups[position].clone() })
        .collect()
}

/// The first word of a name, in the singular: `leads` and `lead_sources` are about the same.
fn prefix(name: &str) -> String {
    let word = name.split('_').find(|word| !word.is_empty()).unwrap_or(name);
    word.strip_suffix('s').filter(|singular| singular.len() > 2).unwrap_or(word).to_lowercase()
}

/// What each group needs of the others.
fn group_needs(sorted: &Sorted, groups: &[String]) -> BTreeMap<String, BTreeSet<String>> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (position, group) in groups.iter().enumerate() {
        let of_group = needs.entry(group.clone()).or_default();
        let others = sorted.needs[position].iter().map(|on| &groups[*on]);
        of_group.extend(others.filter(|other| *other != group).cloned());
    }
    needs
}

/// Everything that a group needs, directly or by way of others.
fn reach(needs: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut todo = vec![from];
    while let Some(group) = todo.pop() {
        for next in needs.get(group).into_iter().flatten() {
            if seen.insert(next.clone()) {
                todo.push(next);
            }
        }
    }
    seen
}

/// Foreign keys and what else waits for all tables may make two groups need each other: then it is a group of its own.
/// Gives its name, if there is one.
fn part_with_links(sorted: &Sorted, groups: &mut [String]) -> Option<String> {
    let needs = group_needs(sorted, groups);
    let reached: BTreeMap<&String, BTreeSet<String>> =
        needs.keys().map(|group| (group, reach(&needs, group))).collect();
    let mut link = LINKS.to_owned();
    while needs.contains_key(&link) {
        link.push('_');
    }
    let is_link = |position: usize| {
        let group = &groups[position];
        sorted.objects[position].stage == Stage::ForeignKey
            && sorted.needs[position].iter().any(|on| {
                let other = &groups[*on];
                other != group && reached[other].contains(group)
            })
    };
    let links: Vec<usize> = (0..groups.len()).filter(|position| is_link(*position)).collect();
    for position in &links {
        groups[*position].clone_from(&link);
    }
    (!links.is_empty()).then_some(link)
}

/// Groups that still need each other are one. Gives the others' names by the name of the one.
fn join_cycles(sorted: &Sorted, groups: &mut [String]) -> BTreeMap<String, Vec<String>> {
    let needs = group_needs(sorted, groups);
    let reached: BTreeMap<&String, BTreeSet<String>> =
        needs.keys().map(|group| (group, reach(&needs, group))).collect();
    let mut first_of: BTreeMap<String, String> = BTreeMap::new();
    let mut joined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for group in needs.keys() {
        let mut together = needs.keys().filter(|other| {
            *other == group || reached[group].contains(*other) && reached[*other].contains(group)
        });
        if let Some(first) = together.next().filter(|first| *first != group) {
            first_of.insert(group.clone(), first.clone());
            joined.entry(first.clone()).or_default().push(group.clone());
        }
    }
    for group in groups.iter_mut() {
        if let Some(first) = first_of.get(group) {
            group.clone_from(first);
        }
    }
    joined
}

/// The groups, each after what it needs; else by name, but public first: bodies that are strings, of which nobody knows
/// what they need, mostly call what is there.
fn in_order(needs: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    while done.len() < needs.len() {
        let ready = needs
            .iter()
            .filter(|(group, needs)| !done.contains(group) && needs.iter().all(|need| done.contains(need)))
            .min_by_key(|(group, _)| (group.as_str() != "public", *group));
        // There are no cycles any more; if there were, the rest would come by name.
        let next = ready.or_else(|| needs.iter().find(|(group, _)| !done.contains(group)));
        done.extend(next.map(|(group, _)| group.clone()));
    }
    done
}

/// What a group needs without what these need themselves.
fn direct<'a>(needs: &'a BTreeMap<String, BTreeSet<String>>, group: &str) -> Vec<&'a String> {
    let own: Vec<&String> = needs.get(group).into_iter().flatten().collect();
    let implied: BTreeSet<String> = own.iter().flat_map(|need| reach(needs, need)).collect();
    own.into_iter().filter(|need| !implied.contains(*need)).collect()
}

/// Names that the API takes: lower-case letters, digits and hyphens.
fn names(groups: &[String]) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut names = BTreeMap::new();
    for group in groups.iter().collect::<BTreeSet<_>>() {
        let base = label(group, "feature");
        let mut name = base.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            let suffix = format!("-{number}");
            let kept: String = base.chars().take(NAME_LENGTH - suffix.len()).collect();
            name = kept + &suffix;
        }
        names.insert(group.clone(), name);
    }
    names
}

/// A text as a name that the API takes; `otherwise` where nothing of it can stay.
#[must_use]
pub fn label(text: &str, otherwise: &str) -> String {
    let mut label = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            label.push(c);
        } else if !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
    }
    let label: String = label.chars().take(NAME_LENGTH).collect();
    let label = label.trim_matches('-');
    if label.is_empty() { otherwise.to_owned() } else { label.to_owned() }
}

/// The statements, cut into sources that are not too long. What holds characters that cannot be shown (a carriage return
/// in the body of a function) is a source of its own, so that the others stay readable.
fn sources(feature: &str, members: &[&Object]) -> Vec<Source> {
    let mut texts = vec![String::new()];
    if members.iter().any(|object| object.has_checked_body) {
        // A body may name what comes later.
        texts[0].push_str("SET check_function_bodies = off;\n");
    }
    let mut last_is_odd = false;
    for object in members {
        let text = object.statements().join(";\n") + ";\n";
        let is_odd =
            texts.len() < MOST_ODD && text.contains(|c: char| c.is_control() && c != '\n' && c != '\t');
        let starts_anew = |last: &String| {
            !last.is_empty() && (is_odd || last_is_odd || last.len() + text.len() > SOURCE_BYTES)
        };
        if texts.last().is_some_and(starts_anew) {
            texts.push(String::new());
        }
        last_is_odd = is_odd;
        if let Some(last) = texts.last_mut() {
            if !last.is_empty() {
                last.push('\n');
            }
            last.push_str(&text);
        }
    }
    let named = texts.into_iter().enumerate().filter(|(_, text)| !text.is_empty());
    named
        .map(|(position, text)| Source {
            name: format!("features.{feature}.sql[{position}]").into(),
            text: Arc::from(text),
        })
        .collect()
}

fn add(requires: &mut Requires, more: &Requires) {
    let lists = [
        (&mut requires.schemas, &more.schemas),
        (&mut requires.extensions, &more.extensions),
        (&mut requires.types, &more.types),
        (&mut requires.sequences, &more.sequences),
        (&mut requires.tables, &more.tables),
        (&mut requires.views, &more.views),
        (&mut requires.materialized_views, &more.materialized_views),
        (&mut requires.functions, &more.functions),
    ];
    for (list, more) in lists {
        for name in more {
            if !list.contains(name) {
                list.push(name.clone());
            }
        }
        list.sort();
    }
}
