//! What a plan starts from: everything known of one person, loaded under the person's lock.

use uuid::Uuid;

use super::assemble::AssembledClaim;
use super::codes::{CaseKind, PaymentOutcome};
use super::facts::Facts;
use super::identity::ClaimKey;
use super::person::{Dossier, RegistryRow, SelfRegistration};
use super::reason::Outcome;
use crate::ident::NationalCode;
use crate::law::{Rial, SolarDate};

/// One person, with every input and every earlier answer about them.
pub struct PersonState {
    pub person: NationalCode,
    pub dossier: Dossier,
    /// Every row that names the person, in any order.
    pub rows: Vec<RegistryRow>,
    /// Every self-registration by the person, in any order.
    pub self_registrations: Vec<SelfRegistration>,
    pub claims: Vec<StoredClaim>,
    pub payment: Option<StoredPayment>,
    /// Claims whose registry row moved away to another date or pair in this batch.
    pub moved: Vec<ClaimKey>,
    /// Documents that finance answered in this batch.
    pub answered: Vec<String>,
}

impl PersonState {
    /// Is this the claim that the person's one payment is for?
    pub fn is_paid(&self, claim_id: Uuid) -> bool {
        self.payment.as_ref().is_some_and(|payment| payment.claim_id == claim_id)
    }
}

/// A claim as it was last answered.
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
    /// Of outcome, amount and reasons as published.
    pub answer_digest: [u8; 32],
    /// Of the working as published.
    pub working_digest: [u8; 32],
    /// For a paid claim: of the facts that were last held against what was paid.
    pub review_digest: Option<[u8; 32]>,
    /// For a paid claim: only time decides what the facts now say; the next close looks again.
    pub review_waits: bool,
}

/// The one payment that a person can have (R15), with its attempts.
#[derive(Clone)]
pub struct StoredPayment {
    pub claim_id: Uuid,
    pub amount: Rial,
    /// The facts of the decision that was paid.
    /// None only in a recovery, until the facts were gathered anew.
    pub paid_facts: Option<Facts>,
    /// Ascending by attempt; never empty.
    pub documents: Vec<StoredDocument>,
    /// Every case ever opened for a document of this payment.
    pub cases: Vec<StoredCase>,
}

#[derive(Clone)]
pub struct StoredDocument {
    pub document_id: String,
    pub attempt: i32,
    pub sheba: String,
    /// Finance's latest word: the greatest instant, then the later in the topic.
    pub state: Option<PaymentOutcome>,
    pub state_code: Option<String>,
    /// Microseconds since 1970 of that word.
    pub state_at: i64,
    /// Finance called it a duplicate once, whatever it said since: then money may be out twice, and a person must look.
    pub called_duplicate: bool,
}

#[derive(Clone)]
pub struct StoredCase {
    pub document_id: String,
    pub kind: CaseKind,
    /// Only a person ends a case.
    pub open: bool,
}

/// A duplicate by finance's word: never sent again, a person must look (ISO 20022).
pub const DUPLICATE: &str = "AM05";

impl StoredDocument {
    /// Returned, in a way that another account can mend.
    pub fn may_retry(&self) -> bool {
        self.is_returned() && !self.called_duplicate
    }

    pub fn is_returned(&self) -> bool {
        self.state == Some(PaymentOutcome::Returned)
    }
}

impl StoredPayment {
    pub fn has_open_case(&self) -> bool {
        self.cases.iter().any(|case| case.open)
    }

    pub fn latest(&self) -> Option<&StoredDocument> {
        self.documents.last()
    }
}

/// Settings that planning reads.
pub struct PlanningContext<'a> {
    pub tables: &'a crate::law::Tables,
    pub today: SolarDate,
    /// Marriages before this day make no claim, and still count as earlier marriages.
    pub deeds_from: Option<SolarDate>,
    pub ids: &'a crate::claim::identity::IdKey,
}

impl StoredClaim {
    /// The claim with the inputs that now hold it, where those are others: a record that reports the same marriage may speak
    /// instead, or a self-registration come beside it. That alone decides nothing.
    pub fn with_sources_of(&self, held: &AssembledClaim) -> Option<Self> {
        if (&self.record_id, &self.request_id) == (&held.record_id, &held.request_id) {
            return None;
        }
        let (record_id, request_id) = (held.record_id.clone(), held.request_id.clone());
        Some(Self { record_id, request_id, ..self.clone() })
    }

    /// A claim that has no answer yet.
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
