//! Types that users make: enum, domain, composite and range (`pg_type`).

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};
use crate::core::name::Identifier;
use crate::core::type_name::TypeName;

/// A type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Type {
    /// What sort of type it is, with its shape.
    pub form: Option<TypeForm>,
}

/// The sorts of types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeForm {
    /// An enum with its labels in order (`pg_enum.enumsortorder`).
    Enum {
        /// The labels.
        labels: Vec<String>,
    },
    /// A domain.
    Domain {
        /// The type below it.
        base: TypeName,
        /// Whether null is refused.
        not_null: bool,
        /// Whether it has a default.
        has_default: bool,
        /// How many CHECK constraints it has; their expressions are not compared yet.
        checks: usize,
    },
    /// A composite type with its attributes in order.
    Composite {
        /// Name and type of each attribute.
        attributes: Vec<(Identifier, TypeName)>,
    },
    /// A range type; its subtype is not compared yet.
    Range,
}

impl Room for Type {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
