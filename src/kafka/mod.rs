//! Only rdkafka: the loops around `work`, and plain reading and writing of topics for the commands.
//!
//! Architecture invariant: nothing is decided here. Payment safety rests on Postgres; the broker delivers.

mod assignment;
mod client;
mod collector;
pub mod ends;
pub mod feed;
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
    #[error("Kafka refused {0} event(s): {1}")]
    NotDelivered(u64, String),
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

pub type Result<T> = std::result::Result<T, Error>;
