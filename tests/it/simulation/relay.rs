//! The relay role leases relay shards and keeps one writer for each; as `kafka::relay` and `store::relay_leases`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::connection::Connection;
use super::io::Io;
use super::store::{GROUPS, Group, Lock, Tables};
use super::writer;

/// Duration of a lease without renewal, in steps of the simulation.
const LEASE: u64 = 120;

/// State that a writer and the relay role share.
#[derive(Default)]
pub struct Flags {
    pub stop: Cell<bool>,
    pub ended: Cell<bool>,
}

pub async fn run(io: Io) {
    // The next life has the same name, as with the setting `instance`.
    let owner = format!("service-{}", io.service);
    let mut writers: BTreeMap<i16, Rc<Flags>> = BTreeMap::new();
    loop {
        let groups = Connection::open(&io);
        if groups.lock("renew the leases", &(0..GROUPS).map(Lock::Group).collect::<Vec<_>>()).await.is_err() {
            continue;
        }
        let held = {
            let mut world = io.world();
            let now = world.now;
            lease(&mut world.store.tables, &owner, now)
        };
        drop(groups);
        let over: Vec<_> = writers.keys().copied().filter(|group| !held.contains(group)).collect();
        for group in over {
            let writer = writers.remove(&group).unwrap();
            writer.stop.set(true);
            while !writer.ended.get() {
                io.idle(4).await;
            }
        }
        for group in held {
            writers.entry(group).or_insert_with(|| {
                let flags = Rc::new(Flags::default());
                io.spawn(writer::run(io.clone(), group, owner.clone(), flags.clone()));
                flags
            });
        }
        io.idle(40).await;
    }
}

/// Renews this owner's leases, releases the shards above its share, and leases free shards up to the share.
pub fn lease(tables: &mut Tables, owner: &str, now: u64) -> Vec<i16> {
    tables.members.insert(owner.to_owned(), now + LEASE);
    tables.members.retain(|_, until| *until >= now);
    let share = tables.groups.len().div_ceil(tables.members.len());
    let mine = |group: &Group| group.owner.as_deref() == Some(owner) && group.until >= now;
    let free = |group: &Group| group.owner.is_none() || group.until < now;
    let places = tables.groups.values().filter(|group| mine(group)).count();
    for (place, group) in tables.groups.values_mut().filter(|group| mine(group)).enumerate() {
        group.owner = (place < share).then(|| owner.to_owned());
        group.until = now + LEASE;
    }
    if places < share {
        for group in tables.groups.values_mut().filter(|group| free(group)).take(share - places) {
            (group.owner, group.until) = (Some(owner.to_owned()), now + LEASE);
        }
    }
    let held = tables.groups.iter().filter(|(_, group)| mine(group));
    held.map(|(number, _)| *number).collect()
}

/// Releases all shards at a graceful stop.
pub fn release(tables: &mut Tables, owner: &str) {
    tables.members.remove(owner);
    for group in tables.groups.values_mut().filter(|group| group.owner.as_deref() == Some(owner)) {
        (group.owner, group.until) = (None, 0);
    }
}
