//! An objection with pictures: written, sent, delivered, answered, and shown.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::objector::{Objector, TEXT, jpeg_file, path_of, photo, reviewed, shown};
use super::{Browser, Installation};
use crate::fixtures::casework::Desk;
use crate::fixtures::population::person;
use crate::harness::multipart;

fn value(home: &Installation, sql: &str) -> String {
    home.app.value(sql)
}

fn delivered(home: &Installation) {
    home.app.wait("everything is delivered", || {
        value(home, "SELECT count(*)::text FROM submissions WHERE delivered_at IS NULL") == "0"
    });
    home.app.settle();
}

fn events(home: &Installation) -> Vec<Value> {
    let records = home.app.stored_records("portal.objections.v1");
    records.iter().map(|record| serde_json::from_slice(record.value.as_ref().unwrap()).unwrap()).collect()
}

#[test]
fn an_objection_is_sent_with_its_pictures_answered_and_shown() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    for (kind, number) in [("deed", 1), ("booklet", 2)] {
        let page = objector.upload(kind, &jpeg_file(&photo(number)));
        assert_eq!(
            (page.status, shown(&page).len()),
            (200, usize::try_from(number).unwrap()),
            "{}",
            page.body
        );
    }
    let check = objector.browser.get(&format!("{}/check", objector.path));
    assert!(check.body.contains(TEXT) && check.body.contains("هنوز چیزی ثبت نشده است"));
    assert_eq!(value(&home, "SELECT count(*)::text FROM submissions"), "0");
    let receipt = objector.send();
    assert!(receipt.body.contains("اعتراض شما با ۲ تصویر در ۱ آبان ۱۴۰۴ ثبت شد."), "{}", receipt.body);
    assert_eq!(shown(&receipt).len(), 2);
    delivered(&home);
    let sent = events(&home);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["text_sha256"], hex::encode(Sha256::digest(TEXT)));
    assert_eq!(sent[0]["pictures"].as_array().unwrap().len(), 2);
    assert_eq!(sent[0]["disputed"], "IDENTITY_MISMATCH");
    assert_eq!(value(&home, "SELECT count(*)::text FROM objection_pictures"), "2");
    let page = objector.browser.get(&path_of(&receipt));
    assert!(page.body.contains("کارشناس آن را می‌بیند"), "{}", page.body);
    adds_a_picture(&home, &mut objector, &path_of(&receipt));
    answered(&home, &mut objector, &path_of(&receipt));
    home.app.finish();
}

/// «افزودن تصاویر جدید»: stored first, then added by one event.
fn adds_a_picture(home: &Installation, objector: &mut Objector, path: &str) {
    let pictures = format!("{path}/pictures");
    let key = uuid::Uuid::new_v4().to_string();
    let page = objector.upload_with(&pictures, "other", &key, &jpeg_file(&photo(3)));
    assert!(page.status == 200 && page.body.contains("افزودن ۱ تصویر به اعتراض"), "{}", page.body);
    let waiting = objector.browser.get(path);
    assert!(waiting.body.contains("۱ عکس رسیده، ولی هنوز به اعتراض افزوده نشده است"));
    let csrf = objector.csrf();
    for _ in 0..2 {
        let page = objector.browser.post(&format!("{pictures}/send"), &[("csrf", &csrf)]);
        assert!(page.status == 200 && shown(&page).len() == 3, "{}", page.body);
    }
    delivered(home);
    let added = events(home);
    assert_eq!(added.len(), 2, "sent twice, added once");
    assert_eq!(added[1]["pictures"][0]["kind"], "other");
}

fn answered(home: &Installation, objector: &mut Objector, path: &str) {
    let people = person(1);
    let desk = Desk::of(&home.app, &people);
    let id = value(home, "SELECT objection_id::text FROM portal_objections");
    desk.answers(id.parse().unwrap(), false, "در شناسنامه تاریخ دیگری نوشته شده است.");
    home.app.until("the answer", "SELECT (count(*) = 1)::text FROM objections WHERE answered_at IS NOT NULL");
    let page = objector.browser.get(path);
    for said in ["پذیرفته نشد", "در شناسنامه تاریخ دیگری نوشته شده است."]
    {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(!page.body.contains("staff-3"), "the officer is not named");
    let claim = objector.browser.get(&format!("/my/claims/{}", objector.claim));
    assert!(claim.body.contains(path) && claim.body.contains("objections/new"), "{}", claim.body);
    assert!(objector.browser.get("/my").body.contains("پذیرفته نشد"));
    // An answered objection takes no pictures.
    let refused = objector.upload_with(&format!("{path}/pictures"), "deed", "k", &jpeg_file(&photo(4)));
    assert_eq!(
        (refused.url.ends_with(path), value(home, "SELECT count(*)::text FROM portal_pictures")),
        (true, "3".to_owned())
    );
}

/// "One open objection per claim is the screens' rule." A withdrawn one makes room.
#[test]
fn one_objection_to_a_claim_is_open_until_it_is_withdrawn() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let path = objector.object();
    for page in ["new", "pictures", "check"] {
        let led = objector.browser.get(&format!("{}/{page}", objector.path));
        assert!(led.url.ends_with(&path), "{page} leads to {}", led.url);
    }
    let led = objector.write("IDENTITY_MISMATCH", "باز هم");
    assert!(led.url.ends_with(&path), "{}", led.url);
    assert_eq!(value(&home, "SELECT count(*)::text FROM objection_drafts"), "0");
    let ask = objector.browser.get(&format!("{path}/withdraw"));
    assert!(ask.body.contains("هنوز چیزی عوض نشده است"));
    for _ in 0..2 {
        let page = objector.browser.post(&format!("{path}/withdraw"), &[("csrf", &ask.hidden("csrf"))]);
        assert!(page.status == 200 && page.body.contains("پس گرفت"), "{}", page.body);
    }
    delivered(&home);
    assert_eq!(events(&home).len(), 2);
    assert_eq!(value(&home, "SELECT withdrawn::text FROM objections"), "true");
    assert_ne!(objector.object(), path, "another objection");
    home.app.settle();
    home.app.finish();
}

/// "served only through the service, to their owner"
#[test]
fn a_picture_is_served_to_its_owner_alone() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    let path = shown(&objector.upload("deed", &jpeg_file(&photo(1)))).remove(0);
    let picture = objector.browser.get(&path);
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"));
    assert!(picture.bytes.starts_with(&[0xFF, 0xD8, 0xFF]));
    for (name, value) in [
        ("cache-control", "private, max-age=900"),
        ("vary", "Cookie"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; img-src 'self'; sandbox; frame-ancestors 'none'"),
    ] {
        assert_eq!(picture.header(name), value);
    }
    assert_eq!(value(&home, "SELECT count(*)::text FROM file_views WHERE page = 'picture'"), "1");
    let mut other = Objector::new(&home, "married2").browser;
    let [theirs, nobodys] =
        [&path[..], "/my/pictures/00000000-0000-4000-8000-000000000000"].map(|path| other.get(path));
    assert_eq!((theirs.status, theirs.body), (404, nobodys.body));
    assert!(!home.browser().get(&path).url.contains("/my/pictures"), "without a session");
    let mut stranger = home.browser();
    let as_part_of_a_page = stranger.get_with(&path, &[("sec-fetch-dest", "image")]);
    assert_eq!((as_part_of_a_page.status, stranger.set_cookies.len()), (403, 0), "it begins no sign-in");
    home.app.finish();
}

/// "the same upload retried with the same key stores one picture"
#[test]
fn an_upload_that_is_sent_again_is_one_picture() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let page = objector.write_all();
    let (key, path) = (Objector::key(&page, "deed"), format!("{}/pictures", objector.path));
    let (first, second) = (photo(1), photo(2));
    for _ in 0..3 {
        let page = objector.upload_with(&path, "deed", &key, &jpeg_file(&first));
        assert_eq!((page.status, shown(&page).len()), (200, 1), "{}", page.body);
    }
    // The same picture from a page that was opened again.
    assert_eq!(shown(&objector.upload("deed", &jpeg_file(&first))).len(), 1);
    let other = objector.upload_with(&path, "deed", &key, &jpeg_file(&second));
    assert_eq!(other.status, 409, "{}", other.body);
    assert_eq!(value(&home, "SELECT count(*)::text FROM portal_pictures"), "1");
    let csrf = objector.csrf();
    let id = value(&home, "SELECT picture_id::text FROM portal_pictures");
    let removed = objector.browser.post(&format!("{path}/remove"), &[("csrf", &csrf), ("picture", &id)]);
    assert_eq!((removed.status, shown(&removed).len()), (200, 0));
    home.app.finish();
}

/// "a connection cut at 60 % and tried again stores one picture"
#[test]
fn a_connection_that_is_cut_and_tried_again_stores_one_picture() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let page = objector.write_all();
    let (key, csrf) = (Objector::key(&page, "deed"), objector.csrf());
    let path = format!("{}/pictures", objector.path);
    let bytes = photo(1);
    let fields = [("kind", "deed"), ("key", key.as_str())];
    let (content_type, body) = multipart(&fields, &jpeg_file(&bytes));
    let session = objector.browser.portal_cookie("peyvand-session").unwrap();
    let address = home.origin.trim_start_matches("http://");
    let mut cut = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path}?csrf={csrf} HTTP/1.1\r\nHost: {address}\r\nOrigin: {}\r\nCookie: peyvand-session={session}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        home.origin,
        body.len()
    );
    cut.write_all(head.as_bytes()).unwrap();
    cut.write_all(&body[..body.len() * 6 / 10]).unwrap();
    drop(cut);
    for _ in 0..2 {
        let page = objector.upload_with(&path, "deed", &key, &jpeg_file(&bytes));
        assert_eq!((page.status, shown(&page).len()), (200, 1), "{}", page.body);
    }
    assert_eq!(value(&home, "SELECT count(*)::text FROM portal_pictures"), "1");
    assert_eq!(stored_files(&home), 1);
    home.app.finish();
}

/// The pictures in the store.
pub fn stored_files(home: &Installation) -> usize {
    let folders = std::fs::read_dir(home.app.dir.path().join("data/pictures")).unwrap();
    folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
}

#[test]
fn the_eleventh_picture_is_refused_and_a_removed_one_makes_room() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    for number in 1..=10 {
        assert_eq!(objector.upload("other", &jpeg_file(&photo(number))).status, 200);
    }
    let full = objector.upload("other", &jpeg_file(&photo(11)));
    assert!(full.status == 422 && full.body.contains("تا ۱۰ تصویر دارد"), "{}", full.body);
    let csrf = objector.csrf();
    let id = value(&home, "SELECT picture_id::text FROM portal_pictures LIMIT 1");
    let path = format!("{}/pictures/remove", objector.path);
    objector.browser.post(&path, &[("csrf", &csrf), ("picture", &id)]);
    assert_eq!(objector.upload("other", &jpeg_file(&photo(11))).status, 200);
    home.app.finish();
}

/// A picture that was sent is evidence: no page takes it away.
#[test]
fn what_was_sent_stays() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let path = objector.object();
    let (id, csrf) = (value(&home, "SELECT picture_id::text FROM portal_pictures"), objector.csrf());
    objector.browser.post(&format!("{path}/pictures/remove"), &[("csrf", &csrf), ("picture", &id)]);
    assert_eq!(
        value(&home, "SELECT count(*)::text FROM portal_pictures WHERE submission_id IS NOT NULL"),
        "1"
    );
    home.app.settle();
    home.app.finish();
}

/// Text and pictures of one person are nobody else's.
#[test]
fn another_person_changes_nothing() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    objector.upload("deed", &jpeg_file(&photo(1)));
    let (draft, picture) = (
        value(&home, "SELECT objection_id::text FROM objection_drafts"),
        value(&home, "SELECT picture_id::text FROM portal_pictures"),
    );
    let mut other: Browser = Objector::new(&home, "married2").browser;
    let csrf = other.get("/account").hidden("csrf");
    let path = &objector.path;
    for (page, fields) in [
        ("new", vec![("disputed", "IDENTITY_MISMATCH"), ("text", "x")]),
        ("pictures/remove", vec![("picture", picture.as_str())]),
        ("send", vec![("objection", draft.as_str())]),
    ] {
        let answer =
            other.post(&format!("{path}/{page}"), &[&[("csrf", csrf.as_str())][..], &fields].concat());
        assert_eq!(answer.status, 404, "{page}");
    }
    let kept = home.app.query("SELECT body FROM objection_drafts");
    assert_eq!(kept, [[TEXT]]);
    assert_eq!(value(&home, "SELECT count(*)::text FROM portal_pictures"), "1");
    home.app.finish();
}
