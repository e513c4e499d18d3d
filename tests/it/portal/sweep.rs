//! Drafts on which nobody works, and pictures that no row names, are deleted. What is named stays.

use std::path::Path;
use std::process::Command;

use super::objections::stored_files;
use super::objector::{Objector, jpeg_file, photo, reviewed};

/// Gives a file an age of two days.
pub fn make_old(file: &Path) {
    let touched = Command::new("touch").args(["-d", "2 days ago"]).arg(file).status().unwrap();
    assert!(touched.success());
}

#[test]
fn old_drafts_and_pictures_without_a_row_are_deleted() {
    let home = reviewed();
    let mut sender = Objector::new(&home, "married1");
    sender.object();
    let mut writer = Objector::new(&home, "married2");
    writer.write_all();
    writer.upload("deed", &jpeg_file(&photo(2)));
    home.app.settle();
    let mut app = home.app;
    app.stop();
    let folder = app.dir.path().join("data/pictures");
    let all: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    all.iter().for_each(|file| make_old(file));
    // Nobody has worked on the draft for a month; pictures of sent objections are as old.
    app.execute("UPDATE objection_drafts SET changed_at = now() - interval '29 days'").unwrap();
    app.execute("UPDATE portal_pictures SET stored_at = now() - interval '40 days'").unwrap();
    let place = app.serve(&["--roles", "portal"]);
    app.wait_for_log(place, "peyvand serves");
    app.stop();
    assert_eq!(app.value("SELECT count(*)::text FROM portal_pictures"), "2", "the draft is young enough");
    app.execute("UPDATE objection_drafts SET changed_at = now() - interval '31 days'").unwrap();
    let place = app.serve(&["--roles", "portal"]);
    app.wait_for_log(place, "old drafts of objections and pictures without a row are deleted");
    assert_eq!(app.value("SELECT count(*)::text FROM objection_drafts"), "0");
    let kept = app.value("SELECT picture_id::text FROM portal_pictures");
    assert!(folder.join(&kept[..2]).join(&kept).exists(), "the evidence of an objection");
    let home = super::Installation { app, provider: home.provider, origin: home.origin };
    assert_eq!(stored_files(&home), 1);
    home.app.finish();
}
