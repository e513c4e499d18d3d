//! The byte source of the CSV reader: normalises line ends, counts bytes, and limits the length of a record.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum length of a record in bytes. A longer record has an open quotation mark and would otherwise extend to the
/// end of the file.
const MAX_RECORD: u64 = 1 << 20;

/// Counts the bytes read from the source. Shared, because the CSV reader owns the source.
#[derive(Default)]
pub(super) struct ByteCounter {
    bytes: AtomicU64,
    at_record: AtomicU64,
}

impl ByteCounter {
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn record_begins(&self) {
        self.at_record.store(self.bytes(), Ordering::Relaxed);
    }

    fn record_is_too_long(&self) -> bool {
        self.bytes() - self.at_record.load(Ordering::Relaxed) > MAX_RECORD
    }
}

/// Ends every line with `\n`, including the last one, because the CSV reader counts lines by it.
pub(super) struct NormalisedLines<R> {
    input: R,
    gauge: Arc<ByteCounter>,
    after_return: bool,
    line_is_open: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("a record is too long")]
pub(super) struct RecordTooLong;

impl<R> NormalisedLines<R> {
    pub fn new(input: R) -> Self {
        Self { input, gauge: Arc::default(), after_return: false, line_is_open: false }
    }

    pub fn gauge(&self) -> Arc<ByteCounter> {
        Arc::clone(&self.gauge)
    }

    /// Replaces `\r\n` and `\r` by `\n` in place. Returns the new length.
    fn normalise_line_ends(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut kept = 0;
        for at in 0..bytes.len() {
            let byte = bytes[at];
            let rest_of_pair = self.after_return && byte == b'\n';
            self.after_return = byte == b'\r';
            if !rest_of_pair {
                bytes[kept] = if self.after_return { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}

impl<R: Read> Read for NormalisedLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.gauge.record_is_too_long() {
                return Err(io::Error::other(RecordTooLong));
            }
            let read = self.input.read(buffer)?;
            self.gauge.bytes.fetch_add(read as u64, Ordering::Relaxed);
            if read == 0 {
                buffer[0] = b'\n';
                return Ok(usize::from(std::mem::take(&mut self.line_is_open)));
            }
            // A read that contains only the second half of a line end yields no bytes. Returning zero would mean the
            // end of the file, so the loop reads again.
            let kept = self.normalise_line_ends(&mut buffer[..read]);
            if kept > 0 {
                self.line_is_open = buffer[kept - 1] != b'\n';
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns one byte at a time, so that every `\r\n` is split.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    #[test]
    fn line_ends_are_normalised() {
        for (text, expected) in
            [("a\r\n\r\nb", "a\n\nb\n"), ("a\rb\r", "a\nb\n"), ("a\nb\n", "a\nb\n"), ("", "")]
        {
            for slow in [false, true] {
                let mut out = String::new();
                let mut fast = NormalisedLines::new(text.as_bytes());
                let mut one = NormalisedLines::new(Slow(text.as_bytes()));
                let read = if slow { one.read_to_string(&mut out) } else { fast.read_to_string(&mut out) };
                assert_eq!((read.unwrap(), out.as_str()), (expected.len(), expected));
            }
        }
    }
}
