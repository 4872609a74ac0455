//! Functions and procedures: `pg_proc` of prokind `f`, `p` and `w`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};
use crate::core::name::Identifier;
use crate::core::type_name::TypeName;

/// A function or procedure. The types of its input arguments are part of its identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Function {
    /// Function or procedure.
    pub sort: Option<RoutineSort>,
    /// What it returns.
    pub returns: Option<Returns>,
    /// The language.
    pub language: Option<Identifier>,
    /// IMMUTABLE, STABLE or VOLATILE.
    pub volatility: Option<Volatility>,
    /// SECURITY DEFINER.
    pub security_definer: Option<bool>,
    /// STRICT, or RETURNS NULL ON NULL INPUT.
    pub strict: Option<bool>,
    /// The body.
    pub body: Option<Body>,
}

/// The sorts of routines (`pg_proc.prokind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutineSort {
    /// A function, window functions included.
    Function,
    /// A procedure.
    Procedure,
}

/// The result of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// The type; `void` for procedures, `record` for RETURNS TABLE and several OUT arguments. `None` where the SQL does
    /// not settle it (`%TYPE`).
    pub data_type: Option<TypeName>,
    /// SETOF, or RETURNS TABLE.
    pub set: bool,
}

/// How far results may be cached (`pg_proc.provolatile`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// IMMUTABLE.
    Immutable,
    /// STABLE.
    Stable,
    /// VOLATILE, the default.
    Volatile,
}

/// The body of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A string, compared byte by byte (`pg_proc.prosrc`).
    Text(String),
    /// An SQL-standard body (BEGIN ATOMIC, RETURN): its text is not compared yet.
    SqlStandard,
}

impl Room for Function {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
