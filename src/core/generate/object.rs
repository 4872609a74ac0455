//! An object to print, and where it stands among the others.

use serde::Deserialize;

use crate::core::generate::row::Table;

/// The catalogs whose objects are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Schemas.
    PgNamespace,
    /// Extensions.
    PgExtension,
    /// Types.
    PgType,
    /// Relations.
    PgClass,
    /// Routines.
    PgProc,
    /// Triggers.
    PgTrigger,
    /// Policies.
    PgPolicy,
    /// Constraints.
    PgConstraint,
    /// Defaults.
    PgAttrdef,
    /// Rules.
    PgRewrite,
    /// Operators.
    PgOperator,
    /// Operator classes.
    PgOpclass,
    /// Operator families.
    PgOpfamily,
    /// Casts.
    PgCast,
    /// Conversions.
    PgConversion,
    /// Collations.
    PgCollation,
    /// Access methods.
    PgAm,
    /// Languages.
    PgLanguage,
    /// Text search configurations.
    PgTsConfig,
    /// Text search dictionaries.
    PgTsDict,
    /// Text search parsers.
    PgTsParser,
    /// Text search templates.
    PgTsTemplate,
    /// Extended statistics.
    PgStatisticExt,
    /// Foreign-data wrappers.
    PgForeignDataWrapper,
    /// Foreign servers.
    PgForeignServer,
    /// User mappings.
    PgUserMapping,
    /// Event triggers.
    PgEventTrigger,
    /// Publications.
    PgPublication,
    /// What new objects come with.
    PgDefaultAcl,
    /// Operators in operator classes and families.
    PgAmop,
    /// Functions in operator classes and families.
    PgAmproc,
    /// Tables in publications.
    PgPublicationRel,
    /// Schemas in publications.
    PgPublicationNamespace,
    /// Not a catalog: that a sequence goes with a column. The number is that of the sequence.
    Ownership,
    /// Roles.
    PgAuthid,
    /// Another catalog, of which nothing is printed.
    #[serde(other)]
    Other,
}

impl Class {
    /// The name of the catalog.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PgNamespace => "pg_namespace",
            Self::PgExtension => "pg_extension",
            Self::PgType => "pg_type",
            Self::PgClass | Self::Ownership | Self::Other => "pg_class",
            Self::PgProc => "pg_proc",
            Self::PgTrigger => "pg_trigger",
            Self::PgPolicy => "pg_policy",
            Self::PgConstraint => "pg_constraint",
            Self::PgAttrdef => "pg_attrdef",
            Self::PgRewrite => "pg_rewrite",
            Self::PgOperator => "pg_operator",
            Self::PgOpclass => "pg_opclass",
            Self::PgOpfamily => "pg_opfamily",
            Self::PgCast => "pg_cast",
            Self::PgConversion => "pg_conversion",
            Self::PgCollation => "pg_collation",
            Self::PgAm => "pg_am",
            Self::PgLanguage => "pg_language",
            Self::PgTsConfig => "pg_ts_config",
            Self::PgTsDict => "pg_ts_dict",
            Self::PgTsParser => "pg_ts_parser",
            Self::PgTsTemplate => "pg_ts_template",
            Self::PgStatisticExt => "pg_statistic_ext",
            Self::PgForeignDataWrapper => "pg_foreign_data_wrapper",
            Self::PgForeignServer => "pg_foreign_server",
            Self::PgUserMapping => "pg_user_mapping",
            Self::PgEventTrigger => "pg_event_trigger",
            Self::PgPublication => "pg_publication",
            Self::PgDefaultAcl => "pg_default_acl",
            Self::PgAuthid => "pg_authid",
            Self::PgAmop => "pg_amop",
            Self::PgAmproc => "pg_amproc",
            Self::PgPublicationRel => "pg_publication_rel",
            Self::PgPublicationNamespace => "pg_publication_namespace",
        }
    }
}

/// An object of the catalog: numbers repeat across catalogs (k22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The catalog.
    pub class: Class,
    /// The number in it.
    pub oid: u32,
}

impl Node {
    /// Joins both.
    #[must_use]
    pub const fn new(class: Class, oid: u32) -> Self {
        Self { class, oid }
    }
}

/// The order in which objects are printed where none needs the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Roles.
    Role,
    /// Schemas.
    Schema,
    /// Extensions, languages, access methods, foreign-data wrappers and servers.
    Extension,
    /// Types.
    Type,
    /// Sequences.
    Sequence,
    /// Functions and procedures. Tables, indexes and views may call one whose body, a string of which nobody knows what
    /// it needs, calls another one: so all of them are there before.
    Function,
    /// Tables, each with its indexes.
    Table,
    /// Foreign keys and what else waits for all tables.
    ForeignKey,
    /// Views and materialized views.
    View,
    /// Triggers, by table.
    Trigger,
    /// Policies, by table.
    Policy,
    /// Publications, which name tables.
    Publication,
    /// What new objects come with: after all objects, which would come with it too.
    DefaultPrivilege,
    /// Event triggers, which whatever comes after them would set off.
    EventTrigger,
}

/// What is printed for an object.
#[derive(Debug, Clone)]
pub enum Text {
    /// Statements without semicolons.
    Statements(Vec<String>),
    /// A table, whose parts are put into it or printed later.
    Table(Box<Table>),
}

/// An object to print.
#[derive(Debug, Clone)]
pub struct Object {
    /// Which one.
    pub node: Node,
    /// The kind in words: `table`.
    pub words: &'static str,
    /// The schema, if it is in one.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// The relation that it goes with: its table.
    pub with: Option<Node>,
    /// When it is printed.
    pub stage: Stage,
    /// The name to sort by within the stage: for what is on a table that of the table first.
    pub key: String,
    /// The text.
    pub text: Text,
    /// What is said of it once it is made, its owner, comments and privileges: the statements, each with what it is about, which
    /// may be a part of the object.
    pub after: Vec<(Node, String)>,
    /// Whether its body is a string that the server reads when it is created, so that what it names may come later.
    pub has_checked_body: bool,
}

impl Object {
    /// Whether nothing is said of it: the schema public is there without being made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.after.is_empty() && matches!(&self.text, Text::Statements(statements) if statements.is_empty())
    }

    /// All statements, in order.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let mut statements = match &self.text {
            Text::Statements(statements) => statements.clone(),
            Text::Table(table) => super::print::table::statements(table),
        };
        statements.extend(self.after.iter().map(|(_, statement)| statement.clone()));
        statements
    }

    /// For messages: `table public.users`.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{} {schema}.{}", self.words, self.name),
            None => format!("{} {}", self.words, self.name),
        }
    }
}
