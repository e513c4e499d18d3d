//! Reasons for which the insured person must complete something, or for which a check is unanswered: account and mobile
//! (R16, R17), and returns.

use super::codes::Ownership;
use super::facts::{InsuredFacts, PaymentFacts};
use super::reason::{Reason, ReasonCode as R};
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

/// A return is the only reason while the account is the returned one. Another account is judged as in any claim.
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
    let Some(text) = &insured.sheba else {
        return no_valid_account("no Sheba on record");
    };
    let Ok(sheba) = text.parse::<Sheba>() else {
        return no_valid_account("the Sheba on record is malformed");
    };
    if tables.bank_is_retired(sheba.bank(), today) {
        return no_valid_account("the Sheba's bank no longer exists");
    }
    let (code, fact) = match insured.sheba_owner {
        Ownership::Yes => return None,
        Ownership::No => (R::AccountNotOwned, "the account is another's"),
        Ownership::Unknown => (R::AccountCheckPending, "not answered yet"),
    };
    Some(Reason::new(code, "account ownership check", fact, "the person's own account"))
}

fn no_valid_account(fact: &'static str) -> Option<Reason> {
    Some(Reason::new(R::NoValidAccount, INSURED_RECORD, fact, "a valid Sheba of the person's own"))
}

fn no_valid_mobile(fact: &'static str) -> Option<Reason> {
    Some(Reason::new(R::NoValidMobile, INSURED_RECORD, fact, "a valid mobile of the person's own"))
}

fn mobile(insured: &InsuredFacts) -> Option<Reason> {
    let Some(text) = &insured.mobile else {
        return no_valid_mobile("no mobile on record");
    };
    if text.parse::<Mobile>().is_err() {
        return no_valid_mobile("the mobile on record is malformed");
    }
    let (code, fact) = match insured.mobile_owner {
        Ownership::Yes => return None,
        Ownership::No => (R::MobileNotOwned, "the number is another's"),
        Ownership::Unknown => (R::MobileCheckPending, "not answered yet"),
    };
    Some(Reason::new(code, "mobile ownership check", fact, "the person's own number"))
}
