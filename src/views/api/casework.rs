//! Findings, objections and cases, as staff see them.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use uuid::Uuid;

use super::words;
use crate::app::portal::casework::{StaffCase, StaffFinding};
use crate::claim::review::{Judgement, Ruling};
use crate::law::Rial;
use crate::store::casework::QueuedObjection;
use crate::store::{Result, from_micros};

fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approved => "approved",
        Ruling::Rejected => "rejected",
    }
}

/// An approval or a rejection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Ruling)]
pub struct RulingView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[schema(schema_with = words::ruling)]
    pub ruling: &'static str,
    /// The opaque id of the second officer.
    pub approver: String,
    pub reason: String,
}

/// What one officer found, and another one said about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Finding, example = json!({
    "finding_id": "7b1a3c5e-0f2d-8c4b-9a6e-1d2f3a4b5c6d",
    "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
    "ground": "IDENTITY_MISMATCH",
    "verdict": "set_aside",
    "reason": "Booklet and deed show one person.",
    "evidence": [],
    "fact_seen": "5f0c1e6a9d3b7428c1d0f3a5b6e7980123456789abcdef0123456789abcdef01",
    "author": "b8f5c1d2-3e4a-8b6c-9d7e-0f1a2b3c4d5e",
    "proposed_at": "2025-11-11T09:30:00Z",
    "proposal_sha256": "0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef",
    "state": "proposed"
}))]
pub struct FindingView {
    pub finding_id: Uuid,
    pub claim_id: Uuid,
    #[schema(schema_with = words::reason)]
    pub ground: &'static str,
    #[schema(schema_with = words::verdict)]
    pub verdict: &'static str,
    pub reason: String,
    pub evidence: Vec<Uuid>,
    /// The digest of the values that the ground compared when the finding was proposed.
    #[schema(schema_with = words::sha256)]
    pub fact_seen: String,
    /// The opaque id of the officer.
    pub author: String,
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    /// The second officer names it.
    #[schema(schema_with = words::sha256)]
    pub proposal_sha256: String,
    #[schema(schema_with = words::finding_state)]
    pub state: &'static str,
    /// The judgement that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruling: Option<RulingView>,
}

/// A page of findings, in the order of their ids.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Findings, example = json!({"items": []}))]
pub struct FindingsView {
    pub items: Vec<FindingView>,
    /// The cursor of the next page. Left out on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl FindingView {
    /// The content that was decided, or else the first one. `None` while only a judgement has arrived.
    ///
    /// # Errors
    /// If a stored instant cannot be read.
    pub fn new(found: &StaffFinding) -> Result<Option<Self>> {
        let finding = &found.finding;
        let decided = finding.decided();
        let first = finding.review.proposals().min_by_key(|proposal| proposal.at);
        let Some(proposal) = decided.as_ref().map(|ruled| ruled.proposal).or(first) else {
            return Ok(None);
        };
        let ruled = decided.as_ref().map(|ruled| ruling_view(ruled.judgement)).transpose()?;
        let content = &proposal.content;
        Ok(Some(Self {
            finding_id: finding.finding_id,
            claim_id: content.claim_id,
            ground: content.ground.as_str(),
            verdict: content.verdict.as_str(),
            reason: proposal.reason.clone(),
            evidence: content.evidence.clone(),
            fact_seen: hex::encode(content.fact_seen),
            author: proposal.author.clone(),
            proposed_at: from_micros(proposal.at)?,
            proposal_sha256: hex::encode(proposal.sha256()),
            state: ruled.as_ref().map_or("proposed", |ruled| ruled.ruling),
            ruling: ruled,
        }))
    }
}

fn ruling_view(judgement: &Judgement) -> Result<RulingView> {
    Ok(RulingView {
        at: from_micros(judgement.at)?,
        ruling: ruling(judgement.ruling),
        approver: judgement.approver.clone(),
        reason: judgement.reason.clone(),
    })
}

/// An objection without an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = QueuedObjection)]
pub struct QueuedObjectionView {
    pub objection_id: Uuid,
    pub claim_id: Uuid,
    /// A reason code, or `amount`.
    #[schema(schema_with = words::disputed)]
    pub disputed: String,
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Timestamp,
    pub pictures: u32,
}

/// A page of the queue, the oldest objection first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Queue, example = json!({
    "items": [{
        "objection_id": "5b2d7f90-1c3e-4a56-8b7d-9e0f1a2b3c4d",
        "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
        "disputed": "IDENTITY_MISMATCH",
        "submitted_at": "2025-11-11T09:30:00Z",
        "pictures": 2
    }]
}))]
pub struct QueueView {
    pub items: Vec<QueuedObjectionView>,
    /// The cursor of the next page. Left out on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl QueuedObjectionView {
    pub fn new(queued: QueuedObjection) -> Self {
        Self {
            objection_id: queued.objection_id,
            claim_id: queued.claim_id,
            disputed: queued.disputed,
            submitted_at: queued.submitted_at,
            pictures: queued.pictures,
        }
    }
}

/// An end that an officer proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Ending)]
pub struct EndingView {
    #[schema(schema_with = words::ending)]
    pub outcome: &'static str,
    /// The amount that is ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_rial: Option<u64>,
    pub reason: String,
    /// The opaque id of the officer.
    pub author: String,
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    /// The second officer names it.
    #[schema(schema_with = words::sha256)]
    pub proposal_sha256: String,
    #[schema(schema_with = words::finding_state)]
    pub state: &'static str,
    /// The judgement that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruling: Option<RulingView>,
}

/// A case that only officers end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Case, example = json!({
    "case_id": "2c4e6a80-9b1d-8f3e-8a5c-7d9e0f1a2b3c",
    "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
    "document_id": "9f1c0e5b2a7d48939c1f0a6be4d85237",
    "kind": "difference",
    "grounds": ["AMOUNT_HIGHER"],
    "state": "open",
    "amount_rial": 103_909_680,
    "new_amount_rial": 110_000_000,
    "opened_at": "2025-11-11T09:30:00Z",
    "allowed_outcomes": ["no_action", "difference_ordered"],
    "proposals": [{
        "outcome": "no_action",
        "reason": "The difference is not due.",
        "author": "b8f5c1d2-3e4a-8b6c-9d7e-0f1a2b3c4d5e",
        "proposed_at": "2025-11-12T08:00:00Z",
        "proposal_sha256": "0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef",
        "state": "proposed"
    }]
}))]
pub struct CaseView {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub document_id: String,
    #[schema(schema_with = words::case_kind)]
    pub kind: &'static str,
    /// Which facts have changed.
    pub grounds: Vec<String>,
    /// `gone`: the records do not yield the cause any more, and the case holds nothing. `ended`: officers ended it.
    #[schema(schema_with = words::case_state)]
    pub state: &'static str,
    /// The amount of the document.
    pub amount_rial: u64,
    /// The amount by the facts of the case, if the case is about an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_amount_rial: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// The instant of the approval that ended it.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it can end now.
    #[schema(schema_with = outcomes)]
    pub allowed_outcomes: Vec<&'static str>,
    /// The oldest first.
    pub proposals: Vec<EndingView>,
}

fn outcomes() -> Array {
    ArrayBuilder::new().items(words::ending()).build()
}

/// A page of cases, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Cases, example = json!({
    "items": [{
        "case_id": "2c4e6a80-9b1d-8f3e-8a5c-7d9e0f1a2b3c",
        "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
        "document_id": "9f1c0e5b2a7d48939c1f0a6be4d85237",
        "kind": "difference",
        "grounds": ["AMOUNT_HIGHER"],
        "state": "open",
        "amount_rial": 103_909_680,
        "new_amount_rial": 110_000_000,
        "opened_at": "2025-11-11T09:30:00Z",
        "allowed_outcomes": ["no_action", "difference_ordered"],
        "proposals": []
    }]
}))]
pub struct CasesView {
    pub items: Vec<CaseView>,
    /// The cursor of the next page. Left out on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl CaseView {
    /// # Errors
    /// If a stored instant cannot be read.
    pub fn new(found: &StaffCase) -> Result<Self> {
        let (case, cause) = (&found.case.case, &found.case.case.cause);
        let mut proposals = Vec::new();
        for proposal in found.ending.review.proposals() {
            let ruled = found.ending.review.ruled().find(|ruled| ruled.proposal == proposal);
            let ruled = ruled.map(|ruled| ruling_view(ruled.judgement)).transpose()?;
            proposals.push(EndingView {
                outcome: proposal.content.outcome.as_str(),
                amount_rial: proposal.content.amount.map(Rial::get),
                reason: proposal.reason.clone(),
                author: proposal.author.clone(),
                proposed_at: from_micros(proposal.at)?,
                proposal_sha256: hex::encode(proposal.sha256()),
                state: ruled.as_ref().map_or("proposed", |ruled| ruled.ruling),
                ruling: ruled,
            });
        }
        proposals.sort_by_key(|proposal| proposal.proposed_at);
        Ok(Self {
            case_id: case.case_id,
            claim_id: found.case.claim_id,
            document_id: cause.document_id.clone(),
            kind: cause.kind.as_str(),
            grounds: cause.grounds.clone(),
            state: case.state(),
            amount_rial: found.amount.get(),
            new_amount_rial: cause.new_amount.map(Rial::get),
            opened_at: found.case.opened_at,
            ended_at: found.case.closed_at,
            allowed_outcomes: found.allowed_outcomes().iter().map(|outcome| outcome.as_str()).collect(),
            proposals,
        })
    }
}
