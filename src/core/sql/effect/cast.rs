//! CREATE CAST and CREATE CONVERSION.

use pg_query::protobuf::{self, CoercionContext};

use super::element::reference;
use super::{Effect, IfExists, Scope, function};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::kind::cast::{Cast, CastContext, CastMethod};
use crate::core::kind::conversion::Conversion;
use crate::core::sql::parse;

/// The cast.
#[must_use]
pub fn effects(statement: &protobuf::CreateCastStmt, _scope: &Scope) -> Vec<Effect> {
    let types = (statement.sourcetype.as_ref(), statement.targettype.as_ref());
    let (Some(from), Some(to)) =
        (types.0.and_then(function::argument_type), types.1.and_then(function::argument_type))
    else {
        return vec![Effect::NotModelled("CREATE CAST".into())];
    };
    let method = match &statement.func {
        Some(function) => CastMethod::Function(reference(&function.objname)),
        None if statement.inout => CastMethod::InOut,
        None => CastMethod::Binary,
    };
    let context = match statement.context() {
        CoercionContext::CoercionImplicit => CastContext::Implicit,
        CoercionContext::CoercionAssignment => CastContext::Assignment,
        _ => CastContext::Explicit,
    };
    vec![Effect::Create {
        id: ComponentId { kind: Kind::Cast, name: ComponentName::cast(from, to) },
        shape: Cast { method: Some(method), context: Some(context) }.into(),
        if_exists: IfExists::Refuse,
    }]
}

/// The conversion.
#[must_use]
pub fn conversion(statement: &protobuf::CreateConversionStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::qualified(&statement.conversion_name, scope) else {
        return vec![Effect::NotModelled("CREATE CONVERSION".into())];
    };
    let shape = Conversion { function: reference(&statement.func_name), default: Some(statement.def) };
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::Conversion, name),
        shape: shape.into(),
        if_exists: IfExists::Refuse,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::reference::Reference;
    use crate::core::sql::effect::tests::{created, of};

    #[test]
    fn a_cast_is_known_by_its_types() {
        let to_mood = Reference { schema: Some("crm".into()), name: "to_mood".into() };
        for (ending, method, context) in [
            (
                "with function crm.to_mood(int) as assignment",
                CastMethod::Function(Some(to_mood)),
                CastContext::Assignment,
            ),
            ("with inout as implicit", CastMethod::InOut, CastContext::Implicit),
            ("without function", CastMethod::Binary, CastContext::Explicit),
        ] {
            let (id, shape, _) = created(&format!("create cast (int as crm.mood) {ending}"));
            assert_eq!(id, "cast/(integer as crm.mood)");
            assert_eq!(shape, Cast { method: Some(method), context: Some(context) }.into(), "{ending}");
        }
        let dropped = of("drop cast if exists (int as crm.mood)");
        let [Effect::Drop { id, .. }] = &dropped[..] else { panic!("{dropped:?}") };
        assert_eq!(id.to_string(), "cast/(integer as crm.mood)");
    }

    #[test]
    fn a_conversion_is_read_with_its_function() {
        let (id, shape, _) = created("create default conversion crm.c for 'LATIN1' to 'UTF8' from f");
        assert_eq!(id, "conversion/crm.c");
        let function = Some(Reference { schema: None, name: "f".into() });
        assert_eq!(shape, Conversion { function, default: Some(true) }.into());
    }
}
