//! Conditions under which a DO block acts, as far as they can be told from what is declared.

use crate::core::component::{ComponentId, ComponentName};
use crate::core::name::Identifier;

/// What stands for a part of a computed string that is not known. It is no name that anybody gives; the fold takes what
/// bears it away again.
pub const COMPUTED: &str = "⟨computed⟩";

/// A condition on the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is a component like this.
    Exists(Sought),
    /// It is not so.
    Not(Box<Self>),
    /// All are so.
    All(Vec<Self>),
    /// One at least is so.
    Any(Vec<Self>),
    /// It cannot be told from what is declared: a setting, a row, a version.
    Unknown,
}

/// What a query of a system catalog looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The ids of the kinds that it may be of; also of kinds that this version does not have.
    pub kinds: Vec<&'static str>,
    /// Its schema, where the query asks for one.
    pub schema: Option<Identifier>,
    /// The table that it hangs on, where the query asks for one.
    pub relation: Option<Identifier>,
    /// Its own name.
    pub name: Identifier,
    /// The label, where one of an enum is looked for.
    pub label: Option<String>,
    /// Whether the query asks for more than the name, so that the component may be there and not be found.
    pub more: bool,
}

/// Which errors a block catches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caught {
    /// What is to be made is there already.
    pub duplicates: bool,
    /// What is to be changed is not there.
    pub missing: bool,
    /// Any other error: then nobody can tell whether the block did its work.
    pub other: bool,
}

impl Sought {
    /// Whether this is a name of what is looked for; a label and what else is asked are not looked at.
    #[must_use]
    pub fn is(&self, id: &ComponentId) -> bool {
        let Some((relation, name)) = names(id) else { return false };
        let of_relation = |wanted: &Identifier| relation.is_some_and(|own| own == wanted);
        let in_schema = |wanted: &Identifier| id.schema().is_some_and(|own| own == wanted);
        *name == self.name
            && self.kinds.contains(&id.kind.id())
            && self.relation.as_ref().is_none_or(of_relation)
            && self.schema.as_ref().is_none_or(in_schema)
    }
}

/// The relation and the own name of a component that has a name.
fn names(id: &ComponentId) -> Option<(Option<&Identifier>, &Identifier)> {
    match &id.name {
        ComponentName::Global(name) => Some((None, name)),
        ComponentName::InSchema(name)
        | ComponentName::Routine { name, .. }
        | ComponentName::ForMethod { name, .. } => Some((None, &name.name)),
        ComponentName::OnRelation { relation, name } => Some((Some(&relation.name), name)),
        _ => None,
    }
}
