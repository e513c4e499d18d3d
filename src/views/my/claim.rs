//! `/my/claims/{id}`: the way so far, and every condition.

use serde::Serialize;
use uuid::Uuid;

use super::allowance::ClaimCard;
use super::conditions::{self, ConditionView};
use super::file::{OwnClaimFile, OwnFile};
use super::objection::{self, ObjectionLine};
use super::timeline::{self, TimelineEvent};
use crate::claim::conditions::ConditionState;
use crate::clock::Clock;
use crate::law::SolarDate;

#[derive(Clone, Debug, Serialize)]
pub struct MyClaim {
    pub card: ClaimCard,
    /// The oldest event first. The next expected event is `card.next`.
    pub timeline: Vec<TimelineEvent>,
    /// Unmet and open conditions, then those that are met, then those that were not judged. Empty if the facts of the
    /// decision were lost.
    pub conditions: Vec<ConditionView>,
    pub met: usize,
    pub decision_id: Uuid,
    /// The latest first.
    pub objections: Vec<ObjectionLine>,
    /// Where the person can object.
    pub object_path: Option<String>,
}

impl MyClaim {
    /// `None` if the file has no such claim: the same for a claim of another person as for one that does not exist.
    pub fn new(file: &OwnFile, claim_id: Uuid, clock: &Clock) -> Option<Self> {
        let claim = file.claim(claim_id)?;
        let conditions = condition_views(claim, file.today);
        Some(Self {
            card: ClaimCard::new(claim, clock, file.today),
            timeline: timeline::events(claim, clock, file.today),
            met: conditions.iter().filter(|view| view.state == ConditionState::Met).count(),
            conditions,
            decision_id: claim.claim.decision_id,
            objections: claim.objections.sent.iter().map(|sent| ObjectionLine::new(sent, clock)).collect(),
            object_path: objection::object_path(claim),
        })
    }
}

pub(super) fn condition_views(claim: &OwnClaimFile, today: SolarDate) -> Vec<ConditionView> {
    let Some(again) = &claim.again else { return Vec::new() };
    let required_days = again.parameters.map(|parameters| parameters.required_days);
    let found = again.conditions.iter();
    let mut views: Vec<_> = found.map(|finding| conditions::view(finding, required_days, today)).collect();
    views.sort_by_key(|view| match view.state {
        ConditionState::Unmet | ConditionState::Open => 0,
        ConditionState::Met => 1,
        ConditionState::NotJudged => 2,
    });
    views
}
