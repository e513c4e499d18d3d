//! The simulated database: tables, row locks, atomic transactions, and unique keys.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use peyvand::ident::NationalCode;
use peyvand::law::SolarMonth;
use peyvand::store::closes::MonthClose;
use peyvand::store::offsets::TopicPartition;
use peyvand::wire::Outgoing;

use super::io::Failed;
use super::rows::Rows;

/// A relay shard, as a row of `relay_groups`.
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
    pub closes: BTreeMap<SolarMonth, MonthClose>,
    /// Documents and total per month and cost centre.
    pub vouchers: BTreeMap<String, (i64, i64)>,
    /// Segments by relay shard and first sequence number.
    pub outbox: BTreeMap<(i16, i64), Vec<Rc<Outgoing>>>,
    /// The next sequence number of each relay shard.
    pub heads: BTreeMap<i16, i64>,
    pub groups: BTreeMap<i16, Group>,
    pub members: BTreeMap<String, u64>,
    /// Every unique value that is taken, with the name of its key.
    taken: BTreeSet<Unique>,
    /// Only for the checks: the applied inputs, in the order of commits.
    pub applied: Vec<(TopicPartition, i64)>,
    /// Only for the checks: the committed output events, in the order of commits.
    pub said: Vec<Rc<Outgoing>>,
}

/// A unique key and its value.
pub type Unique = (&'static str, String);

pub const GROUPS: i16 = 2;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lock {
    /// An advisory lock, which belongs to a session and not to a transaction.
    Close,
    Offset(TopicPartition),
    Person(NationalCode),
    MonthClose(SolarMonth),
    Group(i16),
    Head(i16),
}

pub type Write = Box<dyn FnOnce(&mut Tables)>;

/// The effects of a transaction, which its commit applies.
#[derive(Default)]
pub struct Pending {
    pub writes: Vec<Write>,
    pub takes: Vec<Unique>,
    pub frees: Vec<Unique>,
}

/// The state of a session, as the server sees it.
#[derive(Default, PartialEq, Eq)]
enum SessionState {
    #[default]
    Open,
    /// The client sent its commit and did not receive the answer.
    CommitSent,
    /// The client is gone, and the server has not noticed.
    Left,
}

#[derive(Default)]
struct Session {
    pending: Pending,
    state: SessionState,
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

    /// Acquires all of these locks, or none. Returns false if the caller must wait.
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

    /// Applies the transaction, or nothing if one of its unique values is taken already.
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

    /// Ends a session and rolls back its open transaction.
    pub fn abort(&mut self, session: u64) {
        if self.sessions.remove(&session).is_some() {
            self.held.retain(|_, owner| *owner != session);
        }
    }

    /// The commit was sent, and its answer will not reach the client.
    pub fn commit_unacknowledged(&mut self, session: u64) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.state = SessionState::CommitSent;
        }
    }

    /// The client ends its session. With `is_heard` false the server does not notice it yet.
    pub fn leave(&mut self, session: u64, is_heard: bool) {
        match self.sessions.get_mut(&session) {
            Some(left) if left.state == SessionState::Open && !is_heard => left.state = SessionState::Left,
            Some(left) if left.state == SessionState::Open => self.abort(session),
            _ => {}
        }
    }

    /// Sessions that a lost connection may end.
    pub fn cuttable(&self) -> Vec<u64> {
        let open = |(id, session): (&u64, &Session)| (session.state == SessionState::Open).then_some(*id);
        self.sessions.iter().filter_map(open).collect()
    }

    /// Sessions without a client that the server has not ended yet.
    pub fn forsaken(&self) -> Vec<u64> {
        let forsaken = |(id, session): (&u64, &Session)| (session.state != SessionState::Open).then_some(*id);
        self.sessions.iter().filter_map(forsaken).collect()
    }

    /// The server ends a session without a client. A commit that reached the server is applied first.
    pub fn settle(&mut self, session: u64, is_reached: bool) {
        let sent =
            self.sessions.get(&session).is_some_and(|session| session.state == SessionState::CommitSent);
        if sent && is_reached {
            // The client is gone, so a unique key violation is not reported.
            let _ = self.commit(session);
        }
        self.abort(session);
    }
}
