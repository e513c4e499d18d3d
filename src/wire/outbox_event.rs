//! An outgoing event as the outbox keeps it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::eligibility_decisions_v1::DecisionMade;
use super::{EventType, Outgoing};

/// Most events are kept as they will be sent. Decisions are many and long - sixty months of working each - and are kept as
/// values, which are much shorter; who delivers them writes them out.
#[derive(Serialize, Deserialize)]
pub enum OutboxEvent<'a> {
    Written(Outgoing),
    Decision(Box<DecisionEvent<'a>>),
}

#[derive(Serialize, Deserialize)]
pub struct DecisionEvent<'a> {
    pub traceparent: Option<Cow<'a, str>>,
    pub data: DecisionMade<'a>,
}

impl OutboxEvent<'_> {
    /// The event's type and its record's key: they name its partition.
    pub fn address(&self) -> (EventType, Cow<'_, str>) {
        match self {
            Self::Written(event) => (event.kind, Cow::Borrowed(&event.key)),
            Self::Decision(decision) => {
                (EventType::DecisionMade, Cow::Owned(decision.data.national_code.to_string()))
            }
        }
    }

    /// The event as it is sent.
    pub fn into_outgoing(self) -> Result<Outgoing, serde_json::Error> {
        match self {
            Self::Written(event) => Ok(event),
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
