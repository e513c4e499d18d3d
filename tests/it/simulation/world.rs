//! All state that outlives a process, and the only source of randomness.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use peyvand::claim::person_state::PlanningContext;
use peyvand::claim::{Benefit, IdKey};
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

/// A defect in the protocol that the simulation must detect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// Each writer has its own transactional id, so no writer fences another.
    NoFencing,
    TailNotRead,
    /// The tail includes records of aborted transactions.
    TailWithAborted,
    /// A writer whose commit was not answered sends the page again without a new session.
    SentAgainAfterUnknown,
    /// The watermark is advanced before the broker's commit.
    ConfirmedBeforeCommit,
    /// The SMS is written to the outbox together with its document.
    SmsWithDocument,
    /// Sequence numbers come from a database sequence, and the relay reads the numbers above the last.
    PositionsLikeASequence,
    OffsetsWithoutCompare,
    /// A partition that was revoked and assigned again within one batch is in the batch twice.
    GatheredTwice,
    /// Records that the consumer skips are accepted as an offset gap without proof.
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

/// Randomness as an argument: the same seed and stream give the same numbers on every machine.
pub struct SeededRandom(ChaCha8Rng);

impl SeededRandom {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        dice.set_stream(stream);
        Self(dice)
    }

    /// A number in `0..n`.
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
    /// The service to which the consumer group assigns each input partition.
    pub assigned: BTreeMap<TopicPartition, usize>,
    /// The month whose close is requested.
    pub wanted: Option<SolarMonth>,
    /// Whether faults happen now.
    pub faults: bool,
    /// Whether a process is being killed at this moment.
    pub crashing: bool,
    /// Steps for which the current task sleeps; set by a task that has nothing to do.
    pub asleep: u64,
    pub spawned: Vec<(usize, Task)>,
    pub now: u64,
    pub steps: Vec<(u64, usize, Cow<'static, str>)>,
    /// The first violated invariant, if any.
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

    /// Draws whether a fault with probability 1 / `one_in` happens.
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
    PlanningContext { tables: &TABLES, today, benefits: Benefit::RELEASED, deeds_from: None, ids: &IDS }
}
