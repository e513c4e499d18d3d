//! Deciding anew for every person whom a batch touched. Three things go on at a time: one connection reads what is known of a
//! chunk of persons, threads plan, render and pack the chunks before it, and the transaction writes those that are ready.

use std::collections::{HashMap, HashSet, VecDeque};
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::super::House;
use super::super::write::{Planned, decisions_made, write};
use crate::claim::ClaimKey;
use crate::claim::known::Known;
use crate::claim::person::Dossier;
use crate::claim::plan::{Occasion, plan};
use crate::ident::NationalCode;
use crate::store::outbox::{self, Packed};
use crate::store::{Error, PgConnection, Reader, Result, known, marriages, persons};
use crate::wire::Outgoing;
use crate::wire::registry_marriages_v1::MarriageRecorded;

/// A dossier of a person to plan.
pub enum Kept {
    Read(Box<Dossier>),
    Unread(persons::Packed),
}

/// Persons to plan with their dossiers, and the trace of the last input that touched each.
pub type Touched = HashMap<NationalCode, (Kept, Option<String>)>;

/// What only this batch knows of its persons: it is not in the facts that it leaves behind.
pub struct News {
    pub moved: HashMap<NationalCode, Vec<ClaimKey>>,
    pub answered: HashSet<String>,
}

impl News {
    fn tell(&mut self, known: &mut Known) {
        known.moved = self.moved.remove(&known.person).unwrap_or_default();
        let documents =
            known.payment.iter().flat_map(|payment| &payment.documents).map(|document| &document.document_id);
        known.answered = documents.filter(|id| self.answered.contains(*id)).cloned().collect();
    }
}

/// What the decisions of a batch say.
#[derive(Default)]
pub struct Decided {
    pub decisions: usize,
    /// Their events, ready for the outbox.
    pub packed: Vec<Packed>,
    /// Of cases and notices: they come after the decisions.
    pub events: Vec<Outgoing>,
}

/// Persons planned at a time, and chunks that may be read before the first of them is written: what is held in memory
/// meanwhile is bounded by both.
const CHUNK: usize = 250;
const AHEAD: usize = 4;

/// What is to be decided.
pub struct ToDecide {
    pub touched: Touched,
    pub news: News,
    /// New registry rows and new versions: the decisions read them from here.
    pub fresh: Vec<MarriageRecorded>,
    /// Facts of other kinds were written, and only this transaction sees them yet.
    pub wrote_facts: bool,
}

/// Plans every person whom the batch touched, and writes what changed, with the registry's rows.
pub async fn decide(tx: &mut PgConnection, house: &House, what: ToDecide, at: Timestamp) -> Result<Decided> {
    let reader = if what.wrote_facts { None } else { reader(house).await };
    let reading = Reading {
        house: house.clone(),
        touched: what.touched.into_iter().peekable(),
        news: what.news,
        fresh: Arc::new(what.fresh),
        at,
    };
    match reader {
        Some(reader) => decide_beside(tx, reader, reading).await,
        None => decide_within(tx, reading).await,
    }
}

/// A second connection, where one is to be had at once. What it reads of a person is what this transaction would read: the
/// person's lock is held, so everybody who changed something about them before has committed, and nobody does now.
async fn reader(house: &House) -> Option<Reader> {
    tokio::time::timeout(Duration::from_millis(50), house.pool.acquire()).await.ok()?.ok()
}

/// Reads on one connection while the transaction writes on the other.
async fn decide_beside(tx: &mut PgConnection, mut reader: Reader, mut reading: Reading) -> Result<Decided> {
    let (house, fresh, at) = (reading.house.clone(), reading.fresh.clone(), reading.at);
    let (send, mut chunks) = mpsc::channel(AHEAD);
    let read: JoinHandle<Result<()>> = tokio::spawn(async move {
        while let Some(chunk) = reading.next(&mut reader).await? {
            if send.send(chunk).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    marriages::save(tx, &fresh).await?;
    let mut decided = Decided::default();
    while let Some(planned) = chunks.recv().await {
        decided.add(tx, &house, planned, at).await?;
    }
    read.await.map_err(ended)??;
    Ok(decided)
}

/// Reads and writes on the transaction's own connection.
async fn decide_within(tx: &mut PgConnection, mut reading: Reading) -> Result<Decided> {
    let (house, at) = (reading.house.clone(), reading.at);
    let mut decided = Decided::default();
    let mut ahead = VecDeque::with_capacity(AHEAD + 1);
    while let Some(planned) = reading.next(tx).await? {
        ahead.push_back(planned);
        if ahead.len() > AHEAD
            && let Some(planned) = ahead.pop_front()
        {
            decided.add(tx, &house, planned, at).await?;
        }
    }
    for planned in ahead {
        decided.add(tx, &house, planned, at).await?;
    }
    marriages::save(tx, &reading.fresh).await?;
    Ok(decided)
}

/// The persons who are still to be read.
struct Reading {
    house: House,
    touched: Peekable<std::collections::hash_map::IntoIter<NationalCode, (Kept, Option<String>)>>,
    news: News,
    fresh: Arc<Vec<MarriageRecorded>>,
    at: Timestamp,
}

impl Reading {
    /// Reads the next chunk of persons, and lets a thread plan them.
    async fn next(&mut self, connection: &mut PgConnection) -> Result<Option<JoinHandle<Result<Chunk>>>> {
        if self.touched.peek().is_none() {
            return Ok(None);
        }
        let kept: Touched = self.touched.by_ref().take(CHUNK).collect();
        let mut persons = known::load(connection, kept.keys().copied(), &self.fresh).await?;
        persons.iter_mut().for_each(|known| self.news.tell(known));
        let (house, at) = (self.house.clone(), self.at);
        Ok(Some(tokio::task::spawn_blocking(move || Chunk::plan(&house, persons, kept, at))))
    }
}

/// A thread that ended without an answer.
fn ended(end: tokio::task::JoinError) -> Error {
    if end.is_panic() { Error::Panicked } else { Error::Stopped }
}

impl Decided {
    async fn add(
        &mut self,
        tx: &mut PgConnection,
        house: &House,
        planned: JoinHandle<Result<Chunk>>,
        at: Timestamp,
    ) -> Result<()> {
        let chunk = planned.await.map_err(ended)??;
        self.decisions += chunk.decisions;
        self.packed.extend(chunk.packed);
        self.events.extend(write(tx, house, &chunk.planned, at).await?);
        Ok(())
    }
}

/// Persons with something to write.
struct Chunk {
    planned: Vec<Planned>,
    packed: Vec<Packed>,
    decisions: usize,
}

impl Chunk {
    /// Work for a processor alone.
    fn plan(house: &House, persons: Vec<Known>, kept: Touched, at: Timestamp) -> Result<Self> {
        let rules = house.rules_at(at);
        let mut planned = Vec::with_capacity(persons.len());
        for (known, trace) in completed(persons, kept)? {
            let plan = plan(&known, &rules, Occasion::Intake);
            if !plan.is_empty() {
                planned.push(Planned { known, plan, trace });
            }
        }
        let packed = outbox::pack(decisions_made(house, &planned, at), house.groups)?;
        let updates = planned.iter().flat_map(|planned| &planned.plan.updates);
        let decisions = updates.filter(|update| update.revision.is_some()).count();
        Ok(Self { planned, packed, decisions })
    }
}

/// Every person with the dossier, and the trace of the last input that touched the person.
fn completed(persons: Vec<Known>, mut kept: Touched) -> Result<Vec<(Known, Option<String>)>> {
    let mut all = Vec::with_capacity(persons.len());
    for mut known in persons {
        let dossier = kept.remove(&known.person);
        let (dossier, trace) =
            dossier.ok_or(Error::Invariant("every person whom a batch decides was touched by it"))?;
        known.dossier = match dossier {
            Kept::Read(dossier) => *dossier,
            Kept::Unread(packed) => persons::read(packed.as_deref())?,
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

    fn known(code: &str) -> Known {
        Known {
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

    fn touched(codes: &[&str]) -> Touched {
        codes.iter().map(|code| (person(code), (Kept::Unread(None), None))).collect()
    }

    #[test]
    fn every_person_of_a_chunk_is_planned_or_the_batch_fails() {
        const ONE: &str = "0012345679";
        const OTHER: &str = "0499370899";
        assert_eq!(completed(vec![known(ONE), known(OTHER)], touched(&[ONE, OTHER])).unwrap().len(), 2);
        for (persons, codes) in
            [(vec![known(ONE), known(OTHER)], &[ONE][..]), (vec![known(ONE)], &[ONE, OTHER])]
        {
            let told = completed(persons, touched(codes)).err();
            assert!(matches!(told, Some(Error::Invariant(_))), "a person was left out: {told:?}");
        }
    }
}
