//! The repository itself: documents and structure.

pub mod docs;
pub mod structure;
