//! The next events in the outbox, the last records in the topics, and the check that both have the same history; as
//! `kafka::relay::tail` and `store::outbox::page`.

use std::collections::BTreeMap;
use std::rc::Rc;

use peyvand::store::offsets::TopicPartition;
use peyvand::wire::{EventType, Outgoing};

use super::io::Failed;
use super::log::{Log, What};
use super::store::Tables;

/// Number of offsets that the first read covers; each further read covers twice as many.
const FIRST_READ: usize = 2;

/// The last sequence number in each partition, and the event id of that record.
pub type Tails = BTreeMap<TopicPartition, (i64, String)>;

/// The next events of a relay shard, from up to `segments` segments.
pub fn page(tables: &Tables, group: i16, delivered: i64, segments: usize) -> Vec<(i64, Rc<Outgoing>)> {
    let of_group = tables.outbox.range((group, 0)..(group + 1, 0));
    let positions = of_group.map(|((_, first), events)| (*first..).zip(events));
    let undelivered = positions.filter_map(|segment| {
        let events: Vec<_> = segment.filter(|(position, _)| *position > delivered).collect();
        (!events.is_empty()).then_some(events)
    });
    let events = undelivered.take(segments).flatten();
    events.map(|(position, event)| (position, event.clone())).collect()
}

/// The last output record in a partition: each read starts further back, until one is found.
pub fn tail(log: &Log, partition: TopicPartition, with_aborted: bool) -> Option<(i64, String)> {
    let ours = |what: &What| match what {
        What::Produced(event, position) if event.kind == EventType::DeadLetter => {
            Some((*position, String::new()))
        }
        What::Produced(event, position) => Some((*position, event.id.clone())),
        _ => None,
    };
    if with_aborted {
        return log.raw(partition).rev().find_map(|entry| ours(&entry.what));
    }
    let high = usize::try_from(log.end(partition)).unwrap();
    let mut length = FIRST_READ;
    loop {
        let from = i64::try_from(high.saturating_sub(length)).unwrap();
        let found = log.committed(partition, from).filter_map(|(_, entry)| ours(&entry.what)).last();
        if found.is_some() || length >= high {
            return found;
        }
        length *= 2;
    }
}

/// Refuses to send if the database is older than its topics.
pub fn refuse_older(tables: &Tables, group: i16, delivered: i64, tails: &Tails) -> Result<(), Failed> {
    let allocated = tables.heads[&group] - 1;
    let at = |wanted: i64| {
        let (place, event) = page(tables, group, wanted - 1, 1).into_iter().next()?;
        (place == wanted).then(|| event.id.clone())
    };
    let is_known = |(position, id): &(i64, String)| {
        *position <= allocated
            && (*position <= delivered || id.is_empty() || at(*position).is_none_or(|known| known == *id))
    };
    if tails.values().all(is_known) { Ok(()) } else { Err(Failed::OlderThanTopics) }
}
