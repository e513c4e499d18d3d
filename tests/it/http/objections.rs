//! Pages of objections: of the invented people who may object, in every state.

use jiff::Timestamp;
use peyvand::app::portal::objections::{Answer, Draft, MyObjection, ObjectionState};
use peyvand::claim::ReasonCode;
use peyvand::claim::codes::PictureKind;
use peyvand::claim::objection::Disputed;
use peyvand::clock::Clock;
use peyvand::http::pages;
use peyvand::store::portal_objections::{DraftRow, SentObjection};
use peyvand::store::portal_pictures::PictureRow;
use peyvand::views::my::objection::{
    ObjectionCheck, ObjectionForm, ObjectionInput, ObjectionPage, ObjectionPictures, upload_error,
};
use peyvand::views::my::{MyAllowance, MyClaim, OwnFile};
use uuid::Uuid;

use super::pages::{Page, page, visitor};
use super::people::{at, everyone, own_file};
use crate::claim::facts::date;

const DISPUTED: Disputed = Disputed::Ground(ReasonCode::NotFirstMarriage);
const TEXT: &str = "این نخستین ازدواج من است.\nردیف دیگر از برادر من است که نام ما یکی است.";

fn now() -> Timestamp {
    at(date("1404-08-20"))
}

fn clock() -> Clock {
    Clock::new(Some(date("1404-08-20"))).unwrap()
}

pub fn picture(number: u128, kind: PictureKind, sent: bool) -> PictureRow {
    PictureRow {
        picture_id: Uuid::from_u128(number),
        objection_id: Uuid::from_u128(1),
        upload_key: number.to_string(),
        kind,
        sha256: [7; 32],
        media_type: "image/jpeg".to_owned(),
        bytes: 351_000,
        width: 1500,
        height: 2000,
        stored_at: now(),
        sent,
    }
}

fn draft(claim_id: Uuid, pictures: Vec<PictureRow>) -> Draft {
    let row = DraftRow {
        objection_id: Uuid::from_u128(1),
        claim_id,
        disputed: Some(DISPUTED),
        body: TEXT.to_owned(),
        changed_at: now(),
    };
    Draft { row, pictures }
}

fn sent(claim_id: Uuid, state: ObjectionState, pictures: Vec<PictureRow>) -> MyObjection {
    let sent = SentObjection {
        objection_id: Uuid::from_u128(1),
        claim_id,
        disputed: DISPUTED,
        body: TEXT.to_owned(),
        tracking: "483122071234".to_owned(),
        submitted_at: now(),
        withdrawn_at: None,
    };
    MyObjection { sent, delivered: true, state, pictures }
}

fn answer(accepted: bool) -> ObjectionState {
    let reason = if accepted {
        "ردیف پیشین از شخص دیگری است."
    } else {
        "در شناسنامه ازدواج پیشین هست."
    };
    ObjectionState::Answered(Some(Answer { accepted, reason: reason.to_owned(), at: now() }))
}

fn refused() -> OwnFile {
    let person = everyone().into_iter().find(|person| person.name == "many_reasons").unwrap();
    own_file(&person.world)
}

/// The pages of writing an objection.
fn writing() -> Vec<Page> {
    let (file, visitor) = (refused(), visitor());
    let claim = &file.claims[0];
    let id = claim.claim.claim_id;
    let form = |input: ObjectionInput, errors, is_draft| {
        pages::objection_form(&visitor, &ObjectionForm::new(claim, input, errors, is_draft))
    };
    let empty = ObjectionInput::default();
    let long = ObjectionInput { disputed: String::new(), text: "متن ".repeat(700) };
    let kept = ObjectionInput { disputed: claim.claim.reasons[0].as_str().to_owned(), text: TEXT.to_owned() };
    let one = draft(id, vec![picture(2, PictureKind::Booklet, false)]);
    let none = draft(id, Vec::new());
    let heic =
        peyvand::app::portal::objections::UploadError::Refused(peyvand::pictures::Refusal::WrongFormat {
            kind: peyvand::pictures::FileKind::Heic,
        });
    let wrong = vec![upload_error(&heic, Some(PictureKind::Booklet)).unwrap()];
    let full = (0..10).map(|n| picture(10 + n, PictureKind::Other, false)).collect();
    let pictures = |draft: &Draft, errors| {
        pages::objection_pictures(&visitor, &ObjectionPictures::of_draft(draft, DISPUTED, errors))
    };
    vec![
        page("objecting", form(empty.clone(), Vec::new(), false)),
        page("objecting-errors", form(empty.clone(), empty.errors(), false)),
        page("objecting-long", form(long.clone(), long.errors(), false)),
        page("objecting-draft", form(kept, Vec::new(), true)),
        page("pictures", pictures(&none, Vec::new())),
        page("pictures-one", pictures(&one, Vec::new())),
        page("pictures-refused", pictures(&one, wrong)),
        page("pictures-full", pictures(&draft(id, full), Vec::new())),
        page("objection-check", pages::objection_check(&visitor, &ObjectionCheck::new(&one, DISPUTED))),
        page("objection-check-none", pages::objection_check(&visitor, &ObjectionCheck::new(&none, DISPUTED))),
    ]
}

/// The pages of an objection that was sent.
fn after() -> Vec<Page> {
    let (file, visitor) = (refused(), visitor());
    let id = file.claims[0].claim.claim_id;
    let two = vec![picture(2, PictureKind::Deed, true), picture(3, PictureKind::Booklet, true)];
    let added = [two.clone(), vec![picture(4, PictureKind::Other, false)]].concat();
    let mut all = Vec::new();
    for (name, state, pictures) in [
        ("open", ObjectionState::Open, two.clone()),
        ("unsent", ObjectionState::Open, added.clone()),
        ("withdrawn", ObjectionState::Withdrawn { at: Some(now()) }, Vec::new()),
        ("accepted", answer(true), two.clone()),
        ("refused", answer(false), two.clone()),
        ("lost-words", ObjectionState::Answered(None), two.clone()),
    ] {
        let view = ObjectionPage::new(&sent(id, state.clone(), pictures), &clock());
        all.push(page(format!("objection-{name}"), pages::objection(&visitor, &view)));
        let mut file = refused();
        file.add_objections(&[], &[sent(id, state, Vec::new())], &[]);
        all.push(page(
            format!("my-objection-{name}"),
            pages::my(&visitor, &MyAllowance::new(&file, &clock())),
        ));
        let claim = MyClaim::new(&file, id, &clock()).unwrap();
        all.push(page(format!("claim-objection-{name}"), pages::claim(&visitor, &claim)));
    }
    let mut drafted = refused();
    drafted.add_objections(&[draft(id, Vec::new())], &[], &[]);
    let more = ObjectionPictures::of_sent(&sent(id, ObjectionState::Open, added), Vec::new());
    let withdrawal = ObjectionPage::new(&sent(id, ObjectionState::Open, two), &clock());
    all.push(page("my-objection-draft", pages::my(&visitor, &MyAllowance::new(&drafted, &clock()))));
    all.push(page("objection-add", pages::objection_pictures(&visitor, &more)));
    all.push(page("objection-withdraw", pages::objection_withdraw(&visitor, &withdrawal)));
    all
}

pub fn all() -> Vec<Page> {
    let mut all = writing();
    all.extend(after());
    all
}

fn html(name: &str) -> String {
    all().into_iter().find(|page| page.name == name).unwrap_or_else(|| panic!("no page {name}")).html
}

#[test]
fn a_receipt_states_pictures_day_and_number() {
    let html = html("objection-open");
    for shown in
        ["اعتراض شما با ۲ تصویر در ۲۰ آبان ۱۴۰۴ ثبت شد.", "۴۸۳۱ ۲۲۰۷ ۱۲۳۴", "افزودن تصاویر جدید", "پس گرفتن"]
    {
        assert!(html.contains(shown), "{shown}: {html}");
    }
}

#[test]
fn an_answer_has_its_reason_and_ends_what_can_be_done() {
    for (name, state) in [("objection-accepted", "پذیرفته شد"), ("objection-refused", "پذیرفته نشد")]
    {
        let html = html(name);
        assert!(html.contains(state) && html.contains("پاسخ کارشناس"), "{html}");
        assert!(!html.contains("افزودن تصاویر جدید") && !html.contains("پس گرفتن"), "{html}");
    }
    assert!(html("objection-accepted").contains("ردیف پیشین از شخص دیگری است."));
}

/// "One open objection per claim is the screens' rule."
#[test]
fn a_claim_with_an_open_objection_leads_to_it_and_to_no_other() {
    let [open, answered] = ["claim-objection-open", "claim-objection-refused"].map(html);
    assert!(open.contains("/my/objections/483122071234") && !open.contains("objections/new"), "{open}");
    assert!(open.contains("اعتراض شما در دست کارشناس است."));
    assert!(answered.contains("objections/new") && answered.contains("پذیرفته نشد"));
    assert!(html("my-objection-draft").contains("ادامهٔ اعتراض"));
}
