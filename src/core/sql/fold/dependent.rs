//! What goes with an object because it rests on it: the tables of a server, the event triggers of a function.

use super::{Declaration, Declared};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::Definition;
use crate::core::kind::cast::CastMethod;
use crate::core::kind::reference::Reference;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::mentioned::Mentioned;
use crate::core::type_name::TypeName;

impl Declared {
    /// Removes what rests on a component that goes. A name that does not settle which object is meant counts: without
    /// CASCADE, PostgreSQL would have refused.
    pub(super) fn drop_dependents(&mut self, id: &ComponentId) {
        let resting = dependents(id.kind).iter().flat_map(|kind| self.of_kind(*kind));
        let resting = resting.filter(|(other, declaration)| rests_on(other, declaration, id));
        let resting: Vec<ComponentId> = resting.map(|(other, _)| other.clone()).collect();
        for dependent in resting {
            self.drop(&dependent);
        }
        self.unpublish(id);
    }

    /// Whether nothing rests on the component that would go with it.
    pub(super) fn has_no_dependents(&self, id: &ComponentId) -> bool {
        let mut resting = dependents(id.kind).iter().flat_map(|kind| self.of_kind(*kind));
        !resting.any(|(other, declaration)| rests_on(other, declaration, id))
    }

    /// A publication stays when a table, a column or a schema of it goes.
    fn unpublish(&mut self, id: &ComponentId) {
        if !matches!(id.kind, Kind::Table | Kind::Schema | Kind::Column) {
            return;
        }
        let publications: Vec<ComponentId> =
            self.of_kind(Kind::Publication).map(|(id, _)| id.clone()).collect();
        for publication in publications {
            let publication = self.components.get_mut(&publication).map(|declaration| &mut declaration.shape);
            let Some(Shape::Publication(publication)) = publication else { continue };
            if let Some(tables) = &mut publication.tables {
                tables.values.retain(|table, published| match &id.name {
                    ComponentName::InSchema(name) => table != name,
                    ComponentName::Global(schema) => table.schema != *schema,
                    ComponentName::OnRelation { relation, name } => {
                        let columns = published.as_ref().and_then(|published| published.columns.as_ref());
                        table != relation || !columns.is_some_and(|columns| columns.contains(name))
                    }
                    _ => true,
                });
            }
            if let (Some(schemas), ComponentName::Global(schema)) = (&mut publication.schemas, &id.name) {
                schemas.values.remove(schema);
            }
        }
    }
}

/// The kinds of what may rest on a component of this kind.
fn dependents(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::ForeignDataWrapper => &[Kind::Server],
        Kind::Server => &[Kind::UserMapping, Kind::ForeignTable],
        Kind::Language => &[Kind::Function],
        Kind::AccessMethod => &[Kind::OperatorFamily, Kind::OperatorClass],
        Kind::Type => &[Kind::Operator, Kind::Cast],
        Kind::Table | Kind::ForeignTable | Kind::MaterializedView | Kind::Column => &[Kind::Statistics],
        Kind::TextSearchParser | Kind::TextSearchDictionary => &[Kind::TextSearchConfiguration],
        Kind::TextSearchTemplate => &[Kind::TextSearchDictionary],
        Kind::OperatorFamily => &[Kind::OperatorClass],
        Kind::Function => &[Kind::Operator, Kind::Cast, Kind::EventTrigger],
        _ => &[],
    }
}

fn rests_on(id: &ComponentId, declaration: &Declaration, on: &ComponentId) -> bool {
    match (&on.name, on.kind) {
        (ComponentName::Global(name), Kind::ForeignDataWrapper) => {
            matches!(&declaration.shape, Shape::Server(server) if server.wrapper.as_ref() == Some(name))
        }
        (ComponentName::Global(name), Kind::Server) => match (&id.name, &declaration.shape) {
            (_, Shape::ForeignTable(table)) => table.server.as_ref() == Some(name),
            (ComponentName::OnObject { object, .. }, Shape::UserMapping(_)) => **object == *on,
            _ => false,
        },
        (ComponentName::Global(name), Kind::Language) => {
            matches!(&declaration.shape, Shape::Function(function) if function.language.as_ref() == Some(name))
        }
        (ComponentName::Global(name), Kind::AccessMethod) => {
            matches!(&id.name, ComponentName::ForMethod { method, .. } if method == name)
        }
        (ComponentName::InSchema(name), Kind::Type) => uses_type(id, name),
        (ComponentName::InSchema(name), Kind::Table | Kind::ForeignTable | Kind::MaterializedView) => {
            matches!(&declaration.shape, Shape::Statistics(statistics) if statistics.relation.as_ref() == Some(name))
        }
        (
            ComponentName::InSchema(name),
            Kind::TextSearchParser | Kind::TextSearchTemplate | Kind::TextSearchDictionary,
        ) => uses_text_search(declaration, on.kind, name),
        (ComponentName::OnRelation { relation, name }, Kind::Column) => {
            has_statistics(declaration, relation, name)
        }
        (ComponentName::ForMethod { name, method }, Kind::OperatorFamily) => {
            let of_family = |family: &Reference| family.may_be(name);
            matches!((&id.name, &declaration.shape), (ComponentName::ForMethod { method: own, .. }, Shape::OperatorClass(class))
                if own == method && class.family.as_ref().is_some_and(of_family))
        }
        (ComponentName::Routine { name, arguments }, Kind::Function) => {
            calls(id, declaration, name, arguments.as_deref())
        }
        _ => false,
    }
}

/// Whether a cast, or an operator, is of the type.
fn uses_type(id: &ComponentId, name: &QualifiedName) -> bool {
    let is_it = |data_type: &TypeName| {
        let schema = data_type.schema.as_ref();
        data_type.name == name.name && schema.is_none_or(|schema| *schema == name.schema)
    };
    match &id.name {
        ComponentName::Cast { from, to } => is_it(from) || is_it(to),
        ComponentName::Routine { arguments: Some(operands), .. } if id.kind == Kind::Operator => {
            operands.iter().any(is_it)
        }
        _ => false,
    }
}

fn uses_text_search(declaration: &Declaration, kind: Kind, name: &QualifiedName) -> bool {
    let used = match &declaration.shape {
        Shape::TextSearchConfiguration(it) if kind == Kind::TextSearchDictionary => {
            return it.dictionaries().any(|used| used.may_be(name));
        }
        Shape::TextSearchConfiguration(it) if kind == Kind::TextSearchParser => it.parser.as_ref(),
        Shape::TextSearchDictionary(it) if kind == Kind::TextSearchTemplate => it.template.as_ref(),
        _ => None,
    };
    used.is_some_and(|used| used.may_be(name))
}

fn has_statistics(declaration: &Declaration, relation: &QualifiedName, column: &Identifier) -> bool {
    let Shape::Statistics(statistics) = &declaration.shape else { return false };
    let names_it = |definition: &Definition| {
        let said = Mentioned::of(&definition.text).map(|said| said.columns).unwrap_or_default();
        said.iter().any(|written| written.last().map(String::as_str) == Some(column.as_str()))
    };
    statistics.relation.as_ref() == Some(relation)
        && (statistics.columns.as_ref().is_some_and(|columns| columns.contains(column))
            || statistics.expressions.iter().flatten().flatten().any(names_it))
}

/// Whether an event trigger, an operator or a cast calls the function. What is called does not tell overloads apart, but
/// their arguments are those of the caller.
fn calls(
    id: &ComponentId,
    declaration: &Declaration,
    name: &QualifiedName,
    arguments: Option<&[TypeName]>,
) -> bool {
    let takes = |types: &[TypeName]| {
        arguments.is_none_or(|arguments| {
            types.len() == arguments.len()
                && types.iter().zip(arguments).all(|(one, other)| one.is_same_ignoring_modifier(other))
        })
    };
    let function = match (&declaration.shape, &id.name) {
        (Shape::EventTrigger(trigger), _) if takes(&[]) => trigger.function.as_ref(),
        (Shape::Operator(operator), ComponentName::Routine { arguments: Some(operands), .. })
            if takes(operands) =>
        {
            operator.function.as_ref()
        }
        // Modifier and context may be further arguments.
        (Shape::Cast(cast), ComponentName::Cast { from, .. })
            if arguments.is_none_or(|arguments| {
                arguments.first().is_some_and(|first| first.is_same_ignoring_modifier(from))
            }) =>
        {
            match &cast.method {
                Some(CastMethod::Function(function)) => function.as_ref(),
                _ => None,
            }
        }
        _ => None,
    };
    function.is_some_and(|function| function.may_be(name))
}
