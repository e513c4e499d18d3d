//! The worked cases of Article 85. Each file is a person and a deed date, with the sum worked by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use peyvand::law::marriage_allowance::{
    AmountFinding, Assessment, DaysFinding, EmploymentFinding, EmploymentPeriod, MonthlyWage, Outside, assess,
};
use peyvand::law::{Rial, SolarDate, SolarMonth};
use peyvand::wire::tables;
use serde_json::{Value, json};

const RULES: [&str; 11] = ["R2", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R26"];

/// The fields that `expect` of a case may have. Any other field is a typing error.
const EXPECTED: [&str; 19] = [
    "employment",
    "employment_until",
    "last_day",
    "types",
    "days_finding",
    "short",
    "open_months",
    "days_until",
    "days",
    "wage_sum_rial",
    "floor_rial",
    "amount_rial",
    "outside",
    "outside_month",
    "reasons",
    "window_from",
    "window_to",
    "months_listed",
    "required_days",
];

fn cases() -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/law/marriage-allowance");
    let mut cases: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let case =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, case)
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

#[test]
fn every_worked_case_agrees() {
    let tables = tables::parse(tables::built_in()).unwrap();
    let mut wrong = Vec::new();
    for (file, case) in cases() {
        let found = assess(
            date(&case["deed_date"]),
            date(&case["today"]),
            &employments(&case),
            &wages(&case),
            &tables,
        );
        let actual = tell(&found.unwrap_or_else(|e| panic!("{file}: {e:?}")));
        for (field, expected) in case["expect"].as_object().unwrap() {
            assert!(EXPECTED.contains(&field.as_str()), "{file}: unknown field {field}");
            if actual.get(field) != Some(expected) {
                wrong.push(format!("{file}: {field} should be {expected}, but is {}", actual[field]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_is_worked_by_hand_and_every_rule_has_one() {
    let cases = cases();
    let mut rules = BTreeSet::new();
    for (file, case) in &cases {
        let lines = case["by_hand"].as_array().unwrap_or_else(|| panic!("{file}: `by_hand` is missing"));
        assert!(
            !lines.is_empty() && lines.iter().all(|line| line.as_str().is_some_and(|l| !l.trim().is_empty())),
            "{file}"
        );
        for field in ["employment", "days_finding", "days", "wage_sum_rial", "floor_rial", "reasons"] {
            assert!(case["expect"].get(field).is_some(), "{file}: `expect` lacks {field}");
        }
        let amount = case["expect"].get("amount_rial").is_some();
        assert!(
            amount != case["expect"].get("outside").is_some(),
            "{file}: needs either amount_rial or outside"
        );
        for rule in case["rule"].as_array().unwrap() {
            rules.insert(rule.as_str().unwrap().to_owned());
        }
    }
    assert!(cases.len() >= 35, "only {} cases", cases.len());
    for rule in RULES {
        assert!(rules.contains(rule), "no case for {rule}");
    }
}

fn date(value: &Value) -> SolarDate {
    value.as_str().unwrap().parse().unwrap_or_else(|e| panic!("{value}: {e}"))
}

fn employments(case: &Value) -> Vec<EmploymentPeriod> {
    let employment = |e: &Value| EmploymentPeriod {
        insurance_type: e["insurance_type"].as_str().unwrap().parse().unwrap(),
        started_on: date(&e["started_on"]),
        ended_on: (!e["ended_on"].is_null()).then(|| date(&e["ended_on"])),
    };
    case["employments"].as_array().unwrap().iter().map(employment).collect()
}

fn wages(case: &Value) -> Vec<MonthlyWage> {
    case["wages"].as_array().unwrap().iter().flat_map(months_of_line).collect()
}

/// A line has `"month": "1404-06"` or `"months": "1402-07..1404-06"`. `"days": "full"` means every day of each month.
fn months_of_line(line: &Value) -> Vec<MonthlyWage> {
    let month = |text: &str| text.parse::<SolarMonth>().unwrap_or_else(|e| panic!("{line}: {e}"));
    let (first, last) = match line.get("months") {
        Some(range) => range.as_str().unwrap().split_once("..").map(|(a, b)| (month(a), month(b))).unwrap(),
        None => (month(line["month"].as_str().unwrap()), month(line["month"].as_str().unwrap())),
    };
    std::iter::successors(Some(first), |m| (*m < last).then(|| m.next()))
        .map(|month| MonthlyWage {
            month,
            insurance_type: line["insurance_type"].as_str().unwrap().parse().unwrap(),
            days: if line["days"] == "full" {
                month.days().into()
            } else {
                line["days"].as_u64().unwrap().try_into().unwrap()
            },
            insurable: Rial::new(line["insurable_rial"].as_u64().unwrap()).unwrap(),
        })
        .collect()
}

/// The finding as the fields of a case.
fn tell(found: &Assessment) -> Value {
    let working = &found.working;
    let mut fields = json!({
        "days": working.days,
        "required_days": working.required_days,
        "window_from": working.window_from.to_string(),
        "window_to": working.window_to.to_string(),
        "wage_sum_rial": working.wage_sum.map(Rial::get),
        "floor_rial": working.floor.map(Rial::get),
        "months_listed": working.months.len(),
    });
    let mut grounds = BTreeSet::new();
    for part in [
        tell_employment(&found.employment, &mut grounds),
        tell_days(&found.days, &mut grounds),
        tell_amount(&found.amount, &mut grounds),
    ] {
        fields.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    fields["reasons"] = json!(grounds);
    fields
}

fn tell_employment(found: &EmploymentFinding, grounds: &mut BTreeSet<&str>) -> Value {
    match found {
        EmploymentFinding::Holds => json!({"employment": "holds"}),
        EmploymentFinding::AwaitsList { until } => {
            grounds.insert("AWAITING_WAGE_LIST");
            json!({"employment": "awaits_list", "employment_until": until.to_string()})
        }
        EmploymentFinding::Ended { last_day } => {
            grounds.insert("EMPLOYMENT_ENDED");
            json!({"employment": "ended", "last_day": last_day.map(|d| d.to_string())})
        }
        EmploymentFinding::TypeNotCovered { types } => {
            grounds.insert("INSURANCE_TYPE_NOT_COVERED");
            json!({"employment": "type_not_covered", "types": types.iter().map(|t| t.as_str()).collect::<Vec<_>>()})
        }
    }
}

fn tell_days(found: &DaysFinding, grounds: &mut BTreeSet<&str>) -> Value {
    match found {
        DaysFinding::Reached => json!({"days_finding": "reached"}),
        DaysFinding::AwaitsList { short, months, until } => {
            grounds.insert("AWAITING_WAGE_LIST");
            let months: Vec<String> = months.iter().map(ToString::to_string).collect();
            json!({"days_finding": "awaits_list", "short": short, "open_months": months, "days_until": until.to_string()})
        }
        DaysFinding::Insufficient { short } => {
            grounds.insert("INSUFFICIENT_CONTRIBUTION_DAYS");
            json!({"days_finding": "insufficient", "short": short})
        }
    }
}

fn tell_amount(found: &AmountFinding, grounds: &mut BTreeSet<&str>) -> Value {
    let why = match found {
        AmountFinding::Known(amount) => return json!({"amount_rial": amount.get()}),
        AmountFinding::Outside(why) => why,
    };
    grounds.insert("OUTSIDE_KNOWN_TABLES");
    match why {
        Outside::DeedAfterToday => json!({"outside": "deed_after_today"}),
        Outside::DeedPastWageTable => json!({"outside": "deed_past_wage_table"}),
        Outside::MonthBeforeWageTable(month) => {
            json!({"outside": "month_before_wage_table", "outside_month": month.to_string()})
        }
        Outside::OtherTable => json!({"outside": "other_table"}),
    }
}
