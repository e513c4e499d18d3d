//! The worker and its child: limits of memory, time and number.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use peyvand::picture_worker::{CleanError, PictureWorker, WorkerOptions};
use peyvand::pictures::Refusal;

use super::files::{FlatJpeg, FlatPng, app1_exif, exif, jpeg, jpeg_with};

/// The peak of the resident memory that the largest pictures may need.
const MAX_RESIDENT_KIB: u64 = 900 << 10;

/// Runs the child with a file as its input, and prints status and peak memory as the kernel counted them.
const MEASURE: &str = "
import os, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(sys.argv[2], os.O_RDONLY), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], [sys.argv[1], 'clean-picture'])
_, status, usage = os.wait4(child, 0)
print(status, usage.ru_maxrss)
";

/// The status and the peak memory in KiB of the child that reads this file.
fn measured(folder: &Path, bytes: &[u8]) -> (i32, u64) {
    let input = folder.join("input");
    std::fs::write(&input, bytes).unwrap();
    let output = Command::new("python3")
        .args(["-c", MEASURE, env!("CARGO_BIN_EXE_peyvand"), input.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (status, peak) = text.trim().split_once(' ').unwrap();
    (status.parse().unwrap(), peak.parse().unwrap())
}

#[test]
fn the_largest_pictures_need_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = |progressive| {
        FlatJpeg { width: 8_000, height: 5_000, components: 3, progressive, more_scans: 8 }.bytes()
    };
    let png =
        |bits, color, interlaced| FlatPng { width: 8_000, height: 5_000, bits, color, interlaced }.bytes();
    for (what, bytes) in [
        ("JPEG", jpeg(false)),
        ("progressive JPEG that is turned", jpeg_with(&jpeg(true), &[app1_exif(&exif(6, false))])),
        ("PNG with 16 bits in four channels", png(16, 6, false)),
        ("interlaced PNG", png(8, 2, true)),
    ] {
        let (status, peak) = measured(folder.path(), &bytes);
        assert_eq!(status, 0, "{what}");
        assert!((50 << 10..MAX_RESIDENT_KIB).contains(&peak), "{what}: {peak} KiB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_pictures_are_read() {
    let progressive =
        FlatJpeg { width: 8_000, height: 5_000, components: 3, progressive: true, more_scans: 8 };
    let turned = jpeg_with(&progressive.bytes(), &[app1_exif(&exif(6, false))]);
    let deep = FlatPng { width: 8_000, height: 5_000, bits: 16, color: 6, interlaced: false };
    let worker = super::worker();
    let [turned, deep] = [turned, deep.bytes()].map(|bytes| {
        let worker = worker.clone();
        tokio::spawn(async move { worker.clean(&bytes).await.unwrap() })
    });
    let (turned, deep) = (turned.await.unwrap(), deep.await.unwrap());
    assert_eq!((turned.width(), turned.height()), (5_000, 8_000));
    assert_eq!((deep.width(), deep.height()), (8_000, 5_000));
}

/// A program in place of the child.
fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("program");
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "#!/bin/sh\n{script}").unwrap();
    drop(file);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_the_child_is_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    for script in [
        "exit 1",
        "kill -SEGV $$",
        "kill -KILL $$",
        "cat > /dev/null",
        "cat > /dev/null; echo nonsense",
        "cat > /dev/null; echo '{\"clean\":{\"media_type\":\"image/png\",\"width\":1,\"height\":1}}'; echo '<script>'",
        "cat > /dev/null; head -c 30000000 /dev/zero",
        "exec sleep 100",
    ] {
        let options = WorkerOptions {
            program: program(folder.path(), script),
            timeout: Duration::from_secs(2),
            ..super::options()
        };
        let answer = PictureWorker::new(options).clean(&jpeg()).await;
        assert!(matches!(answer, Err(CleanError::Refused(Refusal::CannotBeRead))), "{script}: {answer:?}");
    }
    let missing = WorkerOptions { program: folder.path().join("nothing"), ..super::options() };
    let answer = PictureWorker::new(missing).clean(&jpeg()).await;
    assert!(matches!(answer, Err(CleanError::Unavailable(_))), "{answer:?}");
}

/// The child has no settings and no secret, and gets no file of its parent.
#[tokio::test(flavor = "multi_thread")]
async fn the_child_knows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let script = format!("cat > /dev/null; {{ env; pwd; ls /proc/$$/fd | wc -l; }} > '{}'", seen.display());
    let options = WorkerOptions { program: program(folder.path(), &script), ..super::options() };
    let _ = PictureWorker::new(options).clean(&jpeg()).await;
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(!seen.contains("HOME=") && !seen.contains("PEYVAND") && !seen.contains("CARGO"), "{seen}");
    assert!(seen.lines().any(|line| line == "/"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_wait_in_a_short_queue_and_then_are_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let script = "cat > /dev/null; sleep 1; exit 1";
    let options =
        WorkerOptions { program: program(folder.path(), script), at_a_time: 1, queue: 1, ..super::options() };
    let worker = PictureWorker::new(options);
    let sent: Vec<_> = (0..4)
        .map(|_| {
            let worker = worker.clone();
            tokio::spawn(async move { worker.clean(&jpeg()).await })
        })
        .collect();
    let mut busy = 0;
    for answer in sent {
        match answer.await.unwrap() {
            Err(CleanError::Busy) => busy += 1,
            Err(CleanError::Refused(Refusal::CannotBeRead)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(busy, 2, "one is read, one waits, two are turned away");
    assert!(!matches!(worker.clean(&jpeg()).await, Err(CleanError::Busy)), "places are given back");
}

/// The child itself sets the limits, whoever starts it.
#[test]
fn the_child_cannot_use_more_than_its_limits() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_peyvand"))
        .arg("clean-picture")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let limits = PathBuf::from(format!("/proc/{}/limits", child.id()));
    let limited = |text: &str| {
        text.lines().any(|line| line.starts_with("Max address space") && line.contains("1073741824"))
    };
    let mut text = String::new();
    for _ in 0..500 {
        text = std::fs::read_to_string(&limits).unwrap();
        if limited(&text)
            && text.lines().any(|line| line.starts_with("Max core file size") && line.contains(" 0 "))
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    for line in
        ["Max cpu time              20", "Max open files            3 ", "Max file size             0 "]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(limited(&text), "{text}");
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("empty"), "{output:?}");
}
