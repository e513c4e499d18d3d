//! Only rdkafka: the loops around `work`, and plain reading and writing of topics for the commands.
//!
//! Architecture invariant: nothing is decided here. Payment safety rests on Postgres; the broker delivers.

mod assignment;
mod client;
mod collector;
mod delivery_reports;
pub mod ends;
pub mod feed;
pub mod file_rows;
pub mod intake;
pub mod lost;
pub mod producer;
pub mod reader;
pub mod relay;
mod relay_writer;
mod standstill;
mod suspects;
mod tail;
mod telling;
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
    StandsStill { topic: String, partition: i32, next: i64 },
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
}

pub type Result<T> = std::result::Result<T, Error>;
