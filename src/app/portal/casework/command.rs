//! What all commands of staff share: an idempotency key, a durable row, and why one can be refused.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::app::AppContext;
use crate::app::portal::submissions::{staff_submission_id, submission_event_id, tracking_number};
use crate::claim::review::{Proposal, ProposalContent, Review};
use crate::ident::NationalCode;
use crate::store::staff_scope::{StaffScope, StaffTransaction};
use crate::store::submissions::{
    NewSubmission, SentBefore, SubmissionReceipt, insert_of_staff, staff_sent_before,
};
use crate::store::{Error, Result};
use crate::wire::outgoing::fresh_traceparent;
use crate::wire::{EventType, Outgoing};

/// Why a command of an officer is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CaseworkRefusal {
    /// The item does not exist, or is outside of the officer's scope.
    NotFound,
    /// The key was used for other content.
    KeyReused,
    /// The tables of the law do not allow it today.
    NotAllowed,
    /// The officer has proposed it.
    OwnProposal,
    /// The officer has authored or judged a finding of the objection.
    Involved,
    /// The stored proposal is another one.
    OtherProposal,
    AlreadyDecided,
    /// The cause of the case is gone: there is nothing to end.
    CaseGone,
    Field {
        field: String,
        reason: &'static str,
    },
}

/// The result of a command that may be refused.
pub type Refusable<T> = Result<std::result::Result<T, CaseworkRefusal>>;

pub(super) fn field(field: impl Into<String>, reason: &'static str) -> CaseworkRefusal {
    CaseworkRefusal::Field { field: field.into(), reason }
}

/// The proposal that the officer has read. Only another officer than its author may judge it.
pub(super) fn proposal_to_judge<'r, C: ProposalContent>(
    review: &'r Review<C>,
    officer: &str,
    proposal_sha256: [u8; 32],
) -> std::result::Result<&'r Proposal<C>, CaseworkRefusal> {
    let mut proposals = review.proposals();
    let proposal = proposals.find(|proposal| proposal.sha256() == proposal_sha256);
    let proposal = proposal.ok_or(CaseworkRefusal::OtherProposal)?;
    if proposal.author == officer { Err(CaseworkRefusal::OwnProposal) } else { Ok(proposal) }
}

/// The opaque id of an officer in events: the same for every account of the person.
pub fn staff_id(ctx: &AppContext, officer: NationalCode) -> String {
    ctx.ids.id("staff", &[&officer.to_string()]).to_string()
}

/// A command with its id.
pub(super) struct Command {
    pub id: Uuid,
    pub at: Timestamp,
    pub officer: String,
    route: &'static str,
    content: [u8; 32],
}

impl Command {
    /// `content` is the digest of what the request says.
    pub fn new(
        ctx: &AppContext,
        scope: &StaffScope,
        route: &'static str,
        key: &str,
        content: [u8; 32],
    ) -> Self {
        Self {
            id: staff_submission_id(ctx, scope, route, key),
            at: ctx.clock.now(),
            officer: staff_id(ctx, scope.officer()),
            route,
            content,
        }
    }

    /// The receipt, if the same command was sent before. It counts once, whatever has happened since.
    pub async fn before(
        &self,
        tx: &mut StaffTransaction,
    ) -> Result<Option<std::result::Result<SubmissionReceipt, CaseworkRefusal>>> {
        let before = staff_sent_before(tx, self.id, self.content).await?;
        Ok(before.map(|before| match before {
            SentBefore::Same(receipt) => Ok(receipt),
            SentBefore::Other => Err(CaseworkRefusal::KeyReused),
        }))
    }

    /// Stores the event about this insured person, and ends the transaction.
    pub async fn store(
        &self,
        mut tx: StaffTransaction,
        kind: EventType,
        person: NationalCode,
        data: &impl Serialize,
    ) -> Refusable<SubmissionReceipt> {
        tx.record_view(person, self.route, self.at).await?;
        let id = submission_event_id(kind, self.id);
        let event = Outgoing::new(kind, person.to_string(), id, self.at, Some(&fresh_traceparent()), data)
            .map_err(|_| Error::Invariant("casework can be written as JSON"))?;
        let new = NewSubmission {
            id: self.id,
            route: self.route,
            tracking: tracking_number(self.id),
            content: self.content,
            event,
        };
        let receipt = insert_of_staff(&mut tx, &new).await?;
        tx.end().await?;
        Ok(receipt.ok_or(CaseworkRefusal::KeyReused))
    }
}
