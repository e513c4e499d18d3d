use super::{CodeTables, Coverage, LegalParameters, Row, TableError, Tables};
use crate::law::{InsuranceType, Rial, SolarDate, SolarMonth};

fn date(text: &str) -> SolarDate {
    text.parse().unwrap()
}

fn row<T>(from: &str, until: Option<&str>, value: T) -> Row<T> {
    Row { from: date(from), until: until.map(date), value }
}

fn rial(rials: u64) -> Rial {
    Rial::new(rials).unwrap()
}

/// Tables of two years. They are valid except for the rows that the test passes.
fn with(wages: Vec<Row<Rial>>, factors: Vec<Row<u32>>) -> Result<Tables, Vec<TableError>> {
    let coverage = Coverage { employment: true, days: true, wages: true };
    let parameters = LegalParameters {
        required_days: 720,
        window_years: 5,
        average_months: 24,
        floor_days: 30,
        list_months_after: 1,
    };
    Tables::new(
        "test".to_owned(),
        wages,
        factors,
        InsuranceType::ALL.into_iter().map(|kind| (kind, vec![row("1400-01-01", None, coverage)])).collect(),
        vec![row("1400-01-01", None, parameters)],
        Vec::new(),
        CodeTables::default(),
    )
}

fn problems(result: Result<Tables, Vec<TableError>>) -> Vec<String> {
    result.expect_err("faulty").iter().map(ToString::to_string).collect()
}

#[test]
fn a_row_holds_until_the_next_row_or_its_own_end() {
    let wages = vec![
        row("1400-01-01", None, rial(10)),
        row("1400-04-01", None, rial(20)),
        row("1401-01-01", None, rial(30)),
    ];
    let factors = vec![row("1400-01-01", Some("1400-06-31"), 7), row("1400-07-01", Some("1401-06-31"), 8)];
    let tables = with(wages, factors).unwrap();
    assert_eq!(tables.minimum_daily_wage(date("1400-03-31")), Some(rial(10)));
    assert_eq!(tables.minimum_daily_wage(date("1400-04-01")), Some(rial(20)));
    assert_eq!(tables.minimum_daily_wage(date("1401-12-29")), Some(rial(30)));
    assert_eq!(tables.minimum_daily_wage(date("1402-01-01")), None);
    assert_eq!(tables.ceiling_factor(date("1400-06-31")), Some(7));
    assert_eq!(tables.ceiling_factor(date("1401-07-01")), None);
    assert_eq!(tables.coverage(InsuranceType::Porter, date("1399-12-30")), None);
    for (year, month, ceiling, why) in [
        (1400, 7, Some(rial(20 * 8 * 30)), "20 rials, factor 8, 30 days"),
        (1401, 7, None, "no factor"),
        (1402, 1, None, "no wage"),
    ] {
        assert_eq!(tables.monthly_ceiling(SolarMonth::new(year, month).unwrap()), ceiling, "{why}");
    }
}

#[test]
fn faults_between_rows() {
    for (rows, expected) in [
        (vec![], "table ceiling_factor: has no rows"),
        (
            vec![row("1400-01-01", Some("1400-06-31"), 7), row("1400-06-31", None, 8)],
            "table ceiling_factor, row 2: overlap: from 1400-06-31, but the row before holds until 1400-06-31",
        ),
        (
            vec![row("1400-01-01", Some("1400-06-31"), 7), row("1400-07-02", None, 8)],
            "table ceiling_factor, row 2: gap: no row from 1400-07-01 until the day before 1400-07-02",
        ),
    ] {
        assert_eq!(problems(with(vec![row("1400-01-01", None, rial(10))], rows)), [expected]);
    }
}

fn with_wage_until(until: &str) -> Result<Tables, Vec<TableError>> {
    with(vec![row("1400-01-01", Some(until), rial(10))], vec![row("1400-01-01", None, 7)])
}

/// "a row holds until the next, at most to the end of its Solar year". `until` may be that day itself.
#[test]
fn a_wage_row_may_end_on_the_last_day_of_its_year() {
    assert!(with_wage_until("1400-12-29").is_ok());
    assert_eq!(
        problems(with_wage_until("1401-01-01")),
        ["table minimum_daily_wage, row 1: until 1401-01-01 is after the end of its Solar year"]
    );
}

#[test]
fn a_duplicate_wage_row_is_one_fault() {
    let twice = vec![row("1400-01-01", None, rial(10)), row("1400-01-01", None, rial(20))];
    assert_eq!(
        problems(with(twice, vec![row("1400-01-01", None, 7)])),
        ["table minimum_daily_wage, row 2: duplicate: two rows from 1400-01-01"]
    );
}

#[test]
fn all_faults_are_reported_together() {
    let wages = vec![row("1400-01-15", None, rial(10)), row("1402-01-01", None, rial(0))];
    let messages = problems(with(wages, vec![]));
    assert_eq!(messages.len(), 5, "{messages:#?}");
}

#[test]
fn a_duplicate_insurance_type_is_a_fault() {
    let coverage = Coverage { employment: true, days: true, wages: true };
    let rows = vec![row("1400-01-01", None, coverage)];
    let kinds = InsuranceType::ALL.into_iter().chain([InsuranceType::Driver]);
    let twice = kinds.map(|kind| (kind, rows.clone())).collect();
    let parameters = LegalParameters {
        required_days: 720,
        window_years: 0,
        average_months: 24,
        floor_days: 30,
        list_months_after: 1,
    };
    let messages = problems(Tables::new(
        "test".to_owned(),
        vec![row("1400-01-01", None, rial(10))],
        vec![row("1400-01-01", None, 7)],
        twice,
        vec![row("1400-01-01", None, parameters)],
        Vec::new(),
        CodeTables::default(),
    ));
    assert_eq!(messages.len(), 2, "{messages:#?}");
}
