//! Streaming a file's rows into the topics, whatever its size.

use std::fs::File;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::Source;
use crate::boundary::boundary;
use crate::cli::{Error, Result};
use crate::kafka::Broker;
use crate::kafka::producer::Sender;
use crate::retry::Stop;
use crate::wire::files::{
    Envelope, FileError, FileKind, Pieces, Reader, RejectsWriter, RowFault, Step, close_event, open_event,
    row_event,
};
use crate::wire::outgoing::fresh_traceparent;

/// What was read and sent, in rows.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub declared: u64,
    pub rejected: u64,
}

/// Faults shown as they are found; the rest is counted, and all go to `--rejects`.
const SHOWN_FAULTS: u64 = 5;

/// Opens the file on its topic, sends every good row, and closes it once the broker has all of them. Blocks.
pub fn send_file(
    broker: &Broker,
    kind: FileKind,
    source: &Source,
    rejects: Option<&Path>,
    at: Timestamp,
    stop: &Stop,
    quiet: bool,
) -> Result<Sent> {
    let failed =
        |error: &dyn std::fmt::Display| Error::Failed(format!("{}: {error}", source.name().display()));
    let written = |error: serde_json::Error| failed(&error);
    check(kind, source, stop)?;
    let mut pieces = Pieces::new(Reader::new(kind, source.reopen()?).map_err(|error| failed(&error))?);
    let trace = fresh_traceparent();
    let envelope = Envelope { file_id: source.file_id(), kind, at, traceparent: Some(&trace) };
    let mut rejects = rejects.map(Rejects::create).transpose()?;
    let bar = progress(source.bytes(), kind, quiet);
    let mut sender = Sender::plain(broker)?;
    sender.check()?;
    sender.send(&open_event(&envelope).map_err(written)?, &[])?;
    let (mut rejected, mut steps) = (0_u64, 0_u64);
    while let Some(step) = pieces.next_step().map_err(|error| failed(&error))? {
        match step {
            Step::Send(piece) => sender.send(&row_event(&envelope, &piece).map_err(written)?, &[])?,
            Step::Rejected(fault) => {
                rejected += 1;
                tell(&bar, &fault, rejected, quiet);
                if let Some(rejects) = &mut rejects {
                    rejects.write(&fault)?;
                }
            }
        }
        steps += 1;
        if steps.is_multiple_of(512) {
            bar.set_position(pieces.bytes_read());
            if *stop.borrow() {
                return Err(Error::Interrupted);
            }
        }
    }
    sender.wait()?;
    sender.send(&close_event(&envelope, pieces.tally()).map_err(written)?, &[])?;
    sender.wait()?;
    bar.finish_and_clear();
    if let Some(rejects) = rejects {
        rejects.finish()?;
    }
    Ok(Sent { declared: pieces.tally().declared, rejected })
}

/// Reads the file once to its end: one that breaks off in the middle is refused before anything of it is sent, for a file
/// that is opened and never closed holds every month's close.
fn check(kind: FileKind, source: &Source, stop: &Stop) -> Result<()> {
    let failed = |error: FileError| Error::Failed(format!("{}: {error}", source.name().display()));
    let mut pieces = Pieces::new(Reader::new(kind, source.reopen()?).map_err(failed)?);
    let mut steps = 0_u64;
    while pieces.next_step().map_err(failed)?.is_some() {
        steps += 1;
        if steps.is_multiple_of(512) && *stop.borrow() {
            return Err(Error::Interrupted);
        }
    }
    Ok(())
}

fn tell(bar: &ProgressBar, fault: &RowFault, nth: u64, quiet: bool) {
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
    bar.set_message(kind.word());
    bar
}

struct Rejects(RejectsWriter<File>);

impl Rejects {
    fn create(path: &Path) -> Result<Self> {
        let told = |error: std::io::Error| Error::Failed(format!("{}: {error}", path.display()));
        let file = boundary!("rejects.create", File::create(path)).map_err(told)?;
        RejectsWriter::new(file).map(Self).map_err(told)
    }

    fn write(&mut self, fault: &RowFault) -> Result<()> {
        boundary!("rejects.write", self.0.write(fault)).map_err(Error::from)
    }

    fn finish(self) -> Result<()> {
        boundary!("rejects.finish", self.0.finish()).map_err(Error::from)
    }
}
