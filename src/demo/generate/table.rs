//! A CSV file that is being written. No invented field holds a comma, a quote or a line break.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::GenerateError;
use crate::wire::files::FileKind;

pub struct CsvTable {
    out: BufWriter<File>,
    path: PathBuf,
    line: Vec<u8>,
    /// Data rows, the faulty ones too.
    pub rows: u64,
}

impl CsvTable {
    /// With the columns and the usual name of its kind.
    pub fn create(dir: &Path, kind: FileKind) -> Result<Self, GenerateError> {
        let path = dir.join(kind.file_name());
        let file = File::create(&path).map_err(|source| GenerateError::file(&path, source))?;
        let mut table =
            CsvTable { out: BufWriter::with_capacity(1 << 20, file), path, line: Vec::new(), rows: 0 };
        table.row(kind.columns())?;
        table.rows = 0;
        Ok(table)
    }

    pub fn row(&mut self, fields: &[&str]) -> Result<(), GenerateError> {
        self.line.clear();
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.line.push(b',');
            }
            self.line.extend_from_slice(field.as_bytes());
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line).map_err(|source| GenerateError::file(&self.path, source))?;
        self.rows += 1;
        Ok(())
    }

    /// Whole lines that were put together elsewhere.
    pub fn lines(&mut self, lines: &[u8], rows: u64) -> Result<(), GenerateError> {
        self.out.write_all(lines).map_err(|source| GenerateError::file(&self.path, source))?;
        self.rows += rows;
        Ok(())
    }

    pub fn finish(mut self) -> Result<u64, GenerateError> {
        self.out.flush().map_err(|source| GenerateError::file(&self.path, source))?;
        Ok(self.rows)
    }
}
