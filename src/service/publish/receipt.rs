//! Finds, awaits and shows the receipt of a file.

use std::time::Duration;

use crate::kafka::reader::{TopicRecord, follow, read_to_end};
use crate::kafka::{self, Broker};
use crate::retry::ShutdownSignal;
use crate::service::{Error, Result};
use crate::terminal::say;
use crate::wire::Topic;
use crate::wire::registry_file_receipts_v1::FileReceived;

/// Returns the receipt that is in the topic now, if any.
pub fn find_receipt(broker: &Broker, file_id: &str) -> Result<Option<FileReceived>> {
    search(file_id, |each| read_to_end(broker, Topic::RegistryFileReceipts, each))
}

/// Waits for the receipt for at most `within`.
///
/// # Errors
/// If the topic cannot be read, or shutdown is requested.
pub fn await_receipt(
    broker: &Broker,
    file_id: &str,
    within: Duration,
    stop: &ShutdownSignal,
) -> Result<Option<FileReceived>> {
    let found = search(file_id, |each| follow(broker, Topic::RegistryFileReceipts, within, stop, each))?;
    if found.is_none() && *stop.borrow() {
        return Err(Error::Interrupted);
    }
    Ok(found)
}

type Each<'a> = &'a mut dyn FnMut(TopicRecord<'_>) -> kafka::Result<bool>;

fn search(file_id: &str, read: impl FnOnce(Each<'_>) -> kafka::Result<()>) -> Result<Option<FileReceived>> {
    let mut found = None;
    read(&mut |record| {
        if record.key == Some(file_id.as_bytes()) {
            found = record.value.and_then(|value| serde_json::from_slice(value).ok());
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// The number of rejected rows, for all reasons.
pub fn rejected(receipt: &FileReceived) -> u64 {
    receipt.rejected.values().sum()
}

pub fn show(receipt: &FileReceived, json: bool) {
    if json {
        say!("{}", serde_json::to_string(receipt).unwrap_or_default());
        return;
    }
    say!(
        "  {:<18} {:>9} rows: {} accepted, {} corrected, {} unchanged, {} conflicting, {} rejected",
        receipt.kind.as_str(),
        receipt.declared,
        receipt.accepted,
        receipt.corrected,
        receipt.unchanged,
        receipt.conflicting,
        rejected(receipt)
    );
    if receipt.unterminated {
        say!("  {:<18} the file ended without a line end and may have been cut off", "");
    }
    for (reason, rows) in &receipt.rejected {
        say!("  {:<18} {rows:>9} {reason}", "");
    }
}
