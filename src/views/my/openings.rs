//! `/my/views`: who opened this file, when, in which role.

use jiff::Timestamp;
use serde::Serialize;

use super::words;
use crate::clock::Clock;
use crate::texts::PageTexts;

/// One opening of the file, as it was recorded.
pub struct Opening {
    pub at: Timestamp,
    /// The key of the role: `officer`, `supervisor`, `finance`, `operator`, `auditor` or `insured`.
    pub role: String,
    /// The branch, for an officer.
    pub branch: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MyOpenings {
    /// The latest first.
    pub openings: Vec<OpeningView>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OpeningView {
    pub at: String,
    pub role: String,
    pub branch: Option<String>,
}

impl MyOpenings {
    pub fn new(mut openings: Vec<Opening>, clock: &Clock) -> Self {
        openings.sort_by_key(|opening| std::cmp::Reverse(opening.at));
        let texts = PageTexts::built_in();
        let views = openings.into_iter().map(|opening| OpeningView {
            at: words::moment_of(clock, opening.at),
            role: texts.get("role", &opening.role).unwrap_or("—").to_owned(),
            branch: opening.branch,
        });
        Self { openings: views.collect() }
    }
}
