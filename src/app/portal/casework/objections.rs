//! Objections: the queue, and the answer of an officer.

use uuid::Uuid;

use super::command::{CaseworkRefusal, Command, Refusable, field};
use crate::app::AppContext;
use crate::claim::canonical::CanonicalHash;
use crate::claim::finding::Finding;
use crate::claim::objection::Objection;
use crate::store::casework::{self, QueuePlace, QueuedObjection};
use crate::store::staff_scope::{StaffScope, StaffTransaction};
use crate::store::submissions::SubmissionReceipt;
use crate::store::{Result, findings, objections as stored};
use crate::wire::EventType;
use crate::wire::casework_findings_v1::{MAX_NAMED, ObjectionClosed};

const CLOSE: &str = "/api/v1/objections/closing";

/// How an officer closes an objection.
#[derive(Clone)]
pub struct NewClosing {
    pub objection_id: Uuid,
    pub accepted: bool,
    pub reason: String,
    /// The answer follows once each of them is decided.
    pub findings: Vec<Uuid>,
}

impl NewClosing {
    fn digest(&self) -> [u8; 32] {
        CanonicalHash::default()
            .field(&self.objection_id.to_string())
            .field(if self.accepted { "accepted" } else { "not accepted" })
            .field(&self.reason)
            .list(self.findings.iter().map(Uuid::to_string))
            .finish()
    }
}

/// The open objections of the scope, the oldest first. The list shows nobody's file, so no opening is recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn queue(
    ctx: &AppContext,
    scope: &StaffScope,
    after: Option<QueuePlace>,
    limit: u32,
) -> Result<Vec<QueuedObjection>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let found = casework::objections_after(&mut tx, after, limit).await?;
        tx.end().await?;
        Ok(found)
    })
    .await
}

/// Stores the closing of an objection.
///
/// # Errors
/// If the database does not answer.
pub async fn close_objection(
    ctx: &AppContext,
    scope: &StaffScope,
    key: &str,
    new: &NewClosing,
) -> Refusable<SubmissionReceipt> {
    let command = Command::new(ctx, scope, CLOSE, key, new.digest());
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        if let Some(before) = command.before(&mut tx).await? {
            return Ok(before);
        }
        let Some(person) = casework::person_of_objection(&mut tx, new.objection_id).await? else {
            return Ok(Err(CaseworkRefusal::NotFound));
        };
        let objections = stored::of_persons(&mut tx, &[person]).await?;
        let objection = objections.into_iter().map(|one| one.objection);
        let Some(objection) = objection.into_iter().find(|one| one.objection_id == new.objection_id) else {
            return Ok(Err(CaseworkRefusal::NotFound));
        };
        let findings = findings::of_persons(&mut tx, &[person]).await?;
        let findings: Vec<_> = findings.into_iter().map(|one| one.finding).collect();
        if let Err(refusal) = may_close(&objection, &findings, &command.officer, new) {
            return Ok(Err(refusal));
        }
        let data = ObjectionClosed {
            objection_id: new.objection_id,
            national_code: person,
            at: command.at,
            author: command.officer.clone(),
            accepted: new.accepted,
            reason: new.reason.clone(),
            findings: new.findings.clone(),
        };
        command.store(tx, EventType::ObjectionClosed, person, &data).await
    })
    .await
}

fn may_close(
    objection: &Objection,
    findings: &[Finding],
    officer: &str,
    new: &NewClosing,
) -> std::result::Result<(), CaseworkRefusal> {
    if objection.withdrawn || objection.answered || objection.closing(findings).is_some() {
        return Err(CaseworkRefusal::AlreadyDecided);
    }
    if new.findings.len() > MAX_NAMED {
        return Err(field("findings", "wrong_length"));
    }
    let claim_id = objection.submission.as_ref().map(|submission| submission.claim_id);
    for (place, id) in new.findings.iter().enumerate() {
        let named = findings.iter().find(|finding| finding.finding_id == *id);
        let is_of_claim = |finding: &Finding| {
            finding.review.proposals().any(|proposal| Some(proposal.content.claim_id) == claim_id)
        };
        let Some(named) = named.filter(|finding| is_of_claim(finding)) else {
            return Err(field(format!("findings[{place}]"), "no_such_finding"));
        };
        if named.review.involves(officer) {
            return Err(CaseworkRefusal::Involved);
        }
    }
    if objection.may_be_closed_by(officer, findings) { Ok(()) } else { Err(CaseworkRefusal::Involved) }
}
