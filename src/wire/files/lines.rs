//! Reads a file line by line, in bounded memory. A line ends with `\n`, `\r\n` or `\r`.

use std::io::{self, BufRead, BufReader, Read};

/// Maximum length of a line in bytes. No row of any kind is that long.
pub const MAX_LINE: usize = 1 << 20;

const BUFFER: usize = 1 << 16;

/// What [`LineReader::read_line`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    Terminated,
    /// The file ends without a line end. Its last line may be cut off.
    Unterminated,
    TooLong,
    EndOfFile,
}

/// A source of lines.
pub struct LineReader<R> {
    input: BufReader<R>,
    bytes: u64,
    /// Number of the line that was read last; the first line is 1.
    line: u64,
    /// The last line ended with `\r`: a `\n` that follows belongs to it.
    after_return: bool,
}

impl<R: Read> LineReader<R> {
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER, input), bytes: 0, line: 0, after_return: false }
    }

    /// The first bytes of the file, without reading past them.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    /// Bytes read from the source, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// The number of the line that was read last.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Replaces `line` by the next line, without its end.
    pub fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<LineEnd> {
        line.clear();
        self.skip_rest_of_line_end()?;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                let is_open = !line.is_empty();
                self.line += u64::from(is_open);
                return Ok(if is_open { LineEnd::Unterminated } else { LineEnd::EndOfFile });
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.unwrap_or(buffer.len());
            line.extend_from_slice(&buffer[..taken]);
            let consumed = taken + usize::from(end.is_some());
            self.after_return = end.is_some_and(|at| buffer[at] == b'\r');
            self.input.consume(consumed);
            self.bytes += consumed as u64;
            if line.len() > MAX_LINE {
                self.line += 1;
                return Ok(LineEnd::TooLong);
            }
            if end.is_some() {
                self.line += 1;
                return Ok(LineEnd::Terminated);
            }
        }
    }

    fn skip_rest_of_line_end(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.after_return) && self.input.fill_buf()?.first() == Some(&b'\n') {
            self.input.consume(1);
            self.bytes += 1;
        }
        Ok(())
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

    fn lines(input: impl Read) -> (Vec<String>, LineEnd) {
        let mut reader = LineReader::new(input);
        let mut line = Vec::new();
        let mut lines = Vec::new();
        loop {
            match reader.read_line(&mut line).unwrap() {
                LineEnd::EndOfFile => return (lines, LineEnd::Terminated),
                end => {
                    lines.push(String::from_utf8(line.clone()).unwrap());
                    assert_eq!(reader.line(), lines.len() as u64);
                    if end != LineEnd::Terminated {
                        return (lines, end);
                    }
                }
            }
        }
    }

    #[test]
    fn every_line_end_ends_a_line() {
        for (text, expected, end) in [
            ("a\r\n\r\nb", vec!["a", "", "b"], LineEnd::Unterminated),
            ("a\rb\r", vec!["a", "b"], LineEnd::Terminated),
            ("a\n\rb\n", vec!["a", "", "b"], LineEnd::Terminated),
            ("", vec![], LineEnd::Terminated),
        ] {
            let expected = (expected.into_iter().map(str::to_owned).collect(), end);
            assert_eq!(lines(text.as_bytes()), expected, "{text:?}");
            assert_eq!(lines(Slow(text.as_bytes())), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_read_into_memory() {
        let (lines, end) = lines(io::repeat(b'x'));
        assert_eq!((lines[0].len() <= MAX_LINE + BUFFER, end), (true, LineEnd::TooLong));
    }
}
