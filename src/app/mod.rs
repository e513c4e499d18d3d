//! The verbs. Each begins one transaction, does its work in sets, and commits once.
//!
//! Architecture invariant: nothing here knows a broker; messages come in as bytes and go out as pages of events.

pub mod close_month;
pub mod events;
mod files;
pub mod house;
pub mod recompute;
pub mod recover;
pub mod relay;
pub mod take_in;
mod write;

pub use house::House;
