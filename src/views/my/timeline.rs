//! The way of a claim so far, the oldest event first.

use jiff::Timestamp;
use serde::Serialize;

use super::answer::{last_digits, why_returned};
use super::file::{OwnClaimFile, OwnDocument};
use super::words::{self, say};
use crate::claim::codes::{DeliveryStatus, PaymentOutcome};
use crate::clock::Clock;
use crate::law::{Rial, SolarDate};
use crate::store::person_file::MessageRow;
use crate::texts::{Lang, grouped};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TimelineEvent {
    pub date: String,
    /// `None` for the deed, which is a day.
    pub at: Option<Timestamp>,
    /// The key of its text.
    pub event: &'static str,
    pub text: String,
}

/// An event before it has its words.
struct Happened {
    at: Timestamp,
    event: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Happened {
    fn new(at: Timestamp, event: &'static str) -> Self {
        Self { at, event, values: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.values.push((name, value));
        self
    }
}

pub(super) fn events(file: &OwnClaimFile, clock: &Clock, today: SolarDate) -> Vec<TimelineEvent> {
    let mut happened = decisions(file, today);
    for document in &file.documents {
        happened.extend(of_document(document, file));
    }
    for message in &file.messages {
        happened.extend(of_message(message));
    }
    for case in &file.cases {
        happened.push(Happened::new(case.opened_at, "case_opened"));
        let over = case.closed_at.or(case.gone_at);
        happened.extend(over.map(|at| Happened::new(at, "case_closed")));
    }
    // Stable, so that events of one instant keep the order above.
    happened.sort_by_key(|event| event.at);
    let deed = TimelineEvent {
        date: words::date(file.claim.deed_date),
        at: None,
        event: "deed",
        text: say("timeline", "deed", &[], today),
    };
    let told = happened.into_iter().map(|event| TimelineEvent {
        date: words::day_of(clock, event.at),
        at: Some(event.at),
        event: event.event,
        text: say("timeline", event.event, &event.values, today),
    });
    std::iter::once(deed).chain(told).collect()
}

/// The marriage is known since the first decision, which is made in the transaction of its input.
fn decisions(file: &OwnClaimFile, today: SolarDate) -> Vec<Happened> {
    let mut happened = Vec::new();
    if let Some(first) = file.decisions.first() {
        let only_stated = file.claim.self_registered && !file.claim.in_registry;
        let event = if only_stated { "known_from_you" } else { "known_from_registry" };
        happened.push(Happened::new(first.decided_at, event));
    }
    let mut before: Option<&str> = None;
    for decision in &file.decisions {
        // A revision with the same outcome changes a number of the working, which is no event for a person.
        if before == Some(decision.outcome.as_str()) {
            continue;
        }
        let event = if before.is_none() { "decided" } else { "decided_again" };
        let outcome = say("outcome", &decision.outcome, &[], today);
        happened.push(Happened::new(decision.decided_at, event).with("outcome", outcome));
        before = Some(&decision.outcome);
    }
    happened
}

fn of_document(document: &OwnDocument, file: &OwnClaimFile) -> Vec<Happened> {
    let row = &document.row;
    let amount = Rial::from_i64(row.amount_rial).unwrap_or_default();
    let mut happened = vec![
        Happened::new(row.issued_at, "document")
            .with("count", row.attempt.to_string())
            .with("amount", grouped(amount, Lang::Fa)),
    ];
    // An SMS of a document is released when the broker has acknowledged the document.
    let messages = file.messages.iter().filter(|message| message.document_id == row.document_id);
    let handed_over = messages.filter_map(|message| message.released_at).min();
    happened.extend(handed_over.map(|at| Happened::new(at, "handed_over")));
    for answer in &document.answers {
        let event = match answer.outcome {
            PaymentOutcome::Accepted => "accepted",
            PaymentOutcome::Paid => "paid",
            PaymentOutcome::Returned => "returned",
        };
        let why = why_returned(answer.code.as_deref().unwrap_or_default());
        let ends = last_digits(&row.sheba);
        happened.push(Happened::new(answer.answered_at, event).with("ends", ends).with("why", why));
    }
    happened
}

fn of_message(message: &MessageRow) -> Vec<Happened> {
    let ends = last_digits(&message.mobile);
    let requested = message.released_at.map(|at| Happened::new(at, "sms_requested").with("ends", ends));
    let status = message.status.as_deref().and_then(|status| status.parse().ok());
    let reported = message.status_at.zip(status).map(|(at, status)| {
        let event = match status {
            DeliveryStatus::Delivered => "sms_delivered",
            DeliveryStatus::Failed => "sms_failed",
        };
        Happened::new(at, event)
    });
    requested.into_iter().chain(reported).collect()
}
