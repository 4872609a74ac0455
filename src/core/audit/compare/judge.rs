//! The verdict on one requirement.

use crate::core::audit::compare::Depth;
use crate::core::audit::definitions::overlay::DeclaredShapes;
use crate::core::audit::finding::{Details, Finding, State};
use crate::core::audit::matching::Matches;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::{Requirement, Requirements, Undecidable};
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::Normal;
use crate::core::drift::acceptance::Accepted;
use crate::core::drift::{Fingerprint, Verdict as Drift, Watched};
use crate::core::kind::{Comparison, Kind, Shape};
use crate::core::name::QualifiedName;

/// What judging needs to know besides the requirement.
pub(super) struct Judge<'a> {
    pub(super) requirements: &'a Requirements,
    pub(super) observation: &'a Observation,
    pub(super) shapes: DeclaredShapes<'a>,
    pub(super) found: &'a Matches<'a>,
    pub(super) depth: Depth,
    pub(super) accepted: Accepted<'a>,
}

/// What was found for a requirement.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    /// This component, and its shape.
    Is(&'a ComponentId, Option<&'a Shape>),
    Nothing,
    Undecided(&'a str),
}

/// A verdict, not yet tied to its requirement.
pub(super) struct Verdict {
    pub(super) state: State,
    pub(super) reason: Option<String>,
    pub(super) because_of: Option<ComponentId>,
    pub(super) comparison: Comparison,
}

impl Verdict {
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
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

    pub(super) fn finding(self, id: &ComponentId, requirement: &Requirement) -> Finding {
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
        finding.definitions_compared = u32::try_from(comparison.definitions_compared).unwrap_or(u32::MAX);
        finding
    }
}

impl Judge<'_> {
    pub(super) fn verdict(&self, id: &ComponentId, requirement: &Requirement, seen: Seen<'_>) -> Verdict {
        if let Some(Undecidable::Shape(reason)) = requirement.undecidable.as_deref() {
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
        let verdict = match requirement.undecidable.as_deref() {
            Some(Undecidable::Presence(reason)) => verdict.unless_as_declared(reason),
            _ => verdict,
        };
        self.no_surer_than_its_root(verdict)
    }

    /// What is missing because something else is, which may not have been made at all, may be as it should be.
    fn no_surer_than_its_root(&self, verdict: Verdict) -> Verdict {
        let root = verdict.because_of.as_ref().and_then(|root| self.requirements.components.get(root));
        match root.and_then(|root| root.undecidable.as_deref()) {
            Some(Undecidable::Presence(why) | Undecidable::Shape(why)) if verdict.state == State::Missing => {
                let seen = verdict.reason.as_deref().unwrap_or("it is not there");
                Verdict { because_of: verdict.because_of, ..Verdict::unknown(format!("{seen}, and {why}")) }
            }
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
    pub(super) fn watch(&self, id: &ComponentId, seen: Seen<'_>, state: State, watched: &mut Watched) {
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

#[cfg(test)]
mod tests {
    use crate::core::audit::compare::tests::*;
    use crate::core::audit::compare::{Depth, compare};
    use crate::core::audit::finding::State;
    use crate::core::audit::requirement::{Requirements, Selection, Undecidable};
    use crate::core::component::ComponentId;
    use crate::core::feature::{Feature, FeatureSet, Source};
    use crate::core::kind::column::Column;
    use crate::core::kind::{Kind, Shape};

    #[test]
    fn what_could_not_be_seen_or_decided_is_unknown_with_the_reason() {
        let mut requirements = by_name([table("users"), seed("id"), column("id")]);
        requirements.components.get_mut(&column("id")).unwrap().undecidable =
            Some(Box::new(Undecidable::Shape("RENAME is not modelled".into())));
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
}
