//! The hostile files, each with what must become of it.

use super::files::{
    FlatJpeg, FlatPng, PLANTED, SIGNATURE, app1_exif, chunk, exif, jpeg, jpeg_of, jpeg_with, pattern, png,
    png_with, segment, zeros,
};

/// What must become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Refused with this code.
    Refused(&'static str),
    /// Refused with any code.
    RefusedSomehow,
    /// A clean picture of this size.
    Clean(u32, u32),
    /// Refused, or a clean picture.
    Harmless,
}

use Expected::{Clean, Harmless, Refused, RefusedSomehow};

pub struct HostileFile {
    pub what: String,
    pub bytes: Vec<u8>,
    pub expected: Expected,
}

fn file(what: impl Into<String>, bytes: Vec<u8>, expected: Expected) -> HostileFile {
    HostileFile { what: what.into(), bytes, expected }
}

pub fn all() -> Vec<HostileFile> {
    let groups = [
        other_formats(),
        polyglots(),
        cut_off(),
        damaged(),
        sizes(),
        bombs(),
        jpeg_forms(),
        png_forms(),
        metadata(),
    ];
    groups.into_iter().flatten().collect()
}

/// Files of other formats. The tests give no name and no type, because nothing reads them.
fn other_formats() -> Vec<HostileFile> {
    let mut all = Vec::new();
    for brand in [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"] {
        let bytes = [&[0, 0, 0, 24][..], b"ftyp", brand, &[0; 4], b"mif1", brand, &[7; 900]].concat();
        all.push(file(
            format!("HEIC with the brand {}", String::from_utf8_lossy(brand)),
            bytes,
            Refused("heic"),
        ));
    }
    for brand in [b"avif", b"avis"] {
        let bytes = [&[0, 0, 0, 24][..], b"ftyp", brand, &[0; 4], b"mif1", b"miaf", &[7; 900]].concat();
        all.push(file(
            format!("AVIF with the brand {}", String::from_utf8_lossy(brand)),
            bytes,
            Refused("avif"),
        ));
    }
    let behind_a_mark = [b"\xEF\xBB\xBF  <?xml version='1.0'?>", &b"<svg onload='alert(1)'/>"[..]].concat();
    let known: [(&str, Vec<u8>, &str); 16] = [
        ("nothing", Vec::new(), "empty"),
        ("GIF", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "gif"),
        ("GIF that is a script", b"GIF89a=1;alert(1)//".to_vec(), "gif"),
        ("WebP", b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), "webp"),
        ("PDF", b"%PDF-1.7\n1 0 obj".to_vec(), "pdf"),
        ("PDF behind other bytes", [&[b' '; 500][..], b"%PDF-1.4"].concat(), "pdf"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "svg"),
        ("SVG behind a byte order mark", behind_a_mark, "svg"),
        ("ZIP", b"PK\x03\x04\x14\0\0\0".to_vec(), "zip"),
        ("empty ZIP", b"PK\x05\x06\0\0\0\0".to_vec(), "zip"),
        ("HTML", b"<!doctype html><script>alert(1)</script>".to_vec(), "unknown"),
        ("film", [&[0, 0, 0, 20][..], b"ftypisom", &[0; 12]].concat(), "unknown"),
        ("BMP", b"BM\x46\0\0\0\0\0".to_vec(), "unknown"),
        ("TIFF", b"II*\0\x08\0\0\0".to_vec(), "unknown"),
        ("program", b"\x7fELF\x02\x01\x01".to_vec(), "unknown"),
        ("zeros", vec![0; 5000], "unknown"),
    ];
    all.extend(known.into_iter().map(|(what, bytes, code)| file(what, bytes, Refused(code))));
    let huge_box = [&[0xFF; 4][..], b"ftypheic"].concat();
    all.push(file("HEIC with a huge box", huge_box, Refused("heic")));
    all.push(file("half a box", b"\0\0\0\x18ftyp".to_vec(), Refused("unknown")));
    all
}

/// A picture that is something else, too.
fn polyglots() -> Vec<HostileFile> {
    let mut all = Vec::new();
    let tails: [(&str, &[u8]); 7] = [
        ("ZIP", b"PK\x03\x04PLANTED-35.6892N-51.3890E"),
        ("HTML", b"<script>PLANTED-35.6892N-51.3890E</script>"),
        ("PDF", b"%PDF-1.7 PLANTED-35.6892N-51.3890E"),
        ("PHP", b"<?php PLANTED-35.6892N-51.3890E ?>"),
        ("program", b"\x7fELFPLANTED-35.6892N-51.3890E"),
        ("picture", b"\xFF\xD8\xFF\xE0PLANTED-35.6892N-51.3890E\xFF\xD9"),
        ("zeros", &[0; 3000]),
    ];
    for (what, tail) in tails {
        for (kind, picture) in [("JPEG", jpeg()), ("PNG", png())] {
            all.push(file(format!("{kind} before {what}"), [&picture, tail].concat(), Clean(64, 48)));
        }
        let before = [tail, &jpeg()[..]].concat();
        let expected = if what == "picture" { Harmless } else { RefusedSomehow };
        all.push(file(format!("JPEG behind {what}"), before, expected));
        let inside = jpeg_with(&jpeg(), &[segment(0xFE, tail)]);
        all.push(file(format!("{what} in a comment of a JPEG"), inside, Clean(64, 48)));
        let inside = png_with(&png(), &[chunk(b"tEXt", &[b"Comment\0", tail].concat())]);
        all.push(file(format!("{what} in a text of a PNG"), inside, Clean(64, 48)));
    }
    all
}

/// Files that end early.
fn cut_off() -> Vec<HostileFile> {
    let progressive = FlatJpeg { width: 120, height: 90, components: 3, progressive: true, more_scans: 5 };
    let interlaced = FlatPng { width: 90, height: 70, bits: 8, color: 2, interlaced: true };
    let wholes = [
        ("JPEG", jpeg_of(&super::files::noise(90, 70), 80), 40),
        ("progressive JPEG", progressive.bytes(), 20),
        ("PNG", super::files::png_of(&super::files::noise(40, 40)), 30),
        ("interlaced PNG", interlaced.bytes(), 20),
    ];
    let mut all = Vec::new();
    for (kind, whole, places) in wholes {
        let is_jpeg = kind.contains("JPEG");
        for place in 1..places {
            let length = whole.len() * place / places;
            // The first bytes alone name no format.
            let expected = if length < 8 { RefusedSomehow } else { Refused("truncated") };
            all.push(file(
                format!("{kind} of {length} bytes instead of {}", whole.len()),
                whole[..length].to_vec(),
                expected,
            ));
        }
        let last = whole[..whole.len() - 1].to_vec();
        all.push(file(format!("{kind} without its last byte"), last, Refused("truncated")));
        if is_jpeg {
            for place in 12..places {
                let ended = [&whole[..whole.len() * place / places], &[0xFF, 0xD9]].concat();
                all.push(file(
                    format!("{kind} cut off at {place} of {places}, with an end"),
                    ended,
                    RefusedSomehow,
                ));
            }
        }
    }
    all
}

/// Files with changed bytes.
fn damaged() -> Vec<HostileFile> {
    let mut all = Vec::new();
    let (whole_jpeg, whole_png) = (jpeg(), png());
    for step in 0..30 {
        for (kind, whole) in [("JPEG", &whole_jpeg), ("PNG", &whole_png)] {
            let mut bytes = whole.clone();
            let at = 12 + step * (whole.len() - 12) / 30;
            bytes[at] ^= 0x5A;
            all.push(file(format!("{kind} with a changed byte at {at}"), bytes, Harmless));
        }
    }
    let mut wrong_sum = whole_png.clone();
    wrong_sum[8 + 8 + 13] ^= 1;
    all.push(file("PNG whose header has a wrong checksum", wrong_sum, Refused("cannot_be_read")));
    let at = whole_png.len() - 12 - 4;
    let mut wrong_sum = whole_png.clone();
    wrong_sum[at] ^= 1;
    all.push(file("PNG whose data has a wrong checksum", wrong_sum, Refused("cannot_be_read")));
    let huge = [SIGNATURE, &[0xFF, 0xFF, 0xFF, 0xFF], b"IHDR", &[0; 13]].concat();
    all.push(file("PNG with a chunk of four gigabytes", huge, Refused("truncated")));
    let short = [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 1][..], &whole_jpeg].concat();
    all.push(file("JPEG with a segment shorter than its length", short, Refused("cannot_be_read")));
    let long = [&[0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF][..], &whole_jpeg].concat();
    all.push(file("JPEG with a segment longer than the file", long, Refused("truncated")));
    let fill = [&[0xFF, 0xD8][..], &[0xFF; 2000], &whole_jpeg[2..]].concat();
    all.push(file("JPEG with fill bytes", fill, Clean(64, 48)));
    let garbage = [&[0xFF, 0xD8][..], &segment(0xFE, b"x"), b"garbage", &whole_jpeg[2..]].concat();
    all.push(file("JPEG with bytes between segments", garbage, Refused("cannot_be_read")));
    all.push(file("JPEG that is only an end", vec![0xFF, 0xD8, 0xFF, 0xD9], Refused("cannot_be_read")));
    let without_data = [SIGNATURE.to_vec(), flat(4, 4).header(), chunk(b"IEND", &[])].concat();
    all.push(file("PNG without data", without_data, Refused("cannot_be_read")));
    let unknown = png_with(&whole_png, &[chunk(b"NEED", b"x")]);
    all.push(file("PNG with an unknown critical chunk", unknown, Refused("cannot_be_read")));
    all.push(file(
        "PNG with two headers",
        png_with(&whole_png, &[flat(4, 4).header()]),
        Refused("cannot_be_read"),
    ));
    let no_header = [SIGNATURE.to_vec(), chunk(b"IDAT", &zeros(9)), chunk(b"IEND", &[])].concat();
    all.push(file("PNG without a header", no_header, Refused("cannot_be_read")));
    all
}

fn flat(width: u32, height: u32) -> FlatPng {
    FlatPng { width, height, bits: 8, color: 2, interlaced: false }
}

/// A PNG that declares a size and contains 90 zeros.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let header = flat(width, height).header();
    [SIGNATURE.to_vec(), header, chunk(b"IDAT", &zeros(90)), chunk(b"IEND", &[])].concat()
}

/// Files that declare a size.
fn sizes() -> Vec<HostileFile> {
    let mut all = Vec::new();
    for (width, height) in
        [(65_535, 65_535), (65_535, 1_000), (1_000, 65_535), (6_325, 6_325), (40_001, 1_000)]
    {
        let mut bytes = jpeg();
        set_jpeg_size(&mut bytes, width, height);
        all.push(file(format!("JPEG that declares {width} x {height}"), bytes, Refused("too_many_pixels")));
        let bytes = png_of_size(width.into(), height.into());
        all.push(file(format!("PNG that declares {width} x {height}"), bytes, Refused("too_many_pixels")));
    }
    for (width, height) in [(u32::MAX, u32::MAX), (1 << 31, 1), (1, 1 << 31), (70_000, 1), (1, 70_000)] {
        let bytes = png_of_size(width, height);
        all.push(file(format!("PNG that declares {width} x {height}"), bytes, Refused("too_many_pixels")));
    }
    for (width, height) in [(0, 0), (0, 48), (64, 0)] {
        let mut bytes = jpeg();
        set_jpeg_size(&mut bytes, width, height);
        all.push(file(format!("JPEG of {width} x {height}"), bytes, Refused("cannot_be_read")));
        let bytes = png_of_size(width.into(), height.into());
        all.push(file(format!("PNG of {width} x {height}"), bytes, Refused("cannot_be_read")));
    }
    all
}

/// Files with less or more data than they declare.
fn bombs() -> Vec<HostileFile> {
    let mut all = Vec::new();
    for (width, height) in [(6_000, 6_000), (64, 4_000)] {
        let mut bytes = jpeg();
        set_jpeg_size(&mut bytes, width, height);
        all.push(file(
            format!("JPEG with the data of 64 x 48 that declares {width} x {height}"),
            bytes,
            RefusedSomehow,
        ));
    }
    let lacking = png_of_size(6_000, 6_000);
    all.push(file("PNG with less data than it declares", lacking, Refused("cannot_be_read")));
    // Data that inflate to two gigabytes.
    let bomb = [
        SIGNATURE.to_vec(),
        flat(4, 4).header(),
        chunk(b"IDAT", &zeros(1 << 31)[..9 << 20]),
        chunk(b"IEND", &[]),
    ]
    .concat();
    all.push(file("PNG with more data than it declares", bomb, Harmless));
    let too_large = [jpeg(), vec![0; 10 << 20]].concat();
    all.push(file("JPEG of more than 10 MiB", too_large, Refused("too_large")));
    all.push(file("PNG of one pixel", flat(1, 1).bytes(), Clean(1, 1)));
    all
}

/// Writes a size into the frame header of a baseline JPEG.
fn set_jpeg_size(bytes: &mut [u8], width: u16, height: u16) {
    let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bytes[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    bytes[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
}

fn jpeg_forms() -> Vec<HostileFile> {
    let form = |components, progressive, more_scans| {
        FlatJpeg { width: 50, height: 40, components, progressive, more_scans }.bytes()
    };
    let mut all = vec![
        file("grey JPEG", form(1, false, 0), Clean(50, 40)),
        file("JPEG in three colours", form(3, false, 0), Clean(50, 40)),
        file("CMYK", form(4, false, 0), Refused("cmyk")),
        file("progressive CMYK", form(4, true, 3), Refused("cmyk")),
        file(
            "CMYK with Adobe's segment",
            jpeg_with(&form(4, false, 0), &[segment(0xEE, b"Adobe\0\x64\0\0\0\0\x02")]),
            Refused("cmyk"),
        ),
        file("JPEG in two colours", form(2, false, 0), Refused("cannot_be_read")),
        file("JPEG in five colours", form(5, false, 0), Refused("cannot_be_read")),
        file("progressive JPEG", form(3, true, 3), Clean(50, 40)),
        file("progressive JPEG with 60 scans", form(3, true, 59), Harmless),
        file("progressive JPEG with 65 scans", form(3, true, 64), Refused("cannot_be_read")),
        file("progressive JPEG with 100,000 scans", form(1, true, 99_999), Refused("cannot_be_read")),
    ];
    for marker in [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF] {
        let mut bytes = form(3, false, 0);
        let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        bytes[at + 1] = marker;
        all.push(file(format!("JPEG of the process {marker:X}"), bytes, Refused("cannot_be_read")));
    }
    for marker in [0xCC, 0xD8, 0xDC, 0xDE, 0xF0, 0x02] {
        let bytes = jpeg_with(&form(3, false, 0), &[segment(marker, b"abcd")]);
        all.push(file(format!("JPEG with the marker {marker:X}"), bytes, Refused("cannot_be_read")));
    }
    for bits in [0, 12, 16] {
        let mut bytes = form(1, false, 0);
        let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        bytes[at + 4] = bits;
        all.push(file(format!("JPEG with {bits} bits"), bytes, Refused("cannot_be_read")));
    }
    let mut two_frames = form(3, false, 0);
    let at = two_frames.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let frame = two_frames[at..at + 19].to_vec();
    two_frames.splice(at..at, frame);
    all.push(file("JPEG with two frames", two_frames, Refused("cannot_be_read")));
    for sampling in [0x00, 0x44, 0x41, 0x14, 0x55, 0xFF] {
        let mut bytes = form(3, false, 0);
        let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        bytes[at + 11] = sampling;
        all.push(file(format!("JPEG with the sampling {sampling:02X}"), bytes, Harmless));
    }
    all
}

fn png_forms() -> Vec<HostileFile> {
    let mut all = Vec::new();
    let animated = png_with(&png(), &[chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])]);
    all.push(file("APNG", animated, Refused("animated")));
    let late = [&png()[..], &chunk(b"acTL", &[0; 8])].concat();
    all.push(file("APNG behind the end", late, Clean(64, 48)));
    all.push(file(
        "APNG with a frame alone",
        png_with(&png(), &[chunk(b"fcTL", &[0; 26])]),
        Refused("animated"),
    ));
    for (color, bits) in
        [(1, 8), (5, 8), (7, 8), (2, 1), (2, 4), (3, 16), (4, 4), (6, 2), (0, 3), (0, 0), (0, 32)]
    {
        let bytes = FlatPng { width: 9, height: 9, bits, color, interlaced: false }.bytes();
        all.push(file(
            format!("PNG of colour type {color} with {bits} bits"),
            bytes,
            Refused("cannot_be_read"),
        ));
    }
    for at in 10..13 {
        let mut data = [0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0];
        data[at] = 9;
        let bytes =
            [SIGNATURE.to_vec(), chunk(b"IHDR", &data), chunk(b"IDAT", &zeros(52)), chunk(b"IEND", &[])]
                .concat();
        all.push(file(format!("PNG with an unknown method at {at}"), bytes, Refused("cannot_be_read")));
    }
    let palette = |entries: &[u8]| {
        let header = FlatPng { width: 4, height: 4, bits: 8, color: 3, interlaced: false }.header();
        [SIGNATURE.to_vec(), header, chunk(b"PLTE", entries), chunk(b"IDAT", &zeros(20)), chunk(b"IEND", &[])]
            .concat()
    };
    all.push(file("PNG with an empty palette", palette(&[]), Harmless));
    all.push(file("PNG with a broken palette", palette(&[1, 2]), Harmless));
    all.push(file("PNG with a long palette", palette(&[7; 3000]), Harmless));
    let many = vec![chunk(b"tEXt", b"a\0b"); 200_000];
    all.push(file("PNG with 200,000 texts", png_with(&png(), &many), Clean(64, 48)));
    let many = vec![chunk(b"IDAT", &[]); 200_000];
    all.push(file("PNG with 200,000 empty data", png_with(&png(), &many), Harmless));
    all
}

fn metadata() -> Vec<HostileFile> {
    let mut all = Vec::new();
    let bomb = zeros(1 << 30);
    let text = chunk(b"zTXt", &[b"Comment\0\0", &bomb[..6 << 20]].concat());
    all.push(file("PNG with a text that inflates to a gigabyte", png_with(&png(), &[text]), Clean(64, 48)));
    let profile = chunk(b"iCCP", &[b"profile\0\0", &bomb[..6 << 20]].concat());
    all.push(file(
        "PNG with a profile that inflates to a gigabyte",
        png_with(&png(), &[profile]),
        Clean(64, 48),
    ));
    let international = chunk(b"iTXt", &[b"Comment\0\x01\0\0\0", &bomb[..6 << 20]].concat());
    all.push(file(
        "PNG with an international text of a gigabyte",
        png_with(&png(), &[international]),
        Clean(64, 48),
    ));
    let full = segment(0xE1, &[b"Exif\0\0", &[0x49; 65_500][..]].concat());
    all.push(file("JPEG with 6 MB of Exif", jpeg_with(&jpeg(), &vec![full; 100]), Clean(64, 48)));
    let comment = segment(0xFE, &[0x41; 65_000]);
    all.push(file("JPEG with 9 MB of comments", jpeg_with(&jpeg(), &vec![comment; 140]), Clean(64, 48)));
    let icc = segment(0xE2, &[b"ICC_PROFILE\0\x01\xFF", PLANTED.as_bytes()].concat());
    all.push(file("JPEG with a part of a profile", jpeg_with(&jpeg(), &[icc]), Clean(64, 48)));
    for (what, tiff) in [
        ("an orientation of 0", exif(0, false)),
        ("an orientation of 99", exif(99, true)),
        ("no content", Vec::new()),
        ("an offset beyond its end", b"II*\0\xFF\xFF\xFF\x7F".to_vec()),
        ("a list of itself", b"II*\0\x08\0\0\0\xFF\xFF".to_vec()),
        ("the byte order of nobody", b"XX*\0\x08\0\0\0".to_vec()),
    ] {
        let bytes = jpeg_with(&jpeg_of(&pattern(64, 48), 90), &[app1_exif(&tiff)]);
        all.push(file(format!("JPEG whose Exif has {what}"), bytes, Clean(64, 48)));
        let bytes = png_with(&png(), &[chunk(b"eXIf", &tiff)]);
        all.push(file(format!("PNG whose Exif has {what}"), bytes, Clean(64, 48)));
    }
    all
}
