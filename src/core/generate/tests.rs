//! The printers as wholes are tested on real servers (`tests/cli/generate.rs`).
