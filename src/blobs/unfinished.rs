//! Files of a local store that were never finished. `object_store` writes a picture into `NAME#NUMBER` and renames it, and
//! its list does not show such files.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::failpoint::failpoint;

pub(super) fn delete(folder: &Path, before: Timestamp) -> io::Result<usize> {
    let seconds = u64::try_from(before.as_second()).unwrap_or_default();
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let mut deleted = 0;
    for shard in fs::read_dir(folder)? {
        let shard = shard?;
        if !shard.file_type()?.is_dir() {
            continue;
        }
        for entry in fs::read_dir(shard.path())? {
            let entry = entry?;
            if is_unfinished(&entry) && entry.metadata()?.modified()? < before {
                failpoint!("blobs.unfinished", fs::remove_file(entry.path()))?;
                deleted += 1;
            }
        }
    }
    Ok(deleted)
}

fn is_unfinished(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let parts = name.to_str().and_then(|name| name.split_once('#'));
    parts.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
