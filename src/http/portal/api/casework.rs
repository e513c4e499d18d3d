//! Casework of staff, each for himself: who proposes, approves or closes is the person of the token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use utoipa::ToSchema;
use uuid::Uuid;

use super::extract::{Body, IdempotencyHeader, IdempotencyKey, Page, PathId, QueueCursor as _, WorkPage};
use super::guard::Casework;
use super::problem::{Answer, Problem};
use super::registrations::accepted;
use crate::app::portal::casework::{self, NewClosing, NewEnding, NewFinding, NewRuling};
use crate::claim::ReasonCode;
use crate::claim::codes::{EndingOutcome, Verdict};
use crate::claim::review::Ruling;
use crate::http::portal::Portal;
use crate::law::Rial;
use crate::store;
use crate::store::casework::QueuePlace;
use crate::views::api::casework::{
    CaseView, CasesView, FindingView, FindingsView, QueueView, QueuedObjectionView,
};
use crate::views::api::problem::ProblemKind;
use crate::views::api::receipt::ReceiptView;
use crate::views::api::words;
use crate::wire::form::{Remark, Rials, Sha256, Strict, Text};

const FINDINGS: &str = "findings";
const OBJECTIONS: &str = "objections";
const CASES: &str = "cases";

/// A finding about one ground of one claim.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FindingProposal, example = json!({
    "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
    "ground": "IDENTITY_MISMATCH",
    "verdict": "set_aside",
    "reason": "Booklet and deed show one person.",
    "evidence": []
}))]
pub(super) struct Proposal {
    #[serde_as(as = "Strict")]
    #[schema(value_type = Uuid)]
    claim_id: Uuid,
    #[serde_as(as = "Strict")]
    #[schema(schema_with = words::reason)]
    ground: ReasonCode,
    #[serde_as(as = "Strict")]
    #[schema(schema_with = words::verdict)]
    verdict: Verdict,
    /// The officer's own words.
    #[serde_as(as = "Text<Remark>")]
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    reason: String,
    /// Pictures of objections against this claim.
    #[serde_as(as = "Vec<Strict>")]
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 50)]
    evidence: Vec<Uuid>,
}

/// What the second officer says about the proposal that was read.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulingOfProposal, example = json!({
    "proposal_sha256": "0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef",
    "reason": "I have seen both records."
}))]
pub(super) struct Judging {
    /// `proposal_sha256` of the proposal.
    #[serde_as(as = "Strict")]
    #[schema(schema_with = words::sha256)]
    proposal_sha256: Sha256,
    #[serde_as(as = "Text<Remark>")]
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    reason: String,
}

/// The answer to an objection.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Closing, example = json!({
    "accepted": true,
    "reason": "Both records are of one person.",
    "findings": ["7b1a3c5e-0f2d-8c4b-9a6e-1d2f3a4b5c6d"]
}))]
pub(super) struct Closing {
    accepted: bool,
    /// The person reads it.
    #[serde_as(as = "Text<Remark>")]
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    reason: String,
    /// The answer follows once each of them is decided.
    #[serde_as(as = "Vec<Strict>")]
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 50)]
    findings: Vec<Uuid>,
}

/// How a case ends.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EndingProposal, example = json!({"outcome": "no_action", "reason": "The difference is not due."}))]
pub(super) struct Ending {
    #[serde_as(as = "Strict")]
    #[schema(schema_with = words::ending)]
    outcome: EndingOutcome,
    /// Needed if an amount is ordered, and only then.
    #[serde_as(as = "Option<Rials>")]
    #[serde(default)]
    #[schema(value_type = Option<u64>, minimum = 1)]
    amount_rial: Option<Rial>,
    #[serde_as(as = "Text<Remark>")]
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    reason: String,
}

/// Propose a finding
///
/// About one ground of one claim. The service computes `fact_seen` from the records of now; the finding counts only while
/// these values stay, and only after another officer has approved it.
#[utoipa::path(post, path = "/api/v1/findings", tag = "staff", params(IdempotencyHeader), request_body = Proposal,
    responses((status = 202, description = "The proposal is stored. `subject_id` is the id of the finding.",
        body = ReceiptView, headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn propose_finding(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    IdempotencyKey(key): IdempotencyKey,
    Body(sent): Body<Proposal>,
) -> Answer<Response> {
    let new = NewFinding {
        claim_id: sent.claim_id,
        ground: sent.ground,
        verdict: sent.verdict,
        reason: sent.reason,
        evidence: sent.evidence,
    };
    let receipt = casework::propose_finding(&portal.ctx, &scope, &key, &new).await??;
    accepted(&portal, Some(receipt))
}

/// Approve a finding
///
/// By another officer than the author. It counts for exactly the proposal that `proposal_sha256` names.
#[utoipa::path(post, path = "/api/v1/findings/{id}/approval", tag = "staff", request_body = Judging,
    params(("id" = Uuid, Path, description = "The id of the finding."), IdempotencyHeader),
    responses((status = 202, description = "The approval is stored.", body = ReceiptView,
        headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn approve_finding(
    portal: State<Arc<Portal>>,
    scope: Casework,
    id: PathId,
    key: IdempotencyKey,
    sent: Body<Judging>,
) -> Answer<Response> {
    judge(portal, scope, id, key, sent, Ruling::Approved).await
}

/// Reject a finding
///
/// By another officer than the author. It counts for exactly the proposal that `proposal_sha256` names.
#[utoipa::path(post, path = "/api/v1/findings/{id}/rejection", tag = "staff", request_body = Judging,
    params(("id" = Uuid, Path, description = "The id of the finding."), IdempotencyHeader),
    responses((status = 202, description = "The rejection is stored.", body = ReceiptView,
        headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn reject_finding(
    portal: State<Arc<Portal>>,
    scope: Casework,
    id: PathId,
    key: IdempotencyKey,
    sent: Body<Judging>,
) -> Answer<Response> {
    judge(portal, scope, id, key, sent, Ruling::Rejected).await
}

async fn judge(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    PathId(id): PathId,
    IdempotencyKey(key): IdempotencyKey,
    Body(sent): Body<Judging>,
    ruling: Ruling,
) -> Answer<Response> {
    let new = NewRuling { id, proposal_sha256: sent.proposal_sha256, reason: sent.reason };
    let receipt = casework::judge_finding(&portal.ctx, &scope, &key, ruling, &new).await??;
    accepted(&portal, Some(receipt))
}

/// A finding
///
/// With its proposal and what the second officer has said.
#[utoipa::path(get, path = "/api/v1/findings/{id}", tag = "staff",
    params(("id" = Uuid, Path, description = "The id of the finding.")),
    responses((status = 200, description = "The finding.", body = FindingView)))]
pub(super) async fn show_finding(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    PathId(id): PathId,
) -> Answer<Json<FindingView>> {
    let found = casework::finding(&portal.ctx, &scope, id).await?;
    let view = found.as_ref().map(FindingView::new).transpose()?.flatten();
    view.map(Json).ok_or_else(|| Problem::new(ProblemKind::NotFound))
}

/// The findings of the branch or province
///
/// In the order of their ids. With `open=true` only those that wait for a second officer.
#[utoipa::path(get, path = "/api/v1/findings", tag = "staff", params(WorkPage),
    responses((status = 200, description = "A page of findings.", body = FindingsView)))]
pub(super) async fn list_findings(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    sent: WorkPage,
) -> Answer<Json<FindingsView>> {
    let page = sent.page();
    let after = page.after_id(FINDINGS)?;
    let found = casework::findings(&portal.ctx, &scope, after, sent.open, page.limit).await?;
    let last = found.last().map(|last| last.finding.finding_id.to_string());
    let next_cursor = page.next(FINDINGS, found.len(), last);
    let mut items = Vec::with_capacity(found.len());
    for one in &found {
        items.extend(FindingView::new(one)?);
    }
    Ok(Json(FindingsView { items, next_cursor }))
}

/// The objections that wait for an answer
///
/// Of the branch or province, the oldest first.
#[utoipa::path(get, path = "/api/v1/objections", tag = "staff", params(Page),
    responses((status = 200, description = "A page of the queue.", body = QueueView)))]
pub(super) async fn list_objections(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    page: Page,
) -> Answer<Json<QueueView>> {
    let found = casework::queue(&portal.ctx, &scope, page.after_place(OBJECTIONS)?, page.limit).await?;
    let last = found.last().map(|last| QueuePlace { at: last.submitted_at, id: last.objection_id }.cursor());
    let next_cursor = page.next(OBJECTIONS, found.len(), last);
    Ok(Json(QueueView { items: found.into_iter().map(QueuedObjectionView::new).collect(), next_cursor }))
}

/// Close an objection
///
/// By an officer who has neither authored nor judged a finding of it. The answer follows once each named finding is
/// decided.
#[utoipa::path(post, path = "/api/v1/objections/{id}/closing", tag = "staff", request_body = Closing,
    params(("id" = Uuid, Path, description = "The id of the objection."), IdempotencyHeader),
    responses((status = 202, description = "The closing is stored.", body = ReceiptView,
        headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn close_objection(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    PathId(objection_id): PathId,
    IdempotencyKey(key): IdempotencyKey,
    Body(sent): Body<Closing>,
) -> Answer<Response> {
    let Closing { accepted: is_accepted, reason, findings } = sent;
    let new = NewClosing { objection_id, accepted: is_accepted, reason, findings };
    let receipt = casework::close_objection(&portal.ctx, &scope, &key, &new).await??;
    accepted(&portal, Some(receipt))
}

/// The cases of the branch or province
///
/// The oldest first, each with its proposals. With `open=true` only those that hold further attempts back.
#[utoipa::path(get, path = "/api/v1/cases", tag = "staff", params(WorkPage),
    responses((status = 200, description = "A page of cases.", body = CasesView)))]
pub(super) async fn list_cases(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    sent: WorkPage,
) -> Answer<Json<CasesView>> {
    let page = sent.page();
    let found = casework::cases(&portal.ctx, &scope, page.after_place(CASES)?, sent.open, page.limit).await?;
    let last = found.last().map(|last| &last.case);
    let last = last.map(|last| QueuePlace { at: last.opened_at, id: last.case.case_id }.cursor());
    let next_cursor = page.next(CASES, found.len(), last);
    let items = found.iter().map(CaseView::new).collect::<store::Result<_>>()?;
    Ok(Json(CasesView { items, next_cursor }))
}

/// A case
///
/// With the ends that officers proposed, and what the second officer has said.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "staff",
    params(("id" = Uuid, Path, description = "The id of the case.")),
    responses((status = 200, description = "The case.", body = CaseView)))]
pub(super) async fn show_case(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    PathId(id): PathId,
) -> Answer<Json<CaseView>> {
    let found = casework::case(&portal.ctx, &scope, id).await?;
    let view = found.as_ref().map(CaseView::new).transpose()?;
    view.map(Json).ok_or_else(|| Problem::new(ProblemKind::NotFound))
}

/// Propose the end of a case
///
/// It needs the approval of another officer.
#[utoipa::path(post, path = "/api/v1/cases/{id}/endings", tag = "staff", request_body = Ending,
    params(("id" = Uuid, Path, description = "The id of the case."), IdempotencyHeader),
    responses((status = 202, description = "The proposal is stored.", body = ReceiptView,
        headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn propose_ending(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    PathId(case_id): PathId,
    IdempotencyKey(key): IdempotencyKey,
    Body(sent): Body<Ending>,
) -> Answer<Response> {
    let new = NewEnding { case_id, outcome: sent.outcome, amount: sent.amount_rial, reason: sent.reason };
    let receipt = casework::propose_ending(&portal.ctx, &scope, &key, &new).await??;
    accepted(&portal, Some(receipt))
}

/// Approve the end of a case
///
/// By another officer than the author. It counts for exactly the proposal that `proposal_sha256` names, and ends the case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/endings/approval", tag = "staff", request_body = Judging,
    params(("id" = Uuid, Path, description = "The id of the case."), IdempotencyHeader),
    responses((status = 202, description = "The approval is stored.", body = ReceiptView,
        headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn approve_ending(
    portal: State<Arc<Portal>>,
    scope: Casework,
    id: PathId,
    key: IdempotencyKey,
    sent: Body<Judging>,
) -> Answer<Response> {
    judge_end(portal, scope, id, key, sent, Ruling::Approved).await
}

/// Reject the end of a case
///
/// By another officer than the author. The case stays open for another proposal.
#[utoipa::path(post, path = "/api/v1/cases/{id}/endings/rejection", tag = "staff", request_body = Judging,
    params(("id" = Uuid, Path, description = "The id of the case."), IdempotencyHeader),
    responses((status = 202, description = "The rejection is stored.", body = ReceiptView,
        headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn reject_ending(
    portal: State<Arc<Portal>>,
    scope: Casework,
    id: PathId,
    key: IdempotencyKey,
    sent: Body<Judging>,
) -> Answer<Response> {
    judge_end(portal, scope, id, key, sent, Ruling::Rejected).await
}

async fn judge_end(
    State(portal): State<Arc<Portal>>,
    Casework(scope): Casework,
    PathId(id): PathId,
    IdempotencyKey(key): IdempotencyKey,
    Body(sent): Body<Judging>,
    ruling: Ruling,
) -> Answer<Response> {
    let new = NewRuling { id, proposal_sha256: sent.proposal_sha256, reason: sent.reason };
    let receipt = casework::judge_ending(&portal.ctx, &scope, &key, ruling, &new).await??;
    accepted(&portal, Some(receipt))
}
