//! Properties that hold for any bytes: no reader panics, and a value that was read and written again reads as the same
//! value. The first byte selects the reader. Each property returns whether the bytes were readable.
//! `tests/it/contract/fuzz_corpus/mod.rs` replays the stored corpus, too.

use std::fmt::Display;
use std::str::FromStr;

use peyvand::claim::facts::Facts;
use peyvand::claim::person::Dossier;
use peyvand::ident::{InsuranceNumber, Mobile, NationalCode, Sheba, text};
use peyvand::law::{Rial, SolarDate, SolarMonth};
use peyvand::wire::dead_letters_v1::{dead_letter, parse};
use peyvand::wire::fault::code::PLAUSIBILITY;
use peyvand::wire::files::{
    ChunkOrReject, FileKind, PublicationEnvelope, RowChunk, RowChunks, RowLimits, RowReader, close_event,
    open_event, row_event,
};
use peyvand::wire::headers::file_of;
use peyvand::wire::{
    EventType, Fault, Input, OutboxEvent, Outgoing, RawRecord, RecordKey, SourcePosition, read, tables,
};

const PUBLISHED_AT: &str = "2025-10-23T08:30:00Z";
const FILE: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// Separates the parts of a record. No UTF-8 text contains this byte.
const BETWEEN: u8 = 0xff;

/// The event type, then an even byte and the data, or an odd byte and separated headers, key and value.
pub fn messages(data: &[u8]) -> bool {
    let [kind, form, rest @ ..] = data else { return false };
    let kind = EventType::ALL[usize::from(*kind) % EventType::ALL.len()];
    if form % 2 == 0 {
        let key = Input::read(kind, rest).map(|input| input.key().into_owned()).unwrap_or_default();
        let headers = vec![
            ("ce_type", kind.name().as_bytes()),
            ("ce_id", b"one"),
            ("ce_time", b"2025-11-01T06:30:00Z"),
        ];
        return message(&record(kind, headers, Some(key.as_bytes()), Some(rest)));
    }
    let mut parts = rest.split(|byte| *byte == BETWEEN);
    let names = [
        "ce_id",
        "ce_time",
        "content-type",
        "ce_specversion",
        "traceparent",
        "ce_fileid",
        "ce_fileline",
        "ce_filerows",
        "peyvand_replay_of",
    ];
    let mut headers = vec![("ce_type", kind.name().as_bytes())];
    headers.extend(names.into_iter().zip(&mut parts).filter(|(_, part)| !part.is_empty()));
    let (key, value) = (parts.next(), parts.next());
    message(&record(kind, headers, key, value))
}

fn record<'a>(
    kind: EventType,
    headers: Vec<(&'a str, &'a [u8])>,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
) -> RawRecord<'a> {
    RawRecord { topic: kind.topic(), partition: 3, offset: 7, timestamp_ms: None, key, headers, value }
}

/// A readable message reads the same again. The dead letter of an unreadable message contains it whole.
fn message(message: &RawRecord<'_>) -> bool {
    file_of(message);
    match read(message) {
        Ok(event) => {
            reads_again(&RowChunk {
                line: 2,
                rows: u32::try_from(event.input.rows()).unwrap(),
                input: event.input,
            });
            true
        }
        Err(fault) => {
            carried_whole(message, &fault);
            false
        }
    }
}

/// The consumer reads the same input that the publisher wrote. Only dates and instants may be implausible: the fixed time
/// of the publication is not that of the input.
fn reads_again(chunk: &RowChunk) {
    let written = row_event(&envelope(FileKind::Wages), chunk).unwrap();
    let event = match read_outgoing(&written) {
        Err(fault) if fault.code == PLAUSIBILITY => return,
        event => event.unwrap(),
    };
    assert_eq!(event.input, chunk.input);
    let is_of_file = !matches!(chunk.input, Input::FileOpened(_) | Input::FileClosed(_));
    assert_eq!(event.file.map(|file| (file.line, file.rows)), is_of_file.then_some((chunk.line, chunk.rows)));
}

fn read_outgoing(event: &Outgoing) -> Result<peyvand::wire::Event, Fault> {
    let headers = event.headers();
    let headers = headers.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    read(&record(event.kind, headers, Some(event.key.as_bytes()), event.value.as_deref()))
}

fn envelope(kind: FileKind) -> PublicationEnvelope<'static> {
    PublicationEnvelope { file_id: FILE, kind, at: PUBLISHED_AT.parse().unwrap(), traceparent: None }
}

fn carried_whole(message: &RawRecord<'_>, fault: &Fault) {
    let written = dead_letter(message, "a.topic.v1", None, fault, envelope(FileKind::Wages).at);
    let headers = written.headers();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let found = parse(&headers, written.value.as_deref()).unwrap();
    assert_eq!((found.key, found.value), (message.key, message.value));
    let kept = message.headers.iter().filter(|(name, _)| !name.starts_with("peyvand_"));
    assert_eq!(found.headers, kept.copied().collect::<Vec<_>>());
    let key = RecordKey::new(b"fuzz");
    let again = found.replay_headers(message.topic, message.partition, &key);
    let again = again.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let again = RawRecord { headers: again, ..message.clone() };
    assert_eq!(key.replay_of(&again).as_ref(), Some(found.original_position()));
    assert_eq!(key.replay_of(message), None, "a proof without the key");
}

/// Rows of a file kind, a whole file of a kind, tables of the law, or texts.
pub fn files(data: &[u8]) -> bool {
    let [choice, rest @ ..] = data else { return false };
    let kinds = FileKind::ALL.len();
    match usize::from(*choice) % (2 * kinds + 2) {
        choice if choice < kinds => {
            let kind = FileKind::ALL[choice];
            rows(kind, &[kind.columns().join(",").as_bytes(), b"\n", rest].concat())
        }
        choice if choice < 2 * kinds => rows(FileKind::ALL[choice - kinds], rest),
        choice if choice == 2 * kinds => {
            std::str::from_utf8(rest).is_ok_and(|toml| tables::parse(toml).is_ok())
        }
        _ => std::str::from_utf8(rest).is_ok_and(texts),
    }
}

/// Every line of a file that is read to its end is the header, blank, sent, or rejected.
fn rows(kind: FileKind, csv: &[u8]) -> bool {
    let limits = RowLimits { today: SolarDate::new(1404, 8, 1).unwrap(), now: PUBLISHED_AT.parse().unwrap() };
    let Ok(reader) = RowReader::new(kind, limits, csv) else { return false };
    let mut chunks = RowChunks::new(reader);
    let mut sent = 0;
    loop {
        match chunks.next_step() {
            Ok(Some(ChunkOrReject::Send(chunk))) => {
                reads_again(&chunk);
                sent += 1;
            }
            Ok(Some(ChunkOrReject::Rejected(fault))) => assert!(fault.value.chars().count() <= 100),
            Ok(None) => break,
            // The file is refused as a whole: nothing of it is published.
            Err(_) => return false,
        }
    }
    let tally = chunks.tally();
    assert_eq!(tally.declared, tally.rows + tally.rejected_rows());
    let text = String::from_utf8_lossy(csv).replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.split('\n').skip(1).filter(|line| !line.as_bytes().trim_ascii().is_empty());
    // A quotation mark may extend a value over blank lines, which are rejected with the others.
    assert!(tally.declared >= lines.count() as u64, "a line is neither sent nor rejected");
    for event in [open_event(&envelope(kind)), close_event(&envelope(kind), tally)] {
        read_outgoing(&event.unwrap()).unwrap();
    }
    sent > 0
}

fn texts(text: &str) -> bool {
    let plain = text::normalise(text);
    assert_eq!(text::normalise(&plain), plain);
    assert_eq!(text::comparable_name(&plain), text::comparable_name(text));
    assert_eq!(text::fold_digits(&text::persian_digits(text)), text::fold_digits(text));
    let found = [
        same::<NationalCode>(text),
        same::<InsuranceNumber>(text),
        same::<Sheba>(text),
        same::<Mobile>(text),
        same::<SolarDate>(text),
        same::<SolarMonth>(text),
        same::<Rial>(text),
        same::<SourcePosition>(text),
    ];
    if let Ok(code) = text.parse::<NationalCode>() {
        assert_eq!(NationalCode::from_i64(code.to_i64()), Some(code));
    }
    if let Ok(date) = text.parse::<SolarDate>() {
        let (year, month, day) = date.to_gregorian();
        assert_eq!(SolarDate::from_gregorian(year, month, day), Ok(date));
        assert_eq!(SolarDate::from_day_number(date.day_number()), Ok(date));
    }
    found.contains(&true)
}

/// Asserts that the text form of a value parses to the same value. Returns false if `text` is not a `T`.
fn same<T: FromStr + Display + PartialEq>(text: &str) -> bool {
    let Ok(read) = text.parse::<T>() else { return false };
    assert!(read.to_string().parse::<T>().is_ok_and(|again| again == read));
    true
}

/// Facts with their form byte, a dossier, or an outbox event.
pub fn stored(data: &[u8]) -> bool {
    let [choice, rest @ ..] = data else { return false };
    match choice % 3 {
        0 => facts(rest),
        1 => dossier(rest),
        _ => outbox(rest),
    }
}

fn facts(bytes: &[u8]) -> bool {
    let Some(facts) = Facts::decode(bytes) else { return false };
    let encoded = facts.encode();
    let again = Facts::decode(&encoded.bytes).unwrap();
    assert!(again == facts && again.encode().digest == encoded.digest);
    // The functions through which the rules read the facts must not panic either.
    facts.art85_employments();
    facts.art85_wages();
    true
}

fn dossier(bytes: &[u8]) -> bool {
    let Ok(dossier) = postcard::from_bytes::<Dossier>(bytes) else { return false };
    let again: Dossier = postcard::from_bytes(&postcard::to_stdvec(&dossier).unwrap()).unwrap();
    assert_eq!(again, dossier);
    true
}

fn outbox(bytes: &[u8]) -> bool {
    let Ok((event, _)) = postcard::take_from_bytes::<OutboxEvent<'_>>(bytes) else { return false };
    event.address();
    let packed = postcard::to_stdvec(&event).unwrap();
    let Ok(written) = event.into_outgoing() else { return false };
    let again: OutboxEvent<'_> = postcard::from_bytes(&packed).unwrap();
    assert!(again.into_outgoing().unwrap() == written);
    let kept: OutboxEvent<'_> = written.clone().into();
    let kept = postcard::to_stdvec(&kept).unwrap();
    assert!(postcard::from_bytes::<OutboxEvent<'_>>(&kept).unwrap().into_outgoing().unwrap() == written);
    true
}
