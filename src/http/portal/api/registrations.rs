//! Self-registration of a marriage, and receipts.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use utoipa::ToSchema;

use super::extract::{Body, IdempotencyHeader, IdempotencyKey};
use super::guard::Casework;
use super::problem::{Answer, Problem};
use crate::app::portal::{self, self_registration};
use crate::http::portal::{OwnFile, Portal};
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::store::submissions::SubmissionReceipt;
use crate::views::api::problem::{FieldProblem, ProblemKind};
use crate::views::api::receipt::ReceiptView;
use crate::views::my::register::RegisterInput;
use crate::wire::form::Strict;

/// A marriage that the registry does not have.
#[serde_as]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SelfRegistration, example = json!({
    "deed_date": "1404-07-15",
    "spouse_national_code": "0012345679",
    "first_marriage_undertaking": true
}))]
pub(super) struct SelfRegistration {
    #[serde_as(as = "Strict")]
    #[schema(schema_with = crate::views::api::words::solar_date)]
    deed_date: SolarDate,
    /// Ten digits with the right check digit.
    #[serde_as(as = "Strict")]
    #[schema(value_type = String, pattern = "^[0-9]{10}$")]
    spouse_national_code: NationalCode,
    /// The person states that it is the first marriage. Without that, nothing can be registered.
    first_marriage_undertaking: bool,
}

impl SelfRegistration {
    fn input(&self) -> RegisterInput {
        RegisterInput {
            day: self.deed_date.day().to_string(),
            month: self.deed_date.month().number().to_string(),
            year: self.deed_date.year().to_string(),
            spouse: self.spouse_national_code.to_string(),
            undertaking: self.first_marriage_undertaking,
        }
    }
}

/// Register a marriage
///
/// For a marriage that the registry has not sent. The receipt is given as soon as the registration is durable; the answer
/// appears among the claims.
#[utoipa::path(post, path = "/api/v1/self-registrations", tag = "insured person", params(IdempotencyHeader),
    request_body = SelfRegistration,
    responses((status = 202, description = "The registration is stored. The same request again gets the same receipt.",
        body = ReceiptView, headers(("Location" = String, description = "The path of the receipt.")))))]
pub(super) async fn register(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    IdempotencyKey(key): IdempotencyKey,
    Body(sent): Body<SelfRegistration>,
) -> Answer<Response> {
    let checked = sent.input().check(scope.person(), portal.today());
    let registration = checked.map_err(|errors| {
        Problem::of_fields(
            errors
                .into_iter()
                .map(|error| {
                    let field = match error.field {
                        "day" => "deed_date",
                        "spouse" => "spouse_national_code",
                        _ => "first_marriage_undertaking",
                    };
                    FieldProblem { text: Some(error.text), ..FieldProblem::new(field, error.reason) }
                })
                .collect(),
        )
    })?;
    let receipt = self_registration::register_with(
        &portal.ctx,
        &scope,
        self_registration::API_ROUTE,
        &key,
        &registration,
    );
    accepted(&portal, receipt.await?)
}

/// The answer to a request that was stored.
pub(super) fn accepted(portal: &Portal, receipt: Option<SubmissionReceipt>) -> Answer<Response> {
    let receipt = receipt.ok_or_else(|| Problem::new(ProblemKind::KeyReused))?;
    portal.submitted.notify_one();
    let location = format!("/api/v1/submissions/{}", receipt.tracking);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(ReceiptView::new(&receipt)))
        .into_response())
}

/// A receipt
///
/// Of something that this person has sent.
#[utoipa::path(get, path = "/api/v1/submissions/{no}", tag = "everyone",
    params(("no" = String, Path, description = "The tracking number.", pattern = "^[0-9]{12}$", example = "381204419702")),
    responses((status = 200, description = "The receipt.", body = ReceiptView)))]
pub(super) async fn receipt(
    State(portal): State<Arc<Portal>>,
    own: Option<Extension<OwnFile>>,
    staff: Option<Extension<Casework>>,
    Path(no): Path<String>,
) -> Answer<Json<ReceiptView>> {
    let found = match (own, staff) {
        (Some(Extension(OwnFile(scope))), _) => portal::submission(&portal.ctx, &scope, no).await?,
        (None, Some(Extension(Casework(scope)))) => {
            portal::casework::submission(&portal.ctx, &scope, &no).await?
        }
        (None, None) => None,
    };
    found.map(|receipt| Json(ReceiptView::new(&receipt))).ok_or_else(|| Problem::new(ProblemKind::NotFound))
}
