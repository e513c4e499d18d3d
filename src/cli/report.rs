//! `peyvand report --month`: figures per province and branch, so that they know whom to inform (order, clause 4).

mod page;

use std::collections::BTreeMap;

use super::Result;
use super::paper;
use crate::claim::{Outcome, ReasonCode};
use crate::law::SolarMonth;
use crate::store::batches;
use crate::store::figures::{self, Line, Questions, Refusals};
use crate::work::House;
use page::{Figures, Report};

/// What a person removes by giving an account of their own.
const ACCOUNT: [ReasonCode; 3] =
    [ReasonCode::NoValidAccount, ReasonCode::AccountNotOwned, ReasonCode::PaymentReturned];
/// What a person removes by giving a mobile of their own.
const MOBILE: [ReasonCode; 2] = [ReasonCode::NoValidMobile, ReasonCode::MobileNotOwned];

/// Shows the figures of a month.
pub async fn run(house: &House, month: SolarMonth, json: bool) -> Result<()> {
    let report = report(house, month).await?;
    if json {
        paper::show_json(&report);
    } else {
        paper::show(&report.to_text());
    }
    Ok(())
}

async fn report(house: &House, month: SolarMonth) -> Result<Report> {
    let questions = questions();
    let mut tx = crate::store::snapshot(&house.pool).await?;
    let closed = batches::all(&mut tx).await?.iter().any(|batch| batch.month == month && batch.closed);
    let lines = figures::lines(&mut tx, month, &questions).await?;
    let refusals = figures::refusals(&mut tx, &questions).await?;
    Ok(Report::new(month.to_string(), house.clock.today().to_string(), closed, branches(lines, refusals)))
}

fn questions() -> Questions {
    let words = |codes: &[ReasonCode]| codes.iter().map(|code| code.word()).collect();
    let refusing = ReasonCode::all().filter(|code| code.outcome() == Outcome::Refused);
    Questions {
        account: words(&ACCOUNT),
        mobile: words(&MOBILE),
        refusing: refusing.map(ReasonCode::word).collect(),
    }
}

/// Each branch with its grounds. A ground comes from the claims that the branch's line counts, so its line is there.
fn branches(lines: Vec<Line>, refusals: Vec<Refusals>) -> Vec<Figures> {
    let mut grounds: BTreeMap<(String, String), BTreeMap<String, i64>> = BTreeMap::new();
    for refusal in refusals {
        let branch = grounds.entry((refusal.province_code, refusal.branch_code)).or_default();
        branch.insert(refusal.ground, refusal.claims);
    }
    let figures = |line: Line| {
        let grounds =
            grounds.remove(&(line.province_code.clone(), line.branch_code.clone())).unwrap_or_default();
        Figures::of(line, grounds)
    };
    lines.into_iter().map(figures).collect()
}
