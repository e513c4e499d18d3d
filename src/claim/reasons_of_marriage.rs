//! Grounds in the marriage and the person: identity, first marriage, permanence, registration, payment before.

use super::codes::{OfficeKind, Permanence, Status};
use super::facts::{Facts, InsuredFacts, PaidBefore, RegistryFacts};
use super::ground::Reason;
use super::reason::ReasonCode as R;
use crate::law::SolarDate;

pub const REGISTRY: &str = "civil registry";
pub const INSURED_RECORD: &str = "insured person's record";
const OWN_STATEMENT: &str = "applicant's own statement";

/// The corrected record no longer holds this marriage (contract: `RECORD_WITHDRAWN`).
pub fn withdrawn(facts: &Facts) -> Reason {
    Reason::new(R::RecordWithdrawn, REGISTRY, "no record holds this marriage", "a record of this marriage")
        .with("deed_date", facts.deed_date)
}

pub fn all(facts: &Facts, insured: &InsuredFacts, today: SolarDate) -> Vec<Reason> {
    let mut grounds = Vec::new();
    if let Some(registry) = &facts.registry {
        grounds.extend(identity(registry, insured));
        grounds.extend(marriage(registry));
    }
    grounds.extend(first_marriage(facts));
    grounds.extend(unconfirmed(facts));
    if facts.conflicting {
        let ground = Reason::new(
            R::ConflictingRecords,
            REGISTRY,
            "two spouses on one deed date",
            "one marriage a day",
        );
        grounds.push(ground.with("deed_date", facts.deed_date));
    }
    if !facts.spouse_has_code {
        let (fact, required) = ("no national code of the spouse", "the spouse's national code");
        grounds.push(Reason::new(R::SpouseHasNoNationalCode, REGISTRY, fact, required));
    }
    grounds.extend(facts.paid_before.first().map(already_paid));
    // R25
    grounds.extend(insured.deceased_on.filter(|day| *day <= today).map(deceased));
    grounds
}

/// Names are never matched alone, and a difference is for a person to judge, not a refusal (domain: text).
fn identity(registry: &RegistryFacts, insured: &InsuredFacts) -> Option<Reason> {
    let name = registry.family_name != insured.family_name;
    let birth = registry.birth_date.is_some_and(|date| date != insured.birth_date);
    let fact = match (name, birth) {
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

/// Art. 85(3): permanent, and registered in an official office; Civil Registration Law Art. 32 (R3, R4); R25.
fn marriage(registry: &RegistryFacts) -> Vec<Reason> {
    let mut grounds = Vec::new();
    if registry.permanence == Permanence::Temporary {
        grounds.push(Reason::new(R::MarriageNotPermanent, REGISTRY, "temporary", "permanent"));
    }
    let office = "a marriage office or a consulate";
    match registry.office_kind {
        OfficeKind::None => {
            grounds.push(Reason::new(R::MarriageNotRegistered, REGISTRY, "no office", office))
        }
        OfficeKind::Acknowledgement => {
            grounds.push(Reason::new(R::RegisteredByAcknowledgement, REGISTRY, "acknowledgement", office));
        }
        OfficeKind::MarriageOffice | OfficeKind::Consulate => {}
    }
    if registry.status == Status::Annulled {
        grounds.push(Reason::new(R::MarriageAnnulled, REGISTRY, "annulled", "a marriage that stands"));
    }
    grounds
}

/// Art. 85: "for the first time" (R5). One ground, whatever says it; the registry's count is named first.
fn first_marriage(facts: &Facts) -> Option<Reason> {
    let counted = facts.registry.as_ref().map_or(0, |registry| registry.earlier_marriages);
    let ground = |source, fact: String| Reason::new(R::NotFirstMarriage, source, fact, "a first marriage");
    if counted > 0 {
        return Some(ground(REGISTRY, format!("{counted} earlier")));
    }
    if let Some(date) = facts.earlier_marriage_on {
        return Some(ground(REGISTRY, format!("another marriage of {date}")));
    }
    let stated = facts.self_registration.as_ref()?;
    (!stated.first_marriage_undertaking)
        .then(|| ground(OWN_STATEMENT, "no undertaking of a first marriage".to_owned()))
}

/// A self-registration is confirmed by the registry's row of the same two persons and date (R18).
fn unconfirmed(facts: &Facts) -> Option<Reason> {
    if facts.registry.is_some() {
        return None;
    }
    let stated = facts.self_registration.as_ref()?;
    let required = "the registry's row of the same persons and date";
    let ground = match stated.registry_has_date {
        Some(other) => {
            Reason::new(R::RegistryDateMismatch, REGISTRY, format!("the registry has {other}"), required)
                .with("other_date", other)
        }
        None => Reason::new(R::NotConfirmedByRegistry, REGISTRY, "no row yet", required),
    };
    Some(ground.with("deed_date", facts.deed_date))
}

/// Once in a lifetime (R15).
fn already_paid(paid: &PaidBefore) -> Reason {
    let (source, fact) = match paid {
        PaidBefore::Branch { paid_on, source } => {
            ("payments by branches", format!("paid on {paid_on} by {source}"))
        }
        PaidBefore::Document { document_id } => ("own payment documents", format!("document {document_id}")),
    };
    Reason::new(R::AlreadyPaid, source, fact, "no payment before")
}

fn deceased(on: SolarDate) -> Reason {
    Reason::new(R::PersonDeceased, INSURED_RECORD, format!("deceased on {on}"), "an officer's look")
}
