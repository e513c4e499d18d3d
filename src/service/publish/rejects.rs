//! The file of rejected rows that `--rejects` names.

use std::fs::File;
use std::path::Path;

use crate::failpoint::failpoint;
use crate::service::{Error, Result, private_file};
use crate::wire::files::{RejectsWriter, RowFault};

pub struct Rejects(RejectsWriter<File>);

impl Rejects {
    pub fn create(path: &Path) -> Result<Self> {
        let created = failpoint!("rejects.create", private_file::create(path)).and_then(RejectsWriter::new);
        created.map(Self).map_err(|error| Error::Failed(format!("{}: {error}", path.display())))
    }

    pub fn write(&mut self, fault: &RowFault) -> Result<()> {
        failpoint!("rejects.write", self.0.write(fault)).map_err(Error::from)
    }

    pub fn finish(self) -> Result<()> {
        failpoint!("rejects.finish", self.0.finish()).map_err(Error::from)
    }
}
