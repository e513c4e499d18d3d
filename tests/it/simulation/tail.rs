//! What the outbox holds next, what the topics hold last, and whether they can be of one history; as `kafka::tail`,
//! `store::outbox::page`.

use std::collections::BTreeMap;
use std::rc::Rc;

use peyvand::store::offsets::TopicPartition;
use peyvand::wire::{EventType, Outgoing};

use super::io::Failed;
use super::log::{Log, What};
use super::store::Tables;

/// How far back the first look goes; each further look goes twice as far.
const FIRST_LOOK: usize = 2;

/// The last position of ours in each partition, and the id that stands there.
pub type Tails = BTreeMap<TopicPartition, (i64, String)>;

/// The next events of a group, up to so many segments of them.
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

/// The last record of ours in a partition: looked for further and further back.
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
    let mut look = FIRST_LOOK;
    loop {
        let from = i64::try_from(high.saturating_sub(look)).unwrap();
        let found = log.committed(partition, from).filter_map(|(_, entry)| ours(&entry.what)).last();
        if found.is_some() || look >= high {
            return found;
        }
        look *= 2;
    }
}

/// A database that is older than its topics must not send over what it does not know.
pub fn refuse_older(tables: &Tables, group: i16, delivered: i64, tails: &Tails) -> Result<(), Failed> {
    let given = tables.heads[&group] - 1;
    let at = |wanted: i64| {
        let (place, event) = page(tables, group, wanted - 1, 1).into_iter().next()?;
        (place == wanted).then(|| event.id.clone())
    };
    let is_known = |(position, id): &(i64, String)| {
        *position <= given
            && (*position <= delivered || id.is_empty() || at(*position).is_none_or(|known| known == *id))
    };
    if tails.values().all(is_known) { Ok(()) } else { Err(Failed::OlderThanTopics) }
}
