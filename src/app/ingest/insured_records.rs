//! Applies facts of insured persons: profile, employments, wage lists, earlier payments. A later row of a key replaces
//! the earlier one.

use compact_str::CompactString;

use super::ConsumedRecord;
use super::batch_state::BatchState;
use super::file_tally::{Disposition, FileTally};
use super::taken_back::RevocableFact;
use crate::claim::codes::Ownership;
use crate::claim::person::{EarlierPayment, Employment, PersonRecord, TakenBackKey, Wage};
use crate::ident::NationalCode;
use crate::law::{InsuranceType, SolarDate, SolarMonth};
use crate::store::Result;
use crate::wire::Event;
use crate::wire::insured_records_v1::{
    EarlierPaymentRecorded, EmploymentChanged, PersonChanged, WagesPosted,
};

impl BatchState<'_> {
    pub fn person(
        &mut self,
        record: &ConsumedRecord,
        event: &Event,
        data: &PersonChanged,
    ) -> Result<Disposition> {
        let new = PersonRecord {
            source_offset: record.effective_offset(),
            insurance_number: data.insurance_number.to_string(),
            given_name: data.given_name.clone(),
            family_name: data.family_name.clone(),
            birth_date: data.birth_date,
            deceased_on: data.deceased_on,
            branch_code: data.branch_code.clone(),
            province_code: data.province_code.clone(),
            sheba: data.sheba.clone(),
            sheba_owner: data.sheba_owner.unwrap_or(Ownership::Unknown),
            mobile: data.mobile.clone(),
            mobile_owner: data.mobile_owner.unwrap_or(Ownership::Unknown),
        };
        let dossier = self.dossier(data.national_code)?;
        let disposition =
            replace(&mut dossier.record, new, record.is_replay(), |record| &mut record.source_offset);
        Ok(self.changed(data.national_code, event, disposition))
    }

    pub fn employment(
        &mut self,
        record: &ConsumedRecord,
        event: &Event,
        data: &EmploymentChanged,
    ) -> Result<Disposition> {
        let new = Employment {
            source_offset: record.effective_offset(),
            workshop_code: data.workshop_code.as_str().into(),
            insurance_type: data.insurance_type,
            started_on: data.started_on,
            ended_on: data.ended_on,
        };
        let dossier = self.dossier(data.national_code)?;
        let wanted = TakenBackKey::Employment(new.workshop_code.clone(), new.insurance_type, new.started_on);
        let fact =
            RevocableFact { key: wanted, source_offset: new.source_offset, is_replay: record.is_replay() };
        let (facts, taken_back) = (&mut dossier.employments, &mut dossier.taken_back);
        let disposition = if data.taken_back == Some(true) {
            fact.take_back(taken_back, facts, &employment_key(&new), employment_key, |e| e.source_offset)
        } else {
            fact.put(taken_back, || {
                put(facts, new, record.is_replay(), employment_key, |e| &mut e.source_offset)
            })
        };
        Ok(self.changed(data.national_code, event, disposition))
    }

    pub fn earlier_payment(
        &mut self,
        record: &ConsumedRecord,
        event: &Event,
        data: &EarlierPaymentRecorded,
    ) -> Result<Disposition> {
        let new = EarlierPayment {
            source_offset: record.effective_offset(),
            paid_on: data.paid_on,
            source: data.source.clone(),
            amount: data.amount_rial,
        };
        let dossier = self.dossier(data.national_code)?;
        let wanted = TakenBackKey::EarlierPayment(new.paid_on, new.source.clone());
        let fact =
            RevocableFact { key: wanted, source_offset: new.source_offset, is_replay: record.is_replay() };
        let (facts, taken_back) = (&mut dossier.earlier_payments, &mut dossier.taken_back);
        let disposition = if data.taken_back == Some(true) {
            fact.take_back(taken_back, facts, &payment_key(&new), payment_key, |payment| {
                payment.source_offset
            })
        } else {
            fact.put(taken_back, || {
                put(facts, new, record.is_replay(), payment_key, |payment| &mut payment.source_offset)
            })
        };
        Ok(self.changed(data.national_code, event, disposition))
    }

    pub fn wages(
        &mut self,
        record: &ConsumedRecord,
        event: &Event,
        data: &WagesPosted,
        count: &mut dyn FnMut(&mut FileTally, Disposition),
    ) -> Result<()> {
        for row in &data.rows {
            let new = Wage {
                source_offset: record.effective_offset(),
                month: row.month,
                workshop_code: row.workshop_code.as_str().into(),
                insurance_type: row.insurance_type,
                days: row.days,
                insurable: row.insurable_rial,
            };
            let dossier = self.dossier(data.national_code)?;
            let disposition =
                put(&mut dossier.wages, new, record.is_replay(), wage_key, |wage| &mut wage.source_offset);
            let disposition = self.changed(data.national_code, event, disposition);
            count(&mut self.file_tally, disposition);
        }
        Ok(())
    }

    fn changed(&mut self, code: NationalCode, event: &Event, disposition: Disposition) -> Disposition {
        // An unchanged row is also written, because its later offset now decides which row is newer.
        self.changed_dossiers.insert(code);
        if disposition != Disposition::Unchanged {
            self.mark_touched(code, event);
        }
        disposition
    }
}

/// Inserts a fact or replaces the fact of the same key. The list is ordered by key, independent of the order of
/// arrival.
fn put<T: PartialEq, K: Ord>(
    list: &mut Vec<T>,
    new: T,
    replay: bool,
    key: impl Fn(&T) -> K,
    at: impl Fn(&mut T) -> &mut i64,
) -> Disposition {
    let wanted = key(&new);
    // Histories usually arrive in the order of their keys, so most facts are appended.
    if list.last().is_none_or(|last| key(last) < wanted) {
        list.push(new);
        return Disposition::Accepted;
    }
    match list.binary_search_by(|old| key(old).cmp(&wanted)) {
        Err(place) => {
            list.insert(place, new);
            Disposition::Accepted
        }
        Ok(place) => overwrite(&mut list[place], new, replay, at),
    }
}

fn replace<T: PartialEq>(
    place: &mut Option<T>,
    new: T,
    replay: bool,
    at: impl Fn(&mut T) -> &mut i64,
) -> Disposition {
    match place {
        None => {
            *place = Some(new);
            Disposition::Accepted
        }
        Some(old) => overwrite(old, new, replay, at),
    }
}

/// A later row replaces an earlier one. A replayed row replaces only if no newer row has arrived since; an equal row
/// counts as newer, too.
fn overwrite<T: PartialEq>(
    old: &mut T,
    mut new: T,
    replay: bool,
    at: impl Fn(&mut T) -> &mut i64,
) -> Disposition {
    let (was, is) = (*at(old), *at(&mut new));
    if replay && is < was {
        return Disposition::Unchanged;
    }
    *at(old) = is;
    if *old == new {
        return Disposition::Unchanged;
    }
    *old = new;
    Disposition::Corrected
}

fn employment_key(e: &Employment) -> (CompactString, InsuranceType, SolarDate) {
    (e.workshop_code.clone(), e.insurance_type, e.started_on)
}

fn payment_key(payment: &EarlierPayment) -> (SolarDate, String) {
    (payment.paid_on, payment.source.clone())
}

fn wage_key(wage: &Wage) -> (SolarMonth, CompactString, InsuranceType) {
    (wage.month, wage.workshop_code.clone(), wage.insurance_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies a fact, as (source offset, content).
    fn arrives(stored: &mut Option<(i64, char)>, offset: i64, content: char, replay: bool) -> Disposition {
        replace(stored, (offset, content), replay, |fact| &mut fact.0)
    }

    #[test]
    fn an_equal_fact_is_as_new_as_its_latest_place() {
        let mut stored = None;
        assert_eq!(arrives(&mut stored, 3, 'a', false), Disposition::Accepted);
        assert_eq!(arrives(&mut stored, 7, 'a', false), Disposition::Unchanged);
        assert_eq!(stored, Some((7, 'a')));
        assert_eq!(
            arrives(&mut stored, 5, 'b', true),
            Disposition::Unchanged,
            "a newer fact arrived before the replay"
        );
        assert_eq!(stored, Some((7, 'a')));
        assert_eq!(arrives(&mut stored, 8, 'b', true), Disposition::Corrected);
        assert_eq!(stored, Some((8, 'b')));
    }
}
