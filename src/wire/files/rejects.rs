//! The file of rejected rows.

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
        self.csv.write_record([&line, fault.field, &fault.value, fault.reason]).map_err(io::Error::from)
    }

    /// Flushes the buffer.
    pub fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}
