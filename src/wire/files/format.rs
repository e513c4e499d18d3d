//! Recognises files that are no CSV in UTF-8, so that the error names the cause and what to do.

/// Number of bytes that [`recognise`] looks at.
const LOOKED_AT: usize = 8 << 10;

/// Why a file is no CSV in UTF-8, and what to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherFormat {
    pub what: &'static str,
    pub cure: &'static str,
}

const SAVE_AS_UTF8: &str = "save it as \"CSV UTF-8 (comma delimited)\"";
const UNPACK: &str = "unpack it, and publish the CSV file in it";

/// The first bytes of formats that are published by mistake.
const SIGNATURES: [(&[u8], OtherFormat); 14] = [
    (b"\xff\xfe\0\0", OtherFormat { what: "UTF-32", cure: SAVE_AS_UTF8 }),
    (b"\0\0\xfe\xff", OtherFormat { what: "UTF-32", cure: SAVE_AS_UTF8 }),
    (b"\xff\xfe", OtherFormat { what: "UTF-16", cure: SAVE_AS_UTF8 }),
    (b"\xfe\xff", OtherFormat { what: "UTF-16", cure: SAVE_AS_UTF8 }),
    (b"\x1f\x8b", OtherFormat { what: "a gzip file", cure: UNPACK }),
    (b"BZh", OtherFormat { what: "a bzip2 file", cure: UNPACK }),
    (b"\xfd7zXZ\0", OtherFormat { what: "an xz file", cure: UNPACK }),
    (b"\x28\xb5\x2f\xfd", OtherFormat { what: "a zstd file", cure: UNPACK }),
    (b"7z\xbc\xaf\x27\x1c", OtherFormat { what: "a 7z file", cure: UNPACK }),
    (b"Rar!", OtherFormat { what: "a rar file", cure: UNPACK }),
    (b"\xd0\xcf\x11\xe0", OtherFormat { what: "an old Excel file (xls)", cure: SAVE_AS_UTF8 }),
    (b"%PDF", OtherFormat { what: "a PDF file", cure: "publish the CSV file that it was made from" }),
    (b"PAR1", OtherFormat { what: "a Parquet file", cure: "export it as CSV in UTF-8" }),
    (b"SQLite format 3", OtherFormat { what: "an SQLite file", cure: "export it as CSV in UTF-8" }),
];

/// The format of a file that is no CSV in UTF-8, by its first bytes. `None` for a file that may be one.
pub fn recognise(bytes: &[u8]) -> Option<OtherFormat> {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    for (signature, format) in SIGNATURES {
        if bytes.starts_with(signature) {
            return Some(format);
        }
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(zip(bytes));
    }
    if is_utf16_without_mark(bytes) {
        return Some(OtherFormat { what: "UTF-16", cure: SAVE_AS_UTF8 });
    }
    if let Some(format) = markup(bytes) {
        return Some(format);
    }
    is_binary(bytes).then_some(OtherFormat { what: "a binary file", cure: "publish a CSV file in UTF-8" })
}

fn zip(bytes: &[u8]) -> OtherFormat {
    if contains(bytes, b"xl/") || contains(bytes, b"[Content_Types].xml") {
        OtherFormat { what: "an Excel file (xlsx)", cure: SAVE_AS_UTF8 }
    } else if contains(bytes, b"opendocument") {
        OtherFormat { what: "an OpenDocument file", cure: SAVE_AS_UTF8 }
    } else {
        OtherFormat { what: "a zip file", cure: UNPACK }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// In UTF-16 every second byte of ASCII text is zero.
fn is_utf16_without_mark(bytes: &[u8]) -> bool {
    let even = bytes.iter().step_by(2).filter(|byte| **byte == 0).count();
    let odd = bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
    even.max(odd) * 4 > bytes.len() && even.min(odd) * 8 < bytes.len()
}

/// Text has hardly any control character. A single one rejects its row only.
fn is_binary(bytes: &[u8]) -> bool {
    let controls =
        bytes.iter().filter(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n'));
    controls.count() * 20 > bytes.len()
}

fn markup(bytes: &[u8]) -> Option<OtherFormat> {
    let start = bytes.trim_ascii_start();
    let first_letters = start[..start.len().min(14)].to_ascii_lowercase();
    if [&b"<!doctype html"[..], b"<html", b"<table"].iter().any(|tag| first_letters.starts_with(tag)) {
        Some(OtherFormat {
            what: "an HTML page",
            cure: "the download may have failed; fetch the CSV file again",
        })
    } else if first_letters.starts_with(b"<?xml") {
        Some(OtherFormat { what: "an XML file", cure: "export it as CSV in UTF-8" })
    } else if start.starts_with(b"{") || start.starts_with(b"[{") {
        Some(OtherFormat { what: "a JSON file", cure: "export it as CSV in UTF-8" })
    } else {
        None
    }
}

/// The delimiter that a header line seems to use instead of the comma.
pub fn other_delimiter(header: &str) -> Option<&'static str> {
    let commas = header.matches(',').count();
    [(';', "';'"), ('\t', "a tab"), ('|', "'|'"), ('،', "the Persian comma '،'"), ('؛', "'؛'")]
        .map(|(delimiter, name)| (header.matches(delimiter).count(), name))
        .into_iter()
        .filter(|(count, _)| *count > commas)
        .max_by_key(|(count, _)| *count)
        .map(|(_, name)| name)
}

/// Whether bytes that are no UTF-8 look like Persian text in Windows-1256: most bytes above ASCII are letters of its
/// Arabic range.
pub fn looks_like_windows_1256(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    let letters = bytes
        .iter()
        .filter(|byte| matches!(**byte, 0xc0..=0xdf | 0xe1 | 0xe3..=0xe6 | 0xec | 0xed | 0x81 | 0x8d | 0x8e | 0x90 | 0x98))
        .count();
    high > 0 && letters * 4 >= high * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised() {
        let utf16: Vec<u8> = "record_id,status\nR1,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, what) in [
            (&b"\xff\xfer\0"[..], "UTF-16"),
            (&utf16, "UTF-16"),
            (b"\xff\xfe\0\0r\0\0\0", "UTF-32"),
            (b"\x1f\x8b\x08", "a gzip file"),
            (b"PK\x03\x04...xl/workbook.xml", "an Excel file (xlsx)"),
            (b"PK\x03\x04...data.csv", "a zip file"),
            (b"\xd0\xcf\x11\xe0\xa1", "an old Excel file (xls)"),
            (b"a,b\n\x00\x01\x02\x03\x04\x05\x06\x07\x08", "a binary file"),
            (b"  <!DOCTYPE html>", "an HTML page"),
            (b"[{\"a\":1}]", "a JSON file"),
        ] {
            assert_eq!(recognise(bytes).map(|format| format.what), Some(what));
        }
        assert_eq!(recognise("\u{feff}record_id,status\n".as_bytes()), None);
        assert_eq!(recognise(b""), None);
    }

    #[test]
    fn delimiters_and_code_pages_are_recognised() {
        assert_eq!(other_delimiter("a;b;c"), Some("';'"));
        assert_eq!(other_delimiter("a\tb\tc"), Some("a tab"));
        assert_eq!(other_delimiter("a,b;c,d"), None);
        assert!(looks_like_windows_1256(b"R1,\xd1\xd6\xc7,\x98\xed\xc7\xe4\xed"));
        assert!(!looks_like_windows_1256("کیانی".as_bytes()));
    }
}
