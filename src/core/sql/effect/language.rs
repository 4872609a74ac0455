//! CREATE LANGUAGE and CREATE ACCESS METHOD.

use pg_query::protobuf;

use super::element::reference;
use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::access_method::{AccessMethod, AccessMethodSort};
use crate::core::kind::language::Language;

/// The language. Without a handler, the statement is one about an extension: the grammar says so.
#[must_use]
pub fn effects(statement: &protobuf::CreatePLangStmt, _scope: &Scope) -> Vec<Effect> {
    let (trusted, handler) = (Some(statement.pltrusted), reference(&statement.plhandler));
    vec![Effect::Create {
        id: ComponentId::global(Kind::Language, statement.plname.as_str()),
        shape: Language { trusted, handler }.into(),
        if_exists: if statement.replace { IfExists::Replace } else { IfExists::Refuse },
    }]
}

/// The access method.
#[must_use]
pub fn access_method(statement: &protobuf::CreateAmStmt, _scope: &Scope) -> Vec<Effect> {
    let sort = if statement.amtype == "t" { AccessMethodSort::Table } else { AccessMethodSort::Index };
    vec![Effect::Create {
        id: ComponentId::global(Kind::AccessMethod, statement.amname.as_str()),
        shape: AccessMethod { sort: Some(sort), handler: reference(&statement.handler_name) }.into(),
        if_exists: IfExists::Refuse,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::reference::Reference;
    use crate::core::sql::effect::tests::created;

    fn named(name: &str) -> Reference {
        Reference { schema: None, name: name.into() }
    }

    #[test]
    fn a_language_is_read_with_its_handler() {
        let (id, shape, if_exists) = created("create or replace trusted language l handler h");
        assert_eq!((id.as_str(), if_exists), ("language/l", IfExists::Replace));
        assert_eq!(shape, Language { trusted: Some(true), handler: Some(named("h")) }.into());
        assert_eq!(created("create language plperl").0, "extension/plperl");
    }

    #[test]
    fn an_access_method_is_of_tables_or_of_indexes() {
        for (words, sort) in [("table", AccessMethodSort::Table), ("index", AccessMethodSort::Index)] {
            let (id, shape, _) = created(&format!("create access method a type {words} handler h"));
            assert_eq!(id, "access_method/a");
            assert_eq!(shape, AccessMethod { sort: Some(sort), handler: Some(named("h")) }.into());
        }
    }
}
