//! Invented people, one for each reason and for each state of a payment. Their claims are planned and decided by the
//! functions of the service.

use jiff::Timestamp;
use peyvand::claim::IdKey;
use peyvand::claim::codes::PaymentOutcome::{Accepted, Paid};
use peyvand::claim::codes::{OfficeKind, Ownership, Permanence, Status};
use peyvand::claim::facts::Facts;
use peyvand::claim::person::EarlierPayment;
use peyvand::clock::Clock;
use peyvand::law::{InsuranceType as I, Rial, SolarDate};
use peyvand::store::decisions::DecisionRow;
use peyvand::store::my::{OwnClaim, OwnRows};
use peyvand::store::payments::FinanceAnswer;
use peyvand::store::person_file::{DocumentRow, MessageRow};
use peyvand::views::my::{LawTables, OwnFile};

use crate::claim::facts::{another, date, job, request, row, sheba, spouse, wage, with_status};
use crate::claim::person_over_days::{DEED, FLOOR, World};

pub struct Invented {
    pub name: &'static str,
    pub world: World,
}

fn person(name: &'static str, world: World) -> Invented {
    Invented { name, world }
}

/// A married person after `change` was ingested.
fn after(name: &'static str, change: impl FnOnce(&mut World)) -> Invented {
    let mut world = World::married();
    change(&mut world);
    world.ingest();
    person(name, world)
}

/// A married person with another row of the registry.
fn with_row(name: &'static str, change: fn(&mut peyvand::claim::person::RegistryRow)) -> Invented {
    after(name, |world| change(&mut world.known.rows[0]))
}

/// A person whose document has this answer of finance.
fn answered(name: &'static str, answer: impl FnOnce(&mut World)) -> Invented {
    let mut world = World::paid();
    world.on("1404-08-05");
    answer(&mut world);
    person(name, world)
}

/// The instant of a document's answer: 5 Aban 1404, 10:00.
fn micros(day: &str) -> i64 {
    at(date(day)).as_microsecond()
}

/// 10:00 of this day in Tehran.
pub fn at(day: SolarDate) -> Timestamp {
    Clock::new(Some(day)).unwrap().now()
}

/// Everyone, by name.
pub fn everyone() -> Vec<Invented> {
    let mut all = of_the_marriage();
    all.extend(of_the_work());
    all.extend(of_account_and_mobile());
    all.extend(of_the_payment());
    all
}

fn of_the_marriage() -> Vec<Invented> {
    vec![
        person("approved", World::married()),
        with_row("identity", |row| row.husband.birth_date = Some(date("1375-01-02"))),
        after("conflicting", |world| {
            world.rows([row("R1", DEED, spouse()), row("R2", DEED, another())]);
        }),
        with_row("temporary", |row| row.permanence = Permanence::Temporary),
        with_row("no_office", |row| row.office_kind = OfficeKind::None),
        with_row("acknowledged", |row| row.office_kind = OfficeKind::Acknowledgement),
        with_row("second_marriage", |row| row.husband.earlier_marriages = 1),
        after("annulled", |world| {
            world.rows([with_status(Status::Annulled, row("R1", DEED, spouse()))]);
        }),
        after("spouse_without_code", |world| {
            world.known.claims.clear();
            world.rows([row("R1", DEED, None)]);
        }),
        after("withdrawn", |world| {
            world.row_becomes(row("R1", "1404-05-16", spouse()));
        }),
        unconfirmed("unconfirmed", |_| {}),
        unconfirmed("other_date", |world| world.known.rows.push(row("R1", "1404-05-17", spouse()))),
    ]
}

/// A person who registered the marriage, and whose row of the registry is not there.
fn unconfirmed(name: &'static str, change: fn(&mut World)) -> Invented {
    let mut world = World::insured();
    world.requests([request("Q1", 1, spouse(), DEED)]);
    change(&mut world);
    world.ingest();
    person(name, world)
}

fn of_the_work() -> Vec<Invented> {
    let earlier = EarlierPayment {
        source_offset: 0,
        paid_on: date("1390-01-20"),
        source: "0101".to_owned(),
        amount: Rial::ZERO,
    };
    let mut uninsured = World::empty();
    uninsured.rows([row("R1", DEED, spouse())]).requests([request("Q1", 1, spouse(), DEED)]).ingest();
    vec![
        after("employment_ended", |world| {
            world.known.dossier.employments = vec![job(I::Compulsory, "1394-01-01", Some("1404-03-31"))];
        }),
        after("type_not_covered", |world| {
            world.known.dossier.employments = vec![job(I::Driver, "1394-01-01", None)];
        }),
        days_short(),
        after("already_paid", |world| world.known.dossier.earlier_payments.push(earlier)),
        person("not_insured", uninsured),
        after("deceased", |world| world.record().deceased_on = Some(date("1404-07-20"))),
        awaiting_list(),
        deed_on("outside_tables", "1405-01-10", "1405-01-20"),
        deed_on("deed_in_future", "1404-08-20", "1404-08-01"),
    ]
}

/// 24 months of 30 days, one of which counts with its 29: 719 days before 15 Mehr 1404, on 20 Azar, when no list can arrive any more.
fn days_short() -> Invented {
    let mut world = World::insured();
    world.on("1404-09-20");
    world.known.dossier.wages = (1..=24)
        .map(|back| {
            let month = date("1404-07-15").month().index() - back;
            let month = peyvand::law::SolarMonth::from_index(month).unwrap();
            wage(&month.to_string(), I::Compulsory, 30, FLOOR)
        })
        .collect();
    world.rows([row("R1", "1404-07-15", spouse())]).ingest();
    person("days_short", world)
}

/// Married on 15 Mehr 1404; on 2 Aban the list of Mehr has not arrived.
fn awaiting_list() -> Invented {
    let mut world = World::insured();
    world.on("1404-08-02");
    world.known.dossier.employments.clear();
    world.rows([row("R1", "1404-07-15", spouse())]).ingest();
    person("awaiting_list", world)
}

fn deed_on(name: &'static str, deed: &str, today: &str) -> Invented {
    let mut world = World::insured();
    world.on(today);
    world.rows([row("R1", deed, spouse())]).ingest();
    person(name, world)
}

fn of_account_and_mobile() -> Vec<Invented> {
    vec![
        after("account_unchecked", |world| world.record().sheba_owner = Ownership::Unknown),
        after("mobile_unchecked", |world| world.record().mobile_owner = Ownership::Unknown),
        after("no_account", |world| world.record().sheba = None),
        after("account_of_another", |world| world.record().sheba_owner = Ownership::No),
        after("no_mobile", |world| world.record().mobile = None),
        after("mobile_of_another", |world| world.record().mobile_owner = Ownership::No),
        after("neither", |world| {
            world.record().sheba = None;
            world.record().mobile = None;
        }),
        after("many_reasons", |world| {
            world.known.rows[0].permanence = Permanence::Temporary;
            world.known.rows[0].husband.earlier_marriages = 1;
            world.known.dossier.wages.truncate(12);
            world.record().sheba = None;
        }),
    ]
}

fn of_the_payment() -> Vec<Invented> {
    vec![
        answered("sent", |_| {}),
        answered("accepted", |world| {
            world.finance(1, Accepted, "", micros("1404-08-03"));
        }),
        answered("paid", |world| {
            world.finance(1, Paid, "", micros("1404-08-05"));
        }),
        answered("returned", |world| {
            world.returned(1, "AC04", micros("1404-08-05"));
        }),
        answered("renewed", |world| {
            world.returned(1, "AC04", micros("1404-08-05"));
            world.record().sheba = Some(sheba(77));
            world.ingest();
        }),
        answered("returned_as_duplicate", |world| {
            world.returned(1, "AM05", micros("1404-08-05"));
        }),
    ]
}

/// The file of the person, as the store would load it.
pub fn own_file(world: &World) -> OwnFile {
    let tables = LawTables::new([world.tables().clone()]);
    OwnFile::new(rows(world), &tables, world.today)
}

fn rows(world: &World) -> OwnRows {
    let mut claims = Vec::new();
    let mut stored: Vec<_> = world.known.claims.iter().collect();
    stored.sort_by_key(|claim| std::cmp::Reverse(claim.key.deed_date));
    for claim in stored {
        let (_, decision) =
            world.published.iter().rfind(|(published, _)| published.claim_id == claim.claim_id).unwrap();
        claims.push(OwnClaim {
            claim_id: claim.claim_id,
            benefit: claim.key.benefit,
            deed_date: claim.key.deed_date,
            in_registry: claim.record_id.is_some(),
            self_registered: claim.request_id.is_some(),
            withdrawn: claim.withdrawn,
            revision: claim.revision,
            outcome: claim.outcome,
            amount: claim.amount,
            reasons: decision.codes(),
            decision_id: claim.decision_id,
        });
    }
    let documents = documents(world);
    let messages = documents.iter().map(message).collect();
    OwnRows {
        claims,
        decisions: decisions(world),
        documents,
        answers: answers(world),
        messages,
        cases: Vec::new(),
    }
}

fn decisions(world: &World) -> Vec<DecisionRow> {
    let mut rows = Vec::new();
    for ((claim, decision), (day, facts)) in world.published.iter().zip(&world.stored_facts) {
        rows.push(DecisionRow {
            decision_id: claim.decision_id,
            claim_id: claim.claim_id,
            revision: claim.revision,
            outcome: decision.outcome.to_string(),
            amount: decision.amount.map(Rial::to_i64),
            reasons: decision.codes().iter().map(ToString::to_string).collect(),
            days: None,
            wage_sum: None,
            facts: Some(Facts::decode(facts).unwrap()),
            content_digest: decision.content_digest().to_vec(),
            rules_version: peyvand::claim::RULES_VERSION.to_owned(),
            tables_version: world.tables().version().to_owned(),
            business_date: *day,
            decided_at: at(*day),
        });
    }
    rows
}

fn documents(world: &World) -> Vec<DocumentRow> {
    let issued = world.issued.iter().map(|issue| DocumentRow {
        document_id: issue.document_id.to_string(),
        claim_id: issue.claim_id,
        decision_id: issue.decision_id,
        attempt: issue.attempt,
        month: "1404-07".parse().unwrap(),
        amount_rial: issue.amount.to_i64(),
        sheba: issue.sheba.clone(),
        cost_centre: issue.cost_centre.clone(),
        issued_at: at(date("1404-08-01")),
        superseded: false,
    });
    issued.collect()
}

fn message(document: &DocumentRow) -> MessageRow {
    MessageRow {
        sms_id: IdKey::new(b"sms").registration_sms(&document.document_id).to_string(),
        claim_id: document.claim_id,
        document_id: document.document_id.clone(),
        kind: "registration".to_owned(),
        mobile: "09121234567".to_owned(),
        segments: 2,
        written_at: document.issued_at,
        released_at: Some(document.issued_at),
        status: Some("delivered".to_owned()),
        status_at: Some(document.issued_at),
    }
}

fn answers(world: &World) -> Vec<FinanceAnswer> {
    let documents = world.known.payments.iter().flat_map(|payment| &payment.documents);
    let answered = documents.filter_map(|document| {
        let answer = document.answer()?;
        Some(FinanceAnswer {
            document_id: document.document_id.clone(),
            answered_at: Timestamp::from_microsecond(answer.at).unwrap(),
            outcome: answer.outcome,
            code: answer.code.clone(),
            source_offset: 0,
        })
    });
    answered.collect()
}
