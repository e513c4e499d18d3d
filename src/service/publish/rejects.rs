//! The file of rejected rows that `--rejects` names.

use std::fs::File;
use std::path::Path;

use crate::boundary::boundary;
use crate::cli::{Error, Result};
use crate::wire::files::{RejectsWriter, RowFault};

pub struct Rejects(RejectsWriter<File>);

impl Rejects {
    pub fn create(path: &Path) -> Result<Self> {
        let told = |error: std::io::Error| Error::Failed(format!("{}: {error}", path.display()));
        let file = boundary!("rejects.create", File::create(path)).map_err(told)?;
        RejectsWriter::new(file).map(Self).map_err(told)
    }

    pub fn write(&mut self, fault: &RowFault) -> Result<()> {
        boundary!("rejects.write", self.0.write(fault)).map_err(Error::from)
    }

    pub fn finish(self) -> Result<()> {
        boundary!("rejects.finish", self.0.finish()).map_err(Error::from)
    }
}
