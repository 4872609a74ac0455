//! Views: `pg_class` of relkind `v`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::kind::{Comparison, DecodeError, Kind, Room};

/// A view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The body as declared; observed, `None` until its text is read.
    pub body: Option<Definition>,
}

impl Room for View {
    const QUERY: Option<&'static str> = Some(include_str!("view.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let id = ComponentId::in_schema(Kind::View, row.qualified("schema", "name")?);
        Ok((id, Self { body: None }))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { body } = self;
        let mut comparison = Comparison::default();
        if body.is_some() {
            comparison.definition("definition", body.as_ref(), observed.body.as_ref());
        }
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        visit(Part::only("definition"), &mut self.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::testing::told;

    #[test]
    fn a_body_is_not_compared_and_never_a_difference() {
        let declared = View { body: Some(Definition::observed("select 1".into())) };
        assert_eq!(told(&declared, &View::default()), ["not compared: definition"]);
        assert_eq!(told(&View::default(), &View::default()), Vec::<String>::new());
    }
}
