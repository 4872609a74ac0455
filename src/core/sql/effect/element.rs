//! Options of the form `name = value`, as CREATE AGGREGATE and its like have them: the grammar reads a value as a name, a
//! type, an operator, a number or a string, and each option knows which it means.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, DefElemAction, Node};

use crate::core::kind::entries::Options;
use crate::core::kind::reference::Reference;
use crate::core::name::Identifier;
use crate::core::sql::effect::function;
use crate::core::sql::parse;
use crate::core::type_name::TypeName;

/// The options of one statement.
pub struct Elements<'a>(&'a [Node]);

impl<'a> Elements<'a> {
    /// The options in these nodes.
    #[must_use]
    pub fn of(nodes: &'a [Node]) -> Self {
        Self(nodes)
    }

    /// Every option, in the order of the statement.
    pub fn iter(&self) -> impl Iterator<Item = &'a protobuf::DefElem> {
        self.0.iter().filter_map(|node| match node.node.as_ref()? {
            NodeEnum::DefElem(element) => Some(&**element),
            _ => None,
        })
    }

    /// Whether the option is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|element| element.defname == name)
    }

    /// The value of the first of these options that has one.
    fn value(&self, names: &[&str]) -> Option<&'a NodeEnum> {
        let mut elements = self.iter().filter(|element| names.contains(&element.defname.as_str()));
        elements.find_map(|element| element.arg.as_deref()?.node.as_ref())
    }

    /// A value as text: a string, a number, a bare word.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        text(self.value(&[name])?)
    }

    /// A value that is true or false; the option alone is true (`defGetBoolean` in PostgreSQL's `define.c`).
    #[must_use]
    pub fn boolean(&self, name: &str) -> Option<bool> {
        if !self.has(name) {
            return None;
        }
        let Some(value) = self.value(&[name]) else { return Some(true) };
        Some(matches!(text(value)?.to_ascii_lowercase().as_str(), "true" | "on" | "1" | "yes"))
    }

    /// The name of a function, an operator or another object, under any of these spellings of the option. `NONE` is none.
    #[must_use]
    pub fn reference(&self, names: &[&str]) -> Option<Reference> {
        match self.value(names)? {
            NodeEnum::TypeName(name) => reference(&name.names),
            NodeEnum::List(list) => reference(&list.items),
            NodeEnum::String(name) if name.sval != "none" => {
                Some(Reference { schema: None, name: Identifier::new(&name.sval) })
            }
            _ => None,
        }
    }

    /// A type as part of an identity, under any of these spellings of the option.
    #[must_use]
    pub fn data_type(&self, names: &[&str]) -> Option<TypeName> {
        match self.value(names)? {
            NodeEnum::TypeName(name) => function::argument_type(name),
            NodeEnum::String(name) => Some(function::resolved(TypeName {
                schema: None,
                name: Identifier::new(&name.sval),
                modifier: None,
                array: false,
            })),
            _ => None,
        }
    }

    /// The options of a new foreign object: all that it has.
    #[must_use]
    pub fn options(&self) -> Options {
        Options::all(self.iter().map(|element| (element.defname.clone(), option_of(element))))
    }

    /// The options of an ALTER: what it adds, sets and drops.
    #[must_use]
    pub fn changed_options(&self) -> Option<Options> {
        let change = |element: &protobuf::DefElem| {
            let drops = element.defaction() == DefElemAction::DefelemDrop;
            (element.defname.clone(), (!drops).then(|| option_of(element)))
        };
        (!self.0.is_empty()).then(|| Options::some(self.iter().map(change)))
    }
}

fn option_of(element: &protobuf::DefElem) -> String {
    let value = element.arg.as_deref().and_then(|node| text(node.node.as_ref()?)).unwrap_or_default();
    Options::kept(&element.defname, &value)
}

fn text(value: &NodeEnum) -> Option<String> {
    Some(match value {
        NodeEnum::String(text) => text.sval.clone(),
        NodeEnum::Integer(number) => number.ival.to_string(),
        NodeEnum::Float(number) => number.fval.clone(),
        NodeEnum::Boolean(boolean) => boolean.boolval.to_string(),
        NodeEnum::TypeName(name) => (*parse::strings(&name.names).last()?).to_owned(),
        _ => return None,
    })
}

/// A dotted name as a reference: `f`, `crm.f`, `database.crm.f`.
#[must_use]
pub fn reference(names: &[Node]) -> Option<Reference> {
    match parse::identifiers(names).as_slice() {
        [name] => Some(Reference { schema: None, name: name.clone() }),
        [schema, name] | [_, schema, name] => {
            Some(Reference { schema: Some(schema.clone()), name: name.clone() })
        }
        _ => None,
    }
}
