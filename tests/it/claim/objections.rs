//! Objections: when an answer follows, and who may give it.

use peyvand::claim::ReasonCode as R;
use peyvand::claim::codes::Verdict::SetAside;
use peyvand::claim::finding::Finding;
use peyvand::claim::objection::{Closing, Disputed, Objection, Submission};
use peyvand::claim::review::Ruling;
use proptest::prelude::*;
use uuid::Uuid;

use crate::claim::findings::{content_of, judgement};
use crate::claim::person_over_days::{DEED, World, another, row, spouse};

const CLAIM: Uuid = Uuid::from_u128(16);

fn submission(claim_id: Uuid, at: i64) -> Submission {
    Submission { submitted_at: at, claim_id, disputed: Disputed::Ground(R::NotFirstMarriage) }
}

fn closing(at: i64, author: &str, accepted: bool, findings: &[u128]) -> Closing {
    Closing {
        at,
        author: author.to_owned(),
        accepted,
        reason: "seen".to_owned(),
        findings: findings.iter().map(|id| Uuid::from_u128(*id)).collect(),
    }
}

fn objection(submitted: Submission, closings: &[Closing]) -> Objection {
    let mut objection = Objection::new(Uuid::from_u128(1));
    for closing in closings {
        objection.close(closing.clone());
    }
    objection.submit(submitted);
    objection
}

/// A finding by the officers `first` and `second`, approved or rejected at this instant.
fn finding(number: u128, ground: R, at: i64, ruling: Ruling) -> Finding {
    let proposal = content_of(CLAIM, [7; 32], number, ground, SetAside);
    let mut finding = Finding::new(proposal.id);
    finding.review.judge(judgement(&proposal, at, ruling, "second"));
    finding.review.propose(proposal);
    finding
}

fn undecided(number: u128) -> Finding {
    let mut finding = Finding::new(Uuid::from_u128(number));
    finding.review.propose(content_of(CLAIM, [7; 32], number, R::NotFirstMarriage, SetAside));
    finding
}

/// "once each finding that it names is decided, `eligibility.objection.answered` follows"
#[test]
fn an_answer_follows_once_its_findings_are_decided() {
    let closed = objection(submission(CLAIM, 5), &[closing(10, "third", true, &[1, 2])]);
    let approved = finding(1, R::NotFirstMarriage, 20, Ruling::Approved);
    let rejected = finding(2, R::NotFirstMarriage, 21, Ruling::Rejected);
    assert_eq!(closed.answer(&[]), None);
    assert_eq!(closed.answer(std::slice::from_ref(&approved)), None);
    assert_eq!(closed.answer(&[approved.clone(), undecided(2)]), None);
    let answered = closed.answer(&[approved, rejected]);
    assert_eq!(answered.map(|closing| closing.accepted), Some(true), "a rejected finding is decided too");
    let without = objection(submission(CLAIM, 5), &[closing(10, "third", false, &[])]);
    assert_eq!(without.answer(&[]).map(|closing| closing.accepted), Some(false));
    // The earliest closing stands.
    let twice =
        objection(submission(CLAIM, 5), &[closing(11, "third", true, &[]), closing(10, "third", false, &[])]);
    assert_eq!(twice.answer(&[]).map(|closing| closing.accepted), Some(false));
}

/// "withdrawal is final in any order, and nothing answers it"
#[test]
fn nothing_answers_a_withdrawn_objection() {
    let mut closed = objection(submission(CLAIM, 5), &[closing(10, "third", true, &[])]);
    assert!(closed.answer(&[]).is_some());
    closed.withdrawn = true;
    assert_eq!(closed.answer(&[]), None);
    let mut alone = Objection::new(Uuid::from_u128(1));
    alone.withdrawn = true;
    alone.submit(submission(CLAIM, 5));
    alone.close(closing(10, "third", true, &[]));
    assert_eq!(alone, closed, "in any order");
}

/// A closing waits for its objection.
#[test]
fn a_closing_waits_for_its_objection() {
    let mut early = Objection::new(Uuid::from_u128(1));
    early.close(closing(10, "third", true, &[]));
    assert_eq!(early.answer(&[]), None);
    early.submit(submission(CLAIM, 5));
    assert!(early.answer(&[]).is_some());
}

/// "Who authored or approved a finding closes no objection against it."
#[test]
fn who_made_a_finding_closes_no_objection_against_it() {
    let against = [finding(1, R::NotFirstMarriage, 4, Ruling::Approved)];
    let closed_by = |officer: &str, findings: &[Finding]| {
        let closed = objection(submission(CLAIM, 5), &[closing(10, officer, true, &[])]);
        assert_eq!(closed.may_be_closed_by(officer, findings), closed.answer(findings).is_some());
        closed.answer(findings).is_some()
    };
    assert!(!closed_by("first", &against), "the author");
    assert!(!closed_by("second", &against), "the approver");
    assert!(closed_by("third", &against));
    // A finding on another ground, after the objection, or that was rejected, is not what it is against.
    assert!(closed_by("first", &[finding(1, R::IdentityMismatch, 4, Ruling::Approved)]));
    assert!(closed_by("first", &[finding(1, R::NotFirstMarriage, 6, Ruling::Approved)]));
    assert!(closed_by("first", &[finding(1, R::NotFirstMarriage, 4, Ruling::Rejected)]));
    // A closing that does not count does not stand in the way of another officer's.
    let both =
        objection(submission(CLAIM, 5), &[closing(9, "first", false, &[]), closing(10, "third", true, &[])]);
    assert_eq!(both.answer(&against).map(|closing| closing.accepted), Some(true));
}

/// "`objection_id, claim_id, decision_id`", "where the claim was withdrawn it names its successor"
#[test]
fn an_answer_names_the_claim_that_stands() {
    let mut world = World::married();
    let claim = world.claim(DEED).clone();
    world.known.objections =
        vec![objection(submission(claim.claim_id, 5), &[closing(10, "third", true, &[])])];
    world.ingest();
    assert_eq!(world.answers.len(), 1);
    let answer = world.answers[0].clone();
    assert_eq!((answer.claim_id, answer.decision_id), (claim.claim_id, Some(claim.decision_id)));
    assert!(answer.accepted);
    // It is answered once.
    world.known.objections[0].answered = true;
    world.ingest();
    assert_eq!(world.answers.len(), 1);
    // The row moves to another date: the claim there is the successor.
    world.known.objections[0].answered = false;
    world.row_becomes(row("R1", "1404-05-20", spouse())).known.rows.push(row("R2", "1404-05-10", another()));
    world.ingest();
    assert_eq!(world.answers[1].claim_id, world.claim("1404-05-20").claim_id);
    assert_eq!(world.answers[1].decision_id, Some(world.claim("1404-05-20").decision_id));
    // An objection changes no decision.
    let revisions = world.revisions();
    world.known.objections.clear();
    world.ingest();
    assert_eq!(world.revisions(), revisions);
}

proptest! {
    /// Submission, withdrawal and closings lead to the same state and answer in any order, and when repeated.
    #[test]
    fn any_order_of_events_leads_to_the_same_state(
        closings in proptest::collection::vec((0..4_i64, 0..3_usize, any::<bool>()), 0..4),
        withdrawn in any::<bool>(),
        first in 0..3_usize,
    ) {
        let closings: Vec<_> = closings
            .into_iter()
            .map(|(at, officer, accepted)| closing(at, ["first", "second", "third"][officer], accepted, &[]))
            .collect();
        let mut forward = Objection::new(Uuid::from_u128(1));
        forward.submit(submission(CLAIM, 5));
        forward.withdrawn |= withdrawn;
        for closing in &closings {
            forward.close(closing.clone());
        }
        let mut backward = Objection::new(Uuid::from_u128(1));
        for step in [first, first + 1, first + 2, first] {
            match step % 3 {
                0 => for closing in closings.iter().rev() {
                    backward.close(closing.clone());
                },
                1 => {
                    backward.submit(submission(CLAIM, 5));
                }
                _ => backward.withdrawn |= withdrawn,
            }
        }
        prop_assert_eq!(&forward, &backward);
        let against = [finding(1, R::NotFirstMarriage, 4, Ruling::Approved)];
        let expected = closings.iter().filter(|closing| closing.author == "third" && !withdrawn).min();
        prop_assert_eq!(forward.answer(&against), expected);
    }
}
