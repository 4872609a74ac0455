//! Domains: ALTER DOMAIN, and the names of their checks, which it may say.

use super::{Declared, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::domain::Domain;
use crate::core::kind::type_::TypeForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::DomainChange;
use crate::core::sql::generated_name;

impl Declared {
    /// A domain of which nothing is declared stays as open as it was.
    pub(super) fn change_domain(&mut self, id: &ComponentId, change: DomainChange, origin: &Origin) {
        let Some(TypeForm::Domain(domain)) = self.part_of(id.clone(), origin).type_form_mut() else {
            return;
        };
        let mut is_known = true;
        match change {
            DomainChange::NotNull(not_null) => domain.not_null = not_null,
            DomainChange::Default(default) => domain.default = default,
            DomainChange::Add(check) => domain.checks.push(check),
            DomainChange::Drop { name, if_exists } => {
                let before = domain.checks.len();
                domain.checks.retain(|check| check.name.as_ref() != Some(&name));
                // Since PostgreSQL 17, NOT NULL has a name too.
                is_known = if_exists || domain.checks.len() < before;
            }
            DomainChange::Rename { from, to } => {
                let renamed = domain.checks.iter_mut().find(|check| check.name.as_ref() == Some(&from));
                if let Some(check) = renamed {
                    check.name = Some(to);
                }
            }
        }
        if is_known {
            self.name_checks(id);
        } else {
            self.obscure(id, &origin.words("ALTER DOMAIN ... DROP CONSTRAINT"));
        }
    }

    fn name_checks(&mut self, id: &ComponentId) {
        let Some(shape) = self.components.get(id).map(|declaration| declaration.shape.clone()) else {
            return;
        };
        let named = self.with_named_checks(id, shape);
        if let Some(declaration) = self.components.get_mut(id) {
            declaration.shape = named;
        }
    }

    /// The shape of a domain with the names that PostgreSQL makes up for its checks (`domainAddCheckConstraint` in its
    /// `typecmds.c`).
    pub(super) fn with_named_checks(&self, id: &ComponentId, mut shape: Shape) -> Shape {
        if let (Some(TypeForm::Domain(domain)), ComponentName::InSchema(name)) =
            (shape.type_form_mut(), &id.name)
        {
            while let Some(unnamed) = domain.checks.iter().position(|check| check.name.is_none()) {
                let made_up = generated_name::choose(&name.name, None, "check", |candidate| {
                    let of_schema = QualifiedName { schema: name.schema.clone(), name: candidate.clone() };
                    has_check(domain, candidate) || self.constraint_name_is_taken(&of_schema)
                });
                domain.checks[unnamed].name = Some(made_up);
            }
        }
        shape
    }

    /// Whether a domain of the schema has a check of this name.
    pub(super) fn domain_has_check(&self, name: &QualifiedName) -> bool {
        self.of_kind(Kind::Type).any(|(id, declaration)| match declaration.shape.type_form() {
            Some(TypeForm::Domain(domain)) => {
                id.schema() == Some(&name.schema) && has_check(domain, &name.name)
            }
            _ => false,
        })
    }
}

fn has_check(domain: &Domain, name: &Identifier) -> bool {
    domain.checks.iter().any(|check| check.name.as_ref() == Some(name))
}
