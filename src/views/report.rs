//! The figures of a month by branch and province, so that branches and provinces know whom to inform (order, clause 4).

use std::collections::BTreeMap;

use serde::Serialize;

use super::format::rial;
use crate::app::AppContext;
use crate::claim::{Outcome, ReasonCode};
use crate::law::SolarMonth;
use crate::store::figures::{self, BranchLine, ReasonGroups, RefusalCount};
use crate::store::{Result, closes};

/// Reasons that a person removes by providing his or her own account.
const ACCOUNT: [ReasonCode; 3] =
    [ReasonCode::NoValidAccount, ReasonCode::AccountNotOwned, ReasonCode::PaymentReturned];
/// Reasons that a person removes by providing his or her own mobile number.
const MOBILE: [ReasonCode; 2] = [ReasonCode::NoValidMobile, ReasonCode::MobileNotOwned];

/// Figures of a branch, of a province, or of the country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportFigures {
    /// Empty for persons without an insured record, and in the totals. The same applies to the branch.
    pub province_code: String,
    pub branch_code: String,
    /// Documents that the month's close issued.
    pub paid: i64,
    pub paid_rial: u64,
    /// Documents among them whose latest answer from finance is a return.
    pub returned: i64,
    /// Approved and not issued yet.
    pub payable: i64,
    pub waiting: i64,
    pub waiting_for_account: i64,
    pub waiting_for_mobile: i64,
    pub pending: i64,
    pub under_review: i64,
    pub refused: i64,
    /// Refused claims by reason. A claim with two reasons is counted under both.
    pub refused_by_ground: BTreeMap<String, i64>,
}

impl ReportFigures {
    pub fn of(line: BranchLine, refused_by_ground: BTreeMap<String, i64>) -> Self {
        Self {
            province_code: line.province_code,
            branch_code: line.branch_code,
            paid: line.documents,
            paid_rial: rial(line.total_rial),
            returned: line.returned,
            payable: line.payable,
            waiting: line.waiting,
            waiting_for_account: line.waiting_for_account,
            waiting_for_mobile: line.waiting_for_mobile,
            pending: line.pending,
            under_review: line.under_review,
            refused: line.refused,
            refused_by_ground,
        }
    }

    fn add(&mut self, other: &Self) {
        self.paid += other.paid;
        self.paid_rial = self.paid_rial.saturating_add(other.paid_rial);
        self.returned += other.returned;
        self.payable += other.payable;
        self.waiting += other.waiting;
        self.waiting_for_account += other.waiting_for_account;
        self.waiting_for_mobile += other.waiting_for_mobile;
        self.pending += other.pending;
        self.under_review += other.under_review;
        self.refused += other.refused;
        for (reason, claims) in &other.refused_by_ground {
            *self.refused_by_ground.entry(reason.clone()).or_default() += claims;
        }
    }
}

/// A month's figures.
#[derive(Clone, Debug, Serialize)]
pub struct ReportView {
    pub month: String,
    /// The business date of the claims' states.
    pub as_of: String,
    pub closed: bool,
    pub total: ReportFigures,
    pub provinces: Vec<ReportFigures>,
    pub branches: Vec<ReportFigures>,
}

impl ReportView {
    /// Computes the totals. `branches` are ordered by province and branch.
    pub fn new(month: String, as_of: String, closed: bool, branches: Vec<ReportFigures>) -> Self {
        let mut provinces: BTreeMap<&str, ReportFigures> = BTreeMap::new();
        let mut total = ReportFigures::default();
        for branch in &branches {
            let province = provinces.entry(&branch.province_code).or_default();
            province.province_code.clone_from(&branch.province_code);
            province.add(branch);
            total.add(branch);
        }
        let provinces = provinces.into_values().collect();
        Self { month, as_of, closed, total, provinces, branches }
    }
}

/// Reads the figures of a month.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn report(ctx: &AppContext, month: SolarMonth) -> Result<ReportView> {
    let groups = reason_groups();
    let mut tx = crate::store::snapshot(&ctx.pool).await?;
    let closed = closes::all(&mut tx).await?.iter().any(|close| close.month == month && close.closed);
    let lines = figures::lines(&mut tx, month, &groups).await?;
    let refusals = figures::refusals(&mut tx, &groups).await?;
    Ok(ReportView::new(month.to_string(), ctx.clock.today().to_string(), closed, branches(lines, refusals)))
}

fn reason_groups() -> ReasonGroups {
    let refusing = ReasonCode::all().filter(|code| code.outcome() == Outcome::Refused);
    ReasonGroups {
        account: ACCOUNT.iter().map(|code| code.as_str()).collect(),
        mobile: MOBILE.iter().map(|code| code.as_str()).collect(),
        refusing: refusing.map(ReasonCode::as_str).collect(),
    }
}

/// The figures of each branch with its reasons of refusal. Every refused claim is counted in the line of its branch, so
/// the line exists.
fn branches(lines: Vec<BranchLine>, refusals: Vec<RefusalCount>) -> Vec<ReportFigures> {
    let mut reasons: BTreeMap<(String, String), BTreeMap<String, i64>> = BTreeMap::new();
    for refusal in refusals {
        let branch = reasons.entry((refusal.province_code, refusal.branch_code)).or_default();
        branch.insert(refusal.ground, refusal.claims);
    }
    let mut branches = Vec::with_capacity(lines.len());
    for line in lines {
        let branch = (line.province_code.clone(), line.branch_code.clone());
        branches.push(ReportFigures::of(line, reasons.remove(&branch).unwrap_or_default()));
    }
    branches
}
