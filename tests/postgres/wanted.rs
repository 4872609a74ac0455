//! Requirements by hand, and looks for them.

use std::collections::BTreeMap;
use std::time::Duration;

use schema_audit::core::audit::observation::Observation;
use schema_audit::core::audit::requirement::{Requirement, Requirements};
use schema_audit::core::component::{ComponentId, ComponentName};
use schema_audit::core::kind::query::Query;
use schema_audit::core::kind::{Kind, Shape};
use schema_audit::core::name::QualifiedName;
use schema_audit::postgres::{Limits, Origin, Target, observe};

/// Generous: a test that runs into them fails by its own assertion.
pub const LIMITS: Limits = Limits { total: Duration::from_secs(20), lock: Duration::from_millis(200) };

/// A table of the schema public.
pub fn table(name: &str) -> ComponentId {
    ComponentId::in_schema(Kind::Table, QualifiedName::new("public", name))
}

/// A row of a table of the schema public, by one key column.
pub fn row(table: &str, column: &str, value: &str) -> ComponentId {
    let key = vec![(column.into(), Some(value.to_owned()))];
    ComponentId {
        kind: Kind::SeedRow,
        name: ComponentName::Row { relation: QualifiedName::new("public", table), key },
    }
}

/// A query by its name.
pub fn query(name: &str) -> ComponentId {
    ComponentId { kind: Kind::Query, name: ComponentName::Free(name.to_owned()) }
}

/// Components required by name only.
pub fn require(components: impl IntoIterator<Item = ComponentId>) -> Requirements {
    let components = components.into_iter().map(|id| (id.clone(), required(Shape::open(id.kind)))).collect();
    Requirements { components, default_schema: Some("public".into()), ..Requirements::default() }
}

/// Queries by name.
pub fn require_queries<'a>(queries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Requirements {
    let components: BTreeMap<_, _> = queries
        .into_iter()
        .map(|(name, sql)| (query(name), required(Query { sql: sql.to_owned() }.into())))
        .collect();
    Requirements { components, default_schema: Some("public".into()), ..Requirements::default() }
}

/// Both together.
pub fn both(mut one: Requirements, other: Requirements) -> Requirements {
    one.components.extend(other.components);
    one
}

fn required(shape: Shape) -> Requirement {
    Requirement {
        shape,
        features: std::sync::Arc::from([]),
        position: None,
        name_is_generated: false,
        undecidable: None,
    }
}

/// A look that must succeed.
pub async fn look(url: &str, requirements: &Requirements) -> Observation {
    let target = Target::parse(url, None, Origin::CommandLine).unwrap();
    observe(&target, requirements, &LIMITS).await.unwrap()
}

/// Whether a component was seen, or the reason why not.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Present,
    Missing,
    Unknown(String),
}

/// What a look says of one component.
pub fn seen(observation: &Observation, id: &ComponentId) -> Seen {
    match observation.unseen.get(id) {
        Some(reason) => {
            assert!(!observation.catalog.contains(id), "{id} is both seen and unseen");
            Seen::Unknown(reason.clone())
        }
        None if observation.catalog.contains(id) => Seen::Present,
        None => Seen::Missing,
    }
}
