//! The use cases. Each one begins a transaction, does its work in sets, and commits once.
//!
//! Architecture invariant: this module does not depend on a broker. Messages come in as bytes and go out as pages of
//! events.

pub mod close;
pub mod context;
pub mod dead_letters;
pub mod files;
pub mod ingest;
pub mod output_events;
pub mod portal;
pub mod recompute;
pub mod recover;
pub mod relay;
mod write_plans;

pub use context::AppContext;
