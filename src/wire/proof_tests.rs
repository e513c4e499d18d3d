//! The MAC of records, against values that another program has computed (Python's `hmac`).

use super::*;

const SECRET: &[u8] = b"a secret for tests alone";
const HEADERS: &[(&str, &[u8])] = &[("ce_id", b"one"), ("ce_type", b"eligibility.decision.made")];

fn key() -> RecordKey {
    RecordKey::new(SECRET)
}

fn decision() -> RecordContent<'static> {
    RecordContent {
        topic: Topic::EligibilityDecisions,
        partition: 3,
        headers: HEADERS,
        key: Some(b"0012345679"),
        value: Some(br#"{"a":1}"#),
    }
}

/// The origin of a record with these headers before the proof, this sequence number and this MAC.
fn origin_of(record: &RecordContent<'_>, sequence: &str, mac: &str) -> Option<(i64, usize)> {
    let proof: [(&str, &[u8]); 2] = [(SEQUENCE_HEADER, sequence.as_bytes()), (MAC_HEADER, mac.as_bytes())];
    let headers = [record.headers, &proof].concat();
    match key().origin(&RecordContent { headers: &headers, ..*record }) {
        Origin::Own { sequence, headers } => Some((sequence, headers.len())),
        Origin::WrongMac => None,
        Origin::NoMac => panic!("the MAC was not found"),
    }
}

#[test]
fn vectors() {
    let empty =
        RecordContent { topic: Topic::DeadLetters, partition: 0, headers: &[], key: None, value: None };
    let message = RecordContent {
        topic: Topic::InsuredRecords,
        partition: 2,
        headers: &[("ce_id", b"one")],
        ..decision()
    };
    let place = "t.insured.records.v1/2/7".parse().unwrap();
    for (mac, expected) in [
        (key().own_mac(&decision(), 42), "6beb258eb47e309b804f7d9b587878f873b4358d583e351de12500f5a1e22bc8"),
        (key().own_mac(&empty, 1), "84cdea1cba8ab7efddc1679dc26a173468ed46e357073cb492bc74cd769c8f61"),
        (
            key().replay_mac(&message, &place),
            "595414e036de59cffe3a6437ff222cb47e27ef6cfccb29f6322787d88d2402f6",
        ),
    ] {
        assert_eq!(mac, expected);
    }
}

#[test]
fn an_own_record_is_recognised_by_its_headers_before_the_proof() {
    let mac = key().own_mac(&decision(), 42);
    assert_eq!(origin_of(&decision(), "42", &mac), Some((42, 2)));
    let proof: [(&str, &[u8]); 3] =
        [(SEQUENCE_HEADER, b"42"), (MAC_HEADER, mac.as_bytes()), ("ce_type", b"appended")];
    let headers = [HEADERS, &proof].concat();
    let appended = RecordContent { headers: &headers, ..decision() };
    assert_eq!(key().origin(&appended), Origin::Own { sequence: 42, headers: &headers[..2] });
}

/// Nothing that the MAC covers can be changed, and no part can move into another.
#[test]
fn a_copied_mac_proves_nothing_elsewhere() {
    let mac = key().own_mac(&decision(), 42);
    assert_eq!(origin_of(&decision(), "43", &mac), None, "another sequence number");
    assert_eq!(origin_of(&decision(), "many", &mac), None, "no sequence number");
    assert_eq!(origin_of(&decision(), "42", &mac[2..]), None, "a shorter MAC");
    assert_eq!(origin_of(&decision(), "42", "no hex"), None, "no MAC at all");
    let changes: [RecordContent<'_>; 9] = [
        RecordContent { topic: Topic::NotificationsSms, ..decision() },
        RecordContent { partition: 4, ..decision() },
        RecordContent { key: Some(b"0012345678"), ..decision() },
        RecordContent { key: None, ..decision() },
        RecordContent { value: Some(br#"{"a":2}"#), ..decision() },
        RecordContent { value: None, ..decision() },
        RecordContent { headers: &HEADERS[..1], ..decision() },
        RecordContent { headers: &[("ce_id", b"two"), HEADERS[1]], ..decision() },
        RecordContent { headers: &[("ce_idone", b""), HEADERS[1]], ..decision() },
    ];
    for (at, change) in changes.iter().enumerate() {
        assert_eq!(origin_of(change, "42", &mac), None, "change {at}");
    }
    let other = RecordKey::new(b"another secret");
    assert_ne!(other.own_mac(&decision(), 42), mac);
    let none = RecordContent { value: None, ..decision() };
    let empty = RecordContent { value: Some(b""), ..decision() };
    assert_ne!(key().own_mac(&none, 1), key().own_mac(&empty, 1), "no value and an empty value");
}

#[test]
fn a_record_without_both_headers_is_foreign() {
    let proofs: [&[(&str, &[u8])]; 4] = [
        &[],
        &[(SEQUENCE_HEADER, b"9223372036854775807")],
        &[(MAC_HEADER, b"00")],
        &[(MAC_HEADER, b"00"), (SEQUENCE_HEADER, b"1")],
    ];
    for headers in proofs {
        assert_eq!(key().origin(&RecordContent { headers, ..decision() }), Origin::NoMac, "{headers:?}");
    }
}

/// A message that was sent again.
fn replayed() -> RecordContent<'static> {
    RecordContent { topic: Topic::InsuredRecords, headers: &[("ce_id", b"one")], ..decision() }
}

/// The original position of the message in `partition`, if the MAC proves the stated one.
fn read(mac: &str, stated: &str, partition: i32) -> Option<SourcePosition> {
    let message = replayed();
    let proof: [(&str, &[u8]); 2] = [(REPLAY_OF, stated.as_bytes()), (REPLAY_MAC, mac.as_bytes())];
    key().replay_of(&RawRecord {
        topic: message.topic,
        partition,
        offset: 0,
        timestamp_ms: None,
        key: message.key,
        headers: [message.headers, &proof].concat(),
        value: message.value,
    })
}

#[test]
fn a_replay_is_proved_by_its_own_mac() {
    let message = replayed();
    let place: SourcePosition = "t.insured.records.v1/3/7".parse().unwrap();
    let text = place.to_string();
    let mac = key().replay_mac(&message, &place);
    assert_eq!(read(&mac, &text, 3), Some(place));
    assert_eq!(read(&mac, "t.insured.records.v1/3/1", 3), None);
    assert_eq!(read(&mac, &text, 2), None);
    assert_eq!(read(&key().own_mac(&message, 7), &text, 3), None, "the MAC of an own record is no replay's");
    let elsewhere: SourcePosition = "t.insured.records.v1/1/7".parse().unwrap();
    let mac = key().replay_mac(&message, &elsewhere);
    let stated = elsewhere.to_string();
    assert_eq!(
        read(&mac, &stated, 3),
        Some(elsewhere),
        "a misrouted message moves to the partition of its key"
    );
    assert_eq!(read(&mac, &stated, 1), None, "its proof holds there only");
}
