//! A fault contains a code and a field, and never a value.

use super::dead_letters_v1::{dead_letter, parse};
use super::{Fault, FileRef, Input, RawRecord, RecordKey, Topic, read};
use crate::ident::NationalCode;

const DIGEST: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

fn code(nine: u32) -> String {
    NationalCode::with_check_digit(nine).unwrap().to_string()
}

fn employment() -> String {
    format!(
        r#"{{"national_code":"{}","workshop_code":"1","insurance_type":"compulsory","started_on":"1400-01-01","more":[{{"x":1}}]}}"#,
        code(5)
    )
}

const TYPE: (&str, &[u8]) = ("ce_type", b"insured.employment.changed");
const ID: (&str, &[u8]) = ("ce_id", b"1");

fn try_read(
    headers: &[(&str, &[u8])],
    key: Option<&str>,
    value: Option<&str>,
) -> Result<super::Event, Fault> {
    read(&RawRecord {
        topic: Topic::InsuredRecords,
        partition: 3,
        offset: 42,
        key: key.map(str::as_bytes),
        headers: headers.to_vec(),
        value: value.map(str::as_bytes),
    })
}

#[track_caller]
fn fault(value: &str, code: &str, detail: &str) {
    let fault = try_read(&[TYPE, ID], Some(&self::code(5)), Some(value)).unwrap_err();
    assert_eq!((fault.code, fault.detail.as_str()), (code, detail));
}

#[test]
fn a_valid_message_is_read() {
    let id = DIGEST.as_bytes();
    let headers = [TYPE, ID, ("ce_fileid", id), ("ce_fileline", b"9"), ("traceparent", b"junk")];
    let event = try_read(&headers, Some(&code(5)), Some(&employment())).unwrap();
    assert_eq!(event.file, Some(FileRef { file_id: DIGEST.to_owned(), line: 9, rows: 1 }));
    assert_eq!(event.traceparent, None);
    assert!(matches!(event.input, Input::Employment(data) if data.ended_on.is_none()));
}

#[test]
fn faults_of_headers_and_key() {
    let (key, value) = (code(5), employment());
    let code_of =
        |headers: &[(&str, &[u8])], key: Option<&str>, value| try_read(headers, key, value).unwrap_err().code;
    let (key, value) = (Some(key.as_str()), Some(value.as_str()));
    assert_eq!(code_of(&[ID], key, value), "no_type");
    assert_eq!(code_of(&[("ce_type", b"x"), ID], key, value), "unknown_type");
    assert_eq!(code_of(&[("ce_type", b"registry.marriage.recorded"), ID], key, value), "unknown_type");
    assert_eq!(code_of(&[TYPE], key, value), "no_id");
    assert_eq!(code_of(&[TYPE, ID, ("ce_specversion", b"0.3")], key, value), "unknown_specversion");
    assert_eq!(code_of(&[TYPE, ID], key, None), "no_value");
    assert_eq!(code_of(&[TYPE, ID], None, value), "key_mismatch");
    assert_eq!(code_of(&[TYPE, ID], Some("1"), value), "key_mismatch");
    assert_eq!(code_of(&[TYPE, ID, ("ce_fileline", b"1")], key, value), "file_headers");
    let id = ("ce_fileid", DIGEST.as_bytes());
    assert_eq!(code_of(&[TYPE, ID, id, ("ce_fileline", b"0")], key, value), "file_headers");
    assert_eq!(
        code_of(&[TYPE, ID, id, ("ce_fileline", b"1"), ("ce_filerows", b"2")], key, value),
        "file_headers"
    );
}

#[test]
fn faults_of_data_name_the_field_and_not_the_value() {
    let (good, person) = (employment(), code(5));
    fault("{", "not_json", "the value is no JSON text");
    fault("[]", "schema", "the value: wrong_form");
    fault(&format!(r#"["{person}","1","compulsory","1400-01-01",null]"#), "schema", "the value: wrong_form");
    fault(&format!("{good}{{"), "not_json", "the value is no JSON text");
    fault(&good.replace("1400-01-01", "1400-13-01"), "schema", "started_on: no_such_date");
    fault(&good.replace("compulsory", &person), "schema", "insurance_type: unknown_word");
    fault(
        &good.replace("\"workshop_code\":\"1\"", "\"workshop_code\":null"),
        "schema",
        "workshop_code: wrong_form",
    );
    fault(&good.replace("workshop_code", "shop"), "schema", "workshop_code: missing");
    fault(&good.replace("\"1\"", "\"\\u0000\""), "schema", "workshop_code: not_text");
    fault(&good.replace("\"1\"", "\"\""), "schema", "workshop_code: missing");
    fault(
        &good.replace("\"more\"", "\"ended_on\":\"1399-12-29\",\"more\""),
        "schema",
        "ended_on: ended_before_start",
    );
    fault(&good.replace(&person, &person[1..]), "identifier", "national_code: not_a_code");
    fault(&good.replace(&person, "1234567890"), "identifier", "national_code: bad_check_digit");
}

#[test]
fn a_dead_letter_keeps_the_message_and_its_original_position() {
    let headers: [(&str, &[u8]); 4] =
        [TYPE, ID, ("dead_letter_reason", b"old"), ("peyvand_replay_of", b"t.insured.records.v1/3/1")];
    let message = RawRecord {
        topic: Topic::InsuredRecords,
        partition: 3,
        offset: 42,
        key: Some(b"\xff"),
        headers: headers.to_vec(),
        value: None,
    };
    let fault = read(&message).unwrap_err();
    let at = "2025-10-23T06:30:00Z".parse().unwrap();
    let key = RecordKey::new(b"a secret for tests alone");
    assert_eq!(key.replay_of(&message), None, "a position without its MAC");
    let outgoing = dead_letter(&message, "t.insured.records.v1", None, &fault, at);
    assert_eq!((outgoing.key.as_str(), outgoing.topic()), ("t.insured.records.v1", Topic::DeadLetters));
    let sent = outgoing.headers();
    let sent: Vec<(&str, &[u8])> = sent.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let read_back = parse(&sent, outgoing.value.as_deref()).unwrap();
    assert_eq!(read_back.place.to_string(), "t.insured.records.v1/3/42");
    assert_eq!(read_back.reason, "no_value (the record has no value)");
    assert_eq!((read_back.key, read_back.value), (message.key, None));
    assert_eq!(read_back.headers, vec![TYPE, ID]);
    let replayed = read_back.replay_headers(Topic::InsuredRecords, &key);
    let replayed = replayed.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let again = RawRecord { offset: 50, headers: replayed, ..message };
    let place = key.replay_of(&again);
    assert_eq!(place.as_ref(), Some(&read_back.place));
    let second = dead_letter(&again, "t.insured.records.v1", place.as_ref(), &fault, at);
    let sent = second.headers();
    let sent: Vec<(&str, &[u8])> = sent.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let second = parse(&sent, None).unwrap();
    assert_eq!((second.place.offset, second.original_position()), (50, &read_back.place));
}
