//! CREATE and ALTER OPERATOR, CREATE OPERATOR CLASS and OPERATOR FAMILY.

use pg_query::protobuf;

use super::element::{Elements, reference};
use super::{Effect, IfExists, Scope, function, object};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::kind::operator::Operator;
use crate::core::kind::operator_class::OperatorClass;
use crate::core::kind::operator_family::OperatorFamily;
use crate::core::name::QualifiedName;
use crate::core::sql::parse;

/// The operator, known by the types of its operands.
#[must_use]
pub fn effects(statement: &protobuf::DefineStmt, scope: &Scope) -> Vec<Effect> {
    let elements = Elements::of(&statement.definition);
    let operand = |name: &str| {
        let given = elements.has(name);
        given.then(|| elements.data_type(&[name]))
    };
    // One with a left operand only is gone since PostgreSQL 14.
    let operands = match (operand("leftarg"), operand("rightarg")) {
        (left, Some(right)) => left.into_iter().chain([right]).collect::<Option<Vec<_>>>(),
        (_, None) => None,
    };
    let (Some(name), Some(operands)) = (parse::qualified(&statement.defnames, scope), operands) else {
        return vec![Effect::NotModelled("CREATE OPERATOR".into())];
    };
    let shape = Operator {
        function: elements.reference(&["function", "procedure"]),
        commutator: elements.reference(&["commutator"]),
        negator: elements.reference(&["negator"]),
        restriction: Some(elements.reference(&["restrict"])),
        joining: Some(elements.reference(&["join"])),
        hashes: Some(elements.boolean("hashes").unwrap_or(false)),
        merges: Some(elements.boolean("merges").unwrap_or(false)),
    };
    let id = ComponentId {
        kind: Kind::Operator,
        name: ComponentName::Routine { name, arguments: Some(operands) },
    };
    vec![Effect::Create { id, shape: shape.into(), if_exists: IfExists::Refuse }]
}

/// ALTER OPERATOR ... SET: an option without a value becomes none.
#[must_use]
pub fn alter(statement: &protobuf::AlterOperatorStmt, scope: &Scope) -> Vec<Effect> {
    let Some(id) = statement.opername.as_ref().and_then(|name| there(name, scope)) else {
        return vec![Effect::NotModelled("ALTER OPERATOR".into())];
    };
    let elements = Elements::of(&statement.options);
    let estimator = |name: &str| elements.has(name).then(|| elements.reference(&[name]));
    let change = Operator {
        function: None,
        commutator: elements.reference(&["commutator"]),
        negator: elements.reference(&["negator"]),
        restriction: estimator("restrict"),
        joining: estimator("join"),
        hashes: elements.boolean("hashes"),
        merges: elements.boolean("merges"),
    };
    vec![Effect::Change { id, change: change.into() }]
}

/// The operator that a statement names, and that is there by then; `NONE` stands for the operand that it does not have.
#[must_use]
pub fn there(operator: &protobuf::ObjectWithArgs, scope: &Scope) -> Option<ComponentId> {
    let name = parse::qualified(&operator.objname, scope)?;
    let operands = operator.objargs.iter().filter(|node| node.node.is_some());
    let operands: Option<Vec<_>> = operands.map(function::argument_of).collect();
    // A right operand there is always.
    operator.objargs.last().filter(|node| node.node.is_some())?;
    let name = ComponentName::Routine { name, arguments: Some(operands?) };
    let id = ComponentId { kind: Kind::Operator, name };
    Some(if operator.objname.len() == 1 { scope.there(id) } else { id })
}

/// The class, and the family of the same name that comes with it where the statement names none and there is none.
#[must_use]
pub fn class(statement: &protobuf::CreateOpClassStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::qualified(&statement.opclassname, scope) else {
        return vec![Effect::NotModelled("CREATE OPERATOR CLASS".into())];
    };
    let own_family = statement.opfamilyname.is_empty().then(|| Effect::Create {
        id: object::for_method(Kind::OperatorFamily, name.clone(), &statement.amname),
        shape: OperatorFamily {}.into(),
        if_exists: IfExists::Keep,
    });
    let QualifiedName { schema, name: own } = &name;
    let own = crate::core::kind::reference::Reference { schema: Some(schema.clone()), name: own.clone() };
    let shape = OperatorClass {
        data_type: statement.datatype.as_ref().and_then(function::argument_type),
        default: Some(statement.is_default),
        family: reference(&statement.opfamilyname).or(Some(own)),
    };
    let id = object::for_method(Kind::OperatorClass, name, &statement.amname);
    let class = Effect::Create { id, shape: shape.into(), if_exists: IfExists::Refuse };
    own_family.into_iter().chain([class]).collect()
}

/// The family, empty at first.
#[must_use]
pub fn family(statement: &protobuf::CreateOpFamilyStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::qualified(&statement.opfamilyname, scope) else {
        return vec![Effect::NotModelled("CREATE OPERATOR FAMILY".into())];
    };
    vec![Effect::Create {
        id: object::for_method(Kind::OperatorFamily, name, &statement.amname),
        shape: OperatorFamily {}.into(),
        if_exists: IfExists::Refuse,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::kind::reference::Reference;
    use crate::core::sql::effect::tests::{created, of};
    use crate::core::type_name::TypeName;

    fn named(schema: Option<&str>, name: &str) -> Reference {
        Reference { schema: schema.map(Into::into), name: name.into() }
    }

    #[test]
    fn an_operator_is_read_whole() {
        let (id, shape, _) = created(
            "create operator crm.@@ (leftarg = int, rightarg = crm.mood, procedure = crm.meets, commutator = \
             operator(crm.@@), negator = !@@, restrict = eqsel, hashes)",
        );
        assert_eq!(id, "operator/crm.\"@@\"(integer, crm.mood)");
        assert_eq!(
            shape,
            Operator {
                function: Some(named(Some("crm"), "meets")),
                commutator: Some(named(Some("crm"), "@@")),
                negator: Some(named(None, "!@@")),
                restriction: Some(Some(named(None, "eqsel"))),
                joining: Some(None),
                hashes: Some(true),
                merges: Some(false),
            }
            .into()
        );
    }

    #[test]
    fn operators_have_one_operand_or_two() {
        assert_eq!(
            created("create operator ! (function = f, rightarg = text)").0,
            "operator/public.\"!\"(text)"
        );
        let postfix = of("create operator ! (function = f, leftarg = text)");
        assert_eq!(postfix, [Effect::NotModelled("CREATE OPERATOR".into())]);
        let dropped: Vec<String> = of("drop operator ! (none, text), crm.+ (int, int)")
            .iter()
            .map(|effect| match effect {
                Effect::Drop { id, .. } => id.to_string(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(dropped, ["operator/public.\"!\"(text)", "operator/crm.\"+\"(integer, integer)"]);
    }

    #[test]
    fn alter_operator_changes_what_it_says() {
        let [Effect::Change { id, change }] =
            &of("alter operator + (int, int) set (restrict = none, join = crm.j)")[..]
        else {
            panic!("one change")
        };
        assert_eq!(id.to_string(), "operator/public.\"+\"(integer, integer)");
        let expected = Operator {
            restriction: Some(None),
            joining: Some(Some(named(Some("crm"), "j"))),
            ..Operator::default()
        };
        assert_eq!(*change, Shape::from(expected));
    }

    #[test]
    fn a_class_without_a_family_brings_its_own() {
        let class = "operator class crm.c default for type text using btree";
        let effects = of(&format!("create {class} as operator 1 <"));
        let [Effect::Create { id: family, if_exists: IfExists::Keep, .. }, Effect::Create { id, shape, .. }] =
            &effects[..]
        else {
            panic!("{effects:?}")
        };
        assert_eq!(family.to_string(), "operator_family/crm.c using btree");
        assert_eq!(id.to_string(), "operator_class/crm.c using btree");
        let expected = OperatorClass {
            data_type: Some(TypeName::built_in("text")),
            default: Some(true),
            family: Some(named(Some("crm"), "c")),
        };
        assert_eq!(*shape, expected.into());
        let (id, shape, _) = created(
            "create operator class c for type text using hash family crm.f as function 1 hashtext(text)",
        );
        assert_eq!(id, "operator_class/public.c using hash");
        let Shape::OperatorClass(class) = shape else { panic!("a class") };
        assert_eq!((class.default, class.family), (Some(false), Some(named(Some("crm"), "f"))));
        assert_eq!(created("create operator family f using gin").0, "operator_family/public.f using gin");
    }
}
