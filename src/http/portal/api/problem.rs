//! Errors below `/api`: problem details (RFC 9457). No problem contains a personal value: a field is named with a code of
//! what is wrong.

use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::app::portal::casework::CaseworkRefusal;
use crate::store;
use crate::telemetry::Metrics;
use crate::views::api::problem::{FieldProblem, ProblemKind, ProblemView};
use crate::views::my::error_page::ErrorPage;
use crate::wire::Fault;

pub(super) const MEDIA_TYPE: &str = "application/problem+json";
/// Seconds after which a program may try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("60");
/// Headers of the answer that a problem replaces, and that it keeps.
const KEPT: [HeaderName; 3] = [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE];

/// An answer that is an error. Boxed, because it is large and rare.
#[derive(Debug)]
pub struct Problem(Box<ProblemView>);

pub type Answer<T> = Result<T, Problem>;

impl Problem {
    pub fn new(kind: ProblemKind) -> Self {
        Self(Box::new(ProblemView::new(kind)))
    }

    pub fn because(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemView { detail: detail.into(), ..ProblemView::new(kind) }))
    }

    /// Fields of the request that cannot be used.
    pub fn of_fields(errors: Vec<FieldProblem>) -> Self {
        Self(Box::new(ProblemView { errors, ..ProblemView::new(ProblemKind::InvalidFields) }))
    }

    pub fn of_field(field: &str, reason: &'static str) -> Self {
        Self::of_fields(vec![FieldProblem::new(field, reason)])
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                let challenge = self.0.challenge();
                let challenge = HeaderValue::from_static(challenge);
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            _ => {}
        }
        response
    }
}

impl From<ErrorPage> for Problem {
    fn from(page: ErrorPage) -> Self {
        Self::new(match page {
            ErrorPage::TooMany => ProblemKind::TooManyRequests,
            ErrorPage::TooLarge => ProblemKind::TooLarge,
            ErrorPage::SentBefore => ProblemKind::KeyReused,
            ErrorPage::Unavailable => ProblemKind::Unavailable,
            ErrorPage::NotFound
            | ErrorPage::SessionOver
            | ErrorPage::OtherSite
            | ErrorPage::SignInFailed
            | ErrorPage::NoNationalCode
            | ErrorPage::NoStaffRole => ProblemKind::NotFound,
        })
    }
}

/// The error is logged here, once. It contains no personal data.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Metrics::global().errors.add(1);
        tracing::error!(%error, "a request of a program could not be answered");
        Self::new(ProblemKind::Unavailable)
    }
}

impl From<CaseworkRefusal> for Problem {
    fn from(refusal: CaseworkRefusal) -> Self {
        Self::new(match refusal {
            CaseworkRefusal::NotFound => ProblemKind::NotFound,
            CaseworkRefusal::KeyReused => ProblemKind::KeyReused,
            CaseworkRefusal::NotAllowed => ProblemKind::NotAllowed,
            CaseworkRefusal::OwnProposal => ProblemKind::OwnProposal,
            CaseworkRefusal::Involved => ProblemKind::Involved,
            CaseworkRefusal::OtherProposal => ProblemKind::OtherProposal,
            CaseworkRefusal::AlreadyDecided => ProblemKind::AlreadyDecided,
            CaseworkRefusal::CaseGone => ProblemKind::CaseGone,
            CaseworkRefusal::Field { field, reason } => return Self::of_field(&field, reason),
        })
    }
}

/// A body that cannot be read.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault.of_field() {
            Some((field, reason)) => Self::of_field(field, reason),
            None => Self::because(ProblemKind::Malformed, fault.detail),
        }
    }
}

fn of_status(status: StatusCode) -> ProblemKind {
    match status {
        StatusCode::UNAUTHORIZED => ProblemKind::Unauthorized,
        StatusCode::NOT_FOUND => ProblemKind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemKind::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemKind::UnsupportedMediaType,
        StatusCode::TOO_MANY_REQUESTS => ProblemKind::TooManyRequests,
        StatusCode::UNPROCESSABLE_ENTITY => ProblemKind::InvalidFields,
        status if status.is_server_error() => ProblemKind::Unavailable,
        _ => ProblemKind::Malformed,
    }
}

/// Makes every answer that is an error a problem: also those of the router, of extractors and of the limits.
pub(in crate::http::portal) fn complete(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind.as_bytes() == MEDIA_TYPE.as_bytes());
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let page = response.extensions().get::<ErrorPage>().copied();
    let problem = page.map_or_else(|| Problem::new(of_status(status)), Problem::from);
    let mut completed = problem.into_response();
    for name in KEPT {
        if let Some(value) = response.headers().get(&name) {
            completed.headers_mut().insert(name, value.clone());
        }
    }
    completed
}
