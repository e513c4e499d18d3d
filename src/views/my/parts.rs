//! The parts of a claim's answer besides its sentence.

use serde::Serialize;

use super::words;
use crate::law::SolarDate;
use crate::texts::PageTexts;

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
