//! Which claim is which: one person and one marriage (R1, R19).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::ident::NationalCode;
use crate::law::SolarDate;

/// The benefit whose claims these are; a second benefit has another word.
pub const BENEFIT: &str = "marriage_allowance";

/// Who stands on the other side of the marriage.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Counterpart {
    Spouse(NationalCode),
    /// A spouse without a national code differs from every other: the record itself stands for the pair.
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

/// One person and one marriage: the unordered pair and the deed date, whatever inputs it came by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClaimKey {
    pub person: NationalCode,
    pub deed_date: SolarDate,
    pub counterpart: Counterpart,
}

/// The secret of the installation that keeps ids from being guessed out of national codes.
#[derive(Clone)]
pub struct IdKey(Hmac<Sha256>);

impl IdKey {
    pub fn new(secret: &[u8]) -> Self {
        // HMAC takes keys of any length, so this cannot fail; an empty default would still be a valid key.
        Self(Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }

    /// An id of this installation for `kind` and the identity in `parts`.
    pub fn id(&self, kind: &str, parts: &[&str]) -> Uuid {
        let mut mac = self.0.clone();
        mac.update(kind.as_bytes());
        for part in parts {
            // A separator that no part holds keeps ("ab", "c") and ("a", "bc") apart.
            mac.update(b"\x1f");
            mac.update(part.as_bytes());
        }
        let digest = mac.finalize().into_bytes();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::new_v8(bytes)
    }

    pub fn claim(&self, key: &ClaimKey) -> Uuid {
        let person = key.person.to_string();
        let deed = key.deed_date.to_string();
        match &key.counterpart {
            Counterpart::Spouse(spouse) => {
                let (low, high) = (key.person.min(*spouse).to_string(), key.person.max(*spouse).to_string());
                self.id("claim", &[BENEFIT, &low, &high, &deed, &person])
            }
            Counterpart::Unnamed { record_id } => self.id("claim", &[BENEFIT, record_id, &deed, &person]),
        }
    }

    pub fn decision(&self, claim: Uuid, revision: i32) -> Uuid {
        self.id("decision", &[&claim.to_string(), &revision.to_string()])
    }

    pub fn document(&self, claim: Uuid, attempt: i32) -> Uuid {
        self.id("document", &[&claim.to_string(), &attempt.to_string()])
    }
}
