//! The check before the first delivery: output topics that another secret has written are never filled.

use crate::kafka::client::Broker;
use crate::kafka::reader::read_to_end;
use crate::kafka::{Error, Result};
use crate::wire::proof::Origin;
use crate::wire::{RecordKey, Topic};

/// Checks that the output topics have no records of another secret. Call it only for a database that has never
/// delivered anything: with another secret every person would have other ids, and would be paid again. A single own
/// record shows that the secret is right. Blocks.
///
/// # Errors
/// [`Error::AnotherSecret`] if records have a MAC and every MAC is wrong.
pub fn check_secret(broker: &Broker, key: &RecordKey) -> Result<()> {
    let mut wrong = None;
    for topic in Topic::outputs() {
        let mut is_own = false;
        read_to_end(broker, topic, &mut |record| {
            match key.origin(&record.content()) {
                Origin::Own { .. } => is_own = true,
                Origin::WrongMac => wrong = Some(topic),
                Origin::NoMac => {}
            }
            Ok(!is_own)
        })?;
        if is_own {
            return Ok(());
        }
    }
    match wrong {
        Some(topic) => Err(Error::AnotherSecret { topic: broker.name(topic) }),
        None => Ok(()),
    }
}
