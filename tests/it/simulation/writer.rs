//! The one writer of a group of output partitions; as `kafka::relay_writer`, `kafka::tail` and `work::relay`.

use std::collections::BTreeMap;
use std::rc::Rc;

use peyvand::store::offsets::Partition;
use peyvand::wire::{EventType, Outgoing};
use peyvand::work::relay::document_of;

use super::connection::Connection;
use super::io::{Failed, Io};
use super::log::{Log, What, of_key};
use super::relay::Flags;
use super::store::{GROUPS, Lock, Tables};
use super::world::Defect;
use super::writing::sms;

/// How far back the first look at a tail goes; each further look goes twice as far.
const FIRST_LOOK: usize = 2;
/// Segments in a page, at most.
const PAGE: u64 = 3;

pub async fn run(io: Io, group: i16, owner: String, flags: Rc<Flags>) {
    let writer = Writer { io, group, owner, flags };
    while !writer.flags.stop.get() {
        match writer.session().await {
            Ok(()) => break,
            Err(Failed::OlderThanTopics) => {
                writer.io.world().broken("a writer refused its topics, and nothing was restored");
                break;
            }
            Err(_) => writer.io.idle(10).await,
        }
    }
    writer.flags.ended.set(true);
}

struct Writer {
    io: Io,
    group: i16,
    owner: String,
    flags: Rc<Flags>,
}

/// The last position of ours in each partition, and the id that stands there.
type Tails = BTreeMap<Partition, (i64, String)>;

impl Writer {
    async fn session(&self) -> Result<(), Failed> {
        let (io, group) = (&self.io, self.group);
        io.step("read what is delivered").await;
        let mut delivered = io.world().store.tables.groups[&group].delivered;
        let id = match io.has(Defect::NoFencing) {
            true => format!("relay-{group}-{}", io.life),
            false => format!("relay-{group}"),
        };
        io.step("fence older writers").await;
        let epoch = io.world().log.fence(&id);
        io.step("read the tails").await;
        let tails = self.tails();
        io.step("read what was given").await;
        refuse_older(&io.world().store.tables, group, delivered, &tails)?;
        loop {
            io.step("read a page").await;
            let page = self.page(delivered);
            let Some(last) = page.last().map(|(position, _)| *position) else {
                if self.flags.stop.get() {
                    return Ok(());
                }
                io.idle(30).await;
                continue;
            };
            let documents: Vec<_> = page.iter().filter_map(|(_, event)| document_of(event)).collect();
            if io.has(Defect::ConfirmedBeforeCommit) {
                self.confirm(last, &documents).await?;
            }
            self.send(&id, epoch, &page, &tails).await?;
            if !io.has(Defect::ConfirmedBeforeCommit) {
                self.confirm(last, &documents).await?;
            }
            delivered = last;
            if self.flags.stop.get() {
                return Ok(());
            }
        }
    }

    fn tails(&self) -> Tails {
        if self.io.has(Defect::TailNotRead) {
            return Tails::new();
        }
        let with_aborted = self.io.has(Defect::TailWithAborted);
        let world = self.io.world();
        let ours = world.log.outputs().filter(|p| p.partition % i32::from(GROUPS) == i32::from(self.group));
        ours.filter_map(|partition| Some((partition, tail(&world.log, partition, with_aborted)?))).collect()
    }

    /// The next events after a position, up to a few segments of them.
    fn page(&self, delivered: i64) -> Vec<(i64, Rc<Outgoing>)> {
        let mut world = self.io.world();
        let segments = usize::try_from(1 + world.dice.below(PAGE)).unwrap();
        page(&world.store.tables, self.group, delivered, segments)
    }

    /// One transaction; what a tail holds is not sent again.
    async fn send(
        &self,
        id: &str,
        epoch: u32,
        page: &[(i64, Rc<Outgoing>)],
        tails: &Tails,
    ) -> Result<(), Failed> {
        let held = |event: &Outgoing, position: i64| {
            let tail = tails.get(&of_key(event.topic(), &event.key));
            tail.is_some_and(|(held, _)| position <= *held)
        };
        let mut is_open = false;
        for (position, event) in page.iter().filter(|(position, event)| !held(event, *position)) {
            self.io.step("send").await;
            self.io.world().log.produce(id, epoch, event, *position)?;
            is_open = true;
        }
        if !is_open {
            return Ok(());
        }
        self.io.step("commit at the broker").await;
        let mut world = self.io.world();
        if !world.happens(12) {
            return world.log.commit(id, epoch);
        }
        world.log.on_the_way.push((id.to_owned(), epoch));
        if !self.io_sends_again(&world) {
            return Err(Failed::Broker);
        }
        // The defect: what was not answered is sent once more, and then believed.
        let sent =
            page.iter().try_for_each(|(position, event)| world.log.produce(id, epoch, event, *position));
        sent.and_then(|()| world.log.commit(id, epoch))
    }

    fn io_sends_again(&self, world: &super::world::World) -> bool {
        world.defect == Some(Defect::SentAgainAfterUnknown)
    }

    /// Notes what the broker has acknowledged, and releases the SMS of the documents among it.
    async fn confirm(&self, last: i64, documents: &[String]) -> Result<(), Failed> {
        confirm(&self.io, self.group, &self.owner, last, documents).await
    }
}

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

/// As `peyvand::work::relay::confirm`.
pub async fn confirm(
    io: &Io,
    group: i16,
    owner: &str,
    last: i64,
    documents: &[String],
) -> Result<(), Failed> {
    let tx = Connection::open(io);
    tx.lock("note the delivery", &[Lock::Group(group)]).await?;
    {
        let world = io.world();
        let stands = &world.store.tables.groups[&group];
        if stands.owner.as_deref() != Some(owner) || stands.delivered > last {
            return Err(Failed::LostGroup);
        }
    }
    tx.write(move |tables| tables.groups.get_mut(&group).unwrap().delivered = last);
    if !documents.is_empty() {
        io.step("release the messages").await;
        let mut events = Vec::new();
        for (id, message) in &io.world().store.tables.rows.messages {
            if documents.contains(&message.document_id) && !message.released {
                events.push(sms(id, message));
            }
        }
        let released: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
        tx.write(move |tables| {
            for id in released {
                tables.rows.messages.get_mut(&id).unwrap().released = true;
            }
        });
        tx.place(events).await?;
    }
    tx.commit("commit the note of delivery").await
}

/// The last record of ours in a partition: looked for further and further back.
fn tail(log: &Log, partition: Partition, with_aborted: bool) -> Option<(i64, String)> {
    let ours = |what: &What| match what {
        What::Said(event, position) if event.kind == EventType::DeadLetter => {
            Some((*position, String::new()))
        }
        What::Said(event, position) => Some((*position, event.id.clone())),
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
fn refuse_older(tables: &Tables, group: i16, delivered: i64, tails: &Tails) -> Result<(), Failed> {
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
