use super::{built_in, parse};
use crate::claim::ReasonCode;
use crate::law::{InsuranceType, SolarDate, SolarMonth};

fn date(text: &str) -> SolarDate {
    text.parse().unwrap()
}

/// The problems of the built-in file with `from` replaced, once, by `to`.
fn errors_after(from: &str, to: &str) -> Vec<String> {
    assert!(built_in().contains(from), "{from}");
    let errors = parse(&built_in().replacen(from, to, 1)).expect_err("the changed file is invalid");
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn the_built_in_tables_are_valid() {
    let tables = parse(built_in()).unwrap();
    assert_eq!(tables.version(), "1404.2");
    for (on, rial) in [
        ("1394-01-01", 237_475),
        ("1395-06-31", 270_722),
        ("1396-01-01", 309_977),
        ("1397-12-29", 370_423),
        ("1398-01-01", 505_627),
        ("1399-03-31", 611_809),
        ("1399-04-01", 636_809),
        ("1399-12-30", 636_809),
        ("1400-01-01", 885_165),
        ("1401-07-07", 1_393_250),
        ("1402-12-29", 1_769_428),
        ("1403-12-30", 2_388_728),
        ("1404-12-29", 3_463_656),
    ] {
        assert_eq!(tables.minimum_daily_wage(date(on)).map(crate::law::Rial::get), Some(rial), "{on}");
    }
    for outside in ["1393-12-29", "1405-01-01"] {
        assert_eq!(tables.minimum_daily_wage(date(outside)), None, "{outside}");
    }
    assert_eq!(
        (tables.wage_table_begins(), tables.wage_table_ends()),
        (date("1394-01-01"), date("1404-12-29"))
    );
    let ceiling = tables.monthly_ceiling(SolarMonth::new(1400, 1).unwrap());
    assert_eq!(ceiling.map(crate::law::Rial::get), Some(6_196_155 * 31));
}

#[test]
fn coverage_of_each_insurance_type() {
    let tables = parse(built_in()).unwrap();
    for kind in InsuranceType::ALL {
        let coverage = tables.coverage(kind, date("1404-07-15")).unwrap();
        let expected = match kind {
            InsuranceType::Compulsory => (true, true, true),
            InsuranceType::SickPay | InsuranceType::MaternityPay => (true, true, false),
            InsuranceType::UnemploymentBenefit | InsuranceType::MilitaryService => (false, true, false),
            _ => (false, false, false),
        };
        assert_eq!((coverage.employment, coverage.days, coverage.wages), expected, "{kind}");
    }
}

#[test]
fn merged_banks_are_retired() {
    let tables = parse(built_in()).unwrap();
    for bank in ["052", "063", "065", "073", "079"] {
        assert!(tables.bank_is_retired(bank, date("1404-08-01")), "{bank}");
        assert!(!tables.bank_is_retired(bank, date("1399-12-30")), "{bank}");
    }
    assert!(!tables.bank_is_retired("015", date("1404-08-01")));
    assert!(!tables.bank_is_retired("999", date("1404-08-01")), "a bank that is not in the table is valid");
}

/// The lists of the contract, one row a code.
#[test]
fn reasons_and_return_codes_are_dated_rows() {
    let tables = parse(built_in()).unwrap();
    let day = date("1404-08-01");
    let listed = |holds: fn(&crate::law::Tables, &str, SolarDate) -> bool| {
        ReasonCode::all().filter(|code| holds(&tables, code.as_str(), day)).collect::<Vec<_>>()
    };
    use ReasonCode as R;
    assert_eq!(
        listed(crate::law::Tables::can_be_set_aside),
        [
            R::IdentityMismatch,
            R::ConflictingRecords,
            R::MarriageNotPermanent,
            R::MarriageNotRegistered,
            R::NotFirstMarriage,
            R::RegisteredByAcknowledgement,
            R::SpouseHasNoNationalCode,
        ]
    );
    let reviewed: Vec<_> =
        ReasonCode::all().filter(|code| code.outcome() == crate::claim::Outcome::ManualReview).collect();
    assert_eq!(listed(crate::law::Tables::can_be_confirmed), reviewed);
    for code in ["AC01", "AC03", "AC04", "AC06", "AC07", "AC14", "BE01", "BE06", "RC01", "RC04"] {
        assert!(tables.account_mends(code, day), "{code}");
    }
    for code in ["AM05", "DUPL", "FOCR", "FR01", "MD07", "MS03", "AC02"] {
        assert!(!tables.account_mends(code, day), "{code}");
    }
    let dated = built_in().replacen("code = \"AC03\"", "until = \"1403-12-30\"\ncode = \"AC03\"", 1);
    let dated = parse(&dated).unwrap();
    assert!(dated.account_mends("AC03", date("1403-12-30")));
    assert!(!dated.account_mends("AC03", date("1404-01-01")));
    // A version of the tables from before these rows stays readable: recompute needs it.
    let start = built_in().find("# ---- Reasons that an officer").unwrap();
    assert!(!parse(&built_in()[..start]).unwrap().can_be_set_aside("IDENTITY_MISMATCH", day));
}

#[test]
fn every_error_names_its_table_and_row() {
    for (from, to, expected) in [
        (
            "\"1402-01-01\"",
            "\"1401-01-01\"",
            "table minimum_daily_wage, row 10: duplicate: two rows from 1401-01-01",
        ),
        (
            "\"1402-01-01\"",
            "\"1401-02-01\"",
            "table minimum_daily_wage, row 11: gap: the year 1402 is missing",
        ),
        (
            "\"1402-01-01\"",
            "\"1402-02-01\"",
            "table minimum_daily_wage, row 10: gap: no row from 1402-01-01 until the day before 1402-02-01",
        ),
        (
            "\"1403-01-01\"",
            "\"1398-06-01\"",
            "table minimum_daily_wage, row 11: unsorted: 1398-06-01 comes after 1402-01-01",
        ),
        ("rial = 1_769_428", "rial = 0", "table minimum_daily_wage, row 10: the wage is 0"),
        (
            "rial = 1_769_428",
            "rial = 9_223_372_036_854_775_807\nuntil = \"1403-01-01\"",
            "table minimum_daily_wage, row 10: until 1403-01-01 is after the end of its Solar year",
        ),
        (
            "bank = \"063\"",
            "bank = \"63\"",
            "table retired_banks, row 2: a bank's code has three digits, not \"63\"",
        ),
        ("bank = \"063\"", "bank = \"052\"", "table retired_banks, row 2: duplicate: bank 052 appears twice"),
        ("[[coverage.driver]]", "[[coverage.drivers]]", "table coverage.drivers: not an insurance type"),
        ("[[coverage.driver]]", "[[coverage.drivers]]", "table coverage.driver: has no rows"),
        ("average_months = 24", "average_months = 0", "table parameters, row 1: average_months is 0"),
        ("version = \"1404.2\"", "version = \"\"", "table version: is empty"),
        (
            "factor = 7",
            "factor = 7\nuntil = \"1393-01-01\"",
            "table ceiling_factor, row 1: until 1393-01-01 is before from 1394-01-01",
        ),
    ] {
        let errors = errors_after(from, to);
        assert!(errors.iter().any(|e| e == expected), "{from} → {to}: {errors:#?}");
    }
}

#[test]
fn errors_of_codes_name_their_table_and_row() {
    for (from, to, expected) in [
        (
            "reason = \"NOT_FIRST_MARRIAGE\"",
            "reason = \"NOT_FIRST\"",
            "table set_aside, row 5: no reason has the code \"NOT_FIRST\"",
        ),
        (
            "reason = \"MARRIAGE_ANNULLED\"",
            "reason = \"IDENTITY_MISMATCH\"",
            "table confirmable, row 4: overlap: an earlier row of IDENTITY_MISMATCH holds on a day of this row",
        ),
        (
            "code = \"AC03\"",
            "code = \"ac03\"",
            "table mendable_returns, row 2: a return code is four capitals, or two capitals and two digits, not \"ac03\"",
        ),
    ] {
        let errors = errors_after(from, to);
        assert!(errors.iter().any(|e| e == expected), "{from} → {to}: {errors:#?}");
    }
}

#[test]
fn a_syntax_error_names_its_line() {
    for (from, to) in [
        ("1402-01-01", "1402-13-01"),
        ("rial = 1_769_428", "rials = 1_769_428"),
        ("factor = 7", "factor = -7"),
        ("employment = true", "employment = 1"),
    ] {
        let errors = errors_after(from, to);
        assert!(errors.len() == 1 && errors[0].starts_with("table file: line "), "{errors:?}");
    }
    assert!(parse("").is_err());
}
