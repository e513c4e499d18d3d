//! What is stored: upright, without metadata, with the same pixels.

use image::{DynamicImage, RgbImage};
use peyvand::pictures::{CleanPicture, Limits, MAX_PICTURE_BYTES, MediaType, Refusal, clean};
use sha2::{Digest, Sha256};

use super::files::{
    FlatPng, PLANTED, app1_exif, chunk, exif, jpeg, jpeg_of, jpeg_with, noise, palette_noise, pattern, png,
    png_of, png_with, segment,
};

pub fn cleaned(bytes: &[u8]) -> CleanPicture {
    clean(bytes, &Limits::default()).unwrap()
}

/// Decodes with the library's ordinary reader, which chooses the format by the content.
pub fn decoded(picture: &CleanPicture) -> DynamicImage {
    image::load_from_memory(picture.bytes()).unwrap()
}

/// The parts of a stored file may only be those of this list. None if they are.
pub fn foreign_part(picture: &CleanPicture) -> Option<String> {
    let bytes = picture.bytes();
    if bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes()) {
        return Some("the planted text".to_owned());
    }
    match picture.media_type() {
        MediaType::Jpeg => foreign_segment(bytes),
        MediaType::Png => foreign_chunk(bytes),
    }
}

fn foreign_segment(bytes: &[u8]) -> Option<String> {
    let mut at = 2;
    loop {
        let (marker, length) = (bytes[at + 1], usize::from(bytes[at + 2]) << 8 | usize::from(bytes[at + 3]));
        let body = &bytes[at + 4..at + 2 + length];
        match marker {
            0xE0 if body.starts_with(b"JFIF\0") && body.len() == 14 => {}
            0xC0 | 0xC4 | 0xDB => {}
            0xDA => break,
            other => return Some(format!("segment {other:X}")),
        }
        at += 2 + length;
    }
    let data = &bytes[at + 4..];
    let end = data.windows(2).position(|pair| pair == [0xFF, 0xD9])?;
    (end + 2 != data.len()).then(|| "trailing bytes".to_owned())
}

fn foreign_chunk(bytes: &[u8]) -> Option<String> {
    let mut rest = &bytes[8..];
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
        let name = &rest[4..8];
        if ![b"IHDR", b"IDAT", b"IEND"].iter().any(|known| name == &known[..]) {
            return Some(format!("chunk {}", String::from_utf8_lossy(name)));
        }
        rest = &rest[12 + length..];
        if name == b"IEND" && !rest.is_empty() {
            return Some("trailing bytes".to_owned());
        }
    }
    None
}

/// Where a stored pixel is shown, by the definition of the Exif tag: row 0 and column 0 are at the named sides.
fn shown_at(orientation: u8, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
    match orientation {
        1 => (x, y),
        2 => (width - 1 - x, y),
        3 => (width - 1 - x, height - 1 - y),
        4 => (x, height - 1 - y),
        5 => (y, x),
        6 => (height - 1 - y, x),
        7 => (height - 1 - y, width - 1 - x),
        8 => (y, width - 1 - x),
        _ => unreachable!(),
    }
}

/// How a camera stores this picture when it is held so that the tag is `orientation`.
fn turned(upright: &RgbImage, orientation: u8) -> RgbImage {
    let (width, height) = upright.dimensions();
    let (width, height) = if orientation < 5 { (width, height) } else { (height, width) };
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = shown_at(orientation, x, y, width, height);
        *upright.get_pixel(x, y)
    })
}

#[track_caller]
fn assert_similar(found: &RgbImage, wanted: &RgbImage, tolerance: u8, what: &str) {
    assert_eq!(found.dimensions(), wanted.dimensions(), "{what}");
    let far = found.pixels().zip(wanted.pixels()).filter(|(found, wanted)| {
        (0..3).any(|channel| found.0[channel].abs_diff(wanted.0[channel]) > tolerance)
    });
    assert_eq!(far.count(), 0, "{what}: pixels differ");
}

#[test]
fn all_eight_orientations_come_out_upright() {
    let upright = pattern(96, 64);
    for orientation in 1..=8 {
        let stored = turned(&upright, orientation);
        for big_endian in [false, true] {
            let tiff = exif(orientation, big_endian);
            let what = format!("orientation {orientation}, big endian {big_endian}");
            let from_png = cleaned(&png_with(&png_of(&stored), &[chunk(b"eXIf", &tiff)]));
            assert_similar(&decoded(&from_png).into_rgb8(), &upright, 0, &format!("PNG, {what}"));
            let from_jpeg = cleaned(&jpeg_with(&jpeg_of(&stored, 95), &[app1_exif(&tiff)]));
            assert_similar(&decoded(&from_jpeg).into_rgb8(), &upright, 20, &format!("JPEG, {what}"));
            assert_eq!((from_jpeg.width(), from_jpeg.height()), (96, 64), "{what}");
            for picture in [from_png, from_jpeg] {
                assert_eq!(foreign_part(&picture), None, "{what}");
            }
        }
    }
}

#[test]
fn the_result_states_its_own_size_digest_and_type() {
    for (bytes, media_type) in [(jpeg(), MediaType::Jpeg), (png(), MediaType::Png)] {
        let picture = cleaned(&bytes);
        assert_eq!(picture.media_type(), media_type);
        assert_eq!((picture.width(), picture.height()), (64, 48));
        assert_eq!(picture.sha256(), hex::encode(Sha256::digest(picture.bytes())));
        let again = decoded(&picture);
        assert_eq!((again.width(), again.height()), (64, 48));
        assert_similar(&again.into_rgb8(), &pattern(64, 48), 20, media_type.as_str());
        assert_eq!(cleaned(&bytes), picture, "the same file gives the same bytes");
    }
}

#[test]
fn nothing_but_the_pixels_is_stored() {
    let planted = PLANTED.as_bytes();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", planted].concat();
    let icc = [b"ICC_PROFILE\0\x01\x01", planted].concat();
    let iptc = [b"Photoshop 3.0\0", planted].concat();
    let segments = [
        app1_exif(&exif(1, false)),
        segment(0xE1, &xmp),
        segment(0xE2, &icc),
        segment(0xED, &iptc),
        segment(0xEF, planted),
        segment(0xFE, planted),
    ];
    let stored = cleaned(&[jpeg_with(&jpeg(), &segments), planted.to_vec()].concat());
    assert_eq!(foreign_part(&stored), None);
    assert_eq!(stored, cleaned(&jpeg()), "metadata change nothing");
    let text = [b"Comment\0", planted].concat();
    let chunks = [
        chunk(b"eXIf", &exif(1, true)),
        chunk(b"tEXt", &text),
        chunk(b"zTXt", &[b"Comment\0\0", &super::files::zeros(100)[..]].concat()),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", planted].concat()),
        chunk(b"iCCP", &[b"profile\0\0", &super::files::zeros(100)[..]].concat()),
        chunk(b"tIME", &[7, 0xE9, 1, 1, 1, 1, 1]),
        chunk(b"prVt", planted),
    ];
    let stored = cleaned(&[png_with(&png(), &chunks), planted.to_vec()].concat());
    assert_eq!(foreign_part(&stored), None);
    assert_eq!(stored, cleaned(&png()), "metadata change nothing");
}

#[test]
fn a_transparent_picture_stands_on_white() {
    let clear = FlatPng { width: 9, height: 7, bits: 8, color: 6, interlaced: false };
    let shown = decoded(&cleaned(&clear.bytes())).into_rgb8();
    assert!(shown.pixels().all(|pixel| pixel.0 == [255; 3]));
    let grey = FlatPng { width: 9, height: 7, bits: 16, color: 4, interlaced: true };
    assert!(decoded(&cleaned(&grey.bytes())).into_luma8().pixels().all(|pixel| pixel.0 == [255]));
}

#[test]
fn every_form_of_a_png_is_read() {
    let forms = [
        (0, 1),
        (0, 2),
        (0, 4),
        (0, 8),
        (0, 16),
        (2, 8),
        (2, 16),
        (3, 1),
        (3, 2),
        (3, 4),
        (3, 8),
        (4, 8),
        (6, 16),
    ];
    for (color, bits) in forms {
        for interlaced in [false, true] {
            let picture = cleaned(&FlatPng { width: 13, height: 11, bits, color, interlaced }.bytes());
            let shown = decoded(&picture).into_rgb8();
            let wanted = match color {
                3 => [200, 10, 20],
                4 | 6 => [255; 3],
                _ => [0; 3],
            };
            assert!(
                shown.pixels().all(|pixel| pixel.0 == wanted),
                "color {color}, bits {bits}, {interlaced}"
            );
        }
    }
}

/// A PNG that cannot be kept small becomes a JPEG; a JPEG is encoded with less quality.
#[test]
fn a_result_is_not_larger_than_what_may_be_sent() {
    let limits = Limits { bytes: 40_000, ..Limits::default() };
    let sent = noise(110, 110);
    let as_png = png_of(&sent);
    assert!(as_png.len() < limits.bytes, "{}", as_png.len());
    assert_eq!(clean(&as_png, &limits).unwrap().media_type(), MediaType::Png);
    let tight = Limits { bytes: as_png.len() - 1, ..limits };
    assert_eq!(clean(&as_png, &tight).unwrap_err(), Refusal::TooLarge { bytes: as_png.len() });
    // An index into a palette takes a third of the bytes that its colours take.
    let sent = palette_noise(300);
    let limits = Limits { bytes: sent.len() + 100, ..limits };
    let stored = clean(&sent, &limits).unwrap();
    assert_eq!((stored.media_type(), stored.width()), (MediaType::Jpeg, 300));
    assert!(cleaned(&sent).bytes().len() > limits.bytes, "as a PNG it is not too large");
    let sent = jpeg_of(&noise(200, 200), 60);
    let limits = Limits { bytes: sent.len() + 100, ..Limits::default() };
    let stored = clean(&sent, &limits).unwrap();
    assert!(stored.bytes().len() <= limits.bytes && stored.media_type() == MediaType::Jpeg);
    assert!(
        jpeg_of(&decoded(&cleaned(&sent)).into_rgb8(), 90).len() > limits.bytes,
        "quality 90 is too large"
    );
}

#[test]
fn limits_are_exact() {
    let limits = Limits { bytes: MAX_PICTURE_BYTES, pixels: 64 * 48 };
    assert!(clean(&jpeg(), &limits).is_ok() && clean(&png(), &limits).is_ok());
    let less = Limits { pixels: 64 * 48 - 1, ..limits };
    for bytes in [jpeg(), png()] {
        assert_eq!(clean(&bytes, &less).unwrap_err(), Refusal::TooManyPixels { width: 64, height: 48 });
        let exact = Limits { bytes: bytes.len(), ..limits };
        assert_ne!(clean(&bytes, &exact).err(), Some(Refusal::TooLarge { bytes: bytes.len() }));
        let short = Limits { bytes: bytes.len() - 1, ..limits };
        assert_eq!(clean(&bytes, &short).unwrap_err(), Refusal::TooLarge { bytes: bytes.len() });
    }
}
