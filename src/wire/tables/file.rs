//! The structure of the tables file: one struct for each kind of row.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_with::{DisplayFromStr, serde_as};

use crate::law::SolarDate;
use crate::law::tables::{CodeRow, Coverage, LegalParameters, Row};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TablesFile {
    pub(super) version: String,
    #[serde(default)]
    pub(super) minimum_daily_wage: Vec<WageTableRow>,
    #[serde(default)]
    pub(super) ceiling_factor: Vec<FactorRow>,
    #[serde(default)]
    pub(super) coverage: BTreeMap<String, Vec<CoverageRow>>,
    #[serde(default)]
    pub(super) parameters: Vec<ParametersRow>,
    #[serde(default)]
    pub(super) retired_banks: Vec<BankRow>,
    #[serde(default)]
    pub(super) set_aside: Vec<ReasonRow>,
    #[serde(default)]
    pub(super) confirmable: Vec<ReasonRow>,
    #[serde(default)]
    pub(super) mendable_returns: Vec<ReturnRow>,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WageTableRow {
    #[serde_as(as = "DisplayFromStr")]
    pub(super) from: SolarDate,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    pub(super) until: Option<SolarDate>,
    pub(super) rial: u64,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactorRow {
    #[serde_as(as = "DisplayFromStr")]
    pub(super) from: SolarDate,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    pub(super) until: Option<SolarDate>,
    pub(super) factor: u32,
}

#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoverageRow {
    #[serde_as(as = "DisplayFromStr")]
    pub(super) from: SolarDate,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    pub(super) until: Option<SolarDate>,
    employment: bool,
    days: bool,
    wages: bool,
}

impl CoverageRow {
    pub(super) fn into_row(self) -> Row<Coverage> {
        let value = Coverage { employment: self.employment, days: self.days, wages: self.wages };
        Row { from: self.from, until: self.until, value }
    }
}

#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParametersRow {
    #[serde_as(as = "DisplayFromStr")]
    pub(super) from: SolarDate,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    pub(super) until: Option<SolarDate>,
    required_days: u32,
    window_years: u8,
    average_months: u8,
    floor_days: u32,
    list_months_after: u8,
}

impl ParametersRow {
    pub(super) fn into_row(self) -> Row<LegalParameters> {
        let value = LegalParameters {
            required_days: self.required_days,
            window_years: self.window_years,
            average_months: self.average_months,
            floor_days: self.floor_days,
            list_months_after: self.list_months_after,
        };
        Row { from: self.from, until: self.until, value }
    }
}

#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BankRow {
    pub(super) bank: String,
    #[serde_as(as = "DisplayFromStr")]
    pub(super) from: SolarDate,
}

/// A reason that a finding can set aside or confirm.
#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonRow {
    pub(super) reason: String,
    #[serde_as(as = "DisplayFromStr")]
    from: SolarDate,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    until: Option<SolarDate>,
}

impl ReasonRow {
    pub(super) fn into_row(self) -> CodeRow {
        CodeRow { code: self.reason, from: self.from, until: self.until }
    }
}

/// A return code of a payment (ISO 20022 external code).
#[serde_as]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReturnRow {
    pub(super) code: String,
    #[serde_as(as = "DisplayFromStr")]
    from: SolarDate,
    #[serde_as(as = "Option<DisplayFromStr>")]
    #[serde(default)]
    until: Option<SolarDate>,
}

impl ReturnRow {
    pub(super) fn into_row(self) -> CodeRow {
        CodeRow { code: self.code, from: self.from, until: self.until }
    }
}
