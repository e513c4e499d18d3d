//! Recomputes a decision from its stored inputs and the tables that were in force for it (R23).

use uuid::Uuid;

use super::AppContext;
use crate::claim::{Decision, RULES_VERSION, decide};
use crate::law::Tables;
use crate::store::decisions::{self, DecisionRow};
use crate::store::{Error, PgConnection, Result, installation};
use crate::wire;

/// A stored decision, and the decision that the same inputs give now.
pub struct Recomputation {
    pub stored: DecisionRow,
    pub again: Decision,
    /// What differs. Empty if both decisions are equal byte for byte.
    pub differences: Vec<String>,
}

/// Recomputes a stored decision. None if there is no such decision.
///
/// # Errors
/// Fails if the facts of the decision were lost, or if a stored row cannot be read.
pub async fn recompute(ctx: &AppContext, decision_id: Uuid) -> Result<Option<Recomputation>> {
    let mut connection = ctx.pool.acquire().await?;
    let Some(stored) = decisions::by_id(&mut connection, &[decision_id]).await?.pop() else {
        return Ok(None);
    };
    let tables = tables_of(&mut connection, &stored.tables_version).await?;
    let facts = stored.facts.as_ref().ok_or_else(|| {
        Error::Refused(format!("decision {decision_id} was recovered from its topic; its facts were lost"))
    })?;
    let again = decide(facts, stored.business_date, &tables);
    let differences = differences(&stored, &again);
    Ok(Some(Recomputation { stored, again, differences }))
}

/// The tables of the law of this version.
pub async fn tables_of(connection: &mut PgConnection, version: &str) -> Result<Tables> {
    let body = installation::tables_of_version(connection, version).await?;
    let body = body.ok_or(Error::Unreadable("version of the tables"))?;
    wire::tables::parse(&body).map_err(|_| Error::Unreadable("version of the tables"))
}

fn differences(stored: &DecisionRow, again: &Decision) -> Vec<String> {
    if again.content_digest().as_slice() == stored.content_digest {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut compare = |what: &str, was: String, is: String| {
        if was != is {
            found.push(format!("{what}: {was} is stored, {is} is computed"));
        }
    };
    let codes: Vec<_> = again.codes().iter().map(|code| code.as_str()).collect();
    let working = again.working.as_ref();
    compare("outcome", stored.outcome.clone(), again.outcome.to_string());
    compare("reasons", stored.reasons.join(" "), codes.join(" "));
    compare("amount_rial", number(stored.amount), number(again.amount.map(crate::law::Rial::to_i64)));
    compare("days", number(stored.days.map(i64::from)), number(working.map(|w| i64::from(w.days))));
    let wage_sum = working.and_then(|w| w.wage_sum).map(crate::law::Rial::to_i64);
    compare("wage_sum_rial", number(stored.wage_sum), number(wage_sum));
    compare("rules_version", stored.rules_version.clone(), RULES_VERSION.to_owned());
    if found.is_empty() {
        found.push("a parameter of a reason, or a month of the working".to_owned());
    }
    found
}

fn number(n: Option<i64>) -> String {
    n.map_or("none".to_owned(), |n| n.to_string())
}
