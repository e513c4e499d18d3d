//! The inputs from the outside world: a few generated couples, drawn from the seed.

use std::rc::Rc;

use peyvand::claim::codes::{OfficeKind, Ownership, Permanence, Status};
use peyvand::ident::{NationalCode, Sheba};
use peyvand::law::{InsuranceType, Rial, SolarDate, SolarMonth};
use peyvand::wire::insured_records_v1::{EmploymentChanged, PersonChanged, WageEventRow, WagesPosted};
use peyvand::wire::outgoing::event_id;
use peyvand::wire::portal_self_registrations_v1::SelfRegistrationSubmitted;
use peyvand::wire::registry_marriages_v1::{MarriageRecorded, Spouse};
use peyvand::wire::{EventType, Topic};

use crate::simulation::casework::{OTHER_BIRTH, story};
use crate::simulation::log::Sent;
use crate::simulation::world::SeededRandom;
use crate::simulation::writing::AT;

/// Inputs before the first close, and inputs between the first and the second close.
pub struct Population {
    pub first: Vec<Rc<Sent>>,
    pub second: Vec<Rc<Sent>>,
    dice: SeededRandom,
    /// Its own stream, so that objections change nothing else about a seed.
    objections: SeededRandom,
}

pub fn sent(kind: EventType, key: &str, identity: &[&str], data: &impl serde::Serialize) -> Rc<Sent> {
    let text = |text: &str| text.to_owned();
    let headers = vec![
        ("ce_specversion", text("1.0")),
        ("ce_type", text(kind.name())),
        ("ce_id", event_id(kind, identity)),
        ("ce_time", AT.to_string()),
    ];
    let value = serde_json::to_vec(data).unwrap();
    Rc::new(Sent { topic: kind.topic(), key: key.to_owned(), headers, value })
}

fn code(number: usize) -> NationalCode {
    NationalCode::with_check_digit(100_000_000 + u32::try_from(number).unwrap()).unwrap()
}

impl Population {
    pub fn of(seed: u64) -> Self {
        let (dice, objections) = (SeededRandom::new(seed, 1), SeededRandom::new(seed, 3));
        let mut population = Self { first: Vec::new(), second: Vec::new(), dice, objections };
        for couple in 0..1 + population.dice.pick(3) {
            population.couple(couple);
        }
        if population.dice.one_in(3) {
            let unreadable = Sent {
                topic: Topic::RegistryMarriages,
                key: "unreadable".to_owned(),
                headers: vec![("ce_type", "registry.marriage.recorded".to_owned())],
                value: b"{".to_vec(),
            };
            population.first.push(Rc::new(unreadable));
        }
        population
    }

    fn couple(&mut self, number: usize) {
        let pair = [code(2 * number), code(2 * number + 1)];
        let deed = self.dice.pick(2);
        let mut row = marriage(number, pair, ["1404-05-15", "1404-06-20"][deed]);
        self.objection(number, pair, &mut row);
        for (side, person) in pair.into_iter().enumerate() {
            if side == 0 || self.dice.one_in(2) {
                self.insured(person, 2 * number + side);
            }
        }
        let record = row.record_id.clone();
        let version = |row: &mut MarriageRecorded, changes: usize| {
            row.record_version += 1;
            match changes {
                0 => row.deed_date = "1404-05-10".parse().unwrap(),
                1 => row.status = Status::Annulled,
                2 => row.husband.earlier_marriages = 1,
                _ => row.status = Status::Divorced,
            }
            let version = row.record_version.to_string();
            sent(EventType::MarriageRecorded, &record, &[&record, &version], row)
        };
        self.first.push(sent(EventType::MarriageRecorded, &record, &[&record, "1"], &row));
        if self.dice.one_in(4) {
            self.first.push(version(&mut row, self.dice.pick(4)));
            if self.dice.one_in(2) {
                self.first.push(self.first[self.first.len() - 2].clone());
            }
        }
        if self.dice.one_in(6) {
            self.second.push(version(&mut row, self.dice.pick(4)));
        }
        if self.dice.one_in(3) {
            let request = format!("Q{number}");
            let data = SelfRegistrationSubmitted {
                request_id: request.clone(),
                submitted_at: AT,
                applicant_national_code: pair[0],
                spouse_national_code: pair[1],
                deed_date: ["1404-05-15", "1404-06-20"][self.dice.pick(2)].parse().unwrap(),
                first_marriage_undertaking: true,
            };
            let key = pair[0].to_string();
            let submitted = sent(EventType::SelfRegistrationSubmitted, &key, &[&key, &request], &data);
            if self.dice.one_in(2) { &mut self.first } else { &mut self.second }.push(submitted);
        }
    }

    /// At random the registry has another birth date of the husband. He objects, and two officers find about it.
    fn objection(&mut self, number: usize, pair: [NationalCode; 2], row: &mut MarriageRecorded) {
        if !self.objections.one_in(3) {
            return;
        }
        row.husband.birth_date = Some(OTHER_BIRTH.parse().unwrap());
        let approved = !self.objections.one_in(4);
        for event in story(number, pair, &row.deed_date.to_string(), approved) {
            if self.objections.one_in(3) { &mut self.second } else { &mut self.first }.push(event);
        }
    }

    /// An insured person with a record, an employment and wage lists. At random the account or wages are missing, or
    /// arrive later.
    fn insured(&mut self, person: NationalCode, number: usize) {
        let key = person.to_string();
        let (sheba, owner) = match self.dice.pick(6) {
            0 => (None, Ownership::Yes),
            1 => (Some(account(number)), Ownership::Unknown),
            _ => (Some(account(number)), Ownership::Yes),
        };
        let lacks = sheba.is_none() || owner != Ownership::Yes;
        let mut record = record(person, number, sheba, owner);
        self.first.push(sent(EventType::PersonChanged, &key, &[&key, "record"], &record));
        let employment = EmploymentChanged {
            national_code: person,
            workshop_code: "0000000001".to_owned(),
            insurance_type: InsuranceType::Compulsory,
            started_on: "1394-01-01".parse().unwrap(),
            ended_on: None,
            taken_back: None,
        };
        self.first.push(sent(EventType::EmploymentChanged, &key, &[&key, "employment"], &employment));
        let months = if self.dice.one_in(6) { 20 } else { 25 };
        self.first.push(sent(
            EventType::WagesPosted,
            &key,
            &[&key, "wages"],
            &wages(person, "1404-05", months, 0),
        ));
        if self.dice.one_in(2) || lacks {
            record.sheba = Some(account(number + 100));
            record.sheba_owner = Some(Ownership::Yes);
            let change = sent(EventType::PersonChanged, &key, &[&key, "account"], &record);
            if lacks && self.dice.one_in(2) { &mut self.first } else { &mut self.second }.push(change);
        }
        if months == 20 || self.dice.one_in(6) {
            let more = wages(person, "1403-08", 8, 40_000_000);
            self.second.push(sent(EventType::WagesPosted, &key, &[&key, "more"], &more));
        }
    }
}

fn marriage(number: usize, [husband, wife]: [NationalCode; 2], deed: &str) -> MarriageRecorded {
    let spouse = |code| Spouse {
        national_code: Some(code),
        given_name: Some("نام".to_owned()),
        family_name: Some("کریمی".to_owned()),
        birth_date: Some("1375-01-01".parse().unwrap()),
        earlier_marriages: 0,
    };
    MarriageRecorded {
        record_id: format!("R{number}"),
        record_version: 1,
        status: Status::Registered,
        deed_date: deed.parse().unwrap(),
        registered_on: "1404-06-25".parse().unwrap(),
        office_kind: OfficeKind::MarriageOffice,
        office_code: Some("101".to_owned()),
        deed_number: Some("5001".to_owned()),
        permanence: Permanence::Permanent,
        husband: spouse(husband),
        wife: spouse(wife),
    }
}

fn record(person: NationalCode, number: usize, sheba: Option<String>, owner: Ownership) -> PersonChanged {
    PersonChanged {
        national_code: person,
        insurance_number: format!("{:010}", 10 + number).parse().unwrap(),
        given_name: "نام".to_owned(),
        family_name: "کریمی".to_owned(),
        birth_date: "1375-01-01".parse::<SolarDate>().unwrap(),
        deceased_on: None,
        branch_code: format!("01{:02}", number % 2),
        province_code: "10".to_owned(),
        sheba,
        sheba_owner: Some(owner),
        mobile: Some(format!("0912{:07}", 1_000_000 + number)),
        mobile_owner: Some(Ownership::Yes),
    }
}

fn account(number: usize) -> String {
    Sheba::with_check_digits("012", &format!("{number:019}")).unwrap().to_string()
}

/// `count` whole months of the wage list, up to `last`.
fn wages(person: NationalCode, last: &str, count: i32, more: u64) -> WagesPosted {
    let last = last.parse::<SolarMonth>().unwrap().index();
    let row = |index| WageEventRow {
        month: SolarMonth::from_index(index).unwrap(),
        workshop_code: "0000000001".to_owned(),
        insurance_type: InsuranceType::Compulsory,
        days: 31,
        insurable_rial: Rial::new(90_000_000 + more).unwrap(),
    };
    WagesPosted { national_code: person, rows: (last - count + 1..=last).map(row).collect() }
}
