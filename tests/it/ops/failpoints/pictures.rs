//! A process dies before and after each write to the store of pictures.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use uuid::Uuid;

use super::places::STORING_PICTURES;
use crate::pictures::blobs::{in_folder, later};

const FOLDER: &str = "PEYVAND_TEST_PICTURES";
const BYTES: &[u8] = b"a picture";
const SIGABRT: i32 = 6;

fn id() -> Uuid {
    Uuid::from_u128(0xCD << 120)
}

#[tokio::test]
#[ignore = "this is the process that dies; `who_dies_while_storing_pictures_stores_them_later` starts it"]
async fn a_process_that_stores() {
    std::mem::forget(fail::FailScenario::setup());
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let blobs = in_folder(&folder);
    blobs.put(id(), BYTES).await.unwrap();
    assert_eq!(blobs.get(id()).await.unwrap().unwrap(), BYTES);
    blobs.delete_unfinished(later()).await.unwrap();
    blobs.delete(id()).await.unwrap();
}

fn run(folder: &Path, armed: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ops::failpoints::pictures::a_process_that_stores", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env("FAILPOINTS", armed)
        .output()
        .unwrap()
}

#[tokio::test]
async fn who_dies_while_storing_pictures_stores_them_later() {
    for (name, _) in STORING_PICTURES {
        for side in ["before", "after"] {
            let (point, folder) = (format!("{name}/{side}"), tempfile::tempdir().unwrap());
            std::fs::create_dir(folder.path().join("ab")).unwrap();
            let left = folder.path().join("ab/ab000000-0000-0000-0000-000000000000#1");
            std::fs::write(&left, b"ha").unwrap();
            let died = run(folder.path(), &format!("{point}=return"));
            let text = String::from_utf8_lossy(&died.stderr);
            assert_eq!(died.status.signal(), Some(SIGABRT), "{point}: {text}");
            assert!(text.contains(&format!("killed at {point}")), "{point}: {text}");
            // What a put confirmed is there; before it is nothing.
            let stored = in_folder(folder.path()).get(id()).await.unwrap();
            let is_stored = matches!(
                point.as_str(),
                "blobs.put/after"
                    | "blobs.unfinished/before"
                    | "blobs.unfinished/after"
                    | "blobs.delete/before"
            );
            assert_eq!(stored.as_deref(), is_stored.then_some(BYTES), "{point}");
            let again = run(folder.path(), "");
            assert!(again.status.success(), "{point}: {again:?}");
            assert!(!left.exists() && in_folder(folder.path()).get(id()).await.unwrap().is_none(), "{point}");
        }
    }
}
