//! Only rdkafka: the loops around `work`, and plain reading and writing of topics for the commands.
//!
//! Architecture invariant: nothing is decided here. Payment safety rests on Postgres; the broker delivers.
mod client;
mod client_logging;
pub mod consumer;
mod delivery_reports;
pub mod end_offsets;
pub mod file_rows;
pub mod producer;
pub mod reader;
pub mod relay;
pub mod topics;

pub use client::Broker;

/// What can go wrong at the broker.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("Kafka: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error("Kafka refused {events} event(s): {cause}")]
    NotDelivered { events: u64, cause: rdkafka::error::KafkaError },
    /// The client library reported success without an offset: the broker may not have these events.
    #[error("it is unknown whether Kafka has {0} event(s): they were acknowledged without an offset")]
    Unconfirmed(u64),
    #[error("Kafka does not answer at {brokers} (setting kafka_brokers): {problem}")]
    Unreachable { brokers: String, problem: String },
    #[error("topic {topic}: {problem}")]
    Topic { topic: String, problem: String },
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The topics hold what this database never sent: it is older than they are.
    #[error(
        "{topic}/{partition} holds outbox position {held}, but this database has only given {given}: it is older than its topics; nothing is sent"
    )]
    OlderThanTopics { topic: String, partition: i32, held: i64, given: i64 },
    /// What was delivered is there no more.
    #[error(
        "{topic}/{partition} ended at offset {ended} when Peyvand last wrote to it, and ends at {ends} now: the topic was recreated, or lost records; nothing is sent. Bring it back; or, where what it held is lost for good, go on with `peyvand recover --confirm-lost {name}`"
    )]
    OutputLost { topic: String, partition: i32, ended: i64, ends: i64, name: String },
    #[error(
        "a topic no longer holds messages that were not taken in: they are lost to Peyvand; publish their files again, then set input_offsets by hand"
    )]
    InputGone,
    /// Some part of the input is read by nobody.
    #[error("{topic}/{partition} stands still at offset {next}, though a record waits there")]
    Stalled { topic: String, partition: i32, next: i64 },
    /// What the consumer reads now is not known.
    #[error("the assignment of input partitions could not be changed: {0}")]
    NotAssigned(rdkafka::error::KafkaError),
    #[error("the input could not be read again from where the database stands: {0}")]
    NotRewound(rdkafka::error::KafkaError),
    /// Records would be lost, or taken twice.
    #[error(
        "{topic}/{partition} stands at offset {position}, but the records gathered of it end before {gathered}"
    )]
    PositionsDisagree { topic: String, partition: i32, position: i64, gathered: i64 },
    /// A gap that is none: a second reader finds a record in it.
    #[error(
        "{topic}/{partition}: offset {expected} was expected and {received} received, but a record lies at {found}"
    )]
    RecordPassedOver { topic: String, partition: i32, expected: i64, received: i64, found: i64 },
    #[error(
        "{topic}/{partition}: it is not known whether records lie from offset {expected} up to {received}"
    )]
    GapNotProved { topic: String, partition: i32, expected: i64, received: i64 },
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// Is it unknown which of the sent events the broker has, while the broker is there? Another producer can settle it.
    pub fn is_unconfirmed(&self) -> bool {
        use rdkafka::types::RDKafkaErrorCode as Code;
        let error = match self {
            Self::Unconfirmed(_) => return true,
            Self::Kafka(error) | Self::NotDelivered { cause: error, .. } => error,
            _ => return false,
        };
        matches!(
            error.rdkafka_error_code(),
            Some(
                Code::Fatal
                    | Code::OutOfOrderSequenceNumber
                    | Code::UnknownProducerId
                    | Code::InvalidProducerEpoch
            )
        )
    }

    /// Is all well once the input is read anew, from where the database stands? What was gathered is not to be trusted.
    pub fn restarts_session(&self) -> bool {
        matches!(
            self,
            Self::Stalled { .. }
                | Self::NotAssigned(_)
                | Self::NotRewound(_)
                | Self::PositionsDisagree { .. }
                | Self::RecordPassedOver { .. }
                | Self::GapNotProved { .. }
                | Self::Store(crate::store::Error::Invariant(_))
        )
    }
}

pub type Result<T> = std::result::Result<T, Error>;
