//! Properties of Article 85 that hold for any person.

use peyvand::law::marriage_allowance::{
    AmountFinding, Assessment, DaysFinding, EmploymentPeriod, MonthlyWage, assess,
};
use peyvand::law::{InsuranceType, Rial, SolarDate, SolarMonth, Tables};
use peyvand::wire::tables;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::LazyLock;

static TABLES: LazyLock<Tables> = LazyLock::new(|| tables::parse(tables::built_in()).unwrap());

/// Dates from 1388 to 1406: before, within and after the tables.
fn any_date() -> impl Strategy<Value = SolarDate> {
    (1388..=1406_i16, 1..=12_u8, 1..=31_u8).prop_map(|(year, month, day)| {
        let month = SolarMonth::new(year, month).unwrap();
        SolarDate::new(year, month.number(), day.min(month.days())).unwrap()
    })
}

/// A deed date that every table covers, and a business date on or after it.
fn known_deed() -> impl Strategy<Value = (SolarDate, SolarDate)> {
    let deed = any_date().prop_filter("known", |d| (1396..=1404).contains(&d.year()));
    (deed, 0..400_i32).prop_map(|(deed, later)| (deed, deed.plus_days(later).unwrap()))
}

fn any_type() -> impl Strategy<Value = InsuranceType> {
    prop_oneof![3 => Just(InsuranceType::Compulsory), 1 => select(InsuranceType::ALL.as_slice())]
}

fn any_employment() -> impl Strategy<Value = EmploymentPeriod> {
    (any_type(), any_date(), proptest::option::of(0..3_000_i32)).prop_map(
        |(insurance_type, started_on, days)| EmploymentPeriod {
            insurance_type,
            started_on,
            ended_on: days.map(|days| started_on.plus_days(days).unwrap()),
        },
    )
}

/// Mostly realistic rows; sometimes with unrealistically large numbers.
fn any_wage() -> impl Strategy<Value = MonthlyWage> {
    let days = prop_oneof![20 => 0..=40_u32, 1 => 0..=1_000_000_u32];
    let rials = prop_oneof![20 => 0..=900_000_000_u64, 1 => 0..=10_000_000_000_000_u64];
    (any_date(), any_type(), days, rials).prop_map(|(date, insurance_type, days, rials)| MonthlyWage {
        month: date.month(),
        insurance_type,
        days,
        insurable: Rial::new(rials).unwrap(),
    })
}

/// Rows in the window's months, such that enough days are reached about half of the time.
fn history(deed: SolarDate) -> impl Strategy<Value = Vec<MonthlyWage>> {
    let row = (0..=61_i32, any_wage()).prop_map(move |(back, wage)| MonthlyWage {
        month: SolarMonth::from_index(deed.month().index() - back).unwrap(),
        ..wage
    });
    proptest::collection::vec(row, 0..120)
}

fn known_case() -> impl Strategy<Value = (SolarDate, SolarDate, Vec<EmploymentPeriod>, Vec<MonthlyWage>)> {
    known_deed().prop_flat_map(|(deed, today)| {
        (Just(deed), Just(today), proptest::collection::vec(any_employment(), 0..4), history(deed))
    })
}

fn judged(
    deed: SolarDate,
    today: SolarDate,
    employments: &[EmploymentPeriod],
    wages: &[MonthlyWage],
) -> Assessment {
    assess(deed, today, employments, wages, &TABLES).unwrap()
}

fn amount(found: &Assessment) -> Rial {
    match found.amount {
        AmountFinding::Known(amount) => amount,
        AmountFinding::Outside(why) => panic!("outside: {why:?}"),
    }
}

proptest! {
    #[test]
    fn it_never_panics(
        deed in any_date(),
        today in any_date(),
        employments in proptest::collection::vec(any_employment(), 0..4),
        wages in proptest::collection::vec(any_wage(), 0..80),
    ) {
        let found = judged(deed, today, &employments, &wages);
        prop_assert!(found.working.days <= 1_827);
        prop_assert_eq!(found.working.days >= 720, found.days == DaysFinding::Reached);
        if deed > today {
            prop_assert!(matches!(found.amount, AmountFinding::Outside(_)));
        }
    }

    #[test]
    fn the_order_of_rows_never_matters(
        (case, shuffled) in known_case().prop_flat_map(|case| {
            let rows = (case.2.clone(), case.3.clone());
            (Just(case), (Just(rows.0).prop_shuffle(), Just(rows.1).prop_shuffle()))
        })
    ) {
        let (deed, today, employments, wages) = case;
        prop_assert_eq!(judged(deed, today, &employments, &wages), judged(deed, today, &shuffled.0, &shuffled.1));
    }

    #[test]
    fn a_row_split_in_two_is_the_same_row((deed, today, employments, wages) in known_case(), at in any::<Index>()) {
        let mut split = wages.clone();
        if let Some(place) = (!split.is_empty()).then(|| at.index(split.len())) {
            let whole = split[place];
            let half = Rial::new(whole.insurable.get() / 2).unwrap();
            let rest = Rial::new(whole.insurable.get() - half.get()).unwrap();
            split[place] = MonthlyWage { days: whole.days / 2, insurable: half, ..whole };
            split.push(MonthlyWage { days: whole.days - whole.days / 2, insurable: rest, ..whole });
        }
        prop_assert_eq!(judged(deed, today, &employments, &wages), judged(deed, today, &employments, &split));
    }

    #[test]
    fn one_more_row_never_takes_anything_away((deed, today, employments, wages) in known_case(), more in any_wage()) {
        let before = judged(deed, today, &employments, &wages);
        let after = judged(deed, today, &employments, &[wages, vec![more]].concat());
        prop_assert!(after.working.days >= before.working.days);
        prop_assert!(after.working.wage_sum >= before.working.wage_sum);
        prop_assert!(amount(&after) >= amount(&before));
        if before.days == DaysFinding::Reached {
            prop_assert_eq!(after.days, DaysFinding::Reached);
        }
    }

    #[test]
    fn more_wage_never_lowers_the_amount((deed, today, employments, wages) in known_case(), at in any::<Index>(), more in 1..1_000_000_000_u64) {
        let mut richer = wages.clone();
        if let Some(place) = (!richer.is_empty()).then(|| at.index(richer.len())) {
            richer[place].insurable = Rial::new(richer[place].insurable.get() + more).unwrap();
        }
        prop_assert!(amount(&judged(deed, today, &employments, &richer)) >= amount(&judged(deed, today, &employments, &wages)));
    }

    #[test]
    fn never_below_the_floor_nor_above_the_ceilings((deed, today, employments, wages) in known_case()) {
        let found = judged(deed, today, &employments, &wages);
        let floor = 30 * TABLES.minimum_daily_wage(deed).unwrap().get();
        let averaged = (1..=24).map(|back| SolarMonth::from_index(deed.month().index() - back).unwrap());
        let ceilings: u64 = averaged.map(|month| TABLES.monthly_ceiling(month).unwrap().get()).sum();
        prop_assert!(amount(&found).get() >= floor);
        prop_assert!(amount(&found).get() <= floor.max(ceilings / 24));
    }

    #[test]
    fn the_working_adds_up((deed, today, employments, wages) in known_case()) {
        let working = judged(deed, today, &employments, &wages).working;
        prop_assert_eq!(working.months.iter().map(|m| m.counted_days).sum::<u32>(), working.days);
        let capped = working.months.iter().filter_map(|m| m.ceiling.map(|ceiling| m.wage.min(ceiling).get()));
        prop_assert_eq!(working.wage_sum.map(Rial::get), Some(capped.sum::<u64>()));
        prop_assert!(working.months.is_sorted_by(|a, b| a.month < b.month));
        prop_assert!(working.months.iter().all(|m| m.counted_days <= m.days && m.counted_days <= m.month.days().into()));
    }

    #[test]
    fn time_only_closes_lists((deed, today, employments, wages) in known_case(), later in 0..400_i32) {
        // A pending result may become a refusal. Passing time changes no other result.
        let now = judged(deed, today, &employments, &wages);
        let then = judged(deed, today.plus_days(later).unwrap(), &employments, &wages);
        prop_assert_eq!(&then.amount, &now.amount);
        prop_assert_eq!(&then.working, &now.working);
        if !matches!(now.days, DaysFinding::AwaitsList { .. }) {
            prop_assert_eq!(then.days, now.days);
        }
    }
}
