//! The rows of the queries. Names come twice where both forms are needed: bare, and as SQL writes them.

use serde::Deserialize;

use super::object::{Class, Node};

/// What belongs to another object.
#[derive(Debug, Deserialize)]
pub struct Alias {
    pub class: Class,
    pub oid: u32,
    pub of_class: Class,
    pub of: u32,
}

/// What needs another object.
#[derive(Debug, Deserialize)]
pub struct Depend {
    pub class: Class,
    pub oid: u32,
    pub on_class: Class,
    pub on: u32,
}

#[derive(Debug, Deserialize)]
pub struct Schema {
    pub oid: u32,
    pub name: String,
    pub quoted: String,
    pub is_built_in: bool,
}

#[derive(Debug, Deserialize)]
pub struct Extension {
    pub oid: u32,
    pub name: String,
    pub quoted: String,
    pub schema: String,
    pub quoted_schema: String,
}

#[derive(Debug, Deserialize)]
pub struct Type {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub qualified: String,
    pub form: String,
    pub labels: Option<Vec<String>>,
    pub attributes: Option<Vec<Attribute>>,
    pub domain: Option<Domain>,
    pub range: Option<Range>,
}

#[derive(Debug, Deserialize)]
pub struct Attribute {
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub collation: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Domain {
    pub base: String,
    pub collation: Option<String>,
    pub default: Option<String>,
    pub not_null: bool,
    pub checks: Option<Vec<DomainCheck>>,
}

#[derive(Debug, Deserialize)]
pub struct DomainCheck {
    pub name: String,
    pub definition: String,
    pub validated: bool,
}

#[derive(Debug, Deserialize)]
pub struct Range {
    pub subtype: String,
    pub operator_class: Option<String>,
    pub collation: Option<String>,
    pub has_canonical: bool,
    pub difference: Option<String>,
    pub multirange: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Sequence {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub qualified: String,
    pub unlogged: bool,
    #[serde(flatten)]
    pub numbers: Numbers,
    pub owner: Option<u32>,
    pub owner_schema: Option<String>,
    pub owner_name: Option<String>,
    pub owner_column: Option<String>,
    pub owned_by: Option<String>,
}

/// The numbers that a sequence gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Numbers {
    pub data_type: String,
    pub start: i64,
    pub increment: i64,
    pub minimum: i64,
    pub maximum: i64,
    pub cache: i64,
    pub cycle: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Table {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub qualified: String,
    pub unlogged: bool,
    pub bound: Option<String>,
    pub partition_key: Option<String>,
    pub row_security: bool,
    pub force_row_security: bool,
    /// `pg_class.relreplident`.
    pub replica_identity: String,
    pub options: Option<Vec<String>>,
    pub of_type: Option<String>,
    pub access_method: Option<String>,
    pub parents: Option<Vec<String>>,
    /// Where its rows are, of a foreign table.
    pub foreign: Option<Foreign>,
    pub columns: Option<Vec<Column>>,
    pub constraints: Option<Vec<Constraint>>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Foreign {
    pub server: String,
    /// As OPTIONS takes them.
    pub options: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    pub name: String,
    pub quoted: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub collation: Option<String>,
    pub not_null: bool,
    /// The constraint behind it (PostgreSQL 18).
    pub not_null_constraint: Option<NotNull>,
    pub default_oid: Option<u32>,
    pub default: Option<String>,
    pub generated: String,
    pub expression: Option<String>,
    pub identity: String,
    pub sequence: Option<IdentitySequence>,
    pub storage: Option<String>,
    pub compression: Option<String>,
    /// Of a foreign table, as OPTIONS takes them.
    pub options: Option<String>,
    /// How many values ANALYZE keeps, where that is not the default.
    pub statistics: Option<i32>,
    /// `pg_attribute.attoptions`.
    pub parameters: Option<Vec<String>>,
    pub is_local: bool,
    pub inherited: Option<Inherited>,
    /// `bigserial` and the like, where that makes the column; found out later.
    #[serde(skip)]
    pub serial: Option<&'static str>,
    /// Whether the default is printed after the table.
    #[serde(skip)]
    pub default_is_apart: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct IdentitySequence {
    pub schema: String,
    pub name: String,
    pub qualified: String,
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// A NOT NULL, which is a constraint with a name since PostgreSQL 18.
#[derive(Debug, Clone, Deserialize)]
pub struct NotNull {
    pub name: String,
    pub quoted: String,
    pub is_validated: bool,
    pub is_inherited: bool,
}

/// What the parents say of a column.
#[derive(Debug, Clone, Deserialize)]
pub struct Inherited {
    pub not_null: Option<bool>,
    pub default: Option<String>,
    /// What generates it there.
    pub expression: Option<String>,
    /// Whether its storage is not the parent's, and is then to be said.
    pub storage: Option<String>,
    /// Its compression, where it is not the parent's: empty is the server's default.
    pub compression: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Constraint {
    pub oid: u32,
    pub name: String,
    pub quoted: String,
    pub form: String,
    pub definition: String,
    /// Whether its index is what CLUSTER sorts by.
    #[serde(default)]
    pub is_clustered: bool,
    /// Whether its index tells rows apart in a publication.
    #[serde(default)]
    pub is_replica_identity: bool,
    /// The name of its index, as SQL writes it.
    pub index: Option<String>,
    /// Whether it is printed after the table.
    #[serde(skip)]
    pub is_apart: bool,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of pg_index, or of its relation")]
pub struct Index {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub quoted: String,
    pub relation: u32,
    pub relation_name: String,
    /// Whether it is on a materialized view.
    pub of_view: bool,
    pub partitioned: bool,
    pub is_unique: bool,
    pub qualified: String,
    pub relation_qualified: String,
    pub is_clustered: bool,
    pub is_replica_identity: bool,
    /// How many values ANALYZE keeps, where that is not the default.
    pub statistics: Option<Vec<IndexStatistics>>,
    /// `None` for an invalid one.
    pub definition: Option<String>,
}

/// Of a column of an index.
#[derive(Debug, Deserialize)]
pub struct IndexStatistics {
    pub number: i16,
    pub target: i32,
}

#[derive(Debug, Deserialize)]
pub struct View {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub qualified: String,
    pub materialized: bool,
    pub populated: bool,
    pub options: Option<Vec<String>>,
    pub access_method: Option<String>,
    pub body: String,
    pub defaults: Option<Vec<ViewDefault>>,
    /// Of a view that reads itself, its columns without values.
    pub columns: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ViewDefault {
    pub column: String,
    pub default: String,
}

#[derive(Debug, Deserialize)]
pub struct Function {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub signature: String,
    pub form: String,
    pub language: String,
    pub definition: String,
}

#[derive(Debug, Deserialize)]
pub struct Trigger {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub quoted: String,
    pub relation: u32,
    pub relation_name: String,
    pub relation_qualified: String,
    pub enabled: String,
    pub definition: String,
}

#[derive(Debug, Deserialize)]
pub struct Policy {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub quoted: String,
    pub relation: u32,
    pub relation_name: String,
    pub relation_qualified: String,
    pub permissive: bool,
    pub command: String,
    pub roles: Option<Vec<String>>,
    pub using_expression: Option<String>,
    pub check_expression: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Comment {
    pub class: Class,
    pub oid: u32,
    pub kind: String,
    pub identity: String,
    /// As a literal.
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub struct Grant {
    pub class: Class,
    pub oid: u32,
    /// `TABLE public.users`.
    pub object: String,
    pub columns: Option<String>,
    /// Granted, or revoked.
    pub given: bool,
    pub grantable: bool,
    pub grantee: String,
    pub privileges: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct DefaultPrivilege {
    pub oid: u32,
    pub schema: Option<String>,
    pub quoted_schema: Option<String>,
    pub role: String,
    /// `pg_default_acl.defaclobjtype`.
    pub objects: String,
    pub given: bool,
    pub grantable: bool,
    pub grantee: String,
    pub privileges: Vec<String>,
}

/// An object with its statements.
#[derive(Debug, Deserialize)]
pub struct Printed {
    pub class: Class,
    pub oid: u32,
    /// The kind in words.
    pub words: String,
    pub schema: Option<String>,
    pub name: String,
    /// The relation that it is on.
    pub relation: Option<u32>,
    pub relation_name: Option<String>,
    pub statements: Vec<String>,
    /// Of a role: what it is a member of.
    pub memberships: Option<Vec<Membership>>,
}

#[derive(Debug, Deserialize)]
pub struct Membership {
    /// The role that the other one is a member of.
    pub role: u32,
    pub statement: String,
}

/// That an object names a role, or is a role's.
#[derive(Debug, Deserialize)]
pub struct RoleUse {
    pub class: Class,
    pub oid: u32,
    pub role: u32,
    pub quoted: String,
    pub owns: bool,
}

#[derive(Debug, Deserialize)]
pub struct Owner {
    pub class: Class,
    pub oid: u32,
    pub kind: String,
    pub identity: String,
    /// As SQL writes it.
    #[serde(rename = "owner")]
    pub role: String,
}

/// What is not printed.
#[derive(Debug, Deserialize)]
pub struct LeftOut {
    pub schema: Option<String>,
    pub name: String,
    pub kind: String,
    pub why: String,
    /// What it is of; another one where it is of nothing that is printed.
    pub class: Class,
    pub oid: u32,
}

/// What was not selected and is needed.
#[derive(Debug, Deserialize)]
pub struct Outside {
    pub class: Class,
    pub oid: u32,
    pub kind: String,
    pub identity: String,
}

impl Alias {
    pub const fn nodes(&self) -> (Node, Node) {
        (Node::new(self.class, self.oid), Node::new(self.of_class, self.of))
    }
}

impl Depend {
    pub const fn nodes(&self) -> (Node, Node) {
        (Node::new(self.class, self.oid), Node::new(self.on_class, self.on))
    }
}
