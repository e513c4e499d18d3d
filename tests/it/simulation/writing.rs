//! Writing of plans and their output events, as in `app::write_plans` and `app::output_events`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use peyvand::app::output_events;
use peyvand::claim::case::StoredCase;
use peyvand::claim::codes::{Ownership, SmsKind};
use peyvand::claim::facts::digest;
use peyvand::claim::person_state::PersonState;
use peyvand::claim::plan::{Plan, ReturnNotice};
use peyvand::ident::Mobile;
use peyvand::wire::{EventType, Outgoing};
use serde_json::json;

use super::connection::Connection;
use super::rows::{Decided, Message, Rows};
use super::world::IDS;

/// The simulation has no clock: everything happens at this instant.
pub const AT: Timestamp = Timestamp::constant(1_761_000_000, 0);

pub fn event(kind: EventType, key: &str, id: &str, data: &serde_json::Value) -> Outgoing {
    Outgoing::new(kind, key, id, AT, None, data).unwrap()
}

/// Writes claims, decisions, cases, answers and notices into a transaction's copy of the rows. Returns their events, decisions
/// first.
pub fn write(tx: &Connection, rows: &mut Rows, planned: &[(PersonState, Plan)]) -> Vec<Outgoing> {
    let mut events = Vec::new();
    for (known, plan) in planned {
        for update in &plan.updates {
            let claim = &update.claim;
            rows.claims.insert((known.person, claim.claim_id), claim.clone());
            let Some(revision) = &update.revision else { continue };
            let (claim_id, revision, facts) = (claim.claim_id, claim.revision, revision.facts.clone());
            rows.decisions.insert(claim.decision_id, Decided { claim_id, revision, facts });
            let id = claim.decision_id.to_string();
            let data = json!({"claim_id": claim_id, "revision": revision, "outcome": claim.outcome.as_str(),
                "amount_rial": claim.amount.map(|amount| amount.get())});
            events.push(event(EventType::DecisionMade, &known.person.to_string(), &id, &data));
            tx.take([("decisions", id)]);
        }
    }
    for (known, plan) in planned {
        for case in &plan.cases {
            rows.cases
                .insert(case.case_id, (known.person, StoredCase::opened(case.case_id, case.cause.clone())));
            tx.take([("cases", case.case_id.to_string())]);
            events.push(output_events::case_opened(known.person, case, AT, None).unwrap());
        }
        for change in &plan.case_changes {
            let case = &mut rows.cases.get_mut(&change.case_id).unwrap().1;
            (case.is_gone, case.ended) = (change.is_gone, change.ended);
        }
        for ended in &plan.ended {
            events.push(output_events::case_ended(known.person, ended, AT, None).unwrap());
        }
    }
    for (known, plan) in planned {
        for answer in &plan.answers {
            rows.objections.get_mut(&(known.person, answer.objection_id)).unwrap().answered = true;
            tx.take([("answers", answer.objection_id.to_string())]);
            events.push(output_events::objection_answer(known.person, answer, AT, None).unwrap());
        }
    }
    for (known, plan) in planned {
        events.extend(plan.returned.iter().filter_map(|returned| notice(rows, known, returned)));
    }
    events
}

/// The notice of a return is released at once, because its document was acknowledged before.
fn notice(rows: &mut Rows, known: &PersonState, notice: &ReturnNotice) -> Option<Outgoing> {
    let record = known.dossier.record.as_ref()?;
    record.mobile.as_deref()?.parse::<Mobile>().ok()?;
    if record.mobile_owner != Ownership::Yes {
        return None;
    }
    let id = IDS.id("sms", &[&notice.document_id, "returned", &notice.returned_at.to_string()]).to_string();
    let (document_id, claim_id) = (notice.document_id.clone(), notice.claim_id);
    let message = Message { document_id, claim_id, kind: SmsKind::PaymentReturned.as_str(), released: true };
    let event = sms(&id, &message);
    (!rows.messages.contains_key(&id)).then(|| {
        rows.messages.insert(id, message);
        event
    })
}

/// `notifications.sms.requested`.
pub fn sms(id: &str, message: &Message) -> Outgoing {
    let about = json!({"claim_id": message.claim_id, "document_id": message.document_id});
    let data = json!({"sms_id": id, "kind": message.kind, "about": about});
    event(EventType::SmsRequested, &message.claim_id.to_string(), id, &data)
}

/// The end state, which does not depend on the order of arrival. Values that depend on the batching of inputs are left
/// out.
pub fn end_state(rows: &Rows) -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    let short = |bytes: &[u8]| hex::encode(&digest(bytes)[..6]);
    for ((person, id), claim) in &rows.claims {
        let is_paid = rows.payments.get(person).is_some_and(|paid| paid.claim_id == *id);
        // Another run may never have seen a claim that was created and withdrawn within one batch.
        if claim.withdrawn && !is_paid {
            continue;
        }
        let inputs = (&claim.record_id, &claim.request_id);
        let answer = (claim.outcome, claim.amount.map(|amount| amount.get()), short(&claim.answer_digest));
        // The facts of a paid claim name its latest document only after the claim was planned again for any reason.
        let facts = (!is_paid).then(|| short(&claim.facts_digest));
        state.insert(format!("claim {id}"), format!("{answer:?} {inputs:?} {facts:?}"));
    }
    for (id, document) in &rows.documents {
        let (stored, month) = (&document.stored, document.month);
        let account = short(stored.sheba.as_bytes());
        let code = stored.answer().map(|answer| &answer.code);
        let finance = (document.superseded, stored.state(), code);
        let what = (stored.attempt, document.amount.get(), month.to_string(), account, finance);
        state.insert(format!("document {id}"), format!("{what:?}"));
    }
    // Whether a cause that is gone ever stood depends on the batches.
    for (id, (_, case)) in rows.cases.iter().filter(|(_, (_, case))| !case.is_gone || case.is_judged()) {
        state.insert(format!("case {id}"), format!("{:?} {:?}", case.cause.grounds, case.ended));
    }
    for ((_, id), objection) in &rows.objections {
        state.insert(format!("objection {id}"), format!("answered {}", objection.answered));
    }
    for (id, message) in rows.messages.iter().filter(|(_, message)| message.kind == "registration") {
        state.insert(format!("message {id}"), format!("{} {}", message.document_id, message.released));
    }
    for (person, dossier) in &rows.persons {
        let mut dossier = dossier.clone();
        dossier.record.iter_mut().for_each(|record| record.source_offset = 0);
        dossier.employments.iter_mut().for_each(|employment| employment.source_offset = 0);
        dossier.wages.iter_mut().for_each(|wage| wage.source_offset = 0);
        state.insert(format!("person {person}"), short(&serde_json::to_vec(&dossier).unwrap()));
    }
    for (id, row) in &rows.marriages {
        state.insert(format!("marriage {id}"), row.record_version.to_string());
    }
    state
}
