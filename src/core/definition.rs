//! Texts that mean something: the expression of a default, a check, a policy; the body of a view.
//!
//! Text alone never makes a difference: the server prints its own form of what was written. So a definition carries the
//! normal form that the server's planner gave it, once the planner was asked.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use smol_str::SmolStr;

use crate::core::name::Identifier;

/// An expression or a query: as SQL declares it, or as the catalog prints it. What it holds is apart from what it is a
/// part of: a column has room for two, and most columns have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition(Box<Written>);

/// What a [`Definition`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// One expression, or one SELECT, that the parser accepted as exactly that. Declared, it is printed from the parse
    /// tree; it is for comparing, never for a migration.
    pub text: String,
    /// The schemas of unqualified names, in the order of the search; empty for a text of the catalog, whose names are
    /// qualified.
    pub search_path: Arc<[Identifier]>,
    /// Why another normal form would not prove a difference: the statement, in words, that changed what the text
    /// rests on (a column was renamed).
    pub doubt: Option<String>,
    /// What the planner made of it; `None` while it was not asked.
    pub normal: Option<Normal>,
}

/// What the server's planner made of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Normal {
    /// The normal form: two definitions of one place mean the same if, and only if, theirs are equal.
    Form(SmolStr),
    /// It has none, for this reason: the server refused the text, or plans it now so and now so.
    None(String),
    /// It could not be seen, for this reason: its table is locked.
    Unseen(String),
}

/// A definition that a component may lack: a default, a predicate, a WHEN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// There is none.
    Absent,
    /// There is one; `None` where its text is not known (yet).
    Defined(Option<Definition>),
}

/// One definition among those of a component: its name in reports, and its position among those of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// `default`, `expression`, `key expression`.
    pub name: &'static str,
    /// From 0; for what a component can have several of.
    pub position: usize,
}

impl Definition {
    /// A definition as SQL declares it.
    #[must_use]
    pub fn declared(text: String, search_path: &Arc<[Identifier]>) -> Self {
        Self(Box::new(Written { text, search_path: search_path.clone(), doubt: None, normal: None }))
    }

    /// A definition as the catalog prints it, all names qualified.
    #[must_use]
    pub fn observed(text: String) -> Self {
        Self(Box::new(Written { text, search_path: Arc::from([]), doubt: None, normal: None }))
    }
}

impl Deref for Definition {
    type Target = Written;

    fn deref(&self) -> &Written {
        &self.0
    }
}

impl DerefMut for Definition {
    fn deref_mut(&mut self) -> &mut Written {
        &mut self.0
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Clause {
    /// Whether there is one.
    #[must_use]
    pub const fn is_defined(&self) -> bool {
        matches!(self, Self::Defined(_))
    }

    /// Its text, where there is one and it is known.
    #[must_use]
    pub const fn definition(&self) -> Option<&Definition> {
        match self {
            Self::Defined(definition) => definition.as_ref(),
            Self::Absent => None,
        }
    }

    /// For [`Room::definitions`](crate::core::kind::Room::definitions): the place of the text.
    pub const fn slot(&mut self) -> Option<&mut Option<Definition>> {
        match self {
            Self::Defined(definition) => Some(definition),
            Self::Absent => None,
        }
    }
}

impl Part {
    /// The only definition of this name.
    #[must_use]
    pub const fn only(name: &'static str) -> Self {
        Self { name, position: 0 }
    }
}
