//! A fault contains a code, the field, what came and what is wanted, and no personal data.

use super::dead_letters_v1::{dead_letter, parse};
use super::{Event, Fault, FileRef, Input, RawRecord, RecordKey, Topic, read};
use crate::ident::NationalCode;

const DIGEST: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

fn code(nine: u32) -> String {
    NationalCode::with_check_digit(nine).unwrap().to_string()
}

fn employment() -> String {
    format!(
        r#"{{"national_code":"{}","workshop_code":"0000000001","insurance_type":"compulsory","started_on":"1400-01-01","more":[{{"x":1}}]}}"#,
        code(5)
    )
}

const TYPE: (&str, &[u8]) = ("ce_type", b"insured.employment.changed");
const ID: (&str, &[u8]) = ("ce_id", b"1");
const TIME: (&str, &[u8]) = ("ce_time", b"2025-10-23T06:30:00Z");
/// 2025-10-23T06:30:00Z.
const WRITTEN_MS: i64 = 1_761_201_000_000;

fn record<'a>(
    topic: Topic,
    headers: &[(&'a str, &'a [u8])],
    key: Option<&'a str>,
    value: Option<&'a str>,
) -> RawRecord<'a> {
    RawRecord {
        topic,
        partition: 3,
        offset: 42,
        timestamp_ms: Some(WRITTEN_MS),
        key: key.map(str::as_bytes),
        headers: headers.to_vec(),
        value: value.map(str::as_bytes),
    }
}

fn try_read(
    headers: &[(&str, &[u8])],
    key: Option<&str>,
    value: Option<&str>,
) -> Result<super::Event, Fault> {
    read(&record(Topic::InsuredRecords, headers, key, value))
}

/// Asserts the code of the fault and the beginning of its detail.
#[track_caller]
fn fault(value: &str, code: &str, detail: &str) {
    let fault = try_read(&[TYPE, ID, TIME], Some(&self::code(5)), Some(value)).unwrap_err();
    assert_eq!(fault.code, code, "{fault}");
    assert!(fault.detail.starts_with(detail), "{fault}");
    assert!(!fault.to_string().contains(&self::code(5)), "the reason shows a national code: {fault}");
}

#[test]
fn a_valid_message_is_read() {
    let id = DIGEST.as_bytes();
    let headers = [TYPE, ID, TIME, ("ce_fileid", id), ("ce_fileline", b"9"), ("traceparent", b"junk")];
    let event = try_read(&headers, Some(&code(5)), Some(&employment())).unwrap();
    assert_eq!(event.file, Some(FileRef { file_id: DIGEST.to_owned(), line: 9, rows: 1 }));
    assert_eq!(event.traceparent, None);
    assert!(matches!(event.input, Input::Employment(data) if data.ended_on.is_none()));
}

#[test]
fn names_of_headers_count_in_any_case_and_a_content_type_may_have_parameters() {
    let headers: [(&str, &[u8]); 5] = [
        ("CE_Type", TYPE.1),
        ("Ce_ID", ID.1),
        ("ce_Time", TIME.1),
        ("Content-Type", b"Application/JSON; charset=utf-8"),
        ("TraceParent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    let event = try_read(&headers, Some(&code(5)), Some(&employment())).unwrap();
    assert_eq!(event.id, "1");
    assert!(event.traceparent.is_some());
}

fn code_of(headers: &[(&str, &[u8])], key: Option<&str>, value: Option<&str>) -> &'static str {
    try_read(headers, key, value).unwrap_err().code
}

#[test]
fn faults_of_headers_and_key() {
    let person = code(5);
    let employment = employment();
    let key = Some(person.as_str());
    let value = Some(employment.as_str());
    assert_eq!(code_of(&[ID, TIME], key, value), "no_type");
    assert_eq!(code_of(&[("ce_type", b"x"), ID, TIME], key, value), "unknown_type");
    assert_eq!(code_of(&[("ce_type", b"registry.marriage.recorded"), ID, TIME], key, value), "unknown_type");
    assert_eq!(code_of(&[TYPE, TIME], key, value), "no_id");
    assert_eq!(code_of(&[TYPE, ID], key, value), "no_time");
    assert_eq!(code_of(&[TYPE, ID, TIME, ("ce_specversion", b"0.3")], key, value), "unknown_specversion");
    assert_eq!(code_of(&[TYPE, ID, TIME], key, None), "no_value");
    assert_eq!(code_of(&[TYPE, ID, TIME], None, value), "key_mismatch");
    assert_eq!(code_of(&[TYPE, ID, TIME], Some("1"), value), "key_mismatch");
    assert_eq!(code_of(&[TYPE, ID, TIME, ("ce_fileline", b"1")], key, value), "file_headers");
    let id = ("ce_fileid", DIGEST.as_bytes());
    assert_eq!(code_of(&[TYPE, ID, TIME, id, ("ce_fileline", b"0")], key, value), "file_headers");
    assert_eq!(
        code_of(&[TYPE, ID, TIME, id, ("ce_fileline", b"1"), ("ce_filerows", b"2")], key, value),
        "file_headers"
    );
    for content_type in [b"text/plain".as_slice(), b"application/avro", b"application/jsonx", b""] {
        assert_eq!(code_of(&[TYPE, ID, TIME, ("content-type", content_type)], key, value), "content_type");
    }
    let fault = try_read(&[("ce_type", b"a\nb"), ID, TIME], key, value).unwrap_err();
    assert_eq!(
        fault.detail,
        "ce_type: got \"a\\u{a}b\", wanted an event type of the topic insured.records.v1"
    );
}

/// The code and the detail of the fault that an event of this time has.
fn fault_of_time(time: &str) -> Option<(&'static str, String)> {
    let headers = [TYPE, ID, ("ce_time", time.as_bytes())];
    let fault = try_read(&headers, Some(&code(5)), Some(&employment())).err()?;
    Some((fault.code, fault.detail))
}

/// The time of the event lies between 2000 and a day after the record's own timestamp.
#[test]
fn the_time_of_an_event_must_be_plausible_itself() {
    assert_eq!(fault_of_time("2025-10-24T06:30:00Z"), None);
    assert_eq!(fault_of_time("2000-01-01T00:00:00Z"), None);
    assert_eq!(fault_of_time("2025-10-24T06:30:00.000001Z").unwrap().0, "plausibility");
    assert_eq!(fault_of_time("1999-12-31T23:59:59Z").unwrap().0, "plausibility");
    let (code, detail) = fault_of_time("1404-08-01T10:00:00+03:30").unwrap();
    assert_eq!(code, "plausibility");
    assert!(detail.starts_with(
        "ce_time: implausible_instant: got \"1404-08-01T10:00:00+03:30\" (looks like a Solar year"
    ));
    assert!(fault_of_time("2025-10-23T06:30:00").unwrap().1.starts_with("ce_time: no_offset"));
    assert!(fault_of_time("2025-10-23").unwrap().1.starts_with("ce_time: wrong_form"));
}

fn fault_of_report(id: &str, at: &str) -> Option<Fault> {
    let headers = [("ce_type", b"notifications.sms.failed".as_slice()), ID, TIME];
    let value = format!(r#"{{"sms_id":"{id}","status":"failed","at":"{at}"}}"#);
    read(&record(Topic::NotificationsDeliveryReports, &headers, Some(id), Some(&value))).err()
}

fn spouse(code: &str, birth_date: &str) -> String {
    format!(
        r#"{{"national_code":"{code}","given_name":"a","family_name":"b","birth_date":"{birth_date}","earlier_marriages":0}}"#
    )
}

/// The code and the detail of the fault of a marriage of 1404-07-15.
fn fault_of_marriage(registered_on: &str, wife_birth_date: &str) -> Option<(&'static str, String)> {
    let husband = spouse(&code(1), "1375-01-01");
    let wife = spouse(&code(2), wife_birth_date);
    let value = format!(
        r#"{{"record_id":"R1","record_version":1,"status":"registered","deed_date":"1404-07-15",
        "registered_on":"{registered_on}","office_kind":"none","permanence":"permanent","husband":{husband},"wife":{wife}}}"#
    );
    let headers = [("ce_type", b"registry.marriage.recorded".as_slice()), ID, TIME];
    let fault = read(&record(Topic::RegistryMarriages, &headers, Some("R1"), Some(&value))).err()?;
    Some((fault.code, fault.detail))
}

/// A message is judged against its own time, so a replay years later gives the same answer.
#[test]
fn dates_and_instants_are_judged_against_the_time_of_the_event() {
    assert_eq!(fault_of_report("s1", "2025-10-24T06:30:00Z"), None);
    for at in ["2025-10-24T06:30:01Z", "1999-12-31T23:59:59Z", "1404-08-01T10:00:00+03:30"] {
        let detail = fault_of_report("s1", at).unwrap().detail;
        assert!(detail.starts_with("at: implausible_instant: got"), "{at}");
        assert_eq!(detail.contains("looks like a Solar year"), at.starts_with("1404"), "{at}");
    }
    // 2025-10-23 is 1404-08-01 in Tehran.
    assert_eq!(fault_of_marriage("1404-08-01", "1404-07-14"), None);
    let (code, detail) = fault_of_marriage("1404-08-02", "1375-01-01").unwrap();
    assert_eq!(code, "plausibility");
    assert!(detail.starts_with("registered_on: implausible_date: got \"1404-08-02\", wanted"), "{detail}");
    let (code, detail) = fault_of_marriage("1404-08-01", "1404-07-15").unwrap();
    assert_eq!(code, "plausibility");
    assert!(detail.starts_with("wife.birth_date: implausible_date: got a text of 10 characters"), "{detail}");
}

#[test]
fn a_key_that_peyvand_wrote_is_in_lower_case() {
    let at = "2025-10-23T06:30:00Z";
    assert_eq!(fault_of_report("c2a94e70-1d36-5f8b-8e52-64b0f9d3a718", at), None);
    let fault = fault_of_report("C2A94E70-1d36-5f8b-8e52-64b0f9d3a718", at).unwrap();
    assert_eq!(
        (fault.code, fault.detail.as_str()),
        ("key_mismatch", "the key is not the sms_id, wanted it in lower case")
    );
    let headers = [("ce_type", &b"notifications.sms.delivered"[..]), ID, TIME];
    // The ids of the data are compared as they are, so other letters in the data are another id.
    for (key, data) in [
        ("c2a94e70-1d36-5f8b-8e52-64b0f9d3a718", "C2A94E70-1d36-5f8b-8e52-64b0f9d3a718"),
        ("C2A94E70-1d36-5f8b-8e52-64b0f9d3a718", "c2a94e70-1d36-5f8b-8e52-64b0f9d3a718"),
    ] {
        let value = format!(r#"{{"sms_id":"{data}","at":"2025-10-23T06:30:00Z"}}"#);
        let fault = read(&record(Topic::NotificationsDeliveryReports, &headers, Some(key), Some(&value)));
        assert_eq!(fault.unwrap_err().code, "key_mismatch");
    }
}

const STRUCTURED: (&str, &[u8]) = ("content-type", b"application/cloudevents+json; charset=utf-8");

fn structured_event(attributes: &str) -> String {
    format!(r#"{{"data":{},{attributes}}}"#, employment())
}

fn try_structured(attributes: &str) -> Result<Event, Fault> {
    try_read(&[STRUCTURED], Some(&code(5)), Some(&structured_event(attributes)))
}

#[test]
fn an_event_in_structured_mode_is_read_like_one_in_binary_mode() {
    let good = format!(
        r#""specversion":"1.0","id":"1","type":"insured.employment.changed","time":"2025-10-23T06:30:00Z",
        "datacontenttype":"application/json","fileid":"{DIGEST}","fileline":9,
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#
    );
    let key = code(5);
    let structured = try_structured(&good).unwrap();
    let headers: [(&str, &[u8]); 6] = [
        TYPE,
        ID,
        TIME,
        ("ce_fileid", DIGEST.as_bytes()),
        ("ce_fileline", b"9"),
        ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    assert_eq!(structured, try_read(&headers, Some(&key), Some(&employment())).unwrap());
    for (attributes, code) in [
        (good.replace("\"id\"", "\"ID\""), "no_id"),
        (good.replace("\"time\"", "\"moment\""), "no_time"),
        (good.replace("\"1.0\"", "\"0.3\""), "unknown_specversion"),
        (good.replace("application/json", "text/xml"), "content_type"),
        (format!(r#"{good},"data_base64":"e30=""#), "not_json"),
    ] {
        assert_eq!(try_structured(&attributes).unwrap_err().code, code);
    }
    assert_eq!(code_of(&[STRUCTURED], Some(&key), Some("[1]")), "not_json");
    assert_eq!(code_of(&[STRUCTURED], Some(&key), None), "no_value");
    let without_data = format!("{{{good}}}");
    assert_eq!(code_of(&[STRUCTURED], Some(&key), Some(&without_data)), "no_value");
    let wrong = structured_event(&good).replace("1400-01-01", "1400-13-01");
    let fault = try_read(&[STRUCTURED], Some(&key), Some(&wrong)).unwrap_err();
    assert!(fault.detail.starts_with("started_on: no_such_date: got \"1400-13-01\""), "{fault}");
}

#[test]
fn faults_of_data_name_the_field_what_came_and_what_is_wanted() {
    let good = employment();
    let person = code(5);
    fault(
        "{",
        "not_json",
        "the value: got text that is not JSON from line 1, column 1, wanted one JSON object in UTF-8",
    );
    fault("[]", "schema", "the value: wrong_form");
    fault(&format!(r#"["{person}","1","compulsory","1400-01-01",null]"#), "schema", "the value: wrong_form");
    fault(&format!("{good}{{"), "not_json", "the value: got text that is not JSON from line 1");
    fault(
        &good.replace("1400-01-01", "1400-13-01"),
        "schema",
        "started_on: no_such_date: got \"1400-13-01\", wanted a date that exists",
    );
    fault(&good.replace("1400-01-01", "1400/01/01"), "schema", "started_on: wrong_form: got \"1400/01/01\"");
    fault(&good.replace("compulsory", &person), "schema", "insurance_type: unknown_word: got \"**********\"");
    let no_workshop = good.replace("\"workshop_code\":\"0000000001\"", "\"workshop_code\":null");
    fault(&no_workshop, "schema", "workshop_code: missing: got null");
    fault(&good.replace("workshop_code", "shop"), "schema", "workshop_code: missing: got nothing");
    fault(&good.replace("\"0000000001\"", "1"), "schema", "workshop_code: wrong_form: got 1");
    fault(&good.replace("0000000001", "\\u0000"), "identifier", "workshop_code: not_a_code: got \"\\u{0}\"");
    fault(&good.replace("0000000001", "1"), "identifier", "workshop_code: not_a_code: got \"1\"");
    fault(&good.replace("\"0000000001\"", "\"\""), "schema", "workshop_code: missing");
    fault(
        &good.replace("\"more\"", "\"ended_on\":\"1399-12-29\",\"more\""),
        "schema",
        "ended_on: ended_before_start: got \"1399-12-29\", wanted an end on or after started_on",
    );
    let shown = "national_code: not_a_code: got a text of 9 characters that is not shown";
    fault(&good.replace(&person, &person[1..]), "identifier", shown);
    fault(&good.replace(&person, "1234567890"), "identifier", "national_code: bad_check_digit");
}

#[test]
fn a_dead_letter_keeps_the_message_and_its_original_position() {
    let headers: [(&str, &[u8]); 5] =
        [TYPE, ID, TIME, ("dead_letter_reason", b"old"), ("peyvand_replay_of", b"t.insured.records.v1/3/1")];
    let message = RawRecord {
        topic: Topic::InsuredRecords,
        partition: 3,
        offset: 42,
        timestamp_ms: None,
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
    assert_eq!(
        read_back.reason,
        "no_value (the value: got nothing, wanted the event's data as a JSON object)"
    );
    assert_eq!((read_back.key, read_back.value), (message.key, None));
    assert_eq!(read_back.headers, vec![TYPE, ID, TIME]);
    let replayed = read_back.replay_headers(Topic::InsuredRecords, 3, &key);
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
