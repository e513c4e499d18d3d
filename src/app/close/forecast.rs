//! What a close would issue now, without issuing it: for `--dry-run` and for the brake.

use std::collections::BTreeMap;

use crate::app::AppContext;
use crate::claim::issuance::plan_close;
use crate::law::SolarMonth;
use crate::store::{Result, batches, close_pages, person_states, persons};

/// A branch's share.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BranchForecast {
    pub province_code: String,
    pub documents: u64,
    pub total_rial: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forecast {
    pub month: SolarMonth,
    /// The month has not ended: this is what would be issued if it ended today.
    pub ahead_of_time: bool,
    pub documents: u64,
    pub total_rial: u64,
    /// By branch code.
    pub branches: BTreeMap<String, BranchForecast>,
    /// Count and total of the last closed month.
    pub last: Option<(SolarMonth, u64, u64)>,
}

/// Decides as the close would, page by page, and writes nothing.
pub async fn forecast(ctx: &AppContext, month: SolarMonth) -> Result<Forecast> {
    let mut connection = ctx.pool.acquire().await?;
    let closed: Vec<_> =
        batches::all(&mut connection).await?.into_iter().filter(|batch| batch.closed).collect();
    let last = closed.iter().rfind(|batch| batch.month < month);
    let mut forecast = Forecast {
        month,
        ahead_of_time: ctx.clock.today() <= month.last_day(),
        documents: 0,
        total_rial: 0,
        branches: BTreeMap::new(),
        last: last.map(|batch| (batch.month, batch.documents.unsigned_abs(), batch.total.unsigned_abs())),
    };
    let rules = ctx.planning_context();
    let mut cursor = -1;
    loop {
        let codes =
            batches::persons_after(&mut connection, cursor, close_pages::END, ctx.page_persons).await?;
        let Some(after) = codes.last() else {
            return Ok(forecast);
        };
        cursor = *after;
        let dossiers = persons::read_dossiers(&mut connection, &codes).await?;
        for mut known in person_states::load_with(&mut connection, dossiers).await? {
            if let Some(issue) = plan_close(&mut known, &rules).issuance {
                forecast.add(&issue);
            }
        }
    }
}

impl Forecast {
    fn add(&mut self, issue: &crate::claim::plan::Issuance) {
        let branch = self.branches.entry(issue.cost_centre.clone()).or_default();
        branch.province_code.clone_from(&issue.province_code);
        branch.documents += 1;
        branch.total_rial += issue.amount.get();
        self.documents += 1;
        self.total_rial += issue.amount.get();
    }

    /// Why count or total looks wrong beside the last month's, if it does.
    pub fn differs_by_more_than(&self, percent: u32) -> Option<String> {
        let (month, documents, total) = self.last?;
        let strays = |now: u64, then: u64| {
            u128::from(now.abs_diff(then)) * 100 > u128::from(then) * u128::from(percent)
        };
        if strays(self.documents, documents) {
            return Some(format!(
                "{} documents, {documents} in {month}: more than {percent} % apart",
                self.documents
            ));
        }
        strays(self.total_rial, total)
            .then(|| format!("{} rials, {total} in {month}: more than {percent} % apart", self.total_rial))
    }
}
