//! The state as lines of text, which are equal in two databases with the same inputs. They contain no instant, no id
//! that depends on how messages were batched, and no personal data.

use super::{PgConnection, Result};

/// Lines are sorted within each kind. Omitted are: intermediate revisions and their ids, the record that is currently
/// authoritative, claims that ended because their row moved away (they are published only if an earlier revision was),
/// notices of returns, cases whose cause is gone and that nobody judged, and all instants. Whether a withdrawn objection was answered before is omitted, too: it depends on
/// which of two topics was read first.
const LINES: &str = "
    SELECT line FROM (
        SELECT 1 AS kind, concat_ws(' ', 'claim', claim_id, outcome, coalesce(amount::text, '-'),
            coalesce((SELECT string_agg(r, ',' ORDER BY r) FROM unnest(reasons) r), '-'), encode(facts_digest, 'hex')) AS line
        FROM claims WHERE NOT withdrawn
      UNION ALL
        SELECT 2, concat_ws(' ', 'payment', claim_id, amount) FROM payments
      UNION ALL
        SELECT 3, concat_ws(' ', 'document', document_id, claim_id, attempt, month, amount, cost_centre, coalesce(state, '-'),
            coalesce(state_code, '-'), superseded, (SELECT count(*) FROM messages m
                WHERE m.document_id = d.document_id AND m.kind = 'registration')) FROM documents d
      UNION ALL
        SELECT 4, concat_ws(' ', 'case', case_id, document_id, kind, array_to_string(grounds, ','), coalesce(new_amount::text, '-'),
            coalesce(outcome, 'open'), coalesce(ordered::text, '-'), encode(proposal_sha256, 'hex'))
        FROM cases WHERE gone_at IS NULL OR closed_at IS NOT NULL
      UNION ALL
        SELECT 5, concat_ws(' ', 'batch', batch_id, documents, total, digest) FROM batches WHERE digest IS NOT NULL
      UNION ALL
        SELECT 6, concat_ws(' ', 'voucher', voucher_id, documents, total) FROM vouchers
      UNION ALL
        SELECT 7, concat_ws(' ', 'letter', topic, partition, source_offset, reason) FROM dead_letters
      UNION ALL
        SELECT 8, concat_ws(' ', 'objection', objection_id, coalesce(claim_id::text, '-'), coalesce(disputed, '-'),
            CASE WHEN withdrawn THEN 'withdrawn' WHEN answered_at IS NULL THEN 'open' ELSE 'answered' END) FROM objections
      UNION ALL
        SELECT 9, concat_ws(' ', 'picture', objection_id, picture_id, encode(sha256, 'hex')) FROM objection_pictures
      UNION ALL
        SELECT 10, concat_ws(' ', 'closing', objection_id, accepted, encode(sha256, 'hex')) FROM objection_closings
      UNION ALL
        SELECT 11, concat_ws(' ', 'finding', finding_id, claim_id, ground, verdict, encode(sha256, 'hex')) FROM finding_proposals
      UNION ALL
        SELECT 12, concat_ws(' ', 'judgement', finding_id, approved, encode(sha256, 'hex')) FROM finding_judgements
      UNION ALL
        SELECT 13, concat_ws(' ', 'ending', case_id, outcome, encode(sha256, 'hex')) FROM ending_proposals
      UNION ALL
        SELECT 14, concat_ws(' ', 'ending judgement', case_id, approved, encode(sha256, 'hex')) FROM ending_judgements
    ) lines ORDER BY kind, line COLLATE \"C\"";

/// The lines of the state, in order.
pub async fn lines(tx: &mut PgConnection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(LINES).fetch_all(tx).await?)
}
