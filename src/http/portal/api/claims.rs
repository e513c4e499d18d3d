//! The own file of an insured person.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::extract::{Page, PathId, no_such_cursor};
use super::problem::{Answer, Problem};
use crate::app::portal;
use crate::http::portal::{OwnFile, Portal, read_own};
use crate::views::api::claim::{ClaimSummaryView, ClaimView, ClaimsView};
use crate::views::api::opening::{OpeningView, OpeningsView};
use crate::views::api::problem::ProblemKind;

const CLAIMS: &str = "claims";
const VIEWS: &str = "views";

/// The claims of the person
///
/// One for each marriage that the registry or the person has stated, the latest deed date first. Claims come up by
/// themselves: nobody has to apply.
#[utoipa::path(get, path = "/api/v1/claims", tag = "insured person", params(Page),
    responses((status = 200, description = "A page of claims.", body = ClaimsView)))]
pub(super) async fn list(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    page: Page,
) -> Answer<Json<ClaimsView>> {
    let after = page.after_id(CLAIMS)?;
    let file = read_own(&portal, &scope, "api_claims").await?;
    let start = match after {
        None => 0,
        Some(after) => {
            let place = file.claims.iter().position(|own| own.claim.claim_id == after);
            place.ok_or_else(no_such_cursor)? + 1
        }
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let shown = file.claims.iter().skip(start).take(limit);
    let items: Vec<_> = shown.map(|own| ClaimSummaryView::new(own, &portal.ctx.clock, file.today)).collect();
    let has_more = file.claims.len() > start + items.len();
    let last = items.last().filter(|_| has_more).map(|item| item.claim_id.to_string());
    let next_cursor = page.next(CLAIMS, items.len(), last);
    Ok(Json(ClaimsView { items, next_cursor }))
}

/// A claim with every condition
///
/// Whether the allowance comes, how much and when; or exactly why not: every condition of the law, met and unmet, the
/// sum by hand, and what happened so far.
#[utoipa::path(get, path = "/api/v1/claims/{id}", tag = "insured person",
    params(("id" = Uuid, Path, description = "The id of the claim.")),
    responses((status = 200, description = "The claim.", body = ClaimView)))]
pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    PathId(id): PathId,
) -> Answer<Json<ClaimView>> {
    let file = read_own(&portal, &scope, "api_claim").await?;
    let view = ClaimView::new(&file, id, &portal.ctx.clock);
    view.map(Json).ok_or_else(|| Problem::new(ProblemKind::NotFound))
}

/// Who opened the file
///
/// Every opening of the person's file, the latest first. This request is the first of them.
#[utoipa::path(get, path = "/api/v1/views", tag = "insured person", params(Page),
    responses((status = 200, description = "A page of openings.", body = OpeningsView)))]
pub(super) async fn views(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    page: Page,
) -> Answer<Json<OpeningsView>> {
    let before = match page.after(VIEWS)? {
        None => None,
        Some(position) => Some(position.parse::<i64>().map_err(|_| no_such_cursor())?),
    };
    let found = portal::views_page(&portal.ctx, &scope, before, page.limit).await?;
    let last = found.last().map(|view| view.view_id.to_string());
    let next_cursor = page.next(VIEWS, found.len(), last);
    Ok(Json(OpeningsView { items: found.into_iter().map(OpeningView::new).collect(), next_cursor }))
}
