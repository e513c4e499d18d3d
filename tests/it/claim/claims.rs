//! Which claims a person has, and when a claim ends.

use peyvand::claim::codes::Status;
use peyvand::claim::decide::content_digest;
use peyvand::claim::{Counterpart, IdKey, Outcome, ReasonCode as R};
use uuid::Uuid;

use crate::claim::person_over_days::{
    DEED, World, another, date, registered_on, request, row, spouse, with_status,
};
use Outcome::{Approved, ManualReview, Pending, Refused};

/// "two `record_id`s with the same pair and deed date are one marriage reported twice: one row speaks for it - a row
/// that is not annulled before one that is (registries annul doubles) […]; the other counts nowhere"
#[test]
fn of_two_records_of_one_marriage_a_live_one_precedes_an_annulled_one() {
    let live = registered_on("1404-05-16", row("R1", DEED, spouse()));
    let annulled = registered_on("1404-05-17", with_status(Status::Annulled, row("R9", DEED, spouse())));
    for rows in [[live.clone(), annulled.clone()], [annulled, live]] {
        let mut world = World::insured();
        world.rows(rows).ingest();
        world.expect(DEED, Approved, &[]);
        assert_eq!(world.claim(DEED).record_id.as_deref(), Some("R1"));
    }
}

/// "… then the later `registered_on` …", also between two annulled records.
#[test]
fn of_two_records_of_one_marriage_the_later_registration_is_authoritative() {
    for (status, outcome, reasons) in
        [(Status::Registered, Approved, &[][..]), (Status::Annulled, ManualReview, &[R::MarriageAnnulled])]
    {
        let earlier = registered_on("1404-05-16", with_status(status, row("R9", DEED, spouse())));
        let later = registered_on("1404-05-17", with_status(status, row("R1", DEED, spouse())));
        for rows in [[earlier.clone(), later.clone()], [later, earlier]] {
            let mut world = World::insured();
            world.rows(rows).ingest();
            world.expect(DEED, outcome, reasons);
            assert_eq!(world.claim(DEED).record_id.as_deref(), Some("R1"));
        }
    }
}

/// "… then the greater `record_id`, bytewise"
#[test]
fn of_two_records_of_one_day_the_greater_record_id_is_authoritative() {
    for (ids, greater) in [(["R10", "R9"], "R9"), (["R10", "R09"], "R10")] {
        let mut world = World::insured();
        world.rows(ids.map(|id| row(id, DEED, spouse()))).ingest();
        assert_eq!(world.claim(DEED).record_id.as_deref(), Some(greater));
    }
}

/// "the other counts nowhere": its count of earlier marriages is ignored, and it is not a second marriage on that date.
#[test]
fn a_record_that_is_not_authoritative_counts_nowhere() {
    let mut world = World::insured();
    let mut silent = row("R1", DEED, spouse());
    silent.husband.earlier_marriages = 2;
    world.rows([silent, row("R2", DEED, spouse())]).ingest();
    world.expect(DEED, Approved, &[]);
    assert_eq!(world.known.claims.len(), 1);
    // An annulled duplicate does not end an earlier marriage. If all records of a marriage are annulled, it is not an
    // earlier marriage.
    let live = row("R3", "1400-01-01", another());
    let annulled = with_status(Status::Annulled, row("R4", "1400-01-01", another()));
    world.rows([live.clone(), annulled.clone(), row("R2", DEED, spouse())]).ingest();
    world.expect(DEED, Refused, &[R::NotFirstMarriage]);
    let both_annulled = with_status(Status::Annulled, live);
    world.rows([both_annulled, annulled, row("R2", DEED, spouse())]).ingest();
    world.expect(DEED, Approved, &[]);
}

/// "one person and one marriage (unordered pair of codes + deed date […])": it does not matter who is husband and who
/// is wife.
#[test]
fn husband_and_wife_may_change_places() {
    let mut world = World::married();
    let mut swapped = row("R1", DEED, spouse());
    std::mem::swap(&mut swapped.husband, &mut swapped.wife);
    let before = world.claim(DEED).claim_id;
    world.rows([swapped]).ingest();
    assert_eq!(world.claim(DEED).claim_id, before);
    world.expect(DEED, Approved, &[]);
}

/// "with a spouse without a code: the code + `record_id` + deed date"
#[test]
fn a_spouse_without_a_code_is_identified_by_the_record() {
    let mut world = World::insured();
    world.rows([row("R1", DEED, None)]).ingest();
    world.expect(DEED, ManualReview, &[R::SpouseHasNoNationalCode]);
    assert_eq!(world.claim(DEED).key.counterpart, Counterpart::Unnamed { record_id: "R1".to_owned() });
    assert_eq!(world.claim(DEED).amount, None);
}

/// "A correction that moves a row to another date […] begins a claim there and ends the old one: `REFUSED`, only reason
/// `RECORD_WITHDRAWN`"
#[test]
fn a_row_that_moves_ends_one_claim_and_begins_another() {
    let mut world = World::married();
    world.rows([row("R1", "1404-05-16", spouse())]).ingest();
    world.expect(DEED, Refused, &[R::RecordWithdrawn]);
    world.expect("1404-05-16", Approved, &[]);
    // The same applies to a row that moves to another spouse.
    let mut world = World::married();
    world.rows([row("R1", DEED, another())]).ingest();
    let outcomes: Vec<_> = world.known.claims.iter().map(|claim| (claim.withdrawn, claim.outcome)).collect();
    assert!(outcomes.contains(&(true, Refused)) && outcomes.contains(&(false, Approved)), "{outcomes:?}");
}

/// "… not decided anew": no fact and no close publishes it again.
#[test]
fn a_withdrawn_claim_is_not_decided_again() {
    let mut world = World::married();
    world.rows([]).ingest();
    let before = world.revisions();
    world.record().family_name = "دیگری".to_owned();
    world.ingest().on("1404-12-01").closes();
    assert_eq!(world.revisions(), before);
    assert!(world.issued.is_empty());
}

/// "… unless another row […] still holds the old marriage"
#[test]
fn another_row_holds_the_marriage_that_one_left() {
    let mut world = World::insured();
    world.rows([row("R1", DEED, spouse()), row("R2", DEED, spouse())]).ingest();
    world.rows([row("R1", DEED, spouse()), row("R2", "1404-05-20", another())]).ingest();
    world.expect(DEED, Approved, &[]);
    assert_eq!(world.revisions(), 2);
}

/// "… or a self-registration of that applicant, still holds the old marriage"
#[test]
fn the_applicants_own_registration_holds_the_marriage_that_a_row_left() {
    let mut world = World::married();
    world.requests([request("Q1", 1, spouse(), DEED)]).ingest();
    world.rows([]).ingest();
    world.expect(DEED, Pending, &[R::NotConfirmedByRegistry]);
}

/// A row that moves back is decided like any other, in the same claim.
#[test]
fn a_row_that_comes_back_revives_its_claim() {
    let mut world = World::married();
    world.rows([]).ingest();
    world.rows([row("R1", DEED, spouse())]).ingest();
    world.expect(DEED, Approved, &[]);
    assert_eq!(world.claim(DEED).revision, 3);
}

/// "It is said aloud only where a decision had been published"
#[test]
fn an_unpublished_claim_is_not_withdrawn() {
    let mut world = World::insured();
    world.rows([row("R1", DEED, spouse())]);
    world.rows([row("R1", "1404-05-16", spouse())]).ingest();
    assert_eq!(world.known.claims.len(), 1);
}

/// "A registry row about persons we do not insure yet is kept: when the person's record comes, the claim appears."
#[test]
fn a_claim_appears_with_the_persons_record() {
    let mut world = World::insured();
    let record = world.known.dossier.record.take();
    world.rows([row("R1", DEED, spouse())]).ingest();
    assert_eq!(world.revisions(), 0);
    world.known.dossier.record = record;
    world.ingest();
    world.expect(DEED, Approved, &[]);
}

/// "`deeds_from`: marriages before it make no claim, and still count as earlier marriages."
#[test]
fn marriages_before_the_first_day_make_no_claim_and_count() {
    let mut world = World::insured();
    world.deeds_from = Some(date("1404-01-01"));
    world.rows([row("R0", "1403-12-30", another()), row("R1", DEED, spouse())]).ingest();
    assert_eq!(world.known.claims.len(), 1);
    world.expect(DEED, Refused, &[R::NotFirstMarriage]);
    let mut world = World::insured();
    world.deeds_from = Some(date(DEED));
    world.rows([row("R1", DEED, spouse())]).ingest();
    world.expect(DEED, Approved, &[]);
}

/// A paid claim does not change when the setting `deeds_from` later names another date: its marriage did not change.
#[test]
fn a_later_first_day_opens_no_case_on_what_was_paid() {
    let mut world = World::paid();
    world.known.dossier.employments.clear();
    let before = world.cases.len();
    world.deeds_from = Some(date("1404-07-01"));
    world.ingest();
    // A case reports the lost employment. No case reports the marriage as withdrawn.
    assert_eq!(world.cases.len(), before + 1);
    assert_eq!(world.cases[before].grounds, ["EMPLOYMENT_ENDED"]);
}

/// Ids are derived from content, so different things must have different ids.
#[test]
fn decisions_and_contents_that_differ_have_other_ids() {
    let ids = IdKey::new(b"a secret of sixteen");
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    assert_ne!(ids.decision(one, 1), ids.decision(one, 2));
    assert_ne!(ids.decision(one, 1), ids.decision(other, 1));
    assert_ne!(content_digest([1; 32], [2; 32]), content_digest([1; 32], [3; 32]));
    assert_ne!(content_digest([1; 32], [2; 32]), content_digest([3; 32], [2; 32]));
    let world = World::married();
    let decision = world.decision(DEED);
    assert_eq!(
        decision.content_digest(),
        content_digest(decision.answer_digest(), decision.working_digest())
    );
}
