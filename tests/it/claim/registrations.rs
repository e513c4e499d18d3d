//! Self-registrations (R18).

use peyvand::claim::codes::Status;
use peyvand::claim::{Outcome, ReasonCode as R};

use peyvand::texts::Texts;

use crate::claim::person_over_days::{DEED, World, another, request, row, spouse, with_status};
use Outcome::{Approved, ManualReview, Pending, Refused};

fn registered() -> World {
    let mut world = World::insured();
    world.requests([request("Q1", 1, spouse(), DEED)]).ingest();
    world
}

/// "No live row of the pair: `NOT_CONFIRMED_BY_REGISTRY`."
#[test]
fn without_a_row_it_waits_for_the_registry() {
    let mut world = registered();
    world.expect(DEED, Pending, &[R::NotConfirmedByRegistry]);
    // Rows of other pairs do not confirm it. Nor does an annulled row of the pair with another date.
    let elsewhere = with_status(Status::Annulled, row("R2", "1404-05-20", spouse()));
    world.rows([row("R3", "1404-05-18", another()), elsewhere]).ingest();
    world.expect(DEED, Pending, &[R::NotConfirmedByRegistry]);
}

/// "Confirmed by a registry row of the same pair and date that speaks: one claim, decided by the row's facts …"
#[test]
fn a_row_confirms_it_whichever_comes_first() {
    let mut late = registered();
    let first = late.claim(DEED).claim_id;
    late.rows([row("R1", DEED, spouse())]).ingest();
    late.expect(DEED, Approved, &[]);
    assert_eq!((late.claim(DEED).claim_id, late.known.claims.len()), (first, 1));
    let mut early = World::married();
    early.requests([request("Q1", 1, spouse(), DEED)]).ingest();
    early.expect(DEED, Approved, &[]);
    assert_eq!(early.claim(DEED).claim_id, first);
}

/// "… (an annulled row too: `MARRIAGE_ANNULLED`)"
#[test]
fn an_annulled_row_also_answers_a_self_registration() {
    let mut world = registered();
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    world.expect(DEED, ManualReview, &[R::MarriageAnnulled]);
}

/// "A live row of the pair with another date only: `REGISTRY_DATE_MISMATCH`; the row's own claim goes its own way, and
/// that row is no earlier marriage for this one."
#[test]
fn a_row_of_another_date_is_reported_with_both_dates() {
    for (other, in_words) in [("1404-05-10", "10 Mordad 1404"), ("1404-05-20", "20 Mordad 1404")] {
        let mut world = registered();
        world.rows([with_status(Status::Divorced, row("R1", other, spouse()))]).ingest();
        world.expect(DEED, ManualReview, &[R::RegistryDateMismatch]);
        let text = Texts::built_in().reason_text(&world.decision(DEED).reasons[0]).text.en;
        assert!(text.contains(in_words) && text.contains("15 Mordad 1404"), "{text}");
        world.expect(other, Approved, &[]);
    }
}

/// The exception applies only to the row of the mismatch: an earlier row with another spouse is still an earlier
/// marriage.
#[test]
fn an_earlier_marriage_with_another_counts_beside_the_mismatch() {
    let mut world = registered();
    world.rows([row("R1", "1404-05-10", spouse()), row("R0", "1400-01-01", another())]).ingest();
    world.expect(DEED, Refused, &[R::NotFirstMarriage, R::RegistryDateMismatch]);
}

/// "An applicant whom we do not insure: `NOT_INSURED`, and no other ground is looked for."
#[test]
fn an_applicant_whom_we_do_not_insure() {
    let mut world = World::empty();
    let mut own = request("Q1", 1, spouse(), DEED);
    own.first_marriage_undertaking = false;
    let mut bad = row("R1", DEED, spouse());
    bad.husband.earlier_marriages = 1;
    world.rows([bad]).requests([own]).ingest();
    world.expect(DEED, Refused, &[R::NotInsured]);
    assert!(world.decision(DEED).working.is_none());
    // When the person's record arrives, the claim is judged like any other.
    world.known.dossier = World::insured().known.dossier;
    world.ingest();
    world.expect(DEED, Refused, &[R::NotFirstMarriage]);
}

/// "`first_marriage_undertaking` false is `NOT_FIRST_MARRIAGE`, source the applicant's own statement, until a registry
/// row of that marriage speaks; then the registry's count alone counts."
#[test]
fn a_missing_undertaking_counts_until_the_registry_has_a_row() {
    let mut world = World::insured();
    let mut own = request("Q1", 1, spouse(), DEED);
    own.first_marriage_undertaking = false;
    world.requests([own]).ingest();
    world.expect(DEED, Refused, &[R::NotFirstMarriage, R::NotConfirmedByRegistry]);
    assert_eq!(world.decision(DEED).reasons[0].source, "applicant's own statement");
    // A row of the pair with another date does not belong to that marriage.
    world.rows([row("R1", "1404-05-20", spouse())]).ingest();
    world.expect(DEED, Refused, &[R::NotFirstMarriage, R::RegistryDateMismatch]);
    world.rows([row("R1", DEED, spouse())]).ingest();
    world.expect(DEED, Approved, &[]);
}

/// "Of several by one applicant with the same spouse the latest `submitted_at` (then the greater `request_id`) speaks;
/// the others hold nothing."
#[test]
fn of_several_self_registrations_only_the_latest_counts() {
    let later = "1404-05-20";
    for all in [
        [request("Q9", 1, spouse(), DEED), request("Q1", 2, spouse(), later)],
        [request("Q2", 5, spouse(), later), request("Q1", 5, spouse(), DEED)],
    ] {
        let mut world = World::insured();
        world.requests(all).ingest();
        assert_eq!(world.known.claims.len(), 1);
        world.expect(later, Pending, &[R::NotConfirmedByRegistry]);
    }
    // If the earlier one had been published, its claim ends.
    let mut world = registered();
    world.requests([request("Q1", 1, spouse(), DEED), request("Q2", 2, spouse(), later)]).ingest();
    world.expect(DEED, Refused, &[R::RecordWithdrawn]);
    // Registrations with different spouses are independent.
    let mut world = World::insured();
    world.requests([request("Q1", 1, spouse(), DEED), request("Q2", 2, another(), DEED)]).ingest();
    assert_eq!(world.known.claims.len(), 2);
    assert!(world.published.iter().all(|(_, decision)| decision.codes() == [R::NotConfirmedByRegistry]));
}

/// A claim by self-registration has a `request_id`; a claim by a registry row has a `record_id`.
#[test]
fn a_claim_names_the_inputs_that_contain_it() {
    let mut world = registered();
    assert_eq!(
        (world.claim(DEED).record_id.as_deref(), world.claim(DEED).request_id.as_deref()),
        (None, Some("Q1"))
    );
    world.rows([row("R1", DEED, spouse())]).ingest();
    assert_eq!(
        (world.claim(DEED).record_id.as_deref(), world.claim(DEED).request_id.as_deref()),
        (Some("R1"), Some("Q1"))
    );
}

/// From then on both inputs hold the claim. This alone causes no new decision.
#[test]
fn a_registration_beside_the_row_is_kept_with_the_claim() {
    let mut world = World::married();
    let before = world.revisions();
    world.requests([request("Q1", 1, spouse(), DEED)]).ingest();
    let claim = world.claim(DEED);
    assert_eq!((claim.record_id.as_deref(), claim.request_id.as_deref()), (Some("R1"), Some("Q1")));
    assert_eq!(world.revisions(), before);
}
