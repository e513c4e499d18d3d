//! Months as the number `yyyymm` and kinds as their words, for the facts that a decision stores.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_with::{DeserializeAs, SerializeAs};

use crate::law::{InsuranceType, SolarMonth};

pub struct Plain;

const NOT_OURS: &str = "not a value that was stored here";

impl SerializeAs<SolarMonth> for Plain {
    fn serialize_as<S: Serializer>(month: &SolarMonth, out: S) -> Result<S::Ok, S::Error> {
        (i32::from(month.year()) * 100 + i32::from(month.number())).serialize(out)
    }
}

impl<'de> DeserializeAs<'de, SolarMonth> for Plain {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<SolarMonth, D::Error> {
        let number = i32::deserialize(from)?;
        let year = i16::try_from(number.div_euclid(100)).map_err(|_| D::Error::custom(NOT_OURS))?;
        let month = u8::try_from(number.rem_euclid(100)).map_err(|_| D::Error::custom(NOT_OURS))?;
        SolarMonth::new(year, month).map_err(|_| D::Error::custom(NOT_OURS))
    }
}

impl SerializeAs<InsuranceType> for Plain {
    fn serialize_as<S: Serializer>(kind: &InsuranceType, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(kind.word())
    }
}

impl<'de> DeserializeAs<'de, InsuranceType> for Plain {
    fn deserialize_as<D: Deserializer<'de>>(from: D) -> Result<InsuranceType, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(from)?;
        word.parse().map_err(|_| D::Error::custom(NOT_OURS))
    }
}
