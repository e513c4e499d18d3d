//! Every test beyond one module, in one binary. Those with a `TestApp` want a broker and a database: `make test`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test may fail as the test does"
)]

mod claim;
mod close;
mod contract;
mod fixtures;
mod harness;
mod ingest;
mod law;
mod meta;
mod ops;
mod recovery;
mod relay;
mod simulation;
