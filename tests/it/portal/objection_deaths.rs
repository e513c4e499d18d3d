//! The portal dies before and after each of its writes while a person objects. What had no answer is repeated, counts
//! once, and no receipt is without its picture.

use super::deaths::open_portal;
use super::objector::{Objector, TEXT, jpeg_file, photo, reviewed, shown};
use crate::harness::{Answer, Browser, NO_ANSWER};
use crate::ops::failpoints::places::{OBJECTING, SWEEPING};

const KEY: &str = "1d0a52a6-7d7e-4f0c-9a8e-0f4f3a6b1c2d";

/// Writes, sends one picture and sends the objection. `None` where the portal no longer answers.
fn object(objector: &mut Objector) -> Option<Answer> {
    let answered = |answer: Answer| (answer.status != NO_ANSWER).then_some(answer);
    // The first request may meet a connection to the process that died before.
    (0..3).find_map(|_| answered(objector.browser.get("/account")))?;
    let page = answered(objector.write("IDENTITY_MISMATCH", TEXT))?;
    if !page.url.ends_with("/pictures") {
        return Some(page);
    }
    let path = format!("{}/pictures", objector.path);
    answered(objector.browser.get("/account"))?;
    answered(objector.upload_with(&path, "deed", KEY, &jpeg_file(&photo(1))))?;
    let check = answered(objector.browser.get(&format!("{}/check", objector.path)))?;
    let fields = [("csrf", check.hidden("csrf")), ("objection", check.hidden("objection"))];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    answered(objector.browser.post(&format!("{}/send", objector.path), &fields))
}

#[test]
fn an_objection_survives_a_death_at_every_boundary() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let (mut app, origin) = (home.app, home.origin);
    let provider = home.provider;
    app.stop();
    let mut survived = Vec::new();
    for (name, hits) in OBJECTING {
        for (hit, side) in (0..*hits).flat_map(|hit| [(hit, "before"), (hit, "after")]) {
            let point = format!("{name}/{side}");
            app.inject(&if hit == 0 {
                format!("{point}=return")
            } else {
                format!("{point}={hit}*off->return")
            });
            let place = open_portal(&mut app, &origin);
            let answer = object(&mut objector);
            if answer.is_some() {
                survived.push(format!("{point} at hit {}", hit + 1));
                app.service(place).kill();
            } else {
                app.wait_for_log(place, &format!("killed at {point}"));
                assert!(app.service(place).ended_by_abort(), "{point}");
            }
            app.forget(place);
            let unproven = "SELECT count(*)::text FROM portal_objections o WHERE NOT EXISTS (
                 SELECT FROM portal_pictures p WHERE p.objection_id = o.objection_id AND p.submission_id IS NOT NULL)";
            assert_eq!(app.value(unproven), "0");
            for table in ["portal_objections", "submissions"] {
                app.execute(&format!("DELETE FROM {table}")).unwrap();
            }
            app.execute("UPDATE portal_pictures SET submission_id = NULL").unwrap();
            app.execute("DELETE FROM portal_pictures").unwrap();
        }
    }
    assert!(survived.is_empty(), "the portal did not die at {survived:?}");
    app.inject("");
    open_portal(&mut app, &origin);
    app.serve(&[]);
    let receipt = object(&mut objector).unwrap();
    assert!(receipt.body.contains("با ۱ تصویر"), "{}", receipt.body);
    for path in shown(&receipt) {
        assert_eq!(objector.browser.get(&path).status, 200);
    }
    assert_eq!(app.value("SELECT count(*)::text FROM portal_pictures"), "1");
    app.settle();
    assert_eq!(app.value("SELECT count(*)::text FROM objections"), "1");
    drop(provider);
    app.finish();
}

/// A sweep that ends in the middle is done by the next start, and what a row names stays.
#[test]
fn a_sweep_that_dies_is_done_by_the_next_start() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.object();
    home.app.settle();
    let (mut app, origin) = (home.app, home.origin);
    let provider = home.provider;
    app.stop();
    let folder = app.dir.path().join("data/pictures");
    let kept = app.value("SELECT picture_id::text FROM portal_pictures");
    std::fs::create_dir_all(folder.join("ab")).unwrap();
    let orphan = folder.join("ab/ab000000-0000-4000-8000-000000000000");
    let unfinished = folder.join("ab/ab000000-0000-4000-8000-000000000001#1");
    for (name, _) in SWEEPING {
        for side in ["before", "after"] {
            for file in [&orphan, &unfinished] {
                std::fs::write(file, b"left behind").unwrap();
                super::sweep::make_old(file);
            }
            app.inject(&format!("{name}/{side}=return"));
            let place = app.serve(&["--roles", "portal"]);
            assert!(app.service(place).ended_by_abort(), "{name}/{side}");
            app.forget(place);
        }
    }
    app.inject("");
    open_portal(&mut app, &origin);
    app.serve(&[]);
    app.wait("the sweep", || !orphan.exists() && !unfinished.exists());
    assert!(folder.join(&kept[..2]).join(&kept).exists(), "a picture that a row names");
    assert_eq!(Browser::new(&origin).get("/").status, 200);
    drop(provider);
    app.finish();
}
