//! Sending an objection, adding pictures to it, and withdrawing it: each is one submission.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::limits::{TextFault, check_text};
use super::pictures::{PictureStore, remove_picture};
use super::read::is_closed;
use super::target::Failure;
use crate::app::AppContext;
use crate::app::portal::submissions::{submission_event_id, submission_id, tracking_number};
use crate::claim::objection::Disputed;
use crate::store::portal_objections::{self, DraftRow, OpenObjection, SentObjection};
use crate::store::portal_pictures::{self, PictureRow};
use crate::store::scope::{PersonScope, ScopedTransaction};
use crate::store::submissions::{self, NewSubmission};
use crate::store::{Error, Result};
use crate::wire::outgoing::fresh_traceparent;
use crate::wire::portal_objections_v1::{ObjectionSubmitted, ObjectionWithdrawn, Picture, PicturesAdded};
use crate::wire::{EventType, Outgoing};

/// The routes. They are part of the ids of their submissions.
const SEND: &str = "/my/claims/objections/send";
const ADD: &str = "/my/objections/pictures/send";
const WITHDRAW: &str = "/my/objections/withdraw";

/// What became of an objection that was to be sent.
#[derive(Debug)]
pub enum Send {
    /// It is durable with its pictures. A repeated request has the same answer.
    Sent(SentObjection),
    /// The person has no such draft.
    NoSuchDraft,
    /// Ground or text is not there yet, or the text is too long.
    Incomplete { no_ground: bool, text: Option<TextFault> },
    /// An objection to this claim has no answer yet.
    AlreadyOpen(OpenObjection),
    /// The store has lost pictures of the draft. Their rows were deleted, and the person must send them again.
    PicturesLost(Vec<PictureRow>),
}

/// Sends a draft. The same draft, sent again, is one submission.
///
/// # Errors
/// If database or store do not answer: then nothing was sent, or the same request returns what was.
pub async fn send(
    ctx: &AppContext,
    store: &PictureStore,
    scope: &PersonScope,
    objection_id: Uuid,
) -> std::result::Result<Send, Failure> {
    let mut proven = BTreeSet::new();
    loop {
        let attempt = ctx.with_timeout(try_to_send(ctx, scope, objection_id, &proven)).await?;
        match attempt {
            Attempt::Done(done) => return Ok(done),
            Attempt::Unproven(pictures) => {
                let lost = prove(ctx, store, scope, pictures, &mut proven).await?;
                if !lost.is_empty() {
                    return Ok(Send::PicturesLost(lost));
                }
            }
        }
    }
}

enum Attempt<T> {
    Done(T),
    /// It is not known whether the store still has these pictures.
    Unproven(Vec<PictureRow>),
}

/// Asks the store for pictures. Returns those that it has lost, whose rows are then deleted.
async fn prove(
    ctx: &AppContext,
    store: &PictureStore,
    scope: &PersonScope,
    pictures: Vec<PictureRow>,
    proven: &mut BTreeSet<Uuid>,
) -> std::result::Result<Vec<PictureRow>, Failure> {
    let mut lost = Vec::new();
    for picture in pictures {
        if store.blobs.size(picture.picture_id).await? == Some(u64::from(picture.bytes)) {
            proven.insert(picture.picture_id);
        } else {
            let picture_id = picture.picture_id;
            tracing::error!(%picture_id, "the store of pictures (setting blobs_url) has lost a picture of a draft");
            lost.push(picture);
        }
    }
    for picture in &lost {
        remove_picture(ctx, scope, picture.objection_id, picture.picture_id).await?;
    }
    Ok(lost)
}

async fn try_to_send(
    ctx: &AppContext,
    scope: &PersonScope,
    objection_id: Uuid,
    proven: &BTreeSet<Uuid>,
) -> Result<Attempt<Send>> {
    let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
    let Some(draft) = portal_objections::lock_draft(&mut tx, objection_id).await? else {
        let sent = portal_objections::lock_sent(&mut tx, objection_id).await?;
        return Ok(Attempt::Done(sent.map_or(Send::NoSuchDraft, Send::Sent)));
    };
    let text = check_text(&draft.body).err();
    let Some(disputed) = draft.disputed.filter(|_| text.is_none()) else {
        return Ok(Attempt::Done(Send::Incomplete { no_ground: draft.disputed.is_none(), text }));
    };
    let mut open = portal_objections::open(&mut tx).await?.into_iter();
    if let Some(open) = open.find(|open| open.claim_id == draft.claim_id) {
        return Ok(Attempt::Done(Send::AlreadyOpen(open)));
    }
    let pictures = portal_pictures::of_objection(&mut tx, objection_id).await?;
    if pictures.iter().any(|picture| !proven.contains(&picture.picture_id)) {
        return Ok(Attempt::Unproven(pictures));
    }
    let sent = write(ctx, &mut tx, draft, disputed, &pictures).await?;
    tx.end().await?;
    Ok(Attempt::Done(Send::Sent(sent)))
}

/// Writes submission, text and marks, and deletes the draft, in the caller's transaction.
async fn write(
    ctx: &AppContext,
    tx: &mut ScopedTransaction,
    draft: DraftRow,
    disputed: Disputed,
    pictures: &[PictureRow],
) -> Result<SentObjection> {
    let objection_id = draft.objection_id;
    let id = submission_id(ctx, tx.scope(), SEND, &objection_id.to_string());
    let at = whole_micros(ctx.clock.now())?;
    let data = ObjectionSubmitted {
        objection_id,
        submitted_at: at,
        applicant_national_code: tx.scope().person(),
        claim_id: draft.claim_id,
        disputed,
        text_sha256: Sha256::digest(draft.body.as_bytes()).into(),
        pictures: pictures.iter().map(on_wire).collect(),
    };
    submit(tx, EventType::ObjectionSubmitted, SEND, id, at, &data).await?;
    let sent = SentObjection {
        objection_id,
        claim_id: draft.claim_id,
        disputed,
        body: draft.body,
        tracking: tracking_number(id),
        submitted_at: at,
        withdrawn_at: None,
    };
    portal_objections::insert(tx, &sent).await?;
    portal_pictures::mark_sent(tx, &ids(pictures), id).await?;
    portal_objections::delete_draft(tx, objection_id).await?;
    Ok(sent)
}

/// The database knows no finer instant.
fn whole_micros(at: Timestamp) -> Result<Timestamp> {
    crate::store::from_micros(at.as_microsecond())
}

fn ids(pictures: &[PictureRow]) -> Vec<Uuid> {
    pictures.iter().map(|picture| picture.picture_id).collect()
}

fn on_wire(row: &PictureRow) -> Picture {
    Picture {
        picture_id: row.picture_id,
        kind: row.kind,
        sha256: row.sha256,
        media_type: row.media_type.clone(),
        bytes: row.bytes,
        width: row.width,
        height: row.height,
    }
}

async fn submit(
    tx: &mut ScopedTransaction,
    kind: EventType,
    route: &'static str,
    id: Uuid,
    at: Timestamp,
    data: &impl Serialize,
) -> Result<()> {
    let key = tx.scope().person().to_string();
    let event = Outgoing::new(kind, key, submission_event_id(kind, id), at, Some(&fresh_traceparent()), data)
        .map_err(|_| Error::Invariant("an objection can be written as JSON"))?;
    // The id names the content, and the lock of the objection lets only one request write it.
    let content = Sha256::digest(id.as_bytes()).into();
    let new = NewSubmission { id, route, tracking: tracking_number(id), content, event };
    submissions::insert(tx, &new).await?;
    Ok(())
}

/// What became of pictures that were to be added to a sent objection.
#[derive(Debug)]
pub enum AddPictures {
    /// So many were added. 0 if there was no new one, also after a repeated request.
    Added(usize),
    /// The person has no such objection, or it was withdrawn or answered.
    Closed,
    PicturesLost(Vec<PictureRow>),
}

/// Adds the new pictures to an objection that was sent.
///
/// # Errors
/// If database or store do not answer.
pub async fn send_pictures(
    ctx: &AppContext,
    store: &PictureStore,
    scope: &PersonScope,
    objection_id: Uuid,
) -> std::result::Result<AddPictures, Failure> {
    let mut proven = BTreeSet::new();
    loop {
        let attempt = ctx.with_timeout(try_to_add(ctx, scope, objection_id, &proven)).await?;
        match attempt {
            Attempt::Done(done) => return Ok(done),
            Attempt::Unproven(pictures) => {
                let lost = prove(ctx, store, scope, pictures, &mut proven).await?;
                if !lost.is_empty() {
                    return Ok(AddPictures::PicturesLost(lost));
                }
            }
        }
    }
}

async fn try_to_add(
    ctx: &AppContext,
    scope: &PersonScope,
    objection_id: Uuid,
    proven: &BTreeSet<Uuid>,
) -> Result<Attempt<AddPictures>> {
    let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
    let Some(sent) = portal_objections::lock_sent(&mut tx, objection_id).await? else {
        return Ok(Attempt::Done(AddPictures::Closed));
    };
    if is_closed(&mut tx, &sent).await? {
        return Ok(Attempt::Done(AddPictures::Closed));
    }
    let mut pictures = portal_pictures::of_objection(&mut tx, objection_id).await?;
    pictures.retain(|picture| !picture.sent);
    if pictures.is_empty() {
        return Ok(Attempt::Done(AddPictures::Added(0)));
    }
    if pictures.iter().any(|picture| !proven.contains(&picture.picture_id)) {
        return Ok(Attempt::Unproven(pictures));
    }
    let names: Vec<_> = pictures.iter().map(|picture| picture.picture_id.to_string()).collect();
    let id = submission_id(ctx, scope, ADD, &names.join(","));
    let at = whole_micros(ctx.clock.now())?;
    let data = PicturesAdded {
        objection_id,
        added_at: at,
        applicant_national_code: scope.person(),
        pictures: pictures.iter().map(on_wire).collect(),
    };
    submit(&mut tx, EventType::ObjectionPicturesAdded, ADD, id, at, &data).await?;
    portal_pictures::mark_sent(&mut tx, &ids(&pictures), id).await?;
    tx.end().await?;
    Ok(Attempt::Done(AddPictures::Added(pictures.len())))
}

/// What became of an objection that was to be withdrawn.
#[derive(Debug, PartialEq, Eq)]
pub enum Withdraw {
    /// A repeated request has the same answer.
    Withdrawn,
    NoSuchObjection,
    /// It has its answer.
    Answered,
}

/// Withdraws an objection. This is final.
///
/// # Errors
/// If the database does not answer.
pub async fn withdraw(ctx: &AppContext, scope: &PersonScope, objection_id: Uuid) -> Result<Withdraw> {
    ctx.with_timeout(async {
        let mut tx = ScopedTransaction::begin(&ctx.pool, scope).await?;
        let Some(sent) = portal_objections::lock_sent(&mut tx, objection_id).await? else {
            return Ok(Withdraw::NoSuchObjection);
        };
        if sent.withdrawn_at.is_some() {
            return Ok(Withdraw::Withdrawn);
        }
        if is_closed(&mut tx, &sent).await? {
            return Ok(Withdraw::Answered);
        }
        let at = whole_micros(ctx.clock.now())?;
        let data =
            ObjectionWithdrawn { objection_id, withdrawn_at: at, applicant_national_code: scope.person() };
        let id = submission_id(ctx, scope, WITHDRAW, &objection_id.to_string());
        submit(&mut tx, EventType::ObjectionWithdrawn, WITHDRAW, id, at, &data).await?;
        portal_objections::withdraw(&mut tx, objection_id, at).await?;
        tx.end().await?;
        Ok(Withdraw::Withdrawn)
    })
    .await
}
