//! Tests of the repository itself: its documents and its structure.

pub mod docs;
pub mod structure;
