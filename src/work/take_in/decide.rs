//! Deciding anew for every person whom a batch touched. Two things go on at a time: threads plan, render and pack chunks of
//! persons while the transaction reads those after them and writes those before.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::super::House;
use super::super::write::{Planned, decisions_made, write};
use crate::claim::ClaimKey;
use crate::claim::known::Known;
use crate::claim::person::Dossier;
use crate::claim::plan::{Occasion, plan};
use crate::ident::NationalCode;
use crate::store::outbox::{self, Packed};
use crate::store::{Error, PgConnection, Result, known, persons};
use crate::wire::Outgoing;
use crate::wire::registry_marriages_v1::MarriageRecorded;

/// A dossier of a person to plan.
pub enum Kept {
    Read(Dossier),
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

/// Plans every person whom the batch touched, and writes what changed.
pub async fn decide(
    tx: &mut PgConnection,
    house: &House,
    touched: Touched,
    mut news: News,
    fresh: &[MarriageRecorded],
    at: Timestamp,
) -> Result<Decided> {
    let mut decided = Decided::default();
    let mut ahead: VecDeque<JoinHandle<Result<Chunk>>> = VecDeque::with_capacity(AHEAD + 1);
    let mut touched = touched.into_iter().peekable();
    while touched.peek().is_some() {
        let kept: Touched = touched.by_ref().take(CHUNK).collect();
        let mut persons = known::load(tx, kept.keys().copied(), fresh).await?;
        persons.iter_mut().for_each(|known| news.tell(known));
        let house_there = house.clone();
        ahead.push_back(tokio::task::spawn_blocking(move || Chunk::plan(&house_there, persons, kept, at)));
        if ahead.len() > AHEAD
            && let Some(planned) = ahead.pop_front()
        {
            decided.add(tx, house, planned, at).await?;
        }
    }
    for planned in ahead {
        decided.add(tx, house, planned, at).await?;
    }
    Ok(decided)
}

impl Decided {
    async fn add(
        &mut self,
        tx: &mut PgConnection,
        house: &House,
        planned: JoinHandle<Result<Chunk>>,
        at: Timestamp,
    ) -> Result<()> {
        let chunk = planned.await.map_err(|end| if end.is_panic() { Error::Panicked } else { Error::Stopped })??;
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
    fn plan(house: &House, persons: Vec<Known>, mut kept: Touched, at: Timestamp) -> Result<Self> {
        let rules = house.rules_at(at);
        let mut planned = Vec::with_capacity(persons.len());
        for mut known in persons {
            let Some((dossier, trace)) = kept.remove(&known.person) else { continue };
            known.dossier = match dossier {
                Kept::Read(dossier) => dossier,
                Kept::Unread(packed) => persons::read(packed.as_deref())?,
            };
            let plan = plan(&known, &rules, Occasion::Intake);
            if !plan.is_empty() {
                planned.push(Planned { known, plan, trace });
            }
        }
        let events = decisions_made(house, &planned, at)?;
        Ok(Self { decisions: events.len(), packed: outbox::pack(events, house.groups)?, planned })
    }
}
