//! Self-registration: the form, its check, the registration itself, and the receipt.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::{ErrorPage, OwnFile, Portal, my};
use crate::app::portal::{self, self_registration};
use crate::http::pages::{self, Visitor, paths};
use crate::ident::text::number_text;
use crate::store::scope::PersonScope;
use crate::views::my::register::{FieldError, RegisterCheck, RegisterForm, RegisterInput, RegisterReceipt};

/// The fields of the form. A browser leaves out what is not ticked or not on the page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    day: String,
    month: String,
    year: String,
    spouse: String,
    undertaking: String,
    /// Of the check: a form that is sent twice with one key is one submission.
    key: String,
}

impl Fields {
    fn input(&self) -> RegisterInput {
        RegisterInput {
            day: self.day.clone(),
            month: self.month.clone(),
            year: self.year.clone(),
            spouse: self.spouse.clone(),
            undertaking: self.undertaking == "yes",
        }
    }
}

async fn form(
    portal: &Arc<Portal>,
    scope: &PersonScope,
    visitor: &Visitor,
    input: RegisterInput,
    errors: Vec<FieldError>,
) -> Result<Response, ErrorPage> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let file = my::read(portal, scope, "register").await?;
    let in_registry = file.claims.iter().filter(|file| file.claim.in_registry && !file.claim.withdrawn);
    let known: Vec<_> = in_registry.map(|file| file.claim.deed_date).collect();
    let view = RegisterForm::new(input, errors, &known, portal.today());
    Ok((status, Html(pages::register(visitor, &view)?)).into_response())
}

pub(super) async fn show(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    form(&portal, &scope, &visitor, RegisterInput::default(), Vec::new()).await
}

/// Back from the check, to change what was typed.
pub(super) async fn change(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, ErrorPage> {
    form(&portal, &scope, &visitor, fields.input(), Vec::new()).await
}

/// Shows what will be registered. Faults are shown beside the values that were sent.
pub(super) async fn check(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, ErrorPage> {
    let input = fields.input();
    match input.check(scope.person(), portal.today()) {
        Ok(registration) => {
            let view = RegisterCheck::new(&registration, Uuid::new_v4().to_string());
            Ok(Html(pages::register_check(&visitor, &view)?).into_response())
        }
        Err(errors) => form(&portal, &scope, &visitor, input, errors).await,
    }
}

/// Stores the registration, and leads to its receipt.
pub(super) async fn send(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, ErrorPage> {
    let input = fields.input();
    let registration = match input.check(scope.person(), portal.today()) {
        Ok(registration) => registration,
        Err(errors) => return form(&portal, &scope, &visitor, input, errors).await,
    };
    let key: Uuid = fields.key.parse().map_err(|_| ErrorPage::OtherSite)?;
    let receipt = self_registration::register(&portal.ctx, &scope, &key.to_string(), &registration).await?;
    let receipt = receipt.ok_or(ErrorPage::SentBefore)?;
    portal.submitted.notify_one();
    Ok(Redirect::to(&format!("{}/{}", paths::SUBMISSION, receipt.tracking)).into_response())
}

/// The receipt, for as long as the submission is stored.
pub(super) async fn receipt(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Path(no): Path<String>,
) -> Result<Html<String>, ErrorPage> {
    let found = portal::submission(&portal.ctx, &scope, number_text(&no)).await?;
    let receipt = RegisterReceipt::new(&found.ok_or(ErrorPage::NotFound)?, &portal.ctx.clock);
    Ok(Html(pages::register_receipt(&visitor, &receipt)?))
}
