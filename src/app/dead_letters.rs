//! What a person does about dead letters: send them again, or discard them.

use super::AppContext;
use crate::failpoint::failpoint;
use crate::store::Result;
use crate::store::dead_letters::{
    self, LetterChange, LetterFilter, LetterPlace, LetterState, RegisteredLetter,
};

pub async fn list(ctx: &AppContext, filter: &LetterFilter) -> Result<Vec<RegisteredLetter>> {
    let mut connection = ctx.pool.acquire().await?;
    dead_letters::list(&mut connection, filter).await
}

/// Marks first dead letters as sent again, before they are sent, and returns those that this call has marked. A letter
/// that is marked and never sent can be sent with `is_forced`; a letter that is sent without a mark could be sent twice.
pub async fn mark_replayed(
    ctx: &AppContext,
    places: &[LetterPlace],
    by: &str,
    is_forced: bool,
) -> Result<Vec<LetterPlace>> {
    let from: Vec<_> =
        LetterState::ALL.into_iter().filter(|state| is_forced || state.may_be_replayed()).collect();
    change(ctx, places, LetterState::Replayed, &from, by, None).await
}

/// Discards first dead letters, and returns those that were not applied in the meantime.
pub async fn discard(
    ctx: &AppContext,
    places: &[LetterPlace],
    by: &str,
    why: &str,
) -> Result<Vec<LetterPlace>> {
    let from: Vec<_> = LetterState::ALL.into_iter().filter(|state| !state.is_settled()).collect();
    change(ctx, places, LetterState::Discarded, &from, by, Some(why)).await
}

async fn change(
    ctx: &AppContext,
    places: &[LetterPlace],
    to: LetterState,
    from: &[LetterState],
    by: &str,
    why: Option<&str>,
) -> Result<Vec<LetterPlace>> {
    let change = LetterChange { to, from, by, why, at: ctx.clock.now() };
    let mut tx = failpoint!("letters_change.begin", ctx.pool.begin().await)?;
    let changed = dead_letters::change(&mut tx, places, &change).await?;
    failpoint!("letters_change.commit", tx.commit().await)?;
    Ok(changed)
}
