//! Foreign-data wrappers: `pg_foreign_data_wrapper`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::entries::Options;
use crate::core::kind::reference::{Reference, whatever};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// A foreign-data wrapper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignDataWrapper {
    /// HANDLER; the inner `None` is none.
    pub handler: Option<Option<Reference>>,
    /// VALIDATOR; the inner `None` is none.
    pub validator: Option<Option<Reference>>,
    /// OPTIONS.
    pub options: Option<Options>,
}

impl Room for ForeignDataWrapper {
    const ABOUT: About = About {
        declared_by: "`CREATE FOREIGN DATA WRAPPER`, `ALTER FOREIGN DATA WRAPPER`.",
        compared: "The handler, the validator and the options. The value of an option that may be a secret is \
            never shown.",
        not_compared: "",
    };

    const QUERY: Option<&'static str> = Some(include_str!("foreign_data_wrapper.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let wrapper = Self {
            handler: Some(Reference::decode(row, "handler_schema", "handler")?),
            validator: Some(Reference::decode(row, "validator_schema", "validator")?),
            options: Some(Options::decode(row, "options")?),
        };
        Ok((ComponentId::global(Kind::ForeignDataWrapper, row.identifier("name")?), wrapper))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { handler, validator, options } = self;
        let mut comparison = Comparison::default();
        comparison.reference("handler", handler.as_ref(), observed.handler.as_ref());
        comparison.reference("validator", validator.as_ref(), observed.validator.as_ref());
        Options::compare_options(options.as_ref(), observed.options.as_ref(), &mut comparison);
        comparison
    }

    fn change(&mut self, change: Self) {
        let Self { handler, validator, options } = change;
        self.handler = handler.or(self.handler.take());
        self.validator = validator.or(self.validator.take());
        Options::change(&mut self.options, options);
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        for function in [&mut self.handler, &mut self.validator].into_iter().flatten().flatten() {
            function.rename(Kind::Function, renaming, whatever);
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
    fn each_part_of_a_wrapper_is_compared() {
        let columns = [
            ("name", Some("w")),
            ("handler_schema", Some("ext")),
            ("handler", Some("file_fdw_handler")),
            ("validator_schema", None),
            ("validator", None),
            ("options", Some(r#"["debug=true"]"#)),
        ];
        let (id, shape) = decode(Kind::ForeignDataWrapper, &columns).unwrap();
        assert_eq!(id.to_string(), "foreign_data_wrapper/w");
        let Shape::ForeignDataWrapper(seen) = shape else { panic!("a wrapper") };
        let seen = *seen;
        assert_eq!(told(&seen, &seen), Vec::<String>::new());
        let validator = Some(Reference { schema: None, name: "v".into() });
        let mut declared =
            ForeignDataWrapper { handler: Some(None), validator: Some(validator), options: None };
        declared
            .change(ForeignDataWrapper { options: Some(Options::all([])), ..ForeignDataWrapper::default() });
        assert_eq!(
            told(&declared, &seen),
            [
                "handler: none / ext.file_fdw_handler",
                "validator: v / none",
                "options: no debug / debug 'true'"
            ]
        );
    }
}
