//! Publications: `pg_publication`, with the tables and schemas that they publish.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::entries::Entries;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room, list};
use crate::core::name::{Identifier, NameSet, QualifiedName};
use crate::core::renaming::Renaming;

/// A publication. The text of a row filter is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publication {
    /// FOR ALL TABLES.
    pub all_tables: Option<bool>,
    /// Its tables.
    pub tables: Option<Entries<QualifiedName, PublishedTable>>,
    /// Its schemas.
    pub schemas: Option<Entries<Identifier, ()>>,
    /// The commands that it publishes: `insert`, `update`, `delete`, `truncate`.
    pub publish: Option<BTreeSet<String>>,
    /// Whether changes of a partition count as those of its root.
    pub via_root: Option<bool>,
    /// Whether stored generated columns are published (PostgreSQL 18).
    pub generated_columns: Option<bool>,
}

/// What is published of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedTable {
    /// The columns; `None` for all.
    pub columns: Option<NameSet>,
    /// Whether it has a WHERE.
    pub filtered: bool,
}

/// A table as the query gives it.
#[derive(serde::Deserialize)]
struct TableRow {
    schema: String,
    name: String,
    filtered: bool,
    columns: Option<Vec<String>>,
}

impl Room for Publication {
    const ABOUT: About = About {
        declared_by: "`CREATE PUBLICATION`, `ALTER PUBLICATION`.",
        compared: "Whether it is for all tables; the tables with their columns, the schemas, the commands that \
            are published, by which table changes of partitions are published, and generated columns.",
        not_compared: "The text of row filters.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("publication.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let mut publish = BTreeSet::new();
        for (column, command) in
            [("inserts", "insert"), ("updates", "update"), ("deletes", "delete"), ("truncates", "truncate")]
        {
            if row.boolean(column)? {
                publish.insert(command.to_owned());
            }
        }
        let tables: Vec<TableRow> = row.json_or_default("tables")?;
        let schemas: Vec<Identifier> = row.identifiers("schemas")?;
        let publication = Self {
            all_tables: Some(row.boolean("all_tables")?),
            tables: Some(Entries::all(tables.into_iter().map(TableRow::into_entry))),
            schemas: Some(Entries::all(schemas.into_iter().map(|schema| (schema, ())))),
            publish: Some(publish),
            via_root: Some(row.optional("via_root")? == Some("true")),
            generated_columns: Some(row.optional("generated_columns")? == Some("s")),
        };
        Ok((ComponentId::global(Kind::Publication, row.identifier("name")?), publication))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { all_tables, tables, schemas, publish, via_root, generated_columns } = self;
        let mut comparison = Comparison::default();
        let all = ("all tables", "not all tables");
        comparison.either("all tables", *all_tables, observed.all_tables, all);
        Entries::compare("tables", tables.as_ref(), observed.tables.as_ref(), &mut comparison, show_table);
        Entries::compare(
            "schemas",
            schemas.as_ref(),
            observed.schemas.as_ref(),
            &mut comparison,
            |name, has| {
                if has.is_some() { name.to_string() } else { format!("no {name}") }
            },
        );
        comparison.part("publish", publish.as_ref(), observed.publish.as_ref(), |commands| {
            commands.iter().cloned().collect::<Vec<_>>().join(", ")
        });
        let root = ("via the root", "not via the root");
        comparison.either("partitions", *via_root, observed.via_root, root);
        let generated = ("published", "not published");
        comparison.either("generated columns", *generated_columns, observed.generated_columns, generated);
        let published = tables.iter().flat_map(|tables| tables.values.values().flatten());
        if published.into_iter().any(|table| table.filtered) {
            comparison.not_compared("row filter");
        }
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { all_tables, tables, schemas, publish, via_root, generated_columns } = change;
        self.all_tables = all_tables.or(self.all_tables);
        Entries::change(&mut self.tables, tables);
        Entries::change(&mut self.schemas, schemas);
        self.publish = publish.or(self.publish.take());
        self.via_root = via_root.or(self.via_root);
        self.generated_columns = generated_columns.or(self.generated_columns);
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(tables) = &mut self.tables {
            let values = std::mem::take(&mut tables.values).into_iter();
            tables.values = values
                .map(|(mut name, mut table)| {
                    if let Some(columns) = table.as_mut().and_then(|table| table.columns.as_mut()) {
                        renaming.column_set(&name, columns);
                    }
                    renaming.relation(&mut name);
                    (name, table)
                })
                .collect();
        }
        if let Some(schemas) = &mut self.schemas {
            let values = std::mem::take(&mut schemas.values).into_iter();
            schemas.values = values
                .map(|(mut name, value)| {
                    renaming.schema(&mut name);
                    (name, value)
                })
                .collect();
        }
    }
}

impl TableRow {
    fn into_entry(self) -> (QualifiedName, PublishedTable) {
        let columns = self.columns.map(|columns| columns.iter().map(|name| Identifier::new(name)).collect());
        let name = QualifiedName::new(&*self.schema, &*self.name);
        (name, PublishedTable { columns, filtered: self.filtered })
    }
}

fn show_table(name: &QualifiedName, table: Option<&PublishedTable>) -> String {
    let Some(PublishedTable { columns, filtered }) = table else { return format!("no {name}") };
    let columns = columns.as_ref().map(|columns| format!(" {}", list(columns))).unwrap_or_default();
    format!("{name}{columns}{}", if *filtered { " where ..." } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(tables: Option<&str>, schemas: Option<&str>, deletes: &str) -> Publication {
        let columns = [
            ("name", Some("sales")),
            ("all_tables", Some("f")),
            ("inserts", Some("t")),
            ("updates", Some("t")),
            ("deletes", Some(deletes)),
            ("truncates", Some("t")),
            ("via_root", None),
            ("generated_columns", None),
            ("tables", tables),
            ("schemas", schemas),
        ];
        let (id, shape) = decode(Kind::Publication, &columns).unwrap();
        assert_eq!(id.to_string(), "publication/sales");
        let Shape::Publication(publication) = shape else { panic!("a publication") };
        *publication
    }

    fn users(columns: Option<&[&str]>, filtered: bool) -> (QualifiedName, PublishedTable) {
        let columns = columns.map(|columns| columns.iter().map(|name| Identifier::new(name)).collect());
        (QualifiedName::new("public", "users"), PublishedTable { columns, filtered })
    }

    const USERS: &str = r#"[{"schema": "public", "name": "users", "filtered": false, "columns": null}]"#;

    #[test]
    fn each_part_of_a_publication_is_compared() {
        let declared = Publication {
            all_tables: Some(true),
            tables: Some(Entries::all([users(Some(&["b", "a"]), true)])),
            schemas: Some(Entries::all([("crm".into(), ())])),
            publish: Some(["insert".to_owned()].into()),
            via_root: Some(true),
            generated_columns: Some(true),
        };
        let seen = observed(Some(USERS), None, "f");
        assert_eq!(told(&Publication::default(), &seen), Vec::<String>::new());
        assert_eq!(told(&seen, &seen), Vec::<String>::new());
        assert_eq!(
            told(&declared, &seen),
            [
                "all tables: all tables / not all tables",
                "tables: public.users (a, b) where ... / public.users",
                "schemas: crm / no crm",
                "publish: insert / insert, truncate, update",
                "partitions: via the root / not via the root",
                "generated columns: published / not published",
                "not compared: row filter"
            ]
        );
    }

    #[test]
    fn what_is_published_besides_is_told() {
        let none = observed(None, None, "t");
        let more = observed(Some(USERS), Some(r#"["crm"]"#), "t");
        assert_eq!(told(&none, &more), ["tables: no public.users / public.users", "schemas: no crm / crm"]);
    }

    #[test]
    fn tables_are_added_and_dropped() {
        let mut publication = observed(None, None, "t");
        let (name, table) = users(None, false);
        let change = |table| Publication {
            tables: Some(Entries::some([(name.clone(), table)])),
            ..Publication::default()
        };
        publication.change(change(Some(table)));
        assert_eq!(publication, observed(Some(USERS), None, "t"));
        publication.change(change(None));
        assert_eq!(publication, observed(None, None, "t"));
    }
}
