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
    /// The cause of the case is gone.
    CaseGone,
    /// An objection to the claim has no answer yet.
    AlreadyOpen,
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
    pub const ALL: [Self; 19] = [
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
        Self::CaseGone,
        Self::AlreadyOpen,
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

    fn form(self) -> &'static Form {
        let known = FORMS.iter().find(|(kind, _)| *kind == self);
        known.map_or(&FORMS[0].1, |(_, form)| form)
    }
}

/// The form of every problem.
const FORMS: [(ProblemKind, Form); ProblemKind::ALL.len()] = [
    (
        ProblemKind::Unauthorized,
        Form {
            slug: "unauthorized",
            status: 401,
            title: "An access token is needed",
            detail: "Send the access token of a person as `Authorization: Bearer …`.",
        },
    ),
    (
        ProblemKind::InvalidToken,
        Form {
            slug: "invalid-token",
            status: 401,
            title: "The access token is refused",
            detail: "Get a new access token for this API. It needs the claims that docs/API.md lists.",
        },
    ),
    (
        ProblemKind::Malformed,
        Form {
            slug: "malformed",
            status: 400,
            title: "The request cannot be read",
            detail: "Send the request as the OpenAPI document says.",
        },
    ),
    (
        ProblemKind::NoIdempotencyKey,
        Form {
            slug: "no-idempotency-key",
            status: 400,
            title: "The header Idempotency-Key is needed",
            detail: "Send a key of 8 to 100 letters, digits, hyphens and underscores, the same one if you repeat the request.",
        },
    ),
    (
        ProblemKind::NotFound,
        Form {
            slug: "not-found",
            status: 404,
            title: "Nothing is here",
            detail: "It does not exist, or not for the person of this token.",
        },
    ),
    (
        ProblemKind::MethodNotAllowed,
        Form {
            slug: "method-not-allowed",
            status: 405,
            title: "This method is not for this path",
            detail: "Use a method that the header Allow lists.",
        },
    ),
    (
        ProblemKind::TooLarge,
        Form {
            slug: "too-large",
            status: 413,
            title: "The body is too large",
            detail: "Send a smaller body.",
        },
    ),
    (
        ProblemKind::UnsupportedMediaType,
        Form {
            slug: "unsupported-media-type",
            status: 415,
            title: "The media type is not taken",
            detail: "Send a media type that the OpenAPI document names for this body.",
        },
    ),
    (
        ProblemKind::InvalidFields,
        Form {
            slug: "invalid-fields",
            status: 422,
            title: "Fields cannot be used",
            detail: "Correct the fields in errors, and send the request again.",
        },
    ),
    (
        ProblemKind::KeyReused,
        Form {
            slug: "idempotency-key-reused",
            status: 422,
            title: "The idempotency key was used for another request",
            detail: "Send other content with another key. The first request stands.",
        },
    ),
    (
        ProblemKind::TooManyRequests,
        Form {
            slug: "too-many-requests",
            status: 429,
            title: "Too many requests",
            detail: "Wait as many seconds as Retry-After says.",
        },
    ),
    (
        ProblemKind::Unavailable,
        Form {
            slug: "unavailable",
            status: 503,
            title: "The service cannot answer now",
            detail: "Send the same request again later, with the same idempotency key. It counts once.",
        },
    ),
    (
        ProblemKind::OwnProposal,
        Form {
            slug: "own-proposal",
            status: 403,
            title: "A second person is needed",
            detail: "Who proposed it can neither approve nor reject it.",
        },
    ),
    (
        ProblemKind::Involved,
        Form {
            slug: "involved",
            status: 403,
            title: "Another officer is needed",
            detail: "Who authored or judged a finding of this objection cannot close it.",
        },
    ),
    (
        ProblemKind::OtherProposal,
        Form {
            slug: "other-proposal",
            status: 409,
            title: "The proposal is another one",
            detail: "Read the proposal again, and judge what it contains now.",
        },
    ),
    (
        ProblemKind::AlreadyDecided,
        Form {
            slug: "already-decided",
            status: 409,
            title: "It is decided already",
            detail: "Read it again. Nothing was changed.",
        },
    ),
    (
        ProblemKind::CaseGone,
        Form {
            slug: "case-gone",
            status: 409,
            title: "The cause of the case is gone",
            detail: "Nothing has to be ended: the records do not yield the cause any more. The case opens again if they do.",
        },
    ),
    (
        ProblemKind::AlreadyOpen,
        Form {
            slug: "already-open",
            status: 409,
            title: "An objection to this claim has no answer yet",
            detail: "Wait for its answer, or withdraw it. Nothing was changed.",
        },
    ),
    (
        ProblemKind::NotAllowed,
        Form {
            slug: "not-allowed",
            status: 422,
            title: "The tables of the law do not allow this",
            detail: "Choose another ground, verdict or outcome. What no finding can change is corrected where its record is kept.",
        },
    ),
];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_form_of_its_own() {
        let uris: std::collections::BTreeSet<_> =
            ProblemKind::ALL.into_iter().map(ProblemKind::uri).collect();
        assert_eq!(uris.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert!(FORMS.iter().any(|(known, _)| *known == kind), "{kind:?}");
            assert!((400..600).contains(&kind.status()), "{kind:?}");
        }
    }
}
