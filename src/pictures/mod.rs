//! Pictures that people send: recognised by their content, checked, decoded, turned upright and encoded anew.
//!
//! Invariants:
//! - Pure: no file, no network, no clock. `src/picture_worker` runs [`clean`] in a process of its own.
//! - No byte of a received file reaches the result. Both formats are decoded to pixels and encoded again, so metadata and
//!   trailing bytes cannot survive.
//! - The decoders see only what a picture needs. `jpeg` and `png` walk the file first, check its size, and drop every other
//!   part before a decoder reserves memory.
//! - A file that lacks its end is refused. It is never filled with grey.

mod clean_picture;
mod encode;
mod entropy;
mod frame;
mod huffman;
mod jpeg;
mod kind;
mod limits;
mod png;
mod refusal;

pub use clean_picture::{CleanPicture, MediaType};
pub use kind::FileKind;
pub use limits::{
    Limits, MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, MIN_PICTURE_SIDE, check_document, hint,
    limit_values,
};
pub use refusal::Refusal;

/// Checks a received file, and returns the picture that may be stored.
///
/// # Errors
/// Why the file is refused.
pub fn clean(bytes: &[u8], limits: &Limits) -> Result<CleanPicture, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.len() > limits.bytes {
        return Err(Refusal::TooLarge { bytes: bytes.len() });
    }
    match kind::recognise(bytes) {
        FileKind::Jpeg => encode::jpeg(jpeg::decode(bytes, limits)?, limits),
        FileKind::Png => encode::png(png::decode(bytes, limits)?, limits),
        other => Err(Refusal::WrongFormat { kind: other }),
    }
}

#[cfg(test)]
mod tests;
