//! Every page of every invented person, as HTML.

use std::path::{Path, PathBuf};

use peyvand::clock::Clock;
use peyvand::http::{assets, pages};
use peyvand::law::SolarDate;
use peyvand::store::submissions::SubmissionReceipt;
use peyvand::views::my::error_page::{ErrorPage, ErrorView};
use peyvand::views::my::openings::Opening;
use peyvand::views::my::public::PublicPage;
use peyvand::views::my::register::{RegisterCheck, RegisterForm, RegisterInput, RegisterReceipt};
use peyvand::views::my::{MyAllowance, MyClaim, MyLetter, MyOpenings, MySum};
use peyvand::wire::tables;

use super::objections;
use super::people::{Invented, at, everyone, own_file};
use crate::claim::facts::{date, me, spouse};

/// A page with the name of its file.
pub struct Page {
    pub name: String,
    pub html: String,
}

pub(super) fn page(name: impl Into<String>, html: pages::Rendered) -> Page {
    Page { name: name.into(), html: html.unwrap() }
}

pub(super) fn visitor() -> pages::Visitor {
    pages::Visitor { csrf: "csrf-token-of-a-test".to_owned(), has_own_file: true }
}

fn staff() -> pages::Visitor {
    pages::Visitor { has_own_file: false, ..visitor() }
}

fn of_person(person: &Invented) -> Vec<Page> {
    let file = own_file(&person.world);
    let clock = Clock::new(Some(person.world.today)).unwrap();
    let (name, visitor) = (person.name, visitor());
    let claim_id = file.claims[0].claim.claim_id;
    let claim = MyClaim::new(&file, claim_id, &clock).unwrap();
    let letter = MyLetter::new(&file, claim_id, me(), &clock).unwrap();
    let mut all = vec![
        page(format!("my-{name}"), pages::my(&visitor, &MyAllowance::new(&file, &clock))),
        page(format!("claim-{name}"), pages::claim(&visitor, &claim)),
        page(format!("letter-{name}"), pages::letter(&visitor, &letter)),
    ];
    let sum = MySum::new(&file, claim_id);
    all.extend(sum.map(|sum| page(format!("sum-{name}"), pages::sum(&visitor, &sum))));
    all
}

fn today() -> SolarDate {
    date("1404-08-20")
}

fn of_registration() -> Vec<Page> {
    let visitor = visitor();
    let empty = RegisterForm::new(RegisterInput::default(), Vec::new(), &[], today());
    let input = RegisterInput {
        day: "30".to_owned(),
        month: "12".to_owned(),
        year: "1402".to_owned(),
        spouse: "1234567890".to_owned(),
        undertaking: false,
    };
    let errors = input.check(me(), today()).err().unwrap();
    let wrong = RegisterForm::new(input, errors, &[date("1404-07-15")], today());
    let right = RegisterInput {
        day: "31".to_owned(),
        month: "2".to_owned(),
        year: "1404".to_owned(),
        spouse: spouse().to_string(),
        undertaking: true,
    };
    let registration = right.check(me(), today()).unwrap_or_else(|_| panic!("the input is right"));
    let check = RegisterCheck::new(&registration, "key-of-a-test".to_owned());
    let submitted = SubmissionReceipt {
        id: uuid::Uuid::nil(),
        route: "/my/register".to_owned(),
        tracking: "483122071234".to_owned(),
        submitted_at: at(today()),
        delivered_at: None,
    };
    let receipt = RegisterReceipt::new(&submitted, &Clock::new(Some(today())).unwrap());
    vec![
        page("register", pages::register(&visitor, &empty)),
        page("register-errors", pages::register(&visitor, &wrong)),
        page("check", pages::register_check(&visitor, &check)),
        page("receipt", pages::register_receipt(&visitor, &receipt)),
    ]
}

fn others() -> Vec<Page> {
    let clock = Clock::new(Some(today())).unwrap();
    let openings = [("officer", Some("0123"), "1404-08-12"), ("supervisor", None, "1404-08-14")];
    let openings = openings.map(|(role, branch, day)| Opening {
        at: at(date(day)),
        role: role.to_owned(),
        branch: branch.map(str::to_owned),
    });
    let tables = tables::parse(tables::built_in()).unwrap();
    let account = pages::AccountView {
        full_name: "سارا محمدی".to_owned(),
        role: "کارشناس شعبه".to_owned(),
        unit: Some("۰۰۱۲".to_owned()),
    };
    let nothing = peyvand::views::my::OwnFile { today: today(), claims: Vec::new() };
    let mut all = vec![
        page("public", pages::public(None, true, &PublicPage::new(&tables, today()))),
        page("account", pages::account(&staff(), &account)),
        page("my-nothing", pages::my(&visitor(), &MyAllowance::new(&nothing, &clock))),
        page("views", pages::openings(&visitor(), &MyOpenings::new(openings.into(), &clock))),
        page("views-nobody", pages::openings(&visitor(), &MyOpenings::new(Vec::new(), &clock))),
    ];
    for error in ErrorPage::ALL {
        all.push(page(format!("error-{error:?}").to_lowercase(), pages::error(None, &ErrorView::new(error))));
    }
    all
}

/// Every page.
pub fn all() -> Vec<Page> {
    let mut all = others();
    all.extend(of_registration());
    all.extend(objections::all());
    all.extend(everyone().iter().flat_map(of_person));
    all
}

/// Writes every page and asset, so that a browser can open them from a plain file server. Pages of an earlier run are
/// deleted.
pub fn write_all() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in assets::all() {
        std::fs::write(folder.join(asset.path.trim_start_matches('/')), &asset.body).unwrap();
    }
    for page in all() {
        std::fs::write(folder.join(format!("{}.html", page.name)), page.html).unwrap();
    }
    folder
}

/// The text that a person reads, without the parts in `<bdi>`, and without tags.
fn text_outside_bdi(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split("<bdi").enumerate() {
        let shown = if index == 0 { part } else { part.split_once("</bdi>").unwrap().1 };
        for piece in shown.split('<') {
            text.push_str(piece.split_once('>').map_or("", |(_, after)| after));
            text.push(' ');
        }
    }
    text
}

#[test]
fn pages_are_in_persian_words_with_persian_digits() {
    let all = all();
    assert!(all.len() > 100, "only {} pages", all.len());
    for Page { name, html } in &all {
        assert!(html.contains(r#"<html lang="fa" dir="rtl">"#), "{name}");
        assert!(html.contains("ما هرگز شمارهٔ کارت یا رمز شما را نمی‌پرسیم"), "{name}");
        let text = text_outside_bdi(html);
        let digit = text.find(|c: char| c.is_ascii_digit());
        assert_eq!(digit, None, "{name}: {}", digit.map_or("", |at| &text[at..]));
        for wrong in ["عدم", "نامبرده", "مقتضی", "—", "{", "ي", "ك"] {
            assert!(!text.contains(wrong), "{name} contains {wrong}");
        }
    }
}

/// "The spouse's facts are never shown to the person." Only the check of a registration repeats what was typed.
#[test]
fn no_page_has_a_fact_of_the_spouse() {
    for Page { name, html } in all().iter().filter(|page| page.name != "check") {
        let code = spouse().to_string();
        assert!(
            !html.contains(&code) && !html.contains(&peyvand::ident::text::persian_digits(&code)),
            "{name}"
        );
        assert!(!html.contains("رضایی") && !html.contains("1377"), "{name}");
    }
}

#[test]
fn pages_keep_the_content_security_policy() {
    for Page { name, html } in &all() {
        for inline in [" style=", "<style", "javascript:", " onclick=", " onload=", " onsubmit=", "<script>"]
        {
            assert!(!html.contains(inline), "{name} contains {inline}");
        }
        let scripts = html.matches("<script").count();
        assert_eq!((scripts, html.matches(r#"<script src="/assets/page."#).count()), (1, 1), "{name}");
        for source in html.split("src=\"").skip(1).chain(html.split("stylesheet\" href=\"").skip(1)) {
            let path = source.split('"').next().unwrap();
            let is_own = assets::find(path).is_some() || path.starts_with("/my/pictures/");
            assert!(is_own, "{name}: {path}");
        }
    }
}

/// Forms are of this site, are posted, and have the token.
#[test]
fn every_form_has_the_token() {
    let mut forms = 0;
    for Page { name, html } in &all() {
        for form in html.split("<form").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            assert!(form.contains(r#"method="post""#) && form.contains(r#"action="/"#), "{name}");
            assert!(form.contains(r#"name="csrf" value="csrf-token-of-a-test""#), "{name}");
            forms += 1;
        }
    }
    assert!(forms > 100, "only {forms} forms");
}

/// "a focused error summary": it links to each field, which exists and is marked.
#[test]
fn an_error_leads_to_its_field() {
    let all = all();
    let page = all.iter().find(|page| page.name == "register-errors").unwrap();
    for field in ["day", "spouse", "undertaking"] {
        assert!(page.html.contains(&format!("<a href=\"#{field}\"")), "{field}");
        assert!(page.html.contains(&format!(" id=\"{field}\"")), "{field}");
        assert!(page.html.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    assert!(page.html.contains("autofocus") && page.html.contains("role=\"alert\""));
    assert!(page.html.contains("اسفند ۱۴۰۲ روز ۳۰ ندارد"));
    assert!(page.html.contains(r#"value="1234567890""#), "what was typed is kept");
}

#[test]
fn a_value_cannot_become_markup() {
    let spouse = "\"><script>alert(1)</script>";
    let input = RegisterInput { spouse: spouse.to_owned(), ..RegisterInput::default() };
    let errors = input.check(me(), today()).err().unwrap();
    let html = pages::register(&visitor(), &RegisterForm::new(input, errors, &[], today())).unwrap();
    assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;alert"));
}

/// "a first visit to /my weighs <= 90 KB in all"; without compression.
#[test]
fn a_first_visit_is_light() {
    let size = |asset: &assets::Asset| asset.body.len();
    assert!(size(assets::stylesheet()) <= 20 * 1024 && size(assets::script()) <= 12 * 1024);
    let heaviest = all().iter().filter(|page| page.name.starts_with("my-")).map(|page| page.html.len()).max();
    let weight = heaviest.unwrap() + assets::all().iter().map(|asset| size(asset)).sum::<usize>();
    assert!(weight <= 90 * 1024, "{weight} bytes");
    let css = String::from_utf8(assets::stylesheet().body.to_vec()).unwrap();
    assert!(css.contains(assets::font().path.as_str()) && !css.contains("{font}"));
}
