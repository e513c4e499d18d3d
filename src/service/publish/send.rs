//! Streaming a file's rows into the topics, whatever its size.

use std::collections::HashSet;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::SourceFile;
use super::rejects::Rejects;
use crate::kafka::producer::Sender;
use crate::kafka::{Broker, file_rows};
use crate::retry::ShutdownSignal;
use crate::service::{Error, Result};
use crate::wire::files::{
    ChunkOrReject, FileError, FileKind, LineSet, PublicationEnvelope, RowChunk, RowChunks, RowCounts,
    RowFault, RowReader, close_event, open_event, row_event,
};
use crate::wire::outgoing::fresh_traceparent;
use crate::wire::{Outgoing, Topic};

/// What was read and sent, in rows.
#[derive(Clone, Copy, Debug)]
pub struct PublishCounts {
    pub declared: u64,
    pub rejected: u64,
}

/// Faults shown as they are found; the rest is counted, and all go to `--rejects`.
const SHOWN_FAULTS: u64 = 5;

/// How often a file is gone through where it stays unknown whether the broker has its rows.
const PASSES: u32 = 5;

/// A file, and how it is published.
pub struct Publication<'a> {
    pub broker: &'a Broker,
    pub kind: FileKind,
    pub source: &'a SourceFile,
    pub at: Timestamp,
    pub stop: &'a ShutdownSignal,
    /// Without a progress bar and without the faults of rows.
    pub quiet: bool,
}

/// The rows that a pass sends: those that the topic lacks. A row behind one of them with the same key goes again, so that per
/// key the last row of the file is the last in the topic.
struct MissingRows {
    present: LineSet,
    last_present: u64,
    keys: HashSet<String>,
}

impl MissingRows {
    fn new(present: LineSet) -> Self {
        let last_present = present.last().unwrap_or(0);
        Self { present, last_present, keys: HashSet::new() }
    }

    fn takes(&mut self, piece: &RowChunk) -> bool {
        if piece.line > self.last_present {
            return true;
        }
        let key = piece.input.key();
        if self.present.contains(piece.line) {
            return self.keys.contains(key.as_ref());
        }
        self.keys.insert(key.into_owned());
        true
    }
}

impl Publication<'_> {
    /// Opens the file on its topic, sends every good row that is not there yet, and closes it once the broker has all of them.
    /// Blocks.
    ///
    /// # Errors
    /// Where the file cannot be read, the broker refuses, or it stays unknown whether the broker has every row.
    pub fn send(&self, rejects: Option<&Path>) -> Result<PublishCounts> {
        self.check()?;
        let mut pass = 1;
        loop {
            let present = file_rows::lines_in_topic(self.broker, self.kind, self.source.file_id())?;
            match self.pass(MissingRows::new(present), rejects) {
                Err(Error::Kafka(error)) if error.is_unconfirmed() && pass < PASSES => {
                    tracing::warn!(%error, pass, "the rows that the topic lacks are sent again");
                    pass += 1;
                }
                other => return other,
            }
        }
    }

    /// Goes through the file once.
    fn pass(&self, mut lacking: MissingRows, rejects: Option<&Path>) -> Result<PublishCounts> {
        let mut rejects = rejects.map(Rejects::create).transpose()?;
        let mut pieces = self.pieces()?;
        let trace = fresh_traceparent();
        let envelope = PublicationEnvelope {
            file_id: self.source.file_id(),
            kind: self.kind,
            at: self.at,
            traceparent: Some(&trace),
        };
        let bar = progress(self.source.bytes(), self.kind, self.quiet);
        let mut sender = Sender::plain(self.broker, &[Topic::RegistryFiles, self.kind.topic()])?;
        sender.send(&self.written(open_event(&envelope))?, &[])?;
        let (mut rejected, mut steps) = (0_u64, 0_u64);
        while let Some(step) = pieces.next_step().map_err(|error| self.failed(&error))? {
            match step {
                ChunkOrReject::Send(piece) if lacking.takes(&piece) => {
                    sender.send(&self.written(row_event(&envelope, &piece))?, &[])?;
                }
                ChunkOrReject::Send(_) => {}
                ChunkOrReject::Rejected(fault) => {
                    rejected += 1;
                    report_progress(&bar, &fault, rejected, self.quiet);
                    if let Some(rejects) = &mut rejects {
                        rejects.write(&fault)?;
                    }
                }
            }
            steps += 1;
            if steps.is_multiple_of(512) {
                bar.set_position(pieces.bytes_read());
                self.refuse_stop()?;
            }
        }
        sender.wait()?;
        self.close(&mut sender, &envelope, pieces.tally())?;
        bar.finish_and_clear();
        if let Some(rejects) = rejects {
            rejects.finish()?;
        }
        Ok(PublishCounts { declared: pieces.tally().declared, rejected })
    }

    fn close(
        &self,
        sender: &mut Sender,
        envelope: &PublicationEnvelope<'_>,
        tally: &RowCounts,
    ) -> Result<()> {
        sender.send(&self.written(close_event(envelope, tally))?, &[])?;
        Ok(sender.wait()?)
    }

    /// Reads the file once to its end: one that breaks off in the middle is refused before anything of it is sent, for a file
    /// that is opened and never closed holds every month's close.
    fn check(&self) -> Result<()> {
        let mut pieces = self.pieces()?;
        let mut steps = 0_u64;
        while pieces.next_step().map_err(|error| self.failed(&error))?.is_some() {
            steps += 1;
            if steps.is_multiple_of(512) {
                self.refuse_stop()?;
            }
        }
        Ok(())
    }

    fn pieces(&self) -> Result<RowChunks<std::fs::File>> {
        let reader = RowReader::new(self.kind, self.source.reopen()?);
        Ok(RowChunks::new(reader.map_err(|error: FileError| self.failed(&error))?))
    }

    fn written(&self, event: std::result::Result<Outgoing, serde_json::Error>) -> Result<Outgoing> {
        event.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> Error {
        Error::Failed(format!("{}: {error}", self.source.name().display()))
    }

    fn refuse_stop(&self) -> Result<()> {
        if *self.stop.borrow() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

fn report_progress(bar: &ProgressBar, fault: &RowFault, nth: u64, quiet: bool) {
    if quiet || nth > SHOWN_FAULTS + 1 {
        return;
    }
    bar.suspend(|| {
        if nth > SHOWN_FAULTS {
            eprintln!("  more rows are rejected; --rejects FILE lists them all");
        } else {
            eprintln!("  line {}: {}: {} ({})", fault.line, fault.field, fault.reason, shown(&fault.value));
        }
    });
}

fn shown(value: &str) -> String {
    if value.is_empty() { "empty".to_owned() } else { format!("\"{value}\"") }
}

fn progress(bytes: u64, kind: FileKind, quiet: bool) -> ProgressBar {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(bytes) };
    let style = ProgressStyle::with_template(
        "  {msg:<18} {bar:30} {bytes:>10} of {total_bytes} {bytes_per_sec} {eta}",
    );
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(kind.as_str());
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Input;
    use crate::wire::insured_records_v1::WagesPosted;

    fn piece(line: u64, nine: u32) -> RowChunk {
        let national_code = crate::ident::NationalCode::with_check_digit(nine).unwrap();
        RowChunk { line, rows: 1, input: Input::Wages(WagesPosted { national_code, rows: Vec::new() }) }
    }

    /// Lines 2 to 5 and 7 are in the topic; 6 is of the same person as 7.
    #[test]
    fn a_row_behind_a_lacking_one_of_its_key_goes_again() {
        let mut present = LineSet::default();
        present.insert(2, 4);
        present.insert(7, 2);
        let mut lacking = MissingRows::new(present);
        let rows = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 1), (7, 1), (8, 2), (9, 3)];
        let sent: Vec<_> = rows.iter().filter(|(line, nine)| lacking.takes(&piece(*line, *nine))).collect();
        assert_eq!(sent, [&(6, 1), &(7, 1), &(9, 3)]);
    }
}
