//! The only writer of a relay shard; as `kafka::relay::writer` and `app::relay`.

use std::rc::Rc;

use peyvand::app::relay::document_of;
use peyvand::wire::Outgoing;

use super::connection::Connection;
use super::io::{Failed, Io};
use super::log::of_key;
use super::relay::Flags;
use super::store::{GROUPS, Lock};
use super::tail::{Tails, page, refuse_older, tail};
use super::world::Defect;
use super::writing::sms;

/// Maximum number of segments in a page.
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

    /// The next events after a sequence number, from up to a few segments.
    fn page(&self, delivered: i64) -> Vec<(i64, Rc<Outgoing>)> {
        let mut world = self.io.world();
        let segments = usize::try_from(1 + world.dice.below(PAGE)).unwrap();
        page(&world.store.tables, self.group, delivered, segments)
    }

    /// Sends a page in one transaction. Events that a tail covers are not sent again.
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
        if world.defect != Some(Defect::SentAgainAfterUnknown) {
            return Err(Failed::Broker);
        }
        // The defect: the page is sent again after an unanswered commit, and then considered delivered.
        let sent =
            page.iter().try_for_each(|(position, event)| world.log.produce(id, epoch, event, *position));
        sent.and_then(|()| world.log.commit(id, epoch))
    }

    /// Advances the watermark to the last acknowledged event, and releases the SMS of the acknowledged documents.
    async fn confirm(&self, last: i64, documents: &[String]) -> Result<(), Failed> {
        confirm(&self.io, self.group, &self.owner, last, documents).await
    }
}

/// As `peyvand::app::relay::confirm`.
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
