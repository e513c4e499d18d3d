//! Figures per province and branch (order, clause 4): whom to inform, and about what.

use sqlx::FromRow;

use crate::law::SolarMonth;
use crate::store::{PgConnection, Result};

/// The reasons that decide in which columns a claim is counted. The rules define the codes; the database only counts.
pub struct ReasonGroups {
    /// Reasons that an account in the person's own name would remove.
    pub account: Vec<&'static str>,
    /// Reasons that a mobile number in the person's own name would remove.
    pub mobile: Vec<&'static str>,
    /// Reasons that refuse a claim. A refused claim may have other reasons, which do not cause the refusal.
    pub refusing: Vec<&'static str>,
}

/// The counts of a branch. Documents are those of the month. Claims are counted in their current state, without
/// withdrawn claims.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct BranchLine {
    /// Empty for persons without an insured record, as is the branch.
    pub province_code: String,
    pub branch_code: String,
    pub documents: i64,
    pub total_rial: i64,
    /// Documents whose latest answer from finance is a return.
    pub returned: i64,
    /// Approved claims without a document: the next close pays them.
    pub payable: i64,
    pub waiting: i64,
    pub waiting_for_account: i64,
    pub waiting_for_mobile: i64,
    pub pending: i64,
    pub under_review: i64,
    pub refused: i64,
}

/// By province and branch.
pub async fn lines(
    tx: &mut PgConnection,
    month: SolarMonth,
    groups: &ReasonGroups,
) -> Result<Vec<BranchLine>> {
    Ok(sqlx::query_as(LINES)
        .bind(month.to_string())
        .bind(&groups.account)
        .bind(&groups.mobile)
        .fetch_all(tx)
        .await?)
}

const LINES: &str = "
    WITH issued AS (
        SELECT province_code, cost_centre AS branch_code, count(*) AS documents, sum(amount)::bigint AS total_rial,
            count(*) FILTER (WHERE state = 'returned') AS returned
        FROM documents WHERE month = $1 GROUP BY province_code, cost_centre),
    standing AS (
        SELECT coalesce(p.province_code, '') AS province_code, coalesce(p.branch_code, '') AS branch_code,
            count(*) FILTER (WHERE c.outcome = 'APPROVED' AND y.claim_id IS NULL) AS payable,
            count(*) FILTER (WHERE c.outcome = 'WAITING') AS waiting,
            count(*) FILTER (WHERE c.outcome = 'WAITING' AND c.reasons && $2::text[]) AS waiting_for_account,
            count(*) FILTER (WHERE c.outcome = 'WAITING' AND c.reasons && $3::text[]) AS waiting_for_mobile,
            count(*) FILTER (WHERE c.outcome = 'PENDING') AS pending,
            count(*) FILTER (WHERE c.outcome = 'MANUAL_REVIEW') AS under_review,
            count(*) FILTER (WHERE c.outcome = 'REFUSED') AS refused
        FROM claims c JOIN persons p ON p.code = c.person LEFT JOIN payments y ON y.claim_id = c.claim_id
        WHERE NOT c.withdrawn GROUP BY 1, 2)
    SELECT province_code, branch_code, coalesce(documents, 0) AS documents, coalesce(total_rial, 0) AS total_rial,
        coalesce(returned, 0) AS returned, coalesce(payable, 0) AS payable, coalesce(waiting, 0) AS waiting,
        coalesce(waiting_for_account, 0) AS waiting_for_account, coalesce(waiting_for_mobile, 0) AS waiting_for_mobile,
        coalesce(pending, 0) AS pending, coalesce(under_review, 0) AS under_review, coalesce(refused, 0) AS refused
    FROM issued FULL JOIN standing USING (province_code, branch_code)
    ORDER BY province_code COLLATE \"C\", branch_code COLLATE \"C\"";

/// How many refused claims of a branch have a reason; a claim with two reasons is counted under both.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct RefusalCount {
    pub province_code: String,
    pub branch_code: String,
    pub ground: String,
    pub claims: i64,
}

/// By province, branch and reason.
pub async fn refusals(tx: &mut PgConnection, groups: &ReasonGroups) -> Result<Vec<RefusalCount>> {
    Ok(sqlx::query_as(
        "SELECT coalesce(p.province_code, '') AS province_code, coalesce(p.branch_code, '') AS branch_code, g.ground,
             count(*) AS claims
         FROM claims c JOIN persons p ON p.code = c.person CROSS JOIN LATERAL unnest(c.reasons) AS g (ground)
         WHERE c.outcome = 'REFUSED' AND NOT c.withdrawn AND g.ground = ANY($1::text[])
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    .bind(&groups.refusing)
    .fetch_all(tx)
    .await?)
}
