//! An objection that was sent: its receipt and answer, more pictures, and its withdrawal.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Form, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use super::draft::PictureField;
use super::{ErrorPage, OwnFile, Portal, upload};
use crate::app::portal;
use crate::app::portal::objections::{self, AddPictures, MyObjection, ObjectionState, UploadError, Withdraw};
use crate::http::pages::{self, Visitor, paths};
use crate::ident::text::number_text;
use crate::store::scope::PersonScope;
use crate::views::my::objection::{ObjectionPage, ObjectionPictures, pictures_lost, upload_error};

type Answer = Result<Response, ErrorPage>;

/// Reads an objection, and records the view.
async fn read(
    portal: &Portal,
    scope: &PersonScope,
    page: &'static str,
    no: &str,
) -> Result<MyObjection, ErrorPage> {
    let tracking = number_text(no);
    let found = portal::read_file(&portal.ctx, scope, page, |tx| {
        Box::pin(async move { objections::by_tracking(tx, &tracking).await })
    });
    found.await?.ok_or(ErrorPage::NotFound)
}

/// Finds an objection that a request changes.
async fn find(portal: &Portal, scope: &PersonScope, no: &str) -> Result<MyObjection, ErrorPage> {
    let found = objections::find_sent(&portal.ctx, scope, &number_text(no)).await?;
    found.ok_or(ErrorPage::NotFound)
}

fn to(objection: &MyObjection, rest: &str) -> Response {
    Redirect::to(&format!("{}/{}{rest}", paths::OBJECTION, objection.sent.tracking)).into_response()
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(no): Path<String>,
) -> Result<Html<String>, ErrorPage> {
    let objection = read(&portal, &scope, "objection", &no).await?;
    Ok(Html(pages::objection(&visitor, &ObjectionPage::new(&objection, &portal.ctx.clock))?))
}

pub(super) async fn pictures(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(no): Path<String>,
) -> Answer {
    let objection = read(&portal, &scope, "objection_pictures", &no).await?;
    if objection.state != ObjectionState::Open {
        return Ok(to(&objection, ""));
    }
    let view = ObjectionPictures::of_sent(&objection, Vec::new());
    Ok(Html(pages::objection_pictures(&visitor, &view)?).into_response())
}

pub(super) async fn upload(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(no): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer {
    let objection = find(&portal, &scope, &no).await?;
    let not_stored = match upload::receive(&portal, &scope, objection.sent.objection_id, form).await {
        Ok(row) => return Ok(to(&objection, &format!("/pictures#{}", row.kind))),
        Err(not_stored) => not_stored,
    };
    not_stored.log();
    if matches!(not_stored.error, UploadError::Closed) {
        return Ok(to(&objection, ""));
    }
    let Some(error) = upload_error(&not_stored.error, not_stored.kind) else {
        return Err((&not_stored.error).into());
    };
    let status = match not_stored.error {
        UploadError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let view = ObjectionPictures::of_sent(&find(&portal, &scope, &no).await?, vec![error]);
    Ok((status, Html(pages::objection_pictures(&visitor, &view)?)).into_response())
}

pub(super) async fn remove(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(no): Path<String>,
    Form(field): Form<PictureField>,
) -> Answer {
    let objection = find(&portal, &scope, &no).await?;
    objections::remove_picture(&portal.ctx, &scope, objection.sent.objection_id, field.id()?).await?;
    Ok(to(&objection, "/pictures"))
}

/// Adds the new pictures to the objection.
pub(super) async fn send_pictures(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(no): Path<String>,
) -> Answer {
    let objection = find(&portal, &scope, &no).await?;
    let id = objection.sent.objection_id;
    match objections::send_pictures(&portal.ctx, portal.pictures()?, &scope, id).await? {
        AddPictures::Added(_) | AddPictures::Closed => {
            portal.submitted.notify_one();
            Ok(to(&objection, ""))
        }
        AddPictures::PicturesLost(lost) => {
            let again = find(&portal, &scope, &no).await?;
            let view = ObjectionPictures::of_sent(&again, pictures_lost(&lost));
            let page = Html(pages::objection_pictures(&visitor, &view)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(super) async fn ask_to_withdraw(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(no): Path<String>,
) -> Answer {
    let objection = read(&portal, &scope, "objection_withdraw", &no).await?;
    if objection.state != ObjectionState::Open {
        return Ok(to(&objection, ""));
    }
    let view = ObjectionPage::new(&objection, &portal.ctx.clock);
    Ok(Html(pages::objection_withdraw(&visitor, &view)?).into_response())
}

/// Withdraws it. One that has its answer meanwhile shows the answer.
pub(super) async fn withdraw(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(no): Path<String>,
) -> Answer {
    let objection = find(&portal, &scope, &no).await?;
    match objections::withdraw(&portal.ctx, &scope, objection.sent.objection_id).await? {
        Withdraw::Withdrawn | Withdraw::Answered => {
            portal.submitted.notify_one();
            Ok(to(&objection, ""))
        }
        Withdraw::NoSuchObjection => Err(ErrorPage::NotFound),
    }
}
