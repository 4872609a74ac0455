//! What a function returns.

use crate::core::kind::Comparison;
use crate::core::type_name::TypeName;

/// The result of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// The type; `void` for procedures, `record` for RETURNS TABLE and several OUT arguments. `None` where the SQL does
    /// not settle it (`%TYPE`).
    pub data_type: Option<TypeName>,
    /// SETOF, or RETURNS TABLE.
    pub set: bool,
}

impl Returns {
    /// PostgreSQL drops modifiers of results. The columns of RETURNS TABLE and of several OUT arguments are not part of
    /// the type `record`.
    pub(super) fn compare(&self, observed: &Self, columns_are_known: bool, comparison: &mut Comparison) {
        let same_type = match (&self.data_type, &observed.data_type) {
            (Some(expected), Some(actual)) => expected.is_same_ignoring_modifier(actual),
            _ => true,
        };
        if !same_type || self.set != observed.set {
            comparison.differs("returns", self.shown(), observed.shown());
        } else if !columns_are_known
            && self.data_type.as_ref().is_some_and(|data_type| data_type.name.as_str() == "record")
        {
            comparison.not_compared("columns of the result");
        }
    }

    fn shown(&self) -> String {
        let data_type = self.data_type.as_ref().map_or_else(|| "any type".into(), ToString::to_string);
        if self.set { format!("setof {data_type}") } else { data_type }
    }
}
