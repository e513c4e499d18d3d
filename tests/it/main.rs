//! All integration tests, in one binary. Tests that use a `TestApp` need a broker and a database: run `make test`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper may panic, as the test itself may"
)]

mod claim;
mod close;
mod contract;
mod fixtures;
mod harness;
mod http;
mod ingest;
mod law;
mod meta;
mod ops;
mod pictures;
mod recovery;
mod relay;
mod simulation;
