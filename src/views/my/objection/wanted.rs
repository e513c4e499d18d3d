//! The pictures that are asked for.

use crate::claim::ReasonCode as R;
use crate::claim::codes::PictureKind::{self, Booklet, Deed, Other};
use crate::claim::objection::Disputed;

/// The kinds of pictures that help an officer with this ground, the most important first. Any other kind may be sent, too.
pub fn wanted(disputed: Disputed) -> &'static [PictureKind] {
    let Disputed::Ground(code) = disputed else { return &[Other] };
    match code {
        R::IdentityMismatch
        | R::ConflictingRecords
        | R::MarriageNotRegistered
        | R::RecordWithdrawn
        | R::MarriageAnnulled
        | R::SpouseHasNoNationalCode
        | R::NotConfirmedByRegistry => &[Deed, Booklet, Other],
        R::MarriageNotPermanent | R::RegisteredByAcknowledgement | R::RegistryDateMismatch => &[Deed, Other],
        R::NotFirstMarriage => &[Booklet, Other],
        R::EmploymentEnded
        | R::InsuranceTypeNotCovered
        | R::InsufficientContributionDays
        | R::AlreadyPaid
        | R::NotInsured
        | R::PersonDeceased
        | R::AwaitingWageList
        | R::OutsideKnownTables
        | R::AccountCheckPending
        | R::MobileCheckPending
        | R::NoValidAccount
        | R::AccountNotOwned
        | R::NoValidMobile
        | R::MobileNotOwned
        | R::PaymentReturned => &[Other],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::PageTexts;

    #[test]
    fn every_ground_has_a_title_and_asks_for_pictures() {
        let grounds = R::all().map(Disputed::Ground).chain([Disputed::Amount]);
        let mut titles = Vec::new();
        for ground in grounds {
            assert_eq!(wanted(ground).last(), Some(&Other), "{ground}");
            titles.push(ground.as_str());
        }
        titles.sort_unstable();
        assert_eq!(PageTexts::built_in().keys("ground"), titles);
        for kind in [Deed, Booklet, Other] {
            for key in [kind.as_str().to_owned(), format!("{kind}_hint"), format!("{kind}_none")] {
                assert!(PageTexts::built_in().get("picture", &key).is_some(), "{key}");
            }
        }
    }
}
