//! What the rooms read of real objects, made with plain SQL and looked for by name.
//!
//! With `TEST_DATABASE_URL`, this runs against a server of any version from 12 to 18.

mod anyone;
mod constraint_and_index;
mod relation;
mod routine_and_type;

use schema_audit::core::audit::observation::Observation;
use schema_audit::core::component::ComponentId;
use schema_audit::core::kind::{Kind, Shape};
use schema_audit::core::name::{Identifier, QualifiedName};

use crate::support::Database;
use crate::wanted::{look, require};

fn name(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

fn in_schema(kind: Kind, of: &str) -> ComponentId {
    ComponentId::in_schema(kind, name(of))
}

fn on(kind: Kind, relation: &str, of: &str) -> ComponentId {
    ComponentId::on_relation(kind, name(relation), of)
}

fn identifiers<T: FromIterator<Identifier>>(names: &[&str]) -> T {
    names.iter().map(|name| Identifier::new(name)).collect()
}

/// Looks for components by name.
async fn look_for(database: &Database, ids: impl IntoIterator<Item = ComponentId>) -> Observation {
    look(&database.url(), &require(ids)).await
}

/// The components of one kind that were seen, printed.
fn printed(observation: &Observation, kind: Kind) -> Vec<String> {
    observation.catalog.of_kind(kind).map(|(id, _)| id.to_string()).collect()
}

/// The components of one kind that a look for these gives, printed.
async fn seen(database: &Database, kind: Kind, ids: impl IntoIterator<Item = ComponentId>) -> Vec<String> {
    printed(&look_for(database, ids).await, kind)
}

/// The shape of one component.
async fn shape(database: &Database, id: ComponentId) -> Shape {
    let observation = look_for(database, [id.clone()]).await;
    observation.catalog.get(&id).unwrap_or_else(|| panic!("{id} is not seen")).clone()
}

/// The server's version as a number: 150000 and more for 15.
fn version(database: &Database) -> u32 {
    database.query("show server_version_num")[0].parse().unwrap()
}
