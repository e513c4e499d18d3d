//! `COPY … FROM STDIN (FORMAT binary)`, for many new rows at a time. Compared with `unnest`, PostgreSQL has no arrays
//! to expand, and it logs a page of rows as one record of the write-ahead log.

use jiff::Timestamp;
use uuid::Uuid;

use super::{PgConnection, Result};

/// Rows in PostgreSQL's binary copy format.
pub struct CopyRows {
    bytes: Vec<u8>,
    columns: i16,
}

/// The header of the format: signature, no flags, no header extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
const NULL: i32 = -1;

/// The object id (OID) of the type `text`.
const TEXT: u32 = 25;

/// Microseconds from 1970 to 2000, the epoch of PostgreSQL's timestamps.
const EPOCH_US: i64 = 946_684_800_000_000;

/// A value of a column.
pub trait CopyValue {
    fn put(&self, rows: &mut CopyRows);
}

impl CopyRows {
    /// Starts without rows; each row has this number of columns.
    pub fn new(columns: i16) -> Self {
        Self { bytes: HEADER.to_vec(), columns }
    }

    /// Begins a row; its values follow in the order of the statement's columns.
    pub fn row(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    pub fn put(&mut self, value: impl CopyValue) -> &mut Self {
        value.put(self);
        self
    }

    fn value(&mut self, value: &[u8]) {
        // A value is far shorter than a gigabyte, because the size of a message is limited.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// Sends the rows; `into` names the table and its columns.
    pub async fn send(mut self, tx: &mut PgConnection, into: &str) -> Result<()> {
        self.bytes.extend_from_slice(&END.to_be_bytes());
        let mut copy = tx.copy_in_raw(&format!("COPY {into} FROM STDIN (FORMAT binary)")).await?;
        copy.send(self.bytes).await?;
        copy.finish().await?;
        Ok(())
    }
}

impl CopyValue for i32 {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(&self.to_be_bytes());
    }
}

impl CopyValue for i64 {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(&self.to_be_bytes());
    }
}

impl CopyValue for bool {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(&[u8::from(*self)]);
    }
}

impl CopyValue for &str {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(self.as_bytes());
    }
}

impl CopyValue for &[u8] {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(self);
    }
}

impl CopyValue for Uuid {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(self.as_bytes());
    }
}

impl CopyValue for Timestamp {
    fn put(&self, rows: &mut CopyRows) {
        rows.value(&self.as_microsecond().saturating_sub(EPOCH_US).to_be_bytes());
    }
}

/// A one-dimensional `text[]`.
impl CopyValue for &[&str] {
    fn put(&self, rows: &mut CopyRows) {
        let count = i32::try_from(self.len()).unwrap_or(i32::MAX);
        let mut array = Vec::with_capacity(20 + self.iter().map(|text| text.len() + 4).sum::<usize>());
        array.extend_from_slice(&i32::from(count > 0).to_be_bytes());
        array.extend_from_slice(&0_i32.to_be_bytes()); // no nulls
        array.extend_from_slice(&TEXT.to_be_bytes());
        if count > 0 {
            array.extend_from_slice(&count.to_be_bytes());
            array.extend_from_slice(&1_i32.to_be_bytes()); // the first index
        }
        for text in *self {
            array.extend_from_slice(&i32::try_from(text.len()).unwrap_or(i32::MAX).to_be_bytes());
            array.extend_from_slice(text.as_bytes());
        }
        rows.value(&array);
    }
}

impl<T: CopyValue> CopyValue for Option<T> {
    fn put(&self, rows: &mut CopyRows) {
        match self {
            Some(value) => value.put(rows),
            None => rows.bytes.extend_from_slice(&NULL.to_be_bytes()),
        }
    }
}
