//! The file of rejected rows.

use std::borrow::Cow;
use std::io::{self, Write};

use super::RowFault;

/// Writes one line `line,field,value,reason` for each rejected row.
pub struct RejectsWriter<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> RejectsWriter<W> {
    /// Writes the header.
    pub fn new(output: W) -> io::Result<Self> {
        let mut csv = csv::Writer::from_writer(output);
        csv.write_record(["line", "field", "value", "reason"]).map_err(io::Error::from)?;
        Ok(Self { csv })
    }

    pub fn write(&mut self, fault: &RowFault) -> io::Result<()> {
        let line = fault.line.to_string();
        let value = spreadsheet_safe(&fault.value);
        self.csv.write_record([&line, fault.field, &value, fault.reason]).map_err(io::Error::from)
    }

    /// Flushes the buffer.
    pub fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}

/// A spreadsheet evaluates a cell that begins with one of these characters. A leading apostrophe makes it text.
fn spreadsheet_safe(value: &str) -> Cow<'_, str> {
    if value.starts_with(['=', '+', '-', '@']) {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}
