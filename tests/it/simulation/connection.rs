//! A process's connection to the simulated database: one transaction at a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use peyvand::wire::{Outgoing, partition_for};

use super::io::{Failed, Io};
use super::store::{GROUPS, Lock, Tables, Unique};
use super::world::Defect;

pub struct Connection {
    io: Io,
    session: u64,
}

impl Connection {
    pub fn open(io: &Io) -> Self {
        let session = io.world().store.open();
        Self { io: io.clone(), session }
    }

    /// Waits until all these locks are acquired.
    pub async fn lock(&self, what: impl Into<Cow<'static, str>>, locks: &[Lock]) -> Result<(), Failed> {
        let what = what.into();
        loop {
            self.io.step(what.clone()).await;
            if self.io.world().store.lock(self.session, locks)? {
                return Ok(());
            }
            self.io.idle(6).await;
        }
    }

    /// Adds a write that the commit will apply.
    pub fn write(&self, write: impl FnOnce(&mut Tables) + 'static) {
        if let Some(pending) = self.io.world().store.pending(self.session) {
            pending.writes.push(Box::new(write));
        }
    }

    /// Adds unique values. The commit fails if one of them is taken already.
    pub fn take(&self, keys: impl IntoIterator<Item = Unique>) {
        if let Some(pending) = self.io.world().store.pending(self.session) {
            pending.takes.extend(keys);
        }
    }

    pub fn free(&self, key: Unique) {
        if let Some(pending) = self.io.world().store.pending(self.session) {
            pending.frees.push(key);
        }
    }

    /// As `peyvand::store::outbox::place`: sequence numbers are allocated last, under the locks of the shards' heads.
    pub async fn place(&self, events: Vec<Outgoing>) -> Result<(), Failed> {
        let mut groups: BTreeMap<i16, Vec<Rc<Outgoing>>> = BTreeMap::new();
        for event in events {
            groups.entry(group_of(&event)).or_default().push(Rc::new(event));
        }
        let locks: Vec<_> = groups.keys().map(|group| Lock::Head(*group)).collect();
        let is_sequence = self.io.has(Defect::PositionsLikeASequence);
        if !is_sequence && !locks.is_empty() {
            self.lock("place: lock the heads", &locks).await?;
        }
        for (group, events) in groups {
            let count = i64::try_from(events.len()).unwrap();
            let first = self.io.world().store.tables.heads[&group];
            if is_sequence {
                self.io.world().store.tables.heads.insert(group, first + count);
            }
            self.write(move |tables| {
                if !is_sequence {
                    tables.heads.insert(group, first + count);
                }
                tables.said.extend(events.iter().cloned());
                tables.outbox.insert((group, first), events);
            });
        }
        Ok(())
    }

    /// If the answer is lost, the commit may succeed now, succeed later, or fail.
    pub async fn commit(&self, what: &'static str) -> Result<(), Failed> {
        self.io.step(what).await;
        let mut world = self.io.world();
        world.store.is_open(self.session)?;
        if world.happens(20) {
            world.store.commit_unacknowledged(self.session);
            return Err(Failed::Connection);
        }
        world.store.commit(self.session)
    }
}

/// A client that returns, also with an error, ends its session. A killed client may leave a session that the server
/// still considers alive.
impl Drop for Connection {
    fn drop(&mut self) {
        let mut world = self.io.world();
        let is_heard = !world.crashing || !world.happens(2);
        world.store.leave(self.session, is_heard);
    }
}

/// As `peyvand::store::outbox::pack`.
pub fn group_of(event: &Outgoing) -> i16 {
    let partition = partition_for(event.key.as_bytes(), event.topic().spec().partitions);
    i16::try_from(partition).unwrap() % GROUPS
}
