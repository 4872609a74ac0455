//! CREATE EXTENSION and ALTER EXTENSION ... UPDATE.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::extension::Extension;
use crate::core::name::Identifier;
use crate::core::sql::effect::{Effect, IfExists, Scope};

/// The extension, with the version and the schema where the statement says them.
#[must_use]
pub fn effects(statement: &protobuf::CreateExtensionStmt, _scope: &Scope) -> Vec<Effect> {
    vec![Effect::Create {
        id: ComponentId::global(Kind::Extension, statement.extname.as_str()),
        shape: Extension {
            version: option(&statement.options, "new_version").map(str::to_owned),
            schema: option(&statement.options, "schema").map(Identifier::new),
            ..Extension::default()
        }
        .into(),
        if_exists: if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse },
    }]
}

/// UPDATE TO a version raises the version that is required; without a version, the target is the server's to choose.
#[must_use]
pub fn update(statement: &protobuf::AlterExtensionStmt, _scope: &Scope) -> Vec<Effect> {
    let Some(version) = option(&statement.options, "new_version") else {
        return vec![Effect::NotModelled("ALTER EXTENSION ... UPDATE".into())];
    };
    vec![Effect::Create {
        id: ComponentId::global(Kind::Extension, statement.extname.as_str()),
        shape: Extension { version: Some(version.to_owned()), ..Extension::default() }.into(),
        if_exists: IfExists::Replace,
    }]
}

/// The text of an option.
fn option<'a>(options: &'a [Node], name: &str) -> Option<&'a str> {
    options.iter().find_map(|option| match option.node.as_ref()? {
        NodeEnum::DefElem(element) if element.defname == name => match element.arg.as_ref()?.node.as_ref()? {
            NodeEnum::String(text) => Some(text.sval.as_str()),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::created;

    #[test]
    fn version_and_schema_count_where_they_are_said() {
        let (id, shape, if_exists) =
            created("create extension if not exists \"uuid-ossp\" with schema ext version '1.1' cascade");
        assert_eq!(id, "extension/uuid-ossp");
        assert_eq!(
            shape,
            Extension { version: Some("1.1".into()), schema: Some("ext".into()), is_open: false }.into()
        );
        assert_eq!(if_exists, IfExists::Keep);
        assert_eq!(created("create extension vector").1, Extension::default().into());
    }

    #[test]
    fn update_to_a_version_requires_that_version() {
        let (id, shape, if_exists) = created("alter extension vector update to '0.7.0'");
        assert_eq!(id, "extension/vector");
        assert_eq!(shape, Extension { version: Some("0.7.0".into()), ..Extension::default() }.into());
        assert_eq!(if_exists, IfExists::Replace);
    }
}
