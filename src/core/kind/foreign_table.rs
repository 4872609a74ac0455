//! Foreign tables: `pg_foreign_table`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::entries::Options;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// A foreign table. Its columns and constraints are components of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignTable {
    /// The server.
    pub server: Option<Identifier>,
    /// OPTIONS.
    pub options: Option<Options>,
    /// Whether columns have options, which are not compared.
    pub column_options: bool,
}

impl Room for ForeignTable {
    const ABOUT: About = About {
        declared_by: "`CREATE FOREIGN TABLE`, `ALTER FOREIGN TABLE`.",
        compared: "The server and the options of the table. The value of an option that may be a secret is \
            never shown. Columns are components of their own.",
        not_compared: "The options of columns.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("foreign_table.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let table = Self {
            server: Some(row.identifier("server")?),
            options: Some(Options::decode(row, "options")?),
            column_options: false,
        };
        Ok((ComponentId::in_schema(Kind::ForeignTable, row.qualified("schema", "name")?), table))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { server, options, column_options } = self;
        let mut comparison = Comparison::default();
        comparison.part("server", server.as_ref(), observed.server.as_ref(), ToString::to_string);
        Options::compare_options(options.as_ref(), observed.options.as_ref(), &mut comparison);
        if *column_options {
            comparison.not_compared("options of columns");
        }
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { server, options, column_options } = change;
        self.server = server.or(self.server.take());
        Options::change(&mut self.options, options);
        self.column_options |= column_options;
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(server) = &mut self.server {
            renaming.global(Kind::Server, server);
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
    fn each_part_of_a_foreign_table_is_compared() {
        let columns = [
            ("schema", Some("crm")),
            ("name", Some("remote")),
            ("server", Some("s")),
            ("options", Some(r#"["filename=/x"]"#)),
        ];
        let (id, shape) = decode(Kind::ForeignTable, &columns).unwrap();
        assert_eq!(id.to_string(), "foreign_table/crm.remote");
        let Shape::ForeignTable(seen) = shape else { panic!("a foreign table") };
        let seen = *seen;
        assert_eq!(told(&seen, &seen), Vec::<String>::new());
        let declared =
            ForeignTable { server: Some("t".into()), options: Some(Options::all([])), column_options: true };
        assert_eq!(
            told(&declared, &seen),
            ["server: t / s", "options: no filename / filename '/x'", "not compared: options of columns"]
        );
    }
}
