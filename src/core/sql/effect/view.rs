//! CREATE VIEW, CREATE MATERIALIZED VIEW, CREATE TABLE AS and SELECT INTO.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, ObjectType, RangeVar, ViewCheckOption};

use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition};
use crate::core::kind::Kind;
use crate::core::kind::column::{Column, Generated, Identity};
use crate::core::kind::materialized_view::MaterializedView;
use crate::core::kind::parameters::Parameters;
use crate::core::kind::table::{Persistence, Table};
use crate::core::kind::view::View;
use crate::core::kind::view_columns::{ViewColumn, ViewColumns};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{
    CopyOptions, Effect, IfExists, Scope, alter_table, create_column, parameters,
};
use crate::core::sql::{column_name, parse};

/// The view; a temporary one is none of the schema's.
#[must_use]
pub fn effects(statement: &protobuf::ViewStmt, scope: &Scope) -> Vec<Effect> {
    let Some(view) = statement.view.as_ref().filter(|view| view.relpersistence != "t") else {
        return Vec::new();
    };
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::View, parse::new_relation(view, scope)),
        shape: View {
            body: body(statement.query.as_deref(), scope),
            columns: Some(columns(&statement.aliases, statement.query.as_deref())),
            ..View::with_options(&options(statement))
        }
        .into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

/// WITH (...), to which WITH CHECK OPTION adds one (`DefineView` in PostgreSQL's `view.c`).
fn options(statement: &protobuf::ViewStmt) -> Parameters {
    let mut options = parameters::parameters(&statement.options);
    match statement.with_check_option() {
        ViewCheckOption::LocalCheckOption => options.set("check_option", "local"),
        ViewCheckOption::CascadedCheckOption => options.set("check_option", "cascaded"),
        ViewCheckOption::NoCheckOption | ViewCheckOption::Undefined => {}
    }
    options
}

/// ALTER VIEW ... SET (...) and RESET (...); the default of a column of a view is not audited.
#[must_use]
pub fn alter(statement: &protobuf::AlterTableStmt, scope: &Scope) -> Vec<Effect> {
    let Some(relation) = &statement.relation else { return Vec::new() };
    let id = ComponentId::in_schema(Kind::View, parse::relation(relation, scope));
    let commands = statement.cmds.iter().filter_map(alter_table::command);
    let effects = commands.map(|command| match alter_table::relation_options(command) {
        Some(said) => Effect::Change { id: id.clone(), change: View::with_options_said(&said).into() },
        None => Effect::NotModelled("ALTER VIEW".into()),
    });
    effects.collect()
}

/// CREATE MATERIALIZED VIEW, or a table from a query.
///
/// Whether the view holds data is open, WITH NO DATA or not: it is refreshed, or emptied, at run time.
#[must_use]
pub fn create_as(statement: &protobuf::CreateTableAsStmt, scope: &Scope) -> Vec<Effect> {
    let Some((into, relation)) = statement.into.as_ref().and_then(|into| Some((into, into.rel.as_ref()?)))
    else {
        return Vec::new();
    };
    let if_exists = if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse };
    if statement.objtype() != ObjectType::ObjectMatview {
        let query = statement.query.as_deref().and_then(|query| query.node.as_ref());
        let names = statement.into.as_ref().map(|into| parse::identifiers(&into.col_names));
        return table(relation, query, &names.unwrap_or_default(), if_exists, scope);
    }
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::MaterializedView, parse::new_relation(relation, scope)),
        shape: MaterializedView {
            body: body(statement.query.as_deref(), scope),
            populated: None,
            columns: Some(columns(&into.col_names, statement.query.as_deref())),
            access_method: Some(&into.access_method).filter(|m| !m.is_empty()).map(|m| Identifier::new(m)),
            parameters: parameters::parameters(&into.options),
        }
        .into(),
        if_exists,
    }]
}

/// A table from a query (CREATE TABLE AS, SELECT INTO). The names of its columns are those of the query's results, but
/// for the first ones that the statement itself names; their types are known only to the database that runs it.
#[must_use]
pub fn table(
    relation: &RangeVar,
    query: Option<&NodeEnum>,
    names: &[Identifier],
    if_exists: IfExists,
    scope: &Scope,
) -> Vec<Effect> {
    let persistence = match relation.relpersistence.as_str() {
        "t" => return Vec::new(),
        "u" => Persistence::Unlogged,
        _ => Persistence::Permanent,
    };
    let shape = Table { persistence: Some(persistence), partitioned: Some(false), ..Table::default() };
    let relation = parse::new_relation(relation, scope);
    let select = match query {
        Some(NodeEnum::SelectStmt(select)) => Some(&**select),
        _ => None,
    };
    let parts = match (select.and_then(|select| copied(select, scope)), select.and_then(result_names)) {
        (Some(from), _) if names.is_empty() => {
            let options = CopyOptions { query: true, ..CopyOptions::default() };
            vec![Effect::CopyTable { relation: relation.clone(), from, options }]
        }
        (_, Some(results)) => {
            let results = results.into_iter().enumerate();
            let columns = results.map(|(at, result)| names.get(at).cloned().unwrap_or(result));
            columns.map(|name| create_column(&relation, name, column(), IfExists::Merge)).collect()
        }
        _ => vec![Effect::UnknownColumns(relation.clone())],
    };
    vec![Effect::CreateWith {
        id: ComponentId::in_schema(Kind::Table, relation),
        shape: shape.into(),
        if_exists,
        parts,
    }]
}

/// A column that a query gives: neither NOT NULL nor a default comes along.
fn column() -> Column {
    Column {
        not_null: Some(false),
        default: Some(Clause::Absent),
        identity: Some(Identity::None),
        generated: Some(Generated::No),
        ..Column::default()
    }
}

/// The one relation of `SELECT * FROM relation`, whatever rows of it.
fn copied(select: &protobuf::SelectStmt, scope: &Scope) -> Option<QualifiedName> {
    let ([target], [from]) = (select.target_list.as_slice(), select.from_clause.as_slice()) else {
        return None;
    };
    let (NodeEnum::ResTarget(target), NodeEnum::RangeVar(from)) =
        (target.node.as_ref()?, from.node.as_ref()?)
    else {
        return None;
    };
    let is_star = matches!(&target.val.as_deref()?.node, Some(NodeEnum::ColumnRef(reference))
        if matches!(reference.fields.last().map(|field| &field.node), Some(Some(NodeEnum::AStar(_)))));
    let renames = from.alias.as_ref().is_some_and(|alias| !alias.colnames.is_empty());
    (is_star && !renames && select.with_clause.is_none()).then(|| parse::relation(from, scope))
}

/// The names of a query's results; `None` where its text does not tell them all.
fn result_names(select: &protobuf::SelectStmt) -> Option<Vec<Identifier>> {
    let name = |column| match column {
        ViewColumn::Named(name) => Some(name),
        ViewColumn::Unnamed | ViewColumn::Several => None,
    };
    let names: Vec<Identifier> =
        column_name::of_results(select).into_iter().map(name).collect::<Option<_>>()?;
    (!names.is_empty()).then_some(names)
}

/// The columns of a view, of which a list before AS names the first ones.
fn columns(names: &[Node], query: Option<&Node>) -> ViewColumns {
    let results = match query.and_then(|query| query.node.as_ref()) {
        Some(NodeEnum::SelectStmt(select)) => column_name::of_results(select),
        // EXECUTE of a prepared query.
        _ => vec![ViewColumn::Several],
    };
    ViewColumns::declared(parse::identifiers(names), results)
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
    use crate::core::component::ComponentName;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::tests::{created, of};

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
        assert!(matches!(shape, Shape::View(view) if view.body.is_some()));
    }

    #[test]
    fn k27_options_of_a_view_are_read_however_they_are_written() {
        use crate::core::kind::view::CheckOption;
        let view = |sql: &str| match created(sql).1 {
            Shape::View(view) => view,
            other => panic!("{other:?}"),
        };
        let plain = view("create view v (a, \"B\") as select 1, 2");
        assert_eq!(plain.columns.unwrap().to_string(), "(a, \"B\")");
        assert_eq!((plain.security_invoker, plain.check_option), (Some(false), Some(CheckOption::No)));
        for sql in [
            "create view v with (security_invoker, check_option = local) as select 1",
            "create view v with (security_invoker = on) as select 1 with local check option",
        ] {
            let view = view(sql);
            assert_eq!(
                (view.security_invoker, view.check_option),
                (Some(true), Some(CheckOption::Local)),
                "{sql}"
            );
        }
        assert_eq!(
            view("create view v as select 1 with check option").check_option,
            Some(CheckOption::Cascaded)
        );
        let recursive = view("create recursive view v (n) as select 1 union all select n + 1 from v");
        assert_eq!(recursive.columns.unwrap().to_string(), "(n)");
    }

    #[test]
    fn altered_options_leave_the_others() {
        let altered = |sql: &str| match &of(sql)[..] {
            [Effect::Change { change: Shape::View(view), .. }] => view.clone(),
            other => panic!("{other:?}"),
        };
        let set = altered("alter view v set (security_invoker = true)");
        assert_eq!((set.security_invoker, set.security_barrier), (Some(true), None));
        assert_eq!(altered("alter view v reset (security_invoker)").security_invoker, Some(false));
    }

    #[test]
    fn whether_a_materialized_view_holds_data_is_open() {
        for sql in [
            "create materialized view if not exists m as select 1",
            "create materialized view if not exists m as select 1 with no data",
        ] {
            let (id, shape, if_exists) = created(sql);
            assert_eq!((id.as_str(), if_exists), ("materialized_view/public.m", IfExists::Keep));
            let Shape::MaterializedView(view) = shape else { panic!("{shape:?}") };
            assert!(view.body.is_some() && view.populated.is_none());
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
            let effects = of(sql);
            let [Effect::CreateWith { id, shape: Shape::Table(table), .. }] = &effects[..] else {
                panic!("{sql}: {effects:?}")
            };
            assert_eq!(id.to_string(), "table/public.t");
            assert_eq!((table.persistence, table.partitioned), (Some(persistence), Some(false)), "{sql}");
        }
    }

    #[test]
    fn the_columns_of_a_table_from_a_query_are_those_of_the_query() {
        for (sql, columns) in [
            (
                "create table t as select a, b as c, lower(d), 1, e::text, x.f from x",
                "a c lower ?column? e f",
            ),
            ("create table t (p, q) as select a, b, c from x", "p q c"),
            ("select a into t from x union select b from y", "a"),
            ("create table t as values (1, 2)", "column1 column2"),
            ("create table t as select x.*, 1 as a from x", "unknown"),
            ("create table t as select * from x, y", "unknown"),
            ("create table t as execute p", "unknown"),
            ("create table t as select * from crm.x where a > 0", "those of crm.x"),
            ("create table t as table x", "those of public.x"),
        ] {
            let effects = of(sql);
            let [Effect::CreateWith { parts, .. }] = &effects[..] else { panic!("{sql}: {effects:?}") };
            let shown: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    Effect::Create { id, .. } => match &id.name {
                        ComponentName::OnRelation { name, .. } => name.as_str().to_owned(),
                        other => other.to_string(),
                    },
                    Effect::CopyTable { from, .. } => format!("those of {from}"),
                    _ => "unknown".to_owned(),
                })
                .collect();
            assert_eq!(shown.join(" "), columns, "{sql}");
        }
    }
}
