//! CREATE COLLATION.

use pg_query::protobuf;

use super::element::Elements;
use super::{Effect, IfExists, Scope};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::collation::{Collation, Locale, Provider};
use crate::core::sql::parse;

/// The collation, with PostgreSQL's defaults (`DefineCollation` in its `collationcmds.c`). A copy of another one leaves
/// its parts open.
#[must_use]
pub fn effects(statement: &protobuf::DefineStmt, scope: &Scope) -> Vec<Effect> {
    let Some(name) = parse::qualified(&statement.defnames, scope) else {
        return vec![Effect::NotModelled("CREATE COLLATION".into())];
    };
    let elements = Elements::of(&statement.definition);
    let shape = if elements.has("from") { Collation::default() } else { shape(&elements) };
    vec![Effect::Create {
        id: ComponentId::in_schema(Kind::Collation, name),
        shape: shape.into(),
        if_exists: if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse },
    }]
}

fn shape(elements: &Elements<'_>) -> Collation {
    let provider = match elements.text("provider").map(|word| word.to_ascii_lowercase()).as_deref() {
        None | Some("libc") => Some(Provider::Libc),
        Some("icu") => Some(Provider::Icu),
        Some("builtin") => Some(Provider::Builtin),
        Some(_) => None,
    };
    let (locale, collate, ctype) =
        (elements.text("locale"), elements.text("lc_collate"), elements.text("lc_ctype"));
    let locale = match (provider, locale, collate, ctype) {
        (_, Some(locale), ..) => Some(Locale::One(locale)),
        (Some(Provider::Libc), None, Some(collate), Some(ctype)) => Some(Locale::Two(collate, ctype)),
        _ => None,
    };
    Collation { provider, locale, deterministic: Some(elements.boolean("deterministic").unwrap_or(true)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::created;

    #[test]
    fn a_collation_is_read_whole() {
        let one = |locale: &str| Some(Locale::One(locale.into()));
        for (definition, shape) in [
            (
                "(locale = 'de')",
                Collation { provider: Some(Provider::Libc), locale: one("de"), deterministic: Some(true) },
            ),
            (
                "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                Collation {
                    provider: Some(Provider::Icu),
                    locale: one("und-u-ks-level2"),
                    deterministic: Some(false),
                },
            ),
            (
                "(lc_collate = 'C', lc_ctype = 'POSIX')",
                Collation {
                    provider: Some(Provider::Libc),
                    locale: Some(Locale::Two("C".into(), "POSIX".into())),
                    deterministic: Some(true),
                },
            ),
            ("from \"C\"", Collation::default()),
        ] {
            let (id, read, if_exists) =
                created(&format!("create collation if not exists crm.german {definition}"));
            assert_eq!((id.as_str(), if_exists), ("collation/crm.german", IfExists::Keep));
            assert_eq!(read, shape.into(), "{definition}");
        }
    }
}
