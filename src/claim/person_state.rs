//! The input of planning: everything about one person, loaded under the lock of the person.

use uuid::Uuid;

use super::benefit::Benefit;
use super::case::StoredCase;
use super::case_ending::CaseEnding;
use super::document::StoredDocument;
use super::facts::Facts;
use super::finding::Finding;
use super::identity::ClaimKey;
use super::objection::Objection;
use super::outcome::Outcome;
use super::person::{Dossier, RegistryRow, SelfRegistration};
use crate::ident::NationalCode;
use crate::law::{Rial, SolarDate};

/// One person, with all inputs and all earlier results about the person.
pub struct PersonState {
    pub person: NationalCode,
    pub dossier: Dossier,
    /// Every row that names the person, in any order.
    pub rows: Vec<RegistryRow>,
    /// Every self-registration by the person, in any order.
    pub self_registrations: Vec<SelfRegistration>,
    /// Every finding about the claims of the person, in any order.
    pub findings: Vec<Finding>,
    /// Every objection by the person, in any order.
    pub objections: Vec<Objection>,
    /// What officers said about the ends of cases, in any order. It waits for a case that is not open yet.
    pub endings: Vec<CaseEnding>,
    pub claims: Vec<StoredClaim>,
    /// At most one for each benefit (R15).
    pub payments: Vec<StoredPayment>,
    /// Documents that finance answered in this batch.
    pub answered: Vec<String>,
}

impl PersonState {
    /// A person without any input or earlier answer.
    pub fn new(person: NationalCode) -> Self {
        Self {
            person,
            dossier: Dossier::default(),
            rows: Vec::new(),
            self_registrations: Vec::new(),
            findings: Vec::new(),
            objections: Vec::new(),
            endings: Vec::new(),
            claims: Vec::new(),
            payments: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// The person's one payment of this benefit.
    pub fn payment_of(&self, benefit: Benefit) -> Option<&StoredPayment> {
        self.payments.iter().find(|payment| payment.benefit == benefit)
    }

    /// The payment that is for this claim.
    pub fn payment_for(&self, claim_id: Uuid) -> Option<&StoredPayment> {
        self.payments.iter().find(|payment| payment.claim_id == claim_id)
    }

    /// Whether a payment is for this claim.
    pub fn is_paid(&self, claim_id: Uuid) -> bool {
        self.payment_for(claim_id).is_some()
    }
}

/// A claim with its latest published result.
#[derive(Clone)]
pub struct StoredClaim {
    pub claim_id: Uuid,
    pub key: ClaimKey,
    pub revision: i32,
    pub outcome: Outcome,
    pub amount: Option<Rial>,
    pub withdrawn: bool,
    pub decision_id: Uuid,
    pub record_id: Option<String>,
    pub request_id: Option<String>,
    pub facts_digest: [u8; 32],
    /// The digest of the published outcome, amount and reasons.
    pub answer_digest: [u8; 32],
    /// The digest of the published working.
    pub working_digest: [u8; 32],
    /// For a paid claim: the digest of the facts that the latest review compared with the payment.
    pub review_digest: Option<[u8; 32]>,
    /// For a paid claim: the latest review is pending until a later date, so the next close reviews it again.
    pub review_waits: bool,
}

/// The one payment of a benefit that a person can have (R15), with its attempts.
#[derive(Clone)]
pub struct StoredPayment {
    pub benefit: Benefit,
    pub claim_id: Uuid,
    /// The amount of the decision that was paid.
    pub amount: Rial,
    /// The registry record that the paid decision names. `None` if it is not known.
    pub record_id: Option<String>,
    /// The facts of the decision that was paid. `None` only in a recovery, until the facts are assembled again.
    pub paid_facts: Option<Facts>,
    /// Sorted by attempt; never empty.
    pub documents: Vec<StoredDocument>,
    /// All cases that were ever opened for a document of this payment.
    pub cases: Vec<StoredCase>,
}

impl StoredPayment {
    pub fn latest(&self) -> Option<&StoredDocument> {
        self.documents.last()
    }
}

/// The settings that planning reads.
pub struct PlanningContext<'a> {
    pub tables: &'a crate::law::Tables,
    pub today: SolarDate,
    /// The benefits that are decided and paid.
    pub benefits: &'a [Benefit],
    /// Marriages before this day make no claim, but count as earlier marriages.
    pub deeds_from: Option<SolarDate>,
    pub ids: &'a crate::claim::identity::IdKey,
}

impl StoredClaim {
    /// A claim that has no decision yet.
    pub fn undecided(claim_id: Uuid, key: ClaimKey) -> Self {
        Self {
            claim_id,
            key,
            revision: 0,
            outcome: Outcome::Pending,
            amount: None,
            withdrawn: false,
            decision_id: Uuid::nil(),
            record_id: None,
            request_id: None,
            facts_digest: [0; 32],
            answer_digest: [0; 32],
            working_digest: [0; 32],
            review_digest: None,
            review_waits: false,
        }
    }
}
