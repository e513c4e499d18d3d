//! Builds the view of a claim from its stored data.

use super::claim::{
    AnswerView, ClaimView, DecisionView, DocumentView, FinanceAnswerView, MessageView, MonthView,
    NextCloseView, WorkingView,
};
use super::headline::headline;
use super::load::LoadedClaim;
use crate::claim::plan::Plan;
use crate::claim::{Decision as Verdict, ReasonCode};
use crate::clock::Clock;
use crate::law::marriage_allowance::MonthWorking;
use crate::law::{Rial, SolarDate, Tables};
use crate::store::decisions::DecisionRow as StoredDecision;
use crate::store::{payments, person_file};
use crate::texts::Texts;
use crate::views::cases::CaseView;
use crate::views::format::{self, TehranTime};

pub fn claim(loaded: &LoadedClaim, next: &Plan, clock: &Clock) -> ClaimView {
    let stored = &loaded.stored;
    let recomputed = &loaded.again;
    let in_force = loaded.decisions.last();
    let stored_facts = in_force.and_then(|decision| Some(decision.facts.as_ref()?.encode().digest));
    let mut claim = ClaimView {
        headline: String::new(),
        claim_id: stored.claim_id,
        deed_date: stored.key.deed_date.to_string(),
        spouse_national_code: stored.key.counterpart.spouse().map(|code| code.to_string()),
        record_id: stored.record_id.clone(),
        request_id: stored.request_id.clone(),
        withdrawn: stored.withdrawn,
        outcome: stored.outcome.as_str(),
        amount_rial: stored.amount.map(Rial::get),
        reasons: recomputed.reasons.iter().map(|reason| Texts::built_in().reason_text(reason)).collect(),
        working: working(recomputed, stored.key.deed_date, &loaded.tables),
        recomputed_equal: in_force
            .is_some_and(|decision| recomputed.content_digest().as_slice() == decision.content_digest),
        // A payment adds facts of its own, which are shown with the documents.
        facts_changed_since: loaded.documents.is_empty()
            && stored_facts.is_some_and(|digest| digest != stored.facts_digest),
        next_close: next_close(loaded, next),
        decisions: loaded.decisions.iter().map(|decision| self::decision(decision, clock)).collect(),
        documents: loaded
            .documents
            .iter()
            .map(|(document, answers)| self::document(document, answers, clock))
            .collect(),
        cases: loaded.cases.iter().map(|case| CaseView::of(case, clock)).collect(),
        messages: loaded.messages.iter().map(|message| self::message(message, clock)).collect(),
    };
    claim.headline = headline(&claim);
    claim
}

fn next_close(loaded: &LoadedClaim, next: &Plan) -> NextCloseView {
    let id = loaded.stored.claim_id;
    let update = next.updates.iter().rev().find(|update| update.claim.claim_id == id);
    let revised = update.and_then(|update| update.revision.as_ref()).map(|revision| &revision.decision);
    let other = revised.filter(|decision| decision.answer_digest() != loaded.stored.answer_digest);
    NextCloseView {
        answer: other.map(|decision| AnswerView {
            outcome: decision.outcome.as_str(),
            amount_rial: decision.amount.map(Rial::get),
            reasons: decision.codes().iter().map(|code| code.as_str()).collect(),
        }),
        issues_attempt: next
            .issuances
            .iter()
            .find(|issuance| issuance.claim_id == id)
            .map(|issuance| issuance.attempt),
    }
}

fn working(decision: &Verdict, deed_date: SolarDate, tables: &Tables) -> Option<WorkingView> {
    let sum = decision.working.as_ref()?;
    // R26: outside the tables no amount is computed, even if some of its parts are known.
    let known = !decision.codes().contains(&ReasonCode::OutsideKnownTables);
    let parameters = tables.parameters(deed_date);
    let divisor = parameters.map(|p| p.average_months);
    let average =
        sum.wage_sum.zip(divisor).and_then(|(sum, divisor)| sum.get().checked_div(u64::from(divisor)));
    let floor = sum.floor.map(Rial::get);
    Some(WorkingView {
        days: sum.days,
        required_days: sum.required_days,
        window_from: sum.window_from.to_string(),
        window_to: sum.window_to.to_string(),
        months: sum.months.iter().map(month).collect(),
        wage_sum_rial: sum.wage_sum.map(Rial::get),
        divisor,
        average_rial: average,
        floor_rial: floor,
        floor_days: parameters.map(|p| p.floor_days),
        amount_rial: average.zip(floor).filter(|_| known).map(|(average, floor)| average.max(floor)),
    })
}

fn month(working: &MonthWorking) -> MonthView {
    MonthView {
        month: working.month.to_string(),
        days: working.days,
        counted_days: working.counted_days,
        wage_rial: working.wage.get(),
        ceiling_rial: working.ceiling.map(Rial::get),
        counted_wage_rial: working.ceiling.map_or(0, |ceiling| working.wage.min(ceiling).get()),
    }
}

fn decision(stored: &StoredDecision, clock: &Clock) -> DecisionView {
    DecisionView {
        decision_id: stored.decision_id,
        revision: stored.revision,
        outcome: stored.outcome.clone(),
        amount_rial: stored.amount.map(format::rial),
        reasons: stored.reasons.clone(),
        days: stored.days,
        wage_sum_rial: stored.wage_sum.map(format::rial),
        rules_version: stored.rules_version.clone(),
        tables_version: stored.tables_version.clone(),
        business_date: stored.business_date.to_string(),
        decided_at: TehranTime::of(clock, stored.decided_at),
    }
}

fn document(
    stored: &person_file::DocumentRow,
    answers: &[payments::FinanceAnswer],
    clock: &Clock,
) -> DocumentView {
    DocumentView {
        document_id: stored.document_id.clone(),
        decision_id: stored.decision_id,
        attempt: stored.attempt,
        month: stored.month.to_string(),
        amount_rial: format::rial(stored.amount_rial),
        sheba: stored.sheba.clone(),
        cost_centre: stored.cost_centre.clone(),
        issued_at: TehranTime::of(clock, stored.issued_at),
        superseded: stored.superseded,
        answers: answers
            .iter()
            .map(|answer| FinanceAnswerView {
                outcome: answer.outcome.as_str(),
                code: answer.code.clone(),
                at: TehranTime::of(clock, answer.answered_at),
            })
            .collect(),
    }
}

fn message(stored: &person_file::MessageRow, clock: &Clock) -> MessageView {
    MessageView {
        sms_id: stored.sms_id.clone(),
        kind: stored.kind.clone(),
        document_id: stored.document_id.clone(),
        mobile: masked(&stored.mobile),
        segments: stored.segments,
        written_at: TehranTime::of(clock, stored.written_at),
        requested_at: stored.released_at.map(|at| TehranTime::of(clock, at)),
        status: stored.status.clone(),
        status_at: stored.status_at.map(|at| TehranTime::of(clock, at)),
    }
}

/// Masks a mobile number: `0912***6789`.
fn masked(mobile: &str) -> String {
    let head = mobile.get(..4).unwrap_or_default();
    let tail = mobile.get(7..).unwrap_or_default();
    format!("{head}***{tail}")
}
