//! How a case ends (contract: endings of cases). Only officers end a case: one proposes, another approves.

use uuid::Uuid;

use super::canonical::CanonicalHash;
use super::codes::{CaseKind, EndingOutcome};
use super::review::{ProposalContent, Review, Ruled, Ruling};
use crate::law::Rial;

/// The end that an officer proposes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ending {
    pub outcome: EndingOutcome,
    /// Set if an amount is ordered.
    pub amount: Option<Rial>,
}

impl ProposalContent for Ending {
    /// `outcome`, and the amount in decimal digits, or nothing.
    fn encode(&self, hash: CanonicalHash) -> CanonicalHash {
        hash.field(self.outcome.as_str())
            .field(&self.amount.map(|amount| amount.to_string()).unwrap_or_default())
    }
}

/// Everything that was said about the end of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseEnding {
    pub case_id: Uuid,
    pub review: Review<Ending>,
}

impl CaseEnding {
    pub fn new(case_id: Uuid) -> Self {
        Self { case_id, review: Review::default() }
    }

    /// The approved end: the earliest approval that stands, then that of the lesser proposal. A rejected proposal leaves
    /// the case open for another one.
    pub fn approved(&self) -> Option<Ruled<'_, Ending>> {
        self.review
            .ruled()
            .filter(|ruled| ruled.judgement.ruling == Ruling::Approved)
            .min_by_key(|ruled| (ruled.judgement.at, ruled.judgement.proposal_sha256))
    }
}

/// The outcomes with which a case of this kind can end.
///
/// The money of a returned document has not reached the person, so nothing can be recovered or added: the officers say
/// only whether another attempt follows.
pub fn allowed_outcomes(kind: CaseKind, document_is_returned: bool) -> &'static [EndingOutcome] {
    use EndingOutcome::{DifferenceOrdered, NoAction, RecoveryOrdered, Reissue, Stop};
    match (document_is_returned, kind) {
        (true, _) => &[Reissue, Stop],
        (false, CaseKind::Recovery) => &[NoAction, RecoveryOrdered],
        (false, CaseKind::Difference) => &[NoAction, DifferenceOrdered],
        (false, CaseKind::Payment) => &[NoAction, RecoveryOrdered, DifferenceOrdered],
    }
}
