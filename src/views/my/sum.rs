//! `/my/claims/{id}/sum`: the sum by hand, month by month.

use serde::Serialize;
use uuid::Uuid;

use super::file::{OwnClaimFile, OwnFile};
use super::words::{self, Amount, digits};
use crate::law::marriage_allowance::{MonthWorking, Working};
use crate::law::{Rial, SolarDate};

#[derive(Clone, Debug, Serialize)]
pub struct MySum {
    pub claim_id: Uuid,
    pub deed_date: String,
    /// The decision that `peyvand recompute` repeats from its stored facts.
    pub decision_id: Uuid,
    /// Whether it has just been repeated with the same result.
    pub verified: bool,
    pub decided_on: String,
    pub rules_version: String,
    pub tables_version: String,
    pub days: DaysSum,
    pub months: Vec<SumMonth>,
    pub wage_sum: Amount,
    pub divisor: String,
    pub average: Amount,
    pub daily_wage: Amount,
    pub floor_days: String,
    pub floor: Amount,
    /// Whether the floor is paid because it is above the average.
    pub floor_binds: bool,
    /// The greater of average and floor.
    pub result: Amount,
    /// Whether the claim is or was payable, so that `result` is its amount.
    pub payable: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct DaysSum {
    pub from: String,
    pub to: String,
    pub counted: String,
    pub required: String,
}

/// A month of the working. Amounts are without a unit, which the head of the table names.
#[derive(Clone, Debug, Serialize)]
pub struct SumMonth {
    pub month: String,
    pub listed_days: String,
    pub counted_days: String,
    /// `None` outside the 24 months of the average.
    pub wage: Option<String>,
    pub counted_wage: Option<String>,
    /// Whether the wage is above the ceiling of the month.
    pub capped: bool,
}

impl MySum {
    /// `None` if there is no such claim, or no sum: its facts were lost, or a table lacks a row.
    pub fn new(file: &OwnFile, claim_id: Uuid) -> Option<Self> {
        let claim = file.claim(claim_id)?;
        Self::of(claim)
    }

    fn of(claim: &OwnClaimFile) -> Option<Self> {
        let again = claim.again.as_ref()?;
        let working = again.decision.working.as_ref()?;
        let stored = claim.decisions.last()?;
        let parameters = again.parameters?;
        let (sum, floor) = (working.wage_sum?, working.floor?);
        let divisor = std::num::NonZeroU32::new(u32::from(parameters.average_months))?;
        let average = sum.divided_by(divisor);
        Some(Self {
            claim_id: claim.claim.claim_id,
            deed_date: words::date(claim.claim.deed_date),
            decision_id: stored.decision_id,
            verified: again.equal,
            decided_on: words::date(stored.business_date),
            rules_version: stored.rules_version.clone(),
            tables_version: stored.tables_version.clone(),
            days: days(working),
            months: months(working, claim.claim.deed_date),
            wage_sum: Amount::of(sum),
            divisor: digits(&divisor.to_string()),
            average: Amount::of(average),
            daily_wage: Amount::of(again.daily_wage?),
            floor_days: digits(&parameters.floor_days.to_string()),
            floor: Amount::of(floor),
            floor_binds: floor > average,
            result: Amount::of(average.max(floor)),
            payable: again.decision.amount.is_some(),
        })
    }
}

fn days(working: &Working) -> DaysSum {
    DaysSum {
        from: words::date(working.window_from),
        to: words::date(working.window_to),
        counted: digits(&working.days.to_string()),
        required: digits(&working.required_days.to_string()),
    }
}

/// The latest month first, because a person remembers it best.
fn months(working: &Working, deed_date: SolarDate) -> Vec<SumMonth> {
    let counts = working.months.iter().filter(|month| month.month <= deed_date.month());
    counts.rev().map(sum_month).collect()
}

fn sum_month(month: &MonthWorking) -> SumMonth {
    let counted = month.ceiling.map(|ceiling| month.wage.min(ceiling));
    SumMonth {
        month: words::month(month.month),
        listed_days: digits(&month.days.to_string()),
        counted_days: digits(&month.counted_days.to_string()),
        wage: month.ceiling.map(|_| plain(month.wage)),
        counted_wage: counted.map(plain),
        capped: month.ceiling.is_some_and(|ceiling| month.wage > ceiling),
    }
}

fn plain(amount: Rial) -> String {
    crate::texts::grouped(amount, crate::texts::Lang::Fa)
}
