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

pub use event::{Envelope, close_event, open_event, row_event};
pub use kind::{FileKind, UnknownFileKind};
pub use line_set::{LineSet, chunks_of};
pub use piece::{Piece, Pieces, Step, Tally};
pub use reader::{FileError, Reader};
pub use rejects::RejectsWriter;
pub use rows::{Row, RowData, RowFault};

#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod rows_tests;
