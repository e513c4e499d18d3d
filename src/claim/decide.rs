//! From the facts of one claim to its decision. Pure, so that `recompute` repeats it years later (R23).

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::facts::{self, Facts};
use super::ground::{Reason, ReasonText};
use super::reason::{Outcome, ReasonCode};
use super::{reasons_of_art85, reasons_of_completion, reasons_of_marriage};
use crate::law::marriage_allowance::{AmountFinding, Assessment, Working, assess};
use crate::law::{Rial, SolarDate, Tables};
use crate::texts::Texts;

/// The version of the rules in this program; a change of any answer raises it.
pub const RULES_VERSION: &str = "1";

/// A verdict with its working.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub outcome: Outcome,
    /// Only where the claim is approved or waits for the insured person.
    pub amount: Option<Rial>,
    pub reasons: Vec<ReasonText>,
    /// None where the law was not reached: not insured, or withdrawn.
    pub working: Option<Working>,
}

#[derive(Serialize)]
struct Answer<'a> {
    outcome: &'a str,
    amount_rial: Option<u64>,
    reasons: &'a [ReasonText],
}

impl Decision {
    /// Of what is published: a new revision is due only where this changes.
    pub fn answer_digest(&self) -> [u8; 32] {
        let answer = Answer {
            outcome: self.outcome.as_str(),
            amount_rial: self.amount.map(Rial::get),
            reasons: &self.reasons,
        };
        facts::digest(&serde_json::to_vec(&answer).unwrap_or_default())
    }

    /// Of the sum by hand.
    pub fn working_digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let Some(working) = &self.working else {
            return hash.finalize().into();
        };
        let known = |amount: Option<Rial>| amount.map_or(-1, Rial::to_i64).to_be_bytes();
        hash.update(working.days.to_be_bytes());
        hash.update(working.window_from.day_number().to_be_bytes());
        hash.update(working.window_to.day_number().to_be_bytes());
        hash.update(known(working.wage_sum));
        hash.update(known(working.floor));
        for month in &working.months {
            hash.update(month.month.index().to_be_bytes());
            hash.update(month.days.to_be_bytes());
            hash.update(month.counted_days.to_be_bytes());
            hash.update(known(Some(month.wage)));
            hash.update(known(month.ceiling));
        }
        hash.finalize().into()
    }

    /// Of everything that `recompute` must find again.
    pub fn content_digest(&self) -> [u8; 32] {
        content_digest(self.answer_digest(), self.working_digest())
    }

    pub fn codes(&self) -> Vec<ReasonCode> {
        self.reasons.iter().map(|reason| reason.code).collect()
    }

    fn of(mut grounds: Vec<Reason>, amount: Option<Rial>, working: Option<Working>) -> Self {
        grounds.sort_by_key(|ground| ground.code);
        let codes: Vec<_> = grounds.iter().map(|ground| ground.code).collect();
        let outcome = Outcome::of(&codes);
        let states_amount = matches!(outcome, Outcome::Approved | Outcome::Waiting);
        let texts = Texts::built_in();
        let reasons = grounds.into_iter().map(|ground| ReasonText::of(ground, texts)).collect();
        Self { outcome, amount: amount.filter(|_| states_amount), reasons, working }
    }
}

/// Of an answer and its working together.
pub fn content_digest(answer: [u8; 32], working: [u8; 32]) -> [u8; 32] {
    facts::digest(&[answer, working].concat())
}

/// What the rules find in the facts, before precedence speaks.
pub struct Findings {
    pub reasons: Vec<Reason>,
    /// Whatever the outcome will be; none where it cannot be known.
    pub amount: Option<Rial>,
    pub working: Option<Working>,
}

/// Decides a claim on the business date `today`: all grounds, none hiding another.
pub fn decide(facts: &Facts, today: SolarDate, tables: &Tables) -> Decision {
    let found = find_reasons(facts, today, tables);
    Decision::of(found.reasons, found.amount, found.working)
}

/// Every ground in the facts.
pub fn find_reasons(facts: &Facts, today: SolarDate, tables: &Tables) -> Findings {
    let only = |ground| Findings { reasons: vec![ground], amount: None, working: None };
    if facts.withdrawn {
        return only(reasons_of_marriage::withdrawn(facts));
    }
    let Some(insured) = &facts.insured else {
        return only(reasons_of_completion::not_insured());
    };
    let Ok(assessment) =
        assess(facts.deed_date, today, &facts.art85_employments(), &facts.art85_wages(), tables)
    else {
        // A date at the calendar's very edge: undetermined, never guessed (R26).
        return only(reasons_of_art85::not_computable(facts));
    };
    if let Some(payment) = &facts.payment {
        let grounds = reasons_of_completion::after_payment(payment, insured, today, tables);
        return Findings {
            reasons: grounds,
            amount: Rial::new(payment.amount_rial),
            working: Some(assessment.working),
        };
    }
    let mut grounds = reasons_of_marriage::all(facts, insured, today);
    grounds.extend(reasons_of_art85::all(facts, &assessment));
    grounds.extend(reasons_of_completion::all(insured, today, tables));
    Findings { reasons: grounds, amount: known_amount(&assessment), working: Some(assessment.working) }
}

fn known_amount(assessment: &Assessment) -> Option<Rial> {
    match assessment.amount {
        AmountFinding::Known(amount) => Some(amount),
        AmountFinding::Outside(_) => None,
    }
}
