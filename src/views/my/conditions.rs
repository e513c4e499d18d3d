//! Every condition of the law, met and unmet, in words.

use serde::Serialize;

use super::words::{self, digits, say};
use crate::claim::conditions::{Condition, ConditionFinding, ConditionState, OfficersFinding};
use crate::law::SolarDate;
use crate::texts::{PageTexts, Texts};

#[derive(Clone, Debug, Serialize)]
pub struct ConditionView {
    pub condition: Condition,
    pub state: ConditionState,
    pub state_text: String,
    pub title: String,
    /// What the record says, and what officers found about it.
    pub fact: String,
    /// Whose record it is.
    pub owner: String,
    pub article: String,
    pub required: String,
    pub distance: Option<Distance>,
    /// The last day on which it can still change by itself.
    pub open_until: Option<String>,
    /// What the person can do, if the condition is unmet or open.
    pub remedy: Option<String>,
}

/// How far a counted condition is: «۷۱۹ از ۷۲۰ روز».
#[derive(Clone, Debug, Serialize)]
pub struct Distance {
    pub have: u32,
    pub need: u32,
    pub text: String,
}

/// `required_days` of the law on the deed date; `None` if the tables have no row for it.
pub(super) fn view(
    finding: &ConditionFinding,
    required_days: Option<u32>,
    today: SolarDate,
) -> ConditionView {
    let key = finding.condition.as_str();
    let fact = &finding.fact;
    let required = match (finding.condition, required_days) {
        (Condition::InsuredDays, None) => say("detail", "enough_days", &[], today),
        (_, days) => say("required", key, &[("required", days.unwrap_or_default().to_string())], today),
    };
    ConditionView {
        condition: finding.condition,
        state: finding.state,
        state_text: say("state", finding.state.as_str(), &[], today),
        title: say("condition", key, &[], today),
        fact: with_finding(say("fact", fact.key.as_str(), &fact.values, today), finding.officers),
        owner: say("owner", fact.owner.as_str(), &[], today),
        article: say("article", key, &[], today),
        required,
        distance: finding.progress.map(|progress| Distance {
            have: progress.have.min(progress.need),
            need: progress.need,
            text: digits(&format!("{} از {} روز", progress.have, progress.need)),
        }),
        open_until: finding.open_until.map(words::date),
        remedy: finding.reason.as_ref().map(|reason| Texts::built_in().reason_text(reason).remedy.fa),
    }
}

/// A condition that officers judged says so: the record alone would contradict the state.
fn with_finding(fact: String, officers: Option<OfficersFinding>) -> String {
    let Some(found) = officers else { return fact };
    let date = [("date", words::date(found.approved_on))];
    format!("{fact} {}", PageTexts::built_in().say("found", found.verdict.as_str(), &date))
}
