//! A person who objects, step by step.

use crate::fixtures::casework::under_review;
use crate::fixtures::population::person;
use crate::harness::{Answer, Browser, FormFile, TestApp};
use crate::pictures::files::{jpeg_of, pattern};
use crate::portal::Installation;

pub const TEXT: &str = "تاریخ تولد من در شناسنامه درست است.";

/// An installation in which the claims of `married1` and `married2` are under review.
pub fn reviewed() -> Installation {
    reviewed_with(&[])
}

pub fn reviewed_with(settings: &[(&str, &str)]) -> Installation {
    let mut app = TestApp::start("1404-08-01");
    for (key, value) in settings {
        app.set(key, value);
    }
    let people = [person(1), person(2)];
    under_review(&mut app, &people.iter().collect::<Vec<_>>());
    Installation::open(app, "", false)
}

/// A picture of a document. Different numbers are different pictures.
pub fn photo(number: u32) -> Vec<u8> {
    jpeg_of(&pattern(400 + number, 300), 90)
}

/// A file as iPhones make it.
pub fn heic() -> Vec<u8> {
    [&[0, 0, 0, 24][..], b"ftypheic", &[0; 4], b"mif1heic", &[7; 900]].concat()
}

pub fn jpeg_file(bytes: &[u8]) -> FormFile<'_> {
    FormFile { name: "deed.jpg", media_type: "image/jpeg", bytes }
}

/// A person with a claim, signed in.
pub struct Objector {
    pub browser: Browser,
    pub claim: String,
    /// The path of the draft.
    pub path: String,
}

impl Objector {
    pub fn new(home: &Installation, login: &str) -> Self {
        let mut browser = home.browser();
        let my = browser.sign_in(login, "/my");
        assert_eq!(my.status, 200, "{}", my.body);
        let claim = my.body.split("href=\"/my/claims/").nth(1).unwrap().split(['"', '/']).next().unwrap();
        let (claim, path) = (claim.to_owned(), format!("/my/claims/{claim}/objections"));
        Self { browser, claim, path }
    }

    pub fn csrf(&mut self) -> String {
        self.browser.get("/account").hidden("csrf")
    }

    /// Sends ground and text.
    pub fn write(&mut self, disputed: &str, text: &str) -> Answer {
        let csrf = self.csrf();
        let fields = [("csrf", csrf.as_str()), ("disputed", disputed), ("text", text)];
        self.browser.post(&format!("{}/new", self.path), &fields)
    }

    /// Writes what is right, and is at the pictures.
    #[track_caller]
    pub fn write_all(&mut self) -> Answer {
        let page = self.write("IDENTITY_MISMATCH", TEXT);
        assert_eq!((page.status, page.url.ends_with("/objections/pictures")), (200, true), "{}", page.body);
        page
    }

    /// The key of an input on the page of the pictures.
    #[track_caller]
    pub fn key(page: &Answer, kind: &str) -> String {
        let from = format!("name=\"kind\" value=\"{kind}\"><input type=\"hidden\" name=\"key\" value=\"");
        page.body.split_once(&from).unwrap_or_else(|| panic!("no {kind}: {}", page.body)).1[..36].to_owned()
    }

    pub fn upload_with(&mut self, path: &str, kind: &str, key: &str, file: &FormFile<'_>) -> Answer {
        let csrf = self.csrf();
        let fields = [("csrf", csrf.as_str()), ("kind", kind), ("key", key)];
        self.browser.upload(&format!("{path}?csrf={csrf}"), &fields, file)
    }

    /// Sends a picture of the draft with a new key.
    pub fn upload(&mut self, kind: &str, file: &FormFile<'_>) -> Answer {
        let path = format!("{}/pictures", self.path);
        self.upload_with(&path, kind, &uuid::Uuid::new_v4().to_string(), file)
    }

    /// Sends the objection. The answer is the receipt.
    pub fn send(&mut self) -> Answer {
        let check = self.browser.get(&format!("{}/check", self.path));
        let fields = [("csrf", check.hidden("csrf")), ("objection", check.hidden("objection"))];
        let fields = [(fields[0].0, fields[0].1.as_str()), (fields[1].0, fields[1].1.as_str())];
        self.browser.post(&format!("{}/send", self.path), &fields)
    }

    /// Writes, sends a picture of the deed, and sends the objection. Returns the path of its page.
    #[track_caller]
    pub fn object(&mut self) -> String {
        self.write_all();
        assert_eq!(self.upload("deed", &jpeg_file(&photo(1))).status, 200);
        let receipt = self.send();
        assert!(receipt.status == 200 && receipt.url.contains("/my/objections/"), "{}", receipt.body);
        path_of(&receipt)
    }
}

pub fn path_of(page: &Answer) -> String {
    format!("/my/objections/{}", page.url.rsplit('/').next().unwrap())
}

/// The ids of the pictures that a page shows.
pub fn shown(page: &Answer) -> Vec<String> {
    page.body.split("<img src=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}
