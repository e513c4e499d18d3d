//! Streams the rows of a file of any size into the topics.

use std::collections::HashSet;

use indicatif::{ProgressBar, ProgressStyle};

use super::SourceFile;
use crate::kafka::producer::Sender;
use crate::kafka::{Broker, file_rows};
use crate::retry::ShutdownSignal;
use crate::service::{Error, Result};
use crate::wire::files::{
    ChunkOrReject, FileKind, LineSet, PublicationEnvelope, RowChunk, RowCounts, RowLimits, close_event,
    open_event, row_event,
};
use crate::wire::outgoing::fresh_traceparent;
use crate::wire::{Outgoing, Topic};

/// The maximum number of passes through a file while it is unknown whether the broker has its rows.
const PASSES: u32 = 5;

/// A file and how it is published.
pub struct Publication<'a> {
    pub broker: &'a Broker,
    pub kind: FileKind,
    pub source: &'a SourceFile,
    pub limits: RowLimits,
    pub stop: &'a ShutdownSignal,
    /// Hides the progress bar.
    pub quiet: bool,
}

/// The rows that a pass sends: the rows that the topic lacks. A later row with the same key as a missing row is sent
/// again, so that for each key the last row of the file is the last one in the topic.
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

    fn must_send(&mut self, chunk: &RowChunk) -> bool {
        if chunk.line > self.last_present {
            return true;
        }
        let key = chunk.input.key();
        if self.present.contains(chunk.line) {
            return self.keys.contains(key.as_ref());
        }
        self.keys.insert(key.into_owned());
        true
    }
}

impl Publication<'_> {
    /// Opens the file on its topic, sends every valid row that the topic lacks, and closes the file when the broker has
    /// all of them. The caller has checked the file. Blocks.
    ///
    /// # Errors
    /// If the file cannot be read, the broker refuses, or it stays unknown whether the broker has every row.
    pub fn send(&self) -> Result<()> {
        let mut pass = 1;
        loop {
            let present = file_rows::lines_in_topic(self.broker, self.kind, self.source.file_id())?;
            match self.pass(MissingRows::new(present)) {
                Err(Error::Kafka(error)) if error.is_unconfirmed() && pass < PASSES => {
                    tracing::warn!(%error, pass, "the rows that the topic lacks are sent again");
                    pass += 1;
                }
                other => return other,
            }
        }
    }

    /// Reads the file once, and sends the missing rows.
    fn pass(&self, mut missing: MissingRows) -> Result<()> {
        let mut chunks = self.source.chunks(self.kind, self.limits)?;
        let trace = fresh_traceparent();
        let envelope = PublicationEnvelope {
            file_id: self.source.file_id(),
            kind: self.kind,
            at: self.limits.now,
            traceparent: Some(&trace),
        };
        let bar = progress(self.source.bytes(), self.kind, self.quiet);
        let mut sender = Sender::plain(self.broker, &[Topic::RegistryFiles, self.kind.topic()])?;
        sender.send(&self.encoded(open_event(&envelope))?)?;
        let mut steps = 0_u64;
        while let Some(step) = chunks.next_step().map_err(|error| self.source.failed(&error))? {
            if let ChunkOrReject::Send(chunk) = step
                && missing.must_send(&chunk)
            {
                sender.send(&self.encoded(row_event(&envelope, &chunk))?)?;
            }
            steps += 1;
            if steps.is_multiple_of(512) {
                bar.set_position(chunks.bytes_read());
                self.check_shutdown()?;
            }
        }
        sender.wait()?;
        self.close(&mut sender, &envelope, chunks.tally())?;
        bar.finish_and_clear();
        Ok(())
    }

    fn close(
        &self,
        sender: &mut Sender,
        envelope: &PublicationEnvelope<'_>,
        tally: &RowCounts,
    ) -> Result<()> {
        sender.send(&self.encoded(close_event(envelope, tally))?)?;
        Ok(sender.wait()?)
    }

    fn encoded(&self, event: std::result::Result<Outgoing, serde_json::Error>) -> Result<Outgoing> {
        event.map_err(|error| self.source.failed(&error))
    }

    fn check_shutdown(&self) -> Result<()> {
        if *self.stop.borrow() { Err(Error::Interrupted) } else { Ok(()) }
    }
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

    fn chunk(line: u64, nine: u32) -> RowChunk {
        let national_code = crate::ident::NationalCode::with_check_digit(nine).unwrap();
        RowChunk { line, rows: 1, input: Input::Wages(WagesPosted { national_code, rows: Vec::new() }) }
    }

    /// Lines 2 to 5, 7 and 8 are in the topic. Line 6 is of the same person as line 7.
    #[test]
    fn a_present_row_after_a_missing_row_of_its_key_is_sent_again() {
        let mut present = LineSet::default();
        present.insert(2, 4);
        present.insert(7, 2);
        let mut missing = MissingRows::new(present);
        let rows = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 1), (7, 1), (8, 2), (9, 3)];
        let sent: Vec<_> =
            rows.iter().filter(|(line, nine)| missing.must_send(&chunk(*line, *nine))).collect();
        assert_eq!(sent, [&(6, 1), &(7, 1), &(9, 3)]);
    }
}
