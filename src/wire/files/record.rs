//! Splits a line of CSV into fields, strictly (RFC 4180).
//!
//! A quotation mark may only enclose a whole field; inside, it is doubled. The `csv` crate accepts any other mark as
//! text. An open mark then swallows the rows behind it, and they are neither read nor rejected.

use std::ops::Range;

/// The fields of a line, without their quotation marks.
#[derive(Default)]
pub struct Record {
    bytes: Vec<u8>,
    fields: Vec<Range<usize>>,
}

/// A quotation mark that does not enclose a whole field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuoteFault {
    /// A mark inside a field, at this index.
    Stray { field: usize },
    /// The line ends inside an enclosed field.
    Open,
}

/// A position between two characters of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    FieldStart,
    Plain,
    Enclosed,
    /// After a mark inside an enclosed field: its end, or the first half of a doubled mark.
    AfterMark,
}

impl Record {
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn field(&self, index: usize) -> Option<&[u8]> {
        self.fields.get(index).map(|range| &self.bytes[range.clone()])
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().map(|range| &self.bytes[range.clone()])
    }

    /// Replaces the fields by those of `line`.
    ///
    /// # Errors
    /// Returns the first [`QuoteFault`] of the line; an open mark before any other.
    pub fn split(&mut self, line: &[u8]) -> Result<(), QuoteFault> {
        self.bytes.clear();
        self.fields.clear();
        if line.contains(&b'"') {
            return self.split_with_marks(line);
        }
        self.bytes.extend_from_slice(line);
        let mut start = 0;
        for (at, byte) in line.iter().enumerate() {
            if *byte == b',' {
                self.fields.push(start..at);
                start = at + 1;
            }
        }
        self.fields.push(start..line.len());
        Ok(())
    }

    fn split_with_marks(&mut self, line: &[u8]) -> Result<(), QuoteFault> {
        let mut state = State::FieldStart;
        let mut start = 0;
        let mut stray = None;
        for byte in line.iter().copied() {
            let (next, is_stray) = step(state, byte);
            if is_stray {
                stray.get_or_insert(self.fields.len());
            }
            match next {
                State::FieldStart => {
                    self.fields.push(start..self.bytes.len());
                    start = self.bytes.len();
                }
                State::Plain => self.bytes.push(byte),
                State::Enclosed if state != State::FieldStart => self.bytes.push(byte),
                State::Enclosed | State::AfterMark => {}
            }
            state = next;
        }
        self.fields.push(start..self.bytes.len());
        match (state, stray) {
            (State::Enclosed, _) => Err(QuoteFault::Open),
            (_, Some(field)) => Err(QuoteFault::Stray { field }),
            (_, None) => Ok(()),
        }
    }
}

/// The state after `byte`, and whether `byte` is a stray mark or follows one.
fn step(state: State, byte: u8) -> (State, bool) {
    match (state, byte) {
        (State::FieldStart | State::Plain | State::AfterMark, b',') => (State::FieldStart, false),
        (State::FieldStart, b'"') => (State::Enclosed, false),
        (State::Enclosed, b'"') => (State::AfterMark, false),
        (State::AfterMark, b'"') => (State::Enclosed, false),
        (State::Enclosed, _) => (State::Enclosed, false),
        (State::Plain, b'"') | (State::AfterMark, _) => (State::Plain, true),
        (State::FieldStart | State::Plain, _) => (State::Plain, false),
    }
}

/// Whether a line that begins inside an enclosed field also ends inside one.
pub fn ends_open(line: &[u8]) -> bool {
    let end = line.iter().fold(State::Enclosed, |state, byte| step(state, *byte).0);
    end == State::Enclosed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<String>, QuoteFault> {
        let mut record = Record::default();
        record.split(line.as_bytes())?;
        assert_eq!(record.len(), record.iter().count());
        Ok(record.iter().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect())
    }

    #[test]
    fn marks_enclose_whole_fields() {
        assert_eq!(split("a,,b").unwrap(), ["a", "", "b"]);
        assert_eq!(split("").unwrap(), [""]);
        assert_eq!(split("\"a,b\",\"\",c").unwrap(), ["a,b", "", "c"]);
        assert_eq!(split("\"say \"\"x\"\"\",1,").unwrap(), ["say \"x\"", "1", ""]);
        assert_eq!(split("\"\"\"\",x").unwrap(), ["\"", "x"]);
    }

    #[test]
    fn other_marks_are_faults() {
        for (line, field) in
            [("a,b\"c", 1), ("a, \"b\",c", 1), ("\"a\" ,b", 0), ("\"a\"b,c", 0), ("a,\"b\"\"\"c", 1)]
        {
            assert_eq!(split(line), Err(QuoteFault::Stray { field }), "{line}");
        }
        for line in ["\"a,b", "a,\"b\"\"", "a\"b,\"c"] {
            assert_eq!(split(line), Err(QuoteFault::Open), "{line}");
        }
    }

    #[test]
    fn an_open_field_ends_at_the_next_mark() {
        assert!(ends_open(b"a,b"));
        assert!(ends_open(b"a\"\"b"));
        assert!(!ends_open(b"a\",b"));
        assert!(ends_open(b"a\",\"b"));
        assert!(!ends_open(b"a,\"x\",b"));
    }
}
