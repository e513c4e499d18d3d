//! Tests of headers, file formats, grouping, and the events that publish a file.

use super::*;
use crate::ident::NationalCode;
use crate::wire::{EventType, Input, Outgoing, RawRecord, read};

const HEADER: &str = "national_code,month,workshop_code,insurance_type,days,insurable_rial";

fn limits() -> RowLimits {
    RowLimits { today: "1404-08-20".parse().unwrap(), now: "2025-11-11T06:30:00Z".parse().unwrap() }
}

fn code(nine: u32) -> String {
    NationalCode::with_check_digit(nine).unwrap().to_string()
}

fn wage(nine: u32, days: &str) -> String {
    format!("{},1403-01,77,compulsory,{days},1000", code(nine))
}

fn steps(csv: &str) -> (Vec<ChunkOrReject>, RowCounts) {
    let mut pieces = RowChunks::new(RowReader::new(FileKind::Wages, limits(), csv.as_bytes()).unwrap());
    let steps = pieces.by_ref().map(Result::unwrap).collect();
    (steps, pieces.tally().clone())
}

/// (first line, rows) of each chunk; (line, 0) of each rejected row.
fn shape(steps: &[ChunkOrReject]) -> Vec<(u64, u32)> {
    let mut shape = Vec::with_capacity(steps.len());
    for step in steps {
        shape.push(match step {
            ChunkOrReject::Send(piece) => (piece.line, piece.rows),
            ChunkOrReject::Rejected(fault) => (fault.line, 0),
        });
    }
    shape
}

/// Why a file of delivery reports is refused.
fn header_error(csv: &'static str) -> String {
    RowReader::new(FileKind::DeliveryReports, limits(), csv.as_bytes()).err().unwrap().to_string()
}

#[test]
fn headers_are_checked() {
    assert!(
        header_error("")
            .starts_with("the file is empty; its first line must name the columns: sms_id, status, at")
    );
    assert_eq!(
        header_error("sms_id,status\n"),
        "the file of delivery-reports lacks the column at. Its first line is: sms_id,status"
    );
    assert_eq!(
        header_error("sms_id;status;at\n"),
        "the file of delivery-reports lacks the columns sms_id, status, at. Its first line is: sms_id;status;at. \
         The delimiter looks like ';': save the file with commas"
    );
    assert_eq!(
        header_error("at,status,at,sms_id\n"),
        "the header names at twice. Its first line is: at,status,at,sms_id"
    );
    assert!(header_error("\u{feff}\u{feff}sms_id,status,at\n").contains("two byte order marks"));
}

#[test]
fn byte_order_mark_line_ends_blank_lines_and_quotes() {
    let rows = [wage(1, "1"), wage(2, "\"2\""), wage(3, "۳"), wage(4, "")];
    let unix = format!("\u{feff}{HEADER}\n{}\n{}\n\n{}\n{}", rows[0], rows[1], rows[2], rows[3]);
    let expected = vec![(2, 1), (3, 1), (6, 0), (5, 1)];
    assert_eq!(shape(&steps(&unix).0), expected);
    assert_eq!(shape(&steps(&unix.replace('\n', "\r\n")).0), expected);
    assert_eq!(shape(&steps(&unix.replace('\n', "\r")).0), expected);
}

/// The marks in lines 3 and 5 join three lines. Each of them is rejected, and the rows around them are read.
#[test]
fn marks_that_join_lines_reject_each_of_them() {
    let csv = format!("{HEADER}\n{0}\n\"{0}\n{0}\n{0}\",x\n{0}\n", wage(1, "1"));
    let (steps, tally) = steps(&csv);
    assert_eq!(shape(&steps), vec![(3, 0), (4, 0), (5, 0), (2, 1), (6, 1)]);
    assert_eq!((tally.declared, tally.rejected["newline_in_value"]), (5, 3));
}

#[test]
fn an_open_quotation_mark_refuses_the_file() {
    for end in ["", "\n"] {
        let csv = format!("{HEADER}\n{}\n\"{}{end}", wage(1, "1"), "x,1\n".repeat(1 << 19));
        let mut reader = RowReader::new(FileKind::Wages, limits(), csv.as_bytes()).unwrap();
        assert!(reader.next_row().unwrap().unwrap().is_ok());
        assert!(matches!(reader.next_row(), Err(FileError::OpenQuotation(3))));
    }
}

#[test]
fn a_line_without_end_refuses_the_file() {
    let csv = format!("{HEADER}\n{}", "x".repeat(2 << 20));
    let mut reader = RowReader::new(FileKind::Wages, limits(), csv.as_bytes()).unwrap();
    assert!(matches!(reader.next_row(), Err(FileError::LineTooLong(2))));
}

#[test]
fn rows_with_too_few_or_too_many_fields() {
    let wrong = "wrong_number_of_fields";
    let csv = format!("{HEADER}\n{0},\n{0},9\n{1}\n{0},,\n", wage(1, "1"), code(1));
    let (found, tally) = steps(&csv);
    assert_eq!(shape(&found), vec![(3, 0), (4, 0), (2, 1), (5, 1)]);
    assert_eq!(tally.rejected.into_iter().collect::<Vec<_>>(), vec![(wrong, 2)]);
    // With a column that is ignored, an empty field behind the last may be the shifted end of a row.
    let csv = format!("{HEADER},note\n{0},\n{0},,\n{0}\n", wage(1, "1"));
    let (found, tally) = steps(&csv);
    assert_eq!(shape(&found), vec![(3, 0), (4, 0), (2, 1)]);
    assert_eq!(tally.rejected[wrong], 2);
}

#[test]
fn a_missing_line_end_is_noticed() {
    for (end, unterminated) in [("", true), ("\n", false), ("\n\n", false), ("\n ", true)] {
        let (_, tally) = steps(&format!("{HEADER}\n{}{end}", wage(1, "1")));
        assert_eq!(tally.unterminated, unterminated, "{end:?}");
    }
}

#[test]
fn a_file_in_windows_1256_is_refused() {
    let mut csv = format!("{HEADER}\n").into_bytes();
    for _ in 0..3 {
        csv.extend(b"1,2,3,\xdf\xed\xc7\xe4\xed,5,6\n");
    }
    let mut reader = RowReader::new(FileKind::Wages, limits(), csv.as_slice()).unwrap();
    let error = std::iter::repeat_with(|| reader.next_row()).find_map(Result::err).unwrap();
    assert!(matches!(error, FileError::NotUtf8 { line: 2, is_windows_1256: true }), "{error}");
}

#[test]
fn invalid_utf_8_rejects_only_its_row() {
    let mut csv = format!("{HEADER}\n").into_bytes();
    csv.extend_from_slice(b"\xff\xfe,1403-01,77,compulsory,1,1\n");
    csv.extend_from_slice(wage(1, "1").as_bytes());
    let mut reader = RowReader::new(FileKind::Wages, limits(), csv.as_slice()).unwrap();
    assert_eq!(reader.next_row().unwrap().unwrap().unwrap_err().reason, "not_text");
    assert!(reader.next_row().unwrap().unwrap().is_ok());
    assert!(reader.next_row().unwrap().is_none());
    assert_eq!(reader.bytes_read(), csv.len() as u64);
}

#[test]
fn consecutive_wage_rows_of_a_person_form_one_event() {
    let mut csv = format!("{HEADER}\n");
    for (nine, rows) in [(1, 3), (2, 401), (1, 1)] {
        (0..rows).for_each(|_| csv.push_str(&format!("{}\n", wage(nine, "30"))));
    }
    csv.push_str(&format!("{}\n{}\n", wage(1, "-1"), wage(1, "31")));
    let (steps, tally) = steps(&csv);
    // A rejected row between two rows of a person ends the event, because an event contains consecutive lines.
    assert_eq!(shape(&steps), vec![(2, 3), (5, 200), (205, 200), (405, 1), (407, 0), (406, 1), (408, 1)]);
    assert_eq!((tally.declared, tally.rows, tally.rejected["negative"]), (407, 406, 1));
}

/// Reads an event as the service does.
fn read_back(event: &Outgoing) -> crate::wire::Event {
    let headers = event.headers();
    let message = RawRecord {
        topic: event.topic(),
        partition: 0,
        offset: 0,
        timestamp_ms: None,
        key: Some(event.key.as_bytes()),
        headers: headers.iter().map(|(name, value)| (*name, value.as_ref())).collect(),
        value: event.value.as_deref(),
    };
    read(&message).unwrap()
}

#[test]
fn published_events_can_be_read() {
    let file_id = "ab".repeat(32);
    let envelope = PublicationEnvelope {
        file_id: &file_id,
        kind: FileKind::Wages,
        at: "2025-10-23T06:30:00Z".parse().unwrap(),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    };
    assert_eq!(read_back(&open_event(&envelope).unwrap()).kind, EventType::FileOpened);
    let (steps, tally) = steps(&format!("{HEADER}\n{}\n{}\n{}\n", wage(1, "1"), wage(1, "2"), wage(2, "x")));
    let Input::FileClosed(closed) = read_back(&close_event(&envelope, &tally).unwrap()).input else {
        panic!("expected a file.closed event")
    };
    assert_eq!((closed.declared, closed.rows, closed.rejected["not_a_number"]), (3, 2, 1));
    let ChunkOrReject::Send(piece) = &steps[1] else { panic!("expected a chunk") };
    let event = row_event(&envelope, piece).unwrap();
    assert_eq!(event, row_event(&envelope, piece).unwrap(), "a repeated event has the same id");
    let read = read_back(&event);
    assert_eq!(read.input, piece.input);
    assert_eq!(read.file.map(|file| (file.line, file.rows)), Some((2, 2)));
    assert_eq!(read.traceparent.as_deref(), envelope.traceparent);
    let stored = postcard::to_stdvec(&event).unwrap();
    assert_eq!(postcard::from_bytes::<Outgoing>(&stored).unwrap(), event);
}

#[test]
fn rejects_are_written_as_csv() {
    let mut output = Vec::new();
    let mut rejects = RejectsWriter::new(&mut output).unwrap();
    for value in ["1,5", "=1+1", "a=1"] {
        rejects.write(&RowFault::new(7, "days", value, "not_a_number")).unwrap();
    }
    rejects.finish().unwrap();
    let lines = ["line,field,value,reason", "7,days,\"1,5\",not_a_number", "7,days,'=1+1,not_a_number"];
    assert_eq!(String::from_utf8(output).unwrap().lines().take(3).collect::<Vec<_>>(), lines);
}

#[test]
fn kinds_round_trip_through_text() {
    for kind in FileKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(*kind));
    }
    assert!("wage".parse::<FileKind>().is_err());
    assert_eq!(FileKind::EarlierPayments.file_name(), "earlier_payments.csv");
}
