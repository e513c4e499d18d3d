//! Every kind of file with every fault of a list, through `publish --check`: which files are refused as a whole, which
//! rows are rejected and why, and which oddities are read. The command needs no broker and no database.

mod harmful;
mod sample;
mod values;

use std::process::Command;

use peyvand::wire::files::FileKind;
use serde_json::Value;

use self::sample::SampleFile;

/// What is right for a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// The file is refused as a whole, with exit status 1 and a message that contains this text.
    Refused(&'static str),
    /// Exactly these lines are rejected, each for this reason.
    Rejected(Vec<(u64, &'static str)>),
    /// Exactly these lines are rejected, for any reason.
    RejectedSomehow(Vec<u64>),
    Accepted,
}

/// A file to check.
pub struct FaultyFile {
    pub what: String,
    pub bytes: Vec<u8>,
    pub expected: Expected,
    pub strict: bool,
}

impl FaultyFile {
    pub fn new(what: impl Into<String>, bytes: impl Into<Vec<u8>>, expected: Expected) -> Self {
        Self { what: what.into(), bytes: bytes.into(), expected, strict: false }
    }
}

/// A rejected row, as the rejects file names it.
struct Reject {
    line: u64,
    value: String,
    reason: String,
}

struct Checked {
    status: Option<i32>,
    errors: String,
    counts: Value,
    rejects: Vec<Reject>,
}

fn check(kind: FileKind, file: &FaultyFile, folder: &std::path::Path) -> Checked {
    let (path, rejects) = (folder.join("file.csv"), folder.join("rejects.csv"));
    let _ = std::fs::remove_file(&rejects);
    std::fs::write(&path, &file.bytes).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_peyvand"));
    command.env_clear().env("PEYVAND_TODAY", sample::TODAY);
    command
        .args(["--json", "publish", kind.as_str()])
        .arg(&path)
        .arg("--check")
        .arg("--rejects")
        .arg(&rejects);
    if file.strict {
        command.arg("--strict");
    }
    let output = command.output().unwrap();
    Checked {
        status: output.status.code(),
        errors: String::from_utf8(output.stderr).unwrap(),
        counts: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        rejects: read_rejects(&rejects),
    }
}

fn read_rejects(path: &std::path::Path) -> Vec<Reject> {
    let Ok(mut reader) = csv::Reader::from_path(path) else { return Vec::new() };
    let records = reader.records().map(Result::unwrap);
    records
        .map(|record| Reject {
            line: record[0].parse().unwrap(),
            value: record[2].to_owned(),
            reason: record[3].to_owned(),
        })
        .collect()
}

/// Returns what is wrong, or None.
fn complaint(kind: FileKind, file: &FaultyFile, folder: &std::path::Path) -> Option<String> {
    let checked = check(kind, file, folder);
    let lines: Vec<u64> = checked.rejects.iter().map(|reject| reject.line).collect();
    let reasons: Vec<_> =
        checked.rejects.iter().map(|reject| (reject.line, reject.reason.as_str())).collect();
    let right = match &file.expected {
        Expected::Refused(text) => checked.status == Some(1) && checked.errors.contains(text),
        Expected::Rejected(expected) => checked.status == Some(0) && reasons == *expected,
        Expected::RejectedSomehow(expected) => checked.status == Some(0) && lines == *expected,
        Expected::Accepted => checked.status == Some(0) && lines.is_empty(),
    };
    let declared = checked.counts["declared"].as_u64();
    let sum = checked.counts["valid"].as_u64().map(|valid| valid + lines.len() as u64);
    let adds_up = checked.status != Some(0) || declared.is_some() && declared == sum;
    let is_shown_safely = checked.rejects.iter().all(|reject| {
        let is_plain = !reject.value.chars().any(char::is_control);
        is_plain && reject.value.chars().count() <= 101 && !reject.value.starts_with(['=', '+', '-', '@'])
    });
    if right && adds_up && is_shown_safely {
        return None;
    }
    Some(format!(
        "{kind}, {}: expected {:?}, found status {:?}, {reasons:?}, {} {}",
        file.what, file.expected, checked.status, checked.counts, checked.errors
    ))
}

#[test]
fn every_kind_of_file_with_every_fault() {
    let mut complaints = Vec::new();
    let mut faults = 0;
    std::thread::scope(|scope| {
        let workers: Vec<_> = FileKind::ALL
            .iter()
            .map(|kind| {
                scope.spawn(move || {
                    let sample = SampleFile::of(*kind);
                    let mut files = harmful::files(&sample);
                    files.extend(values::files(&sample));
                    let folder = tempfile::tempdir().unwrap();
                    let found: Vec<_> =
                        files.iter().filter_map(|file| complaint(*kind, file, folder.path())).collect();
                    (files.len(), found)
                })
            })
            .collect();
        for worker in workers {
            let (checked, found) = worker.join().unwrap();
            faults += checked;
            complaints.extend(found);
        }
    });
    assert!(complaints.is_empty(), "{} of {faults}:\n{}", complaints.len(), complaints.join("\n"));
    assert!(faults > 700, "{faults} files were checked");
}
