//! Reasons from the marriage and the person: identity, first marriage, permanence, registration, earlier payment.

use super::codes::{OfficeKind, Permanence, Status};
use super::facts::{Facts, InsuredFacts, PaidBefore, RegistryFacts};
use super::reason::{Reason, ReasonCode as R};
use crate::law::SolarDate;

pub const REGISTRY: &str = "civil registry";
pub const INSURED_RECORD: &str = "insured person's record";
const OWN_STATEMENT: &str = "applicant's own statement";

/// The corrected record no longer contains this marriage (contract: `RECORD_WITHDRAWN`).
pub fn withdrawn(facts: &Facts) -> Reason {
    Reason::new(R::RecordWithdrawn, REGISTRY, "no record contains this marriage", "a record of this marriage")
        .with("deed_date", facts.deed_date)
}

pub fn all(facts: &Facts, insured: &InsuredFacts, today: SolarDate) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(registry) = &facts.registry {
        reasons.extend(identity(registry, insured));
        reasons.extend(marriage(registry));
    }
    reasons.extend(first_marriage(facts));
    reasons.extend(unconfirmed(facts));
    if facts.conflicting {
        let reason = Reason::new(
            R::ConflictingRecords,
            REGISTRY,
            "two spouses on one deed date",
            "one marriage a day",
        );
        reasons.push(reason.with("deed_date", facts.deed_date));
    }
    if !facts.spouse_has_code {
        let fact = "no national code of the spouse";
        reasons.push(Reason::new(R::SpouseHasNoNationalCode, REGISTRY, fact, "the spouse's national code"));
    }
    reasons.extend(facts.paid_before.first().map(already_paid));
    // R25: the person has died.
    reasons.extend(insured.deceased_on.filter(|day| *day <= today).map(deceased));
    reasons
}

/// Names are never matched alone. An officer judges a difference; it does not cause a refusal (domain: text).
fn identity(registry: &RegistryFacts, insured: &InsuredFacts) -> Option<Reason> {
    let name_differs = registry.family_name != insured.family_name;
    let birth_date_differs = registry.birth_date.is_some_and(|date| date != insured.birth_date);
    let fact = match (name_differs, birth_date_differs) {
        (false, false) => return None,
        (true, false) => "family names differ",
        (false, true) => "birth dates differ",
        (true, true) => "family names and birth dates differ",
    };
    Some(Reason::new(
        R::IdentityMismatch,
        "civil registry and insured person's record",
        fact,
        "the same in both",
    ))
}

/// Art. 85(3): the marriage is permanent and registered in an official office. Civil Registration Law Art. 32 (R3, R4);
/// R25.
fn marriage(registry: &RegistryFacts) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if registry.permanence == Permanence::Temporary {
        reasons.push(Reason::new(R::MarriageNotPermanent, REGISTRY, "temporary", "permanent"));
    }
    let office = "a marriage office or a consulate";
    match registry.office_kind {
        OfficeKind::None => {
            reasons.push(Reason::new(R::MarriageNotRegistered, REGISTRY, "no office", office))
        }
        OfficeKind::Acknowledgement => {
            reasons.push(Reason::new(R::RegisteredByAcknowledgement, REGISTRY, "acknowledgement", office));
        }
        OfficeKind::MarriageOffice | OfficeKind::Consulate => {}
    }
    if registry.status == Status::Annulled {
        reasons.push(Reason::new(R::MarriageAnnulled, REGISTRY, "annulled", "a marriage that stands"));
    }
    reasons
}

/// Art. 85: "for the first time" (R5). There is one reason, even if several sources state an earlier marriage. The
/// count of the registry has precedence.
fn first_marriage(facts: &Facts) -> Option<Reason> {
    let counted = facts.registry.as_ref().map_or(0, |registry| registry.earlier_marriages);
    if counted > 0 {
        return Some(not_first(REGISTRY, format!("{counted} earlier")));
    }
    if let Some(date) = facts.earlier_marriage_on {
        return Some(not_first(REGISTRY, format!("another marriage of {date}")));
    }
    let stated = facts.self_registration.as_ref()?;
    (!stated.first_marriage_undertaking)
        .then(|| not_first(OWN_STATEMENT, "no undertaking of a first marriage".to_owned()))
}

fn not_first(source: &'static str, fact: String) -> Reason {
    Reason::new(R::NotFirstMarriage, source, fact, "a first marriage")
}

/// The registry confirms a self-registration by a row of the same two persons and the same date (R18).
fn unconfirmed(facts: &Facts) -> Option<Reason> {
    if facts.registry.is_some() {
        return None;
    }
    let stated = facts.self_registration.as_ref()?;
    let required = "the registry's row of the same persons and date";
    let reason = match stated.registry_has_date {
        Some(other) => {
            Reason::new(R::RegistryDateMismatch, REGISTRY, format!("the registry has {other}"), required)
                .with("other_date", other)
        }
        None => Reason::new(R::NotConfirmedByRegistry, REGISTRY, "no row yet", required),
    };
    Some(reason.with("deed_date", facts.deed_date))
}

/// Once in a lifetime (R15).
pub fn already_paid(paid: &PaidBefore) -> Reason {
    let (source, fact) = match paid {
        PaidBefore::Branch { paid_on, source } => {
            ("payments by branches", format!("paid on {paid_on} by {source}"))
        }
        PaidBefore::Document { document_id } => ("own payment documents", format!("document {document_id}")),
    };
    Reason::new(R::AlreadyPaid, source, fact, "no payment before")
}

fn deceased(on: SolarDate) -> Reason {
    Reason::new(R::PersonDeceased, INSURED_RECORD, format!("deceased on {on}"), "review by an officer")
}
