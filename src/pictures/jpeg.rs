//! JPEG: a walk over the segments that also reads all codes, then the decoder in its strict mode.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::entropy::Entropy;
use super::frame::Frame;
use super::{Limits, Refusal};

/// A progressive file of a camera or a program has about ten scans. Each scan costs time for the whole picture.
const MAX_SCANS: usize = 64;
/// Maximum length of a segment that describes the colours.
const MAX_COLOR_SEGMENT: usize = 64;

const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const EXIF: &[u8] = b"Exif\0\0";

/// What the walk found.
struct Parts {
    width: u32,
    height: u32,
    is_grey: bool,
    orientation: Orientation,
    /// The file without metadata, comments and trailing bytes.
    stripped: Vec<u8>,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<DynamicImage, Refusal> {
    let parts = Walk { bytes, at: 2 }.run(limits)?;
    let color = if parts.is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    let side = |n: u32| usize::try_from(n).unwrap_or_default();
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(side(parts.width))
        .set_max_height(side(parts.height))
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(color);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(parts.stripped.as_slice()), options);
    let pixels = decoder.decode().map_err(|_| Refusal::CannotBeRead)?;
    let picture = if parts.is_grey {
        GrayImage::from_raw(parts.width, parts.height, pixels).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(parts.width, parts.height, pixels).map(DynamicImage::ImageRgb8)
    };
    let mut picture = picture.ok_or(Refusal::CannotBeRead)?;
    picture.apply_orientation(parts.orientation);
    Ok(picture)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn run(mut self, limits: &Limits) -> Result<Parts, Refusal> {
        let mut frame = None;
        let mut orientation = None;
        let mut stripped = vec![0xFF, 0xD8];
        let mut scans = 0;
        let mut entropy = Entropy::new();
        loop {
            let marker = self.marker()?;
            if marker == EOI {
                break;
            }
            let body = self.segment()?;
            match marker {
                0xC0..=0xC2 if frame.is_none() => frame = Some(Frame::read(body, marker == 0xC2, limits)?),
                0xC4 => entropy.define_tables(body)?,
                0xDD => entropy.define_restarts(body)?,
                // Quantisation tables.
                0xDB => {}
                SOS => {
                    scans += 1;
                    let frame = frame.as_ref().filter(|_| scans <= MAX_SCANS).ok_or(Refusal::CannotBeRead)?;
                    let data = self.entropy_coded()?;
                    entropy.read_scan(frame, body, data)?;
                    put_segment(&mut stripped, marker, body);
                    stripped.extend_from_slice(data);
                    continue;
                }
                0xE1 if body.starts_with(EXIF) => {
                    orientation = orientation.or_else(|| Orientation::from_exif_chunk(&body[EXIF.len()..]));
                    continue;
                }
                // JFIF and Adobe's segment say how colours are stored.
                0xE0 | 0xEE if body.len() <= MAX_COLOR_SEGMENT => {}
                0xE0..=0xEF | 0xFE => continue,
                _ => return Err(Refusal::CannotBeRead),
            }
            put_segment(&mut stripped, marker, body);
        }
        let frame = frame.filter(|_| scans > 0).ok_or(Refusal::CannotBeRead)?;
        stripped.extend([0xFF, EOI]);
        Ok(Parts {
            width: frame.width,
            height: frame.height,
            is_grey: frame.components.len() == 1,
            orientation: orientation.unwrap_or(Orientation::NoTransforms),
            stripped,
        })
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        let byte = self.bytes.get(self.at).copied().ok_or(Refusal::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next marker. Skips the fill bytes before it.
    fn marker(&mut self) -> Result<u8, Refusal> {
        if self.byte()? != 0xFF {
            return Err(Refusal::CannotBeRead);
        }
        loop {
            let byte = self.byte()?;
            if byte != 0xFF {
                return Ok(byte);
            }
        }
    }

    /// The content of a segment, behind its length.
    fn segment(&mut self) -> Result<&'a [u8], Refusal> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let length = length.checked_sub(2).ok_or(Refusal::CannotBeRead)?;
        let body = self.bytes.get(self.at..self.at + length).ok_or(Refusal::Truncated)?;
        self.at += length;
        Ok(body)
    }

    /// The data of a scan, up to the next marker that is no restart.
    fn entropy_coded(&mut self) -> Result<&'a [u8], Refusal> {
        let data = self.bytes.get(self.at..).ok_or(Refusal::Truncated)?;
        let is_end = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
        let length = data.windows(2).position(is_end).ok_or(Refusal::Truncated)?;
        self.at += length;
        Ok(&data[..length])
    }
}

fn put_segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    out.extend([0xFF, marker]);
    out.extend(length.to_be_bytes());
    out.extend_from_slice(body);
}
