//! What the insured person must complete, or a check must still answer: account and mobile (R16, R17), and returns.

use super::codes::Ownership;
use super::facts::{InsuredFacts, PaymentFacts};
use super::ground::Reason;
use super::reason::ReasonCode as R;
use super::reasons_of_marriage::INSURED_RECORD;
use crate::ident::{Mobile, Sheba};
use crate::law::{SolarDate, Tables};

pub fn not_insured() -> Reason {
    Reason::new(R::NotInsured, INSURED_RECORD, "no such person", "an insured person's record")
}

/// Order, clause 1: a valid account and a valid mobile are preconditions of payment, not of eligibility.
pub fn all(insured: &InsuredFacts, today: SolarDate, tables: &Tables) -> Vec<Reason> {
    account(insured, today, tables).into_iter().chain(mobile(insured)).collect()
}

/// A return is the only ground while the account is the one that was returned; another is judged as in any claim.
pub fn after_payment(
    payment: &PaymentFacts,
    insured: &InsuredFacts,
    today: SolarDate,
    tables: &Tables,
) -> Vec<Reason> {
    let Some(returned) = &payment.returned else {
        return Vec::new();
    };
    if valid_sheba(insured).is_some_and(|sheba| sheba.as_str() == returned.sheba) {
        let fact = format!("returned with {}", returned.code);
        return vec![Reason::new(R::PaymentReturned, "finance", fact, "another account")];
    }
    all(insured, today, tables)
}

fn valid_sheba(insured: &InsuredFacts) -> Option<Sheba> {
    insured.sheba.as_deref()?.parse().ok()
}

fn account(insured: &InsuredFacts, today: SolarDate, tables: &Tables) -> Option<Reason> {
    let none = |fact| {
        Some(Reason::new(R::NoValidAccount, INSURED_RECORD, fact, "a valid Sheba of the person's own"))
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
        |code, fact| Some(Reason::new(code, "account ownership check", fact, "the person's own account"));
    match insured.sheba_owner {
        Ownership::Yes => None,
        Ownership::No => owner(R::AccountNotOwned, "the account is another's"),
        Ownership::Unknown => owner(R::AccountCheckPending, "not answered yet"),
    }
}

fn mobile(insured: &InsuredFacts) -> Option<Reason> {
    let none = |fact| {
        Some(Reason::new(R::NoValidMobile, INSURED_RECORD, fact, "a valid mobile of the person's own"))
    };
    let Some(written) = &insured.mobile else {
        return none("no mobile on record");
    };
    if written.parse::<Mobile>().is_err() {
        return none("the mobile on record is malformed");
    }
    let owner =
        |code, fact| Some(Reason::new(code, "mobile ownership check", fact, "the person's own number"));
    match insured.mobile_owner {
        Ownership::Yes => None,
        Ownership::No => owner(R::MobileNotOwned, "the number is another's"),
        Ownership::Unknown => owner(R::MobileCheckPending, "not answered yet"),
    }
}
