//! All use of rdkafka: the loops around `app`, and plain reading and writing of topics for the commands.
//!
//! Architecture invariant: this module decides nothing. The safety of payments depends on PostgreSQL alone; the broker
//! only delivers.
pub mod broker_check;
mod client;
mod client_logging;
pub mod consumer;
mod delivery_reports;
pub mod end_offsets;
pub mod fetch_check;
mod fetch_errors;
pub mod file_rows;
pub mod producer;
pub mod reader;
pub mod relay;
pub mod topics;

pub use client::Broker;

/// An error of the broker, of its client, or of a loop that uses them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("Kafka: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error("Kafka refused {events} event(s): {cause}")]
    NotDelivered { events: u64, cause: rdkafka::error::KafkaError },
    /// The client library reported success without an offset: the broker may not have these events.
    #[error("{0} event(s) were acknowledged without an offset: it is unknown whether Kafka has them")]
    Unconfirmed(u64),
    #[error("Kafka does not answer at {brokers} (setting kafka_brokers): {problem}")]
    Unreachable { brokers: String, problem: String },
    #[error("topic {topic}: {problem}")]
    Topic { topic: String, problem: String },
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The topics contain records that this database never sent: the database is older than its topics.
    #[error(
        "{topic}/{partition} contains sequence number {held}, but this database has allocated only {given}: it is older than its topics; nothing is sent"
    )]
    OlderThanTopics { topic: String, partition: i32, held: i64, given: i64 },
    /// The output topics were written with another secret, and this database has never delivered anything.
    #[error(
        "{topic} contains records with a peyvand_mac, and none in the output topics is right: they were written with another installation_secret, under which every claim has other ids. Set that secret and run `peyvand recover`; if these topics belong to nobody, recreate them"
    )]
    AnotherSecret { topic: String },
    /// Records that were delivered are no longer in the topic.
    #[error(
        "{topic}/{partition} ended at offset {ended} when Peyvand last wrote to it, and ends at {ends} now: the topic was recreated, or lost records; nothing is sent. Restore the topic; if its records are lost permanently, run `peyvand recover --confirm-lost {name}`"
    )]
    OutputLost { topic: String, partition: i32, ended: i64, ends: i64, name: String },
    #[error(
        "a topic no longer contains messages that were not ingested: they are lost to Peyvand; publish their files again, then set input_offsets by hand"
    )]
    InputGone,
    /// No process reads this part of the input.
    #[error("{topic}/{partition} is stalled at offset {next}, although a record follows")]
    Stalled { topic: String, partition: i32, next: i64 },
    /// It is unknown which partitions the consumer reads now.
    #[error("the assignment of input partitions could not be changed: {0}")]
    NotAssigned(rdkafka::error::KafkaError),
    #[error("the input could not be read again from the offsets in the database: {0}")]
    NotRewound(rdkafka::error::KafkaError),
    /// Records would be lost, or ingested twice.
    #[error(
        "{topic}/{partition} is at offset {position}, but its collected records end before offset {gathered}"
    )]
    PositionsDisagree { topic: String, partition: i32, position: i64, gathered: i64 },
    /// An assumed gap is not a gap: a second reader found a record in it.
    #[error(
        "{topic}/{partition}: offset {expected} was expected and {received} received, but there is a record at {found}"
    )]
    RecordPassedOver { topic: String, partition: i32, expected: i64, received: i64, found: i64 },
    #[error(
        "{topic}/{partition}: it is unknown whether there are records from offset {expected} up to {received}"
    )]
    GapNotProved { topic: String, partition: i32, expected: i64, received: i64 },
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// Returns true if the broker answers, but it is unknown which of the sent events it has. A new producer can find
    /// out.
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

    /// Returns true if another process joined the consumer group with the same name.
    pub fn is_instance_taken(&self) -> bool {
        use rdkafka::types::RDKafkaErrorCode::FencedInstanceId;
        matches!(self, Self::Kafka(error) if error.rdkafka_error_code() == Some(FencedInstanceId))
    }

    /// Returns true if a new session resolves the error. The session reads the input again from the offsets in the
    /// database, because the records that were collected cannot be trusted.
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
