//! The object that a DROP, RENAME, SET SCHEMA or COMMENT names: as a component, and in words.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, ObjectType, RangeVar};

use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{Scope, built_in_name, function, operator};
use crate::core::sql::parse;

/// The component that `node` names as an object of type `object_type`; `None` where that type is not a kind, or where
/// the name is none that PostgreSQL would take.
#[must_use]
pub fn component(object_type: ObjectType, node: &Node, scope: &Scope) -> Option<ComponentId> {
    match (object_type, node.node.as_ref()?) {
        (
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate,
            NodeEnum::ObjectWithArgs(routine),
        ) => function::there(routine, scope),
        (ObjectType::ObjectOperator, NodeEnum::ObjectWithArgs(operator)) => operator::there(operator, scope),
        (_, NodeEnum::String(name)) => {
            Some(ComponentId::global(global_kind(object_type)?, name.sval.as_str()))
        }
        (ObjectType::ObjectCast, NodeEnum::List(types)) => match types.items.as_slice() {
            [from, to] => {
                let (from, to) = (function::argument_of(from)?, function::argument_of(to)?);
                Some(ComponentId { kind: Kind::Cast, name: ComponentName::cast(from, to) })
            }
            _ => None,
        },
        (ObjectType::ObjectOpclass | ObjectType::ObjectOpfamily, NodeEnum::List(names)) => {
            let class = object_type == ObjectType::ObjectOpclass;
            let kind = if class { Kind::OperatorClass } else { Kind::OperatorFamily };
            let (method, name) = names.items.split_first()?;
            let method = *parse::strings(std::slice::from_ref(method)).first()?;
            let id = for_method(kind, parse::qualified(name, scope)?, method);
            Some(if name.len() == 1 { scope.there(id) } else { id })
        }
        (ObjectType::ObjectType | ObjectType::ObjectDomain, NodeEnum::TypeName(name)) => {
            Some(ComponentId::in_schema(Kind::Type, data_type(&name.names, scope)?))
        }
        (_, NodeEnum::List(names)) => of_list(object_type, &names.items, scope),
        _ => None,
    }
}

/// A component by a dotted name, the last part of which may be that of what hangs on a relation.
fn of_list(object_type: ObjectType, names: &[Node], scope: &Scope) -> Option<ComponentId> {
    if let Some(kind) = hanging_kind(object_type) {
        let (name, relation) = names.split_last()?;
        let name = *parse::strings(std::slice::from_ref(name)).first()?;
        return Some(ComponentId::on_relation(kind, relation_of(relation, scope)?, name));
    }
    let kind = kind(object_type)?;
    let name = match kind {
        Kind::Type => data_type(names, scope)?,
        kind if kind.is_relation() => relation_of(names, scope)?,
        kind => parse::named(kind, names, scope)?,
    };
    Some(ComponentId::in_schema(kind, name))
}

/// A relation that is there by then.
fn relation_of(names: &[Node], scope: &Scope) -> Option<QualifiedName> {
    let name = parse::qualified(names, scope)?;
    Some(if names.len() == 1 { built_in_name::relation(name, scope) } else { name })
}

/// A type that is there by then.
fn data_type(names: &[Node], scope: &Scope) -> Option<QualifiedName> {
    let name = parse::named(Kind::Type, names, scope)?;
    Some(if names.len() == 1 { built_in_name::data_type(name, scope) } else { name })
}

/// The part of a dotted name that names a relation; `None` where the object neither is one nor hangs on one.
#[must_use]
pub fn relation_in<'a>(object_type: ObjectType, names: &'a [&'a str]) -> Option<&'a [&'a str]> {
    match object_type {
        ObjectType::ObjectTable
        | ObjectType::ObjectForeignTable
        | ObjectType::ObjectView
        | ObjectType::ObjectMatview
        | ObjectType::ObjectSequence
        | ObjectType::ObjectIndex => Some(names),
        ObjectType::ObjectColumn
        | ObjectType::ObjectTabconstraint
        | ObjectType::ObjectTrigger
        | ObjectType::ObjectRule
        | ObjectType::ObjectPolicy => names.split_last().map(|(_, relation)| relation),
        _ => None,
    }
}

/// As [`component`], of an object that is there by now: an unqualified relation is the first of the path that is known.
#[must_use]
pub fn component_there(object_type: ObjectType, node: &Node, scope: &Scope) -> Option<ComponentId> {
    let mut id = component(object_type, node, scope)?;
    if let Some(NodeEnum::List(list)) = &node.node
        && let Some([name]) = relation_in(object_type, &parse::strings(&list.items))
        && let ComponentName::InSchema(relation) | ComponentName::OnRelation { relation, .. } = &mut id.name
    {
        *relation = built_in_name::relation(scope.relation("", name), scope);
    }
    Some(id)
}

/// An operator class or family.
#[must_use]
pub fn for_method(kind: Kind, name: QualifiedName, method: &str) -> ComponentId {
    ComponentId { kind, name: ComponentName::ForMethod { name, method: Identifier::new(method) } }
}

/// The component that a relation and, for what hangs on it, a name say.
#[must_use]
pub fn of_relation(
    object_type: ObjectType,
    relation: &RangeVar,
    name: &str,
    scope: &Scope,
) -> Option<ComponentId> {
    let unqualified = relation.schemaname.is_empty();
    let relation = parse::relation(relation, scope);
    let relation = if unqualified { built_in_name::relation(relation, scope) } else { relation };
    match hanging_kind(object_type) {
        Some(kind) => Some(ComponentId::on_relation(kind, relation, name)),
        None => Some(ComponentId::in_schema(kind(object_type)?, relation)),
    }
}

/// The kind of an object that has a name of the database.
fn global_kind(object_type: ObjectType) -> Option<Kind> {
    Some(match object_type {
        ObjectType::ObjectSchema => Kind::Schema,
        ObjectType::ObjectExtension => Kind::Extension,
        ObjectType::ObjectLanguage => Kind::Language,
        ObjectType::ObjectAccessMethod => Kind::AccessMethod,
        ObjectType::ObjectFdw => Kind::ForeignDataWrapper,
        ObjectType::ObjectForeignServer => Kind::Server,
        ObjectType::ObjectEventTrigger => Kind::EventTrigger,
        ObjectType::ObjectPublication => Kind::Publication,
        _ => return None,
    })
}

/// The kind of an object that has a name of its schema.
fn kind(object_type: ObjectType) -> Option<Kind> {
    Some(match object_type {
        ObjectType::ObjectTable => Kind::Table,
        ObjectType::ObjectView => Kind::View,
        ObjectType::ObjectMatview => Kind::MaterializedView,
        ObjectType::ObjectIndex => Kind::Index,
        ObjectType::ObjectSequence => Kind::Sequence,
        ObjectType::ObjectType | ObjectType::ObjectDomain => Kind::Type,
        ObjectType::ObjectForeignTable => Kind::ForeignTable,
        ObjectType::ObjectStatisticExt => Kind::Statistics,
        ObjectType::ObjectCollation => Kind::Collation,
        ObjectType::ObjectConversion => Kind::Conversion,
        ObjectType::ObjectTsparser => Kind::TextSearchParser,
        ObjectType::ObjectTstemplate => Kind::TextSearchTemplate,
        ObjectType::ObjectTsdictionary => Kind::TextSearchDictionary,
        ObjectType::ObjectTsconfiguration => Kind::TextSearchConfiguration,
        _ => return None,
    })
}

/// The kind of an object that hangs on a relation.
fn hanging_kind(object_type: ObjectType) -> Option<Kind> {
    Some(match object_type {
        ObjectType::ObjectColumn => Kind::Column,
        ObjectType::ObjectTabconstraint => Kind::Constraint,
        ObjectType::ObjectTrigger => Kind::Trigger,
        ObjectType::ObjectPolicy => Kind::Policy,
        ObjectType::ObjectRule => Kind::Rule,
        _ => return None,
    })
}

/// The words of SQL for a type of object: `MATERIALIZED VIEW`.
#[must_use]
pub fn words(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::ObjectAccessMethod => "ACCESS METHOD",
        ObjectType::ObjectAggregate => "AGGREGATE",
        ObjectType::ObjectAmop | ObjectType::ObjectAmproc | ObjectType::ObjectOpfamily => "OPERATOR FAMILY",
        ObjectType::ObjectAttribute => "ATTRIBUTE",
        ObjectType::ObjectCast => "CAST",
        ObjectType::ObjectColumn => "COLUMN",
        ObjectType::ObjectCollation => "COLLATION",
        ObjectType::ObjectConversion => "CONVERSION",
        ObjectType::ObjectDatabase => "DATABASE",
        ObjectType::ObjectDefault => "DEFAULT",
        ObjectType::ObjectDefacl => "DEFAULT PRIVILEGES",
        ObjectType::ObjectDomain => "DOMAIN",
        ObjectType::ObjectDomconstraint | ObjectType::ObjectTabconstraint => "CONSTRAINT",
        ObjectType::ObjectEventTrigger => "EVENT TRIGGER",
        ObjectType::ObjectExtension => "EXTENSION",
        ObjectType::ObjectFdw => "FOREIGN DATA WRAPPER",
        ObjectType::ObjectForeignServer => "SERVER",
        ObjectType::ObjectForeignTable => "FOREIGN TABLE",
        ObjectType::ObjectFunction => "FUNCTION",
        ObjectType::ObjectIndex => "INDEX",
        ObjectType::ObjectLanguage => "LANGUAGE",
        ObjectType::ObjectLargeobject => "LARGE OBJECT",
        ObjectType::ObjectMatview => "MATERIALIZED VIEW",
        ObjectType::ObjectOpclass => "OPERATOR CLASS",
        ObjectType::ObjectOperator => "OPERATOR",
        ObjectType::ObjectParameterAcl => "PARAMETER",
        ObjectType::ObjectPolicy => "POLICY",
        ObjectType::ObjectProcedure => "PROCEDURE",
        ObjectType::ObjectPublication
        | ObjectType::ObjectPublicationNamespace
        | ObjectType::ObjectPublicationRel => "PUBLICATION",
        ObjectType::ObjectRole => "ROLE",
        ObjectType::ObjectRoutine => "ROUTINE",
        ObjectType::ObjectRule => "RULE",
        ObjectType::ObjectSchema => "SCHEMA",
        ObjectType::ObjectSequence => "SEQUENCE",
        ObjectType::ObjectSubscription => "SUBSCRIPTION",
        ObjectType::ObjectStatisticExt => "STATISTICS",
        ObjectType::ObjectTable => "TABLE",
        ObjectType::ObjectTablespace => "TABLESPACE",
        ObjectType::ObjectTransform => "TRANSFORM",
        ObjectType::ObjectTrigger => "TRIGGER",
        ObjectType::ObjectTsconfiguration => "TEXT SEARCH CONFIGURATION",
        ObjectType::ObjectTsdictionary => "TEXT SEARCH DICTIONARY",
        ObjectType::ObjectTsparser => "TEXT SEARCH PARSER",
        ObjectType::ObjectTstemplate => "TEXT SEARCH TEMPLATE",
        ObjectType::ObjectType => "TYPE",
        ObjectType::ObjectUserMapping => "USER MAPPING",
        ObjectType::ObjectView => "VIEW",
        ObjectType::Undefined => "OBJECT",
    }
}
