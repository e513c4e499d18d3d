//! Objections, findings and answers: the events of the outside world, and how a batch applies them.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::SignedDuration;
use peyvand::claim::canonical::CanonicalHash;
use peyvand::claim::case_ending::CaseEnding;
use peyvand::claim::codes::{EndingOutcome, Verdict};
use peyvand::claim::finding::Finding;
use peyvand::claim::objection::{Disputed, Objection};
use peyvand::claim::review::Ruling;
use peyvand::claim::{Benefit, ClaimKey, Counterpart, ReasonCode};
use peyvand::ident::NationalCode;
use peyvand::ident::text::comparable_name;
use peyvand::store::offsets::TopicPartition;
use peyvand::wire::casework_findings_v1::{
    CaseworkEvent, EndingJudged, EndingProposed, FindingJudged, FindingProposed, ObjectionClosed, event_type,
};
use peyvand::wire::eligibility_decisions_v1::CaseOpened;
use peyvand::wire::portal_objections_v1::{ObjectionEvent, ObjectionSubmitted};
use peyvand::wire::{EventType, Topic};
use uuid::Uuid;

use super::facts::BatchState;
use super::io::Io;
use super::log::{Sent, What};
use super::population::sent;
use super::world::IDS;
use super::writing::AT;

/// The birth date in the registry of a person whose identity is doubted. The insured record has 1375-01-01.
pub const OTHER_BIRTH: &str = "1374-12-29";

/// An objection of a person whose birth dates differ, a finding of two officers about it, and its closing.
pub fn story(
    number: usize,
    [person, spouse]: [NationalCode; 2],
    deed: &str,
    approved: bool,
) -> Vec<Rc<Sent>> {
    let id = Uuid::from_u128(1 + number as u128);
    let deed_date = deed.parse().unwrap();
    let counterpart = Counterpart::Spouse(spouse);
    let claim_id =
        IDS.claim(&ClaimKey { benefit: Benefit::MarriageAllowance, person, deed_date, counterpart });
    let submitted = ObjectionSubmitted {
        objection_id: id,
        submitted_at: AT,
        applicant_national_code: person,
        claim_id,
        disputed: Disputed::Ground(ReasonCode::IdentityMismatch),
        text_sha256: [1; 32],
        pictures: Vec::new(),
    };
    let name = comparable_name("کریمی");
    let seen = CanonicalHash::default().field("1").field("IDENTITY_MISMATCH").field(&name).field(&name);
    let proposed = FindingProposed {
        finding_id: id,
        at: AT,
        author: "staff-1".to_owned(),
        national_code: person,
        claim_id,
        ground: ReasonCode::IdentityMismatch,
        fact_seen: seen.field(OTHER_BIRTH).field("1375-01-01").finish(),
        verdict: Verdict::SetAside,
        reason: "seen".to_owned(),
        evidence: Vec::new(),
    };
    let judged = FindingJudged {
        finding_id: id,
        at: AT,
        approver: "staff-2".to_owned(),
        author: "staff-1".to_owned(),
        national_code: person,
        proposal_sha256: proposed.proposal().sha256(),
        reason: "right".to_owned(),
    };
    let closed = ObjectionClosed {
        objection_id: id,
        national_code: person,
        at: AT,
        author: "staff-3".to_owned(),
        accepted: approved,
        reason: "decided".to_owned(),
        findings: vec![id],
    };
    let ruling = if approved { Ruling::Approved } else { Ruling::Rejected };
    let key = person.to_string();
    let mut events = vec![sent(EventType::ObjectionSubmitted, &key, &[&key], &submitted)];
    for event in [
        CaseworkEvent::FindingJudged(ruling, judged),
        CaseworkEvent::ObjectionClosed(closed),
        CaseworkEvent::FindingProposed(proposed),
    ] {
        events.push(sent(event_type(&event), &key, &[&key], &event));
    }
    events
}

/// Two officers end every case about a return that no account mends, as soon as it is published: some let an attempt
/// follow, others do not. After a crash they read and judge from the start again.
pub async fn officers(io: Io) {
    let mut next: BTreeMap<TopicPartition, i64> = BTreeMap::new();
    loop {
        io.idle(30).await;
        let mut opened = Vec::new();
        {
            let world = io.world();
            for partition in world.log.outputs().filter(|p| p.topic == Topic::EligibilityDecisions) {
                let from = next.entry(partition).or_insert(0);
                for (offset, entry) in world.log.committed(partition, *from) {
                    *from = offset + 1;
                    let What::Produced(event, _) = &entry.what else { continue };
                    if event.kind == EventType::CaseOpened {
                        opened.push(serde_json::from_slice(event.value.as_deref().unwrap()).unwrap());
                    }
                }
            }
        }
        for case in opened.iter().filter(|case| is_judged_by_officers(case)) {
            for said in ending(case.case_id, case.national_code) {
                io.step("officers judge").await;
                io.world().send(&said);
            }
        }
    }
}

fn is_judged_by_officers(case: &CaseOpened<'static>) -> bool {
    case.grounds == ["RETURNED_AS_DUPLICATE"]
}

/// The approval arrives before its proposal.
pub fn ending(case_id: Uuid, national_code: NationalCode) -> [Rc<Sent>; 2] {
    let is_reissued = case_id.as_bytes()[0].is_multiple_of(2);
    let proposed = EndingProposed {
        case_id,
        at: AT + SignedDuration::from_hours(4),
        author: "staff-1".to_owned(),
        national_code,
        outcome: if is_reissued { EndingOutcome::Reissue } else { EndingOutcome::Stop },
        amount_rial: None,
        reason: "seen".to_owned(),
    };
    let judged = EndingJudged {
        case_id,
        at: AT + SignedDuration::from_hours(5),
        approver: "staff-2".to_owned(),
        author: proposed.author.clone(),
        national_code,
        proposal_sha256: proposed.proposal().sha256(),
        reason: "right".to_owned(),
    };
    let (key, id) = (national_code.to_string(), case_id.to_string());
    [CaseworkEvent::EndingJudged(Ruling::Approved, judged), CaseworkEvent::EndingProposed(proposed)]
        .map(|event| sent(event_type(&event), &key, &[&id], &event))
}

impl BatchState {
    pub fn objection(&mut self, event: &ObjectionEvent) {
        let ObjectionEvent::Submitted(data) = event else { panic!("the population sends only submissions") };
        let person = data.applicant_national_code;
        if self.objection_of(person, data.objection_id).submit(data.submission()) {
            self.touched.insert(person);
        }
    }

    pub fn casework(&mut self, event: &CaseworkEvent) {
        let person = event.national_code();
        let is_new = match event {
            CaseworkEvent::FindingProposed(data) => {
                self.finding_of(person, data.finding_id).review.propose(data.proposal())
            }
            CaseworkEvent::FindingJudged(ruling, data) => {
                self.finding_of(person, data.finding_id).review.judge(data.judgement(*ruling))
            }
            CaseworkEvent::ObjectionClosed(data) => {
                self.objection_of(person, data.objection_id).close(data.closing())
            }
            CaseworkEvent::EndingProposed(data) => {
                self.ending_of(person, data.case_id).review.propose(data.proposal())
            }
            CaseworkEvent::EndingJudged(ruling, data) => {
                self.ending_of(person, data.case_id).review.judge(data.judgement(*ruling))
            }
        };
        if is_new {
            self.touched.insert(person);
        }
    }

    fn objection_of(&mut self, person: NationalCode, id: Uuid) -> &mut Objection {
        self.rows.objections.entry((person, id)).or_insert_with(|| Objection::new(id))
    }

    fn ending_of(&mut self, person: NationalCode, case_id: Uuid) -> &mut CaseEnding {
        self.rows.endings.entry((person, case_id)).or_insert_with(|| CaseEnding::new(case_id))
    }

    fn finding_of(&mut self, person: NationalCode, id: Uuid) -> &mut Finding {
        self.rows.findings.entry((person, id)).or_insert_with(|| Finding::new(id))
    }
}
