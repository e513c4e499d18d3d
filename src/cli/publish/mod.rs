//! `peyvand publish`: stands in for the outside systems. It speaks with the broker alone, never with the database.

mod receipt;
mod send;
mod source;

use std::time::Duration;

pub use receipt::{await_receipt, find_receipt, rejected, show};
pub use send::{Sent, send_file};
pub use source::Source;

use super::arguments::Publish;
use super::start::Started;
use super::{Error, Result};
use crate::clock::Clock;

pub async fn run(started: &Started, wish: Publish, json: bool) -> Result<()> {
    started.topics().await?;
    let clock = Clock::new(started.settings.today).map_err(|error| Error::Failed(error.to_string()))?;
    let (broker, stop) = (started.broker.clone(), started.stop.clone());
    let work = move || {
        let source = Source::open(&wish.file)?;
        if let Some(receipt) = find_receipt(&broker, source.file_id())? {
            if !json {
                say!("This file was received before; nothing is sent. Its receipt:");
            }
            show(&receipt, json);
            return strictly(wish.strict, rejected(&receipt));
        }
        let at = clock.now();
        let sent = send_file(&broker, wish.kind, &source, wish.rejects.as_deref(), at, &stop, json)?;
        let receipt = await_receipt(&broker, source.file_id(), Duration::from_secs(wish.timeout), &stop)?;
        match &receipt {
            Some(receipt) => show(receipt, json),
            None => not_yet(&sent, source.file_id(), wish.timeout, json),
        }
        // The receipt knows more: what the service rejected.
        strictly(wish.strict, receipt.as_ref().map_or(sent.rejected, rejected))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Interrupted)?
}

/// Exit status 1 for rejected rows, where that was asked for.
fn strictly(strict: bool, rejected: u64) -> Result<()> {
    if strict && rejected > 0 {
        return Err(Error::Failed(format!("{rejected} rows were rejected (--strict)")));
    }
    Ok(())
}

fn not_yet(sent: &Sent, file_id: &str, timeout: u64, json: bool) {
    if json {
        say!(
            "{}",
            serde_json::json!({"file_id": file_id, "receipt": null, "declared": sent.declared, "rejected": sent.rejected})
        );
        return;
    }
    say!(
        "{} rows were read, {} of them rejected; the rest is in the topics. The receipt has not come within {timeout} s: \
         is `peyvand serve` running? Publishing the file again will show it.",
        sent.declared,
        sent.rejected
    );
}
