//! Publishes a file: sends its rows as events, and reads the receipt that states the disposition of the rows.

mod check;
mod receipt;
mod rejects;
mod send;
mod source;

pub use check::FileCheck;
pub use receipt::{await_receipt, find_receipt, rejected, show};
pub use send::Publication;
pub use source::SourceFile;
