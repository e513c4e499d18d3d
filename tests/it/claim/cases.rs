//! Facts that change after a document was issued: cases for a person to judge.

use CaseKind::{Difference, Payment, Recovery};
use Outcome::{Approved, Refused, Waiting};
use peyvand::claim::codes::PaymentOutcome::Paid;
use peyvand::claim::codes::{CaseKind, OfficeKind, Ownership, Permanence, Status};
use peyvand::claim::person::EarlierPayment;
use peyvand::claim::{Outcome, ReasonCode as R};
use peyvand::law::{InsuranceType as I, Rial};

use crate::claim::person_over_days::{
    DEED, FLOOR, World, another, date, request, row, sheba, spouse, wage, with_status,
};

/// A paid person, after `change` was ingested.
fn after(change: impl FnOnce(&mut World)) -> World {
    let mut world = World::paid();
    let before = world.revisions();
    change(&mut world);
    world.ingest();
    assert_eq!(world.revisions(), before, "neither the decision nor the payment changes");
    world.expect(DEED, Approved, &[]);
    world
}

/// "`recovery` where the claim decided anew would be refused […] or under review by a ground of the marriage (identity
/// and conflicting rows among them), the employment or the days"
#[test]
fn a_claim_that_would_not_be_paid_now_is_a_recovery() {
    let marriage = |change: fn(&mut peyvand::claim::person::RegistryRow)| {
        after(|world| {
            let mut new = row("R1", DEED, spouse());
            change(&mut new);
            world.rows([new]);
        })
    };
    marriage(|row| row.permanence = Permanence::Temporary).expect_case(Recovery, &["MARRIAGE_NOT_PERMANENT"]);
    marriage(|row| row.office_kind = OfficeKind::None).expect_case(Recovery, &["MARRIAGE_NOT_REGISTERED"]);
    marriage(|row| row.office_kind = OfficeKind::Acknowledgement)
        .expect_case(Recovery, &["REGISTERED_BY_ACKNOWLEDGEMENT"]);
    marriage(|row| row.husband.earlier_marriages = 1).expect_case(Recovery, &["NOT_FIRST_MARRIAGE"]);
    marriage(|row| row.status = Status::Annulled).expect_case(Recovery, &["MARRIAGE_ANNULLED"]);
    marriage(|row| row.husband.birth_date = Some(date("1375-01-02")))
        .expect_case(Recovery, &["IDENTITY_MISMATCH"]);
    // A divorce is no reason to recover a payment (R25).
    assert_eq!(marriage(|row| row.status = Status::Divorced).cases, []);
    after(|world| world.known.dossier.employments.clear()).expect_case(Recovery, &["EMPLOYMENT_ENDED"]);
    after(|world| world.known.dossier.wages.truncate(10))
        .cases
        .iter()
        .for_each(|case| assert_eq!(case.kind, Recovery));
    after(|world| world.record().family_name = "اکبری".to_owned())
        .expect_case(Recovery, &["IDENTITY_MISMATCH"]);
}

#[test]
fn a_second_spouse_of_that_day_is_a_recovery() {
    let mut world = World::paid();
    world.rows([row("R1", DEED, spouse()), row("R2", DEED, another())]).ingest();
    world.expect_case(Recovery, &["CONFLICTING_RECORDS"]);
    let other = world.published.last().unwrap();
    assert_eq!(other.1.codes(), [R::ConflictingRecords, R::AlreadyPaid]);
}

/// "… or an earlier payment becomes known"
#[test]
fn an_earlier_payment_is_a_recovery() {
    let paid = EarlierPayment {
        source_offset: 0,
        paid_on: date("1390-01-01"),
        source: "0101".to_owned(),
        amount: Rial::ZERO,
    };
    after(|world| world.known.dossier.earlier_payments.push(paid)).expect_case(Recovery, &["ALREADY_PAID"]);
}

/// "… or payable with less", "`difference` where payable with more"
#[test]
fn another_amount_is_a_recovery_or_a_difference() {
    let more = after(|world| {
        world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    });
    more.expect_case(Difference, &["AMOUNT_HIGHER"]);
    assert_eq!(more.cases[0].new_amount, Some(FLOOR + 1_000_000));
    let mut world = World::married();
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().closes();
    assert_eq!(world.issued[0].amount.get(), FLOOR + 1_000_000);
    world.known.dossier.wages.pop();
    world.ingest();
    world.expect_case(Recovery, &["AMOUNT_LOWER"]);
    assert_eq!(world.cases[0].new_amount, Some(FLOOR));
}

/// "Account, mobile and death are left out of that comparison"
#[test]
fn changes_of_account_mobile_and_death_open_no_case() {
    let cases = |change: fn(&mut World)| after(change).cases;
    assert_eq!(cases(|world| world.record().sheba = None), []);
    assert_eq!(cases(|world| world.record().sheba_owner = Ownership::Unknown), []);
    assert_eq!(cases(|world| world.record().mobile = None), []);
    assert_eq!(cases(|world| world.record().mobile_owner = Ownership::No), []);
    assert_eq!(cases(|world| world.record().deceased_on = Some(date("1404-07-01"))), []);
    // Nor do they hide another change.
    let both = after(|world| {
        world.record().sheba = None;
        world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    });
    both.expect_case(Difference, &["AMOUNT_HIGHER"]);
}

/// "and a passing wait opens none (what only time then decides is looked at by the next close)"
#[test]
fn the_next_close_reviews_a_temporary_wait() {
    let deed = "1404-07-15";
    let mut world = World::insured();
    world.rows([row("R1", deed, spouse())]).ingest().closes();
    assert_eq!(world.issued.len(), 1);
    world.known.dossier.employments[0].ended_on = Some(date("1404-07-14"));
    world.ingest();
    assert_eq!(world.cases, []);
    assert!(world.claim(deed).review_waits);
    // While the wage list may still arrive, no case opens. The next close then opens one, once.
    world.on("1404-08-30").closes();
    assert_eq!(world.cases, []);
    world.on("1404-09-01").closes();
    world.expect_case(Recovery, &["EMPLOYMENT_ENDED"]);
    assert!(!world.claim(deed).review_waits);
    world.on("1404-10-01").closes();
    assert_eq!(world.cases.len(), 1);
}

#[test]
fn a_wait_that_ends_in_approval_opens_no_case() {
    let deed = "1404-07-15";
    let mut world = World::insured();
    world.rows([row("R1", deed, spouse())]).ingest().closes();
    let job = world.known.dossier.employments.pop().unwrap();
    world.ingest();
    world.known.dossier.employments.push(job);
    world.ingest().on("1404-09-01").closes();
    assert_eq!(world.cases, []);
}

/// "A row that moves after payment: `recovery` on the paid claim in any event; the new claim has `ALREADY_PAID`."
#[test]
fn a_row_that_moves_after_payment() {
    let mut world = World::paid();
    world.row_becomes(row("R1", "1404-05-20", spouse())).ingest();
    world.expect_case(Recovery, &["RECORD_WITHDRAWN"]);
    world.expect("1404-05-20", Refused, &[R::AlreadyPaid]);
    world.expect(DEED, Approved, &[]);
    // "In any event" includes a marriage that a self-registration or another row still holds.
    let mut world = World::insured();
    world.rows([row("R1", DEED, spouse())]).requests([request("Q1", 1, spouse(), DEED)]).ingest().closes();
    world.row_becomes(row("R1", "1404-05-20", another())).ingest();
    assert_eq!(world.cases.len(), 1);
    assert_eq!(world.cases[0].kind, Recovery);
    let mut world = World::paid();
    world.row_becomes(row("R1", "1404-05-20", spouse()));
    world.known.rows.push(row("R2", DEED, spouse()));
    world.ingest();
    assert_eq!(world.cases[0].kind, Recovery);
}

/// "two `record_id`s with the same pair and deed date are one marriage […] the other counts nowhere"
#[test]
fn a_record_that_only_repeated_the_marriage_may_move() {
    let mut world = World::insured();
    // Of two records with the same date, the greater `record_id` is authoritative.
    world.rows([row("R2", DEED, spouse()), row("R1", DEED, spouse())]).ingest().closes();
    world.known.moved = vec![world.known.claims[0].key.clone()];
    world.rows([row("R2", DEED, spouse()), row("R1", "1404-06-02", spouse())]).ingest();
    assert_eq!(world.cases, []);
}

/// "one open case per document and kind", "Only a person ends a case."
#[test]
fn one_open_case_per_document_and_kind() {
    let mut world = World::paid();
    world.known.dossier.employments.clear();
    world.ingest();
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    assert_eq!(world.cases.len(), 1);
    // The case stays open when the facts return to their old values. Another kind opens another case.
    let sound = World::insured().known.dossier;
    world.known.dossier = sound;
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.rows([row("R1", DEED, spouse())]).ingest();
    assert_eq!(world.cases.iter().map(|case| case.kind).collect::<Vec<_>>(), [Recovery, Difference]);
    // Facts that a person has judged open no second case. Facts that change again open another case.
    world.cases_end().ingest().on("1404-09-01").closes();
    assert_eq!(world.cases.len(), 2);
    world.known.dossier.employments.clear();
    world.ingest();
    assert_eq!(world.cases.len(), 3);
}

/// "While a case is open, no further attempt is issued."
#[test]
fn no_further_attempt_while_a_case_is_open() {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world.record().sheba = Some(sheba(2));
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().on("1404-09-01").closes();
    world.expect_case(Difference, &["AMOUNT_HIGHER"]);
    assert_eq!(world.issued.len(), 1);
    world.cases_end().on("1404-10-01").closes();
    assert_eq!(world.issued.len(), 2);
}

/// "`AM05` (duplicate) never reissues: it opens a case `payment` […] neither changes the decision."
#[test]
fn a_duplicate_is_a_case_and_never_sent_again() {
    let mut world = World::paid();
    let before = world.revisions();
    world.returned(1, "AM05", 10);
    world.expect_case(Payment, &["RETURNED_AS_DUPLICATE"]);
    assert_eq!((world.revisions(), world.returns.len()), (before, 0));
    world.record().sheba = Some(sheba(2));
    world.ingest().cases_end().on("1404-09-01").closes();
    assert_eq!((world.issued.len(), world.cases.len()), (1, 1));
    // Other outcomes for the document change nothing, in any order: the money may have been paid twice.
    for (duplicate, other) in [(10, 11), (11, 10)] {
        let mut world = World::paid();
        world.returned(1, "AC01", other).returned(1, "AM05", duplicate);
        world.expect_case(Payment, &["RETURNED_AS_DUPLICATE"]);
        world.record().sheba = Some(sheba(2));
        world.ingest().cases_end().on("1404-09-01").closes();
        assert_eq!((world.issued.len(), world.cases.len()), (1, 1));
    }
}

/// "so does `paid` for an older attempt"
#[test]
fn an_older_attempt_that_was_paid_after_all() {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world.record().sheba = Some(sheba(2));
    world.ingest().on("1404-09-01").closes();
    let before = world.revisions();
    world.finance(1, Paid, "", 5);
    assert_eq!(world.cases, [], "the return has the later time");
    world.finance(1, Paid, "", 20);
    world.expect_case(Payment, &["EARLIER_ATTEMPT_PAID"]);
    assert_eq!(world.cases[0].document_id, world.issued[0].document_id.to_string());
    assert_eq!(world.revisions(), before);
    // The second attempt is returned too: there is no third attempt.
    world.returned(2, "AC04", 30);
    world.record().sheba = Some(sheba(3));
    world.ingest().on("1404-10-01").closes();
    assert_eq!(world.issued.len(), 2);
}

/// "and the person's death where the document is returned (whichever came first); neither changes the decision"
#[test]
fn a_death_while_the_document_is_returned() {
    for death_first in [true, false] {
        let mut world = World::paid();
        if !death_first {
            world.returned(1, "AC04", 10);
        }
        world.record().deceased_on = Some(date("1404-07-20"));
        world.ingest();
        if death_first {
            assert_eq!(world.cases, []);
            world.returned(1, "AC04", 10);
        }
        world.expect_case(Payment, &["PERSON_DECEASED"]);
        world.expect(DEED, Waiting, &[R::PaymentReturned]);
        world.record().sheba = Some(sheba(2));
        world.ingest().on("1404-09-01").closes();
        assert_eq!((world.issued.len(), world.cases.len()), (1, 1));
    }
}

/// A date of death in the future takes effect on that date: the close checks it.
#[test]
fn a_future_date_of_death_takes_effect_at_the_close_after_it() {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world.record().deceased_on = Some(date("1404-08-15"));
    world.record().sheba = Some(sheba(2));
    world.ingest();
    assert_eq!(world.cases, []);
    world.on("1404-09-01").closes();
    world.expect_case(Payment, &["PERSON_DECEASED"]);
    assert_eq!(world.issued.len(), 1);
}
