//! Invariants of the end state, independent of the faults during the run.

use std::collections::{BTreeMap, BTreeSet};

use peyvand::app::relay::document_of;
use peyvand::claim::issuance::plan_close;
use peyvand::wire::{EventType, Topic};
use serde_json::Value;

use super::log::What;
use super::outside::{CLOSES, day, month};
use super::world::{World, rules};

type Checked = Result<(), String>;

fn hold(holds: bool, broken: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(broken()) }
}

pub fn all(world: &World) -> Checked {
    nothing_twice(world)?;
    inputs_once(world)?;
    in_the_order_of_commits(world)?;
    one_document_for_each_payable_person(world)?;
    messages_follow_their_documents(world)?;
    sums_agree(world)
}

/// An output record: the step at which it was appended, the step at which it became visible, the event and its sequence
/// number.
struct Seen<'a> {
    appended: u64,
    visible: u64,
    event: &'a peyvand::wire::Outgoing,
    position: i64,
}

fn seen(world: &World) -> impl Iterator<Item = (peyvand::store::offsets::TopicPartition, Vec<Seen<'_>>)> {
    world.log.outputs().map(|partition| {
        let records = world.log.committed(partition, 0).filter_map(|(_, entry)| match &entry.what {
            What::Produced(event, position) => Some(Seen {
                appended: entry.at,
                visible: world.log.committed_at(entry),
                event,
                position: *position,
            }),
            _ => None,
        });
        (partition, records.collect())
    })
}

/// A `read_committed` reader sees each `ce_id` once, and sequence numbers increase.
fn nothing_twice(world: &World) -> Checked {
    let mut ids = BTreeSet::new();
    for (partition, records) in seen(world) {
        for record in &records {
            let (topic, id) = (record.event.topic().name(), &record.event.id);
            hold(ids.insert(id.clone()), || format!("{topic}: two records with ce_id {id}"))?;
        }
        let rise = records.windows(2).all(|pair| pair[0].position < pair[1].position);
        hold(rise, || {
            format!("{}/{}: sequence numbers do not increase", partition.topic.name(), partition.partition)
        })?;
    }
    Ok(())
}

fn inputs_once(world: &World) -> Checked {
    let mut applied = BTreeMap::new();
    for place in &world.store.tables.applied {
        *applied.entry(*place).or_insert(0) += 1;
    }
    for partition in world.log.inputs() {
        for (offset, _) in world.log.committed(partition, 0) {
            let times = applied.get(&(partition, offset)).copied().unwrap_or(0);
            let place = format!("{}/{}/{offset}", partition.topic.name(), partition.partition);
            hold(times == 1, || format!("input {place} was applied {times} times"))?;
        }
    }
    Ok(())
}

/// The topics contain all committed events, per key in the order of commits, and nothing else.
fn in_the_order_of_commits(world: &World) -> Checked {
    type PerKey<'a> = BTreeMap<(Topic, &'a str), Vec<&'a str>>;
    let mut committed = PerKey::new();
    for event in &world.store.tables.said {
        committed.entry((event.topic(), &event.key)).or_default().push(&event.id);
    }
    let mut delivered = PerKey::new();
    for (_, records) in seen(world) {
        for record in records {
            let key = (record.event.topic(), record.event.key.as_str());
            delivered.entry(key).or_default().push(&record.event.id);
        }
    }
    for (key, ids) in &committed {
        let received = delivered.remove(key).unwrap_or_default();
        let topic = key.0.name();
        hold(received == *ids, || {
            format!(
                "{topic}: of {} committed events of a key {} were delivered, or in another order",
                ids.len(),
                received.len()
            )
        })?;
    }
    hold(delivered.is_empty(), || "a topic contains an event that was never committed".to_owned())
}

/// After the last close every payable person has exactly one document in force.
fn one_document_for_each_payable_person(world: &World) -> Checked {
    let rows = &world.store.tables.rows;
    for person in rows.persons.keys() {
        let in_force = rows.documents.values().filter(|d| d.person == *person && !d.superseded).count();
        hold(in_force <= 1, || format!("{in_force} documents of one person are in force"))?;
        hold(in_force == usize::from(rows.payments.contains_key(person)), || {
            "a payment without a document in force".to_owned()
        })?;
        let returned = rows.documents.values().any(|d| d.person == *person && d.stored.is_returned());
        let due = plan_close(&mut rows.known(*person), &rules(day(CLOSES.len() - 1))).issuances;
        // Documents that finance returned after the last close are paid again by the next close.
        hold(due.is_empty() || returned, || {
            "a payable person has no document after the last close".to_owned()
        })?;
    }
    Ok(())
}

/// Each document has one registration SMS, and no SMS is appended before its document is visible.
fn messages_follow_their_documents(world: &World) -> Checked {
    let mut documents = BTreeMap::new();
    let mut messages = BTreeMap::new();
    for record in seen(world).flat_map(|(_, records)| records) {
        if let Some(id) = document_of(record.event) {
            documents.insert(id, record.visible);
        }
        if record.event.kind == EventType::SmsRequested {
            let data = data(record.event);
            let document = data["about"]["document_id"].as_str().unwrap().to_owned();
            if data["kind"] == "registration" {
                hold(messages.insert(document, record.appended).is_none(), || {
                    "two SMS of one document".to_owned()
                })?;
            }
        }
    }
    let known: Vec<_> = world.store.tables.rows.documents.keys().collect();
    hold(documents.keys().eq(known), || "the topic and the database contain different documents".to_owned())?;
    hold(documents.keys().eq(messages.keys()), || {
        format!("{} documents, {} SMS", documents.len(), messages.len())
    })?;
    let early = documents.iter().find(|(id, visible)| messages[*id] <= **visible);
    hold(early.is_none(), || "an SMS was appended before its document was visible".to_owned())
}

fn data(event: &peyvand::wire::Outgoing) -> Value {
    serde_json::from_slice(event.value.as_deref().unwrap()).unwrap()
}

/// Per payment batch, documents, vouchers and the closing event agree, and the closing event is the last.
fn sums_agree(world: &World) -> Checked {
    for place in 0..CLOSES.len() {
        let batch = &world.store.tables.closes[&month(place)].batches[0];
        let mut documents = (0, 0);
        let mut vouchers = (0, 0);
        let (mut closing, mut last) = (None, None);
        let records = seen(world).flat_map(|(_, records)| records);
        for record in records.filter(|record| record.event.key == batch.batch_id) {
            let data = data(record.event);
            let number = |field: &str| data[field].as_i64().unwrap();
            last = Some(record.event.kind);
            match record.event.kind {
                EventType::PaymentDocumentIssued => {
                    documents = (documents.0 + 1, documents.1 + number("amount_rial"));
                }
                EventType::VoucherIssued => {
                    vouchers = (vouchers.0 + number("documents"), vouchers.1 + number("total_rial"));
                }
                _ => closing = Some((number("documents"), number("total_rial"))),
            }
        }
        let agree = closing == Some(documents)
            && documents == vouchers
            && closing == Some((batch.documents, batch.total_rial));
        hold(agree, || {
            format!(
                "{}: documents {documents:?}, vouchers {vouchers:?}, closed with {closing:?}",
                batch.month
            )
        })?;
        hold(last == Some(EventType::BatchClosed), || {
            format!("{}: the closing event is not the last", batch.month)
        })?;
    }
    Ok(())
}
