//! Objections and findings, for the commands that show them.

use serde::Serialize;
use uuid::Uuid;

use super::format::TehranTime;
use crate::app::AppContext;
use crate::claim::finding::Finding;
use crate::claim::objection::Objection;
use crate::claim::review::{Judgement, Ruling};
use crate::ident::NationalCode;
use crate::store::findings::{self, StoredFinding};
use crate::store::objections::{self, StoredObjection};
use crate::store::{self, Error, PgConnection, Result};

/// An objection. Lists leave the person and the officers' words out.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionView {
    pub objection_id: String,
    /// Null while only a withdrawal, a picture or a closing has arrived.
    pub claim_id: Option<String>,
    /// A reason code, or `amount`.
    pub disputed: Option<String>,
    pub submitted_at: Option<TehranTime>,
    /// `incomplete` (no submission has arrived), `open`, `withdrawn` or `answered`.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ObjectionDetails>,
}

/// What `show` adds.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionDetails {
    pub national_code: String,
    pub pictures: Vec<String>,
    pub closings: Vec<ClosingView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ClosingView {
    pub at: TehranTime,
    pub author: String,
    pub accepted: bool,
    pub reason: String,
    pub findings: Vec<String>,
    /// It is the closing that counts.
    pub counts: bool,
}

/// One content that an officer proposed under the id of a finding.
#[derive(Clone, Debug, Serialize)]
pub struct FindingView {
    pub finding_id: String,
    pub claim_id: String,
    pub ground: String,
    pub verdict: String,
    pub proposed_at: TehranTime,
    /// `proposed`, `approved` or `rejected`.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<FindingDetails>,
}

/// What `show` adds.
#[derive(Clone, Debug, Serialize)]
pub struct FindingDetails {
    pub national_code: String,
    pub author: String,
    pub reason: String,
    pub fact_seen: String,
    pub proposal_sha256: String,
    pub evidence: Vec<String>,
    /// All judgements under the id, also those of another content and those that do not count.
    pub judgements: Vec<JudgementView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct JudgementView {
    pub at: TehranTime,
    pub ruling: &'static str,
    pub approver: String,
    pub author: String,
    pub proposal_sha256: String,
    pub reason: String,
}

/// All objections, or only the open ones, in the order of their ids.
pub async fn objections(ctx: &AppContext, only_open: bool) -> Result<Vec<ObjectionView>> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let persons = objections::persons(&mut tx, None).await?;
    let mut views = Vec::new();
    for stored in objections::of_persons(&mut tx, &persons).await? {
        views.push(objection(ctx, &stored.objection)?);
    }
    views.retain(|view| !only_open || view.state == "open");
    views.sort_by(|a, b| a.objection_id.cmp(&b.objection_id));
    Ok(views)
}

/// The objections with this id, with their details: one, unless two persons sent the same id.
pub async fn objection_with(ctx: &AppContext, id: Uuid) -> Result<Vec<ObjectionView>> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let persons = objections::persons(&mut tx, Some(id)).await?;
    let pictures = objections::pictures_of(&mut tx, &persons).await?;
    let found = findings::of_persons(&mut tx, &persons).await?;
    let mut views = Vec::new();
    for StoredObjection { person, objection: shown } in objections::of_persons(&mut tx, &persons).await? {
        if shown.objection_id != id {
            continue;
        }
        let own = pictures.iter().filter(|(key, _)| key.person == person && key.objection_id == id);
        let mut pictures: Vec<_> = own.map(|(_, picture)| picture.to_string()).collect();
        pictures.sort();
        let closings = closings(ctx, &shown, &findings_of(&found, person))?;
        let details = ObjectionDetails { national_code: person.to_string(), pictures, closings };
        views.push(ObjectionView { details: Some(details), ..objection(ctx, &shown)? });
    }
    Ok(views)
}

/// The objections of this person, with their details, and the findings about the person's claims.
pub struct CaseworkOfPerson {
    pub objections: Vec<ObjectionView>,
    pub findings: Vec<FindingView>,
}

pub async fn of_person(
    ctx: &AppContext,
    tx: &mut PgConnection,
    person: NationalCode,
) -> Result<CaseworkOfPerson> {
    let found = findings::of_persons(tx, &[person]).await?;
    let pictures = objections::pictures_of(tx, &[person]).await?;
    let of_person = findings_of(&found, person);
    let mut views = CaseworkOfPerson { objections: Vec::new(), findings: Vec::new() };
    for stored in objections::of_persons(tx, &[person]).await? {
        let id = stored.objection.objection_id;
        let own = pictures.iter().filter(|(key, _)| key.objection_id == id);
        let mut pictures: Vec<_> = own.map(|(_, picture)| picture.to_string()).collect();
        pictures.sort();
        let closings = closings(ctx, &stored.objection, &of_person)?;
        let details = ObjectionDetails { national_code: person.to_string(), pictures, closings };
        views.objections.push(ObjectionView { details: Some(details), ..objection(ctx, &stored.objection)? });
    }
    for finding in &of_person {
        views.findings.extend(contents(ctx, person, finding)?);
    }
    Ok(views)
}

/// All contents of all findings, or only those that no judgement decides, in the order of their ids.
pub async fn findings(ctx: &AppContext, only_open: bool) -> Result<Vec<FindingView>> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let mut views = stored_findings(ctx, &mut tx, None).await?;
    for view in &mut views {
        view.details = None;
    }
    views.retain(|view| !only_open || view.state == "proposed");
    Ok(views)
}

/// The contents of the finding with this id, with their details.
pub async fn finding_with(ctx: &AppContext, id: Uuid) -> Result<Vec<FindingView>> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    stored_findings(ctx, &mut tx, Some(id)).await
}

async fn stored_findings(
    ctx: &AppContext,
    tx: &mut PgConnection,
    id: Option<Uuid>,
) -> Result<Vec<FindingView>> {
    let persons = findings::persons(tx, id).await?;
    let mut views = Vec::new();
    for StoredFinding { person, finding } in findings::of_persons(tx, &persons).await? {
        if id.is_none_or(|id| id == finding.finding_id) {
            views.extend(contents(ctx, person, &finding)?);
        }
    }
    views.sort_by(|a, b| a.finding_id.cmp(&b.finding_id));
    Ok(views)
}

fn findings_of(all: &[StoredFinding], person: NationalCode) -> Vec<Finding> {
    all.iter().filter(|stored| stored.person == person).map(|stored| stored.finding.clone()).collect()
}

fn objection(ctx: &AppContext, objection: &Objection) -> Result<ObjectionView> {
    let submission = objection.submission.as_ref();
    let state = match (objection.withdrawn, objection.answered, submission) {
        (_, true, _) => "answered",
        (true, false, _) => "withdrawn",
        (false, false, None) => "incomplete",
        (false, false, Some(_)) => "open",
    };
    Ok(ObjectionView {
        objection_id: objection.objection_id.to_string(),
        claim_id: submission.map(|submission| submission.claim_id.to_string()),
        disputed: submission.map(|submission| submission.disputed.to_string()),
        submitted_at: submission.map(|submission| time(ctx, submission.submitted_at)).transpose()?,
        state,
        details: None,
    })
}

fn closings(ctx: &AppContext, objection: &Objection, findings: &[Finding]) -> Result<Vec<ClosingView>> {
    let counting = objection.closing(findings);
    let mut views = Vec::new();
    for closing in objection.closings() {
        views.push(ClosingView {
            at: time(ctx, closing.at)?,
            author: closing.author.clone(),
            accepted: closing.accepted,
            reason: closing.reason.clone(),
            findings: closing.findings.iter().map(Uuid::to_string).collect(),
            counts: counting == Some(closing),
        });
    }
    Ok(views)
}

fn contents(ctx: &AppContext, person: NationalCode, finding: &Finding) -> Result<Vec<FindingView>> {
    let judgements = judgements(ctx, finding.review.judgements())?;
    let decided = finding.decided();
    let mut views = Vec::new();
    for proposal in finding.review.proposals() {
        let own = decided.as_ref().filter(|ruled| ruled.proposal == proposal);
        let content = &proposal.content;
        let details = FindingDetails {
            national_code: person.to_string(),
            author: proposal.author.clone(),
            reason: proposal.reason.clone(),
            fact_seen: hex::encode(content.fact_seen),
            proposal_sha256: hex::encode(proposal.sha256()),
            evidence: content.evidence.iter().map(Uuid::to_string).collect(),
            judgements: judgements.clone(),
        };
        views.push(FindingView {
            finding_id: finding.finding_id.to_string(),
            claim_id: content.claim_id.to_string(),
            ground: content.ground.as_str().to_owned(),
            verdict: content.verdict.as_str().to_owned(),
            proposed_at: time(ctx, proposal.at)?,
            state: own.map_or("proposed", |ruled| ruling(ruled.judgement.ruling)),
            details: Some(details),
        });
    }
    Ok(views)
}

pub(super) fn judgements(ctx: &AppContext, all: &[Judgement]) -> Result<Vec<JudgementView>> {
    let mut views = Vec::new();
    for judgement in all {
        views.push(JudgementView {
            at: time(ctx, judgement.at)?,
            ruling: ruling(judgement.ruling),
            approver: judgement.approver.clone(),
            author: judgement.author.clone(),
            proposal_sha256: hex::encode(judgement.proposal_sha256),
            reason: judgement.reason.clone(),
        });
    }
    Ok(views)
}

pub(super) fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approved => "approved",
        Ruling::Rejected => "rejected",
    }
}

pub(super) fn time(ctx: &AppContext, micros: i64) -> Result<TehranTime> {
    let at = jiff::Timestamp::from_microsecond(micros).map_err(|_| Error::Unreadable("instant"))?;
    Ok(TehranTime::of(&ctx.clock, at))
}
