//! The rules of the sample grant, a benefit of test builds: every insured person who married gets a flat amount, once.

use super::facts::{Facts, InsuredFacts};
use super::found_reasons::FoundReasons;
use super::{reasons_of_completion, reasons_of_marriage};
use crate::law::{Rial, SolarDate, Tables};

const AMOUNT_RIAL: u64 = 1_000_000;

/// The reasons of the sample grant in the facts.
pub fn find_reasons(
    facts: &Facts,
    insured: &InsuredFacts,
    today: SolarDate,
    tables: &Tables,
) -> FoundReasons {
    let amount = match &facts.payment {
        Some(payment) => payment.amount_rial,
        None => AMOUNT_RIAL,
    };
    let reasons = match &facts.payment {
        Some(payment) => reasons_of_completion::after_payment(payment, insured, today, tables),
        None => {
            let mut reasons: Vec<_> =
                facts.paid_before.first().map(reasons_of_marriage::already_paid).into_iter().collect();
            reasons.extend(reasons_of_completion::all(insured, today, tables));
            reasons
        }
    };
    FoundReasons { reasons, amount: Rial::new(amount), working: None, findings: Vec::new() }
}
