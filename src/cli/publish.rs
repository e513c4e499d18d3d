//! `peyvand publish`: publishes files for the outside systems. It connects to the broker, and never to the database.

use std::time::Duration;

use super::arguments::Publish;
use super::start::CommandContext;
use super::{Error, Result};
use crate::clock::Clock;
use crate::kafka::Broker;
use crate::retry::ShutdownSignal;
use crate::service;
use crate::service::publish::{
    FileCheck, Publication, SourceFile, await_receipt, find_receipt, rejected, show,
};
use crate::terminal::say;
use crate::wire::files::{RowCounts, RowLimits};
use crate::wire::registry_file_receipts_v1::FileReceived;

pub async fn run(started: &CommandContext, options: Publish, json: bool) -> Result<()> {
    let clock = Clock::new(started.env.settings.today).map_err(|error| Error::failed(error.to_string()))?;
    let limits = RowLimits { today: clock.today(), now: clock.now() };
    if !options.check {
        started.env.ensure_topics().await?;
    }
    let work = PublishWork {
        broker: started.env.broker.clone(),
        stop: started.env.shutdown.clone(),
        limits,
        options,
        json,
    };
    tokio::task::spawn_blocking(move || work.run()).await.map_err(|_| service::Error::Interrupted)?
}

/// One run of the command, on a thread that may block.
struct PublishWork {
    broker: Broker,
    stop: ShutdownSignal,
    limits: RowLimits,
    options: Publish,
    json: bool,
}

impl PublishWork {
    fn run(&self) -> Result<()> {
        let source = SourceFile::open(&self.options.file)?;
        if self.options.check {
            let counts = self.check(&source)?;
            show_check(&counts, &source, &self.options, self.json);
            return self.check_strict(counts.rejected_rows(), 0);
        }
        if let Some(receipt) = find_receipt(&self.broker, source.file_id())? {
            return self.show_earlier_receipt(&receipt);
        }
        let counts = self.check(&source)?;
        let publication = Publication {
            broker: &self.broker,
            kind: self.options.kind,
            source: &source,
            limits: self.limits,
            stop: &self.stop,
            quiet: self.json,
        };
        publication.send()?;
        let timeout = Duration::from_secs(self.options.timeout);
        match await_receipt(&self.broker, source.file_id(), timeout, &self.stop)? {
            Some(receipt) => {
                show(&receipt, self.json);
                // The receipt includes the rows that the service rejected, which the publisher does not know.
                self.check_strict(rejected(&receipt), receipt.conflicting)
            }
            None => {
                show_without_receipt(&counts, &source, &self.options, self.json);
                Err(Error::NoReceipt)
            }
        }
    }

    fn check(&self, source: &SourceFile) -> Result<RowCounts> {
        let check = FileCheck {
            kind: self.options.kind,
            source,
            limits: self.limits,
            rejects: self.options.rejects.as_deref(),
            strict: self.options.strict,
            quiet: self.json,
            stop: &self.stop,
        };
        Ok(check.run()?)
    }

    fn show_earlier_receipt(&self, receipt: &FileReceived) -> Result<()> {
        if receipt.kind != self.options.kind {
            return Err(Error::failed(format!(
                "this file was received as {} before; it cannot be a file of {}, too",
                receipt.kind, self.options.kind
            )));
        }
        if !self.json {
            say!("This file was received before; nothing is sent. Its receipt:");
        }
        show(receipt, self.json);
        self.check_strict(rejected(receipt), receipt.conflicting)
    }

    /// Fails if rows were rejected or conflict with earlier ones, and `--strict` is set.
    fn check_strict(&self, rejected: u64, conflicting: u64) -> Result<()> {
        if self.options.strict && rejected + conflicting > 0 {
            return Err(Error::failed(format!(
                "{rejected} rows were rejected and {conflicting} conflict with earlier rows (--strict)"
            )));
        }
        Ok(())
    }
}

/// The result of `--check`.
fn show_check(counts: &RowCounts, source: &SourceFile, options: &Publish, json: bool) {
    if json {
        let shown = serde_json::json!({"file_id": source.file_id(), "kind": options.kind.as_str(),
            "declared": counts.declared, "valid": counts.rows, "rejected": counts.rejected,
            "unterminated": counts.unterminated});
        say!("{shown}");
        return;
    }
    say!(
        "  {:<18} {:>9} rows: {} valid, {} rejected; nothing was sent (--check)",
        options.kind.as_str(),
        counts.declared,
        counts.rows,
        counts.rejected_rows()
    );
    for (reason, rows) in &counts.rejected {
        say!("  {:<18} {rows:>9} {reason}", "");
    }
}

fn show_without_receipt(counts: &RowCounts, source: &SourceFile, options: &Publish, json: bool) {
    let file_id = source.file_id();
    if json {
        say!(
            "{}",
            serde_json::json!({"file_id": file_id, "receipt": null, "declared": counts.declared,
                "rejected": counts.rejected_rows()})
        );
        return;
    }
    say!(
        "{} rows were read, and {} of them were rejected; the others are in the topics. No receipt arrived within \
         {} s. Is `peyvand serve` running? `peyvand publish {} {}` shows it later, and sends missing rows. \
         `peyvand status` lists files that stay incomplete.",
        counts.declared,
        counts.rejected_rows(),
        options.timeout,
        options.kind,
        source.name().display()
    );
}
