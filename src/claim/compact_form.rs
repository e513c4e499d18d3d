//! Dates, months, kinds and rials as small integers, for the packed history of a person.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs};

use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// How the law's values are written where every byte counts. A position in `InsuranceType::ALL` never changes.
pub struct CompactForm;

const NOT_OURS: &str = "not a value that was packed here";

impl SerializeAs<SolarDate> for CompactForm {
    fn serialize_as<S: Serializer>(date: &SolarDate, out: S) -> Result<S::Ok, S::Error> {
        let days_of_months = date.month().index() * 32;
        (days_of_months + i32::from(date.day())).serialize(out)
    }
}

impl<'de> DeserializeAs<'de, SolarDate> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<SolarDate, D::Error> {
        let packed = i32::deserialize(from)?;
        let month = SolarMonth::from_index(packed.div_euclid(32)).map_err(|_| D::Error::custom(NOT_OURS))?;
        let day = u8::try_from(packed.rem_euclid(32)).map_err(|_| D::Error::custom(NOT_OURS))?;
        SolarDate::new(month.year(), month.number(), day).map_err(|_| D::Error::custom(NOT_OURS))
    }
}

impl SerializeAs<SolarMonth> for CompactForm {
    fn serialize_as<S: Serializer>(month: &SolarMonth, out: S) -> Result<S::Ok, S::Error> {
        month.index().serialize(out)
    }
}

impl<'de> DeserializeAs<'de, SolarMonth> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<SolarMonth, D::Error> {
        SolarMonth::from_index(i32::deserialize(from)?).map_err(|_| D::Error::custom(NOT_OURS))
    }
}

impl SerializeAs<InsuranceType> for CompactForm {
    fn serialize_as<S: Serializer>(kind: &InsuranceType, out: S) -> Result<S::Ok, S::Error> {
        (*kind as u8).serialize(out)
    }
}

impl<'de> DeserializeAs<'de, InsuranceType> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<InsuranceType, D::Error> {
        let place = usize::from(u8::deserialize(from)?);
        InsuranceType::ALL.get(place).copied().ok_or_else(|| D::Error::custom(NOT_OURS))
    }
}

impl SerializeAs<Rial> for CompactForm {
    fn serialize_as<S: Serializer>(rial: &Rial, out: S) -> Result<S::Ok, S::Error> {
        rial.get().serialize(out)
    }
}

impl<'de> DeserializeAs<'de, Rial> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<Rial, D::Error> {
        Rial::new(u64::deserialize(from)?).ok_or_else(|| D::Error::custom(NOT_OURS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_with::serde_as;

    #[serde_as]
    #[derive(PartialEq, Debug, Serialize, Deserialize)]
    struct All(
        #[serde_as(as = "CompactForm")] SolarDate,
        #[serde_as(as = "CompactForm")] SolarMonth,
        #[serde_as(as = "CompactForm")] InsuranceType,
        #[serde_as(as = "CompactForm")] Rial,
    );

    /// A person's history is stored by these: what was written is what is read.
    #[test]
    fn what_was_packed_is_read_again() {
        for (date, kind) in
            [("1206-01-01", InsuranceType::Compulsory), ("1501-12-29", InsuranceType::MilitaryService)]
        {
            let date: SolarDate = date.parse().unwrap();
            let all = All(date, date.month(), kind, Rial::MAX);
            let packed = postcard::to_stdvec(&all).unwrap();
            assert_eq!(postcard::from_bytes::<All>(&packed), Ok(all));
        }
    }
}
