//! Invented people for months in a row: rows of their files, and how to publish them. Every person is sound unless told
//! otherwise: employed, with enough days, an account and a mobile.

use std::process::Stdio;
use std::time::Duration;

use peyvand::ident::{NationalCode, Sheba};
use peyvand::law::{SolarDate, SolarMonth};
use peyvand::wire::files::FileKind as K;
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::app::{Answers, TestApp, reasons};

/// Of 1404: 30 × 3,463,656 rials; what everybody here is paid unless told otherwise.
pub const FLOOR: u64 = 103_909_680;
/// A wage whose average of 24 months lies below that floor.
pub const WAGE: u64 = 90_000_000;

#[derive(Clone)]
pub struct Person {
    number: u32,
    pub family_name: String,
    pub birth_date: String,
    pub deceased_on: String,
    pub branch: String,
    pub sheba: String,
    pub sheba_owner: String,
    pub mobile: String,
}

/// A good Sheba, another for each number.
pub fn sheba(number: u32) -> String {
    Sheba::with_check_digits("012", &format!("{number:019}")).unwrap().to_string()
}

/// The person of a number; the same number is the same person.
pub fn person(number: u32) -> Person {
    Person {
        number,
        family_name: "کریمی".to_owned(),
        birth_date: "1375-01-01".to_owned(),
        deceased_on: String::new(),
        branch: format!("01{:02}", number % 3),
        sheba: sheba(number),
        sheba_owner: "yes".to_owned(),
        mobile: format!("0912{:07}", 1_000_000 + number),
    }
}

impl Person {
    pub fn code(&self) -> String {
        NationalCode::with_check_digit(100_000_000 + self.number).unwrap().to_string()
    }

    pub fn row(&self) -> String {
        let Self { number, family_name, birth_date, deceased_on, branch, sheba, sheba_owner, mobile } = self;
        let code = self.code();
        format!(
            "{code},{number:010},نام,{family_name},{birth_date},{deceased_on},{branch},10,{sheba},{sheba_owner},{mobile},yes"
        )
    }

    /// The row, changed.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    pub fn employment(&self, from: &str, to: &str) -> String {
        format!("{},W{},compulsory,{from},{to}", self.code(), self.number)
    }

    /// Full months of the wage list, `count` of them up to `last`.
    pub fn months(&self, last: &str, count: i32) -> Vec<String> {
        let last: SolarMonth = last.parse().unwrap();
        let months =
            (last.index() - count + 1..=last.index()).map(|index| SolarMonth::from_index(index).unwrap());
        months.map(|month| self.wage(&month.to_string(), month.days().into(), WAGE)).collect()
    }

    pub fn wage(&self, month: &str, days: u32, rials: u64) -> String {
        format!("{},{month},W{},compulsory,{days},{rials}", self.code(), self.number)
    }
}

/// A row of the registry; husband and wife are of these people, or the wife has no code.
#[derive(Clone)]
pub struct Marriage {
    pub record_id: String,
    pub version: u32,
    pub status: &'static str,
    pub deed_date: String,
    pub registered_on: String,
    pub husband: Person,
    pub wife: Option<Person>,
    /// Of the husband.
    pub earlier_marriages: u32,
}

/// The first version of a good row.
pub fn marriage(record_id: &str, deed_date: &str, husband: &Person, wife: &Person) -> Marriage {
    let later: SolarDate = deed_date.parse().unwrap();
    Marriage {
        record_id: record_id.to_owned(),
        version: 1,
        status: "registered",
        deed_date: deed_date.to_owned(),
        registered_on: later.plus_days(3).unwrap().to_string(),
        husband: husband.clone(),
        wife: Some(wife.clone()),
        earlier_marriages: 0,
    }
}

impl Marriage {
    pub fn row(&self) -> String {
        let Self { record_id, version, status, deed_date, registered_on, .. } = self;
        let side =
            |person: &Person| format!("{},نام,{},{}", person.code(), person.family_name, person.birth_date);
        let husband = side(&self.husband);
        let wife = self.wife.as_ref().map_or_else(|| ",,,".to_owned(), side);
        let earlier = self.earlier_marriages;
        format!(
            "{record_id},{version},{status},{deed_date},{registered_on},marriage_office,101,5001,permanent,{husband},{earlier},{wife},0"
        )
    }

    /// The next version, changed.
    pub fn corrected(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.version += 1;
        change(&mut next);
        next
    }
}

/// The marriage of a sound person to somebody whom we do not insure.
pub fn row(husband: &Person) -> Marriage {
    let wife = person(husband.code()[3..9].parse::<u32>().unwrap() + 5000);
    marriage(&format!("R{}", husband.code()), "1404-05-20", husband, &wife)
}

/// Sound people of these numbers, married on 1404-05-20 to people whom we do not insure; not yet paid.
pub fn married(app: &mut TestApp, numbers: std::ops::Range<u32>) -> Vec<Person> {
    let people: Vec<_> = numbers.map(person).collect();
    insured(app, &people.iter().collect::<Vec<_>>(), "1404-04");
    let rows: Vec<_> = people.iter().map(row).collect();
    marriages(app, &rows.iter().collect::<Vec<_>>());
    app.settle();
    people
}

/// Kills a close between two pages of one person each: after `done`, while it waits for `held`, whom another transaction holds.
pub fn kill_close(app: &TestApp, month: &str, done: &Person, held: &Person) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut holder = runtime.block_on(PgConnection::connect(&app.database_url)).unwrap();
    let sql = format!("BEGIN; SELECT 1 FROM persons WHERE code = {} FOR UPDATE", held.code());
    runtime.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut holder)).unwrap();
    let mut child = app.command(&["close-month", month]).stdout(Stdio::null()).spawn().unwrap();
    while app.value("SELECT coalesce(max(cursor), -1) FROM batches WHERE closed_at IS NULL") != done.code() {
        assert!(child.try_wait().unwrap().is_none(), "the close ended without waiting");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    runtime.block_on(holder.close()).unwrap();
}

/// Publishes records, an employment since 1394, and four years of wage lists up to `last`.
pub fn insured(app: &mut TestApp, people: &[&Person], last: &str) {
    let rows =
        |of: &dyn Fn(&Person) -> Vec<String>| people.iter().flat_map(|person| of(person)).collect::<Vec<_>>();
    app.publish_rows(K::Persons, &rows(&|person| vec![person.row()]));
    app.publish_rows(K::Employments, &rows(&|person| vec![person.employment("1394-01-01", "")]));
    app.publish_rows(K::Wages, &rows(&|person| person.months(last, 48)));
}

pub fn marriages(app: &mut TestApp, all: &[&Marriage]) {
    app.publish_rows(K::Marriages, &all.iter().map(|marriage| marriage.row()).collect::<Vec<_>>());
}

/// A person's record as it now is.
pub fn profile(app: &mut TestApp, person: &Person) {
    app.publish_rows(K::Persons, &[person.row()]);
}

/// Finance's answers: document, outcome, code, and the time of 1404-09-20 (which is 2025-12-11).
pub fn finance(app: &mut TestApp, answers: &[(&str, &str, &str, &str)]) {
    let row = |(document, outcome, code, time): &(&str, &str, &str, &str)| {
        format!("{document},{outcome},{code},2025-12-11T{time}+03:30")
    };
    app.publish_rows(K::PaymentOutcomes, &answers.iter().map(row).collect::<Vec<_>>());
}

/// The document of a person and attempt, among those that `TestApp::documents` gives.
pub fn document<'a>(issued: &'a [Value], person: &Person, attempt: u64) -> &'a Value {
    let found = issued.iter().find(|d| d["national_code"] == person.code() && d["attempt"] == attempt);
    found.unwrap_or_else(|| panic!("no document {attempt} of {}", person.code()))
}

pub fn document_id(issued: &[Value], person: &Person, attempt: u64) -> String {
    document(issued, person, attempt)["document_id"].as_str().unwrap().to_owned()
}

/// Attempts issued to a person, and the months of their batches.
pub fn paid(issued: &[Value], person: &Person) -> Vec<(u64, String)> {
    let mut all: Vec<_> = issued
        .iter()
        .filter(|document| document["national_code"] == person.code())
        .map(|document| {
            (document["attempt"].as_u64().unwrap(), document["month"].as_str().unwrap().to_owned())
        })
        .collect();
    all.sort();
    all
}

/// Outcome and grounds of a person's claim of a deed date, as last published.
#[track_caller]
pub fn expect(answers: &Answers, person: &Person, deed_date: &str, outcome: &str, grounds: &[&str]) {
    let own = answers.of(&person.code());
    let claim = own.iter().find(|decision| decision["marriage"]["deed_date"] == deed_date);
    let claim = claim.unwrap_or_else(|| panic!("no claim of {deed_date} among {own:#?}"));
    assert_eq!(claim["outcome"], outcome, "{:#?}", claim["reasons"]);
    assert_eq!(reasons(claim), grounds.iter().map(|ground| (*ground).to_owned()).collect());
}
