//! `/my/views`: who opened this file, when, in which role.

use jiff::Timestamp;
use serde::Serialize;

use super::words;
use crate::clock::Clock;
use crate::texts::PageTexts;

/// The role of the person who looks at the own file.
const OWN: &str = "insured";

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
    /// How often in a row on that day, for the person's own openings: every page is one.
    pub times: Option<String>,
}

impl MyOpenings {
    pub fn new(mut openings: Vec<Opening>, clock: &Clock) -> Self {
        openings.sort_by_key(|opening| std::cmp::Reverse(opening.at));
        let runs = openings.chunk_by(|one, next| are_own_on_one_day(one, next, clock));
        Self { openings: runs.filter_map(|run| view(run, clock)).collect() }
    }
}

fn are_own_on_one_day(one: &Opening, next: &Opening, clock: &Clock) -> bool {
    let [day, next_day] = [one.at, next.at].map(|at| clock.solar_date_of(at).ok());
    one.role == OWN && next.role == OWN && day == next_day
}

/// One line for openings in a row. Every opening by somebody else has its own.
fn view(run: &[Opening], clock: &Clock) -> Option<OpeningView> {
    let latest = run.first()?;
    Some(OpeningView {
        at: words::moment_of(clock, latest.at),
        role: PageTexts::built_in().get("role", &latest.role).unwrap_or("-").to_owned(),
        branch: latest.branch.clone(),
        times: (run.len() > 1).then(|| words::digits(&run.len().to_string())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_openings_of_a_day_are_one_line_and_those_of_others_are_not() {
        let clock = Clock::new(Some("1404-08-20".parse().unwrap())).unwrap();
        let opening =
            |role: &str, at: &str| Opening { at: at.parse().unwrap(), role: role.to_owned(), branch: None };
        let view = MyOpenings::new(
            vec![
                opening("insured", "2025-11-01T08:00:00Z"),
                opening("insured", "2025-11-02T08:00:00Z"),
                opening("insured", "2025-11-02T09:00:00Z"),
                opening("officer", "2025-11-02T10:00:00Z"),
                opening("officer", "2025-11-02T11:00:00Z"),
            ],
            &clock,
        );
        let times: Vec<_> = view.openings.iter().map(|view| view.times.as_deref()).collect();
        assert_eq!(times, [None, None, Some("۲"), None]);
        assert!(view.openings[2].at.ends_with("۱۲:۳۰"), "{:?}", view.openings);
    }
}
