//! The pages of a generated claim. Deed date 1404-02-10; 24 months of 5,000 rials, capped at 4,000 in the last month.

use uuid::Uuid;

use super::{claim_text, person_text};
use crate::claim::ReasonCode;
use crate::clock::Clock;
use crate::texts::{Bilingual, ReasonText};
use crate::views::cases::CaseView;
use crate::views::format::TehranTime;
use crate::views::person_file::claim::{
    AnswerView, ClaimView, DecisionView, DocumentView, FinanceAnswerView, MessageView, MonthView,
    NextCloseView, WorkingView,
};
use crate::views::person_file::headline::{headline, three_lines};
use crate::views::person_file::person::{PersonFile, PersonView};

const CODE: &str = "0012345679";

fn at(text: &str) -> TehranTime {
    let clock = Clock::new(Some("1404-08-01".parse().unwrap())).unwrap();
    TehranTime::of(&clock, text.parse().unwrap())
}

fn month(month: &str, wage: u64, ceiling: Option<u64>) -> MonthView {
    MonthView {
        month: month.to_owned(),
        days: 40,
        counted_days: 30,
        wage_rial: wage,
        ceiling_rial: ceiling,
        counted_wage_rial: ceiling.map_or(0, |ceiling| ceiling.min(wage)),
    }
}

fn working() -> WorkingView {
    WorkingView {
        days: 1_461,
        required_days: 720,
        window_from: "1399-02-10".to_owned(),
        window_to: "1404-02-09".to_owned(),
        months: vec![month("1399-02", 0, None), month("1404-01", 5_000, Some(4_000))],
        wage_sum_rial: Some(119_000),
        divisor: Some(24),
        average_rial: Some(4_958),
        floor_rial: Some(4_950),
        floor_days: Some(30),
        amount_rial: Some(4_958),
    }
}

fn approved() -> ClaimView {
    let mut claim = ClaimView {
        headline: String::new(),
        claim_id: Uuid::nil(),
        deed_date: "1404-02-10".to_owned(),
        spouse_national_code: None,
        record_id: Some("R1".to_owned()),
        request_id: None,
        withdrawn: false,
        outcome: "APPROVED",
        amount_rial: Some(4_958),
        reasons: Vec::new(),
        working: Some(working()),
        recomputed_equal: true,
        facts_changed_since: false,
        next_close: NextCloseView { answer: None, issues_attempt: Some(1) },
        decisions: vec![DecisionView {
            decision_id: Uuid::nil(),
            revision: 1,
            outcome: "APPROVED".to_owned(),
            amount_rial: Some(4_958),
            reasons: Vec::new(),
            days: Some(1_461),
            wage_sum_rial: Some(119_000),
            rules_version: "1".to_owned(),
            tables_version: "t".to_owned(),
            business_date: "1404-08-01".to_owned(),
            decided_at: at("2025-10-23T06:30:00Z"),
        }],
        documents: Vec::new(),
        cases: Vec::new(),
        messages: Vec::new(),
    };
    claim.headline = headline(&claim);
    claim
}

fn paid() -> ClaimView {
    let document = DocumentView {
        document_id: "d-1".to_owned(),
        decision_id: Uuid::nil(),
        attempt: 1,
        month: "1404-07".to_owned(),
        amount_rial: 4_958,
        sheba: "IR00".to_owned(),
        cost_centre: "0101".to_owned(),
        issued_at: at("2025-10-23T06:30:00Z"),
        superseded: false,
        answers: vec![
            FinanceAnswerView { outcome: "accepted", code: None, at: at("2025-10-24T06:30:00Z") },
            FinanceAnswerView { outcome: "paid", code: None, at: at("2025-10-27T06:30:00Z") },
        ],
    };
    let message = MessageView {
        sms_id: "s".to_owned(),
        kind: "registration".to_owned(),
        document_id: "d-1".to_owned(),
        mobile: "0912***6789".to_owned(),
        segments: 2,
        written_at: at("2025-10-23T06:30:00Z"),
        requested_at: Some(at("2025-10-23T06:31:00Z")),
        status: Some("delivered".to_owned()),
        status_at: Some(at("2025-10-23T06:32:00Z")),
    };
    let mut claim = ClaimView {
        documents: vec![document],
        messages: vec![message],
        next_close: NextCloseView::default(),
        ..approved()
    };
    claim.headline = headline(&claim);
    claim
}

fn bilingual(en: &str, fa: &str) -> Bilingual {
    Bilingual { fa: fa.to_owned(), en: en.to_owned() }
}

fn reason(code: ReasonCode) -> ReasonText {
    ReasonText {
        code,
        article: "Order clause 1".to_owned(),
        fact: "none".to_owned(),
        source: "insured record",
        required: "one".to_owned(),
        text: bilingual("None is on record.", "ثبت نیست."),
        remedy: bilingual("Enter one.", "ثبت کنید."),
    }
}

fn waiting() -> ClaimView {
    let reasons = vec![reason(ReasonCode::NoValidAccount), reason(ReasonCode::NoValidMobile)];
    let mut claim =
        ClaimView { outcome: "WAITING", reasons, next_close: NextCloseView::default(), ..approved() };
    claim.headline = headline(&claim);
    claim
}

fn person_file(claims: Vec<ClaimView>) -> PersonFile {
    let no_claim = claims.is_empty().then_some("No marriage of this person is known.");
    PersonFile {
        national_code: CODE.to_owned(),
        as_of: "1404-08-01".to_owned(),
        claims,
        no_claim,
        person: Some(PersonView {
            insurance_number: "0000000001".to_owned(),
            full_name: "مریم کریمی".to_owned(),
            birth_date: "1375-01-01".to_owned(),
            deceased_on: None,
            branch_code: "0101".to_owned(),
            province_code: "01".to_owned(),
            sheba: None,
            sheba_owner: "unknown",
            mobile: Some("09123456789".to_owned()),
            mobile_owner: "yes",
        }),
        employments: Vec::new(),
        wages: Vec::new(),
        earlier_payments: Vec::new(),
        registry_rows: Vec::new(),
        self_registrations: Vec::new(),
        objections: Vec::new(),
        findings: Vec::new(),
    }
}

#[test]
fn a_headline_is_one_line() {
    assert_eq!(
        paid().headline,
        "APPROVED 4,958 rials (495.8 tomans): paid by document d-1 of 1404-07 on 1404-08-05"
    );
    assert_eq!(
        approved().headline,
        "APPROVED 4,958 rials (495.8 tomans): no document yet, the next close issues it"
    );
    assert_eq!(waiting().headline, "WAITING 4,958 rials (495.8 tomans): NO_VALID_ACCOUNT, NO_VALID_MOBILE");
}

fn case(ended_at: Option<TehranTime>) -> CaseView {
    CaseView {
        case_id: Uuid::nil(),
        claim_id: Uuid::nil(),
        document_id: "d-1".to_owned(),
        kind: "recovery".to_owned(),
        grounds: vec!["MARRIAGE_ANNULLED".to_owned()],
        new_amount_rial: None,
        cause: "5d".repeat(32),
        state: if ended_at.is_some() { "ended" } else { "open" },
        opened_at: at("2025-10-28T06:30:00Z"),
        gone_at: None,
        outcome: ended_at.is_some().then_some("recovery_ordered"),
        ordered_rial: ended_at.is_some().then_some(4_958),
        ended_at,
        details: None,
    }
}

#[test]
fn the_headline_contains_an_open_case() {
    let open = ClaimView { cases: vec![case(None)], ..paid() };
    assert!(headline(&open).ends_with("; a person must judge: recovery"));
    let ended = ClaimView { cases: vec![case(Some(at("2025-10-29T06:30:00Z")))], ..paid() };
    assert_eq!(headline(&ended), paid().headline);
    assert!(claim_text::section(&ended).contains("recovery_ordered 4,958 1404-08-07 10:00"));
    let gone = CaseView { state: "gone", gone_at: Some(at("2025-10-29T06:30:00Z")), ..case(None) };
    let gone = ClaimView { cases: vec![gone], ..paid() };
    assert_eq!(headline(&gone), paid().headline);
    assert!(claim_text::section(&gone).contains("gone 1404-08-07 10:00"));
    assert!(claim_text::section(&open).contains("recovery  1404-08-06 10:00  open"));
}

#[test]
fn the_headline_contains_the_code_of_a_return() {
    let mut claim = paid();
    let returned = FinanceAnswerView {
        outcome: "returned",
        code: Some("AM05".to_owned()),
        at: at("2025-10-28T06:30:00Z"),
    };
    claim.documents[0].answers.push(returned);
    assert!(headline(&claim).ends_with("document d-1 of 1404-07, returned on 1404-08-06 (AM05)"));
    claim.next_close.issues_attempt = Some(2);
    assert!(headline(&claim).ends_with("(AM05); the next close issues attempt 2"));
}

#[test]
fn the_page_starts_with_the_outcomes() {
    let text = person_text::page(&person_file(vec![waiting(), paid()]));
    let begins = format!(
        "{CODE}  مریم کریمی  (as of 1404-08-01)\n\nMarriage of 1404-02-10: {}\nMarriage of 1404-02-10: {}\n",
        waiting().headline,
        paid().headline
    );
    assert!(text.starts_with(&begins), "{text}");
    assert!(text.contains("  Sheba             none on record\n"), "{text}");
    assert!(text.contains("  mobile            09123456789 (own: yes)\n"), "{text}");
}

#[test]
fn reasons_are_shown_in_both_languages_with_article_fact_and_remedy() {
    let text = claim_text::section(&waiting());
    let reason = "    NO_VALID_ACCOUNT (Order clause 1)\n      None is on record.\n      ثبت نیست.\n      \
        fact: none (from: insured record); required: one\n      remedy: Enter one.\n      ثبت کنید.\n";
    assert!(text.contains(reason), "{text}");
}

#[test]
fn the_calculation_is_shown_step_by_step() {
    let text = claim_text::section(&paid());
    assert!(text.contains("    1399-02           40       30      -        -             -\n"), "{text}");
    assert!(text.contains("    1404-01           40       30  5,000    4,000         4,000\n"), "{text}");
    assert!(
        text.contains("    days          1,461 from 1399-02-10 to 1404-02-09; 720 required: reached\n"),
        "{text}"
    );
    assert!(text.contains("    average       119,000 / 24 = 4,958\n"), "{text}");
    assert!(text.contains("    floor         4,950 (30 days of the minimum wage)\n"), "{text}");
    assert!(
        text.contains("    registration  0912***6789      2  1404-08-01 10:01  delivered 1404-08-01 10:02\n"),
        "{text}"
    );
}

#[test]
fn a_different_answer_of_the_next_close_is_shown() {
    let answer = AnswerView { outcome: "REFUSED", amount_rial: None, reasons: vec!["EMPLOYMENT_ENDED"] };
    let claim =
        ClaimView { next_close: NextCloseView { answer: Some(answer), issues_attempt: None }, ..approved() };
    assert!(claim_text::section(&claim).contains("  A close today would answer: REFUSED EMPLOYMENT_ENDED\n"));
    assert!(headline(&claim).ends_with("the next close will decide differently"));
}

#[test]
fn three_lines_contain_outcome_reason_and_next_step_without_the_national_code() {
    let lines = three_lines(&person_file(vec![waiting(), paid()]));
    assert_eq!(
        lines,
        [
            "APPROVED, 4,958 rials (495.8 tomans), for the marriage of 1404-02-10",
            "1,461 insured days of 720 required; wages 119,000 / 24 = 4,958, not less than the floor 4,950",
            "Paid by document d-1 of 1404-07 on 1404-08-05.",
        ]
    );
    let lines = three_lines(&person_file(vec![waiting()]));
    assert_eq!(lines[1..], ["NO_VALID_ACCOUNT: None is on record. (and 1 more reason)", "Enter one."]);
    assert_eq!(three_lines(&person_file(Vec::new())), ["No marriage of this person is known."]);
    assert!(!lines.join(" ").contains(CODE));
}

#[test]
fn the_person_file_as_json() {
    let shown: serde_json::Value = serde_json::to_value(person_file(vec![paid()])).unwrap();
    let claim = &shown["claims"][0];
    assert_eq!(claim["amount_rial"], 4_958);
    assert_eq!(claim["working"]["months"][1]["counted_wage_rial"], 4_000);
    assert_eq!(claim["documents"][0]["answers"][1]["at"], "2025-10-27T10:00:00+03:30");
}

#[test]
fn an_empty_file_differs_from_a_file_without_claims() {
    let mut file = person_file(Vec::new());
    assert!(!file.is_empty());
    file.person = None;
    assert!(file.is_empty());
}
