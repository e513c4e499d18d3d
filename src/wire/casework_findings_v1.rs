//! `casework.findings.v1`: what officers find, propose, approve and answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_with::serde_as;
use uuid::Uuid;

use super::event_type::EventType;
use super::fault::Fault;
use super::form::{OpaqueId, Remark, Rials, Sha256, Strict, Text, reason};
use super::tehran;
use crate::claim::case_ending::Ending;
use crate::claim::codes::{EndingOutcome, Verdict};
use crate::claim::finding::FindingContent;
use crate::claim::objection::Closing;
use crate::claim::reason::ReasonCode;
use crate::claim::review::{Judgement, Proposal, Ruling};
use crate::ident::NationalCode;
use crate::law::{Rial, SolarDate};

/// Maximum number of pictures that a finding names, and of findings that an answer names.
pub const MAX_NAMED: usize = 50;

/// `casework.finding.proposed`.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FindingProposed {
    #[serde_as(as = "Strict")]
    pub finding_id: Uuid,
    #[serde_as(as = "Strict")]
    pub at: Timestamp,
    /// The opaque staff id of the officer.
    #[serde_as(as = "Text<OpaqueId>")]
    pub author: String,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub claim_id: Uuid,
    #[serde_as(as = "Strict")]
    pub ground: ReasonCode,
    /// The digest of the values of the ground that the officer saw.
    #[serde_as(as = "Strict")]
    pub fact_seen: Sha256,
    #[serde_as(as = "Strict")]
    pub verdict: Verdict,
    #[serde_as(as = "Text<Remark>")]
    pub reason: String,
    /// Pictures of objections against this claim.
    #[serde_as(as = "Vec<Strict>")]
    pub evidence: Vec<Uuid>,
}

/// Defines what a second officer says. The judgements of findings and of endings differ in the name of one id.
macro_rules! judged {
    ($(#[$doc:meta])* $name:ident about $id:ident) => {
        $(#[$doc])*
        #[serde_as]
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde_as(as = "Strict")]
            pub $id: Uuid,
            #[serde_as(as = "Strict")]
            pub at: Timestamp,
            #[serde_as(as = "Text<OpaqueId>")]
            pub approver: String,
            /// The author of the proposal.
            #[serde_as(as = "Text<OpaqueId>")]
            pub author: String,
            #[serde_as(as = "Strict")]
            pub national_code: NationalCode,
            #[serde_as(as = "Strict")]
            pub proposal_sha256: Sha256,
            #[serde_as(as = "Text<Remark>")]
            pub reason: String,
        }

        impl $name {
            pub fn judgement(&self, ruling: Ruling) -> Judgement {
                Judgement {
                    at: self.at.as_microsecond(),
                    ruling,
                    proposal_sha256: self.proposal_sha256,
                    approver: self.approver.clone(),
                    author: self.author.clone(),
                    on: day_of(self.at),
                    reason: self.reason.clone(),
                }
            }
        }
    };
}

judged!(
    /// `casework.finding.approved` or `.rejected`.
    FindingJudged about finding_id
);
judged!(
    /// `casework.case.ending-approved` or `.ending-rejected`.
    EndingJudged about case_id
);

/// `casework.case.ending-proposed`.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndingProposed {
    #[serde_as(as = "Strict")]
    pub case_id: Uuid,
    #[serde_as(as = "Strict")]
    pub at: Timestamp,
    #[serde_as(as = "Text<OpaqueId>")]
    pub author: String,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub outcome: EndingOutcome,
    /// Set if an amount is ordered.
    #[serde_as(as = "Option<Rials>")]
    #[serde(default)]
    pub amount_rial: Option<Rial>,
    #[serde_as(as = "Text<Remark>")]
    pub reason: String,
}

/// `casework.objection.closed`.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectionClosed {
    #[serde_as(as = "Strict")]
    pub objection_id: Uuid,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub at: Timestamp,
    #[serde_as(as = "Text<OpaqueId>")]
    pub author: String,
    pub accepted: bool,
    #[serde_as(as = "Text<Remark>")]
    pub reason: String,
    /// The answer follows once each of these findings is decided.
    #[serde_as(as = "Vec<Strict>")]
    pub findings: Vec<Uuid>,
}

/// An event of this topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CaseworkEvent {
    FindingProposed(FindingProposed),
    FindingJudged(Ruling, FindingJudged),
    EndingProposed(EndingProposed),
    EndingJudged(Ruling, EndingJudged),
    ObjectionClosed(ObjectionClosed),
}

/// The data of the event. The ruling is its type.
impl Serialize for CaseworkEvent {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::FindingProposed(data) => data.serialize(out),
            Self::FindingJudged(_, data) => data.serialize(out),
            Self::EndingProposed(data) => data.serialize(out),
            Self::EndingJudged(_, data) => data.serialize(out),
            Self::ObjectionClosed(data) => data.serialize(out),
        }
    }
}

impl CaseworkEvent {
    pub fn national_code(&self) -> NationalCode {
        match self {
            Self::FindingProposed(data) => data.national_code,
            Self::FindingJudged(_, data) => data.national_code,
            Self::EndingProposed(data) => data.national_code,
            Self::EndingJudged(_, data) => data.national_code,
            Self::ObjectionClosed(data) => data.national_code,
        }
    }

    pub fn at(&self) -> Timestamp {
        match self {
            Self::FindingProposed(data) => data.at,
            Self::FindingJudged(_, data) => data.at,
            Self::EndingProposed(data) => data.at,
            Self::EndingJudged(_, data) => data.at,
            Self::ObjectionClosed(data) => data.at,
        }
    }
}

impl FindingProposed {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        at_most(self.evidence.len(), "evidence")
    }

    pub fn proposal(&self) -> Proposal<FindingContent> {
        let content = FindingContent {
            claim_id: self.claim_id,
            ground: self.ground,
            fact_seen: self.fact_seen,
            verdict: self.verdict,
            evidence: self.evidence.clone(),
        };
        Proposal {
            id: self.finding_id,
            at: self.at.as_microsecond(),
            author: self.author.clone(),
            person: self.national_code,
            content,
            reason: self.reason.clone(),
        }
    }
}

impl EndingProposed {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        match (self.orders_amount(), self.amount_rial) {
            (true, None) => Err(Fault::field("amount_rial", reason::MISSING)),
            (true, Some(Rial::ZERO)) | (false, Some(_)) => {
                Err(Fault::field("amount_rial", reason::CONTRADICTORY))
            }
            (true, Some(_)) | (false, None) => Ok(()),
        }
    }

    fn orders_amount(&self) -> bool {
        matches!(self.outcome, EndingOutcome::RecoveryOrdered | EndingOutcome::DifferenceOrdered)
    }

    pub fn proposal(&self) -> Proposal<Ending> {
        Proposal {
            id: self.case_id,
            at: self.at.as_microsecond(),
            author: self.author.clone(),
            person: self.national_code,
            content: Ending { outcome: self.outcome, amount: self.amount_rial },
            reason: self.reason.clone(),
        }
    }
}

impl ObjectionClosed {
    /// Checks the rules that span fields.
    ///
    /// # Errors
    /// Returns a [`Fault`] for the first field that breaks a rule.
    pub fn check(&self) -> Result<(), Fault> {
        at_most(self.findings.len(), "findings")
    }

    pub fn closing(&self) -> Closing {
        Closing {
            at: self.at.as_microsecond(),
            author: self.author.clone(),
            accepted: self.accepted,
            reason: self.reason.clone(),
            findings: self.findings.clone(),
        }
    }
}

fn at_most(count: usize, field: &'static str) -> Result<(), Fault> {
    if count <= MAX_NAMED { Ok(()) } else { Err(Fault::field(field, reason::WRONG_LENGTH)) }
}

/// The day in Tehran. The calendar ends after every supported instant.
fn day_of(at: Timestamp) -> SolarDate {
    tehran::solar_date(at).unwrap_or(SolarDate::LAST)
}

/// The event type of an event of this topic.
pub fn event_type(event: &CaseworkEvent) -> EventType {
    match event {
        CaseworkEvent::FindingProposed(_) => EventType::FindingProposed,
        CaseworkEvent::FindingJudged(Ruling::Approved, _) => EventType::FindingApproved,
        CaseworkEvent::FindingJudged(Ruling::Rejected, _) => EventType::FindingRejected,
        CaseworkEvent::EndingProposed(_) => EventType::EndingProposed,
        CaseworkEvent::EndingJudged(Ruling::Approved, _) => EventType::EndingApproved,
        CaseworkEvent::EndingJudged(Ruling::Rejected, _) => EventType::EndingRejected,
        CaseworkEvent::ObjectionClosed(_) => EventType::ObjectionClosed,
    }
}
