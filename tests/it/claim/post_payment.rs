//! Planning after a document was issued.

use peyvand::claim::codes::PaymentOutcome::{Accepted, Paid};
use peyvand::claim::person::EarlierPayment;
use peyvand::claim::{Outcome, ReasonCode as R};
use peyvand::law::{InsuranceType, Rial};

use crate::claim::person_over_days::{DEED, FLOOR, World, another, date, request, row, sheba, spouse, wage};
use Outcome::{Approved, Refused};

const OTHER: &str = "1404-06-20";

/// "It takes every claim payable then", and the paid amount is the decided amount.
#[test]
fn the_close_issues_one_document() {
    let world = World::paid();
    let issue = &world.issued[0];
    assert_eq!((issue.attempt, issue.amount.get()), (1, FLOOR));
    assert_eq!(issue.decision_id, world.claim(DEED).decision_id);
    assert_eq!((issue.cost_centre.as_str(), issue.full_name.as_str()), ("0101", "علی کریمی"));
    let mut again = world;
    again.on("1404-09-01").closes();
    assert_eq!(again.issued.len(), 1);
}

/// "Once a document was issued for a person (also while it is returned), every other claim of the person has the ground
/// `ALREADY_PAID` at once, beside its other grounds, in the order of the lines above."
#[test]
fn every_other_claim_is_already_paid_at_once() {
    let mut world = World::insured();
    let other = request("Q1", 1, another(), "1404-04-01");
    world.rows([row("R1", DEED, spouse())]).requests([other]).ingest().closes();
    world.expect(DEED, Approved, &[]);
    world.expect("1404-04-01", Refused, &[R::AlreadyPaid, R::NotConfirmedByRegistry]);
    assert_eq!(world.claim("1404-04-01").revision, 2, "a new revision of the same claim");
    // This also applies to a claim that begins later, and to one that begins while the document is returned.
    world.rows([row("R1", DEED, spouse()), row("R2", OTHER, another())]).ingest();
    world.expect(OTHER, Refused, &[R::NotFirstMarriage, R::AlreadyPaid]);
    world.returned(1, "AC04", 5);
    world
        .rows([row("R1", DEED, spouse()), row("R2", OTHER, another()), row("R3", "1404-06-25", None)])
        .ingest();
    world.expect("1404-06-25", Refused, &[R::NotFirstMarriage, R::AlreadyPaid, R::SpouseHasNoNationalCode]);
}

/// From the close on, facts are compared with those of the payment, also if the close itself made the first decision.
#[test]
fn the_close_keeps_what_later_facts_are_held_against() {
    assert!(World::paid().claim(DEED).review_digest.is_some());
    let mut decided_there = World::insured();
    decided_there.rows([row("R1", DEED, spouse()), row("R2", OTHER, another())]).closes();
    assert!(decided_there.claim(DEED).review_digest.is_some());
    assert!(decided_there.claim(OTHER).review_digest.is_none(), "the other claim was not paid");
}

/// "The claim that has the document keeps its decision and amount frozen."
#[test]
fn decision_and_amount_are_frozen() {
    let mut world = World::paid();
    let before = world.revisions();
    world.record().sheba = None;
    world.record().mobile = None;
    world.known.dossier.employments.clear();
    world.known.dossier.wages.clear();
    world.ingest().finance(1, Accepted, "", 1).finance(1, Paid, "", 2).on("1404-09-01").closes();
    assert_eq!(world.revisions(), before);
    world.expect(DEED, Approved, &[]);
    // Nor does a wage that would raise the amount: it opens a case.
    let mut world = World::paid();
    let before = world.revisions();
    world.known.dossier.wages.push(wage("1404-03", InsuranceType::Compulsory, 0, 24_000_000));
    world.ingest().on("1404-09-01").closes();
    assert_eq!((world.revisions(), world.cases.len()), (before, 1));
    assert_eq!(world.claim(DEED).amount.map(Rial::get), Some(FLOOR));
}

/// "never sent again by itself": a document that finance has not answered or not returned, even if the account changed.
#[test]
fn only_what_was_returned_is_sent_again() {
    for answer in [None, Some(Accepted), Some(Paid)] {
        let mut world = World::paid();
        if let Some(answer) = answer {
            world.finance(1, answer, "", 1);
        }
        world.record().sheba = Some(sheba(2));
        world.ingest().on("1404-09-01").closes();
        assert_eq!(world.issued.len(), 1, "{answer:?}");
        world.expect(DEED, Approved, &[]);
    }
}

/// "allowances paid before Peyvand, by branches: a ground `ALREADY_PAID` for every claim of the person"
#[test]
fn a_branchs_earlier_payment_refuses_every_claim() {
    let mut world = World::married();
    let paid = EarlierPayment {
        source_offset: 0,
        paid_on: date("1390-01-01"),
        source: "0101".to_owned(),
        amount: Rial::ZERO,
    };
    world.known.dossier.earlier_payments.push(paid);
    world.requests([request("Q1", 1, another(), "1404-04-01")]).ingest();
    world.expect(DEED, Refused, &[R::AlreadyPaid]);
    world.expect("1404-04-01", Refused, &[R::AlreadyPaid, R::NotConfirmedByRegistry]);
    world.closes();
    assert!(world.issued.is_empty());
}

/// "Only a decision of the close is paid", and its working shows the wage sum at the time of the close. If the floor
/// hid a change of the sum, the close publishes a new revision (a payment must be recomputable from its own working).
#[test]
fn what_is_paid_shows_the_sum_of_the_close() {
    let mut world = World::married();
    world.known.dossier.wages.pop();
    world.ingest();
    assert_eq!(world.revisions(), 1);
    world.closes();
    assert_eq!(world.revisions(), 2);
    let sum = world.decision(DEED).working.as_ref().unwrap().wage_sum.unwrap().get();
    assert_eq!(sum, 23 * FLOOR);
    assert_eq!(world.issued[0].decision_id, world.claim(DEED).decision_id);
}
