//! The identity of a claim: a benefit, a person and a marriage (R1, R19).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::benefit::Benefit;
use super::case::Cause;
use crate::ident::NationalCode;
use crate::law::SolarDate;

/// The other party of the marriage.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Counterpart {
    Spouse(NationalCode),
    /// A spouse without a national code. Each such spouse counts as a different person, so the record id identifies the
    /// pair.
    Unnamed {
        record_id: String,
    },
}

impl Counterpart {
    pub fn spouse(&self) -> Option<NationalCode> {
        match self {
            Self::Spouse(code) => Some(*code),
            Self::Unnamed { .. } => None,
        }
    }
}

/// A benefit for one person and one marriage: the unordered pair and the deed date. The key does not depend on the inputs that report
/// the marriage.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClaimKey {
    pub benefit: Benefit,
    pub person: NationalCode,
    pub deed_date: SolarDate,
    pub counterpart: Counterpart,
}

/// The secret of the installation. Without it, ids cannot be derived from national codes.
#[derive(Clone)]
pub struct IdKey(Hmac<Sha256>);

impl IdKey {
    pub fn new(secret: &[u8]) -> Self {
        // HMAC accepts keys of any length, so this cannot fail. The fallback, an empty key, would also be valid.
        Self(Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }

    /// The id, in this installation, of the object of `kind` that `parts` identify.
    pub fn id(&self, kind: &str, parts: &[&str]) -> Uuid {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        for part in parts {
            // No part contains the separator, so ("ab", "c") and ("a", "bc") give different ids.
            mac.update(b"\x1f");
            mac.update(part.as_bytes());
        }
        let digest = mac.finalize().into_bytes();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::new_v8(bytes)
    }

    pub fn claim(&self, key: &ClaimKey) -> Uuid {
        let benefit = key.benefit.as_str();
        let person = key.person.to_string();
        let deed = key.deed_date.to_string();
        match &key.counterpart {
            Counterpart::Spouse(spouse) => {
                let low = key.person.min(*spouse).to_string();
                let high = key.person.max(*spouse).to_string();
                self.id("claim", &[benefit, &low, &high, &deed, &person])
            }
            Counterpart::Unnamed { record_id } => self.id("claim", &[benefit, record_id, &deed, &person]),
        }
    }

    pub fn decision(&self, claim: Uuid, revision: i32) -> Uuid {
        self.id("decision", &[&claim.to_string(), &revision.to_string()])
    }

    pub fn document(&self, claim: Uuid, attempt: i32) -> Uuid {
        self.id("document", &[&claim.to_string(), &attempt.to_string()])
    }

    /// The id of the case of this cause about this document.
    pub fn case(&self, cause: &Cause) -> Uuid {
        let parts = [cause.document_id.as_str(), cause.kind.as_str(), &hex::encode(cause.digest())];
        self.id("case", &parts)
    }

    /// The id of the SMS that announces the registration of a document.
    pub fn registration_sms(&self, document_id: &str) -> Uuid {
        self.id("sms", &[document_id, "registration"])
    }

    /// The id of the SMS about a returned document. `returned_at` is in microseconds since 1970.
    pub fn return_sms(&self, document_id: &str, returned_at: i64) -> Uuid {
        self.id("sms", &[document_id, "returned", &returned_at.to_string()])
    }
}
