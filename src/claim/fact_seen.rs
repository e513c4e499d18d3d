//! The digest of the values that a ground compares. A finding counts only while the values are those that its officers
//! saw.
//!
//! The digest covers no wording and no version of rules or tables. Approved findings keep their digests, so a form that
//! was used once is computed without change from then on.

use super::canonical::CanonicalHash;
use super::facts::{Facts, SelfRegistrationFacts};
use super::reason::ReasonCode as R;

/// The version of the encoding. It is its first field.
const FORM: &str = "1";

/// The registry rows that the grounds of a claim compare, beside its facts.
#[derive(Clone, Default)]
pub struct ComparedRows {
    /// The row of this marriage that counts.
    pub record_id: Option<String>,
    /// The live rows of the person with this deed date, as `record_id` and spouse, sorted.
    pub same_day: Vec<ComparedRow>,
    /// The live rows of the person with an earlier deed date that count as earlier marriages, sorted.
    pub earlier: Vec<ComparedRow>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComparedRow {
    pub record_id: String,
    pub deed_date: String,
    /// Empty for a spouse without a national code.
    pub spouse: String,
}

impl ComparedRow {
    fn fields(&self) -> [String; 3] {
        [self.record_id.clone(), self.deed_date.clone(), self.spouse.clone()]
    }
}

/// The digest of the values of a ground. `None` for a ground about which no finding can be made, and where the claim
/// lacks what the ground compares.
pub fn fact_seen(ground: R, facts: &Facts, rows: &ComparedRows) -> Option<[u8; 32]> {
    let head = CanonicalHash::default().field(FORM).field(ground.as_str());
    let hash = match ground {
        R::IdentityMismatch => identity(head, facts)?,
        R::ConflictingRecords => head.list(rows.same_day.iter().flat_map(ComparedRow::fields)),
        R::NotFirstMarriage => first_marriage(head, facts, rows),
        R::MarriageNotPermanent => {
            head.field(record(rows)).field(facts.registry.as_ref()?.permanence.as_str())
        }
        R::MarriageNotRegistered | R::RegisteredByAcknowledgement => {
            head.field(record(rows)).field(facts.registry.as_ref()?.office_kind.as_str())
        }
        R::MarriageAnnulled => head.field(record(rows)).field(facts.registry.as_ref()?.status.as_str()),
        R::PersonDeceased => {
            head.field(record(rows)).field(&facts.insured.as_ref()?.deceased_on?.to_string())
        }
        R::SpouseHasNoNationalCode => {
            head.field(record(rows)).field(if facts.spouse_has_code { "yes" } else { "no" })
        }
        R::RegistryDateMismatch => {
            let stated = facts.self_registration.as_ref()?;
            head.field(&facts.deed_date.to_string()).field(&stated.registry_has_date?.to_string())
        }
        _ => return None,
    };
    Some(hash.finish())
}

fn record(rows: &ComparedRows) -> &str {
    rows.record_id.as_deref().unwrap_or_default()
}

/// Both folded family names, and both birth dates.
fn identity(hash: CanonicalHash, facts: &Facts) -> Option<CanonicalHash> {
    let (registry, insured) = (facts.registry.as_ref()?, facts.insured.as_ref()?);
    let born = registry.birth_date.map(|date| date.to_string()).unwrap_or_default();
    let names = hash.field(&registry.family_name).field(&insured.family_name);
    Some(names.field(&born).field(&insured.birth_date.to_string()))
}

/// The registry's count, all earlier live marriages, and the applicant's undertaking while no row speaks.
fn first_marriage(hash: CanonicalHash, facts: &Facts, rows: &ComparedRows) -> CanonicalHash {
    let count = facts.registry.as_ref().map(|registry| registry.earlier_marriages.to_string());
    let undertaking = |stated: &SelfRegistrationFacts| {
        if stated.first_marriage_undertaking { "true" } else { "false" }
    };
    hash.field(&count.unwrap_or_default())
        .list(rows.earlier.iter().flat_map(ComparedRow::fields))
        .field(facts.self_registration.as_ref().map_or("", undertaking))
}
