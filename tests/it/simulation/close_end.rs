//! The end of a close; as `app::close::finish`.

use std::collections::BTreeMap;

use peyvand::store::batches::PaymentBatch;
use peyvand::wire::EventType;
use peyvand::wire::outgoing::event_id;
use serde_json::json;

use super::connection::Connection;
use super::io::{Failed, Io};
use super::store::Lock;
use super::writing::event;

/// Writes a voucher per cost centre, and the closing event as the last event of its batch.
pub async fn finish(io: &Io, tx: &Connection, mut batch: PaymentBatch) -> Result<(), Failed> {
    tx.lock("close the batch", &[Lock::Batch(batch.month)]).await?;
    let mut centres: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut lines = String::new();
    for (id, document) in &io.world().store.tables.rows.documents {
        if document.month == batch.month {
            let centre = centres.entry(document.cost_centre.clone()).or_default();
            *centre = (centre.0 + 1, centre.1 + document.amount.to_i64());
            lines += &format!("{id},{}\n", document.amount.get());
        }
    }
    batch.documents = centres.values().map(|centre| centre.0).sum();
    batch.total = centres.values().map(|centre| centre.1).sum();
    batch.digest = Some(hex::encode(peyvand::claim::facts::digest(lines.as_bytes())));
    batch.closed = true;
    let mut events = Vec::new();
    for (name, centre) in centres {
        let id = format!("{}-{name}", batch.batch_id);
        let data = json!({"voucher_id": id, "documents": centre.0, "total_rial": centre.1});
        let ce_id = event_id(EventType::VoucherIssued, &[&id]);
        events.push(event(EventType::VoucherIssued, &batch.batch_id, &ce_id, &data));
        tx.take([("vouchers", id.clone())]);
        tx.write(move |tables| {
            tables.vouchers.insert(id, centre);
        });
    }
    let data = json!({"documents": batch.documents, "total_rial": batch.total, "digest": batch.digest});
    let ce_id = event_id(EventType::BatchClosed, &[&batch.batch_id]);
    events.push(event(EventType::BatchClosed, &batch.batch_id, &ce_id, &data));
    if io.world().store.tables.batches[&batch.month].closed {
        return Err(Failed::Refused);
    }
    let cursor = io.world().store.tables.batches[&batch.month].cursor;
    batch.cursor = cursor;
    tx.write(move |tables| drop(tables.batches.insert(batch.month, batch)));
    tx.place(events).await?;
    tx.commit("commit the end of the close").await
}
