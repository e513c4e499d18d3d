//! The store of pictures: a folder, memory, and an S3 server.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::{Timestamp, ToSpan as _};
use peyvand::blobs::{Blobs, Error};
use peyvand::clock::Clock;
use peyvand::config::Settings;
use uuid::Uuid;

pub fn settings(values: &[(&str, &str)]) -> Settings {
    let flags: BTreeMap<String, String> =
        values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Settings::load_from(&flags, None, []).unwrap().settings
}

pub fn in_folder(folder: &Path) -> Blobs {
    Blobs::open(&settings(&[("blobs_url", &format!("file:{}", folder.display()))])).unwrap()
}

fn now() -> Timestamp {
    Clock::new(None).unwrap().machine_time()
}

pub fn later() -> Timestamp {
    now() + 10.seconds()
}

fn earlier() -> Timestamp {
    now() - 1.hours()
}

/// What holds for every store.
pub async fn promises_hold(blobs: &Blobs) {
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(u128::MAX / 3));
    assert_eq!(blobs.get(first).await.unwrap(), None);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    blobs.put(first, &bytes).await.unwrap();
    blobs.put(second, b"another").await.unwrap();
    assert_eq!(blobs.get(first).await.unwrap().unwrap(), bytes);
    blobs.put(first, &bytes).await.unwrap();
    let refused = blobs.put(first, b"forged").await.unwrap_err();
    assert!(matches!(refused, Error::Different(id) if id == first), "{refused}");
    assert_eq!(blobs.get(first).await.unwrap().unwrap(), bytes, "a stored picture is not replaced");
    let mut listed = blobs.list_older_than(later(), 10).await.unwrap();
    listed.sort_unstable();
    assert_eq!(listed, [first, second]);
    assert_eq!(blobs.list_older_than(later(), 1).await.unwrap().len(), 1);
    assert!(blobs.list_older_than(earlier(), 10).await.unwrap().is_empty(), "both are new");
    blobs.delete(first).await.unwrap();
    blobs.delete(first).await.unwrap();
    assert_eq!(blobs.get(first).await.unwrap(), None);
    assert_eq!(blobs.list_older_than(later(), 10).await.unwrap(), [second]);
    blobs.delete(second).await.unwrap();
    assert_eq!(blobs.delete_unfinished(later()).await.unwrap(), 0);
}

#[tokio::test]
async fn memory_keeps_the_promises() {
    promises_hold(&Blobs::in_memory()).await;
}

#[tokio::test]
async fn a_folder_keeps_the_promises() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("data/pictures");
    promises_hold(&in_folder(&pictures)).await;
    let mode = std::fs::metadata(&pictures).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "only the owner may read pictures");
    let kept = in_folder(&pictures);
    kept.put(Uuid::from_u128(7), b"kept").await.unwrap();
    assert_eq!(in_folder(&pictures).get(Uuid::from_u128(7)).await.unwrap().unwrap(), b"kept");
}

#[tokio::test]
async fn what_a_killed_process_left_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = in_folder(folder.path());
    let id = Uuid::from_u128(0xAB << 120);
    blobs.put(id, b"whole").await.unwrap();
    let left = folder.path().join(format!("ab/{id}#1"));
    std::fs::write(&left, b"ha").unwrap();
    std::fs::write(folder.path().join("ab/notes.txt"), b"of an operator").unwrap();
    assert_eq!(blobs.list_older_than(later(), 10).await.unwrap(), [id], "only whole pictures are listed");
    assert_eq!(blobs.delete_unfinished(earlier()).await.unwrap(), 0, "another process may still write it");
    assert!(left.exists());
    assert_eq!(blobs.delete_unfinished(later()).await.unwrap(), 1);
    assert!(!left.exists() && folder.path().join("ab/notes.txt").exists());
    assert_eq!(blobs.get(id).await.unwrap().unwrap(), b"whole");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let url = format!("file:{}/pictures", file.display());
    let error = Blobs::open(&settings(&[("blobs_url", &url)])).unwrap_err().to_string();
    assert!(error.contains(&format!("{}/pictures", file.display())), "{error}");
}

#[tokio::test]
async fn s3_needs_both_keys_and_shows_neither() {
    let url = ("blobs_url", "s3://pictures/prod");
    let error = Blobs::open(&settings(&[url])).unwrap_err().to_string();
    assert!(error.contains("blobs_access_key_id") && error.contains("blobs_secret_access_key"), "{error}");
    let endpoint = ("blobs_endpoint", "http://127.0.0.1:9");
    let keys = [("blobs_access_key_id", "PLANTEDID"), ("blobs_secret_access_key", "PLANTEDKEY")];
    let blobs = Blobs::open(&settings(&[url, endpoint, keys[0], keys[1]])).unwrap();
    let error = blobs.get(Uuid::from_u128(1)).await.unwrap_err().to_string();
    assert!(!error.contains("PLANTED") && !format!("{blobs:?}").contains("PLANTEDKEY"), "{error}");
}
