//! A couple whose marriage is generated.

use super::people::GeneratedPerson;
use crate::law::SolarDate;

pub struct Couple {
    pub husband: GeneratedPerson,
    pub wife: GeneratedPerson,
    pub deed: SolarDate,
    pub registered: SolarDate,
}
