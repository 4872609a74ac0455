//! Requirements against what was observed: the report.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::audit::definitions::overlay::DeclaredShapes;
use crate::core::audit::finding::{Details, Finding, State};
use crate::core::audit::hint;
use crate::core::audit::matching::{Matches, matches};
use crate::core::audit::observation::Observation;
use crate::core::audit::question::absent_key;
use crate::core::audit::report::{Counts, Coverage, DefinitionCoverage, FeatureResult, FeatureState, Report};
use crate::core::audit::requirement::{FeatureRef, Requirement, Requirements, Undecidable};
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName, Shared};
use crate::core::definition::Normal;
use crate::core::drift::acceptance::Accepted;
use crate::core::drift::{Fingerprint, Verdict as Drift, Watched};
use crate::core::kind::about::RELATIONS;
use crate::core::kind::grant::PARAMETERS_SINCE;
use crate::core::kind::{Comparison, Found, Kind, Search, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::{Problem, Severity};

/// How deep to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// Only whether each component is there; of privileges, whether each of them is, or is not where it is revoked.
    Presence,
    /// Its declared shape too.
    #[default]
    Shape,
    /// Its declared shape, and what the catalog itself says of it, with what it said when that was accepted.
    Drift,
}

/// Judges every requirement.
#[must_use]
pub fn compare(requirements: &Requirements, observation: &Observation, depth: Depth) -> Report {
    compare_with(requirements, observation, depth, Accepted::Nothing).0
}

/// Judges every requirement; with [`Depth::Drift`], against what was accepted too, if anything was. Gives what a new
/// baseline is made of as well.
#[must_use]
pub fn compare_with(
    requirements: &Requirements,
    observation: &Observation,
    depth: Depth,
    accepted: Accepted<'_>,
) -> (Report, Watched) {
    let placed = requirements.placed(&observation.catalog);
    let requirements = placed.as_ref();
    let shapes = DeclaredShapes::new(observation);
    let found = matches(requirements, shapes, &observation.catalog);
    let judge = Judge { requirements, observation, shapes, found: &found, depth, accepted };
    let mut watched = Watched::default();
    let mut namesakes = observation.catalog.cursor();
    let mut findings: Vec<Finding> = requirements
        .components
        .iter()
        .map(|(id, requirement)| {
            let seen = match found.other(id) {
                None => Seen::Is(id, namesakes.find(id).map(|(_, shape)| shape)),
                Some(Found::Is(observed)) => Seen::Is(observed, observation.catalog.get(observed)),
                Some(Found::Undecided(reason)) => Seen::Undecided(reason),
                Some(Found::Nothing) => Seen::Nothing,
            };
            let verdict = judge.verdict(id, requirement, seen);
            judge.watch(id, seen, verdict.state, &mut watched);
            verdict.finding(id, requirement)
        })
        .collect();
    hint::give(requirements, observation, &found, &mut findings);
    // Without a copy of the list: identities are unique, so that nothing is left to the order before. They come in
    // their order, which is the order of findings where nothing is amiss.
    if !findings.is_sorted_by(|one, other| order(one) <= order(other)) {
        findings.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
    }
    let report = Report {
        server: observation.server.clone(),
        default_schema: requirements.default_schema.clone(),
        summary: count(&findings),
        kinds: count_kinds(&findings),
        features: count_features(requirements, &findings),
        problems: requirements.problems.clone(),
        coverage: cover(&findings, &requirements.problems, depth),
        definitions: cover_definitions(&findings),
        findings,
    };
    (report, watched)
}

/// Worst first; what nothing else explains before what something does; then kind and name.
fn order(finding: &Finding) -> (State, bool, &ComponentId) {
    (finding.state, finding.because_of.is_some(), &finding.component)
}

/// What judging needs to know besides the requirement.
struct Judge<'a> {
    requirements: &'a Requirements,
    observation: &'a Observation,
    shapes: DeclaredShapes<'a>,
    found: &'a Matches<'a>,
    depth: Depth,
    accepted: Accepted<'a>,
}

/// What was found for a requirement.
#[derive(Clone, Copy)]
enum Seen<'a> {
    /// This component, and its shape.
    Is(&'a ComponentId, Option<&'a Shape>),
    Nothing,
    Undecided(&'a str),
}

/// A verdict, not yet tied to its requirement.
struct Verdict {
    state: State,
    reason: Option<String>,
    because_of: Option<ComponentId>,
    comparison: Comparison,
}

impl Verdict {
    fn unknown(reason: impl Into<String>) -> Self {
        Self {
            state: State::Unknown,
            reason: Some(reason.into()),
            because_of: None,
            comparison: Comparison::default(),
        }
    }

    fn present() -> Self {
        Self { state: State::Present, reason: None, because_of: None, comparison: Comparison::default() }
    }

    /// The verdict on what may never have been made, or otherwise: only where it is as declared something is known.
    fn unless_as_declared(self, reason: &str) -> Self {
        let seen = match self.state {
            State::Missing => "it is not there".to_owned(),
            State::Different => {
                let parts: Vec<&str> = self.comparison.differences.iter().map(|it| it.part).collect();
                format!("the database holds another {}", parts.join(" and "))
            }
            State::Present | State::Drifted | State::Unknown => return self,
        };
        Self { because_of: self.because_of, ..Self::unknown(format!("{seen}, and {reason}")) }
    }

    fn finding(self, id: &ComponentId, requirement: &Requirement) -> Finding {
        let Self { state, reason, because_of, comparison } = self;
        let details = Details {
            reason,
            differences: comparison.differences,
            because_of,
            not_compared: comparison.not_compared,
            hint: None,
            definitions_unseen: comparison.definitions_unseen,
            definitions_not_compared: comparison.definitions_not_compared,
        };
        let (features, position) = (requirement.features.clone(), requirement.position.clone());
        let mut finding = Finding::new(id.clone(), features, state, position, details);
        finding.definitions_compared = comparison.definitions_compared;
        finding
    }
}

impl Judge<'_> {
    fn verdict(&self, id: &ComponentId, requirement: &Requirement, seen: Seen<'_>) -> Verdict {
        if let Some(Undecidable::Shape(reason)) = &requirement.undecidable {
            return Verdict::unknown(reason);
        }
        let relation = requirement.shape.relation(id);
        if let Some(reason) = self.unseen(id, relation) {
            return Verdict::unknown(reason);
        }
        let verdict = match seen {
            Seen::Is(observed, shape) => self.present(id, requirement, observed, shape),
            Seen::Undecided(reason) => Verdict::unknown(reason),
            Seen::Nothing => match self.missing(id, relation) {
                // Of what is not there itself, nothing is as it should be.
                verdict if verdict.because_of.is_some() => verdict,
                _ if requirement.shape.is_met_by_absence() => Verdict::present(),
                verdict => verdict,
            },
        };
        match &requirement.undecidable {
            Some(Undecidable::Presence(reason)) => verdict.unless_as_declared(reason),
            _ => verdict,
        }
    }

    /// Why the component, or the table that it is on, could not be seen.
    fn unseen(&self, id: &ComponentId, relation: Option<&QualifiedName>) -> Option<&String> {
        if self.observation.unseen.is_empty() {
            return None;
        }
        let table = || {
            let table = ComponentId::in_schema(Kind::Table, relation?.clone());
            self.observation.unseen.get(&table)
        };
        self.observation.unseen.get(id).or_else(table)
    }

    fn present(
        &self,
        id: &ComponentId,
        requirement: &Requirement,
        observed: &ComponentId,
        shape: Option<&Shape>,
    ) -> Verdict {
        // Of privileges, and of what must not be there, the shape says what is there at all.
        let is_what_is_there =
            matches!(id.kind, Kind::Grant | Kind::DefaultPrivilege) || requirement.shape.is_met_by_absence();
        let comparison = match self.depth {
            Depth::Presence if !is_what_is_there => None,
            Depth::Presence | Depth::Shape | Depth::Drift => {
                shape.and_then(|shape| self.shapes.of(id, requirement).compare(shape))
            }
        };
        let mut comparison = comparison.unwrap_or_default();
        let drift = self.drift(id, observed, &mut comparison);
        let (state, reason) = match &comparison.unseen {
            _ if !comparison.differences.is_empty() => (State::Different, None),
            _ if drift.is_some() => (State::Drifted, drift),
            Some(reason) => (State::Unknown, Some(reason.clone())),
            None => (State::Present, None),
        };
        Verdict { state, reason, because_of: None, comparison }
    }

    /// Why what was found is not as it was accepted. What could not be read for that is noted in the comparison.
    fn drift(&self, id: &ComponentId, observed: &ComponentId, comparison: &mut Comparison) -> Option<String> {
        let mut drifted = None;
        for (id, seen) in self.fingerprints(id, observed) {
            match &seen.unread {
                Some(Normal::Unseen(why)) => {
                    if comparison.unseen.is_none() {
                        comparison.unseen = Some(why.clone());
                        comparison.definitions_unseen += 1;
                    }
                }
                Some(Normal::None(why)) => comparison.not_compared_because(DRIFT, why.as_str()),
                Some(Normal::Form(why)) => comparison.not_compared_because(DRIFT, why.as_str()),
                None => match self.judge(id, seen) {
                    Drift::Drifted(why) => drifted = drifted.or(Some(why)),
                    Drift::Stale(why) => comparison.not_compared_because(DRIFT, why),
                    Drift::Fine => {}
                },
            }
        }
        drifted
    }

    /// What was accepted says of a component that was read in whole.
    fn judge(&self, id: &ComponentId, seen: &Fingerprint) -> Drift {
        match self.accepted {
            Accepted::Nothing => Drift::Fine,
            Accepted::State(baseline) => baseline.judge(id, seen, &self.observation.server.version),
            Accepted::Unreadable(why) => Drift::Stale(format!("the baseline cannot be read: {why}")),
        }
    }

    /// The catalog's definitions of what was found; of every overload, where any overload is required.
    fn fingerprints<'o>(
        &'o self,
        id: &'o ComponentId,
        observed: &'o ComponentId,
    ) -> impl Iterator<Item = (&'o ComponentId, &'o Fingerprint)> {
        let catalog = &self.observation.catalog;
        let ids = if self.depth == Depth::Drift { watched(id, observed, catalog) } else { Vec::new() };
        ids.into_iter().filter_map(|id| self.observation.fingerprints.get_key_value(id))
    }

    /// Adds to what a new baseline is made of: what is as it should be, but for its having drifted.
    fn watch(&self, id: &ComponentId, seen: Seen<'_>, state: State, watched: &mut Watched) {
        if self.depth != Depth::Drift {
            return;
        }
        watched.required(id);
        let Seen::Is(observed, _) = seen else { return watched.not_seen(id) };
        let accepted = matches!(state, State::Present | State::Drifted);
        for (id, seen) in self.fingerprints(id, observed) {
            if accepted && seen.unread.is_none() {
                watched.seen(id, seen);
            } else {
                watched.not_seen(id);
            }
        }
    }

    fn missing(&self, id: &ComponentId, relation: Option<&QualifiedName>) -> Verdict {
        let absent = |because_of: Option<ComponentId>, reason: Option<String>| Verdict {
            state: State::Missing,
            reason,
            because_of,
            comparison: Comparison::default(),
        };
        if let Some(relation) = relation.and_then(|relation| self.absent_relation(relation)) {
            let reason = match relation.kind {
                Kind::View => "its view is missing",
                Kind::MaterializedView => "its materialized view is missing",
                Kind::ForeignTable => "its foreign table is missing",
                _ => "its table is missing",
            };
            return absent(Some(relation), Some(reason.into()));
        }
        if let Some(object) = self.absent_object(id) {
            let reason = format!("its {} is missing", object.kind.id().replace('_', " "));
            return absent(Some(object), Some(reason));
        }
        if let Some(schema) = self.absent_schema(id) {
            return absent(Some(schema), Some("its schema is missing".into()));
        }
        match &id.name {
            ComponentName::Row { relation, key } => {
                match absent_key(relation, key, &self.observation.catalog) {
                    Some(column) => Verdict {
                        because_of: Some(column.clone()),
                        ..Verdict::unknown(format!("{column}, a part of its key, is missing"))
                    },
                    None => absent(None, None),
                }
            }
            ComponentName::Free(_) => absent(None, Some("the query does not return true".into())),
            ComponentName::OnShared { class, name, .. } => absent(None, self.unusable(*class, name)),
            _ => absent(None, None),
        }
    }

    /// Why a role has no privileges on what all databases share: it may not even be there.
    fn unusable(&self, class: Shared, name: &Identifier) -> Option<String> {
        let is_on_it = |(id, _): (&ComponentId, &Shape)| match &id.name {
            ComponentName::OnShared { class: of, name: on, .. } => *of == class && on == name,
            _ => false,
        };
        let server = &self.observation.server;
        match class {
            Shared::Parameter if server.major() < PARAMETERS_SINCE => Some(format!(
                "PostgreSQL {} has no privileges on parameters, which came with {PARAMETERS_SINCE}",
                server.major()
            )),
            Shared::Parameter => None,
            Shared::Database | Shared::Tablespace => {
                let is_there = self.observation.catalog.of_kind(Kind::Grant).any(is_on_it);
                (!is_there).then(|| {
                    format!(
                        "no {} of this name is on the server, or no role has privileges on it",
                        class.id()
                    )
                })
            }
        }
    }

    /// The relation that would have to be there and is not. It is a table unless a view of that name is required.
    fn absent_relation(&self, relation: &QualifiedName) -> Option<ComponentId> {
        let ids = RELATIONS.map(|kind| ComponentId::in_schema(kind, relation.clone()));
        if ids.iter().any(|id| self.observation.catalog.contains(id)) {
            return None;
        }
        let required = ids.iter().find(|id| self.requirements.components.contains_key(id));
        Some(required.unwrap_or(&ids[0]).clone())
    }

    /// The object of which something is said, where it is not there.
    fn absent_object(&self, id: &ComponentId) -> Option<ComponentId> {
        let ComponentName::OnObject { object, .. } = &id.name else { return None };
        let object = match &object.name {
            // A part of a type.
            ComponentName::OnRelation { relation, .. } if object.kind == Kind::Type => {
                ComponentId::in_schema(Kind::Type, relation.clone())
            }
            _ => (**object).clone(),
        };
        let (catalog, taken) = (&self.observation.catalog, BTreeSet::new());
        let is_there = match &object.name {
            // What SQL names as a table may be any relation.
            ComponentName::InSchema(name) if object.kind.is_relation() => {
                RELATIONS.iter().any(|kind| catalog.contains(&ComponentId::in_schema(*kind, name.clone())))
            }
            _ => false,
        };
        if is_there || self.found.observed(&object).is_some_and(|observed| catalog.contains(observed)) {
            return None;
        }
        let search = Search { catalog, taken: &taken, name_is_generated: false };
        let found = Shape::open(object.kind).find(&object, &search);
        (found == Found::Nothing).then_some(object)
    }

    fn absent_schema(&self, id: &ComponentId) -> Option<ComponentId> {
        let schema = ComponentId::global(Kind::Schema, id.schema()?.clone());
        (!self.observation.catalog.contains(&schema)).then_some(schema)
    }
}

/// The part of a component that only drift is about, in words.
const DRIFT: &str = "drift";

/// Which observed components are watched for a requirement that found this one.
#[must_use]
pub fn watched<'a>(
    id: &'a ComponentId,
    observed: &'a ComponentId,
    catalog: &'a Catalog,
) -> Vec<&'a ComponentId> {
    match &id.name {
        ComponentName::Routine { name, arguments: None } => {
            catalog.overloads(name).map(|(id, _, _)| id).collect()
        }
        _ => vec![observed],
    }
}

fn count<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Counts {
    let mut counts = Counts::default();
    findings.into_iter().for_each(|finding| counts.add(finding.state));
    counts
}

fn count_kinds(findings: &[Finding]) -> Vec<(Kind, Counts)> {
    let mut kinds: BTreeMap<Kind, Counts> = BTreeMap::new();
    for finding in findings {
        kinds.entry(finding.component.kind).or_default().add(finding.state);
    }
    kinds.into_iter().collect()
}

/// A feature of which a part could not be read is never complete.
fn count_features(requirements: &Requirements, findings: &[Finding]) -> Vec<FeatureResult> {
    let mut counts: BTreeMap<&FeatureRef, Counts> = BTreeMap::new();
    for finding in findings {
        for feature in finding.features.iter() {
            counts.entry(feature).or_default().add(finding.state);
        }
    }
    let errors = requirements.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let broken: BTreeSet<(&str, &str)> =
        errors.filter_map(|problem| Some((&*problem.set, problem.feature.as_deref()?))).collect();
    let result = |feature: &FeatureRef| {
        let counts = counts.get(feature).copied().unwrap_or_default();
        let state = match state_of(&counts) {
            FeatureState::Complete if broken.contains(&(&*feature.set, &*feature.name)) => {
                FeatureState::Unknown
            }
            state => state,
        };
        FeatureResult { feature: feature.clone(), state, counts }
    };
    requirements.features.iter().map(result).collect()
}

fn state_of(counts: &Counts) -> FeatureState {
    let Counts { required, present, missing, different: _, drifted: _, unknown } = *counts;
    if present == required {
        FeatureState::Complete
    } else if missing == required {
        FeatureState::Absent
    } else if present + unknown == required {
        FeatureState::Unknown
    } else {
        FeatureState::Partial
    }
}

fn cover(findings: &[Finding], problems: &[Problem], depth: Depth) -> Coverage {
    let there = findings.iter().filter(|finding| !matches!(finding.state, State::Missing | State::Unknown));
    let (whole, part): (Vec<_>, Vec<_>) =
        there.partition(|finding| depth != Depth::Presence && finding.not_compared.is_empty());
    let not_modelled = problems.iter().filter(|problem| problem.severity == Severity::NotModelled).count();
    Coverage { compared: whole.len(), not_compared: part.len(), not_modelled }
}

/// What a reason says before its details, which name objects.
fn group(reason: &str) -> &str {
    reason.split_once(": ").map_or(reason, |(group, _)| group)
}

fn cover_definitions(findings: &[Finding]) -> DefinitionCoverage {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    let mut compared = 0;
    for finding in findings {
        compared += finding.definitions_compared;
        for reason in &finding.definitions_not_compared {
            *groups.entry(group(reason)).or_default() += 1;
        }
        if finding.definitions_unseen > 0 {
            let reason = finding.reason.as_deref().map_or("it could not be seen", group);
            *groups.entry(reason).or_default() += finding.definitions_unseen;
        }
    }
    let mut reasons: Vec<(String, usize)> =
        groups.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    DefinitionCoverage { compared, not_compared: reasons.iter().map(|(_, count)| count).sum(), reasons }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::audit::requirement::Selection;
    use crate::core::definition::{Clause, Definition, Normal};
    use crate::core::feature::{Feature, FeatureSet, Source};
    use crate::core::kind::Shape;
    use crate::core::kind::column::Column;
    use crate::core::kind::constraint::{Constraint, ConstraintForm};
    use crate::core::kind::table::Table;
    use crate::core::name::Identifier;

    fn users() -> QualifiedName {
        QualifiedName::new("public", "users")
    }

    fn table(name: &str) -> ComponentId {
        ComponentId::in_schema(Kind::Table, QualifiedName::new("public", name))
    }

    fn column(name: &str) -> ComponentId {
        ComponentId::on_relation(Kind::Column, users(), name)
    }

    fn constraint(name: &str) -> ComponentId {
        ComponentId::on_relation(Kind::Constraint, users(), name)
    }

    fn seed(key: &str) -> ComponentId {
        let key = vec![(Identifier::new(key), Some("1".to_owned()))];
        ComponentId { kind: Kind::SeedRow, name: ComponentName::Row { relation: users(), key } }
    }

    fn feature(name: &str) -> FeatureRef {
        FeatureRef { set: Arc::from("set"), name: Arc::from(name) }
    }

    fn open(id: &ComponentId) -> Requirement {
        Requirement {
            shape: Shape::open(id.kind),
            features: [feature("core")].into(),
            position: None,
            name_is_generated: false,
            undecidable: None,
        }
    }

    fn require(components: impl IntoIterator<Item = (ComponentId, Requirement)>) -> Requirements {
        let components = components.into_iter().collect();
        Requirements { components, features: vec![feature("core")], ..Requirements::default() }
    }

    fn by_name(ids: impl IntoIterator<Item = ComponentId>) -> Requirements {
        require(ids.into_iter().map(|id| (id.clone(), open(&id))))
    }

    /// An observation of these components and of the schema `public`.
    fn observe(components: impl IntoIterator<Item = (ComponentId, Shape)>) -> Observation {
        let mut observation = Observation::default();
        let public = ComponentId::global(Kind::Schema, "public");
        observation.catalog.insert(public, Shape::open(Kind::Schema));
        for (id, shape) in components {
            observation.catalog.insert(id, shape);
        }
        observation
    }

    fn observe_names(ids: impl IntoIterator<Item = ComponentId>) -> Observation {
        observe(ids.into_iter().map(|id| (id.clone(), Shape::open(id.kind))))
    }

    /// Each finding as `State component`, with the reason behind a colon.
    fn told(report: &Report) -> Vec<String> {
        let told = |finding: &Finding| {
            let reason = finding.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{} {}{reason}", finding.state.name(), finding.component)
        };
        report.findings.iter().map(told).collect()
    }

    fn unique_key(columns: &[&str]) -> Shape {
        let columns = columns.iter().map(|name| Identifier::new(name)).collect();
        Constraint {
            form: Some(ConstraintForm::Unique { columns, nulls_not_distinct: false }),
            ..Constraint::default()
        }
        .into()
    }

    #[test]
    fn what_is_there_is_present_and_what_is_not_is_missing() {
        let report = compare(
            &by_name([table("users"), table("leads")]),
            &observe_names([table("users")]),
            Depth::Shape,
        );
        assert_eq!(told(&report), ["Missing table/public.leads", "Present table/public.users"]);
        assert!(!report.is_compliant());
    }

    #[test]
    fn a_missing_table_explains_the_sequence_of_its_column() {
        let set = FeatureSet {
            features: vec![Feature {
                sources: vec![Source { name: "a.sql".into(), text: "create table users (id serial)".into() }],
                ..Feature::default()
            }],
            ..FeatureSet::default()
        };
        let report =
            compare(&Requirements::of(&set, &Selection::default()), &observe_names([]), Depth::Shape);
        assert_eq!(
            told(&report),
            [
                "Missing table/public.users",
                "Missing sequence/public.users_id_seq: its table is missing",
                "Missing column/public.users.id: its table is missing",
            ]
        );
    }

    #[test]
    fn a_missing_table_or_schema_explains_what_is_missing_with_it() {
        let elsewhere = ComponentId::in_schema(Kind::Type, QualifiedName::new("crm", "status"));
        let report = compare(
            &by_name([elsewhere, column("id"), table("users"), table("leads"), seed("id")]),
            &observe_names([]),
            Depth::Shape,
        );
        assert_eq!(
            told(&report),
            [
                "Missing table/public.leads",
                "Missing table/public.users",
                "Missing type/crm.status: its schema is missing",
                "Missing column/public.users.id: its table is missing",
                "Missing seed_row/public.users(id='1'): its table is missing",
            ]
        );
        assert_eq!(report.findings[3].because_of, Some(table("users")));
        assert_eq!(report.findings[2].because_of, Some(ComponentId::global(Kind::Schema, "crm")));
    }

    #[test]
    fn a_component_of_a_view_does_not_miss_a_table() {
        let view = ComponentId::in_schema(Kind::View, users());
        let report = compare(&by_name([column("id"), view.clone()]), &observe_names([view]), Depth::Shape);
        assert_eq!(told(&report), ["Missing column/public.users.id", "Present view/public.users"]);
        let view = ComponentId::in_schema(Kind::View, users());
        let report = compare(&by_name([column("id"), view]), &observe_names([]), Depth::Shape);
        assert_eq!(told(&report)[1], "Missing column/public.users.id: its view is missing");
    }

    #[test]
    fn a_row_whose_key_column_is_missing_is_unknown_and_one_that_was_looked_for_is_missing() {
        let report = compare(&by_name([seed("id")]), &observe_names([table("users")]), Depth::Shape);
        assert_eq!(
            told(&report),
            ["Unknown seed_row/public.users(id='1'): column/public.users.id, a part of its key, is missing"]
        );
        let observed = observe_names([table("users"), column("id")]);
        assert_eq!(
            told(&compare(&by_name([seed("id")]), &observed, Depth::Shape)),
            ["Missing seed_row/public.users(id='1')"]
        );
    }

    #[test]
    fn what_could_not_be_seen_or_decided_is_unknown_with_the_reason() {
        let mut requirements = by_name([table("users"), seed("id"), column("id")]);
        requirements.components.get_mut(&column("id")).unwrap().undecidable =
            Some(Undecidable::Shape("RENAME is not modelled".into()));
        let mut observation = observe_names([table("users"), column("id")]);
        observation.unseen.insert(seed("id"), "permission denied: GRANT SELECT".into());
        assert_eq!(
            told(&compare(&requirements, &observation, Depth::Shape)),
            [
                "Unknown column/public.users.id: RENAME is not modelled",
                "Unknown seed_row/public.users(id='1'): permission denied: GRANT SELECT",
                "Present table/public.users",
            ]
        );
        observation.unseen.insert(table("users"), "unreadable".into());
        let report = compare(&by_name([constraint("c")]), &observation, Depth::Shape);
        assert_eq!(told(&report), ["Unknown constraint/public.users.c: unreadable"]);
    }

    #[test]
    fn at_depth_presence_privileges_are_there_or_not_one_by_one() {
        use crate::core::component::Grantee;
        use crate::core::kind::about::about;
        use crate::core::kind::grant::Grant;
        use crate::core::kind::privilege::{Privilege, Privileges, Stance};
        let id = about(Kind::Grant, table("users"), Some(Grantee::Public));
        let required = |stance| {
            let mut requirements = by_name([table("users"), id.clone()]);
            requirements.components.get_mut(&id).unwrap().shape =
                Grant::declared(Privileges::of([Privilege::Select], stance)).into();
            requirements
        };
        let state = |stance, seen: Option<&str>| {
            let seen = seen.map(|word| {
                let privileges = Privileges::observed(vec![(word.to_owned(), false)]);
                (id.clone(), Grant { privileges, ..Grant::default() }.into())
            });
            let there = std::iter::once((table("users"), Shape::open(Kind::Table))).chain(seen);
            let report = compare(&required(stance), &observe(there), Depth::Presence);
            report.findings.iter().find(|finding| finding.component == id).unwrap().state
        };
        let (granted, revoked) = (Stance::granted(false), Stance::revoked());
        assert_eq!(state(granted, None), State::Missing);
        assert_eq!(state(granted, Some("INSERT")), State::Different);
        assert_eq!(state(granted, Some("SELECT")), State::Present);
        assert_eq!(state(revoked, None), State::Present);
        assert_eq!(state(revoked, Some("INSERT")), State::Present);
        assert_eq!(state(revoked, Some("SELECT")), State::Different);
    }

    #[test]
    fn why_nobody_has_a_privilege_on_what_is_shared_is_said() {
        use crate::core::component::Grantee;
        use crate::core::kind::grant::{Grant, on_shared};
        use crate::core::kind::privilege::{Privilege, Privileges, Stance};
        let said = |class, privilege, stance, version: &str, others: bool| {
            let id = on_shared(class, "x".into(), Grantee::Role("app".into()));
            let declared = Grant::declared(Privileges::of([privilege], stance));
            let mut requirements = by_name([id.clone()]);
            requirements.components.get_mut(&id).unwrap().shape = declared.into();
            let owner = on_shared(class, "x".into(), Grantee::Role("boss".into()));
            let there = others.then(|| (owner, Shape::open(Kind::Grant)));
            let mut observation = observe(there);
            observation.server.version = version.to_owned();
            let report = compare(&requirements, &observation, Depth::Shape);
            (report.findings[0].state, report.findings[0].reason.clone())
        };
        let granted = Stance::granted(false);
        let database = |others| said(Shared::Database, Privilege::Connect, granted, "15.1", others);
        assert_eq!(database(true), (State::Missing, None));
        let absent = "no database of this name is on the server, or no role has privileges on it";
        assert_eq!(database(false), (State::Missing, Some(absent.into())));
        let parameter = |stance, version| said(Shared::Parameter, Privilege::Set, stance, version, false);
        assert_eq!(parameter(granted, "15.1"), (State::Missing, None));
        let old = "PostgreSQL 14 has no privileges on parameters, which came with 15";
        assert_eq!(parameter(granted, "14.20"), (State::Missing, Some(old.into())));
        assert_eq!(parameter(Stance::revoked(), "14.20").0, State::Present);
    }

    #[test]
    fn p12_what_may_never_have_been_made_is_present_as_declared_and_else_unknown() {
        let make = "do $$ begin if random() < 1 then create table users (id text); end if; end $$";
        let set = FeatureSet {
            features: vec![Feature {
                sources: vec![Source { name: "a.sql".into(), text: make.into() }],
                ..Feature::default()
            }],
            ..FeatureSet::default()
        };
        let requirements = Requirements::of(&set, &Selection::default());
        let told = |components: &[(ComponentId, Shape)]| {
            told(&compare(&requirements, &observe(components.iter().cloned()), Depth::Shape))
        };
        let users_table: (ComponentId, Shape) = (table("users"), Shape::open(Kind::Table));
        let id = |data_type: &str| {
            let data_type = Some(crate::core::type_name::TypeName::built_in(data_type));
            (column("id"), Column { data_type, ..Column::default() }.into())
        };
        assert_eq!(
            told(&[users_table.clone(), id("text")]),
            ["Present table/public.users", "Present column/public.users.id"]
        );
        let by = "DO under a condition at a.sql:1 may not have made it";
        assert_eq!(
            told(&[users_table, id("int4")]),
            [
                format!("Unknown column/public.users.id: the database holds another type, and {by}"),
                "Present table/public.users".to_owned(),
            ]
        );
        assert_eq!(
            told(&[]),
            [
                format!("Unknown table/public.users: it is not there, and {by}"),
                format!("Unknown column/public.users.id: it is not there, and {by}"),
            ]
        );
    }

    #[test]
    fn what_may_never_have_been_made_takes_nothing_from_what_was() {
        let sql = "create table users (id int); \
                   do $$ begin if random() < 1 then alter table users add unique (id); end if; end $$; \
                   alter table users add unique (id)";
        let set = FeatureSet {
            features: vec![Feature {
                sources: vec![Source { name: "a.sql".into(), text: sql.into() }],
                ..Feature::default()
            }],
            ..FeatureSet::default()
        };
        let requirements = Requirements::of(&set, &Selection::default());
        let observation = observe([
            (table("users"), Shape::open(Kind::Table)),
            (column("id"), Shape::open(Kind::Column)),
            (constraint("users_id_key"), unique_key(&["id"])),
        ]);
        let report = compare(&requirements, &observation, Depth::Shape);
        assert!(report.findings.iter().all(|finding| finding.state != State::Missing), "{:?}", told(&report));
        assert_eq!(report.summary.unknown, 1, "{:?}", told(&report));
    }

    #[test]
    fn another_shape_is_different_at_depth_shape_and_present_at_depth_presence() {
        let mut requirements = by_name([table("users"), column("id")]);
        requirements.components.get_mut(&table("users")).unwrap().shape =
            Table { row_security: Some(true), ..Table::default() }.into();
        requirements.components.get_mut(&column("id")).unwrap().shape =
            Column { default: Some(Clause::Defined(None)), ..Column::default() }.into();
        let observed = observe([
            (table("users"), Table { row_security: Some(false), ..Table::default() }.into()),
            (column("id"), Column { default: Some(Clause::Defined(None)), ..Column::default() }.into()),
        ]);
        let report = compare(&requirements, &observed, Depth::Shape);
        assert_eq!(told(&report), ["Different table/public.users", "Present column/public.users.id"]);
        assert_eq!(report.findings[0].differences.len(), 1);
        assert_eq!(report.findings[1].not_compared[0].part, "default");
        assert_eq!(report.coverage, Coverage { compared: 1, not_compared: 1, not_modelled: 0 });
        let report = compare(&requirements, &observed, Depth::Presence);
        assert_eq!(told(&report), ["Present table/public.users", "Present column/public.users.id"]);
        assert_eq!(report.coverage, Coverage { compared: 0, not_compared: 2, not_modelled: 0 });
        assert!(report.is_compliant());
    }

    #[test]
    fn a_match_by_shape_takes_nothing_that_another_requirement_owns() {
        let requirement = |name: &str, columns: &[&str], name_is_generated| {
            let id = constraint(name);
            let requirement = Requirement { shape: unique_key(columns), name_is_generated, ..open(&id) };
            (id, requirement)
        };
        // The generated names are crossed, the first name on the left belongs to a named requirement on the right.
        let requirements = require([
            requirement("a_generated", &["x"], true),
            requirement("k1", &["a"], true),
            requirement("k2", &["b"], true),
            requirement("named", &["x"], false),
        ]);
        let observed = observe([
            (table("users"), Shape::open(Kind::Table)),
            (constraint("named"), unique_key(&["x"])),
            (constraint("k1"), unique_key(&["b"])),
            (constraint("k2"), unique_key(&["a"])),
        ]);
        assert_eq!(
            told(&compare(&requirements, &observed, Depth::Shape)),
            [
                "Missing constraint/public.users.a_generated",
                "Present constraint/public.users.k1",
                "Present constraint/public.users.k2",
                "Present constraint/public.users.named",
            ]
        );
    }

    #[test]
    fn a_namesake_of_another_shape_is_left_to_the_one_that_it_equals() {
        let requirement = |name: &str, columns: &[&str]| {
            let id = constraint(name);
            (id.clone(), Requirement { shape: unique_key(columns), name_is_generated: true, ..open(&id) })
        };
        let requirements = require([requirement("k1", &["a"]), requirement("k2", &["b"])]);
        let observed =
            observe([(table("users"), Shape::open(Kind::Table)), (constraint("k1"), unique_key(&["b"]))]);
        assert_eq!(
            told(&compare(&requirements, &observed, Depth::Shape)),
            ["Missing constraint/public.users.k1", "Present constraint/public.users.k2"]
        );
        let observed =
            observe([(table("users"), Shape::open(Kind::Table)), (constraint("k1"), unique_key(&["c"]))]);
        assert_eq!(
            told(&compare(&requirements, &observed, Depth::Shape)),
            ["Missing constraint/public.users.k2", "Different constraint/public.users.k1"]
        );
    }

    #[test]
    fn counts_are_exact_by_kind_and_by_feature() {
        let mut requirements = by_name([table("users"), table("leads"), column("id"), seed("id")]);
        requirements.features.extend(["empty", "shared", "seen"].map(feature));
        requirements.components.get_mut(&table("leads")).unwrap().features =
            [feature("core"), feature("shared")].into();
        requirements.components.get_mut(&column("id")).unwrap().features = [feature("seen")].into();
        requirements.default_schema = Some("public".into());
        let mut observation = observe_names([table("users"), column("id")]);
        observation.unseen.insert(seed("id"), "locked".into());
        let report = compare(&requirements, &observation, Depth::Shape);
        let counts = |required, present, missing, unknown| Counts {
            required,
            present,
            missing,
            unknown,
            ..Counts::default()
        };
        assert_eq!(report.summary, counts(4, 2, 1, 1));
        assert_eq!(
            report.kinds,
            [
                (Kind::Table, counts(2, 1, 1, 0)),
                (Kind::Column, counts(1, 1, 0, 0)),
                (Kind::SeedRow, counts(1, 0, 0, 1)),
            ]
        );
        let result = |name: &str, state, counts| FeatureResult { feature: feature(name), state, counts };
        assert_eq!(
            report.features,
            [
                result("core", FeatureState::Partial, counts(3, 1, 1, 1)),
                result("empty", FeatureState::Complete, counts(0, 0, 0, 0)),
                result("shared", FeatureState::Absent, counts(1, 0, 1, 0)),
                result("seen", FeatureState::Complete, counts(1, 1, 0, 0)),
            ]
        );
        assert_eq!(report.default_schema, Some("public".into()));
    }

    #[test]
    fn a_feature_of_which_a_part_could_not_be_read_is_not_complete() {
        let mut requirements = by_name([table("users")]);
        let feature = requirements.features[0].clone();
        requirements.problems = vec![Problem {
            severity: Severity::Error,
            set: feature.set,
            feature: Some(feature.name),
            position: None,
            message: "syntax error".into(),
        }];
        let state = |requirements: &Requirements| {
            compare(requirements, &observe_names([table("users")]), Depth::Shape).features[0].state
        };
        assert_eq!(state(&requirements), FeatureState::Unknown);
        requirements.problems[0].severity = Severity::NotModelled;
        assert_eq!(state(&requirements), FeatureState::Complete);
    }

    #[test]
    fn a_feature_with_nothing_missing_but_something_unseen_is_unknown() {
        let mut observation = observe_names([table("users"), column("id")]);
        observation.unseen.insert(seed("id"), "locked".into());
        let report = compare(&by_name([table("users"), seed("id")]), &observation, Depth::Shape);
        assert_eq!(report.features[0].state, FeatureState::Unknown);
        assert!(!report.is_compliant());
    }

    #[test]
    fn definitions_are_counted_with_the_reasons_in_groups() {
        let definition = |normal: Normal| {
            let mut definition = Definition::observed("a".into());
            definition.normal = Some(normal);
            definition
        };
        let form = || definition(Normal::Form("1".into()));
        let with = |definition: Definition| Column {
            default: Some(Clause::Defined(Some(definition))),
            ..Column::default()
        };
        let refused = |what: &str| definition(Normal::None(format!("the server cannot plan it: {what}")));
        let locked = definition(Normal::Unseen("locked by another session".into()));
        let columns = [("a", form()), ("b", refused("x")), ("c", refused("y")), ("d", locked), ("e", form())];
        let requirements = require(columns.iter().map(|(name, _)| {
            let id = column(name);
            (id.clone(), Requirement { shape: with(form()).into(), ..open(&id) })
        }));
        let seen = columns.map(|(name, definition)| (column(name), with(definition).into()));
        let report = compare(&requirements, &observe(seen), Depth::Shape);
        assert_eq!(
            report.definitions,
            DefinitionCoverage {
                compared: 2,
                not_compared: 3,
                reasons: vec![
                    ("the server cannot plan it".into(), 2),
                    ("locked by another session".into(), 1)
                ],
            }
        );
        assert_eq!(report.summary.unknown, 1);
    }

    #[test]
    fn a_query_that_does_not_return_true_is_missing_and_says_so() {
        let id = ComponentId { kind: Kind::Query, name: ComponentName::Free("badges".into()) };
        let report = compare(&by_name([id]), &observe_names([]), Depth::Shape);
        assert_eq!(told(&report), ["Missing query/badges: the query does not return true"]);
    }

    #[test]
    fn statements_that_are_not_modelled_are_counted() {
        let problem = Problem {
            severity: Severity::NotModelled,
            set: Arc::from("set"),
            feature: None,
            position: None,
            message: "CREATE OPERATOR is not modelled".into(),
        };
        let requirements = Requirements { problems: vec![problem], ..Requirements::default() };
        let report = compare(&requirements, &observe_names([]), Depth::Shape);
        assert_eq!(report.coverage.not_modelled, 1);
        assert_eq!(report.problems.len(), 1);
        assert!(report.is_compliant());
    }
}
