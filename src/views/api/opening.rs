//! Who opened the file.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;
use crate::store::file_views::FileView;
use crate::store::sessions::PortalRole;

/// One opening of the person's file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Opening)]
pub struct OpeningView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `insured` is the person.
    #[schema(schema_with = words::role)]
    pub role: &'static str,
    /// The branch of an officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_code: Option<String>,
}

/// A page of openings, the latest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Openings, example = json!({
    "items": [
        {"at": "2025-11-11T09:30:00Z", "role": "insured"},
        {"at": "2025-11-10T08:05:12Z", "role": "officer", "branch_code": "0012"}
    ],
    "next_cursor": "76696577733a3431"
}))]
pub struct OpeningsView {
    pub items: Vec<OpeningView>,
    /// The cursor of the next page. Left out on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl OpeningView {
    pub fn new(view: FileView) -> Self {
        Self {
            at: view.at,
            role: view.role.as_str(),
            branch_code: view.unit.filter(|_| view.role == PortalRole::Officer),
        }
    }
}
