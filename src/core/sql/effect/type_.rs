//! CREATE TYPE, CREATE DOMAIN and the ALTERs of both.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AlterTableType, ConstrType, Node};

use crate::core::component::ComponentId;
use crate::core::definition::Clause;
use crate::core::kind::Kind;
use crate::core::kind::domain::{Domain, DomainCheck};
use crate::core::kind::range::Range;
use crate::core::kind::type_::{Attribute, Type, TypeForm};
use crate::core::name::{Identifier, PartialName, QualifiedName};
use crate::core::sql::effect::{AttributeChange, DomainChange, Effect, IfExists, Scope};
use crate::core::sql::{expression, parse};
use crate::core::type_name::TypeName;

/// CREATE TYPE ... AS ENUM.
#[must_use]
pub fn create_enum(statement: &protobuf::CreateEnumStmt, scope: &Scope) -> Vec<Effect> {
    let labels = parse::strings(&statement.vals).into_iter().map(str::to_owned).collect();
    create(parse::qualified(&statement.type_name, scope), Some(TypeForm::Enum { labels }))
}

/// CREATE TYPE ... AS (attributes).
#[must_use]
pub fn create_composite(statement: &protobuf::CompositeTypeStmt, scope: &Scope) -> Vec<Effect> {
    let attributes: Option<Vec<_>> = statement.coldeflist.iter().map(attribute).collect();
    let name = statement.typevar.as_ref().map(|relation| parse::new_relation(relation, scope));
    create(name, attributes.map(|attributes| TypeForm::Composite { attributes }))
}

/// CREATE TYPE ... AS RANGE.
#[must_use]
pub fn create_range(statement: &protobuf::CreateRangeStmt, scope: &Scope) -> Vec<Effect> {
    create(
        parse::qualified(&statement.type_name, scope),
        Some(TypeForm::Range(Box::new(range(statement, scope)))),
    )
}

/// The parts of a range; names of functions, operator classes and collations may lack a schema.
fn range(statement: &protobuf::CreateRangeStmt, scope: &Scope) -> Range {
    let mut range = Range::default();
    for node in &statement.params {
        let Some(NodeEnum::DefElem(element)) = &node.node else { continue };
        let value = element.arg.as_deref().and_then(|value| value.node.as_ref());
        let Some(NodeEnum::TypeName(name)) = value else { continue };
        let named = PartialName::written(&parse::strings(&name.names));
        match element.defname.as_str() {
            "subtype" => range.subtype = parse::type_name(name),
            "subtype_opclass" => range.operator_class = named,
            "collation" => range.collation = named,
            "canonical" => range.canonical = named,
            "subtype_diff" => range.difference = named,
            // One that is made gets the schema of the range type, unless it names one.
            "multirange_type_name" => {
                range.multirange = named.map(|named| PartialName {
                    schema: named.schema.or_else(|| Some(scope.default_schema.clone())),
                    ..named
                });
            }
            _ => {}
        }
    }
    range
}

/// CREATE DOMAIN.
#[must_use]
pub fn create_domain(statement: &protobuf::CreateDomainStmt, scope: &Scope) -> Vec<Effect> {
    let base = statement.type_name.as_ref().and_then(parse::type_name);
    create(parse::qualified(&statement.domainname, scope), base.map(|base| domain(base, statement, scope)))
}

fn create(name: Option<QualifiedName>, form: Option<TypeForm>) -> Vec<Effect> {
    let Some(name) = name else { return vec![Effect::NotModelled("CREATE TYPE".into())] };
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::Type, name),
        shape: Type { form }.into(),
        if_exists: IfExists::Refuse,
    }]
}

fn attribute(node: &Node) -> Option<Attribute> {
    match node.node.as_ref()? {
        NodeEnum::ColumnDef(column) => Some(Attribute {
            name: Identifier::new(&column.colname),
            data_type: parse::type_name(column.type_name.as_ref()?)?,
            collation: collation(column),
            implied_collation: None,
        }),
        _ => None,
    }
}

/// COLLATE of an attribute.
fn collation(attribute: &protobuf::ColumnDef) -> Option<PartialName> {
    PartialName::written(&parse::strings(&attribute.coll_clause.as_ref()?.collname))
}

/// A domain's shape. `DEFAULT NULL` is no default, as in `DefineDomain` of PostgreSQL's `typecmds.c`.
fn domain(base: TypeName, statement: &protobuf::CreateDomainStmt, scope: &Scope) -> TypeForm {
    let mut domain = Domain { base, not_null: false, default: Clause::Absent, checks: Vec::new() };
    for constraint in &statement.constraints {
        let Some(NodeEnum::Constraint(constraint)) = &constraint.node else { continue };
        let written = constraint.raw_expr.as_deref();
        match constraint.contype() {
            ConstrType::ConstrNotnull => domain.not_null = true,
            ConstrType::ConstrDefault => {
                let written = written.filter(|written| parse::constant(written) != Some(None));
                domain.default = expression::clause(written, scope);
            }
            ConstrType::ConstrCheck => domain.checks.push(check(constraint, scope)),
            _ => {}
        }
    }
    TypeForm::Domain(domain)
}

/// ALTER TYPE of an enum: ADD VALUE or RENAME VALUE.
#[must_use]
pub fn alter_enum(statement: &protobuf::AlterEnumStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::named(Kind::Type, &statement.type_name, scope) else {
        return vec![Effect::NotModelled("ALTER TYPE".into())];
    };
    let id = ComponentId::in_schema(Kind::Type, name);
    if !statement.old_val.is_empty() {
        let (from, to) = (statement.old_val.clone(), statement.new_val.clone());
        return vec![Effect::RenameEnumLabel { id, from, to }];
    }
    let neighbour = &statement.new_val_neighbor;
    let place = (!neighbour.is_empty()).then(|| (!statement.new_val_is_after, neighbour.clone()));
    vec![Effect::AddEnumLabel {
        id,
        label: statement.new_val.clone(),
        place,
        if_not_exists: statement.skip_if_new_val_exists,
    }]
}

/// ALTER TYPE ... ADD, DROP or ALTER ATTRIBUTE.
#[must_use]
pub fn alter_composite(statement: &protobuf::AlterTableStmt, scope: &Scope) -> Vec<Effect> {
    let Some(relation) = &statement.relation else {
        return vec![Effect::NotModelled("ALTER TYPE".into())];
    };
    let name = scope.named(Kind::Type, &relation.schemaname, &relation.relname);
    let id = ComponentId::in_schema(Kind::Type, name);
    let effect = |node: &Node| match &node.node {
        Some(NodeEnum::AlterTableCmd(command)) => change_of_attribute(command)
            .map(|(attribute, change)| Effect::ChangeAttribute { id: id.clone(), attribute, change }),
        _ => None,
    };
    let effects = statement.cmds.iter().map(|node| effect(node).ok_or("ALTER TYPE"));
    effects.map(|effect| effect.unwrap_or_else(|words| Effect::NotModelled(words.to_owned()))).collect()
}

fn change_of_attribute(command: &protobuf::AlterTableCmd) -> Option<(Identifier, AttributeChange)> {
    let definition = match command.def.as_deref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::ColumnDef(definition)) => Some(definition),
        _ => None,
    };
    let data_type = || definition?.type_name.as_ref().and_then(parse::type_name);
    let collated = || definition.and_then(|definition| collation(definition));
    let name = Identifier::new(&command.name);
    Some(match command.subtype() {
        AlterTableType::AtAddColumn => {
            (Identifier::new(&definition?.colname), AttributeChange::Add(data_type(), collated()))
        }
        AlterTableType::AtDropColumn => (name, AttributeChange::Drop),
        AlterTableType::AtAlterColumnType => (name, AttributeChange::DataType(data_type(), collated())),
        _ => return None,
    })
}

fn check(constraint: &protobuf::Constraint, scope: &Scope) -> DomainCheck {
    let expression = constraint.raw_expr.as_deref();
    DomainCheck {
        name: Some(&constraint.conname).filter(|name| !name.is_empty()).map(|name| Identifier::new(name)),
        expression: expression.and_then(|expression| expression::definition(expression, scope)),
    }
}

/// ALTER DOMAIN (`AlterDomainStmt.subtype` in PostgreSQL's `parsenodes.h`). VALIDATE CONSTRAINT changes nothing that is
/// audited.
#[must_use]
pub fn alter_domain(statement: &protobuf::AlterDomainStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::named(Kind::Type, &statement.type_name, scope) else {
        return vec![Effect::NotModelled("ALTER DOMAIN".into())];
    };
    let id = ComponentId::in_schema(Kind::Type, name);
    let change = match (statement.subtype.as_str(), statement.def.as_deref()) {
        ("V", _) => return Vec::new(),
        ("T", default) => {
            let default = default.filter(|written| parse::constant(written) != Some(None));
            DomainChange::Default(expression::clause(default, scope))
        }
        ("N", _) => DomainChange::NotNull(false),
        ("O", _) => DomainChange::NotNull(true),
        ("X", _) => {
            DomainChange::Drop { name: Identifier::new(&statement.name), if_exists: statement.missing_ok }
        }
        ("C", Some(Node { node: Some(NodeEnum::Constraint(added)) })) => match added.contype() {
            ConstrType::ConstrCheck => DomainChange::Add(check(added, scope)),
            ConstrType::ConstrNotnull => DomainChange::NotNull(true),
            _ => return vec![obscure(id, "ALTER DOMAIN")],
        },
        _ => return vec![obscure(id, "ALTER DOMAIN")],
    };
    vec![Effect::ChangeDomain { id, change }]
}

fn obscure(id: ComponentId, words: &str) -> Effect {
    Effect::Obscure { ids: BTreeSet::from([id]), reason: words.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::{created, of};

    fn form(sql: &str) -> (String, TypeForm) {
        match created(sql) {
            (id, crate::core::kind::Shape::Type(shape), IfExists::Refuse) => (id, shape.form.unwrap()),
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn enums_keep_their_labels_in_order() {
        let (id, form) = form("create type crm.status as enum ('new', 'It''s', 'old')");
        assert_eq!(id, "type/crm.status");
        assert_eq!(form, TypeForm::Enum { labels: vec!["new".into(), "It's".into(), "old".into()] });
    }

    #[test]
    fn composites_keep_their_attributes_in_order() {
        let (_, form) = form("create type pair as (a int, \"B\" numeric(5,2), c text collate \"C\")");
        let TypeForm::Composite { attributes } = form else { panic!("{form:?}") };
        let shown: Vec<String> = attributes
            .iter()
            .map(|attribute| {
                let collation = attribute.collation.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{} {} {collation}", attribute.name, attribute.data_type)
            })
            .collect();
        assert_eq!(shown, ["a integer ", "\"B\" numeric(5,2) ", "c text \"C\""]);
    }

    #[test]
    fn ranges_are_ranges() {
        let TypeForm::Range(range) = form(
            "create type span as range (subtype = float8, subtype_opclass = s.ops, collation = \"C\", \
             canonical = c, subtype_diff = float8mi, multirange_type_name = spans)",
        )
        .1
        else {
            panic!("a range")
        };
        let shown: Vec<String> =
            [&range.operator_class, &range.collation, &range.canonical, &range.difference, &range.multirange]
                .map(|name| name.as_ref().unwrap().to_string())
                .to_vec();
        assert_eq!(range.subtype.unwrap().name.as_str(), "float8");
        assert_eq!(shown, ["s.ops", "\"C\"", "c", "float8mi", "public.spans"]);
    }

    #[test]
    fn domains_count_their_checks_and_take_default_null_for_none() {
        let base = TypeName { schema: None, ..TypeName::built_in("text") };
        for (sql, not_null, has_default, checks) in [
            ("create domain d as text", false, false, 0),
            (
                "create domain d as text not null default '' check (value <> 'a') constraint c check (true)",
                true,
                true,
                2,
            ),
            ("create domain d as text null default null", false, false, 0),
            ("create domain d as text default null::text", false, false, 0),
            ("create domain d as text default now()", false, true, 0),
        ] {
            let TypeForm::Domain(domain) = form(sql).1 else { panic!("{sql}") };
            assert_eq!(domain.base, base, "{sql}");
            let found = (domain.not_null, domain.default.is_defined(), domain.checks.len());
            assert_eq!(found, (not_null, has_default, checks), "{sql}");
            assert!(domain.checks.iter().all(|check| check.expression.is_some()), "{sql}");
        }
    }

    #[test]
    fn labels_are_added_where_the_statement_says() {
        for (sql, place, if_not_exists) in [
            ("alter type s add value 'x'", None, false),
            ("alter type s add value if not exists 'x' before 'y'", Some((true, "y".to_owned())), true),
            ("alter type s add value 'x' after 'y'", Some((false, "y".to_owned())), false),
        ] {
            let id = ComponentId::in_schema(Kind::Type, QualifiedName::new("public", "s"));
            let expected = Effect::AddEnumLabel { id, label: "x".into(), place, if_not_exists };
            assert_eq!(of(sql), [expected], "{sql}");
        }
    }

    #[test]
    fn an_alter_of_a_domain_says_only_what_it_changes() {
        let change = |sql: &str| match &of(sql)[..] {
            [Effect::ChangeDomain { id, change }] if id.to_string() == "type/public.s" => change.clone(),
            other => panic!("{sql}: {other:?}"),
        };
        assert_eq!(change("alter domain s drop not null"), DomainChange::NotNull(false));
        assert_eq!(change("alter domain s set not null"), DomainChange::NotNull(true));
        assert_eq!(change("alter domain s drop default"), DomainChange::Default(Clause::Absent));
        assert_eq!(change("alter domain s set default null"), DomainChange::Default(Clause::Absent));
        assert!(matches!(
            change("alter domain s set default 1"),
            DomainChange::Default(Clause::Defined(Some(_)))
        ));
        let DomainChange::Add(check) = change("alter domain s add constraint c check (value > 0)") else {
            panic!("no check")
        };
        assert_eq!(check.name, Some("c".into()));
        assert_eq!(
            change("alter domain s drop constraint if exists c"),
            DomainChange::Drop { name: "c".into(), if_exists: true }
        );
        assert_eq!(
            change("alter domain s rename constraint c to d"),
            DomainChange::Rename { from: "c".into(), to: "d".into() }
        );
        assert_eq!(of("alter domain s validate constraint c"), []);
    }
}
