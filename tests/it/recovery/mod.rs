//! Recovery of restored databases, and replay of the inputs into an empty database.

pub mod casework;
pub mod replay;
pub mod restored_database;
