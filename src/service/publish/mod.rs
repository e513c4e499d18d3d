//! Publishing a file: its rows as events, and the receipt that proves what became of them.

mod receipt;
mod rejects;
mod send;
mod source;

pub use receipt::{await_receipt, find_receipt, rejected, show};
pub use send::{Publication, PublishCounts};
pub use source::SourceFile;
