//! Cases with their causes and their ends, for the person file and for the commands that show them.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use super::casework::{JudgementView, judgements, ruling, time};
use super::format::{self, TehranTime};
use crate::app::AppContext;
use crate::claim::case_ending::CaseEnding;
use crate::clock::Clock;
use crate::law::Rial;
use crate::store::cases::{self, CaseOfPerson};
use crate::store::{self, Result, endings};

/// A case. Lists leave the person and the officers' words out.
#[derive(Clone, Debug, Serialize)]
pub struct CaseView {
    pub case_id: Uuid,
    pub claim_id: Uuid,
    pub document_id: String,
    /// `recovery`, `difference` or `payment`.
    pub kind: String,
    pub grounds: Vec<String>,
    pub new_amount_rial: Option<u64>,
    /// The digest of what comparing the standing facts yields.
    pub cause: String,
    /// `open`, `gone` (the facts do not yield the cause any more) or `ended`.
    pub state: &'static str,
    pub opened_at: TehranTime,
    pub gone_at: Option<TehranTime>,
    /// How it ended, when that was approved, and the amount that was ordered.
    pub outcome: Option<&'static str>,
    pub ended_at: Option<TehranTime>,
    pub ordered_rial: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<CaseDetails>,
}

/// What `show` adds.
#[derive(Clone, Debug, Serialize)]
pub struct CaseDetails {
    pub national_code: String,
    pub proposals: Vec<EndingView>,
    /// All judgements, also those that do not count.
    pub judgements: Vec<JudgementView>,
}

/// An end that an officer proposed.
#[derive(Clone, Debug, Serialize)]
pub struct EndingView {
    pub outcome: &'static str,
    pub amount_rial: Option<u64>,
    pub author: String,
    pub reason: String,
    pub proposed_at: TehranTime,
    pub proposal_sha256: String,
    /// `proposed`, `approved` or `rejected`.
    pub state: &'static str,
}

impl CaseView {
    pub fn of(stored: &CaseOfPerson, clock: &Clock) -> Self {
        let case = &stored.case;
        let ending = case.ended.map(|end| end.ending);
        Self {
            case_id: case.case_id,
            claim_id: stored.claim_id,
            document_id: case.cause.document_id.clone(),
            kind: case.cause.kind.as_str().to_owned(),
            grounds: case.cause.grounds.clone(),
            new_amount_rial: case.cause.new_amount.map(Rial::get),
            cause: hex::encode(case.cause.digest()),
            state: case.state(),
            opened_at: TehranTime::of(clock, stored.opened_at),
            gone_at: stored.gone_at.map(|at| TehranTime::of(clock, at)),
            outcome: ending.map(|ending| ending.outcome.as_str()),
            ended_at: stored.closed_at.map(|at| TehranTime::of(clock, at)),
            ordered_rial: ending.and_then(|ending| ending.amount).map(Rial::get),
            details: None,
        }
    }
}

/// All cases, or only those that wait for a person, the oldest first.
pub async fn cases(ctx: &AppContext, only_open: bool) -> Result<Vec<CaseView>> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let persons = cases::persons(&mut tx, None).await?;
    let stored = cases::of_persons(&mut tx, &persons).await?;
    let mut views: Vec<_> = stored.iter().map(|stored| CaseView::of(stored, &ctx.clock)).collect();
    views.retain(|view| !only_open || view.state == "open");
    Ok(views)
}

/// The case with this id, with its details.
pub async fn case_with(ctx: &AppContext, id: Uuid) -> Result<Vec<CaseView>> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let persons = cases::persons(&mut tx, Some(id)).await?;
    let said = endings::of_persons(&mut tx, &persons).await?;
    let said: HashMap<_, _> = said.into_iter().map(|said| (said.ending.case_id, said.ending)).collect();
    let mut views = Vec::new();
    for stored in cases::of_persons(&mut tx, &persons).await? {
        if stored.case.case_id != id {
            continue;
        }
        let nothing = CaseEnding::new(id);
        let details = details(ctx, &stored, said.get(&id).unwrap_or(&nothing))?;
        views.push(CaseView { details: Some(details), ..CaseView::of(&stored, &ctx.clock) });
    }
    Ok(views)
}

fn details(ctx: &AppContext, stored: &CaseOfPerson, said: &CaseEnding) -> Result<CaseDetails> {
    let mut proposals = Vec::new();
    for proposal in said.review.proposals() {
        let ruled = said.review.ruled().find(|ruled| ruled.proposal == proposal);
        proposals.push(EndingView {
            outcome: proposal.content.outcome.as_str(),
            amount_rial: proposal.content.amount.map(Rial::get),
            author: proposal.author.clone(),
            reason: proposal.reason.clone(),
            proposed_at: time(ctx, proposal.at)?,
            proposal_sha256: hex::encode(proposal.sha256()),
            state: ruled.map_or("proposed", |ruled| ruling(ruled.judgement.ruling)),
        });
    }
    Ok(CaseDetails {
        national_code: stored.person.to_string(),
        proposals,
        judgements: judgements(ctx, said.review.judgements())?,
    })
}

/// The state of a case with its end, in one cell of a table.
pub fn state_text(case: &CaseView) -> String {
    let Some(outcome) = case.outcome else {
        return match (&case.ended_at, &case.gone_at) {
            (Some(at), _) => format!("ended {at}"),
            (None, Some(at)) => format!("gone {at}"),
            (None, None) => "open".to_owned(),
        };
    };
    let amount = case.ordered_rial.map(|rial| format!(" {}", format::grouped(rial))).unwrap_or_default();
    let at = case.ended_at.as_ref().map(|at| format!(" {at}")).unwrap_or_default();
    format!("{outcome}{amount}{at}")
}
