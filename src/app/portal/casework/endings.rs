//! Endings of cases. Only officers end a case.

use std::collections::HashMap;

use uuid::Uuid;

use super::command::{CaseworkRefusal, Command, Refusable, field, proposal_to_judge};
use super::findings::NewRuling;
use crate::app::AppContext;
use crate::claim::canonical::CanonicalHash;
use crate::claim::case_ending::{CaseEnding, allowed_outcomes};
use crate::claim::codes::EndingOutcome;
use crate::claim::review::Ruling;
use crate::law::Rial;
use crate::store::cases::{self as stored_cases, CaseOfPerson};
use crate::store::casework::{self, CaseInScope, QueuePlace};
use crate::store::staff_scope::{StaffScope, StaffTransaction};
use crate::store::submissions::SubmissionReceipt;
use crate::store::{Result, endings};
use crate::wire::EventType;
use crate::wire::casework_findings_v1::{EndingJudged, EndingProposed};

const PROPOSE: &str = "/api/v1/cases/endings";
const APPROVE: &str = "/api/v1/cases/endings/approval";
const REJECT: &str = "/api/v1/cases/endings/rejection";

/// The end that an officer proposes.
#[derive(Clone)]
pub struct NewEnding {
    pub case_id: Uuid,
    pub outcome: EndingOutcome,
    pub amount: Option<Rial>,
    pub reason: String,
}

impl NewEnding {
    fn digest(&self) -> [u8; 32] {
        CanonicalHash::default()
            .field(&self.case_id.to_string())
            .field(self.outcome.as_str())
            .field(&self.amount.map(|amount| amount.to_string()).unwrap_or_default())
            .field(&self.reason)
            .finish()
    }
}

/// A case, with what officers said about its end.
pub struct StaffCase {
    pub case: CaseOfPerson,
    pub ending: CaseEnding,
    /// The amount of the document.
    pub amount: Rial,
    pub document_is_returned: bool,
}

impl StaffCase {
    /// How it can end now.
    pub fn allowed_outcomes(&self) -> &'static [EndingOutcome] {
        if self.case.case.holds() {
            allowed_outcomes(self.case.case.cause.kind, self.document_is_returned)
        } else {
            &[]
        }
    }

    /// Refuses a case that is ended or gone.
    fn check_open(&self) -> std::result::Result<(), CaseworkRefusal> {
        let case = &self.case.case;
        match (case.is_judged(), case.is_gone) {
            (true, _) => Err(CaseworkRefusal::AlreadyDecided),
            (false, true) => Err(CaseworkRefusal::CaseGone),
            (false, false) => Ok(()),
        }
    }
}

/// The cases of these rows, in their order.
async fn with_endings(tx: &mut StaffTransaction, rows: Vec<CaseInScope>) -> Result<Vec<StaffCase>> {
    let mut persons: Vec<_> = rows.iter().map(|row| row.person).collect();
    persons.sort_unstable();
    persons.dedup();
    let stored = stored_cases::of_persons(tx, &persons).await?;
    let mut stored: HashMap<_, _> = stored.into_iter().map(|one| (one.case.case_id, one)).collect();
    let said = endings::of_persons(tx, &persons).await?;
    let mut said: HashMap<_, _> =
        said.into_iter().map(|one| ((one.person, one.ending.case_id), one.ending)).collect();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        // A row that is gone between two statements is left out.
        let Some(case) = stored.remove(&row.case_id) else { continue };
        let ending = said.remove(&(row.person, row.case_id));
        found.push(StaffCase {
            case,
            ending: ending.unwrap_or_else(|| CaseEnding::new(row.case_id)),
            amount: row.amount,
            document_is_returned: row.document_is_returned,
        });
    }
    Ok(found)
}

async fn load(tx: &mut StaffTransaction, case_id: Uuid) -> Result<Option<StaffCase>> {
    let row = casework::case(tx, case_id).await?;
    Ok(with_endings(tx, row.into_iter().collect()).await?.pop())
}

/// The cases of the scope, the oldest first. `open` leaves out those that are ended or gone. The list shows nobody's file,
/// so no opening is recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn cases(
    ctx: &AppContext,
    scope: &StaffScope,
    after: Option<QueuePlace>,
    open: bool,
    limit: u32,
) -> Result<Vec<StaffCase>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let rows = casework::cases_after(&mut tx, after, open, limit).await?;
        let found = with_endings(&mut tx, rows).await?;
        tx.end().await?;
        Ok(found)
    })
    .await
}

/// The case with this id. The opening of the person's file is recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn case(ctx: &AppContext, scope: &StaffScope, case_id: Uuid) -> Result<Option<StaffCase>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let found = load(&mut tx, case_id).await?;
        if let Some(found) = &found {
            tx.record_view(found.case.person, "api_case", ctx.clock.now()).await?;
        }
        tx.end().await?;
        Ok(found)
    })
    .await
}

/// Stores the proposal of an end.
///
/// # Errors
/// If the database does not answer.
pub async fn propose_ending(
    ctx: &AppContext,
    scope: &StaffScope,
    key: &str,
    new: &NewEnding,
) -> Refusable<SubmissionReceipt> {
    let command = Command::new(ctx, scope, PROPOSE, key, new.digest());
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        if let Some(before) = command.before(&mut tx).await? {
            return Ok(before);
        }
        let Some(case) = load(&mut tx, new.case_id).await? else {
            return Ok(Err(CaseworkRefusal::NotFound));
        };
        let person = case.case.person;
        let data = EndingProposed {
            case_id: new.case_id,
            at: command.at,
            author: command.officer.clone(),
            national_code: person,
            outcome: new.outcome,
            amount_rial: new.amount,
            reason: new.reason.clone(),
        };
        if let Err(refusal) = permitted(&case, &data) {
            return Ok(Err(refusal));
        }
        command.store(tx, EventType::EndingProposed, person, &data).await
    })
    .await
}

fn permitted(case: &StaffCase, data: &EndingProposed) -> std::result::Result<(), CaseworkRefusal> {
    case.check_open()?;
    if !case.allowed_outcomes().contains(&data.outcome) {
        return Err(CaseworkRefusal::NotAllowed);
    }
    if let Err(fault) = data.check() {
        let reason = fault.of_field().map_or("wrong_form", |(_, reason)| reason);
        return Err(field("amount_rial", reason));
    }
    // A recovery cannot take more than was paid.
    if data.outcome == EndingOutcome::RecoveryOrdered
        && data.amount_rial.is_some_and(|amount| amount > case.amount)
    {
        return Err(field("amount_rial", "too_large"));
    }
    Ok(())
}

/// Stores an approval or a rejection of the proposal that the officer has read.
///
/// # Errors
/// If the database does not answer.
pub async fn judge_ending(
    ctx: &AppContext,
    scope: &StaffScope,
    key: &str,
    ruling: Ruling,
    new: &NewRuling,
) -> Refusable<SubmissionReceipt> {
    let (route, kind) = match ruling {
        Ruling::Approved => (APPROVE, EventType::EndingApproved),
        Ruling::Rejected => (REJECT, EventType::EndingRejected),
    };
    let command = Command::new(ctx, scope, route, key, new.digest());
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        if let Some(before) = command.before(&mut tx).await? {
            return Ok(before);
        }
        let Some(case) = load(&mut tx, new.id).await? else {
            return Ok(Err(CaseworkRefusal::NotFound));
        };
        let author = match judged(&case, &command.officer, ruling, new.proposal_sha256) {
            Ok(author) => author,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let person = case.case.person;
        let data = EndingJudged {
            case_id: new.id,
            at: command.at,
            approver: command.officer.clone(),
            author,
            national_code: person,
            proposal_sha256: new.proposal_sha256,
            reason: new.reason.clone(),
        };
        command.store(tx, kind, person, &data).await
    })
    .await
}

/// The author of the proposal, if this officer may judge it. A proposal that was rejected leaves the case open for another
/// one; a proposal whose outcome the document's state forbids by now can only be rejected.
fn judged(
    case: &StaffCase,
    officer: &str,
    ruling: Ruling,
    proposal_sha256: [u8; 32],
) -> std::result::Result<String, CaseworkRefusal> {
    let review = &case.ending.review;
    let proposal = proposal_to_judge(review, officer, proposal_sha256)?;
    case.check_open()?;
    if review.ruled().any(|ruled| ruled.judgement.proposal_sha256 == proposal_sha256) {
        return Err(CaseworkRefusal::AlreadyDecided);
    }
    if ruling == Ruling::Approved && !case.allowed_outcomes().contains(&proposal.content.outcome) {
        return Err(CaseworkRefusal::NotAllowed);
    }
    Ok(proposal.author.clone())
}
