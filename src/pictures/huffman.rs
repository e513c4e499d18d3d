//! Huffman codes and bits of a JPEG's scan.

use super::Refusal;

const LONGEST_CODE: usize = 16;

/// A table of codes. The codes of one length are consecutive numbers.
pub(super) struct Huffman {
    /// For each length: the first code behind those of this length, and what to add to a code for its symbol's place.
    ends: [(i32, i32); LONGEST_CODE],
    symbols: Vec<u8>,
}

impl Huffman {
    /// Reads a table, and returns what follows.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), Refusal> {
        let (counts, rest) = bytes.split_first_chunk::<LONGEST_CODE>().ok_or(Refusal::CannotBeRead)?;
        let total = counts.iter().map(|count| usize::from(*count)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or(Refusal::CannotBeRead)?;
        let mut ends = [(0, 0); LONGEST_CODE];
        let (mut code, mut place) = (0, 0);
        for (length, (end, count)) in (1_u32..).zip(ends.iter_mut().zip(counts)) {
            let next = code + i32::from(*count);
            if next > 1 << length {
                return Err(Refusal::CannotBeRead);
            }
            *end = (next, place - code);
            place += i32::from(*count);
            code = next << 1;
        }
        Ok((Self { ends, symbols: symbols.to_vec() }, rest))
    }

    pub fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, Refusal> {
        let mut code = 0;
        for (end, to_place) in self.ends {
            code = (code << 1) | i32::from(bits.bit()?);
            if code < end {
                let place = usize::try_from(code + to_place).ok();
                return place.and_then(|place| self.symbols.get(place).copied()).ok_or(Refusal::CannotBeRead);
            }
        }
        Err(Refusal::CannotBeRead)
    }
}

/// The bits of a scan.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    byte: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, byte: 0, left: 0 }
    }

    pub fn bit(&mut self) -> Result<u8, Refusal> {
        if self.left == 0 {
            self.byte = self.data.get(self.at).copied().ok_or(Refusal::Truncated)?;
            self.at += 1;
            if self.byte == 0xFF {
                // A zero follows a byte of data with this value. Anything else is a marker.
                if self.data.get(self.at) != Some(&0) {
                    return Err(Refusal::Truncated);
                }
                self.at += 1;
            }
            self.left = 8;
        }
        self.left -= 1;
        Ok((self.byte >> self.left) & 1)
    }

    pub fn read(&mut self, count: u32) -> Result<u32, Refusal> {
        let mut value = 0;
        for _ in 0..count {
            value = (value << 1) | u32::from(self.bit()?);
        }
        Ok(value)
    }

    pub fn skip(&mut self, count: u32) -> Result<(), Refusal> {
        self.read(count).map(|_| ())
    }

    /// Passes over the rest of a byte, and over a restart marker.
    pub fn restart(&mut self) -> Result<(), Refusal> {
        self.left = 0;
        while self.data.get(self.at) == Some(&0xFF) {
            self.at += 1;
            if matches!(self.data.get(self.at), Some(0xD0..=0xD7)) {
                self.at += 1;
                return Ok(());
            }
        }
        Err(Refusal::Truncated)
    }
}
