//! Computes what a close would issue now, without issuing it. Used by `--dry-run` and by the variance check.

use std::collections::BTreeMap;

use super::close_plan::{ClosePlan, PlannedDocument};
use super::page::{PageLimit, PagePersons, select_persons};
use crate::app::AppContext;
use crate::claim::issuance::plan_close;
use crate::law::SolarMonth;
use crate::store::{Error, PgConnection, Result, close_pages, close_plans, closes, person_states, persons};

/// The part of a forecast that one branch pays.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BranchForecast {
    pub province_code: String,
    pub documents: u64,
    pub total_rial: u64,
}

/// What a closed month has issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonthTotals {
    pub month: SolarMonth,
    pub documents: u64,
    pub total_rial: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// True if the month has not ended. The forecast then shows what would be issued if it ended today.
    pub ahead_of_time: bool,
    /// By branch code.
    pub branches: BTreeMap<String, BranchForecast>,
    /// The last closed month.
    pub last: Option<MonthTotals>,
    pub plan: ClosePlan,
}

/// Plans as the close would, page by page, and writes nothing. If the close has begun, its documents count as they are
/// and the rest is planned.
pub async fn forecast(ctx: &AppContext, month: SolarMonth) -> Result<Forecast> {
    let mut connection = ctx.pool.acquire().await?;
    forecast_on(&mut connection, ctx, month).await
}

pub async fn forecast_on(
    connection: &mut PgConnection,
    ctx: &AppContext,
    month: SolarMonth,
) -> Result<Forecast> {
    let closes = closes::all(&mut *connection).await?;
    let begun = closes.iter().find(|close| close.month == month && !close.closed);
    let ctx = &begun.map_or_else(|| ctx.clone(), |close| ctx.with_business_date(close.business_date));
    let closed: Vec<_> = closes.iter().filter(|close| close.closed).collect();
    let last = closed.iter().rfind(|close| close.month < month);
    let mut forecast = Forecast {
        ahead_of_time: ctx.clock.today() <= month.last_day(),
        branches: BTreeMap::new(),
        last: last.map(|close| MonthTotals {
            month: close.month,
            documents: close.documents().unsigned_abs(),
            total_rial: close.total_rial().unsigned_abs(),
        }),
        plan: ClosePlan::of(month),
    };
    let mut cursor = -1;
    if let Some(close) = begun {
        cursor = close.cursor;
        forecast.add_issued(&close_plans::issued(&mut *connection, month).await?)?;
    }
    let planning = ctx.planning_context();
    loop {
        let limit = PageLimit::Persons(ctx.page_persons);
        let PagePersons { codes, last } = select_persons(&mut *connection, ctx, cursor, limit).await?;
        if codes.is_empty() && last == close_pages::END {
            return Ok(forecast);
        }
        cursor = last;
        let dossiers = persons::read_dossiers(&mut *connection, &codes).await?;
        for mut state in person_states::load_with(&mut *connection, dossiers).await? {
            for issuance in &plan_close(&mut state, &planning).issuances {
                forecast.add(
                    &issuance.province_code,
                    &PlannedDocument {
                        claim_id: issuance.claim_id,
                        attempt: issuance.attempt,
                        amount_rial: issuance.amount.get(),
                        sheba: &issuance.sheba,
                        cost_centre: &issuance.cost_centre,
                    },
                )?;
            }
        }
    }
}

impl Forecast {
    fn add_issued(&mut self, documents: &[close_plans::IssuedDocument]) -> Result<()> {
        for document in documents {
            let planned = PlannedDocument {
                claim_id: document.claim_id,
                attempt: document.attempt,
                amount_rial: document.amount.unsigned_abs(),
                sheba: &document.sheba,
                cost_centre: &document.cost_centre,
            };
            self.add(&document.province_code, &planned)?;
        }
        Ok(())
    }

    fn add(&mut self, province_code: &str, document: &PlannedDocument<'_>) -> Result<()> {
        self.plan.add(document)?;
        let branch = self.branches.entry(document.cost_centre.to_owned()).or_default();
        province_code.clone_into(&mut branch.province_code);
        branch.documents += 1;
        branch.total_rial = branch
            .total_rial
            .checked_add(document.amount_rial)
            .ok_or(Error::Unreadable("total of a forecast"))?;
        Ok(())
    }

    /// Compares count and total with the last closed month. Returns a reason for each that differs by more than
    /// `percent`.
    pub fn differs_by_more_than(&self, percent: u32) -> Vec<String> {
        let Some(MonthTotals { month, documents, total_rial: total }) = self.last else {
            return Vec::new();
        };
        let mut reasons = Vec::new();
        let now = self.plan.documents();
        if differs(now, documents, percent) {
            reasons.push(format!("{now} documents, {documents} in {month}: more than {percent} % apart"));
        }
        let now = self.plan.total_rial;
        if differs(now, total, percent) {
            reasons.push(format!("{now} rials, {total} in {month}: more than {percent} % apart"));
        }
        reasons
    }
}

/// True if the two numbers are more than `percent` of `then` apart.
fn differs(now: u64, then: u64, percent: u32) -> bool {
    u128::from(now.abs_diff(then)) * 100 > u128::from(then) * u128::from(percent)
}
