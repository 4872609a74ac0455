//! Requirements, what to ask the database for them, and the comparison with what it answered.

pub mod compare;
pub mod finding;
pub mod observation;
pub mod question;
pub mod report;
pub mod requirement;
