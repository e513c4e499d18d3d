//! Files that the tests send: pictures of all kinds, built byte by byte and always the same.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};

/// Stands in every part of a file that must not be stored.
pub const PLANTED: &str = "PLANTED-35.6892N-51.3890E";

/// A picture without symmetry, with flat areas that JPEG keeps nearly exactly.
pub fn pattern(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x * 2 < width, y * 2 < height) {
        (true, true) => image::Rgb([220, 30, 30]),
        (false, true) => image::Rgb([30, 200, 40]),
        (true, false) => image::Rgb([40, 50, 210]),
        (false, false) => image::Rgb([240, 240, 240]),
    })
}

/// Pixels that compress badly.
pub fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x2545_F491_u32;
    RgbImage::from_fn(width, height, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[2]
        }))
    })
}

pub fn jpeg_of(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).unwrap();
    bytes
}

pub fn png_of(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    PngEncoder::new(&mut bytes)
        .write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

pub fn jpeg() -> Vec<u8> {
    jpeg_of(&pattern(64, 48), 90)
}

pub fn png() -> Vec<u8> {
    png_of(&pattern(64, 48))
}

/// A JPEG segment.
pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], body].concat()
}

/// The JPEG with more segments behind its first two bytes.
pub fn jpeg_with(jpeg: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// An Exif block with an orientation and a planted text, in either byte order.
pub fn exif(orientation: u8, big_endian: bool) -> Vec<u8> {
    let short = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let long = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut tiff = Vec::new();
    tiff.extend(if big_endian { b"MM" } else { b"II" });
    tiff.extend(short(42));
    tiff.extend(long(8));
    tiff.extend(short(2));
    let text = u32::try_from(PLANTED.len()).unwrap();
    // ImageDescription, ASCII.
    for part in [&short(0x010E)[..], &short(2), &long(text), &long(38)] {
        tiff.extend(part);
    }
    // Orientation, SHORT.
    for part in [&short(0x0112)[..], &short(3), &long(1), &short(u16::from(orientation)), &short(0)] {
        tiff.extend(part);
    }
    tiff.extend(long(0));
    tiff.extend(PLANTED.as_bytes());
    tiff
}

pub fn app1_exif(tiff: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"Exif\0\0", tiff].concat())
}

/// A JPEG of one grey tone with any number of components and scans. Each block is two bits.
pub struct FlatJpeg {
    pub width: u16,
    pub height: u16,
    pub components: u8,
    pub progressive: bool,
    /// Scans of a progressive file behind the first.
    pub more_scans: usize,
}

impl FlatJpeg {
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0xFF, 0xD8];
        out.extend(segment(0xDB, &[&[0][..], &[1; 64]].concat()));
        let mut frame = vec![8];
        frame.extend(self.height.to_be_bytes());
        frame.extend(self.width.to_be_bytes());
        frame.push(self.components);
        for id in 1..=self.components {
            frame.extend([id, 0x11, 0]);
        }
        out.extend(segment(if self.progressive { 0xC2 } else { 0xC0 }, &frame));
        // One code of one bit: difference 0, and end of block.
        for class in [0x00, 0x10] {
            out.extend(segment(0xC4, &[&[class, 1][..], &[0; 15], &[0]].concat()));
        }
        let blocks = usize::from(self.width).div_ceil(8) * usize::from(self.height).div_ceil(8);
        let ids: Vec<u8> = (1..=self.components).collect();
        if self.progressive {
            out.extend(scan(&ids, [0, 0, 0], blocks * ids.len()));
            for number in 0..self.more_scans {
                let id = ids[number % ids.len()];
                out.extend(scan(&[id], [1, 63, 0], blocks));
            }
        } else {
            out.extend(scan(&ids, [0, 63, 0], 2 * blocks * ids.len()));
        }
        out.extend([0xFF, 0xD9]);
        out
    }
}

fn scan(ids: &[u8], spectrum: [u8; 3], bits: usize) -> Vec<u8> {
    let mut head = vec![u8::try_from(ids.len()).unwrap()];
    for id in ids {
        head.extend([*id, 0]);
    }
    head.extend(spectrum);
    let mut out = segment(0xDA, &head);
    out.extend(std::iter::repeat_n(0, bits.div_ceil(8)));
    out
}

/// A PNG chunk with its checksum.
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [&name[..], data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc32(&named).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

/// The PNG with more chunks behind its header.
pub fn png_with(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let behind_header = 8 + 25;
    [&png[..behind_header], &chunks.concat(), &png[behind_header..]].concat()
}

pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A PNG of zeros. `color` is the colour type of the format.
pub struct FlatPng {
    pub width: u32,
    pub height: u32,
    pub bits: u8,
    pub color: u8,
    pub interlaced: bool,
}

impl FlatPng {
    pub fn header(&self) -> Vec<u8> {
        let mut data = Vec::new();
        data.extend(self.width.to_be_bytes());
        data.extend(self.height.to_be_bytes());
        data.extend([self.bits, self.color, 0, 0, u8::from(self.interlaced)]);
        chunk(b"IHDR", &data)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let palette = if self.color == 3 { chunk(b"PLTE", &[200, 10, 20]) } else { Vec::new() };
        let data = chunk(b"IDAT", &zeros(self.raw_length()));
        [SIGNATURE.to_vec(), self.header(), palette, data, chunk(b"IEND", &[])].concat()
    }

    fn raw_length(&self) -> u64 {
        let channels = match self.color {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        let row = |width: u32| 1 + (u64::from(width) * u64::from(self.bits) * channels).div_ceil(8);
        if !self.interlaced {
            return row(self.width) * u64::from(self.height);
        }
        // Adam7: first column, first row, steps.
        let passes = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ];
        let lengths = passes.iter().map(|(x, y, step_x, step_y): &(u32, u32, u32, u32)| {
            let (columns, rows) = (
                self.width.saturating_sub(*x).div_ceil(*step_x),
                self.height.saturating_sub(*y).div_ceil(*step_y),
            );
            if columns == 0 { 0 } else { row(columns) * u64::from(rows) }
        });
        lengths.sum()
    }
}

/// A zlib stream of zeros, 13 bits for each 258 of them.
pub fn zeros(count: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with fixed codes.
    bits.put(0b011, 3);
    let mut left = count;
    if left > 0 {
        bits.put_code(0b0011_0000, 8);
        left -= 1;
    }
    while left >= 258 {
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
        left -= 258;
    }
    for _ in 0..left {
        bits.put_code(0b0011_0000, 8);
    }
    bits.put_code(0, 7);
    let adler = (u32::try_from(count % 65_521).unwrap() << 16) | 1;
    [&[0x78, 0x01][..], &bits.finish(), &adler.to_be_bytes()].concat()
}

/// A PNG with a palette of similar colours, in an order that compresses badly.
pub fn palette_noise(side: u32) -> Vec<u8> {
    let palette: Vec<u8> = (0..=255_u8).flat_map(|i| [120 + i % 16, 120 + i / 16, 120 + i % 13]).collect();
    let pixels = noise(side, side);
    let rows = (0..side).flat_map(|y| {
        let row = (0..side).map(|x| pixels.get_pixel(x, y).0[0]).collect::<Vec<_>>();
        std::iter::once(0).chain(row)
    });
    let header = FlatPng { width: side, height: side, bits: 8, color: 3, interlaced: false }.header();
    let data = uncompressed(&rows.collect::<Vec<u8>>());
    let rest = [chunk(b"PLTE", &palette), chunk(b"IDAT", &data), chunk(b"IEND", &[])].concat();
    [SIGNATURE.to_vec(), header, rest].concat()
}

/// A zlib stream of stored blocks.
fn uncompressed(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(usize::from(u16::MAX));
    let last = blocks.len() - 1;
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(number == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    length: u32,
}

impl Bits {
    /// The lowest bit first.
    fn put(&mut self, value: u32, length: u32) {
        self.pending |= value << self.length;
        self.length += length;
        while self.length >= 8 {
            self.bytes.push(self.pending.to_le_bytes()[0]);
            self.pending >>= 8;
            self.length -= 8;
        }
    }

    /// A Huffman code, the highest bit first.
    fn put_code(&mut self, code: u32, length: u32) {
        self.put(code.reverse_bits() >> (32 - length), length);
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.bytes
    }
}
