//! The portal in Chromium, with and without scripts.

use std::path::Path;
use std::process::Command;

use image::RgbImage;

use super::my::with_paid;
use super::objector::{Objector, heic, reviewed_with};
use crate::fixtures::casework::Desk;
use crate::fixtures::couples::national_code;
use crate::fixtures::population::person;
use crate::harness::last_line;
use crate::pictures::files::jpeg_of;

/// Sign-in, the file, a claim, and a registration. With `PORTAL_SCREENS`, pictures of the pages are written there.
#[test]
fn a_person_signs_in_reads_and_registers_with_and_without_scripts() {
    let tools = std::env::var("OUTSIDE_NODE").expect(
        "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
    );
    let home = with_paid();
    let mut command = Command::new("node");
    command.arg(Path::new(&tools).join("portal.mjs")).arg(&home.origin).arg(national_code(820_000_001));
    if let Some(screens) = std::env::var_os("PORTAL_SCREENS") {
        command.arg(screens);
    }
    let output = command.output().unwrap();
    let (found, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{faults}\n{}", home.app.logs());
    assert_eq!(last_line(&found)["journeys"], 2);
    // Each journey has registered the same marriage of another person.
    assert_eq!(home.app.value("SELECT count(DISTINCT person)::text FROM submissions"), "2");
    home.app.settle();
    home.app.finish();
}

/// A sheet with lines on a table, and the noise of a camera.
fn sheet(width: u32, height: u32, noise: u32) -> RgbImage {
    let mut state = 0x2545_F491_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let (u, v) = (x * 1000 / width, y * 1000 / height);
        let on_sheet = (120..880).contains(&u) && (60..940).contains(&v);
        let on_line =
            (180..820).contains(&u) && v > 150 && v < 880 && v % 55 < 16 && (u / 9 + v / 55 * 7) % 6 != 0;
        let base = match (on_sheet, on_line) {
            (true, true) => [70, 66, 80],
            (true, false) => [236, 229, 210],
            _ => [124 + u / 20, 92, 70],
        };
        let shift = i32::try_from(state % (2 * noise + 1)).unwrap() - i32::try_from(noise).unwrap();
        image::Rgb(
            base.map(|part: u32| u8::try_from((i32::try_from(part).unwrap() + shift).clamp(0, 255)).unwrap()),
        )
    })
}

/// An objection from the text to its withdrawal. With `PORTAL_SCREENS`, pictures of the pages are written there.
#[test]
fn a_person_objects_with_and_without_scripts() {
    let tools = std::env::var("OUTSIDE_NODE").expect(
        "OUTSIDE_NODE names no folder with the installed tools of tests/outside/node: run `make test`",
    );
    let home = reviewed_with(&[("portal_requests_per_min", "100000")]);
    let answered = Objector::new(&home, "married2").object();
    let id = home.app.value("SELECT objection_id::text FROM portal_objections");
    home.app.until("the objection arrives", "SELECT (count(*) = 1)::text FROM objections");
    let reason = "تاریخ تولد در شناسنامه ۱ فروردین ۱۳۷۵ است و همان پذیرفته شد.";
    Desk::of(&home.app, &person(2)).answers(id.parse().unwrap(), true, reason);
    home.app.until("the answer", "SELECT (count(*) = 1)::text FROM objections WHERE answered_at IS NOT NULL");
    let folder = home.app.dir.path().join("photos");
    std::fs::create_dir(&folder).unwrap();
    let photo = jpeg_of(&sheet(3000, 4000, 30), 95);
    assert!((7 << 20..10 << 20).contains(&photo.len()), "{} bytes", photo.len());
    std::fs::write(folder.join("photo.jpg"), photo).unwrap();
    std::fs::write(folder.join("small.jpg"), jpeg_of(&sheet(900, 1200, 4), 85)).unwrap();
    std::fs::write(folder.join("heic.jpg"), heic()).unwrap();
    let mut command = Command::new("node");
    command.arg(Path::new(&tools).join("objections.mjs")).arg(&home.origin).arg(&folder).arg(&answered);
    if let Some(screens) = std::env::var_os("PORTAL_SCREENS") {
        command.arg(screens);
    }
    let output = command.output().unwrap();
    let (found, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{faults}\n{}", home.app.logs());
    assert_eq!(last_line(&found)["journeys"], 8);
    home.app.settle();
    assert_eq!(home.app.value("SELECT count(*)::text FROM objections WHERE withdrawn"), "8");
    home.app.finish();
}
