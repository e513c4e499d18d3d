//! Restores what the topics contain: the rows as they were when their events entered the outbox.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::claim::Benefit;
use crate::ident::NationalCode;
use crate::law::{SolarDate, SolarMonth};
use crate::store::batches::{self, PaymentBatch};
use crate::store::closes::{self, CloseOpening};
use crate::store::{PgConnection, Result, instant};

/// A published revision without its facts, and the state of its claim at that time.
pub struct RecoveredDecision {
    pub benefit: Benefit,
    pub decision_id: Uuid,
    pub claim_id: Uuid,
    pub revision: i32,
    pub person: NationalCode,
    pub deed_date: String,
    pub spouse: Option<i64>,
    pub record_id: Option<String>,
    pub request_id: Option<String>,
    pub outcome: &'static str,
    pub amount: Option<i64>,
    pub reasons: Vec<&'static str>,
    pub withdrawn: bool,
    pub days: Option<i32>,
    pub wage_sum: Option<i64>,
    pub facts_digest: Vec<u8>,
    pub answer_digest: [u8; 32],
    pub working_digest: [u8; 32],
    pub content_digest: [u8; 32],
    pub rules_version: String,
    pub tables_version: String,
    pub business_date: String,
    pub decided_at: Timestamp,
}

pub async fn decisions(tx: &mut PgConnection, all: &[RecoveredDecision]) -> Result<u64> {
    let done = sqlx::query(
        "INSERT INTO decisions (decision_id, claim_id, revision, outcome, amount, reasons, days, wage_sum, facts, content_digest,
             rules_version, tables_version, business_date, decided_at)
         SELECT a, b, c, d, e, array_remove(string_to_array(f, ' '), ''), g, h, '', i, j, k, l, m::timestamptz
         FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[], $6::text[], $7::int[], $8::bigint[], $9::bytea[],
             $10::text[], $11::text[], $12::text[], $13::text[]) AS u (a, b, c, d, e, f, g, h, i, j, k, l, m)
         ON CONFLICT (decision_id) DO NOTHING",
    )
    .bind(all.iter().map(|d| d.decision_id).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.claim_id).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.revision).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.outcome).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.amount).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.reasons.join(" ")).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.days).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.wage_sum).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.content_digest.as_slice()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.rules_version.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.tables_version.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.business_date.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| instant(d.decided_at)).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    Ok(done.rows_affected())
}

/// Without a spouse's code the record identifies the pair. A claim whose record moved away does not name it any more.
fn unnamed(decision: &&RecoveredDecision) -> Option<String> {
    decision.record_id.clone().filter(|_| decision.spouse.is_none())
}

/// Restores the claims of these revisions, each of which is the highest revision of its claim.
pub async fn claims(tx: &mut PgConnection, all: &[&RecoveredDecision]) -> Result<()> {
    sqlx::query(
        "INSERT INTO claims (claim_id, benefit, person, deed_date, spouse, unnamed_record, record_id, request_id, revision, outcome, amount,
             reasons, withdrawn, decision_id, facts_digest, answer_digest, working_digest)
         SELECT a, q, b, c, d,
             CASE WHEN d IS NULL THEN coalesce(e, (SELECT unnamed_record FROM claims WHERE person = b AND claim_id = a), '') END,
             CASE WHEN l THEN NULL ELSE f END, g, h, i, j, array_remove(string_to_array(k, ' '), ''), l, m, n, o, p
         FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[],
             $10::bigint[], $11::text[], $12::bool[], $13::uuid[], $14::bytea[], $15::bytea[], $16::bytea[], $17::text[])
             AS u (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
         ON CONFLICT (person, claim_id) DO UPDATE SET record_id = excluded.record_id, request_id = excluded.request_id,
             revision = excluded.revision, outcome = excluded.outcome, amount = excluded.amount, reasons = excluded.reasons,
             withdrawn = excluded.withdrawn, decision_id = excluded.decision_id, facts_digest = excluded.facts_digest,
             answer_digest = excluded.answer_digest, working_digest = excluded.working_digest
         WHERE claims.revision < excluded.revision",
    )
    .bind(all.iter().map(|d| d.claim_id).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.person.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.deed_date.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.spouse).collect::<Vec<_>>())
    .bind(all.iter().map(unnamed).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.record_id.as_deref()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.request_id.as_deref()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.revision).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.outcome).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.amount).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.reasons.join(" ")).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.withdrawn).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.decision_id).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.facts_digest.as_slice()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.answer_digest.as_slice()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.working_digest.as_slice()).collect::<Vec<_>>())
    .bind(all.iter().map(|d| d.benefit.as_str()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// The close of a month, ended or not.
pub struct RecoveredClose {
    pub month: SolarMonth,
    pub business_date: SolarDate,
    pub at: Timestamp,
    pub traceparent: String,
    /// By benefit. A batch without a digest has no closing event in its topic.
    pub batches: BTreeMap<Benefit, PaymentBatch>,
}

impl RecoveredClose {
    /// Every benefit of the close has its closing event. They are published in one transaction of the close, so either
    /// all of them or none are in the outbox.
    fn is_closed(&self) -> bool {
        self.batches.values().all(|batch| batch.digest.is_some())
    }
}

/// Restores a close. The inputs that its pages saw are lost, so it names none.
pub async fn close(tx: &mut PgConnection, close: &RecoveredClose) -> Result<()> {
    let benefits: Vec<_> = close.batches.keys().copied().collect();
    let opening = CloseOpening {
        month: close.month,
        benefits: &benefits,
        business_date: close.business_date,
        at: close.at,
        input_offsets: "[]",
        traceparent: &close.traceparent,
    };
    closes::open(tx, &opening).await?;
    if close.is_closed() {
        for batch in close.batches.values() {
            batches::finish(tx, batch).await?;
        }
        closes::end(tx, close.month, close.at).await?;
    }
    Ok(())
}

/// A document that was published to finance.
pub struct RecoveredDocument {
    pub benefit: Benefit,
    pub document_id: String,
    pub person: NationalCode,
    pub claim_id: Uuid,
    pub attempt: i32,
    pub decision_id: Uuid,
    /// The registry record that the decision names, if its own event is in the topics.
    pub record_id: Option<String>,
    /// The revision of the decision, found by the decision's id.
    pub revision: i32,
    pub month: String,
    pub amount: i64,
    pub sheba: String,
    pub cost_centre: String,
    pub issued_at: Timestamp,
    pub rules_version: &'static str,
    pub tables_version: String,
    pub business_date: String,
}

/// Restores a document. Earlier attempts must be restored first.
///
/// # Errors
/// The unique keys are the authority: a second payment to a person fails here.
pub async fn document(tx: &mut PgConnection, document: &RecoveredDocument) -> Result<()> {
    sqlx::query("INSERT INTO persons (code) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(document.person.to_i64())
        .execute(&mut *tx)
        .await?;
    // If the decision's own event never reached its topic, this row is a placeholder: the recovery publishes the
    // decision before it ends.
    sqlx::query(
        "INSERT INTO decisions (decision_id, claim_id, revision, outcome, amount, reasons, facts, content_digest, rules_version,
             tables_version, business_date, decided_at)
         VALUES ($1, $2, $3, 'APPROVED', $4, '{}', '', '', $5, $6, $7, $8::timestamptz) ON CONFLICT (decision_id) DO NOTHING",
    )
    .bind(document.decision_id)
    .bind(document.claim_id)
    .bind(document.revision)
    .bind(document.amount)
    .bind(document.rules_version)
    .bind(&document.tables_version)
    .bind(&document.business_date)
    .bind(instant(document.issued_at))
    .execute(&mut *tx)
    .await?;
    payment(tx, document).await?;
    sqlx::query("UPDATE documents SET superseded = true WHERE claim_id = $1 AND attempt < $2")
        .bind(document.claim_id)
        .bind(document.attempt)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO documents (document_id, person, claim_id, attempt, decision_id, month, amount, sheba, cost_centre, province_code,
             issued_at, benefit)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce((SELECT province_code FROM persons WHERE code = $2), ''), $10::timestamptz,
             $11
         ON CONFLICT (document_id) DO NOTHING",
    )
    .bind(&document.document_id)
    .bind(document.person.to_i64())
    .bind(document.claim_id)
    .bind(document.attempt)
    .bind(document.decision_id)
    .bind(&document.month)
    .bind(document.amount)
    .bind(&document.sheba)
    .bind(&document.cost_centre)
    .bind(instant(document.issued_at))
    .bind(document.benefit.as_str())
    .execute(tx)
    .await?;
    Ok(())
}

/// Restores the payment of a document, if an earlier attempt has not restored it.
async fn payment(tx: &mut PgConnection, document: &RecoveredDocument) -> Result<()> {
    // Without the decision's own event, the record is that of the claim.
    sqlx::query(
        "INSERT INTO payments (person, claim_id, amount, decision_id, benefit, record_id)
         SELECT $1, $2, $3, $4, $5, coalesce($6, (SELECT record_id FROM claims WHERE person = $1 AND claim_id = $2))
         ON CONFLICT (person, benefit, claim_id) DO NOTHING",
    )
        .bind(document.person.to_i64())
        .bind(document.claim_id)
        .bind(document.amount)
        .bind(document.decision_id)
        .bind(document.benefit.as_str())
        .bind(document.record_id.as_deref())
        .execute(tx)
        .await?;
    Ok(())
}

/// An SMS that was requested from the gateway.
pub struct RecoveredMessage {
    pub sms_id: String,
    pub kind: &'static str,
    pub claim_id: Uuid,
    pub document_id: String,
    pub mobile: String,
    pub body: String,
    pub segments: i32,
    pub traceparent: Option<String>,
    pub at: Timestamp,
}

pub async fn messages(tx: &mut PgConnection, all: &[RecoveredMessage]) -> Result<()> {
    sqlx::query(
        "INSERT INTO messages (sms_id, kind, person, claim_id, document_id, mobile, body, segments, traceparent, written_at, released_at)
         SELECT a, b, d.person, c, u.document, e, f, g, h, i::timestamptz, i::timestamptz
         FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[])
             AS u (a, b, c, document, e, f, g, h, i) JOIN documents d ON d.document_id = u.document
         ON CONFLICT (sms_id) DO UPDATE SET released_at = coalesce(messages.released_at, excluded.released_at)",
    )
    .bind(all.iter().map(|m| m.sms_id.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.kind).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.claim_id).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.document_id.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.mobile.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.body.as_str()).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.segments).collect::<Vec<_>>())
    .bind(all.iter().map(|m| m.traceparent.as_deref()).collect::<Vec<_>>())
    .bind(all.iter().map(|m| instant(m.at)).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// A case that was published.
pub struct RecoveredCase {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub document_id: String,
    pub person: NationalCode,
    pub kind: &'static str,
    pub grounds: Vec<String>,
    pub new_amount: Option<i64>,
    pub cause: [u8; 32],
    pub opened_at: Timestamp,
}

pub async fn case(tx: &mut PgConnection, case: &RecoveredCase) -> Result<()> {
    sqlx::query(
        "INSERT INTO cases (case_id, claim_id, document_id, person, kind, grounds, new_amount, opened_at, cause)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9) ON CONFLICT (case_id) DO NOTHING",
    )
    .bind(case.case_id)
    .bind(case.claim_id)
    .bind(&case.document_id)
    .bind(case.person.to_i64())
    .bind(case.kind)
    .bind(&case.grounds)
    .bind(case.new_amount)
    .bind(instant(case.opened_at))
    .bind(case.cause.as_slice())
    .execute(tx)
    .await?;
    Ok(())
}

/// The end of a case that was published.
pub struct RecoveredEnd {
    pub case_id: Uuid,
    pub person: NationalCode,
    pub outcome: &'static str,
    pub amount: Option<i64>,
    pub proposal_sha256: Vec<u8>,
    pub ended_at: Timestamp,
}

/// Restores the mark of an ended case, so that its end is not published a second time. What the officers said is in the
/// inputs: the redecision takes instant and order from there.
pub async fn case_end(tx: &mut PgConnection, end: &RecoveredEnd) -> Result<()> {
    sqlx::query(
        "UPDATE cases SET closed_at = $2::timestamptz, outcome = $3, ordered = $4, proposal_sha256 = $5 WHERE case_id = $1",
    )
    .bind(end.case_id)
    .bind(instant(end.ended_at))
    .bind(end.outcome)
    .bind(end.amount)
    .bind(end.proposal_sha256.as_slice())
    .execute(tx)
    .await?;
    Ok(())
}

/// An answer to an objection that was published.
pub struct RecoveredAnswer {
    pub person: NationalCode,
    pub objection_id: Uuid,
    pub answered_at: Timestamp,
}

/// Restores the marks of answered objections, so that no objection is answered a second time. The objections themselves
/// are in the inputs.
pub async fn answers(tx: &mut PgConnection, all: &[RecoveredAnswer]) -> Result<()> {
    sqlx::query(
        "INSERT INTO objections (person, objection_id, answered_at)
         SELECT a, b, c::timestamptz FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS u (a, b, c)
         ON CONFLICT (person, objection_id) DO UPDATE
             SET answered_at = coalesce(objections.answered_at, excluded.answered_at)",
    )
    .bind(all.iter().map(|answer| answer.person.to_i64()).collect::<Vec<_>>())
    .bind(all.iter().map(|answer| answer.objection_id).collect::<Vec<_>>())
    .bind(all.iter().map(|answer| instant(answer.answered_at)).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Continues the sequence numbers of a shard after `last`, the last one that its partitions contain, and marks
/// everything up to it as delivered.
pub async fn head(tx: &mut PgConnection, shard: i16, last: i64) -> Result<()> {
    sqlx::query("UPDATE outbox_heads SET next_position = greatest(next_position, $2 + 1) WHERE grp = $1")
        .bind(shard)
        .bind(last)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE relay_groups SET delivered = greatest(delivered, $2), owner = NULL, until = NULL WHERE grp = $1")
        .bind(shard)
        .bind(last)
        .execute(tx)
        .await?;
    Ok(())
}
