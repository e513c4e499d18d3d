//! Builds the output events of planned changes.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::claim::finding_effects::AppliedFinding;
use crate::claim::objection_answer::ObjectionAnswer;
use crate::claim::person_state::StoredClaim;
use crate::claim::plan::Issuance;
use crate::claim::plan::{EndedNotice, NewCase, Revision};
use crate::claim::{Decision, RULES_VERSION, Reason};
use crate::ident::NationalCode;
use crate::law::marriage_allowance::{MonthWorking, Working as LawWorking};
use crate::law::{Rial, SolarMonth};
use crate::store::{Error, Result};
use crate::texts::{Bilingual, Texts};
use crate::wire::eligibility_decisions_v1::{
    CaseEnded, CaseOpened, DecisionFinding, DecisionMade, DecisionMarriage, DecisionReason, DecisionText,
    DecisionWorking, ObjectionAnswered, WorkingMonth,
};
use crate::wire::finance_payment_documents_v1::PaymentDocumentIssued;
use crate::wire::outgoing::event_id;
use crate::wire::{EventType, OutboxEvent, Outgoing, outbox_event};

use super::AppContext;

fn serialized(event: std::result::Result<Outgoing, serde_json::Error>) -> Result<Outgoing> {
    event.map_err(|_| Error::Unreadable("event"))
}

/// Builds `eligibility.decision.made`.
pub fn decision<'a>(
    ctx: &'a AppContext,
    claim: &'a StoredClaim,
    revision: &'a Revision,
    at: Timestamp,
    trace: Option<&'a str>,
) -> OutboxEvent<'a> {
    let data = DecisionMade {
        decision_id: claim.decision_id,
        claim_id: claim.claim_id,
        revision: u32::try_from(claim.revision).unwrap_or(0),
        benefit: Cow::Borrowed(claim.key.benefit.as_str()),
        national_code: claim.key.person,
        marriage: DecisionMarriage {
            record_id: claim.record_id.as_deref().map(Cow::Borrowed),
            request_id: claim.request_id.as_deref().map(Cow::Borrowed),
            deed_date: claim.key.deed_date,
            spouse_national_code: claim.key.counterpart.spouse(),
        },
        outcome: revision.decision.outcome,
        amount_rial: revision.decision.amount.map(Rial::get),
        reasons: reasons(&revision.decision),
        working: revision.decision.working.as_ref().map(working),
        rules_version: Cow::Borrowed(RULES_VERSION),
        tables_version: Cow::Borrowed(ctx.tables.version()),
        facts_digest: Cow::Owned(hex::encode(claim.facts_digest)),
        answer_digest: Cow::Owned(hex::encode(claim.answer_digest)),
        business_date: ctx.business_date(at),
        decided_at: at,
        findings: findings(&revision.decision),
    };
    OutboxEvent::of_decision(outbox_event::DecisionEvent { traceparent: trace.map(Cow::Borrowed), data })
}

fn findings(decision: &Decision) -> Vec<DecisionFinding> {
    let finding = |applied: &AppliedFinding| DecisionFinding {
        finding_id: applied.finding_id,
        ground: applied.ground,
        verdict: applied.verdict,
    };
    decision.findings.iter().map(finding).collect()
}

fn reasons(decision: &Decision) -> Vec<DecisionReason<'static>> {
    decision.reasons.iter().map(reason).collect()
}

fn reason(reason: &Reason) -> DecisionReason<'static> {
    let rendered = Texts::built_in().reason_text(reason);
    DecisionReason {
        code: rendered.code,
        article: Cow::Owned(rendered.article),
        fact: Some(Cow::Owned(rendered.fact)),
        source: Some(Cow::Borrowed(rendered.source)),
        required: Some(Cow::Owned(rendered.required)),
        text: decision_text(rendered.text),
        remedy: decision_text(rendered.remedy),
    }
}

fn decision_text(text: Bilingual) -> DecisionText<'static> {
    DecisionText { fa: Cow::Owned(text.fa), en: Cow::Owned(text.en) }
}

fn working_month(month: &MonthWorking) -> WorkingMonth {
    WorkingMonth {
        month: month.month,
        days: month.days,
        counted_days: month.counted_days,
        wage_rial: month.wage.get(),
        ceiling_rial: month.ceiling.map(Rial::get),
    }
}

fn working(working: &LawWorking) -> DecisionWorking {
    DecisionWorking {
        days: working.days,
        window_from: working.window_from,
        window_to: working.window_to,
        wage_sum_rial: working.wage_sum.map(Rial::get),
        floor_rial: working.floor.map(Rial::get),
        months: working.months.iter().map(working_month).collect(),
    }
}

/// Builds `eligibility.case.opened`.
pub fn case_opened(
    person: NationalCode,
    case: &NewCase,
    at: Timestamp,
    trace: Option<&str>,
) -> Result<Outgoing> {
    let (id, cause) = (case.case_id, &case.cause);
    let data = CaseOpened {
        case_id: id,
        claim_id: case.claim_id,
        document_id: Cow::Borrowed(&cause.document_id),
        national_code: person,
        kind: cause.kind,
        grounds: cause.grounds.iter().map(|code| Cow::Borrowed(code.as_str())).collect(),
        new_amount_rial: cause.new_amount.map(Rial::get),
        opened_at: at,
    };
    serialized(Outgoing::new(EventType::CaseOpened, person.to_string(), id.to_string(), at, trace, &data))
}

/// Builds `eligibility.case.ended`. Its id follows from the case and the approved proposal, so that a repeat has the same
/// id.
pub fn case_ended(
    person: NationalCode,
    ended: &EndedNotice,
    at: Timestamp,
    trace: Option<&str>,
) -> Result<Outgoing> {
    let data = CaseEnded {
        case_id: ended.case_id,
        claim_id: ended.claim_id,
        document_id: Cow::Borrowed(&ended.document_id),
        national_code: person,
        kind: ended.kind,
        outcome: ended.outcome,
        amount_rial: ended.amount.map(Rial::get),
        proposal_sha256: Cow::Owned(hex::encode(ended.proposal_sha256)),
        ended_at: at,
    };
    let parts = [ended.case_id.to_string(), hex::encode(ended.proposal_sha256)];
    let id = event_id(EventType::CaseEnded, &[&parts[0], &parts[1]]);
    serialized(Outgoing::new(EventType::CaseEnded, person.to_string(), id, at, trace, &data))
}

/// Builds `eligibility.objection.answered`. Its id follows from person and objection, so that a repeat has the same id.
/// An objection's id is unique only within its person: another portal may use one for two.
pub fn objection_answer(
    person: NationalCode,
    answer: &ObjectionAnswer,
    at: Timestamp,
    trace: Option<&str>,
) -> Result<Outgoing> {
    let data = ObjectionAnswered {
        objection_id: answer.objection_id,
        claim_id: answer.claim_id,
        decision_id: answer.decision_id,
        national_code: person,
        accepted: answer.accepted,
        text: decision_text(Texts::built_in().objection_answer(answer.accepted)),
        answered_at: at,
    };
    let cause = [&*person.to_string(), &answer.objection_id.to_string()];
    let id = event_id(EventType::ObjectionAnswered, &cause);
    serialized(Outgoing::new(EventType::ObjectionAnswered, person.to_string(), id, at, trace, &data))
}

/// The values that all documents of a page share.
pub struct DocumentStamp<'a> {
    pub month: SolarMonth,
    pub at: Timestamp,
    pub trace: &'a str,
}

/// Builds `finance.payment-document.issued`.
pub fn document(person: NationalCode, issuance: &Issuance, stamp: &DocumentStamp<'_>) -> Result<Outgoing> {
    let id = issuance.document_id.to_string();
    let batch_id = issuance.benefit.batch_id(stamp.month);
    let data = PaymentDocumentIssued {
        document_id: Cow::Borrowed(&id),
        claim_id: issuance.claim_id,
        decision_id: issuance.decision_id,
        attempt: u32::try_from(issuance.attempt).unwrap_or(0),
        batch_id: Cow::Borrowed(&batch_id),
        month: stamp.month,
        national_code: person,
        full_name: Cow::Borrowed(&issuance.full_name),
        sheba: Cow::Borrowed(&issuance.sheba),
        amount_rial: issuance.amount.get(),
        cost_centre: Cow::Borrowed(&issuance.cost_centre),
        issued_at: stamp.at,
    };
    let ce_id = event_id(EventType::PaymentDocumentIssued, &[&id]);
    serialized(Outgoing::new(
        EventType::PaymentDocumentIssued,
        batch_id.as_str(),
        ce_id,
        stamp.at,
        Some(stamp.trace),
        &data,
    ))
}
