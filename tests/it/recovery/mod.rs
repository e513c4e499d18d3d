//! Restored databases, and the state derived again from the inputs.

pub mod replay;
pub mod restored_database;
