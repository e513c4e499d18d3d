//! The paths of the API, for the table of rights.

pub const CLAIMS: &str = "/api/v1/claims";
pub const CLAIM: &str = "/api/v1/claims/{id}";
pub const VIEWS: &str = "/api/v1/views";
pub const SELF_REGISTRATIONS: &str = "/api/v1/self-registrations";
pub const SUBMISSION: &str = "/api/v1/submissions/{no}";
pub const OPENAPI: &str = "/openapi.json";
