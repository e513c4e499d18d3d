//! `peyvand publish`: publishes files for the outside systems. It connects to the broker, and never to the database.

use std::time::Duration;

use super::arguments::Publish;
use super::start::CommandContext;
use super::{Error, Result};
use crate::clock::Clock;
use crate::service;
use crate::service::publish::{
    Publication, PublishCounts, SourceFile, await_receipt, find_receipt, rejected, show,
};
use crate::terminal::say;

pub async fn run(started: &CommandContext, options: Publish, json: bool) -> Result<()> {
    started.env.ensure_topics().await?;
    let clock = Clock::new(started.env.settings.today).map_err(|error| Error::failed(error.to_string()))?;
    let (broker, stop) = (started.env.broker.clone(), started.env.shutdown.clone());
    let work = move || {
        let source = SourceFile::open(&options.file)?;
        if let Some(receipt) = find_receipt(&broker, source.file_id())? {
            if !json {
                say!("This file was received before; nothing is sent. Its receipt:");
            }
            show(&receipt, json);
            return check_strict(options.strict, rejected(&receipt));
        }
        let (kind, at) = (options.kind, clock.now());
        let publication =
            Publication { broker: &broker, kind, source: &source, at, stop: &stop, quiet: json };
        let sent = publication.send(options.rejects.as_deref())?;
        match await_receipt(&broker, source.file_id(), Duration::from_secs(options.timeout), &stop)? {
            Some(receipt) => {
                show(&receipt, json);
                // The receipt includes the rows that the service rejected, which the publisher does not know.
                check_strict(options.strict, rejected(&receipt))
            }
            None => {
                show_without_receipt(&sent, &source, &options, json);
                Err(Error::NoReceipt)
            }
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| service::Error::Interrupted)?
}

/// Fails if rows were rejected and `--strict` is set.
fn check_strict(strict: bool, rejected: u64) -> Result<()> {
    if strict && rejected > 0 {
        return Err(Error::failed(format!("{rejected} rows were rejected (--strict)")));
    }
    Ok(())
}

fn show_without_receipt(sent: &PublishCounts, source: &SourceFile, options: &Publish, json: bool) {
    let file_id = source.file_id();
    if json {
        let (declared, rejected) = (sent.declared, sent.rejected);
        let shown = serde_json::json!({"file_id": file_id, "receipt": null, "declared": declared, "rejected": rejected});
        say!("{shown}");
        return;
    }
    say!(
        "{} rows were read, and {} of them were rejected; the others are in the topics. No receipt arrived within \
         {} s. Is `peyvand serve` running? `peyvand publish {} {}` shows it later, and sends missing rows. \
         `peyvand status` lists files that stay incomplete.",
        sent.declared,
        sent.rejected,
        options.timeout,
        options.kind,
        source.name().display()
    );
}
