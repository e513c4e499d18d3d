//! The outside world: publishers, finance, and the requests to close a month.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use peyvand::app::relay::document_of;
use peyvand::claim::codes::PaymentOutcome;
use peyvand::law::{SolarDate, SolarMonth};
use peyvand::store::offsets::TopicPartition;
use peyvand::wire::Topic;
use peyvand::wire::finance_payment_outcomes_v1::{DocumentOutcome, event_type};

use super::io::Io;
use super::log::{Sent, What};
use super::world::World;
use super::writing::AT;
use crate::simulation::population::{Population, sent};

/// The months to close, each with the day of its close.
pub const CLOSES: [(&str, &str); 2] = [("1404-07", "1404-08-01"), ("1404-08", "1404-09-01")];

pub fn month(place: usize) -> SolarMonth {
    CLOSES[place].0.parse().unwrap()
}

pub fn day(place: usize) -> SolarDate {
    CLOSES[place].1.parse().unwrap()
}

/// Publishes the first inputs, requests the first close, publishes the changes, requests the second close, and waits
/// until everything is delivered. If the population does not wait, the changes arrive during the first close.
pub async fn direct(io: Io, population: Rc<Population>, does_wait: bool, ended: Rc<Cell<bool>>) {
    publish(&io, &population.first).await;
    io.world().wanted = Some(month(0));
    if !does_wait {
        publish(&io, &population.second).await;
    }
    until(&io, |world| is_closed(world, month(0)) && is_drained(world)).await;
    io.world().today = day(1);
    if does_wait {
        publish(&io, &population.second).await;
    }
    io.world().wanted = Some(month(1));
    until(&io, |world| is_closed(world, month(1)) && is_drained(world)).await;
    ended.set(true);
}

async fn until(io: &Io, holds: impl Fn(&World) -> bool) {
    while !holds(&io.world()) {
        io.idle(20).await;
    }
}

fn is_closed(world: &World, month: SolarMonth) -> bool {
    world.store.tables.closes.get(&month).is_some_and(|close| close.closed)
}

/// No input, output, message or answer is pending.
fn is_drained(world: &World) -> bool {
    let tables = &world.store.tables;
    let is_taken = |p: TopicPartition| tables.offsets.get(&p).is_some_and(|next| *next >= world.log.end(p));
    let is_answered = |id: &String| {
        let answers = answers_of(id);
        answers.iter().all(|(outcome, _, at)| {
            tables.rows.answers.contains_key(&(id.clone(), at.as_microsecond(), outcome.as_str()))
        })
    };
    world.log.inputs().all(is_taken)
        && tables.groups.iter().all(|(group, stands)| stands.delivered + 1 == tables.heads[group])
        && tables.rows.messages.values().all(|message| message.released)
        && tables.rows.documents.keys().all(is_answered)
        && tables
            .rows
            .cases
            .values()
            .all(|(_, case)| case.is_judged() || case.cause.grounds != ["RETURNED_AS_DUPLICATE"])
}

/// Order is kept per topic, and so per key. A publisher without an acknowledgement sends the record again.
async fn publish(io: &Io, all: &[Rc<Sent>]) {
    let mut topics: BTreeMap<Topic, VecDeque<Rc<Sent>>> = BTreeMap::new();
    for sent in all {
        topics.entry(sent.topic).or_default().push_back(sent.clone());
    }
    while !topics.is_empty() {
        io.idle(4).await;
        let mut world = io.world();
        let place = world.dice.pick(topics.len());
        let topic = *topics.keys().nth(place).unwrap();
        let queue = topics.get_mut(&topic).unwrap();
        let next = queue.pop_front().unwrap();
        if queue.is_empty() {
            topics.remove(&topic);
        }
        world.send(&next);
        if world.happens(6) {
            world.send(&next);
        }
    }
}

/// Answers every document that it reads. After a crash it reads and answers from the start again.
pub async fn finance(io: Io) {
    let mut next: BTreeMap<TopicPartition, i64> = BTreeMap::new();
    loop {
        io.idle(30).await;
        let mut documents = Vec::new();
        {
            let world = io.world();
            let outputs = world.log.outputs().filter(|p| p.topic == Topic::FinancePaymentDocuments);
            for partition in outputs {
                let from = next.entry(partition).or_insert(0);
                for (offset, entry) in world.log.committed(partition, *from) {
                    *from = offset + 1;
                    let What::Produced(event, _) = &entry.what else { continue };
                    documents.extend(document_of(event));
                }
            }
        }
        for id in documents {
            for word in answers_of(&id) {
                io.step("finance answers").await;
                io.world().send(&answer(&id, word));
            }
        }
    }
}

/// Outcome, code and instant of an answer.
pub type Word = (PaymentOutcome, Option<String>, Timestamp);

pub fn answer(id: &str, (outcome, code, at): Word) -> Rc<Sent> {
    let data = DocumentOutcome { document_id: id.to_owned(), outcome: None, code, at };
    sent(event_type(outcome), id, &[id, &at.to_string()], &data)
}

/// The answers of finance to a document, determined by its id.
pub fn answers_of(id: &str) -> Vec<Word> {
    use PaymentOutcome::{Accepted, Paid, Returned};
    let at = |hours| AT + SignedDuration::from_hours(hours);
    let code = |code: &str| Some(code.to_owned());
    match id.bytes().next().unwrap_or_default() % 8 {
        0 => vec![],
        1 => vec![(Accepted, None, at(1))],
        2 | 3 => vec![(Returned, code("AC04"), at(2))],
        4 => vec![(Accepted, None, at(1)), (Returned, code("AC06"), at(3))],
        5 => vec![(Returned, code("AM05"), at(2))],
        _ => vec![(Accepted, None, at(1)), (Paid, None, at(2))],
    }
}
