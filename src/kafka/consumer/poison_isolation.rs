//! Messages that the database refused alone: when they are read again, their bytes are kept for a dead letter.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::ingest::RecordBatch;
use crate::store::offsets::TopicPartition;

#[derive(Default)]
pub struct PoisonIsolation(Mutex<HashSet<(TopicPartition, i64)>>);

/// What to do with a batch that the database refused for what it holds.
pub enum NextStep {
    /// Write these, in this order.
    Write(Vec<RecordBatch>),
    /// Read the input again: the message that was refused is under suspicion now.
    ReadAgain,
}

impl PoisonIsolation {
    pub fn is_suspect(&self, partition: TopicPartition, offset: i64) -> bool {
        self.all().contains(&(partition, offset))
    }

    /// Takes a refused batch apart; a message refused alone becomes a dead letter once its bytes are at hand.
    pub fn isolate(&self, batch: RecordBatch) -> NextStep {
        let mut one = match batch.bisect() {
            Ok((earlier, later)) => return NextStep::Write(vec![earlier, later]),
            Err(one) => one,
        };
        for taken in &mut one.records {
            let place = (taken.partition, taken.offset);
            if !taken.make_dead_letter() {
                self.all().insert(place);
                return NextStep::ReadAgain;
            }
            self.all().remove(&place);
        }
        NextStep::Write(vec![one])
    }

    fn all(&self) -> MutexGuard<'_, HashSet<(TopicPartition, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
