//! Returned documents and further attempts.

use peyvand::claim::codes::PaymentOutcome::{Accepted, Paid, Returned};
use peyvand::claim::codes::{EndingOutcome, Ownership};
use peyvand::claim::{Outcome, ReasonCode as R};
use peyvand::law::InsuranceType as I;

use crate::claim::person_over_days::{DEED, FLOOR, World, date, row, sheba, sheba_of, spouse, wage};
use Outcome::{Approved, Pending, Waiting};

fn returned() -> World {
    let mut world = World::paid();
    world.returned(1, "AC04", 10);
    world
}

/// "A return makes the claim `WAITING` with `PAYMENT_RETURNED`, its only ground, which holds while the person's Sheba
/// is that of the returned document."
#[test]
fn a_return_is_the_only_ground_while_the_account_is_the_same() {
    let mut world = returned();
    world.expect(DEED, Waiting, &[R::PaymentReturned]);
    assert_eq!(world.decision(DEED).amount.unwrap().get(), FLOOR);
    assert!(world.decision(DEED).reasons[0].fact.contains("AC04"));
    // Other missing conditions are not examined, and another spelling of the same account is not another account.
    world.record().mobile = None;
    world.record().sheba_owner = Ownership::No;
    world.record().sheba = Some(sheba(1).to_lowercase());
    world.ingest().on("1404-09-01").closes();
    world.expect(DEED, Waiting, &[R::PaymentReturned]);
    assert_eq!(world.issued.len(), 1);
}

/// "With another Sheba, or none […], account and mobile are judged as in any claim"
#[test]
fn another_account_is_judged_as_in_any_claim() {
    for (account, owner, outcome, grounds) in [
        (Some(sheba(2)), Ownership::Yes, Approved, &[][..]),
        (Some(sheba(2)), Ownership::Unknown, Pending, &[R::AccountCheckPending]),
        (Some(sheba(2)), Ownership::No, Waiting, &[R::AccountNotOwned]),
        (Some(sheba_of("052", 2)), Ownership::Yes, Waiting, &[R::NoValidAccount]),
        (None, Ownership::Yes, Waiting, &[R::NoValidAccount]),
    ] {
        let mut world = returned();
        world.record().sheba = account;
        world.record().sheba_owner = owner;
        world.ingest();
        world.expect(DEED, outcome, grounds);
        world.record().mobile = None;
        world.ingest();
        let grounds: Vec<_> = grounds.iter().copied().chain([R::NoValidMobile]).collect();
        world.expect(DEED, if outcome == Pending { Pending } else { Waiting }, &grounds);
    }
}

/// "… (also one changed before the return came)"
#[test]
fn an_account_that_changed_before_the_return_came() {
    let mut world = World::paid();
    world.record().sheba = Some(sheba(2));
    world.ingest();
    let before = world.revisions();
    world.returned(1, "AC04", 10);
    // The person has nothing to do: the decision is unchanged, and no SMS is sent.
    assert_eq!((world.revisions(), world.returns.len()), (before, 0));
    world.on("1404-09-01").closes();
    assert_eq!(world.issued.last().unwrap().attempt, 2);
    // The same with an account that was removed before the return.
    let mut world = World::paid();
    world.record().sheba = None;
    world.ingest().returned(1, "AC04", 10);
    world.expect(DEED, Waiting, &[R::NoValidAccount]);
    assert_eq!(world.returns.len(), 1);
}

/// "once good, the next close issues attempt 2 with the frozen amount"
#[test]
fn the_next_close_issues_another_attempt_with_the_frozen_amount() {
    let mut world = returned();
    world.record().sheba = Some(sheba(2));
    world.ingest();
    world.expect(DEED, Approved, &[]);
    assert_eq!(world.issued.len(), 1);
    world.on("1404-09-01").closes();
    let second = &world.issued[1];
    assert_eq!((second.attempt, second.amount.get(), second.sheba.as_str()), (2, FLOOR, sheba(2).as_str()));
    assert_eq!(second.decision_id, world.claim(DEED).decision_id);
    assert_ne!(second.document_id, world.issued[0].document_id);
    // After another return and another correction: attempt 3. An accepted attempt is not sent again.
    world.returned(2, "AC06", 20);
    world.expect(DEED, Waiting, &[R::PaymentReturned]);
    world.record().sheba = Some(sheba(3));
    world.ingest().on("1404-10-01").closes().finance(3, Accepted, "", 30).on("1404-11-01").closes();
    assert_eq!(world.issued.iter().map(|issue| issue.attempt).collect::<Vec<_>>(), [1, 2, 3]);
}

/// "the claim […] keeps its decision and amount frozen": more wages open a case and do not change the second attempt.
#[test]
fn a_later_sum_does_not_change_the_second_attempt() {
    let mut world = returned();
    world.record().sheba = Some(sheba(2));
    world.known.dossier.wages.push(wage("1404-03", I::Compulsory, 0, 24 * 1_000_000));
    world.ingest();
    world.expect(DEED, Approved, &[]);
    world.cases_end(EndingOutcome::Reissue).on("1404-09-01").closes();
    assert_eq!(world.issued[1].amount.get(), FLOOR);
}

/// "Of a document's outcomes the latest `at` […] speaks."
#[test]
fn the_latest_answer_counts() {
    let mut world = World::paid();
    world.finance(1, Paid, "", 20).returned(1, "AC04", 10);
    world.expect(DEED, Approved, &[]);
    world.returned(1, "AC04", 30);
    world.expect(DEED, Waiting, &[R::PaymentReturned]);
    world.finance(1, Accepted, "", 25);
    world.expect(DEED, Waiting, &[R::PaymentReturned]);
    world.finance(1, Paid, "", 40);
    world.expect(DEED, Approved, &[]);
    world.record().sheba = Some(sheba(2));
    world.ingest().on("1404-09-01").closes();
    assert_eq!(world.issued.len(), 1);
}

/// "`payment_returned` (one per return that makes a claim WAITING […]); nobody else is written to"
#[test]
fn one_notice_for_each_return_that_makes_a_claim_wait() {
    let mut world = returned();
    assert_eq!(world.returns.len(), 1);
    assert_eq!((world.returns[0].attempt, world.returns[0].returned_at), (1, 10));
    // The same return with another code, a close, and other facts cause no further notice.
    world.finance(1, Returned, "AC06", 11).on("1404-09-01").closes();
    world.record().deceased_on = Some(date("1405-01-01"));
    world.ingest();
    assert_eq!(world.returns.len(), 1);
    // After a correction and another attempt, another return causes another notice.
    world.record().sheba = Some(sheba(2));
    world.ingest().on("1404-10-01").closes().returned(2, "AC04", 50);
    assert_eq!(world.returns.len(), 2);
    assert_eq!(world.returns[1].attempt, 2);
}

/// "`record_id` is that of the moment"
#[test]
fn the_sms_of_a_return_uses_the_current_person_record() {
    let mut world = World::paid();
    let before = world.revisions();
    world.rows([row("R1", DEED, spouse()), row("R2", DEED, spouse())]).ingest();
    assert_eq!((world.revisions(), world.claim(DEED).record_id.as_deref()), (before, Some("R2")));
    world.returned(1, "AC04", 10);
    let claim = &world.published.last().unwrap().0;
    assert_eq!((claim.outcome, claim.record_id.as_deref()), (Waiting, Some("R2")));
}

/// An AM05 that is later than another return replaces it as the outcome: the claim stays as it was paid.
#[test]
fn a_duplicate_overtakes_an_earlier_return() {
    let mut world = returned();
    world.returned(1, "AM05", 20);
    world.expect(DEED, Approved, &[]);
    world.record().sheba = Some(sheba(2));
    world.ingest().on("1404-09-01").closes();
    assert_eq!(world.issued.len(), 1);
}

/// This claim waits because the person removed the account afterwards, not because of the return.
#[test]
fn an_account_removed_after_a_return_sends_no_sms() {
    let mut world = World::paid();
    world.record().sheba = Some(sheba(2));
    world.ingest().returned(1, "AC04", 10);
    world.record().sheba = None;
    world.ingest();
    world.expect(DEED, Waiting, &[R::NoValidAccount]);
    assert!(world.returns.is_empty());
    // Nor does a return that leaves the claim pending cause a notice, even if the ownership check then fails.
    let mut world = World::paid();
    world.record().sheba = Some(sheba(2));
    world.record().sheba_owner = Ownership::Unknown;
    world.ingest().returned(1, "AC04", 10);
    world.expect(DEED, Pending, &[R::AccountCheckPending]);
    world.record().sheba_owner = Ownership::No;
    world.ingest();
    world.expect(DEED, Waiting, &[R::AccountNotOwned]);
    assert!(world.returns.is_empty());
}

/// R25: a death while a document is returned ends the attempts, also after a person ended the case about it.
#[test]
fn no_further_attempt_is_issued_to_a_deceased_person() {
    let mut world = returned();
    world.record().sheba = Some(sheba(2));
    world.record().deceased_on = Some(date("1404-08-20"));
    world.on("1404-09-01").ingest().cases_end(EndingOutcome::Reissue).closes();
    assert_eq!(world.issued.len(), 1);
    // The record was wrong: the person is alive and is paid.
    world.record().deceased_on = None;
    world.ingest().on("1404-10-01").closes();
    assert_eq!(world.issued.len(), 2);
}

/// "`AM05` (duplicate) never reissues", also after a person ended the case about it.
#[test]
fn a_duplicate_is_not_sent_again_after_its_case() {
    let mut world = World::paid();
    world.returned(1, "AM05", 10);
    world.record().sheba = Some(sheba(2));
    world.ingest().cases_end(EndingOutcome::Stop).on("1404-09-01").closes();
    assert_eq!(world.issued.len(), 1);
}

/// "an input that changes no field that these rules read decides nothing, even if days have passed"; the close
/// checks what may be sent again against the tables of its business date (R23).
#[test]
fn a_bank_that_ends_before_the_next_attempt() {
    let mut world = returned();
    world.bank_retires("013", "1404-08-15");
    world.record().sheba = Some(sheba_of("013", 2));
    world.ingest();
    world.expect(DEED, Approved, &[]);
    world.on("1404-08-20").ingest();
    world.expect(DEED, Approved, &[]);
    world.on("1404-09-01").closes();
    world.expect(DEED, Waiting, &[R::NoValidAccount]);
    assert_eq!(world.issued.len(), 1);
}
