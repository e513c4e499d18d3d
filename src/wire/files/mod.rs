//! Reading the files of the outside systems: UTF-8 CSV, row by row, in bounded memory; faulty rows are told, good ones go on.

mod event;
mod fields;
mod kind;
mod line_set;
mod marriage_row;
mod piece;
mod reader;
mod rejects;
mod rows;
mod source;

pub use event::{PublicationEnvelope, close_event, open_event, row_event};
pub use kind::{FileKind, UnknownFileKind};
pub use line_set::{LineSet, chunks_of};
pub use piece::{ChunkOrReject, RowChunk, RowChunks, RowCounts};
pub use reader::{FileError, RowReader};
pub use rejects::RejectsWriter;
pub use rows::{FileRow, RowData, RowFault};

#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod rows_tests;
