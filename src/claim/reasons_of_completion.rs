//! What the insured person must complete, or a check must still answer: account and mobile (R16, R17), and returns.

use super::facts::{Insured, Payment};
use super::ground::Ground;
use super::grounds_of_marriage::INSURED_RECORD;
use super::reason::ReasonCode as R;
use super::words::Ownership;
use crate::ident::{Mobile, Sheba};
use crate::law::{SolarDate, Tables};

pub fn not_insured() -> Ground {
    Ground::new(R::NotInsured, INSURED_RECORD, "no such person", "an insured person's record")
}

/// Order, clause 1: a valid account and a valid mobile are preconditions of payment, not of eligibility.
pub fn all(insured: &Insured, today: SolarDate, tables: &Tables) -> Vec<Ground> {
    account(insured, today, tables).into_iter().chain(mobile(insured)).collect()
}

/// A return is the only ground while the account is the one that was returned; another is judged as in any claim.
pub fn after_payment(payment: &Payment, insured: &Insured, today: SolarDate, tables: &Tables) -> Vec<Ground> {
    let Some(returned) = &payment.returned else {
        return Vec::new();
    };
    if valid_sheba(insured).is_some_and(|sheba| sheba.as_str() == returned.sheba) {
        let fact = format!("returned with {}", returned.code);
        return vec![Ground::new(R::PaymentReturned, "finance", fact, "another account")];
    }
    all(insured, today, tables)
}

fn valid_sheba(insured: &Insured) -> Option<Sheba> {
    insured.sheba.as_deref()?.parse().ok()
}

fn account(insured: &Insured, today: SolarDate, tables: &Tables) -> Option<Ground> {
    let none = |fact| {
        Some(Ground::new(R::NoValidAccount, INSURED_RECORD, fact, "a valid Sheba of the person's own"))
    };
    let Some(written) = &insured.sheba else {
        return none("no Sheba on record");
    };
    let Ok(sheba) = written.parse::<Sheba>() else {
        return none("the Sheba on record is malformed");
    };
    if tables.bank_is_retired(sheba.bank(), today) {
        return none("the Sheba's bank no longer exists");
    }
    let owner =
        |code, fact| Some(Ground::new(code, "account ownership check", fact, "the person's own account"));
    match insured.sheba_owner {
        Ownership::Yes => None,
        Ownership::No => owner(R::AccountNotOwned, "the account is another's"),
        Ownership::Unknown => owner(R::AccountCheckPending, "not answered yet"),
    }
}

fn mobile(insured: &Insured) -> Option<Ground> {
    let none = |fact| {
        Some(Ground::new(R::NoValidMobile, INSURED_RECORD, fact, "a valid mobile of the person's own"))
    };
    let Some(written) = &insured.mobile else {
        return none("no mobile on record");
    };
    if written.parse::<Mobile>().is_err() {
        return none("the mobile on record is malformed");
    }
    let owner =
        |code, fact| Some(Ground::new(code, "mobile ownership check", fact, "the person's own number"));
    match insured.mobile_owner {
        Ownership::Yes => None,
        Ownership::No => owner(R::MobileNotOwned, "the number is another's"),
        Ownership::Unknown => owner(R::MobileCheckPending, "not answered yet"),
    }
}
