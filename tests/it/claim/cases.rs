//! Facts that change after a document was issued: cases for a person to judge.

use CaseKind::{Difference, Payment, Recovery};
use EndingOutcome::{DifferenceOrdered, NoAction, RecoveryOrdered, Reissue, Stop};
use Outcome::{Approved, Refused, Waiting};
use peyvand::claim::codes::PaymentOutcome::Paid;
use peyvand::claim::codes::{CaseKind, EndingOutcome, OfficeKind, Ownership, Permanence, Status, Verdict};
use peyvand::claim::person::EarlierPayment;
use peyvand::claim::review::Ruling;
use peyvand::claim::{Outcome, ReasonCode as R};
use peyvand::law::{InsuranceType as I, Rial};

use crate::claim::findings::finding;
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
    world.rows([row("R2", DEED, spouse()), row("R1", "1404-06-02", spouse())]).ingest();
    assert_eq!(world.cases, []);
}

/// "a case whose cause is gone is listed as gone and holds nothing", and a cause that is back has the same case.
#[test]
fn a_cause_that_is_gone_holds_nothing_and_comes_back_as_the_same_case() {
    let mut world = World::paid();
    let sound = world.known.dossier.clone();
    world.known.dossier.employments.clear();
    world.ingest();
    assert_eq!(world.standing(), [Recovery]);
    world.known.dossier = sound;
    world.ingest();
    assert_eq!((world.standing(), world.known.payments[0].cases[0].is_gone), (vec![], true));
    world.known.dossier.employments.clear();
    world.ingest();
    assert_eq!(
        (world.standing(), world.cases.len()),
        (vec![Recovery], 1),
        "the harness refuses a second opening"
    );
}

/// "A cause is the digest of what comparing the *standing* facts yields, so it does not depend on how messages were
/// batched; its case has an id derived from document, kind and cause."
#[test]
fn the_same_facts_have_the_same_cases_however_they_were_batched() {
    let annulled = || with_status(Status::Annulled, row("R1", DEED, spouse()));
    let mut apart = World::paid();
    apart.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    apart.ingest().rows([annulled()]).ingest();
    let mut together = World::paid();
    together.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    together.rows([annulled()]).ingest();
    let standing = |world: &World| {
        let cases = world.known.payments[0].cases.iter().filter(|case| case.holds());
        cases.map(|case| case.case_id).collect::<Vec<_>>()
    };
    assert_eq!(standing(&apart), standing(&together));
    assert_eq!((apart.cases.len(), together.cases.len()), (2, 1), "one case of the first is gone");
}

/// "a cause that was judged never opens again"
#[test]
fn a_judged_cause_never_opens_again() {
    let mut world = World::paid();
    let sound = world.known.dossier.clone();
    world.known.dossier.employments.clear();
    world.ingest().case_ends(0, NoAction, None, 50);
    for _ in 0..2 {
        world.known.dossier = sound.clone();
        world.ingest().on("1404-09-01").closes();
        world.known.dossier.employments.clear();
        world.ingest().on("1404-10-01").closes();
    }
    assert_eq!((world.cases.len(), world.standing()), (1, vec![]));
    // Another cause opens another case.
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    assert_eq!((world.cases.len(), world.standing()), (2, vec![Recovery]));
}

/// The facts of the claim are compared with the payment as a whole, so a further attempt opens no case of a judged cause.
#[test]
fn a_judged_cause_stays_judged_for_the_next_document() {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world.record().sheba = Some(sheba(2));
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    world.case_ends(0, Reissue, None, 20).on("1404-09-01").closes();
    assert_eq!((world.issued.len(), world.issued[1].amount.get()), (2, FLOOR));
    // Other facts that change make the comparison anew.
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.finance(2, Paid, "", 30);
    assert_eq!((world.cases.len(), world.standing()), (1, vec![]));
}

/// "Later comparisons are against what the last order left."
#[test]
fn after_an_order_the_facts_are_compared_with_what_it_left() {
    let mut world = World::married();
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().closes();
    let more = world.known.dossier.clone();
    world.known.dossier.wages.pop();
    world.ingest().case_ends(0, RecoveryOrdered, Some(1_000_000), 50);
    let notice = &world.ended[0];
    assert_eq!((notice.outcome, notice.amount.map(Rial::get)), (RecoveryOrdered, Some(1_000_000)));
    assert_eq!((world.cases.len(), world.standing()), (1, vec![]), "what is left is what is due");
    // The facts go back: the person is due what was recovered.
    world.known.dossier = more;
    world.ingest();
    assert_eq!(world.standing(), [Difference]);
    assert_eq!(world.cases[1].new_amount, Some(FLOOR + 1_000_000));
    world.case_ends(1, DifferenceOrdered, Some(1_000_000), 60);
    assert_eq!((world.cases.len(), world.standing()), (2, vec![]));
    assert_eq!(world.ended.len(), 2);
}

/// Where everything was recovered, another ground of refusal is no cause; a marriage that stands again is one.
#[test]
fn nothing_is_recovered_twice() {
    let mut world = World::paid();
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    world.case_ends(0, RecoveryOrdered, Some(FLOOR), 50);
    world.known.dossier.employments.clear();
    world.ingest();
    assert_eq!((world.cases.len(), world.standing()), (1, vec![]));
    world.known.dossier = World::insured().known.dossier;
    world.rows([row("R1", DEED, spouse())]).ingest();
    assert_eq!(world.standing(), [Difference]);
    assert_eq!(world.cases[1].new_amount, Some(FLOOR));
}

/// "A standing cause that nobody has judged holds further attempts back", "where its document is returned only `reissue`
/// (the lower of frozen and new amount) or `stop`".
#[test]
fn a_standing_cause_holds_attempts_and_a_reissue_pays_the_lower_amount() {
    for (outcome, attempts) in [(Reissue, vec![FLOOR + 1_000_000, FLOOR]), (Stop, vec![FLOOR + 1_000_000])] {
        let mut world = World::married();
        world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
        world.ingest().closes().returned(1, "AC04", 10);
        world.record().sheba = Some(sheba(2));
        world.known.dossier.wages.pop();
        world.ingest().on("1404-09-01").closes();
        world.expect_case(Recovery, &["AMOUNT_LOWER"]);
        assert_eq!(world.issued.len(), 1);
        // Nothing is recovered of money that came back.
        world.case_ends(0, RecoveryOrdered, Some(5), 20).on("1404-10-01").closes();
        assert_eq!((world.issued.len(), world.standing()), (1, vec![Recovery]));
        world.case_ends(0, outcome, None, 30).on("1404-11-01").closes().on("1404-12-01").closes();
        assert_eq!(world.issued.iter().map(|issue| issue.amount.get()).collect::<Vec<_>>(), attempts);
        // A third attempt pays what the second one paid.
        if outcome == Reissue {
            assert_eq!(world.ended[0].amount.map(Rial::get), Some(FLOOR));
            world.returned(2, "AC04", 40);
            world.record().sheba = Some(sheba(3));
            world.ingest().on("1405-01-01").closes();
            assert_eq!((world.issued.len(), world.issued[2].amount.get()), (3, FLOOR));
        }
        assert_eq!(world.cases.len(), 1);
    }
}

/// More by the current facts raises no attempt: "the lower of frozen and new amount".
#[test]
fn a_reissue_never_pays_more() {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world.record().sheba = Some(sheba(2));
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().on("1404-09-01").closes();
    world.expect_case(Difference, &["AMOUNT_HIGHER"]);
    assert_eq!(world.issued.len(), 1);
    world.case_ends(0, Reissue, None, 20).on("1404-10-01").closes();
    assert_eq!((world.issued.len(), world.issued[1].amount.get()), (2, FLOOR));
}

/// "Any other return (`AM05` and `DUPL` duplicate, `FOCR`, … the payer's own faults) leaves the decision, never reissues
/// by itself and is a cause of a case `payment`".
#[test]
fn a_return_that_no_account_mends_is_a_case_and_never_sent_again_by_itself() {
    for (code, ground) in [
        ("AM05", "RETURNED_AS_DUPLICATE"),
        ("DUPL", "RETURNED_AS_DUPLICATE"),
        ("MS03", "RETURNED_MS03"),
        ("FOCR", "RETURNED_FOCR"),
    ] {
        let mut world = World::paid();
        let before = world.revisions();
        world.returned(1, code, 10);
        world.expect_case(Payment, &[ground]);
        assert_eq!((world.revisions(), world.returns.len()), (before, 0));
        world.record().sheba = Some(sheba(2));
        world.ingest().on("1404-09-01").closes();
        assert_eq!((world.issued.len(), world.cases.len(), world.revisions()), (1, 1, before));
    }
    // Another return does not let an attempt follow, in any order: the money may have been paid twice.
    for (duplicate, other) in [(10, 11), (11, 10)] {
        let mut world = World::paid();
        world.returned(1, "AC01", other).returned(1, "AM05", duplicate);
        world.expect_case(Payment, &["RETURNED_AS_DUPLICATE"]);
        world.record().sheba = Some(sheba(2));
        world.ingest().on("1404-09-01").closes();
        assert_eq!((world.issued.len(), world.cases.len()), (1, 1));
    }
}

/// "after a case nothing but `reissue` lets an attempt follow"; account and mobile are judged as in any claim.
#[test]
fn officers_let_an_attempt_follow_a_return_that_no_account_mends() {
    let mut world = World::paid();
    world.returned(1, "MS03", 10).case_ends(0, Reissue, None, 20);
    // The account was not the fault, so the same one will do; without any the claim waits.
    let account = world.record().sheba.take();
    world.ingest();
    world.expect(DEED, Waiting, &[R::NoValidAccount]);
    world.record().sheba = account;
    world.ingest();
    world.expect(DEED, Approved, &[]);
    world.on("1404-09-01").closes();
    assert_eq!(world.issued.iter().map(|issue| issue.attempt).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(world.issued[1].amount.get(), FLOOR);
    // The same return of another document is another cause.
    world.returned(2, "MS03", 30);
    assert_eq!((world.cases.len(), world.standing()), (2, vec![Payment]));
    world.case_ends(1, Stop, None, 40).on("1404-10-01").closes().on("1404-11-01").closes();
    assert_eq!(world.issued.len(), 2);
}

/// "`reissue` (the lower of frozen and new amount)" also where the case is not about the amount.
#[test]
fn a_reissue_after_a_return_pays_what_the_facts_give_now() {
    let mut world = World::married();
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().closes();
    world.known.dossier.wages.pop();
    world.ingest().case_ends(0, NoAction, None, 5).returned(1, "MS03", 10);
    assert_eq!(world.standing(), [Payment]);
    world.case_ends(1, Reissue, None, 20).on("1404-09-01").closes();
    assert_eq!((world.issued.len(), world.issued[1].amount.get()), (2, FLOOR));
    // What was paid now is what is due now.
    world.on("1404-10-01").ingest();
    assert_eq!((world.cases.len(), world.standing()), (2, vec![]));
}

/// "a return that speaks although finance had said `paid` with an earlier `at` (`RETURNED_AFTER_PAID`; the claim is
/// WAITING as after any return that an account can mend)"
#[test]
fn a_return_after_paid_waits_for_an_account_and_for_an_officer() {
    for paid_first in [true, false] {
        let mut world = World::paid();
        if paid_first {
            world.finance(1, Paid, "", 10).returned(1, "AC04", 20);
        } else {
            world.returned(1, "AC04", 20).finance(1, Paid, "", 10);
        }
        world.expect(DEED, Waiting, &[R::PaymentReturned]);
        world.expect_case(Payment, &["RETURNED_AFTER_PAID"]);
        world.record().sheba = Some(sheba(2));
        world.ingest().on("1404-09-01").closes();
        world.expect(DEED, Approved, &[]);
        assert_eq!(world.issued.len(), 1, "the case holds the attempt back");
        world.case_ends(0, Reissue, None, 30).on("1404-10-01").closes();
        assert_eq!((world.issued.len(), world.cases.len()), (2, 1));
    }
    // A later `paid` speaks again: the cause is gone. At one instant it is not earlier.
    let mut world = World::paid();
    world.finance(1, Paid, "", 10).returned(1, "AC04", 20).finance(1, Paid, "", 30);
    world.expect(DEED, Approved, &[]);
    assert_eq!((world.cases.len(), world.standing()), (1, vec![]));
    let mut world = World::paid();
    world.finance(1, Paid, "", 10).returned(1, "AC04", 10);
    assert_eq!(world.cases, []);
}

/// "by the same two persons and rules": any order of arrival, and an ending waits for its case.
#[test]
fn an_ending_waits_for_its_case() {
    let mut first = World::paid();
    first.returned(1, "MS03", 10).case_ends(0, Stop, None, 20);
    let mut world = World::paid();
    world.known.endings = first.known.endings.clone();
    world.ingest();
    assert_eq!((world.cases.len(), world.ended.len()), (0, 0));
    world.returned(1, "MS03", 10);
    assert_eq!((world.cases.len(), world.ended.len(), world.standing()), (1, 1, vec![]));
    assert_eq!(world.ended, first.ended);
}

/// "the earlier `at` stands": of two approved ends the earlier one, and an earlier rejection undoes an approval.
#[test]
fn the_earliest_judgement_stands_in_any_order_of_arrival() {
    let mut world = World::paid();
    world.returned(1, "MS03", 10).case_ends(0, Reissue, None, 30).case_ends(0, Stop, None, 20);
    let outcomes: Vec<_> = world.ended.iter().map(|ended| ended.outcome).collect();
    assert_eq!(outcomes, [Reissue, Stop]);
    world.on("1404-09-01").closes();
    assert_eq!(world.issued.len(), 1);
    let case_id = world.cases[0].case_id;
    let mut rejections: Vec<_> = world.said(case_id).review.judgements().to_vec();
    for rejection in &mut rejections {
        (rejection.at, rejection.ruling) = (15, Ruling::Rejected);
        world.said(case_id).review.judge(rejection.clone());
    }
    world.ingest();
    assert_eq!(world.standing(), [Payment], "nobody has judged the case any more");
}

/// An order that adds up to more than an amount can be ends nothing.
#[test]
fn an_order_that_cannot_be_added_up_ends_nothing() {
    let mut world = World::paid();
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().case_ends(0, DifferenceOrdered, Some(Rial::MAX.get()), 20);
    assert_eq!((world.standing(), world.ended.len()), (vec![Difference], 0));
    world.case_ends(0, DifferenceOrdered, Some(1_000_000), 30);
    assert_eq!((world.standing(), world.ended.len()), (vec![], 1));
}

/// Officers ended a case while the document was on its way, and it is returned afterwards: an officer decides again.
#[test]
fn a_return_after_a_case_is_judged_again() {
    let mut world = World::paid();
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24_000_000));
    world.ingest().case_ends(0, DifferenceOrdered, Some(1_000_000), 5).returned(1, "AC04", 10);
    world.record().sheba = Some(sheba(2));
    world.ingest().on("1404-09-01").closes();
    assert_eq!((world.issued.len(), world.standing()), (1, vec![Payment]));
    assert_eq!(world.cases[1].grounds, ["RETURNED_AFTER_CASE"]);
    world.case_ends(1, Reissue, None, 20).on("1404-10-01").closes();
    assert_eq!((world.issued.len(), world.issued[1].amount.get()), (2, FLOOR));
}

/// "a record that merely gains the spouse's code is no move: the paid claim reads it on"
#[test]
fn a_paid_record_that_gains_the_spouses_code_is_read_on() {
    let finding_needed = R::SpouseHasNoNationalCode;
    let mut world = World::insured();
    world.rows([row("R1", DEED, None)]).ingest();
    world.expect(DEED, peyvand::claim::Outcome::ManualReview, &[finding_needed]);
    let set_aside = finding(&world, 1, finding_needed, Verdict::SetAside, 5);
    world.known.findings.push(set_aside);
    world.ingest().closes();
    assert_eq!(world.issued.len(), 1);
    world.rows([row("R1", DEED, spouse())]).ingest();
    assert_eq!(world.cases, []);
    let paid = world.issued[0].claim_id;
    let other = world.published.iter().rfind(|(claim, _)| claim.claim_id != paid).unwrap();
    assert_eq!(other.1.codes(), [R::AlreadyPaid]);
    // What changes about the record afterwards is a cause about the paid claim.
    world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]).ingest();
    world.expect_case(Recovery, &["MARRIAGE_ANNULLED"]);
}

/// "so does `paid` for an older attempt"
#[test]
fn an_older_attempt_that_was_paid_after_all() {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world.record().sheba = Some(sheba(2));
    world.ingest().on("1404-09-01").closes();
    let before = world.revisions();
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
