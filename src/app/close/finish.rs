//! The end of a close: vouchers per cost centre, the control sum, and the closing event, which is the last event of its
//! batch.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::app::AppContext;
use crate::failpoint::failpoint;
use crate::store::batches::{self, NewVoucher, PaymentBatch};
use crate::store::closes::{self, CloseLock, MonthClose};
use crate::store::{Error, PgConnection, Result, outbox};
use crate::wire::finance_payment_documents_v1::{BatchClosed, VoucherIssued, VoucherLine};
use crate::wire::outgoing::event_id;
use crate::wire::{EventType, Outgoing};

const PAYABLES: &str = "payables";

/// Ends the close: writes the vouchers and the control sums of every batch, and publishes their events.
///
/// # Errors
/// Also if the vouchers and the documents of a batch do not have the same total.
pub async fn finish(ctx: &AppContext, lock: &mut CloseLock, mut close: MonthClose) -> Result<MonthClose> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("close_finish.begin", lock.begin().await)?;
    let mut events = Vec::new();
    for batch in &mut close.batches {
        let stamp = EventStamp { at, trace: &close.traceparent };
        events.extend(finish_batch(&mut tx, batch, &stamp).await?);
    }
    close.closed = true;
    closes::finish(&mut tx, close.month, at).await?;
    outbox::append(&mut tx, events, ctx.shards).await?;
    failpoint!("close_finish.commit", tx.commit().await)?;
    Ok(close)
}

/// The values that all events of the end of a close share.
struct EventStamp<'a> {
    at: Timestamp,
    trace: &'a str,
}

/// Sums the batch, and returns its vouchers and its closing event.
async fn finish_batch(
    tx: &mut PgConnection,
    batch: &mut PaymentBatch,
    stamp: &EventStamp<'_>,
) -> Result<Vec<Outgoing>> {
    let documents = batches::documents(tx, batch).await?;
    let mut hash = Sha256::new();
    let mut total: i64 = 0;
    for document in &documents {
        hash.update(format!("{},{}\n", document.document_id, document.amount_rial));
        total = total.checked_add(document.amount_rial).ok_or(Error::Unreadable("total"))?;
    }
    batch.documents = i64::try_from(documents.len()).map_err(|_| Error::Unreadable("count"))?;
    batch.total_rial = total;
    batch.digest = Some(hex::encode(hash.finalize()));
    let mut events = Vec::new();
    let mut booked: i64 = 0;
    for centre in batches::cost_centres(tx, batch).await? {
        let id = format!("{}-{}", batch.batch_id, centre.cost_centre);
        let (benefit, month) = (batch.benefit, batch.month);
        let voucher = NewVoucher { voucher_id: &id, benefit, month, total: &centre };
        if batches::insert_voucher(tx, &voucher).await? {
            events.push(voucher_issued(batch, &voucher, stamp)?);
        }
        booked = booked.checked_add(centre.total_rial).ok_or(Error::Unreadable("total"))?;
    }
    // R24: the vouchers agree with the documents to the rial, or nothing is closed.
    if booked != total {
        return Err(Error::Refused(format!("vouchers of {booked} rials for documents of {total}")));
    }
    events.push(batch_closed(batch, stamp)?);
    batches::finish(tx, batch).await?;
    Ok(events)
}

/// Debits the benefit's expense account and credits the payables, so the voucher is balanced.
fn voucher_issued(
    batch: &PaymentBatch,
    voucher: &NewVoucher<'_>,
    stamp: &EventStamp<'_>,
) -> Result<Outgoing> {
    let total = voucher.total.total_rial.unsigned_abs();
    let data = VoucherIssued {
        voucher_id: Cow::Borrowed(voucher.voucher_id),
        batch_id: Cow::Borrowed(&batch.batch_id),
        month: batch.month,
        cost_centre: Cow::Borrowed(&voucher.total.cost_centre),
        documents: voucher.total.documents.unsigned_abs(),
        lines: vec![
            VoucherLine {
                account: Cow::Borrowed(batch.benefit.expense_account()),
                debit_rial: total,
                credit_rial: 0,
            },
            VoucherLine { account: Cow::Borrowed(PAYABLES), debit_rial: 0, credit_rial: total },
        ],
    };
    let id = event_id(EventType::VoucherIssued, &[voucher.voucher_id]);
    event(EventType::VoucherIssued, batch, id, stamp, &data)
}

fn batch_closed(batch: &PaymentBatch, stamp: &EventStamp<'_>) -> Result<Outgoing> {
    let data = BatchClosed {
        batch_id: Cow::Borrowed(&batch.batch_id),
        month: batch.month,
        documents: batch.documents.unsigned_abs(),
        total_rial: batch.total_rial.unsigned_abs(),
        digest: Cow::Borrowed(batch.digest.as_deref().unwrap_or_default()),
    };
    let id = event_id(EventType::BatchClosed, &[&batch.batch_id]);
    event(EventType::BatchClosed, batch, id, stamp, &data)
}

fn event(
    kind: EventType,
    batch: &PaymentBatch,
    id: String,
    stamp: &EventStamp<'_>,
    data: &impl serde::Serialize,
) -> Result<Outgoing> {
    Outgoing::new(kind, batch.batch_id.clone(), id, stamp.at, Some(stamp.trace), data)
        .map_err(|_| Error::Unreadable("event"))
}
