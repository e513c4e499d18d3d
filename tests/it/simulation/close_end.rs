//! The end of a close; as `app::close::finish`.

use std::collections::BTreeMap;

use peyvand::store::closes::MonthClose;
use peyvand::wire::EventType;
use peyvand::wire::outgoing::event_id;
use serde_json::json;

use super::connection::Connection;
use super::io::{Failed, Io};
use super::store::Lock;
use super::writing::event;

/// Writes a voucher per cost centre, and the closing event as the last event of its batch.
pub async fn finish(io: &Io, tx: &Connection, mut ended: MonthClose) -> Result<(), Failed> {
    let month = ended.month;
    tx.lock("end the close", &[Lock::MonthClose(month)]).await?;
    let mut centres: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut lines = String::new();
    for (id, document) in &io.world().store.tables.rows.documents {
        if document.month == month {
            let centre = centres.entry(document.cost_centre.clone()).or_default();
            *centre = (centre.0 + 1, centre.1 + document.amount.to_i64());
            lines += &format!("{id},{}\n", document.amount.get());
        }
    }
    let batch = &mut ended.batches[0];
    batch.documents = centres.values().map(|centre| centre.0).sum();
    batch.total_rial = centres.values().map(|centre| centre.1).sum();
    batch.digest = Some(hex::encode(peyvand::claim::facts::digest(lines.as_bytes())));
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
    let data = json!({"documents": batch.documents, "total_rial": batch.total_rial, "digest": batch.digest});
    let ce_id = event_id(EventType::BatchClosed, &[&batch.batch_id]);
    events.push(event(EventType::BatchClosed, &batch.batch_id, &ce_id, &data));
    if io.world().store.tables.closes[&month].closed {
        return Err(Failed::Refused);
    }
    let cursor = io.world().store.tables.closes[&month].cursor;
    (ended.closed, ended.cursor) = (true, cursor);
    tx.write(move |tables| drop(tables.closes.insert(month, ended)));
    tx.place(events).await?;
    tx.commit("commit the end of the close").await
}
