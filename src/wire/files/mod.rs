//! Reads the files of the outside systems: UTF-8 CSV, row by row, in bounded memory. Faulty rows are reported, and the
//! other rows are published.

mod event;
mod fields;
mod file_error;
mod format;
mod header;
mod kind;
mod line_set;
mod lines;
mod marriage_row;
mod piece;
mod reader;
mod record;
mod rejects;
mod row_fault;
mod rows;
pub(in crate::wire) mod shown;

pub use event::{PublicationEnvelope, close_event, open_event, row_event};
pub use file_error::{FileError, HeaderFault};
pub use kind::{Column, ColumnForm, FileKind, UnknownFileKind};
pub use line_set::{LineSet, chunks_of};
pub use piece::{ChunkOrReject, RowChunk, RowChunks, RowCounts};
pub use reader::RowReader;
pub use rejects::RejectsWriter;
pub use row_fault::RowFault;
pub use rows::{FileRow, RowData, RowLimits};
pub use shown::{escaped, masked};

#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod rows_tests;
#[cfg(test)]
mod sample_row;
