//! A set of line numbers, stored as a bitmap in chunks: one bit for each line, one database row for each chunk.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Size of a chunk in bytes.
pub const CHUNK_BYTES: usize = 1024;
/// Number of lines in a chunk.
pub const CHUNK_LINES: u64 = 8 * CHUNK_BYTES as u64;

/// A set of line numbers.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LineSet(BTreeMap<u64, Chunk>);

type Chunk = [u8; CHUNK_BYTES];

/// The position of a line: its chunk, the byte in the chunk, and the bit mask in the byte.
struct LinePosition {
    chunk: u64,
    byte: usize,
    bit: u8,
}

impl LinePosition {
    fn of(line: u64) -> Self {
        let within = usize::try_from(line % CHUNK_LINES).unwrap_or(0);
        Self { chunk: line / CHUNK_LINES, byte: within / 8, bit: 1 << (within % 8) }
    }
}

/// The chunks that contain these lines.
pub fn chunks_of(line: u64, rows: u32) -> RangeInclusive<u64> {
    line / CHUNK_LINES..=last_of(line, rows) / CHUNK_LINES
}

/// Maximum number of lines of one event. A header may claim any number of rows, and the limit keeps the set small.
const MAX_ROWS: u32 = 65_536;

fn last_of(line: u64, rows: u32) -> u64 {
    line.saturating_add(u64::from(rows.min(MAX_ROWS).saturating_sub(1)))
}

impl LineSet {
    pub fn contains(&self, line: u64) -> bool {
        let position = LinePosition::of(line);
        self.0.get(&position.chunk).is_some_and(|chunk| chunk[position.byte] & position.bit != 0)
    }

    /// Adds `rows` lines, starting with `line`.
    pub fn insert(&mut self, line: u64, rows: u32) {
        for line in line..=last_of(line, rows) {
            let position = LinePosition::of(line);
            self.0.entry(position.chunk).or_insert([0; CHUNK_BYTES])[position.byte] |= position.bit;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The greatest line number.
    pub fn last(&self) -> Option<u64> {
        let (number, chunk) = self.0.last_key_value()?;
        let byte = chunk.iter().rposition(|byte| *byte != 0)?;
        let bit = 7 - u64::from(chunk[byte].leading_zeros());
        Some(number * CHUNK_LINES + 8 * u64::try_from(byte).ok()? + bit)
    }

    /// Adds the lines of a chunk from [`LineSet::chunks`].
    pub fn add_chunk(&mut self, number: u64, bytes: &[u8]) {
        let chunk = self.0.entry(number).or_insert([0; CHUNK_BYTES]);
        for (own, other) in chunk.iter_mut().zip(bytes) {
            *own |= other;
        }
    }

    /// The number and the bytes of each chunk, in ascending order.
    pub fn chunks(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.0.iter().map(|(number, chunk)| (*number, chunk.as_slice()))
    }

    /// The gaps of the set within `within`, at most `limit` of them, in ascending order. The cost depends on the size
    /// of the set, and not on the length of `within`.
    pub fn missing(&self, within: RangeInclusive<u64>, limit: usize) -> Vec<RangeInclusive<u64>> {
        let (mut next, end) = within.into_inner();
        let mut gaps = Vec::new();
        for line in self.lines() {
            if line > end || gaps.len() == limit {
                break;
            }
            if line > next {
                gaps.push(next..=line - 1);
            }
            next = next.max(line + 1);
        }
        if next <= end && gaps.len() < limit {
            gaps.push(next..=end);
        }
        gaps
    }

    /// Every line, in ascending order.
    fn lines(&self) -> impl Iterator<Item = u64> {
        let first_lines = self.0.keys().map(|number| number * CHUNK_LINES);
        first_lines.flat_map(|first| first..first + CHUNK_LINES).filter(|line| self.contains(*line))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_of_numbers(lines in prop::collection::vec((0_u64..20_000, 0_u32..300), 0..40)) {
            let mut set = LineSet::default();
            let mut plain = BTreeSet::new();
            for (line, rows) in &lines {
                set.insert(*line, *rows);
                plain.extend(*line..=line + u64::from(rows.saturating_sub(1)));
            }
            prop_assert!((0..20_400).all(|line| set.contains(line) == plain.contains(&line)));
            prop_assert_eq!(set.last(), plain.last().copied());
            let gaps: Vec<_> = set.missing(0..=20_400, usize::MAX).into_iter().flatten().collect();
            prop_assert!(gaps.iter().copied().eq((0..=20_400).filter(|line| !plain.contains(line))));
            let mut copy = LineSet::default();
            set.chunks().for_each(|(number, bytes)| copy.add_chunk(number, bytes));
            prop_assert!(copy == set);
        }
    }

    #[test]
    fn gaps_are_ranges_up_to_the_limit() {
        let mut set = LineSet::default();
        set.insert(3, 2);
        set.insert(9, 1);
        assert_eq!(set.missing(2..=10, 9), [2..=2, 5..=8, 10..=10]);
        assert_eq!(set.missing(2..=10, 2), [2..=2, 5..=8]);
    }

    /// Headers come from outside systems and may contain any number.
    #[test]
    fn absurd_lines_and_rows_cost_little() {
        let last = u64::MAX >> 1;
        let mut set = LineSet::default();
        set.insert(2, u32::MAX);
        set.insert(last, u32::MAX);
        assert!(set.chunks().count() < 20);
        assert_eq!(set.missing(2..=last, 9), [2 + u64::from(MAX_ROWS)..=last - 1]);
    }

    #[test]
    fn lines_can_span_two_chunks() {
        assert_eq!(chunks_of(CHUNK_LINES - 1, 2), 0..=1);
        assert_eq!(chunks_of(CHUNK_LINES, 0), 1..=1);
    }
}
