//! Reads the tables of the law from a TOML file into [`Tables`].

mod file;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::str::FromStr;

use super::form::{ReturnCode, TextForm};
use crate::claim::ReasonCode;
use crate::law::tables::{CodeRow, CodeTables, Coverage, Row, TableError};
use crate::law::{InsuranceType, Rial, SolarDate, Tables};
use file::{CoverageRow, ParametersRow, ReasonRow, ReturnRow, TablesFile, WageTableRow};

/// The tables file that is compiled into the program.
#[must_use]
pub fn built_in() -> &'static str {
    include_str!("../../../tables/tables.toml")
}

/// Reads the tables from TOML text.
///
/// # Errors
/// Returns every problem with its table and row. Text that does not have the structure of the file has one problem.
pub fn parse(toml: &str) -> Result<Tables, Vec<TableError>> {
    let file: TablesFile = toml::from_str(toml).map_err(|e| vec![not_of_this_form(toml, &e)])?;
    let mut errors = Vec::new();
    let coverage = coverage(file.coverage, &mut errors);
    let wages = wages(file.minimum_daily_wage, &mut errors);
    let codes = CodeTables {
        set_aside: reasons("set_aside", file.set_aside, &mut errors),
        confirmable: reasons("confirmable", file.confirmable, &mut errors),
        mendable_returns: returns(file.mendable_returns, &mut errors),
    };
    let tables = Tables::new(
        file.version,
        wages,
        file.ceiling_factor.into_iter().map(|r| row(r.from, r.until, r.factor)).collect(),
        coverage,
        file.parameters.into_iter().map(ParametersRow::into_row).collect(),
        file.retired_banks.into_iter().map(|r| (r.bank, r.from)).collect(),
        codes,
    );
    match tables {
        Ok(tables) if errors.is_empty() => Ok(tables),
        Ok(_) => Err(errors),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}

/// The parser's message, with the line number instead of a row.
fn not_of_this_form(toml: &str, error: &toml::de::Error) -> TableError {
    let before = error.span().and_then(|span| toml.get(..span.start));
    let line = before.map_or(0, |text| text.matches('\n').count() + 1);
    TableError { table: "file".to_owned(), row: 0, problem: format!("line {line}: {}", error.message()) }
}

fn coverage(
    by_code: BTreeMap<String, Vec<CoverageRow>>,
    errors: &mut Vec<TableError>,
) -> Vec<(InsuranceType, Vec<Row<Coverage>>)> {
    let mut known = Vec::with_capacity(by_code.len());
    for (code, rows) in by_code {
        match InsuranceType::from_str(&code) {
            Ok(kind) => known.push((kind, rows.into_iter().map(CoverageRow::into_row).collect())),
            Err(unknown) => errors.push(TableError {
                table: format!("coverage.{code}"),
                row: 0,
                problem: unknown.to_string(),
            }),
        }
    }
    known
}

fn wages(rows: Vec<WageTableRow>, errors: &mut Vec<TableError>) -> Vec<Row<Rial>> {
    let mut wages = Vec::with_capacity(rows.len());
    for (index, r) in rows.into_iter().enumerate() {
        if r.rial > i64::MAX.cast_unsigned() {
            let table = "minimum_daily_wage".to_owned();
            errors.push(TableError {
                table,
                row: index + 1,
                problem: "more rials than the largest possible amount".to_owned(),
            });
        }
        // The row stays in the list, so that the other rows keep their numbers and their neighbours.
        wages.push(row(r.from, r.until, Rial::new(r.rial).unwrap_or_default()));
    }
    wages
}

/// The rows of a table of reasons. A code that no rule gives is an error: its row would have no effect.
fn reasons(table: &str, rows: Vec<ReasonRow>, errors: &mut Vec<TableError>) -> Vec<CodeRow> {
    for (index, row) in rows.iter().enumerate() {
        if ReasonCode::from_str(&row.reason).is_err() {
            let problem = format!("no reason has the code {:?}", row.reason);
            errors.push(TableError { table: table.to_owned(), row: index + 1, problem });
        }
    }
    rows.into_iter().map(ReasonRow::into_row).collect()
}

fn returns(rows: Vec<ReturnRow>, errors: &mut Vec<TableError>) -> Vec<CodeRow> {
    for (index, row) in rows.iter().enumerate() {
        if ReturnCode::read(&row.code).is_err() {
            let problem =
                format!("a return code is four capitals, or two capitals and two digits, not {:?}", row.code);
            errors.push(TableError { table: "mendable_returns".to_owned(), row: index + 1, problem });
        }
    }
    rows.into_iter().map(ReturnRow::into_row).collect()
}

fn row<T>(from: SolarDate, until: Option<SolarDate>, value: T) -> Row<T> {
    Row { from, until, value }
}
