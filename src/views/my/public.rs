//! `/`: how the allowance works. Nothing personal.

use serde::Serialize;

use super::words::{Amount, digits};
use crate::law::{SolarDate, Tables};

#[derive(Clone, Debug, Serialize)]
pub struct PublicPage {
    /// «۷۲۰»; `None` if the tables have no row for today.
    pub required_days: Option<String>,
    /// The year and the least amount of marriages in it. `None` if its minimum wage is not known.
    pub least: Option<Least>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Least {
    pub year: String,
    pub amount: Amount,
}

impl PublicPage {
    pub fn new(tables: &Tables, today: SolarDate) -> Self {
        let parameters = tables.parameters(today);
        let floor = parameters
            .and_then(|parameters| tables.minimum_daily_wage(today)?.checked_mul(parameters.floor_days));
        Self {
            required_days: parameters.map(|parameters| digits(&parameters.required_days.to_string())),
            least: floor
                .map(|floor| Least { year: digits(&today.year().to_string()), amount: Amount::of(floor) }),
        }
    }
}
