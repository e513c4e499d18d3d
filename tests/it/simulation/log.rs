//! The simulated broker: partitions, transactions fenced by id and epoch, and the view of a `read_committed` reader.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use peyvand::store::offsets::TopicPartition;
use peyvand::wire::{Outgoing, RawRecord, Topic, partition_for};

use super::io::Failed;

/// A record of the outside world.
pub struct Sent {
    pub topic: Topic,
    pub key: String,
    pub headers: Vec<(&'static str, String)>,
    pub value: Vec<u8>,
}

impl Sent {
    pub fn partition(&self) -> TopicPartition {
        of_key(self.topic, &self.key)
    }

    pub fn message(&self, partition: i32, offset: i64) -> RawRecord<'_> {
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let (key, value) = (Some(self.key.as_bytes()), Some(self.value.as_slice()));
        RawRecord { topic: self.topic, partition, offset, timestamp_ms: None, key, headers, value }
    }
}

pub fn of_key(topic: Topic, key: &str) -> TopicPartition {
    TopicPartition { topic, partition: partition_for(key.as_bytes(), topic.spec().partitions) }
}

#[derive(Clone)]
pub enum What {
    Input(Rc<Sent>),
    /// An output event with its sequence number.
    Produced(Rc<Outgoing>, i64),
    Marker,
}

#[derive(Clone)]
pub struct Entry {
    pub what: What,
    transaction: Option<usize>,
    /// The step at which the record was appended.
    pub at: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Committed(u64),
    Aborted,
}

struct Transaction {
    state: State,
    partitions: BTreeSet<TopicPartition>,
}

#[derive(Default)]
struct Producer {
    epoch: u32,
    open: Option<usize>,
}

#[derive(Default)]
pub struct Log {
    pub partitions: BTreeMap<TopicPartition, Vec<Entry>>,
    transactions: Vec<Transaction>,
    producers: BTreeMap<String, Producer>,
    /// Commit requests that were sent and that have not reached the broker yet.
    pub on_the_way: Vec<(String, u32)>,
    pub now: u64,
}

fn offset(place: usize) -> i64 {
    i64::try_from(place).unwrap()
}

impl Log {
    /// Appends a plain record.
    pub fn send(&mut self, sent: &Rc<Sent>) {
        self.append(sent.partition(), What::Input(sent.clone()), None);
    }

    fn append(&mut self, partition: TopicPartition, what: What, transaction: Option<usize>) {
        let at = self.now;
        self.partitions.entry(partition).or_default().push(Entry { what, transaction, at });
    }

    /// Fences older writers of this id, and aborts the transaction that they left open.
    pub fn fence(&mut self, id: &str) -> u32 {
        let producer = self.producers.entry(id.to_owned()).or_default();
        producer.epoch += 1;
        let (epoch, open) = (producer.epoch, producer.open.take());
        if let Some(open) = open {
            self.close(open, State::Aborted);
        }
        epoch
    }

    pub fn produce(
        &mut self,
        id: &str,
        epoch: u32,
        event: &Rc<Outgoing>,
        position: i64,
    ) -> Result<(), Failed> {
        let next = self.transactions.len();
        let producer = self.writer(id, epoch)?;
        let open = *producer.open.get_or_insert(next);
        if open == next {
            self.transactions.push(Transaction { state: State::Open, partitions: BTreeSet::new() });
        }
        let partition = of_key(event.topic(), &event.key);
        self.transactions[open].partitions.insert(partition);
        self.append(partition, What::Produced(event.clone(), position), Some(open));
        Ok(())
    }

    /// Commits this writer's open transaction.
    pub fn commit(&mut self, id: &str, epoch: u32) -> Result<(), Failed> {
        let (open, now) = (self.writer(id, epoch)?.open.take(), self.now);
        if let Some(open) = open {
            self.close(open, State::Committed(now));
        }
        Ok(())
    }

    fn writer(&mut self, id: &str, epoch: u32) -> Result<&mut Producer, Failed> {
        self.producers.get_mut(id).filter(|producer| producer.epoch == epoch).ok_or(Failed::Broker)
    }

    fn close(&mut self, open: usize, state: State) {
        self.transactions[open].state = state;
        for partition in self.transactions[open].partitions.clone() {
            self.append(partition, What::Marker, Some(open));
        }
    }

    /// The coordinator aborts transactions that are open for too long, and fences their writers.
    pub fn time_out(&mut self) {
        let open = |(id, producer): (&String, &Producer)| producer.open.is_some().then(|| id.clone());
        for id in self.producers.iter().filter_map(open).collect::<Vec<_>>() {
            self.fence(&id);
        }
    }

    pub fn end(&self, partition: TopicPartition) -> i64 {
        self.partitions.get(&partition).map_or(0, |entries| offset(entries.len()))
    }

    /// The records that a `read_committed` reader sees from an offset on: up to the first open transaction, without
    /// aborted records.
    pub fn committed(&self, partition: TopicPartition, from: i64) -> impl Iterator<Item = (i64, &Entry)> {
        let entries = self.partitions.get(&partition).map_or(&[][..], Vec::as_slice);
        let state = |entry: &Entry| entry.transaction.map(|number| self.transactions[number].state);
        entries
            .iter()
            .take_while(move |entry| state(entry) != Some(State::Open))
            .zip(0..)
            .map(|(entry, offset)| (offset, entry))
            .skip(usize::try_from(from).unwrap())
            .filter(move |(_, entry)| {
                state(entry) != Some(State::Aborted) && !matches!(entry.what, What::Marker)
            })
    }

    /// The step at which a record became visible.
    pub fn committed_at(&self, entry: &Entry) -> u64 {
        match entry.transaction.map(|number| self.transactions[number].state) {
            Some(State::Committed(at)) => at,
            _ => entry.at,
        }
    }

    /// All entries ever appended to a partition, including aborted ones.
    pub fn raw(&self, partition: TopicPartition) -> impl DoubleEndedIterator<Item = &Entry> {
        self.partitions.get(&partition).into_iter().flatten()
    }

    pub fn outputs(&self) -> impl Iterator<Item = TopicPartition> {
        let all = self.partitions.keys().copied();
        all.filter(|partition| partition.topic.direction() == peyvand::wire::Direction::Out)
    }

    pub fn inputs(&self) -> impl Iterator<Item = TopicPartition> {
        let all = self.partitions.keys().copied();
        all.filter(|partition| partition.topic.direction() == peyvand::wire::Direction::In)
    }
}
