//! PNG: a walk over the chunks, then the decoder.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, RgbImage};

use super::kind::PNG_SIGNATURE;
use super::{Limits, Refusal};

/// Bytes of the decoder's buffers: 16 bits in four channels for each pixel, and as much again for its own use.
const BYTES_OF_A_PIXEL: u64 = 16;
/// Bytes of the decoder's buffers that do not depend on the picture's size.
const FIXED_BYTES: u64 = 1 << 20;
const WHITE: u32 = 255;

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<DynamicImage, Refusal> {
    let Parts { stripped, orientation } = walk(bytes, limits)?;
    let mut of_decoder = image::Limits::no_limits();
    of_decoder.max_alloc = Some(limits.pixels * BYTES_OF_A_PIXEL + FIXED_BYTES);
    let decoder =
        PngDecoder::with_limits(Cursor::new(stripped), of_decoder).map_err(|_| Refusal::CannotBeRead)?;
    if decoder.is_apng().map_err(|_| Refusal::CannotBeRead)? {
        return Err(Refusal::Animated);
    }
    let (width, height) = decoder.dimensions();
    limits.check_size(width, height)?;
    let decoded = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::CannotBeRead)?;
    let mut picture = opaque(decoded);
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Eight bits for each channel, and no transparency: a page reads the same on any background.
fn opaque(picture: DynamicImage) -> DynamicImage {
    let color = picture.color();
    let is_grey = !color.has_color();
    if !color.has_alpha() {
        return if is_grey {
            DynamicImage::ImageLuma8(picture.into_luma8())
        } else {
            DynamicImage::ImageRgb8(picture.into_rgb8())
        };
    }
    if is_grey {
        let source = picture.into_luma_alpha8();
        let over = |x, y| image::Luma([over_white(source.get_pixel(x, y).0[0], source.get_pixel(x, y).0[1])]);
        return DynamicImage::ImageLuma8(GrayImage::from_fn(source.width(), source.height(), over));
    }
    let source = picture.into_rgba8();
    let over = |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0;
        image::Rgb([red, green, blue].map(|channel| over_white(channel, alpha)))
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(source.width(), source.height(), over))
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    let mixed = (u32::from(channel) * alpha + WHITE * (WHITE - alpha) + WHITE / 2) / WHITE;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

struct Parts {
    /// The file without text, profiles, other metadata and trailing bytes.
    stripped: Vec<u8>,
    orientation: Orientation,
}

fn walk(bytes: &[u8], limits: &Limits) -> Result<Parts, Refusal> {
    let mut stripped = PNG_SIGNATURE.to_vec();
    let mut orientation = None;
    let mut rest = &bytes[PNG_SIGNATURE.len()..];
    let mut is_first = true;
    loop {
        let chunk = Chunk::read(rest)?;
        rest = &rest[chunk.whole.len()..];
        match (&chunk.name, is_first) {
            (b"IHDR", true) => check_header(chunk.data, limits)?,
            (_, true) | (b"IHDR", false) => return Err(Refusal::CannotBeRead),
            (b"IEND" | b"PLTE" | b"IDAT" | b"tRNS", _) => {}
            (b"acTL" | b"fcTL" | b"fdAT", _) => return Err(Refusal::Animated),
            (b"eXIf", _) => {
                orientation = orientation.or_else(|| Orientation::from_exif_chunk(chunk.data));
                continue;
            }
            // A name that begins with a capital is of a part that no reader may leave out.
            (name, _) if name[0].is_ascii_uppercase() => return Err(Refusal::CannotBeRead),
            _ => continue,
        }
        is_first = false;
        stripped.extend_from_slice(chunk.whole);
        if &chunk.name == b"IEND" {
            let orientation = orientation.unwrap_or(Orientation::NoTransforms);
            return Ok(Parts { stripped, orientation });
        }
    }
}

fn check_header(data: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let [w0, w1, w2, w3, h0, h1, h2, h3, _, _, _, _, _] = *data else {
        return Err(Refusal::CannotBeRead);
    };
    limits.check_size(u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]))
}

struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    /// With length, name and checksum.
    whole: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(rest: &'a [u8]) -> Result<Self, Refusal> {
        let (head, _) = rest.split_first_chunk::<8>().ok_or(Refusal::Truncated)?;
        let [l0, l1, l2, l3, name @ ..] = *head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let length = usize::try_from(length).map_err(|_| Refusal::CannotBeRead)?;
        let end = length.checked_add(12).ok_or(Refusal::CannotBeRead)?;
        let whole = rest.get(..end).ok_or(Refusal::Truncated)?;
        Ok(Self { name, data: &whole[8..8 + length], whole })
    }
}
