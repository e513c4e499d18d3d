//! The end of a close: vouchers per cost centre, the control sum, and the closing event, which is the last event of its
//! batch.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::app::AppContext;
use crate::failpoint::failpoint;
use crate::store::batches::{self, CloseLock, PaymentBatch};
use crate::store::{Error, Result, outbox};
use crate::wire::finance_payment_documents_v1::{BatchClosed, VoucherIssued, VoucherLine};
use crate::wire::outgoing::event_id;
use crate::wire::{EventType, Outgoing};

/// Short-term-benefit expense "marriage allowance".
const EXPENSE: &str = "short_term_benefits.marriage_allowance";
const PAYABLES: &str = "payables";

/// Code of a cost centre, its number of documents, and their total in rials.
type Centre = (String, i64, i64);

/// Writes the vouchers, closes the batch, and publishes the events of both.
///
/// # Errors
/// Also if the vouchers and the documents do not have the same total.
pub async fn finish(ctx: &AppContext, lock: &mut CloseLock, mut batch: PaymentBatch) -> Result<PaymentBatch> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("close_finish.begin", lock.begin().await)?;
    let documents = batches::documents(&mut tx, batch.month).await?;
    let mut hash = Sha256::new();
    let mut total: i64 = 0;
    for (id, amount) in &documents {
        hash.update(format!("{id},{amount}\n"));
        total = total.checked_add(*amount).ok_or(Error::Unreadable("total"))?;
    }
    batch.documents = i64::try_from(documents.len()).map_err(|_| Error::Unreadable("count"))?;
    batch.total = total;
    batch.digest = Some(hex::encode(hash.finalize()));
    batch.closed = true;
    let mut events = Vec::new();
    let mut booked: i64 = 0;
    for centre in batches::cost_centres(&mut tx, batch.month).await? {
        let id = format!("{}-{}", batch.batch_id, centre.0);
        if batches::insert_voucher(&mut tx, &id, batch.month, &centre).await? {
            events.push(voucher(&batch, &id, &centre, at)?);
        }
        booked += centre.2;
    }
    // R24: the vouchers agree with the documents to the rial, or nothing is closed.
    if booked != total {
        return Err(Error::Refused(format!("vouchers of {booked} rials for documents of {total}")));
    }
    events.push(closing(&batch, at)?);
    batches::finish(&mut tx, &batch, at).await?;
    outbox::append(&mut tx, events, ctx.groups).await?;
    failpoint!("close_finish.commit", tx.commit().await)?;
    Ok(batch)
}

/// Debits the expense and credits the payables, so the voucher is balanced.
fn voucher(
    batch: &PaymentBatch,
    id: &str,
    (centre, documents, total): &Centre,
    at: Timestamp,
) -> Result<Outgoing> {
    let total = total.unsigned_abs();
    let line = |account, debit_rial, credit_rial| VoucherLine {
        account: Cow::Borrowed(account),
        debit_rial,
        credit_rial,
    };
    let data = VoucherIssued {
        voucher_id: Cow::Borrowed(id),
        batch_id: Cow::Borrowed(&batch.batch_id),
        month: batch.month,
        cost_centre: Cow::Borrowed(centre),
        documents: documents.unsigned_abs(),
        lines: vec![line(EXPENSE, total, 0), line(PAYABLES, 0, total)],
    };
    event(EventType::VoucherIssued, batch, event_id(EventType::VoucherIssued, &[id]), at, &data)
}

fn closing(batch: &PaymentBatch, at: Timestamp) -> Result<Outgoing> {
    let data = BatchClosed {
        batch_id: Cow::Borrowed(&batch.batch_id),
        month: batch.month,
        documents: batch.documents.unsigned_abs(),
        total_rial: batch.total.unsigned_abs(),
        digest: Cow::Borrowed(batch.digest.as_deref().unwrap_or_default()),
    };
    event(EventType::BatchClosed, batch, event_id(EventType::BatchClosed, &[&batch.batch_id]), at, &data)
}

fn event(
    kind: EventType,
    batch: &PaymentBatch,
    id: String,
    at: Timestamp,
    data: &impl serde::Serialize,
) -> Result<Outgoing> {
    Outgoing::new(kind, batch.batch_id.clone(), id, at, Some(&batch.traceparent), data)
        .map_err(|_| Error::Unreadable("event"))
}
