//! A valid file of each kind, with three rows that differ in their key.

use peyvand::ident::NationalCode;
use peyvand::wire::files::{Column, FileKind};

use self::sample_row::sample_row;

#[path = "../../../../src/wire/files/sample_row.rs"]
mod sample_row;

/// The business date of all checks.
pub const TODAY: &str = "1404-08-20";

/// A valid file.
pub struct SampleFile {
    pub kind: FileKind,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

pub fn code(nine: u32) -> String {
    NationalCode::with_check_digit(nine).unwrap().to_string()
}

impl SampleFile {
    pub fn of(kind: FileKind) -> Self {
        let rows = (1..=3).map(|nth| row(kind, nth)).collect();
        Self { kind, columns: kind.columns(), rows }
    }

    pub fn header(&self) -> String {
        self.columns.join(",")
    }

    pub fn lines(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.join(",")).collect()
    }

    pub fn text(&self) -> String {
        self.with_lines(&self.lines())
    }

    /// The file with these lines after its header.
    pub fn with_lines(&self, lines: &[String]) -> String {
        std::iter::once(&self.header()).chain(lines).map(|line| line.clone() + "\n").collect()
    }

    /// The file with another second row, which is line 3.
    pub fn with_second(&self, line: &str) -> String {
        let mut lines = self.lines();
        lines[1] = line.to_owned();
        self.with_lines(&lines)
    }

    /// The second row with another value in a column.
    pub fn second_with(&self, column: &str, value: &str) -> String {
        let at = self.columns.iter().position(|name| *name == column).unwrap();
        let mut row = self.rows[1].clone();
        row[at] = value.to_owned();
        row.join(",")
    }

    /// The columns that the header of this file has.
    pub fn forms(&self) -> Vec<Column> {
        self.kind.all_columns().iter().copied().filter(|column| !column.is_optional).collect()
    }
}

fn row(kind: FileKind, nth: u32) -> Vec<String> {
    let is_answer = matches!(kind, FileKind::PaymentOutcomes | FileKind::DeliveryReports);
    let id = if is_answer { format!("c2a94e70-1d36-5f8b-8e52-{nth:012x}") } else { format!("R{nth}") };
    let husband = code(123_456_700 + nth);
    let wife = code(7_654_300 + nth);
    sample_row(kind.as_str(), &id, &husband, &wife).into_iter().map(str::to_owned).collect()
}
