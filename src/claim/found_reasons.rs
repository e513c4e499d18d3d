//! What the rules of a benefit find, before precedence determines the outcome.

use super::finding_effects::AppliedFinding;
use super::reason::Reason;
use crate::law::Rial;
use crate::law::marriage_allowance::Working;

/// What the rules find in the facts, before precedence determines the outcome.
pub struct FoundReasons {
    pub reasons: Vec<Reason>,
    /// Does not depend on the outcome. `None` if the amount cannot be computed.
    pub amount: Option<Rial>,
    pub working: Option<Working>,
    /// The approved findings that changed the reasons.
    pub findings: Vec<AppliedFinding>,
}

impl FoundReasons {
    /// A reason that ends the search for others.
    pub fn only(reason: Reason) -> Self {
        Self { reasons: vec![reason], amount: None, working: None, findings: Vec::new() }
    }
}
