//! Cases that the worked cases under `tests/law/` do not cover: other tables, and very large sums.

use super::{
    AmountFinding, AssessError, Assessment, DaysFinding, EmploymentFinding, EmploymentPeriod, MonthlyWage,
    Outside, assess, list_open_until,
};
use crate::law::tables::{CodeTables, Coverage, LegalParameters, Row};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth, Tables};

fn date(text: &str) -> SolarDate {
    text.parse().unwrap()
}

fn month(text: &str) -> SolarMonth {
    text.parse().unwrap()
}

fn row<T>(from: &str, value: T) -> Row<T> {
    Row { from: date(from), until: None, value }
}

const LAW: LegalParameters = LegalParameters {
    required_days: 720,
    window_years: 5,
    average_months: 24,
    floor_days: 30,
    list_months_after: 1,
};

/// Tables with a minimum daily wage of 1,000 rials from 1394 to 1404. Employments, days and wages of every type except
/// drivers count.
fn tables(parameters: Vec<Row<LegalParameters>>, factor_from: &str, driver: Vec<Row<Coverage>>) -> Tables {
    let all = Coverage { employment: true, days: true, wages: true };
    let wages = (1394..=1404).map(|year| row(&format!("{year}-01-01"), Rial::new(1_000).unwrap())).collect();
    let mut coverage: Vec<_> =
        InsuranceType::ALL.into_iter().map(|kind| (kind, vec![row("1300-01-01", all)])).collect();
    coverage[InsuranceType::Driver as usize].1 = driver;
    Tables::new(
        "test".to_owned(),
        wages,
        vec![row(factor_from, 7)],
        coverage,
        parameters,
        Vec::new(),
        CodeTables::default(),
    )
    .unwrap()
}

fn simple() -> Tables {
    tables(vec![row("1300-01-01", LAW)], "1394-01-01", vec![row("1300-01-01", NONE)])
}

const NONE: Coverage = Coverage { employment: false, days: false, wages: false };
const ALL: Coverage = Coverage { employment: true, days: true, wages: true };

fn wage(text: &str, kind: InsuranceType, days: u32, rials: u64) -> MonthlyWage {
    MonthlyWage { month: month(text), insurance_type: kind, days, insurable: Rial::new(rials).unwrap() }
}

/// Assesses a deed of this date in the last month of the tables.
fn assess_deed(
    deed: &str,
    employments: &[EmploymentPeriod],
    wages: &[MonthlyWage],
    tables: &Tables,
) -> Assessment {
    assess(date(deed), date("1404-12-01"), employments, wages, tables).unwrap()
}

#[test]
fn a_list_is_open_until_the_end_of_the_month_after() {
    let tables = simple();
    assert_eq!(list_open_until(month("1404-07"), date("1404-08-30"), &tables), Some(date("1404-08-30")));
    assert_eq!(list_open_until(month("1404-07"), date("1404-09-01"), &tables), None);
    assert_eq!(list_open_until(month("1403-11"), date("1403-12-30"), &tables), Some(date("1403-12-30")));
    assert_eq!(list_open_until(month("1404-11"), date("1404-12-29"), &tables), Some(date("1404-12-29")));
    assert_eq!(list_open_until(month("1404-12"), date("1404-08-01"), &tables), Some(date("1405-01-31")));
    assert_eq!(list_open_until(month("1299-01"), date("1299-01-01"), &tables), None, "no parameters");
}

#[test]
fn a_types_properties_hold_as_of_the_deed_date() {
    let driver = vec![row("1300-01-01", NONE), row("1404-01-01", ALL)];
    let tables = tables(vec![row("1300-01-01", LAW)], "1394-01-01", driver);
    let employments = [EmploymentPeriod {
        insurance_type: InsuranceType::Driver,
        started_on: date("1395-01-01"),
        ended_on: None,
    }];
    let wages = [wage("1402-05", InsuranceType::Driver, 31, 240)];
    // R2: the wage month is before the change of the table, and the deed date is not.
    let after = assess_deed("1404-01-01", &employments, &wages, &tables);
    assert_eq!((after.working.days, after.working.wage_sum), (31, Rial::new(240)));
    assert_eq!(after.employment, EmploymentFinding::Holds);
    let before = assess_deed("1403-12-30", &employments, &wages, &tables);
    assert_eq!((before.working.days, before.working.wage_sum), (0, Some(Rial::ZERO)));
    assert_eq!(before.employment, EmploymentFinding::TypeNotCovered { types: vec![InsuranceType::Driver] });
}

#[test]
fn parameters_hold_as_of_the_deed_date() {
    let lenient = LegalParameters {
        required_days: 31,
        window_years: 6,
        average_months: 12,
        floor_days: 31,
        list_months_after: 2,
    };
    let tables = tables(
        vec![row("1300-01-01", LAW), row("1404-01-01", lenient)],
        "1394-01-01",
        vec![row("1300-01-01", ALL)],
    );
    let wages = [
        wage("1398-01", InsuranceType::Compulsory, 31, 0),
        wage("1403-01", InsuranceType::Compulsory, 0, 1_200_000),
    ];
    let after = assess_deed("1404-01-01", &[], &wages, &tables);
    assert_eq!(after.working.window_from, date("1398-01-01"));
    assert_eq!(after.days, DaysFinding::Reached);
    // The ceiling 7 × 1,000 × 31 = 217,000 caps the wage 1,200,000; 217,000 / 12 = 18,083; the floor is 31 × 1,000.
    assert_eq!(after.amount, AmountFinding::Known(Rial::new(31_000).unwrap()));
    let before = assess_deed("1403-12-30", &[], &wages, &tables);
    assert_eq!(before.days, DaysFinding::Insufficient { short: 720 });
    assert_eq!(list_open_until(month("1404-01"), date("1404-03-31"), &tables), Some(date("1404-03-31")));
    assert_eq!(list_open_until(month("1403-12"), date("1404-02-01"), &tables), None);
}

#[test]
fn without_the_tables_of_the_deed_date_nothing_is_refused() {
    let late = tables(vec![row("1404-08-01", LAW)], "1394-01-01", vec![row("1300-01-01", ALL)]);
    let found = assess(date("1404-07-15"), date("1404-12-01"), &[], &[], &late).unwrap();
    assert_eq!((found.employment, found.days), (EmploymentFinding::Holds, DaysFinding::Reached));
    assert_eq!(found.amount, AmountFinding::Outside(Outside::OtherTable));
    assert_eq!((found.working.wage_sum, found.working.floor), (None, None));
    // The window is empty.
    assert_eq!(
        (found.working.window_from, found.working.window_to),
        (date("1404-07-15"), date("1404-07-14"))
    );
}

#[test]
fn a_missing_ceiling_gives_no_amount() {
    let tables = tables(vec![row("1300-01-01", LAW)], "1403-01-01", vec![row("1300-01-01", ALL)]);
    let wages = [wage("1402-12", InsuranceType::Compulsory, 30, 24_000)];
    let unknown = assess_deed("1404-07-15", &[], &wages, &tables);
    assert_eq!(
        (unknown.amount, unknown.working.wage_sum),
        (AmountFinding::Outside(Outside::OtherTable), None)
    );
    let wages = [wage("1403-01", InsuranceType::Compulsory, 30, 24_000)];
    let known = assess_deed("1404-07-15", &[], &wages, &tables);
    assert_eq!(known.working.wage_sum, Rial::new(24_000));
    assert_eq!(known.amount, AmountFinding::Known(Rial::new(30_000).unwrap()));
}

/// R7 and R9 are rows of a table. If the averaged months start before the window, days count only in the window.
#[test]
fn days_before_the_window_do_not_count_but_their_wages_do() {
    let one_year = LegalParameters { window_years: 1, ..LAW };
    let tables = tables(vec![row("1300-01-01", one_year)], "1394-01-01", vec![row("1300-01-01", ALL)]);
    let wages = ["1402-08", "1403-08"].map(|text| wage(text, InsuranceType::Compulsory, 30, 24_000));
    let found = assess(date("1404-07-15"), date("1404-12-01"), &[], &wages, &tables).unwrap();
    assert_eq!((found.working.days, found.working.wage_sum), (30, Rial::new(48_000)));
}

/// "Months without any line (of days or rials above 0) are left out". A month with only days or only rials is shown.
#[test]
fn the_working_shows_every_month_with_days_or_rials() {
    let wages = [
        wage("1404-01", InsuranceType::SickPay, 10, 0),
        wage("1404-02", InsuranceType::Compulsory, 0, 10),
        wage("1404-03", InsuranceType::Compulsory, 0, 0),
    ];
    let found = assess(date("1404-07-15"), date("1404-12-01"), &[], &wages, &simple()).unwrap();
    let months: Vec<_> = found.working.months.iter().map(|line| line.month).collect();
    assert_eq!(months, [month("1404-01"), month("1404-02")]);
}

#[test]
fn absurd_figures_are_capped() {
    let line = wage("1404-01", InsuranceType::Compulsory, 0, Rial::MAX.get());
    let wages = assess_deed("1404-07-15", &[], &[line, line], &simple());
    // The ceiling: 7 × 1,000 × 31.
    assert_eq!(wages.working.wage_sum, Rial::new(217_000));
    let line = wage("1404-01", InsuranceType::Compulsory, u32::MAX, 0);
    assert_eq!(assess_deed("1404-07-15", &[], &[line, line], &simple()).working.days, 31);
}

#[test]
fn a_deed_date_at_the_start_of_the_calendar_is_an_error() {
    let wages = vec![row("1394-01-01", Rial::new(1_000).unwrap())];
    let coverage = InsuranceType::ALL.into_iter().map(|kind| (kind, vec![row("1206-01-01", ALL)])).collect();
    let tables = Tables::new(
        "test".to_owned(),
        wages,
        vec![row("1394-01-01", 7)],
        coverage,
        vec![row("1206-01-01", LAW)],
        Vec::new(),
        CodeTables::default(),
    )
    .unwrap();
    let today = date("1404-08-01");
    assert_eq!(assess(date("1210-12-29"), today, &[], &[], &tables), Err(AssessError::Calendar));
    assert!(assess(date("1211-01-01"), today, &[], &[], &tables).is_ok());
}
