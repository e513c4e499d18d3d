//! Hostile files, through the worker and its child as in the service.

use peyvand::picture_worker::CleanError;
use peyvand::pictures::CleanPicture;

use super::hostile_files::{Expected, HostileFile, all};
use super::stored::{decoded, foreign_part};

/// What is wrong, or None.
fn complaint(file: &HostileFile, answer: &Result<CleanPicture, CleanError>) -> Option<String> {
    let size = match answer {
        Ok(picture) => Some((picture.width(), picture.height())),
        Err(_) => None,
    };
    let code = match answer {
        Err(CleanError::Refused(refusal)) => Some(refusal.code()),
        _ => None,
    };
    let is_expected = match file.expected {
        Expected::Refused(wanted) => code == Some(wanted),
        Expected::RefusedSomehow => code.is_some(),
        Expected::Clean(width, height) => size == Some((width, height)),
        Expected::Harmless => size.is_some() || code.is_some(),
    };
    if !is_expected {
        return Some(format!("{}: expected {:?}, found {answer:?}", file.what, file.expected));
    }
    let picture = answer.as_ref().ok()?;
    let shown = decoded(picture);
    if (shown.width(), shown.height()) != (picture.width(), picture.height()) {
        return Some(format!("{}: stored with another size", file.what));
    }
    foreign_part(picture).map(|part| format!("{}: {part} is stored", file.what))
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_or_harmless() {
    let worker = super::worker();
    let files = all();
    assert!(files.len() >= 300, "only {} files", files.len());
    let mut wrong = Vec::new();
    let mut clean = 0;
    for file in &files {
        let answer = worker.clean(&file.bytes).await;
        clean += usize::from(answer.is_ok());
        wrong.extend(complaint(file, &answer));
    }
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    assert!(clean > 50, "only {clean} files were stored");
}
