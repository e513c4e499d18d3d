//! "an input that changes no field that these rules read decides nothing, even if days have passed"

use peyvand::claim::person::{EarlierPayment, Wage};
use peyvand::claim::{Outcome, ReasonCode as R};
use peyvand::law::{InsuranceType as I, Rial};

use crate::claim::person_over_days::{DEED, World, date, job, row, spouse, wage};
use Outcome::{Pending, Refused};

/// A claim that waits for its wage list on 1404-06-01. From 1404-07-01 on, the same facts lead to a refusal.
fn waiting() -> World {
    let mut world = World::insured();
    world.known.dossier.employments.clear();
    world.rows([row("R1", DEED, spouse())]).on("1404-06-01").ingest();
    world.expect(DEED, Pending, &[R::AwaitingWageList]);
    world.on("1404-09-01");
    world
}

#[track_caller]
fn expect_no_decision(change: impl FnOnce(&mut World)) {
    let mut world = waiting();
    change(&mut world);
    world.ingest();
    world.expect(DEED, Pending, &[R::AwaitingWageList]);
    assert_eq!(world.revisions(), 1);
}

#[test]
fn changes_that_no_rule_reads_cause_no_decision() {
    expect_no_decision(|world| world.record().given_name = "هوشنگ".to_owned());
    expect_no_decision(|world| world.record().branch_code = "9999".to_owned());
    expect_no_decision(|world| world.record().province_code = "99".to_owned());
    expect_no_decision(|world| world.record().insurance_number = "0000000001".to_owned());
    expect_no_decision(|world| world.record().family_name = "كر يمي".to_owned());
    expect_no_decision(|world| world.known.rows = vec![row("R2", DEED, spouse())]);
    expect_no_decision(|world| {
        let mut other = row("R1", DEED, spouse());
        other.wife.family_name = Some("دیگری".to_owned());
        other.wife.earlier_marriages = 1;
        other.registered_on = date("1404-05-30");
        world.rows([other]);
    });
}

fn with_wage(line: Wage) -> impl FnOnce(&mut World) {
    move |world| world.known.dossier.wages.push(line)
}

#[test]
fn wages_that_no_rule_reads_cause_no_decision() {
    // A type that does not count; a cancelled line (zero days and wages); a month before the five years; a month after
    // D.
    expect_no_decision(with_wage(wage("1404-03", I::Voluntary, 31, 50_000_000)));
    expect_no_decision(with_wage(wage("1404-03", I::Compulsory, 0, 0)));
    expect_no_decision(with_wage(wage("1399-04", I::Compulsory, 30, 50_000_000)));
    expect_no_decision(with_wage(wage("1404-06", I::Compulsory, 31, 50_000_000)));
    // Sick pay counts for days but not for wages, and wages count only in the 24 months before D's month.
    expect_no_decision(with_wage(wage("1404-03", I::SickPay, 0, 50_000_000)));
    expect_no_decision(with_wage(wage("1402-04", I::Compulsory, 0, 50_000_000)));
    expect_no_decision(with_wage(wage("1404-05", I::Compulsory, 0, 50_000_000)));
    let mut first_counted = waiting();
    assert!(first_counted.decides(|dossier| dossier.wages.push(wage(
        "1402-05",
        I::Compulsory,
        0,
        50_000_000
    ))));
    // Two workshops in the same month with the same type and the same total.
    expect_no_decision(|world| {
        let last = world.known.dossier.wages.pop().unwrap();
        let half = Rial::new(last.insurable.get() / 2).unwrap();
        world.known.dossier.wages.push(Wage { days: 15, insurable: half, ..last.clone() });
        world.known.dossier.wages.push(Wage { days: 16, insurable: half, workshop_code: "X".into(), ..last });
    });
}

/// If D is the first of a month, the window ends on the day before, so no rule reads D's own month.
#[test]
fn the_deeds_own_month_is_read_only_where_the_window_reaches_it() {
    for (deed, reads) in [("1404-05-01", false), ("1404-05-02", true)] {
        let mut world = World::insured();
        world.rows([row("R1", deed, spouse())]).ingest();
        assert_eq!(
            world.decides(|dossier| dossier.wages.push(wage("1404-05", I::Compulsory, 10, 0))),
            reads,
            "{deed}"
        );
    }
}

#[test]
fn employments_that_no_rule_reads_cause_no_decision() {
    expect_no_decision(|world| {
        world.known.dossier.employments.push(job(I::Voluntary, "1390-01-01", Some("1391-01-01")));
    });
    expect_no_decision(|world| {
        world.known.dossier.employments.push(job(I::Compulsory, "1404-05-16", None));
    });
}

/// The counterpart: a change in a field that a rule reads causes a new decision, as of the date of that decision.
#[test]
fn changes_that_a_rule_reads_are_decided_at_once() {
    let mut world = waiting();
    world.record().deceased_on = Some(date("1404-12-01"));
    world.ingest();
    world.expect(DEED, Refused, &[R::EmploymentEnded]);
    let mut world = waiting();
    let paid = EarlierPayment {
        source_offset: 0,
        paid_on: date("1390-01-01"),
        source: "0101".to_owned(),
        amount: Rial::ZERO,
    };
    world.known.dossier.earlier_payments.push(paid);
    world.ingest();
    world.expect(DEED, Refused, &[R::EmploymentEnded, R::AlreadyPaid]);
}

/// "at the month's close every claim without a document, refused ones too": the close
/// publishes what changed only because days passed.
#[test]
fn the_close_decides_what_only_days_changed() {
    let mut world = waiting();
    world.closes();
    world.expect(DEED, Refused, &[R::EmploymentEnded]);
    // The close decides once more after the employment has arrived.
    world.known.dossier.employments = vec![job(I::Compulsory, "1394-01-01", None)];
    world.closes();
    assert_eq!(world.issued.len(), 1);
}

/// "A new revision is published only when outcome, amount or reasons change"
#[test]
fn a_decision_with_the_same_answer_is_not_published() {
    let mut world = World::married();
    world.known.dossier.employments.push(job(I::Compulsory, "1400-01-01", None));
    world.ingest();
    assert_eq!(world.revisions(), 1);
    world.record().mobile = Some("09351234567".to_owned());
    world.ingest();
    assert_eq!(world.revisions(), 1);
}
