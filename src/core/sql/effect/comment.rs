//! COMMENT ON.

use pg_query::NodeEnum;
use pg_query::protobuf::{CommentStmt, Node, ObjectType};

use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::kind::comment::Comment;
use crate::core::sql::effect::{Effect, Scope, object};
use crate::core::sql::parse;

/// The comment; an empty text takes it away, as NULL does.
#[must_use]
pub fn effects(statement: &CommentStmt, scope: &Scope) -> Vec<Effect> {
    let object_type = statement.objtype();
    let object = statement.object.as_deref().and_then(|node| commented(object_type, node, scope));
    match object.filter(|object| Comment::is_read_of(object.kind)) {
        Some(object) => {
            let text = Some(&statement.comment).filter(|text| !text.is_empty()).cloned();
            vec![Effect::Comment { object, text }]
        }
        None => vec![Effect::NotModelled(format!("COMMENT ON {}", object::words(object_type)))],
    }
}

fn commented(object_type: ObjectType, node: &Node, scope: &Scope) -> Option<ComponentId> {
    match (object_type, node.node.as_ref()?) {
        (ObjectType::ObjectRole, NodeEnum::String(name)) => {
            Some(ComponentId::global(Kind::Role, name.sval.as_str()))
        }
        (ObjectType::ObjectDomconstraint, NodeEnum::List(names)) => match names.items.as_slice() {
            [domain, name] => of_domain(domain, name, scope),
            _ => None,
        },
        _ => object::component_there(object_type, node, scope),
    }
}

/// A constraint of a domain: a part of the type.
fn of_domain(domain: &Node, name: &Node, scope: &Scope) -> Option<ComponentId> {
    let Some(NodeEnum::TypeName(domain)) = &domain.node else { return None };
    let relation = parse::named(Kind::Type, &domain.names, scope)?;
    let name = parse::identifiers(std::slice::from_ref(name)).pop()?;
    Some(ComponentId { kind: Kind::Type, name: ComponentName::OnRelation { relation, name } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::of;

    #[test]
    fn k28_every_object_that_is_modelled_may_have_a_comment() {
        for (object, id) in [
            ("table t", "table/public.t"),
            ("view crm.v", "view/crm.v"),
            ("materialized view m", "materialized_view/public.m"),
            ("sequence s", "sequence/public.s"),
            ("index i", "index/public.i"),
            ("column t.a", "column/public.t.a"),
            ("constraint c on t", "constraint/public.t.c"),
            ("constraint c on domain crm.d", "type/crm.d.c"),
            ("trigger g on t", "trigger/public.t.g"),
            ("policy p on t", "policy/public.t.p"),
            ("function f(int, out text)", "function/public.f(integer)"),
            ("procedure f()", "function/public.f()"),
            ("type y", "type/public.y"),
            ("domain d", "type/public.d"),
            ("schema s", "schema/s"),
            ("extension \"uuid-ossp\"", "extension/uuid-ossp"),
            ("role \"R\"", "role/\"R\""),
            ("rule r on t", "rule/public.t.r"),
            ("statistics s", "statistics/public.s"),
            ("collation c", "collation/public.c"),
            ("conversion c", "conversion/public.c"),
            ("text search parser p", "text_search_parser/public.p"),
            ("text search template p", "text_search_template/public.p"),
            ("text search dictionary p", "text_search_dictionary/public.p"),
            ("text search configuration p", "text_search_configuration/public.p"),
            ("language l", "language/l"),
            ("access method m", "access_method/m"),
            ("foreign data wrapper w", "foreign_data_wrapper/w"),
            ("server s", "server/s"),
            ("event trigger e", "event_trigger/e"),
            ("publication p", "publication/p"),
        ] {
            match &of(&format!("comment on {object} is 'why'"))[..] {
                [Effect::Comment { object, text: Some(text) }] => {
                    assert_eq!((object.to_string().as_str(), text.as_str()), (id, "why"));
                }
                other => panic!("{object}: {other:?}"),
            }
        }
    }

    #[test]
    fn null_and_the_empty_text_take_a_comment_away() {
        for text in ["null", "''"] {
            let effects = of(&format!("comment on table t is {text}"));
            assert!(matches!(&effects[..], [Effect::Comment { text: None, .. }]), "{effects:?}");
        }
    }
}
