//! "every condition of the law, met and unmet": the conditions of a claim say what its decision says.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use peyvand::claim::codes::{OfficeKind, Ownership, Permanence, Status};
use peyvand::claim::conditions::{Condition, ConditionState, FactKey as K, conditions};
use peyvand::claim::facts::{
    EmploymentLine, Facts, InsuredFacts, PaidBefore, RegistryFacts, SelfRegistrationFacts, WageLine,
};
use peyvand::claim::{Benefit, Outcome, ReasonCode, decide};
use peyvand::law::{InsuranceType, SolarDate, SolarMonth, Tables};
use peyvand::wire::tables;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

static TABLES: LazyLock<Tables> = LazyLock::new(|| tables::parse(tables::built_in()).unwrap());

fn any_date(years: std::ops::RangeInclusive<i16>) -> impl Strategy<Value = SolarDate> {
    (years, 1..=12_u8, 1..=29_u8).prop_map(|(year, month, day)| SolarDate::new(year, month, day).unwrap())
}

/// Facts of a person without a payment, and a business date. Facts have no `Debug`, because they are personal.
struct Case {
    facts: Facts,
    today: SolarDate,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codes = decide(&self.facts, self.today, &TABLES).codes();
        f.debug_struct("Case").field("deed", &self.facts.deed_date).field("codes", &codes).finish()
    }
}

type Row = ((Status, OfficeKind, Permanence), u32, &'static str, Option<SolarDate>);
type Record = ((Option<&'static str>, Ownership), (Option<&'static str>, Ownership), Option<SolarDate>);
type Work = (Vec<(InsuranceType, Option<i32>)>, i32);

fn any_row() -> impl Strategy<Value = Row> {
    let codes = (select(Status::ALL), select(OfficeKind::ALL), select(Permanence::ALL));
    let names = select(["کریمی", "اکبری"].as_slice());
    (codes, 0..2_u32, names, option::of(any_date(1375..=1376)))
}

fn any_record() -> impl Strategy<Value = Record> {
    let shebas = select([None, Some("IR000"), Some("IR820540102680020817909002")].as_slice());
    let mobiles = select([None, Some("0912"), Some("09121234567")].as_slice());
    let owner = || select(Ownership::ALL);
    ((shebas, owner()), (mobiles, owner()), option::weighted(0.2, any_date(1400..=1406)))
}

fn any_work() -> impl Strategy<Value = Work> {
    let kinds = select([InsuranceType::Compulsory, InsuranceType::Driver].as_slice());
    (proptest::collection::vec((kinds, option::of(-400..400_i32)), 0..2), 0..40_i32)
}

fn registry_facts((codes, earlier_marriages, family_name, birth_date): Row) -> RegistryFacts {
    let (status, office_kind, permanence) = codes;
    let family_name = family_name.to_owned();
    RegistryFacts { status, office_kind, permanence, earlier_marriages, family_name, birth_date }
}

fn insured_facts(((sheba, sheba_owner), (mobile, mobile_owner), deceased_on): Record) -> InsuredFacts {
    InsuredFacts {
        family_name: "کریمی".to_owned(),
        birth_date: SolarDate::new(1375, 1, 1).unwrap(),
        deceased_on,
        sheba: sheba.map(str::to_owned),
        sheba_owner,
        mobile: mobile.map(str::to_owned),
        mobile_owner,
    }
}

fn employments(deed: SolarDate, jobs: Vec<(InsuranceType, Option<i32>)>) -> Vec<EmploymentLine> {
    let lines = jobs.into_iter().map(|(kind, end)| {
        let ended = end.map(|days| deed.plus_days(days).unwrap());
        EmploymentLine(kind, deed.plus_days(-900).unwrap(), ended)
    });
    lines.collect()
}

fn wages(deed: SolarDate, months: i32) -> Vec<WageLine> {
    let lines = (1..=months).rev().map(|back| {
        let month = SolarMonth::from_index(deed.month().index() - back).unwrap();
        WageLine(month, InsuranceType::Compulsory, 30, 100_000_000)
    });
    lines.collect()
}

fn any_case() -> impl Strategy<Value = Case> {
    let flags = (any::<bool>(), any::<bool>(), proptest::bool::weighted(0.1), any::<bool>());
    let sides = (option::weighted(0.8, any_row()), option::weighted(0.9, any_record()));
    let stated = (any::<bool>(), proptest::bool::weighted(0.3), proptest::bool::weighted(0.2));
    let dates = (any_date(1399..=1406), -30..200_i32);
    (dates, flags, sides, stated, any_work()).prop_map(|((deed, later), flags, sides, stated, work)| {
        let (has_code, conflicting, withdrawn, paid) = flags;
        let (undertaking, other_date, earlier) = stated;
        let registry = sides.0.map(registry_facts);
        let self_registration = registry.is_none().then(|| SelfRegistrationFacts {
            first_marriage_undertaking: undertaking,
            registry_has_date: other_date.then(|| deed.plus_days(9).unwrap()),
        });
        let branch = PaidBefore::Branch { paid_on: deed, source: "0101".to_owned() };
        let facts = Facts {
            benefit: Benefit::MarriageAllowance,
            deed_date: deed,
            spouse_has_code: has_code,
            withdrawn,
            self_registration,
            earlier_marriage_on: earlier.then(|| deed.plus_days(-700).unwrap()),
            conflicting: conflicting && registry.is_some(),
            registry,
            insured: sides.1.map(insured_facts),
            employments: employments(deed, work.0),
            wages: wages(deed, work.1),
            paid_before: paid.then_some(branch).into_iter().collect(),
            payment: None,
            findings: Vec::new(),
        };
        Case { facts, today: deed.plus_days(later).unwrap() }
    })
}

/// The facts with which a condition is met. They are read from the record, and not from the decision.
const GOOD: &[K] = &[
    K::FirstInRegistry,
    K::FirstByUndertaking,
    K::IsPermanent,
    K::MarriageOffice,
    K::Consulate,
    K::EmployedOnDeed,
    K::NothingPaid,
    K::RecordFound,
    K::SameIdentity,
    K::RowConfirms,
    K::Recorded,
    K::OneMarriage,
    K::Stands,
    K::SpouseCodeThere,
    K::NoDeathRecorded,
    K::TablesReach,
    K::AccountIsOwn,
    K::MobileIsOwn,
];

proptest! {
    #[test]
    fn unmet_conditions_are_the_reasons_of_the_decision(Case { facts, today } in any_case()) {
        let decision = decide(&facts, today, &TABLES);
        let found = conditions(&facts, today, &TABLES);
        let reasons: BTreeSet<_> = decision.codes().into_iter().collect();
        let named: BTreeSet<_> = found.iter().filter_map(|found| Some(found.reason.as_ref()?.code)).collect();
        prop_assert_eq!(&named, &reasons);
        let order: Vec<_> = found.iter().map(|found| found.condition).collect();
        prop_assert_eq!(order.as_slice(), Condition::ALL);
        for condition in &found {
            let state = match &condition.reason {
                Some(reason) if reason.code.outcome() == Outcome::Pending => ConditionState::Open,
                Some(_) => ConditionState::Unmet,
                None => condition.state,
            };
            prop_assert_eq!(condition.state, state);
            let may_be_good = matches!(state, ConditionState::Met | ConditionState::NotJudged);
            prop_assert_eq!(may_be_good, condition.reason.is_none());
        }
    }

    #[test]
    fn a_condition_is_met_exactly_if_its_record_says_so(Case { facts, today } in any_case()) {
        for found in conditions(&facts, today, &TABLES) {
            if found.state == ConditionState::NotJudged {
                prop_assert!(matches!(found.fact.key, K::NotLookedAt | K::NoRegistryRow));
                continue;
            }
            let good = match found.progress {
                Some(progress) => progress.have >= progress.need,
                None => GOOD.contains(&found.fact.key),
            };
            let met = found.state == ConditionState::Met;
            prop_assert_eq!(met, good, "{:?}: {:?}", found.condition, found.fact.key);
            prop_assert_eq!(found.open_until.is_some_and(|until| until >= today), found.open_until.is_some());
        }
    }

    #[test]
    fn with_all_records_everything_is_judged(Case { facts, today } in any_case()) {
        let complete = facts.registry.is_some() && facts.insured.is_some() && !facts.withdrawn;
        let in_tables = TABLES.parameters(facts.deed_date).is_some();
        if complete && in_tables {
            for found in conditions(&facts, today, &TABLES) {
                prop_assert!(found.state != ConditionState::NotJudged, "{:?}", found.condition);
            }
        }
    }
}

#[test]
fn every_reason_is_about_a_condition_and_every_condition_has_a_reason() {
    let named: BTreeSet<_> = ReasonCode::all().flat_map(Condition::of).copied().collect();
    assert_eq!(named.into_iter().collect::<Vec<_>>(), Condition::ALL);
}
