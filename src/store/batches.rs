//! The batches of payment documents that a close issues, one for each benefit, with their vouchers.

use sqlx::FromRow;

use super::{PgConnection, Result, parsed};
use crate::claim::Benefit;
use crate::law::SolarMonth;

/// The documents of a benefit that the close of a month issues.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentBatch {
    pub benefit: Benefit,
    pub month: SolarMonth,
    pub batch_id: String,
    /// Zero until the close ends, as is the total.
    pub documents: i64,
    pub total_rial: i64,
    /// `None` until the close ends.
    pub digest: Option<String>,
}

impl PaymentBatch {
    /// A batch whose close has not ended.
    pub fn open(benefit: Benefit, month: SolarMonth) -> Self {
        Self { benefit, month, batch_id: benefit.batch_id(month), documents: 0, total_rial: 0, digest: None }
    }
}

#[derive(FromRow)]
struct BatchRow {
    benefit: String,
    month: String,
    batch_id: String,
    documents: i64,
    total: i64,
    digest: Option<String>,
}

/// All batches, in the order of months and benefits.
pub async fn all(tx: &mut PgConnection) -> Result<Vec<PaymentBatch>> {
    let rows: Vec<BatchRow> = sqlx::query_as(
        "SELECT benefit, month, batch_id, coalesce(documents, 0) AS documents, coalesce(total, 0) AS total, digest
         FROM batches ORDER BY month, benefit",
    )
    .fetch_all(tx)
    .await?;
    let mut batches = Vec::with_capacity(rows.len());
    for row in rows {
        batches.push(PaymentBatch {
            benefit: parsed(&row.benefit, "benefit")?,
            month: parsed(&row.month, "month")?,
            batch_id: row.batch_id,
            documents: row.documents,
            total_rial: row.total,
            digest: row.digest,
        });
    }
    Ok(batches)
}

/// Inserts a batch without documents; an existing one is not changed.
pub async fn open(tx: &mut PgConnection, benefit: Benefit, month: SolarMonth) -> Result<()> {
    sqlx::query("INSERT INTO batches (benefit, month, batch_id) VALUES ($1, $2, $3) ON CONFLICT (benefit, month) DO NOTHING")
        .bind(benefit.as_str())
        .bind(month.to_string())
        .bind(benefit.batch_id(month))
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes the control sums of a batch.
pub async fn finish(tx: &mut PgConnection, batch: &PaymentBatch) -> Result<()> {
    sqlx::query(
        "UPDATE batches SET documents = $3, total = $4, digest = $5 WHERE benefit = $1 AND month = $2",
    )
    .bind(batch.benefit.as_str())
    .bind(batch.month.to_string())
    .bind(batch.documents)
    .bind(batch.total_rial)
    .bind(&batch.digest)
    .execute(tx)
    .await?;
    Ok(())
}

/// Id and amount of a document.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct DocumentAmount {
    pub document_id: String,
    #[sqlx(rename = "amount")]
    pub amount_rial: i64,
}

/// The documents of a batch, ids in byte order.
pub async fn documents(tx: &mut PgConnection, batch: &PaymentBatch) -> Result<Vec<DocumentAmount>> {
    Ok(sqlx::query_as(
        "SELECT document_id, amount FROM documents WHERE benefit = $1 AND month = $2 ORDER BY document_id COLLATE \"C\"",
    )
    .bind(batch.benefit.as_str())
    .bind(batch.month.to_string())
    .fetch_all(tx)
    .await?)
}

/// What a cost centre pays in a batch.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct CostCentreTotal {
    pub cost_centre: String,
    pub documents: i64,
    pub total_rial: i64,
}

/// The totals per cost centre, in the order of cost centres.
pub async fn cost_centres(tx: &mut PgConnection, batch: &PaymentBatch) -> Result<Vec<CostCentreTotal>> {
    Ok(sqlx::query_as(
        "SELECT cost_centre, count(*) AS documents, sum(amount)::bigint AS total_rial FROM documents
         WHERE benefit = $1 AND month = $2 GROUP BY cost_centre ORDER BY cost_centre COLLATE \"C\"",
    )
    .bind(batch.benefit.as_str())
    .bind(batch.month.to_string())
    .fetch_all(tx)
    .await?)
}

/// The voucher of a batch and cost centre.
pub struct NewVoucher<'a> {
    pub voucher_id: &'a str,
    pub benefit: Benefit,
    pub month: SolarMonth,
    pub total: &'a CostCentreTotal,
}

/// Inserts a voucher. Returns false if it already exists: a recovery has restored it from its topic.
pub async fn insert_voucher(tx: &mut PgConnection, voucher: &NewVoucher<'_>) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO vouchers (voucher_id, benefit, month, cost_centre, documents, total) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (voucher_id) DO NOTHING",
    )
    .bind(voucher.voucher_id)
    .bind(voucher.benefit.as_str())
    .bind(voucher.month.to_string())
    .bind(&voucher.total.cost_centre)
    .bind(voucher.total.documents)
    .bind(voucher.total.total_rial)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
