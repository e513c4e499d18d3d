//! Encodes dates, months, insurance types and rials as small integers, for the packed dossier of a person.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs};

use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

/// The compact serialisation of the values of `law`. An insurance type is stored as its index in `InsuranceType::ALL`.
/// The order of `ALL` must therefore never change.
pub struct CompactForm;

const INVALID: &str = "not a value in compact form";

impl SerializeAs<SolarDate> for CompactForm {
    fn serialize_as<S: Serializer>(date: &SolarDate, out: S) -> Result<S::Ok, S::Error> {
        // A month has at most 31 days, so 32 values for each month are enough.
        (date.month().index() * 32 + i32::from(date.day())).serialize(out)
    }
}

impl<'de> DeserializeAs<'de, SolarDate> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<SolarDate, D::Error> {
        let packed = i32::deserialize(from)?;
        let month = SolarMonth::from_index(packed.div_euclid(32)).map_err(|_| D::Error::custom(INVALID))?;
        let day = u8::try_from(packed.rem_euclid(32)).map_err(|_| D::Error::custom(INVALID))?;
        SolarDate::new(month.year(), month.number(), day).map_err(|_| D::Error::custom(INVALID))
    }
}

impl SerializeAs<SolarMonth> for CompactForm {
    fn serialize_as<S: Serializer>(month: &SolarMonth, out: S) -> Result<S::Ok, S::Error> {
        month.index().serialize(out)
    }
}

impl<'de> DeserializeAs<'de, SolarMonth> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<SolarMonth, D::Error> {
        SolarMonth::from_index(i32::deserialize(from)?).map_err(|_| D::Error::custom(INVALID))
    }
}

impl SerializeAs<InsuranceType> for CompactForm {
    fn serialize_as<S: Serializer>(kind: &InsuranceType, out: S) -> Result<S::Ok, S::Error> {
        (*kind as u8).serialize(out)
    }
}

impl<'de> DeserializeAs<'de, InsuranceType> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<InsuranceType, D::Error> {
        let index = usize::from(u8::deserialize(from)?);
        InsuranceType::ALL.get(index).copied().ok_or_else(|| D::Error::custom(INVALID))
    }
}

impl SerializeAs<Rial> for CompactForm {
    fn serialize_as<S: Serializer>(rial: &Rial, out: S) -> Result<S::Ok, S::Error> {
        rial.get().serialize(out)
    }
}

impl<'de> DeserializeAs<'de, Rial> for CompactForm {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<Rial, D::Error> {
        Rial::new(u64::deserialize(from)?).ok_or_else(|| D::Error::custom(INVALID))
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

    /// The dossier of a person is stored in this form, so every value must round-trip.
    #[test]
    fn packed_values_round_trip() {
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
