//! Publishes a file: sends its rows as events, and reads the receipt that states the disposition of the rows.

mod receipt;
mod rejects;
mod send;
mod source;

pub use receipt::{await_receipt, find_receipt, rejected, show};
pub use send::{Publication, PublishCounts};
pub use source::SourceFile;
