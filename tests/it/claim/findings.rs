//! Approved findings: which one speaks, and what it changes in its claim.

use Outcome::{Approved, ManualReview, Refused};
use peyvand::claim::assemble::assemble_claims;
use peyvand::claim::codes::Verdict::{self, Confirmed, Lifted, SetAside};
use peyvand::claim::codes::{CaseKind, OfficeKind, Permanence, Status};
use peyvand::claim::conditions::{ConditionState, conditions};
use peyvand::claim::facts::Facts;
use peyvand::claim::finding::{Finding, FindingContent};
use peyvand::claim::person::RegistryRow;
use peyvand::claim::review::{Judgement, Proposal, Ruling};
use peyvand::claim::{Outcome, ReasonCode as R, decide};
use proptest::prelude::*;
use uuid::Uuid;

use crate::claim::person_over_days::{DEED, World, another, date, me, request, row, spouse, with_status};

/// A finding with its proposal and one judgement, on the values that its ground has now.
pub fn finding(world: &World, number: u128, ground: R, verdict: Verdict, at: i64) -> Finding {
    judged(world, DEED, number, ground, verdict, at, Ruling::Approved)
}

fn judged(
    world: &World,
    deed: &str,
    number: u128,
    ground: R,
    verdict: Verdict,
    at: i64,
    ruling: Ruling,
) -> Finding {
    let mut finding = Finding::new(Uuid::from_u128(number));
    let proposal = proposal(world, deed, number, ground, verdict);
    finding.review.judge(judgement(&proposal, at, ruling, "second"));
    finding.review.propose(proposal);
    finding
}

fn proposal(
    world: &World,
    deed: &str,
    number: u128,
    ground: R,
    verdict: Verdict,
) -> Proposal<FindingContent> {
    let claims = assemble_claims(&world.known, &world.rules());
    let claim = claims.iter().find(|claim| claim.key.deed_date == date(deed)).unwrap();
    content_of(claim.claim_id, claim.fact_seen(ground).unwrap(), number, ground, verdict)
}

pub fn content_of(
    claim_id: Uuid,
    fact_seen: [u8; 32],
    number: u128,
    ground: R,
    verdict: Verdict,
) -> Proposal<FindingContent> {
    let content = FindingContent { claim_id, ground, fact_seen, verdict, evidence: Vec::new() };
    Proposal {
        id: Uuid::from_u128(number),
        at: 1,
        author: "first".to_owned(),
        person: me(),
        content,
        reason: "seen".to_owned(),
    }
}

pub fn judgement(proposal: &Proposal<FindingContent>, at: i64, ruling: Ruling, approver: &str) -> Judgement {
    Judgement {
        at,
        ruling,
        proposal_sha256: proposal.sha256(),
        approver: approver.to_owned(),
        author: proposal.author.clone(),
        on: date("1404-08-01"),
        reason: "right".to_owned(),
    }
}

fn with_row(change: impl FnOnce(&mut RegistryRow)) -> World {
    let mut world = World::insured();
    let mut new = row("R1", DEED, spouse());
    change(&mut new);
    world.rows([new]).ingest();
    world
}

/// The conditions that officers judged, with the state of each, as the person reads them.
fn judged_conditions(world: &World) -> Vec<(ConditionState, Verdict, String)> {
    let claims = assemble_claims(&world.known, &world.rules());
    let found = conditions(&claims[0].facts, world.today, world.rules().tables);
    let judged = found.iter().filter_map(|found| Some((found.state, found.officers?)));
    judged.map(|(state, officers)| (state, officers.verdict, officers.approved_on.to_string())).collect()
}

fn applied(world: &World) -> Vec<(u128, R, Verdict)> {
    let findings = &world.decision(DEED).findings;
    findings.iter().map(|found| (found.finding_id.as_u128(), found.ground, found.verdict)).collect()
}

/// "`set_aside` removes the ground", for every ground of the table.
#[test]
fn a_ground_that_is_set_aside_is_gone() {
    let worlds: [(R, World); 6] = [
        (R::IdentityMismatch, with_row(|row| row.husband.birth_date = Some(date("1375-01-02")))),
        (R::MarriageNotPermanent, with_row(|row| row.permanence = Permanence::Temporary)),
        (R::MarriageNotRegistered, with_row(|row| row.office_kind = OfficeKind::None)),
        (R::RegisteredByAcknowledgement, with_row(|row| row.office_kind = OfficeKind::Acknowledgement)),
        (R::NotFirstMarriage, with_row(|row| row.husband.earlier_marriages = 1)),
        (R::SpouseHasNoNationalCode, {
            let mut world = World::insured();
            world.rows([row("R1", DEED, None)]).ingest();
            world
        }),
    ];
    for (ground, mut world) in worlds {
        assert_eq!(world.decision(DEED).codes(), [ground]);
        world.known.findings = vec![finding(&world, 1, ground, SetAside, 10)];
        world.ingest();
        world.expect(DEED, Approved, &[]);
        assert_eq!(applied(&world), [(1, ground, SetAside)]);
        let met = (ConditionState::Met, SetAside, "1404-08-01".to_owned());
        assert_eq!(judged_conditions(&world), [met], "{ground}");
        // The recomputation repeats the decision from the stored facts.
        let claims = assemble_claims(&world.known, &world.rules());
        let stored = Facts::decode(&claims[0].facts.encode().bytes).unwrap();
        let again = decide(&stored, world.today, world.rules().tables);
        assert_eq!(again.content_digest(), world.decision(DEED).content_digest());
    }
}

/// "`confirmed` puts it on line 2 (`REFUSED`); `lifted` undoes either"
#[test]
fn a_confirmed_ground_refuses_and_a_lifted_one_is_as_before() {
    let mut world = with_row(|row| row.status = Status::Annulled);
    world.expect(DEED, ManualReview, &[R::MarriageAnnulled]);
    world.known.findings = vec![finding(&world, 1, R::MarriageAnnulled, Confirmed, 10)];
    world.ingest().expect(DEED, Refused, &[R::MarriageAnnulled]);
    assert_eq!(applied(&world), [(1, R::MarriageAnnulled, Confirmed)]);
    let unmet = (ConditionState::Unmet, Confirmed, "1404-08-01".to_owned());
    assert_eq!(judged_conditions(&world), [unmet]);
    world.known.findings.push(finding(&world, 2, R::MarriageAnnulled, Lifted, 20));
    world.ingest().expect(DEED, ManualReview, &[R::MarriageAnnulled]);
    assert_eq!((applied(&world), judged_conditions(&world)), (Vec::new(), Vec::new()));
}

/// "Of several on one ground the latest approval (then the greater `finding_id`) speaks."
#[test]
fn the_latest_approval_speaks() {
    let mut world = with_row(|row| row.husband.birth_date = Some(date("1375-01-02")));
    let ground = R::IdentityMismatch;
    world.known.findings =
        vec![finding(&world, 2, ground, SetAside, 10), finding(&world, 1, ground, Confirmed, 20)];
    world.ingest().expect(DEED, Refused, &[ground]);
    world.known.findings.push(finding(&world, 9, ground, SetAside, 20));
    world.ingest().expect(DEED, Approved, &[]);
    // A finding that was rejected, or that nobody has judged, says nothing.
    let rejected = judged(&world, DEED, 10, ground, Confirmed, 30, Ruling::Rejected);
    world.known.findings.push(rejected);
    let mut unjudged = Finding::new(Uuid::from_u128(11));
    unjudged.review.propose(proposal(&world, DEED, 11, ground, Confirmed));
    world.known.findings.push(unjudged);
    world.ingest().expect(DEED, Approved, &[]);
    assert_eq!(applied(&world), [(9, ground, SetAside)]);
}

/// "only while the ground's values give `fact_seen`", "Facts that moved leave it waiting"
#[test]
fn a_finding_waits_while_the_facts_have_moved() {
    let mut world = with_row(|row| row.husband.birth_date = Some(date("1375-01-02")));
    world.known.findings = vec![finding(&world, 1, R::IdentityMismatch, SetAside, 10)];
    world.ingest().expect(DEED, Approved, &[]);
    let mut moved = row("R1", DEED, spouse());
    moved.husband.birth_date = Some(date("1375-01-03"));
    world.rows([moved]).ingest().expect(DEED, ManualReview, &[R::IdentityMismatch]);
    assert_eq!(applied(&world), []);
    let mut back = row("R1", DEED, spouse());
    back.husband.birth_date = Some(date("1375-01-02"));
    world.rows([back]).ingest().expect(DEED, Approved, &[]);
}

/// "for its claim alone"
#[test]
fn a_finding_counts_for_its_claim_alone() {
    let mut world = with_row(|row| row.husband.birth_date = Some(date("1375-01-02")));
    let mut other = finding(&world, 1, R::IdentityMismatch, SetAside, 10);
    let content =
        FindingContent { claim_id: Uuid::from_u128(77), ..other.decided().unwrap().proposal.content.clone() };
    let proposal = Proposal { content, ..other.decided().unwrap().proposal.clone() };
    other = Finding::new(other.finding_id);
    other.review.judge(judgement(&proposal, 10, Ruling::Approved, "second"));
    other.review.propose(proposal);
    world.known.findings = vec![other];
    world.ingest().expect(DEED, ManualReview, &[R::IdentityMismatch]);
}

/// "Both lists are dated rows of the law's tables, read as of the approval's day."
#[test]
fn a_ground_that_the_tables_do_not_list_stays() {
    let mut world = with_row(|row| row.status = Status::Annulled);
    world.known.findings = vec![finding(&world, 1, R::MarriageAnnulled, SetAside, 10)];
    world.ingest().expect(DEED, ManualReview, &[R::MarriageAnnulled]);
    let mut world = with_row(|row| row.permanence = Permanence::Temporary);
    world.known.findings = vec![finding(&world, 1, R::MarriageNotPermanent, SetAside, 10)];
    world.ingest().expect(DEED, Approved, &[]);
    world.tables_end("MARRIAGE_NOT_PERMANENT", "1404-07-30").known.rows[0].registered_on = date("1404-06-01");
    world.ingest().closes();
    world.expect(DEED, Refused, &[R::MarriageNotPermanent]);
}

/// "`CONFLICTING_RECORDS` (set aside on two claims of one day it counts on neither)"
#[test]
fn a_conflict_that_is_set_aside_twice_counts_on_neither() {
    let mut world = World::insured();
    world.rows([row("R1", DEED, spouse()), row("R2", DEED, another())]).ingest();
    let claims = assemble_claims(&world.known, &world.rules());
    let set_aside = |number: u128, claim: &peyvand::claim::assemble::AssembledClaim| {
        let seen = claim.fact_seen(R::ConflictingRecords).unwrap();
        let proposal = content_of(claim.claim_id, seen, number, R::ConflictingRecords, SetAside);
        let mut finding = Finding::new(Uuid::from_u128(number));
        finding.review.judge(judgement(&proposal, 10, Ruling::Approved, "second"));
        finding.review.propose(proposal);
        finding
    };
    world.known.findings = vec![set_aside(1, &claims[0])];
    world.ingest();
    let outcomes = |world: &World| {
        let claims = assemble_claims(&world.known, &world.rules());
        claims
            .iter()
            .map(|claim| decide(&claim.facts, world.today, world.rules().tables).outcome)
            .collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&world), [Approved, ManualReview]);
    world.known.findings.push(set_aside(2, &claims[1]));
    assert_eq!(outcomes(&world), [ManualReview, ManualReview]);
    // A row of that day more is another value: the findings wait.
    world.known.findings.pop();
    world.known.rows.push(row("R3", DEED, None));
    assert_eq!(outcomes(&world), [ManualReview; 3]);
}

/// "R15 and all checks of money stay."
#[test]
fn no_finding_touches_a_payment_before() {
    let mut world = with_row(|row| row.permanence = Permanence::Temporary);
    let claim_id = world.claim(DEED).claim_id;
    for (number, ground) in
        [(1, R::AlreadyPaid), (2, R::InsufficientContributionDays), (3, R::EmploymentEnded)]
    {
        assert!(assemble_claims(&world.known, &world.rules())[0].fact_seen(ground).is_none());
        let proposal = content_of(claim_id, [0; 32], number, ground, SetAside);
        let mut finding = Finding::new(proposal.id);
        finding.review.judge(judgement(&proposal, 10, Ruling::Approved, "second"));
        finding.review.propose(proposal);
        world.known.findings.push(finding);
    }
    world.known.dossier.employments.clear();
    world.known.dossier.wages.clear();
    world.ingest();
    world.expect(
        DEED,
        Refused,
        &[R::MarriageNotPermanent, R::EmploymentEnded, R::InsufficientContributionDays],
    );
}

/// A paid decision keeps the findings by which it was approved; one that is lifted later is a cause for a case.
#[test]
fn a_paid_claim_keeps_its_findings() {
    let mut world = with_row(|row| row.permanence = Permanence::Temporary);
    world.known.findings = vec![finding(&world, 1, R::MarriageNotPermanent, SetAside, 10)];
    world.ingest().closes();
    assert_eq!(world.issued.len(), 1);
    let before = world.revisions();
    world.ingest();
    assert_eq!(world.revisions(), before);
    assert_eq!(applied(&world), [(1, R::MarriageNotPermanent, SetAside)]);
    world.known.findings.push(finding(&world, 2, R::MarriageNotPermanent, Lifted, 20));
    world.ingest();
    assert_eq!(world.revisions(), before);
    world.expect_case(CaseKind::Recovery, &["MARRIAGE_NOT_PERMANENT"]);
}

/// "What arrives first waits for the other", "the earlier `at` stands, rejection where equal", "approver ≠ author",
/// "for exactly that content"
#[test]
fn two_officers_decide_a_finding() {
    let world = with_row(|row| row.permanence = Permanence::Temporary);
    let proposed = proposal(&world, DEED, 1, R::MarriageNotPermanent, SetAside);
    let ruling = |judgements: &[Judgement]| {
        let mut finding = Finding::new(proposed.id);
        for judgement in judgements {
            finding.review.judge(judgement.clone());
        }
        assert!(finding.decided().is_none(), "it waits for its proposal");
        finding.review.propose(proposed.clone());
        finding.decided().map(|ruled| ruled.judgement.ruling)
    };
    let says = |at, ruling, approver| judgement(&proposed, at, ruling, approver);
    assert_eq!(ruling(&[]), None);
    assert_eq!(ruling(&[says(5, Ruling::Approved, "second")]), Some(Ruling::Approved));
    assert_eq!(ruling(&[says(5, Ruling::Approved, "first")]), None, "an author approves nothing");
    let earlier = [says(6, Ruling::Rejected, "second"), says(5, Ruling::Approved, "third")];
    assert_eq!(ruling(&earlier), Some(Ruling::Approved));
    let equal = [says(5, Ruling::Approved, "second"), says(5, Ruling::Rejected, "third")];
    assert_eq!(ruling(&equal), Some(Ruling::Rejected));
    let mut other = says(5, Ruling::Approved, "second");
    other.proposal_sha256[0] ^= 1;
    assert_eq!(ruling(&[other]), None, "it approves another content");
    let mut other = says(5, Ruling::Approved, "second");
    other.author = "third".to_owned();
    assert_eq!(ruling(&[other]), None, "it names another author");
}

/// The digest covers every field of a proposal. Another system can compute it: see the schema.
#[test]
fn the_digest_of_a_proposal_covers_every_field() {
    let base = content_of(Uuid::from_u128(5), [7; 32], 1, R::IdentityMismatch, SetAside);
    let fields = [
        "1:1,",
        "36:00000000-0000-0000-0000-000000000001,",
        "1:1,",
        "5:first,",
        &format!("10:{},", me()),
        "36:00000000-0000-0000-0000-000000000005,",
        "17:IDENTITY_MISMATCH,",
        &format!("64:{},", hex::encode([7; 32])),
        "9:set_aside,",
        "1:0,",
        "4:seen,",
    ];
    assert_eq!(base.sha256(), peyvand::claim::facts::digest(fields.concat().as_bytes()));
    let changes: [fn(&mut Proposal<FindingContent>); 10] = [
        |p| p.id = Uuid::from_u128(2),
        |p| p.at = 2,
        |p| p.author.push('x'),
        |p| p.person = spouse(),
        |p| p.content.claim_id = Uuid::nil(),
        |p| p.content.ground = R::ConflictingRecords,
        |p| p.content.fact_seen = [8; 32],
        |p| p.content.verdict = Confirmed,
        |p| p.content.evidence.push(Uuid::nil()),
        |p| p.reason.push('x'),
    ];
    for change in changes {
        let mut changed = base.clone();
        change(&mut changed);
        assert_ne!(changed.sha256(), base.sha256());
    }
}

/// Values that the ground compares are part of `fact_seen`; all others are not.
#[test]
fn a_fact_seen_covers_what_its_ground_compares() {
    let seen = |world: &World, ground| {
        let claims = assemble_claims(&world.known, &world.rules());
        claims.iter().find(|claim| claim.key.deed_date == date(DEED)).unwrap().fact_seen(ground)
    };
    let base = with_row(|_| {});
    type Change = fn(&mut RegistryRow);
    let changes: [(R, Change); 7] = [
        (R::IdentityMismatch, |row| row.husband.family_name = Some("اکبری".to_owned())),
        (R::NotFirstMarriage, |row| row.husband.earlier_marriages = 2),
        (R::MarriageNotPermanent, |row| row.permanence = Permanence::Temporary),
        (R::MarriageNotRegistered, |row| row.office_kind = OfficeKind::None),
        (R::MarriageAnnulled, |row| row.status = Status::Divorced),
        (R::MarriageNotPermanent, |row| row.record_id = "R2".to_owned()),
        (R::ConflictingRecords, |row| row.record_id = "R2".to_owned()),
    ];
    for (ground, change) in changes {
        assert_ne!(seen(&base, ground), seen(&with_row(change), ground), "{ground}");
    }
    let other = with_row(|row| row.wife.earlier_marriages = 3);
    for ground in [R::IdentityMismatch, R::NotFirstMarriage, R::ConflictingRecords] {
        assert_eq!(seen(&base, ground), seen(&other, ground), "{ground}");
    }
    // All earlier live marriages, not only one of them.
    let mut earlier = with_row(|_| {});
    earlier.known.rows.push(row("R0", "1399-01-01", another()));
    let one = seen(&earlier, R::NotFirstMarriage);
    assert_ne!(seen(&base, R::NotFirstMarriage), one);
    // The undertaking, while no row speaks.
    let mut stated = World::insured();
    stated.requests([request("Q1", 1, spouse(), DEED)]).ingest();
    let undertaken = seen(&stated, R::NotFirstMarriage);
    stated.known.self_registrations[0].first_marriage_undertaking = false;
    assert_ne!(seen(&stated, R::NotFirstMarriage), undertaken);
    let annulled = with_row(|row| *row = with_status(Status::Annulled, row.clone()));
    assert_ne!(seen(&base, R::ConflictingRecords), seen(&annulled, R::ConflictingRecords), "no live row");
}

proptest! {
    /// Proposals and judgements in any order, repeated at will, say the same.
    #[test]
    fn any_order_of_arrival_says_the_same(
        judgements in proptest::collection::vec((0..4_i64, any::<bool>(), 0..3_usize, 0..2_usize), 0..6),
        order in any::<prop::sample::Index>(),
    ) {
        let proposals = [SetAside, Confirmed]
            .map(|verdict| content_of(Uuid::from_u128(5), [7; 32], 1, R::IdentityMismatch, verdict));
        let judgements: Vec<_> = judgements
            .into_iter()
            .map(|(at, approves, officer, about)| {
                let ruling = if approves { Ruling::Approved } else { Ruling::Rejected };
                judgement(&proposals[about], at, ruling, ["first", "second", "third"][officer])
            })
            .collect();
        let mut forward = Finding::new(Uuid::from_u128(1));
        proposals.iter().for_each(|proposal| { forward.review.propose(proposal.clone()); });
        judgements.iter().for_each(|judgement| { forward.review.judge(judgement.clone()); });
        let mut backward = Finding::new(Uuid::from_u128(1));
        let turn = if judgements.is_empty() { 0 } else { order.index(judgements.len()) };
        for judgement in judgements[turn..].iter().chain(&judgements[..turn]).rev().chain(&judgements) {
            backward.review.judge(judgement.clone());
        }
        proposals.iter().rev().for_each(|proposal| { backward.review.propose(proposal.clone()); });
        prop_assert!(forward == backward);
        let earliest = judgements.iter().filter(|judgement| judgement.approver != "first").map(|j| (j.at, j.ruling)).min();
        prop_assert_eq!(forward.decided().map(|ruled| (ruled.judgement.at, ruled.judgement.ruling)), earliest);
    }
}
