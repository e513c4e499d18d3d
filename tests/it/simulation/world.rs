//! Everything that outlives a process, and the one source of chance.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use peyvand::claim::IdKey;
use peyvand::claim::person_state::PlanningContext;
use peyvand::law::{SolarDate, SolarMonth, Tables};
use peyvand::store::offsets::TopicPartition;
use peyvand::wire::tables;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::io::Task;
use super::log::{Log, Sent};
use super::store::Store;

static TABLES: LazyLock<Tables> = LazyLock::new(|| tables::parse(tables::built_in()).unwrap());
pub static IDS: LazyLock<IdKey> = LazyLock::new(|| IdKey::new(b"simulation"));

/// A mistake in the protocol that the simulation must see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// Each writer has a transactional id of its own: nobody fences anybody.
    NoFencing,
    TailNotRead,
    /// The tail is read with the records of transactions that were aborted.
    TailWithAborted,
    /// A writer whose commit was not answered sends the page again without a new beginning.
    SentAgainAfterUnknown,
    /// The note of delivery is written before the broker's commit.
    ConfirmedBeforeCommit,
    /// The SMS goes into the outbox with its document.
    SmsWithDocument,
    /// Positions are numbers of a sequence, and the relay reads what is greater than the last.
    PositionsLikeASequence,
    OffsetsWithoutCompare,
    /// A partition that was revoked and assigned again within one batch stands in it twice.
    GatheredTwice,
    /// Records that the consumer passes over are taken for a gap that nobody looks into.
    GapsBelieved,
    /// The offsets are committed before the batch.
    OffsetsBeforeBatch,
    PersonsNotLocked,
    /// The close's cursor is committed before its page.
    CursorBeforePage,
    /// The close does not wait for the input.
    CloseDoesNotWait,
}

impl Defect {
    pub const ALL: [Self; 14] = [
        Self::NoFencing,
        Self::TailNotRead,
        Self::TailWithAborted,
        Self::SentAgainAfterUnknown,
        Self::ConfirmedBeforeCommit,
        Self::SmsWithDocument,
        Self::PositionsLikeASequence,
        Self::OffsetsWithoutCompare,
        Self::GatheredTwice,
        Self::GapsBelieved,
        Self::OffsetsBeforeBatch,
        Self::PersonsNotLocked,
        Self::CursorBeforePage,
        Self::CloseDoesNotWait,
    ];
}

/// Chance as an argument: the same seed and stream give the same throws on every machine.
pub struct SeededRandom(ChaCha8Rng);

impl SeededRandom {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        dice.set_stream(stream);
        Self(dice)
    }

    /// 0 .. n.
    pub fn below(&mut self, n: u64) -> u64 {
        (u64::from(self.0.next_u32()) * n) >> 32
    }

    pub fn pick(&mut self, n: usize) -> usize {
        usize::try_from(self.below(u64::try_from(n).unwrap())).unwrap()
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

pub struct World {
    pub log: Log,
    pub store: Store,
    pub today: SolarDate,
    pub defect: Option<Defect>,
    /// Which service the broker's group gives each input partition to.
    pub assigned: BTreeMap<TopicPartition, usize>,
    /// The month that somebody wants closed.
    pub wanted: Option<SolarMonth>,
    /// Do things go wrong now?
    pub faults: bool,
    /// A process is being killed just now.
    pub crashing: bool,
    /// Set by a task that has nothing to do.
    pub asleep: u64,
    pub spawned: Vec<(usize, Task)>,
    pub now: u64,
    pub steps: Vec<(u64, usize, Cow<'static, str>)>,
    /// What must never be, as soon as it is seen.
    pub broken: Option<String>,
    pub dice: SeededRandom,
}

impl World {
    pub fn new(seed: u64, faults: bool, defect: Option<Defect>, today: SolarDate) -> Self {
        Self {
            log: Log::default(),
            store: Store::new(),
            today,
            defect,
            assigned: BTreeMap::new(),
            wanted: None,
            faults,
            crashing: false,
            asleep: 0,
            spawned: Vec::new(),
            now: 0,
            steps: Vec::new(),
            broken: None,
            dice: SeededRandom::new(seed, 0),
        }
    }

    /// Does this go wrong?
    pub fn happens(&mut self, one_in: u64) -> bool {
        self.faults && self.dice.one_in(one_in)
    }

    pub fn note(&mut self, life: usize, what: impl Into<Cow<'static, str>>) {
        self.steps.push((self.now, life, what.into()));
    }

    pub fn broken(&mut self, what: impl Into<String>) {
        self.broken.get_or_insert(what.into());
    }

    pub fn send(&mut self, sent: &Rc<Sent>) {
        let partition = sent.partition();
        self.log.send(sent);
        if !self.assigned.contains_key(&partition) {
            let service = self.dice.pick(SERVICES);
            self.assigned.insert(partition, service);
        }
    }
}

pub const SERVICES: usize = 2;

pub fn rules(today: SolarDate) -> PlanningContext<'static> {
    PlanningContext { tables: &TABLES, today, deeds_from: None, ids: &IDS }
}
