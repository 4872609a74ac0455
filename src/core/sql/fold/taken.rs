//! Which names are taken: what PostgreSQL looks at before it makes one up.

use std::collections::BTreeMap;

use super::{Declaration, Declared};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::type_::TypeForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};

/// How many constraints have a name, by schema. Constraints are named per table, but a made-up name avoids those of
/// the whole schema.
#[derive(Debug, Clone, Default)]
pub(super) struct ConstraintNames {
    counts: BTreeMap<QualifiedName, Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    all: u32,
    /// Those that an index of the same name carries out.
    with_index: u32,
}

impl ConstraintNames {
    /// The names of declared constraints.
    pub(super) fn of(components: &BTreeMap<ComponentId, Declaration>) -> Self {
        let mut names = Self::default();
        for (id, declaration) in components {
            if let (ComponentName::OnRelation { relation, name }, Shape::Constraint(constraint)) =
                (&id.name, &declaration.shape)
            {
                names.add(&relation.schema, name, constraint);
            }
        }
        names
    }

    pub(super) fn add(&mut self, schema: &Identifier, name: &Identifier, constraint: &Constraint) {
        let name = QualifiedName { schema: schema.clone(), name: name.clone() };
        let count = self.counts.entry(name).or_default();
        count.all += 1;
        count.with_index += u32::from(has_index(constraint));
    }

    pub(super) fn remove(&mut self, schema: &Identifier, name: &Identifier, constraint: &Constraint) {
        let name = QualifiedName { schema: schema.clone(), name: name.clone() };
        if let Some(count) = self.counts.get_mut(&name) {
            count.all = count.all.saturating_sub(1);
            count.with_index = count.with_index.saturating_sub(u32::from(has_index(constraint)));
        }
    }

    fn count(&self, name: &QualifiedName) -> Count {
        self.counts.get(name).copied().unwrap_or_default()
    }
}

fn has_index(constraint: &Constraint) -> bool {
    matches!(
        constraint.form,
        Some(
            ConstraintForm::PrimaryKey { .. } | ConstraintForm::Unique { .. } | ConstraintForm::Exclusion(_)
        )
    )
}

impl Declared {
    /// Whether a constraint has this name, on whatever table, or domain, of the schema.
    pub(super) fn constraint_name_is_taken(&self, name: &QualifiedName) -> bool {
        self.constraint_names.count(name).all > 0 || self.domain_has_check(name)
    }

    /// Whether something in `pg_class` has this name: tables, views, sequences, indexes, composite types.
    pub(super) fn relation_is_taken(&self, name: &QualifiedName) -> bool {
        let relations = [
            Kind::Table,
            Kind::ForeignTable,
            Kind::View,
            Kind::MaterializedView,
            Kind::Sequence,
            Kind::Index,
            Kind::Type,
        ];
        self.constraint_names.count(name).with_index > 0
            || relations.into_iter().any(|kind| {
                let declaration = self.components.get(&ComponentId::in_schema(kind, name.clone()));
                declaration.is_some_and(|declaration| match &declaration.shape {
                    Shape::Type(of) => matches!(of.form, Some(TypeForm::Composite { .. })),
                    _ => true,
                })
            })
    }
}
