//! `/my`: for each claim, the answer in one sentence.

use serde::Serialize;
use uuid::Uuid;

use super::answer;
use super::file::{OwnClaimFile, OwnFile};
use super::words::{self, Amount};
use crate::clock::Clock;
use crate::law::{Rial, SolarDate};
use crate::texts::{PageTexts, Texts};

#[derive(Clone, Debug, Serialize)]
pub struct MyAllowance {
    /// «۲۰ آبان ۱۴۰۴»
    pub today: String,
    pub claims: Vec<ClaimCard>,
}

/// A claim in ten seconds: whether, how much, when, or why not and what to do.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimCard {
    pub claim_id: Uuid,
    pub deed_date: String,
    pub badge: Badge,
    pub badge_text: String,
    pub sentence: String,
    /// Set if the claim is approved, waits for the person, or has a document.
    pub amount: Option<Amount>,
    pub next: NextEvent,
    pub action: Action,
    /// The reasons below the one that determines the outcome.
    pub further_reasons: Vec<String>,
    /// Whether a sum can be shown.
    pub has_sum: bool,
}

/// The state of a claim in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    Paid,
    Sent,
    Approved,
    Waiting,
    Pending,
    Review,
    Refused,
}

impl Badge {
    pub const ALL: [Self; 7] =
        [Self::Paid, Self::Sent, Self::Approved, Self::Waiting, Self::Pending, Self::Review, Self::Refused];

    /// The key of its text, and its class in the style sheet.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Sent => "sent",
            Self::Approved => "approved",
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Review => "review",
            Self::Refused => "refused",
        }
    }

    pub fn text(self) -> String {
        PageTexts::built_in().get("badge", self.as_str()).unwrap_or_default().to_owned()
    }
}

/// What happens next by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NextEvent {
    /// The key of its text.
    pub event: &'static str,
    pub text: String,
    /// In words; `None` if no date is known.
    pub date: Option<String>,
}

impl NextEvent {
    pub(super) fn undated(event: &'static str) -> Self {
        let text = PageTexts::built_in().get("next", event).unwrap_or("—").to_owned();
        Self { event, text, date: None }
    }

    pub(super) fn on(event: &'static str, date: SolarDate) -> Self {
        Self { date: Some(words::date(date)), ..Self::undated(event) }
    }
}

/// At most one thing to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Action {
    pub needed: bool,
    pub text: String,
    pub link: Option<String>,
}

impl MyAllowance {
    pub fn new(file: &OwnFile, clock: &Clock) -> Self {
        Self {
            today: words::date(file.today),
            claims: file.claims.iter().map(|claim| ClaimCard::new(claim, clock, file.today)).collect(),
        }
    }
}

impl ClaimCard {
    pub fn new(file: &OwnClaimFile, clock: &Clock, today: SolarDate) -> Self {
        let badge = answer::badge(file);
        let paid = file.documents.last().and_then(|document| Rial::from_i64(document.row.amount_rial));
        Self {
            claim_id: file.claim.claim_id,
            deed_date: words::date(file.claim.deed_date),
            badge,
            badge_text: badge.text(),
            sentence: answer::sentence(file, clock, today),
            amount: paid.or(file.claim.amount).map(Amount::of),
            next: answer::next_event(file, clock, today),
            action: answer::action(file),
            further_reasons: further_reasons(file),
            has_sum: has_sum(file),
        }
    }
}

/// Whether the working has an amount: its facts are known and inside the tables.
pub(super) fn has_sum(file: &OwnClaimFile) -> bool {
    let working = file.again.as_ref().and_then(|again| again.decision.working.as_ref());
    working.is_some_and(|working| working.wage_sum.is_some() && working.floor.is_some())
}

fn further_reasons(file: &OwnClaimFile) -> Vec<String> {
    let Some(again) = &file.again else { return Vec::new() };
    let said_together = file.answer_key() == "ACCOUNT_AND_MOBILE";
    let further = again.decision.reasons.iter().skip(if said_together { 2 } else { 1 });
    further.map(|reason| Texts::built_in().reason_text(reason).text.fa).collect()
}
