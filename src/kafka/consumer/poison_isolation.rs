//! Messages that the database refused alone: when they are read again, their bytes are kept for a dead letter.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::offsets::Partition;
use crate::work::take_in::Batch;

#[derive(Default)]
pub struct Suspects(Mutex<HashSet<(Partition, i64)>>);

/// What to do with a batch that the database refused for what it holds.
pub enum Next {
    /// Write these, in this order.
    Write(Vec<Batch>),
    /// Read the input again: the message that was refused is under suspicion now.
    ReadAgain,
}

impl Suspects {
    pub fn has(&self, partition: Partition, offset: i64) -> bool {
        self.all().contains(&(partition, offset))
    }

    /// Takes a refused batch apart; a message refused alone becomes a dead letter once its bytes are at hand.
    pub fn part(&self, batch: Batch) -> Next {
        let mut one = match batch.halves() {
            Ok((earlier, later)) => return Next::Write(vec![earlier, later]),
            Err(one) => one,
        };
        for taken in &mut one.taken {
            let place = (taken.partition, taken.offset);
            if !taken.refuse() {
                self.all().insert(place);
                return Next::ReadAgain;
            }
            self.all().remove(&place);
        }
        Next::Write(vec![one])
    }

    fn all(&self) -> MutexGuard<'_, HashSet<(Partition, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
