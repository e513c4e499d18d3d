//! Objections of the insured person: a draft with pictures, sending, what became of it, and withdrawal.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use utoipa::ToSchema;
use uuid::Uuid;

use super::extract::{Body, Page, PathId, no_such_cursor};
use super::problem::{Answer, Problem};
use crate::app::portal;
use crate::app::portal::objections::{
    self, MyObjection, SaveDraft, Send, TextFault, Withdraw, check_text, kept_text,
};
use crate::claim::objection::Disputed;
use crate::http::portal::{OwnFile, Portal};
use crate::ident::text::number_text;
use crate::store::scope::PersonScope;
use crate::views::api::objection::{DraftView, MyObjectionView, MyObjectionsView};
use crate::views::api::problem::{FieldProblem, ProblemKind};
use crate::views::api::words;
use crate::wire::form::Strict;

const OBJECTIONS: &str = "my-objections";

/// What the person writes.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ObjectionText, example = json!({
    "disputed": "IDENTITY_MISMATCH",
    "text": "تاریخ تولد من در شناسنامه درست است."
}))]
pub(super) struct Written {
    /// A reason code of the claim, or `amount`.
    #[serde_as(as = "Strict")]
    #[schema(schema_with = words::disputed)]
    disputed: Disputed,
    /// May be empty in a draft.
    #[schema(max_length = 2000)]
    text: String,
}

/// Which objection the command is about. The same command, sent again, counts once.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NamedObjection, example = json!({"objection_id": "5b2d7f90-1c3e-4a56-8b7d-9e0f1a2b3c4d"}))]
pub(super) struct Named {
    #[serde_as(as = "Strict")]
    #[schema(value_type = Uuid)]
    objection_id: Uuid,
}

pub(super) fn not_found() -> Problem {
    Problem::new(ProblemKind::NotFound)
}

fn of_text(fault: TextFault) -> FieldProblem {
    let reason = match fault {
        TextFault::Empty => "missing",
        TextFault::TooLong { .. } => "too_long",
    };
    FieldProblem::new("text", reason)
}

/// The draft of an objection
///
/// What the person has written so far about this claim, and its pictures.
#[utoipa::path(get, path = "/api/v1/claims/{id}/objection-draft", tags = ["insured person", "objections"],
    operation_id = "show_objection_draft", params(("id" = Uuid, Path, description = "The id of the claim.")),
    responses((status = 200, description = "The draft.", body = DraftView)))]
pub(super) async fn show_draft(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    PathId(claim): PathId,
) -> Answer<Json<DraftView>> {
    let found = portal::read_file(&portal.ctx, &scope, "api_objection_draft", |tx| {
        Box::pin(async move { objections::draft(tx, claim).await })
    });
    found.await?.map(|draft| Json(DraftView::new(&draft))).ok_or_else(not_found)
}

/// Write the draft of an objection
///
/// Replaces ground and text; pictures stay. Nothing is sent.
#[utoipa::path(put, path = "/api/v1/claims/{id}/objection-draft", tags = ["insured person", "objections"],
    operation_id = "write_objection_draft", request_body = Written,
    params(("id" = Uuid, Path, description = "The id of the claim.")),
    responses((status = 200, description = "The draft as it is stored.", body = DraftView)))]
pub(super) async fn write_draft(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    PathId(claim): PathId,
    Body(sent): Body<Written>,
) -> Answer<Json<DraftView>> {
    if let Err(fault @ TextFault::TooLong { .. }) = check_text(&kept_text(&sent.text)) {
        return Err(Problem::of_fields(vec![of_text(fault)]));
    }
    match objections::save_draft(&portal.ctx, &scope, claim, Some(sent.disputed), &sent.text).await? {
        SaveDraft::Saved(draft) => Ok(Json(DraftView::new(&draft))),
        SaveDraft::NoSuchClaim => Err(not_found()),
        SaveDraft::NoSuchGround(_) => Err(Problem::of_field("disputed", "not_a_ground_of_this_claim")),
        SaveDraft::AlreadyOpen(_) => Err(Problem::new(ProblemKind::AlreadyOpen)),
    }
}

/// Send an objection
///
/// Sends the draft with its pictures. Everything is durable when the receipt comes. The same draft, sent again, is one
/// objection.
#[utoipa::path(post, path = "/api/v1/my-objections", tags = ["insured person", "objections"],
    operation_id = "send_objection", request_body = Named,
    responses((status = 202, description = "The objection is stored.", body = MyObjectionView,
        headers(("Location" = String, description = "The path of the objection.")))))]
pub(super) async fn send(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Body(named): Body<Named>,
) -> Answer<Response> {
    match objections::send(&portal.ctx, portal.pictures()?, &scope, named.objection_id).await? {
        Send::Sent(sent) => stored(&portal, &scope, &sent.tracking).await,
        Send::NoSuchDraft => Err(not_found()),
        Send::AlreadyOpen(_) => Err(Problem::new(ProblemKind::AlreadyOpen)),
        Send::Incomplete { no_ground, text } => {
            let ground = no_ground.then(|| FieldProblem::new("disputed", "missing"));
            Err(Problem::of_fields(ground.into_iter().chain(text.map(of_text)).collect()))
        }
        Send::PicturesLost(_) => Err(Problem::of_field("pictures", "lost")),
    }
}

/// The answer to a command that was stored.
async fn stored(portal: &Portal, scope: &PersonScope, tracking: &str) -> Answer<Response> {
    portal.submitted.notify_one();
    let found = objections::find_sent(&portal.ctx, scope, tracking).await?.ok_or_else(not_found)?;
    let location = format!("/api/v1/my-objections/{tracking}");
    let body = Json(MyObjectionView::new(&found));
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], body).into_response())
}

/// The objections of the person
///
/// Those that were sent on the portal or by programs, the latest first.
#[utoipa::path(get, path = "/api/v1/my-objections", tags = ["insured person", "objections"],
    operation_id = "list_my_objections", params(Page),
    responses((status = 200, description = "A page of objections.", body = MyObjectionsView)))]
pub(super) async fn list(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    page: Page,
) -> Answer<Json<MyObjectionsView>> {
    let after = page.after_id(OBJECTIONS)?;
    let all = portal::read_file(&portal.ctx, &scope, "api_objections", |tx| {
        Box::pin(async move { objections::own_objections(tx).await })
    });
    let all = all.await?;
    let start = match after {
        None => 0,
        Some(after) => {
            let place = all.iter().position(|one| one.sent.objection_id == after);
            place.ok_or_else(no_such_cursor)? + 1
        }
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let items: Vec<_> = all.iter().skip(start).take(limit).map(MyObjectionView::new).collect();
    let has_more = all.len() > start + items.len();
    let last = items.last().filter(|_| has_more).map(|item| item.objection_id.to_string());
    let next_cursor = page.next(OBJECTIONS, items.len(), last);
    Ok(Json(MyObjectionsView { items, next_cursor }))
}

/// An objection
///
/// Its receipt, its pictures, and the officer's answer.
#[utoipa::path(get, path = "/api/v1/my-objections/{no}", tags = ["insured person", "objections"],
    operation_id = "show_my_objection",
    params(("no" = String, Path, description = "The number of the objection.", pattern = "^[0-9]{12}$",
        example = "381204419702")),
    responses((status = 200, description = "The objection.", body = MyObjectionView)))]
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(no): Path<String>,
) -> Answer<Json<MyObjectionView>> {
    let tracking = number_text(&no);
    let found = portal::read_file(&portal.ctx, &scope, "api_objection", |tx| {
        Box::pin(async move { objections::by_tracking(tx, &tracking).await })
    });
    let found: Option<MyObjection> = found.await?;
    found.map(|one| Json(MyObjectionView::new(&one))).ok_or_else(not_found)
}

/// Withdraw an objection
///
/// This is final. The body names the objection again, so that a wrong number withdraws nothing.
#[utoipa::path(post, path = "/api/v1/my-objections/{no}/withdrawal", tags = ["insured person", "objections"],
    operation_id = "withdraw_objection", request_body = Named,
    params(("no" = String, Path, description = "The number of the objection.", pattern = "^[0-9]{12}$",
        example = "381204419702")),
    responses((status = 202, description = "The withdrawal is stored.", body = MyObjectionView,
        headers(("Location" = String, description = "The path of the objection.")))))]
pub(super) async fn withdraw(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(no): Path<String>,
    Body(named): Body<Named>,
) -> Answer<Response> {
    let found = objections::find_sent(&portal.ctx, &scope, &number_text(&no)).await?.ok_or_else(not_found)?;
    if found.sent.objection_id != named.objection_id {
        return Err(Problem::of_field("objection_id", "contradictory"));
    }
    match objections::withdraw(&portal.ctx, &scope, named.objection_id).await? {
        Withdraw::Withdrawn => stored(&portal, &scope, &found.sent.tracking).await,
        Withdraw::Answered => Err(Problem::new(ProblemKind::AlreadyDecided)),
        Withdraw::NoSuchObjection => Err(not_found()),
    }
}
