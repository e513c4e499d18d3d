//! Problem details (RFC 9457).

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProblemKind {
    /// No token of a person, or one that cannot be trusted.
    Unauthorized,
    InvalidToken,
    Malformed,
    NoIdempotencyKey,
    /// Nothing is there, or not for this person: both look the same.
    NotFound,
    MethodNotAllowed,
    TooLarge,
    UnsupportedMediaType,
    InvalidFields,
    KeyReused,
    TooManyRequests,
    Unavailable,
    /// The second officer is the first.
    OwnProposal,
    /// The officer has authored or judged what is disputed.
    Involved,
    /// What the officer saw is not what is stored.
    OtherProposal,
    AlreadyDecided,
    /// The law's tables do not allow it today.
    NotAllowed,
}

/// The parts of a problem that do not depend on the request.
struct Form {
    slug: &'static str,
    status: u16,
    title: &'static str,
    detail: &'static str,
}

impl ProblemKind {
    pub const ALL: [Self; 17] = [
        Self::Unauthorized,
        Self::InvalidToken,
        Self::Malformed,
        Self::NoIdempotencyKey,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidFields,
        Self::KeyReused,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::OwnProposal,
        Self::Involved,
        Self::OtherProposal,
        Self::AlreadyDecided,
        Self::NotAllowed,
    ];

    /// The type of the problem.
    pub fn uri(self) -> String {
        format!("urn:peyvand:problem:{}", self.form().slug)
    }

    pub fn status(self) -> u16 {
        self.form().status
    }

    pub fn title(self) -> &'static str {
        self.form().title
    }

    fn form(self) -> Form {
        let (slug, status, title, detail) = match self {
            Self::Unauthorized => (
                "unauthorized",
                401,
                "An access token is needed",
                "Send the access token of a person as `Authorization: Bearer …`.",
            ),
            Self::InvalidToken => (
                "invalid-token",
                401,
                "The access token is refused",
                "Get a new access token for this API. It needs the claims that docs/API.md lists.",
            ),
            Self::Malformed => (
                "malformed",
                400,
                "The request cannot be read",
                "Send the request as the OpenAPI document says.",
            ),
            Self::NoIdempotencyKey => (
                "no-idempotency-key",
                400,
                "The header Idempotency-Key is needed",
                "Send a key of 8 to 100 letters, digits, hyphens and underscores, the same one if you repeat the request.",
            ),
            Self::NotFound => (
                "not-found",
                404,
                "Nothing is here",
                "It does not exist, or not for the person of this token.",
            ),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                405,
                "This method is not for this path",
                "Use a method that the header Allow lists.",
            ),
            Self::TooLarge => ("too-large", 413, "The body is too large", "Send a smaller body."),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", 415, "The media type is not taken", "Send application/json.")
            }
            Self::InvalidFields => (
                "invalid-fields",
                422,
                "Fields cannot be used",
                "Correct the fields in errors, and send the request again.",
            ),
            Self::KeyReused => (
                "idempotency-key-reused",
                422,
                "The idempotency key was used for another request",
                "Send other content with another key. The first request stands.",
            ),
            Self::TooManyRequests => {
                ("too-many-requests", 429, "Too many requests", "Wait as many seconds as Retry-After says.")
            }
            Self::Unavailable => (
                "unavailable",
                503,
                "The service cannot answer now",
                "Send the same request again later, with the same idempotency key. It counts once.",
            ),
            Self::OwnProposal => (
                "own-proposal",
                403,
                "A second person is needed",
                "Who proposed it can neither approve nor reject it.",
            ),
            Self::Involved => (
                "involved",
                403,
                "Another officer is needed",
                "Who authored or judged a finding of this objection cannot close it.",
            ),
            Self::OtherProposal => (
                "other-proposal",
                409,
                "The proposal is another one",
                "Read the proposal again, and judge what it contains now.",
            ),
            Self::AlreadyDecided => {
                ("already-decided", 409, "It is decided already", "Read it again. Nothing was changed.")
            }
            Self::NotAllowed => (
                "not-allowed",
                422,
                "The tables of the law do not allow this",
                "Choose another ground or verdict. What no finding can change is corrected where its record is kept.",
            ),
        };
        Form { slug, status, title, detail }
    }
}

/// A field of the request that cannot be used. It never contains the value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldProblem {
    /// The path of the field, a parameter, or a header.
    #[schema(example = "deed_date")]
    pub field: String,
    /// A code: `missing`, `wrong_form`, `no_such_date`, …
    #[schema(example = "no_such_date")]
    pub reason: String,
    /// For the person, in Persian.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "اسفند ۱۴۰۲ روز ۳۰ ندارد؛ روز دیگری انتخاب کنید.")]
    pub text: Option<String>,
}

impl FieldProblem {
    pub fn new(field: &str, reason: &str) -> Self {
        Self { field: field.to_owned(), reason: reason.to_owned(), text: None }
    }
}

/// The body of every error (RFC 9457).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:peyvand:problem:not-found",
    "title": "Nothing is here",
    "status": 404,
    "detail": "It does not exist, or not for the person of this token."
}))]
pub struct ProblemView {
    /// Which problem it is.
    pub r#type: String,
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What to do.
    pub detail: String,
    /// The fields that cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

impl ProblemView {
    pub fn new(kind: ProblemKind) -> Self {
        let form = kind.form();
        Self {
            r#type: kind.uri(),
            title: form.title.to_owned(),
            status: form.status,
            detail: form.detail.to_owned(),
            errors: Vec::new(),
        }
    }

    /// How a program authorizes itself (RFC 6750).
    pub fn challenge(&self) -> &'static str {
        if self.r#type == ProblemKind::InvalidToken.uri() {
            "Bearer realm=\"peyvand\", error=\"invalid_token\""
        } else {
            "Bearer realm=\"peyvand\""
        }
    }
}
