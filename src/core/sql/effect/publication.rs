//! CREATE PUBLICATION and ALTER PUBLICATION.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AlterPublicationAction as Action, Node, PublicationObjSpecType as Sort};

use super::element::Elements;
use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::entries::Entries;
use crate::core::kind::publication::{Publication, PublishedTable};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::parse;

/// The publication, with PostgreSQL's defaults filled in (`parse_publication_options` in its `publicationcmds.c`).
#[must_use]
pub fn effects(statement: &protobuf::CreatePublicationStmt, scope: &Scope) -> Vec<Effect> {
    let Objects { tables, schemas } = objects(&statement.pubobjects, scope);
    let said = options(&statement.options);
    let every = ["insert", "update", "delete", "truncate"].map(str::to_owned);
    let shape = Publication {
        all_tables: Some(statement.for_all_tables),
        tables: Some(Entries::all(tables)),
        schemas: Some(Entries::all(schemas.into_iter().map(|schema| (schema, ())))),
        publish: said.publish.or(Some(every.into())),
        via_root: said.via_root.or(Some(false)),
        generated_columns: said.generated_columns.or(Some(false)),
    };
    vec![Effect::Create {
        id: ComponentId::global(Kind::Publication, statement.pubname.as_str()),
        shape: shape.into(),
        if_exists: IfExists::Refuse,
    }]
}

/// ADD, DROP and SET of tables and schemas, and SET of options.
#[must_use]
pub fn alter(statement: &protobuf::AlterPublicationStmt, scope: &Scope) -> Vec<Effect> {
    let Objects { tables, schemas } = objects(&statement.pubobjects, scope);
    let schemas = schemas.into_iter().map(|schema| (schema, ()));
    let mut change = options(&statement.options);
    match statement.action() {
        _ if statement.pubobjects.is_empty() => {}
        // SET replaces tables and schemas alike.
        Action::ApSetObjects => {
            change.tables = Some(Entries::all(tables));
            change.schemas = Some(Entries::all(schemas));
        }
        action => {
            let drops = action == Action::ApDropObjects;
            let tables = tables.into_iter().map(|(name, table)| (name, (!drops).then_some(table)));
            change.tables = Some(Entries::some(tables));
            change.schemas = Some(Entries::some(schemas.map(|(name, ())| (name, (!drops).then_some(())))));
        }
    }
    vec![Effect::Change {
        id: ComponentId::global(Kind::Publication, statement.pubname.as_str()),
        change: change.into(),
    }]
}

fn options(nodes: &[Node]) -> Publication {
    let elements = Elements::of(nodes);
    let commands = |text: String| {
        let words = text.split(',').map(|word| word.trim().to_ascii_lowercase());
        words.filter(|word| !word.is_empty()).collect::<BTreeSet<_>>()
    };
    let generated = "publish_generated_columns";
    let stored = elements.text(generated).map_or_else(
        || elements.has(generated).then_some(true),
        |word| Some(word.eq_ignore_ascii_case("stored")),
    );
    Publication {
        publish: elements.text("publish").map(commands),
        via_root: elements.boolean("publish_via_partition_root"),
        generated_columns: stored,
        ..Publication::default()
    }
}

/// What a statement names.
#[derive(Default)]
struct Objects {
    tables: Vec<(QualifiedName, PublishedTable)>,
    schemas: Vec<Identifier>,
}

fn objects(nodes: &[Node], scope: &Scope) -> Objects {
    let mut objects = Objects::default();
    for node in nodes {
        let Some(NodeEnum::PublicationObjSpec(object)) = &node.node else { continue };
        match (object.pubobjtype(), &object.pubtable) {
            (Sort::PublicationobjTablesInSchema, _) => {
                objects.schemas.push(Identifier::new(&object.name));
            }
            (Sort::PublicationobjTablesInCurSchema, _) => objects.schemas.push(scope.default_schema.clone()),
            (_, Some(table)) => objects.tables.extend(published(table, scope)),
            _ => {}
        }
    }
    objects
}

fn published(table: &protobuf::PublicationTable, scope: &Scope) -> Option<(QualifiedName, PublishedTable)> {
    let name = parse::relation(table.relation.as_ref()?, scope);
    let columns = parse::identifiers(&table.columns);
    let columns = (!columns.is_empty()).then(|| columns.into_iter().collect());
    Some((name, PublishedTable { columns, filtered: table.where_clause.is_some() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::{created, of};

    fn publication(sql: &str) -> Publication {
        match created(sql).1 {
            Shape::Publication(publication) => *publication,
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn change(sql: &str) -> Publication {
        match &of(sql)[..] {
            [Effect::Change { id, change: Shape::Publication(change) }] => {
                assert_eq!(id.to_string(), "publication/p");
                Publication::clone(change)
            }
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn words(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_publication_is_read_whole() {
        let name = |name: &str| QualifiedName::new("public", name);
        let all = publication("create publication p for all tables");
        assert_eq!((all.all_tables, all.via_root), (Some(true), Some(false)));
        assert_eq!(all.publish, Some(words(&["insert", "update", "delete", "truncate"])));
        let some = publication(
            "create publication p for table a, only b (x, y) where (x > 0), tables in schema crm, current_schema \
             with (publish = 'insert, Update', publish_via_partition_root, publish_generated_columns = stored)",
        );
        let b = PublishedTable { columns: Some(["x".into(), "y".into()].into()), filtered: true };
        assert_eq!(some.tables, Some(Entries::all([(name("a"), PublishedTable::default()), (name("b"), b)])));
        assert_eq!(some.schemas, Some(Entries::all([("crm".into(), ()), ("public".into(), ())])));
        assert_eq!(some.publish, Some(words(&["insert", "update"])));
        assert_eq!(
            (some.all_tables, some.via_root, some.generated_columns),
            (Some(false), Some(true), Some(true))
        );
        assert_eq!(publication("create publication p").tables, Some(Entries::all([])));
    }

    #[test]
    fn an_alter_says_what_it_changes() {
        let table = || PublishedTable::default();
        let crm = || QualifiedName::new("crm", "t");
        assert_eq!(
            change("alter publication p add table crm.t").tables,
            Some(Entries::some([(crm(), Some(table()))]))
        );
        assert_eq!(
            change("alter publication p drop table crm.t").tables,
            Some(Entries::some([(crm(), None)]))
        );
        let set = change("alter publication p set table crm.t");
        assert_eq!(set.tables, Some(Entries::all([(crm(), table())])));
        assert_eq!(set.schemas, Some(Entries::all([])));
        assert_eq!(
            change("alter publication p set (publish = 'delete')"),
            Publication { publish: Some(words(&["delete"])), ..Publication::default() }
        );
    }
}
