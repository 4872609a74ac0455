//! What ALTER does to a part of something.

use crate::core::definition::{Clause, Definition};
use crate::core::kind::column::{Collation, Generated, Identity};
use crate::core::kind::domain::DomainCheck;
use crate::core::name::{Identifier, PartialName, QualifiedName};
use crate::core::type_name::TypeName;

/// A change of one part of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnChange {
    /// TYPE, with the collation: that of the new type, unless one is named.
    DataType(Option<TypeName>, Option<Collation>),
    /// SET or DROP NOT NULL.
    NotNull(bool),
    /// SET or DROP DEFAULT.
    Default(Clause),
    /// ADD, SET or DROP IDENTITY.
    Identity(Identity),
    /// DROP EXPRESSION.
    Generated(Generated),
    /// SET EXPRESSION.
    Expression(Option<Definition>),
}

/// A sequence by its name, or by the column that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SequenceOf {
    /// Its own name.
    Name(QualifiedName),
    /// The identity column of a table.
    Column(QualifiedName, Identifier),
}

/// What ALTER SEQUENCE says; what it leaves out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceOptions {
    /// AS.
    pub data_type: Option<TypeName>,
    /// START.
    pub start: Option<i64>,
    /// INCREMENT.
    pub increment: Option<i64>,
    /// MINVALUE, or `Some(None)` for NO MINVALUE.
    pub minimum: Option<Option<i64>>,
    /// MAXVALUE, or `Some(None)` for NO MAXVALUE.
    pub maximum: Option<Option<i64>>,
    /// CACHE.
    pub cache: Option<i64>,
    /// CYCLE or NO CYCLE.
    pub cycle: Option<bool>,
}

/// What happens to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainChange {
    /// SET or DROP NOT NULL.
    NotNull(bool),
    /// SET or DROP DEFAULT.
    Default(Clause),
    /// ADD CHECK. Without a name, the fold makes up PostgreSQL's.
    Add(DomainCheck),
    /// DROP CONSTRAINT; one that is not there is passed over if it says IF EXISTS.
    Drop {
        /// Its name.
        name: Identifier,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// RENAME CONSTRAINT.
    Rename {
        /// The old name.
        from: Identifier,
        /// The new one.
        to: Identifier,
    },
}

/// What happens to an attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeChange {
    /// ADD; `None` where the type is not settled, and where no collation is named.
    Add(Option<TypeName>, Option<PartialName>),
    /// ALTER ... TYPE; likewise.
    DataType(Option<TypeName>, Option<PartialName>),
    /// RENAME TO.
    Rename(Identifier),
    /// DROP.
    Drop,
}
