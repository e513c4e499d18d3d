//! The insurance types of employments and wage lists.

use std::fmt;
use std::str::FromStr;

/// An insurance type. Its effect under Article 85 is not a property of the type; a table row states it
/// ([`super::tables::Coverage`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum InsuranceType {
    Compulsory,
    Voluntary,
    SelfEmployed,
    Housewife,
    Agreement,
    Construction,
    Driver,
    CarpetWeaver,
    Porter,
    MosqueServant,
    Beekeeper,
    GuildEmployer,
    Pension,
    UnemploymentBenefit,
    SickPay,
    MaternityPay,
    MilitaryService,
}

/// No insurance type has this code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownInsuranceType;

impl InsuranceType {
    /// All types in the order of declaration: `ALL[t as usize] == t`.
    pub const ALL: [InsuranceType; 17] = [
        Self::Compulsory,
        Self::Voluntary,
        Self::SelfEmployed,
        Self::Housewife,
        Self::Agreement,
        Self::Construction,
        Self::Driver,
        Self::CarpetWeaver,
        Self::Porter,
        Self::MosqueServant,
        Self::Beekeeper,
        Self::GuildEmployer,
        Self::Pension,
        Self::UnemploymentBenefit,
        Self::SickPay,
        Self::MaternityPay,
        Self::MilitaryService,
    ];

    /// The code of the contract, e.g. `unemployment_benefit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compulsory => "compulsory",
            Self::Voluntary => "voluntary",
            Self::SelfEmployed => "self_employed",
            Self::Housewife => "housewife",
            Self::Agreement => "agreement",
            Self::Construction => "construction",
            Self::Driver => "driver",
            Self::CarpetWeaver => "carpet_weaver",
            Self::Porter => "porter",
            Self::MosqueServant => "mosque_servant",
            Self::Beekeeper => "beekeeper",
            Self::GuildEmployer => "guild_employer",
            Self::Pension => "pension",
            Self::UnemploymentBenefit => "unemployment_benefit",
            Self::SickPay => "sick_pay",
            Self::MaternityPay => "maternity_pay",
            Self::MilitaryService => "military_service",
        }
    }
}

impl fmt::Display for InsuranceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for InsuranceType {
    type Err = UnknownInsuranceType;

    fn from_str(code: &str) -> Result<Self, UnknownInsuranceType> {
        Self::ALL.into_iter().find(|t| t.as_str() == code).ok_or(UnknownInsuranceType)
    }
}

impl fmt::Display for UnknownInsuranceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an insurance type")
    }
}

impl std::error::Error for UnknownInsuranceType {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_all_follows_the_declaration() {
        for (index, kind) in InsuranceType::ALL.into_iter().enumerate() {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind as usize, index);
        }
        assert_eq!("Compulsory".parse::<InsuranceType>(), Err(UnknownInsuranceType));
    }
}
