//! Foreign servers: `pg_foreign_server`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::entries::Options;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// A foreign server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// The foreign-data wrapper.
    pub wrapper: Option<Identifier>,
    /// TYPE; the inner `None` is none.
    pub server_type: Option<Option<String>>,
    /// VERSION; the inner `None` is none.
    pub version: Option<Option<String>>,
    /// OPTIONS.
    pub options: Option<Options>,
}

impl Room for Server {
    const ABOUT: About = About {
        declared_by: "`CREATE SERVER`, `ALTER SERVER`.",
        compared: "The foreign-data wrapper, the type, the version and the options. The value of an option that \
            may be a secret is never shown.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("server.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let server = Self {
            wrapper: Some(row.identifier("wrapper")?),
            server_type: Some(row.optional("type")?.map(str::to_owned)),
            version: Some(row.optional("version")?.map(str::to_owned)),
            options: Some(Options::decode(row, "options")?),
        };
        Ok((ComponentId::global(Kind::Server, row.identifier("name")?), server))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { wrapper, server_type, version, options } = self;
        let mut comparison = Comparison::default();
        comparison.part("wrapper", wrapper.as_ref(), observed.wrapper.as_ref(), ToString::to_string);
        for (part, declared, actual) in
            [("type", server_type, &observed.server_type), ("version", version, &observed.version)]
        {
            comparison.part(part, declared.as_ref(), actual.as_ref(), |text| {
                text.as_ref().map_or("none".into(), |text| format!("'{text}'"))
            });
        }
        Options::compare_options(options.as_ref(), observed.options.as_ref(), &mut comparison);
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { wrapper, server_type, version, options } = change;
        self.wrapper = wrapper.or(self.wrapper.take());
        self.server_type = server_type.or(self.server_type.take());
        self.version = version.or(self.version.take());
        Options::change(&mut self.options, options);
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        if let Some(wrapper) = &mut self.wrapper {
            renaming.global(Kind::ForeignDataWrapper, wrapper);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    #[test]
    fn each_part_of_a_server_is_compared() {
        let columns = [
            ("name", Some("s")),
            ("wrapper", Some("w")),
            ("type", Some("oracle")),
            ("version", None),
            ("options", Some(r#"["host=a=b", "password=x"]"#)),
        ];
        let (id, shape) = decode(Kind::Server, &columns).unwrap();
        assert_eq!(id.to_string(), "server/s");
        let Shape::Server(seen) = shape else { panic!("a server") };
        assert_eq!(told(&Server::default(), &seen), Vec::<String>::new());
        let declared = Server {
            wrapper: Some("v".into()),
            server_type: Some(None),
            version: Some(Some("9".into())),
            options: Some(Options::all([("host".into(), "b".into()), ("password".into(), "y".into())])),
        };
        assert_eq!(
            told(&declared, &seen),
            [
                "wrapper: v / w",
                "type: none / 'oracle'",
                "version: '9' / none",
                "options: host 'b', the declared password / host 'a=b', another password"
            ]
        );
    }
}
