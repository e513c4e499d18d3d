//! The cases of a payment: which causes stand, which cases officers have ended, and whether a further attempt may follow.

use uuid::Uuid;

use super::case::{CaseEnd, Cause, StoredCase};
use super::case_ending::{CaseEnding, EndedCase, Ending, allowed_outcomes, left_of, let_attempt_follow};
use super::codes::EndingOutcome;
use super::person_state::{PlanningContext, StoredPayment};
use super::plan::{CaseChange, EndedNotice, NewCase};
use super::review::Ruled;
use crate::law::Rial;

/// The cases of a payment while a person is planned.
pub struct PaidCases<'a> {
    payment: &'a StoredPayment,
    endings: &'a [CaseEnding],
    ids: &'a super::IdKey,
    pub(super) cases: Vec<StoredCase>,
    /// What the orders about the latest document leave of its amount.
    pub(super) left: Rial,
}

/// What comparing the current facts with the payment says.
pub(super) enum Reviewed {
    /// The facts are those of the latest comparison.
    AsBefore,
    Yields(Option<Cause>),
}

impl<'a> PaidCases<'a> {
    /// The stored cases, with the ends that count by what officers have said until now.
    pub(super) fn new(
        payment: &'a StoredPayment,
        endings: &'a [CaseEnding],
        planning: &PlanningContext<'a>,
    ) -> Self {
        let (ids, cases) = (planning.ids, payment.cases.clone());
        let mut all = Self { payment, endings, ids, cases, left: Rial::ZERO };
        all.apply_endings();
        all
    }

    /// Computes every end anew from the sets of what was said, so the order of arrival makes no difference. Returns
    /// whether an end has changed.
    fn apply_endings(&mut self) -> bool {
        let mut approved = Vec::new();
        for case in &self.cases {
            approved.extend(self.end_of(case).map(|end| (end.at, case.case_id, end)));
        }
        approved.sort_by_key(|(at, case_id, _)| (*at, *case_id));
        let mut ends: Vec<(Uuid, CaseEnd)> = Vec::new();
        let mut ended_of_latest = Vec::new();
        let paid = self.payment.latest().map_or(self.payment.amount, |latest| latest.amount);
        self.left = paid;
        for (at, case_id, end) in approved {
            let Some(case) = self.cases.iter().find(|case| case.case_id == case_id) else { continue };
            if self.payment.latest().is_some_and(|latest| latest.document_id == case.cause.document_id) {
                let new_amount = case.cause.new_amount;
                ended_of_latest.push(EndedCase { case_id, at, ending: end.ending, new_amount });
                // An order that adds up to more than an amount can be ends nothing: its case stays open.
                let Ok(left) = left_of(paid, &ended_of_latest) else {
                    ended_of_latest.pop();
                    continue;
                };
                self.left = left;
            }
            ends.push((case_id, end));
        }
        let mut is_changed = false;
        for case in &mut self.cases {
            let end = ends.iter().find(|(case_id, _)| *case_id == case.case_id).map(|(_, end)| *end);
            is_changed |= case.ended != end;
            case.ended = end;
        }
        is_changed
    }

    /// The approved end of a case, if its outcome is allowed for the document as it was at the approval.
    fn end_of(&self, case: &StoredCase) -> Option<CaseEnd> {
        let said = self.endings.iter().find(|said| said.case_id == case.case_id)?;
        let document =
            self.payment.documents.iter().find(|document| document.document_id == case.cause.document_id)?;
        let is_allowed = |ruled: &Ruled<'_, Ending>| {
            let (at, ending) = (ruled.judgement.at, ruled.proposal.content);
            let alone = EndedCase { case_id: case.case_id, at, ending, new_amount: case.cause.new_amount };
            allowed_outcomes(case.cause.kind, document.was_returned_at(at)).contains(&ending.outcome)
                && left_of(document.amount, &[alone]).is_ok()
        };
        let ruled = said.approved(is_allowed)?;
        let judgement = ruled.judgement;
        let proposal_sha256 = judgement.proposal_sha256;
        Some(CaseEnd { at: judgement.at, ending: ruled.proposal.content, proposal_sha256 })
    }

    /// Opens a case for each new cause, and marks the cases whose cause is gone or is back. Returns whether a case was
    /// opened whose end had waited for it.
    pub(super) fn stand(&mut self, reviewed: &Reviewed, of_payment: Vec<Cause>) -> bool {
        let mut standing = of_payment;
        if let Reviewed::Yields(cause) = reviewed {
            standing.extend(cause.clone());
        }
        // Also of ended cases: an end does not count any more if an earlier rejection arrives.
        for case in &mut self.cases {
            if case.cause.is_of_review() && matches!(reviewed, Reviewed::AsBefore) {
                continue;
            }
            case.is_gone = !standing.contains(&case.cause);
        }
        let mut has_opened = false;
        for cause in standing {
            let digest = cause.digest();
            let is_known = self
                .cases
                .iter()
                .any(|case| case.cause == cause || case.is_judged() && case.cause.digest() == digest);
            if !is_known {
                self.cases.push(StoredCase::opened(self.ids.case(&cause), cause));
                has_opened = true;
            }
        }
        has_opened && self.apply_endings()
    }

    /// Whether a case holds further attempts back, or was ended in a way that lets none follow.
    pub(super) fn let_attempt_follow(&self) -> bool {
        let ended: Vec<_> = self.cases.iter().filter_map(StoredCase::as_ended).collect();
        !self.cases.iter().any(StoredCase::holds) && let_attempt_follow(&ended)
    }

    /// The amount of the next attempt. After `reissue` it is the lowest of what was paid, what the orders left and what
    /// the current facts give.
    pub(super) fn next_amount(&self, is_reissued: bool, now: Option<Rial>) -> Option<Rial> {
        let latest = self.payment.latest()?.amount;
        let amount = if is_reissued { latest.min(self.left).min(now.unwrap_or(latest)) } else { latest };
        (amount > Rial::ZERO).then_some(amount)
    }

    /// What must be written: new cases, and cases that changed.
    pub(super) fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for case in &self.cases {
            let stored = self.payment.cases.iter().find(|stored| stored.case_id == case.case_id);
            if stored.is_none() {
                changes.opened.push(NewCase {
                    case_id: case.case_id,
                    claim_id: self.payment.claim_id,
                    cause: case.cause.clone(),
                });
            }
            let (was_gone, was_ended) = stored.map_or((false, None), |stored| (stored.is_gone, stored.ended));
            if (case.is_gone, case.ended) != (was_gone, was_ended) {
                changes.changed.push(CaseChange {
                    case_id: case.case_id,
                    is_gone: case.is_gone,
                    ended: case.ended,
                });
            }
            let is_published =
                |end: &CaseEnd| was_ended.is_some_and(|was| was.proposal_sha256 == end.proposal_sha256);
            if let Some(end) = case.ended.filter(|end| !is_published(end)) {
                changes.ended.push(self.notice(case, end));
            }
        }
        changes
    }

    fn notice(&self, case: &StoredCase, end: CaseEnd) -> EndedNotice {
        let amount = match end.ending.outcome {
            EndingOutcome::NoAction | EndingOutcome::Stop => None,
            EndingOutcome::RecoveryOrdered | EndingOutcome::DifferenceOrdered => end.ending.amount,
            EndingOutcome::Reissue => self.next_amount(true, case.cause.new_amount).or(Some(Rial::ZERO)),
        };
        EndedNotice {
            case_id: case.case_id,
            claim_id: self.payment.claim_id,
            document_id: case.cause.document_id.clone(),
            kind: case.cause.kind,
            outcome: end.ending.outcome,
            amount,
            proposal_sha256: end.proposal_sha256,
        }
    }
}

/// What changes about the cases of a payment.
#[derive(Default)]
pub(super) struct Changes {
    pub opened: Vec<NewCase>,
    pub changed: Vec<CaseChange>,
    pub ended: Vec<EndedNotice>,
}
