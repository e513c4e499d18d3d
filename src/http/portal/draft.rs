//! Writing an objection: ground and text, then one request per picture, then a look at all, then sending.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Form, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::my::{self, claim_id};
use super::{ErrorPage, OwnFile, Portal, upload};
use crate::app::portal::objections::{self, Draft, SaveDraft, Send, UploadError};
use crate::claim::objection::Disputed;
use crate::http::pages::{self, Visitor, paths};
use crate::store::portal_objections::OpenObjection;
use crate::store::scope::PersonScope;
use crate::views::my::objection::{
    ObjectionCheck, ObjectionForm, ObjectionInput, ObjectionPictures, pictures_lost, upload_error,
};
use crate::views::my::register::FieldError;

type Answer = Result<Response, ErrorPage>;

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

fn path_of(id: Uuid, rest: &str) -> String {
    format!("{}/{id}/objections/{rest}", paths::CLAIM)
}

/// An objection that has no answer yet is shown in the place of a form for another one.
fn to_open(open: &OpenObjection) -> Response {
    match &open.tracking {
        Some(tracking) => to(&format!("{}/{tracking}", paths::OBJECTION)),
        None => to(&format!("{}/{}", paths::CLAIM, open.claim_id)),
    }
}

/// The fields of the form. A browser leaves out what is not chosen.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    disputed: String,
    text: String,
    /// Set by the script that keeps the text while it is typed.
    autosave: String,
}

/// The form with what is kept, or with what was sent and is wrong.
async fn show_form(
    portal: &Arc<Portal>,
    scope: &PersonScope,
    visitor: &Visitor,
    id: Uuid,
    sent: Option<(ObjectionInput, Vec<FieldError>)>,
) -> Answer {
    let file = my::read(portal, scope, "objection_text").await?;
    let claim = file.claim(id).ok_or(ErrorPage::NotFound)?;
    if let Some(open) = objections_open(claim) {
        return Ok(to_open(&open));
    }
    let draft = claim.objections.draft.as_ref();
    let is_draft = draft.is_some() && sent.is_none();
    let (input, errors) = sent.unwrap_or_else(|| (kept_input(draft), Vec::new()));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = ObjectionForm::new(claim, input, errors, is_draft);
    if view.grounds.is_empty() {
        return Err(ErrorPage::NotFound);
    }
    Ok((status, Html(pages::objection_form(visitor, &view)?)).into_response())
}

fn kept_input(draft: Option<&Draft>) -> ObjectionInput {
    let Some(draft) = draft else { return ObjectionInput::default() };
    let disputed = draft.row.disputed.map(|disputed| disputed.as_str().to_owned());
    ObjectionInput { disputed: disputed.unwrap_or_default(), text: draft.row.body.clone() }
}

fn objections_open(claim: &crate::views::my::file::OwnClaimFile) -> Option<OpenObjection> {
    let open = claim.objections.sent.iter().find(|sent| sent.state == objections::ObjectionState::Open);
    let tracking = open.map(|open| open.sent.tracking.clone());
    let is_open = tracking.is_some() || claim.objections.is_open_elsewhere;
    is_open.then_some(OpenObjection { claim_id: claim.claim.claim_id, tracking })
}

pub(super) async fn form(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    show_form(&portal, &scope, &visitor, claim_id(&id)?, None).await
}

/// Keeps what was written, complete or not, and leads to the pictures if it is complete.
pub(super) async fn save(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Answer {
    let id = claim_id(&id)?;
    let is_autosave = !fields.autosave.is_empty();
    let input = ObjectionInput { disputed: fields.disputed, text: fields.text };
    let saved = objections::save_draft(&portal.ctx, &scope, id, input.disputed(), &input.text).await?;
    let mut errors = input.errors();
    match saved {
        SaveDraft::NoSuchClaim => return Err(ErrorPage::NotFound),
        SaveDraft::AlreadyOpen(open) => return Ok(to_open(&open)),
        SaveDraft::Saved(_) | SaveDraft::NoSuchGround(_) if is_autosave => {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        SaveDraft::NoSuchGround(_) => errors.insert(0, ObjectionForm::ground_gone()),
        SaveDraft::Saved(_) if errors.is_empty() => return Ok(to(&path_of(id, "pictures"))),
        SaveDraft::Saved(_) => {}
    }
    show_form(&portal, &scope, &visitor, id, Some((input, errors))).await
}

/// A draft with its ground. Without one, the form comes first.
fn with_ground(draft: Option<Draft>) -> Option<(Draft, Disputed)> {
    let draft = draft?;
    let disputed = draft.row.disputed?;
    Some((draft, disputed))
}

/// The draft of the person's claim, if it has its ground. `page` names what is opened.
async fn read_draft(
    portal: &Arc<Portal>,
    scope: &PersonScope,
    id: Uuid,
    page: &'static str,
) -> Result<Option<(Draft, Disputed)>, ErrorPage> {
    let mut file = my::read(portal, scope, page).await?;
    let claim = file.claims.iter_mut().find(|file| file.claim.claim_id == id).ok_or(ErrorPage::NotFound)?;
    Ok(with_ground(claim.objections.draft.take()))
}

pub(super) async fn pictures(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let id = claim_id(&id)?;
    match read_draft(&portal, &scope, id, "objection_pictures").await? {
        Some((draft, disputed)) => {
            let view = ObjectionPictures::of_draft(&draft, disputed, Vec::new());
            Ok(Html(pages::objection_pictures(&visitor, &view)?).into_response())
        }
        None => Ok(to(&path_of(id, "new"))),
    }
}

/// Stores one picture, and shows it among the others.
pub(super) async fn upload(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer {
    let id = claim_id(&id)?;
    let draft = objections::find_draft(&portal.ctx, &scope, id).await?;
    let Some((draft, _)) = with_ground(draft) else {
        return Ok(to(&path_of(id, "new")));
    };
    let not_stored = match upload::receive(&portal, &scope, draft.row.objection_id, form).await {
        Ok(row) => return Ok(to(&format!("{}#{}", path_of(id, "pictures"), row.kind))),
        Err(not_stored) => not_stored,
    };
    not_stored.log();
    let Some(error) = upload_error(&not_stored.error, not_stored.kind) else {
        return Err((&not_stored.error).into());
    };
    let status = match not_stored.error {
        UploadError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    with_errors(&portal, &scope, &visitor, id, status, vec![error]).await
}

async fn with_errors(
    portal: &Portal,
    scope: &PersonScope,
    visitor: &Visitor,
    id: Uuid,
    status: StatusCode,
    errors: Vec<FieldError>,
) -> Answer {
    let draft = objections::find_draft(&portal.ctx, scope, id).await?;
    match with_ground(draft) {
        Some((draft, disputed)) => {
            let view = ObjectionPictures::of_draft(&draft, disputed, errors);
            Ok((status, Html(pages::objection_pictures(visitor, &view)?)).into_response())
        }
        None => Ok(to(&path_of(id, "new"))),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PictureField {
    pub picture: String,
}

impl PictureField {
    pub fn id(&self) -> Result<Uuid, ErrorPage> {
        self.picture.parse().map_err(|_| ErrorPage::NotFound)
    }
}

pub(super) async fn remove(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    Path(id): Path<String>,
    Form(field): Form<PictureField>,
) -> Answer {
    let (id, picture) = (claim_id(&id)?, field.id()?);
    let draft = objections::find_draft(&portal.ctx, &scope, id).await?.ok_or(ErrorPage::NotFound)?;
    // A picture that is gone already needs no message: the page shows what is there.
    objections::remove_picture(&portal.ctx, &scope, draft.row.objection_id, picture).await?;
    Ok(to(&path_of(id, "pictures")))
}

pub(super) async fn check(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let id = claim_id(&id)?;
    match read_draft(&portal, &scope, id, "objection_check").await? {
        Some((draft, disputed)) => {
            let view = ObjectionCheck::new(&draft, disputed);
            Ok(Html(pages::objection_check(&visitor, &view)?).into_response())
        }
        None => Ok(to(&path_of(id, "new"))),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SendFields {
    /// The id of the draft: the same draft, sent again, is one objection.
    objection: String,
}

/// Sends the objection, and leads to its receipt.
pub(super) async fn send(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(fields): Form<SendFields>,
) -> Answer {
    let id = claim_id(&id)?;
    let objection: Uuid = fields.objection.parse().map_err(|_| ErrorPage::NotFound)?;
    match objections::send(&portal.ctx, portal.pictures()?, &scope, objection).await? {
        Send::Sent(sent) => {
            portal.submitted.notify_one();
            Ok(to(&format!("{}/{}", paths::OBJECTION, sent.tracking)))
        }
        Send::NoSuchDraft => Err(ErrorPage::NotFound),
        Send::AlreadyOpen(open) => Ok(to_open(&open)),
        Send::Incomplete { .. } => {
            let draft = objections::find_draft(&portal.ctx, &scope, id).await?;
            let input = kept_input(draft.as_ref());
            let errors = input.errors();
            show_form(&portal, &scope, &visitor, id, Some((input, errors))).await
        }
        Send::PicturesLost(lost) => {
            let errors = pictures_lost(&lost);
            with_errors(&portal, &scope, &visitor, id, StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
    }
}
