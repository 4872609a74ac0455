//! The steps of a reconciliation, in order: dereference, translate, (decide), observe, compare, accept, publish.

pub mod accept;
pub mod compare;
pub mod dereference;
pub mod observe;
pub mod publish;
pub mod translate;
