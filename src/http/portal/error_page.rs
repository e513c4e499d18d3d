//! What a person sees if something cannot be shown: what happened and what to do, in Persian, without words of HTTP.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::templates::page;
use crate::store;
use crate::telemetry::Metrics;

/// Why a page is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorPage {
    /// Nothing is there, or not for this person: both look the same.
    NotFound,
    SessionOver,
    /// A form that does not come from our own page.
    OtherSite,
    TooMany,
    TooLarge,
    /// The same form was sent before with other content.
    SentBefore,
    /// The provider's answer cannot be used; the sign-in has to be begun anew.
    SignInFailed,
    /// The provider has named no valid national code.
    NoNationalCode,
    /// The provider has named no role, or several.
    NoStaffRole,
    /// Database or provider do not answer.
    Unavailable,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>{{ text }}</p>
<p><a href="{{ link }}">{{ link_text }}</a></p>"#
)]
struct Content {
    text: &'static str,
    link: &'static str,
    link_text: &'static str,
}

impl ErrorPage {
    const HOME: (&'static str, &'static str) = ("/", "رفتن به صفحهٔ نخست");
    const SIGN_IN: (&'static str, &'static str) = ("/sign-in", "ورود دوباره");

    pub fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SessionOver | Self::OtherSite | Self::NoNationalCode | Self::NoStaffRole => {
                StatusCode::FORBIDDEN
            }
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SentBefore => StatusCode::CONFLICT,
            Self::SignInFailed => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::NotFound => "این صفحه پیدا نشد",
            Self::SessionOver => "زمان ورود شما تمام شده است",
            Self::OtherSite => "این فرم پذیرفته نشد",
            Self::TooMany => "کمی صبر کنید",
            Self::TooLarge => "آنچه فرستادید بزرگ است",
            Self::SentBefore => "این فرم پیش‌تر فرستاده شده است",
            Self::SignInFailed => "ورود انجام نشد",
            Self::NoNationalCode => "کد ملی شما به ما نرسید",
            Self::NoStaffRole => "نقش سازمانی شما به ما نرسید",
            Self::Unavailable => "اکنون نمی‌توانیم پاسخ دهیم",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NotFound => "نشانی را بررسی کنید، یا از صفحهٔ نخست آغاز کنید.",
            Self::SessionOver => "چیزی ثبت نشد. دوباره وارد شوید و فرم را یک بار دیگر بفرستید.",
            Self::OtherSite => "چیزی ثبت نشد. فرم را از همین سامانه دوباره باز کنید و بفرستید.",
            Self::TooMany => "درخواست‌های زیادی فرستاده شد. یک دقیقه صبر کنید و دوباره امتحان کنید.",
            Self::TooLarge => "چیزی ثبت نشد. متن کوتاه‌تر یا پروندهٔ کوچک‌تری بفرستید.",
            Self::SentBefore => {
                "آنچه نخست فرستادید ثبت شده است. برای ثبت اطلاعات دیگر، فرم را از نو باز کنید."
            }
            Self::SignInFailed => "ورود را از نو آغاز کنید. اگر باز هم نشد، چند دقیقهٔ دیگر امتحان کنید.",
            Self::NoNationalCode => {
                "سامانهٔ ورود کد ملی شما را نفرستاد. از پشتیبانی آن سامانه بخواهید که کد ملی شما را ثبت کند."
            }
            Self::NoStaffRole => {
                "سامانهٔ ورود یک نقش سازمانی روشن برای شما نفرستاد. از مدیر سامانه بخواهید که نقش شما را ثبت کند."
            }
            Self::Unavailable => "آنچه پیش‌تر ثبت کرده‌اید محفوظ است. چند دقیقهٔ دیگر دوباره امتحان کنید.",
        }
    }

    fn link(self) -> (&'static str, &'static str) {
        match self {
            Self::SessionOver | Self::SignInFailed => Self::SIGN_IN,
            _ => Self::HOME,
        }
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let (link, link_text) = self.link();
        let content = Content { text: self.text(), link, link_text };
        // The templates have no part that can fail. Without them the person would still get the text.
        let body = page(self.title(), &content).unwrap_or_else(|_| self.text().to_owned());
        let mut response = (self.status(), Html(body)).into_response();
        if self == Self::TooMany {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// The error is logged here, once. It contains no personal data.
impl From<store::Error> for ErrorPage {
    fn from(error: store::Error) -> Self {
        Metrics::global().errors.add(1);
        tracing::error!(%error, "a page of the portal could not be shown");
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

/// Errors that axum itself answers, for example to a malformed form, are plain English text. A person gets a page.
pub(super) async fn replace_plain_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let status = response.status();
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let page = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorPage::TooLarge,
        status if status.is_server_error() => ErrorPage::Unavailable,
        _ => ErrorPage::NotFound,
    };
    page.into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const ALL: [ErrorPage; 10] = [
        ErrorPage::NotFound,
        ErrorPage::SessionOver,
        ErrorPage::OtherSite,
        ErrorPage::TooMany,
        ErrorPage::TooLarge,
        ErrorPage::SentBefore,
        ErrorPage::SignInFailed,
        ErrorPage::NoNationalCode,
        ErrorPage::NoStaffRole,
        ErrorPage::Unavailable,
    ];

    #[tokio::test]
    async fn every_error_is_a_persian_page_that_says_what_to_do() {
        for error in ALL {
            let response = error.into_response();
            assert!(response.status().as_u16() >= 400);
            let body = to_bytes(response.into_body(), 100_000).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains(r#"<html lang="fa" dir="rtl">"#), "{body}");
            assert!(body.contains(error.text()) && body.contains("href=\"/"), "{body}");
            let text = body.split_once("<main").unwrap().1;
            let words = ["Error", "Forbidden", "Not Found", "404", "HTTP", "Unprocessable"];
            assert!(words.iter().all(|word| !text.contains(word)), "{text}");
        }
    }
}
