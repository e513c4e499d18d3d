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
    let width = |column: usize, head: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head.trim_start_matches('>').chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = heads.iter().enumerate().map(|(column, head)| width(column, head)).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(heads.iter().zip(&widths)).map(|(cell, (head, width))| {
            if head.starts_with('>') { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        format!("{:indent$}{}", "", padded.collect::<Vec<_>>().join("  ")).trim_end().to_owned() + "\n"
    };
    let mut out = line(&mut heads.iter().map(|head| head.trim_start_matches('>')));
    for row in rows {
        out.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    out
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
