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

/// All proposals and judgements about the end of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseEnding {
    pub case_id: Uuid,
    pub review: Review<Ending>,
}

impl CaseEnding {
    pub fn new(case_id: Uuid) -> Self {
        Self { case_id, review: Review::default() }
    }

    /// The approved end: of those that are allowed the earliest approval that stands, then that of the lesser proposal. A
    /// rejected proposal leaves the case open for another one.
    pub fn approved(&self, is_allowed: impl Fn(&Ruled<'_, Ending>) -> bool) -> Option<Ruled<'_, Ending>> {
        self.review
            .ruled()
            .filter(|ruled| ruled.judgement.ruling == Ruling::Approved && is_allowed(ruled))
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

/// An approved end, as later comparisons and attempts read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndedCase {
    pub case_id: Uuid,
    /// The instant of the approval, in microseconds since 1970.
    pub at: i64,
    pub ending: Ending,
    /// The amount by the facts of the case, if the case is about an amount.
    pub new_amount: Option<Rial>,
}

/// The orders add up to more than an amount can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the amount that the order of case {case_id} leaves is above the greatest amount")]
pub struct AmountTooGreat {
    pub case_id: Uuid,
}

/// What the orders leave of the amount that was paid. Later comparisons are against it.
///
/// A recovery cannot take more than there is. The order of `ended` does not matter.
///
/// # Errors
/// If the orders add up to more than an amount can be.
pub fn left_of(paid: Rial, ended: &[EndedCase]) -> Result<Rial, AmountTooGreat> {
    let mut left = paid;
    for case in in_order(ended) {
        let ordered = case.ending.amount.unwrap_or_default();
        left = match case.ending.outcome {
            EndingOutcome::NoAction | EndingOutcome::Stop => left,
            EndingOutcome::RecoveryOrdered => {
                Rial::new(left.get().saturating_sub(ordered.get())).unwrap_or_default()
            }
            EndingOutcome::DifferenceOrdered => {
                left.checked_add(ordered).ok_or(AmountTooGreat { case_id: case.case_id })?
            }
            EndingOutcome::Reissue => case.new_amount.map_or(left, |new| new.min(left)),
        };
    }
    Ok(left)
}

/// Whether a further attempt may follow. After a case, only `reissue` allows one; the last ending counts.
pub fn let_attempt_follow(ended: &[EndedCase]) -> bool {
    in_order(ended).last().is_none_or(|case| case.ending.outcome == EndingOutcome::Reissue)
}

fn in_order(ended: &[EndedCase]) -> Vec<&EndedCase> {
    let mut ordered: Vec<_> = ended.iter().collect();
    ordered.sort_by_key(|case| (case.at, case.case_id));
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::review::{Judgement, Proposal};
    use EndingOutcome::{DifferenceOrdered, NoAction, RecoveryOrdered, Reissue, Stop};

    fn rial(rials: u64) -> Rial {
        Rial::new(rials).unwrap()
    }

    fn ended(at: i64, outcome: EndingOutcome, amount: Option<u64>, new_amount: Option<u64>) -> EndedCase {
        EndedCase {
            case_id: Uuid::from_u128(u128::from(at.unsigned_abs())),
            at,
            ending: Ending { outcome, amount: amount.map(rial) },
            new_amount: new_amount.map(rial),
        }
    }

    /// "Later comparisons are against what the last order left", `reissue`: "the lower of frozen and new amount"
    #[test]
    fn orders_leave_an_amount() {
        let left = |ended: &[EndedCase]| left_of(rial(100), ended).unwrap().get();
        assert_eq!(left(&[]), 100);
        assert_eq!(left(&[ended(1, NoAction, None, Some(80)), ended(2, Stop, None, Some(80))]), 100);
        let orders =
            [ended(1, RecoveryOrdered, Some(20), Some(80)), ended(2, DifferenceOrdered, Some(5), None)];
        assert_eq!(left(&orders), 85);
        assert_eq!(left(&[orders[1], orders[0]]), 85, "the order of the list does not matter");
        assert_eq!(left(&[ended(1, RecoveryOrdered, Some(101), None)]), 0);
        assert_eq!(left(&[ended(1, Reissue, None, Some(80))]), 80);
        assert_eq!(left(&[ended(1, Reissue, None, Some(120))]), 100);
        assert_eq!(left(&[ended(1, Reissue, None, None)]), 100);
    }

    #[test]
    fn orders_that_add_up_to_too_much_are_an_error() {
        let order = ended(1, DifferenceOrdered, Some(Rial::MAX.get()), None);
        assert_eq!(left_of(rial(1), &[order]), Err(AmountTooGreat { case_id: order.case_id }));
        assert_eq!(left_of(Rial::ZERO, &[order]), Ok(Rial::MAX));
    }

    /// "after a case nothing but `reissue` lets an attempt follow"
    #[test]
    fn only_a_reissue_lets_an_attempt_follow() {
        assert!(let_attempt_follow(&[]));
        for outcome in [NoAction, RecoveryOrdered, DifferenceOrdered, Stop] {
            assert!(!let_attempt_follow(&[ended(1, outcome, None, None)]), "{outcome}");
        }
        let (reissue, stop) = (ended(1, Reissue, None, None), ended(2, Stop, None, None));
        assert!(let_attempt_follow(&[reissue]));
        assert!(!let_attempt_follow(&[stop, reissue]), "the later end speaks");
    }

    /// "where its document is returned only `reissue` or `stop`"
    #[test]
    fn the_state_of_the_document_limits_the_outcomes() {
        for kind in CaseKind::ALL {
            assert_eq!(allowed_outcomes(*kind, true), [Reissue, Stop]);
            let others = allowed_outcomes(*kind, false);
            assert!(others.contains(&NoAction) && !others.contains(&Reissue) && !others.contains(&Stop));
        }
        assert!(!allowed_outcomes(CaseKind::Difference, false).contains(&RecoveryOrdered));
        assert!(!allowed_outcomes(CaseKind::Recovery, false).contains(&DifferenceOrdered));
    }

    /// "by the same two persons and rules"; a rejected proposal leaves the case open for another one.
    #[test]
    fn two_officers_end_a_case() {
        let proposal = |at: i64, outcome| Proposal {
            id: Uuid::from_u128(1),
            at,
            author: "first".to_owned(),
            person: "0012345679".parse().unwrap(),
            content: Ending { outcome, amount: None },
            reason: "seen".to_owned(),
        };
        let says = |proposal: &Proposal<Ending>, at, ruling, approver: &str| Judgement {
            at,
            ruling,
            proposal_sha256: proposal.sha256(),
            approver: approver.to_owned(),
            author: proposal.author.clone(),
            on: "1404-08-01".parse().unwrap(),
            reason: String::new(),
        };
        let (stop, reissue) = (proposal(1, Stop), proposal(2, Reissue));
        let mut case = CaseEnding::new(Uuid::from_u128(1));
        let outcome = |case: &CaseEnding| case.approved(|_| true).map(|ruled| ruled.proposal.content.outcome);
        case.review.judge(says(&reissue, 9, Ruling::Approved, "second"));
        assert_eq!(outcome(&case), None, "an approval waits for its proposal");
        case.review.propose(stop.clone());
        case.review.judge(says(&stop, 3, Ruling::Rejected, "second"));
        case.review.judge(says(&stop, 4, Ruling::Approved, "third"));
        assert_eq!(outcome(&case), None, "the rejection is earlier");
        case.review.propose(reissue);
        assert_eq!(outcome(&case), Some(Reissue));
        let mut own = CaseEnding::new(Uuid::from_u128(1));
        own.review.propose(stop.clone());
        own.review.judge(says(&stop, 4, Ruling::Approved, "first"));
        assert_eq!(outcome(&own), None, "an author approves nothing");
        // An outcome that is not allowed does not count; another one that was approved later does.
        let mut two = CaseEnding::new(Uuid::from_u128(1));
        let no_action = proposal(3, NoAction);
        two.review.propose(stop.clone());
        two.review.propose(no_action.clone());
        two.review.judge(says(&stop, 4, Ruling::Approved, "second"));
        two.review.judge(says(&no_action, 5, Ruling::Approved, "second"));
        let allowed = two.approved(|ruled| ruled.proposal.content.outcome != Stop).unwrap();
        assert_eq!(allowed.proposal.content.outcome, NoAction);
        let fields =
            "1:1,36:00000000-0000-0000-0000-000000000001,1:1,5:first,10:0012345679,4:stop,0:,4:seen,";
        assert_eq!(stop.sha256(), crate::claim::facts::digest(fields.as_bytes()));
    }
}
