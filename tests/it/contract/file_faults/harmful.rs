//! Faults of a file as a whole, and of the shape of its rows. They apply to every kind.

use super::Expected::{Accepted, Refused, Rejected, RejectedSomehow};
use super::sample::SampleFile;
use super::{Expected, FaultyFile};

pub fn files(sample: &SampleFile) -> Vec<FaultyFile> {
    let mut files = quotation_marks(sample);
    files.extend(numbers_of_fields(sample));
    files.extend(encodings(sample));
    files.extend(other_formats(sample));
    files.extend(headers(sample));
    files.extend(ends(sample));
    files
}

/// The second row, with its last field replaced.
fn with_last(sample: &SampleFile, field: &str) -> String {
    let line = &sample.lines()[1];
    let (before, _) = line.rsplit_once(',').unwrap();
    format!("{before},{field}")
}

fn last_of(sample: &SampleFile) -> &str {
    sample.rows[1].last().unwrap()
}

fn quotation_marks(sample: &SampleFile) -> Vec<FaultyFile> {
    let last = last_of(sample);
    let open = sample.with_second(&with_last(sample, &format!("\"{last}")));
    let first_of_third = &sample.rows[2][0];
    let joined = open.replace(&format!("\n{first_of_third},"), &format!("\n{first_of_third}\","));
    let two_lines = sample.with_second(&with_last(sample, &format!("\"{last}\n\"")));
    let stray = |field: String| sample.with_second(&with_last(sample, &field));
    let is_stray = || Rejected(vec![(3, "stray_quotation_mark")]);
    let both = || Rejected(vec![(3, "newline_in_value"), (4, "newline_in_value")]);
    vec![
        FaultyFile::new(
            "a mark that is never closed",
            open.clone(),
            Refused("line 3 opens a quotation mark"),
        ),
        FaultyFile::new(
            "the same without a last line end",
            open.trim_end(),
            Refused("line 3 opens a quotation mark"),
        ),
        FaultyFile::new(
            "an open mark in the last row",
            format!("{}\"x", sample.text()),
            Refused("line 5 opens a quotation mark"),
        ),
        FaultyFile::new("two stray marks that join rows", joined, both()),
        FaultyFile::new("a line end inside a value", two_lines, both()),
        FaultyFile::new("a space before a mark", stray(format!(" \"{last}\"")), is_stray()),
        FaultyFile::new("a space behind a mark", stray(format!("\"{last}\" ")), is_stray()),
        FaultyFile::new("text behind a mark", stray(format!("\"{last}\"x")), is_stray()),
        FaultyFile::new("a mark inside a value", stray(format!("x{last}\"x")), is_stray()),
        FaultyFile::new("a quoted value", stray(format!("\"{last}\"")), Accepted),
    ]
}

fn numbers_of_fields(sample: &SampleFile) -> Vec<FaultyFile> {
    let second = &sample.lines()[1];
    let (shorter, _) = second.rsplit_once(',').unwrap();
    let wrong = || Rejected(vec![(3, "wrong_number_of_fields")]);
    let with_note = |line: &str| {
        let text = sample.with_second(line);
        let mut lines = text.lines().map(|line| line.to_owned() + ",x\n").collect::<Vec<_>>();
        lines[0] = sample.header() + ",note\n";
        lines[2] = line.to_owned() + "\n";
        lines.concat()
    };
    vec![
        FaultyFile::new("a field too few", sample.with_second(shorter), wrong()),
        FaultyFile::new("one field only", sample.with_second("x"), wrong()),
        FaultyFile::new("a field too many", sample.with_second(&format!("{second},9")), wrong()),
        FaultyFile::new(
            "an empty first field too many",
            sample.with_second(&format!(",{second}")),
            RejectedSomehow(vec![3]),
        ),
        FaultyFile::new("empty fields behind the last", sample.with_second(&format!("{second},,")), Accepted),
        FaultyFile::new("a further column", with_note(&format!("{second},x")), Accepted),
        FaultyFile::new("a further column, a field too few", with_note(second), wrong()),
        FaultyFile::new(
            "a further column, an empty field too many",
            with_note(&format!("{second},x,")),
            wrong(),
        ),
        FaultyFile::new(
            "a further column, a thousands separator",
            with_note(&format!("{second},1,000,x")),
            wrong(),
        ),
    ]
}

fn encodings(sample: &SampleFile) -> Vec<FaultyFile> {
    let text = sample.text();
    let units = |mark: &str| format!("{mark}{text}").encode_utf16().collect::<Vec<_>>();
    let little = |mark| units(mark).into_iter().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = |mark| units(mark).into_iter().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let utf32: Vec<u8> = format!("\u{feff}{text}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let mut one_bad_row = Vec::from(sample.with_second(""));
    let second = sample.lines()[1].clone();
    let mut bad = vec![0xff];
    bad.extend_from_slice(second.as_bytes());
    one_bad_row = replace_blank_line(&one_bad_row, &bad);
    let ascii: String = second.chars().filter(char::is_ascii).collect();
    let windows_1256: Vec<u8> = format!("{}\n", sample.header())
        .into_bytes()
        .into_iter()
        .chain((0..3).flat_map(|_| [&b"\xdf\xed\xc7\xe4\xed,"[..], ascii.as_bytes(), b"\n"].concat()))
        .collect();
    vec![
        FaultyFile::new("UTF-16 little-endian", little("\u{feff}"), Refused("UTF-16")),
        FaultyFile::new("UTF-16 big-endian", big("\u{feff}"), Refused("UTF-16")),
        FaultyFile::new("UTF-16 without a mark", little(""), Refused("UTF-16")),
        FaultyFile::new("UTF-32", utf32, Refused("UTF-32")),
        FaultyFile::new("Windows-1256", windows_1256, Refused("Windows-1256")),
        FaultyFile::new("one row that is no UTF-8", one_bad_row, Rejected(vec![(3, "not_text")])),
        FaultyFile::new("a byte order mark", format!("\u{feff}{text}"), Accepted),
        FaultyFile::new(
            "two byte order marks",
            format!("\u{feff}\u{feff}{text}"),
            Refused("two byte order marks"),
        ),
        FaultyFile::new(
            "a control character",
            sample.with_second(&format!("\u{1}{second}")),
            RejectedSomehow(vec![3]),
        ),
    ]
}

/// Puts a line into the place of the only blank line.
fn replace_blank_line(text: &[u8], line: &[u8]) -> Vec<u8> {
    let at = text.windows(2).position(|two| two == b"\n\n").unwrap() + 1;
    [&text[..at], line, &text[at..]].concat()
}

fn other_formats(sample: &SampleFile) -> Vec<FaultyFile> {
    let with = |signature: &[u8]| [signature, b"\x01\x02 something"].concat();
    let refused = |what: &str, bytes: Vec<u8>, text| FaultyFile::new(what, bytes, Refused(text));
    vec![
        refused("gzip", with(b"\x1f\x8b\x08\0"), "gzip"),
        refused("bzip2", with(b"BZh91AY"), "bzip2"),
        refused("xz", with(b"\xfd7zXZ\0"), "xz"),
        refused("zstd", with(b"\x28\xb5\x2f\xfd"), "zstd"),
        refused("zip", with(b"PK\x03\x04 data.csv"), "zip"),
        refused("xlsx", with(b"PK\x03\x04 [Content_Types].xml"), "xlsx"),
        refused("xls", with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "xls"),
        refused("PDF", with(b"%PDF-1.7"), "PDF"),
        refused("HTML", with(b"<!DOCTYPE html><html>"), "HTML"),
        refused("XML", with(b"<?xml version='1.0'?>"), "XML"),
        refused("JSON", with(b"[{\"record_id\": 1}]"), "JSON"),
        refused("binary", (0..=255).collect(), "binary"),
        refused("semicolons", sample.text().replace(',', ";").into(), "looks like ';'"),
        refused("tabs", sample.text().replace(',', "\t").into(), "looks like a tab"),
        refused("bars", sample.text().replace(',', "|").into(), "looks like '|'"),
    ]
}

fn headers(sample: &SampleFile) -> Vec<FaultyFile> {
    let (header, text) = (sample.header(), sample.text());
    let first = sample.columns[0];
    let with_header = |other: String| text.replacen(&header, &other, 1);
    let quoted: Vec<_> = sample.columns.iter().map(|name| format!("\"{name}\"")).collect();
    let lacks = || Refused("lacks the column");
    let mut repeated = sample.lines();
    repeated[1] = header.clone();
    let reversed: String =
        text.lines().map(|line| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n").collect();
    vec![
        FaultyFile::new("a column is missing", with_header(header.replacen(first, "other", 1)), lacks()),
        FaultyFile::new(
            "a column is named twice",
            with_header(format!("{header},{first}")),
            Refused("twice"),
        ),
        FaultyFile::new("a header in capitals", with_header(header.to_uppercase()), lacks()),
        FaultyFile::new(
            "a decorated header",
            with_header(header.replacen(first, &format!("[{first}]*"), 1)),
            lacks(),
        ),
        FaultyFile::new("a title above the header", format!("فهرست ماه مهر\n{text}"), lacks()),
        FaultyFile::new("no header", sample.lines().join("\n") + "\n", lacks()),
        FaultyFile::new("an empty file", "", Refused("the file is empty")),
        FaultyFile::new("a header alone", header.clone() + "\n", Accepted),
        FaultyFile::new(
            "an invisible character in the header",
            with_header(format!("\u{200c}{header}")),
            Accepted,
        ),
        FaultyFile::new("a quoted header", with_header(quoted.join(",")), Accepted),
        FaultyFile::new("columns in another order", reversed, Accepted),
        FaultyFile::new("the header once more", sample.with_lines(&repeated), RejectedSomehow(vec![3])),
    ]
}

fn ends(sample: &SampleFile) -> Vec<FaultyFile> {
    let text = sample.text();
    let unterminated = text.trim_end().to_owned();
    let (cut, _) = unterminated.rsplit_once(',').unwrap();
    let all_bad: Vec<_> = sample.lines().iter().map(|line| line.clone() + ",x").collect();
    let strict = |what, bytes: String, expected: Expected| FaultyFile {
        strict: true,
        ..FaultyFile::new(what, bytes, expected)
    };
    vec![
        FaultyFile::new("line ends of Windows", text.replace('\n', "\r\n"), Accepted),
        FaultyFile::new("line ends of old Macs", text.replace('\n', "\r"), Accepted),
        FaultyFile::new("blank lines", text.replace('\n', "\n\n"), Accepted),
        FaultyFile::new("no last line end", unterminated.clone(), Accepted),
        strict("no last line end, strict", unterminated.clone(), Refused("cut off")),
        strict("a good file, strict", text.clone(), Accepted),
        FaultyFile::new("cut off in the last row", cut, Rejected(vec![(4, "wrong_number_of_fields")])),
        FaultyFile::new(
            "every row is rejected",
            sample.with_lines(&all_bad),
            Refused("every row is rejected"),
        ),
        FaultyFile::new("a line without end", format!("{text}{}", "x".repeat(3 << 20)), Refused("1 MiB")),
    ]
}
