//! The report of an audit as people and programs read it.
//!
//! - [`table`]: the summary for people.
//! - [`json`]: the documented, versioned document for programs; the operator publishes the same one.
//! - [`diagnosis`]: a diagnosis, in forms of its own.
//! - [`plan`]: a plan, for programs.
//!
//! The first two are made of a [`crate::core::audit::report::Report`] alone: no clock, no environment, so that the same report
//! gives the same bytes. Nothing that a database or a document calls itself reaches a terminal raw ([`printable`]).

use crate::core::audit::finding::Finding;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::name::Identifier;

pub mod diagnosis;
pub mod json;
pub mod plan;
pub mod printable;
pub mod screen;
pub mod table;
mod terminal;

#[cfg(test)]
mod sample;

/// The name of a component without its kind, and without its schema where that is the default one: `leads.email`,
/// `total(bigint)`, `"Odd name"`.
#[must_use]
pub fn short_name(id: &ComponentId, default_schema: Option<&Identifier>) -> String {
    let full = id.name.to_string();
    if let ComponentName::OnObject { object, .. } = &id.name {
        // What follows the name of the object: to whom.
        let rest = full.strip_prefix(&object.to_string()).unwrap_or_default();
        return format!("{}/{}{rest}", object.kind, short_name(object, default_schema));
    }
    match id.schema().filter(|schema| Some(*schema) == default_schema) {
        // Every name that has a schema is printed with the schema first.
        Some(schema) => full.strip_prefix(&format!("{schema}.")).map_or(full.clone(), str::to_owned),
        None => full,
    }
}

/// One side of a finding's differences as text: `type: integer; not null: true`. `None` without differences.
fn joined<'a>(
    finding: &'a Finding,
    side: impl Fn(&'a crate::core::kind::Difference) -> &'a str,
) -> Option<String> {
    let parts: Vec<String> = finding
        .differences
        .iter()
        .map(|difference| format!("{}: {}", difference.part, side(difference)))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::component::Grantee;
    use crate::core::kind::Kind;
    use crate::core::name::QualifiedName;

    #[test]
    fn names_lose_the_default_schema_and_no_other() {
        let public = Identifier::new("public");
        let grant = |object| {
            let grantee = Some(Grantee::Role("app".into()));
            crate::core::kind::about::about(Kind::Grant, object, grantee)
        };
        let row = ComponentId {
            kind: Kind::SeedRow,
            name: ComponentName::Row {
                relation: QualifiedName::new("public", "badges"),
                key: vec![("key".into(), Some("closer".into()))],
            },
        };
        for (id, expected) in [
            (ComponentId::in_schema(Kind::Table, QualifiedName::new("public", "leads")), "leads"),
            (ComponentId::in_schema(Kind::Table, QualifiedName::new("crm", "leads")), "crm.leads"),
            (ComponentId::in_schema(Kind::Table, QualifiedName::new("public", "public.x")), "\"public.x\""),
            (
                ComponentId::on_relation(Kind::Column, QualifiedName::new("public", "leads"), "email"),
                "leads.email",
            ),
            (ComponentId::routine(QualifiedName::new("public", "total"), Some(Vec::new())), "total()"),
            (ComponentId::global(Kind::Extension, "public"), "public"),
            (row, "badges(key='closer')"),
            (
                grant(ComponentId::in_schema(Kind::Table, QualifiedName::new("public", "leads"))),
                "table/leads to app",
            ),
            (grant(ComponentId::global(Kind::Schema, "public")), "schema/public to app"),
        ] {
            assert_eq!(short_name(&id, Some(&public)), expected);
        }
    }
}
