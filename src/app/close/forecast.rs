//! Computes what a close would issue now, without issuing it. Used by `--dry-run` and by the variance check.

use std::collections::BTreeMap;

use crate::app::AppContext;
use crate::claim::issuance::plan_close;
use crate::law::SolarMonth;
use crate::store::{Result, close_pages, closes, person_states, persons};

/// The part of a forecast that one branch pays.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BranchForecast {
    pub province_code: String,
    pub documents: u64,
    pub total_rial: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forecast {
    pub month: SolarMonth,
    /// True if the month has not ended. The forecast then shows what would be issued if it ended today.
    pub ahead_of_time: bool,
    pub documents: u64,
    pub total_rial: u64,
    /// By branch code.
    pub branches: BTreeMap<String, BranchForecast>,
    /// The last closed month, with its number of documents and its total (rials).
    pub last: Option<(SolarMonth, u64, u64)>,
}

/// Plans as the close would, page by page, and writes nothing.
pub async fn forecast(ctx: &AppContext, month: SolarMonth) -> Result<Forecast> {
    let mut connection = ctx.pool.acquire().await?;
    let closed: Vec<_> =
        closes::all(&mut connection).await?.into_iter().filter(|close| close.closed).collect();
    let last = closed.iter().rfind(|close| close.month < month);
    let mut forecast = Forecast {
        month,
        ahead_of_time: ctx.clock.today() <= month.last_day(),
        documents: 0,
        total_rial: 0,
        branches: BTreeMap::new(),
        last: last
            .map(|close| (close.month, close.documents().unsigned_abs(), close.total_rial().unsigned_abs())),
    };
    let planning = ctx.planning_context();
    let mut cursor = -1;
    loop {
        let codes =
            closes::persons_after(&mut connection, cursor, close_pages::END, ctx.page_persons).await?;
        let Some(after) = codes.last() else {
            return Ok(forecast);
        };
        cursor = *after;
        let dossiers = persons::read_dossiers(&mut connection, &codes).await?;
        for mut state in person_states::load_with(&mut connection, dossiers).await? {
            for issuance in &plan_close(&mut state, &planning).issuances {
                forecast.add(issuance);
            }
        }
    }
}

impl Forecast {
    fn add(&mut self, issuance: &crate::claim::plan::Issuance) {
        let branch = self.branches.entry(issuance.cost_centre.clone()).or_default();
        branch.province_code.clone_from(&issuance.province_code);
        branch.documents += 1;
        branch.total_rial += issuance.amount.get();
        self.documents += 1;
        self.total_rial += issuance.amount.get();
    }

    /// Compares count and total with the last closed month. Returns the reason if either differs by more than
    /// `percent`.
    pub fn differs_by_more_than(&self, percent: u32) -> Option<String> {
        let (month, documents, total) = self.last?;
        let differs = |now: u64, then: u64| {
            u128::from(now.abs_diff(then)) * 100 > u128::from(then) * u128::from(percent)
        };
        if differs(self.documents, documents) {
            return Some(format!(
                "{} documents, {documents} in {month}: more than {percent} % apart",
                self.documents
            ));
        }
        differs(self.total_rial, total)
            .then(|| format!("{} rials, {total} in {month}: more than {percent} % apart", self.total_rial))
    }
}
