//! What became of objections, as their person sees it.

use jiff::Timestamp;

use crate::app::AppContext;
use crate::claim::finding::Finding;
use crate::claim::objection::Objection;
use crate::store::portal_objections::{self, OpenObjection, SentObjection};
use crate::store::portal_pictures::{self, PictureRow};
use crate::store::scope::{PersonScope, ScopedTransaction};
use crate::store::{Result, from_micros, submissions};
use crate::store::{findings, objections};

/// An officer's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub accepted: bool,
    /// In the officer's words.
    pub reason: String,
    pub at: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ObjectionState {
    Open,
    Withdrawn {
        at: Option<Timestamp>,
    },
    /// `None` if the words of the answer are lost with a database.
    Answered(Option<Answer>),
}

/// An objection with everything that its person may see.
#[derive(Clone, Debug)]
pub struct MyObjection {
    pub sent: SentObjection,
    /// Whether it has left the portal for its officer.
    pub delivered: bool,
    pub state: ObjectionState,
    /// Also those that are not added yet. The oldest first.
    pub pictures: Vec<PictureRow>,
}

/// The objection with this tracking number. The caller's transaction records the view.
///
/// # Errors
/// If the database does not answer.
pub async fn by_tracking(tx: &mut ScopedTransaction, tracking: &str) -> Result<Option<MyObjection>> {
    Ok(own_objections(tx).await?.into_iter().find(|objection| objection.sent.tracking == tracking))
}

/// The objection with this tracking number, for a request that changes it.
///
/// # Errors
/// If the database does not answer.
pub async fn find_sent(ctx: &AppContext, scope: &PersonScope, tracking: &str) -> Result<Option<MyObjection>> {
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        by_tracking(&mut tx, tracking).await
    })
    .await
}

/// All objections that the person has sent on the portal, the latest first.
///
/// # Errors
/// If the database does not answer.
pub async fn own_objections(tx: &mut ScopedTransaction) -> Result<Vec<MyObjection>> {
    let sent = portal_objections::sent(tx).await?;
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let ingested = Ingested::load(tx).await?;
    let pictures = portal_pictures::own(tx).await?;
    let mut found = Vec::with_capacity(sent.len());
    for sent in sent {
        let receipt = submissions::by_tracking(tx, &sent.tracking).await?;
        let own = pictures.iter().filter(|picture| picture.objection_id == sent.objection_id);
        found.push(MyObjection {
            delivered: receipt.is_some_and(|receipt| receipt.delivered_at.is_some()),
            state: ingested.state(&sent)?,
            pictures: own.cloned().collect(),
            sent,
        });
    }
    Ok(found)
}

/// The objections of the person that have no answer yet, also those from another portal.
///
/// # Errors
/// If the database does not answer.
pub async fn open_objections(tx: &mut ScopedTransaction) -> Result<Vec<OpenObjection>> {
    portal_objections::open(tx).await
}

/// Whether the objection was withdrawn or answered.
pub(super) async fn is_closed(tx: &mut ScopedTransaction, sent: &SentObjection) -> Result<bool> {
    Ok(Ingested::load(tx).await?.state(sent)? != ObjectionState::Open)
}

/// What ingest knows of the person's objections.
struct Ingested {
    objections: Vec<Objection>,
    findings: Vec<Finding>,
}

impl Ingested {
    async fn load(tx: &mut ScopedTransaction) -> Result<Self> {
        let person = [tx.scope().person()];
        let objections = objections::of_persons(tx, &person).await?;
        let findings = findings::of_persons(tx, &person).await?;
        Ok(Self {
            objections: objections.into_iter().map(|stored| stored.objection).collect(),
            findings: findings.into_iter().map(|stored| stored.finding).collect(),
        })
    }

    fn state(&self, sent: &SentObjection) -> Result<ObjectionState> {
        let known = self.objections.iter().find(|known| known.objection_id == sent.objection_id);
        if sent.withdrawn_at.is_some() || known.is_some_and(|known| known.withdrawn) {
            return Ok(ObjectionState::Withdrawn { at: sent.withdrawn_at });
        }
        let Some(known) = known.filter(|known| known.answered) else { return Ok(ObjectionState::Open) };
        let Some(closing) = known.closing(&self.findings) else { return Ok(ObjectionState::Answered(None)) };
        let (accepted, reason, at) = (closing.accepted, closing.reason.clone(), from_micros(closing.at)?);
        Ok(ObjectionState::Answered(Some(Answer { accepted, reason, at })))
    }
}
