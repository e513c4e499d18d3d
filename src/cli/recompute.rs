//! `peyvand recompute`.

use serde_json::json;
use uuid::Uuid;

use super::{Error, Result};
use crate::app::{AppContext, recompute};
use crate::terminal::say;

pub async fn run(ctx: &AppContext, decision_id: Uuid, json: bool) -> Result<()> {
    let Some(done) = recompute::recompute(ctx, decision_id).await? else {
        return Err(Error::failed(format!("decision {decision_id} does not exist")));
    };
    let stored = &done.stored;
    if json {
        say!(
            "{}",
            json!({"decision_id": decision_id, "equal": done.differences.is_empty(), "differences": done.differences,
                "rules_version": stored.rules_version, "tables_version": stored.tables_version,
                "business_date": stored.business_date.to_string()})
        );
    } else {
        say!(
            "Decision {decision_id} (revision {} of claim {}), business date {}, rules {}, tables {}:",
            stored.revision,
            stored.claim_id,
            stored.business_date,
            stored.rules_version,
            stored.tables_version
        );
        if done.differences.is_empty() {
            say!("equal byte for byte: {}", done.again.outcome);
        }
        for difference in &done.differences {
            say!("differs: {difference}");
        }
    }
    if done.differences.is_empty() { Ok(()) } else { Err(Error::AlreadyReported) }
}
