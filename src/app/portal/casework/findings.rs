//! Findings: proposed by one officer, approved or rejected by another.

use uuid::Uuid;

use super::command::{CaseworkRefusal, Command, Refusable, field, proposal_to_judge};
use crate::app::AppContext;
use crate::claim::assemble::{AssembledClaim, assemble_claims};
use crate::claim::canonical::CanonicalHash;
use crate::claim::codes::Verdict;
use crate::claim::finding::Finding;
use crate::claim::review::Ruling;
use crate::claim::{ReasonCode, decide};
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::store::staff_scope::{StaffScope, StaffTransaction};
use crate::store::submissions::SubmissionReceipt;
use crate::store::{Result, casework, findings as stored, person_states, persons};
use crate::wire::EventType;
use crate::wire::casework_findings_v1::{FindingJudged, FindingProposed, MAX_NAMED};

const PROPOSE: &str = "/api/v1/findings";
const APPROVE: &str = "/api/v1/findings/approval";
const REJECT: &str = "/api/v1/findings/rejection";

/// What an officer proposes.
#[derive(Clone)]
pub struct NewFinding {
    pub claim_id: Uuid,
    pub ground: ReasonCode,
    pub verdict: Verdict,
    pub reason: String,
    pub evidence: Vec<Uuid>,
}

/// What the second officer says about exactly one proposal.
#[derive(Clone)]
pub struct NewRuling {
    pub id: Uuid,
    pub proposal_sha256: [u8; 32],
    pub reason: String,
}

impl NewFinding {
    fn digest(&self) -> [u8; 32] {
        CanonicalHash::default()
            .field(&self.claim_id.to_string())
            .field(self.ground.as_str())
            .field(self.verdict.as_str())
            .field(&self.reason)
            .list(self.evidence.iter().map(Uuid::to_string))
            .finish()
    }
}

impl NewRuling {
    pub(super) fn digest(&self) -> [u8; 32] {
        let head = CanonicalHash::default().field(&self.id.to_string());
        head.field(&hex::encode(self.proposal_sha256)).field(&self.reason).finish()
    }
}

/// A finding and the person it is about.
pub struct StaffFinding {
    pub person: NationalCode,
    pub finding: Finding,
}

/// Stores a proposal. Its `fact_seen` is computed from the facts of now.
///
/// # Errors
/// If the database does not answer.
pub async fn propose_finding(
    ctx: &AppContext,
    scope: &StaffScope,
    key: &str,
    new: &NewFinding,
) -> Refusable<SubmissionReceipt> {
    let command = Command::new(ctx, scope, PROPOSE, key, new.digest());
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        if let Some(before) = command.before(&mut tx).await? {
            return Ok(before);
        }
        let (person, fact_seen) = match seen(ctx, &mut tx, &command, new).await? {
            Ok(seen) => seen,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let data = FindingProposed {
            finding_id: command.id,
            at: command.at,
            author: command.officer.clone(),
            national_code: person,
            claim_id: new.claim_id,
            ground: new.ground,
            fact_seen,
            verdict: new.verdict,
            reason: new.reason.clone(),
            evidence: new.evidence.clone(),
        };
        command.store(tx, EventType::FindingProposed, person, &data).await
    })
    .await
}

/// The person of the claim, and the digest of the values that the ground compares now.
async fn seen(
    ctx: &AppContext,
    tx: &mut StaffTransaction,
    command: &Command,
    new: &NewFinding,
) -> Refusable<(NationalCode, [u8; 32])> {
    let Some(person) = casework::person_of_claim(tx, new.claim_id).await? else {
        return Ok(Err(CaseworkRefusal::NotFound));
    };
    if let Some(fault) = evidence_fault(tx, person, new).await? {
        return Ok(Err(fault));
    }
    let dossiers = persons::read_dossiers(tx, &[person]).await?;
    let states = person_states::load_with(tx, dossiers).await?;
    let planning = ctx.planning_context_at(command.at);
    let assembled = states.iter().flat_map(|state| assemble_claims(state, &planning));
    let Some(claim) = assembled.into_iter().find(|claim| claim.claim_id == new.claim_id) else {
        return Ok(Err(CaseworkRefusal::NotFound));
    };
    Ok(permitted(ctx, &claim, planning.today, new).map(|fact_seen| (person, fact_seen)))
}

async fn evidence_fault(
    tx: &mut StaffTransaction,
    person: NationalCode,
    new: &NewFinding,
) -> Result<Option<CaseworkRefusal>> {
    if new.evidence.len() > MAX_NAMED {
        return Ok(Some(field("evidence", "wrong_length")));
    }
    let known = casework::pictures_of_claim(tx, person, new.claim_id).await?;
    let unknown = new.evidence.iter().position(|picture| !known.contains(picture));
    Ok(unknown.map(|place| field(format!("evidence[{place}]"), "no_such_picture")))
}

/// The digest of the ground's values, if the tables of the law allow the verdict today, and there is something to judge.
fn permitted(
    ctx: &AppContext,
    claim: &AssembledClaim,
    today: SolarDate,
    new: &NewFinding,
) -> std::result::Result<[u8; 32], CaseworkRefusal> {
    let (code, tables) = (new.ground.as_str(), &ctx.tables);
    let fact_seen = claim.fact_seen(new.ground).ok_or(CaseworkRefusal::NotAllowed)?;
    let is_allowed = match new.verdict {
        Verdict::SetAside => tables.can_be_set_aside(code, today),
        Verdict::Confirmed => tables.can_be_confirmed(code, today),
        Verdict::Lifted => true,
    };
    if !is_allowed {
        return Err(CaseworkRefusal::NotAllowed);
    }
    let found = claim.facts.findings.iter().find(|finding| finding.ground == new.ground);
    let speaks = found.is_some_and(|finding| finding.verdict != Verdict::Lifted);
    let stands = match new.verdict {
        Verdict::Lifted => speaks,
        _ => decide(&claim.facts, today, tables).codes().contains(&new.ground),
    };
    if stands { Ok(fact_seen) } else { Err(field("ground", "not_a_ground_of_this_claim")) }
}

/// Stores an approval or a rejection of the proposal that the officer has read.
///
/// # Errors
/// If the database does not answer.
pub async fn judge_finding(
    ctx: &AppContext,
    scope: &StaffScope,
    key: &str,
    ruling: Ruling,
    new: &NewRuling,
) -> Refusable<SubmissionReceipt> {
    let (route, kind) = match ruling {
        Ruling::Approved => (APPROVE, EventType::FindingApproved),
        Ruling::Rejected => (REJECT, EventType::FindingRejected),
    };
    let command = Command::new(ctx, scope, route, key, new.digest());
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        if let Some(before) = command.before(&mut tx).await? {
            return Ok(before);
        }
        let Some(StaffFinding { person, finding }) = load(&mut tx, new.id).await? else {
            return Ok(Err(CaseworkRefusal::NotFound));
        };
        let author = match judged(&finding, &command.officer, new.proposal_sha256) {
            Ok(author) => author,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let data = FindingJudged {
            finding_id: new.id,
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

/// The author of the proposal, if this officer may judge it.
fn judged(
    finding: &Finding,
    officer: &str,
    proposal_sha256: [u8; 32],
) -> std::result::Result<String, CaseworkRefusal> {
    let proposal = proposal_to_judge(&finding.review, officer, proposal_sha256)?;
    if finding.is_decided() {
        return Err(CaseworkRefusal::AlreadyDecided);
    }
    Ok(proposal.author.clone())
}

async fn load(tx: &mut StaffTransaction, finding_id: Uuid) -> Result<Option<StaffFinding>> {
    let Some(person) = casework::person_of_finding(tx, finding_id).await? else {
        return Ok(None);
    };
    let all = stored::of_persons(tx, &[person]).await?;
    let found = all.into_iter().find(|one| one.finding.finding_id == finding_id);
    Ok(found.map(|one| StaffFinding { person, finding: one.finding }))
}

/// The finding with this id. The opening of the person's file is recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn finding(ctx: &AppContext, scope: &StaffScope, finding_id: Uuid) -> Result<Option<StaffFinding>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let found = load(&mut tx, finding_id).await?;
        if let Some(found) = &found {
            tx.record_view(found.person, "api_finding", ctx.clock.now()).await?;
        }
        tx.end().await?;
        Ok(found)
    })
    .await
}

/// The findings after this id, in the order of ids. `open` leaves out those with a judgement. The list shows nobody's
/// file, so no opening is recorded.
///
/// # Errors
/// If the database does not answer.
pub async fn findings(
    ctx: &AppContext,
    scope: &StaffScope,
    after: Option<Uuid>,
    open: bool,
    limit: u32,
) -> Result<Vec<StaffFinding>> {
    ctx.with_timeout(async {
        let mut tx = StaffTransaction::begin(&ctx.pool, scope).await?;
        let rows = casework::findings_after(&mut tx, after, open, limit).await?;
        let mut persons: Vec<_> = rows.iter().map(|(_, person)| *person).collect();
        persons.sort_unstable();
        persons.dedup();
        let mut all = stored::of_persons(&mut tx, &persons).await?;
        tx.end().await?;
        all.retain(|one| rows.contains(&(one.finding.finding_id, one.person)));
        all.sort_by_key(|one| (one.finding.finding_id, one.person));
        Ok(all.into_iter().map(|one| StaffFinding { person: one.person, finding: one.finding }).collect())
    })
    .await
}
