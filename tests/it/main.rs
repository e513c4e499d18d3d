//! Every test beyond one module, in one binary. Those with a `TestApp` want a broker and a database: `make test`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test may fail as the test does"
)]

mod answers;
mod app;
mod audit;
mod automatic;
mod boundaries;
mod cases;
mod chaos;
mod checker;
mod close;
mod commands;
mod commit_point;
mod dead_letters;
mod demo;
mod docs;
mod drift;
mod fuzzed;
mod in_turn;
mod ingest;
mod kill;
mod law_cases;
mod law_properties;
mod lost_rows;
mod months;
mod order;
mod outside;
mod planning;
mod portal;
mod privacy;
mod processes;
mod recovery;
mod refused;
mod relay;
mod replays;
mod returns;
mod sample;
mod schemas;
mod security;
mod simulation;
mod spans;
mod tidy;
mod topics;
mod town;
mod traces;
