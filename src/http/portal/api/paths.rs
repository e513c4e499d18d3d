//! The paths of the API, for the table of rights.

pub const CLAIMS: &str = "/api/v1/claims";
pub const CLAIM: &str = "/api/v1/claims/{id}";
pub const VIEWS: &str = "/api/v1/views";
pub const SELF_REGISTRATIONS: &str = "/api/v1/self-registrations";
pub const SUBMISSION: &str = "/api/v1/submissions/{no}";
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
