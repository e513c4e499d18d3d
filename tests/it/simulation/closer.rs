//! The month's close, page by page; as `service::close` and `app::close`.

use peyvand::app::output_events::{DocumentStamp, document};
use peyvand::claim::Benefit;
use peyvand::claim::codes::SmsKind;
use peyvand::claim::document::StoredDocument;
use peyvand::claim::issuance::plan_close as close_person;
use peyvand::claim::person_state::PersonState;
use peyvand::claim::plan::Issuance;
use peyvand::claim::plan::Plan;
use peyvand::ident::NationalCode;
use peyvand::law::SolarMonth;
use peyvand::store::batches::PaymentBatch;
use peyvand::store::closes::MonthClose;
use peyvand::store::payments::PaymentRow;

use super::close_end::finish;
use super::connection::Connection;
use super::io::{Failed, Io};
use super::rows::{Document, Message, Rows};
use super::store::Lock;
use super::world::{Defect, IDS, rules};
use super::writing::{AT, sms, write};

/// Persons per page.
pub const PAGE: usize = 2;
const TRACE: &str = "00-00000000000000000000000000000001-0000000000000001-01";

/// Closes each month that is requested.
pub async fn month_end(io: Io) {
    loop {
        io.idle(40).await;
        let wanted = io.world().wanted;
        let Some(month) = wanted else { continue };
        let is_closed = io.world().store.tables.closes.get(&month).is_some_and(|close| close.closed);
        if is_closed {
            continue;
        }
        if !io.has(Defect::CloseDoesNotWait) {
            wait_for_input(&io).await;
        }
        // The loop repeats a close that failed.
        if let Err(Failed::Key(key)) = close(&io, month, usize::MAX).await {
            io.world().broken(format!("the unique key of {key} refused a page"));
        }
    }
}

/// Waits until all input that was in the topics at the call is applied.
async fn wait_for_input(io: &Io) {
    io.step("look at the ends of the input").await;
    let ends: Vec<_> = {
        let world = io.world();
        world.log.inputs().map(|partition| (partition, world.log.end(partition))).collect()
    };
    loop {
        io.step("read the offsets").await;
        let is_taken = {
            let offsets = &io.world().store.tables.offsets;
            ends.iter().all(|(partition, end)| offsets.get(partition).is_some_and(|next| next >= end))
        };
        if is_taken {
            return;
        }
        io.idle(20).await;
    }
}

/// Closes the month, or continues a close after a crash; at most `pages` pages.
pub async fn close(io: &Io, month: SolarMonth, pages: usize) -> Result<(), Failed> {
    let connection = Connection::open(io);
    connection.lock("take the close's lock", &[Lock::Close]).await?;
    io.step("read the closes").await;
    let closes = io.world().store.tables.closes.clone();
    if closes.get(&month).is_some_and(|close| close.closed) {
        return Ok(());
    }
    let begun = begin(io, &connection, month).await?;
    let mut cursor = begun.cursor;
    for _ in 0..pages {
        match close_page(io, &connection, &begun, cursor).await? {
            Some(next) => cursor = next,
            None => return finish(io, &connection, begun).await,
        }
    }
    Ok(())
}

async fn begin(io: &Io, connection: &Connection, month: SolarMonth) -> Result<MonthClose, Failed> {
    let opening = MonthClose {
        month,
        business_date: io.world().today,
        traceparent: TRACE.to_owned(),
        cursor: -1,
        closed: false,
        batches: vec![PaymentBatch::open(Benefit::MarriageAllowance, month)],
    };
    connection.write(move |tables| {
        tables.closes.entry(month).or_insert(opening);
    });
    connection.commit("enter the close").await?;
    io.step("read the close").await;
    let begun = io.world().store.tables.closes.get(&month).cloned();
    begun.ok_or(Failed::Refused)
}

async fn close_page(
    io: &Io,
    tx: &Connection,
    month_close: &MonthClose,
    cursor: i64,
) -> Result<Option<i64>, Failed> {
    io.step("read the next persons").await;
    let persons = io.world().store.tables.rows.persons_after(cursor, PAGE);
    let Some(last) = persons.last().map(|person| person.to_i64()) else { return Ok(None) };
    tx.lock("lock the page's persons", &persons.iter().copied().map(Lock::Person).collect::<Vec<_>>())
        .await?;
    let mut rows = io.world().store.tables.rows.of(&persons.iter().copied().collect());
    let mut planned = Vec::new();
    for person in persons {
        let mut known = rows.known(person);
        let plan = close_person(&mut known, &rules(month_close.business_date));
        if !plan.is_empty() {
            planned.push((known, plan));
        }
    }
    let mut events = write(tx, &mut rows, &planned);
    let issuing = DocumentStamp { month: month_close.month, at: AT, trace: TRACE };
    for (person, issue) in issues(&planned) {
        let (id, mut message) = issue_document(tx, &mut rows, month_close.month, person, issue);
        events.push(document(person, issue, &issuing).unwrap());
        if io.has(Defect::SmsWithDocument) {
            events.push(sms(&id, &message));
            message.released = true;
        }
        rows.messages.insert(id, message);
    }
    move_cursor(io, tx, month_close.month, cursor, last).await?;
    tx.write(move |tables| tables.rows.put(rows));
    tx.place(events).await?;
    tx.commit("commit the page").await?;
    Ok(Some(last))
}

fn issues(planned: &[(PersonState, Plan)]) -> impl Iterator<Item = (NationalCode, &Issuance)> {
    planned.iter().flat_map(|(known, plan)| plan.issuances.iter().map(|issue| (known.person, issue)))
}

/// Issues the document if its unique keys allow it. Its message stays unreleased until the document is delivered.
fn issue_document(
    tx: &Connection,
    rows: &mut Rows,
    month: SolarMonth,
    person: NationalCode,
    issue: &Issuance,
) -> (String, Message) {
    let Issuance { benefit, claim_id, decision_id, attempt, amount, .. } = *issue;
    let id = issue.document_id.to_string();
    if attempt == 1 {
        tx.take([("payments", person.to_string())]);
        let record_id = issue.record_id.clone();
        rows.payments
            .insert(person, PaymentRow { benefit, person, claim_id, amount, decision_id, record_id });
    }
    for old in rows.documents.values_mut().filter(|old| old.person == person && old.stored.is_returned()) {
        tx.free(("documents_one_in_force", person.to_string()));
        old.superseded = true;
    }
    tx.take([("documents_one_in_force", person.to_string()), ("documents", id.clone())]);
    let stored = StoredDocument {
        document_id: id.clone(),
        attempt,
        amount,
        sheba: issue.sheba.clone(),
        answers: Vec::new(),
    };
    let (cost_centre, superseded) = (issue.cost_centre.clone(), false);
    rows.documents
        .insert(id.clone(), Document { person, claim_id, month, amount, cost_centre, superseded, stored });
    let sms_id = IDS.id("sms", &[&id, "registration"]).to_string();
    let kind = SmsKind::Registration.as_str();
    (sms_id, Message { document_id: id, claim_id, kind, released: false })
}

async fn move_cursor(io: &Io, tx: &Connection, month: SolarMonth, from: i64, to: i64) -> Result<(), Failed> {
    if io.has(Defect::CursorBeforePage) {
        io.step("move the cursor").await;
        io.world().store.tables.closes.get_mut(&month).unwrap().cursor = to;
        return Ok(());
    }
    tx.lock("move the cursor", &[Lock::MonthClose(month)]).await?;
    let stands = io.world().store.tables.closes[&month].clone();
    if stands.closed || stands.cursor != from {
        return Err(Failed::Refused);
    }
    tx.write(move |tables| tables.closes.get_mut(&month).unwrap().cursor = to);
    Ok(())
}
