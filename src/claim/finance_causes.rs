//! The causes that follow from what finance answered about documents. None of them changes the decision.

use super::case::{Cause, StoredCase};
use super::case_ending::let_attempt_follow;
use super::codes::{CaseKind, EndingOutcome, PaymentOutcome};
use super::document::StoredDocument;
use super::person_state::{PersonState, PlanningContext, StoredPayment};
use super::reason::ReasonCode;

/// Grounds of cases that no reason of a decision states.
pub const RETURNED_AFTER_PAID: &str = "RETURNED_AFTER_PAID";
pub const EARLIER_ATTEMPT_PAID: &str = "EARLIER_ATTEMPT_PAID";
/// Another account would mend the return, but a case that officers ended in another way lets no attempt follow.
pub const RETURNED_AFTER_CASE: &str = "RETURNED_AFTER_CASE";

/// Whether officers let an attempt follow the latest document.
pub(super) fn is_reissued(payment: &StoredPayment, cases: &[StoredCase]) -> bool {
    let Some(latest) = payment.latest() else { return false };
    cases.iter().any(|case| {
        case.cause.document_id == latest.document_id
            && case.ended.is_some_and(|end| end.ending.outcome == EndingOutcome::Reissue)
    })
}

/// Whether the person has died on or before the business date, according to the insured record.
pub fn has_died(state: &PersonState, planning: &PlanningContext<'_>) -> bool {
    let deceased = state.dossier.record.as_ref().and_then(|record| record.deceased_on);
    deceased.is_some_and(|day| day <= planning.today)
}

/// The causes that follow from the answers of finance, or from a death. Each is a cause of its own.
pub(super) fn standing(
    state: &PersonState,
    payment: &StoredPayment,
    planning: &PlanningContext<'_>,
    cases: &[StoredCase],
) -> Vec<Cause> {
    let latest_attempt = payment.latest().map_or(0, |document| document.attempt);
    let mut causes = Vec::new();
    for document in &payment.documents {
        let mut grounds = document.unmendable_grounds(planning.tables);
        if document.is_returned_after_paid() {
            grounds.push(RETURNED_AFTER_PAID.to_owned());
        }
        if document.attempt == latest_attempt {
            if document.is_returned() && has_died(state, planning) {
                grounds.push(ReasonCode::PersonDeceased.as_str().to_owned());
            }
            if is_returned_after_case(document, planning, cases) {
                grounds.push(RETURNED_AFTER_CASE.to_owned());
            }
        } else if document.state() == Some(PaymentOutcome::Paid) {
            grounds.push(EARLIER_ATTEMPT_PAID.to_owned());
        }
        causes.extend(grounds.into_iter().map(|ground| Cause {
            document_id: document.document_id.clone(),
            kind: CaseKind::Payment,
            grounds: vec![ground],
            new_amount: None,
        }));
    }
    causes
}

/// After a case nothing but `reissue` lets an attempt follow. Where officers ended a case while the document was on its
/// way, and it is returned afterwards, only another case lets them decide about an attempt.
fn is_returned_after_case(
    document: &StoredDocument,
    planning: &PlanningContext<'_>,
    cases: &[StoredCase],
) -> bool {
    let is_stopped = cases.iter().any(|case| {
        case.cause.document_id == document.document_id
            && case.ended.is_some_and(|end| end.ending.outcome == EndingOutcome::Stop)
    });
    let ended: Vec<_> = cases.iter().filter_map(StoredCase::as_ended).collect();
    document.may_retry(planning.tables) && !is_stopped && !let_attempt_follow(&ended)
}
