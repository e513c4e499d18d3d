//! The fact that was used for each condition. Facts of the spouse are never among them.

use super::condition::{Condition, FactKey as K, RecordOwner as O};
use crate::claim::codes::{OfficeKind, Ownership, Permanence, Status};
use crate::claim::decide::Decision;
use crate::claim::facts::{Facts, InsuredFacts, PaidBefore};
use crate::claim::reason::ReasonCode as R;
use crate::ident::{Mobile, Sheba};
use crate::law::marriage_allowance::{Assessment, DaysFinding, EmploymentFinding};
use crate::law::{SolarDate, Tables};

/// What the conditions of one claim are read from.
pub(super) struct Judged<'a> {
    pub facts: &'a Facts,
    pub today: SolarDate,
    pub tables: &'a Tables,
    pub decision: Decision,
    /// `None` if Article 85 was not assessed.
    pub assessment: Option<Assessment>,
}

/// One fact, whose record it is, and the values that its text names.
pub struct UsedFact {
    pub key: K,
    pub owner: O,
    pub values: Vec<(&'static str, String)>,
}

impl UsedFact {
    pub(super) fn new(key: K, owner: O) -> Self {
        Self { key, owner, values: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }
}

/// The fact about a condition that was judged.
pub(super) fn used(condition: Condition, judged: &Judged<'_>) -> UsedFact {
    let facts = judged.facts;
    match condition {
        Condition::FirstMarriage => first_marriage(facts),
        Condition::Permanent
        | Condition::RegisteredInOffice
        | Condition::NotAnnulled
        | Condition::SamePerson => of_the_row(condition, facts),
        Condition::Employed => employment(judged),
        Condition::InsuredDays => days(judged),
        Condition::NeverPaid => never_paid(facts),
        Condition::Insured => {
            let key = if facts.insured.is_some() { K::RecordFound } else { K::NoRecord };
            UsedFact::new(key, O::InsuranceRecord)
        }
        Condition::ConfirmedByRegistry => confirmed(facts),
        Condition::RecordStands => {
            UsedFact::new(if facts.withdrawn { K::Withdrawn } else { K::Recorded }, O::CivilRegistry)
                .with("deed_date", facts.deed_date)
        }
        Condition::OneMarriageThatDay => {
            let key = if facts.conflicting { K::TwoMarriages } else { K::OneMarriage };
            UsedFact::new(key, O::CivilRegistry).with("deed_date", facts.deed_date)
        }
        Condition::SpouseHasCode => {
            let key = if facts.spouse_has_code { K::SpouseCodeThere } else { K::SpouseCodeMissing };
            UsedFact::new(key, O::CivilRegistry)
        }
        Condition::Alive => alive(judged),
        Condition::InsideTables => inside_tables(judged),
        Condition::OwnAccount => account(judged),
        Condition::OwnMobile => mobile(judged),
    }
}

/// The count of the registry has precedence, as in the reason.
fn first_marriage(facts: &Facts) -> UsedFact {
    let counted = facts.registry.as_ref().map_or(0, |registry| registry.earlier_marriages);
    if counted > 0 {
        return UsedFact::new(K::EarlierCounted, O::CivilRegistry).with("count", counted);
    }
    if let Some(date) = facts.earlier_marriage_on {
        return UsedFact::new(K::EarlierDated, O::CivilRegistry).with("date", date);
    }
    match &facts.self_registration {
        Some(own) if own.first_marriage_undertaking => UsedFact::new(K::FirstByUndertaking, O::OwnStatement),
        Some(_) => UsedFact::new(K::NoUndertaking, O::OwnStatement),
        None => UsedFact::new(K::FirstInRegistry, O::CivilRegistry),
    }
}

/// Facts that only a row of the registry states.
fn of_the_row(condition: Condition, facts: &Facts) -> UsedFact {
    let Some(row) = &facts.registry else {
        return UsedFact::new(K::NoRegistryRow, O::CivilRegistry);
    };
    let key = match condition {
        Condition::SamePerson => return same_person(facts),
        Condition::Permanent if row.permanence == Permanence::Temporary => K::IsTemporary,
        Condition::Permanent => K::IsPermanent,
        Condition::NotAnnulled if row.status == Status::Annulled => K::Annulled,
        Condition::NotAnnulled => K::Stands,
        _ => match row.office_kind {
            OfficeKind::MarriageOffice => K::MarriageOffice,
            OfficeKind::Consulate => K::Consulate,
            OfficeKind::Acknowledgement => K::Acknowledgement,
            OfficeKind::None => K::NoOffice,
        },
    };
    UsedFact::new(key, O::CivilRegistry)
}

fn same_person(facts: &Facts) -> UsedFact {
    let both = facts.registry.as_ref().zip(facts.insured.as_ref());
    let (name, birth_date) = both.map_or((false, false), |(registry, insured)| {
        let birth_date = registry.birth_date.is_some_and(|date| date != insured.birth_date);
        (registry.family_name != insured.family_name, birth_date)
    });
    let key = match (name, birth_date) {
        (false, false) => K::SameIdentity,
        (true, false) => K::NameDiffers,
        (false, true) => K::BirthDateDiffers,
        (true, true) => K::NameAndBirthDateDiffer,
    };
    UsedFact::new(key, O::InsuranceRecord)
}

fn employment(judged: &Judged<'_>) -> UsedFact {
    let deed = judged.facts.deed_date;
    let finding = judged.assessment.as_ref().map(|assessment| &assessment.employment);
    let fact = |key| UsedFact::new(key, O::EmploymentRecords).with("deed_date", deed);
    match finding {
        Some(EmploymentFinding::AwaitsList { until }) => {
            let month = deed.month();
            UsedFact::new(K::EmploymentListAwaited, O::WageLists).with("month", month).with("until", until)
        }
        Some(EmploymentFinding::Ended { last_day: Some(day) }) => {
            fact(K::EmploymentEndedOn).with("last_day", day)
        }
        Some(EmploymentFinding::Ended { last_day: None }) => fact(K::NoEmployment),
        Some(EmploymentFinding::TypeNotCovered { types }) => {
            let codes: Vec<_> = types.iter().map(|kind| kind.as_str()).collect();
            fact(K::TypesOnDeed).with("types", codes.join(", "))
        }
        Some(EmploymentFinding::Holds) | None => fact(K::EmployedOnDeed),
    }
}

fn days(judged: &Judged<'_>) -> UsedFact {
    let Some(assessment) = &judged.assessment else {
        return UsedFact::new(K::NotLookedAt, O::WageLists);
    };
    let working = &assessment.working;
    let fact = |key| {
        UsedFact::new(key, O::WageLists)
            .with("days", working.days)
            .with("required", working.required_days)
            .with("from", working.window_from)
            .with("to", working.window_to)
    };
    match &assessment.days {
        DaysFinding::AwaitsList { months, until, .. } => {
            let months: Vec<_> = months.iter().map(ToString::to_string).collect();
            fact(K::DaysListAwaited).with("months", months.join(", ")).with("until", until)
        }
        DaysFinding::Reached | DaysFinding::Insufficient { .. } => fact(K::DaysCounted),
    }
}

fn never_paid(facts: &Facts) -> UsedFact {
    match facts.paid_before.first() {
        None => UsedFact::new(K::NothingPaid, O::PaymentRecords),
        Some(PaidBefore::Branch { paid_on, .. }) => {
            UsedFact::new(K::PaidByBranch, O::PaymentRecords).with("date", paid_on)
        }
        Some(PaidBefore::Document { .. }) => UsedFact::new(K::PaidByDocument, O::PaymentRecords),
    }
}

fn confirmed(facts: &Facts) -> UsedFact {
    let key = |key| UsedFact::new(key, O::CivilRegistry).with("deed_date", facts.deed_date);
    match &facts.self_registration {
        Some(own) => match own.registry_has_date {
            Some(other) => key(K::RowHasOtherDate).with("other_date", other),
            None => key(K::RowAwaited),
        },
        None => key(K::RowConfirms),
    }
}

fn alive(judged: &Judged<'_>) -> UsedFact {
    let died = judged.facts.insured.as_ref().and_then(|insured| insured.deceased_on);
    let key = if died.is_some_and(|day| day <= judged.today) { K::DeathRecorded } else { K::NoDeathRecorded };
    UsedFact::new(key, O::InsuranceRecord)
}

fn inside_tables(judged: &Judged<'_>) -> UsedFact {
    let deed = judged.facts.deed_date;
    let outside = judged.decision.codes().contains(&R::OutsideKnownTables);
    let key = match outside {
        true if deed > judged.today => K::DeedInFuture,
        true => K::TablesDoNotReach,
        false => K::TablesReach,
    };
    UsedFact::new(key, O::LawTables).with("deed_date", deed)
}

fn account(judged: &Judged<'_>) -> UsedFact {
    let Some(insured) = &judged.facts.insured else {
        return UsedFact::new(K::NotLookedAt, O::InsuranceRecord);
    };
    let returned = judged.facts.payment.as_ref().and_then(|payment| payment.returned.as_ref());
    let is_returned = judged.decision.codes().contains(&R::PaymentReturned);
    if let Some(returned) = returned.filter(|_| is_returned) {
        return UsedFact::new(K::AccountReturned, O::Finance)
            .with("code", &returned.code)
            .with("ends", last_digits(&returned.sheba));
    }
    account_on_record(judged, insured)
}

fn account_on_record(judged: &Judged<'_>, insured: &InsuredFacts) -> UsedFact {
    let Some(text) = &insured.sheba else {
        return UsedFact::new(K::AccountMissing, O::InsuranceRecord);
    };
    let Ok(sheba) = text.parse::<Sheba>() else {
        return UsedFact::new(K::AccountMalformed, O::InsuranceRecord);
    };
    let ends = last_digits(sheba.as_str());
    let has_no_account = judged.decision.codes().contains(&R::NoValidAccount);
    if has_no_account && judged.tables.bank_is_retired(sheba.bank(), judged.today) {
        return UsedFact::new(K::BankRetired, O::InsuranceRecord).with("ends", ends);
    }
    let key = match insured.sheba_owner {
        Ownership::Yes => K::AccountIsOwn,
        Ownership::No => K::AccountOfAnother,
        Ownership::Unknown => K::AccountUnchecked,
    };
    UsedFact::new(key, O::AccountCheck).with("ends", ends)
}

fn mobile(judged: &Judged<'_>) -> UsedFact {
    let Some(insured) = &judged.facts.insured else {
        return UsedFact::new(K::NotLookedAt, O::InsuranceRecord);
    };
    let Some(text) = &insured.mobile else {
        return UsedFact::new(K::MobileMissing, O::InsuranceRecord);
    };
    let Ok(mobile) = text.parse::<Mobile>() else {
        return UsedFact::new(K::MobileMalformed, O::InsuranceRecord);
    };
    let key = match insured.mobile_owner {
        Ownership::Yes => K::MobileIsOwn,
        Ownership::No => K::MobileOfAnother,
        Ownership::Unknown => K::MobileUnchecked,
    };
    UsedFact::new(key, O::MobileCheck).with("ends", last_digits(mobile.as_str()))
}

/// The last four digits of a number, by which its owner knows it.
fn last_digits(number: &str) -> String {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned()
}
