//! Self-registration on the portal (R18).

use sha2::{Digest, Sha256};

use super::submissions::{submission_event_id, submission_id, submit, tracking_number};
use crate::app::AppContext;
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::store::scope::PersonScope;
use crate::store::submissions::{NewSubmission, SubmissionReceipt};
use crate::store::{Error, Result};
use crate::wire::outgoing::fresh_traceparent;
use crate::wire::portal_self_registrations_v1::SelfRegistrationSubmitted;
use crate::wire::{EventType, Outgoing};

/// The route of the form. It is part of the ids of its submissions.
pub const ROUTE: &str = "/my/register";

/// The route of programs.
pub const API_ROUTE: &str = "/api/v1/self-registrations";

/// A checked self-registration. The form is refused without the undertaking that it is the first marriage, so there is no
/// field for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    pub deed_date: SolarDate,
    pub spouse: NationalCode,
}

/// Stores the registration of the person in `scope`. `form_key` is the idempotency key in the form. Returns `None` if the
/// key was already used for other content.
///
/// # Errors
/// If the database does not answer.
pub async fn register(
    ctx: &AppContext,
    scope: &PersonScope,
    form_key: &str,
    registration: &Registration,
) -> Result<Option<SubmissionReceipt>> {
    register_with(ctx, scope, ROUTE, form_key, registration).await
}

/// The same on another route.
///
/// # Errors
/// If the database does not answer.
pub async fn register_with(
    ctx: &AppContext,
    scope: &PersonScope,
    route: &'static str,
    key: &str,
    registration: &Registration,
) -> Result<Option<SubmissionReceipt>> {
    let id = submission_id(ctx, scope, route, key);
    let at = ctx.clock.now();
    let data = SelfRegistrationSubmitted {
        request_id: id.to_string(),
        submitted_at: at,
        applicant_national_code: scope.person(),
        spouse_national_code: registration.spouse,
        deed_date: registration.deed_date,
        first_marriage_undertaking: true,
    };
    let kind = EventType::SelfRegistrationSubmitted;
    let key = data.applicant_national_code.to_string();
    let event =
        Outgoing::new(kind, key, submission_event_id(kind, id), at, Some(&fresh_traceparent()), &data)
            .map_err(|_| Error::Invariant("a self-registration can be written as JSON"))?;
    let new =
        NewSubmission { id, route, tracking: tracking_number(id), content: digest(registration), event };
    submit(ctx, scope, &new).await
}

fn digest(registration: &Registration) -> [u8; 32] {
    let Registration { spouse, deed_date } = registration;
    Sha256::digest(format!("{spouse},{deed_date}")).into()
}
