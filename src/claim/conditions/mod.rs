//! Every condition of payment of one claim, met and unmet, with the fact that was used. Pure.
//!
//! Architecture invariant: a condition is unmet or open exactly if the decision has a reason for it. This module judges
//! nothing itself; it reads the decision, and adds the facts behind it.

mod condition;
mod fact;

use super::benefit::Benefit;
use super::codes::Verdict;
use super::decide::decide;
use super::facts::Facts;
use super::reason::{Reason, ReasonCode};
use crate::law::marriage_allowance::{Assessment, DaysFinding, EmploymentFinding, assess};
use crate::law::{SolarDate, Tables};
pub use condition::{Condition, ConditionState, FactKey, RecordOwner};
use fact::Judged;
pub use fact::UsedFact;

/// What was found about one condition.
pub struct ConditionFinding {
    pub condition: Condition,
    pub state: ConditionState,
    /// The reason of the decision, if the condition is unmet or open.
    pub reason: Option<Reason>,
    pub fact: UsedFact,
    /// Counted and required days.
    pub progress: Option<Progress>,
    /// The last day on which a record that changes the answer may lawfully arrive.
    pub open_until: Option<SolarDate>,
    /// The finding of officers that the state follows.
    pub officers: Option<OfficersFinding>,
}

/// What two officers found about the ground of a condition. The fact that was used stays as the record states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfficersFinding {
    pub verdict: Verdict,
    pub approved_on: SolarDate,
}

/// How far a counted condition is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    pub have: u32,
    pub need: u32,
}

/// The conditions of a claim, in the order in which a person reads them, as `decide` judges them from the same facts,
/// business date and tables.
pub fn conditions(facts: &Facts, today: SolarDate, tables: &Tables) -> Vec<ConditionFinding> {
    let decision = decide(facts, today, tables);
    let assessment = decision.working.is_some().then(|| assessed(facts, today, tables)).flatten();
    let judged = Judged { facts, today, tables, decision, assessment };
    of_benefit(facts.benefit).iter().map(|condition| finding(*condition, &judged)).collect()
}

/// `None` also if the tables have no row for the deed date, because then nothing was judged by them (R26).
fn assessed(facts: &Facts, today: SolarDate, tables: &Tables) -> Option<Assessment> {
    let found =
        assess(facts.deed_date, today, &facts.art85_employments(), &facts.art85_wages(), tables).ok()?;
    (found.working.required_days > 0).then_some(found)
}

fn of_benefit(benefit: Benefit) -> &'static [Condition] {
    match benefit {
        Benefit::MarriageAllowance => Condition::ALL,
        #[cfg(feature = "failpoints")]
        Benefit::SampleGrant => &[
            Condition::NeverPaid,
            Condition::Insured,
            Condition::RecordStands,
            Condition::OwnAccount,
            Condition::OwnMobile,
        ],
    }
}

fn finding(condition: Condition, judged: &Judged<'_>) -> ConditionFinding {
    let reason = judged.decision.reasons.iter().find(|reason| concerns(reason.code, condition, judged));
    let state = match reason {
        Some(reason) if reason.code.outcome() == super::Outcome::Pending => ConditionState::Open,
        Some(_) => ConditionState::Unmet,
        None if was_judged(condition, judged) => ConditionState::Met,
        None => ConditionState::NotJudged,
    };
    let fact = if state == ConditionState::NotJudged {
        unjudged_fact(condition, judged.facts)
    } else {
        fact::used(condition, judged)
    };
    ConditionFinding {
        condition,
        state,
        reason: reason.cloned(),
        fact,
        progress: progress(condition, judged),
        open_until: open_until(condition, judged),
        officers: officers(condition, state, judged),
    }
}

fn officers(condition: Condition, state: ConditionState, judged: &Judged<'_>) -> Option<OfficersFinding> {
    let mut applied = judged.decision.findings.iter();
    let applied = applied.find(|applied| {
        // Another ground can leave the condition unmet.
        let is_followed = (applied.verdict == Verdict::SetAside) == (state == ConditionState::Met);
        is_followed && Condition::of(applied.ground).contains(&condition)
    })?;
    let finding = judged.facts.findings.iter().find(|finding| finding.finding_id == applied.finding_id)?;
    Some(OfficersFinding { verdict: finding.verdict, approved_on: finding.approved_on })
}

/// Whether the reason is about this condition. An awaited wage list is one reason for two conditions.
fn concerns(code: ReasonCode, condition: Condition, judged: &Judged<'_>) -> bool {
    if !Condition::of(code).contains(&condition) {
        return false;
    }
    if code != ReasonCode::AwaitingWageList {
        return true;
    }
    judged.assessment.as_ref().is_some_and(|assessment| match condition {
        Condition::Employed => matches!(assessment.employment, EmploymentFinding::AwaitsList { .. }),
        _ => matches!(assessment.days, DaysFinding::AwaitsList { .. }),
    })
}

/// Whether the decision got as far as this condition.
fn was_judged(condition: Condition, judged: &Judged<'_>) -> bool {
    let facts = judged.facts;
    if condition == Condition::RecordStands {
        return true;
    }
    if facts.withdrawn {
        return false;
    }
    if facts.insured.is_none() {
        return condition == Condition::Insured;
    }
    let not_computable = judged.decision.working.is_none() && facts.benefit == Benefit::MarriageAllowance;
    match condition {
        Condition::Insured => true,
        _ if not_computable => false,
        Condition::Employed | Condition::InsuredDays => judged.assessment.is_some(),
        Condition::Permanent
        | Condition::RegisteredInOffice
        | Condition::NotAnnulled
        | Condition::SamePerson
        | Condition::OneMarriageThatDay => facts.registry.is_some(),
        _ => true,
    }
}

fn unjudged_fact(condition: Condition, facts: &Facts) -> UsedFact {
    let awaits_row = facts.registry.is_none() && facts.self_registration.is_some();
    let of_the_row = matches!(
        condition,
        Condition::Permanent
            | Condition::RegisteredInOffice
            | Condition::NotAnnulled
            | Condition::SamePerson
            | Condition::OneMarriageThatDay
    );
    if awaits_row && of_the_row {
        return UsedFact::new(FactKey::NoRegistryRow, RecordOwner::CivilRegistry);
    }
    UsedFact::new(FactKey::NotLookedAt, owner(condition))
}

/// Whose record states this condition.
fn owner(condition: Condition) -> RecordOwner {
    match condition {
        Condition::Employed => RecordOwner::EmploymentRecords,
        Condition::InsuredDays => RecordOwner::WageLists,
        Condition::NeverPaid => RecordOwner::PaymentRecords,
        Condition::Insured | Condition::Alive | Condition::OwnAccount | Condition::OwnMobile => {
            RecordOwner::InsuranceRecord
        }
        Condition::InsideTables => RecordOwner::LawTables,
        _ => RecordOwner::CivilRegistry,
    }
}

fn progress(condition: Condition, judged: &Judged<'_>) -> Option<Progress> {
    let assessment = judged.assessment.as_ref().filter(|_| condition == Condition::InsuredDays)?;
    Some(Progress { have: assessment.working.days, need: assessment.working.required_days })
}

fn open_until(condition: Condition, judged: &Judged<'_>) -> Option<SolarDate> {
    let assessment = judged.assessment.as_ref()?;
    match (condition, &assessment.employment, &assessment.days) {
        (Condition::Employed, EmploymentFinding::AwaitsList { until }, _)
        | (Condition::InsuredDays, _, DaysFinding::AwaitsList { until, .. }) => Some(*until),
        _ => None,
    }
}
