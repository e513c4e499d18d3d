//! What a person sees if something cannot be shown: always a page of ours.
//!
//! A handler answers with an [`ErrorPage`], which is a status and a mark. The page is written where it is known who is
//! signed in: by the guard, or for what does not pass the guard, by [`replace_plain_errors`].

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::api::problem;
use crate::app::portal::objections::Failure;
use crate::http::pages::{self, Visitor};
use crate::store;
use crate::telemetry::Metrics;
use crate::views::my::error_page::{ErrorPage, ErrorView};

/// Routes for programs answer with their own errors.
const FOR_PROGRAMS: &str = "/api/";

fn status_of(error: ErrorPage) -> StatusCode {
    match error {
        ErrorPage::NotFound => StatusCode::NOT_FOUND,
        ErrorPage::SessionOver
        | ErrorPage::OtherSite
        | ErrorPage::NoNationalCode
        | ErrorPage::NoStaffRole => StatusCode::FORBIDDEN,
        ErrorPage::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorPage::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorPage::SentBefore => StatusCode::CONFLICT,
        ErrorPage::SignInFailed => StatusCode::BAD_REQUEST,
        ErrorPage::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let mut response = status_of(self).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The page that a sign-in leads back to.
#[derive(Clone)]
pub(super) struct ReturnTo(pub String);

/// Writes the page of an answer that is an error. Other answers stay as they are.
pub(super) fn write(response: Response, visitor: Option<&Visitor>) -> Response {
    let Some(error) = response.extensions().get::<ErrorPage>().copied() else {
        return response;
    };
    let mut view = ErrorView::new(error);
    view.return_to = response.extensions().get::<ReturnTo>().map(|ReturnTo(path)| path.clone());
    // The template has no part that can fail. Without it the person would still get the text.
    let body = pages::error(visitor, &view).unwrap_or_else(|_| format!("{} {}", view.what, view.todo));
    let mut written = (status_of(error), Html(body)).into_response();
    if error == ErrorPage::TooMany {
        written.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    written
}

/// The error is logged here, once. It contains no personal data.
impl From<store::Error> for ErrorPage {
    fn from(error: store::Error) -> Self {
        Metrics::global().errors.add(1);
        tracing::error!(%error, "a page of the portal could not be shown");
        Self::Unavailable
    }
}

impl From<Failure> for ErrorPage {
    fn from(failure: Failure) -> Self {
        Metrics::global().errors.add(1);
        tracing::error!(error = %failure, "a page of the portal could not be shown");
        Self::Unavailable
    }
}

impl From<askama::Error> for ErrorPage {
    fn from(error: askama::Error) -> Self {
        Metrics::global().errors.add(1);
        tracing::error!(%error, "a page of the portal could not be written");
        Self::Unavailable
    }
}

pub(super) async fn not_found() -> ErrorPage {
    ErrorPage::NotFound
}

/// A program is told which methods there are. For a person it is a page that does not exist.
pub(super) async fn method_not_allowed(uri: Uri) -> Response {
    if is_for_programs(&uri) {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    } else {
        ErrorPage::NotFound.into_response()
    }
}

fn is_for_programs(uri: &Uri) -> bool {
    let path = uri.path();
    path.starts_with(FOR_PROGRAMS) || path == FOR_PROGRAMS.trim_end_matches('/')
}

/// Errors that axum itself answers, for example to a malformed form, are plain English text. A person gets a page, a
/// program a problem.
pub(super) async fn replace_plain_errors(request: Request, next: Next) -> Response {
    let is_for_programs = is_for_programs(request.uri());
    let response = next.run(request).await;
    if is_for_programs {
        return problem::complete(response);
    }
    let is_page = is_page(&response);
    let status = response.status();
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let marked = response.extensions().get::<ErrorPage>().copied();
    write(marked.unwrap_or_else(|| of_status(status)).into_response(), None)
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn of_status(status: StatusCode) -> ErrorPage {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorPage::TooLarge,
        status if status.is_server_error() => ErrorPage::Unavailable,
        _ => ErrorPage::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;

    use super::*;

    async fn body(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_error_is_a_persian_page_that_says_what_to_do() {
        for error in ErrorPage::ALL {
            let response = write(error.into_response(), None);
            assert!(response.status().as_u16() >= 400);
            let (body, view) = (body(response).await, ErrorView::new(error));
            assert!(body.contains(r#"<html lang="fa" dir="rtl">"#), "{body}");
            assert!(body.contains(&view.what) && body.contains(&view.todo), "{body}");
            let text = body.split_once("<main").unwrap().1;
            assert!(text.contains("href=\"/"), "{text}");
            let words = ["Error", "Forbidden", "Not Found", "404", "HTTP", "Unprocessable"];
            assert!(words.iter().all(|word| !text.contains(word)), "{text}");
        }
    }

    /// A plain error becomes a page, and for a program a problem.
    #[tokio::test]
    async fn errors_for_people_are_pages_and_those_for_programs_problems() {
        let refuses = async || (StatusCode::BAD_REQUEST, "plain");
        let app = Router::new()
            .route("/my", get(refuses))
            .route("/api/v1/claims", get(refuses))
            .layer(from_fn(replace_plain_errors));
        let app = TowerToHyperService::new(app);
        for (path, is_page) in [("/my", true), ("/api/v1/claims", false)] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let text = body(app.call(request).await.unwrap()).await;
            assert!(!text.contains("plain"), "{text}");
            let is_problem = text.contains("urn:peyvand:problem:malformed");
            assert_eq!((text.contains("این صفحه پیدا نشد"), is_problem), (is_page, !is_page), "{path}");
        }
    }
}
