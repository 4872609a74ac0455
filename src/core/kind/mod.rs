//! The one table of component kinds.
//!
//! Everything about a kind lives in its room, the module of the same name: the shape that SQL declares and the
//! catalog holds, the query that finds the wanted ones, the decoding of its rows, the comparison part by part. This
//! file only lists the rooms; adding a kind is a line in `kinds!` and a room.

use std::fmt;

use serde::{Serialize, Serializer};
use smol_str::SmolStr;

use crate::core::catalog::{Catalog, Row};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Clause, Definition, Normal, Part};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

pub mod about;
pub mod access_method;
pub mod aggregate;
pub mod cast;
pub mod collation;
pub mod column;
pub mod comment;
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
pub mod rule;
pub mod schema;
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

/// What the documentation says of a kind, in PostgreSQL's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The statements that declare it.
    pub declared_by: &'static str,
    /// The parts that [`Room::compare`] compares.
    pub compared: &'static str,
    /// What it does not compare, or cannot; empty where there is nothing to say.
    pub not_compared: &'static str,
}

/// What every room offers. The shape is the implementing type itself: parts that SQL may leave open are options.
pub trait Room: Sized {
    /// What the documentation says of the kind. It changes with [`Room::compare`].
    const ABOUT: About;

    /// The query that reads the wanted components of this kind from the catalog: raw rows only, so that it waits for
    /// no lock and needs no privilege (it must never raise). `None` where the edge looks by other means.
    ///
    /// The query sees two placeholders, both of type `text[]` and of equal length: `:'schemas'` and `:'names'`, the
    /// pairs that [`Room::wanted`] collected. They are written as psql variables so that the file runs in psql too.
    const QUERY: Option<&'static str>;

    /// Adds what the catalog must be asked for this requirement: a schema and the name of a relation, or whatever
    /// pair the room's query joins on.
    fn wanted(&self, id: &ComponentId, wanted: &mut Wanted) {
        wanted.add_id(id);
    }

    /// Makes a component of one row of [`Room::QUERY`].
    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError>;

    /// Which observed component this requirement is about: the one of the same identity, unless the room knows
    /// better (a constraint without a name of its own matches by shape). `taken` holds what other requirements are
    /// already matched with.
    fn find(&self, id: &ComponentId, search: &Search<'_>) -> Found {
        if search.catalog.contains(id) { Found::Is(id.clone()) } else { Found::Nothing }
    }

    /// Compares what is declared with what was observed, part by part; open parts are equal to everything.
    fn compare(&self, observed: &Self) -> Comparison;

    /// Visits the place of each definition that this component has, known or not: expressions, bodies. What is put
    /// there counts in [`Room::compare`].
    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        let _ = visit;
    }

    /// Whether the requirement is met when nothing is observed: a privilege that must not be granted.
    fn is_met_by_absence(&self) -> bool {
        false
    }

    /// Takes over what an ALTER says; parts that it leaves open stay.
    fn change(&mut self, change: Self) {
        *self = change;
    }

    /// Another object, or a column, goes under another name: says that one from now on, wherever this shape says the old
    /// one. `id` is this component's own identity before.
    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        let _ = (id, renaming);
    }
}

/// The pairs of schema and name that a room's query is scoped to; each pair once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In the order in which they came, but for the same one twice in a row: requirements come in order, so that it is
    /// most often the next one too.
    pairs: Vec<(SmolStr, SmolStr)>,
}

impl Wanted {
    /// Adds a pair. Kinds without a schema use the empty string for it.
    pub fn add(&mut self, schema: &str, name: &str) {
        if !self.pairs.last().is_some_and(|(of, last)| last == name && of == schema) {
            self.pairs.push((SmolStr::new(schema), SmolStr::new(name)));
        }
    }

    /// Adds the pair of a component: its own name, or the relation that it hangs on, with the schema.
    pub fn add_id(&mut self, id: &ComponentId) {
        match &id.name {
            ComponentName::Global(name) | ComponentName::OnShared { name, .. } => self.add("", name.as_str()),
            ComponentName::InSchema(name)
            | ComponentName::Routine { name, .. }
            | ComponentName::ForMethod { name, .. } => self.add_name(name),
            ComponentName::OnRelation { relation, .. } | ComponentName::Row { relation, .. } => {
                self.add_name(relation);
            }
            ComponentName::OnObject { object, .. } => self.add_id(object),
            // Their rooms know what to ask for.
            ComponentName::Free(_)
            | ComponentName::Cast { .. }
            | ComponentName::DefaultPrivilege { .. }
            | ComponentName::Membership { .. } => {}
        }
    }

    /// Adds the pair of a qualified name.
    pub fn add_name(&mut self, name: &QualifiedName) {
        self.add(name.schema.as_str(), name.name.as_str());
    }

    /// Whether nothing is wanted, so that the query need not be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The pairs in order, each once.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let mut pairs: Vec<(&str, &str)> =
            self.pairs.iter().map(|(schema, name)| (schema.as_str(), name.as_str())).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter()
    }
}

/// Where [`Room::find`] looks.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What was observed.
    pub catalog: &'a Catalog,
    /// Observed components that another requirement is matched with already.
    pub taken: &'a std::collections::BTreeSet<&'a ComponentId>,
    /// Whether PostgreSQL chose the required name, not the author: then the shape decides, not the name.
    pub name_is_generated: bool,
}

impl<'a> Search<'a> {
    /// Finds a component whose name PostgreSQL chose, among `candidates` of its relation, each with how it compares:
    /// the one of the same name if nothing differs, else one that is wholly the same under another name, else the one
    /// of the same name after all. One that is the same as far as it could be compared may be another one: whether it
    /// is cannot be decided.
    #[must_use]
    pub fn by_shape(
        &self,
        id: &ComponentId,
        candidates: impl Iterator<Item = (&'a ComponentId, Comparison)>,
    ) -> Found {
        let free: Vec<_> = candidates.filter(|(candidate, _)| !self.taken.contains(candidate)).collect();
        let namesake = free.iter().find(|(candidate, _)| *candidate == id);
        let same = |comparison: &Comparison| comparison.differences.is_empty();
        if namesake.is_some_and(|(_, comparison)| same(comparison)) {
            return Found::Is(id.clone());
        }
        let mut alike: Vec<_> = free.iter().filter(|(_, comparison)| same(comparison)).collect();
        alike.sort_by_key(|(_, comparison)| {
            (!comparison.not_compared.is_empty(), comparison.unseen.is_some())
        });
        match (alike.first(), namesake) {
            (Some((candidate, comparison)), _) if comparison.not_compared.is_empty() => {
                Found::Is((*candidate).clone())
            }
            (Some((candidate, comparison)), _) => Found::Undecided(format!(
                "{candidate} may be it under another name, but the {} cannot be compared",
                comparison.not_compared.iter().map(|part| part.part).collect::<Vec<_>>().join(" and the ")
            )),
            (None, Some((candidate, _))) => Found::Is((*candidate).clone()),
            (None, None) => Found::Nothing,
        }
    }
}

/// What [`Room::find`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This observed component is the one.
    Is(ComponentId),
    /// Nothing observed is it.
    Nothing,
    /// It cannot be decided, for this reason.
    Undecided(String),
}

/// Why a definition was not compared, where nothing more is known.
const NOT_ASKED: &str = "the server was not asked about it";

/// The result of comparing one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The parts that differ. Empty: the shapes agree as far as they were compared.
    pub differences: Vec<Difference>,
    /// Parts that could not be compared soundly: never a difference.
    pub not_compared: Vec<NotCompared>,
    /// Why a part could not be seen, where one could not: then the component is Unknown, unless it differs.
    pub unseen: Option<String>,
    /// How many definitions were compared by their normal forms, or found absent on one side.
    pub definitions_compared: usize,
    /// How many definitions could not be seen.
    pub definitions_unseen: usize,
    /// Why each of the other definitions was not compared.
    pub definitions_not_compared: Vec<String>,
}

/// A part that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The part, in words.
    pub part: &'static str,
    /// Why, where there is more to say than that nobody asked the server.
    pub reason: Option<String>,
}

/// One part of a component that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The part, in words: `type`, `not null`, `columns`.
    pub part: &'static str,
    /// What is declared.
    pub expected: String,
    /// What the database holds.
    pub actual: String,
}

impl Comparison {
    /// Compares one part: an open (`None`) declared part, or an unread observed one, is equal to everything.
    pub fn part<T: PartialEq>(
        &mut self,
        part: &'static str,
        expected: Option<&T>,
        actual: Option<&T>,
        show: impl Fn(&T) -> String,
    ) {
        if let (Some(expected), Some(actual)) = (expected, actual)
            && expected != actual
        {
            self.differs(part, show(expected), show(actual));
        }
    }

    /// Compares one part that is so or not, in words.
    pub fn either(
        &mut self,
        part: &'static str,
        expected: Option<bool>,
        actual: Option<bool>,
        (yes, no): (&str, &str),
    ) {
        let show = |so: &bool| if *so { yes.to_owned() } else { no.to_owned() };
        self.part(part, expected.as_ref(), actual.as_ref(), show);
    }

    /// Compares a type. A declared type that lacks a schema is that type in any schema ([`TypeName::is`]).
    pub fn data_type(&mut self, part: &'static str, expected: Option<&TypeName>, actual: Option<&TypeName>) {
        if let (Some(expected), Some(actual)) = (expected, actual)
            && !expected.is(actual)
        {
            self.differs(part, expected.to_string(), actual.to_string());
        }
    }

    /// Compares the definitions that both sides have, by the normal forms that the server's planner gave them. Text
    /// alone never makes a difference.
    pub fn definition(
        &mut self,
        part: &'static str,
        expected: Option<&Definition>,
        actual: Option<&Definition>,
    ) {
        let (Some(expected), Some(actual)) = (expected, actual) else {
            self.definitions_not_compared.push(NOT_ASKED.to_owned());
            return self.not_compared(part);
        };
        match (&expected.normal, &actual.normal) {
            (Some(Normal::Form(one)), Some(Normal::Form(other))) if one == other => {
                self.definitions_compared += 1;
            }
            (Some(Normal::Form(_)), Some(Normal::Form(_))) => match &expected.doubt {
                None => {
                    self.definitions_compared += 1;
                    self.differs(part, expected.text.as_str(), actual.text.as_str());
                }
                Some(doubt) => self.definition_not_compared(part, doubt),
            },
            (Some(Normal::Unseen(reason)), _) | (_, Some(Normal::Unseen(reason))) => {
                self.definitions_unseen += 1;
                self.unseen.get_or_insert_with(|| reason.clone());
            }
            (Some(Normal::None(reason)), _) | (_, Some(Normal::None(reason))) => {
                self.definition_not_compared(part, reason);
            }
            _ => {
                self.definitions_not_compared.push(NOT_ASKED.to_owned());
                self.not_compared(part);
            }
        }
    }

    fn definition_not_compared(&mut self, part: &'static str, reason: &str) {
        self.definitions_not_compared.push(reason.to_owned());
        self.not_compared_because(part, reason);
    }

    /// Compares a definition that either side may lack; `words` says so: `no default`.
    pub fn clause(
        &mut self,
        part: &'static str,
        expected: Option<&Clause>,
        actual: Option<&Clause>,
        (defined, absent): (&str, &str),
    ) {
        let (Some(expected), Some(actual)) = (expected, actual) else { return };
        let show = |clause: &Clause| match clause {
            Clause::Absent => absent.to_owned(),
            Clause::Defined(None) => defined.to_owned(),
            Clause::Defined(Some(definition)) => definition.text.clone(),
        };
        match (expected, actual) {
            (Clause::Absent, Clause::Absent) => {}
            (Clause::Defined(expected), Clause::Defined(actual)) => {
                self.definition(part, expected.as_ref(), actual.as_ref());
            }
            _ => {
                self.definitions_compared += 1;
                self.differs(part, show(expected), show(actual));
            }
        }
    }

    /// Records a difference.
    pub fn differs(&mut self, part: &'static str, expected: impl Into<String>, actual: impl Into<String>) {
        self.differences.push(Difference { part, expected: expected.into(), actual: actual.into() });
    }

    /// Records a part that was not compared.
    pub fn not_compared(&mut self, part: &'static str) {
        self.not_compared.push(NotCompared { part, reason: None });
    }

    /// Records a part that was not compared, and why.
    pub fn not_compared_because(&mut self, part: &'static str, reason: impl Into<String>) {
        self.not_compared.push(NotCompared { part, reason: Some(reason.into()) });
    }
}

/// Names as a list in parentheses: `(id, squad_id)`.
#[must_use]
pub fn list<'a>(names: impl IntoIterator<Item = &'a Identifier>) -> String {
    let names: Vec<String> = names.into_iter().map(ToString::to_string).collect();
    format!("({})", names.join(", "))
}

/// A row of a catalog query that is not what its room expects: a bug of this program or a server that is not
/// PostgreSQL, never a state of the user's objects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalog's answer about {kind} cannot be read: {message}")]
pub struct DecodeError {
    /// The kind whose query it was.
    pub kind: Kind,
    /// The column and what is wrong with it.
    pub message: String,
}

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
mod tests {
    use super::*;

    /// Every query of the first message.
    fn queries() -> impl Iterator<Item = &'static str> {
        let of_kinds = Kind::ALL.iter().filter_map(|kind| kind.query());
        of_kinds.chain(std::iter::once(grant::Grant::PARAMETERS))
    }

    /// A query without its comments.
    fn statement(query: &str) -> String {
        let lines = query.lines().filter(|line| !line.trim_start().starts_with("--"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn unequal_normal_forms_differ_unless_a_statement_makes_them_doubtful() {
        let normal = |text: &str| Some(Normal::Form(text.into()));
        let path = std::sync::Arc::from([Identifier::new("public")]);
        let compared = |doubt: Option<&str>, other: &str| {
            let mut declared = Definition::declared("a".to_owned(), &path);
            (declared.normal, declared.doubt) = (normal("a"), doubt.map(str::to_owned));
            let mut observed = Definition::observed("x".to_owned());
            observed.normal = normal(other);
            let mut comparison = Comparison::default();
            comparison.definition("default", Some(&declared), Some(&observed));
            (
                comparison.differences.len(),
                comparison.definitions_compared,
                comparison.definitions_not_compared,
            )
        };
        assert_eq!(compared(None, "a"), (0, 1, vec![]));
        assert_eq!(compared(None, "b"), (1, 1, vec![]));
        assert_eq!(compared(Some("a rename"), "a"), (0, 1, vec![]));
        assert_eq!(compared(Some("a rename"), "b"), (0, 0, vec!["a rename".to_owned()]));
    }

    #[test]
    fn every_kind_of_the_catalog_has_a_query_that_says_what_it_reads() {
        for kind in Kind::ALL {
            let Some(query) = kind.query() else {
                assert!(matches!(kind, Kind::SeedRow | Kind::Query), "{kind} has no query");
                continue;
            };
            assert!(query.starts_with("-- "), "{kind}");
            assert!(query.contains("PostgreSQL 12 to 18."), "{kind}");
            assert!(query.contains(":'names'"), "{kind}");
            assert!(query.contains("order by") || query.contains("-- In no order: "), "{kind}");
            assert!(query.ends_with(";\n"), "{kind}");
        }
    }

    #[test]
    fn c1_no_query_deparses_or_opens_a_relation() {
        for query in queries() {
            // Measured on 12 to 18: a bound without its relation opens nothing and waits for nothing.
            let statement = statement(query)
                .replace("pg_get_userbyid(", "")
                .replace("pg_get_expr(c.relpartbound, 0)", "");
            for waits in
                ["pg_get_", "_size(", "information_schema", "regclass", "regtype", "pg_indexes", "pg_views"]
            {
                assert!(!statement.contains(waits), "{waits} in {statement}");
            }
        }
    }

    #[test]
    fn f3_k22_pg_depend_is_read_by_an_object_and_its_catalog() {
        let mut reads = 0;
        for query in queries() {
            let statement = statement(query);
            for (position, name) in statement.match_indices("pg_depend as ") {
                let rest = &statement[position + name.len()..];
                let alias = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
                // Each of the two indexes of the catalog starts with such a pair.
                let by_pair =
                    [("classid", "objid"), ("refclassid", "refobjid")].iter().any(|(class, object)| {
                        statement.contains(&format!("{alias}.{class} = "))
                            && statement.contains(&format!("{alias}.{object} = "))
                    });
                assert!(by_pair, "{alias} in {statement}");
                reads += 1;
            }
        }
        assert!(reads > 2, "{reads}");
    }

    #[test]
    fn s4_every_name_of_a_query_is_qualified() {
        for query in queries() {
            let statement = statement(query);
            for (position, _) in statement.match_indices("pg_") {
                let qualified = statement[..position].ends_with("pg_catalog.");
                assert!(
                    qualified || statement[position..].starts_with("pg_catalog."),
                    "{}",
                    &statement[position..]
                );
            }
            // A function call is a word before a parenthesis, but for these words of SQL.
            let words = [
                "in",
                "any",
                "exists",
                "from",
                "as",
                "and",
                "or",
                "not",
                "coalesce",
                "wanted",
                "materialized",
                "pair",
                "k",
                "a",
                "r",
                "then",
                "array",
                "lateral",
                "join",
                "else",
                "select",
                "on",
                "filter",
                "over",
            ];
            for (position, _) in statement.match_indices('(') {
                let before = statement[..position].trim_end();
                let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
                let word = &before[start..];
                let qualified = before[..start].ends_with("pg_catalog.");
                assert!(
                    word.is_empty() || qualified || words.contains(&word) || before.ends_with('\''),
                    "{word} in {statement}"
                );
            }
        }
    }

    #[test]
    fn a_query_holds_no_backslash_because_a_setting_decides_what_it_means() {
        for query in queries() {
            assert!(!query.contains('\\'), "{query}");
        }
    }

    #[test]
    fn every_kind_says_what_declares_it_and_what_is_compared() {
        for kind in Kind::ALL {
            let About { declared_by, compared, not_compared } = kind.about();
            for text in [declared_by, compared] {
                assert!(text.ends_with('.'), "{kind}: {text}");
            }
            assert!(not_compared.is_empty() || not_compared.ends_with('.'), "{kind}: {not_compared}");
        }
    }

    #[test]
    fn names_of_kinds_are_unique() {
        for name in [Kind::id, Kind::plural, Kind::title, Kind::name] {
            let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| name(*kind)).collect();
            assert_eq!(names.len(), Kind::ALL.len());
        }
    }
}
