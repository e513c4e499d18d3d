//! Checks a file before any of its rows is sent: a file that cannot be read to its end must not be opened on its topic,
//! because a file without its end holds every month's close.

use std::path::Path;

use super::SourceFile;
use super::rejects::Rejects;
use crate::retry::ShutdownSignal;
use crate::service::{Error, Result};
use crate::wire::files::{ChunkOrReject, FileKind, RowCounts, RowFault, RowLimits, masked};

/// The number of faults that are shown. The others are only counted; `--rejects` lists all of them.
const SHOWN_FAULTS: u64 = 5;

/// How a file is checked.
pub struct FileCheck<'a> {
    pub kind: FileKind,
    pub source: &'a SourceFile,
    pub limits: RowLimits,
    /// The file for rejected rows.
    pub rejects: Option<&'a Path>,
    /// Refuses a file without a final line end.
    pub strict: bool,
    /// Does not show the faults of rows.
    pub quiet: bool,
    pub stop: &'a ShutdownSignal,
}

impl FileCheck<'_> {
    /// Reads the file to its end, shows its first faults and writes the rejected rows.
    ///
    /// # Errors
    /// If the file is refused as a whole: it cannot be read to its end, every row is rejected, or, with `strict`, its
    /// last line has no end.
    pub fn run(&self) -> Result<RowCounts> {
        let mut chunks = self.source.chunks(self.kind, self.limits)?;
        let mut rejects = self.rejects.map(Rejects::create).transpose()?;
        let mut rejected = 0_u64;
        let mut steps = 0_u64;
        while let Some(step) = chunks.next_step().map_err(|error| self.source.failed(&error))? {
            if let ChunkOrReject::Rejected(fault) = step {
                rejected += 1;
                self.show_fault(&fault, rejected);
                if let Some(rejects) = &mut rejects {
                    rejects.write(&fault)?;
                }
            }
            steps += 1;
            if steps.is_multiple_of(512) && *self.stop.borrow() {
                return Err(Error::Interrupted);
            }
        }
        if let Some(rejects) = rejects {
            rejects.finish()?;
        }
        self.judge(chunks.tally())?;
        Ok(chunks.tally().clone())
    }

    /// Refuses a file that no row of can be sent, or that may be cut off.
    fn judge(&self, counts: &RowCounts) -> Result<()> {
        if counts.declared > 0 && counts.rows == 0 {
            let reasons: Vec<_> =
                counts.rejected.iter().map(|(reason, rows)| format!("{rows} {reason}")).collect();
            return Err(self.source.failed(&format!(
                "every row is rejected ({}): nothing is sent; is this a file of {}?",
                reasons.join(", "),
                self.kind
            )));
        }
        if counts.unterminated && self.strict {
            return Err(self.source.failed(&format!("{MAY_BE_CUT_OFF}: nothing is sent (--strict)")));
        }
        if counts.unterminated && !self.quiet {
            eprintln!("  {MAY_BE_CUT_OFF}: compare the number of rows with its source");
        }
        Ok(())
    }

    fn show_fault(&self, fault: &RowFault, nth: u64) {
        if self.quiet || nth > SHOWN_FAULTS + 1 {
            return;
        }
        if nth > SHOWN_FAULTS {
            eprintln!("  more rows are rejected; --rejects FILE lists them all");
            return;
        }
        let field = if fault.field.is_empty() { "the row" } else { fault.field };
        eprintln!("  line {}: {field}: {} ({})", fault.line, fault.reason, shown(&fault.value));
    }
}

const MAY_BE_CUT_OFF: &str = "the file ends without a line end and may be cut off";

fn shown(value: &str) -> String {
    if value.is_empty() { "empty".to_owned() } else { format!("\"{}\"", masked(value)) }
}
