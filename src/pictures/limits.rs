//! What a picture may be at most. Hint, check and message use the same constants.

use super::{CleanPicture, Refusal};
use crate::texts::{Lang, PictureTexts};

/// Maximum size of a received file, and of a stored picture.
pub const MAX_PICTURE_BYTES: usize = 10 << 20;
/// Maximum number of pixels.
pub const MAX_PICTURE_PIXELS: u64 = 40_000_000;
/// Maximum width and height: JPEG knows no more.
pub const MAX_PICTURE_SIDE: u32 = 65_535;

/// Minimum width and height of a picture of a document. Anything smaller is an icon that stands in for a picture.
pub const MIN_PICTURE_SIDE: u32 = 200;

const MEBIBYTE: usize = 1 << 20;
const MEGAPIXEL: u64 = 1_000_000;

/// The limits of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    pub pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: MAX_PICTURE_BYTES, pixels: MAX_PICTURE_PIXELS }
    }
}

impl Limits {
    /// Checks the size that a file declares, before memory is reserved for it.
    pub(super) fn check_size(&self, width: u32, height: u32) -> Result<(), Refusal> {
        if width == 0 || height == 0 {
            return Err(Refusal::CannotBeRead);
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels || width.max(height) > MAX_PICTURE_SIDE {
            return Err(Refusal::TooManyPixels { width, height });
        }
        Ok(())
    }
}

/// The values of the placeholders for the limits.
pub fn limit_values() -> [(&'static str, String); 3] {
    [
        ("max_mb", (MAX_PICTURE_BYTES / MEBIBYTE).to_string()),
        ("max_megapixels", (MAX_PICTURE_PIXELS / MEGAPIXEL).to_string()),
        ("min_side", MIN_PICTURE_SIDE.to_string()),
    ]
}

/// Checks that a clean picture can show a document.
///
/// # Errors
/// If a side is too short.
pub fn check_document(picture: &CleanPicture) -> Result<(), Refusal> {
    let (width, height) = (picture.width(), picture.height());
    if width.min(height) < MIN_PICTURE_SIDE { Err(Refusal::TooSmall { width, height }) } else { Ok(()) }
}

/// What to tell a person before a picture is chosen.
pub fn hint(lang: Lang) -> String {
    PictureTexts::built_in().hint(&limit_values(), lang)
}
