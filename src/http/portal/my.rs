//! The person's own file: the answer, each claim, its sum and letter, and who has seen it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Html;
use uuid::Uuid;

use super::{ErrorPage, OwnFile, Portal};
use crate::app::portal::{self, objections};
use crate::http::pages::{self, Visitor};
use crate::store::file_views::FileView;
use crate::store::scope::PersonScope;
use crate::store::sessions::PortalRole;
use crate::views::my::openings::Opening;
use crate::views::my::{self, MyAllowance, MyClaim, MyLetter, MyOpenings, MySum};

type Shown = Result<Html<String>, ErrorPage>;

/// Reads the file. `page` names what is opened, for the record of the view.
pub(super) async fn read(
    portal: &Arc<Portal>,
    scope: &PersonScope,
    page: &'static str,
) -> Result<my::OwnFile, ErrorPage> {
    let (shared, person) = (portal.clone(), scope.person());
    let today = portal.today();
    let file = portal::read_file(&portal.ctx, scope, page, |tx| {
        Box::pin(async move {
            let mut file = my::load(tx, person, &shared.ctx.ids, &shared.law_tables, today).await?;
            let drafts = objections::drafts(tx).await?;
            let sent = objections::own_objections(tx).await?;
            file.add_objections(&drafts, &sent, &objections::open_objections(tx).await?);
            Ok(file)
        })
    });
    Ok(file.await?)
}

/// A text that is not an id gets the same answer as the id of an unknown claim.
pub(super) fn claim_id(text: &str) -> Result<Uuid, ErrorPage> {
    text.parse().map_err(|_| ErrorPage::NotFound)
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
) -> Shown {
    let file = read(&portal, &scope, "my").await?;
    Ok(Html(pages::my(&visitor, &MyAllowance::new(&file, &portal.ctx.clock))?))
}

/// A page of one claim: `page` names it for the record, and `build` makes its view.
async fn of_claim<V>(
    portal: &Arc<Portal>,
    scope: &PersonScope,
    id: &str,
    page: &'static str,
    build: impl FnOnce(&my::OwnFile, Uuid) -> Option<V>,
) -> Result<V, ErrorPage> {
    let id = claim_id(id)?;
    let file = read(portal, scope, page).await?;
    build(&file, id).ok_or(ErrorPage::NotFound)
}

pub(super) async fn claim(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Shown {
    let clock = &portal.ctx.clock;
    let view = of_claim(&portal, &scope, &id, "claim", |file, id| MyClaim::new(file, id, clock)).await?;
    Ok(Html(pages::claim(&visitor, &view)?))
}

pub(super) async fn sum(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Shown {
    let view = of_claim(&portal, &scope, &id, "sum", MySum::new).await?;
    Ok(Html(pages::sum(&visitor, &view)?))
}

pub(super) async fn letter(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Shown {
    let (clock, person) = (&portal.ctx.clock, scope.person());
    let view =
        of_claim(&portal, &scope, &id, "letter", |file, id| MyLetter::new(file, id, person, clock)).await?;
    Ok(Html(pages::letter(&visitor, &view)?))
}

pub(super) async fn views(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
) -> Shown {
    let openings = portal::views(&portal.ctx, &scope).await?.into_iter().map(opening).collect();
    Ok(Html(pages::openings(&visitor, &MyOpenings::new(openings, &portal.ctx.clock))?))
}

fn opening(view: FileView) -> Opening {
    let branch = view.unit.filter(|_| view.role == PortalRole::Officer);
    Opening { at: view.at, role: view.role.as_str().to_owned(), branch }
}
