//! Access methods: `pg_am`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::letter::Letter;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// An access method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessMethod {
    /// What it stores.
    pub sort: Option<AccessMethodSort>,
    /// The function that leads to its code.
    pub handler: Option<Reference>,
}

/// What an access method is for (`pg_am.amtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessMethodSort {
    /// Indexes.
    Index,
    /// Tables.
    Table,
}

impl Letter for AccessMethodSort {
    const LETTERS: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Index, "i", "of indexes"), (Self::Table, "t", "of tables")];
}

impl Room for AccessMethod {
    const ABOUT: About = About {
        declared_by: "`CREATE ACCESS METHOD`.",
        compared: "Whether it is for tables or for indexes, and the handler.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("access_method.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let sort = Some(row.letter("sort")?);
        let method = Self { sort, handler: Reference::decode(row, "handler_schema", "handler")? };
        Ok((ComponentId::global(Kind::AccessMethod, row.identifier("name")?), method))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { sort, handler } = self;
        let mut comparison = Comparison::default();
        comparison.letter("sort", *sort, observed.sort);
        if handler.is_some() {
            comparison.reference("handler", Some(handler), Some(&observed.handler));
        }
        comparison
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(handler) = &mut self.handler {
            handler.rename(Kind::Function, renaming, whatever);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    #[test]
    fn each_part_of_an_access_method_is_compared() {
        let columns = [
            ("name", Some("heap2")),
            ("sort", Some("t")),
            ("handler_schema", Some("pg_catalog")),
            ("handler", Some("heap_tableam_handler")),
        ];
        let (id, shape) = decode(Kind::AccessMethod, &columns).unwrap();
        assert_eq!(id.to_string(), "access_method/heap2");
        let Shape::AccessMethod(seen) = shape else { panic!("an access method") };
        let seen = *seen;
        assert_eq!(told(&seen, &seen), Vec::<String>::new());
        let declared = AccessMethod {
            sort: Some(AccessMethodSort::Index),
            handler: Some(Reference { schema: None, name: "bthandler".into() }),
        };
        assert_eq!(
            told(&declared, &seen),
            ["sort: of indexes / of tables", "handler: bthandler / pg_catalog.heap_tableam_handler"]
        );
    }
}
