//! A valid file of each kind, with three rows that differ in their key.

use peyvand::ident::NationalCode;
use peyvand::wire::files::{Column, FileKind};

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
    let (husband, wife) = (code(123_456_700 + nth), code(7_654_300 + nth));
    let (id, issued) = (format!("R{nth}"), format!("c2a94e70-1d36-5f8b-8e52-{nth:012x}"));
    let fields: Vec<&str> = match kind {
        FileKind::Marriages => vec![
            &id,
            "1",
            "registered",
            "1404-07-15",
            "1404-07-20",
            "marriage_office",
            "00123",
            "77",
            "permanent",
            &husband,
            "رضا",
            "کیانی",
            "1375-12-30",
            "0",
            &wife,
            "سارا",
            "احمدی",
            "1380-01-31",
            "0",
        ],
        FileKind::Persons => vec![
            &husband,
            "12345678",
            "رضا",
            "کیانی",
            "1375-12-30",
            "",
            "0123",
            "08",
            "IR820540102680020817909002",
            "yes",
            "09120000000",
            "",
        ],
        FileKind::Employments => vec![&husband, "0000012345", "compulsory", "1398-04-26", ""],
        FileKind::Wages => vec![&husband, "1403-12", "0000012345", "sick_pay", "31", "103909680"],
        FileKind::EarlierPayments => vec![&husband, "1399-02-01", "18354270", "branch 0123"],
        FileKind::SelfRegistrations => {
            vec![&id, "2025-10-07T12:00:00+03:30", &husband, &wife, "1404-07-15", "true"]
        }
        FileKind::PaymentOutcomes => vec![&issued, "returned", "AC04", "2025-11-01T09:00:00Z"],
        FileKind::DeliveryReports => vec![&issued, "delivered", "2025-11-01T09:00:00Z"],
    };
    fields.into_iter().map(str::to_owned).collect()
}
