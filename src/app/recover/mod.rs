//! Recovery of a database that is older than its topics: it takes back what they hold, takes the inputs since in again without
//! deciding, and then decides everybody concerned once. All inputs since the backup are like one batch; nothing that the
//! topics hold is said again.
//!
//! Each step is one transaction or resumes where it stood; until the last one the service refuses to start.

mod redecide;
mod topic_scan;

use std::collections::{BTreeMap, HashMap};

pub use redecide::{RedecidedPage, decide_page};
pub use topic_scan::{OutputRecord, TopicScan, UnreadableRecord};

use self::topic_scan::revision_of;
use super::{AppContext, relay};
use crate::claim::RULES_VERSION;
use crate::failpoint::failpoint;
use crate::store::recovery::adopt::{self, RecoveredBatch, RecoveredDecision, RecoveredDocument};
use crate::store::recovery::{self, Checkpoints, PersonToRedecide};
use crate::store::{Error, PgConnection, Result, batches, close_pages, messages, outbox};
use crate::wire::outgoing::fresh_traceparent;

/// See [`recovery::refuse_half_recovered`].
pub async fn refuse_half_recovered(ctx: &AppContext) -> Result<()> {
    recovery::refuse_half_recovered(&ctx.pool).await
}

const STOP_ALL: &str = "stop every `peyvand serve` first";

/// Where the recovery begins: where this database stood, or where it did when a recovery was begun before.
pub async fn checkpoints(ctx: &AppContext) -> Result<(Checkpoints, bool)> {
    if let Some(checkpoints) = recovery::under_way(&ctx.pool).await? {
        return Ok((checkpoints, true));
    }
    let mut connection = ctx.pool.acquire().await?;
    if recovery::is_served(&mut connection).await? {
        return Err(Error::Refused(format!("a process delivers, or did a moment ago: {STOP_ALL}")));
    }
    Ok((recovery::checkpoints(&mut connection).await?, false))
}

/// Takes back what the topics hold, all or nothing.
pub async fn adopt(ctx: &AppContext, heard: &mut TopicScan, checkpoints: &Checkpoints) -> Result<()> {
    refuse_another_secret(ctx, heard)?;
    refuse_another_history(ctx, heard, checkpoints).await?;
    let mut tx = failpoint!("recover_adopt.begin", ctx.pool.begin().await)?;
    // Whoever takes in beside the recovery has written before this moment, or will find it under way.
    close_pages::lock_inputs(&mut tx).await?;
    if recovery::checkpoints(&mut tx).await? != *checkpoints {
        return Err(Error::Refused(format!("a process has written meanwhile: {STOP_ALL}")));
    }
    for (group, held) in &heard.last_sequences {
        adopt::head(&mut tx, *group, *held).await?;
    }
    name_records(&mut heard.decisions);
    adopt::decisions(&mut tx, &heard.decisions).await?;
    let highest: HashMap<_, _> = heard.decisions.iter().map(|d| (d.claim_id, d)).collect();
    adopt::claims(&mut tx, &highest.into_values().collect::<Vec<_>>()).await?;
    adopt_payments(&mut tx, ctx, heard).await?;
    let persons = heard.persons().into_iter();
    let person = |code| PersonToRedecide { code, moved: Vec::new(), answered: Vec::new() };
    recovery::add(&mut tx, &persons.map(person).collect::<Vec<_>>()).await?;
    if !(heard.documents.is_empty() && heard.closings.is_empty()) {
        // The lost close decided everybody without a document anew.
        recovery::add_unpaid(&mut tx).await?;
    }
    recovery::begin(&mut tx, checkpoints).await?;
    // Of documents that this database had issued and now hears to be delivered the SMS may go.
    let at = ctx.clock.now();
    let released = messages::release(&mut tx, &heard.confirmed_documents, at).await?;
    let events =
        released.iter().map(|message| relay::sms_requested(ctx, message, at)).collect::<Result<Vec<_>>>()?;
    outbox::append(&mut tx, events, ctx.groups).await?;
    failpoint!("recover_adopt.commit", tx.commit().await)?;
    Ok(())
}

/// Ids are derived from the secret: under another one everybody would be somebody else, and be paid again.
fn refuse_another_secret(ctx: &AppContext, heard: &TopicScan) -> Result<()> {
    let foreign = |d: &RecoveredDecision| ctx.ids.decision(d.claim_id, d.revision) != d.decision_id;
    if heard.decisions.iter().any(foreign) {
        let told = "the topics' decisions are not of this database's installation_secret: set the one that they were made with";
        return Err(Error::Refused(told.to_owned()));
    }
    Ok(())
}

const ANOTHERS: &str = "is another event's in its topic: this database went on by itself after it was restored; restore the backup again, and recover before anything else runs";

/// A database that went on by itself after it was restored has given positions that the topics hold to other events.
async fn refuse_another_history(
    ctx: &AppContext,
    heard: &TopicScan,
    checkpoints: &Checkpoints,
) -> Result<()> {
    for (group, given, delivered) in checkpoints {
        let mut from = *delivered;
        while from < *given {
            let segments = outbox::page(&ctx.pool, *group, from, 1 << 20).await?;
            from = *given;
            for segment in segments {
                for (position, event) in segment.events()? {
                    from = position;
                    let held = heard.confirmed.get(&(*group, position));
                    if held.is_some_and(|id| *id != event.id) {
                        return Err(Error::Refused(format!("group {group}: position {position} {ANOTHERS}")));
                    }
                }
            }
        }
    }
    Ok(())
}

/// A claim without a spouse's code is told apart by its record, which its last revision may name no more.
fn name_records(decisions: &mut [RecoveredDecision]) {
    let mut named: HashMap<uuid::Uuid, String> = HashMap::new();
    for decision in decisions.iter_mut().filter(|decision| decision.spouse.is_none()) {
        match &decision.record_id {
            Some(record) => drop(named.insert(decision.claim_id, record.clone())),
            None => decision.record_id = named.get(&decision.claim_id).cloned(),
        }
    }
}

async fn adopt_payments(tx: &mut PgConnection, ctx: &AppContext, heard: &TopicScan) -> Result<()> {
    let mut months: BTreeMap<String, RecoveredBatch> = BTreeMap::new();
    let business_date = |at| ctx.clock.solar_date_of(at).unwrap_or_else(|_| ctx.clock.today()).to_string();
    for document in &heard.documents {
        let (data, at) = (&document.data, document.data.issued_at);
        months.entry(data.month.to_string()).or_insert_with(|| RecoveredBatch {
            month: data.month.to_string(),
            batch_id: data.batch_id.to_string(),
            business_date: business_date(at),
            at,
            traceparent: document.traceparent.clone().unwrap_or_else(fresh_traceparent),
            closing: None,
        });
    }
    for closing in &heard.closings {
        let data = &closing.data;
        let batch = months.entry(data.month.to_string()).or_insert_with(|| RecoveredBatch {
            month: data.month.to_string(),
            batch_id: data.batch_id.to_string(),
            business_date: business_date(closing.at),
            at: closing.at,
            traceparent: closing.traceparent.clone().unwrap_or_else(fresh_traceparent),
            closing: None,
        });
        let documents = bigint(data.documents, "documents")?;
        let total = bigint(data.total_rial, "total_rial")?;
        batch.closing = Some((documents, total, data.digest.to_string()));
    }
    for batch in months.values() {
        adopt::batch(tx, batch).await?;
    }
    let mut documents = heard.documents.iter().map(|d| document(ctx, d)).collect::<Result<Vec<_>>>()?;
    documents.sort_by_key(|document| document.attempt);
    for document in &documents {
        adopt::document(tx, document).await?;
    }
    for voucher in &heard.vouchers {
        let mut total: u64 = 0;
        for line in &voucher.lines {
            total = total.checked_add(line.debit_rial).ok_or(Error::Unreadable("voucher's total"))?;
        }
        let documents = bigint(voucher.documents, "documents")?;
        let centre = (voucher.cost_centre.to_string(), documents, bigint(total, "voucher's total")?);
        batches::insert_voucher(tx, &voucher.voucher_id, voucher.month, &centre).await?;
    }
    adopt::messages(tx, &heard.messages).await?;
    for case in &heard.cases {
        adopt::case(tx, case).await?;
    }
    Ok(())
}

/// A number of an event as the database holds it.
fn bigint(number: u64, field: &'static str) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::Unreadable(field))
}

fn document(ctx: &AppContext, document: &topic_scan::ScannedDocument) -> Result<RecoveredDocument> {
    let data = &document.data;
    let revision = revision_of(&ctx.ids, data.claim_id, data.decision_id);
    Ok(RecoveredDocument {
        document_id: data.document_id.to_string(),
        person: data.national_code,
        claim_id: data.claim_id,
        attempt: i32::try_from(data.attempt).map_err(|_| Error::Unreadable("attempt"))?,
        decision_id: data.decision_id,
        revision: revision.ok_or_else(|| {
            Error::Refused("a document's decision is not of this database's installation_secret".to_owned())
        })?,
        month: data.month.to_string(),
        amount: bigint(data.amount_rial, "amount")?,
        sheba: data.sheba.to_string(),
        cost_centre: data.cost_centre.to_string(),
        issued_at: data.issued_at,
        rules_version: RULES_VERSION,
        tables_version: ctx.tables.version().to_owned(),
        business_date: ctx.business_date(data.issued_at).to_string(),
    })
}

/// The service may start again.
pub async fn end(ctx: &AppContext) -> Result<()> {
    let mut tx = failpoint!("recover_end.begin", ctx.pool.begin().await)?;
    recovery::end(&mut tx).await?;
    failpoint!("recover_end.commit", tx.commit().await)?;
    Ok(())
}
