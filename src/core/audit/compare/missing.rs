//! Why a component is not there: what it is on, or in, may be missing first.

use std::collections::BTreeSet;

use crate::core::audit::compare::judge::{Judge, Verdict};
use crate::core::audit::finding::State;
use crate::core::audit::question::absent_key;
use crate::core::component::{ComponentId, ComponentName, Shared};
use crate::core::kind::about::RELATIONS;
use crate::core::kind::grant::PARAMETERS_SINCE;
use crate::core::kind::{Comparison, Found, Kind, Search, Shape};
use crate::core::name::{Identifier, QualifiedName};

impl Judge<'_> {
    /// The verdict on a component that was not found.
    pub(super) fn missing(&self, id: &ComponentId, relation: Option<&QualifiedName>) -> Verdict {
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

#[cfg(test)]
mod tests {
    use crate::core::audit::compare::tests::*;
    use crate::core::audit::compare::{Depth, compare};
    use crate::core::audit::finding::State;
    use crate::core::audit::requirement::Undecidable;
    use crate::core::audit::requirement::{Requirements, Selection};
    use crate::core::component::{ComponentId, ComponentName, Shared};
    use crate::core::feature::{Feature, FeatureSet, Source};
    use crate::core::kind::{Kind, Shape};
    use crate::core::name::QualifiedName;

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
    fn what_goes_with_an_object_that_may_never_have_been_made_is_not_missing_either() {
        let mut requirements = by_name([table("users"), constraint("c")]);
        requirements.components.get_mut(&table("users")).unwrap().undecidable =
            Some(Box::new(Undecidable::Presence("SELECT f(...) may have changed it".into())));
        let report = compare(&requirements, &observe_names([]), Depth::Shape);
        let told = told(&report);
        assert_eq!(
            told,
            [
                "Unknown table/public.users: it is not there, and SELECT f(...) may have changed it",
                "Unknown constraint/public.users.c: its table is missing, and SELECT f(...) may have changed it",
            ]
        );
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
    fn a_query_that_does_not_return_true_is_missing_and_says_so() {
        let id = ComponentId { kind: Kind::Query, name: ComponentName::Free("badges".into()) };
        let report = compare(&by_name([id]), &observe_names([]), Depth::Shape);
        assert_eq!(told(&report), ["Missing query/badges: the query does not return true"]);
    }
}
