//! CREATE VIEW, CREATE MATERIALIZED VIEW, CREATE TABLE AS and SELECT INTO.

use pg_query::protobuf::{self, Node, ObjectType, RangeVar};

use crate::core::component::ComponentId;
use crate::core::definition::Definition;
use crate::core::kind::Kind;
use crate::core::kind::materialized_view::MaterializedView;
use crate::core::kind::table::{Persistence, Table};
use crate::core::kind::view::View;
use crate::core::sql::effect::{Effect, IfExists, Scope};
use crate::core::sql::parse;

/// The view; a temporary one is none of the schema's.
#[must_use]
pub fn effects(statement: &protobuf::ViewStmt, scope: &Scope) -> Vec<Effect> {
    let Some(view) = statement.view.as_ref().filter(|view| view.relpersistence != "t") else {
        return Vec::new();
    };
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::View, parse::relation(view, scope)),
        shape: View { body: body(statement.query.as_deref(), scope) }.into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

/// CREATE MATERIALIZED VIEW, or a table from a query.
///
/// Whether the view holds data is open, WITH NO DATA or not: it is refreshed, or emptied, at run time.
#[must_use]
pub fn create_as(statement: &protobuf::CreateTableAsStmt, scope: &Scope) -> Vec<Effect> {
    let Some(relation) = statement.into.as_ref().and_then(|into| into.rel.as_ref()) else {
        return Vec::new();
    };
    let if_exists = if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse };
    if statement.objtype() != ObjectType::ObjectMatview {
        return table(relation, if_exists, scope);
    }
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::MaterializedView, parse::relation(relation, scope)),
        shape: MaterializedView { body: body(statement.query.as_deref(), scope), populated: None }.into(),
        if_exists,
    }]
}

/// A table from a query (CREATE TABLE AS, SELECT INTO): its columns are known only to the database that runs it.
#[must_use]
pub fn table(relation: &RangeVar, if_exists: IfExists, scope: &Scope) -> Vec<Effect> {
    let persistence = match relation.relpersistence.as_str() {
        "t" => return Vec::new(),
        "u" => Persistence::Unlogged,
        _ => Persistence::Permanent,
    };
    let shape = Table { persistence: Some(persistence), partitioned: Some(false), ..Table::default() };
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::Table, parse::relation(relation, scope)),
        shape: shape.into(),
        if_exists,
    }]
}

/// The query printed from its tree, so that spaces and comments do not make two bodies of one; it is for comparing
/// and never for running. `None` where the printer gives up.
fn body(query: Option<&Node>, scope: &Scope) -> Option<Definition> {
    let text = query?.node.as_ref()?.deparse(pg_query::DeparseOptions::default()).ok()?;
    Some(Definition::declared(text, &scope.search_path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::created;

    #[test]
    fn the_body_of_a_view_is_its_query_however_it_is_written() {
        let (id, shape, if_exists) = created("create or replace view v as select  a -- first\n from t");
        assert_eq!(id, "view/public.v");
        assert_eq!(if_exists, IfExists::Replace);
        assert_eq!(shape, created("create view v as SELECT a FROM t").1);
        assert_ne!(shape, created("create view v as select b from t").1);
    }

    #[test]
    fn p4_a_deeply_nested_view_has_a_body_or_none_but_never_ends_the_program() {
        let deep = format!("create view v as select {}1{}", "(select ".repeat(150), ")".repeat(150));
        let shape = parse::on_big_stack(move || created(&deep).1);
        assert!(matches!(shape, Shape::View(View { body: Some(_) })));
    }

    #[test]
    fn whether_a_materialized_view_holds_data_is_open() {
        for sql in [
            "create materialized view if not exists m as select 1",
            "create materialized view if not exists m as select 1 with no data",
        ] {
            let (id, shape, if_exists) = created(sql);
            assert_eq!((id.as_str(), if_exists), ("materialized_view/public.m", IfExists::Keep));
            let Shape::MaterializedView(MaterializedView { body: Some(_), populated: None }) = shape else {
                panic!("{shape:?}")
            };
        }
    }

    #[test]
    fn a_table_from_a_query_is_a_table() {
        for (sql, persistence) in [
            ("create table t as select 1", Persistence::Permanent),
            ("create unlogged table t as select 1", Persistence::Unlogged),
            ("select 1 into t", Persistence::Permanent),
            ("select 1 into t union select 2", Persistence::Permanent),
        ] {
            let (id, shape, _) = created(sql);
            assert_eq!(id, "table/public.t");
            let Shape::Table(table) = shape else { panic!("{sql}") };
            assert_eq!((table.persistence, table.partitioned), (Some(persistence), Some(false)), "{sql}");
        }
    }
}
