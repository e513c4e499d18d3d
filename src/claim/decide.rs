//! Decides one claim from its facts. Pure, so that `recompute` can repeat a decision years later (R23).

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::benefit::Benefit;
use super::facts::{self, Facts, InsuredFacts};
use super::finding_effects::{self, AppliedFinding};
use super::found_reasons::FoundReasons;
use super::outcome::Outcome;
use super::reason::{Reason, ReasonCode, outcome_of};
use super::{reasons_of_art85, reasons_of_completion, reasons_of_marriage};
use crate::law::marriage_allowance::{AmountFinding, Assessment, Working, assess};
use crate::law::{Rial, SolarDate, Tables};

/// The version of the rules in this program. A change that alters any decision must raise it.
pub const RULES_VERSION: &str = "2";

/// A decision with its reasons and its working, the calculation that it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub outcome: Outcome,
    /// Set only if the claim is approved or waits for the insured person.
    pub amount: Option<Rial>,
    /// In the order of precedence.
    pub reasons: Vec<Reason>,
    /// `None` if the claim was decided without an assessment: the person is not insured, the claim is withdrawn, or the
    /// deed date cannot be computed.
    pub working: Option<Working>,
    /// The approved findings that changed the reasons, in the order of their grounds.
    pub findings: Vec<AppliedFinding>,
}

/// The canonical encoding of a published answer: JSON with the fields in this order, and parameters by name.
#[derive(Serialize)]
struct CanonicalAnswer<'a> {
    outcome: &'a str,
    amount_rial: Option<u64>,
    reasons: Vec<CanonicalReason<'a>>,
    /// Left out if there is none, so that answers without findings keep their digests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<CanonicalFinding<'a>>,
}

#[derive(Serialize)]
struct CanonicalFinding<'a> {
    finding_id: String,
    ground: &'a str,
    verdict: &'a str,
}

impl CanonicalFinding<'static> {
    fn new(finding: &AppliedFinding) -> Self {
        Self {
            finding_id: finding.finding_id.to_string(),
            ground: finding.ground.as_str(),
            verdict: finding.verdict.as_str(),
        }
    }
}

#[derive(Serialize)]
struct CanonicalReason<'a> {
    code: &'a str,
    parameters: BTreeMap<&'a str, &'a str>,
}

impl<'a> CanonicalReason<'a> {
    fn new(reason: &'a Reason) -> Self {
        let parameters = reason.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { code: reason.code.as_str(), parameters }
    }
}

impl Decision {
    /// The digest of outcome, amount, findings, and each reason's code and parameters. If it changes, a new revision is
    /// published. At a close, a changed [`Self::working_digest`] also makes one. Texts are not part of it, so a change
    /// of wording publishes nothing.
    pub fn answer_digest(&self) -> [u8; 32] {
        let answer = CanonicalAnswer {
            outcome: self.outcome.as_str(),
            amount_rial: self.amount.map(Rial::get),
            reasons: self.reasons.iter().map(CanonicalReason::new).collect(),
            findings: self.findings.iter().map(CanonicalFinding::new).collect(),
        };
        // Texts, numbers and lists of them can always be written as JSON.
        facts::digest(&serde_json::to_vec(&answer).unwrap_or_default())
    }

    /// The digest of the working.
    pub fn working_digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let Some(working) = &self.working else {
            return hash.finalize().into();
        };
        hash.update(working.days.to_be_bytes());
        hash.update(working.window_from.day_number().to_be_bytes());
        hash.update(working.window_to.day_number().to_be_bytes());
        hash.update(amount_bytes(working.wage_sum));
        hash.update(amount_bytes(working.floor));
        for month in &working.months {
            hash.update(month.month.index().to_be_bytes());
            hash.update(month.days.to_be_bytes());
            hash.update(month.counted_days.to_be_bytes());
            hash.update(amount_bytes(Some(month.wage)));
            hash.update(amount_bytes(month.ceiling));
        }
        hash.finalize().into()
    }

    /// The digest of everything that `recompute` must reproduce.
    pub fn content_digest(&self) -> [u8; 32] {
        content_digest(self.answer_digest(), self.working_digest())
    }

    pub fn codes(&self) -> Vec<ReasonCode> {
        self.reasons.iter().map(|reason| reason.code).collect()
    }

    fn new(found: FoundReasons) -> Self {
        let FoundReasons { mut reasons, amount, working, findings } = found;
        reasons.sort_by_key(Reason::precedence);
        let outcome = outcome_of(&reasons);
        let states_amount = matches!(outcome, Outcome::Approved | Outcome::Waiting);
        Self { outcome, amount: amount.filter(|_| states_amount), reasons, working, findings }
    }
}

/// The digest of an answer digest and a working digest.
pub fn content_digest(answer: [u8; 32], working: [u8; 32]) -> [u8; 32] {
    facts::digest(&[answer, working].concat())
}

/// Decides a claim on the business date `today`. The decision contains all reasons; no reason hides another.
pub fn decide(facts: &Facts, today: SolarDate, tables: &Tables) -> Decision {
    Decision::new(find_reasons(facts, today, tables))
}

/// Finds every reason in the facts, and applies the approved findings to them.
pub fn find_reasons(facts: &Facts, today: SolarDate, tables: &Tables) -> FoundReasons {
    let mut found = reasons_before_findings(facts, today, tables);
    found.findings = match &facts.payment {
        None => finding_effects::apply(&mut found.reasons, facts, tables),
        // A paid decision keeps the findings by which it was approved.
        Some(_) => findings_of_paid(facts, today, tables),
    };
    found
}

/// The findings that have an effect on the facts as they would be without the payment.
fn findings_of_paid(facts: &Facts, today: SolarDate, tables: &Tables) -> Vec<AppliedFinding> {
    if facts.findings.is_empty() {
        return Vec::new();
    }
    let unpaid = Facts { payment: None, ..facts.clone() };
    let mut reasons = reasons_before_findings(&unpaid, today, tables).reasons;
    finding_effects::apply(&mut reasons, &unpaid, tables)
}

fn reasons_before_findings(facts: &Facts, today: SolarDate, tables: &Tables) -> FoundReasons {
    if facts.withdrawn {
        return FoundReasons::only(reasons_of_marriage::withdrawn(facts));
    }
    let Some(insured) = &facts.insured else {
        return FoundReasons::only(reasons_of_completion::not_insured());
    };
    match facts.benefit {
        Benefit::MarriageAllowance => marriage_allowance(facts, insured, today, tables),
        #[cfg(feature = "failpoints")]
        Benefit::SampleGrant => super::sample_grant::find_reasons(facts, insured, today, tables),
    }
}

/// What the rules of the marriage allowance find.
fn marriage_allowance(
    facts: &Facts,
    insured: &InsuredFacts,
    today: SolarDate,
    tables: &Tables,
) -> FoundReasons {
    let Ok(assessment) =
        assess(facts.deed_date, today, &facts.art85_employments(), &facts.art85_wages(), tables)
    else {
        // The deed date is too near to the start or end of the calendar's range. The claim stays pending (R26).
        return FoundReasons::only(reasons_of_art85::not_computable(facts));
    };
    if let Some(payment) = &facts.payment {
        return FoundReasons {
            reasons: reasons_of_completion::after_payment(payment, insured, today, tables),
            amount: Rial::new(payment.amount_rial),
            working: Some(assessment.working),
            findings: Vec::new(),
        };
    }
    let mut reasons = reasons_of_marriage::all(facts, insured, today);
    reasons.extend(reasons_of_art85::all(facts, &assessment));
    reasons.extend(reasons_of_completion::all(insured, today, tables));
    FoundReasons {
        reasons,
        amount: known_amount(&assessment),
        working: Some(assessment.working),
        findings: Vec::new(),
    }
}

fn known_amount(assessment: &Assessment) -> Option<Rial> {
    match assessment.amount {
        AmountFinding::Known(amount) => Some(amount),
        AmountFinding::Outside(_) => None,
    }
}

/// The bytes of an amount in a digest. An unknown amount is encoded as -1.
fn amount_bytes(amount: Option<Rial>) -> [u8; 8] {
    amount.map_or(-1, Rial::to_i64).to_be_bytes()
}
