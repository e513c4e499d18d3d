//! One person's whole way, from a mismatch of names to the payment and the answer.

use serde_json::{Value, json};

use super::Installation;
use super::api_casework::{FINDINGS, OBJECTIONS, Office};
use super::objector::{Objector, jpeg_file, path_of, photo, shown};
use crate::fixtures::casework::DEED;
use crate::fixtures::population::{
    FLOOR, Person, document, expect, finance, insured, marriages, person, row,
};
use crate::harness::{Answer, TestApp};

/// What the person writes.
const TEXT: &str = "نام خانوادگی من در عقدنامه کریمی است.";

/// What the officer says to the person.
const ANSWER: &str = "نام خانوادگی شما در عقدنامه و شناسنامه یکی است.";

/// Three members of staff, by their tokens.
struct Staff {
    author: String,
    approver: String,
    closer: String,
}

/// The first close pays her nothing, because her family name in the registry is another one. She objects with pictures;
/// an officer and the province's supervisor set the ground aside, a third one answers, and the next close pays.
#[test]
fn from_a_name_mismatch_to_a_payment_and_an_answer() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    insured(&mut app, &[&person], "1404-04");
    marriages(&mut app, &[&row(&person.with(|person| person.family_name = "رضایی".to_owned()))]);
    app.close("1404-07");
    assert_eq!(app.documents(), Vec::<Value>::new());
    expect(&app.decisions(), &person, DEED, "MANUAL_REVIEW", &["IDENTITY_MISMATCH"]);

    app.set_today("1404-08-10");
    let mut office = Office::open(app);
    let path = objects_with_two_pictures(&office);
    let staff = Staff {
        author: office.officer(1),
        approver: office.staff(2, "peyvand_supervisor", "10"),
        closer: office.officer(3),
    };
    let finding = found_by_two(&office, &staff, &person);
    answered_by_a_third(&office, &staff, &finding);
    reads_the_answer(&office.home, &path);

    office.home.set_today("1404-09-01");
    office.home.app.close("1404-08");
    reads(&office.home, "/my", &["سند پرداخت شما در ۱ آذر ۱۴۰۴ به امور مالی فرستاده شد."]);
    paid_by_finance(&mut office.home, &person);
    reads_the_payment(&office.home, &person, &path);
    reads_who_has_seen_it(&office.home);
    office.home.app.finish();
}

/// Opens a page as the person, in a session of its own.
#[track_caller]
fn reads(home: &Installation, path: &str, said: &[&str]) -> Answer {
    let page = home.signed_in("married1").get(path);
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    for words in said {
        assert!(page.body.contains(words), "{path} lacks {words}: {}", page.body);
    }
    page
}

/// Returns the path of the objection's page.
fn objects_with_two_pictures(office: &Office) -> String {
    let home = &office.home;
    reads(
        home,
        "/my",
        &["نام خانوادگی شما در ثبت احوال و پروندهٔ بیمه یکی نیست؛ کارشناس آن را می‌بیند. این پاسخ رد نیست."],
    );
    let mut objector = Objector::new(home, "married1");
    assert_eq!(objector.write("IDENTITY_MISMATCH", TEXT).status, 200);
    for (kind, number) in [("deed", 1), ("booklet", 2)] {
        assert_eq!(objector.upload(kind, &jpeg_file(&photo(number))).status, 200);
    }
    let receipt = objector.send();
    let tracking = home.app.value("SELECT tracking FROM submissions");
    let path = path_of(&receipt);
    assert_eq!(path, format!("/my/objections/{tracking}"), "{}", receipt.body);
    let said = "اعتراض شما با ۲ تصویر در ۱۰ آبان ۱۴۰۴ ثبت شد.";
    assert!(receipt.body.contains(said), "{}", receipt.body);
    office.delivered();
    let page = reads(home, &path, &["در دست کارشناس", said, "کارشناس آن را می‌بیند."]);
    assert!(page.body.contains(TEXT) && shown(&page).len() == 2, "{}", page.body);
    reads(home, "/my", &["اعتراض شما در دست کارشناس است.", &path]);
    path
}

/// Returns the finding's id. Its evidence is what the person has sent.
fn found_by_two(office: &Office, staff: &Staff, person: &Person) -> String {
    let app = &office.home.app;
    let queue = office.items(OBJECTIONS, &staff.author);
    assert_eq!((queue.len(), &queue[0]["pictures"]), (1, &json!(2)), "{queue:?}");
    let pictures = app.query("SELECT picture_id::text FROM portal_pictures ORDER BY 1");
    let proposal = json!({
        "claim_id": queue[0]["claim_id"],
        "ground": "IDENTITY_MISMATCH",
        "verdict": "set_aside",
        "reason": "عقدنامه و شناسنامه از یک نفر است.",
        "evidence": pictures.concat(),
    });
    let proposed = office.accepted(FINDINGS, &staff.author, "proposal-1", &proposal);
    let finding = proposed["subject_id"].as_str().unwrap().to_owned();
    office.delivered();
    expect(&app.decisions(), person, DEED, "MANUAL_REVIEW", &["IDENTITY_MISMATCH"]);
    let path = format!("{FINDINGS}/{finding}");
    let read = office.program.get(&path, &staff.approver).json();
    let judgement = json!({"proposal_sha256": read["proposal_sha256"], "reason": "هر دو رکورد را دیدم."});
    let approval = format!("{path}/approval");
    assert_eq!(
        office.refused(&approval, &staff.author, &judgement),
        (403, "own-proposal".to_owned()),
        "nobody approves what he has proposed"
    );
    office.accepted(&approval, &staff.approver, "approval-1", &judgement);
    office.delivered();
    expect(&app.decisions(), person, DEED, "APPROVED", &[]);
    assert_eq!(app.events("eligibility.objection.answered"), Vec::<Value>::new());
    finding
}

fn answered_by_a_third(office: &Office, staff: &Staff, finding: &str) {
    let app = &office.home.app;
    let objection = app.value("SELECT objection_id::text FROM portal_objections");
    let path = format!("{OBJECTIONS}/{objection}/closing");
    let closing = json!({"accepted": true, "reason": ANSWER, "findings": [finding]});
    for involved in [&staff.author, &staff.approver] {
        assert_eq!(office.refused(&path, involved, &closing), (403, "involved".to_owned()));
    }
    office.accepted(&path, &staff.closer, "closing-1", &closing);
    office.delivered();
    let answers = app.events("eligibility.objection.answered");
    let approved = app.value("SELECT decision_id::text FROM claims");
    assert_eq!(answers.len(), 1, "{answers:?}");
    for (field, value) in
        [("objection_id", json!(objection)), ("accepted", json!(true)), ("decision_id", json!(approved))]
    {
        assert_eq!(answers[0][field], value, "{field}: {}", answers[0]);
    }
}

fn reads_the_answer(home: &Installation, path: &str) {
    let page = reads(home, path, &["پذیرفته شد", "اعتراض شما در ۱۰ آبان ۱۴۰۴ پذیرفته شد.", ANSWER]);
    assert_eq!(shown(&page).len(), 2, "the pictures stay");
    let my = ["همهٔ شرط‌ها را دارید.", "اعتراضی که در ۱۰ آبان ۱۴۰۴ فرستادید پذیرفته شد."];
    reads(home, "/my", &my);
    let claim = home.app.value("SELECT claim_id::text FROM claims");
    let condition =
        "نام خانوادگی با ثبت احوال یکی نیست. دو کارشناس آن را در ۱۰ آبان ۱۴۰۴ بررسی کردند و مانع ندانستند.";
    reads(home, &format!("/my/claims/{claim}"), &["۱۷ شرط از ۱۷ شرط را دارید", condition]);
}

/// Finance accepts the document on one day, and reports the payment on another.
fn paid_by_finance(home: &mut Installation, person: &Person) {
    let issued = home.app.documents();
    assert_eq!(issued.len(), 1, "{issued:?}");
    let document = document(&issued, person, 1);
    let approved = home.app.value("SELECT decision_id::text FROM claims");
    assert_eq!(
        ["month", "sheba", "decision_id"].map(|field| document[field].as_str().unwrap()),
        ["1404-08", &person.sheba, &approved]
    );
    assert_eq!(document["amount_rial"], FLOOR);
    let sms = home.app.sms();
    assert_eq!(sms.len(), 1, "{sms:?}");
    assert_eq!(
        ["kind", "mobile"].map(|field| sms[0][field].as_str().unwrap()),
        ["registration", &person.mobile]
    );
    assert_eq!(sms[0]["about"]["document_id"], document["document_id"]);

    let id = document["document_id"].as_str().unwrap();
    home.set_today("1404-09-03");
    finance(&mut home.app, &[(id, "accepted", "", "09:00:00")]);
    home.app.settle();
    reads(home, "/my", &["امور مالی سند پرداخت شما را در ۳ آذر ۱۴۰۴ پذیرفت."]);
    home.set_today("1404-09-05");
    finance(&mut home.app, &[(id, "paid", "", "09:00:00")]);
    home.app.settle();
}

fn reads_the_payment(home: &Installation, person: &Person, path: &str) {
    let ends = &person.sheba[person.sheba.len() - 4..];
    let ends = peyvand::ident::text::persian_digits(ends);
    let sentence = format!(
        "۱۰۳٬۹۰۹٬۶۸۰ ریال (۱۰٬۳۹۰٬۹۶۸ تومان) کمک‌هزینهٔ ازدواج در ۵ آذر ۱۴۰۴ به شبای شما که به {ends} ختم می‌شود واریز شد."
    );
    let my = reads(home, "/my", &[&sentence, "پذیرفته شد"]);
    assert!(!my.body.contains(&person.sheba));
    reads(home, path, &["اعتراض شما در ۱۰ آبان ۱۴۰۴ پذیرفته شد.", ANSWER]);
}

/// Proposal, approval with the reading before it, and closing: each is an opening by that member of staff.
fn reads_who_has_seen_it(home: &Installation) {
    let page = reads(home, "/my/views", &[]);
    assert_eq!(page.body.matches("کارشناس شعبه").count(), 2, "{}", page.body);
    assert_eq!(page.body.matches("سرپرست استان").count(), 2, "{}", page.body);
}
