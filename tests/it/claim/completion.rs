//! Account and mobile (R16, R17), and dates that the tables do not cover (R26).

use peyvand::claim::codes::Ownership;
use peyvand::claim::{Outcome, ReasonCode as R};

use crate::claim::person_over_days::{DEED, FLOOR, World, row, sheba, sheba_of, spouse};
use Outcome::{Approved, Pending, Waiting};

fn with_account(sheba: Option<&str>, owner: Ownership) -> World {
    let mut world = World::insured();
    world.record().sheba = sheba.map(str::to_owned);
    world.record().sheba_owner = owner;
    world.rows([row("R1", DEED, spouse())]).ingest();
    world
}

fn with_mobile(mobile: Option<&str>, owner: Ownership) -> World {
    let mut world = World::insured();
    world.record().mobile = mobile.map(str::to_owned);
    world.record().mobile_owner = owner;
    world.rows([row("R1", DEED, spouse())]).ingest();
    world
}

/// "eligible but no valid account → waiting `NO_VALID_ACCOUNT`"; "malformed, or of a retired bank […] counts as none
/// (with the fact)". For an account that counts as none, the owner is not checked.
#[test]
fn accounts_that_count_as_none() {
    let retired = sheba_of("063", 7);
    let malformed = sheba(1).replace("IR", "IR9");
    for (account, fact) in
        [(None, "no Sheba"), (Some(malformed.as_str()), "malformed"), (Some(&retired), "no longer exists")]
    {
        for owner in [Ownership::Yes, Ownership::No, Ownership::Unknown] {
            let world = with_account(account, owner);
            world.expect(DEED, Waiting, &[R::NoValidAccount]);
            assert_eq!(world.decision(DEED).amount.unwrap().get(), FLOOR);
            assert!(
                world.decision(DEED).reasons[0].fact.contains(fact),
                "{}",
                world.decision(DEED).reasons[0].fact
            );
        }
    }
}

/// "three answers, yes / no / unknown. Unknown (service down) is never a mismatch" (R17)
#[test]
fn whose_the_account_is() {
    let own = sheba(1);
    with_account(Some(&own), Ownership::Yes).expect(DEED, Approved, &[]);
    with_account(Some(&own), Ownership::No).expect(DEED, Waiting, &[R::AccountNotOwned]);
    with_account(Some(&own), Ownership::Unknown).expect(DEED, Pending, &[R::AccountCheckPending]);
}

/// "a code that the table lacks is good"; spaces, hyphens and lower case are accepted.
#[test]
fn accounts_that_are_good() {
    let unknown_bank = sheba_of("999", 1);
    let spaced = format!("ir{} {}-{}", &sheba(1)[2..4], &sheba(1)[4..10], &sheba(1)[10..]);
    for account in [unknown_bank, spaced] {
        with_account(Some(&account), Ownership::Yes).expect(DEED, Approved, &[]);
    }
}

#[test]
fn mobiles() {
    for (mobile, owner, outcome, grounds) in [
        (None, Ownership::Yes, Waiting, &[R::NoValidMobile][..]),
        (Some("0912"), Ownership::Yes, Waiting, &[R::NoValidMobile]),
        (Some("0912"), Ownership::Unknown, Waiting, &[R::NoValidMobile]),
        (Some("09121234567"), Ownership::No, Waiting, &[R::MobileNotOwned]),
        (Some("09121234567"), Ownership::Unknown, Pending, &[R::MobileCheckPending]),
        (Some("+989121234567"), Ownership::Yes, Approved, &[]),
        (Some("۰۹۱۲۱۲۳۴۵۶۷"), Ownership::Yes, Approved, &[]),
    ] {
        with_mobile(mobile, owner).expect(DEED, outcome, grounds);
    }
}

/// "both reasons where both miss"
#[test]
fn both_where_both_miss() {
    let mut world = with_account(None, Ownership::Unknown);
    world.record().mobile = None;
    world.ingest();
    world.expect(DEED, Waiting, &[R::NoValidAccount, R::NoValidMobile]);
    // Unknown outranks missing: the decision states no amount while the check is pending.
    world.record().mobile = Some("09121234567".to_owned());
    world.record().mobile_owner = Ownership::Unknown;
    world.ingest();
    world.expect(DEED, Pending, &[R::MobileCheckPending, R::NoValidAccount]);
}

/// "each with […] the fact used" (R21)
#[track_caller]
fn states(world: &World, deed_date: &str, fact: &str) {
    let reasons = &world.decision(deed_date).reasons;
    let outside = reasons.iter().find(|reason| reason.code == R::OutsideKnownTables).unwrap();
    assert!(outside.fact.contains(fact), "{}", outside.fact);
}

/// "`OUTSIDE_KNOWN_TABLES`: D after the business date; D past the last year of the wage table […]. No amount is
/// computed."
#[test]
fn outside_the_tables() {
    let mut world = World::insured();
    world.rows([row("R1", "1404-08-02", spouse())]).ingest();
    world.expect("1404-08-02", Pending, &[R::OutsideKnownTables]);
    states(&world, "1404-08-02", "after today");
    world.on("1404-08-02").closes();
    world.expect("1404-08-02", Approved, &[]);
    let mut world = World::insured();
    world.rows([row("R1", "1405-01-01", spouse())]).on("1405-03-01").ingest();
    world.expect("1405-01-01", Pending, &[R::OutsideKnownTables]);
    states(&world, "1405-01-01", "does not reach");
    let mut world = World::insured();
    world.rows([row("R1", "1395-12-30", spouse())]).ingest();
    states(&world, "1395-12-30", "begins after 1393-12");
}
