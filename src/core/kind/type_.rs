//! Types that users make: enum, domain, composite and range (`pg_type`).

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::domain::{Domain, DomainCheck};
use crate::core::kind::index_key::named_is;
use crate::core::kind::range::Range;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room, format_type};
use crate::core::name::{Identifier, PartialName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// A type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Type {
    /// What sort of type it is, with its shape.
    pub form: Option<TypeForm>,
}

/// The sorts of types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeForm {
    /// An enum with its labels in order (`pg_enum.enumsortorder`).
    Enum {
        /// The labels.
        labels: Vec<String>,
    },
    /// A domain.
    Domain(Domain),
    /// A composite type with its attributes in order.
    Composite {
        /// The attributes.
        attributes: Vec<Attribute>,
    },
    /// A range type.
    Range(Box<Range>),
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name.
    pub name: Identifier,
    /// The type.
    pub data_type: TypeName,
    /// The collation, where one is named. Observed: where it is not that of the type.
    pub collation: Option<PartialName>,
    /// Observed: the collation where it is that of the type. Declared: `None`.
    pub implied_collation: Option<PartialName>,
}

impl Room for Type {
    const ABOUT: About = About {
        declared_by: "`CREATE TYPE` (enum, composite, range), `CREATE DOMAIN`, `ALTER TYPE`, `ALTER DOMAIN`.",
        compared: "Which sort of type it is. Of an enum the labels in their order; of a composite type the \
            attributes in their order with their types and collations; of a domain the base type, `NOT NULL`, the \
            default and the checks; of a range the subtype, operator class, collation, canonical and \
            difference function and the multirange type.",
        not_compared: "The default of a domain that it may have from the domain below it. Checks of a domain as \
            long as one of them is not known. Everything but the presence of a base type.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("type_.sql"));

    /// A base type, which only extensions make, and a multirange have no form here.
    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let form = match row.text("form")? {
            "e" => Some(TypeForm::Enum { labels: row.json_or_default("labels")? }),
            "d" => Some(TypeForm::Domain(domain(row)?)),
            "c" => Some(TypeForm::Composite { attributes: attributes(row)? }),
            "r" => Some(TypeForm::Range(Box::new(Range::decode(row)?))),
            "b" | "m" => None,
            other => return Err(row.unknown_value("form", other)),
        };
        Ok((ComponentId::in_schema(Kind::Type, row.qualified("schema", "name")?), Self { form }))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        match (&self.form, &observed.form) {
            (None, _) => {}
            (Some(expected), Some(actual)) => expected.compare(actual, &mut comparison),
            (Some(expected), None) => {
                comparison.differs("sort", expected.sort(), "another sort of type");
            }
        }
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        if let Some(TypeForm::Domain(domain)) = &mut self.form {
            domain.definitions(visit);
        }
    }

    fn rename(&mut self, _id: &ComponentId, renaming: &Renaming) {
        match &mut self.form {
            Some(TypeForm::Domain(domain)) => renaming.data_type(&mut domain.base),
            Some(TypeForm::Composite { attributes }) => {
                for attribute in attributes {
                    renaming.data_type(&mut attribute.data_type);
                }
            }
            Some(TypeForm::Range(range)) => range.rename(renaming),
            Some(TypeForm::Enum { .. }) | None => {}
        }
    }
}

fn domain(row: &Row<'_>) -> Result<Domain, DecodeError> {
    let checks = usize::try_from(row.integer("checks")?).unwrap_or_default();
    Ok(Domain {
        base: row.type_name("base")?,
        not_null: row.boolean("not_null")?,
        default: if row.boolean("has_default")? { Clause::Defined(None) } else { Clause::Absent },
        checks: vec![DomainCheck::default(); checks],
    })
}

fn attributes(row: &Row<'_>) -> Result<Vec<Attribute>, DecodeError> {
    type Seen = (String, String, Option<(String, String)>, bool);
    let attributes: Vec<Seen> = row.json_or_default("attributes")?;
    Ok(attributes
        .iter()
        .map(|(name, printed, collation, is_of_type)| {
            let collation = collation.as_ref().map(|(schema, name)| PartialName::of(schema, name));
            let (implied_collation, collation) =
                if *is_of_type { (collation, None) } else { (None, collation) };
            let data_type = format_type::parse(printed);
            Attribute { name: Identifier::new(name), data_type, collation, implied_collation }
        })
        .collect())
}

impl Attribute {
    fn is(&self, observed: &Self) -> bool {
        let Self { name, data_type, collation, implied_collation: _ } = self;
        let (named, implied) = (observed.collation.as_ref(), observed.implied_collation.as_ref());
        *name == observed.name
            && data_type.is(&observed.data_type)
            && named_is(collation.as_ref(), named, implied)
    }
}

impl TypeForm {
    fn sort(&self) -> &'static str {
        match self {
            Self::Enum { .. } => "an enum",
            Self::Domain(_) => "a domain",
            Self::Composite { .. } => "a composite type",
            Self::Range(_) => "a range type",
        }
    }

    fn compare(&self, observed: &Self, comparison: &mut Comparison) {
        match (self, observed) {
            (Self::Enum { labels: expected }, Self::Enum { labels: actual }) => {
                comparison.part("labels", Some(expected), Some(actual), |labels| labels.join(", "));
            }
            (Self::Domain(expected), Self::Domain(actual)) => expected.compare(actual, comparison),
            (Self::Composite { attributes: expected }, Self::Composite { attributes: actual }) => {
                let same = expected.len() == actual.len()
                    && expected.iter().zip(actual).all(|(expected, actual)| expected.is(actual));
                if !same {
                    comparison.differs("attributes", show_attributes(expected), show_attributes(actual));
                }
            }
            (Self::Range(expected), Self::Range(actual)) => expected.compare(actual, comparison),
            _ => comparison.differs("sort", self.sort(), observed.sort()),
        }
    }
}

fn show_attributes(attributes: &[Attribute]) -> String {
    let show = |Attribute { name, data_type, collation, .. }: &Attribute| match collation {
        Some(collation) => format!("{name} {data_type} collate {collation}"),
        None => format!("{name} {data_type}"),
    };
    let attributes: Vec<String> = attributes.iter().map(show).collect();
    format!("({})", attributes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    fn observed(form: &str, columns: &[(&str, &str)]) -> Type {
        let all: Vec<(&str, Option<&str>)> =
            ["labels", "base", "not_null", "has_default", "checks", "attributes"]
                .into_iter()
                .map(|name| {
                    (name, columns.iter().find(|(column, _)| *column == name).map(|(_, value)| *value))
                })
                .chain(
                    [
                        "subtype",
                        "range_class",
                        "range_class_is_implied",
                        "range_collation",
                        "range_collation_is_implied",
                        "canonical",
                        "subtype_diff",
                        "multirange",
                    ]
                    .map(|name| {
                        (name, columns.iter().find(|(column, _)| *column == name).map(|(_, value)| *value))
                    }),
                )
                .chain([("schema", Some("public")), ("name", Some("t")), ("form", Some(form))])
                .collect();
        let (id, shape) = decode(Kind::Type, &all).unwrap();
        assert_eq!(id.to_string(), "type/public.t");
        let Shape::Type(found) = shape else { panic!("a type") };
        *found
    }

    fn domain(checks: usize, has_default: bool) -> Type {
        let base = TypeName { schema: None, ..TypeName::built_in("text") };
        let default = if has_default { Clause::Defined(None) } else { Clause::Absent };
        let checks = vec![DomainCheck::default(); checks];
        Type { form: Some(TypeForm::Domain(Domain { base, not_null: false, default, checks })) }
    }

    fn composite(attributes: &[(&str, &str)]) -> Type {
        let attributes = attributes
            .iter()
            .map(|(name, internal)| Attribute {
                name: Identifier::new(name),
                data_type: TypeName { schema: None, ..TypeName::built_in(internal) },
                collation: None,
                implied_collation: None,
            })
            .collect();
        Type { form: Some(TypeForm::Composite { attributes }) }
    }

    #[test]
    fn a_default_that_a_domain_may_have_inherited_is_not_compared() {
        let base = TypeName { schema: None, ..TypeName::built_in("code") };
        let declared = Domain { base, not_null: false, default: Clause::Absent, checks: Vec::new() };
        let declared = Type { form: Some(TypeForm::Domain(declared)) };
        let columns = [("base", "public.code"), ("not_null", "f"), ("has_default", "t"), ("checks", "0")];
        assert_eq!(told(&declared, &observed("d", &columns)), ["not compared: default"]);
    }

    #[test]
    fn types_are_compared_by_sort_and_by_shape() {
        let colours = Type { form: Some(TypeForm::Enum { labels: vec!["red".into(), "green".into()] }) };
        let address = composite(&[("street", "text"), ("zip", "int4")]);
        let observed_domain = |not_null, has_default, checks| {
            let columns =
                [("base", "text"), ("not_null", not_null), ("has_default", has_default), ("checks", checks)];
            observed("d", &columns)
        };
        for (declared, observed, differences) in [
            (&Type::default(), observed("e", &[("labels", "[\"a\"]")]), vec![]),
            (&colours, observed("e", &[("labels", r#"["red", "green"]"#)]), vec![]),
            (
                &colours,
                observed("e", &[("labels", r#"["green", "red"]"#)]),
                vec!["labels: red, green / green, red"],
            ),
            (&colours, observed("e", &[]), vec!["labels: red, green / "]),
            (&colours, observed_domain("f", "f", "0"), vec!["sort: an enum / a domain"]),
            (&colours, observed("b", &[]), vec!["sort: an enum / another sort of type"]),
            (&domain(0, false), observed_domain("f", "f", "0"), vec![]),
            (&domain(0, false), observed_domain("f", "t", "0"), vec!["default: no default / a default"]),
            (
                &domain(1, true),
                observed_domain("f", "t", "1"),
                vec!["not compared: default", "not compared: check"],
            ),
            (
                &domain(1, true),
                observed_domain("t", "f", "0"),
                vec![
                    "not null: nullable / not null",
                    "default: a default / no default",
                    "number of checks: 1 / 0",
                ],
            ),
            (
                &address,
                observed(
                    "c",
                    &[(
                        "attributes",
                        r#"[["street", "text", ["pg_catalog", "default"], true], ["zip", "integer", null, true]]"#,
                    )],
                ),
                vec![],
            ),
            (
                &address,
                observed(
                    "c",
                    &[("attributes", r#"[["street", "text", null, true], ["zip", "text", null, true]]"#)],
                ),
                vec!["attributes: (street text, zip integer) / (street text, zip text)"],
            ),
            (
                &Type { form: Some(TypeForm::Range(Box::default())) },
                observed("r", &[("subtype", "text")]),
                vec![],
            ),
        ] {
            assert_eq!(told(declared, &observed), differences);
        }
    }

    #[test]
    fn k8_the_collation_of_an_attribute_counts_where_it_is_not_that_of_the_type() {
        let declared = |collation: Option<PartialName>| {
            let mut declared = composite(&[("a", "text")]);
            if let Some(TypeForm::Composite { attributes }) = &mut declared.form {
                attributes[0].collation = collation;
            }
            declared
        };
        let seen =
            |collation: &str| observed("c", &[("attributes", &format!("[[\"a\", \"text\", {collation}]]"))]);
        let own = seen(r#"["pg_catalog", "C"], false"#);
        let of_type = seen(r#"["pg_catalog", "default"], true"#);
        assert_eq!(told(&declared(Some(PartialName::of("pg_catalog", "C"))), &own), [""; 0]);
        assert_eq!(told(&declared(Some(PartialName::of("pg_catalog", "default"))), &of_type), [""; 0]);
        assert_eq!(told(&declared(None), &of_type), [""; 0]);
        assert_eq!(told(&declared(None), &own), ["attributes: (a text) / (a text collate \"C\")"]);
        assert_eq!(
            told(&declared(Some(PartialName::of("pg_catalog", "C"))), &of_type),
            ["attributes: (a text collate \"C\") / (a text)"]
        );
    }
}
