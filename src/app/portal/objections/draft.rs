//! What a person has written so far. It is kept as soon as it reaches the service, complete or not.

use uuid::Uuid;

use super::limits::kept_text;
use crate::app::AppContext;
use crate::claim::objection::Disputed;
use crate::store::Result;
use crate::store::portal_objections::{self, ClaimGrounds, DraftRow, OpenObjection};
use crate::store::portal_pictures::{self, PictureRow};
use crate::store::scope::{PersonScope, ScopedTransaction};

/// A draft with the pictures that are stored for it.
#[derive(Clone, Debug)]
pub struct Draft {
    pub row: DraftRow,
    /// The oldest first.
    pub pictures: Vec<PictureRow>,
}

/// What became of a draft that was to be saved.
#[derive(Debug)]
pub enum SaveDraft {
    Saved(Draft),
    /// The person has no such claim.
    NoSuchClaim,
    /// The claim has no such ground now. The text was saved, without the ground.
    NoSuchGround(Draft),
    /// An objection to this claim has no answer yet.
    AlreadyOpen(OpenObjection),
}

impl ClaimGrounds {
    /// Whether this can be disputed.
    pub fn has(&self, disputed: Disputed) -> bool {
        match disputed {
            Disputed::Ground(code) => self.reasons.contains(&code),
            Disputed::Amount => self.has_amount,
        }
    }
}

/// Saves ground and text of the draft of a claim. `text` is kept as typed, also if it is too long or empty: only
/// [`super::send`] refuses it.
///
/// # Errors
/// If the database does not answer.
pub async fn save_draft(
    ctx: &AppContext,
    scope: &PersonScope,
    claim_id: Uuid,
    disputed: Option<Disputed>,
    text: &str,
) -> Result<SaveDraft> {
    let text = kept_text(text);
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        let Some(grounds) = portal_objections::grounds(&mut tx, claim_id).await? else {
            return Ok(SaveDraft::NoSuchClaim);
        };
        let mut open = portal_objections::open(&mut tx).await?.into_iter();
        if let Some(open) = open.find(|open| open.claim_id == claim_id) {
            return Ok(SaveDraft::AlreadyOpen(open));
        }
        let possible = disputed.filter(|disputed| grounds.has(*disputed));
        let new_id = Uuid::new_v4();
        let row = portal_objections::save_draft(&mut tx, claim_id, new_id, possible, &text).await?;
        let pictures = portal_pictures::of_objection(&mut tx, row.objection_id).await?;
        tx.end().await?;
        let draft = Draft { row, pictures };
        Ok(if disputed == possible { SaveDraft::Saved(draft) } else { SaveDraft::NoSuchGround(draft) })
    })
    .await
}

/// The draft of a claim. The caller's transaction records the view.
///
/// # Errors
/// If the database does not answer.
pub async fn draft(tx: &mut ScopedTransaction, claim_id: Uuid) -> Result<Option<Draft>> {
    Ok(drafts(tx).await?.into_iter().find(|draft| draft.row.claim_id == claim_id))
}

/// The draft of a claim, for a request that changes it.
///
/// # Errors
/// If the database does not answer.
pub async fn find_draft(ctx: &AppContext, scope: &PersonScope, claim_id: Uuid) -> Result<Option<Draft>> {
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        draft(&mut tx, claim_id).await
    })
    .await
}

/// The drafts of the person.
///
/// # Errors
/// If the database does not answer.
pub async fn drafts(tx: &mut ScopedTransaction) -> Result<Vec<Draft>> {
    let rows = portal_objections::drafts(tx).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let pictures = portal_pictures::own(tx).await?;
    let mut drafts = Vec::with_capacity(rows.len());
    for row in rows {
        let own = pictures.iter().filter(|picture| picture.objection_id == row.objection_id);
        drafts.push(Draft { pictures: own.cloned().collect(), row });
    }
    Ok(drafts)
}
