//! The format of a file, by its first bytes. Its name and its declared type count for nothing.

use serde::{Deserialize, Serialize};

/// A recognised format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Jpeg,
    Png,
    /// HEIC or HEIF, what an iPhone stores by default.
    Heic,
    Avif,
    Gif,
    Webp,
    Pdf,
    Svg,
    /// A ZIP archive, also a document of an office suite.
    Zip,
    Unknown,
}

impl FileKind {
    pub const ALL: [Self; 10] = [
        Self::Jpeg,
        Self::Png,
        Self::Heic,
        Self::Avif,
        Self::Gif,
        Self::Webp,
        Self::Pdf,
        Self::Svg,
        Self::Zip,
        Self::Unknown,
    ];

    /// The part of the refusal's code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
            Self::Svg => "svg",
            Self::Zip => "zip",
            Self::Unknown => "unknown",
        }
    }
}

pub(super) const PNG_SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// The prefix in which a PDF or an SVG may have bytes before its own signature.
const PREFIX: usize = 1024;

pub(super) fn recognise(bytes: &[u8]) -> FileKind {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return FileKind::Jpeg;
    }
    if bytes.starts_with(PNG_SIGNATURE) {
        return FileKind::Png;
    }
    if let Some(kind) = iso_brand(bytes) {
        return kind;
    }
    if bytes.starts_with(b"GIF8") {
        return FileKind::Gif;
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return FileKind::Webp;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return FileKind::Zip;
    }
    let prefix = &bytes[..bytes.len().min(PREFIX)];
    if contains(prefix, b"%PDF-") {
        return FileKind::Pdf;
    }
    if is_svg(prefix) { FileKind::Svg } else { FileKind::Unknown }
}

/// The major brand of an ISO base media file, or one of its compatible brands.
fn iso_brand(bytes: &[u8]) -> Option<FileKind> {
    const HEIC: [&[u8; 4]; 8] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"];
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let declared = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    let end = usize::try_from(declared).ok()?.clamp(12, PREFIX).min(bytes.len());
    let brands: Vec<&[u8]> = bytes.get(8..end)?.chunks_exact(4).collect();
    // An AVIF file also has the brand `mif1`, so AVIF is looked for first.
    if brands.iter().any(|brand| matches!(*brand, b"avif" | b"avis")) {
        return Some(FileKind::Avif);
    }
    brands.iter().any(|brand| HEIC.iter().any(|heic| brand == &&heic[..])).then_some(FileKind::Heic)
}

fn is_svg(prefix: &[u8]) -> bool {
    let text = prefix.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(prefix).trim_ascii_start();
    text.starts_with(b"<") && contains(&text.to_ascii_lowercase(), b"<svg")
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
