//! Recovery of a database that is older than its topics, after a restore.
//!
//! The recovery adopts the records of the output topics, applies the inputs since the backup without deciding, and then
//! decides once for each person concerned. All inputs since the backup are treated as one batch. No event that the
//! topics contain is published a second time.
//!
//! Each step is one transaction, or can be resumed. The service refuses to start until the last step is done.

mod redecide;
mod topic_scan;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
pub use redecide::{RedecidedPage, decide_page};
pub use topic_scan::{ForeignRecords, TopicScan, UnreadableRecord};

use self::topic_scan::{ShardSequence, revision_of};
use super::{AppContext, relay};
use crate::claim::{Benefit, RULES_VERSION};
use crate::failpoint::failpoint;
use crate::law::SolarMonth;
use crate::store::batches::{self, CostCentreTotal, NewVoucher, PaymentBatch};
use crate::store::recovery::adopt::{self, RecoveredClose, RecoveredDecision, RecoveredDocument};
use crate::store::recovery::{self, Checkpoint, PersonToRedecide};
use crate::store::{Error, PgConnection, Result, close_pages, messages, outbox};
use crate::wire::outgoing::fresh_traceparent;

/// Fails if a recovery has begun and not ended: see [`recovery::refuse_half_recovered`].
pub async fn refuse_half_recovered(ctx: &AppContext) -> Result<()> {
    recovery::refuse_half_recovered(&ctx.pool).await
}

const STOP_ALL: &str = "stop every `peyvand serve` first";

/// Where a recovery begins.
pub struct RecoveryStart {
    pub checkpoints: Vec<Checkpoint>,
    /// A resumed recovery uses the checkpoints that it stored when it began.
    pub is_resumed: bool,
}

/// The checkpoints at which the recovery begins.
///
/// # Errors
/// Fails if a process delivers events.
pub async fn start(ctx: &AppContext) -> Result<RecoveryStart> {
    if let Some(checkpoints) = recovery::under_way(&ctx.pool).await? {
        return Ok(RecoveryStart { checkpoints, is_resumed: true });
    }
    let mut connection = ctx.pool.acquire().await?;
    if recovery::is_served(&mut connection).await? {
        return Err(Error::Refused(format!("a process delivers events, or did so a moment ago: {STOP_ALL}")));
    }
    let checkpoints = recovery::checkpoints(&mut connection).await?;
    Ok(RecoveryStart { checkpoints, is_resumed: false })
}

/// Writes the records of the topic scan to the database, in one transaction.
///
/// # Errors
/// Fails if the topics belong to another installation secret, if this database has published other events since the
/// restore, or if a process has written to it since the checkpoints were read.
pub async fn adopt(ctx: &AppContext, scan: &mut TopicScan, checkpoints: &[Checkpoint]) -> Result<()> {
    refuse_another_secret(ctx, scan)?;
    refuse_another_history(ctx, scan, checkpoints).await?;
    let mut tx = failpoint!("recover_adopt.begin", ctx.pool.begin().await)?;
    // A concurrent ingest has either committed before this lock, or finds the recovery under way after it.
    close_pages::lock_inputs(&mut tx).await?;
    if recovery::checkpoints(&mut tx).await? != checkpoints {
        return Err(Error::Refused(format!("a process has written to the database meanwhile: {STOP_ALL}")));
    }
    for (shard, sequence) in &scan.last_sequences {
        adopt::head(&mut tx, *shard, *sequence).await?;
    }
    name_records(&mut scan.decisions);
    adopt::decisions(&mut tx, &scan.decisions).await?;
    let highest: HashMap<_, _> = scan.decisions.iter().map(|d| (d.claim_id, d)).collect();
    adopt::claims(&mut tx, &highest.into_values().collect::<Vec<_>>()).await?;
    adopt_payments(&mut tx, ctx, scan).await?;
    adopt::answers(&mut tx, &scan.answers).await?;
    let persons = scan.persons().into_iter();
    let persons = persons.map(|code| PersonToRedecide { code, answered: Vec::new() });
    recovery::add(&mut tx, &persons.collect::<Vec<_>>()).await?;
    if !(scan.documents.is_empty() && scan.closings.is_empty()) {
        // The lost close has decided again for every person without a document.
        recovery::add_unpaid(&mut tx).await?;
    }
    recovery::begin(&mut tx, checkpoints).await?;
    // This database had issued these documents, and the topics show that they were delivered. Their SMS may now be
    // sent.
    let at = ctx.clock.now();
    let released = messages::release(&mut tx, &scan.confirmed_documents, at).await?;
    let events =
        released.iter().map(|message| relay::sms_requested(ctx, message, at)).collect::<Result<Vec<_>>>()?;
    outbox::append(&mut tx, events, ctx.shards).await?;
    failpoint!("recover_adopt.commit", tx.commit().await)?;
    Ok(())
}

/// Ids are derived from the installation secret. With another secret every claim would get another id, and would be
/// paid again.
///
/// # Errors
/// Also if no record has a right MAC: with another secret every record looks foreign.
pub fn refuse_another_secret(ctx: &AppContext, scan: &TopicScan) -> Result<()> {
    if scan.nothing_is_proved() {
        return Err(Error::Refused(NOTHING_PROVED.to_owned()));
    }
    for decision in &scan.decisions {
        if ctx.ids.decision(decision.claim_id, decision.revision) != decision.decision_id {
            return Err(Error::Refused(ANOTHER_SECRET.to_owned()));
        }
    }
    Ok(())
}

const NOTHING_PROVED: &str = "no record in the output topics has a right peyvand_mac: they were written with another \
     installation_secret; set that secret. If this installation has never written to them, remove the foreign records";

const ANOTHER_SECRET: &str =
    "the decisions in the topics were made with another installation_secret: set that secret";

const ANOTHER_HISTORY: &str = "belongs to another event in its topic: this database went on by itself after the \
     restore; restore the backup again, and run the recovery before anything else";

/// A database that ran after the restore and before the recovery has allocated sequence numbers that other events have
/// in the topics.
async fn refuse_another_history(
    ctx: &AppContext,
    scan: &TopicScan,
    checkpoints: &[Checkpoint],
) -> Result<()> {
    for &Checkpoint { shard, allocated, delivered } in checkpoints {
        let mut from = delivered;
        while from < allocated {
            let segments = outbox::page(&ctx.pool, shard, from, 1 << 20).await?;
            from = allocated;
            for segment in segments {
                for (sequence, event) in segment.events()? {
                    from = sequence;
                    let published = scan.confirmed.get(&ShardSequence { shard, sequence });
                    if published.is_some_and(|id| *id != event.id) {
                        return Err(Error::Refused(format!(
                            "relay shard {shard}: sequence number {sequence} {ANOTHER_HISTORY}"
                        )));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Fills in missing record ids. A claim without the spouse's code is identified by its registry record, and its last
/// revision may no longer name that record.
fn name_records(decisions: &mut [RecoveredDecision]) {
    let mut named: HashMap<uuid::Uuid, String> = HashMap::new();
    for decision in decisions.iter_mut().filter(|decision| decision.spouse.is_none()) {
        match &decision.record_id {
            Some(record) => drop(named.insert(decision.claim_id, record.clone())),
            None => decision.record_id = named.get(&decision.claim_id).cloned(),
        }
    }
}

async fn adopt_payments(tx: &mut PgConnection, ctx: &AppContext, scan: &TopicScan) -> Result<()> {
    for close in closes(ctx, scan)?.values() {
        adopt::close(tx, close).await?;
    }
    let records: HashMap<_, _> =
        scan.decisions.iter().map(|d| (d.decision_id, d.record_id.clone())).collect();
    let mut documents = Vec::with_capacity(scan.documents.len());
    for scanned in &scan.documents {
        let record_id = records.get(&scanned.data.decision_id).cloned().flatten();
        documents.push(RecoveredDocument { record_id, ..document(ctx, scanned)? });
    }
    documents.sort_by_key(|document| document.attempt);
    for document in &documents {
        adopt::document(tx, document).await?;
    }
    for voucher in &scan.vouchers {
        let mut total: u64 = 0;
        for line in &voucher.lines {
            total = total.checked_add(line.debit_rial).ok_or(Error::Unreadable("voucher's total"))?;
        }
        let centre = CostCentreTotal {
            cost_centre: voucher.cost_centre.to_string(),
            documents: bigint(voucher.documents, "documents")?,
            total_rial: bigint(total, "voucher's total")?,
        };
        let benefit = benefit_of(&voucher.batch_id, voucher.month)?;
        let voucher_id = &voucher.voucher_id;
        let voucher = NewVoucher { voucher_id, benefit, month: voucher.month, total: &centre };
        batches::insert_voucher(tx, &voucher).await?;
    }
    adopt::messages(tx, &scan.messages).await?;
    for case in &scan.cases {
        adopt::case(tx, case).await?;
    }
    for end in &scan.ends {
        adopt::case_end(tx, end).await?;
    }
    Ok(())
}

/// The closes whose documents or closing events are in the topics.
fn closes(ctx: &AppContext, scan: &TopicScan) -> Result<BTreeMap<SolarMonth, RecoveredClose>> {
    let mut closes = BTreeMap::new();
    for document in &scan.documents {
        let (data, at) = (&document.data, document.data.issued_at);
        let benefit = benefit_of(&data.batch_id, data.month)?;
        let close = closes
            .entry(data.month)
            .or_insert_with(|| recovered_close(ctx, data.month, at, document.traceparent.as_deref()));
        close.batches.entry(benefit).or_insert_with(|| PaymentBatch::open(benefit, data.month));
    }
    for closing in &scan.closings {
        let data = &closing.data;
        let benefit = benefit_of(&data.batch_id, data.month)?;
        let close = closes
            .entry(data.month)
            .or_insert_with(|| recovered_close(ctx, data.month, closing.at, closing.traceparent.as_deref()));
        let batch = PaymentBatch {
            documents: bigint(data.documents, "documents")?,
            total_rial: bigint(data.total_rial, "total_rial")?,
            digest: Some(data.digest.to_string()),
            ..PaymentBatch::open(benefit, data.month)
        };
        close.batches.insert(benefit, batch);
    }
    Ok(closes)
}

fn recovered_close(
    ctx: &AppContext,
    month: SolarMonth,
    at: Timestamp,
    traceparent: Option<&str>,
) -> RecoveredClose {
    RecoveredClose {
        month,
        business_date: ctx.clock.solar_date_of(at).unwrap_or_else(|_| ctx.clock.today()),
        at,
        traceparent: traceparent.map_or_else(fresh_traceparent, str::to_owned),
        batches: BTreeMap::new(),
    }
}

fn benefit_of(batch_id: &str, month: SolarMonth) -> Result<Benefit> {
    Benefit::of_batch(batch_id, month).ok_or(Error::Unreadable("batch id"))
}

/// Converts a number of an event to the type of its column.
fn bigint(number: u64, field: &'static str) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::Unreadable(field))
}

fn document(ctx: &AppContext, document: &topic_scan::ScannedDocument) -> Result<RecoveredDocument> {
    let data = &document.data;
    let revision = revision_of(&ctx.ids, data.claim_id, data.decision_id);
    Ok(RecoveredDocument {
        benefit: benefit_of(&data.batch_id, data.month)?,
        document_id: data.document_id.to_string(),
        person: data.national_code,
        claim_id: data.claim_id,
        attempt: i32::try_from(data.attempt).map_err(|_| Error::Unreadable("attempt"))?,
        decision_id: data.decision_id,
        record_id: None,
        revision: revision.ok_or_else(|| {
            Error::Refused("the decision of a document was made with another installation_secret".to_owned())
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

/// Ends the recovery. The service may start again.
pub async fn end(ctx: &AppContext) -> Result<()> {
    let mut tx = failpoint!("recover_end.begin", ctx.pool.begin().await)?;
    recovery::end(&mut tx).await?;
    failpoint!("recover_end.commit", tx.commit().await)?;
    Ok(())
}
