//! Deciding anew for every person whom a batch touched. Three things go on at a time: one connection reads what is known of a
//! chunk of persons, threads plan, render and pack the chunks before it, and the transaction writes those that are ready.

use std::collections::{HashMap, HashSet, VecDeque};
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::app::AppContext;
use crate::app::write_plans::{Planned, decisions_made, write};
use crate::claim::ClaimKey;
use crate::claim::person::Dossier;
use crate::claim::person_state::PersonState;
use crate::claim::plan::Trigger;
use crate::claim::planning::plan;
use crate::ident::NationalCode;
use crate::store::outbox::{self, PackedSegment};
use crate::store::{Error, PgConnection, ReadConnection, Result, marriages, person_states, persons};
use crate::wire::Outgoing;
use crate::wire::registry_marriages_v1::MarriageRecorded;

/// A dossier of a person to plan.
pub enum LockedDossier {
    Decoded(Box<Dossier>),
    Packed(persons::PackedDossier),
}

/// Persons to plan with their dossiers, and the trace of the last input that touched each.
pub type TouchedPersons = HashMap<NationalCode, (LockedDossier, Option<String>)>;

/// What only this batch knows of its persons: it is not in the facts that it leaves behind.
pub struct BatchChanges {
    pub moved: HashMap<NationalCode, Vec<ClaimKey>>,
    pub answered: HashSet<String>,
}

impl BatchChanges {
    fn apply_to(&mut self, known: &mut PersonState) {
        known.moved = self.moved.remove(&known.person).unwrap_or_default();
        let documents =
            known.payment.iter().flat_map(|payment| &payment.documents).map(|document| &document.document_id);
        known.answered = documents.filter(|id| self.answered.contains(*id)).cloned().collect();
    }
}

/// What the decisions of a batch say.
#[derive(Default)]
pub struct DecisionOutput {
    pub decisions: usize,
    /// Their events, ready for the outbox.
    pub packed: Vec<PackedSegment>,
    /// Of cases and notices: they come after the decisions.
    pub events: Vec<Outgoing>,
}

/// Persons planned at a time, and chunks that may be read before the first of them is written: what is held in memory
/// meanwhile is bounded by both.
const CHUNK_PERSONS: usize = 250;
const CHUNKS_AHEAD: usize = 4;

/// What is to be decided.
pub struct DecisionWork {
    pub touched: TouchedPersons,
    pub news: BatchChanges,
    /// New registry rows and new versions: the decisions read them from here.
    pub fresh: Vec<MarriageRecorded>,
    /// Facts of other kinds were written, and only this transaction sees them yet.
    pub wrote_facts: bool,
}

/// Plans every person whom the batch touched, and writes what changed, with the registry's rows.
pub async fn decide(
    tx: &mut PgConnection,
    ctx: &AppContext,
    what: DecisionWork,
    at: Timestamp,
) -> Result<DecisionOutput> {
    let reader = if what.wrote_facts { None } else { second_connection(ctx).await };
    let reading = ChunkReader {
        ctx: ctx.clone(),
        touched: what.touched.into_iter().peekable(),
        news: what.news,
        fresh: Arc::new(what.fresh),
        at,
    };
    match reader {
        Some(reader) => decide_on_two_connections(tx, reader, reading).await,
        None => decide_on_one_connection(tx, reading).await,
    }
}

/// A second connection, where one is to be had at once. What it reads of a person is what this transaction would read: the
/// person's lock is held, so everybody who changed something about them before has committed, and nobody does now.
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

/// The persons who are still to be read.
struct ChunkReader {
    ctx: AppContext,
    touched: Peekable<std::collections::hash_map::IntoIter<NationalCode, (LockedDossier, Option<String>)>>,
    news: BatchChanges,
    fresh: Arc<Vec<MarriageRecorded>>,
    at: Timestamp,
}

impl ChunkReader {
    /// Reads the next chunk of persons, and lets a thread plan them.
    async fn next(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<Option<JoinHandle<Result<PlannedChunk>>>> {
        if self.touched.peek().is_none() {
            return Ok(None);
        }
        let kept: TouchedPersons = self.touched.by_ref().take(CHUNK_PERSONS).collect();
        let mut persons = person_states::load(connection, kept.keys().copied(), &self.fresh).await?;
        persons.iter_mut().for_each(|known| self.news.apply_to(known));
        let (ctx, at) = (self.ctx.clone(), self.at);
        Ok(Some(tokio::task::spawn_blocking(move || PlannedChunk::plan(&ctx, persons, kept, at))))
    }
}

/// A thread that ended without an answer.
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
        self.decisions += chunk.decisions;
        self.packed.extend(chunk.packed);
        self.events.extend(write(tx, ctx, &chunk.planned, at).await?);
        Ok(())
    }
}

/// Persons with something to write.
struct PlannedChunk {
    planned: Vec<Planned>,
    packed: Vec<PackedSegment>,
    decisions: usize,
}

impl PlannedChunk {
    /// Work for a processor alone.
    fn plan(
        ctx: &AppContext,
        persons: Vec<PersonState>,
        kept: TouchedPersons,
        at: Timestamp,
    ) -> Result<Self> {
        let rules = ctx.planning_context_at(at);
        let mut planned = Vec::with_capacity(persons.len());
        for (known, trace) in with_dossiers(persons, kept)? {
            let plan = plan(&known, &rules, Trigger::Input);
            if !plan.is_empty() {
                planned.push(Planned { known, plan, trace });
            }
        }
        let packed = outbox::pack(decisions_made(ctx, &planned, at), ctx.groups)?;
        let updates = planned.iter().flat_map(|planned| &planned.plan.updates);
        let decisions = updates.filter(|update| update.revision.is_some()).count();
        Ok(Self { planned, packed, decisions })
    }
}

/// Every person with the dossier, and the trace of the last input that touched the person.
fn with_dossiers(
    persons: Vec<PersonState>,
    mut kept: TouchedPersons,
) -> Result<Vec<(PersonState, Option<String>)>> {
    let mut all = Vec::with_capacity(persons.len());
    for mut known in persons {
        let dossier = kept.remove(&known.person);
        let (dossier, trace) =
            dossier.ok_or(Error::Invariant("every person whom a batch decides was touched by it"))?;
        known.dossier = match dossier {
            LockedDossier::Decoded(dossier) => *dossier,
            LockedDossier::Packed(packed) => persons::decode(packed.as_deref())?,
        };
        all.push((known, trace));
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

    fn known(code: &str) -> PersonState {
        PersonState {
            person: person(code),
            dossier: Dossier::default(),
            rows: Vec::new(),
            self_registrations: Vec::new(),
            claims: Vec::new(),
            payment: None,
            moved: Vec::new(),
            answered: Vec::new(),
        }
    }

    fn touched(codes: &[&str]) -> TouchedPersons {
        codes.iter().map(|code| (person(code), (LockedDossier::Packed(None), None))).collect()
    }

    #[test]
    fn every_person_of_a_chunk_is_planned_or_the_batch_fails() {
        const ONE: &str = "0012345679";
        const OTHER: &str = "0499370899";
        assert_eq!(with_dossiers(vec![known(ONE), known(OTHER)], touched(&[ONE, OTHER])).unwrap().len(), 2);
        for (persons, codes) in
            [(vec![known(ONE), known(OTHER)], &[ONE][..]), (vec![known(ONE)], &[ONE, OTHER])]
        {
            let told = with_dossiers(persons, touched(codes)).err();
            assert!(matches!(told, Some(Error::Invariant(_))), "a person was left out: {told:?}");
        }
    }
}
