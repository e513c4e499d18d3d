//! Applies facts of marriages: registry rows and self-registrations (R18, R19, R22).

use super::ConsumedRecord;
use super::batch_state::BatchState;
use super::file_tally::Disposition;
use crate::claim::person::SelfRegistration;
use crate::claim::registry_record::RegistryRecord;
use crate::claim::{Benefit, ClaimKey, Counterpart};
use crate::ident::NationalCode;
use crate::store::self_registrations::{RegistrationKey, StoredRegistration};
use crate::wire::Event;
use crate::wire::portal_self_registrations_v1::SelfRegistrationSubmitted;

impl BatchState<'_> {
    /// Applies a registry row. A correction has a higher version. A lower or equal version changes nothing: the first
    /// content of a version is kept.
    pub fn marriage(&mut self, event: &Event, row: RegistryRecord) -> Disposition {
        let old = self.marriages.get(&row.record_id);
        let disposition = match old {
            None => Disposition::Accepted,
            Some(old) if row.record_version > old.record_version => Disposition::Corrected,
            Some(old) if row.record_version == old.record_version && *old != row => {
                return Disposition::Conflicting;
            }
            Some(_) => return Disposition::Unchanged,
        };
        let old_keys = old.map(claim_keys).unwrap_or_default();
        let new_keys = claim_keys(&row);
        for key in old_keys.into_iter().filter(|key| !new_keys.contains(key)) {
            self.mark_touched(key.person, event);
        }
        for key in new_keys {
            self.mark_touched(key.person, event);
        }
        self.changed_marriages.insert(row.record_id.clone());
        self.marriages.insert(row.record_id.clone(), row);
        disposition
    }

    pub fn self_registration(
        &mut self,
        record: &ConsumedRecord,
        event: &Event,
        data: &SelfRegistrationSubmitted,
    ) -> Disposition {
        let registration = SelfRegistration {
            request_id: data.request_id.clone(),
            submitted_at: data.submitted_at.as_microsecond(),
            applicant: data.applicant_national_code,
            spouse: data.spouse_national_code,
            deed_date: data.deed_date,
            first_marriage_undertaking: data.first_marriage_undertaking,
        };
        let source_offset = record.effective_offset();
        let key = RegistrationKey { applicant: registration.applicant, request_id: data.request_id.clone() };
        let disposition = match self.registrations.get(&key) {
            None => Disposition::Accepted,
            Some(old) if record.is_replay() && old.source_offset > source_offset => {
                return Disposition::Unchanged;
            }
            // Written all the same, because the later offset now decides which row is newer.
            Some(old) if old.registration == registration => Disposition::Unchanged,
            Some(_) => Disposition::Corrected,
        };
        if disposition != Disposition::Unchanged {
            self.mark_touched(registration.applicant, event);
        }
        self.changed_registrations.insert(key.clone());
        self.registrations.insert(key, StoredRegistration { registration, source_offset });
        disposition
    }
}

/// The claims of a row: one for each benefit and each spouse with a national code.
fn claim_keys(row: &RegistryRecord) -> Vec<ClaimKey> {
    let (husband, wife) = (row.husband.national_code, row.wife.national_code);
    let mut keys = Vec::new();
    for benefit in Benefit::ALL.iter().copied() {
        keys.extend(husband.map(|person| claim_key(benefit, row, person, wife)));
        keys.extend(wife.map(|person| claim_key(benefit, row, person, husband)));
    }
    keys
}

fn claim_key(
    benefit: Benefit,
    row: &RegistryRecord,
    person: NationalCode,
    other: Option<NationalCode>,
) -> ClaimKey {
    let counterpart = match other {
        Some(code) => Counterpart::Spouse(code),
        None => Counterpart::Unnamed { record_id: row.record_id.clone() },
    };
    ClaimKey { benefit, person, deed_date: row.deed_date, counterpart }
}
