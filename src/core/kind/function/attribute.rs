//! What `pg_proc` says of a function by a letter.

use crate::core::kind::letter::Letter;

/// The sorts of routines (`pg_proc.prokind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutineSort {
    /// A function, window functions included.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
}

impl Letter for RoutineSort {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Function, "f", "a function"),
        (Self::Function, "w", "a function"),
        (Self::Procedure, "p", "a procedure"),
        (Self::Aggregate, "a", "an aggregate"),
    ];
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

impl Letter for Volatility {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Immutable, "i", "immutable"),
        (Self::Stable, "s", "stable"),
        (Self::Volatile, "v", "volatile"),
    ];
}

/// Where a function may run in parallel plans (`pg_proc.proparallel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parallel {
    /// UNSAFE, the default.
    Unsafe,
    /// RESTRICTED.
    Restricted,
    /// SAFE.
    Safe,
}

impl Letter for Parallel {
    const LETTERS: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Unsafe, "u", "unsafe"), (Self::Restricted, "r", "restricted"), (Self::Safe, "s", "safe")];
}
