//! The paths of the API, for the table of rights.

pub const CLAIMS: &str = "/api/v1/claims";
pub const CLAIM: &str = "/api/v1/claims/{id}";
pub const VIEWS: &str = "/api/v1/views";
pub const SELF_REGISTRATIONS: &str = "/api/v1/self-registrations";
pub const SUBMISSION: &str = "/api/v1/submissions/{no}";
pub const OBJECTION_DRAFT: &str = "/api/v1/claims/{id}/objection-draft";
pub const DRAFT_PICTURES: &str = "/api/v1/claims/{id}/objection-draft/pictures";
pub const DRAFT_PICTURE: &str = "/api/v1/claims/{id}/objection-draft/pictures/{picture}";
pub const PICTURE: &str = "/api/v1/pictures/{id}";
pub const MY_OBJECTIONS: &str = "/api/v1/my-objections";
pub const MY_OBJECTION: &str = "/api/v1/my-objections/{no}";
pub const WITHDRAWAL: &str = "/api/v1/my-objections/{no}/withdrawal";
pub const FINDINGS: &str = "/api/v1/findings";
pub const FINDING: &str = "/api/v1/findings/{id}";
pub const FINDING_APPROVAL: &str = "/api/v1/findings/{id}/approval";
pub const FINDING_REJECTION: &str = "/api/v1/findings/{id}/rejection";
pub const OBJECTIONS: &str = "/api/v1/objections";
pub const OBJECTION_CLOSING: &str = "/api/v1/objections/{id}/closing";
pub const CASES: &str = "/api/v1/cases";
pub const CASE: &str = "/api/v1/cases/{id}";
pub const CASE_ENDINGS: &str = "/api/v1/cases/{id}/endings";
pub const ENDING_APPROVAL: &str = "/api/v1/cases/{id}/endings/approval";
pub const ENDING_REJECTION: &str = "/api/v1/cases/{id}/endings/rejection";
pub const OPENAPI: &str = "/openapi.json";
