//! Reasons about the marriage and the person, their order, and when a decision has an amount.

use peyvand::claim::codes::{OfficeKind, Permanence, Status};
use peyvand::claim::person::RegistryRow;
use peyvand::claim::{Outcome, ReasonCode as R};
use peyvand::law::InsuranceType as I;

use crate::claim::person_over_days::{
    DEED, FLOOR, World, another, code, date, job, row, spouse, with_status,
};
use Outcome::{Approved, ManualReview, Pending, Refused, Waiting};

fn decided(rows: Vec<RegistryRow>) -> World {
    let mut world = World::insured();
    world.rows(rows).ingest();
    world
}

#[test]
fn a_good_marriage_is_approved_with_its_amount() {
    let world = World::married();
    world.expect(DEED, Approved, &[]);
    assert_eq!(world.decision(DEED).amount.unwrap().get(), FLOOR);
}

/// "`CONFLICTING_RECORDS` (two live rows of the person with the same deed date and different spouses …"
#[test]
fn two_live_rows_of_one_day_with_different_spouses_conflict() {
    let world = decided(vec![row("R1", DEED, spouse()), row("R2", DEED, another())]);
    let all: Vec<_> =
        world.published.iter().map(|(_, decision)| (decision.outcome, decision.codes())).collect();
    assert_eq!(
        all,
        [(ManualReview, vec![R::ConflictingRecords]), (ManualReview, vec![R::ConflictingRecords])]
    );
    // An annulled marriage is not live; a divorced one is.
    let world =
        decided(vec![row("R1", DEED, spouse()), with_status(Status::Annulled, row("R2", DEED, another()))]);
    let outcomes: Vec<_> =
        world.published.iter().map(|(claim, d)| (claim.record_id.clone().unwrap(), d.codes())).collect();
    assert!(outcomes.contains(&("R1".to_owned(), vec![])));
    assert!(outcomes.contains(&("R2".to_owned(), vec![R::MarriageAnnulled])));
    let world =
        decided(vec![row("R1", DEED, spouse()), with_status(Status::Divorced, row("R2", DEED, another()))]);
    assert!(world.published.iter().all(|(_, decision)| decision.codes() == [R::ConflictingRecords]));
}

/// "… a spouse without a code differs from every other)"
#[test]
fn a_spouse_without_a_code_differs_from_every_other() {
    let world = decided(vec![row("R1", DEED, spouse()), row("R2", DEED, None)]);
    assert!(world.published.iter().all(|(_, decision)| decision.codes().contains(&R::ConflictingRecords)));
    let world = decided(vec![row("R1", DEED, None), row("R2", DEED, None)]);
    let both = [R::ConflictingRecords, R::SpouseHasNoNationalCode];
    assert_eq!(world.published.len(), 2);
    assert!(world.published.iter().all(|(_, decision)| decision.codes() == both));
}

/// "Earlier marriage (R5): `…_earlier_marriages` > 0 on the row that speaks, or another live marriage of the person
/// with an earlier deed date (a divorced one is live)."
#[test]
fn earlier_marriages() {
    let mut counted = row("R1", DEED, spouse());
    counted.husband.earlier_marriages = 1;
    decided(vec![counted]).expect(DEED, Refused, &[R::NotFirstMarriage]);
    // The spouse's earlier marriages count only for the spouse (R5).
    let mut hers = row("R1", DEED, spouse());
    hers.wife.earlier_marriages = 1;
    decided(vec![hers]).expect(DEED, Approved, &[]);
    let other = |status, day: &str| with_status(status, row("R0", day, another()));
    for (status, day, outcome) in [
        (Status::Registered, "1403-05-15", Refused),
        (Status::Divorced, "1390-01-01", Refused),
        (Status::Annulled, "1403-05-15", Approved),
        (Status::Divorced, "1404-05-16", Approved),
    ] {
        let world = decided(vec![row("R1", DEED, spouse()), other(status, day)]);
        assert_eq!(world.claim(DEED).outcome, outcome, "{status} {day}");
    }
    // A couple that married twice: for the second marriage, the first one is an earlier marriage.
    let again = decided(vec![
        with_status(Status::Divorced, row("R0", "1402-01-01", spouse())),
        row("R1", DEED, spouse()),
    ]);
    again.expect(DEED, Refused, &[R::NotFirstMarriage]);
    // An earlier marriage also counts if the spouse has no code.
    decided(vec![row("R0", "1402-01-01", None), row("R1", DEED, spouse())]).expect(
        DEED,
        Refused,
        &[R::NotFirstMarriage],
    );
}

/// "`IDENTITY_MISMATCH` (normalised family name or birth date differs […]; given names are not compared; spaces and
/// ZWNJ do not count)"
#[test]
fn identity() {
    for (name, born, grounds) in [
        ("كريمي", "1375-01-01", &[][..]),
        ("کر\u{200c}یمی ", "1375-01-01", &[]),
        ("کر یمی", "1375-01-01", &[]),
        ("اکبری", "1375-01-01", &[R::IdentityMismatch]),
        ("کریمی", "1375-01-02", &[R::IdentityMismatch]),
        ("اکبری", "1375-01-02", &[R::IdentityMismatch]),
    ] {
        let mut world = World::insured();
        world.record().family_name = name.to_owned();
        world.record().birth_date = date(born);
        world.record().given_name = "هوشنگ".to_owned();
        world.rows([row("R1", DEED, spouse())]).ingest();
        assert_eq!(world.decision(DEED).codes(), grounds, "{name} {born}");
    }
}

/// "registered by acknowledgement (Art. 32) → manual review", "`none` […] is `MARRIAGE_NOT_REGISTERED`", "a consulate
/// counts as an official office"
#[test]
fn offices_and_permanence() {
    let with_office = |office_kind| decided(vec![RegistryRow { office_kind, ..row("R1", DEED, spouse()) }]);
    with_office(OfficeKind::Consulate).expect(DEED, Approved, &[]);
    with_office(OfficeKind::Acknowledgement).expect(DEED, ManualReview, &[R::RegisteredByAcknowledgement]);
    with_office(OfficeKind::None).expect(DEED, Refused, &[R::MarriageNotRegistered]);
    let temporary = RegistryRow { permanence: Permanence::Temporary, ..row("R1", DEED, spouse()) };
    decided(vec![temporary]).expect(DEED, Refused, &[R::MarriageNotPermanent]);
}

/// "divorce before payment → still payable", "annulment before payment → manual review" (R25)
#[test]
fn divorced_and_annulled() {
    decided(vec![with_status(Status::Divorced, row("R1", DEED, spouse()))]).expect(DEED, Approved, &[]);
    let annulled = decided(vec![with_status(Status::Annulled, row("R1", DEED, spouse()))]);
    annulled.expect(DEED, ManualReview, &[R::MarriageAnnulled]);
}

/// "`PERSON_DECEASED` (deceased_on set, on or before the business date)"
#[test]
fn deceased_on_or_before_the_business_date() {
    for (day, grounds) in
        [("1404-07-30", &[R::PersonDeceased][..]), ("1404-08-01", &[R::PersonDeceased]), ("1404-08-02", &[])]
    {
        let mut world = World::insured();
        world.record().deceased_on = Some(date(day));
        world.rows([row("R1", DEED, spouse())]).ingest();
        assert_eq!(world.decision(DEED).codes(), grounds, "{day}");
    }
}

/// "All grounds are evaluated; none hides another. Then the first line that has a ground gives the outcome, and all
/// grounds found are listed", in the order of the lines.
#[test]
fn all_grounds_are_listed_in_the_order_of_the_lines() {
    let mut world = World::insured();
    let record = world.record();
    record.family_name = "اکبری".to_owned();
    record.deceased_on = Some(date("1404-06-01"));
    (record.sheba, record.mobile) = (None, None);
    world.known.dossier.employments = vec![job(I::Voluntary, "1400-01-01", None)];
    world.known.dossier.wages.clear();
    let mut bad = row("R1", DEED, spouse());
    bad.status = Status::Annulled;
    bad.permanence = Permanence::Temporary;
    bad.office_kind = OfficeKind::Acknowledgement;
    bad.husband.earlier_marriages = 3;
    world.rows([bad]).ingest();
    let all = [
        R::IdentityMismatch,
        R::MarriageNotPermanent,
        R::NotFirstMarriage,
        R::InsuranceTypeNotCovered,
        R::InsufficientContributionDays,
        R::RegisteredByAcknowledgement,
        R::MarriageAnnulled,
        R::PersonDeceased,
        R::NoValidAccount,
        R::NoValidMobile,
    ];
    world.expect(DEED, ManualReview, &all);
}

/// For each pair of lines, from the top down, the reason of the upper line gives the outcome.
#[test]
fn the_first_line_with_a_ground_gives_the_outcome() {
    let mut world = World::insured();
    world.record().mobile = None;
    world.rows([row("R1", DEED, spouse())]).ingest();
    world.expect(DEED, Waiting, &[R::NoValidMobile]);
    // D's month is open and no employment covers D: PENDING outranks WAITING.
    world.known.dossier.employments.clear();
    world.on("1404-06-31").ingest();
    world.expect(DEED, Pending, &[R::AwaitingWageList, R::NoValidMobile]);
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    world.expect(DEED, ManualReview, &[R::MarriageAnnulled, R::AwaitingWageList, R::NoValidMobile]);
    let mut counted = with_status(Status::Annulled, row("R1", DEED, spouse()));
    counted.husband.earlier_marriages = 1;
    world.rows([counted.clone()]).ingest();
    world.expect(
        DEED,
        Refused,
        &[R::NotFirstMarriage, R::MarriageAnnulled, R::AwaitingWageList, R::NoValidMobile],
    );
    world.rows([counted, row("R2", DEED, code(300_000_003))]).ingest();
    // An annulled row is not live, so there is no conflict. The other marriage has the same date, so it is not earlier.
    let other = world.published.last().unwrap();
    assert_eq!(other.0.outcome, Pending);
}
