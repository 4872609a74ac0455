//! Tables: `pg_class` of relkind `r` and `p`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Kind, Room};

/// A table. Its columns and constraints are components of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Whether it survives a crash.
    pub persistence: Option<Persistence>,
    /// Whether it is partitioned (a parent, not a partition).
    pub partitioned: Option<bool>,
    /// Whether row-level security is enabled. SQL that does not say leaves it open.
    pub row_security: Option<bool>,
    /// Whether row-level security holds for the owner too.
    pub force_row_security: Option<bool>,
}

/// How the rows of a table are kept (`pg_class.relpersistence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// An ordinary table.
    Permanent,
    /// An unlogged table.
    Unlogged,
}

impl Room for Table {
    const QUERY: Option<&'static str> = Some(include_str!("table.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let persistence = match row.text("persistence")? {
            "p" => Persistence::Permanent,
            "u" => Persistence::Unlogged,
            other => return Err(row.unknown_value("persistence", other)),
        };
        let table = Self {
            persistence: Some(persistence),
            partitioned: Some(row.boolean("partitioned")?),
            row_security: Some(row.boolean("row_security")?),
            force_row_security: Some(row.boolean("force_row_security")?),
        };
        Ok((ComponentId::in_schema(Kind::Table, row.qualified("schema", "name")?), table))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { persistence, partitioned, row_security, force_row_security } = self;
        let mut comparison = Comparison::default();
        comparison.part("persistence", persistence.as_ref(), observed.persistence.as_ref(), |persistence| {
            match persistence {
                Persistence::Permanent => "logged".into(),
                Persistence::Unlogged => "unlogged".into(),
            }
        });
        comparison.either(
            "partitioning",
            *partitioned,
            observed.partitioned,
            ("partitioned", "not partitioned"),
        );
        comparison.either("row security", *row_security, observed.row_security, ("enabled", "disabled"));
        comparison.either(
            "row security for the owner",
            *force_row_security,
            observed.force_row_security,
            ("forced", "not forced"),
        );
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { persistence, partitioned, row_security, force_row_security } = change;
        self.persistence = persistence.or(self.persistence);
        self.partitioned = partitioned.or(self.partitioned);
        self.row_security = row_security.or(self.row_security);
        self.force_row_security = force_row_security.or(self.force_row_security);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(persistence: &str, partitioned: &str, row_security: &str, forced: &str) -> Table {
        let columns = [
            ("schema", Some("public")),
            ("name", Some("users")),
            ("persistence", Some(persistence)),
            ("partitioned", Some(partitioned)),
            ("row_security", Some(row_security)),
            ("force_row_security", Some(forced)),
        ];
        let (id, shape) = decode(Kind::Table, &columns).unwrap();
        assert_eq!(id.to_string(), "table/public.users");
        let Shape::Table(table) = shape else { panic!("a table") };
        table
    }

    #[test]
    fn each_part_of_a_table_is_compared_and_open_parts_are_not() {
        let open = Table::default();
        let permanent = Table { persistence: Some(Persistence::Permanent), ..open.clone() };
        let secured = Table { row_security: Some(true), force_row_security: Some(true), ..open.clone() };
        let partitioned = Table { partitioned: Some(true), ..open.clone() };
        for (declared, observed, differences) in [
            (&open, observed("u", "t", "t", "t"), vec![]),
            (&permanent, observed("p", "f", "f", "f"), vec![]),
            (&permanent, observed("u", "f", "f", "f"), vec!["persistence: logged / unlogged"]),
            (&partitioned, observed("p", "f", "f", "f"), vec!["partitioning: partitioned / not partitioned"]),
            (&secured, observed("p", "f", "t", "t"), vec![]),
            (
                &secured,
                observed("p", "f", "f", "f"),
                vec!["row security: enabled / disabled", "row security for the owner: forced / not forced"],
            ),
        ] {
            assert_eq!(told(declared, &observed), differences);
        }
    }
}
