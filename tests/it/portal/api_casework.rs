//! Casework of staff by the API: two officers make a finding, a third one answers, and each acts for himself alone.

use peyvand::ident::NationalCode;
use serde_json::{Value, json};

use super::Installation;
use crate::fixtures::casework::{DEED, Desk, OTHER_BIRTH, id, identity_seen, picture, under_review};
use crate::fixtures::couples::national_code;
use crate::fixtures::population::{Person, document_id, expect, finance, married, paid, person};
use crate::harness::{Program, TestApp, person as code_of_login};

pub const FINDINGS: &str = "/api/v1/findings";
pub const OBJECTIONS: &str = "/api/v1/objections";
const CASES: &str = "/api/v1/cases";

/// An installation whose staff uses programs.
pub struct Office {
    pub home: Installation,
    pub program: Program,
}

impl Office {
    pub fn open(app: TestApp) -> Self {
        let home = Installation::open(app, "", false);
        let program = home.program();
        Self { home, program }
    }

    /// The token of a member of staff. Each number is another person.
    pub fn staff(&self, number: u32, role: &str, unit: &str) -> String {
        self.staff_with_code(&national_code(830_000_000 + number), role, unit)
    }

    fn staff_with_code(&self, code: &str, role: &str, unit: &str) -> String {
        let claims = json!({"national_code": code, role: unit});
        self.home.provider.mint(&json!({"login": "nobody", "claims": claims}))
    }

    /// An officer of the branch of `person(1)`.
    pub fn officer(&self, number: u32) -> String {
        self.staff(number, "peyvand_officer", "101")
    }

    #[track_caller]
    pub fn accepted(&self, path: &str, token: &str, key: &str, body: &Value) -> Value {
        let answer = self.program.post(path, token, key, body);
        assert_eq!(answer.status, 202, "{path}: {}", answer.body);
        answer.json()
    }

    /// The status and the problem of a refused command.
    #[track_caller]
    pub fn refused(&self, path: &str, token: &str, body: &Value) -> (u16, String) {
        let answer = self.program.post(path, token, &uuid::Uuid::new_v4().to_string(), body);
        (answer.status, answer.problem())
    }

    pub fn items(&self, path: &str, token: &str) -> Vec<Value> {
        let answer = self.program.get(path, token);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    }

    pub fn delivered(&self) {
        let undelivered = "SELECT count(*)::text FROM submissions WHERE delivered_at IS NULL";
        self.home.app.wait("the submissions are delivered", || self.home.app.value(undelivered) == "0");
        self.home.app.settle();
    }
}

fn proposal(desk: &Desk<'_>) -> Value {
    json!({
        "claim_id": desk.claim_id,
        "ground": "IDENTITY_MISMATCH",
        "verdict": "set_aside",
        "reason": "Booklet and deed show one person.",
        "evidence": [picture(1).picture_id],
    })
}

/// From the objection to the payment, by the tokens of three officers.
#[test]
fn two_officers_make_a_finding_and_a_third_one_answers() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    under_review(&mut app, &[&person]);
    let office = Office::open(app);
    let app = &office.home.app;
    let desk = Desk::of(app, &person);
    desk.objects(1, 10);
    app.settle();
    let (author, second) = (office.officer(1), office.officer(2));
    let queue = office.items(OBJECTIONS, &author);
    assert_eq!((queue.len(), &queue[0]["objection_id"]), (1, &json!(id(1))), "{queue:?}");
    assert_eq!((&queue[0]["disputed"], &queue[0]["pictures"]), (&json!("IDENTITY_MISMATCH"), &json!(1)));

    let proposed = office.accepted(FINDINGS, &author, "proposal-1", &proposal(&desk));
    let finding = proposed["subject_id"].as_str().unwrap().to_owned();
    office.delivered();
    let path = format!("{FINDINGS}/{finding}");
    let shown = office.program.get(&path, &second).json();
    assert_eq!(shown["state"], "proposed", "{shown}");
    assert_eq!(shown["fact_seen"], hex::encode(identity_seen(&person, OTHER_BIRTH)));
    let judging = json!({"proposal_sha256": shown["proposal_sha256"], "reason": "I have seen both records."});
    let approval = format!("{path}/approval");
    assert_eq!(office.refused(&approval, &author, &judging), (403, "own-proposal".to_owned()));
    let other = json!({"proposal_sha256": "0".repeat(64), "reason": "x"});
    assert_eq!(office.refused(&approval, &second, &other), (409, "other-proposal".to_owned()));
    let first = office.accepted(&approval, &second, "approval-1", &judging);
    let again = office.accepted(&approval, &second, "approval-1", &judging);
    assert_eq!(first["submission_no"], again["submission_no"]);
    office.delivered();
    let third = office.officer(3);
    assert_eq!(office.refused(&approval, &third, &judging), (409, "already-decided".to_owned()));
    let rejection = format!("{path}/rejection");
    assert_eq!(office.refused(&rejection, &third, &judging), (409, "already-decided".to_owned()));
    // The same proposal again has the same receipt, although the ground no longer stands.
    assert_eq!(office.accepted(FINDINGS, &author, "proposal-1", &proposal(&desk))["subject_id"], finding);
    expect(&app.decisions(), &person, DEED, "APPROVED", &[]);

    closed_by_a_third(&office, &[author, second, third], &finding);
    officers_are_recorded(&office, &person);
    let Office { home: Installation { app, provider, .. }, .. } = office;
    app.close("1404-07");
    assert_eq!(paid(&app.documents(), &person), [(1, "1404-07".to_owned())]);
    drop(provider);
    app.finish();
}

fn closed_by_a_third(office: &Office, [author, second, third]: &[String; 3], finding: &str) {
    let closing =
        json!({"accepted": true, "reason": "Both records are of one person.", "findings": [finding]});
    let path = format!("{OBJECTIONS}/{}/closing", id(1));
    for involved in [author, second] {
        assert_eq!(office.refused(&path, involved, &closing), (403, "involved".to_owned()));
    }
    let unknown = json!({"accepted": true, "reason": "x", "findings": [id(99)]});
    assert_eq!(office.refused(&path, third, &unknown), (422, "invalid-fields".to_owned()));
    let receipt = office.accepted(&path, third, "closing-1", &closing);
    office.delivered();
    let answers = office.home.app.events("eligibility.objection.answered");
    assert_eq!((answers.len(), &answers[0]["accepted"]), (1, &json!(true)), "{answers:?}");
    assert_eq!(office.refused(&path, third, &closing), (409, "already-decided".to_owned()));
    assert!(office.items(OBJECTIONS, third).is_empty());
    // A receipt is its sender's.
    let receipt = format!("/api/v1/submissions/{}", receipt["submission_no"].as_str().unwrap());
    assert_eq!(office.program.get(&receipt, third).json()["delivered"], true);
    assert_eq!(office.program.get(&receipt, author).problem(), "not-found");
    assert_eq!(office.items(&format!("{FINDINGS}?open=true"), third), Vec::<Value>::new());
    assert_eq!(office.items(FINDINGS, third)[0]["ruling"]["ruling"], "approved");
}

/// Each command and each opening of the finding is an opening of the file by that officer.
fn officers_are_recorded(office: &Office, person: &Person) {
    let app = &office.home.app;
    let code = person.code().trim_start_matches('0').to_owned();
    let rows = app.query(&format!(
        "SELECT role, unit, count(*)::text, count(DISTINCT viewer)::text FROM file_views WHERE person = {code} GROUP BY 1, 2"
    ));
    assert_eq!(rows, [["officer", "0101", "4", "3"]]);
    let authors = app.query("SELECT author, approver FROM finding_judgements");
    assert_ne!(authors[0][0], authors[0][1]);
    assert!(authors[0].iter().all(|id| id.len() == 36), "ids of staff are opaque: {authors:?}");
}

/// "what is outside, and items of the officer himself or a spouse in any registry row, is 404"
#[test]
fn what_is_outside_of_an_officers_scope_does_not_exist() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    under_review(&mut app, &[&person]);
    let office = Office::open(app);
    let app = &office.home.app;
    let desk = Desk::of(app, &person);
    desk.objects(1, 10);
    app.settle();
    let proposed = office.accepted(FINDINGS, &office.officer(1), "proposal-1", &proposal(&desk));
    office.delivered();
    let finding = format!("{FINDINGS}/{}", proposed["subject_id"].as_str().unwrap());
    let wife = app.value("SELECT wife::text FROM marriages");
    let wife = NationalCode::from_i64(wife.parse().unwrap()).unwrap().to_string();
    let closing = json!({"accepted": false, "reason": "x"});
    let close = format!("{OBJECTIONS}/{}/closing", id(1));
    for (what, token, sees) in [
        ("an officer of the branch", office.officer(2), true),
        ("the province's supervisor", office.staff(3, "peyvand_supervisor", "10"), true),
        ("an officer of another branch", office.staff(4, "peyvand_officer", "102"), false),
        ("another province's supervisor", office.staff(5, "peyvand_supervisor", "11"), false),
        ("a branch with the province's number", office.staff(6, "peyvand_officer", "10"), false),
        ("the person", office.staff_with_code(&person.code(), "peyvand_officer", "101"), false),
        ("the spouse", office.staff_with_code(&wife, "peyvand_supervisor", "10"), false),
    ] {
        assert_eq!(office.items(OBJECTIONS, &token).len(), usize::from(sees), "{what}");
        assert_eq!(office.items(FINDINGS, &token).len(), usize::from(sees), "{what}");
        assert_eq!(office.program.get(&finding, &token).status, if sees { 200 } else { 404 }, "{what}");
        if sees {
            continue;
        }
        let nothing = (404, "not-found".to_owned());
        let judging = json!({"proposal_sha256": "0".repeat(64), "reason": "x"});
        assert_eq!(office.refused(FINDINGS, &token, &proposal(&desk)), nothing, "{what}");
        assert_eq!(office.refused(&format!("{finding}/approval"), &token, &judging), nothing, "{what}");
        assert_eq!(office.refused(&close, &token, &closing), nothing, "{what}");
    }
    assert_eq!(app.value("SELECT count(*)::text FROM submissions"), "1");
    office.home.app.finish();
}

/// "refuse what the law's tables do not allow, with a problem"; "no body or command names a second person"
#[test]
fn a_finding_that_cannot_count_is_refused_at_once() {
    let mut app = TestApp::start("1404-08-01");
    let person = person(1);
    under_review(&mut app, &[&person]);
    let office = Office::open(app);
    let desk = Desk::of(&office.home.app, &person);
    let officer = office.officer(1);
    let with = |field: &str, value: Value| {
        let mut body = proposal(&desk);
        body["evidence"] = json!([]);
        body[field] = value;
        body
    };
    for (body, slug, field) in [
        (with("ground", json!("ALREADY_PAID")), "not-allowed", ""),
        (with("ground", json!("NO_VALID_ACCOUNT")), "not-allowed", ""),
        (with("ground", json!("MARRIAGE_ANNULLED")), "not-allowed", ""),
        (with("ground", json!("MARRIAGE_NOT_PERMANENT")), "invalid-fields", "ground"),
        (with("verdict", json!("lifted")), "invalid-fields", "ground"),
        (with("evidence", json!([id(77)])), "invalid-fields", "evidence[0]"),
        (with("reason", json!(" ")), "invalid-fields", "reason"),
        (with("author", json!("another officer")), "invalid-fields", "author"),
        (with("claim_id", json!(id(5))), "not-found", ""),
    ] {
        let answer = office.program.post(FINDINGS, &officer, &uuid::Uuid::new_v4().to_string(), &body);
        assert_eq!(answer.problem(), slug, "{body}: {}", answer.body);
        if !field.is_empty() {
            assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.body);
        }
    }
    office.accepted(FINDINGS, &officer, "confirmed-1", &with("verdict", json!("confirmed")));
    let reused = office.program.post(FINDINGS, &officer, "confirmed-1", &with("reason", json!("y")));
    assert_eq!(reused.problem(), "idempotency-key-reused");
    office.delivered();
    office.home.app.finish();
}

/// Only the allowed outcomes of a case can be proposed, and by whom it may.
#[test]
fn an_ending_of_a_case_is_proposed_in_the_scope() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..3);
    app.close("1404-07");
    app.execute(
        "INSERT INTO cases (case_id, claim_id, document_id, person, kind, grounds, new_amount, opened_at)
         SELECT gen_random_uuid(), claim_id, document_id, person, 'recovery', '{amount}', 90000000, now() FROM documents",
    )
    .unwrap();
    let office = Office::open(app);
    let officer = office.officer(1);
    let cases = office.items(CASES, &officer);
    assert_eq!(cases.len(), 1, "{people:?} {cases:?}", people = people.len());
    assert_eq!(cases[0]["allowed_outcomes"], json!(["no_action", "recovery_ordered"]));
    assert_eq!(
        (&cases[0]["amount_rial"], &cases[0]["new_amount_rial"]),
        (&json!(103_909_680), &json!(90_000_000))
    );
    let supervisor = office.staff(2, "peyvand_supervisor", "10");
    let pages: Vec<_> = (0..2)
        .scan(format!("{CASES}?limit=1"), |path, _| {
            let page = office.program.get(path, &supervisor).json();
            *path = format!("{CASES}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
            Some(page["items"][0]["case_id"].clone())
        })
        .collect();
    assert!(pages[0] != pages[1] && pages.contains(&cases[0]["case_id"]), "{pages:?}");

    let path = format!("{CASES}/{}/endings", cases[0]["case_id"].as_str().unwrap());
    let ending =
        |outcome: &str, amount: Value| json!({"outcome": outcome, "amount_rial": amount, "reason": "Seen."});
    for (body, slug) in [
        (ending("difference_ordered", json!(5)), "not-allowed"),
        (ending("reissue", Value::Null), "not-allowed"),
        (ending("recovery_ordered", Value::Null), "invalid-fields"),
        (ending("recovery_ordered", json!(0)), "invalid-fields"),
        (ending("recovery_ordered", json!(103_909_681)), "invalid-fields"),
        (ending("no_action", json!(5)), "invalid-fields"),
    ] {
        assert_eq!(office.refused(&path, &officer, &body).1, slug, "{body}");
    }
    let stranger = office.staff(3, "peyvand_officer", "199");
    assert_eq!(office.refused(&path, &stranger, &ending("no_action", Value::Null)).1, "not-found");
    office.accepted(&path, &officer, "ending-1", &ending("recovery_ordered", json!(13_909_680)));
    let sent = office
        .home
        .app
        .query("SELECT event_type, convert_from(payload, 'UTF8')::json ->> 'amount_rial' FROM submissions");
    assert_eq!(sent, [["casework.case.ending-proposed", "13909680"]]);
    office.home.app.end_unchecked();
}

/// "where its document is returned only `reissue` … or `stop`": two officers let the next close issue attempt 2.
#[test]
fn a_returned_payment_is_issued_again_after_two_officers() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..2);
    app.close("1404-07");
    let issued = app.documents();
    finance(&mut app, &[(&document_id(&issued, &people[0], 1), "returned", "AM05", "10:00:00")]);
    app.settle();
    let mut office = Office::open(app);
    let (author, second, third) = (office.officer(1), office.officer(2), office.officer(3));
    let cases = office.items(&format!("{CASES}?open=true"), &author);
    assert_eq!((cases.len(), &cases[0]["state"], &cases[0]["kind"]), (1, &json!("open"), &json!("payment")));
    assert_eq!(cases[0]["allowed_outcomes"], json!(["reissue", "stop"]), "{cases:?}");
    let case = format!("{CASES}/{}", cases[0]["case_id"].as_str().unwrap());
    let (endings, approval) = (format!("{case}/endings"), format!("{case}/endings/approval"));
    let rejection = format!("{case}/endings/rejection");
    let propose = |outcome: &str, key: &str| {
        let body = json!({"outcome": outcome, "reason": "The bank says: paid never."});
        office.accepted(&endings, &author, key, &body);
        office.delivered();
        let mut proposals =
            office.program.get(&case, &second).json()["proposals"].as_array().unwrap().clone();
        proposals.retain(|proposal| proposal["outcome"] == outcome);
        assert_eq!((proposals.len(), &proposals[0]["state"]), (1, &json!("proposed")), "{proposals:?}");
        json!({"proposal_sha256": proposals[0]["proposal_sha256"], "reason": "Seen."})
    };
    // A rejected proposal leaves the case open for another one.
    let stop = propose("stop", "ending-1");
    office.accepted(&rejection, &second, "rejection-1", &stop);
    office.delivered();
    assert_eq!(office.refused(&approval, &third, &stop), (409, "already-decided".to_owned()));
    let reissue = propose("reissue", "ending-2");
    assert_eq!(office.refused(&approval, &author, &reissue), (403, "own-proposal".to_owned()));
    assert_eq!(office.refused(&rejection, &author, &reissue), (403, "own-proposal".to_owned()));
    let other = json!({"proposal_sha256": "0".repeat(64), "reason": "x"});
    assert_eq!(office.refused(&approval, &second, &other), (409, "other-proposal".to_owned()));
    let stranger = office.staff(4, "peyvand_officer", "199");
    assert_eq!(office.refused(&approval, &stranger, &reissue), (404, "not-found".to_owned()));
    assert_eq!(office.program.get(&case, &stranger).problem(), "not-found");
    let first = office.accepted(&approval, &second, "approval-1", &reissue);
    let again = office.accepted(&approval, &second, "approval-1", &reissue);
    assert_eq!(first["submission_no"], again["submission_no"]);
    office.delivered();
    assert_eq!(office.refused(&rejection, &third, &reissue), (409, "already-decided".to_owned()));
    let shown = office.program.get(&case, &third).json();
    let ruled: Vec<_> = shown["proposals"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!((&shown["state"], ruled), (&json!("ended"), vec![&json!("rejected"), &json!("approved")]));
    assert_eq!((&shown["allowed_outcomes"], office.items(CASES, &third).len()), (&json!([]), 1));
    assert!(office.items(&format!("{CASES}?open=true"), &third).is_empty());
    let more = json!({"outcome": "stop", "reason": "x"});
    assert_eq!(office.refused(&endings, &third, &more), (409, "already-decided".to_owned()));
    office.home.app.set_today("1404-09-01");
    office.home.app.close("1404-08");
    let attempts = [(1, "1404-07".to_owned()), (2, "1404-08".to_owned())];
    assert_eq!(paid(&office.home.app.documents(), &people[0]), attempts);
    office.home.app.finish();
}

/// "a case whose cause is gone is listed as gone and holds nothing"
#[test]
fn a_case_whose_cause_is_gone_needs_no_end() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..2);
    app.close("1404-07");
    app.execute(
        "INSERT INTO cases (case_id, claim_id, document_id, person, kind, grounds, new_amount, opened_at, gone_at)
         SELECT gen_random_uuid(), claim_id, document_id, person, 'recovery', '{AMOUNT_LOWER}', 90000000, now(), now()
         FROM documents",
    )
    .unwrap();
    let office = Office::open(app);
    let officer = office.officer(1);
    let cases = office.items(CASES, &officer);
    assert_eq!((&cases[0]["state"], &cases[0]["allowed_outcomes"]), (&json!("gone"), &json!([])));
    assert!(office.items(&format!("{CASES}?open=true"), &officer).is_empty());
    let path = format!("{CASES}/{}/endings", cases[0]["case_id"].as_str().unwrap());
    let ending = json!({"outcome": "no_action", "reason": "x"});
    assert_eq!(office.refused(&path, &officer, &ending), (409, "case-gone".to_owned()));
    office.home.app.end_unchecked();
}

/// Other roles have no scope, and a person of the portal has none either.
#[test]
fn only_officers_and_supervisors_have_a_scope() {
    let office = Office::open(TestApp::without_service("1404-08-01"));
    for login in ["zahra", "finance", "operator", "auditor"] {
        let token = office.home.provider.token(login);
        for path in [FINDINGS, OBJECTIONS, CASES] {
            assert_eq!(office.program.get(path, &token).problem(), "not-found", "{login} {path}");
        }
        assert!(!office.home.app.logs().contains(&code_of_login(login)));
    }
    office.home.app.finish();
}
