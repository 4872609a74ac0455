//! A plan as programs read it. Scripts and pages are made in [`crate::core::plan::render`].

pub mod json;
