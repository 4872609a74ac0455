//! The steps of a reconciliation, in order: dereference, translate, (decide), observe, compare, accept; plan and
//! migrate, where migrations are wanted; publish.

pub mod accept;
pub mod compare;
pub mod dereference;
pub mod migrate;
pub mod observe;
pub mod plan;
pub mod publish;
pub mod translate;
