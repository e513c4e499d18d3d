//! Peyvand pays the marriage allowance of Article 85 to everyone entitled to it, once, without anyone having to ask.
//!
//! The house, from pure to worldly; a module names only modules above it (`tests/it/meta/structure` keeps the arrows):
//! `law, ident` → `claim` → `wire` → `boundary, config, clock, retry` → `store` → `work` → `kafka, http, telemetry` → `cli`.

pub mod app;
pub mod claim;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
mod failpoint;
pub mod http;
pub mod ident;
pub mod kafka;
pub mod law;
pub mod retry;
pub mod service;
pub mod store;
pub mod telemetry;
mod terminal;
pub mod texts;
pub mod views;
pub mod wire;
