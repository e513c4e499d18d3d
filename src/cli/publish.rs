//! `peyvand publish`: stands in for the outside systems. It speaks with the broker alone, never with the database.

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

pub async fn run(started: &CommandContext, wish: Publish, json: bool) -> Result<()> {
    started.env.ensure_topics().await?;
    let clock = Clock::new(started.env.settings.today).map_err(|error| Error::failed(error.to_string()))?;
    let (broker, stop) = (started.env.broker.clone(), started.env.shutdown.clone());
    let work = move || {
        let source = SourceFile::open(&wish.file)?;
        if let Some(receipt) = find_receipt(&broker, source.file_id())? {
            if !json {
                say!("This file was received before; nothing is sent. Its receipt:");
            }
            show(&receipt, json);
            return strictly(wish.strict, rejected(&receipt));
        }
        let (kind, at) = (wish.kind, clock.now());
        let publication =
            Publication { broker: &broker, kind, source: &source, at, stop: &stop, quiet: json };
        let sent = publication.send(wish.rejects.as_deref())?;
        match await_receipt(&broker, source.file_id(), Duration::from_secs(wish.timeout), &stop)? {
            Some(receipt) => {
                show(&receipt, json);
                // The receipt knows more than the publisher: what the service rejected.
                strictly(wish.strict, rejected(&receipt))
            }
            None => {
                show_without_receipt(&sent, &source, &wish, json);
                Err(Error::NoReceipt)
            }
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| service::Error::Interrupted)?
}

/// Exit status 1 for rejected rows, where that was asked for.
fn strictly(strict: bool, rejected: u64) -> Result<()> {
    if strict && rejected > 0 {
        return Err(Error::failed(format!("{rejected} rows were rejected (--strict)")));
    }
    Ok(())
}

fn show_without_receipt(sent: &PublishCounts, source: &SourceFile, wish: &Publish, json: bool) {
    let file_id = source.file_id();
    if json {
        let (declared, rejected) = (sent.declared, sent.rejected);
        let shown = serde_json::json!({"file_id": file_id, "receipt": null, "declared": declared, "rejected": rejected});
        say!("{shown}");
        return;
    }
    say!(
        "{} rows were read, {} of them rejected; the rest is in the topics. The receipt has not come within {} s: is \
         `peyvand serve` running? `peyvand publish {} {}` shows it later, and sends what is not there yet; \
         `peyvand status` names files that stay incomplete.",
        sent.declared,
        sent.rejected,
        wish.timeout,
        wish.kind,
        source.name().display()
    );
}
