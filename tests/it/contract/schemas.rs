//! The contract is a set of schema files with examples. Schemas, examples and Rust types must agree in both directions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::Validator;
use peyvand::claim::reason::ReasonCode;
use peyvand::wire::dead_letters_v1::dead_letter;
use peyvand::wire::eligibility_decisions_v1::{CaseEnded, CaseOpened, DecisionMade, ObjectionAnswered};
use peyvand::wire::files::FileKind;
use peyvand::wire::finance_payment_documents_v1::{BatchClosed, PaymentDocumentIssued, VoucherIssued};
use peyvand::wire::notifications_sms_v1::SmsRequested;
use peyvand::wire::registry_file_receipts_v1::FileReceived;
use peyvand::wire::{Direction, Event, EventType, Fault, Input, Outgoing, RawRecord, Topic, read};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json, to_value};

/// The validator for the schema of an event type.
pub fn schema_for(ce_type: &str) -> &'static Validator {
    static ALL: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
        let compiled = |(kind, _): &(EventType, PathBuf)| {
            let schema = json_file(&schema_path(*kind));
            (kind.name().to_owned(), jsonschema::validator_for(&schema).unwrap())
        };
        event_types().iter().map(compiled).collect()
    });
    ALL.get(ce_type).unwrap_or_else(|| panic!("no schema for {ce_type}"))
}

/// Every violation of the schema of its type in `data`.
pub fn violations(ce_type: &str, data: &Value) -> Vec<String> {
    schema_for(ce_type).iter_errors(data).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Fails the test if an event's data violate the schema of its type.
#[track_caller]
pub fn validate(ce_type: &str, data: &Value) {
    let violations = violations(ce_type, data);
    assert!(violations.is_empty(), "{ce_type}: {violations:?}");
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

/// The folder of a topic's version: `registry.marriages.v1` is in `registry.marriages/v1`.
fn folder(topic: Topic) -> PathBuf {
    let (name, version) = topic.name().rsplit_once('.').unwrap();
    root().join(name).join(version)
}

fn schema_path(kind: EventType) -> PathBuf {
    folder(kind.topic()).join(format!("{}.schema.json", kind.name()))
}

/// Every event type that has its own schema, with its folder.
fn event_types() -> Vec<(EventType, PathBuf)> {
    let own = EventType::ALL.iter().filter(|kind| **kind != EventType::DeadLetter);
    own.map(|kind| (*kind, folder(kind.topic()))).collect()
}

fn json_file(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The examples of a type in the folder `valid` or `invalid`, by name.
fn examples(kind: EventType, which: &str) -> Vec<(String, Value)> {
    let folder = folder(kind.topic()).join(which);
    let start = format!("{}--", kind.name());
    let own = names(&folder).into_iter().filter(|name| name.starts_with(&start));
    own.map(|name| (format!("{which}/{name}"), json_file(&folder.join(&name)))).collect()
}

/// The number of all examples in the folders `valid` or `invalid`.
pub fn count_of_examples(which: &str) -> usize {
    event_types().iter().map(|(kind, _)| examples(*kind, which).len()).sum()
}

/// Reads data as the service would read it from its topic.
fn read_input(kind: EventType, data: &Value) -> Result<Event, Fault> {
    let key = data[kind.topic().key_field()].as_str().unwrap_or_default().to_owned();
    let value = data.to_string();
    read(&RawRecord {
        topic: kind.topic(),
        partition: 0,
        offset: 0,
        timestamp_ms: None,
        key: Some(key.as_bytes()),
        headers: vec![
            ("ce_specversion", b"1.0"),
            ("ce_id", b"1"),
            ("ce_type", kind.name().as_bytes()),
            ("ce_time", b"2025-11-01T06:30:00Z"),
        ],
        value: Some(value.as_bytes()),
    })
}

fn input_to_value(input: &Input) -> Value {
    match input {
        Input::Marriage(data) => to_value(data),
        Input::FileOpened(data) => to_value(data),
        Input::FileClosed(data) => to_value(data),
        Input::SelfRegistration(data) => to_value(data),
        Input::Person(data) => to_value(data),
        Input::Employment(data) => to_value(data),
        Input::Wages(data) => to_value(data),
        Input::EarlierPayment(data) => to_value(data),
        Input::Outcome(_, data) => to_value(data),
        Input::Delivery(_, data) => to_value(data),
        Input::Objection(data) => to_value(data),
        Input::Casework(data) => to_value(data),
    }
    .unwrap()
}

/// Deserializes data into the Rust type of the event type and serializes it again.
fn through_rust(kind: EventType, data: &Value) -> Result<Value, String> {
    fn both<T: Serialize + DeserializeOwned>(data: &Value) -> Result<Value, String> {
        let typed: T = from_value(data.clone()).map_err(|error| error.to_string())?;
        to_value(typed).map_err(|error| error.to_string())
    }
    if kind.topic().direction() == Direction::In {
        return read_input(kind, data)
            .map(|event| input_to_value(&event.input))
            .map_err(|fault| fault.to_string());
    }
    match kind {
        EventType::DecisionMade => both::<DecisionMade<'static>>(data),
        EventType::CaseOpened => both::<CaseOpened<'static>>(data),
        EventType::ObjectionAnswered => both::<ObjectionAnswered<'static>>(data),
        EventType::CaseEnded => both::<CaseEnded<'static>>(data),
        EventType::PaymentDocumentIssued => both::<PaymentDocumentIssued<'static>>(data),
        EventType::VoucherIssued => both::<VoucherIssued<'static>>(data),
        EventType::BatchClosed => both::<BatchClosed<'static>>(data),
        EventType::SmsRequested => both::<SmsRequested<'static>>(data),
        EventType::FileReceived => both::<FileReceived>(data),
        other => panic!("{} has no Rust type in this test", other.name()),
    }
}

/// Compares two values. Timestamps are equal if they are the same instant, even with different offsets.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::String(left), Value::String(right)) => {
            let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
            left == right || instant(left).is_some_and(|left| Some(left) == instant(right))
        }
        _ => left == right,
    }
}

/// `registry.file.opened` as the name of a generated class: `RegistryFileOpened`.
fn pascal_case(name: &str) -> String {
    name.split(['.', '-']).map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn is_sentence(description: &Value) -> bool {
    description.as_str().is_some_and(|text| text.ends_with('.') && !text.starts_with(char::is_lowercase))
}

#[test]
fn every_schema_is_itself_valid_and_bears_its_name() {
    for (kind, _) in event_types() {
        let schema = json_file(&schema_path(kind));
        assert!(jsonschema::meta::is_valid(&schema), "{}", kind.name());
        let (topic, version) = kind.topic().name().rsplit_once('.').unwrap();
        let id = format!("urn:peyvand:{topic}:{version}:{}", kind.name());
        assert_eq!(schema["$id"], json!(id));
        assert_eq!(kind.schema_id(), id, "ce_dataschema names the schema");
        assert_eq!(schema["title"], json!(pascal_case(kind.name())));
        assert!(is_sentence(&schema["description"]), "{id}: the description");
        for (name, property) in schema["properties"].as_object().unwrap() {
            // A property of another schema is described there.
            assert!(property.get("$ref").is_some() || is_sentence(&property["description"]), "{id}: {name}");
        }
    }
    for path in ["headers.schema.json", "dead-letters/v1/headers.schema.json"] {
        assert!(jsonschema::meta::is_valid(&json_file(&root().join(path))), "{path}");
    }
}

/// Generators of code make one type of each `$defs`, and 64-bit numbers of `int64`.
#[test]
fn money_accounts_and_dates_have_a_type_of_their_own() {
    fn check(place: &str, name: &str, schema: &Value) {
        if name.ends_with("_rial") && schema["type"] == "integer" && schema.get("description").is_some() {
            assert_eq!(schema["format"], "int64", "{place}: {name}");
        }
        let Some(fields) = schema.as_object() else {
            schema.as_array().into_iter().flatten().for_each(|inner| check(place, name, inner));
            return;
        };
        for (inner, schema) in fields.iter().filter(|(inner, _)| *inner != "$defs") {
            let own = schema["pattern"]
                .as_str()
                .is_some_and(|p| p.starts_with("^IR") || p.starts_with("^[0-9]{4}-"));
            assert!(!own, "{place}: {inner} belongs to `$defs`");
            check(place, inner, schema);
        }
    }
    for (kind, _) in event_types() {
        let schema = json_file(&schema_path(kind));
        check(kind.name(), "", &schema);
        let rial = &schema["$defs"]["Rial"];
        assert!(rial.is_null() || rial["format"] == "int64", "{}", kind.name());
    }
}

#[test]
fn valid_examples_pass_schema_and_type_and_come_back_the_same() {
    for (kind, _) in event_types() {
        let examples = examples(kind, "valid");
        assert!(examples.len() >= 2, "{} has too few valid examples", kind.name());
        for (name, data) in examples {
            validate(kind.name(), &data);
            let back = through_rust(kind, &data).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(same(&back, &data), "{name} comes back as {back}");
        }
    }
}

#[test]
fn invalid_examples_fail_the_schema_and_those_of_inputs_the_type() {
    for (kind, _) in event_types() {
        let examples = examples(kind, "invalid");
        assert!(examples.len() >= 3, "{} has too few invalid examples", kind.name());
        for (name, data) in examples {
            assert!(!schema_for(kind.name()).is_valid(&data), "{name} passes the schema");
            if kind.topic().direction() == Direction::In {
                assert!(read_input(kind, &data).is_err(), "{name} can be read");
            }
        }
    }
}

/// Together with the round trip above, this fails if only the schema or only the Rust type has a field.
#[test]
fn examples_show_every_property() {
    for (kind, _) in event_types() {
        let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let schema = json_file(&schema_path(kind));
        for (name, data) in examples(kind, "valid") {
            assert_eq!(keys(&data), keys(&schema["properties"]), "{name}");
        }
    }
}

#[test]
fn what_only_a_rule_refuses_passes_the_schema_but_not_the_type() {
    let changed = |kind: EventType, example: &str, pointer: &str, value: Value| {
        let mut data =
            json_file(&folder(kind.topic()).join("valid").join(format!("{}--{example}.json", kind.name())));
        *data.pointer_mut(pointer).unwrap() = value;
        validate(kind.name(), &data);
        read_input(kind, &data).unwrap_err().to_string()
    };
    let marriage = |pointer, value| changed(EventType::MarriageRecorded, "plain", pointer, value);
    assert_eq!(
        marriage("/deed_date", json!("1404-07-21")),
        "schema (deed_date: deed_after_registered: got \"1404-07-21\", wanted a deed on or before registered_on)"
    );
    assert_eq!(
        marriage("/deed_date", json!("1402-12-30")),
        "schema (deed_date: no_such_date: got \"1402-12-30\", wanted a date that exists)"
    );
    assert_eq!(
        marriage("/wife/national_code", json!("0012345678")),
        "identifier (wife.national_code: bad_check_digit: got a text of 10 characters that is not shown, wanted a national \
         code with its own check digit)"
    );
    let husband =
        json_file(&folder(Topic::RegistryMarriages).join("valid/registry.marriage.recorded--plain.json"));
    let same = marriage("/wife/national_code", husband["husband"]["national_code"].clone());
    assert!(
        same.starts_with("schema (wife.national_code: same_spouses: got a text of 10 characters"),
        "{same}"
    );
    let closed = changed(EventType::FileClosed, "with-rejects", "/declared", json!(13));
    assert_eq!(
        closed,
        "schema (declared: contradictory: got 13, wanted a value that agrees with the other fields and the event type)"
    );
    let ended = changed(EventType::EmploymentChanged, "open", "/ended_on", json!("1398-04-25"));
    assert!(ended.starts_with("schema (ended_on: ended_before_start: got \"1398-04-25\""), "{ended}");
    assert_eq!(
        marriage("/registered_on", json!("1404-09-01")),
        "plausibility (registered_on: implausible_date: got \"1404-09-01\", wanted a birth before the deed, and a \
         registration not after the day of ce_time in Tehran)"
    );
    let born = marriage("/husband/birth_date", json!("1404-07-16"));
    assert!(born.starts_with("plausibility (husband.birth_date: implausible_date"), "{born}");
    let answered = changed(EventType::DocumentPaid, "plain", "/at", json!("2025-11-02T06:30:01Z"));
    assert!(answered.starts_with("plausibility (at: implausible_instant"), "{answered}");
}

#[test]
fn topics_folders_and_types_are_the_same() {
    let folders: BTreeSet<String> = names(&root())
        .into_iter()
        // `files` has the Table Schemas of the files.
        .filter(|name| root().join(name).is_dir() && name != "files")
        .map(|name| format!("{name}.v1"))
        .collect();
    let topics: BTreeSet<String> = Topic::ALL.iter().map(|topic| topic.name().to_owned()).collect();
    assert_eq!(folders, topics);
    let described: Vec<Value> = json_file(&root().join("topics.json")).as_array().unwrap().clone();
    let described: BTreeSet<String> =
        described.iter().map(|topic| topic["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(described, topics);
    for topic in Topic::ALL.iter().filter(|topic| **topic != Topic::DeadLetters) {
        let schemas: BTreeSet<String> =
            names(&folder(*topic)).into_iter().filter(|name| name.ends_with(".schema.json")).collect();
        let own = event_types().into_iter().filter(|(kind, _)| kind.topic() == *topic);
        assert_eq!(schemas, own.map(|(kind, _)| format!("{}.schema.json", kind.name())).collect());
        for which in ["valid", "invalid"] {
            for name in names(&folder(*topic).join(which)) {
                let kind = EventType::from_name(name.split("--").next().unwrap());
                assert_eq!(
                    kind.map(EventType::topic),
                    Some(*topic),
                    "{which}/{name} belongs to no type of its topic"
                );
            }
        }
    }
}

#[test]
fn asyncapi_names_every_topic_and_type() {
    let text = fs::read_to_string(root().join("asyncapi.yaml")).unwrap();
    let after = |prefix: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(prefix))
            .map(|rest| rest.trim().to_owned())
            .collect()
    };
    assert_eq!(after("address: "), Topic::ALL.iter().map(|topic| topic.name().to_owned()).collect());
    // Contact and license have names too, in other columns.
    let types = text.lines().filter_map(|line| line.strip_prefix("      name: ")).map(str::to_owned);
    let types: BTreeSet<String> = types.collect();
    assert_eq!(types, EventType::ALL.iter().map(|kind| kind.name().to_owned()).collect());
    let (schemas, shown): (BTreeSet<String>, BTreeSet<String>) =
        after("$ref: ./").into_iter().partition(|file| file.ends_with(".schema.json"));
    assert_eq!(schemas.len(), event_types().len() + 2);
    schemas.iter().for_each(|file| assert!(root().join(file).is_file(), "{file}"));
    let valid = event_types().into_iter().flat_map(|(kind, folder)| {
        let folder = folder.strip_prefix(root()).unwrap().to_owned();
        examples(kind, "valid").into_iter().map(move |(name, _)| folder.join(name).display().to_string())
    });
    assert_eq!(shown, valid.collect(), "every valid example is an example of a message");
    for name in after("$ref: '#/components/messages/") {
        assert!(text.contains(&format!("\n    {}:\n      name: ", name.trim_end_matches('\''))), "{name}");
    }
}

#[test]
fn every_kind_of_file_has_a_type_with_its_columns() {
    for kind in FileKind::ALL {
        let (of, nested): (EventType, &[&str]) = match kind {
            FileKind::Marriages => (EventType::MarriageRecorded, &["husband", "wife"]),
            FileKind::Persons => (EventType::PersonChanged, &[]),
            FileKind::Employments => (EventType::EmploymentChanged, &[]),
            FileKind::Wages => (EventType::WagesPosted, &["rows"]),
            FileKind::EarlierPayments => (EventType::EarlierPaymentRecorded, &[]),
            FileKind::SelfRegistrations => (EventType::SelfRegistrationSubmitted, &[]),
            FileKind::PaymentOutcomes => (EventType::DocumentReturned, &[]),
            FileKind::DeliveryReports => (EventType::SmsFailed, &[]),
        };
        let (_, example) = examples(of, "valid").swap_remove(0);
        let mut columns = BTreeSet::new();
        for (name, value) in example.as_object().unwrap() {
            if !nested.contains(&name.as_str()) {
                columns.insert(name.clone());
                continue;
            }
            let inner = value.get(0).unwrap_or(value).as_object().unwrap();
            let prefix = if value.is_array() { String::new() } else { format!("{name}_") };
            columns.extend(inner.keys().map(|key| format!("{prefix}{key}")));
        }
        // Columns that a file may lack.
        columns.remove("taken_back");
        assert_eq!(columns, kind.columns().iter().map(|column| (*column).to_owned()).collect(), "{kind}");
    }
}

fn headers_of(event: &Outgoing) -> Value {
    let text = |value: &[u8]| json!(String::from_utf8(value.to_vec()).unwrap());
    event
        .headers()
        .iter()
        .map(|(name, value)| ((*name).to_owned(), text(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn headers_are_as_their_schemas_say() {
    let check = |path: &str, headers: &Value| {
        let validator = jsonschema::validator_for(&json_file(&root().join(path))).unwrap();
        let errors: Vec<String> = validator.iter_errors(headers).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{path}: {errors:?}");
    };
    let at = "2025-10-23T06:30:00Z".parse().unwrap();
    let trace = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let event = Outgoing::new(EventType::BatchClosed, "B-1404-07", "an-id", at, trace, &json!({})).unwrap();
    check("headers.schema.json", &headers_of(&event));
    assert_eq!(headers_of(&event)["ce_subject"], "B-1404-07");
    for kind in [EventType::DecisionMade, EventType::SelfRegistrationSubmitted, EventType::PersonChanged] {
        let event = Outgoing::new(kind, "0012345679", "an-id", at, trace, &json!({})).unwrap();
        check("headers.schema.json", &headers_of(&event));
        let headers = headers_of(&event);
        assert!(!headers.to_string().contains("0012345679"), "a national code is in a header: {headers}");
    }
    let message = RawRecord {
        topic: Topic::RegistryMarriages,
        partition: 1,
        offset: 2,
        timestamp_ms: None,
        key: Some(b"R1"),
        headers: vec![
            ("ce_type", b"registry.marriage.recorded"),
            ("ce_id", b"1"),
            ("ce_time", b"2025-11-01T06:30:00Z"),
        ],
        value: Some(b"{}"),
    };
    let fault = read(&message).unwrap_err();
    let first = "registry.marriages.v1/1/0".parse().unwrap();
    let letter = dead_letter(&message, "registry.marriages.v1", Some(&first), &fault, at);
    check("dead-letters/v1/headers.schema.json", &headers_of(&letter));
    assert_eq!(letter.value.as_deref(), message.value);
}

/// Every `enum` below `schema`.
fn enums(schema: &Value) -> Vec<BTreeSet<String>> {
    let below: Vec<&Value> = match schema {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let own = schema.get("enum").and_then(Value::as_array);
    let words = own.map(|words| words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    words.into_iter().chain(below.into_iter().flat_map(enums)).collect()
}

#[test]
fn every_list_of_reason_codes_has_them_all() {
    let all: BTreeSet<String> = ReasonCode::all().map(|code| code.as_str().to_owned()).collect();
    let mut lists = 0;
    for (kind, _) in event_types() {
        for words in enums(&json_file(&schema_path(kind))) {
            if !words.contains(ReasonCode::IdentityMismatch.as_str()) {
                continue;
            }
            lists += 1;
            let missing: Vec<_> = all.difference(&words).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", kind.name());
        }
    }
    assert!(lists >= 4, "the schemas have {lists} lists of reason codes");
}
