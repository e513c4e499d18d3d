//! The seeds of the fuzz targets.

use std::fs;
use std::path::PathBuf;

use peyvand::claim::codes::{OfficeKind, Ownership, Permanence, Status, Verdict};
use peyvand::claim::facts::{
    EmploymentLine, Facts, FindingFacts, InsuredFacts, PaidBefore, PaymentFacts, RegistryFacts, ReturnFacts,
    Standing, WageLine,
};
use peyvand::claim::person::{Dossier, EarlierPayment, Employment, PersonRecord, Wage};
use peyvand::claim::{Benefit, ClaimKey, Counterpart, ReasonCode};
use peyvand::law::{InsuranceType, Rial};
use peyvand::wire::eligibility_decisions_v1::DecisionMade;
use peyvand::wire::files::FileKind;
use peyvand::wire::outbox_event::{DecisionEvent, OutboxEvent};
use peyvand::wire::{Direction, EventType, Outgoing};

pub struct Seed {
    pub target: &'static str,
    pub name: String,
    pub bytes: Vec<u8>,
    pub is_read: bool,
}

pub fn all() -> Vec<Seed> {
    [messages(), headers(), files(), stored()].into_iter().flatten().collect()
}

fn seed(target: &'static str, name: &str, choice: &[u8], rest: &[u8], is_read: bool) -> Seed {
    Seed { target, name: name.to_owned(), bytes: [choice, rest].concat(), is_read }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn number(place: usize) -> u8 {
    u8::try_from(place).unwrap()
}

/// Every example of an input schema.
fn messages() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (place, kind) in EventType::ALL.iter().enumerate() {
        if kind.topic().spec().direction != Direction::In {
            continue;
        }
        let schema = kind.topic().name().trim_end_matches(".v1");
        for (folder, is_read) in [("valid", true), ("invalid", false)] {
            let folder = root().join("schemas").join(schema).join("v1").join(folder);
            let mut examples: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
            examples.sort();
            for path in examples {
                let name = path.file_stem().unwrap().to_str().unwrap();
                if name.split("--").next() == Some(kind.name()) {
                    let (choice, json) = ([number(place), 0], fs::read(&path).unwrap());
                    seeds.push(seed("messages", name, &choice, &json, is_read));
                }
            }
        }
    }
    assert!(seeds.len() > 40, "only {} examples", seeds.len());
    seeds
}

/// A record with every header, and one without a value.
fn headers() -> Vec<Seed> {
    let place = EventType::ALL.iter().position(|kind| *kind == EventType::DocumentPaid).unwrap();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let file = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let parts = [
        "one",
        "2025-11-01T06:30:00Z",
        "application/json",
        "1.0",
        trace,
        file,
        "7",
        "1",
        "finance.payment-outcomes.v1/0/3",
        "d1",
    ];
    let data = r#"{"document_id":"d1","outcome":"paid","code":null,"at":"2025-10-24T10:00:00+03:30"}"#;
    let joined = |parts: &[&str]| parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>().join(&0xff);
    let whole = joined(&[parts.as_slice(), &[data]].concat());
    let choice = [number(place), 1];
    vec![
        seed("messages", "headers--all", &choice, &whole, true),
        seed("messages", "headers--no-value", &choice, &joined(&parts), false),
    ]
}

/// A few rows of each kind, the tables of the law, and one text of each canonical form.
fn files() -> Vec<Seed> {
    let sample = |kind: FileKind| {
        let text = fs::read_to_string(root().join("tests/sample").join(kind.file_name())).unwrap();
        text.lines().skip(1).take(3).map(|row| format!("{row}\n")).collect::<String>()
    };
    let kinds = number(FileKind::ALL.len());
    let mut seeds = Vec::new();
    for (place, kind) in FileKind::ALL.iter().enumerate() {
        let rows = match kind {
            FileKind::EarlierPayments => "0012345679,1403-01-01,1000,branch\n".to_owned(),
            FileKind::SelfRegistrations => {
                "Q1,2025-10-24T10:00:00+03:30,0012345679,0499370899,1404-07-15,true\n".to_owned()
            }
            FileKind::PaymentOutcomes => {
                "c2a94e70-1d36-5f8b-8e52-64b0f9d3a718,returned,AC04,2025-10-24T10:00:00+03:30\n".to_owned()
            }
            FileKind::DeliveryReports => {
                "c2a94e70-1d36-5f8b-8e52-64b0f9d3a718,expired,2025-10-24T10:00:00+03:30\n".to_owned()
            }
            sampled => sample(*sampled),
        };
        let whole = format!("\u{feff}{}\r\n{rows}", kind.columns().join(","));
        let open = format!("{whole}\"");
        let place = number(place);
        seeds.push(seed("files", &format!("rows--{}", kind.as_str()), &[place], rows.as_bytes(), true));
        seeds.push(seed(
            "files",
            &format!("file--{}", kind.as_str()),
            &[kinds + place],
            whole.as_bytes(),
            true,
        ));
        seeds.push(seed(
            "files",
            &format!("open--{}", kind.as_str()),
            &[kinds + place],
            open.as_bytes(),
            false,
        ));
    }
    let tables = fs::read(root().join("tables/tables.toml")).unwrap();
    seeds.push(seed("files", "tables", &[2 * kinds], &tables, true));
    for (name, text) in [
        ("national-code", "۰۰۱۲۳۴۵۶۷۹"),
        ("sheba", "IR82 0540-1026 8002 0817 9090 02"),
        ("mobile", "+98 912 345 6789"),
        ("date", "1403-12-30"),
        ("month", "1404-07"),
        ("rials", "103909680"),
        ("place", "registry.marriages.v1/3/7"),
    ] {
        seeds.push(seed("files", &format!("text--{name}"), &[2 * kinds + 1], text.as_bytes(), true));
    }
    let name = "كريمي\u{200c} ‌نژاد ٤٥";
    seeds.push(seed("files", "text--name", &[2 * kinds + 1], name.as_bytes(), false));
    seeds
}

fn stored() -> Vec<Seed> {
    let example =
        root().join("schemas/eligibility.decisions/v1/valid/eligibility.decision.made--approved.json");
    let example = fs::read(example).unwrap();
    let data: DecisionMade<'_> = serde_json::from_slice(&example).unwrap();
    let written =
        Outgoing::new(EventType::DecisionMade, "0012345679", "one", data.decided_at, None, &data).unwrap();
    let decision = OutboxEvent::Decision(Box::new(DecisionEvent { traceparent: Some("00-1".into()), data }));
    let with_findings = OutboxEvent::of_decision(DecisionEvent { traceparent: None, data: by_finding() });
    let packed = |event: &OutboxEvent<'_>| postcard::to_stdvec(event).unwrap();
    let withdrawn = Facts::withdrawn(&ClaimKey {
        benefit: Benefit::MarriageAllowance,
        person: "0012345679".parse().unwrap(),
        deed_date: "1206-01-01".parse().unwrap(),
        counterpart: Counterpart::Unnamed { record_id: "r".to_owned() },
    });
    let finding = FindingFacts {
        finding_id: uuid::Uuid::from_u128(1),
        ground: ReasonCode::NotFirstMarriage,
        verdict: Verdict::SetAside,
        approved_on: "1404-08-02".parse().unwrap(),
        standing: Standing::Stands,
    };
    let with_finding = Facts { findings: vec![finding], ..facts() };
    vec![
        seed("stored", "facts--paid", &[0], &facts().encode().bytes, true),
        seed("stored", "facts--with-finding", &[0], &with_finding.encode().bytes, true),
        seed("stored", "facts--withdrawn", &[0], &withdrawn.encode().bytes, true),
        seed("stored", "facts--newer-form", &[0], &[9, 0], false),
        seed("stored", "dossier--empty", &[1], &[0, 0, 0, 0], true),
        seed("stored", "dossier", &[1], &postcard::to_stdvec(&dossier()).unwrap(), true),
        seed("stored", "outbox--decision", &[2], &packed(&decision), true),
        seed("stored", "outbox--decision-with-findings", &[2], &packed(&with_findings), true),
        seed("stored", "outbox--written", &[2], &packed(&written.into()), true),
    ]
}

fn by_finding() -> DecisionMade<'static> {
    let example =
        root().join("schemas/eligibility.decisions/v1/valid/eligibility.decision.made--by-finding.json");
    serde_json::from_slice(&fs::read(example).unwrap()).unwrap()
}

fn facts() -> Facts {
    let date = |text: &str| text.parse().unwrap();
    Facts {
        withdrawn: false,
        registry: Some(RegistryFacts {
            status: Status::Registered,
            office_kind: OfficeKind::MarriageOffice,
            permanence: Permanence::Permanent,
            earlier_marriages: 0,
            family_name: "احمدی".to_owned(),
            birth_date: Some(date("1375-12-30")),
        }),
        insured: Some(InsuredFacts {
            family_name: "احمدی".to_owned(),
            birth_date: date("1375-12-30"),
            deceased_on: None,
            sheba: Some("IR820540102680020817909002".to_owned()),
            sheba_owner: Ownership::Yes,
            mobile: None,
            mobile_owner: Ownership::Unknown,
        }),
        employments: vec![EmploymentLine(InsuranceType::Compulsory, date("1400-01-01"), None)],
        wages: vec![WageLine("1404-04".parse().unwrap(), InsuranceType::Compulsory, 31, 123_456_789)],
        paid_before: vec![PaidBefore::Branch { paid_on: date("1401-02-03"), source: "branch".to_owned() }],
        payment: Some(PaymentFacts {
            amount_rial: 103_909_680,
            document_id: "d1".to_owned(),
            returned: Some(ReturnFacts { code: "AC04".to_owned(), sheba: "IR1".to_owned() }),
        }),
        ..Facts::withdrawn(&ClaimKey {
            benefit: Benefit::MarriageAllowance,
            person: "0012345679".parse().unwrap(),
            deed_date: date("1404-05-12"),
            counterpart: Counterpart::Spouse("0499370899".parse().unwrap()),
        })
    }
}

fn dossier() -> Dossier {
    let date = |text: &str| text.parse().unwrap();
    Dossier {
        record: Some(PersonRecord {
            source_offset: 1,
            insurance_number: "0012345679".to_owned(),
            given_name: "سارا".to_owned(),
            family_name: "احمدی".to_owned(),
            birth_date: date("1375-12-30"),
            deceased_on: None,
            branch_code: "0123".to_owned(),
            province_code: "07".to_owned(),
            sheba: None,
            sheba_owner: Ownership::No,
            mobile: Some("09123456789".to_owned()),
            mobile_owner: Ownership::Yes,
        }),
        employments: vec![Employment {
            source_offset: 2,
            workshop_code: "1234567890".into(),
            insurance_type: InsuranceType::Compulsory,
            started_on: date("1400-01-01"),
            ended_on: Some(date("1404-01-01")),
        }],
        wages: vec![Wage {
            source_offset: 3,
            month: "1404-04".parse().unwrap(),
            workshop_code: "1234567890".into(),
            insurance_type: InsuranceType::Compulsory,
            days: 31,
            insurable: Rial::new(123_456_789).unwrap(),
        }],
        earlier_payments: vec![EarlierPayment {
            source_offset: 4,
            paid_on: date("1403-01-01"),
            source: "branch".to_owned(),
            amount: Rial::new(1000).unwrap(),
        }],
        taken_back: Vec::new(),
    }
}
