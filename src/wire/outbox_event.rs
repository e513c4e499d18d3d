//! An outgoing event as it is stored in the outbox.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::eligibility_decisions_v1::{DecisionFinding, DecisionMade};
use super::{EventType, Outgoing};

/// Most events are stored exactly as they are sent. Decisions are numerous and long, because each contains sixty months
/// of working. They are stored as values, which are much shorter, and the relay serializes them on delivery.
#[derive(Serialize, Deserialize)]
pub enum OutboxEvent<'a> {
    Written(Outgoing),
    Decision(Box<DecisionEvent<'a>>),
    /// A decision that findings changed, with these findings. The packed decision leaves them out.
    DecisionWithFindings(Box<DecisionEvent<'a>>, Vec<DecisionFinding>),
}

#[derive(Serialize, Deserialize)]
pub struct DecisionEvent<'a> {
    pub traceparent: Option<Cow<'a, str>>,
    pub data: DecisionMade<'a>,
}

impl<'a> OutboxEvent<'a> {
    /// The event in the form that is packed.
    pub fn of_decision(event: DecisionEvent<'a>) -> Self {
        let findings = event.data.findings.clone();
        if findings.is_empty() {
            Self::Decision(Box::new(event))
        } else {
            Self::DecisionWithFindings(Box::new(event), findings)
        }
    }

    /// The event's type and its record's key, which determine its partition.
    pub fn address(&self) -> (EventType, Cow<'_, str>) {
        match self {
            Self::Written(event) => (event.kind, Cow::Borrowed(&event.key)),
            Self::Decision(decision) | Self::DecisionWithFindings(decision, _) => {
                (EventType::DecisionMade, Cow::Owned(decision.data.national_code.to_string()))
            }
        }
    }

    /// The event as it is sent.
    ///
    /// # Errors
    /// Returns an error if a decision cannot be serialized.
    pub fn into_outgoing(self) -> Result<Outgoing, serde_json::Error> {
        match self {
            Self::Written(event) => Ok(event),
            Self::DecisionWithFindings(mut decision, findings) => {
                decision.data.findings = findings;
                Self::Decision(decision).into_outgoing()
            }
            Self::Decision(decision) => {
                let DecisionEvent { traceparent, data } = *decision;
                Outgoing::new(
                    EventType::DecisionMade,
                    data.national_code.to_string(),
                    data.decision_id.to_string(),
                    data.decided_at,
                    traceparent.as_deref(),
                    &data,
                )
            }
        }
    }
}

impl From<Outgoing> for OutboxEvent<'_> {
    fn from(event: Outgoing) -> Self {
        Self::Written(event)
    }
}
