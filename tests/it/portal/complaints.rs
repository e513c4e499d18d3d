//! What people complained of elsewhere. Each is a test by the name of the complaint.

use super::objections::stored_files;
use super::objector::{Objector, TEXT, heic, jpeg_file, path_of, photo, reviewed, shown};
use crate::harness::FormFile;
use crate::pictures::files::{jpeg_of, pattern, png_of};

/// Words of HTTP and of frameworks that nobody needs to read.
const FOREIGN_WORDS: [&str; 9] =
    ["Unprocessable", "Entity", "Payload", "Request", "Error", "Multipart", "boundary", "HTTP", "422"];

#[track_caller]
fn in_plain_words(body: &str) {
    let main = body.split_once("<main").unwrap_or_else(|| panic!("no page: {body}")).1;
    // Without the tags: an id may contain any number.
    let text: String =
        main.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    for word in FOREIGN_WORDS {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

/// A receipt exists only after its pictures are durable. What the store has lost is named, before anything is sent.
#[test]
fn silent_loss_of_evidence() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    for (kind, number) in [("deed", 1), ("booklet", 2)] {
        objector.upload(kind, &jpeg_file(&photo(number)));
    }
    let lost = home.app.value("SELECT picture_id::text FROM portal_pictures WHERE kind = 'deed'");
    let file = home.app.dir.path().join("data/pictures").join(&lost[..2]).join(&lost);
    std::fs::remove_file(file).unwrap();
    let refused = objector.send();
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("۱ عکس در انبار ما نیست") && refused.body.contains("هنوز ثبت نشده است"));
    assert_eq!(shown(&refused).len(), 1, "only what is there is shown");
    assert_eq!(home.app.value("SELECT count(*)::text FROM submissions"), "0");
    objector.upload("deed", &jpeg_file(&photo(1)));
    let receipt = objector.send();
    assert!(receipt.body.contains("با ۲ تصویر"), "{}", receipt.body);
    for path in shown(&receipt) {
        assert_eq!(objector.browser.get(&path).status, 200);
    }
    home.app.settle();
    home.app.finish();
}

#[test]
fn nothing_happens_on_an_empty_submit() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let empty = objector.write("", "");
    assert_eq!(empty.status, 422);
    objector.write_all();
    let none =
        objector.upload("deed", &FormFile { name: "", media_type: "application/octet-stream", bytes: b"" });
    assert!(none.status == 422 && none.body.contains("عکسی انتخاب نشده است"), "{}", none.body);
    for (page, fields) in [(&empty, &["ground", "text"][..]), (&none, &["deed"])] {
        assert!(
            page.body.contains("id=\"errors\" role=\"alert\" tabindex=\"-1\" autofocus"),
            "{}",
            page.body
        );
        for field in fields {
            assert!(page.body.contains(&format!("<a href=\"#{field}\"")), "{field}");
            assert!(page.body.contains(&format!("id=\"{field}\"")), "{field}");
            assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{field}");
        }
        in_plain_words(&page.body);
    }
    home.app.finish();
}

/// Whatever a form sends, the answer is a page in Persian that says what to do.
#[test]
fn a_page_that_shows_unprocessable_entity() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    let large = vec![0xFF; 12 << 20];
    let too_large = objector.upload("deed", &jpeg_file(&large));
    assert!(
        too_large.status == 422 && too_large.body.contains("از ۱۰ مگابایت بزرگ‌تر است"),
        "{}",
        too_large.body
    );
    let kindless = objector.upload("", &jpeg_file(&photo(1)));
    let csrf = objector.csrf();
    let path = format!("{}/pictures", objector.path);
    let no_multipart = objector.browser.post(&path, &[("csrf", &csrf)]);
    let truncated = objector.upload("deed", &jpeg_file(&photo(1)[..2000]));
    for page in [&too_large, &kindless, &no_multipart, &truncated] {
        assert_eq!(page.status, 422, "{}", page.body);
        assert!(page.body.contains("این عکس نرسید"), "{}", page.body);
        in_plain_words(&page.body);
    }
    let text = objector.write("IDENTITY_MISMATCH", &"متن ".repeat(30_000));
    assert!(text.status == 413 && text.body.contains("بزرگ‌تر از اندازهٔ پذیرفته"), "{}", text.status);
    in_plain_words(&text.body);
    assert_eq!(stored_files(&home), 0);
    home.app.finish();
}

/// An icon in the place of a picture is refused, and a place without a picture shows none.
#[test]
fn a_placeholder_taken_for_a_picture() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let empty = objector.write_all();
    assert!(shown(&empty).is_empty() && empty.body.contains("هنوز عکسی از عقدنامه نرسیده است"));
    for icon in [png_of(&pattern(1, 1)), png_of(&pattern(96, 96)), jpeg_of(&pattern(1000, 40), 90)] {
        let page = objector.upload("deed", &jpeg_file(&icon));
        assert!(page.status == 422 && page.body.contains("نشانه‌ای به جای عکس است"), "{}", page.body);
    }
    let check = objector.browser.get(&format!("{}/check", objector.path));
    assert!(shown(&check).is_empty() && check.body.contains("هیچ عکسی نرسیده است"), "{}", check.body);
    assert!(check.body.contains("تصویر عقدنامه نرسیده است"));
    assert!(objector.send().body.contains("بدون تصویر"));
    home.app.settle();
    home.app.finish();
}

/// Its bytes count, not its name. The person reads the steps on an iPhone.
#[test]
fn heic_named_jpg() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    objector.write_all();
    let page = objector.upload("deed", &jpeg_file(&heic()));
    assert_eq!(page.status, 422);
    for step in ["HEIC", "Settings", "Camera", "Formats", "Most Compatible"] {
        assert!(page.body.contains(step), "{step}: {}", page.body);
    }
    let kept = objector.browser.get(&format!("{}/new", objector.path));
    assert!(kept.body.contains(TEXT), "the text is kept");
    home.app.finish();
}

/// Hint, check and message have one limit.
#[test]
fn three_different_limits() {
    use peyvand::app::portal::objections::{MAX_PICTURES, MAX_TEXT_CHARS};
    use peyvand::ident::text::persian_digits;
    use peyvand::pictures::MAX_PICTURE_BYTES;

    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let chars = persian_digits(&MAX_TEXT_CHARS.to_string());
    let form = objector.browser.get(&format!("{}/new", objector.path));
    assert!(form.body.contains(&format!("تا {chars} نویسه")), "{}", form.body);
    let over = objector.write("IDENTITY_MISMATCH", &"پ".repeat(MAX_TEXT_CHARS + 1));
    assert!(over.status == 422 && over.body.contains(&format!("بیشتر از {chars} نویسه")), "{}", over.body);
    assert_eq!(objector.write("IDENTITY_MISMATCH", &"پ".repeat(MAX_TEXT_CHARS)).status, 200);
    let megabytes = persian_digits(&(MAX_PICTURE_BYTES >> 20).to_string());
    let pictures = objector.write_all();
    assert!(pictures.body.contains(&format!("تا {megabytes} مگابایت")), "{}", pictures.body);
    let most = persian_digits(&MAX_PICTURES.to_string());
    assert!(pictures.body.contains(&format!("هر اعتراض تا {most} تصویر دارد")));
    let mut largest = photo(1);
    largest.resize(MAX_PICTURE_BYTES + 1, 0);
    let over = objector.upload("deed", &jpeg_file(&largest));
    assert!(over.body.contains(&format!("از {megabytes} مگابایت بزرگ‌تر")), "{}", over.body);
    largest.truncate(MAX_PICTURE_BYTES);
    assert_eq!(objector.upload("deed", &jpeg_file(&largest)).status, 200);
    home.app.finish();
}

/// A phone's browser reloads the page after the camera: text and pictures that were sent are there.
#[test]
fn text_lost_after_the_camera() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    // Text without a ground is kept, too.
    let incomplete = objector.write("", TEXT);
    assert!(incomplete.status == 422 && incomplete.body.contains(TEXT), "{}", incomplete.body);
    assert!(objector.browser.get(&format!("{}/new", objector.path)).body.contains(TEXT));
    objector.write_all();
    objector.upload("deed", &jpeg_file(&photo(1)));
    for _ in 0..2 {
        let reloaded = objector.browser.get(&format!("{}/pictures", objector.path));
        assert_eq!((reloaded.status, shown(&reloaded).len()), (200, 1));
    }
    let changed = objector.write("amount", "متن دیگر");
    assert_eq!(changed.status, 422, "this claim has no amount");
    assert!(changed.body.contains("متن دیگر"));
    assert_eq!(objector.write_all().status, 200);
    let check = objector.browser.get(&format!("{}/check", objector.path));
    assert!(check.body.contains(TEXT) && shown(&check).len() == 1);
    home.app.finish();
}

/// Every picture can also come from the gallery, and no input makes an iPhone send HEIC.
#[test]
fn no_camera_on_the_device() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let page = objector.write_all();
    assert!(!page.body.contains("image/*"));
    for kind in ["deed", "booklet", "other"] {
        let camera =
            format!("id=\"{kind}-camera\" name=\"picture\" accept=\"image/jpeg\" capture=\"environment\"");
        let gallery = format!("id=\"{kind}-gallery\" name=\"picture\" accept=\"image/jpeg,image/png\">");
        assert!(page.body.contains(&camera) && page.body.contains(&gallery), "{kind}: {}", page.body);
    }
    let png = png_of(&pattern(500, 400));
    let stored =
        objector.upload("booklet", &FormFile { name: "a.png", media_type: "image/png", bytes: &png });
    assert_eq!((stored.status, shown(&stored).len()), (200, 1), "{}", stored.body);
    home.app.finish();
}

/// The page has a live region that outlives the pictures, and its words. `tests/outside/node/objections.mjs` hears it.
#[test]
fn progress_never_announced() {
    let home = reviewed();
    let page = Objector::new(&home, "married1").write_all();
    let (before, after) = page.body.split_once("<div id=\"pictures\"").unwrap();
    assert!(before.contains("id=\"upload-live\" role=\"status\""), "{before}");
    for words in ["data-sending", "data-done", "data-retry", "data-failed"] {
        assert!(after.contains(&format!("{words}=\"")), "{words}");
    }
    home.app.finish();
}

/// The draft opens again after the sign-in.
#[test]
fn session_lost_in_the_middle() {
    let home = reviewed();
    let mut objector = Objector::new(&home, "married1");
    let page = objector.write_all();
    objector.upload("deed", &jpeg_file(&photo(1)));
    let (csrf, key) = (page.hidden("csrf"), Objector::key(&page, "booklet"));
    home.app.execute("DELETE FROM portal_sessions").unwrap();
    let path = format!("{}/pictures", objector.path);
    let fields = [("csrf", csrf.as_str()), ("kind", "booklet"), ("key", &key)];
    // Larger than what a connection holds: the answer comes although nobody wants the body.
    let large = vec![1; 9 << 20];
    let lost = objector.browser.upload(&format!("{path}?csrf={csrf}"), &fields, &jpeg_file(&large));
    assert!(
        lost.status == 403 && lost.body.contains("زمان ورود شما تمام شده است"),
        "{} {}",
        lost.status,
        lost.body
    );
    let sign_in = format!("/sign-in?to={path}");
    assert!(lost.body.contains(&sign_in), "{}", lost.body);
    let again = objector.browser.sign_in("married1", &sign_in);
    assert!(again.url.ends_with(&path) && shown(&again).len() == 1, "{} {}", again.url, again.body);
    assert!(objector.browser.get("/my").body.contains("ادامهٔ اعتراض"));
    assert!(objector.browser.get(&format!("{}/new", objector.path)).body.contains(TEXT));
    assert_eq!(path_of(&objector.send()).len(), "/my/objections/".len() + 12);
    home.app.settle();
    home.app.finish();
}

/// Another's number looks exactly like one that does not exist.
#[test]
fn anothers_objection_reachable_by_id() {
    let home = reviewed();
    let mut owner = Objector::new(&home, "married1");
    let sent = owner.object();
    let mut other = Objector::new(&home, "married2");
    let csrf = other.csrf();
    for page in ["", "/pictures", "/withdraw"] {
        let [theirs, nobodys] = [&sent[..], "/my/objections/000000000001"]
            .map(|path| other.browser.get(&format!("{path}{page}")));
        assert_eq!((theirs.status, theirs.body), (404, nobodys.body), "{page}");
        assert_eq!(owner.browser.get(&format!("{sent}{page}")).status, 200, "{page}");
    }
    for page in ["/pictures/send", "/pictures/remove", "/withdraw"] {
        let [theirs, nobodys] = [&sent[..], "/my/objections/000000000001"]
            .map(|path| other.browser.post(&format!("{path}{page}"), &[("csrf", &csrf)]));
        assert_eq!((theirs.status, theirs.body), (404, nobodys.body), "{page}");
    }
    let added = other.upload_with(&format!("{sent}/pictures"), "deed", "k", &jpeg_file(&photo(2)));
    assert_eq!(added.status, 404);
    assert_eq!(
        home.app.value("SELECT count(*)::text FROM portal_objections WHERE withdrawn_at IS NULL"),
        "1"
    );
    assert_eq!(home.app.value("SELECT count(*)::text FROM portal_pictures"), "1");
    home.app.settle();
    home.app.finish();
}
