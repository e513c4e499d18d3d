//! What approved findings change in the reasons of a claim.

use uuid::Uuid;

use super::codes::Verdict;
use super::facts::{Facts, FindingFacts, Standing};
use super::reason::{Reason, ReasonCode};
use crate::law::Tables;

/// A finding that changed a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppliedFinding {
    pub finding_id: Uuid,
    pub ground: ReasonCode,
    pub verdict: Verdict,
}

impl FindingFacts {
    /// Whether the finding has an effect: the values of its ground are those that its officers saw, and the tables of
    /// the day of its approval list the ground for its verdict. A lifted ground is as the rules find it.
    pub(super) fn has_effect(&self, tables: &Tables) -> bool {
        let is_listed = match self.verdict {
            Verdict::SetAside => tables.can_be_set_aside(self.ground.as_str(), self.approved_on),
            Verdict::Confirmed => tables.can_be_confirmed(self.ground.as_str(), self.approved_on),
            Verdict::Lifted => false,
        };
        is_listed && self.standing == Standing::Stands
    }
}

/// Removes the reasons that findings set aside, marks those that they confirm, and returns these findings.
pub(super) fn apply(reasons: &mut Vec<Reason>, facts: &Facts, tables: &Tables) -> Vec<AppliedFinding> {
    let mut applied = Vec::new();
    for finding in facts.findings.iter().filter(|finding| finding.has_effect(tables)) {
        let Some(place) = reasons.iter().position(|reason| reason.code == finding.ground) else {
            continue;
        };
        match finding.verdict {
            Verdict::SetAside => drop(reasons.remove(place)),
            Verdict::Confirmed => reasons[place].confirmed = true,
            Verdict::Lifted => continue,
        }
        applied.push(AppliedFinding {
            finding_id: finding.finding_id,
            ground: finding.ground,
            verdict: finding.verdict,
        });
    }
    applied
}
