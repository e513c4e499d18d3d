//! What handlers take from a request. Each of them refuses with a problem that names the field.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{Uri, header};
use jiff::Timestamp;
use openidconnect::url::form_urlencoded;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use uuid::Uuid;

use super::problem::Problem;
use crate::store::casework::QueuePlace;
use crate::views::api::problem::ProblemKind;
use crate::wire::input::parse;

/// Items of a page, if the request names no number.
const LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A JSON body.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(ProblemKind::UnsupportedMediaType));
        }
        let read = Bytes::from_request(request, state).await.map_err(|rejection| {
            Problem::new(match rejection.status().as_u16() {
                413 => ProblemKind::TooLarge,
                _ => ProblemKind::Malformed,
            })
        })?;
        Ok(Self(parse(&read)?))
    }
}

/// The id in the path. A text that is not an id gets the same answer as an unknown id.
pub(super) struct PathId(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let sent = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = sent.and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(|| Problem::new(ProblemKind::NotFound))
    }
}

/// A key of the program's own: the same request with the same key counts once.
pub(super) struct IdempotencyKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut sent = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = sent.next().ok_or_else(|| Problem::new(ProblemKind::NoIdempotencyKey))?;
        let key = key.to_str().unwrap_or_default();
        let is_key = (8..=100).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if is_key && sent.next().is_none() {
            Ok(Self(key.to_owned()))
        } else {
            Err(Problem::of_field(IDEMPOTENCY_KEY, "wrong_form"))
        }
    }
}

/// The header of every request that changes something.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(super) struct IdempotencyHeader {
    /// A key of the program's own. The same request with the same key counts once, and has the same receipt.
    #[param(
        rename = "Idempotency-Key",
        pattern = "^[A-Za-z0-9_-]{8,100}$",
        min_length = 8,
        max_length = 100,
        example = "6a0e7f0e-2f5b-4b1c-9a64-0d6e2a1b7c11"
    )]
    idempotency_key: String,
}

/// Which part of a list is read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Items of the page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    pub limit: u32,
    /// `next_cursor` of the page before. It says nothing to the program.
    #[param(required = false, pattern = "^[0-9a-f]{2,200}$")]
    pub cursor: Option<String>,
}

/// Which part of a list of casework is read.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkPage {
    /// Items of the page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: u32,
    /// `next_cursor` of the page before. It says nothing to the program.
    #[param(required = false, pattern = "^[0-9a-f]{2,200}$")]
    cursor: Option<String>,
    /// Only what waits for an officer.
    #[param(default = false)]
    pub open: bool,
}

impl WorkPage {
    pub fn page(&self) -> Page {
        Page { limit: self.limit, cursor: self.cursor.clone() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (page, open) = page_of(&parts.uri)?;
        if open.is_some() { Err(Problem::of_field("query", "unknown_word")) } else { Ok(page) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for WorkPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let (Page { limit, cursor }, open) = page_of(&parts.uri)?;
        Ok(Self { limit, cursor, open: open.unwrap_or_default() })
    }
}

/// The page that the address asks for, and its parameter `open`. Each parameter is there once at most.
fn page_of(uri: &Uri) -> Result<(Page, Option<bool>), Problem> {
    let (mut page, mut open) = (Page { limit: LIMIT, cursor: None }, None);
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if seen.contains(&name) {
            return Err(Problem::of_field("query", "repeated"));
        }
        match name.as_ref() {
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                page.limit = limit.ok_or_else(|| Problem::of_field("limit", "not_a_number"))?;
            }
            "cursor" => page.cursor = Some(value.into_owned()),
            "open" => open = Some(value.parse().map_err(|_| Problem::of_field("open", "unknown_word"))?),
            _ => return Err(Problem::of_field("query", "unknown_word")),
        }
        seen.push(name);
    }
    Ok((page, open))
}

/// A place in a queue, as a cursor has it.
pub(super) trait QueueCursor {
    fn cursor(&self) -> String;
}

impl QueueCursor for QueuePlace {
    fn cursor(&self) -> String {
        format!("{}/{}", self.at.as_microsecond(), self.id)
    }
}

impl Page {
    /// Where the page begins: the position that `next` has written into the cursor. `None` on the first page.
    pub fn after(&self, list: &str) -> Result<Option<String>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let text = hex::decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let position = text.as_deref().and_then(|text| text.strip_prefix(list)?.strip_prefix(':'));
        position.map(str::to_owned).map(Some).ok_or_else(no_such_cursor)
    }

    pub fn after_id(&self, list: &str) -> Result<Option<Uuid>, Problem> {
        let position = self.after(list)?;
        position.map(|text| text.parse().map_err(|_| no_such_cursor())).transpose()
    }

    pub fn after_place(&self, list: &str) -> Result<Option<QueuePlace>, Problem> {
        let Some(position) = self.after(list)? else { return Ok(None) };
        let (micros, id) = position.split_once('/').ok_or_else(no_such_cursor)?;
        let at = micros.parse().ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let (at, id) = (at.ok_or_else(no_such_cursor)?, id.parse().map_err(|_| no_such_cursor())?);
        Ok(Some(QueuePlace { at, id }))
    }

    /// The cursor of the next page, if this one is full.
    pub fn next(&self, list: &str, found: usize, last: Option<String>) -> Option<String> {
        let is_full = u32::try_from(found).is_ok_and(|found| found >= self.limit);
        last.filter(|_| is_full).map(|position| cursor(list, &position))
    }
}

/// The cursor of the page that follows this position of the list.
fn cursor(list: &str, position: &str) -> String {
    hex::encode(format!("{list}:{position}"))
}

pub(super) fn no_such_cursor() -> Problem {
    Problem::of_field("cursor", "wrong_form")
}
