//! Encoding of the pixels.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageEncoder};

use super::{CleanPicture, Limits, MediaType, Refusal};

/// Qualities that are tried in turn until the result is small enough. 90 shows no loss on a photographed page.
const QUALITIES: [u8; 4] = [90, 80, 65, 50];

/// A JPEG stays a JPEG.
pub(super) fn jpeg(picture: DynamicImage, limits: &Limits) -> Result<CleanPicture, Refusal> {
    for quality in QUALITIES {
        let mut bytes = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        write(&picture, encoder)?;
        if bytes.len() <= limits.bytes {
            return finish(MediaType::Jpeg, &picture, bytes);
        }
    }
    Err(Refusal::TooLarge { bytes: limits.bytes + 1 })
}

/// A PNG stays a PNG, which keeps text sharp, unless it would be too large. Then it becomes a JPEG.
pub(super) fn png(picture: DynamicImage, limits: &Limits) -> Result<CleanPicture, Refusal> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    write(&picture, encoder)?;
    if bytes.len() <= limits.bytes {
        return finish(MediaType::Png, &picture, bytes);
    }
    drop(bytes);
    jpeg(picture, limits)
}

fn write(picture: &DynamicImage, encoder: impl ImageEncoder) -> Result<(), Refusal> {
    let (pixels, color) = (picture.as_bytes(), picture.color().into());
    encoder.write_image(pixels, picture.width(), picture.height(), color).map_err(|_| Refusal::CannotBeRead)
}

fn finish(media_type: MediaType, picture: &DynamicImage, bytes: Vec<u8>) -> Result<CleanPicture, Refusal> {
    CleanPicture::from_parts(media_type, picture.width(), picture.height(), bytes)
        .ok_or(Refusal::CannotBeRead)
}
