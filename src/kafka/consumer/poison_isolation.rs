//! Isolates a poison message: a message that the database refuses even alone. When the message is read again, its bytes
//! are kept for a dead letter.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::ingest::RecordBatch;
use crate::store::offsets::{PartitionOffset, TopicPartition};

/// The positions of the messages that the database refused alone, and that are read again for their bytes.
#[derive(Default)]
pub struct PoisonIsolation(Mutex<HashSet<PartitionOffset>>);

/// The next step for a batch whose data the database refused.
pub enum NextStep {
    /// Write these batches, in this order.
    Write(Vec<RecordBatch>),
    /// Read the input again: the refused message is now a suspect.
    ReadAgain,
}

impl PoisonIsolation {
    pub fn is_suspect(&self, partition: TopicPartition, offset: i64) -> bool {
        self.all().contains(&PartitionOffset { partition, offset })
    }

    /// Bisects a refused batch. A message that was refused alone becomes a dead letter when its bytes are available.
    pub fn isolate(&self, batch: RecordBatch) -> NextStep {
        let mut single = match batch.bisect() {
            Ok((earlier, later)) => return NextStep::Write(vec![earlier, later]),
            Err(single) => single,
        };
        for record in &mut single.records {
            let position = PartitionOffset { partition: record.partition, offset: record.offset };
            if !record.make_dead_letter() {
                self.all().insert(position);
                return NextStep::ReadAgain;
            }
            self.all().remove(&position);
        }
        NextStep::Write(vec![single])
    }

    fn all(&self) -> MutexGuard<'_, HashSet<PartitionOffset>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
