//! An objection that was sent: its receipt, its state, and its answer.

use serde::Serialize;
use uuid::Uuid;

use super::ground_title;
use super::pictures::{PictureView, all_views};
use crate::app::portal::objections::{MAX_PICTURES, MyObjection, ObjectionState};
use crate::clock::Clock;
use crate::texts::PageTexts;
use crate::views::my::register::grouped;
use crate::views::my::words::{self, digits};

/// An objection in one line, on the page of its claim.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionLine {
    /// Its path below `/my/objections`.
    pub no: String,
    pub number: String,
    pub sent_on: String,
    pub state: &'static str,
    pub state_text: String,
    pub is_open: bool,
}

/// The key of a state, which is also a class of the style sheet.
fn state_key(state: &ObjectionState) -> &'static str {
    match state {
        ObjectionState::Open => "open",
        ObjectionState::Withdrawn { .. } => "withdrawn",
        ObjectionState::Answered(Some(answer)) if answer.accepted => "accepted",
        ObjectionState::Answered(Some(_)) => "not_accepted",
        ObjectionState::Answered(None) => "answered",
    }
}

fn text(key: &str, values: &[(&str, String)]) -> String {
    PageTexts::built_in().say("objection", key, values)
}

impl ObjectionLine {
    pub fn new(objection: &MyObjection, clock: &Clock) -> Self {
        let state = state_key(&objection.state);
        Self {
            no: objection.sent.tracking.clone(),
            number: grouped(&objection.sent.tracking),
            sent_on: words::day_of(clock, objection.sent.submitted_at),
            state,
            state_text: text(state, &[]),
            is_open: objection.state == ObjectionState::Open,
        }
    }
}

/// `/my/objections/{no}`
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionPage {
    pub line: ObjectionLine,
    pub claim_id: Uuid,
    pub objection_id: Uuid,
    /// «اعتراض شما با ۲ تصویر در ۲۰ آبان ۱۴۰۴ ثبت شد.»
    pub received: String,
    /// What happened, or what happens next.
    pub next: String,
    /// The officer's words.
    pub reason: Option<String>,
    pub ground: String,
    pub text: String,
    /// Those that were sent.
    pub pictures: Vec<PictureView>,
    /// How many pictures wait to be added, in words.
    pub unsent: Option<String>,
    pub takes_more: bool,
}

impl ObjectionPage {
    pub fn new(objection: &MyObjection, clock: &Clock) -> Self {
        let line = ObjectionLine::new(objection, clock);
        let (sent, unsent): (Vec<_>, Vec<_>) = objection.pictures.iter().cloned().partition(|row| row.sent);
        let values = [("count", sent.len().to_string()), ("date", line.sent_on.clone())];
        let key = if sent.is_empty() { "received_without" } else { "received" };
        let reason = match &objection.state {
            ObjectionState::Answered(Some(answer)) => Some(answer.reason.clone()),
            _ => None,
        };
        Self {
            claim_id: objection.sent.claim_id,
            objection_id: objection.sent.objection_id,
            received: text(key, &values),
            next: next(objection, clock),
            reason,
            ground: ground_title(objection.sent.disputed),
            text: objection.sent.body.clone(),
            pictures: all_views(&sent),
            unsent: (!unsent.is_empty()).then(|| digits(&unsent.len().to_string())),
            takes_more: line.is_open && objection.pictures.len() < MAX_PICTURES,
            line,
        }
    }
}

fn next(objection: &MyObjection, clock: &Clock) -> String {
    match &objection.state {
        ObjectionState::Open if objection.delivered => text("waits", &[]),
        ObjectionState::Open => text("not_delivered", &[]),
        ObjectionState::Withdrawn { at: Some(at) } => {
            text("withdrawn_on", &[("date", words::day_of(clock, *at))])
        }
        ObjectionState::Withdrawn { at: None } => text("withdrawn_elsewhere", &[]),
        ObjectionState::Answered(Some(answer)) => {
            let key = if answer.accepted { "accepted_on" } else { "not_accepted_on" };
            text(key, &[("date", words::day_of(clock, answer.at))])
        }
        ObjectionState::Answered(None) => text("answer_without_words", &[]),
    }
}
