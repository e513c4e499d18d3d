//! `eligibility.decisions.v1`: decisions, and cases that a person must judge.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use uuid::Uuid;

use super::form::Strict;
use crate::claim::codes::{CaseKind, EndingOutcome, Verdict};
use crate::claim::outcome::Outcome;
use crate::claim::reason::ReasonCode;
use crate::ident::NationalCode;
use crate::law::{SolarDate, SolarMonth};

/// `eligibility.decision.made`: for each claim, the highest `revision` is in force. Amounts are in rials.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionMade<'a> {
    pub decision_id: Uuid,
    pub claim_id: Uuid,
    pub revision: u32,
    /// `marriage_allowance`.
    pub benefit: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    pub marriage: DecisionMarriage<'a>,
    #[serde_as(as = "Strict")]
    pub outcome: Outcome,
    /// None unless APPROVED or WAITING.
    pub amount_rial: Option<u64>,
    /// Every reason found, in the order of precedence.
    pub reasons: Vec<DecisionReason<'a>>,
    /// None if nothing was computed (not insured, record withdrawn).
    pub working: Option<DecisionWorking>,
    pub rules_version: Cow<'a, str>,
    pub tables_version: Cow<'a, str>,
    /// Lower-case hex.
    pub facts_digest: Cow<'a, str>,
    /// SHA-256 of outcome, amount, findings, and code and parameters of each reason; lower-case hex. Texts are not part of
    /// it.
    pub answer_digest: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub business_date: SolarDate,
    #[serde_as(as = "Strict")]
    pub decided_at: Timestamp,
    /// The approved findings that changed the reasons. The outbox stores them beside the decision: see
    /// [`super::OutboxEvent`].
    #[serde(default, with = "json_only")]
    pub findings: Vec<DecisionFinding>,
}

/// An approved finding that changed the reasons of a decision.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionFinding {
    pub finding_id: Uuid,
    #[serde_as(as = "Strict")]
    pub ground: ReasonCode,
    #[serde_as(as = "Strict")]
    pub verdict: Verdict,
}

/// Writes a list in JSON only. In the packed form of the outbox it takes no bytes, so decisions keep the layout that
/// every version of the program reads.
mod json_only {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(list: &Vec<T>, out: S) -> Result<S::Ok, S::Error> {
        if out.is_human_readable() { list.serialize(out) } else { ().serialize(out) }
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        if from.is_human_readable() {
            Vec::deserialize(from)
        } else {
            <()>::deserialize(from).map(|()| Vec::new())
        }
    }
}

/// The marriage that a claim is about.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionMarriage<'a> {
    /// None while there is no registry row.
    pub record_id: Option<Cow<'a, str>>,
    /// None without a self-registration.
    pub request_id: Option<Cow<'a, str>>,
    #[serde_as(as = "Strict")]
    pub deed_date: SolarDate,
    /// None if the spouse has no national code.
    #[serde_as(as = "Option<Strict>")]
    pub spouse_national_code: Option<NationalCode>,
}

/// A reason: the article, the fact and its source, the requirement, and what would change the decision.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionReason<'a> {
    #[serde_as(as = "Strict")]
    pub code: ReasonCode,
    pub article: Cow<'a, str>,
    pub fact: Option<Cow<'a, str>>,
    pub source: Option<Cow<'a, str>>,
    pub required: Option<Cow<'a, str>>,
    pub text: DecisionText<'a>,
    pub remedy: DecisionText<'a>,
}

/// The same text in Persian and in English.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionText<'a> {
    pub fa: Cow<'a, str>,
    pub en: Cow<'a, str>,
}

/// The computation of the amount, in the steps of a manual calculation.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DecisionWorking {
    /// Days counted in the window.
    pub days: u32,
    #[serde_as(as = "Strict")]
    pub window_from: SolarDate,
    /// The day before the deed date.
    #[serde_as(as = "Strict")]
    pub window_to: SolarDate,
    /// None if a required table is not known (R26). The same applies to the floor.
    pub wage_sum_rial: Option<u64>,
    pub floor_rial: Option<u64>,
    pub months: Vec<WorkingMonth>,
}

/// A month of the working.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkingMonth {
    #[serde_as(as = "Strict")]
    pub month: SolarMonth,
    pub days: u32,
    pub counted_days: u32,
    pub wage_rial: u64,
    /// None for months that are not summed.
    pub ceiling_rial: Option<u64>,
}

/// `eligibility.case.opened`: the facts changed after payment; a person must judge the case.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaseOpened<'a> {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub document_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub kind: CaseKind,
    /// Why the case was opened: codes such as `MARRIAGE_ANNULLED` or `AM05`.
    pub grounds: Vec<Cow<'a, str>>,
    /// The amount by the current facts, in rials. None if nothing is due, or if the case is not about an amount.
    pub new_amount_rial: Option<u64>,
    #[serde_as(as = "Strict")]
    pub opened_at: Timestamp,
}

/// `eligibility.objection.answered`: an officer answered an objection.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectionAnswered<'a> {
    pub objection_id: Uuid,
    /// If the claim of the objection was withdrawn, its successor.
    pub claim_id: Uuid,
    /// The decision in force. None if the claim has none.
    pub decision_id: Option<Uuid>,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    pub accepted: bool,
    pub text: DecisionText<'a>,
    #[serde_as(as = "Strict")]
    pub answered_at: Timestamp,
}

/// `eligibility.case.ended`: two officers ended a case. It tells finance what was ordered, and moves no money.
#[serde_as]
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CaseEnded<'a> {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub document_id: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub national_code: NationalCode,
    #[serde_as(as = "Strict")]
    pub kind: CaseKind,
    #[serde_as(as = "Strict")]
    pub outcome: EndingOutcome,
    /// The amount that is ordered, or that the next attempt pays, in rials. None for `no_action` and `stop`.
    pub amount_rial: Option<u64>,
    /// The digest of the approved proposal; lower-case hex.
    pub proposal_sha256: Cow<'a, str>,
    #[serde_as(as = "Strict")]
    pub ended_at: Timestamp,
}
