//! Applies the inputs since the backup during a recovery. Nothing is decided here: all inputs since the backup count as
//! one batch, and each touched person is decided once after it (`recover/redecide.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{IngestStats, RecordBatch, write_facts};
use crate::app::AppContext;
use crate::failpoint::failpoint;
use crate::ident::NationalCode;
use crate::store::offsets::OffsetOwner;
use crate::store::recovery::{self, PersonToRedecide};
use crate::store::{Error, PgConnection, Result, marriages, outbox, payments};

/// Applies a batch without deciding. `published` contains the ids of receipts and dead letters that are in the topics;
/// these are not published again.
///
/// # Errors
/// On an error nothing of the batch is written.
pub async fn apply_batch_without_deciding(
    ctx: &AppContext,
    batch: &RecordBatch,
    published: &HashSet<String>,
) -> Result<IngestStats> {
    let at = ctx.clock.now();
    let mut tx = failpoint!("recover_ingest.begin", ctx.pool.begin().await)?;
    let saved = write_facts(&mut tx, OffsetOwner::Recovery, batch, at).await?;
    let dead_letters = saved.dead_letter_events.len();
    let to_decide = saved.to_decide;
    // `write_facts` leaves the registry rows to the decision.
    marriages::save(&mut tx, &to_decide.fresh).await?;
    let mut answered = documents_by_person(&mut tx, to_decide.changes.answered).await?;
    let mut persons = Vec::with_capacity(to_decide.touched.len());
    for code in to_decide.touched.into_keys() {
        persons.push(PersonToRedecide { code, answered: answered.remove(&code).unwrap_or_default() });
    }
    recovery::add(&mut tx, &persons).await?;
    let mut events = saved.dead_letter_events;
    events.extend(saved.file_tally.write(&mut tx, at).await?);
    events.retain(|event| !published.contains(&event.id));
    outbox::append(&mut tx, events, ctx.shards).await?;
    failpoint!("recover_ingest.commit", tx.commit().await).map_err(Error::Database)?;
    Ok(IngestStats { messages: batch.records.len(), decisions: BTreeMap::new(), dead_letters })
}

/// The answered documents of each person.
async fn documents_by_person(
    tx: &mut PgConnection,
    answered: HashSet<String>,
) -> Result<HashMap<NationalCode, Vec<String>>> {
    let ids: Vec<_> = answered.iter().map(String::as_str).collect();
    let persons = payments::persons_of_documents(tx, &ids).await?;
    if persons.len() < answered.len() {
        return Err(Error::Invariant("every answered document has a person"));
    }
    let mut documents: HashMap<NationalCode, Vec<String>> = HashMap::new();
    for (id, person) in persons {
        documents.entry(person).or_default().push(id);
    }
    Ok(documents)
}
