//! Decides again for every person whom a batch touched. Three steps run concurrently: one connection reads the state of
//! a chunk of persons, threads plan, render and pack the chunks before it, and the transaction writes the chunks that
//! are ready.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::app::AppContext;
use crate::app::write_plans::{Planned, decisions_made, write};
use crate::claim::Outcome;
use crate::claim::person::Dossier;
use crate::claim::person_state::PersonState;
use crate::claim::plan::Trigger;
use crate::claim::planning::plan;
use crate::claim::registry_record::RegistryRecord;
use crate::ident::NationalCode;
use crate::store::outbox::{self, PackedSegment};
use crate::store::{Error, PgConnection, ReadConnection, Result, marriages, person_states, persons};
use crate::wire::Outgoing;

/// The dossier of a locked person to plan.
pub enum LockedDossier {
    Decoded(Box<Dossier>),
    Packed(persons::PackedDossier),
}

/// A person to plan.
pub struct TouchedPerson {
    pub dossier: LockedDossier,
    /// The trace of the last input that touched the person.
    pub trace: Option<String>,
}

pub type TouchedPersons = HashMap<NationalCode, TouchedPerson>;

/// Changes that planning needs and that only this batch knows, because the stored facts do not contain them.
pub struct BatchChanges {
    pub answered: HashSet<String>,
}

impl BatchChanges {
    fn apply_to(&self, state: &mut PersonState) {
        let documents = state
            .payments
            .iter()
            .flat_map(|payment| &payment.documents)
            .map(|document| &document.document_id);
        state.answered = documents.filter(|id| self.answered.contains(*id)).cloned().collect();
    }
}

/// The output of the decisions of a batch.
#[derive(Default)]
pub struct DecisionOutput {
    /// Their number, by outcome.
    pub decisions: BTreeMap<Outcome, usize>,
    /// The decision events, packed for the outbox.
    pub packed: Vec<PackedSegment>,
    /// The events of cases and notices. They are published after the decisions.
    pub events: Vec<Outgoing>,
}

/// Number of persons in a chunk. Together with [`CHUNKS_AHEAD`] it limits the memory of a batch.
const CHUNK_PERSONS: usize = 250;
/// Number of chunks that may be read before the first of them is written.
const CHUNKS_AHEAD: usize = 4;

/// The persons to decide, and what changed for them.
pub struct DecisionWork {
    pub touched: TouchedPersons,
    pub changes: BatchChanges,
    /// New registry rows and new versions. The decisions read them from here, not from the database.
    pub fresh: Vec<RegistryRecord>,
    /// True if facts of other kinds were written. Only this transaction sees them before it commits.
    pub wrote_facts: bool,
}

/// Plans every person whom the batch touched, and writes the changes and the registry rows.
pub async fn decide(
    tx: &mut PgConnection,
    ctx: &AppContext,
    work: DecisionWork,
    at: Timestamp,
) -> Result<DecisionOutput> {
    let reader = if work.wrote_facts { None } else { second_connection(ctx).await };
    let reading = ChunkReader {
        ctx: ctx.clone(),
        touched: work.touched.into_iter().peekable(),
        changes: work.changes,
        fresh: Arc::new(work.fresh),
        at,
    };
    match reader {
        Some(reader) => decide_on_two_connections(tx, reader, reading).await,
        None => decide_on_one_connection(tx, reading).await,
    }
}

/// A second connection, if the pool has one within 50 ms. It reads the same state of a person as the transaction would:
/// the transaction holds the person's lock, so all earlier changes are committed and no other transaction changes the
/// person.
async fn second_connection(ctx: &AppContext) -> Option<ReadConnection> {
    tokio::time::timeout(Duration::from_millis(50), ctx.pool.acquire()).await.ok()?.ok()
}

/// Reads on one connection while the transaction writes on the other.
async fn decide_on_two_connections(
    tx: &mut PgConnection,
    mut reader: ReadConnection,
    mut reading: ChunkReader,
) -> Result<DecisionOutput> {
    let (ctx, fresh, at) = (reading.ctx.clone(), reading.fresh.clone(), reading.at);
    let (send, mut chunks) = mpsc::channel(CHUNKS_AHEAD);
    let read: JoinHandle<Result<()>> = tokio::spawn(async move {
        while let Some(chunk) = reading.next(&mut reader).await? {
            if send.send(chunk).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    marriages::save(tx, &fresh).await?;
    let mut decided = DecisionOutput::default();
    while let Some(planned) = chunks.recv().await {
        decided.add(tx, &ctx, planned, at).await?;
    }
    read.await.map_err(join_error)??;
    Ok(decided)
}

/// Reads and writes on the transaction's own connection.
async fn decide_on_one_connection(tx: &mut PgConnection, mut reading: ChunkReader) -> Result<DecisionOutput> {
    let (ctx, at) = (reading.ctx.clone(), reading.at);
    let mut decided = DecisionOutput::default();
    let mut ahead = VecDeque::with_capacity(CHUNKS_AHEAD + 1);
    while let Some(planned) = reading.next(tx).await? {
        ahead.push_back(planned);
        if ahead.len() > CHUNKS_AHEAD
            && let Some(planned) = ahead.pop_front()
        {
            decided.add(tx, &ctx, planned, at).await?;
        }
    }
    for planned in ahead {
        decided.add(tx, &ctx, planned, at).await?;
    }
    marriages::save(tx, &reading.fresh).await?;
    Ok(decided)
}

/// Reads the persons to plan, chunk by chunk.
struct ChunkReader {
    ctx: AppContext,
    touched: Peekable<std::collections::hash_map::IntoIter<NationalCode, TouchedPerson>>,
    changes: BatchChanges,
    fresh: Arc<Vec<RegistryRecord>>,
    at: Timestamp,
}

impl ChunkReader {
    /// Reads the next chunk of persons, and starts a thread that plans it.
    async fn next(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<Option<JoinHandle<Result<PlannedChunk>>>> {
        if self.touched.peek().is_none() {
            return Ok(None);
        }
        let touched: TouchedPersons = self.touched.by_ref().take(CHUNK_PERSONS).collect();
        let mut persons = person_states::load(connection, touched.keys().copied(), &self.fresh).await?;
        for state in &mut persons {
            self.changes.apply_to(state);
        }
        let (ctx, at) = (self.ctx.clone(), self.at);
        Ok(Some(tokio::task::spawn_blocking(move || PlannedChunk::plan(&ctx, persons, touched, at))))
    }
}

/// The error of a task that ended without a result.
fn join_error(end: tokio::task::JoinError) -> Error {
    if end.is_panic() { Error::Panicked } else { Error::Stopped }
}

impl DecisionOutput {
    async fn add(
        &mut self,
        tx: &mut PgConnection,
        ctx: &AppContext,
        planned: JoinHandle<Result<PlannedChunk>>,
        at: Timestamp,
    ) -> Result<()> {
        let chunk = planned.await.map_err(join_error)??;
        for (outcome, count) in chunk.decisions {
            *self.decisions.entry(outcome).or_default() += count;
        }
        self.packed.extend(chunk.packed);
        self.events.extend(write(tx, ctx, &chunk.planned, at).await?);
        Ok(())
    }
}

/// The persons of a chunk whose plan is not empty.
struct PlannedChunk {
    planned: Vec<Planned>,
    packed: Vec<PackedSegment>,
    decisions: BTreeMap<Outcome, usize>,
}

impl PlannedChunk {
    /// CPU work only; runs on a blocking thread.
    fn plan(
        ctx: &AppContext,
        persons: Vec<PersonState>,
        touched: TouchedPersons,
        at: Timestamp,
    ) -> Result<Self> {
        let planning = ctx.planning_context_at(at);
        let mut planned = Vec::with_capacity(persons.len());
        for TracedPerson { state, trace } in with_dossiers(persons, touched)? {
            let plan = plan(&state, &planning, Trigger::Input);
            if !plan.is_empty() {
                planned.push(Planned { state, plan, trace });
            }
        }
        let packed = outbox::pack(decisions_made(ctx, &planned, at), ctx.shards)?;
        let updates = planned.iter().flat_map(|planned| &planned.plan.updates);
        let mut decisions = BTreeMap::new();
        for revision in updates.filter_map(|update| update.revision.as_ref()) {
            *decisions.entry(revision.decision.outcome).or_default() += 1;
        }
        Ok(Self { planned, packed, decisions })
    }
}

/// A complete person, with the trace of the last input that touched the person.
struct TracedPerson {
    state: PersonState,
    trace: Option<String>,
}

/// Adds the dossier to each person.
fn with_dossiers(persons: Vec<PersonState>, mut kept: TouchedPersons) -> Result<Vec<TracedPerson>> {
    let mut all = Vec::with_capacity(persons.len());
    for mut state in persons {
        let touched = kept.remove(&state.person);
        let TouchedPerson { dossier, trace } =
            touched.ok_or(Error::Invariant("every person whom a batch decides was touched by it"))?;
        state.dossier = match dossier {
            LockedDossier::Decoded(dossier) => *dossier,
            LockedDossier::Packed(packed) => persons::decode(packed.as_deref())?,
        };
        all.push(TracedPerson { state, trace });
    }
    if kept.is_empty() {
        Ok(all)
    } else {
        Err(Error::Invariant("every person whom a batch touched is decided"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(code: &str) -> NationalCode {
        code.parse().unwrap()
    }

    fn state(code: &str) -> PersonState {
        PersonState::new(person(code))
    }

    fn touched(codes: &[&str]) -> TouchedPersons {
        codes
            .iter()
            .map(|code| (person(code), TouchedPerson { dossier: LockedDossier::Packed(None), trace: None }))
            .collect()
    }

    #[test]
    fn every_person_of_a_chunk_is_planned_or_the_batch_fails() {
        const ONE: &str = "0012345679";
        const OTHER: &str = "0499370899";
        assert_eq!(with_dossiers(vec![state(ONE), state(OTHER)], touched(&[ONE, OTHER])).unwrap().len(), 2);
        for (persons, codes) in
            [(vec![state(ONE), state(OTHER)], &[ONE][..]), (vec![state(ONE)], &[ONE, OTHER])]
        {
            let error = with_dossiers(persons, touched(codes)).err();
            assert!(matches!(error, Some(Error::Invariant(_))), "a person was left out: {error:?}");
        }
    }
}
