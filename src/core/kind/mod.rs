//! The one table of component kinds.
//!
//! Everything about a kind lives in its room, the module of the same name: the shape that SQL declares and the
//! catalog holds, the query that finds the wanted ones, the decoding of its rows, the comparison part by part ([`Room`]). This
//! file only lists the rooms; adding a kind is a line in `kinds!` and a room.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::name::QualifiedName;
use crate::core::renaming::Renaming;

pub mod about;
pub mod access_method;
pub mod aggregate;
pub mod cast;
pub mod collation;
pub mod column;
pub mod comment;
mod comparison;
pub mod constraint;
pub mod conversion;
pub mod default_privilege;
mod definition_set;
pub mod domain;
pub mod entries;
pub mod event_trigger;
pub mod extension;
pub mod foreign_data_wrapper;
pub mod foreign_table;
pub mod format_type;
pub mod function;
pub mod grant;
pub mod index;
pub mod index_key;
pub mod language;
pub mod letter;
pub mod materialized_view;
pub mod membership;
pub mod operator;
pub mod operator_class;
pub mod operator_family;
pub mod owner;
pub mod parameters;
pub mod partition;
pub mod policy;
pub mod privilege;
pub mod publication;
pub mod query;
pub mod range;
pub mod reference;
pub mod role;
mod room;
pub mod rule;
pub mod schema;
mod search;
pub mod seed_row;
pub mod sequence;
pub mod server;
pub mod statistics;
pub mod table;
pub mod text_search_configuration;
pub mod text_search_dictionary;
pub mod text_search_parser;
pub mod text_search_template;
pub mod trigger;
pub mod type_;
pub mod user_mapping;
pub mod view;
pub mod view_columns;
mod wanted;

pub use comparison::{Comparison, Difference, NotCompared, list};
pub use room::{About, DecodeError, Room};
pub use search::{Found, Search};
pub use wanted::Wanted;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $room:path, $id:literal, $plural:literal, $title:literal;)+) => {
        /// The kinds of components, in the order in which reports show them and in which one needs the other.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)+ }

        /// The shape of a component, of any kind. It is apart from what holds it: the largest kinds take four
        /// times what most take, and catalogs hold a hundred thousand.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Shape { $($(#[$doc])* $variant(Box<$room>),)+ }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in component identities and metric labels: `materialized_view`.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$variant => $id,)+ } }

            /// The plural, as the key of lists in reports: `materialized_views`.
            #[must_use]
            pub const fn plural(self) -> &'static str { match self { $(Self::$variant => $plural,)+ } }

            /// The heading for people: `Materialized views`.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title,)+ } }

            /// The name in the Kubernetes API: `MaterializedView`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => stringify!($variant),)+ } }

            /// What the documentation says of the kind.
            #[must_use]
            pub const fn about(self) -> About { match self { $(Self::$variant => <$room as Room>::ABOUT,)+ } }

            /// The query of the kind's room.
            #[must_use]
            pub const fn query(self) -> Option<&'static str> {
                match self { $(Self::$variant => <$room as Room>::QUERY,)+ }
            }

            /// Decodes a row of the kind's query.
            pub fn decode(self, row: &Row<'_>) -> Result<(ComponentId, Shape), DecodeError> {
                match self {
                    $(Self::$variant => <$room as Room>::decode(row).map(|(id, shape)| (id, Shape::$variant(Box::new(shape)))),)+
                }
            }
        }

        impl Shape {
            /// The kind of this shape.
            #[must_use]
            pub const fn kind(&self) -> Kind { match self { $(Self::$variant(_) => Kind::$variant,)+ } }

            /// See [`Room::wanted`].
            pub fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
                match self { $(Self::$variant(shape) => shape.wanted(id, wanted),)+ }
            }

            /// See [`Room::find`].
            #[must_use]
            pub fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
                match self { $(Self::$variant(shape) => shape.find(id, search),)+ }
            }

            /// See [`Room::compare`]. `None` when the two are of different kinds.
            #[must_use]
            pub fn compare(&self, observed: &Self) -> Option<Comparison> {
                match (self, observed) {
                    $((Self::$variant(required), Self::$variant(observed)) => Some(required.compare(observed)),)+
                    _ => None,
                }
            }

            /// See [`Room::definitions`].
            pub fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
                match self { $(Self::$variant(shape) => shape.definitions(visit),)+ }
            }

            /// See [`Room::may_have_definitions`].
            #[must_use]
            pub fn may_have_definitions(&self) -> bool {
                match self { $(Self::$variant(shape) => shape.may_have_definitions(),)+ }
            }

            /// See [`Room::is_met_by_absence`].
            #[must_use]
            pub fn is_met_by_absence(&self) -> bool {
                match self { $(Self::$variant(shape) => shape.is_met_by_absence(),)+ }
            }

            /// See [`Room::change`]. A change of another kind changes nothing.
            pub fn change(&mut self, change: Self) {
                match (self, change) {
                    $((Self::$variant(shape), Self::$variant(change)) => shape.change(*change),)+
                    _ => {}
                }
            }

            /// See [`Room::rename`].
            pub fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
                match self { $(Self::$variant(shape) => shape.rename(id, renaming),)+ }
            }

            /// The shape with every part left open: a requirement by name only.
            #[must_use]
            pub fn open(kind: Kind) -> Self {
                match kind { $(Kind::$variant => Self::$variant(Box::default()),)+ }
            }
        }

        $(impl From<$room> for Shape { fn from(shape: $room) -> Self { Self::$variant(Box::new(shape)) } })+
    };
}

impl Shape {
    /// What a constraint demands, where it is one and that is known.
    #[must_use]
    pub fn constraint_form(&self) -> Option<&constraint::ConstraintForm> {
        match self {
            Self::Constraint(constraint) => constraint.form.as_ref(),
            _ => None,
        }
    }

    /// What sort of type it is, where it is one and that is known.
    #[must_use]
    pub fn type_form(&self) -> Option<&type_::TypeForm> {
        match self {
            Self::Type(data_type) => data_type.form.as_ref(),
            _ => None,
        }
    }

    /// As [`Self::type_form`], to change it.
    pub fn type_form_mut(&mut self) -> Option<&mut type_::TypeForm> {
        match self {
            Self::Type(data_type) => data_type.form.as_mut(),
            _ => None,
        }
    }

    /// The relation that a component of this shape is on, if it is on one. An index knows its own
    /// only by its shape, and so do the sequence of a column and statistics.
    #[must_use]
    pub fn relation<'a>(&'a self, id: &'a ComponentId) -> Option<&'a QualifiedName> {
        match self {
            Self::Index(index) => index.relation.as_ref(),
            Self::Sequence(sequence) => sequence.owner.as_ref(),
            Self::Statistics(statistics) => statistics.relation.as_ref(),
            _ => id.relation(),
        }
    }
}

kinds! {
    /// A role.
    Role = role::Role, "role", "roles", "Roles";
    /// That a role is a member of another one.
    Membership = membership::Membership, "membership", "memberships", "Memberships";
    /// A schema.
    Schema = schema::Schema, "schema", "schemas", "Schemas";
    /// An extension, with the least version.
    Extension = extension::Extension, "extension", "extensions", "Extensions";
    /// A language for functions.
    Language = language::Language, "language", "languages", "Languages";
    /// An access method.
    AccessMethod = access_method::AccessMethod, "access_method", "access_methods", "Access methods";
    /// An enum, domain, composite or range type.
    Type = type_::Type, "type", "types", "Types";
    /// A collation.
    Collation = collation::Collation, "collation", "collations", "Collations";
    /// A conversion between encodings.
    Conversion = conversion::Conversion, "conversion", "conversions", "Conversions";
    /// A sequence.
    Sequence = sequence::Sequence, "sequence", "sequences", "Sequences";
    /// A foreign-data wrapper.
    ForeignDataWrapper = foreign_data_wrapper::ForeignDataWrapper, "foreign_data_wrapper", "foreign_data_wrappers", "Foreign-data wrappers";
    /// A foreign server.
    Server = server::Server, "server", "servers", "Servers";
    /// A mapping of a role to an account of a foreign server.
    UserMapping = user_mapping::UserMapping, "user_mapping", "user_mappings", "User mappings";
    /// A table, partitioned or not.
    Table = table::Table, "table", "tables", "Tables";
    /// A foreign table.
    ForeignTable = foreign_table::ForeignTable, "foreign_table", "foreign_tables", "Foreign tables";
    /// A column of a table.
    Column = column::Column, "column", "columns", "Columns";
    /// A constraint of a table: primary key, unique, foreign key, check, exclusion.
    Constraint = constraint::Constraint, "constraint", "constraints", "Constraints";
    /// An index that is not made by a constraint.
    Index = index::Index, "index", "indexes", "Indexes";
    /// Extended statistics.
    Statistics = statistics::Statistics, "statistics", "statistics", "Extended statistics";
    /// A view.
    View = view::View, "view", "views", "Views";
    /// A materialized view.
    MaterializedView = materialized_view::MaterializedView, "materialized_view", "materialized_views", "Materialized views";
    /// A function, procedure or aggregate.
    Function = function::Function, "function", "functions", "Functions";
    /// An operator.
    Operator = operator::Operator, "operator", "operators", "Operators";
    /// An operator family.
    OperatorFamily = operator_family::OperatorFamily, "operator_family", "operator_families", "Operator families";
    /// An operator class.
    OperatorClass = operator_class::OperatorClass, "operator_class", "operator_classes", "Operator classes";
    /// A cast.
    Cast = cast::Cast, "cast", "casts", "Casts";
    /// A text search parser.
    TextSearchParser = text_search_parser::TextSearchParser, "text_search_parser", "text_search_parsers", "Text search parsers";
    /// A text search template.
    TextSearchTemplate = text_search_template::TextSearchTemplate, "text_search_template", "text_search_templates", "Text search templates";
    /// A text search dictionary.
    TextSearchDictionary = text_search_dictionary::TextSearchDictionary, "text_search_dictionary", "text_search_dictionaries", "Text search dictionaries";
    /// A text search configuration.
    TextSearchConfiguration = text_search_configuration::TextSearchConfiguration, "text_search_configuration", "text_search_configurations", "Text search configurations";
    /// A trigger.
    Trigger = trigger::Trigger, "trigger", "triggers", "Triggers";
    /// A rule.
    Rule = rule::Rule, "rule", "rules", "Rules";
    /// A row-level security policy.
    Policy = policy::Policy, "policy", "policies", "Policies";
    /// An event trigger.
    EventTrigger = event_trigger::EventTrigger, "event_trigger", "event_triggers", "Event triggers";
    /// A publication.
    Publication = publication::Publication, "publication", "publications", "Publications";
    /// The owner of an object; required only where the audit asks for owners.
    Owner = owner::Owner, "owner", "owners", "Owners";
    /// What a role, or PUBLIC, may do with an object.
    Grant = grant::Grant, "grant", "grants", "Grants";
    /// What a role, or PUBLIC, may do with the objects that another one makes.
    DefaultPrivilege = default_privilege::DefaultPrivilege, "default_privilege", "default_privileges", "Default privileges";
    /// The comment on an object.
    Comment = comment::Comment, "comment", "comments", "Comments";
    /// A row that must be in a table.
    SeedRow = seed_row::SeedRow, "seed_row", "seed_rows", "Seed rows";
    /// A read-only SELECT that must return true.
    Query = query::Query, "query", "queries", "Queries";
}

impl Kind {
    /// Whether its objects are rows of `pg_class`: two of them never share a name, whatever their kinds.
    #[must_use]
    pub const fn is_relation(self) -> bool {
        matches!(
            self,
            Self::Table
                | Self::ForeignTable
                | Self::View
                | Self::MaterializedView
                | Self::Index
                | Self::Sequence
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// What the tests of the rooms share.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// The differences of a comparison as `part: expected / actual`, then the parts that were not compared.
    pub(crate) fn told<R: Room>(declared: &R, observed: &R) -> Vec<String> {
        let Comparison { differences, not_compared, .. } = declared.compare(observed);
        let differences = differences
            .into_iter()
            .map(|Difference { part, expected, actual }| format!("{part}: {expected} / {actual}"));
        differences
            .chain(not_compared.into_iter().map(|part| format!("not compared: {}", part.part)))
            .collect()
    }
}

#[cfg(test)]
mod tests;
