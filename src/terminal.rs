//! Output for a terminal: lines, aligned columns and JSON.

use std::io::Write;

use serde::Serialize;

/// Prints a line. A closed standard output (`| head`) is not a failure.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}
pub(crate) use say;

/// Formats rows as columns under their heads. If a head starts with `>`, its column is aligned to the right, as for
/// numbers.
pub fn table(indent: usize, heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut columns = Vec::with_capacity(heads.len());
    for (index, head) in heads.iter().enumerate() {
        let name = head.trim_start_matches('>');
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count());
        let width = cells.chain([name.chars().count()]).max().unwrap_or(0);
        columns.push(Column { is_number: head.starts_with('>'), width });
    }
    let mut out = line(indent, &columns, heads.iter().map(|head| head.trim_start_matches('>')));
    for row in rows {
        out.push_str(&line(indent, &columns, row.iter().map(String::as_str)));
    }
    out
}

struct Column {
    /// Its cells are aligned to the right.
    is_number: bool,
    width: usize,
}

fn line<'a>(indent: usize, columns: &[Column], cells: impl Iterator<Item = &'a str>) -> String {
    let mut padded = Vec::with_capacity(columns.len());
    for (cell, Column { is_number, width }) in cells.zip(columns) {
        padded.push(if *is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
    }
    format!("{:indent$}{}", "", padded.join("  ")).trim_end().to_owned() + "\n"
}

/// Writes to standard output. A closed standard output (`| head`) is not a failure.
pub fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a value as one line of JSON to standard output.
pub fn show_json(value: &impl Serialize) {
    // The values have string keys and no floating-point numbers, so serialising them cannot fail.
    show(&(serde_json::to_string(value).unwrap_or_default() + "\n"));
}

/// The account of the operating system that runs this process, for the records of what a person has changed.
pub fn os_account() -> String {
    whoami::username().unwrap_or_else(|_| "unknown account".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_without_trailing_spaces() {
        let rows = [vec!["a".to_owned(), "1,000".to_owned()], vec!["long".to_owned(), "7".to_owned()]];
        assert_eq!(table(2, &["name", ">n"], &rows), "  name      n\n  a     1,000\n  long      7\n");
    }
}
