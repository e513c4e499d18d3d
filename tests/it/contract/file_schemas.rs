//! Table Schemas (Frictionless) of all files, written from the reader's own list of columns. `FILE_SCHEMAS=write` writes
//! them.

use std::fs;

use peyvand::wire::files::{Column, ColumnForm as F, FileKind};
use serde_json::{Map, Value, json};

use crate::contract::schemas::root;

#[test]
fn table_schemas_are_those_of_the_reader() {
    let folder = root().join("files");
    let writes = std::env::var("FILE_SCHEMAS").is_ok_and(|word| word == "write");
    for kind in FileKind::ALL {
        let path = folder.join(format!("{kind}.schema.json"));
        let text = serde_json::to_string_pretty(&table_schema(*kind)).unwrap() + "\n";
        if writes {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, text, "{} is old: run this test with FILE_SCHEMAS=write", path.display());
    }
}

fn table_schema(kind: FileKind) -> Value {
    let fields: Vec<_> = kind.all_columns().iter().map(field).collect();
    json!({
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "fields": fields,
        "missingValues": [""],
    })
}

fn field(column: &Column) -> Value {
    let mut constraints = Map::new();
    if !column.may_be_empty {
        constraints.insert("required".to_owned(), true.into());
    }
    let (kind, pattern) = form(column.form);
    if let Some(pattern) = pattern {
        constraints.insert("pattern".to_owned(), pattern.into());
    }
    if matches!(column.form, F::Version | F::Count | F::Rials) {
        constraints.insert("minimum".to_owned(), 0.into());
    }
    json!({"name": column.name, "type": kind, "constraints": constraints})
}

/// The type and the pattern of values as a file writes them: codes may lack their leading zeros.
fn form(form: F) -> (&'static str, Option<String>) {
    let pattern = match form {
        F::OpaqueId => ".{1,100}",
        F::IssuedId => "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        F::SolarDate => "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        F::SolarMonth => "[0-9]{4}-(0[1-9]|1[0-2])",
        F::Instant => {
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
        }
        F::NationalCode => "[0-9]{8,10}",
        F::InsuranceNumber => "[0-9]{1,10}",
        F::PaddedDigits(width) | F::Digits(width) => return ("string", Some(format!("[0-9]{{1,{width}}}"))),
        F::DeedNumber => "[0-9/-]+",
        F::Flag => "true",
        F::Word | F::Name | F::Text | F::AsWritten => return ("string", None),
        F::Version | F::Count | F::Rials => return ("integer", None),
        F::Boolean => return ("boolean", None),
    };
    ("string", Some(pattern.to_owned()))
}
