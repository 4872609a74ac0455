//! Requirements, what to ask the database for them, and the comparison with what it answered.

pub mod compare;
pub mod definitions;
pub mod feature_order;
pub mod finding;
pub mod hint;
pub mod matching;
pub mod observation;
pub mod question;
mod read_ahead;
pub mod read_set;
pub mod reading;
pub mod report;
pub mod required_name;
pub mod requirement;
pub mod set_fold;
