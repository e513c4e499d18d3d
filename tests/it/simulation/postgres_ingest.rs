//! Ingest of batches by PostgreSQL and by the simulation.

use peyvand::app::ingest as real;
use peyvand::app::ingest::{ConsumedRecord, RecordBatch};
use peyvand::store::offsets::{self, OffsetAdvance, PartitionOffset};

use crate::simulation::casework::ending;
use crate::simulation::ingest::ingest_batch;
use crate::simulation::log::What;
use crate::simulation::outside::{answer, answers_of};
use crate::simulation::postgres::{Both, failed, finish};
use crate::simulation::writing::AT;

impl Both {
    /// Applies a batch of the next inputs, or the last batch again, which the stored offsets refuse.
    pub async fn batch(&mut self, is_new: bool) -> &'static str {
        if is_new {
            for _ in 0..=self.dice.below(3) {
                let Some(next) = self.to_come.pop() else { break };
                self.io.world().send(&next);
            }
            self.last = self.next_messages();
            let partitions: Vec<_> =
                self.last.iter().map(|next| PartitionOffset { offset: 0, ..*next }).collect();
            offsets::begin(&self.ctx.pool, &partitions).await.unwrap();
            for PartitionOffset { partition, .. } in partitions {
                self.io.world().store.tables.offsets.entry(partition).or_insert(0);
            }
        }
        if self.last.is_empty() {
            return "no batch";
        }
        let batch = self.read();
        let real = real::apply_batch(&self.ctx, &batch).await;
        let simulated = finish(ingest_batch(&self.io, &batch));
        assert_eq!(real.map(drop).map_err(failed), simulated);
        assert_eq!(simulated.is_ok(), is_new);
        "a batch"
    }

    /// A few records after the stored offsets, in the order of each partition.
    fn next_messages(&mut self) -> Vec<PartitionOffset> {
        let world = self.io.world();
        let stands = |partition| world.store.tables.offsets.get(&partition).copied().unwrap_or(0);
        let ready = world.log.inputs().flat_map(|p| {
            (stands(p)..world.log.end(p)).map(move |offset| PartitionOffset { partition: p, offset })
        });
        ready.take(1 + self.dice.pick(6)).collect()
    }

    fn read(&self) -> RecordBatch {
        let world = self.io.world();
        let mut batch = RecordBatch { advances: Vec::new(), records: Vec::new() };
        for PartitionOffset { partition, offset } in self.last.iter().copied() {
            let (_, entry) = world.log.committed(partition, offset).next().unwrap();
            let What::Input(sent) = &entry.what else { unreachable!() };
            let message = sent.message(partition.partition, offset);
            batch.records.push(ConsumedRecord::read(
                &message,
                partition.topic.name(),
                &peyvand::wire::RecordKey::new(b"simulation"),
                AT,
                false,
            ));
            match batch.advances.iter_mut().find(|advance| advance.partition == partition) {
                Some(advance) => advance.next = offset + 1,
                None => batch.advances.push(OffsetAdvance { partition, expected: offset, next: offset + 1 }),
            }
        }
        batch
    }

    /// Officers end a case, also one whose document is not returned or that they have ended before. The next batch ingests
    /// what they say.
    pub async fn officers(&mut self) -> &'static str {
        let known: Vec<_> = {
            let world = self.io.world();
            world.store.tables.rows.cases.iter().map(|(id, (person, _))| (*id, *person)).collect()
        };
        if !known.is_empty() {
            let (case_id, person) = known[self.dice.pick(known.len())];
            for said in ending(case_id, person) {
                self.io.world().send(&said);
            }
        }
        self.batch(true).await
    }

    /// Finance answers a document, or a document that was never issued; the next batch ingests the answer.
    pub async fn finance(&mut self) -> &'static str {
        let known: Vec<_> = self.io.world().store.tables.rows.documents.keys().cloned().collect();
        let id = if known.is_empty() || self.dice.one_in(6) {
            "nobody's".to_owned()
        } else {
            known[self.dice.pick(known.len())].clone()
        };
        // The answers to a random document, so that one document gets different answers.
        let answers = answers_of(&char::from(b'0' + u8::try_from(self.dice.below(8)).unwrap()).to_string());
        for content in answers {
            self.io.world().send(&answer(&id, content));
        }
        self.batch(true).await
    }
}
