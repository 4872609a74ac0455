//! Functions whose arguments or results have the types of columns (`%TYPE`).

use super::Declared;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::Effect;
use crate::core::sql::effect::function::resolved;
use crate::core::type_name::TypeName;

impl Declared {
    /// The function with the types that its columns have by now, as PostgreSQL keeps it. A type of a column that is not
    /// declared, or not known, stays open, and so does an identity that has one.
    pub(super) fn with_types_of_columns(
        &self,
        id: ComponentId,
        mut shape: Shape,
        parts: &[Effect],
    ) -> (ComponentId, Shape) {
        let (ComponentName::Routine { name, arguments }, Shape::Function(function)) = (&id.name, &mut shape)
        else {
            return (id, shape);
        };
        for part in parts {
            let Effect::TypeOfColumn { argument, relation, column } = part else { continue };
            let Some(data_type) = self.type_of_column(relation, column) else { continue };
            match argument {
                Some(position) => {
                    let argument = function.arguments.as_mut().and_then(|all| all.get_mut(*position));
                    if let Some(argument) = argument {
                        argument.data_type = Some(data_type);
                    }
                }
                None => {
                    if let Some(returns) = &mut function.returns {
                        returns.data_type = Some(data_type);
                    }
                }
            }
        }
        if arguments.is_some() {
            return (id, shape);
        }
        let inputs = function.arguments.iter().flatten().filter(|argument| argument.mode.is_input());
        let arguments: Option<Vec<TypeName>> = inputs.map(|argument| argument.data_type.clone()).collect();
        (ComponentId::routine(name.clone(), arguments), shape)
    }

    fn type_of_column(&self, relation: &QualifiedName, column: &Identifier) -> Option<TypeName> {
        let id = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
        let declaration = self.components.get(&id).filter(|declaration| declaration.obscured_by.is_none())?;
        match &declaration.shape {
            Shape::Column(column) => column.data_type.clone().map(resolved),
            _ => None,
        }
    }
}
