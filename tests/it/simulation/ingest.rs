//! One batch writes facts, decisions, output events and the consumer's offsets in one transaction; as
//! `app::ingest::apply_batch`.

use peyvand::app::ingest::{ConsumedRecord, RecordBatch};
use peyvand::claim::plan::Trigger;
use peyvand::claim::planning::plan;
use peyvand::store::offsets::{OffsetAdvance, TopicPartition};

use crate::simulation::connection::Connection;
use crate::simulation::facts::{BatchState, named};
use crate::simulation::io::{Failed, Io};
use crate::simulation::store::Lock;
use crate::simulation::world::{Defect, rules};
use crate::simulation::writing::write;

pub async fn ingest_batch(io: &Io, batch: &RecordBatch) -> Result<(), Failed> {
    let today = io.world().today;
    let tx = Connection::open(io);
    advance(io, &tx, batch).await?;
    if io.has(Defect::OffsetsBeforeBatch) {
        tx.commit("commit the offsets").await?;
    }
    let persons = named(&io.world().store.tables.rows, batch);
    if !io.has(Defect::PersonsNotLocked) {
        tx.lock("lock the persons", &persons.iter().copied().map(Lock::Person).collect::<Vec<_>>()).await?;
    }
    let mut batch_state = BatchState::new(io.world().store.tables.rows.of(&persons));
    batch.records.iter().for_each(|taken| batch_state.apply(taken));
    let mut planned = Vec::new();
    for person in &batch_state.touched {
        let mut known = batch_state.rows.known(*person);
        let documents = known.payments.iter().flat_map(|payment| &payment.documents);
        let answered = documents.filter(|document| batch_state.answered.contains(&document.document_id));
        known.answered = answered.map(|document| document.document_id.clone()).collect();
        let plan = plan(&known, &rules(today), Trigger::Input);
        if !plan.is_empty() {
            planned.push((known, plan));
        }
    }
    io.step("write the decisions").await;
    let mut events = write(&tx, &mut batch_state.rows, &planned);
    let BatchState { rows, letters, .. } = batch_state;
    for ((partition, offset), reason, letter) in letters {
        tx.take([("dead_letters", format!("{partition:?} {offset}"))]);
        tx.write(move |tables| {
            tables.letters.insert((partition, offset), reason);
        });
        events.push(letter);
    }
    let applied: Vec<_> = batch.records.iter().map(|taken| (taken.partition, taken.offset)).collect();
    tx.write(move |tables| {
        tables.rows.put(rows);
        tables.applied.extend(applied);
    });
    tx.place(events).await?;
    tx.commit("commit the batch").await
}

/// As `store::offsets::advance`: compare and set.
async fn advance(io: &Io, tx: &Connection, batch: &RecordBatch) -> Result<(), Failed> {
    let rows: Vec<_> = batch.advances.iter().map(|advance| Lock::Offset(advance.partition)).collect();
    let place = |advance: &OffsetAdvance| {
        let OffsetAdvance { partition: TopicPartition { topic, partition }, expected, next } = advance;
        let of = |taken: &&ConsumedRecord| taken.partition == advance.partition;
        let offsets: Vec<_> = batch.records.iter().filter(of).map(|taken| taken.offset).collect();
        format!(" {}/{partition} {expected} to {next} with {offsets:?}", topic.name())
    };
    let places: String = batch.advances.iter().map(place).collect();
    tx.lock(format!("advance the offsets:{places}"), &rows).await?;
    for OffsetAdvance { partition, expected, next } in batch.advances.iter().copied() {
        let stands = io.world().store.tables.offsets.get(&partition).copied();
        if stands != Some(expected) && !io.has(Defect::OffsetsWithoutCompare) {
            return Err(Failed::LostPartition);
        }
        tx.write(move |tables| {
            tables.offsets.insert(partition, next);
        });
    }
    Ok(())
}
