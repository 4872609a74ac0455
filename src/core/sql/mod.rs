//! From SQL to a declared catalog: `text -> statements -> effects -> fold`.
//!
//! - [`split`] cuts a source into statements, each with its byte range and line; noise of other tools is removed or
//!   refused there. One broken statement fails alone.
//! - [`effect`] says what one statement does to a catalog: creates X with this shape, adds to X, drops X, inserts rows.
//! - [`fold`] applies effects in order, so that a history of statements yields its final state.

pub mod column_name;
mod column_reference;
pub mod effect;
pub mod encoding;
pub mod expression;
pub mod fold;
pub mod generated_name;
mod keyword;
pub(in crate::core) mod lex;
mod markers;
pub(in crate::core) mod mentioned;
mod noise;
pub mod parse;
pub(in crate::core) mod place;
pub mod quoting;
pub mod split;
pub(in crate::core) mod syntax_error;
pub mod transaction;
