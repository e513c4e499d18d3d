//! The simulated database: tables, row locks, transactions that stand as a whole or not at all, and unique keys.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use peyvand::ident::NationalCode;
use peyvand::law::SolarMonth;
use peyvand::store::batches::PaymentBatch;
use peyvand::store::offsets::TopicPartition;
use peyvand::wire::Outgoing;

use super::io::Failed;
use super::rows::Rows;

/// A group of output partitions: as `relay_groups`.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub delivered: i64,
    pub owner: Option<String>,
    pub until: u64,
}

#[derive(Default)]
pub struct Tables {
    pub rows: Rows,
    pub offsets: BTreeMap<TopicPartition, i64>,
    pub letters: BTreeMap<(TopicPartition, i64), &'static str>,
    pub batches: BTreeMap<SolarMonth, PaymentBatch>,
    /// Documents and total per month and cost centre.
    pub vouchers: BTreeMap<String, (i64, i64)>,
    /// Segments by group and first position.
    pub outbox: BTreeMap<(i16, i64), Vec<Rc<Outgoing>>>,
    /// The next position of each group.
    pub heads: BTreeMap<i16, i64>,
    pub groups: BTreeMap<i16, Group>,
    pub members: BTreeMap<String, u64>,
    /// Every unique value that is taken, with the key that takes it.
    taken: BTreeSet<Unique>,
    /// For the checks alone: which inputs were applied, and what was said, in the order of commits.
    pub applied: Vec<(TopicPartition, i64)>,
    pub said: Vec<Rc<Outgoing>>,
}

/// A unique key and its value.
pub type Unique = (&'static str, String);

pub const GROUPS: i16 = 2;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lock {
    /// An advisory lock: a session's, not a transaction's.
    Close,
    Offset(TopicPartition),
    Person(NationalCode),
    Batch(SolarMonth),
    Group(i16),
    Head(i16),
}

pub type Write = Box<dyn FnOnce(&mut Tables)>;

/// What a transaction will do when it is committed.
#[derive(Default)]
pub struct Pending {
    pub writes: Vec<Write>,
    pub takes: Vec<Unique>,
    pub frees: Vec<Unique>,
}

/// Where a session stands, as the server sees it.
#[derive(Default, PartialEq, Eq)]
enum BatchState {
    #[default]
    Open,
    /// The client sent its commit and never heard the answer.
    CommitSent,
    /// The client is gone, and the server has not noticed.
    Left,
}

#[derive(Default)]
struct Session {
    pending: Pending,
    stage: BatchState,
}

#[derive(Default)]
pub struct Store {
    pub tables: Tables,
    sessions: BTreeMap<u64, Session>,
    held: BTreeMap<Lock, u64>,
    last: u64,
}

impl Store {
    pub fn new() -> Self {
        let mut store = Self::default();
        for group in 0..GROUPS {
            store.tables.heads.insert(group, 1);
            store.tables.groups.insert(group, Group::default());
        }
        store
    }

    pub fn open(&mut self) -> u64 {
        self.last += 1;
        self.sessions.insert(self.last, Session::default());
        self.last
    }

    pub fn is_open(&self, session: u64) -> Result<(), Failed> {
        self.sessions.contains_key(&session).then_some(()).ok_or(Failed::Connection)
    }

    /// All of these locks, or none and false: the caller waits.
    pub fn lock(&mut self, session: u64, locks: &[Lock]) -> Result<bool, Failed> {
        self.is_open(session)?;
        let is_free = |lock: &Lock| self.held.get(lock).is_none_or(|owner| *owner == session);
        if !locks.iter().all(is_free) {
            return Ok(false);
        }
        self.held.extend(locks.iter().map(|lock| (lock.clone(), session)));
        Ok(true)
    }

    pub fn pending(&mut self, session: u64) -> Option<&mut Pending> {
        self.sessions.get_mut(&session).map(|session| &mut session.pending)
    }

    /// The transaction stands, or nothing of it where a key is taken already.
    pub fn commit(&mut self, session: u64) -> Result<(), Failed> {
        self.is_open(session)?;
        let pending = std::mem::take(&mut self.sessions.get_mut(&session).unwrap().pending);
        self.held.retain(|lock, owner| *owner != session || *lock == Lock::Close);
        let taken = &mut self.tables.taken;
        taken.retain(|key| !pending.frees.contains(key));
        if let Some(key) = pending.takes.iter().find(|key| taken.contains(key)) {
            taken.extend(pending.frees);
            return Err(Failed::Key(key.0));
        }
        taken.extend(pending.takes);
        pending.writes.into_iter().for_each(|write| write(&mut self.tables));
        Ok(())
    }

    /// Ends a session; what it has open is rolled back.
    pub fn abort(&mut self, session: u64) {
        if self.sessions.remove(&session).is_some() {
            self.held.retain(|_, owner| *owner != session);
        }
    }

    /// The commit is on its way, and its answer will not be heard.
    pub fn commit_unheard(&mut self, session: u64) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.stage = BatchState::CommitSent;
        }
    }

    /// The client lets go of its session: the server hears of it, or not yet.
    pub fn leave(&mut self, session: u64, is_heard: bool) {
        match self.sessions.get_mut(&session) {
            Some(left) if left.stage == BatchState::Open && !is_heard => left.stage = BatchState::Left,
            Some(left) if left.stage == BatchState::Open => self.abort(session),
            _ => {}
        }
    }

    /// Sessions that a cut may end.
    pub fn cuttable(&self) -> Vec<u64> {
        let open = |(id, session): (&u64, &Session)| (session.stage == BatchState::Open).then_some(*id);
        self.sessions.iter().filter_map(open).collect()
    }

    /// Sessions without a client, whose end is still to come.
    pub fn forsaken(&self) -> Vec<u64> {
        let forsaken = |(id, session): (&u64, &Session)| (session.stage != BatchState::Open).then_some(*id);
        self.sessions.iter().filter_map(forsaken).collect()
    }

    /// The server comes to a forsaken session: a commit that reached it stands.
    pub fn settle(&mut self, session: u64, is_reached: bool) {
        let sent = self.sessions.get(&session).is_some_and(|session| session.stage == BatchState::CommitSent);
        if sent && is_reached {
            // A key that refuses is told to nobody.
            let _ = self.commit(session);
        }
        self.abort(session);
    }
}
